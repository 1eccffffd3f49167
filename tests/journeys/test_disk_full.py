"""A disk that is really full: temporary answers, nothing half-done, and everything works once there is space."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.archiver.commands import Office, a_mail
from tests.journeys.service import INTAKE, serving, wait_for_outcomes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIZE = 24 << 20
LEFT = 64 << 10
LETTER = "A line of a letter that fills the disk.\r\n" * 20_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    mounted = mount is not None and os.geteuid() == 0
    if mounted:
        command = [str(mount), "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)]
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    if not mounted:
        pytest.skip("A FULL DISK WAS NOT TRIED: mounting a small file system needs root")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture
def small_office(small_disk: Path, new_archive: Path) -> Office:
    return Office(folder=shutil.copytree(new_archive, small_disk / "archive"))


def fill(disk: Path, left: int = LEFT) -> Path:
    """A file that leaves so many bytes free."""
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        while (free := shutil.disk_usage(disk).free - left) > 0:
            file.write(b"\0" * min(free, 1 << 20))
            file.flush()
    return ballast


def test_ingest_on_a_full_disk_ends_with_75_and_goes_on_once_there_is_space(
    small_office: Office, small_disk: Path, tmp_path: Path
):
    for number in range(4):
        (tmp_path / f"{number}.eml").write_bytes(a_mail(f"Full {number}", LETTER))
    (tmp_path / "before.eml").write_bytes(a_mail("Before", "Before the disk was full."))
    small_office.json("ingest", str(tmp_path / "before.eml"))
    ballast = fill(small_disk)
    mails = [str(tmp_path / f"{number}.eml") for number in range(4)]
    answer = small_office.run("ingest", *mails, "--json")
    assert answer.status == 75, answer.err
    report = answer.document
    assert report["error"]["kind"] == "storage_full"
    assert report["seen"] == sum(report[name] for name in ("archived", "duplicate", "quarantined", "failed", "waiting"))
    ballast.unlink()
    assert small_office.json("verify")["faults"] == []
    again = small_office.json("ingest", *mails)
    assert again["archived"] + again["duplicate"] == 4
    wait_for_outcomes(small_office)
    assert small_office.json("search", "subject:full")["total"] == 4
    assert small_office.json("verify")["faults"] == []


def test_a_mail_on_a_full_disk_is_answered_452_and_taken_once_there_is_space(
    small_office: Office, small_disk: Path, tmp_path: Path
):
    mail = a_mail("Full", LETTER)
    with serving(small_office, tmp_path / "log") as service:
        service.send(a_mail("Before", "Before the disk was full."))
        service.found("subject:before")
        ballast = fill(small_disk)
        with service.client() as client:
            client.ehlo()
            client.mail("jane.doe@mail.example")
            client.rcpt(INTAKE)
            code, _ = client.data(mail)
        assert code == 452
        ballast.unlink()
        assert service.send(mail).startswith("sub_")
        service.found("subject:full")
        assert service.stop() == 0
    report = small_office.json("verify")
    assert (report["faults"], report["records"]) == ([], 2)


def test_a_search_on_a_full_disk_is_an_error_in_one_sentence_and_verify_still_reads(
    small_office: Office, small_disk: Path, tmp_path: Path
):
    (tmp_path / "before.eml").write_bytes(a_mail("Before", "Before the disk was full."))
    small_office.json("ingest", str(tmp_path / "before.eml"))
    ballast = fill(small_disk, left=0)
    for command in (["search", "before"], ["record", "list"], ["verify"]):
        answer = small_office.run(*command)
        assert answer.status in {0, 75}, (command, answer.err)
        assert "Traceback" not in answer.err
        assert len(answer.err.strip().splitlines()) <= 1
    ballast.unlink()
    assert small_office.json("search", "before")["total"] == 1
    assert small_office.json("verify")["faults"] == []
