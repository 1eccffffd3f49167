"""The retention clock: the only file that knows APScheduler.

Rule: the scheduler keeps nothing. Its store is memory, it has one job that ticks each minute, and what is due is
found by a query over completed runs; so a day that was missed is made up, whoever slept or was restarted, and a
job that is stored nowhere cannot be lost, doubled or left behind by an upgrade.
"""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from storage.errors import ArchiveError

if TYPE_CHECKING:
    from datetime import date

ACTOR = "service:clock"
TICK_SECONDS = 60
# A tick that comes late is as good as one in time: what is due is a query. None would let it be skipped.
MISFIRE_SECONDS = 3_600

_log = logging.getLogger(__name__)


class DailyWork(Protocol):
    """What the clock drives; `retention.service.RetentionService` is one."""

    def due_days(self) -> tuple[date, ...]:
        """Days whose run is missing, oldest first."""
        ...

    def evaluate(self, today: date, *, actor: str, listed: bool) -> object:
        """Run one day to its end, and keep that it ran; without `listed` records are counted and not named."""
        ...


class Watch(Protocol):
    """What tells a clock that jumped; `retention.clock_watch.ClockWatch` is one."""

    def look(self) -> object:
        """Compare the clock, and keep it if it jumped."""
        ...


class RetentionClock:
    """Ticks in a thread of its own from `start` to `stop`; `tick` may also be called by hand.

    Args:
        work: what finds and does what is due; it has the clock, the ticks only ask it.
        watch: looks at the clock at each tick, so that a jump is seen when it happens.
        seconds: between two ticks.
    """

    def __init__(self, work: DailyWork, *, watch: Watch | None = None, seconds: int = TICK_SECONDS) -> None:
        self._work = work
        self._watch = watch
        self._seconds = seconds
        self._stopping = threading.Event()
        self._turn = threading.Lock()
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            jobstores={"default": MemoryJobStore()},
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": MISFIRE_SECONDS},
        )

    def start(self) -> None:
        """Begin ticking, the first time at once."""
        self._stopping.clear()
        trigger = IntervalTrigger(seconds=self._seconds, timezone=UTC)
        self._scheduler.add_job(self.tick, trigger, id="tick", next_run_time=datetime.now(UTC), replace_existing=True)
        self._scheduler.start()

    def stop(self) -> None:
        """End after the day that is being evaluated; returns when no tick runs any more."""
        self._stopping.set()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)
        with self._turn:  # a tick called by hand is waited for as well
            pass

    def tick(self) -> int:
        """Do what is due, day by day; how many days were done. Errors end the tick and are tried again at the next."""
        with self._turn:
            done = 0
            try:
                if self._watch is not None:
                    self._watch.look()
                for day in self._work.due_days():
                    if self._stopping.is_set():
                        break
                    self._work.evaluate(day, actor=ACTOR, listed=False)
                    done += 1
            except ArchiveError as error:
                _log.warning("retention tick ended early: %s: %s", error.kind, error.message)
            except Exception as error:  # noqa: BLE001 - one bad tick must not end the clock; the day stays due
                # only the type: a traceback may quote content
                _log.error("retention tick failed: %s", type(error).__name__)
            return done
