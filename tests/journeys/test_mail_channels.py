"""One running service with LMTP, a journal address and a watched folder: all that comes in is found as what it is."""

from __future__ import annotations

import shutil
import smtplib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.archiver.commands import PERSONAL, Office, a_mail
from tests.ingest.channels.test_journal import JOURNAL_ADDRESS, report
from tests.journeys.service import INTAKE, SETTINGS, Service, eventually, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

CHANNELS = """
[lmtp]
enabled = true
port = 0
socket = "{place}/lmtp"

[folders.scans]
path = "{place}/drop"
settle = 0.2
every = 0.1
"""


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A short path: that of a Unix socket has at most 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="archiver-"))
    (folder / "drop").mkdir()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def running(new_archive: Path, place: Path) -> Iterator[Service]:
    office = Office(folder=shutil.copytree(new_archive, place / "archive"))
    trusted = f'journal_recipients = ["{JOURNAL_ADDRESS}"]\njournal_peers = ["local"]\n'
    settings = SETTINGS.format(web="false").replace("acceptors = 2\n", f"acceptors = 1\n{trusted}")
    (office.folder / "archiver.toml").write_text(settings + CHANNELS.format(place=place), "utf-8")
    with serving(office, place / "serve.log") as service:
        yield service


def captured(service: Service, query: str) -> dict[str, object]:
    (hit,) = service.found(query)["hits"]
    shown: dict[str, object] = service.office.json("record", "show", hit["id"])
    return shown


def test_mail_over_the_socket_is_a_record_of_lmtp(running: Service, place: Path) -> None:
    with smtplib.LMTP(str(place / "lmtp")) as client:
        assert client.sendmail(PERSONAL, [INTAKE], a_mail("By LMTP", "the kingfisher")) == {}
    shown = captured(running, "kingfisher")
    assert shown["captured"]["channel"] == "lmtp"
    assert shown["captured"]["custodian"] == "jane@agency.example"


def test_journal_report_is_the_senders_record_with_its_envelope(running: Service, place: Path) -> None:
    with smtplib.LMTP(str(place / "lmtp")) as client:
        assert client.sendmail("exchange@agency.example", [JOURNAL_ADDRESS], report()) == {}
    shown = captured(running, "nine")
    assert shown["captured"]["custodian"] == "jane@agency.example"
    assert shown["original"]["subject"] == "Field trip"
    assert shown["forward"]["comment"] is None
    assert "journal recipient: lawyer@law.example (bcc)" in shown["provenance"]["asserted"]


def test_report_from_another_peer_is_refused(running: Service) -> None:
    with running.client() as client:
        client.ehlo()
        client.mail(PERSONAL)
        assert client.rcpt(JOURNAL_ADDRESS)[0] == 550


def test_file_put_into_the_folder_is_a_record_and_is_moved(running: Service, place: Path) -> None:
    folder = place / "drop" / "jane@agency.example"
    folder.mkdir()
    (folder / "a.eml.part").write_bytes(a_mail("By folder", "the dunlin"))
    (folder / "a.eml.part").rename(folder / "a.eml")
    shown = captured(running, "dunlin")
    assert shown["captured"]["channel"] == "folder"
    assert shown["captured"]["source"] == "jane@agency.example/a.eml"
    assert eventually((place / "drop/done/jane@agency.example/a.eml").exists)


def test_socket_goes_with_the_service_and_comes_again_after_a_kill(running: Service, place: Path) -> None:
    running.kill_everything()
    assert (place / "lmtp").is_socket(), "left over, with nobody behind it"
    running.start()
    with smtplib.LMTP(str(place / "lmtp")) as client:
        assert client.noop()[0] == 250
    assert running.stop() == 0
    assert not (place / "lmtp").exists()
