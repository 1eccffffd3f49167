"""The pieces of a page whose messages stand in bubbles: bubbles, and what is printed between them.

Rule kept: what stands on the canvas between bubbles is the application's: a separator, a time, a mark, a name, a
notice. It is taken for a message only where it is written as large and as dark as the messages are, on one side.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING, Final

from ingest.formats.transcripts.bubble_parts import message_of
from ingest.formats.transcripts.bubbles import (
    Bubble,
    bubbles_of,
    is_typing_bubble,
    times_stand_in,
    with_sides,
)
from ingest.formats.transcripts.interface_words import is_edited, is_mark, is_notice, is_typing, says_deleted
from ingest.formats.transcripts.pieces import Gathered, Piece, PieceKind, joined
from ingest.formats.transcripts.quoted_bubbles import quotes_above
from ingest.formats.transcripts.scene import Colour, Line, Scene, Side, distance, rows_of
from ingest.formats.transcripts.stamps import read_stamp, split_time
from ingest.formats.transcripts.wordless import wordless

if TYPE_CHECKING:
    from collections.abc import Sequence

_CENTRED: Final = 0.045  # of the page's width
_LABEL_GAP: Final = 1.3  # line heights between a name and its bubble
_LABEL: Final = 60  # characters
_NAME_WORDS: Final = 6  # more of them are no name
_BADGE: Final = 4  # characters of a reaction's count, with what an engine makes of its sign
_REPLY_WORDS: Final = (
    "replied to",
    "respondió a",
    "respondeu a",
    "a répondu à",
    "đã trả lời",
    "ответил",
    "回复了",
    "replied",
)


@dataclass(slots=True)
class _Page:
    """What is known of a page while its pieces are gathered."""

    scene: Scene
    messages: list[Piece]
    others: list[Piece]
    marks: list[str]
    notes: list[str]
    letters: float
    right_to_left: bool


def gathered_bubbles(scene: Scene, body: Sequence[Line], span: tuple[int, int], *, right_to_left: bool) -> Gathered:
    """The pieces of one page from top to bottom; `span` is where its conversation begins and ends, in rows."""
    bubbles, loose, notes = bubbles_of(scene, body)
    placed = with_sides(bubbles, (scene.frame[0], scene.frame[2]), right_to_left=right_to_left)
    speaking = [bubble for bubble, side, _ in placed if side is not Side.CENTER]
    times = times_stand_in(speaking) if speaking else False
    page = _Page(scene, [], [], [], notes, scene.unit, right_to_left)
    heights = [line.height for bubble in speaking for line in bubble.lines]
    page.letters = median(heights) if heights else scene.unit
    usual = {side: _usual_ink([bubble for bubble, its, _ in placed if its is side]) for side in Side}
    quotes = quotes_above(placed, scene)
    for place, (bubble, side, guessed) in enumerate(placed):
        if place in quotes:
            continue
        if is_typing_bubble(bubble):
            continue
        piece = message_of(
            bubble, side, usual[side], scene.unit, guessed=guessed, times=times, right_to_left=right_to_left
        )
        if piece is None:
            continue
        if place - 1 in quotes:
            words = joined(placed[place - 1][0].lines, right_to_left=right_to_left)
            above = placed[place - 1][0].area
            piece = replace(piece, quote=piece.quote or words, top=min(piece.top, above.top))
        if side is Side.CENTER and _opens_with_stamp(bubble):
            _centred(page, bubble.lines)
        elif side is Side.CENTER:
            page.others.append(_centred_piece(piece))
        else:
            page.messages.append(piece)
    page.messages += wordless(scene, page.messages, span)
    _between(page, loose)
    pieces = sorted([*page.messages, *page.others], key=lambda piece: (piece.top, piece.left))
    return Gathered(pieces=tuple(pieces), bubbles=True, notes=tuple(dict.fromkeys(page.notes)), marks=tuple(page.marks))


def _usual_ink(bubbles: Sequence[Bubble]) -> Colour | None:
    """The colour of the letters of the longest line in some bubbles, which is text and no name."""
    lines = [line for bubble in bubbles for line in bubble.lines]
    return max(lines, key=lambda line: len(line.text)).ink if lines else None


def _opens_with_stamp(bubble: Bubble) -> bool:
    """Whether a day stands above other words: two things that touch."""
    rows = rows_of(bubble.lines)
    return len(rows) > 1 and read_stamp(" ".join(line.text for line in rows[0])) is not None


def _centred_piece(piece: Piece) -> Piece:
    whole = " ".join(part for part in (piece.text, piece.time) if part)
    stamp = read_stamp(whole)
    if stamp is not None:
        return replace(piece, kind=PieceKind.STAMP, stamp=stamp, text=whole, time=None)
    return replace(piece, kind=PieceKind.NOTICE, label=None)


def _between(page: _Page, loose: Sequence[Line]) -> None:
    """What stands on the canvas."""
    waiting: list[Line] = []
    for row in rows_of(loose):
        whole = [line for line in row if any(map(str.isalnum, line.text))]
        if not whole:
            continue
        text = " ".join(line.text for line in whole)
        if is_typing(text):
            continue
        if len(text) <= _BADGE and _over_an_edge(page, whole[0]):
            page.notes.append("a reaction is shown that could not be read")
            continue
        if _is_centred(page.scene, whole):
            if waiting and whole[0].top - waiting[-1].bottom > page.scene.unit:
                _centred(page, waiting)
                waiting = []
            waiting += whole
            continue
        _centred(page, waiting)
        waiting = []
        for line in _spoken_together(whole, page.scene.unit):
            _aside(page, line)
    _centred(page, waiting)


def _spoken_together(row: Sequence[Line], unit: int) -> list[Line]:
    """The lines of a row, those near one another as one: a name and its time."""
    found: list[Line] = []
    for line in row:
        if found and line.left - found[-1].right < unit * 2:
            last = found[-1]
            bottom, top = max(last.bottom, line.bottom), min(last.top, line.top)
            found[-1] = replace(last, text=f"{last.text} {line.text}", right=line.right, top=top, bottom=bottom)
        else:
            found.append(line)
    return found


def _over_an_edge(page: _Page, line: Line) -> bool:
    """Whether a few signs stand at the lower edge of a bubble, as reactions do."""
    if sum(map(str.isalpha, line.text)) > 1:
        return False
    return any(
        abs(line.middle - piece.bottom) < page.scene.unit and piece.left - page.scene.unit < line.centre < piece.right
        for piece in page.messages
        if piece.colour is not None
    )


def _is_centred(scene: Scene, row: Sequence[Line]) -> bool:
    left, right = min(line.left for line in row), max(line.right for line in row)
    start, end = scene.frame[0], scene.frame[2]
    even = abs((left - start) - (end - right)) < scene.wide * _CENTRED * 2
    return even and left - start > scene.wide * 0.04


def _centred(page: _Page, lines: Sequence[Line]) -> None:
    """Separators and notices; several rows right below one another are one notice unless one is a stamp."""
    rest: list[Line] = []
    for row in rows_of(lines):
        text = " ".join(line.text for line in row)
        stamp = read_stamp(text)
        if stamp is None:
            rest += row
            continue
        _notice(page, rest)
        rest = []
        page.others.append(_piece(row, PieceKind.STAMP, Side.CENTER, text=text, stamp=stamp))
    _notice(page, rest)


def _notice(page: _Page, lines: Sequence[Line]) -> None:
    if not lines:
        return
    text = joined(lines, right_to_left=page.right_to_left)
    if is_mark(text) or is_edited(text):
        page.marks.append(text)
        return
    words, time = split_time(text)
    first = min(lines, key=lambda line: line.top)
    label_of = _bubble_below(page, first)
    if (
        label_of is not None
        and time is None
        and len(text) < _LABEL
        and not is_notice(text)
        and _edge_near(first, label_of, page)
    ):
        _set_label(page, label_of, text, None)
        return
    stamp = read_stamp(words) if time else None
    page.others.append(
        _piece(lines, PieceKind.NOTICE, Side.CENTER, text=words if time and stamp is None else text, time=time)
    )


def _aside(page: _Page, line: Line) -> None:
    """A line on one side of the canvas: a mark, a time, a name, or a message without a bubble."""
    text = line.text.strip()
    below, above = _bubble_below(page, line), _bubble_above(page, line)
    stamp = read_stamp(text)
    words, time = split_time(text)
    if is_mark(text) or (words and is_mark(words)):
        page.marks.append(text)
        return
    if is_edited(text) or (time and is_edited(words)):
        _change(page, above, edited=True, time=time)
        return
    gap_below = below.top - line.bottom if below else page.scene.height
    gap_above = line.top - above.bottom if above else page.scene.height
    if stamp is not None or (time is not None and not words):
        near_below = below is not None and _edge_near(line, below, page)
        near_above = above is not None and _edge_near(line, above, page)
        if near_below and near_above:
            target = below if gap_below < gap_above * 0.5 else above
        else:
            target = below if near_below and gap_below < page.scene.unit * _LABEL_GAP else above
        _change(page, target, time=(stamp.time if stamp else time), day=stamp.day if stamp else None)
        return
    if below is not None and gap_below < page.scene.unit * _LABEL_GAP and len(text) < _LABEL:
        if any(word in text.lower() for word in _REPLY_WORDS):
            return
        if line.height < page.letters * 1.2 and _edge_near(line, below, page) and text.count(" ") < _NAME_WORDS:
            _set_label(page, below, words if time else text, time)
            return
    _unplaced(page, line, text)


def _unplaced(page: _Page, line: Line, text: str) -> None:
    """A line that no rule above knows."""
    if is_notice(text):
        page.others.append(_piece([line], PieceKind.NOTICE, Side.CENTER, text=text))
        return
    as_large = line.height >= page.letters * 0.9
    inks = [one.ink for one in page.scene.lines if one.area is not None and not one.area.backdrop]
    as_dark = not inks or distance(line.ink, line.ground) > 90  # noqa: PLR2004 - grey words are the application's
    if says_deleted(text) or (as_large and as_dark and len(text) > 1):
        side = Side.LEFT if line.left < page.scene.width - line.right else Side.RIGHT
        deleted = says_deleted(text)
        piece = _piece([line], PieceKind.MESSAGE, side, text="" if deleted else text)
        page.messages.append(replace(piece, deleted=deleted, guessed=True))
        page.notes.append("words that stand in no bubble were taken for a message")
        return
    page.notes.append("small words beside messages were left out of the transcript")


def _piece(lines: Sequence[Line], kind: PieceKind, side: Side, **more: object) -> Piece:
    return Piece(
        kind=kind,
        left=min(line.left for line in lines),
        top=min(line.top for line in lines),
        right=max(line.right for line in lines),
        bottom=max(line.bottom for line in lines),
        side=side,
        **more,  # type: ignore[arg-type]  # the caller names fields of Piece
    )


def _bubble_below(page: _Page, line: Line) -> Piece | None:
    fitting = [piece for piece in page.messages if piece.top >= line.middle and piece.colour is not None]
    return min(fitting, key=lambda piece: piece.top, default=None)


def _bubble_above(page: _Page, line: Line) -> Piece | None:
    fitting = [piece for piece in page.messages if piece.top < line.middle and piece.colour is not None]
    return max(fitting, key=lambda piece: piece.bottom, default=None)


def _edge_near(line: Line, piece: Piece, page: _Page) -> bool:
    """Whether a line begins or ends where a bubble does, give or take its padding and an avatar."""
    slack = page.scene.unit * 2
    if piece.side is Side.LEFT:
        return abs(line.left - piece.left) < slack
    return abs(line.right - piece.right) < slack


def _set_label(page: _Page, piece: Piece, text: str, time: str | None) -> None:
    place = page.messages.index(piece)
    label = text.strip(" :~,|•·")
    page.messages[place] = replace(
        piece, label=piece.label or label or None, time=piece.time or time, time_place=piece.time_place or "label"
    )


def _change(
    page: _Page, piece: Piece | None, *, edited: bool = False, time: str | None = None, day: str | None = None
) -> None:
    """What a line beside a bubble says of it."""
    if piece is None:
        return
    place = page.messages.index(piece)
    stamp = piece.stamp
    if day is not None:
        stamp = read_stamp(day)
    page.messages[place] = replace(
        piece,
        edited=piece.edited or edited,
        time=piece.time or time,
        time_place=piece.time_place or "below",
        stamp=stamp,
    )
