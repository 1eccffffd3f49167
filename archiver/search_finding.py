"""How the work with searches finds: what a text means, all that somebody finds by it, and what of some records he does.

Rule: everything goes the way of `archiver search`: the same language, the same rights, the same index, the same event.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from archiver.search_asking import catalogue_for, understand
from archiver.search_scope import scope_of
from archiver.searching import search_ids
from search.catalogue_answers import agency_calendars
from search.catalogued import asks_for, resolve
from search.engines import engine_named
from search.index import IdScope
from search.queries import Fact
from search.query_in_words import in_words
from search.query_language import parse_query
from storage.statements import plain_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from archiver.access import Principal
    from archiver.wiring import Installation
    from search.index import SearchIndex

_ANOTHER_DAY = timedelta(days=1_234)


def today_of(installation: Installation) -> date:
    """The day in the archive's zone."""
    archive = installation.archive
    return archive.store.clock().astimezone(archive.zone).date()


def is_relative(installation: Installation, text: str) -> bool:
    """Whether a query tells days from the day on which it is run, so that it means something else tomorrow.

    Raises:
        InvalidInput: it cannot be understood.
    """
    archive = installation.archive
    with archive.store.read() as connection:
        calendars = agency_calendars(installation.library.book(connection))
    another = today_of(installation) - _ANOTHER_DAY
    then = parse_query(text, today=another, zone=archive.zone, calendars=calendars)
    return then != understand(installation, text)


def said(installation: Installation, text: str) -> str:
    """What a query means today, in plain English.

    Raises:
        InvalidInput: it cannot be understood; `position` says where.
    """
    return plain_text(in_words(understand(installation, text), installation.archive.zone))


def find_all(installation: Installation, who: Principal, text: str) -> tuple[dict[str, Any], Iterator[str]]:
    """The coverage of a search and every id that it finds, as `archiver search --ids` does; it is an event.

    Raises:
        InvalidInput: the query cannot be understood.
        Denied: this role may not search.
    """
    coverage, found = search_ids(installation, who, text)
    return whole_numbers(coverage), found


def find_among(
    installation: Installation, who: Principal, text: str, record_ids: Sequence[str], index: SearchIndex
) -> list[str]:
    """Those of some records that somebody finds by a query now; what this index has not read is not among them.

    Raises:
        InvalidInput: the query cannot be understood.
        Denied: it asks for what he is not told.
        Corrupt: the index is damaged.
    """
    asked = understand(installation, text)
    superseded = asks_for(asked, Fact.STATE, "superseded")
    scope = scope_of(installation, who, index, superseded=superseded)
    admitted = frozenset(one for one in record_ids if scope.allowed.admits(one))
    if not admitted:
        return []
    query = scope.bound(resolve(asked, catalogue_for(installation, who)))
    return list(index.ids(query, allowed=IdScope(only=admitted)))


def engine_facts(installation: Installation) -> dict[str, Any]:
    """Which engine answers, its version with that of projection and analyser, and up to where it read the ledger."""
    name = installation.settings.search.engines[0]
    return {
        "engine": name,
        "version": engine_named(name).version,
        "index_position": installation.index.position(),
    }


def whole_numbers(value: Any) -> Any:
    """A document as a signed one may have it: numbers are whole (RFC 8785 leaves little else that is sure)."""
    if isinstance(value, dict):
        return {name: whole_numbers(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [whole_numbers(one) for one in value]
    return f"{value:.6g}" if isinstance(value, float) else value
