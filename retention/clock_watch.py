"""Whether the clock can be believed: it is compared with what nobody sets, and a jump freezes what follows from it.

Rules:

- The machine counts seconds since it was started, also while it sleeps (CLOCK_BOOTTIME, clock_gettime(2)). Since the
  first look after a start, the clock may run ahead of that count by a day and behind it by an hour, in all, not at
  each look. After a start the time between is not known: it may be a day at most, and none may be lost.
- A clock that stands an hour before the newest leaf of the ledger was set back.
- A jump freezes: evaluation goes on and says so, and nothing may be proposed, approved or destroyed as due until an
  officer says that the clock is right. Freezing and accepting are events.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, insert, select, update

from retention.tables import clock_looks
from storage.errors import Conflict, Corrupt
from storage.events import Event, EventKind
from storage.tables import ledger_leaves

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage.transaction import Store

ACTOR: Final = "service:clock"
MOST_BACK: Final = timedelta(hours=1)
MOST_FORWARD: Final = timedelta(days=1)
_SELDOM: Final = timedelta(minutes=10)  # how often a look without news is written
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


class Jump(StrEnum):
    """Which way the clock jumped."""

    BACK = "back"
    FORWARD = "forward"


@dataclass(frozen=True, slots=True, kw_only=True)
class Uptime:
    """Seconds since the machine was started, and a name of that start."""

    boot: str
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """Since when, by the clock that is not believed, and which way it jumped."""

    since: datetime
    jump: Jump

    def to_json(self) -> dict[str, str]:
        """As commands print it."""
        return {"since": self.since.isoformat(), "jump": self.jump.value}


def machine_uptime() -> Uptime:
    """That of this machine; where it names no start, each program counts as one."""
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return Uptime(boot=_program(), seconds=int(time.monotonic()))
    try:
        boot = _BOOT_ID.read_text("ascii").strip()[:64]
    except (OSError, ValueError):
        boot = _program()
    return Uptime(boot=boot, seconds=int(time.clock_gettime(time.CLOCK_BOOTTIME)))


_STARTED: Final = time.time_ns()


def _program() -> str:
    return f"program {_STARTED}"


class ClockWatch:
    """Looks at the clock of one archive.

    Args:
        store: the archive's database; its clock is the clock.
        uptime: what nobody sets.
    """

    def __init__(self, store: Store, uptime: Callable[[], Uptime] = machine_uptime) -> None:
        self._store = store
        self._uptime = uptime

    def look(self) -> Frozen | None:
        """Compare, and freeze on a jump; what is frozen stays so."""
        with self._store.read() as connection:
            now, up = self._store.clock(), self._uptime()
            row = connection.execute(select(clock_looks)).first()
            newest = _newest(connection)
        if row is not None and row.frozen_at is not None:
            return _frozen(row)
        jump = _jump(row, newest, now, up)
        same_start = row is not None and row.boot == up.boot
        if jump is None and row is not None and same_start and abs(now - row.seen_at) < _SELDOM:
            return None
        with self._store.write() as transaction:
            connection = transaction.connection
            again = connection.execute(select(clock_looks)).first()
            if again is not None and again.frozen_at is not None:
                return _frozen(again)
            values: dict[str, Any] = {"frozen_at": None, "reason": None}
            if jump is None:
                values["seen_at"] = now
                if not same_start:  # a base moves with a start only: many small steps are one jump
                    values |= {"boot": up.boot, "base_at": now, "base_seconds": up.seconds}
            else:
                values |= {"frozen_at": now, "reason": jump.value}
                payload = {"jump": jump.value, "clock": now.isoformat()}
                transaction.append(EventKind.CLOCK_FROZEN, actor=ACTOR, payload=payload)
            if again is not None:
                connection.execute(update(clock_looks).values(values))
            else:
                first = {"one": 1, "boot": up.boot, "base_at": now, "base_seconds": up.seconds, "seen_at": now}
                connection.execute(insert(clock_looks), [first | values])
        return None if jump is None else Frozen(since=now, jump=jump)

    def accept(self, *, why: str, actor: str) -> Frozen:
        """Say that the clock is right as it is now; what was frozen goes on.

        Raises:
            Conflict: it is not frozen.
        """
        now, up = self._store.clock(), self._uptime()
        with self._store.write() as transaction:
            found = frozen_in(transaction.connection)
            if found is None:
                raise Conflict("the clock is not frozen; nothing is to be accepted")
            payload = {"reason": why, "jump": found.jump.value, "clock": now.isoformat()}
            transaction.append(EventKind.CLOCK_ACCEPTED, actor=actor, payload=payload)
            values = {
                "boot": up.boot,
                "base_at": now,
                "base_seconds": up.seconds,
                "seen_at": now,
                "frozen_at": None,
                "reason": None,
            }
            transaction.connection.execute(update(clock_looks).values(values))
        return found


def frozen_in(connection: Connection) -> Frozen | None:
    """Whether the clock is frozen, as the last look left it."""
    row = connection.execute(select(clock_looks).where(clock_looks.c.frozen_at.is_not(None))).first()
    return None if row is None else _frozen(row)


def refuse_frozen(connection: Connection) -> None:
    """Refuse what rests on the day; for who proposes, approves or destroys, in his own transaction too.

    Raises:
        Conflict: the clock jumped, and no officer has accepted it.
    """
    found = frozen_in(connection)
    if found is not None:
        raise Conflict(
            f"the clock jumped {found.jump.value}, so nothing counts as due; set it right, then an officer runs:"
            " archiver retention clock accept",
            **found.to_json(),
        )


def _jump(row: Any, newest: datetime | None, now: datetime, up: Uptime) -> Jump | None:
    if newest is not None and now < newest - MOST_BACK:
        return Jump.BACK
    if row is None:
        return None
    if row.boot == up.boot:
        ahead = (now - row.base_at) - timedelta(seconds=up.seconds - row.base_seconds)
    else:
        ahead = now - row.seen_at
    if ahead < -MOST_BACK:
        return Jump.BACK
    return Jump.FORWARD if ahead > MOST_FORWARD else None


def _newest(connection: Connection) -> datetime | None:
    """The time of the newest leaf."""
    query = select(ledger_leaves.c.leaf).order_by(ledger_leaves.c.position.desc()).limit(1)
    leaf = connection.execute(query).scalar()
    if leaf is None:
        return None
    try:
        return Event.decode(leaf).at
    except ValueError as error:
        raise Corrupt("the newest leaf of the ledger cannot be read; run: archiver verify") from error


def _frozen(row: Any) -> Frozen:
    return Frozen(since=row.frozen_at, jump=Jump(row.reason))
