"""What was left out of a record, as it is looked for in what is given. Pure.

Rules kept: what has 6 or more letters and digits when folded is looked for anywhere, in either direction; what is
shorter only where a rule or a list says what it is (a number with a check, an address, a name of the record's list),
and then as a whole word. A long passage is looked for in pieces too, since a part of it is a leak as well. What is
looked for in no way but by its region is counted, so that a report can say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from search.disclosure.redaction import Found
from search.disclosure.redaction_folding import fold, folded, unspaced
from search.disclosure.redaction_suggestions import find_spans, name_forms
from search.disclosure.redaction_views import views
from storage.telephone_numbers import normal_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LEAST_LETTERS: Final = 6
_PIECE: Final = 24  # letters; any 31 that leak in one go hold a whole piece
_STEP: Final = 8
_MOST_SINGLE: Final = 64
_PLUS_ONE: Final = "+1"
_VALIDATED: Final = (Found.SSN, Found.PHONE, Found.EMAIL, Found.ACCOUNT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """Folded strings to be looked for: `anywhere`, as `whole_words`, and `pieces` of 24 letters; `unsought` in none."""

    anywhere: frozenset[str]
    whole_words: frozenset[str]
    pieces: frozenset[str]
    unsought: int

    def stands_in(self, text: str) -> bool:
        """Whether any of them can be read in a text or in another form of it."""
        return any(self._stands(one) for one in views(text))

    def stands_plainly_in(self, text: str) -> bool:
        """Whether any of them can be read in a text as it is."""
        return self._stands(text)

    def stands_in_bytes(self, content: bytes) -> bool:
        """Whether any of 6 letters or more stands letter by letter in bytes that are no text, such as pixels."""
        low = content.lower()
        wanted = (one for one in self.anywhere if len(one) > LEAST_LETTERS + 1)
        return any(form in low for one in wanted for form in (one.encode(), one.encode("utf-16-be")))

    def _stands(self, text: str) -> bool:
        letters = folded(text)
        if any(one in letters or one[::-1] in letters for one in self.anywhere):
            return True
        if self._has_piece(letters):
            return True
        if self.whole_words and any(one in letters for one in self.whole_words):
            whole = fold(text)
            return any(True for one in self.whole_words for _ in whole.places(one, whole_words=not unspaced(one)))
        return False

    def _has_piece(self, letters: str) -> bool:
        if len(self.pieces) <= _MOST_SINGLE:
            return any(one in letters for one in self.pieces)
        return any(letters[at : at + _PIECE] in self.pieces for at in range(len(letters) - _PIECE + 1))


def secrets_of(taken: Sequence[str], *, roster: Sequence[str] = ()) -> Secrets:
    """What is to be looked for of strings that were left out; `roster` are names of the record's own list."""
    anywhere: set[str] = set()
    whole_words: set[str] = set()
    pieces: set[str] = set()
    unsought = 0
    names = {folded(form) for name in roster for form in name_forms(name)}
    for one in dict.fromkeys(taken):
        letters = folded(one)
        if len(letters) >= LEAST_LETTERS:
            anywhere.add(letters)
            anywhere.update(_other_forms(one))
            if len(letters) >= _PIECE + _STEP:
                pieces.update(letters[at : at + _PIECE] for at in range(0, len(letters) - _PIECE + 1, _STEP))
        elif letters and (letters in names or find_spans(one, _VALIDATED)):
            whole_words.update(folded(form) for form in name_forms(one))
        else:
            unsought += bool(letters)
        for inner in _sure(one, roster):
            (anywhere if len(inner) >= LEAST_LETTERS else whole_words).add(inner)
    return Secrets(
        anywhere=frozenset(anywhere),
        whole_words=frozenset(whole_words),
        pieces=frozenset(pieces),
        unsought=unsought,
    )


def _other_forms(text: str) -> Iterator[str]:
    """A telephone number with and without the country's code, a name turned."""
    number = normal_number(text)
    if number:
        yield folded(number)
        if number.startswith(_PLUS_ONE):
            yield number.removeprefix(_PLUS_ONE)


def _sure(text: str, roster: Sequence[str]) -> Iterator[str]:
    """Numbers, addresses and listed names inside of what was left out: each leaks by itself."""
    for one in find_spans(text, (*_VALIDATED, Found.NAME), roster=roster):
        inner = text[one.span.start : one.span.end]
        yield folded(inner)
        yield from _other_forms(inner)
