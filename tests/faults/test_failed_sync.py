"""After a failed sync nothing is known of what was written: the program takes no more, ends, and is started anew."""

from __future__ import annotations

import errno
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from storage.errors import TemporarilyUnavailable
from storage.events import EventKind
from tests.faults.crash_replay.strace import refusal
from tests.faults.live_server import LiveServer, armed, new_server_office
from tests.faults.refusing_program import Receiving
from tests.journeys.service import eventually, is_running
from tests.storage.archives import ACTOR, make_archive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def failing_sync(_descriptor: int) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_after_a_failed_sync_of_an_object_the_database_takes_no_more_either(tmp_path, monkeypatch):
    archive = make_archive(tmp_path / "archive")
    receiving = Receiving(archive)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", failing_sync)
        assert receiving.reply(b"first").startswith("451")
    assert archive.store.disk_failed.is_set()
    assert receiving.reply(b"second").startswith("451")
    with pytest.raises(TemporarilyUnavailable, match="read-only"), archive.store.write() as transaction:
        transaction.append(EventKind.SERVICE_STARTED, actor=ACTOR)
    archive.close()


def test_a_full_disk_is_no_failed_disk(tmp_path, monkeypatch):
    archive = make_archive(tmp_path / "archive")
    receiving = Receiving(archive)

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        assert receiving.reply(b"first").startswith("452")
    assert not archive.store.disk_failed.is_set()
    assert receiving.reply(b"first").startswith("250")
    archive.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    if why := refusal():
        pytest.skip(f"NO SYNC OF A SERVER WAS MADE TO FAIL: {why}")
    office = new_server_office(tmp_path / "archive")
    running = LiveServer(office=office, log=tmp_path / "log", name="failed sync")
    running.start()
    yield running
    running.stop()
    shutil.rmtree(office.folder)


def test_acceptors_whose_syncs_fail_answer_451_end_and_are_started_anew(server):
    assert server.send_one(patience=150.0)
    acceptors = {name: process for name, process in server.service.workers().items() if name.startswith("smtp")}
    injection = "fsync:error=EIO"
    with armed(acceptors["smtp-1"], injection), armed(acceptors["smtp-2"], injection):
        while any(is_running(process) for process in acceptors.values()):
            server.send_one(patience=2.0)
        assert set(server.refusals) <= {421, 451}
        assert 451 in server.refusals
    eventually(server.send_one)
    log = server.log.read_text("utf-8")
    assert log.count("worker.disk_failed") >= len(acceptors)
    server.stop()
    assert server.check() == []
