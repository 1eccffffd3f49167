"""Several pictures of one conversation joined into one row of messages.

Rule kept: pictures overlap where the last messages of one are the first of another, by the pixels where they are the
same and by the words, sides and times where they are not. What overlaps stands once. Where nothing overlaps, pages
follow one another as they were handed in, and it is said that something may lie between. Only an overlap changes the
order, and that is said too.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from ingest.formats.transcripts.likeness import ALIKE, alike, is_part, pairs_of
from ingest.formats.transcripts.pixel_rows import scrolled

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

    from ingest.formats.transcripts.assembly import Told

_MOST_COMPARED: Final = 24  # pages that are compared with every other
_LEAST_LETTERS: Final = 12
_MOST_MESSAGES: Final = 400  # of a page that are looked at

NOT_CONTIGUOUS: Final = "pictures may not be contiguous: nothing of one is seen in the next"
REORDERED: Final = "pictures were put in the order that their overlaps show"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A page to be joined: what it tells, and the checksums of its rows, which begin at `top`.

    `bottom` is where the conversation ends, `unit` the height of a line: what comes nearer to an edge may be cut.
    """

    told: tuple[Told, ...]
    rows: tuple[int | None, ...] = field(default=(), repr=False)
    top: int = 0
    bottom: int = 0
    unit: int = 1
    letters: tuple[Counter[str], ...] = field(default=(), repr=False)


def sheet_of(told: Sequence[Told], rows: tuple[int | None, ...], top: int, bottom: int, unit: int) -> Sheet:
    """A page made ready for comparing."""
    letters = tuple(pairs_of(one.piece.text or one.piece.quote or "") for one in told[:_MOST_MESSAGES])
    known = tuple(told[:_MOST_MESSAGES])
    return Sheet(told=known, rows=rows, top=top, bottom=bottom, unit=unit, letters=letters)


def merged(sheets: Sequence[Sheet]) -> tuple[list[Told], list[str]]:
    """The messages of all pages in order, and what is to be said about it."""
    order, links = _ordered(sheets)
    notes = [REORDERED] if order != sorted(order) else []
    found: list[Told] = []
    places: dict[int, int] = {}  # of the page before: its messages' places among all
    before: int | None = None
    for number in order:
        pairs = links.get((before, number), {}) if before is not None else {}
        if before is not None and not pairs:
            notes.append(NOT_CONTIGUOUS)
        places = _append(found, sheets[number].told, pairs, places)
        before = number
    return found, list(dict.fromkeys(notes))


def _append(found: list[Told], told: Sequence[Told], pairs: dict[int, int], places: dict[int, int]) -> dict[int, int]:
    """Add what is new of a page; `pairs` are the messages of the page before by those of this one."""
    mine: dict[int, int] = {}
    for place, one in enumerate(told):
        if place in pairs and pairs[place] in places:
            target = places[pairs[place]]
            found[target] = _fuller(found[target], one)
            mine[place] = target
            continue
        if pairs and mine:
            previous = found[mine[place - 1]] if place - 1 in mine else found[-1]
            one = _carried(one, previous)  # noqa: PLW2901 - the same message, with what the page before says of it
        mine[place] = len(found)
        found.append(one)
    return mine


def _carried(one: Told, previous: Told) -> Told:
    day = one.day or previous.day
    runs = one.label is None and not one.own and one.opens and not previous.own and previous.label is not None
    if runs and previous.piece.side is one.piece.side and previous.piece.kind is one.piece.kind:
        one = replace(one, label=previous.label, run=True)
    return replace(one, day=day, carried=one.carried or day != one.day)


def _fuller(one: Told, other: Told) -> Told:
    """The first of two readings, with what only the second has: the rest of a message that the page's edge cut."""
    piece, second = one.piece, other.piece
    longer = second.text if len(second.text) > len(piece.text) * 1.1 else piece.text
    text = longer if one.cut == other.cut else second.text if one.cut else piece.text
    text = text or longer
    joined = replace(
        piece,
        text=text,
        time=piece.time or second.time,
        quote=piece.quote or second.quote,
        edited=piece.edited or second.edited,
        deleted=piece.deleted or second.deleted,
        attachments=max(piece.attachments, second.attachments),
    )
    printed = other.label is not None and not other.run
    label, run = (other.label, False) if printed and (one.label is None or one.run) else (one.label, one.run)
    return replace(
        one,
        piece=joined,
        time=one.time or other.time,
        day=one.day or other.day,
        label=label,
        run=run,
        cut=one.cut and other.cut,
    )


def _ordered(sheets: Sequence[Sheet]) -> tuple[list[int], dict[tuple[int, int], dict[int, int]]]:
    """The order of pages, and for pages that follow one another which messages are the same."""
    count = len(sheets)
    links: dict[tuple[int, int], dict[int, int]] = {}
    for number in range(count - 1):
        pairs = overlap(sheets[number], sheets[number + 1])
        if pairs:
            links[number, number + 1] = pairs
    if len(links) == max(0, count - 1) or count > _MOST_COMPARED:
        return list(range(count)), links
    for one in range(count):
        for other in range(count):
            if one != other and (one, other) not in links and (other, one) not in links:
                pairs = overlap(sheets[one], sheets[other])
                if pairs:
                    links[one, other] = pairs
    return _chained(count, links), links


def _chained(count: int, links: dict[tuple[int, int], dict[int, int]]) -> list[int]:
    """Pages in chains of overlaps, the strongest links first; chains by their first page as handed in."""
    following: dict[int, int] = {}
    preceding: dict[int, int] = {}
    for (one, other), _ in sorted(links.items(), key=lambda link: (-len(link[1]), link[0])):
        if one in following or other in preceding or _leads(following, other, one):
            continue
        following[one], preceding[other] = other, one
    chains = []
    for start in range(count):
        if start in preceding:
            continue
        chain = [start]
        while chain[-1] in following:
            chain.append(following[chain[-1]])
        chains.append(chain)
    chains.sort(key=min)
    return [number for chain in chains for number in chain]


def _leads(following: dict[int, int], start: int, goal: int) -> bool:
    while start in following:
        start = following[start]
        if start == goal:
            return True
    return start == goal


def overlap(one: Sheet, other: Sheet) -> dict[int, int]:
    """Which messages of the first page are which of the second (second's place to first's); empty where none."""
    shift = scrolled(one.rows, other.rows)
    if shift is not None:
        by_rows = _by_rows(one, other, shift + one.top - other.top)
        if by_rows:
            return by_rows
    return _by_words(one, other)


def _by_rows(one: Sheet, other: Sheet, shift: int) -> dict[int, int]:
    pairs: dict[int, int] = {}
    for place, second in enumerate(other.told):
        top, bottom = second.piece.top + shift, second.piece.bottom + shift
        for number, first in enumerate(one.told):
            common = min(bottom, first.piece.bottom) - max(top, first.piece.top)
            least = min(bottom - top, first.piece.bottom - first.piece.top)
            if first.piece.side is second.piece.side and common > least * 0.6 and number not in pairs.values():
                pairs[place] = number
                break
    return pairs


def _by_words(one: Sheet, other: Sheet) -> dict[int, int]:
    """The longest end of the first page that is the beginning of the second."""
    best: dict[int, int] = {}
    best_letters = 0
    for start in range(len(one.told)):
        pairs, letters, faults = _aligned(one, other, start)
        telling = letters >= _LEAST_LETTERS or (len(pairs) > 1 and letters >= _LEAST_LETTERS // 2)
        if telling and faults * 5 <= len(pairs) and letters > best_letters:
            best, best_letters = pairs, letters
    return best


def _aligned(one: Sheet, other: Sheet, start: int) -> tuple[dict[int, int], int, int]:
    """The second page laid on the first from one of its messages: pairs, letters that agree, pairs that do not."""
    pairs: dict[int, int] = {}
    letters = faults = 0
    for place in range(min(len(other.told), len(one.told) - start)):
        first, second = one.told[start + place], other.told[place]
        mine, its = one.letters[start + place], other.letters[place]
        at_edge = place == 0 or start + place == len(one.told) - 1
        cut = (start + place == len(one.told) - 1 and first.piece.bottom >= one.bottom - one.unit) or (
            place == 0 and second.piece.top <= other.top + other.unit
        )
        same = alike(mine, its) >= ALIKE or (at_edge and (is_part(mine, its) or is_part(its, mine)))
        timed = first.piece.time and second.piece.time and first.piece.time != second.piece.time
        if same and first.piece.side is second.piece.side and not (timed and mine.total() < _LEAST_LETTERS):
            pairs[place] = start + place
            letters += min(mine.total(), its.total())
        elif cut and first.piece.side is second.piece.side and first.piece.kind is second.piece.kind:
            pairs[place] = start + place
        else:
            faults += 1
    return pairs, letters, faults
