"""Our query tree for others: as plain JSON for programs that build queries of it, and as text for `notmuch` and `mu`.

Rule: what a program has no search for is `None`, which a table shows as a dash; nothing is put in its place. Notmuch's
syntax is that of notmuch-search-terms(7), mu's that of mu-query(7).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from search.queries import And, Between, Fact, Field, Is, Like, Likeness, Not, Or, Words

if TYPE_CHECKING:
    from search.queries import Query

_NOTMUCH: Final = {Field.ANY: "", Field.TEXT: "body:", Field.SUBJECT: "subject:", Field.FROM: "from:", Field.TO: "to:"}
_MU: Final = {
    Field.ANY: "",
    Field.TEXT: "body:",
    Field.SUBJECT: "subject:",
    Field.FROM: "from:",
    Field.TO: "to:",
    Field.CC: "cc:",
    Field.PARTICIPANT: "contact:",
}


def as_tree(query: Query) -> dict[str, Any] | None:  # noqa: PLR0911 - one for each kind of leaf
    """A query as nested members; None where it asks for what only we have."""
    match query:
        case Not():
            inner = as_tree(query.part)
            return None if inner is None else {"not": inner}
        case And() | Or():
            parts = [as_tree(part) for part in query.parts]
            return None if None in parts else {"and" if isinstance(query, And) else "or": parts}
        case Words(Field.HAS):
            return {"is": ["has", query.words[0]]}
        case Words():
            how = {"exact": query.exact, "prefix": query.prefix, "within": query.within}
            return {"words": list(query.words), "field": query.field.value, **how}
        case Like():
            return {query.how.value: query.pattern, "field": query.field.value, "distance": query.distance}
        case Between():
            return {"between": [None if one is None else _micros(one) for one in (query.start, query.end)]}
        case Is(Fact.KIND | Fact.CHANNEL | Fact.LANGUAGE):
            return {"is": [query.fact.value, query.value]}
        case _:
            return None


def _micros(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)


def as_notmuch(query: Query) -> str | None:
    """What is typed after ``notmuch search``."""
    match query:
        case Not() | And() | Or():
            return _joined(query, as_notmuch)
        case Words(Field.HAS, ("attachment",)):
            return "tag:attachment"
        case Words() if query.field in _NOTMUCH and query.within is None:
            return _NOTMUCH[query.field] + _quoted(query)
        case Words(Field.ANY):
            return "(" + f" NEAR/{(query.within or 0) + 2} ".join(query.words) + ")"
        case Between():
            start, end = ("" if one is None else f"@{int(one.timestamp())}" for one in (query.start, query.end))
            return f"date:{start}..{end}"
        case _:
            return None


def as_mu(query: Query) -> str | None:
    """What is typed after ``mu find``."""
    match query:
        case Not() | And() | Or():
            return _joined(query, as_mu)
        case Words(Field.HAS, ("attachment",)):
            return "flag:attach"
        case Words() if query.field in _MU and query.within is None:
            return _MU[query.field] + _quoted(query)
        case Like() if query.field in _MU and query.how is not Likeness.FUZZY:
            glob = query.pattern.replace("*", ".*").replace("?", ".")
            return f"{_MU[query.field]}/{glob if query.how is Likeness.GLOB else query.pattern}/"
        case Between():
            start, end = (
                "" if one is None else f"{one.astimezone(UTC):%Y%m%d%H%M%S}" for one in (query.start, query.end)
            )
            return f"date:{start}..{end}"
        case _:
            return None


def _quoted(words: Words) -> str:
    if words.prefix:
        return f"{words.words[-1]}*"
    return f'"{" ".join(words.words)}"' if len(words.words) > 1 or words.exact else words.words[0]


def _joined(query: Not | And | Or, each: Any) -> str | None:
    if isinstance(query, Not):
        inner = each(query.part)
        return None if inner is None else f"(not {inner})"
    parts = [each(part) for part in query.parts]
    if None in parts:
        return None
    return "(" + f" {'and' if isinstance(query, And) else 'or'} ".join(parts) + ")"
