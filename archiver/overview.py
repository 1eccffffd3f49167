"""What the archive looks like at this moment, in counts, ids and times: for the home page and for `/readyz`.

Rule: nothing here opens anything; whoever may not read content may still see all of it, but for an employee it
is bound to what is his own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from archiver.access import Act, permits
from archiver.container_outcome import outcome_with, reason_with
from archiver.supervisor import read_status
from ingest import quarantine
from ingest.containers import Containers
from storage.records import RecordState
from storage.tables import awaiting_examination, records, submissions

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from archiver.access import Principal
    from archiver.wiring import Installation
    from search.follower import Coverage
    from storage.records import Channel, Outcome

LONGEST_LAG = 2_000
"""Ledger events by which the index may be behind and still be called current; reading and searching write some."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceState:
    """One supervised service: whether it runs, and how often it was started again."""

    name: str
    running: bool
    restarts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionLine:
    """A submission as a list shows it; `outcome` None is waiting for examination."""

    id: str
    channel: Channel
    received_at: datetime
    size: int
    outcome: Outcome | None
    reason: str | None
    record_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What a principal sees of the whole. `services` None is no supervisor; the last two None for employees.

    `quarantined` is how much lies in quarantine, None for who may not see that. `pictures` is how many records have
    pictures that wait to be read.
    """

    records: int
    waiting: int
    pictures: int
    quarantined: int | None
    newest: tuple[SubmissionLine, ...]
    coverage: Coverage | None
    services: tuple[ServiceState, ...] | None


def service_states(folder: Path) -> tuple[ServiceState, ...] | None:
    """The services as the running supervisor last wrote them; None where none runs."""
    status = read_status(folder)
    if status is None:
        return None
    listed: Any = status.get("services", [])
    return tuple(
        ServiceState(name=str(one["name"]), running=one["process"] is not None, restarts=int(one["restarts"]))
        for one in listed
    )


def look_over(installation: Installation, principal: Principal, *, newest: int = 10) -> Overview:
    """The archive as this principal may see it, with at most `newest` submissions, latest first."""
    archive = installation.archive
    owner = principal.sees_only
    counted = select(func.count()).select_from(records).where(records.c.state == RecordState.ACTIVE.value)
    waiting = select(func.count()).select_from(awaiting_examination)
    # ids begin with their time, so their order is that of arrival, and they have an index
    listed = select(submissions.c.id).order_by(submissions.c.id.desc()).limit(newest)
    if owner is not None:
        counted = counted.where(records.c.custodian_id == owner)
        own = submissions.c.custodian_id == owner
        joined = awaiting_examination.join(submissions, submissions.c.id == awaiting_examination.c.submission_id)
        waiting = select(func.count()).select_from(joined).where(own)
        listed = listed.where(own)
    with archive.store.read() as connection:
        ids = list(connection.execute(listed).scalars())
        lines = archive.submissions.get_many(connection, ids)
        made = archive.catalogue.of_submissions(connection, ids)
        boxes = Containers(archive, actor=principal.actor).among(connection, ids)
        record_count = connection.execute(counted).scalar_one()
        waiting_count = connection.execute(waiting).scalar_one()
        unread = archive.transcriptions.backlog(connection, owner)
        sees = permits(principal, Act.SEE_QUARANTINE)
        quarantined = quarantine.count_of(connection)[0] if sees else None
    return Overview(
        records=record_count,
        waiting=waiting_count,
        pictures=sum(unread.values()),
        quarantined=quarantined,
        newest=tuple(
            SubmissionLine(
                id=one.id,
                channel=one.channel,
                received_at=one.received_at,
                size=one.size,
                outcome=outcome_with(one.outcome, boxes.get(one.id)),
                reason=reason_with(one.reason, boxes.get(one.id)),
                record_ids=tuple(made.get(one.id, ())),
            )
            for one, _ in reversed(lines)
        ),
        coverage=installation.follower().coverage() if owner is None else None,
        services=service_states(archive.folder) if owner is None else None,
    )


def index_lag(installation: Installation) -> int:
    """How many ledger events the index has not looked at; reads the database and the index."""
    reached = installation.index.position()
    with installation.archive.store.read() as connection:
        head = installation.archive.ledger.head(connection).size
    return max(0, head - 1 - reached)
