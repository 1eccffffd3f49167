"""What ``kind:``, ``is:``, ``has:`` and the other fields with a value of their own ask for. Pure.

Rules:

- A field that has a closed list takes nothing else: a value that is mistyped would find nothing, and nobody would know.
- What the catalogue says (``is:``, ``series:``, ``hold:``, ``request:``) is left as it is written;
  `search.catalogued` resolves it. ``is:unsearchable`` alone is in the index: the flags name why something was not read.
- Whether a record is a duplicate, transferred or destroyed is not asked with ``is:``: the first is a grouping of hits,
  and the others are in no search.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from search.documents import HAS_FLAGS
from search.languages import STEMMED
from search.queries import Fact, Field, Is, Query, Words, disjunction
from search.query_errors import Misread, nearest
from search.unread_reasons import Unread, reason_word
from storage.records import Channel, RecordKind

if TYPE_CHECKING:
    from search.query_tokens import Token

LONGEST_VALUE: Final = 200
UNSEARCHABLE: Final = "unsearchable"
STATES: Final = ("active", "held", "eligible", "needs_event", "conflict", "unscheduled", "restricted", "superseded")
"""Values of ``is:`` that the catalogue answers."""
_VALUES: Final = {
    Fact.KIND: tuple(kind.value for kind in RecordKind),
    Fact.CHANNEL: tuple(channel.value for channel in Channel),
    Fact.STATE: (*STATES, UNSEARCHABLE),
}
_AS_WRITTEN: Final = (Fact.ID, Fact.SERIES, Fact.HOLD, Fact.REQUEST)
_CODE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,3}", re.ASCII)
_CODES_BY_NAME: Final = {name: code for code, name in STEMMED.items()}


def read_fact(token: Token, name: str) -> Query:
    """What a value of a field asks for.

    Args:
        token: the value.
        name: the field, one of `search.query_tokens.FACT_FIELDS`.

    Raises:
        Misread: the field takes no such value.
    """
    fact = Fact(name)
    value = token.text.strip()
    if fact not in _AS_WRITTEN:
        value = value.lower()
    if not value:
        raise Misread(f"{name}: needs a value", token.position)
    if len(value) > LONGEST_VALUE or "*" in value or "\x00" in value or not value.isprintable():
        raise Misread(f"{name}: takes one value as it is, without *", token.position)
    known = _VALUES.get(fact)
    if known is not None and value not in known:
        raise _unknown(token, name, value, known)
    if fact is Fact.LANGUAGE and _CODE.fullmatch(value) is None:
        code = _CODES_BY_NAME.get(value)
        instead = None if code is None else (token.position, token.end, code)
        raise Misread("lang: takes a language by its code, as in lang:es", token.position, instead)
    if fact is Fact.STATE and value == UNSEARCHABLE:
        return disjunction(Words(Field.HAS, (reason_word(code),)) for code in Unread)
    return Is(fact, value, token.position)


def read_flag(token: Token) -> Words:
    """What a value of ``has:`` asks for.

    Raises:
        Misread: it is not one of `HAS_FLAGS`.
    """
    value = token.text.strip().lower()
    if value not in HAS_FLAGS:
        raise _unknown(token, "has", value, HAS_FLAGS)
    return Words(Field.HAS, (value,))


def _unknown(token: Token, name: str, value: str, known: tuple[str, ...]) -> Misread:
    near = nearest(value, known)
    hint = "" if near is None else f"; perhaps {name}:{near} is meant"
    instead = None if near is None else (token.position, token.end, near)
    return Misread(f"{name}: takes one of {', '.join(known)}{hint}", token.position, instead)
