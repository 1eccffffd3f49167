"""What is said of a query that cannot be understood: the place, a sentence, and where it is plain the query put right.

Rules:

- A sentence never repeats words of the query: errors may be logged, queries may not. The corrected query stands in the
  field ``suggestion``, which goes to who asked and to nobody else.
- What is suggested is always a query that can be understood; otherwise nothing is suggested.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LONGEST_SUGGESTION: Final = 500
_LIKE_ENOUGH: Final = 0.7


class Misread(InvalidInput):
    """A query that cannot be understood; `instead` is what to write from one place to another, where that is plain.

    Places are counted in characters from 0. A second `instead` closes what was opened: it is put behind the query.
    """

    def __init__(self, message: str, position: int, instead: tuple[int, int, str] | None = None) -> None:
        super().__init__(message, position=position)
        self.position = position
        self.instead = instead


def nearest(word: str, known: Iterable[str], cutoff: float = _LIKE_ENOUGH) -> str | None:
    """The known word that is most like a mistyped one, or None."""
    return next(iter(difflib.get_close_matches(word[:40], list(known), n=1, cutoff=cutoff)), None)


def with_suggestion(error: Misread, text: str, understood: Callable[[str], bool]) -> InvalidInput:
    """The error for who asked: with the corrected query, if that can be understood."""
    fields: dict[str, str | int] = {"position": max(0, min(error.position, len(text)))}
    if error.instead is not None and len(text) <= LONGEST_SUGGESTION:
        start, end, written = error.instead
        corrected = " ".join((text[:start] + written + text[end:]).split())
        if corrected.isprintable() and understood(corrected):
            fields["suggestion"] = corrected
    return InvalidInput(error.message, **fields)
