"""Many thousand folded strings looked for in a text at once. Pure.

Rule kept: nothing that stands there is missed. Every place of a text is compared by a sum over its next letters with a
table of the sums with which the strings begin (numpy, many places at once); where the sum is known the letters
themselves are compared. So a text costs by its length, however many strings there are. A sum over many letters is made
of two over half of them, so that it costs by the logarithm of their number.
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

_BITS: Final = (14, 20)  # of a table: 16 KiB, which stay near the processor, to one mebibyte
_ROOM: Final = 1 << 10  # places of a table for each string, so that few sums are known by chance
_AT_ONCE: Final = 1 << 15  # places whose sums are made together
_BASE: Final = 0x9E3779B97F4A7C15
_ALL: Final = 0xFFFFFFFFFFFFFFFF
_LAST: Final = np.uint64(0xD6E8FEB86659FD93)
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
        most = max(map(len, self._by_first.values()), default=0)
        bits = min(max((most * _ROOM).bit_length(), _BITS[0]), _BITS[1])
        self._shift = np.uint64(64 - bits)
        self._tables = {count: self._table(count, list(first), bits) for count, first in self._by_first.items()}

    def found(self, letters: str) -> set[tuple[str, int, int]]:
        """Those that stand in these letters."""
        met: set[tuple[str, int, int]] = set()
        longest = max(self._tables, default=0)
        for start in range(0, len(letters), _AT_ONCE if longest else len(letters) + 1):
            part = _codes(letters[start : start + _AT_ONCE + longest - 1])
            for count, sums in _sums(part, self._tables, self._shift):
                first = self._by_first[count]
                for at in self._tables[count].take(sums).nonzero()[0].tolist():
                    place = start + at
                    for one in first.get(letters[place : place + count], ()):
                        if one not in met and letters.startswith(one[0], place):
                            met.add(one)
        return met

    def _table(self, count: int, beginnings: Sequence[str], bits: int) -> NDArray[np.bool_]:
        table = np.zeros(1 << bits, dtype=np.bool_)
        for _, sums in _sums(_codes("".join(beginnings)), (count,), self._shift):
            table[sums[::count]] = True
        return table


def _sums(
    codes: NDArray[np.uint64], counts: Collection[int], shift: np.uint64
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """For each of these counts, a sum over so many letters for every place at which they begin."""
    doubled = {1: codes}
    for count in sorted(one for one in counts if one <= len(codes)):
        whole, done = None, 0
        for half in (1 << at for at in range(count.bit_length())):
            if half not in doubled:
                doubled[half] = _joined(doubled[half // 2], doubled[half // 2], half // 2)
            if count & half:
                whole = doubled[half] if whole is None else _joined(whole, doubled[half], done)
                done += half
        if whole is not None:
            yield count, ((whole * _LAST) >> shift).view(np.int64)


def _joined(first: NDArray[np.uint64], second: NDArray[np.uint64], count: int) -> NDArray[np.uint64]:
    """Sums over `count` letters and those that follow them."""
    joined = second[count:] * np.uint64(pow(_BASE, count, _ALL + 1))
    joined += first[: len(joined)]
    return joined


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
        found = self._needles.found(letters)
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
            found |= {number for _, number, _ in self._bytes.found(one.decode("latin-1"))}
        return found


def _both_ways(needles: Iterable[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    for needle, number in needles:
        yield needle, number
        yield needle[::-1], number


def _codes(letters: str) -> NDArray[np.uint64]:
    try:
        return np.frombuffer(letters.encode("latin-1"), dtype=np.uint8).astype(np.uint64)
    except UnicodeEncodeError:
        return np.frombuffer(letters.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
