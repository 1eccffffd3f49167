"""Where each polled mailbox stands, in the archive's own database.

Rule: a cursor moves past a UID only when its mail is deposited, or when that it is missing is written here
(RFC 9051 §2.3.1.1: within one UIDVALIDITY a UID never means another message, and UIDs only grow). Another
UIDVALIDITY makes everything known about the mailbox void.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import delete, insert, select

from ingest.tables import imap_cursors, imap_misses

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from sqlalchemy import Connection

_FIRST_RETRY = timedelta(minutes=5)
_LONGEST_RETRY = timedelta(hours=24)
_MAX_DOUBLINGS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """A mail that could not be had: `reason` is one word for programs, `next_try` when it is due again."""

    uid: int
    reason: str
    attempts: int
    next_try: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """How far a mailbox is read: every UID up to `last_uid` is deposited or stands in `misses`."""

    mailbox: str
    account: str
    uidvalidity: int
    last_uid: int = 0
    misses: tuple[Miss, ...] = ()

    def due(self, now: datetime) -> tuple[int, ...]:
        """The misses to be tried again."""
        return tuple(sorted(miss.uid for miss in self.misses if miss.next_try <= now))

    def advanced(self, *, last_uid: int, had: Sequence[int], missed: dict[int, str], now: datetime) -> Cursor:
        """The cursor after a batch: `had` are settled, `missed` (UID → reason) are to be tried again later."""
        known = {miss.uid: miss for miss in self.misses}
        for uid in had:
            known.pop(uid, None)
        for uid, reason in missed.items():
            attempts = known[uid].attempts + 1 if uid in known else 1
            known[uid] = Miss(uid=uid, reason=reason, attempts=attempts, next_try=now + retry_after(attempts))
        misses = tuple(known[uid] for uid in sorted(known))
        return replace(self, last_uid=max(self.last_uid, last_uid), misses=misses)


def retry_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts: doubling from five minutes, a day at most."""
    return min(_FIRST_RETRY * (1 << min(max(0, attempts - 1), _MAX_DOUBLINGS)), _LONGEST_RETRY)


class CursorStore(Protocol):
    """Cursors that survive."""

    def load(self, mailbox: str) -> Cursor | None:
        """The cursor of a mailbox, or None where it was never read."""
        ...

    def save(self, cursor: Cursor, at: datetime) -> None:
        """Replace the mailbox's cursor and misses, durably, in one transaction."""
        ...


class Writing(Protocol):
    """An open write transaction."""

    @property
    def connection(self) -> Connection:
        """Where its statements go."""
        ...


class Rows(Protocol):
    """The archive's database, as far as this floor's own rows need it; `storage.transaction.Store` is one."""

    def read(self) -> AbstractContextManager[Connection]:
        """A consistent read."""
        ...

    def write(self) -> AbstractContextManager[Writing]:
        """A transaction that commits at the end of its block."""
        ...


class SqlCursorStore:
    """`CursorStore` over the tables of this floor."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def load(self, mailbox: str) -> Cursor | None:
        """Read cursor and misses in one snapshot."""
        with self._rows.read() as connection:
            row = connection.execute(select(imap_cursors).where(imap_cursors.c.mailbox == mailbox)).one_or_none()
            if row is None:
                return None
            misses = connection.execute(
                select(imap_misses).where(imap_misses.c.mailbox == mailbox).order_by(imap_misses.c.uid)
            ).all()
        return Cursor(
            mailbox=mailbox,
            account=row.account,
            uidvalidity=row.uidvalidity,
            last_uid=row.last_uid,
            misses=tuple(
                Miss(uid=miss.uid, reason=miss.reason, attempts=miss.attempts, next_try=miss.next_try)
                for miss in misses
            ),
        )

    def save(self, cursor: Cursor, at: datetime) -> None:
        """Write cursor and misses in one transaction."""
        rows = [
            {
                "mailbox": cursor.mailbox,
                "uid": miss.uid,
                "reason": miss.reason,
                "attempts": miss.attempts,
                "next_try": miss.next_try,
            }
            for miss in cursor.misses
        ]
        with self._rows.write() as transaction:
            connection = transaction.connection
            connection.execute(delete(imap_cursors).where(imap_cursors.c.mailbox == cursor.mailbox))
            connection.execute(delete(imap_misses).where(imap_misses.c.mailbox == cursor.mailbox))
            connection.execute(
                insert(imap_cursors),
                {
                    "mailbox": cursor.mailbox,
                    "account": cursor.account,
                    "uidvalidity": cursor.uidvalidity,
                    "last_uid": cursor.last_uid,
                    "changed_at": at,
                },
            )
            if rows:
                connection.execute(insert(imap_misses), rows)
