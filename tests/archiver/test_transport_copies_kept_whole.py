"""Batches of containers that are killed anywhere, and archives restored from before them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from archiver import disposition_executing
from archiver.certificates import certificate
from archiver.disposition_executing import execute_batch
from storage.container_tables import containers
from storage.errors import Conflict
from storage.tables import objects, wrapped_keys
from tests.archiver.commands import Office
from tests.archiver.test_disposition_commands import opened
from tests.archiver.test_disposition_kills import is_killed, user
from tests.archiver.transport_scene import approved_copies, boxes, copied, destroyed_copies, prepared, run_as
from tests.storage.test_destroying_containers import box, put

if TYPE_CHECKING:
    from archiver.wiring import Installation

_MOST = 60


@pytest.fixture(scope="module")
def filled(new_archive, tmp_path_factory):
    office = prepared(new_archive, tmp_path_factory.mktemp("copies"))
    house = opened(office)
    inner = box(house.archive, b"inner.mbox", put(house.archive, b"mail"))
    outer = box(house.archive, b"outer.zip", inner)
    with house.archive.store.write() as transaction:
        transaction.connection.execute(
            update(containers).where(containers.c.id == inner).values(root_id=outer, depth=2)
        )
    house.close()
    return office.folder


@pytest.fixture
def office(filled, tmp_path):
    return copied(filled, tmp_path)


def half_destroyed(office: Office) -> list[str]:
    """Containers that are gone and can be opened, or are there and cannot; or an inner one without its outer."""
    house = opened(office)
    with house.archive.store.read() as connection:
        rows = connection.execute(containers.select()).all()
        keys = set(connection.execute(wrapped_keys.select().with_only_columns(wrapped_keys.c.holder)).scalars())
        there = set(connection.execute(objects.select().with_only_columns(objects.c.holder)).scalars())
    house.close()
    found = [row.id for row in rows if (row.state != "destroyed") != (row.id in keys)]
    found += [row.id for row in rows if row.id in keys and row.id not in there]
    return found + [row.id for row in rows if row.state == "destroyed" and row.root_id in keys]


def faults(office: Office) -> list[dict]:
    """What a check finds of stored bytes; a batch that the backup did not have is told by its own check."""
    return [one for one in office.run("verify", "--json").document["faults"] if one["kind"] != "disposition"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("committed", [False, True])
def test_an_execution_that_is_killed_anywhere_goes_on_and_takes_the_outer_first(office, committed, monkeypatch):
    monkeypatch.setattr(disposition_executing, "COPY_SLICE", 1)
    batch = approved_copies(office)["id"]
    kills = 0

    def execute(house: Installation) -> None:
        execute_batch(house, user(house, "olga"), batch, at_once=True)

    for number in range(1, _MOST):
        # each run is killed one transaction later than the one before it, and what it did stays
        if not is_killed(office, execute, number, committed=committed):
            break
        kills += 1
        assert half_destroyed(office) == []
        house = opened(office)
        try:
            document = certificate(house, user(house, "olga"), batch)
        except Conflict:
            pass
        else:
            assert document["count"] == 2
        house.close()
    assert kills > 3
    done = run_as(office, "olga", "disposition", "execute", batch, "--at-once")
    assert (done["state"], done["destroyed"], done["dropped"], done["confirmed"]) == ("executed", 2, 0, True)
    assert office.run("verify", "--all").status == 0


def test_a_restore_from_before_destroys_the_containers_again(office, tmp_path):
    place = tmp_path / "place"
    office.json("backup", "create", "--to", str(place))
    before = boxes(office)
    destroyed_copies(office)
    office.json("ledger", "checkpoint")
    ledger = ("--ledger", str(office.folder / "ledger"))
    other = Office(folder=tmp_path / "new")
    told = other.json("backup", "restore", "--from", str(place), *ledger, status=6)
    assert told["destroyed_again"] == 2
    assert {one["state"] for one in boxes(other).values()} == {"destroyed"}
    assert set(boxes(other)) == {one["id"] for one in before.values()}
    assert faults(other) == []


def test_a_backup_after_it_brings_back_nothing_of_them(office, tmp_path):
    place = tmp_path / "place"
    office.json("backup", "create", "--to", str(place))
    destroyed_copies(office)
    office.json("backup", "create", "--to", str(place))
    other = Office(folder=tmp_path / "new")
    other.json("backup", "restore", "--from", str(place))
    assert {one["state"] for one in boxes(other).values()} == {"destroyed"}
    assert faults(other) == []
