"""The text of a document as it is gathered, with what is to be said beside it.

Rule kept: bounded in characters and remarks. `notes` and `unread` are phrases without content, by reason and count;
what the document says of itself stands in `asserted`, which is content and sealed with the description.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ingest.formats.charsets import storable
from ingest.formats.office.allowance import Spent

MAX_CHARACTERS: Final = 8 << 20
MOST_REMARKS: Final = 25
_LONGEST_FACT: Final = 1_000
_TOO_LONG: Final = f"its text is longer than {MAX_CHARACTERS:,} characters"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeText:
    """Text read; why there is none or not all of it; remarks for people; what the document asserts of itself.

    `waiting` is about its pictures, where they wait to be read, and ends with `NOT_READ_YET`.
    """

    text: str = ""
    unread: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    asserted: tuple[str, ...] = ()
    waiting: str | None = None


@dataclass(slots=True)
class Gathered:
    """Text in pieces; `left` is how many characters are still taken."""

    pieces: list[str] = field(default_factory=list)
    unread: dict[str, None] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    asserted: dict[str, None] = field(default_factory=dict)
    left: int = MAX_CHARACTERS
    waiting: str | None = None

    def add(self, text: str) -> None:
        """Go on with the line.

        Raises:
            Spent: there is more text than is kept.
        """
        if len(text) > self.left:
            self.pieces.append(text[: self.left])
            raise Spent(_TOO_LONG)
        self.pieces.append(text)
        self.left -= len(text)

    def line(self) -> None:
        """End the line, unless nothing stands in it."""
        if self.pieces and not self.pieces[-1].endswith("\n"):
            self.add("\n")

    def cell(self) -> None:
        """End a cell of a table: the next one stands in the same line."""
        if self.pieces and self.pieces[-1] == "\n":
            self.pieces[-1] = "\t"
        else:
            self.add("\t")

    def cut(self, place: int) -> None:
        """Take back the pieces from a place on."""
        self.left += sum(map(len, self.pieces[place:]))
        del self.pieces[place:]

    def note(self, remark: str) -> None:
        """Add a remark, once."""
        if len(self.notes) < MOST_REMARKS:
            self.notes[remark] = None

    def miss(self, reason: str) -> None:
        """Add a reason for what is not read, once."""
        if len(self.unread) < MOST_REMARKS:
            self.unread[reason] = None

    def fact(self, name: str, value: str) -> None:
        """Add what the document says of itself under a name of ours, where it says anything."""
        value = " ".join(storable(value[: 2 * _LONGEST_FACT]).split())[:_LONGEST_FACT]
        if value and len(self.asserted) < MOST_REMARKS:
            self.asserted[f"the document says of itself, {name}: {value}"] = None

    def done(self) -> OfficeText:
        """All of it, with lines that end where their text does."""
        lines = (line.rstrip() for line in storable("".join(self.pieces)).split("\n"))
        return OfficeText(
            text="\n".join(lines).strip("\n"),
            unread=tuple(self.unread),
            notes=tuple(self.notes),
            asserted=tuple(self.asserted),
            waiting=self.waiting,
        )


def said_by(who: str | None, when: str | None) -> str:
    """`` by NAME, TIME`` as far as the document names them."""
    by = f" by {who}" if who else ""
    return f"{by}, {when}" if when else by
