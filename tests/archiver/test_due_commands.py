"""`archiver retention evaluate`, which reads what did not change, and `--recompute`, which does not believe it."""

from __future__ import annotations

import json
import shutil

import pytest
from sqlalchemy import update

from archiver.problems import Exit
from archiver.unlocking import unlock_folder
from archiver.wiring import open_installation
from retention.due_tables import due_days
from tests.archiver.commands import PASSPHRASE, Office
from tests.retention.test_service import add_records, schedule


@pytest.fixture
def office(new_archive, tmp_path) -> Office:
    office = Office(folder=shutil.copytree(new_archive, tmp_path / "archive"))
    (tmp_path / "s.toml").write_bytes(schedule(years=100))
    office.json("schedule", "load", str(tmp_path / "s.toml"))
    return office


def opened(office: Office):
    return open_installation(office.folder, unlock_folder(office.folder, None, {"ARCHIVER_PASSPHRASE": PASSPHRASE}))


def test_an_archive_without_records_has_nothing_to_recompute(office):
    found = office.json("retention", "evaluate", "--recompute")
    assert (found["differences"], found["not_due"], found["eligible"]) == ([], 0, [])


def test_what_the_table_says_otherwise_is_told_made_right_and_a_finding(office):
    house = opened(office)
    ids = add_records(house.archive, 3, series_id="PLAIN")
    house.retention.evaluate(house.retention.today(), actor="operator:test")
    wrong = update(due_days).where(due_days.c.record_id == ids[0]).values(verdict="eligible", next_on=None)
    with house.archive.store.write() as transaction:
        transaction.connection.execute(wrong)
    house.close()
    assert office.json("retention", "evaluate")["eligible"] == [ids[0]]
    answer = office.run("retention", "evaluate", "--recompute", "--json")
    assert answer.status == Exit.FINDINGS
    found = json.loads(answer.out)
    assert (found["differences"], found["eligible"], found["not_due"]) == ([ids[0]], [], 3)
    said = office.run("retention", "evaluate", "--recompute")
    assert (said.status, "0  records of which the table said otherwise" in said.out) == (0, True)
