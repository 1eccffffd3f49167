"""What may not be destroyed, whoever wants it: where something that stays would go, or stay to be opened elsewhere.

Rules:

- A key that something active needs is never destroyed, and nothing is called destroyed that can still be opened in a
  container: the container goes first, and of containers in each other the outer one.
- A container is destroyed only where it is no record itself and was taken apart to its end, and nothing that it brought
  waits to be examined.
- Asked inside the transaction that destroys, under the write lock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from storage.active_records import IS_ACTIVE
from storage.container_tables import CLOSED_WELL, NO_CONTAINER, OPEN, container_members, containers
from storage.destruction_rows import chunks_of, refuse_split
from storage.errors import Conflict, NotFound
from storage.records import Outcome, RecordState
from storage.tables import awaiting_examination, records, submissions, wrapped_keys

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def refuse_unfit(connection: Connection, wanted: list[str]) -> dict[str, str]:
    """The submission of each record, where every one can be destroyed without taking the key of what stays."""
    submission_of: dict[str, str] = {}
    for chunk in chunks_of(wanted):
        rows = {row.id: row for row in connection.execute(select(records).where(records.c.id.in_(chunk)))}
        for record_id in chunk:
            row = rows.get(record_id)
            if row is None:
                raise NotFound(f"there is no record {record_id}; nothing was destroyed", record=record_id)
            if row.state != RecordState.ACTIVE.value:
                raise Conflict(f"record {record_id} is {row.state}; nothing was destroyed", record=record_id)
            submission_of[record_id] = row.submission_id
        _refuse_containers(connection, [row for row in rows.values() if row.holder != row.submission_id])
        _refuse_members(connection, {row.submission_id: row.id for row in rows.values()})
        refuse_split(connection, chunk, set(wanted))
        lenders = [row.submission_id for row in rows.values() if row.holder == row.submission_id]
        _refuse_shared(connection, lenders, set(wanted))
        of = [row.submission_id for row in rows.values()]
        query = select(awaiting_examination.c.submission_id).where(awaiting_examination.c.submission_id.in_(of))
        waiting = connection.execute(query).scalar()
        if waiting is not None:
            raise Conflict(f"submission {waiting} is being examined; try again later", submission=waiting)
        _refuse_opening(connection, {row.submission_id: row.id for row in rows.values()})
    return submission_of


def _refuse_opening(connection: Connection, record_of: Mapping[str, str]) -> None:
    """A mail that is being taken apart is read until that has ended."""
    query = select(containers.c.id).where(containers.c.id.in_(list(record_of)), containers.c.state == OPEN)
    opening = connection.execute(query.limit(1)).scalar()
    if opening is not None:
        record = record_of[opening]
        raise Conflict(f"what record {record} carries is being taken apart; try again later", record=record)


def _refuse_containers(connection: Connection, rows: Sequence[Any]) -> None:
    """A record that was cut out of a container is still in it, as long as the container can be opened."""
    query = select(wrapped_keys.c.holder).where(wrapped_keys.c.holder.in_([row.submission_id for row in rows]))
    living = set(connection.execute(query).scalars())
    for row in rows:
        if row.submission_id in living:
            raise Conflict(
                f"record {row.id} also stands in submission {row.submission_id}, which is not destroyed; "
                "destroy that first; nothing was destroyed",
                record=row.id,
                submission=row.submission_id,
            )


def _refuse_members(connection: Connection, record_of: Mapping[str, str]) -> None:
    """What was taken out of a mailbox file or an archive is still in it, as long as that can be opened."""
    joined = container_members.join(wrapped_keys, wrapped_keys.c.holder == container_members.c.container_id)
    query = select(container_members.c.submission_id, container_members.c.container_id).select_from(joined)
    row = connection.execute(query.where(container_members.c.submission_id.in_(list(record_of))).limit(1)).first()
    if row is not None:
        record = record_of[row.submission_id]
        raise Conflict(
            f"record {record} was taken out of submission {row.container_id}, which still holds it; "
            "destroy that first; nothing was destroyed",
            record=record,
            submission=row.container_id,
        )


def _refuse_shared(connection: Connection, submission_ids: list[str], wanted: set[str]) -> None:
    """A submission that lends its key to several records keeps it until all of them go."""
    query = select(records.c.id, records.c.submission_id).where(records.c.submission_id.in_(submission_ids), IS_ACTIVE)
    for row in connection.execute(query):
        if row.id not in wanted:
            raise Conflict(
                f"the bytes of submission {row.submission_id} are also those of record {row.id}, which stays; "
                "nothing was destroyed",
                record=row.id,
                submission=row.submission_id,
            )


def refuse_unfit_containers(connection: Connection, wanted: Sequence[str]) -> None:
    """Refuse containers whose destruction would take something that is nowhere else, or not destroy them.

    Raises:
        NotFound: one of them is no container.
        Conflict: one is destroyed already, is a record itself, was not taken apart to its end, stands in another
            container that stays, or something that came out of it still waits.
    """
    for chunk in chunks_of(wanted):
        _refuse_unfit_rows(connection, chunk)
        outer = outer_containers(connection, chunk)
        for container_id in chunk:
            stays = sorted(outer.get(container_id, set()) - set(wanted))
            if stays:
                text = f"container {container_id} also stands in container {stays[0]}, which is not destroyed"
                raise _refused(container_id, f"{text}; destroy that first")
        members = container_members.c
        joined = container_members.join(
            awaiting_examination, awaiting_examination.c.submission_id == members.submission_id
        )
        waiting = select(members.container_id).select_from(joined).where(members.container_id.in_(chunk))
        found = connection.execute(waiting.limit(1)).scalar()
        if found is not None:
            raise _refused(found, f"something that came out of container {found} is being examined; try again later")


def refuse_unfit_quarantined(connection: Connection, wanted: Sequence[str]) -> None:
    """Refuse submissions that do not lie in quarantine, or whose bytes stand elsewhere.

    Raises:
        NotFound: there is no such submission.
        Conflict: one became a record, waits, is a container, is destroyed already, or stands in one that stays.
    """
    lying = (Outcome.QUARANTINED.value, Outcome.FAILED.value)
    for chunk in chunks_of(wanted):
        joined = submissions.outerjoin(containers, containers.c.id == submissions.c.id)
        query = select(submissions.c.id, submissions.c.outcome, containers.c.state).select_from(joined)
        found = {row.id: row for row in connection.execute(query.where(submissions.c.id.in_(chunk)))}
        keys = set(connection.execute(select(wrapped_keys.c.holder).where(wrapped_keys.c.holder.in_(chunk))).scalars())
        outer = outer_containers(connection, chunk)
        for one in chunk:
            row = found.get(one)
            if row is None:
                raise NotFound(f"there is no submission {one}; nothing was destroyed", record=one)
            if one not in keys:
                raise _refused(one, f"submission {one} is destroyed already")
            if row.outcome not in lying or row.state not in (None, NO_CONTAINER):
                raise _refused(one, f"submission {one} does not lie in quarantine any more")
            if one in outer:
                text = f"submission {one} was taken out of {min(outer[one])}, which still holds it"
                raise _refused(one, f"{text}; destroy that first")


def outer_containers(connection: Connection, container_ids: Sequence[str]) -> dict[str, set[str]]:
    """The other containers that can still be opened and have these in them; at most some hundred are asked for."""
    members = container_members.c
    joined = container_members.join(wrapped_keys, wrapped_keys.c.holder == members.container_id)
    query = select(members.submission_id, members.container_id).select_from(joined)
    outer: dict[str, set[str]] = {}
    for row in connection.execute(query.where(members.submission_id.in_(container_ids))):
        if row.container_id != row.submission_id:  # a file may hold itself
            outer.setdefault(row.submission_id, set()).add(row.container_id)
    return outer


def _refuse_unfit_rows(connection: Connection, chunk: Sequence[str]) -> None:
    found = {row.id: row for row in connection.execute(select(containers).where(containers.c.id.in_(chunk)))}
    keys = set(connection.execute(select(wrapped_keys.c.holder).where(wrapped_keys.c.holder.in_(chunk))).scalars())
    lent = select(records.c.holder).where(
        records.c.submission_id.in_(chunk), records.c.holder == records.c.submission_id, IS_ACTIVE
    )
    lends = set(connection.execute(lent).scalars())
    for container_id in chunk:
        row = found.get(container_id)
        if row is None:
            raise NotFound(f"there is no container {container_id}; nothing was destroyed", record=container_id)
        if container_id not in keys:
            raise _refused(container_id, f"container {container_id} is destroyed already")
        if container_id in lends:
            raise _refused(container_id, f"container {container_id} is a record itself, and goes as one")
        if row.state != CLOSED_WELL or row.findings:
            raise _refused(
                container_id, f"container {container_id} was not taken apart to its end without a difference"
            )


def _refused(container_id: str, why: str) -> Conflict:
    return Conflict(f"{why}; nothing was destroyed", record=container_id)
