"""Text of OpenDocument (ISO/IEC 26300, OpenDocument 1.3 part 3): texts, tables, presentations, drawings.

Rule kept: whatever stands in the file is text, shown or not: deleted words of tracked changes (5.5), comments (14.1)
with their author, notes (6.3), hidden sheets and slides, descriptions of pictures. White space is one space (6.1.2). A
stack of states, no recursion; repeated rows and cells are given once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from ingest.formats.office.gathered import said_by
from ingest.formats.office.xml_events import END, START

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.formats.office.gathered import Gathered
    from ingest.formats.office.xml_events import Event

_BLANK: Final = re.compile(r"[ \t\r\n]+")
_PARAGRAPHS: Final = frozenset({"text:p", "text:h"})
_DESCRIPTIONS: Final = frozenset({"svg:title", "svg:desc"})
_PEOPLE: Final = frozenset({"dc:creator", "dc:date"})
_CHANGES: Final = {"text:insertion": "inserted", "text:deletion": "deleted", "text:format-change": "formatted"}
_COLLAPSED: Final = frozenset({"collapse", "filter"})
_LONGEST: Final = 10_000
_MOST_CHANGES: Final = 100_000
_MOST_NAMED: Final = 20
_HIDDEN: Final = "text in it is marked as hidden; it is read too"
_CHANGED: Final = "it has tracked changes; deleted words are read too, and marked"


@dataclass(slots=True)
class _Said:
    """A comment or a change: who and when, and whether it was begun in the text."""

    heading: str
    who: str = ""
    when: str = ""
    is_written: bool = False

    def opening(self) -> str:
        self.is_written = True
        return f"[{self.heading}{said_by(self.who, self.when)}: "


@dataclass(slots=True)
class Reading:
    """One file being read; parts of it (content, styles, objects) go through the same one."""

    out: Gathered
    paragraphs: int = 0
    said: list[_Said] = field(default_factory=list)
    changes: dict[str, _Said] = field(default_factory=dict)
    region: str = ""
    taking: list[str] | None = None
    hiding: dict[str, None] = field(default_factory=dict)
    style: str = ""
    pages: int = 0
    sheets: int = 0
    hidden_pages: list[int] = field(default_factory=list)
    hidden_sheets: list[int] = field(default_factory=list)
    hidden_rows: int = 0
    is_workbook: bool = False

    def read(self, found: Iterable[Event]) -> None:
        """Read one part.

        Raises:
            Spent: the record has no allowance left.
        """
        for kind, name, attributes in found:
            if kind == START:
                self._start(name, attributes)
            elif kind == END:
                self._end(name)
            elif self.taking is not None:
                if len(self.taking) < _LONGEST:
                    self.taking.append(name)
            elif self.paragraphs:
                self._text(_BLANK.sub(" ", name))
        self.out.line()
        self.paragraphs, self.taking = 0, None
        self.said.clear()

    def conclude(self) -> None:
        """Say what is not shown."""
        for numbers, what in ((self.hidden_sheets, "sheets"), (self.hidden_pages, "slides")):
            if numbers:
                more = " and others" if len(numbers) > _MOST_NAMED else ""
                listed = ", ".join(map(str, numbers[:_MOST_NAMED]))
                self.out.note(f"{what} that are not shown, read too: {listed}{more}")
        if self.hidden_rows:
            self.out.note("rows or columns are not shown; they are read too")

    def _text(self, text: str) -> None:
        for one in reversed(list(takewhile(lambda one: not one.is_written, reversed(self.said)))):
            self.out.add(one.opening())
        self.out.add(text)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name in _PARAGRAPHS:
            self.paragraphs += 1
        elif name == "text:s":
            count = attributes.get("text:c", "1")
            self.out.add(" " * (min(int(count), 100) if count.isascii() and count.isdigit() and len(count) < 9 else 1))  # noqa: PLR2004 - digits
        elif name == "text:tab":
            self.out.add("\t")
        elif name == "text:line-break":
            self.out.add("\n")
        elif name in _DESCRIPTIONS or (name in _PEOPLE and (self.said or self.region)):
            self.taking = []
        elif name == "office:annotation":
            self.said.append(_Said("comment"))
        elif name.startswith("table:"):
            self._start_table(name, attributes)
        elif name.startswith("text:"):
            self._start_marked(name, attributes)
        else:
            self._start_other(name, attributes)

    def _start_marked(self, name: str, attributes: dict[str, str]) -> None:
        """Notes, changes and what is hidden."""
        if name == "text:changed-region":
            self.region = attributes.get("text:id") or attributes.get("xml:id") or "?"
        elif name in _CHANGES:
            change = _Said(_CHANGES[name])
            self.said.append(change)
            self.out.note(_CHANGED)
            if len(self.changes) < _MOST_CHANGES:
                self.changes[self.region] = change
        elif name == "text:change-start":
            change = self.changes.get(attributes.get("text:change-id", ""), _Said("changed"))
            self.out.add(change.opening())
        elif name == "text:change-end":
            self.out.add("]")
        elif name == "text:note":
            self.out.add(" [note: ")
        elif name in ("text:hidden-text", "text:hidden-paragraph"):
            self.out.note(_HIDDEN)
            self.out.add(attributes.get("text:string-value", ""))

    def _start_table(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table:table":
            self.sheets += 1
            self.out.line()
            if attributes.get("table:name"):
                self.out.add(f"{'Sheet' if self.is_workbook else 'Table'} {attributes['table:name']}\n")
            if attributes.get("table:style-name") in self.hiding:
                self.hidden_sheets.append(self.sheets)
        elif name in ("table:table-row", "table:table-column"):
            self.hidden_rows += attributes.get("table:visibility") in _COLLAPSED

    def _start_other(self, name: str, attributes: dict[str, str]) -> None:
        if name == "style:style":
            self.style = attributes.get("style:name", "")
        elif name.startswith("style:"):
            if attributes.get("table:display") == "false" or attributes.get("presentation:visibility") == "hidden":
                self._hide()
            if attributes.get("text:display") == "none":
                self.out.note(_HIDDEN)
        elif name == "draw:page":
            self.pages += 1
            self.out.line()
            self.out.add(f"Slide {self.pages}\n")
            if attributes.get("draw:style-name") in self.hiding:
                self.hidden_pages.append(self.pages)
        elif name == "presentation:notes":
            self.out.line()
            self.out.add(f"Notes of slide {self.pages}:\n" if self.pages else "")
        elif name == "office:spreadsheet":
            self.is_workbook = True
        elif name == "office:binary-data":
            self.taking = [""] * _LONGEST  # letters that stand for bytes
            self.out.miss("a file embedded in it")

    def _hide(self) -> None:
        if len(self.hiding) < _MOST_CHANGES:
            self.hiding[self.style] = None

    def _end(self, name: str) -> None:
        if name in _PARAGRAPHS:
            self.paragraphs = max(self.paragraphs - 1, 0)
            self.out.line()
        elif name == "table:table-cell":
            self.out.cell()
        elif name == "table:table-row":
            self.out.add("\n")
        elif name in _DESCRIPTIONS or name in _PEOPLE:
            self._end_taking(name)
        elif name == "office:annotation" or name in _CHANGES:
            if self.said and self.said.pop().is_written:
                self._close()
        elif name == "text:changed-region":
            self.region = ""
        elif name == "text:note":
            self._close()
        elif name == "office:binary-data":
            self.taking = None

    def _end_taking(self, name: str) -> None:
        value = " ".join("".join(self.taking or ()).split())
        if name in _DESCRIPTIONS:
            self.out.add(f" [picture: {value}] " if value else "")
        elif name == "dc:creator" and self.said:
            self.said[-1].who = value[:200]
        elif self.said:
            self.said[-1].when = value[:200]
        self.taking = None

    def _close(self) -> None:
        """End a bracket in the line where its words end."""
        if self.out.pieces and self.out.pieces[-1] == "\n":
            self.out.cut(len(self.out.pieces) - 1)
        self.out.add("] ")
