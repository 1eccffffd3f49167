"""A batch is what the ledger says of it: rows that were changed are found out, and a restore brings all of it back."""

from __future__ import annotations

import shutil

import pytest

from tests.archiver.commands import Office
from tests.archiver.test_disposition_commands import act, filled_once, hits, office, opened, proposed  # noqa: F401 - fixtures


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE disposition_acts SET actor = 'usr_another' WHERE act = 'approve'",
        "UPDATE disposition_records SET ordinal = 9 WHERE ordinal = 1",
        "UPDATE disposition_grounds SET series_id = 'T'",
        "UPDATE dispositions SET forecast = 0",
    ],
)
def test_a_batch_whose_rows_are_not_what_the_ledger_says_is_not_executed(office, change):  # noqa: F811 - a fixture
    batch = proposed(office)
    act(office, "anna", "approve", batch)
    house = opened(office)
    with house.archive.store.write() as transaction:
        transaction.connection.exec_driver_sql(change)
    house.close()
    answer = act(office, "olga", "execute", batch, status=1)
    assert "ledger" in answer["error"]["message"]
    assert hits(office, "walrus") == 1


def test_a_restored_archive_has_the_batch_with_its_acts_and_goes_on(office, tmp_path):  # noqa: F811 - a fixture
    place, again = tmp_path / "place", Office(folder=tmp_path / "again")
    office.json("backup", "create", "--to", str(place))
    batch = proposed(office)
    office.json("backup", "create", "--to", str(place))
    act(office, "anna", "approve", batch)
    office.json("backup", "create", "--to", str(place))
    shutil.rmtree(office.folder)
    again.json("backup", "restore", "--from", str(place))
    done = act(again, "olga", "execute", batch)
    assert (done["state"], done["destroyed"], len(done["approvals"]["given"])) == ("executed", 3, 1)
    assert again.run("verify", "--all").status == 0
