"""Many thousand folded strings looked for in a text at once. Pure.

Rule kept: nothing that stands there is missed. Every place of a text is compared by a sum over its next letters with a
table of the sums with which the strings begin (numpy, all places at once); where the sum is known the letters
themselves are compared. So a text costs by its length, however many strings there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from search.disclosure.redaction_folding import fold, folded, unspaced
from search.disclosure.redaction_secrets import LEAST_LETTERS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from search.disclosure.redaction_secrets import SoughtString

_BITS: Final = 20  # of the table: one mebibyte
_AT_ONCE: Final = 1 << 18  # places whose sums are made together
_SHIFT: Final = np.uint64(64 - _BITS)
_FACTORS: Final = tuple(
    np.uint64((0x9E3779B97F4A7C15 * (2 * at + 1) ** 3) & 0xFFFFFFFFFFFFFFFF | 1) for at in range(LEAST_LETTERS + 2)
)
_ANYWHERE, _SHORT, _PIECES = range(3)
_LEAST_BYTES: Final = LEAST_LETTERS + 2  # fewer letters stand in bytes that are no text by chance


class _Needles:
    """Strings of several kinds, found by the sums of their first letters; all in one pass over a text."""

    def __init__(self, needles: Iterable[tuple[str, int, int]], *, counts: tuple[int, ...]) -> None:
        """`needles` are folded letters, number and kind; each begins with as many letters as its entry of `counts`."""
        self._by_first: dict[int, dict[str, list[tuple[str, int, int]]]] = {}
        for needle, number, kind in needles:
            count = min(counts[kind] or len(needle), len(needle))
            first = self._by_first.setdefault(count, {})
            first.setdefault(needle[:count], []).append((needle, number, kind))
        self._tables = {count: self._table(count, list(first)) for count, first in self._by_first.items()}

    def found(self, letters: str, codes: NDArray[np.generic]) -> set[tuple[str, int, int]]:
        """Those that stand in these letters."""
        met: set[tuple[str, int, int]] = set()
        longest = max(self._tables, default=0)
        for start in range(0, len(codes), _AT_ONCE if longest else len(codes) + 1):
            part = codes[start : start + _AT_ONCE + longest - 1]
            for count, sums in _sums(part, self._tables):
                first = self._by_first[count]
                for at in self._tables[count].take(sums).nonzero()[0].tolist():
                    place = start + at
                    for one in first.get(letters[place : place + count], ()):
                        if one not in met and letters.startswith(one[0], place):
                            met.add(one)
        return met

    @staticmethod
    def _table(count: int, beginnings: Sequence[str]) -> NDArray[np.bool_]:
        table = np.zeros(1 << _BITS, dtype=np.bool_)
        for _, sums in _sums(_codes("".join(beginnings)), (count,)):
            table[sums[::count]] = True
        return table


def _sums(codes: NDArray[np.generic], counts: Collection[int]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """For each of these counts, a sum over so many letters for every place at which they begin."""
    wide = codes.astype(np.uint64)
    sums = np.zeros_like(wide)
    product = np.empty_like(wide)
    for count in range(1, min(max(counts, default=0), len(wide)) + 1):
        places = len(wide) - count + 1
        np.multiply(wide[count - 1 :], _FACTORS[count - 1], out=product[:places])
        sums = sums[:places]
        sums += product[:places]
        if count in counts:
            yield count, (sums >> _SHIFT).view(np.int64)


class StringIndex:
    """Strings by number, ready to be looked for; a number may have several forms. It can be handed to other programs.

    Args:
        strings: number n is the n-th of them.
    """

    def __init__(self, strings: Iterable[SoughtString]) -> None:
        known = list(enumerate(strings))
        anywhere = [(form, number) for number, one in known if not one.whole_words for form in one.forms]
        needles = [(form, number, _ANYWHERE) for form, number in _both_ways(anywhere)]
        needles += [(form, number, _SHORT) for number, one in known if one.whole_words for form in one.forms if form]
        needles += [(piece, number, _PIECES) for number, one in known for piece in one.pieces]
        self._needles = _Needles(needles, counts=(LEAST_LETTERS, 0, LEAST_LETTERS))
        in_bytes = [(form.encode().decode("latin-1"), number, 0) for form, number in anywhere]
        self._bytes = _Needles([one for one in in_bytes if len(one[0]) >= _LEAST_BYTES], counts=(_LEAST_BYTES,))

    def whole(self, text: str) -> set[int]:
        """The numbers of those that stand in a text as it is, whole, in either direction."""
        return self.both(text)[0]

    def both(self, text: str) -> tuple[set[int], set[int]]:
        """The same, and the numbers of those of which a piece stands there."""
        letters = folded(text)
        found = self._needles.found(letters, _codes(letters))
        whole = {number for _, number, kind in found if kind == _ANYWHERE}
        short = [(form, number) for form, number, kind in found if kind == _SHORT]
        if short:
            folds = fold(text)
            whole |= {number for form, number in short for _ in folds.places(form, whole_words=not unspaced(form))}
        return whole, {number for _, number, kind in found if kind == _PIECES}

    def in_bytes(self, content: bytes) -> set[int]:
        """The numbers of those that stand letter by letter in bytes, each letter one byte, UTF-8 or UTF-16."""
        found: set[int] = set()
        low = content.lower()
        for one in (low, low.replace(b"\x00", b"")) if b"\x00" in low else (low,):
            codes = np.frombuffer(one, dtype=np.uint8)
            found |= {number for _, number, _ in self._bytes.found(one.decode("latin-1"), codes)}
        return found


def _both_ways(needles: Iterable[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    for needle, number in needles:
        yield needle, number
        yield needle[::-1], number


def _codes(letters: str) -> NDArray[np.uint32]:
    return np.frombuffer(letters.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
