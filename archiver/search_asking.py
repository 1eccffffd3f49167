"""What a search means for who makes it, found out in one place: language, catalogue, rights, coverage, and its event.

Rule: whoever looks for records by a query goes this way, so that the same text means the same everywhere: days in the
archive's zone, years as the agency's schedules end them, what only the catalogue knows as of this moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from archiver.access import Act, permits
from archiver.covering import cover
from archiver.search_scope import scope_of
from search.catalogue_answers import StoredCatalogue, agency_calendars
from search.catalogued import BoundedCatalogue, asks_for, resolve
from search.follower import FOLLOWED
from search.queries import Between, Clock, Fact
from search.query_language import parse_query
from storage.events import EventKind
from storage.tables import ledger_leaves

if TYPE_CHECKING:
    from archiver.access import Principal
    from archiver.search_scope import Scope
    from archiver.wiring import Installation
    from search.catalogued import Catalogue
    from search.current_index import CurrentIndex
    from search.queries import Query
    from search.stopping import Stop

EVERYTHING: Final = Between(Clock.CAPTURED, None, None)
_CATCH_UP_SECONDS: Final = 1.0


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A query understood: as it was asked, with what the catalogue said, and within what its asker may find."""

    text: str
    query: Query
    meant: Query
    index: CurrentIndex
    scope: Scope
    coverage: dict[str, Any]
    stop: Stop

    @cached_property
    def bound(self) -> Query:
        """What the index is asked."""
        return self.scope.bound(self.meant)

    def ids(self) -> list[str]:
        """The ids of all hits, newest first."""
        return list(self.index.ids(self.bound, allowed=self.scope.allowed, stop=self.stop))

    def count(self, query: Query) -> int:
        """How many records of those that the asker may find match this instead."""
        bound = self.scope.bound(query)
        return self.index.search(bound, limit=0, allowed=self.scope.allowed, stop=self.stop).total


def catalogue_for(installation: Installation, principal: Principal) -> Catalogue:
    """What the catalogue tells this principal in a search."""
    whole = StoredCatalogue(installation.archive.store, installation.library, installation.retention)
    told = _told_to(principal)
    return BoundedCatalogue(whole, lambda one: (one.fact, one.value) in told or (one.fact, None) in told)


def _told_to(principal: Principal) -> frozenset[tuple[Fact, str | None]]:
    """The facts of the catalogue that a principal may search by; with None every value of them."""
    if principal.sees_only is not None:
        return frozenset()
    told: set[tuple[Fact, str | None]] = {(Fact.SERIES, None), (Fact.STATE, "restricted")}
    if permits(principal, Act.SEE_HOLDS):  # what is due tells what is held: a held record is due for nothing
        told |= {(Fact.HOLD, None), (Fact.STATE, None)}
    if permits(principal, Act.SEE_REQUESTS):
        told.add((Fact.REQUEST, None))
    return frozenset(told)


def understand(installation: Installation, text: str | None) -> Query:
    """A query as it is asked today; without one, every record.

    Raises:
        InvalidInput: it cannot be understood; `position` says where.
    """
    archive = installation.archive
    if text is None:
        return EVERYTHING
    with archive.store.read() as connection:
        calendars = agency_calendars(installation.library.book(connection))
    today = archive.store.clock().astimezone(archive.zone).date()
    return parse_query(text, today=today, zone=archive.zone, calendars=calendars)


def ask(
    installation: Installation,
    principal: Principal,
    text: str | None,
    stop: Stop,
    *,
    engine: str | None = None,
    superseded: bool = False,
) -> Asked:
    """Understand a query, and let the index catch up for at most a second.

    Raises:
        InvalidInput: it cannot be understood, `position` says where; or there is no such engine.
        Denied: it asks for what this principal is not told.
        Corrupt: the index cannot be read.
        SearchStopped: `stop` was asked.
    """
    index = installation.indexes.index(engine)
    with stop.working():
        query = understand(installation, text)
    _let_catch_up(installation, engine)
    stop.check()
    # behind the catching up: what the index took in meanwhile is in what the catalogue says
    with stop.working():
        meant = resolve(query, catalogue_for(installation, principal))
    superseded = superseded or asks_for(query, Fact.STATE, "superseded")
    return Asked(
        text=text or "",
        query=query,
        meant=meant,
        index=index,
        scope=scope_of(installation, principal, index, superseded=superseded),
        coverage=cover(installation, principal, engine).as_document(),
        stop=stop,
    )


def covered(installation: Installation, principal: Principal) -> dict[str, Any]:
    """How complete a search of this principal would be now; it finds nothing, and is no event."""
    _let_catch_up(installation, None)
    return cover(installation, principal).as_document()


def note(installation: Installation, principal: Principal, asked: Asked, **facts: Any) -> None:
    """Write the event of a search, durably; before anything of it is told."""
    counted = {name: asked.coverage[name] for name in ("indexed", "records")}
    with installation.archive.store.write() as transaction:
        payload = {"query": asked.text, **facts, **counted}
        transaction.append(EventKind.SEARCH_MADE, actor=principal.actor, payload=payload)


def _let_catch_up(installation: Installation, engine: str | None) -> None:
    """Give the index at most a second, if there are records that it has not read."""
    reached = installation.indexes.index(engine).position()
    leaves = ledger_leaves.c
    unread = select(leaves.position).where(leaves.kind.in_([kind.value for kind in FOLLOWED]))
    with installation.archive.store.read() as connection:
        behind = connection.execute(unread.where(leaves.position > reached).limit(1)).first() is not None
    if behind:
        installation.follower(engine).catch_up(_CATCH_UP_SECONDS)
