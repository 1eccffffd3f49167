"""SIGKILL after each transaction of a transfer, and of what the service goes on with: nothing goes unaccepted."""

from __future__ import annotations

import os
import shutil
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from archiver import disposition_executing
from archiver.chores import chores_of
from archiver.disposition_executing import execute_batch, resume_executions
from archiver.transfers import package_batch
from storage.bundle_check import check_bundle
from storage.records import RecordState
from storage.tables import ledger_leaves, records
from storage.transaction import Store
from tests.archiver.test_disposition_commands import act, filled_once, office, opened, proposed  # noqa: F401 - fixtures
from tests.archiver.test_disposition_kills import half_destroyed, user
from tests.archiver.transfer_scene import sent, sent_once  # noqa: F401 - fixtures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archiver.wiring import Installation
    from storage.transaction import Transaction
    from tests.archiver.commands import Office

_MOST = 60


def killed_at(folder_office, number: int, work: Callable[[Installation], object]) -> bool:
    """Work in a child that is killed when its transaction of that number is committed; whether it was."""
    child = os.fork()
    if child == 0:
        try:
            _work(folder_office, number, work)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
    return os.WIFSIGNALED(status)


def _work(folder_office, number: int, work: Callable[[Installation], object]) -> None:
    house = opened(folder_office)
    begun = 0
    write = Store.write

    @contextmanager
    def counted(store: Store) -> Iterator[Transaction]:
        nonlocal begun
        begun += 1
        with write(store) as transaction:
            yield transaction
        if begun == number:
            os.kill(os.getpid(), signal.SIGKILL)

    with mock.patch.object(Store, "write", counted), mock.patch.object(disposition_executing, "SLICE", 2):
        work(house)
    os._exit(0)


def gone(house: Installation) -> set[str]:
    with house.archive.store.read() as connection:
        rows = connection.execute(records.select().where(records.c.state != RecordState.ACTIVE.value)).all()
    assert {row.state for row in rows} <= {RecordState.TRANSFERRED.value, RecordState.DESTROYED.value}
    return {row.id for row in rows}


@pytest.mark.timeout(300)
def test_a_package_that_is_killed_anywhere_goes_on_and_removes_nothing(sent):  # noqa: F811 - a fixture
    shutil.rmtree(sent.bag)
    kills = 0
    for number in range(1, _MOST):
        if not killed_at(sent.office, number, lambda at: package_batch(at, user(at, "olga"), sent.batch, sent.bag)):
            break
        kills += 1
        assert not (sent.bag / "bagit.txt").exists()
        house = opened(sent.office)
        assert (gone(house), half_destroyed(house)) == (set(), [])
        house.close()
    assert kills > 1
    assert check_bundle(sent.bag, None).faults == []
    assert sent.accept("--manifest", sent.manifest)["answer"]["accepted"] == 3


@pytest.mark.timeout(300)
def test_a_transfer_whose_execution_is_killed_removes_what_was_accepted_only(sent):  # noqa: F811 - a fixture
    with_declined = act(sent.office, "olga", "show", sent.batch)["decisions"]
    declined = with_declined[0]["id"]
    sent.accept("--except", declined)
    kills = 0
    for number in range(1, _MOST):
        if not killed_at(sent.office, number, lambda at: execute_batch(at, user(at, "olga"), sent.batch, at_once=True)):
            break
        kills += 1
        house = opened(sent.office)
        assert declined not in gone(house)
        assert half_destroyed(house) == []
        house.close()
    assert kills > 1
    done = sent.execute("--at-once")
    assert (done["state"], done["transferred"], done["dropped"], done["confirmed"]) == ("executed", 2, 1, True)
    assert sent.office.run("verify", "--all").status == 0


def begun(whole: Office) -> str:
    """A batch of three records whose execution was killed after a person began it."""
    batch = proposed(whole)
    act(whole, "anna", "approve", batch)
    for number in range(1, _MOST):
        assert killed_at(whole, number, lambda at: execute_batch(at, user(at, "olga"), batch))
        if act(whole, "olga", "show", batch)["begun"] is not None:
            break
    return batch


@pytest.mark.timeout(300)
def test_what_a_person_began_the_service_ends_wherever_it_is_killed(office):  # noqa: F811 - a fixture
    batch = begun(office)
    for number in range(1, _MOST):
        if not killed_at(office, number, lambda at: resume_executions(at, actor="service:clock", slices=1)):
            break
        house = opened(office)
        assert half_destroyed(house) == []
        house.close()
    house = opened(office)
    (executions,) = [one for one in chores_of(house) if one.name == "executions"]
    executions.step()
    with house.archive.store.read() as connection:
        rows = connection.execute(ledger_leaves.select().where(ledger_leaves.c.kind == "destruction.decided")).all()
        said = [house.archive.ledger.payload(connection, row.position) or {} for row in rows]
    person = user(house, "olga").actor
    house.close()
    assert {one["executed_by"] for one in said} == {person}
    shown = act(office, "olga", "show", batch)
    assert (shown["state"], shown["destroyed"], shown["dropped"]) == ("executed", 3, 0)
    assert (shown["begun"]["by"], shown["acts"][-1]["by"]) == (person, "service:clock")


def test_what_nobody_began_is_not_executed_by_the_service(office):  # noqa: F811 - a fixture
    batch = proposed(office)
    act(office, "anna", "approve", batch)
    house = opened(office)
    assert resume_executions(house, actor="service:clock", slices=9) == 0
    assert gone(house) == set()
    house.close()


def test_what_was_withdrawn_after_it_was_begun_is_not_gone_on_with(office):  # noqa: F811 - a fixture
    batch = begun(office)
    act(office, "otto", "withdraw", batch, "--reason", "a mistake")
    house = opened(office)
    before = gone(house)
    assert resume_executions(house, actor="service:clock", slices=9) == 0
    assert gone(house) == before
    house.close()


def test_what_was_held_after_it_was_begun_is_dropped_by_the_service(office):  # noqa: F811 - a fixture
    batch = begun(office)
    for one in office.json("record", "list"):
        office.json("hold", "place", "--reason", "Doe v. District", "--record", one["id"])
    house = opened(office)
    before = gone(house)
    resume_executions(house, actor="service:clock", slices=9)
    assert gone(house) == before
    house.close()
    shown = act(office, "olga", "show", batch)
    assert (shown["state"], shown["destroyed"], shown["dropped"]) == ("executed", len(before), 3 - len(before))
