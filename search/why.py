"""Why a record matches a query: which parts of the query match it, and which words stand where. Pure.

Rule: whether a part matches is told by the naive matcher on the record's own index document, and by nothing else; the
words are those of the record, as it has them. A part that asks for an absence is told as one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from search.analysis import normalise
from search.marking import BUDGET, Seeker, merged, within_budget
from search.naive_matcher import matches
from search.places import COLUMNS_OF, Place, written
from search.queries import Between, Clock, Fact, Field, Is, Like, Sized, Words, all_leaves

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from search.documents import IndexDocument
    from search.queries import Leaf, Query
    from storage.records import DescribedRecord, Description

MOST_REASONS: Final = 100
_MOST_WORDS: Final = 5
_LONGEST: Final = 100


@dataclass(frozen=True, slots=True)
class Standing:
    """Words or a value as they stand in one place of a record, at most a handful of them."""

    place: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One part of a query that matches a record, or one whose absence was asked for and which does not."""

    leaf: Leaf
    wanted: bool
    standing: tuple[Standing, ...]


def reasons_for(
    query: Query,
    described: DescribedRecord,
    description: Description,
    document: IndexDocument,
    resolved: Callable[[Leaf], Query],
) -> tuple[Reason, ...]:
    """The parts of a query that hold for a record, in their order, at most `MOST_REASONS`.

    Args:
        query: as it was asked.
        described: the record.
        description: its description with what was read in its pictures.
        document: what an index has of it.
        resolved: what a leaf means that only the catalogue can answer; others as they are.
    """
    found: list[Reason] = []
    seen: set[tuple[Leaf, bool]] = set()
    for leaf, wanted in all_leaves(query):
        if (leaf, wanted) in seen or matches(resolved(leaf), document) is not wanted:
            continue
        seen.add((leaf, wanted))
        standing = _standing(leaf, described, description, document) if wanted else ()
        found.append(Reason(leaf=leaf, wanted=wanted, standing=standing))
        if len(found) >= MOST_REASONS:
            break
    return tuple(found)


def _standing(
    leaf: Leaf, described: DescribedRecord, description: Description, document: IndexDocument
) -> tuple[Standing, ...]:
    match leaf:
        case Words() | Like():
            places = ((place, _words_in(leaf, place, written(described, description, place))) for place in Place)
            found = tuple(Standing(place.value, words) for place, words in places if words)
            return found or (Standing(_unwritten(leaf), ()),)
        case Between():
            moment = document.sent_at if leaf.clock is not Clock.CAPTURED else document.captured_at
            told = "sent" if moment is document.sent_at and moment is not None else "captured"
            return (Standing(told, ((moment or document.captured_at).isoformat(),)),)
        case Sized():
            return (Standing("size", (str(document.size),)),)
        case Is(fact=Fact.CUSTODIAN_ID):
            return ()
        case Is():
            return (Standing(leaf.fact.value, (leaf.value,)),)
        case _:
            return ()


def _unwritten(leaf: Words | Like) -> str:
    """Where a leaf matches that stands in none of the places: in what the archive knows beside the record's words."""
    return Place.PARTICIPANT.value if leaf.field is Field.ANY else leaf.field.value


def _words_in(leaf: Leaf, place: Place, texts: Sequence[str]) -> tuple[str, ...]:
    seeker = Seeker((leaf,), COLUMNS_OF[place])
    words: dict[str, str] = {}
    if seeker.idle:
        return ()
    for text in texts:
        shown = normalise(within_budget(text))
        found = []
        for one in seeker.find(shown, BUDGET // 4):
            found.append(one)
            if len(found) > _MOST_WORDS * 20:
                break
        for start, end in merged(found):
            said = " ".join(shown[start:end].split())[:_LONGEST]
            words.setdefault(said.casefold(), said)
            if len(words) >= _MOST_WORDS:
                return tuple(words.values())
    return tuple(words.values())
