"""What was left out of a record, as it is looked for in what is given. Pure.

Rules kept: what has 6 or more letters and digits when folded is looked for anywhere, in either direction; what is
shorter only where a rule or a list says what it is (a number with a check, an address, a name of the record's list),
and then as a whole word. A long passage is looked for in pieces too, since a part of it is a leak as well. What is
looked for in no way but by its region is counted, so that a report can say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from search.disclosure.redaction import Found
from search.disclosure.redaction_folding import fold, folded, unspaced
from search.disclosure.redaction_suggestions import find_spans, name_forms
from search.disclosure.redaction_views import views
from storage.telephone_numbers import normal_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LEAST_LETTERS: Final = 6
PIECE: Final = 24  # letters; any 31 that leak in one go hold a whole piece
_STEP: Final = 8
_MOST_SINGLE: Final = 64
_PLUS_ONE: Final = "+1"
_VALIDATED: Final = (Found.SSN, Found.PHONE, Found.EMAIL, Found.ACCOUNT)
_SOME: Final = frozenset({0})


class Sought(Protocol):
    """Strings that must not stand in what is given; who asks learns which, by number, and never what they are."""

    def standing_in(self, text: str, page: int | None = None) -> frozenset[int]:
        """Those that can be read in a text of a page, or of the whole file, or in another form of that text."""
        ...

    def standing_in_bytes(self, content: bytes, *, pixels: bool = False) -> frozenset[int]:
        """Those that stand letter by letter in bytes that are no text."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SoughtString:
    """A string that was left out: `shown` as it stood, `letters` folded, by which two of them are the same.

    `forms` are all folded ways of writing it; one for `whole_words` is short, and looked for as whole words only.
    `pieces` are parts of a long one.
    """

    shown: str
    letters: str
    forms: frozenset[str]
    whole_words: bool = False
    pieces: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """Folded strings to be looked for: `anywhere`, as `whole_words`, and `pieces` of 24 letters; `unsought` in none."""

    anywhere: frozenset[str]
    whole_words: frozenset[str]
    pieces: frozenset[str]
    unsought: int

    def standing_in(self, text: str, page: int | None = None) -> frozenset[int]:
        """Number 0 where any of them can be read in a text or in another form of it."""
        del page  # they are of one record, and so is each page
        return _SOME if self.stands_in(text) else frozenset()

    def standing_in_bytes(self, content: bytes, *, pixels: bool = False) -> frozenset[int]:
        """Number 0 where any of 8 letters or more stands letter by letter in bytes."""
        del pixels
        low = content.lower()
        wanted = (one for one in self.anywhere if len(one) > LEAST_LETTERS + 1)
        there = any(form in low for one in wanted for form in (one.encode(), one.encode("utf-16-be")))
        return _SOME if there else frozenset()

    def stands_in(self, text: str) -> bool:
        """Whether any of them can be read in a text or in another form of it."""
        return any(self._stands(one) for one in views(text))

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
        return any(letters[at : at + PIECE] in self.pieces for at in range(len(letters) - PIECE + 1))


def sought_strings(taken: Sequence[str], *, roster: Sequence[str] = ()) -> tuple[tuple[SoughtString, ...], int]:
    """What is to be looked for of strings that were left out, and how many of them by their region only.

    `roster` are names of the record's own list. Numbers, addresses and listed names inside of a string are looked for
    by themselves too.
    """
    found: dict[str, SoughtString] = {}
    names = {folded(form) for name in roster for form in name_forms(name)}
    unsought = 0
    for one in dict.fromkeys(taken):
        letters = folded(one)
        if len(letters) >= LEAST_LETTERS or (letters and (letters in names or find_spans(one, _VALIDATED))):
            _add(found, _whole(one, letters, named=letters in names))
        else:
            unsought += bool(letters)
        for inner, named in _sure(one, roster):
            _add(found, _whole(inner, folded(inner), named=named))
    return tuple(found.values()), unsought


def secrets_of(taken: Sequence[str], *, roster: Sequence[str] = ()) -> Secrets:
    """The same as sets of folded strings, for the output of one record."""
    strings, unsought = sought_strings(taken, roster=roster)
    return Secrets(
        anywhere=frozenset(form for one in strings if not one.whole_words for form in one.forms),
        whole_words=frozenset(form for one in strings if one.whole_words for form in one.forms),
        pieces=frozenset(piece for one in strings for piece in one.pieces),
        unsought=unsought,
    )


def _add(found: dict[str, SoughtString], one: SoughtString) -> None:
    if one.letters:
        found.setdefault(one.letters, one)


def _whole(text: str, letters: str, *, named: bool) -> SoughtString:
    """A string with the other ways of writing it: a telephone number with and without its country, a name turned."""
    number = normal_number(text)
    forms = {letters}
    if number:
        letters = folded(number)
        forms |= {letters, number.removeprefix(_PLUS_ONE) if number.startswith(_PLUS_ONE) else letters}
    if named or len(letters) < LEAST_LETTERS:
        forms |= {folded(form) for form in name_forms(text)}
    long = len(letters) >= PIECE + _STEP
    pieces = (letters[at : at + PIECE] for at in range(0, len(letters) - PIECE + 1, _STEP)) if long else ()
    return SoughtString(
        shown=text,
        letters=letters,
        forms=frozenset(forms),
        whole_words=len(letters) < LEAST_LETTERS,
        pieces=frozenset(pieces),
    )


def _sure(text: str, roster: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Numbers, addresses and listed names inside of what was left out, and whether it is a name: each leaks alone."""
    for one in find_spans(text, (*_VALIDATED, Found.NAME), roster=roster):
        yield text[one.span.start : one.span.end], one.kind is Found.NAME
