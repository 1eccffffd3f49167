"""The check of every byte also compares holds and batches with the ledger: at once, and in slices by the clock."""

from __future__ import annotations

import shutil
from datetime import timedelta

import pytest

from archiver.checking import FURTHER, ScheduledFixity
from archiver.checking_acts import further_phases
from retention.dispositions import list_batches
from storage.fixity import FixityCheck
from storage.fixity_passes import newest_pass
from tests.archiver.commands import Office
from tests.archiver.test_disposition_commands import act, filled_once, opened, proposed  # noqa: F401 - fixtures

CHANGES = {
    "who approved": "UPDATE disposition_acts SET actor = 'usr_another' WHERE act = 'approve'",
    "an approval that nobody gave": (
        "INSERT INTO disposition_acts SELECT disposition_id, number + 7, act, actor, step, done_on, at, position + 100,"
        " marks FROM disposition_acts WHERE act = 'approve'"
    ),
    "no approval any more": "DELETE FROM disposition_acts WHERE act = 'approve'",
    "the state": "UPDATE dispositions SET state = 'executed'",
    "the list": "UPDATE disposition_records SET ordinal = 9 WHERE ordinal = 1",
    "the ground": "UPDATE disposition_grounds SET series_id = 'T'",
    "the day": "UPDATE dispositions SET today = '2020-01-01'",
}


@pytest.fixture(scope="module")
def approved_once(filled_once, tmp_path_factory):  # noqa: F811 - a fixture
    """A folder with an archive in which one batch is approved."""
    place = tmp_path_factory.mktemp("approved")
    shutil.copy(filled_once.parent / "tokens.json", place)
    made = Office(folder=shutil.copytree(filled_once, place / "archive"))
    act(made, "anna", "approve", proposed(made))
    return made.folder


@pytest.fixture
def office(approved_once, tmp_path):
    shutil.copy(approved_once.parent / "tokens.json", tmp_path)
    return Office(folder=shutil.copytree(approved_once, tmp_path / "archive"))


@pytest.fixture
def house(office):
    found = opened(office)
    yield found
    found.close()


def batch_of(house):
    with house.archive.store.read() as connection:
        (batch,) = list_batches(connection)
    return batch.id


def change(house, *statements: str) -> None:
    with house.archive.store.write() as transaction:
        for one in statements:
            transaction.connection.exec_driver_sql(one)


def told(house, kind):
    report = FixityCheck(house.archive, further=FURTHER, phases=further_phases(house.archive)).run()
    return [one for one in report.faults if one.kind == kind]


@pytest.mark.parametrize("statement", list(CHANGES.values()), ids=list(CHANGES))
def test_a_batch_whose_rows_were_changed_is_told(house, statement):
    batch = batch_of(house)
    change(house, statement)
    assert [one.id for one in told(house, "disposition")] == [batch]


def test_a_batch_of_which_nothing_is_left_but_its_leaves_is_told(house):
    batch = batch_of(house)
    tables = ("disposition_acts", "disposition_records", "disposition_grounds")
    change(house, *(f"DELETE FROM {table}" for table in tables), "DELETE FROM dispositions")
    assert [one.id for one in told(house, "disposition")] == [batch]


@pytest.mark.parametrize("words", [(), ("withdraw", "--reason", "a slip"), ("execute",)], ids=["open", "back", "done"])
def test_a_batch_that_nobody_changed_is_no_fault_and_neither_is_a_hold(office, house, words):
    if words:
        act(office, "olga", words[0], batch_of(house), *words[1:])
    assert told(house, "disposition") + told(house, "hold") == []


def test_the_slices_of_the_clock_find_what_a_check_at_once_finds(house):
    change(house, CHANGES["the list"])
    fixity, began = ScheduledFixity(house.archive, days=1, actor="service:clock"), house.archive.store.clock()
    fixity.step()
    house.archive.store.clock = lambda: began + timedelta(days=1)
    while newest_pass(house.archive).finished_at is None:
        fixity.step()
    assert newest_pass(house.archive).faults == 1
