"""What stands in one bubble, told apart: the name, what it answers to, the text, the time.

Rule kept: whatever stands in a bubble and is not told to be something else is text of the message. A label is a first
row in letters of another colour; a quotation is an area of its own above the text; a time stands last and is smaller
or paler than the text, or, where other bubbles of the page have theirs apart, ends the last row of the text.
"""

from __future__ import annotations

import re
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING, Final

from ingest.formats.transcripts.bubbles import Bubble, is_paler, is_wrapped
from ingest.formats.transcripts.interface_words import EDITED, FORWARDED, folded, is_mark, is_me, says_deleted
from ingest.formats.transcripts.pieces import Piece, PieceKind, joined
from ingest.formats.transcripts.scene import Colour, Line, Side, distance, rows_of
from ingest.formats.transcripts.stamps import read_stamp, split_time

if TYPE_CHECKING:
    from collections.abc import Sequence

_OTHER_INK: Final = 60
_OTHER_GROUND: Final = 5
_INDENT, _SMALL_INDENT, _ALIKE = 0.5, 0.25, 0.4  # line heights by which rows of a quotation stand in, and differ
_AROUND_NAMES: Final = " ~\u223c\u02dc\uff5e:"  # of somebody whom the telephone does not know
_LABEL: Final = 48  # characters of a name at most
_PICTURE: Final = 3.6  # line heights without a line within a bubble
_ADDRESS: Final = re.compile(r"https?://|www\.|\b[\w-]+\.(?:com|org|net|edu|gov|us)\b", re.IGNORECASE)
_EDITED_TAIL: Final = re.compile(
    r"[\s(]*(?:" + "|".join(re.escape(word) for word in sorted(EDITED, key=len, reverse=True)) + r")\)?\s*$",
    re.IGNORECASE,
)


def message_of(
    bubble: Bubble,
    side: Side,
    usual: Colour | None,
    scene_unit: int,
    *,
    guessed: bool,
    times: bool,
    right_to_left: bool,
) -> Piece | None:
    """The message in a bubble; None where there is none."""
    lines = list(bubble.lines)
    signs = [line for line in lines if line.text and not any(map(str.isalnum, line.text))]
    edge = bubble.area.bottom - scene_unit // 2
    if len(signs) < len(lines):
        lines = [line for line in lines if line not in signs or line.bottom < edge]
    quoted, lines = _indented(lines, scene_unit, right_to_left=right_to_left)
    label = None if quoted else _label(lines, side, usual)
    if label is not None:
        row = next(row for row in rows_of(lines) if label in row)
        words = [line for line in row if line is label or distance(line.ink, label.ink) < _OTHER_INK // 2]
        label = replace(label, text=" ".join(line.text for line in words), right=words[-1].right)
        # a number, a role; only a time is told of the message
        lines = [line for line in lines if line not in row or (line not in words and _is_time([line]))]
        quoted, lines = _indented(lines, scene_unit, right_to_left=right_to_left)
    quote, lines = _quotation(bubble, lines, right_to_left=right_to_left)
    if quoted:
        quote = quote or _quoted_words(quoted, right_to_left=right_to_left)
    lines = [line for line in lines if folded(line.text) not in FORWARDED] or lines
    lines, time, edited = _timed(lines, label, times=times)
    text = joined(lines, right_to_left=right_to_left)
    mark = _EDITED_TAIL.search(text, max(0, len(text) - _LABEL))
    if not edited and mark is not None and mark.start() > 0:
        tail = lines[-1]
        if folded(tail.text) in EDITED or tail.text.rstrip().endswith(")"):
            text, edited = text[: mark.start()], True
    deleted = says_deleted(text)
    unread = any(not line.text for line in bubble.lines)
    pictures = int(_tallest_gap(bubble) > _PICTURE * scene_unit)
    if not text and time is None and quote is None and not unread and not pictures:
        return None
    area = bubble.area
    return Piece(
        kind=PieceKind.MESSAGE,
        left=area.left,
        top=area.top,
        right=area.right,
        bottom=area.bottom,
        side=side,
        text="" if deleted else text,
        label=label.text.strip(_AROUND_NAMES) if label is not None else None,
        time=time,
        time_place="inside" if time else "",
        quote=quote,
        edited=edited,
        deleted=deleted,
        guessed=guessed,
        unread=unread,
        attachments=pictures,
        colour=area.colour,
    )


def _tallest_gap(bubble: Bubble) -> int:
    """The largest part of a bubble, from top to bottom, in which nothing is written."""
    lines = sorted([*bubble.lines, *(line for _, inner in bubble.inner for line in inner)], key=lambda one: one.top)
    gap, reached = 0, bubble.area.top
    for line in lines:
        gap = max(gap, line.top - reached)
        reached = max(reached, line.bottom)
    return max(gap, bubble.area.bottom - reached)


def _label(lines: Sequence[Line], side: Side, usual: Colour | None) -> Line | None:
    """The first row, where it is a name: short, and in letters of another colour than what follows."""
    rows = rows_of(lines)
    if side is Side.CENTER or len(rows) < 2:  # noqa: PLR2004 - a name and a message
        return None
    first, second = rows[0][0], rows[1][0]
    if len(first.text) > _LABEL or read_stamp(first.text) is not None or _ADDRESS.search(first.text):
        return None
    if first.text.rstrip()[-1:] in "?!.,;" and first.text.count(" ") > 2:  # noqa: PLR2004 - a sentence
        return None
    text = usual or second.ink
    apart = distance(first.ink, text) > _OTHER_INK and distance(first.ink, second.ink) > _OTHER_INK // 2
    coloured = max(first.ink) - min(first.ink) > max(text) - min(text) + _OTHER_INK // 2
    return first if apart and coloured else None


def _quotation(bubble: Bubble, lines: list[Line], *, right_to_left: bool) -> tuple[str | None, list[Line]]:
    """What the message answers to, and the lines that are its own; an inner area that is no quotation stays text."""
    own = "\n".join(line.text for line in lines)
    quote: str | None = None
    top = min((line.top for line in lines if read_stamp(line.text) is None), default=bubble.area.bottom)
    for area, inner in sorted(bubble.inner, key=lambda pair: pair[0].top):
        words = joined(inner, right_to_left=right_to_left)
        above = area.bottom <= top + bubble.area.height // 8
        if above and quote is None and not _ADDRESS.search(own) and lines and area.height < bubble.area.height:
            quote = _quoted_words(inner, right_to_left=right_to_left)
        elif words and not _ADDRESS.search(own):
            lines = [*lines, *inner]
    return quote, lines


def _is_time(row: Sequence[Line]) -> bool:
    text = " ".join(line.text for line in row)
    return read_stamp(text) is not None or split_time(text)[0] == ""


def _quoted_words(lines: Sequence[Line], *, right_to_left: bool) -> str:
    """What is quoted: a row with a name, and the words below it."""
    rows = rows_of(lines)
    name = " ".join(line.text for line in rows[0])
    rest = joined([line for row in rows[1:] for line in row], right_to_left=right_to_left)
    return f"{name}\n{rest}" if rest else name


def _indented(lines: list[Line], unit: int, *, right_to_left: bool) -> tuple[list[Line], list[Line]]:
    """The rows of a quotation whose ground is no area of its own, and the others.

    Several rows at the top that are indented alike, behind the bar of a quotation, and no larger than the text, all of
    whose rows begin at one edge.
    """
    whole = rows_of(lines)
    rows = whole[: next((place for place, row in enumerate(whole) if place and _is_time(row)), len(whole))]
    starts = [-max(line.right for line in row) if right_to_left else min(line.left for line in row) for row in rows]
    counts = list(range(len(rows) - 1, 1, -1))
    other = _rows_on_other_ground(rows)
    for count, indent, alike in [(other, _SMALL_INDENT, 1.0), *((count, _INDENT, _ALIKE) for count in counts)]:
        inner, own = starts[:count], starts[count:]
        if count == 0 or max(max(inner) - min(inner), max(own) - min(own)) >= unit * alike:
            continue
        if min(inner) - max(own) < unit * indent:
            continue
        quoted = [line for row in rows[:count] for line in row]
        text = [line for row in whole[count:] for line in row]
        letters = max(line.height for row in rows[count:] for line in row)
        if median(line.height for line in quoted) < letters * 1.02:
            return quoted, text
    return [], lines


def _rows_on_other_ground(rows: Sequence[Sequence[Line]]) -> int:
    """How many rows at the top stand on a ground of their own, the edge of which a camera blurred."""
    grounds = [row[0].ground for row in rows]
    for count in range(1, len(rows)):
        above, below = grounds[:count], grounds[count:]
        between = min(distance(one, other) for one in above for other in below)
        within = max(distance(group[0], one) for group in (above, below) for one in group)
        if between > _OTHER_GROUND and between > 2 * within:
            return count
    return 0


def _timed(lines: Sequence[Line], label: Line | None, *, times: bool) -> tuple[list[Line], str | None, bool]:
    """The lines without the time, the time, and whether it says that the message was edited."""
    rest: list[Line] = []
    time: str | None = None
    edited = False
    rows = rows_of(lines)
    for place, row in enumerate(rows):
        last_row = place == len(rows) - 1
        for line in row:
            text = line.text
            stamp = read_stamp(text)
            words, found = split_time(text)
            bare = (stamp is not None and stamp.day is None) or (found is not None and not words)
            beside = label is not None and place == 0 and line.beside(label)
            apart = beside or (is_paler(line, lines) and not is_wrapped(line, row, rows[:place]))
            if (last_row or beside) and bare and apart:
                time = (stamp.time if stamp else None) or found
            elif last_row and found is not None and folded(words) in EDITED:
                time, edited = found, True
            elif last_row and found is not None and words and (is_mark(words) or is_me(words)):
                time = found
            elif last_row and folded(text) in EDITED and len(lines) > 1:
                edited = True
            else:
                rest.append(line)
    if time is None and times and rest:
        rest, time, edited = _split_last(rest, edited=edited)
    return rest, time, edited


def _split_last(lines: list[Line], *, edited: bool) -> tuple[list[Line], str | None, bool]:
    """The time taken from the last row of the text, where the page prints times so."""
    last = max(lines, key=lambda line: (line.bottom, line.right))
    words, found = split_time(last.text)
    if found is None:
        return lines, None, edited
    tail = _EDITED_TAIL.search(words, max(0, len(words) - _LABEL))
    if tail:
        words, edited = words[: tail.start()], True
    others = [line for line in lines if line is not last]
    if words.strip():
        share = len(words) / max(1, len(last.text))
        cut = Line(
            text=words.strip(),
            left=last.left,
            top=last.top,
            right=last.left + max(1, round(last.width * share)),
            bottom=last.bottom,
            ink=last.ink,
            ground=last.ground,
            area=last.area,
            source=last.source,
        )
        others.append(cut)
    return others, found, edited
