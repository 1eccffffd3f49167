"""SIGKILL around each transaction of an execution: whatever was begun goes on, and no record is half destroyed."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from archiver import disposition_executing
from archiver.certificates import certificate
from archiver.disposition_executing import execute_batch
from storage.errors import Conflict
from storage.records import RecordState
from storage.tables import records, wrapped_keys
from storage.transaction import Store
from tests.archiver.test_disposition_commands import act, filled_once, office, opened, proposed  # noqa: F401 - fixtures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.access import Principal
    from archiver.wiring import Installation
    from storage.transaction import Transaction

_MOST = 60


def user(house: Installation, name: str) -> Principal:
    return next(one for one in house.users.list() if one.name == name)


def executed_until(folder_office, batch: str, number: int, *, committed: bool) -> bool:
    """Execute in a child that is killed before or after its transaction of that number; whether it was."""
    child = os.fork()
    if child == 0:
        try:
            killing(folder_office, batch, number, committed=committed)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
    return os.WIFSIGNALED(status)


def killing(folder_office, batch: str, number: int, *, committed: bool) -> None:
    house = opened(folder_office)
    begun = 0
    write = Store.write

    @contextmanager
    def counted(store: Store) -> Iterator[Transaction]:
        nonlocal begun
        begun += 1
        if begun == number and not committed:
            os.kill(os.getpid(), signal.SIGKILL)
        with write(store) as transaction:
            yield transaction
        if begun == number:
            os.kill(os.getpid(), signal.SIGKILL)

    with mock.patch.object(Store, "write", counted), mock.patch.object(disposition_executing, "SLICE", 2):
        execute_batch(house, user(house, "olga"), batch, at_once=True)
    os._exit(0)


def half_destroyed(house: Installation) -> list[str]:
    """Records that are gone and can be opened, or are there and cannot."""
    with house.archive.store.read() as connection:
        rows = connection.execute(records.select()).all()
        keys = set(connection.execute(wrapped_keys.select().with_only_columns(wrapped_keys.c.holder)).scalars())
    return [row.id for row in rows if (row.state == RecordState.ACTIVE.value) != (row.holder in keys)]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("committed", [False, True])
def test_an_execution_that_is_killed_anywhere_is_whole_or_goes_on(office, committed):  # noqa: F811 - a fixture
    batch = proposed(office)
    act(office, "anna", "approve", batch)
    kills = 0
    for number in range(1, _MOST):
        # each run is killed one transaction later than the one before it, and what it did stays
        if not executed_until(office, batch, number, committed=committed):
            break
        kills += 1
        house = opened(office)
        assert half_destroyed(house) == []
        with house.archive.store.read() as connection:
            gone = connection.execute(records.select().where(records.c.state == RecordState.DESTROYED.value)).all()
        try:
            document = certificate(house, user(house, "olga"), batch)
        except Conflict:
            pass
        else:
            assert document["count"] == len(gone) == 3
        house.close()
    assert kills > 3
    done = act(office, "olga", "execute", batch, "--at-once")
    assert (done["state"], done["destroyed"], done["dropped"], done["confirmed"]) == ("executed", 3, 0, True)
    house = opened(office)
    assert certificate(house, user(house, "olga"), batch)["count"] == 3
    house.close()
    assert office.run("verify", "--all").status == 0
