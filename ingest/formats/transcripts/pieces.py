"""Pieces of a conversation: a message, a stamp, a notice, before it is known who speaks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from ingest.formats.transcripts.scene import Colour, Line, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingest.formats.transcripts.scene import Side
    from ingest.formats.transcripts.stamps import Stamp


class PieceKind(StrEnum):
    """What a piece is."""

    MESSAGE = "message"
    STAMP = "stamp"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One thing of a conversation, with its place on the page.

    `label` is a name printed for it, `likely` one whose portrait stands beside it; `stamp` what a separator says;
    `quote` the words of another message that it answers to; `time_place` is "inside", "below" or "label"; `unread`
    whether it holds words that nobody here could read; `guessed` whether its side was concluded from its colour.
    """

    kind: PieceKind
    left: int
    top: int
    right: int
    bottom: int
    side: Side
    text: str = ""
    label: str | None = None
    likely: str | None = None
    stamp: Stamp | None = None
    time: str | None = None
    time_place: str = ""
    quote: str | None = None
    edited: bool = False
    deleted: bool = False
    attachments: int = 0
    unread: bool = False
    guessed: bool = False
    colour: Colour | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """The pieces of one page from top to bottom, whether they stand in bubbles, and what was noticed."""

    pieces: tuple[Piece, ...]
    bubbles: bool
    notes: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()


def joined(lines: Iterable[Line], *, right_to_left: bool = False) -> str:
    """The text of some lines as one was written: wrapped lines joined, explicit breaks kept.

    A break is explicit where the first word of the next row would have found room in the row before. Scripts that
    are written without spaces are joined without one, and so is an address that was broken.
    """
    rows = rows_of(lines)
    if not rows:
        return ""
    edge = max(line.right for row in rows for line in row)
    start = min(line.left for row in rows for line in row)
    parts = [_row_text(rows[0], right_to_left=right_to_left)]
    for before, row in pairwise(rows):
        text = _row_text(row, right_to_left=right_to_left)
        parts.append(_joint(before, row, parts[-1], text, (start, edge)) + text)
    return "".join(parts)


def _row_text(row: Sequence[Line], *, right_to_left: bool) -> str:
    ordered = reversed(row) if right_to_left else row
    return " ".join(line.text for line in ordered if line.text)


def _joint(before: Sequence[Line], row: Sequence[Line], last: str, text: str, span: tuple[int, int]) -> str:
    start, edge = span
    letters = max(1, sum(len(line.text) for line in row))
    pace = sum(line.width for line in row) / letters
    head = text.split(" ", 1)[0]
    if _wide(last[-1:]) and _wide(text[:1]):
        room = (edge - start) - (before[-1].right - before[0].left)
        return "\n" if room > 3 * pace else ""
    used = max(line.right for line in before) - min(line.left for line in before)
    if (edge - start) - used > (len(head) + 2) * pace * 1.15:
        return "\n"
    address = last.rsplit(" ", 1)[-1]
    return "" if "://" in address and not head[:1].isupper() and len(head) > 0 and "." not in last[-1:] else " "


def _wide(sign: str) -> bool:
    """Whether a sign belongs to a script that is written without spaces (Chinese, kana, their punctuation)."""
    return bool(sign) and ("\u2e80" <= sign <= "\u9fff" or "\uff00" <= sign <= "\uff60" or "\uf900" <= sign <= "\ufaff")
