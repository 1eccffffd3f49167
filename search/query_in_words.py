"""What a query asks for, said in plain English: for those who must swear to a search, and for those who check it. Pure.

Rule: it is made from the tree that is searched and not from what was typed, so it says what was understood. Every leaf
is said, with the field in which it is looked for; days are those of the given zone. Words stand as the analyser has
them: folded, without signs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from search.queries import Among, And, Between, Clock, Fact, Field, Is, Like, Likeness, Not, Or, Sized, Words

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from search.queries import Leaf, Query

_PLACES: Final = {
    Field.ANY: "in subject, text, file names or names and addresses of people",
    Field.FROM: "in the writer's name or address",
    Field.TO: "in a recipient's name or address",
    Field.CC: "in the name or address of somebody who got a copy",
    Field.PARTICIPANT: "in the name or address of anybody in the record",
    Field.CORRESPONDENT: "in the name or address of anybody but the custodian",
    Field.CUSTODIAN: "in the custodian's name or addresses",
    Field.SUBJECT: "in the subject or title",
    Field.TEXT: "in the text",
    Field.FILENAME: "in the name of a file",
    Field.HASH: "among the SHA-256 of the files",
    Field.MARK: "among tags, handles and signs",
    Field.ACCOUNT: "in the account on which it happened",
    Field.SCHOOL: "in the school",
    Field.HAS: "among what the record has",
}
_FACTS: Final = {
    Fact.KIND: "the kind of the record is",
    Fact.CHANNEL: "it was handed in by",
    Fact.PLATFORM: "the platform is",
    Fact.ID: "the id of record or submission is",
    Fact.LANGUAGE: "the language is",
    Fact.CUSTODIAN_ID: "the custodian is",
    Fact.STATE: "the state is",
    Fact.SERIES: "the series is",
    Fact.HOLD: "it is under the hold",
    Fact.REQUEST: "it belongs to the request",
}
_CLOCKS: Final = {
    Clock.HAPPENED: "sent (or, where that is not known, captured)",
    Clock.SENT: "sent",
    Clock.CAPTURED: "captured",
}


def in_words(query: Query, zone: tzinfo) -> str:
    """One sentence without a full stop; parts that are made of parts stand in parentheses."""
    match query:
        case Not():
            return f"not {_grouped(query.part, zone)}"
        case And():
            return " and ".join(_grouped(part, zone) for part in query.parts)
        case Or():
            return " or ".join(_grouped(part, zone) for part in query.parts)
        case _:
            return _leaf(query, zone)


def _grouped(query: Query, zone: tzinfo) -> str:
    said = in_words(query, zone)
    return f"({said})" if isinstance(query, And | Or) else said


def _leaf(query: Leaf, zone: tzinfo) -> str:
    match query:
        case Words():
            return _words(query)
        case Like():
            return f"{_like(query)} {_PLACES[query.field]}"
        case Is():
            return f"{_FACTS[query.fact]} {query.value}"
        case Sized():
            return _sized(query)
        case Between():
            return _between(query, zone)
        case Among():
            return f"it is one of {len(query.record_ids):,} records that the catalogue names"


def _words(query: Words) -> str:
    place = _PLACES[query.field]
    shown = ", ".join(f'"{one}"' for one in query.words)
    if query.field in {Field.MARK, Field.HASH, Field.HAS}:
        return f'"{" ".join(query.words)}" {place}'
    if query.within is not None:
        between = f"at most {query.within} other {'word' if query.within == 1 else 'words'} between them"
        ending = "exactly" if query.exact else "in any form"
        return f"the words {shown} {ending}, in any order, {between}, {place}"
    line = " ".join(query.words)
    if query.prefix:
        what = "a word that begins with" if len(query.words) == 1 else "words side by side, the last of which goes on,"
        return f'{what} "{line}" {place}'
    what = "the word" if len(query.words) == 1 else "the words side by side"
    return f'{what} "{line}" {"exactly" if query.exact else "in any form"} {place}'


def _like(query: Like) -> str:
    if query.how is Likeness.GLOB:
        return f'a word like "{query.pattern}" (* is any letters, ? is one)'
    if query.how is Likeness.FUZZY:
        letters = "1 letter" if query.distance == 1 else f"{query.distance} letters"
        return f'a word that differs from "{query.pattern}" by at most {letters}'
    return f"a whole word that the expression /{query.pattern}/ describes"


def _sized(query: Sized) -> str:
    bounds = [f"at least {query.least:,} bytes"] if query.least is not None else []
    bounds += [f"less than {query.below:,} bytes"] if query.below is not None else []
    return f"the original has {' and '.join(bounds) or 'any size'}"


def _between(query: Between, zone: tzinfo) -> str:
    bounds = [f"at or after {_moment(query.start, zone)}"] if query.start is not None else []
    bounds += [f"before {_moment(query.end, zone)}"] if query.end is not None else []
    return f"{_CLOCKS[query.clock]} {' and '.join(bounds) or 'at any time'}"


def _moment(at: datetime, zone: tzinfo) -> str:
    try:
        return at.astimezone(zone).isoformat(sep=" ", timespec="minutes")
    except OverflowError:  # the first or the last day that there is
        return at.isoformat(sep=" ", timespec="minutes")
