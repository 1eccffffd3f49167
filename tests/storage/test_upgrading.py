"""Upgrades: checked before, resumable after a kill at any step, the copy kept until the archive was verified."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from storage import upgrading
from storage.archive import FORMAT, open_archive
from storage.errors import Conflict, NewerFormat, NotFound, StorageFull
from storage.events import EventKind
from storage.fixity import FixityCheck
from storage.keys import Secret, SlotKind, unlock
from storage.migrating import migrate
from storage.tables import archive as archive_table
from storage.transaction import now
from storage.upgrading import copy_path, finish, plan_upgrade, upgrade
from tests.tiers import THOROUGH, tried
from tests.vectors.archives import unpack

ACTOR = "operator:test"


@pytest.fixture(scope="module")
def frozen(tmp_path_factory):
    return unpack(1, tmp_path_factory.mktemp("frozen"))


@pytest.fixture
def old(frozen, tmp_path):
    folder = tmp_path / "old"
    shutil.copytree(frozen.folder, folder)
    secret = Secret(kind=SlotKind.PASSPHRASE, content=frozen.passphrase.encode())
    return folder, unlock(folder / "keys", secret)


def check(folder, keyring):
    archive = open_archive(folder, keyring)
    try:
        with archive.store.read() as connection:
            formats = connection.execute(select(archive_table.c.format)).scalars().all()
            kinds = [one.event.kind for one in archive.ledger.events_after(connection, -1)]
        archive.ledger.publish_checkpoint()  # makes the tiles that format 1 did not have
        return formats, kinds.count(EventKind.ARCHIVE_UPGRADED), FixityCheck(archive).run().faults
    finally:
        archive.close()


def test_the_plan_says_what_is_due_and_changes_nothing(old):
    folder, keyring = old
    before = {one: one.stat().st_mtime_ns for one in folder.rglob("*")}
    plan = plan_upgrade(folder, keyring)
    assert (plan.found, plan.wanted, plan.due, len(plan.steps)) == (1, FORMAT, True, FORMAT - 1)
    assert {one: one.stat().st_mtime_ns for one in folder.rglob("*") if "-shm" not in one.name} == before


def test_an_upgraded_archive_verifies_and_says_so_in_one_leaf(old):
    folder, keyring = old
    upgrade(folder, keyring, actor=ACTOR, clock=now)
    assert copy_path(folder, 1).exists()
    assert check(folder, keyring) == ([FORMAT], 1, [])
    assert plan_upgrade(folder, keyring).unfinished
    finish(folder)
    assert not plan_upgrade(folder, keyring).due
    assert not list(folder.glob("archive.db?*format*"))


def test_the_copy_is_the_archive_as_it_was(old, tmp_path):
    folder, keyring = old
    upgrade(folder, keyring, actor=ACTOR, clock=now)
    back = tmp_path / "back"
    shutil.copytree(folder, back)
    for one in back.glob("archive.db-*"):
        one.unlink()
    copy_path(back, 1).replace(back / "archive.db")
    assert plan_upgrade(back, keyring).found == 1


def test_without_space_nothing_is_changed(old, monkeypatch):
    folder, keyring = old
    usage = shutil.disk_usage(folder)._replace(free=1 << 20)
    monkeypatch.setattr(upgrading.shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(StorageFull, match="nothing was changed"):
        upgrade(folder, keyring, actor=ACTOR, clock=now)
    assert plan_upgrade(folder, keyring).found == 1


def test_a_newer_archive_is_refused(archive):
    with archive.store.write() as transaction:
        transaction.connection.execute(update(archive_table).values(format=FORMAT + 1))
    with pytest.raises(NewerFormat, match="use the newer program"):
        plan_upgrade(archive.folder, archive.keyring)


def test_a_folder_without_database_is_refused(old):
    folder, keyring = old
    (folder / "archive.db").unlink()
    with pytest.raises(NotFound):
        plan_upgrade(folder, keyring)


def test_an_archive_of_this_format_has_nothing_due(archive):
    assert not upgrade(archive.folder, archive.keyring, actor=ACTOR, clock=now).due


def test_a_reader_that_will_not_end_is_named(old, monkeypatch):
    folder, keyring = old
    engine = upgrading.engine_for(folder / "archive.db", keyring.database_key)
    monkeypatch.setattr("storage.database._BUSY_MILLISECONDS", 1)
    with engine.connect() as reader:
        reader.execute(select(archive_table.c.format)).scalar()
        with engine.connect() as writer:  # something in the log that the reader does not see yet
            writer.execute(update(archive_table).values(zone="America/Denver"))
            writer.commit()
        with pytest.raises(Conflict, match="stop it"):
            upgrade(folder, keyring, actor=ACTOR, clock=now)
    engine.dispose()


class Killed(BaseException):
    """Stands for SIGKILL: nothing of ours catches it."""


def _calls(monkeypatch, at) -> list[int]:
    """Count what an upgrade asks of the disk and the database; die at call number `at`."""
    made = [0]

    def dying(function: Any) -> Any:
        def called(*arguments: Any, **options: Any) -> Any:
            made[0] += 1
            if made[0] == at:
                raise Killed
            return function(*arguments, **options)

        return called

    monkeypatch.setattr(upgrading.os, "fsync", dying(os.fsync))
    monkeypatch.setattr(Path, "rename", dying(Path.rename))
    monkeypatch.setattr(Path, "unlink", dying(Path.unlink))
    monkeypatch.setattr("storage.migrating.migrate", dying(migrate))
    monkeypatch.setattr("alembic.operations.Operations.create_table", _now_and_then(dying, _create_table()))
    monkeypatch.setattr(upgrading.Store, "write", dying(upgrading.Store.write))
    return made


def _now_and_then(dying: Any, function: Any) -> Any:
    """Counts few of the calls: all tables are made in one transaction, and there are ever more of them."""
    counted, calls = dying(function), itertools.count()

    def called(*arguments: Any, **options: Any) -> Any:
        return (function if next(calls) % tried(32, 4) else counted)(*arguments, **options)

    return called


def _create_table() -> Any:
    from alembic.operations import Operations  # noqa: PLC0415 - its methods are made when it is first imported

    return Operations.create_table


def test_a_kill_at_any_step_is_made_good_by_the_same_command(old, tmp_path, monkeypatch):
    folder, keyring = old
    at = 0
    while True:
        at += 1
        tried = tmp_path / f"killed-{at}"
        shutil.copytree(folder, tried)
        with monkeypatch.context() as patched:
            made = _calls(patched, at)
            try:
                upgrade(tried, keyring, actor=ACTOR, clock=now)
                finish(tried)
            except Killed:
                pass
            if made[0] < at:
                break
        upgrade(tried, keyring, actor=ACTOR, clock=now)
        assert check(tried, keyring) == ([FORMAT], 1, [])
        finish(tried)
        assert not plan_upgrade(tried, keyring).due
        shutil.rmtree(tried)
    assert at > 9


@pytest.mark.system
def test_a_real_kill_at_a_sync_is_made_good(old, frozen, tmp_path):
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed: kills by the kernel are not tried")
    folder, keyring = old
    environment = {**os.environ, "ARCHIVER_PASSPHRASE": frozen.passphrase}
    program = [sys.executable, "-m", "archiver.cli.main", "upgrade", "--data"]
    killed = 0
    for at in (1, 3, 5, 8) if THOROUGH else (3, 8):
        tried = tmp_path / f"at-{at}"
        shutil.copytree(folder, tried)
        tracing = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync"]
        inject = ["-e", f"inject=fsync,fdatasync:signal=SIGKILL:when={at}"]
        first = subprocess.run(
            [*tracing, *inject, *program, str(tried)], env=environment, capture_output=True, check=False
        )
        if b"ptrace" in first.stderr:
            pytest.skip("tracing is refused on this machine: kills by the kernel are not tried")
        killed += first.returncode != 0
        second = subprocess.run([*program, str(tried)], env=environment, capture_output=True, check=False)
        assert second.returncode == 0, second.stderr.decode()
        assert not plan_upgrade(tried, keyring).due
    assert killed > 0
