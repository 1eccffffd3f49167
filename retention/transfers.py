"""What transfers did with records, and what officers keep: the rows.

Rules:

- A record is removed after a transfer only where its recipient accepted the package that it is in, and where it has
  exactly the sealed objects that it had when that was made (`contents`). The digest of all rows stands in the leaf of
  the package, and that of all answers in the leaf of the answer.
- An answer counts once its batch is executed; until then it can be taken back by withdrawing the batch.
- A record that an officer keeps is not proposed again while it is in the same series and nobody has ended it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from retention.disposition_families import chunks
from retention.disposition_types import Answer, State
from retention.tables import disposition_grounds, disposition_records, dispositions
from retention.transfer_tables import disposition_keeps, transfer_records
from storage.active_records import IS_ACTIVE
from storage.events import EventKind
from storage.tables import components, records

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from storage.transaction import Transaction

NOT_ACCEPTED: Final = "its recipient has not accepted it"
DECLINED: Final = "its recipient declined it"
CHANGED: Final = "it has other bytes than those that its recipient accepted"
COPY_STAYS: Final = "its recipient accepted it, and its schedule keeps it here"
KEPT: Final = "an officer decided to keep it; see: archiver disposition reopen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A record of a transfer: the package that it is in, its contents then, and what was answered."""

    record_id: str
    manifest_sha256: str
    contents: bytes
    answer: Answer | None


def contents_of(connection: Connection, record_ids: Sequence[str]) -> dict[str, bytes]:
    """A digest (32 bytes) of the names of each record's sealed objects; they are the SHA-256 of sealed bytes."""
    names: dict[str, set[str]] = {one: set() for one in record_ids}
    for chunk in chunks(record_ids):
        query = select(components.c.record_id, components.c.blob_id).where(components.c.record_id.in_(chunk))
        for row in connection.execute(query):
            names[row.record_id].add(row.blob_id)
    return {one: hashlib.sha256("\n".join(sorted(found)).encode()).digest() for one, found in names.items()}


def write_package(transaction: Transaction, batch_id: str, manifest_sha256: str, contents: Mapping[str, bytes]) -> None:
    """Note what a finished package holds, in place of an earlier one of the batch."""
    transaction.connection.execute(delete(transfer_records).where(transfer_records.c.disposition_id == batch_id))
    rows = [
        {
            "disposition_id": batch_id,
            "record_id": record_id,
            "manifest_sha256": manifest_sha256,
            "contents": digest,
            "answer": None,
        }
        for record_id, digest in contents.items()
    ]
    if rows:
        transaction.connection.execute(insert(transfer_records), rows)


def write_answers(transaction: Transaction, batch_id: str, answers: Mapping[str, Answer]) -> None:
    """Note what the recipient said of all that he was sent; of a record in no package only that he declined it."""
    connection, of = transaction.connection, transfer_records.c
    mine = of.disposition_id == batch_id
    there = set(connection.execute(select(of.record_id).where(mine)).scalars())
    # most are answered alike: one statement for them, however many they are
    accepted = any(one is Answer.ACCEPTED for one in answers.values())
    usual = Answer.ACCEPTED if accepted else Answer.DECLINED
    connection.execute(update(transfer_records).where(mine).values(answer=usual.value))
    others = [
        {"record": one, "said": said.value} for one, said in answers.items() if one in there and said is not usual
    ]
    if others:
        change = update(transfer_records).where(mine, of.record_id == bindparam("record"))
        connection.execute(change.values(answer=bindparam("said")), others)
    blank = {"disposition_id": batch_id, "manifest_sha256": "", "contents": b""}
    new = [{**blank, "record_id": one, "answer": said.value} for one, said in answers.items() if one not in there]
    if new:
        connection.execute(insert(transfer_records), new)


def sent_of(connection: Connection, batch_id: str, record_ids: Sequence[str] | None = None) -> dict[str, Sent]:
    """What a transfer did with these records, or with all of its list, by their ids."""
    query = select(transfer_records).where(transfer_records.c.disposition_id == batch_id)
    if record_ids is None:
        return {row.record_id: _sent(row) for row in connection.execute(query.order_by(transfer_records.c.record_id))}
    found: dict[str, Sent] = {}
    for chunk in chunks(record_ids):
        chosen = query.where(transfer_records.c.record_id.in_(chunk))
        found |= {row.record_id: _sent(row) for row in connection.execute(chosen)}
    return found


def _sent(row: Any) -> Sent:
    return Sent(
        record_id=row.record_id,
        manifest_sha256=row.manifest_sha256,
        contents=row.contents,
        answer=None if row.answer is None else Answer(row.answer),
    )


def contents_digest(contents: Iterable[tuple[str, bytes]]) -> str:
    """The SHA-256 (hexadecimal) over records and their contents, which stands in the leaf of a package."""
    digest = hashlib.sha256()
    for record_id, one in sorted(contents):
        digest.update(f"{record_id} {one.hex()}\n".encode())
    return digest.hexdigest()


def answers_digest(answers: Iterable[tuple[str, Answer]]) -> str:
    """The SHA-256 (hexadecimal) over records and what was answered, which stands in the leaf of an answer."""
    digest = hashlib.sha256()
    for record_id, one in sorted(answers):
        digest.update(f"{record_id} {one.value}\n".encode())
    return digest.hexdigest()


def not_accepted(connection: Connection, batch_id: str, record_ids: Sequence[str]) -> dict[str, str]:
    """Why records may not be removed after their transfer, as a clause, by their ids; empty for none."""
    sent = sent_of(connection, batch_id, record_ids)
    now = contents_of(connection, record_ids)
    said: dict[str, str] = {}
    for record_id in record_ids:
        one = sent.get(record_id)
        if one is None or one.answer is None:
            said[record_id] = NOT_ACCEPTED
        elif one.answer is Answer.DECLINED:
            said[record_id] = DECLINED
        elif one.contents != now[record_id]:
            said[record_id] = CHANGED
    return said


def answered(connection: Connection, record_ids: Sequence[str]) -> dict[tuple[str, str], tuple[Answer, str]]:
    """The last answer about each record by executed transfers, by record and the series under which it was sent.

    Each with the id of the transfer.
    """
    found: dict[tuple[str, str], tuple[Answer, str]] = {}
    joined = (
        transfer_records.join(dispositions, dispositions.c.id == transfer_records.c.disposition_id)
        .join(
            disposition_records,
            (disposition_records.c.disposition_id == transfer_records.c.disposition_id)
            & (disposition_records.c.record_id == transfer_records.c.record_id),
        )
        .join(
            disposition_grounds,
            (disposition_grounds.c.disposition_id == disposition_records.c.disposition_id)
            & (disposition_grounds.c.number == disposition_records.c.ground),
        )
    )
    for chunk in chunks(record_ids):
        query = (
            select(
                transfer_records.c.record_id,
                transfer_records.c.disposition_id,
                transfer_records.c.answer,
                disposition_grounds.c.series_id,
            )
            .select_from(joined)
            .where(
                transfer_records.c.record_id.in_(chunk),
                transfer_records.c.answer.is_not(None),
                dispositions.c.state == State.EXECUTED.value,
            )
            .order_by(dispositions.c.position)
        )
        for row in connection.execute(query):
            found[row.record_id, row.series_id] = (Answer(row.answer), row.disposition_id)
    return found


def keep(
    transaction: Transaction, record_id: str, series_id: str, batch_id: str | None, *, actor: str, reason: str
) -> None:
    """Keep a record beyond its period, while it is in this series; the reason goes with it if it ever goes."""
    subjects = (record_id,) if batch_id is None else (record_id, batch_id)
    payload = {"series": series_id, "reason": reason}
    position = transaction.append(EventKind.DISPOSITION_KEPT, actor=actor, subjects=subjects, payload=payload)
    row = {
        "record_id": record_id,
        "position": position,
        "disposition_id": batch_id,
        "series_id": series_id,
        "ended": None,
    }
    transaction.connection.execute(insert(disposition_keeps), [row])


def reopen(transaction: Transaction, record_id: str, *, actor: str, reason: str) -> bool:
    """End what keeps a record; False where nothing does."""
    of = disposition_keeps.c
    open_ones = (of.record_id == record_id, of.ended.is_(None))
    if transaction.connection.execute(select(of.position).where(*open_ones).limit(1)).first() is None:
        return False
    position = transaction.append(
        EventKind.DISPOSITION_REOPENED, actor=actor, subjects=(record_id,), payload={"reason": reason}
    )
    transaction.connection.execute(update(disposition_keeps).where(*open_ones).values(ended=position))
    return True


def kept(connection: Connection, record_ids: Sequence[str]) -> set[tuple[str, str]]:
    """Those of the records that officers keep, each with the series for which that was decided."""
    found: set[tuple[str, str]] = set()
    of = disposition_keeps.c
    for chunk in chunks(record_ids):
        query = select(of.record_id, of.series_id).where(of.record_id.in_(chunk), of.ended.is_(None))
        found |= {(row.record_id, row.series_id) for row in connection.execute(query)}
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """A decision to keep a record that stands; `position` is that of its leaf."""

    record_id: str
    series_id: str
    batch_id: str | None
    position: int


def list_kept(connection: Connection) -> list[Keep]:
    """The decisions to keep records that stand, oldest first; those of records that are gone are left out."""
    of = disposition_keeps.c
    joined = disposition_keeps.join(records, records.c.id == of.record_id)
    query = select(disposition_keeps).select_from(joined)
    query = query.where(of.ended.is_(None), IS_ACTIVE).order_by(of.position)
    return [
        Keep(record_id=row.record_id, series_id=row.series_id, batch_id=row.disposition_id, position=row.position)
        for row in connection.execute(query)
    ]
