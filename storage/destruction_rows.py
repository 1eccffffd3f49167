"""The rows that stand about a record: how they are taken out at its destruction, and looked for afterwards.

Rules:

- A record that is a whole submission is that submission: key, digest, envelope and object are taken with it.
- Of the events about it, those of the kinds in `DESCRIBING` lose their payload and its key; their leaves stay.
- A container loses the names of its members; rows that say which submission was its how manieth member stay.
- Columns that stay say when, by which channel, for whom and how much, never what. Deleted bytes are overwritten
  by the database (`secure_delete=ON`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, func, or_, select, update

from storage.active_records import IS_ACTIVE
from storage.container_tables import DESTROYED, NO_CONTAINER, containers
from storage.conversation_tables import conversation_parts
from storage.errors import Conflict
from storage.events import Event, EventKind
from storage.matching_tables import message_digests, message_links
from storage.participant_tables import TAG_BYTES, participant_links, record_participants
from storage.records import Outcome, RecordState
from storage.tables import (
    awaiting_examination,
    components,
    descriptions,
    ledger_leaves,
    ledger_payloads,
    ledger_subjects,
    objects,
    records,
    submission_digests,
    submissions,
    wrapped_keys,
)
from storage.transcription_tables import awaiting_reading, transcriptions

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from storage.destructions import DestroyedRecord

_CHUNK = 500

DESCRIBING = frozenset(
    {
        EventKind.SUBMISSION_DEPOSITED,
        EventKind.SUBMISSION_DUPLICATE,
        EventKind.SUBMISSION_EXAMINED,
        EventKind.SUBMISSION_RELEASED,
        EventKind.SUBMISSION_REJECTED,
        EventKind.RECORD_ARCHIVED,
        EventKind.RECORD_ASSIGNED,
        EventKind.RECORD_LINKED,
        EventKind.RECORD_UNLINKED,
        EventKind.SERIES_ADDED,
        EventKind.SERIES_ENDED,
        EventKind.FACT_ADDED,
        EventKind.FACT_WITHDRAWN,
        EventKind.DISPOSITION_KEPT,
        EventKind.DISPOSITION_REOPENED,
        EventKind.RECORD_TRANSCRIBED,
        EventKind.LETTER_SENT,
        EventKind.NOTICE_QUEUED,
        EventKind.NONRECORD_ASKED,
        EventKind.NONRECORD_REFUSED,
        EventKind.NONRECORD_WITHDRAWN,
        EventKind.CONTAINER_UNPACKED,
        EventKind.CONTAINER_CLOSED,
    }
)
"""Kinds whose payload says something of the record, of its members by name, or of who handed it in; it goes with it."""


def take_out(
    connection: Connection, doomed: Sequence[DestroyedRecord], leads_to: RecordState = RecordState.DESTROYED
) -> None:
    """Delete keys, descriptions, transcriptions, digests, envelopes and describing payloads, and set the states."""
    for chunk in chunks_of(doomed):
        ids = [one.record_id for one in chunk]
        of = [one.submission_id for one in chunk]
        subjects = [*ids, *of]
        spoken = [event.id for _, event in leaves_about(connection, subjects, DESCRIBING) if event.digest is not None]
        for holders in (subjects, *chunks_of(spoken)):
            connection.execute(delete(wrapped_keys).where(wrapped_keys.c.holder.in_(holders)))
        for some in chunks_of(spoken):
            connection.execute(delete(ledger_payloads).where(ledger_payloads.c.event_id.in_(some)))
        for said in (descriptions, transcriptions, awaiting_reading, message_digests):
            connection.execute(delete(said).where(said.c.record_id.in_(ids)))
        for end in (message_links.c.pictured_id, message_links.c.better_id):
            connection.execute(delete(message_links).where(end.in_(ids)))
        parts = update(conversation_parts).where(conversation_parts.c.record_id.in_(ids))
        # that there was such a day stays known, for a later export
        connection.execute(parts.values(digests=b"", source=b""))
        _take_out_participants(connection, ids)
        connection.execute(delete(submission_digests).where(submission_digests.c.submission_id.in_(of)))
        connection.execute(delete(awaiting_examination).where(awaiting_examination.c.submission_id.in_(of)))
        # a submission of which a restore brought back only the deposit became a record once: that is its outcome; one
        # that was released without a record never left the quarantine
        quarantined = leads_to is RecordState.RELEASED and all(one.is_container for one in chunk)
        outcome = Outcome.QUARANTINED if quarantined else Outcome.ARCHIVED
        blank = {"sealed_envelope": b"", "outcome": outcome.value, "reason": None}
        connection.execute(update(submissions).where(submissions.c.id.in_(of)).values(blank))
        opened = update(containers).where(containers.c.id.in_(of), containers.c.state != NO_CONTAINER)
        connection.execute(opened.values(state=DESTROYED))
        gone = update(records).where(records.c.id.in_(ids)).values(state=leads_to.value)
        connection.execute(gone)


def _take_out_participants(connection: Connection, ids: Sequence[str]) -> None:
    """Delete who took part in these records, and what was said of those who took part in no other.

    A handle belongs to the export of one custodian, so it is looked for among the records of the same.
    """
    parts = record_participants.c
    query = select(records.c.custodian_id, parts.tags).join(records, records.c.id == parts.record_id)
    met: dict[str, set[bytes]] = {}
    for row in connection.execute(query.where(parts.record_id.in_(ids))):
        places = range(0, len(row.tags), TAG_BYTES)
        met.setdefault(row.custodian_id, set()).update(row.tags[place : place + TAG_BYTES] for place in places)
    connection.execute(delete(record_participants).where(parts.record_id.in_(ids)))
    linked = set(connection.execute(select(participant_links.c.tag).distinct()).scalars()) if met else set()
    for custodian_id, tags in met.items():
        mine = select(parts.record_id).join(records, records.c.id == parts.record_id)
        mine = mine.where(records.c.custodian_id == custodian_id)
        alone = [
            tag
            for tag in tags & linked
            if connection.execute(mine.where(func.instr(parts.tags, tag) > 0).limit(1)).first() is None
        ]
        for some in chunks_of(alone):
            chosen = participant_links.c.tag.in_(some)
            gone = list(connection.execute(select(participant_links.c.id).where(chosen)).scalars())
            connection.execute(delete(participant_links).where(chosen))
            for holders in chunks_of(gone):
                connection.execute(delete(wrapped_keys).where(wrapped_keys.c.holder.in_(holders)))


def leaves_about(
    connection: Connection, subjects: Sequence[str], kinds: Collection[EventKind]
) -> list[tuple[int, Event]]:
    """Events of these kinds that one of the ids is a subject of."""
    about = select(ledger_subjects.c.position).where(ledger_subjects.c.subject.in_(subjects))
    query = select(ledger_leaves.c.position, ledger_leaves.c.leaf).where(
        ledger_leaves.c.position.in_(about), ledger_leaves.c.kind.in_([kind.value for kind in kinds])
    )
    return [(row.position, Event.decode(row.leaf)) for row in connection.execute(query)]


def rows_left(connection: Connection, chunk: Sequence[DestroyedRecord]) -> list[str]:
    """What the database still has of these records."""
    ids, of = [one.record_id for one in chunk], [one.submission_id for one in chunk]
    holders = holders_of(chunk)
    spoken = [event.id for _, event in leaves_about(connection, holders, DESCRIBING)]
    places: tuple[tuple[str, Any, Sequence[str]], ...] = (
        ("the key of", wrapped_keys.c.holder, [*holders, *spoken]),
        ("the description of", descriptions.c.record_id, ids),
        ("a transcription of", transcriptions.c.record_id, ids),
        ("a place in the queue of pictures of", awaiting_reading.c.record_id, ids),
        ("digests of messages of", message_digests.c.record_id, ids),
        ("a link to better evidence of", message_links.c.pictured_id, ids),
        ("a link to pictures of", message_links.c.better_id, ids),
        ("a component of", components.c.record_id, ids),
        ("an object row of", objects.c.holder, holders),
        ("the digest of", submission_digests.c.submission_id, of),
        ("the payload of event", ledger_payloads.c.event_id, spoken),
        ("the participants of", record_participants.c.record_id, ids),
        ("a place in the queue of", awaiting_examination.c.submission_id, of),
    )
    found = []
    for what, column, wanted in places:
        for some in chunks_of(wanted):
            found += [f"{what} {one}" for one in connection.execute(select(column).where(column.in_(some))).scalars()]
    envelopes = select(submissions.c.id).where(submissions.c.id.in_(of), submissions.c.sealed_envelope != b"")
    found += [f"the envelope of {one}" for one in connection.execute(envelopes).scalars()]
    parts = conversation_parts.c
    digests = or_(parts.digests != b"", parts.source != b"")
    messages = select(parts.record_id).where(parts.record_id.in_(ids), digests)
    found += [f"the digests of messages of {one}" for one in connection.execute(messages).scalars()]
    alive = select(records.c.id).where(records.c.id.in_(ids), IS_ACTIVE)
    return found + [f"the active record {one}" for one in connection.execute(alive).scalars()]


def refuse_split(connection: Connection, chunk: Sequence[str], wanted: Collection[str]) -> None:
    """What a later export added to a conversation's day is the same record: it goes with it, or nothing goes.

    Raises:
        Conflict: one of these records is a part of one, or has a part, that is active and not wanted.
    """
    mine, other = conversation_parts.alias(), conversation_parts.alias()
    query = (
        select(mine.c.record_id, other.c.record_id)
        .join(other, other.c.root_id == mine.c.root_id)
        .join(records, records.c.id == other.c.record_id)
        .where(mine.c.record_id.in_(chunk), IS_ACTIVE)
    )
    for record_id, part_id in connection.execute(query):
        if part_id not in wanted:
            text = f"record {record_id} and {part_id} are parts of one; destroy them together; nothing was destroyed"
            raise Conflict(text, record=record_id)


def blob_names(connection: Connection, chunk: Sequence[DestroyedRecord]) -> list[str]:
    """The objects that these records brought in, as the ledger names them; rows may be gone, leaves never are."""
    kinds = {EventKind.SUBMISSION_DEPOSITED, EventKind.RECORD_ARCHIVED}
    leaves = leaves_about(connection, holders_of(chunk), kinds)
    return list(dict.fromkeys(name for _, event in leaves for name in event.blobs))


def holders_of(chunk: Sequence[DestroyedRecord]) -> list[str]:
    """The ids that keys of these records may be kept under: the record's own, and that of its submission."""
    return [*(one.record_id for one in chunk), *(one.submission_id for one in chunk)]


def chunks_of(rows: Sequence[Any]) -> Iterator[Any]:
    """The rows in parts that one statement takes."""
    return (rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK))
