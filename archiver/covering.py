"""How complete a search is for who makes it: the index within his rights, and what was handed in and is no record yet.

Rule: as a search: what he may not see is in no count and in no list. Of submissions an employee is told his own, and
of quarantine who may see it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from archiver.access import Act, permits
from archiver.seeing import hidden_records
from ingest import quarantine
from search.coverage import (
    REASONS,
    CoverageReport,
    Handed,
    Missing,
    count_active,
    count_indexed,
    count_unread,
    count_unsearchable,
    list_missing,
    list_unread,
)
from search.current_index import CurrentIndex
from search.generation_rows import Cause, State
from search.index import IdScope, IndexOutdated
from search.queries import Fact, Is
from storage.active_records import IS_ACTIVE
from storage.errors import Corrupt, InvalidInput
from storage.events import EventKind
from storage.records import Outcome
from storage.tables import awaiting_examination, ledger_leaves, records, submissions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from archiver.access import Principal
    from archiver.wiring import Installation
    from search.queries import Query

_PAGE: Final = 500
_REBUILT: Final = frozenset({Cause.ASKED, Cause.VERSION, Cause.DAMAGE})


def cover(installation: Installation, principal: Principal, engine: str | None = None) -> CoverageReport:
    """How complete a search of this principal is at this moment; it is no event, and lets nothing catch up.

    Raises:
        Corrupt: the index cannot be read.
        IndexOutdated: another version of the engine built it.
        InvalidInput: this archive has no index of that engine.
    """
    archive, owner = installation.archive, principal.sees_only
    index = installation.indexes.index(engine)
    # the index first: what is archived between the two reads then counts as missing, never as surplus
    found = installation.follower(engine).coverage()
    with archive.store.read() as connection:
        hidden = hidden_records(connection, principal)
    clause, allowed = _scope(installation, principal, index, hidden)
    unread = count_unread(index, clause, allowed) if found.unsearchable else ()
    wanted, indexed, unsearchable = found.records, found.indexed, found.unsearchable
    if clause is not None or hidden:
        wanted = count_active(archive, custodian_id=owner) - _count_active_of(installation, hidden)
        indexed = count_indexed(index, clause, allowed)
        unsearchable = count_unsearchable(index, clause, allowed) if found.unsearchable else 0
    missing = max(0, wanted - indexed)
    with archive.store.read() as connection:
        coming = _coming(connection, index.position()) if missing and found.behind else 0
        pictures = sum(archive.transcriptions.backlog(connection, owner).values())
        submitted = _handed(connection, principal)
    rebuilding, rebuilt = _rebuild(installation, engine, missing=missing, indexed=indexed)
    return CoverageReport(
        engine=index.engine,
        records=wanted,
        indexed=indexed,
        unsearchable=unsearchable,
        unread=unread,
        unreadable=max(0, missing - coming),
        behind=found.behind,
        pictures_waiting=pictures,
        submissions=submitted,
        rebuilding=rebuilding,
        rebuilt=rebuilt,
        outdated=index.outdated,
    )


def list_uncovered(
    installation: Installation, principal: Principal, *, engine: str | None = None, reason: str | None = None
) -> Iterator[tuple[str, str]]:
    """Every record and submission that a search cannot wholly look into, as id and reason, with no limit.

    A record stands there once for each of its reasons; with `reason` only those of that one are listed.

    Raises:
        InvalidInput: there is no such reason.
        Corrupt: the index cannot be read.
    """
    if reason is not None and reason not in REASONS:
        raise InvalidInput(f"there is no reason {reason!r}; there is: {', '.join(REASONS)}")
    index = installation.indexes.index(engine)
    with installation.archive.store.read() as connection:
        hidden = hidden_records(connection, principal)
    clause, allowed = _scope(installation, principal, index, hidden)
    if reason in {None, Missing.NOT_INDEXED, Missing.UNREADABLE}:
        for one, why in list_missing(
            installation.archive, index.present(), custodian_id=principal.sees_only, hidden=hidden
        ):
            if reason in {None, why}:
                yield one, why.value
    for one, code in list_unread(index, clause, allowed, reason):
        yield one, code.value
    for one, why in _list_handed(installation, principal):
        if reason in {None, why}:
            yield one, why.value


def _scope(
    installation: Installation, principal: Principal, index: CurrentIndex, hidden: frozenset[str]
) -> tuple[Query | None, IdScope | None]:
    """What this principal may find, what stands behind another included: that is searched, if it is asked for."""
    gone = installation.visible.hidden(installation.archive.store, index.present(), superseded=True) | hidden
    owner = principal.sees_only
    return None if owner is None else Is(Fact.CUSTODIAN_ID, owner), IdScope(without=gone) if gone else None


def _count_active_of(installation: Installation, hidden: frozenset[str]) -> int:
    """How many of these records are active."""
    counted, ids = 0, sorted(hidden)
    with installation.archive.store.read() as connection:
        for start in range(0, len(ids), _PAGE):
            chosen = records.c.id.in_(ids[start : start + _PAGE])
            counted += connection.execute(select(func.count()).where(chosen, IS_ACTIVE)).scalar_one()
    return counted


def _coming(connection: Connection, reached: int) -> int:
    """How many records were archived after this ledger position."""
    leaves = ledger_leaves.c
    query = select(func.count()).where(leaves.kind == EventKind.RECORD_ARCHIVED.value, leaves.position > reached)
    counted: int = connection.execute(query).scalar_one()
    return counted


def _rebuild(installation: Installation, engine: str | None, *, missing: int, indexed: int) -> tuple[bool, int]:
    """Whether the index is being built anew, and how many records the new one has."""
    generations = installation.indexes.generations(engine)
    for one in generations.present():
        if one.state is State.BUILDING:
            built = CurrentIndex(generations, State.BUILDING)
            try:
                return True, built.counts().indexed
            except (Corrupt, IndexOutdated):
                return True, 0
            finally:
                built.close()
        if one.state is State.CURRENT and one.cause in _REBUILT and missing:
            return True, indexed
    return False, 0


def _handed(connection: Connection, principal: Principal) -> Handed:
    waiting = select(func.count()).select_from(awaiting_examination)
    if principal.sees_only is not None:
        own = submissions.c.custodian_id == principal.sees_only
        joined = awaiting_examination.join(submissions, submissions.c.id == awaiting_examination.c.submission_id)
        waiting = select(func.count()).select_from(joined).where(own)
    unexamined = connection.execute(waiting).scalar_one()
    if not permits(principal, Act.SEE_QUARANTINE):
        return Handed(unexamined=unexamined)
    lying = quarantine.count_by_outcome(connection)
    return Handed(
        unexamined=unexamined,
        in_quarantine=lying.get(Outcome.QUARANTINED, 0),
        failed=lying.get(Outcome.FAILED, 0),
    )


def _list_handed(installation: Installation, principal: Principal) -> Iterator[tuple[str, Missing]]:
    """The submissions that are no records, as far as this principal may know of them."""
    rows = awaiting_examination.c
    joined = awaiting_examination.join(submissions, submissions.c.id == rows.submission_id)
    waiting = select(rows.submission_id, rows.position).select_from(joined).order_by(rows.position).limit(_PAGE)
    if principal.sees_only is not None:
        waiting = waiting.where(submissions.c.custodian_id == principal.sees_only)
    after = -1
    while True:
        with installation.archive.store.read() as connection:
            page = connection.execute(waiting.where(rows.position > after)).all()
        if not page:
            break
        after = page[-1].position
        yield from ((row.submission_id, Missing.UNEXAMINED) for row in page)
    if not permits(principal, Act.SEE_QUARANTINE):
        return
    after = -1
    while True:
        with installation.archive.store.read() as connection:
            lying = quarantine.page_of(connection, after=after, limit=_PAGE)
        if not lying:
            return
        after = lying[-1].position
        for one in lying:
            yield one.id, Missing.FAILED if one.outcome is Outcome.FAILED else Missing.IN_QUARANTINE
