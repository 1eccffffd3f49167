"""Street addresses, and words of health and of counselling, as they stand in the messages of schools. Pure.

Rules kept:

- An address is a house number, a name and a kind of street as the postal service lists them (USPS Publication 28,
  appendix C), or a post-office box; a number before other words is none.
- Words of health and counselling come from a list (`terms/english.toml`). What is said of many things counts only where
  a word for a person stands beside it. None of this is sure; all of it is for a person to decide.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Final

from search.disclosure.phrases import Phrases
from search.disclosure.redaction import Found, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from search.disclosure.redaction_folding import Folded

_BESIDE: Final = 60  # characters between a word and the person that it is said of
_LIST: Final = "terms/english.toml"
_KINDS: Final = (
    "Alley|Avenue|Ave|Av|Boulevard|Blvd|Circle|Cir|Court|Ct|Crescent|Cres|Cove|Drive|Dr|Expressway|Expy|Freeway|Fwy"
    "|Heights|Hts|Highway|Hwy|Lane|Ln|Loop|Parkway|Pkwy|Pike|Place|Pl|Plaza|Plz|Point|Pt|Road|Rd|Route|Rte|Row|Square"
    "|Sq|Street|St|Terrace|Ter|Trail|Trl|Turnpike|Tpke|Way"
)
_SAID_LOW: Final = "avenue|boulevard|lane|road|street|terrace"  # what is written small in chats and means nothing else
_STATES: Final = (
    "A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|P[AR]|RI|S[CD]|T[NX]|UT|V[AIT]"
    "|W[AIVY]"
)
_UNIT: Final = r"(?:,? (?:Apt|Apartment|Unit|Suite|Ste|Lot|Floor|Fl|#)\.? ?#?[0-9A-Za-z-]{1,6})?"
_TOWN: Final = r"[A-Z][A-Za-z.'-]{1,20}(?: [A-Z][A-Za-z.'-]{1,20}){0,2}"
_CITY: Final = rf"(?:,? {_TOWN},? (?:{_STATES})(?: [0-9]{{5}}(?:-[0-9]{{4}})?)?)?"
_NAMED: Final = (
    r"(?:[NSEW]{1,2}\.? |North |South |East |West )?(?:[A-Z][A-Za-z.'-]{1,20} |[0-9]{1,3}(?:st|nd|rd|th) ){1,3}"
)
_STREET: Final = re.compile(
    rf"(?<![\w$#.,:/-])[1-9][0-9]{{0,5}}[A-Za-z]? {_NAMED}(?:{_KINDS})\b\.?(?: [NSEW]{{1,2}}\b)?{_UNIT}{_CITY}"
)
_LOW: Final = re.compile(
    rf"(?<![\w$#.,:/-])[1-9][0-9]{{0,5}} ([a-z][a-z'-]{{1,20}}(?: [a-z][a-z'-]{{1,20}})?) (?:{_SAID_LOW})\b"
)
_BOX: Final = re.compile(rf"\b(?:P\.? ?O\.? ?|Post Office )Box [0-9]{{1,6}}\b{_CITY}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Terms:
    alone: Phrases
    near: Phrases


@dataclass(frozen=True, slots=True, kw_only=True)
class _List:
    persons: Phrases
    never: Phrases
    kinds: dict[Found, _Terms]
    no_streets: frozenset[str]


def addresses(text: str) -> Iterator[tuple[Span, str]]:
    """Where street addresses and post-office boxes stand, and why each is one."""
    for one in _STREET.finditer(text):
        yield Span(start=one.start(), end=one.end() - one[0].endswith(".")), "a house number and a street"
    for one in _LOW.finditer(text):
        if not _listed().no_streets.intersection(one[1].split()):
            yield Span(start=one.start(), end=one.end()), "a house number and a street"
    for one in _BOX.finditer(text):
        yield Span(start=one.start(), end=one.end()), "a post-office box"


def private_terms(whole: Folded, kind: Found) -> Iterator[tuple[Span, str]]:
    """Where words of health (`Found.MEDICAL`) or of counselling stand, and why each is one."""
    listed = _listed()
    terms = listed.kinds[kind]
    said = "health" if kind is Found.MEDICAL else "counselling"
    alone, near = list(terms.alone.find(whole)), list(terms.near.find(whole))
    if not alone and not near:
        return
    never = list(listed.never.find(whole))
    persons = list(listed.persons.find(whole)) if near else []
    for span in alone:
        if not any(_overlap(span, other) for other in never):
            yield span, f"a word of {said}"
    for span in near:
        beside = Span(start=max(0, span.start - _BESIDE), end=span.end + _BESIDE)
        meant = any(_overlap(beside, one) for one in persons)
        if meant and not any(_overlap(span, other) for other in (*never, *alone)):
            yield span, f"a word of {said} beside one for a person"


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


@lru_cache(maxsize=1)
def _listed() -> _List:
    found = tomllib.loads(resources.files("search.disclosure").joinpath(_LIST).read_text("utf-8"))
    kinds = {
        kind: _Terms(Phrases(tuple(found[kind.value]["alone"])), Phrases(tuple(found[kind.value]["near"])))
        for kind in (Found.MEDICAL, Found.COUNSELLING)
    }
    return _List(
        persons=Phrases(tuple(found["persons"])),
        never=Phrases(tuple(found["never"]["phrases"])),
        kinds=kinds,
        no_streets=frozenset(found["address"]["no_names"]),
    )
