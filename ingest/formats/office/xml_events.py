"""XML as a stream of starts, ends and texts, read by expat from pieces of bytes.

Rule kept: what expat must not meet is kept from it (`ingest.formats.expat_feeding`); depth is bounded, elements are
counted against the allowance of the record while they come, and nothing is kept of what was read. Namespaces are told
by a short prefix of ours, since a document may call them as it likes and both editions of ECMA-376 (transitional,
strict) name the same elements.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias

from ingest.formats.container import MemberBroken
from ingest.formats.expat_feeding import CHUNK, Feeder, XmlRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ingest.formats.office.allowance import Allowance

MAX_DEPTH: Final = 1_000
START, END, TEXT = 0, 1, 2
_MOST_NAMES: Final = 10_000
_OOXML: Final = {
    "wordprocessingml/main": "w",
    "spreadsheetml/main": "x",
    "presentationml/main": "p",
    "drawingml/main": "a",
    "drawingml/chart": "c",
    "drawingml/wordprocessingDrawing": "wp",
    "drawingml/spreadsheetDrawing": "xdr",
    "officeDocument/relationships": "r",
    "officeDocument/math": "m",
    "officeDocument/extendedProperties": "ep",
    "officeDocument/extended-properties": "ep",
    "officeDocument/customProperties": "op",
    "officeDocument/custom-properties": "op",
}
_OTHERS: Final = {
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc",
    "http://schemas.openxmlformats.org/package/2006/content-types": "ct",
    "http://schemas.openxmlformats.org/package/2006/relationships": "rel",
    "http://schemas.openxmlformats.org/package/2006/metadata/core-properties": "cp",
    "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments": "tc",
    "http://schemas.microsoft.com/office/powerpoint/2018/8/main": "pc",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://www.w3.org/1999/xlink": "xlink",
    "http://www.w3.org/XML/1998/namespace": "xml",
}
_SHORTER: Final = {"drawing": "draw"}
_ECMA: Final = re.compile(r"http://(?:schemas\.openxmlformats\.org/(\w+)/2006/([\w-]+)|purl\.oclc\.org/ooxml/([\w/]+))")
_OASIS: Final = re.compile(r"urn:oasis:names:tc:opendocument:xmlns:([a-z]+)(?:-compatible)?:1\.0")


Event: TypeAlias = tuple[int, str, dict[str, str]]
"""`START` or `END` and the name of its element (``prefix:name``), or `TEXT` and the text; then the attributes.

A bare tuple, since a workbook has a million.
"""

_NOTHING: Final[dict[str, str]] = {}


def events(pieces: Iterable[bytes], allowance: Allowance) -> Iterator[Event]:
    """What stands in a document, in order; text between two tags may come in several pieces.

    Raises:
        XmlRefused: it is no XML, or none that is read here, from here on.
        Spent: the record has more elements than allowed, or more bytes.
    """
    stream = _Stream(allowance)
    waiting = iter(pieces)
    while True:
        try:
            piece = next(waiting, None)
        except MemberBroken as error:
            yield from stream.taken()
            raise XmlRefused(str(error)) from None
        for at in range(0, len(piece or b""), CHUNK):
            yield from stream.feed((piece or b"")[at : at + CHUNK], last=False)
        if piece is None:
            yield from stream.feed(b"", last=True)
            return


class _Stream:
    """A parser and what it found since it was asked last."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._found: list[Event] = []
        self._names: dict[str, str] = {}
        self._depth = self._started = 0
        self._feeder = Feeder(separator=" ")
        self._feeder.on(start=self._start, end=self._end, text=self._text)

    def feed(self, piece: bytes, *, last: bool) -> Iterator[Event]:
        refused: XmlRefused | None = None
        try:
            if last:
                self._feeder.finish()
            else:
                self._feeder.feed(piece)
        except XmlRefused as error:
            refused = error
        yield from self.taken()
        self._allowance.take_elements(self._started)
        self._started = 0
        if refused is not None:
            raise refused

    def taken(self) -> list[Event]:
        found, self._found = self._found, []
        return found

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._started += 1 + (len(attributes) >> 2)
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise XmlRefused(f"XML nested deeper than {MAX_DEPTH:,}")
        names = self._names
        if attributes:
            attributes = {names.get(key) or self._short(key): value for key, value in attributes.items()}
        self._found.append((START, names.get(name) or self._short(name), attributes))

    def _end(self, name: str) -> None:
        self._depth -= 1
        self._found.append((END, self._names.get(name) or self._short(name), _NOTHING))

    def _text(self, text: str) -> None:
        self._found.append((TEXT, text, _NOTHING))

    def _short(self, name: str) -> str:
        space, _, local = name.rpartition(" ")
        found = f"{_prefix(space)}:{local}" if space else local
        if len(self._names) < _MOST_NAMES:  # names come from outside: the memory for them is bounded
            self._names[name] = found
        return found


def _prefix(space: str) -> str:
    known = _OTHERS.get(space)
    if known is not None:
        return known
    ecma = _ECMA.fullmatch(space)
    if ecma is not None:
        return _OOXML.get(ecma[3] or f"{ecma[1]}/{ecma[2]}", "?")
    oasis = _OASIS.fullmatch(space)
    return _SHORTER.get(oasis[1], oasis[1]) if oasis is not None else "?"
