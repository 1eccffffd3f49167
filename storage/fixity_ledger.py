"""The second part of a fixity check: the leaves, what they witness, their payloads, and the list of their subjects.

Of each leaf: (11) it reads as an event and is listed as the kind that it is; (12) its payload opens and is the one
that it binds, and where there is none any more, a record that it is about was destroyed; (13) a submission or
record that it witnesses has its row, at its place, and the row of a submission says what the deposit said;
(14) each of its subjects is listed, and the list names no other. (15) All leaves together give the head, the
stored hashes are theirs, and the published checkpoint is a prefix of them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select, tuple_

from storage.catalogue import has_facts_of
from storage.errors import Corrupt, NotFound
from storage.events import SALT_BYTES, Event, EventKind, payload_digest
from storage.fixity_report import Page, Tally
from storage.records import RecordState
from storage.sealing import SealKind
from storage.tables import (
    destructions,
    ledger_leaves,
    ledger_payloads,
    ledger_subjects,
    losses,
    records,
    submissions,
    wrapped_keys,
)
from storage.vault import WrappedKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from storage.archive import Archive

_STATES = frozenset(one.value for one in RecordState)
_DEPOSITED, _ARCHIVED = EventKind.SUBMISSION_DEPOSITED, EventKind.RECORD_ARCHIVED


@dataclass(slots=True)
class _Leaf:
    """A leaf that reads as an event, with what the deposit's payload said."""

    position: int
    event: Event
    said: dict[str, Any] | None = None


@dataclass(slots=True)
class _Leaves:
    """A page of leaves, and those of them whose payload is gone."""

    read: list[_Leaf] = field(default_factory=list)
    without_payload: list[tuple[_Leaf, str]] = field(default_factory=list)


class LeafPhase:
    """Pages over all leaves, in order."""

    name = "leaves"
    limit = 512

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def page(self, after: str, limit: int) -> Page:
        """Check the next `limit` leaves behind a position."""
        tally = Tally()
        start = int(after or "-1")
        with self._archive.store.read() as connection:
            rows = _read_leaves(connection, start, limit)
            leaves = self._open(rows, tally)
            if rows:
                self._check_rows(connection, leaves, tally)
                self._check_subjects(connection, leaves, (start, rows[-1].position), tally)
                self._check_gone(connection, leaves, tally)
        tally.done = len(rows)
        return Page(str(rows[-1].position) if rows else None, tally)

    def _open(self, rows: list[Any], tally: Tally) -> _Leaves:
        leaves = _Leaves()
        for row in rows:
            try:
                event = Event.decode(row.leaf)
            except ValueError:
                tally.fault("ledger", f"leaf {row.position}", "it cannot be read")  # (11)
                continue
            if event.kind.value != row.kind:
                tally.fault("ledger", f"leaf {row.position}", "it is listed as another kind than it is")
            leaf = _Leaf(row.position, event)
            leaves.read.append(leaf)
            if event.digest is not None:
                self._open_payload(row, leaf, leaves, tally)
        return leaves

    def _open_payload(self, row: Any, leaf: _Leaf, leaves: _Leaves, tally: Tally) -> None:
        """(12) A payload is opened and compared with its leaf; one that is gone is looked into afterwards."""
        name = f"leaf {row.position}"
        if row.sealed_payload is None or row.wrapped is None:
            leaves.without_payload.append(
                (leaf, "the payload" if row.sealed_payload is None else "the key of the payload")
            )
            return
        vault = self._archive.store.vault
        try:
            key = vault.unwrap(WrappedKey(row.event_id, row.epoch, row.wrapped))
            plain = vault.unseal(key, SealKind.EVENT_PAYLOAD, row.event_id, row.sealed_payload)
        except (Corrupt, NotFound) as error:
            tally.fault("payload", name, error.message)
            return
        salt, payload = plain[:SALT_BYTES], plain[SALT_BYTES:]
        if leaf.event.id != row.event_id or leaf.event.digest != payload_digest(salt, payload):
            tally.fault("payload", name, "an event's payload is not the one that its leaf names")
        elif leaf.event.kind is _DEPOSITED:
            leaf.said = _members(payload)

    @staticmethod
    def _check_rows(connection: Connection, leaves: _Leaves, tally: Tally) -> None:
        """(13) What the ledger says was taken is there; a row that is gone leaves no trace but its leaf."""
        named = {
            kind: [one for one in leaves.read if one.event.kind is kind and one.event.subjects]
            for kind in (_DEPOSITED, _ARCHIVED)
        }
        taken = select(
            submissions.c.id,
            submissions.c.position,
            submissions.c.channel,
            submissions.c.size,
            submissions.c.received_at,
            submissions.c.blob_id,
        )
        made = select(records)
        for kind, query, column in ((_DEPOSITED, taken, submissions.c.id), (_ARCHIVED, made, records.c.id)):
            ids = [one.event.subjects[0] for one in named[kind]]
            there = {row.id: row for row in connection.execute(query.where(column.in_(ids)))} if ids else {}
            gone = _destroyed_among(connection, [one for one in ids if one not in there])
            for leaf in named[kind]:
                subject = leaf.event.subjects[0]
                record = subject if kind is _ARCHIVED else None
                row = there.get(subject)
                if row is None and subject not in gone:
                    detail = "the ledger witnesses it and the catalogue has no row of it"
                    tally.fault("missing", subject, detail, record=record)
                elif row is not None and (wrong := _wrong_row(row, leaf)) is not None:
                    tally.fault(wrong[0], subject, wrong[1], record=record)

    @staticmethod
    def _check_subjects(connection: Connection, leaves: _Leaves, between: tuple[int, int], tally: Tally) -> None:
        """(14) Custody lists are read from this list, so a subject that it lacks would be an act unseen."""
        expected = {(one, leaf.position) for leaf in leaves.read for one in leaf.event.subjects}
        wanted = sorted({subject for subject, _ in expected})
        listed: set[tuple[str, int]] = set()
        for start in range(0, len(wanted), 500):
            place = ledger_subjects.c.position
            mine = ledger_subjects.c.subject.in_(wanted[start : start + 500])
            query = select(ledger_subjects).where(mine, place > between[0], place <= between[1])
            listed.update((row.subject, row.position) for row in connection.execute(query))
        for subject, position in sorted(expected - listed):
            tally.fault("ledger", f"leaf {position}", f"its subject {subject} is not listed")

    @staticmethod
    def _check_gone(connection: Connection, leaves: _Leaves, tally: Tally) -> None:
        """A payload may be gone where something that its event is about was destroyed, and nowhere else."""
        if not leaves.without_payload:
            return
        about = sorted({subject for leaf, _ in leaves.without_payload for subject in leaf.event.subjects})
        excused = _destroyed_among(connection, about)
        ids = [leaf.event.id for leaf, _ in leaves.without_payload]
        lost = set(connection.execute(select(losses.c.subject).where(losses.c.subject.in_(ids))).scalars())
        for leaf, what in leaves.without_payload:
            if leaf.event.id in lost:
                tally.declared += 1
            elif excused.isdisjoint(leaf.event.subjects):
                tally.fault("payload", f"leaf {leaf.position}", f"{what} is missing")


class SubjectPhase:
    """Pages over the list of subjects: each entry names a leaf that has this subject."""

    name = "subjects"
    limit = 1_000

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def page(self, after: str, limit: int) -> Page:
        """Check the next `limit` entries behind one."""
        tally = Tally()
        place, _, subject = after.partition(" ")
        query = select(ledger_subjects, ledger_leaves.c.leaf).outerjoin(
            ledger_leaves, ledger_leaves.c.position == ledger_subjects.c.position
        )
        if after:
            both = tuple_(ledger_subjects.c.subject, ledger_subjects.c.position)
            query = query.where(both > tuple_(subject, int(place)))
        query = query.order_by(ledger_subjects.c.subject, ledger_subjects.c.position).limit(limit)
        with self._archive.store.read() as connection:
            rows = connection.execute(query).all()
        for row in rows:
            if not _has_subject(row.leaf, row.subject):
                tally.fault("ledger", f"leaf {row.position}", f"{row.subject} is listed as its subject and is none")
        return Page(f"{rows[-1].position} {rows[-1].subject}" if rows else None, tally)


def _has_subject(leaf: bytes | None, subject: str) -> bool:
    # keys are sorted and quotes escaped, so behind the last such words stands the list of subjects and no other text
    if leaf is not None and f'"{subject}"'.encode() in leaf.rpartition(b'"subjects":[')[2]:
        return True
    try:
        return subject in Event.decode(leaf or b"").subjects
    except ValueError:
        return leaf is not None  # a leaf that cannot be read is named as such already


def _read_leaves(connection: Connection, after: int, limit: int) -> list[Any]:
    joined = ledger_leaves.outerjoin(ledger_payloads, ledger_payloads.c.position == ledger_leaves.c.position).outerjoin(
        wrapped_keys, wrapped_keys.c.holder == ledger_payloads.c.event_id
    )
    query = select(
        ledger_leaves.c.position,
        ledger_leaves.c.kind,
        ledger_leaves.c.leaf,
        ledger_payloads.c.event_id,
        ledger_payloads.c.sealed_payload,
        wrapped_keys.c.epoch,
        wrapped_keys.c.wrapped,
    ).select_from(joined)
    query = query.where(ledger_leaves.c.position > after).order_by(ledger_leaves.c.position).limit(limit)
    return list(connection.execute(query))


def _destroyed_among(connection: Connection, ids: Sequence[str]) -> set[str]:
    """The records among these ids that were destroyed, and the submissions that went with theirs; both of a pair."""
    found: set[str] = set()
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        query = select(destructions.c.record_id, destructions.c.submission_id)
        query = query.where(or_(destructions.c.record_id.in_(some), destructions.c.submission_id.in_(some)))
        found.update(one for row in connection.execute(query) for one in row)
    return found


def _members(payload: bytes) -> dict[str, Any] | None:
    try:
        members = json.loads(payload)
    except ValueError:
        return None
    return members if isinstance(members, dict) else None


def _wrong_row(row: Any, leaf: _Leaf) -> tuple[str, str] | None:
    """What the row of a submission or a record says that its leaf does not, as a kind of fault and a sentence."""
    if row.position != leaf.position:
        return "ledger", f"its row does not name its leaf {leaf.position}"
    if leaf.event.kind is _ARCHIVED:
        other = "its row names another submission or state, or other facts, than its leaf"
        return None if _same_record(row, leaf.event) else ("facts", other)
    if row.blob_id not in leaf.event.blobs:
        return "submission", "its row names another object than its leaf"
    if row.received_at != leaf.event.at or (leaf.said is not None and not _agrees(row, leaf.said)):
        return "submission", "channel, size or time are not those that the deposit took down"
    return None


def _same_record(row: Any, event: Event) -> bool:
    """Whether a record's row is that of its leaf; the facts of an active one are compared along with its objects."""
    if row.submission_id not in event.subjects or row.state not in _STATES:
        return False
    return row.state == RecordState.ACTIVE.value or has_facts_of(row, event)


def _agrees(row: Any, said: dict[str, Any]) -> bool:
    try:
        at = datetime.fromisoformat(said["received_at"])
    except (KeyError, TypeError, ValueError):
        return False
    return (row.channel, row.size, row.received_at) == (said.get("channel"), said.get("size"), at)
