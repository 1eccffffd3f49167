"""The nightly comparison is made once a night, and what is wrong with an index is told."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from archiver.index_checking import IndexFaults, NightlyReconciliation, last_turn
from archiver.wiring import open_installation
from search.generation_rows import Cause
from search.reconciliation import last_reconciled
from storage.events import EventKind
from storage.keys import unlock
from tests.storage.archives import RECOVERY, custodian, file_one, make_archive

ZONE = ZoneInfo("America/Los_Angeles")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def house(tmp_path):
    make_archive(tmp_path / "archive").close()
    opened = open_installation(tmp_path / "archive", unlock(tmp_path / "archive" / "keys", RECOVERY))
    owner = custodian(opened.archive)
    for number in range(3):
        file_one(opened.archive, owner, b"mail %d" % number, "the heron flies")
    opened.follower().catch_up()
    yield opened
    opened.close()


def comparisons(house) -> int:
    with house.archive.store.read() as connection:
        return len(house.archive.ledger.events_after(connection, -1, kinds=(EventKind.INDEX_RECONCILED,)))


@pytest.mark.parametrize(
    ("now", "turn"),
    [
        (datetime(2025, 7, 1, 12, 0, tzinfo=UTC), datetime(2025, 7, 1, 10, 30, tzinfo=UTC)),
        (datetime(2025, 7, 1, 10, 30, tzinfo=UTC), datetime(2025, 7, 1, 10, 30, tzinfo=UTC)),
        (datetime(2025, 7, 1, 10, 29, tzinfo=UTC), datetime(2025, 6, 30, 10, 30, tzinfo=UTC)),
        (datetime(2025, 1, 1, 11, 0, tzinfo=UTC), datetime(2024, 12, 31, 11, 30, tzinfo=UTC)),
    ],
)
def test_the_last_turn_is_by_local_time(now, turn):
    assert last_turn(now, time(3, 30), ZONE) == turn


def test_a_night_has_one_comparison_however_often_it_is_looked(house, monkeypatch):
    nightly = NightlyReconciliation(house, actor="service:clock")
    nightly.step()
    assert comparisons(house) == 0  # the archive is younger than the last turn
    moment = last_turn(house.archive.store.clock(), time(3, 30), ZONE) + DAY + HOUR
    for wanted in (1, 2):
        monkeypatch.setattr(house.archive.store, "clock", lambda at=moment + wanted * DAY: at)
        nightly.step()
        NightlyReconciliation(house, actor="service:clock").step()
        assert comparisons(house) == wanted


def test_a_damaged_index_is_left_to_who_keeps_it_and_told(house, monkeypatch):
    later = house.archive.store.clock() + 2 * DAY
    monkeypatch.setattr(house.archive.store, "clock", lambda: later)
    faults = IndexFaults(house)
    assert faults.sentences() == ()
    house.indexes.close()
    house.generations.path(1).write_bytes(b"damaged" * 1_000)
    NightlyReconciliation(house, actor="service:clock").step()
    assert comparisons(house) == 0
    assert house.generations.doubted() == 1
    (sentence,) = faults.sentences()
    assert sentence.startswith("fts: ")
    assert sentence.endswith("run: archiver index rebuild")
    house.generations.rebuild(actor="service:index", cause=Cause.DAMAGE)
    assert faults.sentences() == ()
    house.indexes.close()
    house.generations.path(2).unlink()
    (again,) = faults.sentences()
    assert "see to its disk" in again


def test_a_record_that_cannot_be_opened_is_told_until_it_can(house):
    faults = IndexFaults(house)
    with house.archive.store.write() as transaction:
        transaction.connection.exec_driver_sql(
            "UPDATE descriptions SET sealed_description = zeroblob(length(sealed_description))"
        )
    house.generations.rebuild(actor="operator:test")
    house.reconciliation().run(actor="service:clock")
    assert last_reconciled(house.archive, "fts").unreadable == 3
    (sentence,) = faults.sentences()
    assert "3 of 3 records cannot be opened" in sentence
