"""Which submissions were answered: the rows that keep one from being answered twice, and count what was sent.

Rule: a row is written in the transaction that moves the cursor over the event that asks for it, and leaves `waiting`
in the transaction that writes its letter; so a program killed at any place answers every submission once or, where
there is a reason, not at all. An address stands here only as a keyed digest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, func, insert, select, update

from archiver.answer_rules import About
from archiver.tables import answer_cursor, answers, answers_off
from storage.tables import submissions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from storage.transaction import Transaction

WAITING, QUIET, QUEUED, GATHERED, TOLD = "waiting", "quiet", "queued", "gathered", "told"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRow:
    """One row; `reason` says why there is no letter, `changed_at` since when it is in this state."""

    submission_id: str
    about: About
    state: str
    reason: str | None
    letter_id: str | None
    changed_at: datetime


def read_cursor(connection: Connection) -> int | None:
    """The ledger position up to and with which submissions were noted; None before the first time."""
    found: int | None = connection.execute(select(answer_cursor.c.position)).scalar()
    return found


def move_cursor(transaction: Transaction, position: int) -> None:
    """Move it forward, never back."""
    connection = transaction.connection
    before = read_cursor(connection)
    if before is None:
        connection.execute(insert(answer_cursor), [{"one": 1, "position": position}])
    elif position > before:
        connection.execute(update(answer_cursor).values(position=position))


def note(transaction: Transaction, asked: Sequence[tuple[str, About, datetime]]) -> None:
    """Note submissions that ask for an answer, with the moment of the event; what is noted already stays as it is."""
    connection = transaction.connection
    wanted = {(submission_id, about): at for submission_id, about, at in reversed(asked)}
    ids = list({submission_id for submission_id, _ in wanted})
    known: set[tuple[str, About]] = set()
    for start in range(0, len(ids), 500):
        query = select(answers.c.submission_id, answers.c.about)
        rows = connection.execute(query.where(answers.c.submission_id.in_(ids[start : start + 500])))
        known |= {(row.submission_id, About(row.about)) for row in rows}
    fresh = [
        {"submission_id": submission_id, "about": about.value, "state": WAITING, "changed_at": at}
        for (submission_id, about), at in wanted.items()
        if (submission_id, about) not in known
    ]
    if fresh:
        connection.execute(insert(answers), fresh)


def waiting(connection: Connection, limit: int) -> list[AnswerRow]:
    """Rows that wait and whose submission has its outcome, the oldest first."""
    joined = answers.join(submissions, submissions.c.id == answers.c.submission_id)
    query = (
        select(answers)
        .select_from(joined)
        .where(answers.c.state == WAITING, submissions.c.outcome.is_not(None))
        .order_by(answers.c.changed_at, answers.c.submission_id)
        .limit(limit)
    )
    return [_row(row) for row in connection.execute(query)]


def settle(
    transaction: Transaction,
    row: AnswerRow,
    state: str,
    *,
    reason: str | None = None,
    tag: bytes | None = None,
    letter_id: str | None = None,
) -> bool:
    """Take a row out of the state in which it was read; False where another program did so before."""
    mine = (answers.c.submission_id == row.submission_id) & (answers.c.about == row.about.value)
    values: dict[str, Any] = {"state": state, "reason": reason, "letter_id": letter_id, "changed_at": transaction.at}
    if tag is not None:
        values["recipient_tag"] = tag
    change = update(answers).where(mine, answers.c.state == row.state).values(**values)
    return bool(transaction.connection.execute(change).rowcount)


def letters_since(connection: Connection, moment: datetime, tag: bytes | None = None) -> int:
    """How many letters were written to an address, or to all, at `moment` or later."""
    query = select(func.count(answers.c.letter_id.distinct()))
    query = query.where(answers.c.state.in_((QUEUED, TOLD)), answers.c.changed_at >= moment)
    if tag is not None:
        query = query.where(answers.c.recipient_tag == tag)
    counted: int = connection.execute(query).scalar_one()
    return counted


def gathered_tags(connection: Connection) -> list[bytes]:
    """The addresses that have answers gathered for one letter."""
    query = select(answers.c.recipient_tag).where(answers.c.state == GATHERED).distinct()
    return [bytes(one) for one in connection.execute(query).scalars() if one is not None]


def gathered(connection: Connection, tag: bytes, limit: int) -> list[AnswerRow]:
    """What is gathered for an address, the oldest first."""
    query = select(answers).where(answers.c.state == GATHERED, answers.c.recipient_tag == tag)
    rows = connection.execute(query.order_by(answers.c.changed_at, answers.c.submission_id).limit(limit))
    return [_row(row) for row in rows]


def recent(connection: Connection, limit: int) -> list[AnswerRow]:
    """The rows that changed last, the newest first."""
    query = select(answers).order_by(answers.c.changed_at.desc(), answers.c.submission_id).limit(limit)
    return [_row(row) for row in connection.execute(query)]


def counts(connection: Connection) -> dict[str, int]:
    """How many rows there are, by state."""
    query = select(answers.c.state, func.count()).group_by(answers.c.state)
    return {row[0]: row[1] for row in connection.execute(query)}


def prune(transaction: Transaction, before: datetime) -> None:
    """Forget what was settled before a moment."""
    settled = answers.c.state.in_((QUIET, QUEUED, TOLD))
    transaction.connection.execute(delete(answers).where(settled, answers.c.changed_at < before))


def opted_out(connection: Connection) -> dict[str, datetime]:
    """The custodians who want no answers, with the moment since when."""
    return {row.custodian_id: row.since for row in connection.execute(select(answers_off))}


def switch(transaction: Transaction, custodian_id: str, *, wanted: bool) -> bool:
    """Note whether a custodian wants answers; whether that changes anything."""
    connection = transaction.connection
    chosen = answers_off.c.custodian_id == custodian_id
    if wanted:
        return bool(connection.execute(delete(answers_off).where(chosen)).rowcount)
    if connection.execute(select(answers_off).where(chosen)).first() is not None:
        return False
    connection.execute(insert(answers_off), [{"custodian_id": custodian_id, "since": transaction.at}])
    return True


def _row(row: Any) -> AnswerRow:
    return AnswerRow(
        submission_id=row.submission_id,
        about=About(row.about),
        state=row.state,
        reason=row.reason,
        letter_id=row.letter_id,
        changed_at=row.changed_at,
    )
