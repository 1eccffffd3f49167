"""Which series a record may belong to, by the records beside it: suggestions, of which a person takes what is right.

Rule: nothing is assigned by this. What counts is the same conversation, and then the same custodian with the same
correspondents, among his newest records that have a series; how many records speak for a series is told, never what
they say.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from archiver.access import Act, authorize
from archiver.reading import open_described
from storage.conversation_tables import conversation_parts
from storage.custodians import normal_address
from storage.errors import NotFound
from storage.events import EventKind
from storage.records import RecordState
from storage.tables import records

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from archiver.access import Principal
    from archiver.wiring import Installation
    from storage.records import Custodian, DescribedRecord, Description

_MOST_COMPARED: Final = 300
_MOST_SHOWN: Final = 10


def suggest_series(installation: Installation, who: Principal, record_id: str) -> list[dict[str, Any]]:
    """Series of a current schedule for a record, the likeliest first; its own are left out. Looking is an event.

    Raises:
        Denied: this role may not.
        NotFound: there is no such record.
        Conflict: it was destroyed.
    """
    authorize(who, Act.KEEP_FACTS)
    authorize(who, Act.READ_RECORD)
    described = open_described(installation, who, record_id)
    archive = installation.archive
    with archive.store.read() as connection:
        book = installation.library.book(connection)
        talked = _of_conversation(connection, record_id)
        beside = _of_correspondents(installation, connection, described)
    own = described.record.series_id
    found = [
        {"series": series_id, "records": number, "why": why}
        for counted, why in ((talked, "the same conversation"), (beside, "the same custodian and correspondents"))
        for series_id, number in sorted(counted.items(), key=lambda one: (-one[1], one[0]))
        if series_id != own and book.schedule_id(series_id) is not None
    ]
    shown = list({one["series"]: one for one in reversed(found)}.values())[::-1][:_MOST_SHOWN]
    with archive.store.write() as transaction:
        payload = {"suggested": len(shown)}
        transaction.append(EventKind.SUBJECTS_VIEWED, actor=who.actor, subjects=(record_id,), payload=payload)
    return shown


def refuse_unsuggested_series(found: list[dict[str, Any]], series_id: str) -> None:
    """Refuse to take a suggestion that there is not.

    Raises:
        NotFound: this series is not suggested.
    """
    if not any(one["series"] == series_id for one in found):
        raise NotFound("this series is not suggested for the record; assign it without --suggested")


def _of_conversation(connection: Connection, record_id: str) -> Counter[str]:
    parts = conversation_parts.c
    thread = select(parts.thread).where(parts.record_id == record_id).scalar_subquery()
    query = (
        select(records.c.series_id, func.count().label("number"))
        .join(conversation_parts, parts.record_id == records.c.id)
        .where(parts.thread == thread, records.c.id != record_id, records.c.series_id.is_not(None))
        .where(records.c.state == RecordState.ACTIVE.value)
        .group_by(records.c.series_id)
    )
    return Counter({row.series_id: row.number for row in connection.execute(query)})


def _of_correspondents(installation: Installation, connection: Connection, mine: DescribedRecord) -> Counter[str]:
    wanted = _others(mine.description, mine.custodian)
    if not wanted:
        return Counter()
    query = select(records.c.id).where(
        records.c.custodian_id == mine.record.custodian_id,
        records.c.series_id.is_not(None),
        records.c.state == RecordState.ACTIVE.value,
        records.c.id != mine.record.id,
    )
    ids = list(connection.execute(query.order_by(records.c.position.desc()).limit(_MOST_COMPARED)).scalars())
    found: Counter[str] = Counter()
    for one in installation.archive.catalogue.describe(connection, ids):
        if one.record.series_id is not None and wanted & _others(one.description, one.custodian):
            found[one.record.series_id] += 1
    return found


def _others(description: Description, custodian: Custodian) -> set[str]:
    """Addresses of a mail, and participants of a conversation, beside the custodian's own."""
    head, conversation = description.original, description.conversation
    parties = (*([head.sender] if head.sender is not None else []), *head.to, *head.cc)
    named = {normal_address(one.address) for one in parties if one.address}
    if conversation is not None:
        named |= {one for one in conversation.participants if one != conversation.owner}
    return named - {normal_address(one) for one in custodian.addresses} - {custodian.name}
