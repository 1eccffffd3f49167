"""A query answered with yes, no, or cannot tell (Kleene's strong logic), where not all of a record could be read. Pure.

Rules:

- What stands in a document stands there: a word that is found is found, whatever else could not be read.
- A word that is not found may stand in what could not be read, so its absence is unknown there; so is the absence of
  people and of a subject where the record is a picture, from which these would have been read.
- A record without an asserted moment, of which days are printed, happened on one of these. One without any date that
  can be used happened at some time up to its capture: it is in a range as search has it, by its capture, and outside of
  that it is unknown, but for ranges that begin after it was captured.
- What only the catalogue knows (series, holds, states) is unknown: it is in no record, and it changes.
- For a record that was read whole and has a date the answer is that of `search.naive_matcher.matches`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeAlias

from search.naive_matcher import matches
from search.queries import CATALOGUED, And, Between, Clock, Fact, Field, Is, Like, Not, Or, Query, Words
from search.unread_reasons import Unread, reason_word
from storage.records import RecordKind

if TYPE_CHECKING:
    from search.documents import IndexDocument
    from search.queries import Leaf

_HIDDEN_EVERYWHERE: Final = frozenset({Field.ANY, Field.TEXT, Field.FILENAME, Field.HASH, Field.MARK})
_HIDDEN_IN_PICTURES: Final = frozenset(
    {Field.SUBJECT, Field.FROM, Field.TO, Field.CC, Field.PARTICIPANT, Field.CORRESPONDENT, Field.ACCOUNT}
)
_KNOWN_UNREAD: Final = frozenset({("attachment",), *((reason_word(code),) for code in Unread)})
"""Flags that are known of a record however little of it could be read."""
PICTURED: Final = frozenset({RecordKind.SCREENSHOT, RecordKind.DOCUMENT})


Days: TypeAlias = Sequence[tuple[datetime, datetime]]
"""Days that a record prints and that can be used, each from its first moment to the one after it."""


def weigh(query: Query, document: IndexDocument, days: Days, *, dated: bool) -> bool | None:
    """Whether a record matches; None where that cannot be told.

    Args:
        query: what is asked.
        document: what is known of the record; it says itself whether some of it could not be read.
        days: what the record prints where it has no asserted moment.
        dated: whether the document's asserted moment is one that can be used.
    """
    match query:
        case Not():
            part = weigh(query.part, document, days, dated=dated)
            return None if part is None else not part
        case And() | Or():
            decisive = isinstance(query, Or)
            answers = [weigh(part, document, days, dated=dated) for part in query.parts]
            if decisive in answers:
                return decisive
            return None if None in answers else not decisive
        case Between():
            return _between(query, document, days, dated=dated)
        case _:
            if isinstance(query, Is) and query.fact in CATALOGUED:
                return None
            found = matches(query, document)
            return None if not found and document.unsearchable and _may_hide(query, document) else found


def _may_hide(query: Leaf, document: IndexDocument) -> bool:
    """Whether what was asked for may stand in what could not be read."""
    is_picture = document.kind in PICTURED
    if isinstance(query, Is):
        return query.fact is Fact.LANGUAGE or (query.fact is Fact.PLATFORM and is_picture and not document.platform)
    if isinstance(query, Words) and query.field is Field.HAS:
        return query.words not in _KNOWN_UNREAD
    if isinstance(query, Words | Like):
        return query.field in _HIDDEN_EVERYWHERE or (is_picture and query.field in _HIDDEN_IN_PICTURES)
    return False


def _between(query: Between, document: IndexDocument, days: Days, *, dated: bool) -> bool | None:
    if query.clock is Clock.CAPTURED or (dated and document.sent_at is not None):
        return matches(query, document)
    if query.start is not None and document.captured_at < query.start:
        return False
    for first, after in days:
        if (query.end is None or first < query.end) and (query.start is None or query.start < after):
            return True
    by_capture = matches(Between(Clock.CAPTURED, query.start, query.end), document)
    if by_capture and query.clock is Clock.HAPPENED:
        return True
    return False if days else None
