"""The scheduled check: what is due follows from the time that passed, where it stands survives, the ledger tells."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from storage.archive import create_archive, open_archive
from storage.errors import TemporarilyUnavailable
from storage.events import EventKind
from storage.fixity import END, FixityCheck
from storage.fixity_history import Scope, facts_of, read_history
from storage.fixity_passes import FixityPasses, newest_pass
from storage.fixity_report import FixityFault, Tally
from storage.keys import unlock
from storage.tables import ledger_leaves
from tests.storage.archives import ACTOR, RECOVERY, custodian, file_one

COUNT = 6
START = datetime(2030, 1, 1, tzinfo=UTC)
DAYS = 30.0


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def on(self, days: float) -> None:
        self.now = START + timedelta(days=days)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def timed(tmp_path, clock):
    folder = tmp_path / "archive"
    archive = create_archive(folder, [RECOVERY], zone="America/Los_Angeles", actor=ACTOR, clock=clock)
    owner = custodian(archive)
    filed = [file_one(archive, owner, b"Subject: mail %d\r\n\r\ntext" % number) for number in range(COUNT)]
    yield archive, filed
    archive.close()


def slow():
    """A monotonic clock by which every look takes a second, so that a slice is one page."""
    seconds = iter(range(1_000_000))
    return lambda: float(next(seconds))


def passes(archive, monotonic=time.monotonic):
    return FixityPasses(archive, days=DAYS, monotonic=monotonic)


def events(archive):
    with archive.store.read() as connection:
        kind = ledger_leaves.c.kind == EventKind.FIXITY_CHECKED.value
        places = connection.execute(select(ledger_leaves.c.position).where(kind)).scalars().all()
        return [archive.ledger.payload(connection, place) for place in places]


def run_out(pass_, clock, *, until=DAYS):
    clock.on(until)
    reports = []
    for _ in range(100):
        report = pass_.step(ACTOR)
        if report is None:
            return reports
        reports.append(report)
        if report.finished:
            return reports
    raise AssertionError("the pass does not end")


def test_nothing_is_due_when_a_pass_begins(timed):
    archive, _ = timed
    assert passes(archive).step(ACTOR) is None
    running = newest_pass(archive)
    assert (running.number, running.cursor, running.finished_at) == (1, "", None)


def test_a_pass_ends_within_its_days_and_tells_the_ledger(timed, clock):
    archive, _ = timed
    chosen = passes(archive)
    chosen.step(ACTOR)
    reports = run_out(chosen, clock, until=DAYS - 0.5)
    assert reports[-1].finished
    ended = newest_pass(archive)
    assert (ended.cursor, ended.objects, ended.records, ended.faults) == (END, COUNT, COUNT, 0)
    (told,) = events(archive)
    assert (told["scope"], told["pass"], told["objects"], told["faults"]) == ("pass", 1, COUNT, [])


def test_half_the_time_asks_for_half_of_it_and_no_more(timed, clock):
    archive, _ = timed
    chosen = passes(archive, monotonic=slow())
    chosen.step(ACTOR)
    clock.on(DAYS * 0.95 / 2)
    extent = FixityCheck(archive).extent()
    while chosen.step(ACTOR, seconds=0) is not None:
        pass
    running = newest_pass(archive)
    assert running.finished_at is None
    assert running.done >= extent / 2


def test_a_slice_ends_with_its_seconds_however_much_is_due(timed, clock):
    archive, _ = timed
    chosen = passes(archive, monotonic=slow())
    chosen.step(ACTOR)
    clock.on(DAYS * 10)
    first = chosen.step(ACTOR, seconds=0)
    assert not first.finished
    assert newest_pass(archive).cursor.startswith("submissions:")


def test_a_pass_goes_on_where_it_stood_after_a_restart(timed, clock):
    archive, _ = timed
    chosen = passes(archive, monotonic=slow())
    chosen.step(ACTOR)
    clock.on(DAYS)
    chosen.step(ACTOR, seconds=0)
    before = newest_pass(archive)
    assert before.objects == COUNT
    again = open_archive(archive.folder, unlock(archive.folder / "keys", RECOVERY), clock)
    run_out(passes(again), clock)
    ended = newest_pass(again)
    again.close()
    assert (ended.number, ended.objects, ended.finished_at is not None) == (1, COUNT, True)


def test_the_next_pass_begins_when_its_time_has_come_and_not_before(timed, clock):
    archive, _ = timed
    chosen = passes(archive)
    chosen.step(ACTOR)
    run_out(chosen, clock, until=DAYS - 0.5)
    assert chosen.step(ACTOR) is None
    assert newest_pass(archive).number == 1
    clock.on(DAYS)
    chosen.step(ACTOR)
    assert newest_pass(archive).number == 2


def test_a_clock_that_was_put_back_checks_nothing_and_breaks_nothing(timed, clock):
    archive, _ = timed
    chosen = passes(archive)
    chosen.step(ACTOR)
    clock.on(-100)
    assert chosen.step(ACTOR) is None
    assert run_out(chosen, clock)[-1].finished


def test_a_fault_is_told_at_once_and_does_not_stop_the_pass(timed, clock):
    archive, filed = timed
    archive.blobs.delete(filed[2].blob_id)
    chosen = passes(archive)
    chosen.step(ACTOR)
    reports = run_out(chosen, clock)
    assert [fault.record for report in reports for fault in report.faults] == [filed[2].record_id]
    assert reports[-1].finished
    assert newest_pass(archive).faults == 1
    told = [fault["object"] for event in events(archive) for fault in event["faults"]]
    assert told == [filed[2].blob_id]


def test_each_day_of_a_pass_leaves_an_event(timed, clock):
    archive, _ = timed
    for number in range(200):
        file_one(archive, custodian(archive, f"c{number}@x.example"), b"Subject: %d\r\n\r\n" % number)
    chosen = passes(archive, monotonic=slow())
    for hour in range(24 * int(DAYS)):
        clock.on(hour / 24)
        chosen.step(ACTOR, seconds=0)
    told = [event["scope"] for event in events(archive)]
    assert told.count("pass") == 1
    assert 1 <= told.count("slice") <= DAYS


def test_a_slice_whose_place_cannot_be_written_is_repeated(timed, clock, monkeypatch):
    archive, _ = timed
    chosen = passes(archive)
    chosen.step(ACTOR)
    clock.on(DAYS)

    def full(*_: object) -> None:
        raise TemporarilyUnavailable("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(type(archive.store), "write", full)
        with pytest.raises(TemporarilyUnavailable):
            chosen.step(ACTOR)
    assert newest_pass(archive).objects == 0
    assert run_out(chosen, clock)[-1].finished
    assert newest_pass(archive).objects == COUNT


def test_every_cursor_of_a_walk_leads_on_to_the_same_faults(timed):
    archive, filed = timed
    archive.blobs.delete(filed[-1].blob_id)
    walked = list(FixityCheck(archive).walk())
    assert walked[-1][0] == END
    whole = [fault for _, tally in walked for fault in tally.faults]
    assert [fault.record for fault in whole] == [filed[-1].record_id]
    for at, (cursor, _) in enumerate(walked[:-1]):
        rest = [fault for _, tally in FixityCheck(archive).walk(cursor) for fault in tally.faults]
        assert rest == [fault for _, tally in walked[at + 1 :] for fault in tally.faults]


def tell(archive, scope, names, number=None):
    found = Tally(objects=9, faults=[FixityFault(kind="object", id=name, detail="x") for name in names])
    with archive.store.write() as transaction:
        payload = facts_of(scope, found, found.faults, number)
        transaction.append(EventKind.FIXITY_CHECKED, actor=ACTOR, payload=payload)


def test_the_history_of_an_archive_that_was_never_checked_is_empty(timed):
    archive, _ = timed
    history = read_history(archive)
    assert (history.whole, history.newest, history.fault_count, history.faults) == (None, None, 0, ())


def test_the_history_has_the_faults_of_the_newest_whole_check_and_of_what_came_since(timed):
    archive, _ = timed
    tell(archive, Scope.ALL, ["old"])
    tell(archive, Scope.SLICE, ["sliced"], 1)
    tell(archive, Scope.PASS, ["last"], 1)
    tell(archive, Scope.SAMPLE, ["sampled"])
    tell(archive, Scope.SLICE, ["new", "sampled"], 2)
    history = read_history(archive)
    assert history.whole.scope is Scope.PASS
    assert history.newest.number == 2
    assert {fault.id for fault in history.faults} == {"sliced", "last", "sampled", "new"}
    assert history.fault_count == 4


def test_a_whole_check_without_faults_ends_what_was_known(timed):
    archive, _ = timed
    tell(archive, Scope.SAMPLE, ["sampled"])
    tell(archive, Scope.ALL, [])
    assert read_history(archive).fault_count == 0


def test_the_history_reads_what_the_first_version_wrote(timed):
    archive, _ = timed
    with archive.store.write() as transaction:
        payload = {"objects": 3, "records": 3, "faults": 2, "sample": None}
        transaction.append(EventKind.FIXITY_CHECKED, actor=ACTOR, payload=payload)
    history = read_history(archive)
    assert (history.whole.scope, history.whole.objects, history.fault_count) == (Scope.ALL, 3, 2)
