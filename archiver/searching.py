"""A search as one act: who may, what is meant, how complete it is, what was found, and the event for it.

Rules: rights are part of the query, never a filter afterwards (`archiver.search_scope`); totals are exact; coverage is
said with every result; the text of the query stands only in the event's payload. Every search is an event before
anything of it is told, also one that only counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from archiver.access import Act, Principal, authorize
from archiver.known_people import KnownPeople
from archiver.search_asking import ask, catalogue_for, covered, note
from archiver.search_facets import check_facets, facet_documents
from archiver.search_groups import GROUPINGS, NO_GROUPS, group_document, grouped_page
from archiver.search_hints import excluding, suggestions
from archiver.search_view import MOST_SNIPPETS, HitView, Shown
from archiver.transcription_view import pictures_sentence
from ingest.superseding import supersedes_each
from search.catalogued import resolve
from search.coverage import coverage_sentences
from search.index import Order
from search.stopping import Stop
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archiver.search_asking import Asked
    from archiver.wiring import Installation
    from search.queries import Leaf, Query

MOST_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How a search is to be answered.

    `text` None asks for every record. `snippets` is the most pieces of text of a hit; `facets` are names of counts,
    with at most `values` of each, and none of them if there are more hits than `facets_up_to`. With `superseded`
    records are found, too, in whose place others stand.
    """

    text: str | None
    limit: int = 20
    offset: int = 0
    sort: str = Order.DATE.value
    engine: str | None = None
    superseded: bool = False
    facets: Sequence[str] = field(default=())
    values: int = 20
    facets_up_to: int | None = None
    group: str = NO_GROUPS
    why: bool = False
    snippets: int = 1

    def check(self) -> None:
        """Refuse what cannot be done.

        Raises:
            InvalidInput: an option has a value that it does not take.
        """
        if self.sort not in tuple(Order):
            raise InvalidInput(f"cannot sort by {self.sort!r}; choose date or relevance")
        if not 0 <= self.limit <= MOST_AT_ONCE or self.offset < 0:
            raise InvalidInput(f"limit is 0 to {MOST_AT_ONCE} and offset not below 0; --ids lists everything")
        if not 0 <= self.snippets <= MOST_SNIPPETS:
            raise InvalidInput(f"snippets is 0 to {MOST_SNIPPETS}")
        if self.group not in GROUPINGS:
            raise InvalidInput(f"cannot group by {self.group!r}; choose one of {', '.join(GROUPINGS)}")
        check_facets(self.facets)


def search_records(
    installation: Installation, principal: Principal, text: str | None, *, stop: Stop | None = None, **wishes: Any
) -> dict[str, Any]:
    """The document of `search --json`: see `Wish` for what may be wished.

    Parts with marks are pairs of text and whether it is a hit. `stop` ends the search from outside.

    Raises:
        InvalidInput: the query or an option cannot be understood; `position` says where.
        Denied: this role may not search, or not for that.
        SearchStopped: it was ended from outside, or took longer than the settings allow; there is no event of it.
    """
    authorize(principal, Act.SEARCH)
    wish = Wish(text=text, **wishes)
    wish.check()
    stop = stop or Stop()
    stop.processor_seconds = installation.settings.search.processor_seconds
    with stop.within(installation.settings.search.seconds):
        asked = ask(installation, principal, text, stop, engine=wish.engine, superseded=wish.superseded)
        document = _answered(installation, principal, asked, wish)
    note(installation, principal, asked, total=document["total"], **_wished(wish))
    return document


def search_ids(
    installation: Installation,
    principal: Principal,
    text: str | None,
    *,
    superseded: bool = False,
    engine: str | None = None,
    stop: Stop | None = None,
) -> tuple[dict[str, Any], Iterator[str]]:
    """The coverage, as `search_records` has it, and the id of every matching record, with no limit, newest first.

    Raises:
        InvalidInput, Denied, SearchStopped: see `search_records`.
    """
    authorize(principal, Act.SEARCH)
    stop = stop or Stop()
    with stop.within(installation.settings.search.seconds):
        asked = ask(installation, principal, text, stop, engine=engine, superseded=superseded)
        ids = asked.index.ids(asked.bound, allowed=asked.scope.allowed, stop=stop)
    note(installation, principal, asked, ids=True)
    return asked.coverage, ids


def _answered(installation: Installation, principal: Principal, asked: Asked, wish: Wish) -> dict[str, Any]:
    order, grouped = Order(wish.sort), None
    if wish.group == NO_GROUPS:
        page = asked.index.search(
            asked.bound,
            limit=wish.limit,
            offset=wish.offset,
            order=order,
            allowed=asked.scope.allowed,
            stop=asked.stop,
        )
        total, ids = page.total, page.ids
    else:
        grouped = grouped_page(asked, wish.group, limit=wish.limit, offset=wish.offset, order=order)
        total, ids = grouped.records, tuple(members[0] for members in grouped.members)
    document: dict[str, Any] = {"query": asked.text, "total": total, "coverage": asked.coverage}
    document["hits"] = _hits(installation, principal, asked, ids, wish)
    if grouped is not None:
        document["groups"] = {"by": wish.group, "total": grouped.groups}
        of = {members[0]: members for members in grouped.members}
        for hit in document["hits"]:
            hit["group"] = group_document(wish.group, of[hit["id"]])
    if wish.facets and (wish.facets_up_to is None or total <= wish.facets_up_to):
        document["facets"] = facet_documents(installation, principal, asked, wish.facets, most=wish.values)
    if not total and wish.text is not None:
        document["suggestions"] = suggestions(asked)
        document["excluding"] = excluding(asked, installation.archive.zone)
    return document


def search_coverage(installation: Installation, principal: Principal) -> dict[str, Any]:
    """How complete a search of this principal would be now; it finds nothing, and is no event."""
    authorize(principal, Act.SEARCH)
    return covered(installation, principal)


def _hits(
    installation: Installation, principal: Principal, asked: Asked, ids: Sequence[str], wish: Wish
) -> list[dict[str, Any]]:
    if not ids:
        return []
    archive = installation.archive
    with archive.store.read() as connection:
        opened = archive.catalogue.describe(connection, ids)
        read = archive.transcriptions.latest(connection, ids)
        standing = supersedes_each(connection, ids)
        known = KnownPeople(archive).known(connection, opened) if wish.why else {}

    catalogue = catalogue_for(installation, principal)

    @cache
    def resolved(leaf: Leaf) -> Query:
        return resolve(leaf, catalogue)

    view = HitView(asked.query, archive.zone, snippets=wish.snippets, resolved=resolved if wish.why else None)
    hits = []
    for one in opened:
        asked.stop.check()
        record_id = one.record.id
        shown = Shown(described=one, read=read.get(record_id), known=known.get(record_id, {}))
        behind = [other for other in standing.get(record_id, ()) if other not in asked.scope.restricted]
        hits.append(view.hit(shown) | {"supersedes": behind})
    return hits


def _wished(wish: Wish) -> dict[str, Any]:
    """What of a wish the event says beside the query."""
    said = {"facets": list(wish.facets), "why": wish.why, "group": "" if wish.group == NO_GROUPS else wish.group}
    return {name: value for name, value in said.items() if value}


def not_looked_into(coverage: dict[str, Any]) -> list[str]:
    """What a search could not look into, a sentence each; none if it was complete."""
    lines = coverage_sentences(coverage)
    if waiting := coverage.get("pictures_waiting", 0):
        lines.append(pictures_sentence(waiting))
    return lines
