"""What is marked in records, read and changed in rows.

Rule: a change keeps what was marked before, with the step that had made it so, so that a step can be taken back and the
one before it stands again. A row that cannot be opened, or that holds another record's marks, is damage and told so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, func, insert, select, update

from search.disclosure.redaction import Redaction, RedactionState
from search.disclosure.redaction_codec import decode_redactions, encode_redactions
from search.disclosure.redaction_tables import record_redactions, redaction_changes, redaction_steps
from search.disclosure.review_rows import chunks
from search.disclosure.review_tables import review_records
from storage.errors import Corrupt
from storage.sealing import SealKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from storage.events import EventKind
    from storage.transaction import Transaction
    from storage.vault import HolderKey, Vault

Marks = tuple[Redaction, ...]
_NOTHING_BEFORE: Final = 0  # the step of a record in which nothing was marked yet


@dataclass(frozen=True, slots=True, kw_only=True)
class RedactionStep:
    """A step that was made, and how many records it touched."""

    number: int
    position: int
    records: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """A record that cannot leave as it is marked; `why` is a phrase without content."""

    record_id: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opener:
    """Opens and seals what is marked in the records of one request."""

    vault: Vault
    key: HolderKey
    request_id: str

    def open(self, record_id: str, sealed: bytes) -> Marks:
        """What is marked in a record.

        Raises:
            Corrupt: it is not what was sealed, or is another record's.
        """
        plain = self.vault.unseal(self.key, SealKind.REQUEST, self.request_id, sealed)
        try:
            marks = decode_redactions(plain)
        except ValueError as error:
            raise Corrupt(
                "what is marked in a record cannot be read; run: archiver verify", record=record_id
            ) from error
        if any(one.record_id != record_id for one in marks):
            raise Corrupt("what is marked in a record is another's; run: archiver verify", record=record_id)
        return marks

    def seal(self, marks: Marks) -> bytes:
        """The sealed bytes of what is marked in a record.

        Raises:
            InvalidInput: there are too many.
        """
        return self.vault.seal(self.key, SealKind.REQUEST, self.request_id, encode_redactions(marks))


def read_rows(connection: Connection, request_id: str, record_ids: Sequence[str]) -> dict[str, Any]:
    """The rows of these records, as far as something is or was marked in them."""
    about = record_redactions.c
    query = select(record_redactions).where(about.request_id == request_id)
    portions = (connection.execute(query.where(about.record_id.in_(some))) for some in chunks(record_ids))
    return {row.record_id: row for rows in portions for row in rows}


def read_changes(connection: Connection, request_id: str, step: int) -> dict[str, Any]:
    """What a step changed, by record."""
    about = redaction_changes.c
    query = select(redaction_changes).where(about.request_id == request_id, about.step == step)
    return {row.record_id: row for row in connection.execute(query)}


def next_number(connection: Connection, request_id: str) -> int:
    """The number of the next step of a request."""
    last = select(func.max(redaction_steps.c.number)).where(redaction_steps.c.request_id == request_id)
    return (connection.execute(last).scalar() or 0) + 1


def begin_step(
    transaction: Transaction,
    request_id: str,
    kind: str,
    event: EventKind,
    record_ids: Sequence[str],
    actor: str,
    *,
    takes_back: int | None = None,
) -> RedactionStep:
    """The row of a step and its leaves: each names the request and some of the records."""
    number = next_number(transaction.connection, request_id)
    position = 0
    for some in chunks(record_ids):
        payload = {"step": number, "takes_back": takes_back}
        position = transaction.append(event, actor=actor, subjects=(request_id, *some), payload=payload)
    row = {
        "request_id": request_id,
        "number": number,
        "kind": kind,
        "actor": actor,
        "at": transaction.at,
        "position": position,
        "records": len(record_ids),
        "takes_back": takes_back,
    }
    transaction.connection.execute(insert(redaction_steps), [row])
    return RedactionStep(number=number, position=position, records=len(record_ids))


def write_marks(
    connection: Connection,
    opener: Opener,
    step: int,
    rows: Mapping[str, Any],
    after: Mapping[str, tuple[int, Marks]],
) -> None:
    """Write what is marked after a step, each with the step that stands for it from now on, and what was before.

    Where something final came, went or changed, the second person's confirmation of the record is taken away.
    """
    request_id, about = opener.request_id, record_redactions.c
    changes, unconfirmed = [], []
    for one, (stands, marks) in after.items():
        row = rows.get(one)
        finals = sum(mark.state is RedactionState.FINAL for mark in marks)
        values = {
            "step": stands,
            "drafts": len(marks) - finals,
            "finals": finals,
            "sealed_redactions": opener.seal(marks),
        }
        if row is None:
            connection.execute(insert(record_redactions), [{"request_id": request_id, "record_id": one, **values}])
        else:
            mine = (about.request_id == request_id, about.record_id == one)
            connection.execute(update(record_redactions).where(*mine).values(values))
        changes.append(
            {
                "request_id": request_id,
                "step": step,
                "record_id": one,
                "before_step": None if row is None else row.step,
                "sealed_before": None if row is None else row.sealed_redactions,
            }
        )
        if finals or (row is not None and row.finals):
            unconfirmed.append(one)
    connection.execute(insert(redaction_changes), changes)
    of = review_records.c
    for some in chunks(unconfirmed):
        change = update(review_records).where(of.request_id == request_id, of.record_id.in_(some))
        connection.execute(change.values(confirmed_by=None))


def stood_before(opener: Opener, change: Any) -> tuple[int, Marks]:
    """What was marked in a record before a change, and the step that had made it so."""
    if change.sealed_before is None:
        return _NOTHING_BEFORE, ()
    return change.before_step, opener.open(change.record_id, change.sealed_before)


def unfinished_records(connection: Connection, request_id: str) -> Iterator[Unfinished]:
    """The records that hold a production up, each with why, in the order of their ids."""
    of, at = review_records.c, record_redactions.c
    same = (at.request_id == of.request_id) & (at.record_id == of.record_id)
    drafts, finals = func.coalesce(at.drafts, 0), func.coalesce(at.finals, 0)
    query = select(of.record_id, of.decision, drafts.label("drafts"), finals.label("finals"))
    query = query.select_from(review_records.outerjoin(record_redactions, same)).where(of.request_id == request_id)
    redacted = (of.decision == "redact") & ((finals == 0) | (drafts > 0))
    released = (of.decision == "release") & (finals + drafts > 0)
    for row in connection.execute(query.where(redacted | released).order_by(of.record_id)):
        if row.decision == "release" and row.finals:
            why = "is to be released whole, and has final redactions"
        elif row.drafts:
            why = "has redactions that are drafts"
        else:
            why = "is to be redacted, and has no final redaction"
        yield Unfinished(record_id=row.record_id, why=why)
