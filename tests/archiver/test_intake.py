"""One run of `ingest` where examination or the index does not go on: it ends with an account, it never hangs."""

from __future__ import annotations

from collections import namedtuple
from typing import TYPE_CHECKING

import pytest

from archiver import intake
from archiver.intake import Intake
from archiver.unlocking import unlock_folder
from archiver.wiring import Installation, open_installation
from ingest.channels.files import FoundItem
from ingest.containers import Containers
from ingest.formats.container_kinds import ContainerKind
from storage.errors import StorageFull, TemporarilyUnavailable
from tests.archiver.commands import PASSPHRASE, PERSONAL, a_mail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.intake_report import IntakeReport
    from tests.archiver.commands import Office

Usage = namedtuple("Usage", "total used free")  # noqa: PYI024 - as shutil gives it


@pytest.fixture
def installation(office: Office) -> Iterator[Installation]:
    opened = open_installation(office.folder, unlock_folder(office.folder, None, {"ARCHIVER_PASSPHRASE": PASSPHRASE}))
    yield opened
    opened.close()


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody examines."""
    monkeypatch.setattr(intake.Crew, "keep_up", lambda *_: None)


def run(installation: Installation, *found: FoundItem, wait: bool = True) -> IntakeReport:
    one = Intake(
        installation, actor="operator:test", submitter="test", custodian_id=None, progress=lambda _done, _total: None
    )
    return one.run(found, wait=wait)


def mail(number: int) -> FoundItem:
    return FoundItem(source=f"{number}.eml", payload=a_mail(f"M {number}", "m", sender=PERSONAL), kind="email")


@pytest.mark.usefixtures("idle")
def test_a_full_disk_during_examination_ends_the_wait_with_what_is_waiting(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(intake, "_FULL_DISK_SECONDS", 0.1)
    monkeypatch.setattr(intake.shutil, "disk_usage", lambda _: Usage(1 << 30, 1 << 30, 0))
    report = run(installation, mail(1), mail(2))
    assert isinstance(report.stopped_by, StorageFull)
    assert (report.count("waiting"), report.seen) == (2, 2)


@pytest.mark.usefixtures("idle")
def test_an_examination_that_never_goes_on_ends_the_wait(installation: Installation, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(intake, "_PATIENCE_SECONDS", 0.1)
    report = run(installation, mail(1))
    assert isinstance(report.stopped_by, TemporarilyUnavailable)
    assert not isinstance(report.stopped_by, StorageFull)
    assert report.to_json()["waiting"] == 1


@pytest.mark.usefixtures("idle")
def test_a_wait_in_which_nothing_moves_is_told_once_before_it_ends(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(intake, "_SILENCE_SECONDS", 0.1)
    told: list[str] = []

    def say(text: str) -> None:
        told.append(text)
        monkeypatch.setattr(intake, "_PATIENCE_SECONDS", 1.0)

    one = Intake(
        installation,
        actor="operator:test",
        submitter="test",
        custodian_id=None,
        progress=lambda _done, _total: None,
        say=say,
    )
    one.run([mail(1)], wait=True)
    assert len(told) == 1
    assert "archiver doctor" in told[0]


def test_a_mail_is_not_kept_waiting_by_a_container_that_others_handed_in(installation: Installation):
    archive = installation.archive
    submission = run(installation, FoundItem(source="box.mbox", payload=b"From x\n"), wait=False).parts[0].submission
    containers = Containers(archive, actor="test")
    with archive.store.write() as transaction:
        containers.admit(transaction, submission, ContainerKind.MBOX)
    with archive.store.read() as connection:
        until = archive.ledger.head(connection).size
        assert containers.open_in_mails(connection, 0, until) == []
        assert [one.id for one in containers.all(connection)] == [submission]


def test_what_a_mail_of_this_run_carries_is_waited_for(installation: Installation):
    archive = installation.archive
    submission = run(installation, mail(1), wait=False).parts[0].submission
    containers = Containers(archive, actor="test")
    with archive.store.write() as transaction:
        containers.admit(transaction, submission, ContainerKind.MAIL)
    with archive.store.read() as connection:
        until = archive.ledger.head(connection).size
        assert containers.open_in_mails(connection, 0, until) == [submission]
        assert containers.open_in_mails(connection, until, until + 9) == []


@pytest.mark.usefixtures("idle")
def test_what_could_not_be_read_is_counted_beside_what_was_taken(installation: Installation):
    report = run(installation, mail(1), FoundItem(source="x", problem="it is no regular file"), wait=False)
    document = report.to_json()
    assert (document["seen"], document["waiting"], document["failed"]) == (2, 1, 1)
    assert document["problems"] == [{"source": "x", "outcome": "failed", "reason": "it is no regular file"}]


def test_the_list_of_problems_is_bounded_and_the_counts_are_not(installation: Installation):
    found = [FoundItem(source=str(number), problem="it is no regular file") for number in range(10_050)]
    document = run(installation, *found, wait=False).to_json()
    assert document["failed"] == 10_050
    assert len(document["problems"]) == 10_000
