"""What an export shares with others of the same conversations: messages that were known, days that are absent.

Rule: an overlap is told in counts, from the rows that were written of each day; no message is opened for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, case, exists, func, select

from storage.container_tables import container_members
from storage.conversation_tables import conversation_parts
from storage.tables import records

if TYPE_CHECKING:
    from collections.abc import Sequence


def overlap_of(connection: Connection, container_id: str) -> dict[str, int]:
    """What an export shares with others.

    Its records, how many of them are parts of earlier ones, and of its messages how many were known before, changed
    since, or are lacking that earlier exports have; and how many days that other exports have are absent from it,
    between the first and the last that it has of a conversation.
    """
    parts = conversation_parts.c
    is_part = case((parts.record_id != parts.root_id, 1), else_=0)
    columns = (func.count(), func.sum(is_part), func.sum(parts.known), func.sum(parts.changed), func.sum(parts.lacking))
    row = connection.execute(select(*columns).where(parts.container_id == container_id)).one()
    told = dict(zip(("records", "parts", "known", "changed", "lacking"), (one or 0 for one in row), strict=True))
    # a day that came before in the same bytes made no record of its own now, and all of it was known
    repeated = _within(container_id).where(container_members.c.outcome == "duplicate").subquery()
    told["known"] += connection.execute(select(func.coalesce(func.sum(repeated.c.messages), 0))).scalar_one()
    return told | {"absent_days": _absent_days(connection, container_id)}


def _within(container_id: str) -> Select[Any]:
    """The rows of all days that an export has, those included that an earlier one brought in the same bytes."""
    joined = conversation_parts.join(records).join(
        container_members, container_members.c.submission_id == records.c.submission_id
    )
    return select(conversation_parts).select_from(joined).where(container_members.c.container_id == container_id)


def _absent_days(connection: Connection, container_id: str) -> int:
    within, other = _within(container_id).subquery(), conversation_parts.alias()
    spans = (
        select(within.c.thread, func.min(within.c.day).label("first"), func.max(within.c.day).label("last"))
        .where(within.c.day != "")
        .group_by(within.c.thread)
        .subquery()
    )
    is_there = exists().where(within.c.thread == other.c.thread, within.c.day == other.c.day)
    days = (
        select(other.c.thread, other.c.day)
        .join(spans, (spans.c.thread == other.c.thread) & other.c.day.between(spans.c.first, spans.c.last))
        .where(~is_there)
        .distinct()
    )
    absent: int = connection.execute(select(func.count()).select_from(days.subquery())).scalar_one()
    return absent


def repeated_among(connection: Connection, record_ids: Sequence[str]) -> set[str]:
    """Those of at most 500 records that brought nothing that was not there before."""
    parts = conversation_parts.c
    repeats = (parts.record_id != parts.root_id, parts.known == parts.messages)
    query = select(parts.record_id).where(parts.record_id.in_(record_ids), *repeats)
    return set(connection.execute(query).scalars())
