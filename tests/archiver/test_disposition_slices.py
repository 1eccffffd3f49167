"""Slices of an execution: families are proposed whole or not at all, and go in one slice."""

from __future__ import annotations

from unittest import mock

import pytest
from sqlalchemy import insert, select

from archiver import disposition_executing
from storage.conversation_tables import conversation_parts
from storage.tables import destructions
from tests.archiver.test_disposition_commands import (  # noqa: F401 - fixtures
    DAY,
    act,
    filled_once,
    office,
    opened,
    schedule,
)
from tests.retention.test_disposition_families import part


@pytest.fixture
def day(office) -> tuple[str, str]:  # noqa: F811 - a fixture
    """The first and the last record of the archive are parts of one conversation's day."""
    listed = sorted(one["id"] for one in office.json("record", "list"))
    first, last = listed[0], listed[-1]
    house = opened(office)
    with house.archive.store.write() as transaction:
        transaction.connection.execute(insert(conversation_parts), [part(first, first), part(last, first)])
    house.close()
    return first, last


def test_the_parts_of_a_day_stand_together_and_go_in_one_slice(office, day):  # noqa: F811 - a fixture
    schedule(office)
    batch = act(office, "olga", "propose", "--today", DAY)["id"]
    act(office, "anna", "approve", batch)
    with mock.patch.object(disposition_executing, "SLICE", 1):
        done = act(office, "olga", "execute", batch)
    assert (done["destroyed"], done["dropped"]) == (3, 0)
    house = opened(office)
    with house.archive.store.read() as connection:
        rows = connection.execute(select(destructions.c.record_id, destructions.c.batch_id)).all()
    house.close()
    batches = {row.record_id: row.batch_id for row in rows}
    assert batches[day[0]] == batches[day[1]]
    assert len(set(batches.values())) == 2


def test_a_day_of_which_a_part_is_held_is_not_proposed(office, day):  # noqa: F811 - a fixture
    schedule(office)
    office.json("hold", "place", "--reason", "Doe v. District", "--record", day[1])
    batch = act(office, "olga", "propose", "--today", DAY)
    assert batch["records"] == 1
    assert [one["records"] for one in batch["left_out"]["not_destroyable"]] == [1]
    assert "another part" in batch["left_out"]["not_destroyable"][0]["why"]


def test_a_day_of_which_a_part_was_held_since_is_dropped_whole(office, day):  # noqa: F811 - a fixture
    schedule(office)
    batch = act(office, "olga", "propose", "--today", DAY)["id"]
    act(office, "anna", "approve", batch)
    office.json("hold", "place", "--reason", "Doe v. District", "--record", day[1])
    done = act(office, "olga", "execute", batch)
    assert (done["destroyed"], done["dropped"]) == (1, 2)
    reasons = {one["id"]: one["reason"] for one in done["decisions"] if one["fate"] == "dropped"}
    assert "hld_" in reasons[day[1]]
    assert "parts of one" in reasons[day[0]]


def test_what_another_program_destroyed_meanwhile_is_not_dropped(office):  # noqa: F811 - a fixture
    schedule(office)
    batch = act(office, "olga", "propose", "--today", DAY)["id"]
    act(office, "anna", "approve", batch)
    house, other = opened(office), opened(office)
    people = {one.name: one for one in house.users.list()}
    destroying = type(house).destroying
    raced = []

    def beaten(installation) -> object:
        if not raced:
            raced.append(1)
            disposition_executing.execute_batch(other, people["otto"], batch)
        return destroying(installation)

    with mock.patch.object(type(house), "destroying", beaten):
        done = disposition_executing.execute_batch(house, people["olga"], batch)
    house.close()
    other.close()
    assert (done["state"], done["destroyed"], done["dropped"]) == ("executed", 3, 0)
