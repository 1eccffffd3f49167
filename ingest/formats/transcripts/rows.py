"""Conversations without bubbles: rows with a portrait, a name and mostly a time, the text below or beside.

Rule kept: a row begins a message only if something says so that repeats on the page: a name with a time behind it, a
portrait in the margin, or a name in small coloured letters. Text that follows belongs to it; where names carry times,
a wider gap begins a further message of the same person.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from ingest.formats.transcripts.interface_words import (
    folded,
    is_edited,
    is_mark,
    is_notice,
    is_typing,
    says_deleted,
)
from ingest.formats.transcripts.pieces import Gathered, Piece, PieceKind, joined
from ingest.formats.transcripts.row_heads import (
    COLOURED,
    Head,
    has_portrait,
    heads_of,
    is_even,
    is_middle,
    name_by_portrait,
    name_by_turn,
    row_text,
)
from ingest.formats.transcripts.scene import Line, Scene, Side, distance, rows_of
from ingest.formats.transcripts.stamps import Stamp, clock_of, read_stamp

if TYPE_CHECKING:
    from collections.abc import Sequence

_PARAGRAPH: Final = 1.04  # pitches: what is not wrapped and stands further below is a message of its own
_SIGN: Final = 2  # letters that an engine makes of a sign at most
_ACTIONS: Final = (
    "reply",
    "view",
    "hide",
    "translate",
    "like",
    "share",
    "responder",
    "ver ",
    "répondre",
    "trả lời",
    "回复",
    "답글",
    "رد",
    "ответить",
)


@dataclass(slots=True)
class _Open:
    """A message in the making."""

    head: Head
    lines: list[Line] = field(default_factory=list)
    time: Stamp | None = None
    edited: bool = False
    likely: str | None = None


def gathered_rows(scene: Scene, body: Sequence[Line], *, right_to_left: bool) -> Gathered | None:
    """The pieces of a page whose messages stand in rows; None where nothing repeats that begins one."""
    rows = [row for row in rows_of(body) if any(not line.text or any(map(str.isalnum, line.text)) for line in row)]
    heads = heads_of(scene, rows, right_to_left=right_to_left)
    if len(heads) < 2 and not (len(heads) == 1 and heads[next(iter(heads))].stamp):  # noqa: PLR2004 - what repeats
        return None
    timed = sum(head.stamp is not None for head in heads.values()) * 2 >= len(heads)
    portraits = any(has_portrait(scene, rows[place], right_to_left=right_to_left) for place in heads)
    start = min(head.line.left for head in heads.values())
    column = _column(rows, heads, right_to_left=right_to_left)
    if not timed:
        heads |= _unread_heads(rows, start, column, scene.unit)
    likely = name_by_portrait(scene, rows, heads) or (None if timed else name_by_turn(rows, heads))
    pieces: list[Piece] = []
    current: _Open | None = None
    for place, row in enumerate(rows):
        head = heads.get(place)
        separator = None if head else _separator(scene, row, start, right_to_left=right_to_left)
        if separator is not None:
            pieces += _closed(current, right_to_left=right_to_left)
            current = None
            pieces.append(separator)
        elif head is not None:
            pieces += _closed(current, right_to_left=right_to_left)
            current = _Open(head=head, lines=list(head.rest))
        elif (
            current is None and not pieces and heads and place < min(heads) and row_text(row) and column.begins(row[0])
        ):
            # the page's edge cut the name
            current = _Open(head=Head(name="", stamp=None, line=row[0]), lines=list(row), likely=likely)
        elif current is not None and not is_typing(row_text(row)) and not _is_reaction(current, row):
            if (
                row_text(row)
                and (timed or not portraits)
                and current.lines
                and _begins_another(current.lines[-1], row[0], column)
            ):
                pieces += _closed(current, right_to_left=right_to_left)
                current = _Open(
                    head=Head(name=head_name(current), stamp=None, line=current.head.line), likely=current.likely
                )
            _take(current, row)
    pieces += _closed(current, right_to_left=right_to_left)
    return Gathered(pieces=tuple(pieces), bubbles=False)


def head_name(current: _Open) -> str:
    """The name that a message stands under."""
    return current.head.name


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """Where text runs to, and how far apart the rows of one wrapped text are; 0 where none is wrapped."""

    left: int
    right: int
    pitch: int
    right_to_left: bool

    def begins(self, line: Line) -> bool:
        """Whether a line begins where text does."""
        edge = self.right - line.right if self.right_to_left else line.left - self.left
        return abs(edge) < line.height

    def wraps(self, before: Line, line: Line) -> bool:
        """Whether the first word of a line would not have found room behind the line before it."""
        head = line.text.split(" ", 1)[0]
        need = (len(head) + 1) * line.width / max(1, len(line.text))
        room = before.left - self.left if self.right_to_left else self.right - before.right
        return room < need * 1.1


def _unread_heads(rows: Sequence[Sequence[Line]], start: int, column: _Column, unit: int) -> dict[int, Head]:
    """Rows that nobody could read, where names stand and text does not: whose they are is not known."""
    return {
        place: Head(name="", stamp=None, line=row[0])
        for place, row in enumerate(rows)
        if not row_text(row) and abs(row[0].left - start) < unit * 0.3 < abs(row[0].left - column.left)
    }


def _column(rows: Sequence[Sequence[Line]], heads: dict[int, Head], *, right_to_left: bool) -> _Column:
    """The column of text of a page."""
    texts = [row for place, row in enumerate(rows) if place not in heads and row_text(row)] or list(rows)
    left = min(line.left for row in texts for line in row)
    right = max(line.right for row in texts for line in row)
    found = _Column(left=left, right=right, pitch=0, right_to_left=right_to_left)
    steps = [
        row[0].middle - before[0].middle
        for place, (before, row) in enumerate(pairwise(rows), 1)
        if place not in heads and place - 1 not in heads and found.wraps(before[-1], row[0])
    ]
    return replace(found, pitch=min(steps, default=0))


def _begins_another(before: Line, line: Line, column: _Column) -> bool:
    """Whether a row below a text is a message of its own: it is not wrapped, and stands further below."""
    step = line.middle - before.middle
    if _is_boxed(before) and (not _is_boxed(line) or line.area is before.area):
        return False  # what it answers to, and the text below
    if column.wraps(before, line):
        return step > max(column.pitch * 1.35, line.height * 1.9)
    return step > column.pitch * _PARAGRAPH


def _separator(scene: Scene, row: Sequence[Line], column: int, *, right_to_left: bool) -> Piece | None:
    """A day between messages, or a notice."""
    text = row_text(row)
    middle = is_middle(scene, row)
    aligned = not right_to_left and abs(row[0].left - column) < scene.unit
    stamp = read_stamp(text)
    if stamp is not None and stamp.day and (middle or is_even(scene, row)):
        return _piece(row, PieceKind.STAMP, text, stamp)
    if (middle and not aligned) or (is_notice(text) and row[0].left < column):
        return _piece(row, PieceKind.NOTICE, text, None)
    return None


def _piece(row: Sequence[Line], kind: PieceKind, text: str, stamp: Stamp | None) -> Piece:
    return Piece(
        kind=kind,
        left=min(line.left for line in row),
        top=min(line.top for line in row),
        right=max(line.right for line in row),
        bottom=max(line.bottom for line in row),
        side=Side.CENTER,
        text=text,
        stamp=stamp,
    )


def _take(current: _Open, row: Sequence[Line]) -> None:
    """A row below a name: text, or what an application prints below it (time, counts, "Reply")."""
    text = row_text(row)
    if not text:  # writing that nobody could read
        current.lines += row
        return
    stamp = read_stamp(row[0].text)
    small = folded(text)
    dim = not current.lines or _dimmer(row[0], current.lines[0])
    if stamp is not None and stamp.time and dim and (len(row) > 1 or stamp.day is None):
        current.time = stamp
        return
    words = small.split()
    if current.lines and words and (read_stamp(words[0]) is not None) and any(action in small for action in _ACTIONS):
        current.time = read_stamp(words[0])
        return
    if current.lines and dim and (is_mark(text) or not any(map(str.isalpha, text))):
        clock = clock_of(text)
        current.time = Stamp(time=clock) if clock and current.time is None else current.time
        return
    if current.lines and len(words) <= 4 and small.startswith(_ACTIONS):  # noqa: PLR2004 - "View 3 more replies"
        return
    if is_edited(text):
        current.edited = True
        return
    current.lines += row


def _is_reaction(current: _Open, row: Sequence[Line]) -> bool:
    """Whether an engine made a letter or two of a sign: it is in a strong colour that the text does not have."""
    if not current.lines or not 0 < len(row_text(row)) <= _SIGN:
        return False
    ink = row[0].ink
    return max(ink) - min(ink) > 2 * COLOURED and distance(ink, current.lines[0].ink) > COLOURED


def _dimmer(line: Line, text: Line) -> bool:
    """Whether a line is written smaller or paler than the text is."""
    return line.height < text.height * 0.88 or distance(line.ink, text.ink) > COLOURED // 2


def _is_boxed(line: Line) -> bool:
    return line.area is not None and not line.area.backdrop


def _quoted(lines: Sequence[Line]) -> list[Line]:
    """The lines that stand on an area of their own above the text: what the message answers to."""
    own = [line for line in lines if not _is_boxed(line)]
    boxed = [line for line in lines if _is_boxed(line)]
    if not own or not boxed or max(line.bottom for line in boxed) > min(line.top for line in own) + own[0].height // 2:
        return []
    return boxed


def _closed(current: _Open | None, *, right_to_left: bool) -> list[Piece]:
    if current is None or not current.lines:
        return []
    quoted = _quoted(current.lines)
    quote = joined(quoted, right_to_left=right_to_left) if quoted else None
    text = joined([line for line in current.lines if line not in quoted], right_to_left=right_to_left)
    stamp = current.head.stamp or current.time
    edited = current.edited
    if text.endswith("(edited)"):
        text, edited = text.removesuffix("(edited)").rstrip(), True
    deleted = says_deleted(text)
    lines = [*current.lines, *([current.head.line] if current.head.stamp else [])]
    return [
        Piece(
            kind=PieceKind.MESSAGE,
            left=min(line.left for line in lines),
            top=min(line.top for line in lines),
            right=max(line.right for line in lines),
            bottom=max(line.bottom for line in lines),
            side=Side.LEFT,
            text="" if deleted else text,
            label=current.head.name or None,
            likely=current.likely,
            time=stamp.time if stamp else None,
            stamp=Stamp(day=stamp.day) if stamp and stamp.day else None,
            quote=quote,
            edited=edited,
            deleted=deleted,
            unread=any(not line.text for line in current.lines),
        )
    ]
