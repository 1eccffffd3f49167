"""A document that is a zip of parts (ECMA-376 part 2, OpenDocument 1.3 part 2): its parts by name, as hostile bytes.

Rule kept: parts are found by the directory, inflated in pieces and counted as they come. Names are compared without
regard to case (ECMA-376 part 2, 6.2.2.3); of two parts with one name the first is read, and that is said. Whatever
a part is not read for, the others are.
"""

from __future__ import annotations

import io
from itertools import islice
from typing import TYPE_CHECKING, Final

from ingest.formats.container import ContainerBroken, MemberBroken
from ingest.formats.expat_feeding import XmlRefused
from ingest.formats.office.xml_events import START, events
from ingest.formats.zip_directory import entries, find_directory, overlapping
from ingest.formats.zip_entries import entry_pieces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.office.allowance import Allowance
    from ingest.formats.office.gathered import Gathered
    from ingest.formats.office.xml_events import Event
    from ingest.formats.zip_directory import Entry

MOST_PARTS: Final = 20_000
_LONGEST_DIRECTORY: Final = 8 << 20  # bytes
_LONGEST_NAME: Final = 500
_CONTENT_TYPES: Final = "[content_types].xml"
_ENCRYPTED: Final = 1 | 1 << 6 | 1 << 13


class NoPackage(ValueError):
    """The bytes are no zip that can be read; the text is the reason, a phrase without content."""


class Package:
    """The parts of a document.

    Args:
        content: all of its bytes.
        allowance: what the record's documents may cost.
        gathered: takes what is to be said.

    Raises:
        NoPackage: there is no directory that could be read.
    """

    def __init__(self, content: bytes, allowance: Allowance, gathered: Gathered) -> None:
        self._source = io.BytesIO(content)
        self._allowance = allowance
        self._gathered = gathered
        self._entries: dict[str, Entry] = {}
        self._overlapping = bytearray()
        self._names: dict[str, str] = {}
        try:
            self._read_directory()
        except ContainerBroken:
            raise NoPackage("damaged: its directory cannot be read") from None
        self._types, self._kinds = self._content_types()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all parts, in lower case, sorted as people number them."""
        return tuple(sorted(self._entries, key=lambda name: (len(name), name)))

    @property
    def is_encrypted(self) -> bool:
        """Whether some entry of the zip is encrypted by the zip's own means."""
        return any(entry.flags & _ENCRYPTED for entry in self._entries.values())

    def has(self, name: str) -> bool:
        """Whether there is a part of that name."""
        return name.lower() in self._entries

    def type_of(self, name: str) -> str:
        """The media type of a part as the package declares it, in lower case; empty where it does not."""
        name = name.lower()
        return self._types.get(name) or self._kinds.get(name.rpartition(".")[2], "")

    def of_type(self, *endings: str) -> tuple[str, ...]:
        """The names of the parts whose declared media type ends so."""
        return tuple(name for name in self.names if self.type_of(name).endswith(endings))

    def pieces(self, name: str) -> Iterator[bytes]:
        """The bytes of a part, in pieces.

        Raises:
            MemberBroken: they cannot be had, or not to their end.
            Spent: the record has no allowance left.
        """
        entry = self._entries.get(name.lower())
        if entry is None:
            raise MemberBroken("it is not there")
        for piece in entry_pieces(self._source, entry, overlaps=bool(self._overlapping[entry.number])):
            self._allowance.take_bytes(len(piece))
            yield piece

    def events(self, name: str) -> Iterator[Event]:
        """What stands in a part; where it breaks off, that is said, and what came is kept.

        Raises:
            Spent: the record has no allowance left.
        """
        try:
            yield from events(self.pieces(name), self._allowance)
        except XmlRefused as error:
            self._gathered.miss(f"a part of it: {error}")

    def relations(self, name: str) -> dict[str, tuple[str, str]]:
        """Kind and target of a part's relations (ECMA-376 part 2, 6.5) by id; a target outside begins with ``>``."""
        folder, _, file = name.lower().rpartition("/")
        place = f"{folder}/_rels/{file}.rels" if folder else f"_rels/{file}.rels"
        found: dict[str, tuple[str, str]] = {}
        if not self.has(place):
            return found
        for kind, element, attributes in self.events(place):
            if kind == START and element == "rel:Relationship" and len(found) < MOST_PARTS:
                target = attributes.get("Target", "")[: 4 * _LONGEST_NAME]
                outside = attributes.get("TargetMode") == "External"
                place_of = f">{target}" if outside else _resolved(folder, target)
                found[attributes.get("Id", "")] = attributes.get("Type", "").rpartition("/")[2], place_of
        return found

    def _read_directory(self) -> None:
        directory = find_directory(self._source)
        if directory.size > _LONGEST_DIRECTORY:
            raise NoPackage("it has more parts than are read")
        self._overlapping, count = overlapping(self._source, directory)
        if count > MOST_PARTS:
            self._gathered.miss(f"its parts beyond the first {MOST_PARTS:,}")
        for entry in islice(entries(self._source, directory), MOST_PARTS):
            name = entry.name.replace("\\", "/").lstrip("/").lower()
            if not name or name.endswith("/") or len(name) > _LONGEST_NAME:
                continue
            if name in self._entries:
                self._gathered.note("two parts of it have the same name; the first is read")
                continue
            self._entries[name] = entry

    def _content_types(self) -> tuple[dict[str, str], dict[str, str]]:
        """Declared media types by part and by ending of names (ECMA-376 part 2, 6.2.3)."""
        by_part: dict[str, str] = {}
        by_ending: dict[str, str] = {}
        if not self.has(_CONTENT_TYPES):
            return by_part, by_ending
        for kind, element, attributes in self.events(_CONTENT_TYPES):
            if kind != START:
                continue
            declared = attributes.get("ContentType", "").lower()
            if element == "ct:Override":
                by_part[attributes.get("PartName", "").lstrip("/").lower()] = declared
            elif element == "ct:Default":
                by_ending[attributes.get("Extension", "").lower()] = declared
        return by_part, by_ending


def _resolved(folder: str, target: str) -> str:
    """A target as a part's name; steps up and down are undone (RFC 3986 5.2.4)."""
    steps: list[str] = [] if target.startswith("/") else folder.split("/")
    for step in target.lower().replace("\\", "/").split("/"):
        if step == "..":
            del steps[-1:]
        elif step not in ("", "."):
            steps.append(step)
    return "/".join(step for step in steps if step)
