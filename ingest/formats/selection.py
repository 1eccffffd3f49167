"""What a submitter chose out of an upload, as one container: a zip that only stores, and says what was left out.

Layout (ISO/IEC 21320-1, without compression): ``members/NNNNNN`` for each member in order, its bytes as the export's
reader gave them, and last ``manifest.json``: what each member is called and is to be read as, what broke on its way,
and how much was left out for which reason.

Rule kept: the same choice out of the same upload is the same bytes, so that who hands it in twice is told so; nothing
of what was left out stands in it but numbers. Anybody can open it without this program.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from ingest.formats.container import (
    UNTOLD,
    ContainerBroken,
    Declared,
    Member,
    MemberBroken,
    MemberKind,
    Remark,
)
from ingest.formats.zip_directory import entries, find_directory
from ingest.formats.zip_entries import entry_pieces
from storage.strict_json import only, read_object, refuse, string, string_or_none

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ingest.formats.container import Circumstances, Found
    from ingest.formats.zip_directory import Entry

READER: Final = "selection 1"
MOST_MEMBERS: Final = 1_000_000
_MANIFEST: Final = "manifest.json"
_VERSION: Final = "selection 1"
_LARGEST_MANIFEST: Final = 256 << 20
_DAMAGED: Final = "it is not a selection as this archive writes them"
_LONGEST: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenMember:
    """A member that was kept; `pieces` are its bytes, once, and may raise `MemberBroken`."""

    path: str
    name: str
    kind: MemberKind
    pieces: Iterable[bytes] = field(repr=False)


def written(members: Iterable[ChosenMember], left_out: Iterable[str]) -> Iterator[bytes]:
    """The bytes of a selection in pieces; what `members` raises passes through.

    Args:
        members: what was kept, in order; the pieces of one are taken before the next is asked for.
        left_out: a sentence for each reason, with numbers and no content; asked for when the members are through.
    """
    out = _Gathered()
    lines: list[dict[str, Any]] = []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for number, member in enumerate(members, start=1):
            problem = None
            entry = f"members/{number:06}"
            with archive.open(_entry(entry), "w", force_zip64=True) as inside:
                try:
                    for piece in member.pieces:
                        inside.write(piece)
                        yield from out.taken()
                except MemberBroken as error:
                    problem = str(error)
            lines.append(_line(entry, member, problem))
            yield from out.taken()
        manifest = {"format": _VERSION, "members": lines, "left_out": list(left_out)}
        archive.writestr(_entry(_MANIFEST), json.dumps(manifest, ensure_ascii=False).encode("utf-8", "replace"))
    yield from out.taken()


def members(source: BinaryIO, name: str, about: Circumstances = UNTOLD) -> Iterator[Found]:
    """See `formats.container.ContainerReader`.

    Raises:
        ContainerBroken: it is no selection, or it is damaged.
    """
    del name, about
    directory = find_directory(source)
    found = {one.name: one for one in entries(source, directory)}
    lines, left_out = _manifest(source, found)
    for line in lines:
        kind = MemberKind(line["kind"])
        entry = found.get(line["entry"])
        problem = line.get("problem")
        if entry is None:
            problem = "it is not in the selection"
        if problem is not None or entry is None:
            yield Member(path=line["path"], name=line["name"], kind=kind, problem=problem)
        else:
            yield _member(source, entry, line, kind)
    for sentence in left_out:
        yield Remark(text=sentence)
    yield Declared(count=len(lines))


def _member(source: BinaryIO, entry: Entry, line: dict[str, Any], kind: MemberKind) -> Member:
    path, name = line["path"], line["name"]
    try:
        return Member(path=path, name=name, kind=kind, pieces=entry_pieces(source, entry, overlaps=False))
    except MemberBroken as error:
        return Member(path=path, name=name, kind=kind, problem=str(error))


def _manifest(source: BinaryIO, found: dict[str, Entry]) -> tuple[list[dict[str, Any]], list[str]]:
    entry = found.get(_MANIFEST)
    if entry is None or entry.size > _LARGEST_MANIFEST:
        raise ContainerBroken(_DAMAGED)
    try:
        content = b"".join(entry_pieces(source, entry, overlaps=False))
        said = only(read_object(content, brackets=1 << 24), frozenset({"format", "members", "left_out"}))
        lines, left_out = said.get("members"), said.get("left_out")
        if string(said, "format") != _VERSION or type(lines) is not list or type(left_out) is not list:
            refuse("a selection")
        if len(lines) > MOST_MEMBERS:
            refuse("the number of members")
        return [_read_line(one) for one in lines], [string({"text": one}, "text")[:_LONGEST] for one in left_out]
    except (MemberBroken, ValueError):
        raise ContainerBroken(_DAMAGED) from None


def _read_line(value: object) -> dict[str, Any]:
    line = only(value, frozenset({"entry", "path", "name", "kind", "problem"}))
    if string(line, "kind") not in set(MemberKind):
        refuse("the kind of a member")
    for name in ("entry", "path", "name"):
        string(line, name)
    string_or_none(line, "problem")
    return line


def _line(entry: str, member: ChosenMember, problem: str | None) -> dict[str, Any]:
    line = {
        "entry": entry,
        "path": member.path[:_LONGEST],
        "name": member.name[:_LONGEST],
        "kind": member.kind.value,
    }
    return line if problem is None else line | {"problem": problem}


def _entry(name: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name)  # of 1980-01-01, so that the same choice is the same bytes


class _Gathered(io.RawIOBase):
    """Where the zip writer writes to: it cannot seek, and what it wrote is taken away piece by piece."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, content: bytes | bytearray | memoryview) -> int:  # type: ignore[override]
        """Keep a copy."""
        self._parts.append(bytes(content))
        return len(content)

    def taken(self) -> Iterator[bytes]:
        """What was written since."""
        parts, self._parts = self._parts, []
        yield from parts
