"""A part of a query as one would type it: for telling which part found a record, or found nothing. Pure.

Rule: what is written here is understood by `search.query_language` and means the same; only what rights add to a
query, and ids that the catalogue told, have no such form.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from search.queries import Among, And, Between, Clock, Fact, Field, Is, Like, Likeness, Not, Or, Sized, Words

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from search.queries import Leaf, Query

_OPERATORS = frozenset({"and", "or", "not"})
_LONGEST = 200
_RANGES = {Clock.HAPPENED: "on", Clock.SENT: "sent", Clock.CAPTURED: "captured"}


def said(query: Query, zone: tzinfo) -> str:
    """A query as text, at most some hundred characters of it; days are those of `zone`."""
    text = _said(query, zone, inside=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}\N{HORIZONTAL ELLIPSIS}"


def _said(query: Query, zone: tzinfo, *, inside: bool) -> str:
    match query:
        case Not():
            return f"-{_said(query.part, zone, inside=True)}"
        case And():
            text = " ".join(_said(part, zone, inside=True) for part in query.parts)
            return f"({text})" if inside else text
        case Or():
            text = " OR ".join(_said(part, zone, inside=True) for part in query.parts)
            return f"({text})" if inside else text
        case _:
            return said_leaf(query, zone)


def said_leaf(leaf: Leaf, zone: tzinfo) -> str:
    """One leaf as text."""
    match leaf:
        case Words():
            text = _words(leaf)
        case Like():
            text = _prefixed(leaf.field, _like(leaf))
        case Is():
            text = "one's own" if leaf.fact is Fact.CUSTODIAN_ID else f"{leaf.fact.value}:{quoted(leaf.value)}"
        case Sized():
            least = "" if leaf.least is None else str(leaf.least)
            text = f"size:{least}..{'' if leaf.below is None else leaf.below - 1}"
        case Between():
            text = _between(leaf, zone)
        case Among():
            text = "what the catalogue lists"
    return text


def quoted(text: str) -> str:
    """Text as one value after a colon, in quotation marks where it needs them."""
    plain = text.replace('"', " ").strip()
    simple = plain and all(letter.isalnum() or letter in "._@+-/" for letter in plain)
    return plain if simple and plain[0] != "-" and plain.lower() not in _OPERATORS else f'"{plain}"'


def _words(leaf: Words) -> str:
    if leaf.field is Field.MARK:
        return f"{leaf.words[0]}{'*' if leaf.prefix else ''}"
    line = " ".join(leaf.words)
    if leaf.within is not None:
        text = f'"{line}"~{leaf.within}'
    elif len(leaf.words) > 1 or line in _OPERATORS:
        text = f'"{line}"{"*" if leaf.prefix else ""}'
    else:
        text = f"{line}{'*' if leaf.prefix else ''}"
    # a number has no other form; a telephone number is one word, however it was typed
    return _prefixed(leaf.field, f"exact:{text}" if leaf.exact and not line.isdecimal() else text)


def _prefixed(where: Field, text: str) -> str:
    return text if where is Field.ANY else f"{where.value}:{text}"


def _like(leaf: Like) -> str:
    match leaf.how:
        case Likeness.GLOB:
            return leaf.pattern
        case Likeness.FUZZY:
            return f"{leaf.pattern}~{leaf.distance}"
        case Likeness.REGEX:
            return "/{}/".format(leaf.pattern.replace("/", "\\/"))


def _between(leaf: Between, zone: tzinfo) -> str:
    first = None if leaf.start is None else _day(leaf.start, zone)
    last = None if leaf.end is None else _day(leaf.end - timedelta(microseconds=1), zone)
    name = _RANGES[leaf.clock]
    if first is None and last is None:
        return f"{name}:[any time]"
    if leaf.clock is Clock.HAPPENED and leaf.end is not None and first is None:
        return f"before:{_day(leaf.end, zone)}"
    if leaf.clock is Clock.HAPPENED and leaf.start is not None and last is None:
        return f"after:{_day(leaf.start - timedelta(microseconds=1), zone)}"
    return f"{name}:{first or ''}" if first == last else f"{name}:{first or ''}..{last or ''}"


def _day(moment: datetime, zone: tzinfo) -> str:
    try:
        return moment.astimezone(zone).date().isoformat()
    except OverflowError:  # the first or the last day that there is
        return moment.date().isoformat()
