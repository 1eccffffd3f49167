"""In which order records are given, and which belong together: families, threads, then by their days.

Rules:

- A family is what came as one thing: the parts of one conversation's day, and the records of one mail. All of a family
  is decided before any of it is given; attachments are in the record that they came with.
- Threads stand together, oldest first; inside of one the families do, oldest first. The same records have the same
  order whoever asks, as ids settle what days leave open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, select

from search.disclosure.instalments import Instalments
from search.disclosure.redaction_tables import redaction_steps
from search.disclosure.review_rows import chunks
from search.disclosure.review_tables import review_steps
from search.grouping import Grouping, grouped
from storage.conversation_tables import conversation_parts, superseded_records
from storage.errors import Conflict
from storage.records import RecordKind, RecordState
from storage.tables import records
from storage.transcription_tables import transcriptions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from archiver.wiring import Installation
    from storage.transaction import Store


def states_of(connection: Connection, record_ids: Sequence[str]) -> dict[str, RecordState]:
    """What became of these records."""
    query = select(records.c.id, records.c.state)
    found = (row for some in chunks(record_ids) for row in connection.execute(query.where(records.c.id.in_(some))))
    return {row.id: RecordState(row.state) for row in found}


def families_of(connection: Connection, record_ids: Sequence[str]) -> list[frozenset[str]]:
    """The families of these records with all their active members, each family once; who is alone is left out."""
    roots: set[str] = set()
    mails: set[str] = set()
    for some in chunks(record_ids):
        query = select(conversation_parts.c.root_id).where(conversation_parts.c.record_id.in_(some))
        roots.update(connection.execute(query).scalars())
        query = select(records.c.submission_id).where(records.c.id.in_(some))
        mails.update(connection.execute(query.where(records.c.kind == RecordKind.EMAIL.value)).scalars())
    families: dict[str, set[str]] = {}
    active = records.c.state == RecordState.ACTIVE.value
    gone = select(superseded_records.c.record_id)
    parts = conversation_parts.c
    for some in chunks(sorted(roots)):
        query = select(parts.root_id, parts.record_id).join(records, records.c.id == parts.record_id)
        for row in connection.execute(query.where(active, parts.root_id.in_(some), parts.record_id.not_in(gone))):
            families.setdefault(row.root_id, set()).add(row.record_id)
    for some in chunks(sorted(mails)):
        query = select(records.c.submission_id, records.c.id).where(active, records.c.submission_id.in_(some))
        for row in connection.execute(query):
            families.setdefault(row.submission_id, set()).add(row.id)
    return [frozenset(one) for one in families.values() if len(one) > 1]


def steps_made(connection: Connection, request_id: str) -> tuple[int, int]:
    """The last steps of review and of redaction of a request: equal where nothing was decided or marked in between."""
    reviewed = select(func.max(review_steps.c.number)).where(review_steps.c.request_id == request_id)
    marked = select(func.max(redaction_steps.c.number)).where(redaction_steps.c.request_id == request_id)
    return connection.execute(reviewed).scalar() or 0, connection.execute(marked).scalar() or 0


def refuse_instalment(store: Store, connection: Connection, request_id: str, number: int) -> None:
    """Refuse an instalment that was not planned, or was produced before.

    Raises:
        NotFound: the request has no such instalment.
        Conflict: it was produced before.
    """
    if Instalments(store).get(connection, request_id, number).produced_at is not None:
        raise Conflict(f"instalment {number} was produced before; plan another: archiver request instalment add")


def read_anew(connection: Connection, request_id: str, decided: Mapping[str, int | None]) -> list[str]:
    """Records whose pictures were read or corrected after the step that decided them; `decided` has these steps."""
    steps = select(review_steps.c.number, review_steps.c.position).where(review_steps.c.request_id == request_id)
    positions: dict[int | None, int] = {row.number: row.position for row in connection.execute(steps)}
    newest = select(transcriptions.c.record_id, func.max(transcriptions.c.position).label("position"))
    found: list[str] = []
    for some in chunks(list(decided)):
        rows = connection.execute(
            newest.where(transcriptions.c.record_id.in_(some)).group_by(transcriptions.c.record_id)
        )
        found += [row.record_id for row in rows if row.position > positions.get(decided[row.record_id], 0)]
    return found


def in_order(
    installation: Installation, record_ids: Iterable[str], families: Sequence[frozenset[str]]
) -> tuple[str, ...]:
    """These records in the order in which they are given."""
    wanted = sorted(set(record_ids))
    days: dict[str, datetime] = {}
    with installation.archive.store.read() as connection:
        query = select(records.c.id, records.c.sent_at, records.c.captured_at)
        for some in chunks(wanted):
            rows: Iterable[Any] = connection.execute(query.where(records.c.id.in_(some)))
            days |= {row.id: row.sent_at or row.captured_at for row in rows}
    known = [one for one in wanted if one in days]
    by_day = sorted(known, key=lambda one: (days[one], one))
    family: dict[str, str] = {}
    for together in (one & days.keys() for one in families):
        family |= dict.fromkeys(together, min(together, key=lambda one: (days[one], one), default=""))
    threads = grouped(by_day, installation.index.groups(by_day), Grouping.THREAD)
    ordered: dict[str, None] = {}
    members: dict[str, list[str]] = {}
    for one in by_day:
        members.setdefault(family.get(one, one), []).append(one)
    for thread in threads:
        for one in thread:
            ordered.update(dict.fromkeys(members[family.get(one, one)]))
    return tuple(ordered)
