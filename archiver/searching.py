"""A search as one act: who may, what is meant, how complete it is, what was found, and the event for it.

Rules:

- Rights are part of the query, never a filter afterwards (`archiver.search_scope`); totals are exact; coverage is said
  with every result; the text of the query stands only in the event's payload.
- Every search is an event before anything of it is told, also one that only counts.
- All that a query asks of a processor has one bound. Total and page are within it, or the search is refused; marks in
  hits, counts and hints have what is left of it, and an answer without them says so (`left_out`).
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from archiver.access import Act, Principal, authorize
from archiver.known_people import KnownPeople
from archiver.search_asking import EVERYTHING, ask, catalogue_for, covered, note
from archiver.search_facets import check_facets, facet_documents
from archiver.search_groups import GROUPINGS, NO_GROUPS, group_document, grouped_page
from archiver.search_hints import excluding, suggestions
from archiver.search_view import MOST_SNIPPETS, HitView, Shown
from archiver.transcription_view import pictures_sentence
from ingest.superseding import supersedes_each
from search.catalogued import resolve
from search.coverage import coverage_sentences
from search.index import Order
from search.stopping import SearchStopped, Stop
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archiver.search_asking import Asked
    from archiver.search_groups import GroupedPage
    from archiver.wiring import Installation
    from search.queries import Leaf, Query
    from storage.records import DescribedRecord

MOST_AT_ONCE: Final = 1_000
_LEFT_OUT: Final = {
    "marks": "The search took as long as it may: not every hit has its words marked. Show fewer, or ask for less.",
    "facets": "The search took as long as it may: nothing was counted. Ask for less, such as a shorter time.",
    "hints": "The search took as long as it may: what else could be asked was not looked for.",
}


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

    Parts with marks are pairs of text and whether it is a hit. `left_out` names what the search had no time for:
    `marks` (in the last of the hits), `facets`, `hints`. `stop` ends the search from outside.

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
    with asked.stop.working():
        total, ids, grouped = _page(asked, wish)
    document: dict[str, Any] = {"query": asked.text, "total": total, "coverage": asked.coverage}
    document["hits"], left_out = _hits(installation, principal, asked, ids, wish)
    if grouped is not None:
        document["groups"] = {"by": wish.group, "total": grouped.groups}
        of = {members[0]: members for members in grouped.members}
        for hit in document["hits"]:
            hit["group"] = group_document(wish.group, of[hit["id"]])
    if wish.facets and (wish.facets_up_to is None or total <= wish.facets_up_to):
        with _if_time(asked, left_out, "facets") as part:
            document["facets"] = facet_documents(installation, principal, part, wish.facets, most=wish.values)
    if not total and wish.text is not None:
        document |= {"suggestions": [], "excluding": []}
        with _if_time(asked, left_out, "hints") as part:
            document["suggestions"] = suggestions(part)
            document["excluding"] = excluding(part, installation.archive.zone)
    return document if not left_out else document | {"left_out": left_out}


def _page(asked: Asked, wish: Wish) -> tuple[int, tuple[str, ...], GroupedPage | None]:
    """How many records match, those to show, and the groups of which they are the first if groups were wished."""
    order = Order(wish.sort)
    if wish.group != NO_GROUPS:
        grouped = grouped_page(asked, wish.group, limit=wish.limit, offset=wish.offset, order=order)
        return grouped.records, tuple(members[0] for members in grouped.members), grouped
    page = asked.index.search(
        asked.bound, limit=wish.limit, offset=wish.offset, order=order, allowed=asked.scope.allowed, stop=asked.stop
    )
    return page.total, page.ids, None


@contextmanager
def _if_time(asked: Asked, left_out: list[str], name: str) -> Iterator[Asked]:
    """The same for a block that the answer can be without; where its time is over, its name is noted.

    Raises:
        SearchStopped: nobody waits for the whole any more, or it has taken too long.
    """
    try:
        with asked.stop.part() as stop:
            yield replace(asked, stop=stop)
    except SearchStopped:
        asked.stop.check()
        left_out.append(name)


def search_coverage(installation: Installation, principal: Principal) -> dict[str, Any]:
    """How complete a search of this principal would be now; it finds nothing, and is no event."""
    authorize(principal, Act.SEARCH)
    return covered(installation, principal)


def _hits(
    installation: Installation, principal: Principal, asked: Asked, ids: Sequence[str], wish: Wish
) -> tuple[list[dict[str, Any]], list[str]]:
    """The documents of these hits, and what was left out of the last of them."""
    left_out: list[str] = []
    if not ids:
        return [], left_out
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
    bare = HitView(EVERYTHING, archive.zone, snippets=0, resolved=None)
    hits: list[dict[str, Any]] = []

    def show(one: DescribedRecord, by: HitView) -> None:
        record_id = one.record.id
        shown = Shown(described=one, read=read.get(record_id), known=known.get(record_id, {}))
        behind = [other for other in standing.get(record_id, ()) if other not in asked.scope.restricted]
        hits.append(by.hit(shown) | {"supersedes": behind})

    with _if_time(asked, left_out, "marks") as part:
        for one in opened:
            part.stop.check()
            show(one, view)
    for one in opened[len(hits) :]:
        asked.stop.check()
        show(one, bare)
    return hits, left_out


def _wished(wish: Wish) -> dict[str, Any]:
    """What of a wish the event says beside the query."""
    said = {"facets": list(wish.facets), "why": wish.why, "group": "" if wish.group == NO_GROUPS else wish.group}
    return {name: value for name, value in said.items() if value}


def left_out_of(document: dict[str, Any]) -> list[str]:
    """What an answer is without, a sentence each."""
    return [_LEFT_OUT[one] for one in document.get("left_out", ())]


def not_looked_into(coverage: dict[str, Any]) -> list[str]:
    """What a search could not look into, a sentence each; none if it was complete."""
    lines = coverage_sentences(coverage)
    if waiting := coverage.get("pictures_waiting", 0):
        lines.append(pictures_sentence(waiting))
    return lines
