"""A clock that jumps is not believed, until an officer accepts it; one that runs is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from retention.clock_watch import ClockWatch, Jump, Uptime, frozen_in, machine_uptime, refuse_frozen
from retention.library import ScheduleLibrary
from retention.service import RetentionService
from storage.errors import Conflict
from storage.events import EventKind
from tests.retention.test_service import ACTOR, leaves

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class Machine:
    """A clock and the seconds since the start, moved together or apart."""

    def __init__(self) -> None:
        self.now = datetime(2040, 6, 1, 18, tzinfo=UTC)  # after the archive was made
        self.seconds = 500
        self.boot = "one"

    def clock(self) -> datetime:
        return self.now

    def uptime(self) -> Uptime:
        return Uptime(boot=self.boot, seconds=self.seconds)

    def run(self, span: timedelta) -> None:
        self.now += span
        self.seconds += int(span.total_seconds())

    def restart(self, off: timedelta) -> None:
        self.now += off
        self.boot, self.seconds = self.boot + "+", 10


@pytest.fixture
def machine(archive):
    made = Machine()
    archive.store.clock = made.clock
    return made


@pytest.fixture
def watch(archive, machine):
    made = ClockWatch(archive.store, machine.uptime)
    assert made.look() is None
    return made


@pytest.mark.parametrize("span", [timedelta(minutes=1), DAY, timedelta(days=400)])
def test_time_that_the_machine_counted_too_is_believed(machine, watch, span):
    machine.run(span)
    assert watch.look() is None


@pytest.mark.parametrize("step", [-HOUR, HOUR, timedelta(minutes=59), DAY])
def test_small_corrections_are_believed(machine, watch, step):
    machine.run(timedelta(days=30))
    machine.now += step
    assert watch.look() is None


@pytest.mark.parametrize(
    ("step", "jump"),
    [
        (-HOUR - timedelta(seconds=1), Jump.BACK),
        (DAY + timedelta(seconds=1), Jump.FORWARD),
        (timedelta(days=3_652), Jump.FORWARD),
        (-timedelta(days=3_652), Jump.BACK),
    ],
)
def test_a_jump_freezes_and_is_one_event(archive, machine, watch, step, jump):
    machine.now += step
    found = watch.look()
    assert found is not None
    assert found.jump is jump
    assert watch.look() == found
    assert leaves(archive, EventKind.CLOCK_FROZEN) == 1


def test_many_small_steps_are_one_jump(machine, watch):
    found = None
    for _ in range(3):
        machine.run(HOUR)
        machine.now += timedelta(hours=10)
        found = watch.look()
    assert found is not None


def test_a_clock_that_jumped_and_came_back_stays_frozen(machine, watch):
    machine.now += timedelta(days=100)
    watch.look()
    machine.now -= timedelta(days=100)
    assert watch.look() is not None


def test_a_night_without_the_machine_is_believed(machine, watch):
    machine.restart(timedelta(hours=14))
    assert watch.look() is None


@pytest.mark.parametrize(("off", "jump"), [(timedelta(days=2), Jump.FORWARD), (-2 * HOUR, Jump.BACK)])
def test_after_a_start_nobody_knows_where_days_went(machine, watch, off, jump):
    machine.restart(off)
    found = watch.look()
    assert found is not None
    assert found.jump is jump


def test_a_clock_before_the_newest_leaf_is_not_believed_at_the_first_look(archive, machine):
    with archive.store.write() as transaction:
        transaction.append(EventKind.SEARCH_MADE, actor=ACTOR)
    machine.now -= timedelta(hours=2)
    assert ClockWatch(archive.store, machine.uptime).look() is not None


def test_only_what_was_accepted_goes_on(archive, machine, watch):
    with pytest.raises(Conflict):
        watch.accept(why="nothing was wrong", actor=ACTOR)
    machine.now += timedelta(days=100)
    watch.look()
    with archive.store.read() as connection, pytest.raises(Conflict, match="clock accept"):
        refuse_frozen(connection)
    watch.accept(why="compared with the telephone", actor=ACTOR)
    with archive.store.read() as connection:
        refuse_frozen(connection)
        assert frozen_in(connection) is None
    assert watch.look() is None
    assert leaves(archive, EventKind.CLOCK_ACCEPTED) == 1


def test_evaluation_goes_on_with_a_frozen_clock_and_says_so(archive, machine, watch):
    service = RetentionService(
        archive.store, archive.catalogue, ScheduleLibrary(archive.store), archive.zone, None, watch
    )
    machine.now += timedelta(days=100)
    assert service.evaluate(service.today(), actor=ACTOR).to_json()["frozen"] is True
    assert leaves(archive, EventKind.RETENTION_EVALUATED) == 1


def test_this_machine_counts_its_seconds():
    first, second = machine_uptime(), machine_uptime()
    assert first.boot == second.boot
    assert 0 <= first.seconds <= second.seconds
