"""Many phrases looked for in a text at once, in one pass over its words. Pure.

Rule: words are compared folded (`redaction_folding`) and whole; scripts that put no spaces between words are looked for
by their letters. Where one phrase begins another, the longest is found.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from search.disclosure.redaction_folding import fold, folded, unspaced

if TYPE_CHECKING:
    from collections.abc import Iterator

    from search.disclosure.redaction import Span
    from search.disclosure.redaction_folding import Folded

_MOST_LISTS: Final = 16


class Phrases:
    """Phrases made ready to be looked for; those with fewer than `least` letters are left out."""

    def __init__(self, phrases: tuple[str, ...], *, least: int = 1) -> None:
        self._unspaced = tuple(folded(one) for one in phrases if unspaced(one))
        self._by_first: dict[str, dict[int, set[tuple[str, ...]]]] = {}
        for phrase in phrases:
            if unspaced(phrase) or len(folded(phrase)) < least:
                continue
            words = tuple(word for word, _, _ in fold(phrase).words())
            self._by_first.setdefault(words[0], {}).setdefault(len(words), set()).add(words)

    def find(self, whole: Folded) -> Iterator[Span]:
        """Where they stand in a folded text; first those without spaces, then the others in order."""
        for needle in self._unspaced:
            yield from whole.spans(needle, whole_words=False)
        if not self._by_first:
            return
        stream = list(whole.words())
        for index, (word, start, _) in enumerate(stream):
            known = self._by_first.get(word)
            if known is None:
                continue
            longest = max((count for count, some in known.items() if _here(stream, index, count) in some), default=0)
            if longest:
                yield whole.span(start, stream[index + longest - 1][2])


@lru_cache(maxsize=_MOST_LISTS)
def phrases_of(phrases: tuple[str, ...], least: int = 1) -> Phrases:
    """The same phrases are made ready once."""
    return Phrases(phrases, least=least)


def _here(stream: list[tuple[str, int, int]], index: int, count: int) -> tuple[str, ...]:
    return tuple(one for one, _, _ in stream[index : index + count])
