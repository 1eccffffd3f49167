"""A program that has nothing to do forgets the keys that another one destroyed."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from archiver import worker_program
from archiver.forgetting import forgetting
from archiver.unlocking import unlock_folder
from archiver.wiring import Installation, open_installation
from archiver.worker import WorkerRole
from storage.errors import Corrupt
from storage.rotation import Rotation
from tests.archiver.commands import PASSPHRASE, Office

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PATIENCE = 60.0


@pytest.fixture
def opened(office: Office) -> Iterator[Callable[[], Installation]]:
    made: list[Installation] = []

    def open_it() -> Installation:
        keyring = unlock_folder(office.folder, None, {"ARCHIVER_PASSPHRASE": PASSPHRASE})
        made.append(open_installation(office.folder, keyring))
        return made[-1]

    yield open_it
    for one in made:
        one.close()


def after_each(owner: object, name: str, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """An event that is set whenever this method has returned."""
    original, done = getattr(owner, name), threading.Event()

    def called() -> object:
        answer = original()
        done.set()
        return answer

    monkeypatch.setattr(owner, name, called)
    return done


def test_an_idle_program_forgets_the_key_of_a_destroyed_epoch(
    opened: Callable[[], Installation], monkeypatch: pytest.MonkeyPatch
):
    idle, busy = opened(), opened()
    keys = idle.archive.keyring
    keys.epoch_key(1)
    Rotation(busy.archive).roll("operator:test")
    assert 1 in keys._epochs
    looked = after_each(idle.archive.store, "current_epoch", monkeypatch)
    with forgetting(idle, every_seconds=0.01):
        assert looked.wait(_PATIENCE)
    assert 1 not in keys._epochs


def test_an_idle_program_closes_the_index_that_was_written_anew(
    opened: Callable[[], Installation], monkeypatch: pytest.MonkeyPatch
):
    idle, busy = opened(), opened()
    before = idle.index.present()
    looked = after_each(idle.index, "close_retired", monkeypatch)
    with forgetting(idle, every_seconds=0.01):
        assert looked.wait(_PATIENCE)
        assert idle.index._opened == (1, before)
        busy.generations.renew_without([], actor="operator:test")
    with forgetting(idle, every_seconds=0.01):
        looked.clear()
        assert looked.wait(_PATIENCE)
    assert idle.index._opened is None
    assert idle.index.present() is not before


def test_a_look_that_fails_is_made_again(monkeypatch: pytest.MonkeyPatch, opened: Callable[[], Installation]):
    idle = opened()
    again, failures = threading.Event(), iter([Corrupt("damaged"), RuntimeError("odd")])

    def look() -> int:
        for failure in failures:
            raise failure
        again.set()
        return 1

    monkeypatch.setattr(idle.archive.store, "current_epoch", look)
    with forgetting(idle, every_seconds=0.01):
        assert again.wait(_PATIENCE)


@pytest.mark.parametrize("role", list(WorkerRole))
def test_every_worker_looks_while_it_works_and_not_after(
    opened: Callable[[], Installation], monkeypatch: pytest.MonkeyPatch, role: WorkerRole
):
    seen: list[bool] = []

    def looks() -> bool:
        return any(one.name == "forgetting" for one in threading.enumerate())

    nothing = SimpleNamespace(install=lambda: None, install_disk_watch=lambda _: None)
    monkeypatch.setattr(worker_program, "Stop", lambda: nothing)
    monkeypatch.setattr(worker_program, "configure", lambda _: None)
    monkeypatch.setattr(worker_program, "master_from_parent", lambda: b"")
    monkeypatch.setattr(worker_program, "unlock_with_master", lambda *_: None)
    monkeypatch.setattr(worker_program, "open_installation", lambda *_: opened())
    name = "run_web_server" if role is WorkerRole.WEB else f"run_{role.value}"
    monkeypatch.setattr(worker_program, name, lambda *_, **__: seen.append(looks()))
    worker_program.run_worker([role.value], opened().archive.folder, first=True)
    assert seen == [True]
    assert not looks()
