"""A search as one act: who may, what is meant, how complete it is, what was found, and the event for it.

Rule: rights are part of the query, never a filter afterwards; totals are exact; coverage is said with every
result; the text of the query stands only in the event's payload.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from archiver.access import Act, Principal, authorize
from archiver.record_view import name_of, party
from archiver.transcription_view import pictures_sentence
from ingest.superseding import out_of_sight, supersedes
from search.follower import FOLLOWED
from search.index import IdScope, Order
from search.queries import Fact, Is, conjunction
from search.query_language import parse_query
from search.snippets import make_snippet
from storage.errors import InvalidInput
from storage.events import EventKind
from storage.records import RecordState
from storage.tables import ledger_leaves, records
from storage.transcribed import transcribed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.wiring import Installation
    from search.queries import Query
    from storage.records import DescribedRecord
    from storage.transcriptions import StoredTranscription

_ENGINES = ("fts",)
_CATCH_UP_SECONDS = 1.0
MOST_AT_ONCE = 1_000


def _gone(installation: Installation, *, superseded: bool) -> IdScope:
    """Nobody finds what is no longer active; nor, unless he asks for it, a record in whose place another stands."""
    # named one by one, so that the index on the state finds the few instead of passing over the many
    states = [one.value for one in RecordState if one is not RecordState.ACTIVE]
    with installation.archive.store.read() as connection:
        gone = connection.execute(select(records.c.id).where(records.c.state.in_(states))).scalars()
        behind = [] if superseded else out_of_sight(connection)
        return IdScope(without=frozenset(gone).union(behind))


def _bounded(query: Query, principal: Principal) -> Query:
    """The query within what this principal may find: an employee his own records."""
    if principal.sees_only is None:
        return query
    return conjunction((query, Is(Fact.CUSTODIAN_ID, principal.sees_only)))


def _let_catch_up(installation: Installation) -> None:
    """Give the index at most a second, if there are records that it has not read."""
    with installation.archive.store.read() as connection:
        unread = (
            select(ledger_leaves.c.position)
            .where(
                ledger_leaves.c.kind.in_([kind.value for kind in FOLLOWED]),
                ledger_leaves.c.position > installation.index.position(),
            )
            .limit(1)
        )
        behind = connection.execute(unread).first() is not None
    if behind:
        installation.follower().catch_up(_CATCH_UP_SECONDS)


def _read(installation: Installation, text: str) -> Query:
    archive = installation.archive
    today = archive.store.clock().astimezone(archive.zone).date()
    return parse_query(text, today=today, zone=archive.zone)


def search_records(
    installation: Installation,
    principal: Principal,
    text: str,
    *,
    limit: int = 20,
    offset: int = 0,
    sort: str = "date",
    engine: str | None = None,
    superseded: bool = False,
) -> dict[str, Any]:
    """The document of `search --json`; each hit also has `snippet_parts`, pairs of text and whether it is a hit.

    With `superseded` records are found, too, in whose place others stand, since they were read at a wrong date.

    Raises:
        InvalidInput: the query or an option cannot be understood; `position` says where.
        Denied: this role may not search.
    """
    authorize(principal, Act.SEARCH)
    if engine is not None and engine not in _ENGINES:
        raise InvalidInput(f"there is no search engine {engine!r}; there is: {', '.join(_ENGINES)}")
    if sort not in tuple(Order):
        raise InvalidInput(f"cannot sort by {sort!r}; choose date or relevance")
    if not 0 <= limit <= MOST_AT_ONCE or offset < 0:
        raise InvalidInput(f"limit is 0 to {MOST_AT_ONCE} and offset not below 0; --ids lists everything")
    query = _read(installation, text)
    _let_catch_up(installation)
    coverage = _coverage(installation)
    page = installation.index.search(
        _bounded(query, principal),
        limit=limit,
        offset=offset,
        order=Order(sort),
        allowed=_gone(installation, superseded=superseded),
    )
    archive = installation.archive
    with archive.store.read() as connection:
        opened = archive.catalogue.describe(connection, page.ids)
        read = archive.transcriptions.latest(connection, page.ids)
        standing = {one: supersedes(connection, one) for one in page.ids}
    with archive.store.write() as transaction:
        payload = {"query": text, "total": page.total, **_counted(coverage)}
        transaction.append(EventKind.SEARCH_MADE, actor=principal.actor, payload=payload)
    return {
        "query": text,
        "total": page.total,
        "coverage": coverage,
        "hits": [_hit(one, read.get(one.record.id), query) | {"supersedes": standing[one.record.id]} for one in opened],
    }


def search_ids(
    installation: Installation, principal: Principal, text: str, *, superseded: bool = False
) -> tuple[dict[str, Any], Iterator[str]]:
    """The coverage, as `search_records` has it, and the id of every matching record, with no limit, newest first."""
    authorize(principal, Act.SEARCH)
    query = _read(installation, text)
    _let_catch_up(installation)
    coverage = _coverage(installation)
    with installation.archive.store.write() as transaction:
        payload = {"query": text, "ids": True, **_counted(coverage)}
        transaction.append(EventKind.SEARCH_MADE, actor=principal.actor, payload=payload)
    allowed = _gone(installation, superseded=superseded)
    return coverage, installation.index.ids(_bounded(query, principal), allowed=allowed)


def not_looked_into(coverage: dict[str, Any]) -> list[str]:
    """What a search could not look into, a sentence each; none if it was complete."""
    lines = []
    missing = coverage["records"] - coverage["indexed"]
    if missing > 0:
        lines.append(f"{missing:,} of {coverage['records']:,} records are not indexed yet; search again in a moment")
    if coverage["unsearchable"]:
        count = coverage["unsearchable"]
        lines.append(f"{count:,} {'record has' if count == 1 else 'records have'} parts whose text could not be read")
    if waiting := coverage.get("pictures_waiting", 0):
        lines.append(pictures_sentence(waiting))
    return lines


def _coverage(installation: Installation) -> dict[str, Any]:
    found = installation.follower().coverage()
    with installation.archive.store.read() as connection:
        waiting = sum(installation.archive.transcriptions.backlog(connection).values())
    return {
        "records": found.records,
        "indexed": found.indexed,
        "unsearchable": found.unsearchable,
        "complete": found.complete,
        "pictures_waiting": waiting,
    }


def _counted(coverage: dict[str, Any]) -> dict[str, int]:
    """Of the coverage, what the event says."""
    return {name: coverage[name] for name in ("indexed", "records")}


def _hit(one: DescribedRecord, read: StoredTranscription | None, query: Query) -> dict[str, Any]:
    record = one.record
    description = transcribed(one.description, None if read is None else read.transcription)
    original = description.original
    parts = make_snippet(description.text, query).parts
    return {
        "id": record.id,
        "kind": record.kind.value,
        "sent_at": None if record.sent_at is None else record.sent_at.isoformat(),
        "captured_at": record.captured_at.isoformat(),
        "from": name_of(party(original.sender)) if original.sender is not None else None,
        "to": [name_of(party(each)) for each in original.to],
        "subject": original.subject,
        "custodian": one.custodian.addresses[0],
        "channel": record.channel.value,
        "platform": description.platform,
        "snippet": "".join(part.text for part in parts),
        "snippet_parts": [[part.text, part.hit] for part in parts],
    }
