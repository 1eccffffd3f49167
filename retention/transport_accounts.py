"""The account of a container as far as its destruction asks for it: what it brought, and what is nowhere else.

Rules:

- An account is closed where the container was taken apart to its end without a difference, every member that it has
  became a submission of its own, everything in it down to the deepest container was taken apart, and nothing of it
  waits for examination or lies in quarantine. Whatever is not told apart from that is open.
- It closed when the last of that was done: the last of its containers, the last of its records.
- A file that makes no record (`aside`) stands in the container only; it is counted, and nobody loses it unasked.
- A member that is a duplicate points at a submission of its own, whose bytes do not depend on this container.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, and_, func, or_, select

from storage.active_records import IS_ACTIVE
from storage.container_tables import CLOSED_WELL, DESTROYED, NO_CONTAINER, container_members, containers
from storage.events import Event
from storage.records import Outcome
from storage.tables import awaiting_examination, ledger_leaves, records, submissions, wrapped_keys

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_CHUNK: Final = 500
_MAIL: Final = "mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyAccount:
    """A container that can still be opened. `within` are the containers in it at any depth, itself included.

    `open_because` is a clause without content, None where the account is closed, which `closed_at` dates.
    `aside` counts its files that make no record, `size` the bytes as handed in.
    """

    id: str
    custodian_id: str | None
    size: int
    received_at: datetime
    members: int
    aside: int
    within: tuple[str, ...]
    closed_at: datetime | None
    open_because: str | None


def living_containers(connection: Connection) -> list[str]:
    """The containers that are no record themselves and can still be opened, the outer ones mostly before the inner."""
    joined = containers.join(wrapped_keys, wrapped_keys.c.holder == containers.c.id)
    query = select(containers.c.id).select_from(joined)
    query = query.where(containers.c.state.not_in([NO_CONTAINER, DESTROYED]), containers.c.kind != _MAIL)
    ordered = query.order_by(containers.c.depth, containers.c.opened_at, containers.c.id)
    return list(connection.execute(ordered).scalars())


def accounts_of(connection: Connection, container_ids: Sequence[str]) -> dict[str, CopyAccount]:
    """The accounts of these containers; one that is destroyed, or no container, is absent."""
    found: dict[str, CopyAccount] = {}
    for start in range(0, len(container_ids), _CHUNK):
        chunk = container_ids[start : start + _CHUNK]
        joined = containers.join(submissions, submissions.c.id == containers.c.id)
        joined = joined.join(wrapped_keys, wrapped_keys.c.holder == containers.c.id)
        query = select(containers, submissions.c.custodian_id, submissions.c.size, submissions.c.received_at)
        query = query.select_from(joined).where(containers.c.id.in_(chunk), containers.c.state != NO_CONTAINER)
        rows = connection.execute(query).all()
        counts = _counts(connection, chunk)
        waiting = _waiting(connection, chunk)
        for row in rows:
            found[row.id] = _account(connection, row, counts[row.id], waiting.get(row.id))
    return found


def _account(connection: Connection, row: Any, counts: dict[str, int], waiting: str | None) -> CopyAccount:
    nested = _nested(connection, row.id)
    within = (row.id, *(one.id for one in nested))
    because = _open_because(row, counts, waiting)
    if because is None and any(one.state == "open" for one in nested):
        because = "a container in it is not taken apart yet"
    moments = [one.closed_at for one in (row, *nested) if one.closed_at is not None]
    last = None if because else _last_record(connection, within)
    if last is not None:
        moments.append(last)
    if because is None and not moments:
        because = "nobody knows when its account was closed"
    return CopyAccount(
        id=row.id,
        custodian_id=row.custodian_id,
        size=row.size,
        received_at=row.received_at,
        members=sum(counts.values()),
        aside=counts.get("aside", 0),
        within=within,
        closed_at=None if because else max(moments),
        open_because=because,
    )


def _open_because(row: Any, counts: dict[str, int], waiting: str | None) -> str | None:
    if row.kind == _MAIL:
        return "it is a mail, which is a record itself and goes as one"
    if row.state != CLOSED_WELL:
        return "it was not taken apart to its end"
    if row.findings:
        return f"its account has {row.findings:,} differences that nothing explains"
    if counts.get("failed"):
        return f"{counts['failed']:,} of its members could not be taken out, and are in it only"
    return waiting


def _counts(connection: Connection, chunk: Sequence[str]) -> dict[str, dict[str, int]]:
    """How many members have which outcome, at the last attempt, by container."""
    members = container_members.c
    query = select(members.container_id, members.outcome, func.count().label("number")).select_from(_last_attempt())
    query = query.where(members.container_id.in_(chunk)).group_by(members.container_id, members.outcome)
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for row in connection.execute(query):
        found[row.container_id][row.outcome] = row.number
    return found


def _last_attempt() -> Any:
    same = and_(
        containers.c.id == container_members.c.container_id, containers.c.attempt == container_members.c.attempt
    )
    return container_members.join(containers, same)


def _waiting(connection: Connection, chunk: Sequence[str]) -> dict[str, str]:
    """Why what came out of containers is not settled; of a submission that was destroyed nothing is left to settle."""
    members = container_members.c
    joined = (
        container_members.join(submissions, submissions.c.id == members.submission_id)
        .join(wrapped_keys, wrapped_keys.c.holder == submissions.c.id)
        .outerjoin(awaiting_examination, awaiting_examination.c.submission_id == submissions.c.id)
    )
    unsettled = or_(
        submissions.c.outcome.is_(None),
        submissions.c.outcome != Outcome.ARCHIVED.value,
        awaiting_examination.c.submission_id.is_not(None),
    )
    query = select(members.container_id, submissions.c.outcome, func.count(submissions.c.id.distinct()).label("number"))
    query = query.select_from(joined).where(members.container_id.in_(chunk), unsettled)
    said: dict[str, str] = {}
    for row in connection.execute(query.group_by(members.container_id, submissions.c.outcome)):
        if row.outcome in (None, Outcome.ARCHIVED.value):
            said[row.container_id] = f"{row.number:,} of its members wait for examination"
        else:
            said.setdefault(row.container_id, f"{row.number:,} of its members made no record: {row.outcome}")
    return said


def _nested(connection: Connection, container_id: str) -> list[Any]:
    """The rows of the containers in a container, at any depth, each once."""
    seen, found, below = {container_id}, [], [container_id]
    while below:
        chunk, below = below[:_CHUNK], below[_CHUNK:]
        joined = container_members.join(containers, containers.c.id == container_members.c.submission_id)
        query = select(containers.c.id, containers.c.state, containers.c.closed_at).select_from(joined).distinct()
        for row in connection.execute(query.where(container_members.c.container_id.in_(chunk))):
            if row.id not in seen and row.state != NO_CONTAINER:
                seen.add(row.id)
                found.append(row)
                below.append(row.id)
    return found


def records_out_of(connection: Connection, within: Sequence[str]) -> list[str]:
    """The active records that came out of these containers, in the order of their ids."""
    members = container_members.c
    found: set[str] = set()
    for start in range(0, len(within), _CHUNK):
        chunk = within[start : start + _CHUNK]
        joined = container_members.join(records, records.c.submission_id == members.submission_id)
        taken = select(records.c.id).select_from(joined).where(members.container_id.in_(chunk), IS_ACTIVE)
        cut = select(records.c.id).where(records.c.submission_id.in_(chunk), IS_ACTIVE)
        for query in (taken, cut):
            found.update(connection.execute(query).scalars())
    return sorted(found)


def _last_record(connection: Connection, within: Sequence[str]) -> datetime | None:
    """When the last record that came out of these containers was made, by its leaf."""
    members = container_members.c
    position: int | None = None
    for start in range(0, len(within), _CHUNK):
        joined = container_members.join(records, records.c.submission_id == members.submission_id)
        query = select(func.max(records.c.position)).select_from(joined)
        last = connection.execute(query.where(members.container_id.in_(within[start : start + _CHUNK]))).scalar()
        position = max((one for one in (position, last) if one is not None), default=None)
    if position is None:
        return None
    leaf = connection.execute(select(ledger_leaves.c.leaf).where(ledger_leaves.c.position == position)).scalar_one()
    return Event.decode(bytes(leaf)).at
