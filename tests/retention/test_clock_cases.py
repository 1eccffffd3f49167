"""Never early: whatever the zone, the day, the rule and the clock, no record is due before its last day is over.

The last days of `clock_tables.py` and those in the examples of the shipped schedules were counted by hand. When a day
is over in a zone is asked of the zone, not of the code that is tried.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from retention.clock import RetentionClock
from retention.clock_watch import ClockWatch, Jump
from retention.conflicts import combine
from retention.disposition_steps import why_not
from retention.evaluation import Verdict, evaluate
from retention.facts import local_day
from retention.library import ScheduleLibrary
from retention.rules import Authority
from retention.schedule import load_schedule
from retention.schedules import read_shipped, shipped_names
from retention.service import RetentionService
from tests.every_case import every_case
from tests.retention.builders import clock, facts, happened, rule
from tests.retention.clock_tables import CASES
from tests.retention.test_clock_watch import Machine

HOUR, DAY, YEARS = timedelta(hours=1), timedelta(days=1), timedelta(days=3_653)
BEFORE = (-YEARS, -366 * DAY, -DAY, -HOUR, timedelta(seconds=-1), timedelta(microseconds=-1))
AFTER = (timedelta(), timedelta(seconds=1), HOUR, DAY, YEARS)
ZONES = (
    "UTC",
    "America/Los_Angeles",
    "America/St_Johns",
    "America/Sao_Paulo",
    "Europe/London",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
)


def over(last: date, zone: ZoneInfo) -> datetime:
    """The first moment of the day after; where clocks skip midnight, the first that there is."""
    return datetime.combine(last + DAY, time(), zone).astimezone(UTC)


def rules_of(case):
    """Ways to say the same period, each with the facts that it is read by."""
    zone = ZoneInfo(case.zone)
    day = local_day(case.captured, zone)
    count = clock("created", case.period, case.unit.value)
    plain = facts(captured=day.isoformat())
    stated = facts(captured=day.isoformat(), created=(day - 5 * DAY).isoformat())
    closed = facts(captured="1999-01-01", events=[happened("closed", day.isoformat())])
    twice = facts(
        captured="1999-01-01",
        events=[happened("closed", (day - 9 * DAY).isoformat()), happened("closed", day.isoformat())],
    )
    of_event = clock("closed", case.period, case.unit.value)
    return {
        "a minimum": (rule(count, calendars=case.calendars), plain),
        "the later of two": (rule({"later_of": [count, clock("created", 0)]}, calendars=case.calendars), plain),
        "all of them": (rule({"all_of": [count, count]}, calendars=case.calendars), plain),
        "the earlier of two": (rule({"earlier_of": [count, clock("created", 150)]}, calendars=case.calendars), plain),
        "a stated date before capture": (rule(count, calendars=case.calendars), stated),
        "an event": (rule(of_event, calendars=case.calendars), closed),
        "the last of two events": (rule(of_event, calendars=case.calendars), twice),
        "with a maximum": (rule(count, clock("created", 200), calendars=case.calendars), plain),
    }


def test_the_table_has_the_cases_that_it_must():
    assert len(CASES) >= 50
    assert len({case.zone for case in CASES}) >= 15
    assert len({case.name for case in CASES if case.calendars == CASES[0].calendars}) >= 50


@every_case("case", CASES, ids=lambda case: case.name)
def test_no_rule_makes_a_record_due_before_its_last_day_is_over_and_each_does_then(case):
    zone = ZoneInfo(case.zone)
    end = over(case.last, zone)
    for name, (applied, known) in rules_of(case).items():
        early = [
            by for by in BEFORE if evaluate(known, applied, (), local_day(end + by, zone)).decision.value == "eligible"
        ]
        late = [
            by for by in AFTER if evaluate(known, applied, (), local_day(end + by, zone)).decision.value != "eligible"
        ]
        assert (early, late) == ([], []), name
        assert evaluate(known, applied, ("hld_1",), local_day(end, zone)).decision is Verdict.HELD


@every_case("case", CASES, ids=lambda case: case.name)
def test_read_in_another_zone_a_record_is_due_when_its_last_day_is_over_there(case):
    """A zone belongs to an archive; where one was made anew in another zone, its days are those of that one."""
    for name in ZONES:
        zone = ZoneInfo(name)
        applied = rule(clock("created", case.period, case.unit.value), calendars=case.calendars)
        known = facts(captured=local_day(case.captured, zone).isoformat())
        due = evaluate(known, applied, (), date(1970, 1, 1)).eligible_on
        assert due is not None
        assert abs((due - DAY - case.last).days) <= 366, "a day more or less moves the end of a year, and no more"
        end = over(due - DAY, zone)
        verdicts = [evaluate(known, applied, (), local_day(end + by, zone)).decision for by in (*BEFORE, *AFTER)]
        assert verdicts.count(Verdict.ELIGIBLE) == len(AFTER)


@every_case("name", shipped_names())
def test_no_shipped_rule_is_early_in_any_zone(name):
    schedule = load_schedule(read_shipped(name) or b"", name)
    tried = 0
    for series in schedule.series:
        for example in series.examples:
            applied = schedule.rule_for(series.id, example.facts)
            last = _last_day(example)
            if last is None:
                continue
            for zone in map(ZoneInfo, ZONES):
                end = over(last, zone)
                for moment in (*(end + by for by in BEFORE), *_moments_of(last.year, zone, end)):
                    day = local_day(moment, zone)
                    decided = combine([evaluate(example.facts, applied, example.holds, day)], day)
                    assert decided.decision is not Verdict.ELIGIBLE, f"{series.id}, {example.name}, {moment} in {zone}"
                    tried += 1
            if example.eligible_on is not None and example.decision is Verdict.ELIGIBLE:
                day = local_day(over(last, ZoneInfo("UTC")), ZoneInfo("UTC"))
                assert evaluate(example.facts, applied, (), day).decision is Verdict.ELIGIBLE, f"{series.id}, then"
    assert tried > 0


def _last_day(example) -> date | None:
    """The last day that the example itself gives; where it is kept and no day is given, that of the example."""
    if example.eligible_on is not None:
        return example.eligible_on - DAY
    return None if example.decision is Verdict.ELIGIBLE else example.today


def _moments_of(year: int, zone: ZoneInfo, end: datetime) -> list[datetime]:
    """Moments of a year at which clocks are wrong most often, as far as they lie before an end."""
    days = [(1, 1), (2, 28), (3, 1), (3, 10), (3, 31), (4, 7), (6, 30), (7, 1), (10, 6), (10, 27), (11, 3), (12, 31)]
    local = [datetime(year, month, day, hour, 30, tzinfo=zone) for month, day in days for hour in (0, 2, 23)]
    return [one for one in (each.astimezone(UTC) for each in local) if one < end]


CHANGE = date(2024, 7, 1)


@every_case("name", ZONES)
def test_on_the_day_on_which_schedules_change_the_old_one_ends_and_the_new_one_begins_in_the_agencys_own_time(name):
    zone = ZoneInfo(name)
    begins = over(CHANGE - DAY, zone)
    old = Authority(edition="1", adopted_on=date(2000, 1, 1), expires=CHANGE - DAY)
    new = Authority(edition="2", adopted_on=date(2024, 5, 1), effective=CHANGE)
    late = Authority(edition="2", adopted_on=CHANGE)
    known = facts(captured="2001-01-01")

    def permits(authority: Authority, moment: datetime) -> bool:
        day = local_day(moment, zone)
        return why_not(evaluate(known, rule(clock("created", 1), authority=authority), (), day), day) is None

    for by in BEFORE[1:]:
        assert (permits(old, begins + by), permits(new, begins + by), permits(late, begins + by)) == (
            True,
            False,
            False,
        )
    for by in AFTER:
        assert (permits(old, begins + by), permits(new, begins + by), permits(late, begins + by)) == (False, True, True)


STEPS = {
    # the clock of a running machine is set: by how much, and what is thought of it
    "an hour ahead": ([("set", HOUR)], None),
    "an hour back": ([("set", -HOUR)], None),
    "a second more than an hour back": ([("set", -HOUR - timedelta(seconds=1))], Jump.BACK),
    "a day ahead": ([("set", DAY)], None),
    "a second more than a day ahead": ([("set", DAY + timedelta(seconds=1))], Jump.FORWARD),
    "ten years ahead": ([("set", YEARS)], Jump.FORWARD),
    "ten years back": ([("set", -YEARS)], Jump.BACK),
    "an hour ahead, day after day": ([("set", HOUR), ("run", DAY)] * 25, Jump.FORWARD),
    "back by minutes, day after day": ([("set", timedelta(minutes=-10)), ("run", DAY)] * 7, Jump.BACK),
    "ahead and back again": ([("set", YEARS), ("look", None), ("set", -YEARS)], Jump.FORWARD),
    "ahead and back again before anybody looked": ([("set", YEARS), ("set", -YEARS)], None),
    # time that passes
    "a night": ([("run", timedelta(hours=9))], None),
    "ten years of service": ([("run", YEARS)], None),
    "summer time begins": ([("run", 90 * DAY)], None),
    # asleep: the count goes on (CLOCK_BOOTTIME)
    "a month asleep": ([("run", 30 * DAY)], None),
    "a month asleep with a clock that stood still": ([("sleep", 30 * DAY)], Jump.BACK),
    # off: nobody counts
    "off for a night": ([("off", timedelta(hours=14))], None),
    "off for a day": ([("off", DAY)], None),
    "off for a week": ([("off", 7 * DAY)], Jump.FORWARD),
    "off, and the battery of the clock empty": ([("off", -YEARS)], Jump.BACK),
    "off, and the clock an hour behind": ([("off", -HOUR)], None),
    "off, and the clock two hours behind": ([("off", -2 * HOUR)], Jump.BACK),
    "off, and then ten years ahead": ([("off", HOUR), ("look", None), ("set", YEARS)], Jump.FORWARD),
}


@pytest.mark.parametrize(("steps", "jump"), list(STEPS.values()), ids=list(STEPS))
def test_a_clock_that_is_believed_was_never_more_than_a_day_ahead(archive, steps, jump):
    machine = Machine()
    archive.store.clock = machine.clock
    watch = ClockWatch(archive.store, machine.uptime)
    assert watch.look() is None
    really = machine.now
    for what, span in steps:
        if what == "look":
            watch.look()
        elif what == "run":
            machine.run(span)
            really += span
        elif what == "sleep":
            machine.seconds += int(span.total_seconds())
            really += span
        elif what == "off":
            machine.restart(span)
            really += abs(span) if abs(span) <= DAY else timedelta()
        else:
            machine.now += span
        if what in {"run", "off", "sleep"}:
            watch.look()
    found = watch.look()
    assert (None if found is None else found.jump) is jump
    if found is None:
        assert machine.now - really <= DAY


@pytest.fixture
def service(archive):
    archive.store.clock = Machine().clock
    return RetentionService(archive.store, archive.catalogue, ScheduleLibrary(archive.store), archive.zone)


WALKS = {  # an archive in Los Angeles: the moment at which to begin, hours, and the days that must come
    "summer time begins": ("2040-03-10T12:00:00Z", 72, ["2040-03-10", "2040-03-11", "2040-03-12", "2040-03-13"]),
    "summer time ends": ("2040-11-03T12:00:00Z", 72, ["2040-11-03", "2040-11-04", "2040-11-05", "2040-11-06"]),
    "the year ends": ("2040-12-31T12:00:00Z", 48, ["2040-12-31", "2041-01-01", "2041-01-02"]),
    "a leap day": ("2040-02-28T12:00:00Z", 48, ["2040-02-28", "2040-02-29", "2040-03-01"]),
    "no leap day": ("2041-02-28T12:00:00Z", 24, ["2041-02-28", "2041-03-01"]),
}


@pytest.mark.parametrize(("start", "hours", "days"), list(WALKS.values()), ids=list(WALKS))
def test_every_day_is_run_once_in_its_own_time_whenever_the_clock_ticks(archive, service, start, hours, days):
    machine = Machine()
    machine.now = datetime.fromisoformat(start)
    archive.store.clock = machine.clock
    ran: list[date] = []
    evaluate_day = service.evaluate

    def kept(today: date, **more: object) -> object:
        assert machine.now >= datetime.combine(today, time(), archive.zone), "a day before it begins"
        ran.append(today)
        return evaluate_day(today, **more)

    service.evaluate = kept
    ticking = RetentionClock(service)
    for _ in range(hours + 1):
        ticking.tick()
        machine.run(HOUR)
    assert [one.isoformat() for one in ran] == days


@pytest.mark.parametrize(
    ("step", "count"),
    [(-YEARS, 0), (-DAY, 0), (-HOUR, 0), (HOUR, 0), (DAY, 1), (20 * DAY, 20)],
    ids=["ten years back", "a day back", "an hour back", "an hour on", "a day on", "twenty days asleep"],
)
def test_days_that_are_due_after_a_step_are_made_up_and_never_done_twice(archive, service, step, count):
    noon = datetime(2040, 6, 1, 19, tzinfo=UTC)
    archive.store.clock = lambda: noon
    service.evaluate(service.today(), actor="operator:test")
    archive.store.clock = lambda: noon + step
    due = service.due_days()
    assert len(due) == count
    assert all(one <= local_day(noon + step, archive.zone) for one in due)
