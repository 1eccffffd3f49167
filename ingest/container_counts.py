"""What came out of containers, counted: bytes, members by folder, records by mail."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from ingest.containers import MemberOutcome
from ingest.formats.container_kinds import ContainerKind
from storage.container_tables import container_members, containers
from storage.tables import records, submissions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

    from ingest.containers import MemberLine


def bytes_out(connection: Connection, root_id: str) -> int:
    """How many bytes were deposited out of a tree of containers so far."""
    joined = container_members.join(
        containers,
        (containers.c.id == container_members.c.container_id) & (containers.c.attempt == container_members.c.attempt),
    )
    joined = joined.join(submissions, submissions.c.id == container_members.c.submission_id)
    taken = container_members.c.outcome == MemberOutcome.TAKEN.value
    query = select(func.coalesce(func.sum(submissions.c.size), 0)).select_from(joined)
    total: int = connection.execute(query.where(containers.c.root_id == root_id, taken)).scalar_one()
    return total


def records_within(connection: Connection, ids: Sequence[str]) -> dict[str, list[str]]:
    """The records that came out of what mails among these submissions carry, by mail."""
    found: dict[str, list[str]] = {}
    joined = containers.join(
        container_members,
        (containers.c.id == container_members.c.container_id) & (containers.c.attempt == container_members.c.attempt),
    ).join(records, records.c.submission_id == container_members.c.submission_id)
    query = select(containers.c.root_id, records.c.id).select_from(joined).order_by(container_members.c.ordinal)
    mails = select(containers.c.id).where(containers.c.id.in_(ids), containers.c.kind == ContainerKind.MAIL.value)
    taken = container_members.c.outcome == MemberOutcome.TAKEN.value
    for row in connection.execute(query.where(containers.c.root_id.in_(mails), taken)):
        found.setdefault(row.root_id, []).append(row.id)
    return found


def folder_counts(lines: Iterable[MemberLine]) -> Counter[str]:
    """How many members came out of each folder."""
    return Counter(line.path for line in lines)
