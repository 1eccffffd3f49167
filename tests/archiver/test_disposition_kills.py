"""SIGKILL around each transaction of an execution and of a certificate: all or forward, and no record half destroyed.

Every kill is of a run that begins anew on a copy of the same approved batch, so that each step of a batch of two slices
is hit, before its transaction and right after its commit.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from archiver import certificates, disposition_executing
from archiver.certificates import certificate, write_certificate
from archiver.disposition_executing import execute_batch
from retention.dispositions import list_batches
from storage.errors import Conflict
from storage.events import EventKind
from storage.records import RecordState
from storage.tables import records, wrapped_keys
from storage.transaction import Store
from tests.archiver.commands import Office
from tests.archiver.test_disposition_commands import act, filled_once, opened, proposed  # noqa: F401 - fixtures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from archiver.access import Principal
    from archiver.wiring import Installation
    from storage.transaction import Transaction

_MOST = 80


@pytest.fixture(scope="module")
def approved_once(filled_once, tmp_path_factory) -> Path:  # noqa: F811 - a fixture
    """A folder with an archive in which a batch of three records is approved."""
    place = tmp_path_factory.mktemp("kills")
    shutil.copy(filled_once.parent / "tokens.json", place)
    made = Office(folder=shutil.copytree(filled_once, place / "archive"))
    act(made, "anna", "approve", proposed(made))
    return made.folder


@pytest.fixture
def office(approved_once, tmp_path) -> Office:
    shutil.copy(approved_once.parent / "tokens.json", tmp_path)
    return Office(folder=tmp_path / "archive")


def again(office: Office, start: Path) -> None:
    """The archive as it was at the start."""
    shutil.rmtree(office.folder, ignore_errors=True)
    shutil.copytree(start, office.folder)


def user(house: Installation, name: str) -> Principal:
    return next(one for one in house.users.list() if one.name == name)


def batch_of(house: Installation) -> str:
    with house.archive.store.read() as connection:
        (batch,) = list_batches(connection)
    return batch.id


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def is_killed(office: Office, work: Callable[[Installation], object], number: int, *, committed: bool) -> bool:
    """Work in a child that is killed before or after its transaction of that number; whether it was."""
    child = os.fork()
    if child == 0:
        try:
            killing(office, work, number, committed=committed)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
    return os.WIFSIGNALED(status)


def killing(office: Office, work: Callable[[Installation], object], number: int, *, committed: bool) -> None:
    house = opened(office)
    begun = 0
    write = Store.write

    @contextmanager
    def counted(store: Store) -> Iterator[Transaction]:
        nonlocal begun
        begun += 1
        mine = begun == number
        if mine and not committed:
            die()
        with write(store) as transaction:
            yield transaction
        if mine:
            die()

    with mock.patch.object(Store, "write", counted):
        work(house)
    os._exit(0)


def executes(house: Installation) -> dict:
    with mock.patch.object(disposition_executing, "SLICE", 2):
        return execute_batch(house, user(house, "olga"), batch_of(house), at_once=True)


def half_destroyed(house: Installation) -> list[str]:
    """Records that are gone and can be opened, or are there and cannot."""
    with house.archive.store.read() as connection:
        rows = connection.execute(records.select()).all()
        keys = set(connection.execute(wrapped_keys.select().with_only_columns(wrapped_keys.c.holder)).scalars())
    return [row.id for row in rows if (row.state == RecordState.ACTIVE.value) != (row.holder in keys)]


def destroyed(house: Installation) -> int:
    gone = records.select().where(records.c.state == RecordState.DESTROYED.value)
    with house.archive.store.read() as connection:
        return len(connection.execute(gone).all())


def objects(house: Installation) -> int:
    return sum(1 for _ in house.archive.blobs.ids())


def steps(house: Installation) -> list[set[EventKind]]:
    """Execute undisturbed: for each transaction the kinds of its leaves."""
    found: list[set[EventKind]] = []
    write = Store.write

    @contextmanager
    def noted(store: Store) -> Iterator[Transaction]:
        with write(store) as transaction:
            before = house.archive.ledger.head(transaction.connection).size
            yield transaction
        with store.read() as connection:
            found.append({one.event.kind for one in house.archive.ledger.events_after(connection, before - 1)})

    with mock.patch.object(Store, "write", noted):
        executes(house)
    return found


_BEFORE_FILES = {EventKind.DESTRUCTION_DECIDED, EventKind.EPOCH_RETIRED}
"""After their commits files are destroyed, so a kill between the two is another than one before the next commit."""


@pytest.mark.timeout(300)
def test_an_execution_that_is_killed_at_any_step_is_whole_or_goes_on(office, approved_once):
    again(office, approved_once)
    house = opened(office)
    kinds = steps(house)
    house.close()
    points = [(number, False) for number in range(1, len(kinds) + 1)]
    points += [(number, True) for number, some in enumerate(kinds, start=1) if some & _BEFORE_FILES]
    seen: list[int] = []
    for number, committed in points:
        again(office, approved_once)
        assert is_killed(office, executes, number, committed=committed)
        house = opened(office)
        olga, batch, before = user(house, "olga"), batch_of(house), destroyed(house)
        seen.append(before)
        assert half_destroyed(house) == []
        assert before in {0, 2, 3}, "a slice is destroyed whole or not at all"
        with pytest.raises(Conflict):  # nothing is certified before its absence is confirmed
            certificate(house, olga, batch)
        done = executes(house)
        assert (done["state"], done["destroyed"], done["dropped"], done["confirmed"]) == ("executed", 3, 0, True)
        assert (certificate(house, olga, batch)["count"], objects(house)) == (3, 0)
        house.close()
    assert set(seen) == {0, 2, 3}
    assert len(points) > 12, "an execution has more steps than that"
    assert office.run("verify", "--all").status == 0


def steps_of_writing(folder: Path) -> list[Callable[[Installation], object]]:
    """Issues of a certificate, each killed at another place between its first file and its last."""
    whole = certificates.write_pieces

    def writes(house: Installation) -> object:
        return write_certificate(house, user(house, "olga"), batch_of(house), folder)

    def killed_at(file: int, *, half: bool) -> Callable[[Installation], object]:
        written = 0

        def write(path: Path, pieces: Iterable[bytes], **how: bool) -> int:
            nonlocal written
            written += 1

            def torn() -> Iterator[bytes]:
                for piece in pieces:
                    yield piece[: len(piece) // 2]
                    die()

            size = whole(path, torn() if half and written == file else pieces, **how)
            if written == file:
                die()
            return size

        def work(house: Installation) -> object:
            with mock.patch.object(certificates, "write_pieces", write):
                return writes(house)

        return work

    def killed_at_the_end(house: Installation) -> object:
        with mock.patch.object(certificates, "sync_folder", side_effect=lambda _: die()):
            return writes(house)

    return [writes, *(killed_at(file, half=half) for file in (1, 2) for half in (True, False)), killed_at_the_end]


@pytest.mark.timeout(300)
def test_a_certificate_whose_issue_is_killed_is_whole_or_not_there_and_can_be_issued_again(
    office, approved_once, tmp_path
):
    again(office, approved_once)
    house = opened(office)
    olga, batch = user(house, "olga"), batch_of(house)
    executes(house)
    house.close()
    folder = tmp_path / "out"
    plain, *torn = steps_of_writing(folder)
    for work, number, committed in ((plain, 1, False), (plain, 1, True), *((one, 0, False) for one in torn)):
        shutil.rmtree(folder, ignore_errors=True)
        assert is_killed(office, work, number, committed=committed)
        house = opened(office)
        issued = digests_of_issues(house)
        for path in folder.glob("*.json"):
            content = path.read_bytes()
            assert json.loads(content)["count"] == 3
            assert hashlib.sha256(content).hexdigest() in issued, "a certificate of which the ledger knows nothing"
        assert all(path.read_bytes().rstrip().endswith(b"%%EOF") for path in folder.glob("*.pdf"))
        written = write_certificate(house, olga, batch, folder)
        assert written["sha256"] in digests_of_issues(house)
        assert {path.suffix for path in folder.iterdir()} == {".json", ".pdf"}, "nothing half written is left"
        house.close()


def digests_of_issues(house: Installation) -> set[str]:
    ledger = house.archive.ledger
    with house.archive.store.read() as connection:
        issues = ledger.events_after(connection, -1, kinds=[EventKind.DISPOSITION_CERTIFIED])
        return {str((ledger.payload(connection, one.position) or {}).get("sha256")) for one in issues}
