"""`archiver upgrade` as an administrator meets it; the archives are the frozen ones."""

from __future__ import annotations

import fcntl
import os

import pytest

from archiver.cli import upgrade as upgrade_command
from storage.archive import FORMAT
from storage.fixity import FixityCheck, FixityFault, FixityReport
from tests.archiver.commands import Answer, new_office, run
from tests.vectors.archives import FrozenArchive, unpack


@pytest.fixture
def old(tmp_path):
    return unpack(1, tmp_path)


def upgrade(old: FrozenArchive, *arguments: str, status: int = 0) -> Answer:
    answer = run("upgrade", *arguments, "--data", str(old.folder), passphrase=old.passphrase)
    assert answer.status == status, answer.err
    return answer


def test_check_says_what_would_be_done_and_does_nothing(old):
    assert upgrade(old, "--check").out.startswith(f"Format 1 would become {FORMAT}; needs ")
    assert upgrade(old, "--check", "--json").document["due"] is True


def test_an_upgrade_ends_with_a_check_and_leaves_no_copy(old):
    document = upgrade(old, "--json").document
    assert (document["format"], document["upgraded"], document["faults"]) == (FORMAT, True, 0)
    assert sorted(one.name for one in old.folder.glob("archive.db*")) == ["archive.db"]


def test_again_there_is_nothing_to_do(old):
    upgrade(old)
    assert upgrade(old).out.startswith("Nothing to do")


def test_a_new_archive_has_nothing_to_do(tmp_path):
    assert new_office(tmp_path / "new").json("upgrade")["due"] is False


def test_beside_running_services_it_is_refused(old):
    lock = os.open(old.folder / "tmp" / "serve.lock", os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        assert "stop them" in upgrade(old, status=5).err
    finally:
        os.close(lock)


def test_faults_are_named_and_the_copy_is_kept(old, monkeypatch):
    report = FixityReport(faults=[FixityFault(kind="object", id="rec_1", detail="the object is missing")])
    monkeypatch.setattr(upgrade_command, "FixityCheck", lambda *_: _Found(report))
    answer = upgrade(old, status=6)
    assert "FAULT  object  rec_1" in answer.out
    assert (old.folder / "archive.db.format-1").exists()
    monkeypatch.setattr(upgrade_command, "FixityCheck", FixityCheck)
    assert "interrupted before its check" in upgrade(old, "--check").out
    upgrade(old)
    assert not (old.folder / "archive.db.format-1").exists()


class _Found:
    def __init__(self, report: FixityReport) -> None:
        self._report = report

    def run(self) -> FixityReport:
        return self._report
