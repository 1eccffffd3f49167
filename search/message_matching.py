"""Whether a record holds the messages that pictures show, and which is which. Pure.

Rules: a false link is worse than a missing one.

- Two messages are the same if their letters and digits are, or nearly: at most one in eight letters differs, the
  numbers in them are equal, and they are long enough. What nearly is, is said to differ.
- Times of day that both state agree within two minutes (of a clock of twelve hours, since half a day is misread or not
  printed), days that both state are equal, and a speaker of one side is one speaker of the other.
- Order is kept, and what lies between two messages in one lies about between them in the other.
- Short messages ("ok") count only beside ones that match. Of the messages between the first and the last that match,
  three in five must.
- One message alone proves it only with a time, or where it is long and stands nowhere else (`Match.is_weak`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from search.message_digests import runs, weight
from search.near_texts import is_near

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ANCHOR: Final = 12  # weight of a message that can match by itself
_TOGETHER: Final = 40  # weight of two or more of them that prove it
_TIMED: Final = 20  # of one alone with a time
_ALONE: Final = 40  # of one alone without
_IN_TEXT: Final = 60  # of several in one long text
_ALONE_IN_TEXT: Final = 80
_SHARE: Final = (3, 5)
_CLOCK: Final = 12 * 60
_MINUTES: Final = 2
_SLACK: Final = 6  # messages of one that the other has not (deleted, without words) between two that match
_MOST_MESSAGES: Final = 10_000
_MOST_SAME: Final = 40  # places of one text that are looked at
_MOST_NEAR: Final = 6
_RUNS_AT_ONCE: Final = 64
_MOST_COMPARED: Final = 4_000  # comparisons letter by letter of one record with another


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A message as it is compared: plain texts (what it said before an edit, too), speaker, local day and minute.

    `side` is that of a pictured message: whoever speaks on one side does not speak on the other.
    """

    texts: tuple[str, ...]
    speaker: str | None = None
    side: str | None = None
    day: str | None = None
    minute: int | None = None

    @property
    def text(self) -> str:
        """What it says."""
        return self.texts[0] if self.texts else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Message `shown` of the pictures is message `held` of the other; None where that is one long text."""

    shown: int
    held: int | None
    equal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Which messages a record holds. A weak one holds only as long as no other record matches the same message."""

    pairs: tuple[Pair, ...]
    is_weak: bool = False


def match_conversation(
    shown: Sequence[Said], held: Sequence[Said], common: frozenset[str] = frozenset()
) -> Match | None:
    """Which of the messages that pictures show a conversation holds; None where that is not proved.

    `common` are texts that several conversations say, which prove nothing.
    """
    shown, held = shown[:_MOST_MESSAGES], held[:_MOST_MESSAGES]
    found: list[Pair] = []
    is_weak = True
    for stretch in _stretches(_chain(_likely(shown, held))):
        steady = _steady_speakers(stretch, shown, held)
        if not steady:
            continue
        whole = _with_neighbours(steady, shown, held)
        strength = _strength(whole, shown, held, common)
        if strength is None:
            continue
        if strength and is_weak:
            found, is_weak = [], False
        if strength or (is_weak and not found):
            found += whole
    return Match(pairs=tuple(found), is_weak=is_weak) if found else None


def match_text(shown: Sequence[Said], text: str) -> Match | None:
    """Which of them stand, letter for letter and in order, in one long plain text."""
    places: list[Pair] = []
    for number, one in enumerate(shown[:_MOST_MESSAGES]):
        if weight(one.text) >= _TIMED and (at := text.find(one.text)) >= 0:
            places.append(Pair(shown=number, held=at, equal=True))
    chain = _chain(places)
    total = sum(weight(shown[one.shown].text) for one in chain)
    enough = _ALONE_IN_TEXT if len(chain) == 1 else _IN_TEXT
    if not chain or total < enough or not _is_most_between(chain, shown, _TIMED):
        return None
    pairs = tuple(Pair(shown=one.shown, held=None, equal=True) for one in chain)
    return Match(pairs=pairs, is_weak=len(chain) == 1)


def _likely(shown: Sequence[Said], held: Sequence[Said]) -> list[Pair]:
    """Pairs that could be the same message, in order of both."""
    whole: dict[str, list[int]] = defaultdict(list)
    parts: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(held):
        for text in one.texts:
            whole[text].append(place)
            if weight(text) >= _ANCHOR:
                for run in set(runs(text)):
                    parts[run].append(place)
    left = _MOST_COMPARED
    found: list[Pair] = []
    for number, one in enumerate(shown):
        if weight(one.text) < _ANCHOR:
            continue
        same = [place for place in whole.get(one.text, ())[:_MOST_SAME] if _agree(one, held[place])]
        found += [Pair(shown=number, held=place, equal=True) for place in same]
        if same or left <= 0:
            continue
        left -= 1 + len(one.text) // _RUNS_AT_ONCE
        for place in _alike(one.text, parts):
            left -= 1
            if _agree(one, held[place]) and any(is_near(one.text, text) for text in held[place].texts):
                found.append(Pair(shown=number, held=place, equal=False))
    return found


def _alike(text: str, parts: dict[str, list[int]]) -> Iterator[int]:
    """Places whose texts share most runs with this one."""
    shared: Counter[int] = Counter()
    for run in runs(text):
        places = parts.get(run, ())
        if len(places) <= _MOST_SAME:
            shared.update(places)
    return (place for place, _ in shared.most_common(_MOST_NEAR))


def _agree(one: Said, other: Said) -> bool:
    if one.day and other.day and one.day != other.day:
        return False
    return one.minute is None or other.minute is None or _is_same_time(one.minute, other.minute)


def _is_same_time(one: int, other: int) -> bool:
    apart = abs(one - other) % _CLOCK
    return min(apart, _CLOCK - apart) <= _MINUTES


def _chain(likely: Sequence[Pair]) -> list[Pair]:
    """The longest row of pairs that rises in both (Schensted's, by patience sorting)."""
    ordered = sorted(likely, key=lambda one: (one.shown, -(one.held or 0)))
    ends: list[int] = []
    tops: list[int] = []
    before: list[int] = []
    for number, one in enumerate(ordered):
        height = one.held or 0
        pile = bisect_left(ends, height)
        before.append(tops[pile - 1] if pile else -1)
        if pile == len(ends):
            ends.append(height)
            tops.append(number)
        else:
            ends[pile], tops[pile] = height, number
    row: list[Pair] = []
    place = tops[-1] if tops else -1
    while place >= 0:
        row.append(ordered[place])
        place = before[place]
    return row[::-1]


def _stretches(chain: Sequence[Pair]) -> list[list[Pair]]:
    """A row cut wherever one side jumps much further than the other."""
    found: list[list[Pair]] = []
    for one in chain:
        last = found[-1][-1] if found else None
        if last is not None and abs(((one.held or 0) - (last.held or 0)) - (one.shown - last.shown)) <= _SLACK:
            found[-1].append(one)
        else:
            found.append([one])
    return found


def _steady_speakers(stretch: Sequence[Pair], shown: Sequence[Said], held: Sequence[Said]) -> list[Pair]:
    """Those of a stretch in which one speaker is one speaker; most of them decide."""
    who = _speakers(stretch, shown, held)
    if not who:
        return list(stretch)
    return [one for one in stretch if _speaks(who, shown[one.shown], held[one.held or 0])]


def _speakers(
    stretch: Sequence[Pair], shown: Sequence[Said], held: Sequence[Said]
) -> dict[str, tuple[str, str | None]]:
    """Who a speaker of the pictures is, and on which side he stands; a name may be read in two ways."""
    counted: Counter[tuple[str, str, str | None]] = Counter()
    for one in stretch:
        speaker, other = shown[one.shown].speaker, held[one.held or 0].speaker
        if speaker is not None and other is not None:
            counted[speaker, other, shown[one.shown].side] += weight(shown[one.shown].text)
    who: dict[str, tuple[str, str | None]] = {}
    for (speaker, other, side), _ in counted.most_common():
        if speaker not in who and not _is_on_another_side(who, other, side):
            who[speaker] = (other, side)
    return who


def _speaks(who: dict[str, tuple[str, str | None]], one: Said, other: Said) -> bool:
    if one.speaker is None or other.speaker is None:
        return True
    if one.speaker in who:
        return who[one.speaker][0] == other.speaker
    return not _is_on_another_side(who, other.speaker, one.side)


def _is_on_another_side(who: dict[str, tuple[str, str | None]], other: str, side: str | None) -> bool:
    return any(name == other and None not in (place, side) and place != side for name, place in who.values())


def _with_neighbours(stretch: Sequence[Pair], shown: Sequence[Said], held: Sequence[Said]) -> list[Pair]:
    """A stretch with the short messages that stand beside those that match."""
    who = _speakers(stretch, shown, held)
    taken = {one.shown: one for one in stretch}
    used = {one.held for one in stretch}
    waiting = list(stretch)
    while waiting:
        one = waiting.pop()
        for step in (1, -1):
            number, place = one.shown + step, (one.held or 0) + step
            while 0 <= place < len(held) and not held[place].text:
                place += step
            inside = 0 <= number < len(shown) and 0 <= place < len(held)
            if not inside or number in taken or place in used:
                continue
            beside, other = shown[number], held[place]
            if beside.text and beside.text in other.texts and _agree(beside, other) and _speaks(who, beside, other):
                taken[number] = Pair(shown=number, held=place, equal=True)
                used.add(place)
                waiting.append(taken[number])
    return [taken[number] for number in sorted(taken)]


def _strength(
    pairs: Sequence[Pair], shown: Sequence[Said], held: Sequence[Said], common: frozenset[str]
) -> bool | None:
    """Whether pairs prove it; False where only as long as nothing else matches, None where not at all."""
    if not _is_most_between(pairs, shown, _ANCHOR):
        return None
    telling = [one for one in pairs if not common.intersection(held[one.held or 0].texts)]
    anchors = [one for one in telling if weight(shown[one.shown].text) >= _ANCHOR]
    total = sum(weight(shown[one.shown].text) for one in anchors)
    if len({shown[one.shown].text for one in anchors}) > 1 and total >= _TOGETHER:
        return True
    alone = [one for one in anchors if one.equal and weight(shown[one.shown].text) >= _TIMED]
    for one in alone:
        said, other = shown[one.shown], held[one.held or 0]
        if said.minute is not None and other.minute is not None and said.day and other.day:
            return True
    # what stands around it in the pictures would stand around it there, too
    matched = {one.shown for one in pairs}
    telling_ones = [number for number, one in enumerate(shown) if weight(one.text) >= _ANCHOR]
    if sum(number in matched for number in telling_ones) * _SHARE[1] < len(telling_ones) * _SHARE[0]:
        return None
    timed = any(shown[one.shown].minute is not None and held[one.held or 0].minute is not None for one in alone)
    return False if timed or any(weight(shown[one.shown].text) >= _ALONE for one in alone) else None


def _is_most_between(pairs: Sequence[Pair], shown: Sequence[Said], least: int) -> bool:
    """Whether of the messages from the first to the last that match enough do."""
    matched = {one.shown for one in pairs}
    first, last = min(matched), max(matched)
    told = [number for number in range(first, last + 1) if weight(shown[number].text) >= least]
    agreeing = sum(number in matched for number in told)
    return agreeing * _SHARE[1] >= len(told) * _SHARE[0] and all(
        later.shown > earlier.shown for earlier, later in pairwise(pairs)
    )
