"""Text of a word processor's document (ECMA-376 part 1, 17): body, headers, footers, notes, comments, changes.

Rule kept: whatever stands in the file is text, shown or not: deleted and inserted words of tracked changes (17.13.5) in
brackets that say so, hidden words (17.3.2.41), the descriptions of pictures. Of markup with alternatives (part 3, 7.6)
the second is left out only where it says nothing that the first does not. A stack of states, no recursion.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from ingest.formats.office.gathered import said_by
from ingest.formats.office.xml_events import END, START

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.formats.office.gathered import Gathered
    from ingest.formats.office.package import Package
    from ingest.formats.office.xml_events import Event

_STORIES: Final = ("header", "", "footer", "footnotes", "endnotes", "comments", "glossary")
_TEXTS: Final = frozenset({"w:t", "w:delText", "m:t", "a:t"})
_CHANGES: Final = {
    "w:ins": "inserted",
    "w:del": "deleted",
    "w:moveFrom": "moved away",
    "w:moveTo": "moved here",
    "w:cellIns": "inserted",
    "w:cellDel": "deleted",
}
_BREAKS: Final = frozenset({"w:br", "w:cr", "a:br"})
_PARAGRAPHS: Final = frozenset({"w:p", "a:p"})
_CELLS: Final = frozenset({"w:tc", "a:tc"})
_ROWS: Final = frozenset({"w:tr", "a:tr"})
_NOTES: Final = {"w:footnote": "Footnote", "w:endnote": "Endnote", "w:comment": "Comment"}
_MARKS: Final = {"w:footnoteReference": "footnote", "w:endnoteReference": "endnote", "w:commentReference": "comment"}
_NOT: Final = frozenset({"0", "false", "off"})
_MOST_COMPARED: Final = 3  # alternatives inside of alternatives; deeper ones are all kept
_HIDDEN: Final = "text in it is formatted as hidden; it is read too"
_CHANGED: Final = "it has tracked changes; deleted words are read too, and marked"


def read_word(package: Package, main: str, out: Gathered) -> None:
    """Read every story of the document whose main part is `main`.

    Raises:
        Spent: the record has no allowance left.
    """
    for story in _STORIES:
        names = package.of_type(f"wordprocessingml.{story}+xml", f"wordprocessingml.document.{story}+xml")
        for name in names if story else (main,):
            read_story(package.events(name), out)
            out.line()


@dataclass(slots=True)
class _Change:
    """A tracked change that is open; its bracket is written before its first word."""

    element: str
    heading: str
    is_written: bool = False


@dataclass(slots=True)
class _Story:
    out: Gathered
    changes: list[_Change] = field(default_factory=list)
    alternatives: list[tuple[int, int]] = field(default_factory=list)
    in_text: bool = False
    in_run: bool = False
    heading: str | None = None

    def text(self, text: str) -> None:
        """Words of the document, after what is due before them."""
        if self.heading is not None:
            self.out.line()
            self.out.add(self.heading)
            self.heading = None
        for change in reversed(list(takewhile(lambda one: not one.is_written, reversed(self.changes)))):
            self.out.add(f"[{change.heading}: ")
            self.out.note(_CHANGED)
            change.is_written = True
        self.out.add(text)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if name in _TEXTS:
            self.in_text = True
        elif name == "w:tab":
            if "w:val" not in attributes:  # else a tab stop of the paragraph (17.3.1.37)
                self.out.add("\t")
        elif name in _BREAKS:
            self.out.add("\n")
        elif name == "w:noBreakHyphen":
            self.out.add("-")
        elif name in _CHANGES:
            by = said_by(attributes.get("w:author"), attributes.get("w:date"))
            self.changes.append(_Change(name, f"{_CHANGES[name]}{by}"))
        elif name in _NOTES:
            by = said_by(attributes.get("w:author"), attributes.get("w:date"))
            self.heading = f"{_NOTES[name]} {attributes.get('w:id', '')}{by}: "
        elif name in _MARKS:
            self.out.add(f" [{_MARKS[name]} {attributes.get('w:id', '')}] ")
        else:
            self._rarely(name, attributes)

    def _rarely(self, name: str, attributes: dict[str, str]) -> None:
        if name == "w:r":
            self.in_run = True
        elif name == "w:vanish":
            if self.in_run and attributes.get("w:val", "") not in _NOT:
                self.out.note(_HIDDEN)
        elif name == "wp:docPr":
            said = (attributes.get("title"), attributes.get("descr"))
            described = " ".join(one for one in said if one)
            if described:
                self.text(f" [picture: {described}] ")
        elif name == "w:altChunk":
            self.out.miss("a part of it in another format")
        elif name == "mc:AlternateContent":
            self.alternatives.append((len(self.out.pieces), len(self.out.pieces)))
        elif name == "mc:Fallback" and self.alternatives:
            self.alternatives[-1] = self.alternatives[-1][0], len(self.out.pieces)

    def end(self, name: str) -> None:
        """An element ends."""
        if name in _TEXTS:
            self.in_text = False
        elif name in _PARAGRAPHS:
            self.out.line()
        elif name in _CELLS:
            self.out.cell()
        elif name in _ROWS:
            self.out.add("\n")
        elif name == "w:r":
            self.in_run = False
        elif name in _CHANGES:
            if self.changes and self.changes.pop().is_written:
                self.out.add("]")
        elif name in _NOTES:
            self.heading = None
            self.out.line()
        elif name.startswith("mc:"):
            self._end_alternative(name)

    def _end_alternative(self, name: str) -> None:
        if name == "mc:AlternateContent" and self.alternatives:
            self.alternatives.pop()
        if name != "mc:Fallback" or not self.alternatives or len(self.alternatives) > _MOST_COMPARED:
            return
        first, second = self.alternatives[-1]
        self.alternatives[-1] = len(self.out.pieces), len(self.out.pieces)
        chosen = "".join("".join(self.out.pieces[first:second]).split())
        other = "".join("".join(self.out.pieces[second:]).split())
        if other in chosen:
            self.out.cut(second)


def read_story(found: Iterable[Event], out: Gathered) -> None:
    """Read one part; also a part of drawings (`a:`), which has paragraphs as well.

    Raises:
        Spent: the record has no allowance left.
    """
    story = _Story(out)
    for kind, name, attributes in found:
        if kind == START:
            story.start(name, attributes)
        elif kind == END:
            story.end(name)
        elif story.in_text:
            story.text(name)
