"""A WACZ: a zip of WARC files with a list of the pages that were captured (Webrecorder WACZ 1.1.1).

    ``datapackage.json``          every other file with its SHA-256 and its length (Frictionless Data Package)
    ``datapackage-digest.json``   the SHA-256 of the former, and mostly a signature
    ``archive/*.warc[.gz|.zst]``  the records, by the standard not compressed once more by the zip
    ``pages/*.jsonl``             a line that says what the file is, then a page a line: url, ts, title, text, ...
    ``indexes/``                  where in the WARC files an address lies; not needed to read them

Rule kept: what is stated of a file is held against its bytes, and what does not fit is said; the files are read all the
same. Only pages that are listed become records, since HTML is also what pages load into themselves; where no page is
listed, all HTML is pages. Signatures are named and not verified: their keys are in the file or the certificate with
them, and nothing in an archive says whom to trust.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

from ingest.formats.captures.capture import MOST_FILES, Capture, CaptureFile
from ingest.formats.captures.compressions import (
    DICTIONARY_MARK,
    GZIP_MARK,
    MARK_BYTES,
    RAW_DEFLATE,
    ZSTANDARD_MARK,
)
from ingest.formats.captures.inflated import InflatedFile, RangeOfFile
from ingest.formats.captures.page_markup import comparable
from ingest.formats.captures.page_reading import ListedPage
from ingest.formats.captures.warc_members import capture_members, opened_file
from ingest.formats.captures.warc_records import is_warc
from ingest.formats.charsets import storable
from ingest.formats.chats.json_lines import object_of
from ingest.formats.container import ContainerBroken, Declared, Member, MemberBroken, MemberKind, Remark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ingest.formats.chats.archived_files import ArchivedFiles
    from ingest.formats.container import Circumstances, Found

PACKAGE: Final = "datapackage.json"
_DIGEST: Final = "datapackage-digest.json"
_MOST_PACKAGE: Final = 16 << 20
_MOST_LINE: Final = 8 << 20
_MOST_PAGES: Final = 200_000
_MOST_TEXT: Final = 64 << 20
_LONGEST: Final = 2_000
_MOST_NAMED: Final = 100
_PIECE: Final = 1 << 18
_ASIDE: Final = (
    (("indexes/", "index/"), "it says where in the capture an address lies, and holds no page"),
    (("pages/",), "it is the list of the captured pages, which are records"),
    (("logs/",), "it is a log of the program that made the capture"),
    ((PACKAGE, _DIGEST), "it lists the files of the capture, which were held against it"),
)
_WARC_NAMES: Final = (".warc", ".warc.gz", ".warc.zst")


def recognise(export: ArchivedFiles) -> bool:
    """Whether an archive is a WACZ; cheap, never raises.

    By its list of files that names the format's version, or by that list and WARC files; by its own name where the list
    leaves it open.
    """
    if not export.has(PACKAGE) or export.size(PACKAGE) > _MOST_PACKAGE:
        return False
    try:
        package = _package(export)
    except MemberBroken:
        package = {}
    return (
        "wacz_version" in package
        or any(_is_warc(one) for one in export.names)
        or (package.get("profile") == "data-package" and export.name.lower().endswith(".wacz"))
    )


def wacz_members(
    source: BinaryIO,
    export: ArchivedFiles,
    ranges: Callable[[str], tuple[int, int, bool]],
    others: Iterable[tuple[str, Callable[[], Member]]],
    size: int,
    about: Circumstances,
) -> Iterator[Found]:
    """What comes out of a WACZ.

    Args:
        source: the zip file.
        export: its files.
        ranges: where the bytes of a file lie in it, how many they are, and whether they are deflated.
        others: every file in order, and what makes the member that it would be by itself.
        size: how many bytes the zip file has.
        about: what the archive knows.
    """
    yield from _check(export)
    texts = _Listed(export)
    yield from texts.take()
    files: list[CaptureFile] = []
    yield from _open(source, export, ranges, files)
    read = {one.name for one in files}
    if not files:
        yield Remark(text="it has no WARC file in archive/, and so no page")
    told: Declared | None = None
    ended: ContainerBroken | None = None
    try:
        for found in capture_members(Capture(files), size, about, texts.pages or None):
            if isinstance(found, Declared):
                told = found
            else:
                yield found
    except ContainerBroken as error:
        ended = error
    for name, as_member in others:
        if name not in read:
            yield _aside(name) or as_member()
    yield told or Declared()
    if ended is not None:
        raise ended


def _open(
    source: BinaryIO,
    export: ArchivedFiles,
    ranges: Callable[[str], tuple[int, int, bool]],
    files: list[CaptureFile],
) -> Iterator[Remark]:
    """Open its WARC files; gives why one of them cannot be."""
    for name in [one for one in export.names if _is_warc(one)][:MOST_FILES]:
        try:
            files.append(_opened(source, name, ranges))
        except MemberBroken as error:
            yield Remark(text=f"a WARC file of it cannot be read: {error}", path=name, lost=None)


def _opened(source: BinaryIO, name: str, ranges: Callable[[str], tuple[int, int, bool]]) -> CaptureFile:
    """A WARC file in the zip, whichever way it is compressed, if any."""
    start, packed, deflated = ranges(name)
    stream = cast("BinaryIO", RangeOfFile(source, start, packed))
    if not deflated:
        opened = opened_file(stream, name, packed)
    else:
        inflated = cast("BinaryIO", InflatedFile(stream, packed, RAW_DEFLATE))
        if inflated.read(MARK_BYTES).startswith((GZIP_MARK, ZSTANDARD_MARK, DICTIONARY_MARK)):
            raise MemberBroken("it is compressed twice")
        opened = CaptureFile(name, inflated)
    if not is_warc(opened.stream):
        raise MemberBroken("it does not begin with a record")
    return opened


def _is_warc(name: str) -> bool:
    parts = name.lower().split("/")
    return len(parts) > 1 and parts[-2] == "archive" and parts[-1].endswith(_WARC_NAMES)


def _aside(name: str) -> Member | None:
    reason = next((reason for starts, reason in _ASIDE if name.startswith(starts)), None)
    if reason is None:
        return None
    folder, _, last = name.rpartition("/")
    return Member(path=folder, name=last, kind=MemberKind.DOCUMENT, problem=reason, aside=True)


def _package(export: ArchivedFiles) -> dict[str, Any]:
    """The list of files.

    Raises:
        MemberBroken: there is none that can be read.
    """
    try:
        found = json.loads(export.read(PACKAGE, _MOST_PACKAGE))
    except (ValueError, RecursionError):
        raise MemberBroken("its list of files is no JSON") from None
    if not isinstance(found, dict):
        raise MemberBroken("its list of files is no JSON object")
    return found


def _check(export: ArchivedFiles) -> Iterator[Remark]:
    """What the list of files says, held against the files; then the digest and the signature of the list itself."""
    try:
        package = _package(export)
    except MemberBroken as error:
        yield Remark(text=str(error), path=PACKAGE)
        return
    if "wacz_version" not in package:
        yield Remark(text="its list of files does not say that it is a WACZ, or of which version", path=PACKAGE)
    resources = package.get("resources")
    known: set[str] = set()
    wrong = 0
    for one in resources if isinstance(resources, list) else []:
        path = one.get("path") if isinstance(one, dict) else None
        if not isinstance(path, str):
            continue
        known.add(path)
        reason = _wrong(export, path, one)
        if reason is not None:
            wrong += 1
            if wrong <= _MOST_NAMED:
                yield Remark(text=reason, path=path[:_LONGEST], lost=0 if export.has(path) else 1)
    if wrong > _MOST_NAMED:
        yield Remark(text=f"{wrong - _MOST_NAMED:,} more files are not as its list says")
    for name in export.names:
        if _is_warc(name) and name not in known:
            yield Remark(text="its list of files does not name this file", path=name)
    yield from _signature(export)


def _wrong(export: ArchivedFiles, path: str, stated: Mapping[str, Any]) -> str | None:
    """What about a file is not as it is stated; None where everything fits."""
    if not export.has(path):
        return "its list of files names this file, which it has not"
    stats = stated.get("stats")
    stats = stats if isinstance(stats, dict) else {}
    value = stated.get("hash", stats.get("hash"))
    label, _, digits = value.rpartition(":") if isinstance(value, str) else ("", "", "")
    label = (label or str(stated.get("hashing", "sha256"))).lower()
    size = stated.get("bytes", stats.get("bytes"))
    try:
        found, length = _digest(export.pieces(path), label)
    except MemberBroken as error:
        return f"it is damaged: {error}"
    if isinstance(size, int) and size != length:
        return "it has not the length that its list of files states"
    if not digits:
        return "its list of files states no digest of it"
    if found is None:
        return "its digest is of a kind that is not checked"
    return None if found == digits.lower() else "the digest that its list of files states does not fit it"


def _digest(pieces: Iterable[bytes], label: str) -> tuple[str | None, int]:
    digest = {"sha256": hashlib.sha256, "md5": hashlib.md5}.get(label.replace("-", ""))
    made = None if digest is None else digest(usedforsecurity=False)
    length = 0
    for piece in pieces:
        length += len(piece)
        if made is not None:
            made.update(piece)
    return None if made is None else made.hexdigest(), length


def _signature(export: ArchivedFiles) -> Iterator[Remark]:
    if not export.has(_DIGEST):
        return
    try:
        found = object_of(export.read(_DIGEST, _MOST_PACKAGE))
        expected, _ = _digest(export.pieces(PACKAGE), "sha256")
    except MemberBroken as error:
        yield Remark(text=f"the digest of its list of files cannot be read: {error}", path=_DIGEST)
        return
    stated = None if found is None else found.get("hash")
    if not isinstance(stated, str) or stated.lower().removeprefix("sha256:") != expected:
        yield Remark(text="the digest that it states of its list of files does not fit", path=_DIGEST)
    signed = None if found is None else found.get("signedData")
    if isinstance(signed, dict):
        by = "for a domain" if signed.get("domain") else "with a key of its own"
        yield Remark(text=f"it is signed {by}; the signature was not verified", path=_DIGEST)


class _Listed:
    """The pages that a WACZ lists, by comparable address; the first line of a list says what it is."""

    def __init__(self, export: ArchivedFiles) -> None:
        self.pages: dict[str, ListedPage] = {}
        self._export = export
        self._left = _MOST_TEXT

    def take(self) -> Iterator[Remark]:
        """Read the lists; gives what is wrong with them."""
        for name in self._export.names:
            if name.startswith("pages/") and name.endswith(".jsonl"):
                yield from self._list(name)

    def _list(self, name: str) -> Iterator[Remark]:
        wrong = 0
        try:
            for number, line in enumerate(_lines(self._export.open(name))):
                found = object_of(line)
                if found is None:
                    wrong += bool(line.strip())
                elif "url" in found or number:
                    wrong += not self._take(found)
        except MemberBroken as error:
            yield Remark(text=f"a list of pages cannot be read to its end: {error}", path=name, lost=None)
        if wrong:
            yield Remark(text=f"{wrong:,} lines of a list of pages are none that can be read", path=name, lost=wrong)

    def _take(self, found: dict[str, Any]) -> bool:
        address = found.get("url")
        if not isinstance(address, str) or not address or len(self.pages) >= _MOST_PAGES:
            return False
        title, text = found.get("title"), found.get("text")
        text = text if isinstance(text, str) and len(text) <= self._left else ""
        self._left -= len(text)
        named = storable(title.strip()[:_LONGEST]) if isinstance(title, str) and title.strip() else None
        entry = ListedPage(address=storable(address[:_LONGEST]), title=named, text=text)
        self.pages.setdefault(comparable(address), entry)
        return True


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Lines in bounded memory; one that is too long comes out empty of meaning."""
    held = b""
    passing = False
    while piece := stream.read(_PIECE):
        lines = (held + piece).split(b"\n")
        held = lines.pop()
        for line in lines:
            yield b"?" if passing else line
            passing = False
        if len(held) > _MOST_LINE:
            held, passing = b"", True
    if held or passing:
        yield b"?" if passing else held
