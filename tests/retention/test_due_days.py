"""The table of due days says what deciding about every record says, whatever happened and whoever was killed."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, select, update

from retention import due_days as module
from retention.due_scope import AFTERWARDS, ANYTHING, HARMLESS, OF_ALL_NAMED, OF_RECORDS
from retention.due_tables import due_cursor, due_days
from retention.evaluation import Verdict
from retention.fact_log import FactAbout
from retention.tables import retention_runs
from storage.events import EventKind
from storage.tables import ledger_leaves, records
from tests.retention.due_house import TODAY, Acts, House
from tests.retention.test_service import ACTOR, count

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def house(archive):
    return House(archive)


@pytest.mark.parametrize("seed", range(3))
def test_after_any_acts_a_run_says_what_deciding_about_every_record_says(house, seed):
    acts = Acts(house, seed)
    house.add(6, day=date(2024, 5, 10), series_id="GONE")
    for _ in range(16):
        for _ in range(acts.random.randrange(1, 4)):
            acts.one()
        house.compare(house.service.today())
    assert house.service.prove(actor=ACTOR) == ()
    for shift in (-40, -1, 7, 400):
        house.compare(house.service.today() + timedelta(days=shift))
    house.compare(house.service.today(), house.another())


def test_every_kind_of_event_is_known_to_count_or_not():
    counting = (OF_RECORDS, OF_ALL_NAMED, AFTERWARDS, ANYTHING)
    assert HARMLESS.union(*counting) == set(EventKind)
    assert not HARMLESS & frozenset[EventKind]().union(*counting)


def rows(house: House) -> dict[str, tuple[object, ...]]:
    with house.archive.store.read() as connection:
        return {row.record_id: tuple(row[1:]) for row in connection.execute(select(due_days))}


def looked_at(house: House, day: date) -> int:
    """How many records a run decides about."""
    told: list[int] = []
    house.service.evaluate(day, actor=ACTOR, progress=told.append)
    return sum(told)


def test_a_run_decides_about_what_changed_and_no_more(house):
    house.add(3, day=date(2024, 5, 4), series_id="PLAIN")
    house.add(40, day=date(2024, 5, 20), series_id="PLAIN")
    house.add(20, day=date(2024, 5, 20), series_id="GONE")
    assert looked_at(house, TODAY) == 63
    assert looked_at(house, TODAY) == 0
    house.hands.moment += timedelta(days=2)
    assert looked_at(house, house.service.today()) == 0
    house.hands.moment += timedelta(days=1)
    assert looked_at(house, house.service.today()) == 3
    house.tell(FactAbout.RECORD, house.ids[-1], "separated", TODAY)
    assert looked_at(house, house.service.today()) == 1


def test_what_somebody_only_looks_at_changes_nothing(house):
    ids = house.add(2)
    house.service.evaluate(TODAY, actor=ACTOR)
    with house.archive.store.write() as transaction:
        transaction.append(EventKind.RECORD_VIEWED, actor=ACTOR, subjects=(ids[0],))
    assert looked_at(house, TODAY) == 0


def test_a_new_edition_makes_every_row_again(house):
    house.add(5, day=date(2024, 5, 20), series_id="PLAIN")
    house.compare(TODAY)
    house.hands.moment += timedelta(seconds=1)
    house.edition(days=2)
    assert looked_at(house, TODAY) == 5
    house.compare(TODAY)


def test_rows_that_another_program_made_are_made_again(house, monkeypatch):
    house.add(5)
    house.compare(TODAY)
    monkeypatch.setattr(module, "program", lambda: "another")
    assert looked_at(house, TODAY) == 5


def test_an_event_of_a_kind_that_nobody_has_sorted_makes_every_row_again(house, monkeypatch):
    house.add(5)
    house.compare(TODAY)
    monkeypatch.setattr("retention.due_scope.HARMLESS", HARMLESS - {EventKind.RECORD_VIEWED})
    kinds = sorted(kind.value for kind in HARMLESS - {EventKind.RECORD_VIEWED})
    monkeypatch.setattr("retention.due_scope._COUNTING", ledger_leaves.c.kind.not_in(kinds))
    with house.archive.store.write() as transaction:
        transaction.append(EventKind.RECORD_VIEWED, actor=ACTOR, subjects=("thing_1",))
    assert looked_at(house, TODAY) == 5


def test_rows_that_are_missing_or_too_many_are_found_without_any_leaf(house):
    ids = house.add(6, day=date(2024, 1, 10), series_id="PLAIN")
    house.compare(TODAY)
    before = rows(house)
    with house.archive.store.write() as transaction:
        transaction.connection.execute(delete(due_days).where(due_days.c.record_id.in_(ids[:2])))
    house.compare(TODAY)
    assert rows(house) == before
    with house.archive.store.write() as transaction:
        transaction.connection.execute(update(records).where(records.c.id == ids[0]).values(state="destroyed"))
    house.compare(TODAY)
    assert set(rows(house)) == set(ids[1:])


def test_a_row_that_was_changed_behind_our_back_is_told_and_made_right(house):
    ids = house.add(5, day=date(2024, 5, 20), series_id="PLAIN")
    house.compare(TODAY)
    wrong = {"verdict": "eligible", "since_on": date(2024, 1, 1), "next_on": None}
    with house.archive.store.write() as transaction:
        transaction.connection.execute(update(due_days).where(due_days.c.record_id == ids[1]).values(wrong))
    assert house.service.prove(actor=ACTOR) == (ids[1],)
    assert house.service.prove(actor=ACTOR) == ()
    house.compare(TODAY)


def test_a_lost_table_is_made_again(house):
    house.add(5, day=date(2024, 5, 20), series_id="PLAIN")
    house.compare(TODAY)
    with house.archive.store.write() as transaction:
        for table in (due_days, due_cursor):
            transaction.connection.execute(delete(table))
    house.compare(TODAY)


class Killed(BaseException):
    """The program ended here."""


@contextmanager
def killed_at(monkeypatch, store, turn: int):
    """The store ends the program at the how manieth write from here."""
    real, left = store.write, [turn]

    @contextmanager
    def write() -> Iterator[object]:
        if left[0] == 0:
            raise Killed
        left[0] -= 1
        with real() as transaction:
            yield transaction

    with monkeypatch.context() as patch:
        patch.setattr(store, "write", write)
        yield left


@pytest.mark.parametrize("what", ["first", "day", "edition", "acts"])
def test_a_run_that_was_killed_at_any_write_goes_on_and_says_the_same(house, monkeypatch, what):
    monkeypatch.setattr(module, "PAGE", 2)
    monkeypatch.setattr(module, "_LEAVES", 3)
    ids = house.add(3, day=date(2024, 5, 3), series_id="PLAIN")
    house.add(4, day=date(2024, 5, 20), series_id="GONE")
    turn, over = 0, False
    while not over:
        house.service = house.another()
        if what != "first" or turn:
            house.hands.moment += timedelta(seconds=1)
        if what == "day":
            house.hands.moment += timedelta(days=1)
        elif what == "edition":
            house.edition(days=10 + turn)
        elif what == "acts":
            for one in ids:
                house.tell(FactAbout.RECORD, one, "closed", date(2024, 1, 1) + timedelta(days=turn))
        else:
            with house.archive.store.write() as transaction:
                transaction.connection.execute(delete(due_cursor))
        before = count(house.archive, retention_runs)
        with killed_at(monkeypatch, house.archive.store, turn) as left:
            try:
                house.service.evaluate(house.service.today(), actor=ACTOR)
            except Killed:
                assert count(house.archive, retention_runs) == before
            else:
                over = left[0] > 0
        house.compare(house.service.today())
        turn += 1
    assert turn > 1


def test_of_two_that_work_at_once_each_row_is_that_of_the_later_reading(house):
    """While one has read a page and not written it, something changes, and the other brings the table up to that."""
    ids = house.add(4, day=date(2024, 5, 20), series_id="GONE")
    house.compare(TODAY)
    other = house.another()
    real = house.service.due._decide
    todo = [ids[0], ids[1], ids[2]]

    def decide(connection: object, page: object, day: date) -> object:
        decisions = real(connection, page, day)
        if todo:
            house.tell(FactAbout.RECORD, todo.pop(), "separated", date(2024, 5, 1))
            other.evaluate(TODAY, actor=ACTOR)
        return decisions

    house.service.due._decide = decide
    house.tell(FactAbout.RECORD, ids[3], "separated", date(2024, 5, 1))
    found = house.service.evaluate(TODAY, actor=ACTOR)
    assert sorted(found.ids[Verdict.ELIGIBLE]) == sorted(set(ids) - set(todo))
    assert len(todo) < 3
    house.compare(TODAY)


def test_of_two_that_make_all_rows_at_once_none_is_lost(house, monkeypatch):
    monkeypatch.setattr(module, "PAGE", 2)
    house.add(9, day=date(2024, 5, 20), series_id="GONE")
    other = house.another()
    real, left = house.service.due._decide, [3]

    def decide(connection: object, page: object, day: date) -> object:
        decisions = real(connection, page, day)
        if left[0]:
            left[0] -= 1
            if left[0] == 1:
                house.hands.moment += timedelta(seconds=1)
                house.edition(days=5)
            other.evaluate(TODAY, actor=ACTOR)
        return decisions

    house.service.due._decide = decide
    house.service.evaluate(TODAY, actor=ACTOR)
    assert len(rows(house)) == 9
    house.compare(TODAY)


def test_a_clock_that_was_set_back_makes_nothing_due_early(house):
    house.add(2, day=date(2024, 5, 20), series_id="PLAIN")
    house.hands.moment = datetime(2034, 6, 1, 18, tzinfo=UTC)
    assert house.service.evaluate(house.service.today(), actor=ACTOR).counts()["eligible"] == 2
    house.hands.moment = datetime(2024, 6, 1, 18, tzinfo=UTC)
    found = house.service.evaluate(house.service.today(), actor=ACTOR)
    assert (found.counts()["eligible"], found.not_due) == (0, 2)
    house.compare(TODAY)


def test_candidates_are_those_eligible_and_those_whose_row_does_not_cover_the_day(house):
    due = house.add(2, day=date(2024, 4, 20), series_id="PLAIN")
    later = house.add(2, day=date(2024, 5, 20), series_id="PLAIN")
    house.add(2, day=date(2024, 5, 20), series_id="KEPT")
    assert house.service.candidates(TODAY) == sorted(due)
    assert house.service.candidates(date(2024, 7, 1)) == sorted([*due, *later])
    assert set(house.service.candidates(date(2024, 5, 1))) <= set(due)


def test_a_forecast_writes_no_row(house):
    house.add(2, day=date(2024, 5, 20), series_id="PLAIN")
    house.compare(TODAY)
    before = rows(house)
    house.compare(date(2030, 1, 1))
    house.compare(date(2020, 1, 1))
    assert rows(house) == before


def test_the_table_is_carried_by_no_backup_and_holds_ids_and_days_only():
    assert [column.name for column in due_days.c] == ["record_id", "verdict", "since_on", "next_on"]
    assert due_days.info["backup"].by.value == due_cursor.info["backup"].by.value == "not"
