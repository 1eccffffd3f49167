"""Where in a text the words stand that a query asks for, whatever kind of leaf asks for them. Pure.

Rules:

- What is looked for are a query's own patterns (`search.queries.patterns`) and tests of single words
  (`search.term_patterns`), in the columns that the place fills: nothing is marked that would not have been found
  there, but for one thing: in which language a record was stemmed is not told here, so stems count in each.
- A telephone number that stands as one word in an index is marked in the notation in which the text has it.
- Only leaves that ask for words are looked for, never those that ask for their absence.
- Work is bounded by a budget of characters. A piece of text without any of the words is passed over at the speed of
  splitting it at spaces; what is not ASCII, and finding places in a piece that has one, costs ten times as much, and
  letters of scripts without spaces, each a word of its own, thirty times.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

from search.analysis import LONGEST_WORD, locate, stem, words
from search.documents import Column
from search.languages import STEMMED
from search.phone_words import locate_phones
from search.queries import Field, Like, Words, all_leaves, exact_columns, patterns
from search.term_patterns import word_test

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from search.queries import Leaf, Query

MOST_LEAVES: Final = 1_000
BUDGET: Final = 4_000_000
"""Characters of ASCII text that one look may pass over."""
_MOST_TESTS: Final = 60
_DEAR: Final = 10
_PHONE_DIGITS: Final = 7
_PIECE: Final = 600
_OVERLAP_OF_WORD: Final = 24
_LONGEST_OVERLAP: Final = 4_096
_REMEMBERED: Final = 50_000
_STEM_COLUMNS: Final = frozenset({Column.SUBJECT_STEM, Column.TEXT_STEM, Column.FILENAME_STEM})
_NO_ATOMS: Final[frozenset[int]] = frozenset()
_Run: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """A run of a text, `end` excluded, and the number of the leaf that asks for it."""

    start: int
    end: int
    leaf: int


@dataclass(frozen=True, slots=True)
class _Sought:
    """Words in a row, or near each other, each by its number; `sign` is the ``#`` or ``@`` that a mark begins with."""

    atoms: tuple[int, ...]
    leaf: int
    within: int | None = None
    sign: str = ""


@dataclass(slots=True)
class _Trail:
    """The runs of a text as they come: the last ones with the numbers they stand for, and how many there were."""

    recent: deque[tuple[_Run, frozenset[int]]]
    count: int
    last: dict[int, tuple[int, _Run]]


def within_budget(text: str, budget: int = BUDGET) -> str:
    """As much of a text as the budget can reach, so that no more than that is normalised."""
    if not text.isascii() and _DEAR * _extra_bytes(text) > len(text):
        return text[: budget // _DEAR]
    return text[: 4 * budget]


def _extra_bytes(text: str) -> int:
    """How many bytes of UTF-8 a text has beyond one a character: what finding its words costs."""
    return len(text.encode("utf-8", "surrogatepass")) - len(text)


def wanted_leaves(query: Query) -> tuple[Leaf, ...]:
    """What a query asks for and not for its absence, each once, in its order."""
    return tuple(dict.fromkeys(leaf for leaf, wanted in all_leaves(query) if wanted))


def merged(found: Iterable[Found]) -> list[tuple[int, int]]:
    """Runs of hits in order; what overlaps is one."""
    runs: list[tuple[int, int]] = []
    for one in sorted(found):
        if runs and one.start < runs[-1][1]:
            runs[-1] = (runs[-1][0], max(runs[-1][1], one.end))
        else:
            runs.append((one.start, one.end))
    return runs


class Seeker:
    """Finds what some leaves ask for in the texts of one place; made once for all records of an answer."""

    def __init__(self, wanted: Sequence[Leaf], columns: frozenset[Column]) -> None:
        """Make ready.

        Args:
            wanted: leaves; those of no words are never found.
            columns: the columns of an index document that this place fills.
        """
        self._numbers: dict[tuple[str, str], int] = {}
        self._tests: list[tuple[Callable[[str], bool], int]] = []
        self._in_a_row: dict[int, list[_Sought]] = {}
        self._near: dict[int, list[_Sought]] = {}
        self._known: dict[str, frozenset[int]] = {}
        self._longest = self._widest = 1
        for number, leaf in enumerate(wanted[:MOST_LEAVES]):
            if isinstance(leaf, Words):
                self._seek_words(leaf, number, columns)
            elif isinstance(leaf, Like) and columns.intersection(exact_columns(leaf.field)):
                self._seek_like(leaf, number)
        self._codes = tuple(dict.fromkeys(code for code, _ in self._numbers if code in STEMMED))
        self._prefixes = tuple(word for kind, word in self._numbers if kind == "prefix")
        alone = all(len(one.atoms) == 1 and not one.sign for some in self._in_a_row.values() for one in some)
        self._single = alone and not self._near
        self._firsts = None if self._tests else frozenset(key[:1] for _, key in self._numbers)
        self._phones = {
            word: self._in_a_row[number]
            for (kind, word), number in self._numbers.items()
            if not kind and len(word) >= _PHONE_DIGITS and word.isdecimal() and number in self._in_a_row
        }

    @property
    def idle(self) -> bool:
        """Whether there is nothing to look for in this place."""
        return not self._in_a_row and not self._near

    @property
    def leaves(self) -> int:
        """How many leaves may be found in this place."""
        sought = [one for several in (*self._in_a_row.values(), *self._near.values()) for one in several]
        return len({one.leaf for one in sought})

    def find(self, shown: str, budget: int = BUDGET) -> Iterator[Found]:
        """What is found in a text as `normalise` gives it, by its end, as far as the budget reaches."""
        if self.idle:
            return
        trail, looked = self._trail(), 0
        numbers = deque(self._find_phones(shown[:budget]))
        for start, end in _pieces(shown):
            piece = shown[start:end]
            budget -= len(piece) if piece.isascii() else _DEAR * (len(piece) + _extra_bytes(piece))
            if budget < 0:
                return
            while numbers and numbers[0].start < end:
                yield numbers.popleft()
            there = frozenset(filter(self._atoms, set(words(piece))))
            if not there:
                continue
            if self._single and piece.isascii() and max(map(len, there)) < LONGEST_WORD:
                yield from self._find_single(piece, start, there)
                continue
            first = start
            if looked < start:
                trail, first = self._trail(), max(looked, self._before(shown, start))
            looked = end
            budget -= (end - first) * _DEAR
            for found in self._look(shown, first, end, trail):
                if found.end > start:
                    yield found

    def _find_single(self, piece: str, first: int, there: frozenset[str]) -> Iterator[Found]:
        """The places of single words in a piece of ASCII, which is several times as fast as looking at each word."""
        for one in _any_of(there).finditer(piece.lower()):
            for atom in self._atoms(one.group()):
                for sought in self._in_a_row.get(atom, ()):
                    yield Found(first + one.start(), first + one.end(), sought.leaf)

    def _find_phones(self, shown: str) -> list[Found]:
        """The telephone numbers that are asked for, in whatever notation."""
        if not self._phones:
            return []
        return [
            Found(_with_parenthesis(shown, start, end), end, sought.leaf)
            for start, end, keys in locate_phones(shown)
            for key in keys
            for sought in self._phones.get(key, ())
            if len(sought.atoms) == 1
        ]

    def _trail(self) -> _Trail:
        return _Trail(deque(maxlen=self._longest), 0, {})

    def _before(self, shown: str, start: int) -> int:
        """Where to begin to look, so that words which end behind `start` are seen whole."""
        earliest = max(0, start - min(_LONGEST_OVERLAP, _OVERLAP_OF_WORD * (self._widest - 1)))
        space = shown.find(" ", earliest, start)
        return earliest if space < 0 or not earliest else space

    def _look(self, shown: str, first: int, end: int, trail: _Trail) -> Iterator[Found]:
        for one in locate(shown[first:end]):
            atoms = self._atoms(one.word)
            placed = (first + one.start, first + one.end)
            trail.recent.append((placed, atoms))
            trail.count += 1
            for atom in atoms:
                for sought in self._in_a_row.get(atom, ()):
                    start = _ends_here(sought, trail, shown)
                    if start is not None:
                        yield Found(start, placed[1], sought.leaf)
                if atom in self._near:
                    trail.last[atom] = (trail.count, placed)
                    for sought in self._near[atom]:
                        for near in _gathered(sought, trail):
                            yield Found(*near, sought.leaf)

    def _atoms(self, word: str) -> frozenset[int]:
        """The numbers of what this word may be; most are nothing."""
        known = self._known.get(word)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[word] = self._weigh(word)
        return known

    def _weigh(self, word: str) -> frozenset[int]:
        # stemmers of Latin script take endings off, so a word that begins otherwise than all that is sought is none
        if self._firsts is not None and word[0] not in self._firsts and word.isascii():
            return _NO_ATOMS
        keys = [("", word), *((code, stem(word, code)) for code in self._codes)]
        found = [self._numbers[key] for key in keys if key in self._numbers]
        if self._prefixes and word.startswith(self._prefixes):
            found += [self._numbers["prefix", one] for one in self._prefixes if word.startswith(one)]
        found += [number for test, number in self._tests if test(word)]
        return frozenset(found) if found else _NO_ATOMS

    def _seek_words(self, leaf: Words, number: int, columns: frozenset[Column]) -> None:
        if leaf.field is Field.MARK:
            parts = [part for part in leaf.words[0][1:].split("_") if part]
            if parts:
                last = ("prefix" if leaf.prefix else "", parts[-1])
                self._add([*(("", part) for part in parts[:-1]), last], _Sought((), number, sign=leaf.words[0][0]))
            return
        for pattern in patterns(leaf):
            if not columns.intersection(pattern.columns):
                continue
            keys = pattern.line.split(" ")
            sought = _Sought((), number, pattern.within)
            if _STEM_COLUMNS.intersection(pattern.columns):
                for code in STEMMED:
                    if [stem(word, code) for word in leaf.words] == keys:
                        self._add([(code, key) for key in keys], sought)
            else:
                last = ("prefix" if pattern.prefix else "", keys[-1])
                self._add([*(("", key) for key in keys[:-1]), last], sought)

    def _seek_like(self, leaf: Like, number: int) -> None:
        if len(self._tests) < _MOST_TESTS:
            key = ("like", str(number))
            self._add([key], _Sought((), number))
            self._tests.append((word_test(leaf), self._numbers[key]))

    def _add(self, keys: Sequence[tuple[str, str]], sought: _Sought) -> None:
        atoms = tuple(self._numbers.setdefault(key, len(self._numbers)) for key in keys)
        sought = _Sought(atoms, sought.leaf, sought.within, sought.sign)
        if sought.within is None:
            self._in_a_row.setdefault(atoms[-1], []).append(sought)
            self._longest = max(self._longest, len(atoms))
            self._widest = max(self._widest, len(atoms))
            return
        self._widest = max(self._widest, len(atoms) + sought.within)
        for atom in dict.fromkeys(atoms):
            self._near.setdefault(atom, []).append(sought)


@lru_cache(maxsize=256)
def _any_of(folded: frozenset[str]) -> re.Pattern[str]:
    """What matches one of these words of ASCII as a whole word of a text in small letters."""
    return re.compile(f"(?<![a-z0-9])(?:{'|'.join(map(re.escape, sorted(folded)))})(?![a-z0-9])")


def _with_parenthesis(shown: str, start: int, end: int) -> int:
    """Where a number begins whose first part stands in parentheses."""
    return start - 1 if start and shown[start - 1] == "(" and ")" in shown[start:end] else start


def _ends_here(sought: _Sought, trail: _Trail, shown: str) -> int | None:
    """Where words in a row begin if the last of them is the word that came last."""
    count = len(sought.atoms)
    if count > len(trail.recent):
        return None
    for place in range(1, count + 1):
        if sought.atoms[-place] not in trail.recent[-place][1]:
            return None
    start = trail.recent[-count][0][0]
    if sought.sign and shown[max(0, start - 1) : start] != sought.sign:
        return None
    return start - len(sought.sign)


def _gathered(sought: _Sought, trail: _Trail) -> list[_Run]:
    """The words that stand near each other, if with the last one all of them do."""
    wanted = dict.fromkeys(sought.atoms)
    places = [trail.last[atom] for atom in wanted if atom in trail.last]
    if len(places) < len(wanted):
        return []
    oldest = min(place for place, _ in places)
    assert sought.within is not None
    return [run for _, run in places] if trail.count - oldest - 1 <= sought.within else []


def _pieces(shown: str) -> Iterator[tuple[int, int]]:
    """A text cut into pieces, if possible at spaces or ends of lines."""
    start = 0
    while start < len(shown):
        end = min(len(shown), start + _PIECE)
        if end < len(shown):
            space = max(shown.rfind(" ", start + 1, end), shown.rfind("\n", start + 1, end))
            end = space + 1 if space > 0 else end
        yield start, end
        start = end
