"""The rows that begin messages where there are no bubbles: a name with a time, a portrait, a name in colour.

Rule kept: a sign counts only if it repeats on the page, and the surest sign that does decides. A sentence that ends
with a time is no name: names of a page stand at one edge, and their times are printed in one way.
"""

# ruff: noqa: RUF001 - signs that stand around names

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from ingest.formats.transcripts.interface_words import folded, is_mark
from ingest.formats.transcripts.scene import Area, Line, Scene, distance
from ingest.formats.transcripts.stamps import Stamp, read_stamp

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME: Final = 48  # characters
COLOURED: Final = 60
_SAME_PORTRAIT: Final = 8
_STAMP_WORDS: Final = 7
_CENTRED: Final = 0.05
_BESIDE_NAMES: Final = frozenset(
    {"bot", "app", "admin", "mod", "op", "author", "creator", "teacher", "guest", "external"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The row that begins a message."""

    name: str
    stamp: Stamp | None
    line: Line
    rest: tuple[Line, ...] = ()


def row_text(row: Sequence[Line]) -> str:
    """The text of a row."""
    return " ".join(line.text for line in row)


def heads_of(scene: Scene, rows: Sequence[Sequence[Line]], *, right_to_left: bool) -> dict[int, Head]:
    """The rows that begin messages, by their place; the surest sign that repeats decides."""
    named = {
        place: head
        for place, row in enumerate(rows)
        if (head := _named_with_time(row)) is not None and not is_middle(scene, row)
    }
    portraits = {
        place: Head(
            name=_plain_name(row[-1 if right_to_left else 0].text), stamp=None, line=row[0], rest=tuple(row[1:])
        )
        for place, row in enumerate(rows)
        if place not in named and has_portrait(scene, row, right_to_left=right_to_left) and len(row[0].text) <= NAME
    }
    with_portrait = {
        place: head for place, head in named.items() if has_portrait(scene, rows[place], right_to_left=right_to_left)
    }
    if len(with_portrait) > 1:
        # a portrait may be cut by the page's edge, and a sentence may end with a time
        forms = {_form(head.stamp) for head in with_portrait.values()}
        edges = [head.line.left for head in with_portrait.values()]
        named = {
            place: head
            for place, head in named.items()
            if place in with_portrait
            or (_form(head.stamp) in forms and min(abs(head.line.left - edge) for edge in edges) < scene.unit // 2)
        }
    named = {place: head for place, head in named.items() if place - 1 not in named}
    if len(named) >= 2 or (named and not portraits):  # noqa: PLR2004 - what repeats
        return named
    if len(portraits) + len(named) > 1:
        return {**portraits, **named}
    coloured = _coloured(rows)
    return coloured if len(coloured) > 1 else {}


def _form(stamp: Stamp | None) -> tuple[bool, bool]:
    """How a page prints times: with a day or without, with its half or without."""
    if stamp is None:
        return False, False
    return stamp.day is not None, any(map(str.isalpha, stamp.time or ""))


def _named_with_time(row: Sequence[Line]) -> Head | None:
    """A name and a time behind it in one row, whether in one line or in several."""
    words = row_text(row).replace("·", " · ").replace("•", " • ").split()
    for place in range(max(1, len(words) - _STAMP_WORDS), len(words)):
        tail = " ".join(words[place:]).strip("·• ")
        stamp = read_stamp(tail) if _begins_a_stamp(words[place]) else None
        if stamp is None or not stamp.time:
            continue
        said, day = _without_glued_day(" ".join(words[:place]))
        name = _plain_name(said)
        if not _may_be_name(name):
            return None
        stamp = replace(stamp, day=stamp.day or day)
        return Head(name=name, stamp=stamp, line=next(line for line in row if line.text))
    return None


def _without_glued_day(name: str) -> tuple[str, str | None]:
    """A name, and the day that an engine read as its end, having lost the blank between them."""
    for place in range(len(name) - 1, 0, -1):
        if name[place - 1].islower() and name[place].isupper():
            stamp = read_stamp(name[place:])
            return (name[:place], stamp.day) if stamp is not None and stamp.day else (name, None)
    return name, None


def _may_be_name(name: str) -> bool:
    if not name or len(name) > NAME or folded(name) in _BESIDE_NAMES or is_mark(name):
        return False
    ended = name[-1] in "?!:,;" or (name[-1] == "." and len(name.rsplit(" ", 1)[-1]) > 4)  # noqa: PLR2004 - "Jr."
    return not ended


def _begins_a_stamp(word: str) -> bool:
    """Whether a word may be the first of a stamp, and not the last of a name."""
    if word[:1].isdigit() or not word.isascii():
        return True
    return len(word) > 2 and read_stamp(word) is not None  # noqa: PLR2004 - two letters are initials


def _plain_name(text: str) -> str:
    """A name without the account behind it and without badges."""
    words = [word for word in text.strip(" ·•|-–—").split() if folded(word) not in _BESIDE_NAMES]
    kept = [word for word in words if not word.startswith("@")] or words
    return " ".join(kept).strip(" ·•|-–—✓✔")


def has_portrait(scene: Scene, row: Sequence[Line], *, right_to_left: bool) -> bool:
    """Whether something round or square begins in the margin where the row does."""
    first = row[-1] if right_to_left else row[0]
    for thing in scene.things:
        aside = thing.left >= first.right if right_to_left else thing.right <= first.left
        near = abs(thing.top - first.top) < scene.unit * 0.9
        even = 0.75 < thing.width / max(1, thing.height) < 1.33  # noqa: PLR2004 - round or square
        if aside and near and even and thing.height < scene.unit * 4:
            return True
    return False


def name_by_portrait(scene: Scene, rows: Sequence[Sequence[Line]], heads: dict[int, Head]) -> str | None:
    """Whose portrait stands above the first name of a page, where the edge cut the name; None where that is unsure.

    Only of two people it can be told: somebody else may have the same portrait, above all where it is none.
    """
    if not heads:
        return None
    by_name: dict[str, list[Area]] = {}
    for place, head in heads.items():
        first = rows[place][0]
        beside = [thing for thing in scene.things if thing.right <= first.left and _begins_beside(thing, first, scene)]
        by_name.setdefault(head.name, []).extend(beside)
    start = rows[min(heads)][0]
    like = next((portrait for portraits in by_name.values() for portrait in portraits), None)
    if like is None or len(by_name) != 2 or not all(by_name.values()):  # noqa: PLR2004 - two people
        return None
    slack = scene.unit // 4
    cut = [
        area.colour
        for area in scene.areas
        if area.bottom <= start.top and abs(area.left - like.left) <= slack and abs(area.right - like.right) <= slack
    ]
    if len(cut) != 1:
        return None
    (one, of_one), (other, of_other) = by_name.items()
    for name, mine, others in ((one, of_one, of_other), (other, of_other, of_one)):
        same = all(distance(cut[0], area.colour) <= _SAME_PORTRAIT for area in mine)
        if same and all(distance(cut[0], area.colour) > 3 * _SAME_PORTRAIT for area in others):
            return name
    return None


def name_by_turn(rows: Sequence[Sequence[Line]], heads: dict[int, Head]) -> str | None:
    """Who of two people spoke before the first name of a page, where names stand only where the speaker changes."""
    names = list(dict.fromkeys(head.name for head in heads.values() if head.name))
    if len(names) != 2 or any(read_stamp(row_text(row)) is not None for row in rows[: min(heads)]):  # noqa: PLR2004
        return None
    return names[1] if heads[min(heads)].name == names[0] else names[0]


def _begins_beside(thing: Area, line: Line, scene: Scene) -> bool:
    return abs(thing.top - line.top) < scene.unit * 0.9 and thing.height < scene.unit * 4


def _coloured(rows: Sequence[Sequence[Line]]) -> dict[int, Head]:
    """Rows of small coloured letters, each above text in other letters that begins at the same edge."""
    found: dict[int, Head] = {}
    for place, (row, after) in enumerate(pairwise(rows)):
        first, below = row[0], after[0]
        colour = max(first.ink) - min(first.ink)
        if len(row) == 1 and len(first.text) <= NAME and colour > COLOURED and read_stamp(first.text) is None:
            smaller = first.height < below.height * 0.95
            other = distance(first.ink, below.ink) > COLOURED
            near = abs(first.left - below.left) < below.height * 2 and below.top - first.bottom < below.height * 1.5
            if (smaller or first.text.isupper()) and other and near:
                found[place] = Head(name=first.text.strip(), stamp=None, line=first)
    return found


def is_middle(scene: Scene, row: Sequence[Line]) -> bool:
    """Whether a row stands in the middle of the page, and is not merely as long as it happens to be."""
    left, right = min(line.left for line in row), max(line.right for line in row)
    if sum(abs(line.left - left) < scene.unit // 3 for line in scene.lines) > 3:  # noqa: PLR2004 - a column of text
        return False
    return _margins_alike(scene, left, right) and left > scene.width * 0.08


def is_even(scene: Scene, row: Sequence[Line]) -> bool:
    """Whether a row is short and stands in the middle of the page, whatever begins in the same column."""
    left, right = min(line.left for line in row), max(line.right for line in row)
    return _margins_alike(scene, left, right) and right - left < scene.wide * 0.5


def _margins_alike(scene: Scene, left: int, right: int) -> bool:
    return abs(left - (scene.width - right)) < scene.width * _CENTRED
