"""What of a page is the telephone's and the application's own: status bar, title bar, entry field, keyboard.

Rule kept: a bar is told by what stands in it and by how it is coloured, from the edges of the page inwards, and what
is not told stays part of the conversation. A bubble hugs its text, an entry field does not: that tells the two apart
where a screenshot ends at the bottom.
"""

# ruff: noqa: RUF001 - signs that engines make of arrows and icons

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ingest.formats.transcripts.interface_words import counts_members, is_field, is_mark, is_status
from ingest.formats.transcripts.keyboards import keyboard_top
from ingest.formats.transcripts.portraits import disc_around
from ingest.formats.transcripts.scene import Area, Line, Scene, distance, rows_of
from ingest.formats.transcripts.stamps import clock_of, ends_with_time, read_stamp

if TYPE_CHECKING:
    from collections.abc import Sequence

_STATUS_DEPTH: Final = 0.075  # share of the page in which a status bar ends
_TITLE_DEPTH: Final = 0.17  # share of the page in which a title bar ends
_TITLE_ROWS: Final = 3  # an arrow or a portrait, a name, a line below it
_FIELD_WIDTH: Final = 0.42
_FIELD_HEIGHT: Final = 6.0  # line heights
_ONE_COLOUR: Final = 8
_NEAR_BOTTOM: Final = 0.11
_HUGGED: Final = 0.8  # share of a bubble's width that its widest line takes
_SIGNALS: Final = re.compile(r"(?:\d{1,3} ?%|[345] ?G(?:\+| ?UW)?|LTE|4G LTE|VoLTE|Wi-?Fi|H\+)", re.IGNORECASE)
_ARROWS: Final = frozenset("<>‹›く←→《》〈〉くへ∧∨^vV×xX+＋⋮:：.…•·一-—=≡☰Cc@QqoO0()")
_CHEVRONS: Final = " \t<>‹›«»く←→〈〉《》|＞＜∨v"


@dataclass(frozen=True, slots=True, kw_only=True)
class Zones:
    """The parts of a page; `body` is what may be messages, from top to bottom.

    `members` is whether the title bar speaks of a group: True where it counts or lists members.
    """

    body: tuple[Line, ...]
    top: int
    bottom: int
    clock: str | None = None
    title: str | None = None
    subtitle: str | None = None
    members: bool = False
    title_left: bool = False
    header: Area | None = None
    field_words: str | None = None
    draft: bool = False
    keyboard: bool = False


def zones_of(scene: Scene) -> Zones:
    """The parts of one page."""
    keys = keyboard_top(scene)
    floor = keys if keys is not None else scene.frame[3]
    lines = [line for line in scene.lines if line.middle < floor]
    clock, status_end, lines = _without_status(scene, lines)
    header, lines, top, bar = _without_title(scene, lines, status_end)
    bottom, field_words, draft, lines = _without_field(scene, lines, floor, keyboard=keys is not None)
    title, subtitle, members = _title(header)
    return Zones(
        body=tuple(lines),
        top=top,
        bottom=bottom,
        clock=clock,
        title=title,
        subtitle=subtitle,
        members=members,
        title_left=bool(header) and min(line.left for line in header) - scene.frame[0] < scene.wide // 4,
        header=bar,
        field_words=field_words,
        draft=draft,
        keyboard=keys is not None,
    )


def _without_status(scene: Scene, lines: Sequence[Line]) -> tuple[str | None, int, list[Line]]:
    """The clock of the telephone, where its bar ends, and the other lines."""
    rows = rows_of(
        line for line in lines if line.bottom - scene.top < max(scene.tall * _STATUS_DEPTH, scene.unit * 2.5)
    )
    if not rows:
        return None, scene.top, list(lines)
    row = rows[0]
    stamps = [stamp for line in row if (stamp := read_stamp(line.text)) is not None and stamp.time and not stamp.day]
    signals = [line for line in row if _SIGNALS.search(line.text) and len(line.text) < 12]  # noqa: PLR2004
    middle = (scene.frame[0] + scene.frame[2]) // 2
    apart = not any(abs(line.centre - middle) < scene.wide * 0.2 for line in row)
    clocked = [text for line in row if (text := clock_of(line.text)) is not None and len(line.text) < 30]  # noqa: PLR2004
    if not stamps and not signals and not (clocked and len(row) > 1):
        return None, scene.top, list(lines)
    if stamps and not signals and len(row) == 1 and not apart and row[0].area is not scene.canvas:
        return None, scene.top, list(lines)
    gone = {id(line) for line in row}
    clock = stamps[0].time if stamps else (clocked[0] if clocked else None)
    return clock, max(line.bottom for line in row), [line for line in lines if id(line) not in gone]


def _without_title(scene: Scene, lines: list[Line], status_end: int) -> tuple[list[Line], list[Line], int, Area | None]:
    """The lines of the title bar, the others, where the conversation begins, and the bar's area."""
    bar = _title_bar(scene, status_end)
    if bar is not None:
        header = [line for line in lines if line.middle < bar.bottom]
        if header:
            return header, [line for line in lines if line.middle >= bar.bottom], bar.bottom, bar
    status = status_end > scene.top
    depth = status_end + scene.tall * (_TITLE_DEPTH if status else _TITLE_DEPTH * 0.6)
    header = []
    end = status_end
    for count, row in enumerate(rows_of(line for line in lines if line.bottom < depth)):
        near = not header or min(line.top for line in row) - end < scene.unit * 1.3
        if not near or count == _TITLE_ROWS or not _may_be_title(scene, row, header, status=status):
            break
        header += row
        end = max(line.bottom for line in row)
    if not header:
        return [], lines, status_end, None
    gone = {id(line) for line in header}
    return header, [line for line in lines if id(line) not in gone], end, None


def _title_bar(scene: Scene, status_end: int) -> Area | None:
    """An area from edge to edge below the status bar that is not the canvas."""
    canvas = scene.canvas
    fitting = [
        area
        for area in scene.areas
        if area.backdrop
        and (canvas is None or area.number != canvas.number)
        and area.bottom <= scene.top + scene.tall * 0.22
        and area.bottom > status_end
        and area.height > scene.unit * 1.4
        and area.width > scene.wide * 0.9
        and any(line.area is area for line in scene.lines if line.top >= status_end)
    ]
    return max(fitting, key=lambda area: area.bottom, default=None)


def _may_be_title(scene: Scene, row: Sequence[Line], header: Sequence[Line], *, status: bool) -> bool:
    text = " ".join(line.text for line in row)
    row = [line for line in row if not _on_disc(line, scene)]
    if not row:
        return status or bool(header)
    if any(line.area is not None and not line.area.backdrop and _hugs(line.area, scene) for line in row):
        return False
    if (len(row) == 1 and read_stamp(text) is not None) or (ends_with_time(text) and not is_status(text)):
        return False
    arrow = any(_is_glyph(line) for line in row) and row[0].left - scene.frame[0] < scene.wide * 0.15
    if not header:
        return status or arrow
    letters = [line for line in header if any(map(str.isalnum, line.text)) and not _on_disc(line, scene)]
    if not letters:
        return True
    smaller = row[0].height < max(line.height for line in letters) * 0.92
    above = _panel_below(scene, row)
    return is_status(text) or (not above and (arrow or smaller) and not is_mark(text))


def _panel_below(scene: Scene, row: Sequence[Line]) -> bool:
    """Whether a bubble begins right below a row, so that the row is rather its label."""
    bottom = max(line.bottom for line in row)
    return any(
        not area.backdrop and 0 <= area.top - bottom < scene.unit and area.width > scene.unit * 3
        for area in scene.areas
        if area.height > scene.unit
    )


def _hugs(area: Area, scene: Scene) -> bool:
    return area.width > scene.unit * 2 and area.height > scene.unit


def _on_disc(line: Line, scene: Scene) -> bool:
    """Whether a letter or two stand on a disc, as they do in place of a portrait."""
    return len(line.text) <= 2 and disc_around(line, scene) is not None  # noqa: PLR2004 - initials


def _is_glyph(line: Line) -> bool:
    """Whether an engine made a letter or two of a picture."""
    return len(line.text) <= 2 and all(sign in _ARROWS or not sign.isalnum() for sign in line.text)  # noqa: PLR2004


def _is_initials(line: Line, header: Sequence[Line]) -> bool:
    """Whether a letter or two stand on a disc, in place of a portrait."""
    if len(line.text) > 2 or len(header) == 1:  # noqa: PLR2004 - initials
        return False
    area = line.area
    disc = area is not None and not area.backdrop and area.width < line.height * 4
    return disc or (len(line.text) == 1 and line.text.isupper() and any(len(one.text) > 1 for one in header))


def _are_initials(line: Line, header: Sequence[Line]) -> bool:
    """Whether initials of several people stand side by side above a name, in place of their portraits."""
    words = line.text.split()
    if len(words) < 2 or not all(len(word) <= 2 and word.isupper() for word in words):  # noqa: PLR2004 - initials
        return False
    return any(one.top >= line.middle and any(len(word) > 2 for word in one.text.split()) for one in header)  # noqa: PLR2004


def _is_unread_name(line: Line, header: Sequence[Line]) -> bool:
    """Whether words that nobody could read stand in a title bar, wider than a portrait or an icon is."""
    return not line.text and line.width > 2 * line.height and len(header) > 1


def _title(header: Sequence[Line]) -> tuple[str | None, str | None, bool]:
    """Title, the line below it, and whether they speak of a group."""
    longer = any(len(line.text.strip()) > 1 or _is_unread_name(line, header) for line in header)
    words = [
        line
        for line in header
        if not _is_glyph(line)
        and not line.text.strip().isdigit()
        and not _is_initials(line, header)
        and not _are_initials(line, header)
        and not (longer and len(line.text.strip()) == 1)  # icons are read as letters
    ]
    named = []
    for row in rows_of(words):
        text = " ".join(line.text.strip(_CHEVRONS) for line in row).strip()
        if text and read_stamp(text) is None:
            named.append((text, max(line.height for line in row)))
    if not named:
        return None, None, False
    # a status line may stand above a name nowhere, but unread counts and "Back" do
    unread = any(_is_unread_name(line, header) for line in header)
    speaking = [pair for pair in named if not is_status(pair[0])] or ([] if unread else named)
    if not speaking:
        return None, named[0][0], any(counts_members(text) for text, _ in named)
    title = speaking[0][0]
    rest = [text for text, _ in named if text != title]
    subtitle = rest[0] if rest else None
    members = any(counts_members(text) or text.count(",") > 1 or ", You" in text for text in rest)
    return title, subtitle, members or counts_members(title) or title.count(",") > 1


def _without_field(
    scene: Scene, lines: list[Line], floor: int, *, keyboard: bool
) -> tuple[int, str | None, bool, list[Line]]:
    """Where the conversation ends, what an empty field says, whether a draft stands in it, and the other lines."""
    field = _field(scene, lines, floor, keyboard=keyboard)
    if field is None:
        return _by_words(scene, lines, floor, keyboard=keyboard)
    top = _bar_top(scene, lines, field, floor)
    own = [line for line in lines if line.middle >= top]
    inside = [line for line in own if field.left <= line.centre <= field.right and line.middle >= field.top]
    words = [line for line in inside if not _is_glyph(line)]
    empty = " ".join(line.text for line in words)
    said = empty if is_field(empty) or any(is_field(line.text) for line in words) else None
    draft = bool(words) and said is None
    return top, said, draft, [line for line in lines if line.middle < top]


def _field(scene: Scene, lines: Sequence[Line], floor: int, *, keyboard: bool) -> Area | None:
    """The area of the entry field: wide, low, at the bottom, and not as wide as its text."""
    reach = floor - max(scene.tall * _NEAR_BOTTOM, scene.unit * 3.5)
    fitting = []
    for area in scene.areas:
        if area.bottom > floor + scene.unit or area.bottom < reach or area.top < scene.height * 0.2:
            continue
        if not scene.wide * _FIELD_WIDTH < area.width or not scene.unit < area.height < scene.unit * _FIELD_HEIGHT:
            continue
        if area.filled < 450:  # noqa: PLR2004 - a rim around something is no field
            continue
        own = [line for line in lines if line.area is area]
        said = any(is_field(line.text) for line in own)
        hugged = own and max(line.right for line in own) - min(line.left for line in own) > area.width * _HUGGED
        several = len(rows_of(own)) > 1
        if said or keyboard or not own or not (hugged or several):
            fitting.append((said, not area.backdrop, area.bottom, area))
    return max(fitting, key=lambda one: one[:3])[3] if fitting else None


def _bar_top(scene: Scene, lines: Sequence[Line], field: Area, floor: int) -> int:
    """The upper edge of the bar that the field stands on, where the bar has a colour of its own.

    A bar holds no bubble: in a photograph the canvas itself may be cut into parts that look like one.
    """
    bubbles = [
        line.area
        for line in lines
        if line.area is not None and not line.area.backdrop and line.area is not field and line.bottom < field.top
    ]
    for area in scene.areas:
        if area.backdrop and area is not scene.canvas and area is not field and area.bottom <= floor + scene.unit:
            inside = area.top <= field.top and area.bottom >= field.bottom
            inside = inside and area.left >= scene.frame[0] - scene.unit  # what a screen lies on is no bar
            alike = scene.canvas is not None and distance(area.colour, scene.canvas.colour) <= _ONE_COLOUR
            cuts = alike and any(one.bottom > area.top and one.height > scene.unit for one in bubbles)
            if inside and not cuts and field.top - area.top < scene.unit * 4:
                return area.top
    return field.top


def _by_words(
    scene: Scene, lines: list[Line], floor: int, *, keyboard: bool
) -> tuple[int, str | None, bool, list[Line]]:
    """The entry field where only its words tell it, or that it stands right above the keyboard."""
    for line in reversed(lines):
        if floor - line.middle < scene.height * 0.14 and is_field(line.text):
            top = line.top - scene.unit // 3
            return top, line.text, False, [one for one in lines if one.middle < top]
    last = rows_of(lines)[-1] if keyboard and lines else []
    if last and floor - max(line.bottom for line in last) < scene.unit * 2 and all(_is_loose(line) for line in last):
        top = min(line.top for line in last)
        written = any(not _is_glyph(line) for line in last)
        return top, None, written, [one for one in lines if one.middle < top]
    return floor, None, False, lines


def _is_loose(line: Line) -> bool:
    return line.area is None or line.area.backdrop
