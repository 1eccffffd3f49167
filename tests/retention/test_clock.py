from __future__ import annotations

import threading
from datetime import date

from retention.clock import RetentionClock
from storage.errors import TemporarilyUnavailable

DAYS = (date(2024, 1, 1), date(2024, 1, 2))


class Work:
    """Work whose days are due until they were done."""

    def __init__(self, due=DAYS) -> None:
        self.due = list(due)
        self.done: list[date] = []
        self.actors: set[str] = set()
        self.asked = threading.Semaphore(0)
        self.fails: list[Exception] = []

    def due_days(self) -> tuple[date, ...]:
        self.asked.release()
        return tuple(self.due)

    def evaluate(self, today: date, *, actor: str, listed: bool) -> object:  # noqa: ARG002 - as the service has it
        if self.fails:
            raise self.fails.pop()
        self.due.remove(today)
        self.done.append(today)
        self.actors.add(actor)
        return None


def test_a_tick_does_what_is_due_in_order_and_the_next_one_nothing():
    work = Work()
    clock = RetentionClock(work)
    assert (clock.tick(), clock.tick()) == (2, 0)
    assert tuple(work.done) == DAYS
    assert work.actors == {"service:clock"}


def test_a_failed_day_stays_due_and_is_tried_again():
    work = Work()
    clock = RetentionClock(work)
    work.fails = [TemporarilyUnavailable("busy"), RuntimeError("secret words")]
    assert (clock.tick(), clock.tick(), clock.tick()) == (0, 0, 2)


def test_the_log_of_a_failure_does_not_quote_it(caplog):
    work = Work()
    work.fails = [RuntimeError("secret words")]
    RetentionClock(work).tick()
    assert "RuntimeError" in caplog.text
    assert "secret" not in caplog.text


def test_a_started_clock_ticks_at_once_and_again():
    work = Work()
    clock = RetentionClock(work, seconds=1)
    clock.start()
    try:
        assert work.asked.acquire(timeout=20)
        assert work.asked.acquire(timeout=20)
    finally:
        clock.stop()
    assert tuple(work.done) == DAYS


def test_stopping_waits_for_the_day_in_hand_and_leaves_the_rest():
    entered, leave = threading.Event(), threading.Event()

    class Slow(Work):
        def evaluate(self, today: date, *, actor: str, listed: bool) -> object:
            entered.set()
            assert leave.wait(timeout=20)
            return super().evaluate(today, actor=actor, listed=listed)

    work = Slow()
    clock = RetentionClock(work)
    clock.start()
    assert entered.wait(timeout=20)
    stopper = threading.Thread(target=clock.stop)
    stopper.start()
    assert clock._stopping.wait(timeout=20)
    leave.set()
    stopper.join(timeout=20)
    assert not stopper.is_alive()
    assert work.done == [DAYS[0]]


def test_a_clock_that_never_started_can_be_stopped():
    RetentionClock(Work()).stop()
