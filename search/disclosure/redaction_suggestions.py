"""Words of a text that a person may want to leave out: each with the reason for which it was found. Pure.

Rule kept: these are suggestions and never decisions. Numbers are suggested where they satisfy the rules of their kind,
not only its shape: social security numbers (area, group and serial as SSA has issued them since June 2011, POMS RM
10201.035), telephone numbers (E.164, NANP), cards (ISO/IEC 7812-1 Annex B, Luhn). Names come from a list that the
agency gives, addresses and private words from `private_words`. All expressions are linear: repetitions are bounded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from search.disclosure.phrases import phrases_of
from search.disclosure.private_words import addresses, private_terms
from search.disclosure.redaction import Found, Span
from search.disclosure.redaction_folding import fold
from storage.telephone_numbers import normal_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

MOST_SUGGESTIONS: Final = 10_000
_NEAR: Final = 40  # characters before a number that say what it is
_SSN: Final = re.compile(r"(?<![0-9])([0-9]{3})([-. \u2010-\u2013]?)([0-9]{2})\2([0-9]{4})(?![0-9])")
_SSN_SAID: Final = re.compile(r"\b(?:ssn|social security|soc\.? ?sec)", re.IGNORECASE)
_NEVER_ISSUED: Final = frozenset({"078051120", "219099999"})  # printed on sample cards
_ITIN_GROUPS: Final = (*range(50, 66), *range(70, 89), *range(90, 93), *range(94, 100))
_PHONE: Final = re.compile(r"(?<![0-9])\+?\(?[0-9](?:[ .()/\u00a0\u2010-\u2013\u202f-]{0,3}[0-9]){6,16}(?![0-9])")
_DIGITS: Final = re.compile("[0-9]+")
_HASH: Final = re.compile("(?=[0-9]*[a-f])[0-9a-f]{12,}|(?=[0-9]*[A-F])[0-9A-F]{12,}")  # digits and letters of a digest
_GROUPS: Final = frozenset({(10,), (11,), (3, 3, 4), (1, 3, 3, 4), (3, 7), (1, 3, 7), (6, 4), (1, 10), (4, 3, 4)})
_LOCAL: Final = re.compile(r"(?<![0-9.-])[2-9][0-9]{2}[-. \u2010-\u2013][0-9]{4}(?![0-9-])")  # of NANP, without area
_PHONE_SAID: Final = re.compile(r"\b(?:call|cell|fax|mobile|phone|reach|tel|telephone|text)\b", re.IGNORECASE)
_EMAIL: Final = re.compile(r"(?<![\w.+%-])[\w.+%'-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![\w-])")
_BORN: Final = re.compile(r"\b(?:born|birth|birthday|birthdate|d\.?o\.?b\b)", re.IGNORECASE)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DATE: Final = re.compile(
    r"(?<![0-9])(?:(?P<y>[0-9]{4})-(?P<m>[0-9]{1,2})-(?P<d>[0-9]{1,2})"
    r"|(?P<a>[0-9]{1,2})[/.-](?P<b>[0-9]{1,2})[/.-](?P<c>[0-9]{4}|[0-9]{2})"
    r"|(?P<name>[A-Za-z]{3,9})\.? (?P<nd>[0-9]{1,2})(?:st|nd|rd|th)?,? (?P<ny>[0-9]{4})"
    r"|(?P<ed>[0-9]{1,2}) (?P<ename>[A-Za-z]{3,9})\.? (?P<ey>[0-9]{4}))(?![0-9])"
)
_CARD: Final = re.compile(r"(?<![0-9])[0-9](?:[ -]?[0-9]){11,18}(?![0-9])")
_ACCOUNT: Final = re.compile(r"(?<![0-9])[0-9](?:[ -]?[0-9]){4,16}(?![0-9])")
_ACCOUNT_SAID: Final = re.compile(r"\b(?:acct|account|routing|iban|student id|id number)\b", re.IGNORECASE)
_LEAST_NAME: Final = 2  # letters
_MOST_LISTS: Final = 4
_OF_WORDS: Final = frozenset({Found.WORDS, Found.NAME, Found.MEDICAL, Found.COUNSELLING})
_DIGITS_OF_CENTURY: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """Characters that may have to be left out, as what, and why; the reason is a phrase without content."""

    span: Span
    kind: Found
    reason: str


def find_spans(
    text: str,
    kinds: Sequence[Found],
    *,
    words: Sequence[str] = (),
    roster: Sequence[str] = (),
    most: int = MOST_SUGGESTIONS,
) -> tuple[Suggestion, ...]:
    """What stands in a text of these kinds, in order, `most` at most; `words` for WORDS, `roster` for NAME."""
    found: list[Suggestion] = []
    wanted = frozenset(kinds)
    if wanted & _OF_WORDS:
        whole = fold(text)
        if Found.WORDS in wanted:
            said = phrases_of(tuple(words)).find(whole)
            found += (Suggestion(span=one, kind=Found.WORDS, reason="the words that were asked for") for one in said)
        if Found.NAME in wanted:
            said = phrases_of(_forms(tuple(roster)), _LEAST_NAME).find(whole)
            found += (Suggestion(span=one, kind=Found.NAME, reason="a name listed") for one in said)
        for kind in sorted(wanted & {Found.MEDICAL, Found.COUNSELLING}):
            told = private_terms(whole, kind)
            found += (Suggestion(span=span, kind=kind, reason=reason) for span, reason in told)
    for kind, finder in _FINDERS.items():
        if kind in wanted:
            found += finder(text)
    found.sort(key=lambda one: (one.span, one.kind))
    return tuple(found[:most])


def name_forms(name: str) -> tuple[str, ...]:
    """The ways in which a name is written: as listed, and turned at its comma or before its last word."""
    listed = " ".join(name.split())
    last, comma, first = listed.partition(",")
    if comma:
        return (listed, f"{first.strip()} {last.strip()}")
    head, _, tail = listed.rpartition(" ")
    return (listed, f"{tail}, {head}") if head else (listed,)


def is_ssn(digits: str) -> bool:
    """Whether nine digits can be a social security number."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    known = area not in {"000", "666"} and area < "900" and group != "00" and serial != "0000"
    return known and digits not in _NEVER_ISSUED


def has_luhn(digits: str) -> bool:
    """Whether the last digit checks the others (ISO/IEC 7812-1 Annex B); equal digits check nothing."""
    doubled = (sum(divmod(2 * int(one), 10)) for one in digits[-2::-2])
    return len(set(digits)) > 1 and (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


@lru_cache(maxsize=_MOST_LISTS)
def _forms(roster: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(form for name in roster for form in name_forms(name)))


def _ssns(text: str) -> Iterator[Suggestion]:
    for one in _SSN.finditer(text):
        digits = one[1] + one[3] + one[4]
        said = _SSN_SAID.search(text, max(0, one.start() - _NEAR), one.start())
        if not (one[2] or said):
            continue
        if is_ssn(digits):
            yield _suggestion(one, Found.SSN, "a valid social security number")
        elif digits[0] == "9" and int(digits[3:5]) in _ITIN_GROUPS:
            yield _suggestion(one, Found.SSN, "a valid individual taxpayer number")


def _phones(text: str) -> Iterator[Suggestion]:
    whole = [one for one in _PHONE.finditer(text) if _written_as_phone(one[0]) and normal_number(one[0])]
    whole = [one for one in whole if not (one[0].isdigit() and _is_of_a_hash(text, one))]
    ends = {one.end() for one in whole}
    yield from (_suggestion(one, Found.PHONE, "a valid telephone number") for one in whole)
    for one in _LOCAL.finditer(text):
        if one.end() not in ends and _PHONE_SAID.search(text, max(0, one.start() - _NEAR), one.start()):
            yield _suggestion(one, Found.PHONE, "a local number after a word for a telephone")


def _written_as_phone(number: str) -> bool:
    """Whether digits are grouped as telephone numbers are: days, times and numbers of orders are not."""
    return number.startswith("+") or tuple(map(len, _DIGITS.findall(number))) in _GROUPS


def _is_of_a_hash(text: str, digits: re.Match[str]) -> bool:
    """Whether digits are a piece of a longer run with letters of hexadecimal digits, as digests and ids are."""
    start, end = digits.span()
    while start > 0 and text[start - 1].isalnum() and digits.start() - start < _NEAR:
        start -= 1
    while end < len(text) and text[end].isalnum() and end - digits.end() < _NEAR:
        end += 1
    return _HASH.fullmatch(text, start, end) is not None


def _emails(text: str) -> Iterator[Suggestion]:
    for one in _EMAIL.finditer(text):
        yield _suggestion(one, Found.EMAIL, "an e-mail address")


def _births(text: str) -> Iterator[Suggestion]:
    for one in _DATE.finditer(text):
        if _BORN.search(text, max(0, one.start() - _NEAR), one.start()) and _is_date(one):
            yield _suggestion(one, Found.BIRTH_DATE, "a date after a word for birth")


def _is_date(one: re.Match[str]) -> bool:
    if one["y"]:
        return _day(one["y"], int(one["m"]), one["d"])
    if one["a"]:
        return _day(one["c"], int(one["a"]), one["b"]) or _day(one["c"], int(one["b"]), one["a"])
    name, day, year = (one["name"], one["nd"], one["ny"]) if one["name"] else (one["ename"], one["ed"], one["ey"])
    month = name[:3].casefold()
    return month in _MONTHS and _day(year, _MONTHS.index(month) + 1, day)


def _day(year: str, month: int, day: str) -> bool:
    try:
        date(int(year) + (2000 if len(year) == _DIGITS_OF_CENTURY else 0), month, int(day))
    except ValueError:
        return False
    return True


def _accounts(text: str) -> Iterator[Suggestion]:
    for one in _CARD.finditer(text):
        if has_luhn("".join(filter(str.isdigit, one[0]))):
            yield _suggestion(one, Found.ACCOUNT, "a number with a valid check digit (Luhn)")
    for one in _ACCOUNT.finditer(text):
        if _ACCOUNT_SAID.search(text, max(0, one.start() - _NEAR), one.start()):
            yield _suggestion(one, Found.ACCOUNT, "a number after a word for an account")


def _addresses(text: str) -> Iterator[Suggestion]:
    for span, reason in addresses(text):
        yield Suggestion(span=span, kind=Found.ADDRESS, reason=reason)


def _suggestion(found: re.Match[str], kind: Found, reason: str) -> Suggestion:
    return Suggestion(span=Span(start=found.start(), end=found.end()), kind=kind, reason=reason)


_FINDERS: Final[Mapping[Found, Callable[[str], Iterator[Suggestion]]]] = {
    Found.SSN: _ssns,
    Found.PHONE: _phones,
    Found.EMAIL: _emails,
    Found.BIRTH_DATE: _births,
    Found.ACCOUNT: _accounts,
    Found.ADDRESS: _addresses,
}
