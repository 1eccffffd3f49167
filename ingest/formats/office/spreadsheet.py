"""Text of a workbook (ECMA-376 part 1, 18): cells of every sheet, comments, headers, and what lies behind pivot tables.

Rule kept: a sheet, row or column that is not shown is read like any other and said by number. A cell gives the value
that the program kept; a formula is calculated by nobody here, and stands itself where no value was kept. A number whose
format is one of dates is given as a date (ISO 8601), since nobody searches for the number of days since 1900.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ingest.formats.office.gathered import said_by
from ingest.formats.office.number_formats import CellFormats, read_formats
from ingest.formats.office.word import read_story
from ingest.formats.office.xml_events import END, START

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.formats.office.gathered import Gathered
    from ingest.formats.office.package import Package
    from ingest.formats.office.xml_events import Event

MOST_STRINGS: Final = 2_000_000
MOST_STRING_CHARACTERS: Final = 32 << 20
MOST_SHEETS: Final = 5_000
_MOST_NAMED: Final = 20
_LONGEST_NUMBER: Final = 9
_LONGEST_STRING: Final = 1 << 20
_ON: Final = frozenset({"1", "true", "on"})
_MARGINS: Final = frozenset(
    f"x:{when}{what}" for when in ("odd", "even", "first") for what in ("Header", "Footer")
)  # 18.3.1.46
_TAKEN: Final = frozenset({"x:v", "x:f", "x:t"}) | _MARGINS
_FIELDS: Final = re.compile(r"&(?:[LCRPNDTFAGZSUEXYBIOH]|\"[^\"]{0,99}\"|K[0-9A-F]{6}|\d{1,3})")
_KEPT: Final = ("pivotcachedefinition+xml", "pivotcacherecords+xml")
_OUTSIDE: Final = ("externallink+xml",)


@dataclass(slots=True)
class _Book:
    """What all sheets share."""

    strings: list[str] = field(default_factory=list)
    formats: CellFormats = field(default_factory=CellFormats)
    hidden_sheets: list[int] = field(default_factory=list)


def read_workbook(package: Package, main: str, out: Gathered) -> None:
    """Read the workbook whose main part is `main`.

    Raises:
        Spent: the record has no allowance left.
    """
    relations = package.relations(main)
    book = _Book()
    sheets = _sheets(package, main, relations, book)
    for relation, target in relations.values():
        if relation == "sharedStrings":
            book.strings = _shared_strings(package.events(target), out)
        elif relation == "styles":
            read_formats(package.events(target), book.formats)
    people = _people(package)
    if len(sheets) > MOST_SHEETS:
        out.miss(f"sheets beyond the first {MOST_SHEETS:,}")
    for number, (title, place) in enumerate(sheets[:MOST_SHEETS], start=1):
        out.line()
        out.add(f"Sheet {title}\n")
        if not package.has(place):
            out.miss(f"sheet {number}: it is not in the file")
            continue
        _Sheet(book, out).read(package.events(place), number)
        _read_beside(package, place, people, out)
    if book.hidden_sheets:
        out.note(f"sheets that are not shown, read too: {_numbers(book.hidden_sheets)}")
    _read_kept(package, out)


def _read_beside(package: Package, sheet: str, people: dict[str, str], out: Gathered) -> None:
    """Comments of a sheet, and what is drawn over it."""
    for relation, target in package.relations(sheet).values():
        if relation in ("comments", "threadedComment"):
            _read_comments(package.events(target), people, out)
        elif relation == "drawing":
            out.line()
            read_story(package.events(target), out)


def _sheets(package: Package, main: str, relations: dict[str, tuple[str, str]], book: _Book) -> list[tuple[str, str]]:
    """The title and the part of each sheet, in order."""
    sheets: list[tuple[str, str]] = []
    for kind, name, attributes in package.events(main):
        if kind == START and name == "x:sheet":
            if attributes.get("state", "visible") != "visible":
                book.hidden_sheets.append(len(sheets) + 1)
            place = relations.get(attributes.get("r:id", ""), ("", ""))[1]
            sheets.append((attributes.get("name", ""), place))
        elif kind == START and name == "x:workbookPr":
            book.formats.since_1904 = attributes.get("date1904") in _ON
    return sheets


@dataclass(slots=True)
class _Sheet:
    """One sheet being read: a line for each row, a tab between cells; the other words of the sheet as they stand."""

    book: _Book
    out: Gathered
    kind: str = ""
    style: str = ""
    value: str = ""
    formula: str = ""
    taking: list[str] | None = None
    is_phonetic: bool = False
    rows: int = 0
    columns: int = 0

    def read(self, found: Iterable[Event], number: int) -> None:
        for kind, name, attributes in found:
            if kind == START:
                self._start(name, attributes)
            elif kind == END:
                self._end(name)
                self.taking = None
            elif self.taking is not None:
                self.taking.append(name)
        self.out.line()
        if self.rows or self.columns:
            hidden = f"{self.rows:,} rows and {self.columns:,} columns are not shown"
            self.out.note(f"sheet {number}: {hidden}; they are read too")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "x:c":
            self.kind, self.style = attributes.get("t", "n"), attributes.get("s", "")
            self.value = self.formula = ""
        elif name in _TAKEN:
            self.taking = []
        elif name == "x:rPh":
            self.is_phonetic = True
        elif name == "x:row":
            self.rows += attributes.get("hidden") in _ON
        elif name == "x:col" and attributes.get("hidden") in _ON:
            self.columns += _span(attributes)

    def _end(self, name: str) -> None:
        if name == "x:v":
            self.value = "".join(self.taking or ())
        elif name == "x:c":
            self._end_cell()
        elif name == "x:t" and not self.is_phonetic:
            self.value += "".join(self.taking or ())
        elif name == "x:f":
            self.formula = "".join(self.taking or ())
        elif name == "x:rPh":
            self.is_phonetic = False
        elif name == "x:row":
            self.out.line()
        elif name in _MARGINS:
            text = " ".join(_FIELDS.sub(" ", "".join(self.taking or ())).split())
            self.out.line()
            self.out.add(f"{text}\n" if text else "")

    def _end_cell(self) -> None:
        shown = _shown(self.kind, self.style, self.value, self.book.strings, self.book.formats)
        if shown or self.formula:
            self.out.add(shown or f"={self.formula}")
            self.out.add("\t")


def _shown(kind: str, style: str, value: str, strings: list[str], formats: CellFormats) -> str:
    """What a cell says (18.18.11)."""
    if kind == "s":
        place = int(value) if value.isascii() and value.isdigit() and len(value) <= _LONGEST_NUMBER else -1
        return strings[place] if 0 <= place < len(strings) else ""
    if kind == "b":
        return {"0": "FALSE", "1": "TRUE"}.get(value, value)
    if kind == "n" and value:
        return formats.shown(value, style)
    return value


def _shared_strings(found: Iterable[Event], out: Gathered) -> list[str]:
    """The strings that cells name by number (18.4.9), without their phonetic runs (18.4.6)."""
    strings: list[str] = []
    pieces: list[str] = []
    taking = phonetic = False
    left = MOST_STRING_CHARACTERS
    for kind, name, _ in found:
        if kind == START:
            if name == "x:si":
                pieces = []
            taking = name == "x:t" and not phonetic
            phonetic = phonetic or name == "x:rPh"
        elif kind == END:
            if name == "x:si":
                text = "".join(pieces)[:_LONGEST_STRING]
                left -= len(text)
                if left <= 0 or len(strings) >= MOST_STRINGS:
                    out.miss("texts of cells beyond those that are read")
                    break
                strings.append(text)
            phonetic = phonetic and name != "x:rPh"
            taking = False
        elif taking:
            pieces.append(name)
    return strings


def _read_comments(found: Iterable[Event], people: dict[str, str], out: Gathered) -> None:
    """Comments of a sheet, those of old (18.7) and those with answers ([MS-XLSX] 2.1.71)."""
    authors: list[str] = []
    pieces: list[str] | None = None
    for kind, name, attributes in found:
        if kind == START:
            if name == "x:comment":
                place = attributes.get("authorId", "")
                known = place.isascii() and place.isdigit() and len(place) <= _LONGEST_NUMBER
                who = authors[int(place)] if known and int(place) < len(authors) else None
                _begin_comment(attributes.get("ref"), said_by(who, None), out)
            elif name == "tc:threadedComment":
                by = said_by(people.get(attributes.get("personId", "")), attributes.get("dT"))
                _begin_comment(attributes.get("ref"), by, out)
            pieces = [] if name in ("x:author", "x:t", "tc:text") else None
        elif kind == END:
            if name == "x:author":
                authors.append("".join(pieces or ())[:200])
            elif name in ("x:t", "tc:text"):
                out.add("".join(pieces or ()))
            pieces = None
        elif pieces is not None:
            pieces.append(name)
    out.line()


def _begin_comment(place: str | None, by: str, out: Gathered) -> None:
    out.line()
    out.add(f"Comment on {place}{by}: " if place else f"Comment{by}: ")


def _people(package: Package) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in package.of_type("ms-excel.person+xml"):
        for kind, name, attributes in package.events(part):
            if kind == START and name == "tc:person" and len(found) < MOST_SHEETS:
                found[attributes.get("id", "")] = attributes.get("displayName", "")[:200]
    return found


def _read_kept(package: Package, out: Gathered) -> None:
    """Values that the file keeps of other cells: behind pivot tables (18.10.1.67, 18.10.1.69), of other workbooks."""
    for endings, said in ((_KEPT, "Values kept for a pivot table"), (_OUTSIDE, "Values kept of another workbook")):
        for part in package.of_type(*endings):
            out.line()
            begun = False
            for kind, name, attributes in package.events(part):
                text = attributes.get("v", "") if kind == START and name in ("x:s", "x:n", "x:d") else ""
                if kind not in (START, END) and endings is _OUTSIDE:
                    text = name.strip()
                if text:
                    out.add(text + "\t" if begun else f"{said}:\n{text}\t")
                    begun = True


def _span(attributes: dict[str, str]) -> int:
    first, last = attributes.get("min", ""), attributes.get("max", "")
    if not all(one.isascii() and one.isdigit() and len(one) <= _LONGEST_NUMBER for one in (first, last)):
        return 1
    return max(int(last) - int(first) + 1, 1)


def _numbers(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers[:_MOST_NAMED])) + (" and others" if len(numbers) > _MOST_NAMED else "")
