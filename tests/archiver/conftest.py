"""One archive with a few mails, made once, for the tests that only ask it questions."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from retention import schedules
from tests.archiver.commands import Office, a_mail, new_office
from tests.archiver.release_scene import Given
from tests.archiver.release_scene import fill as fill_given
from tests.archiver.search_work_scene import fill
from tests.ingest.reader_copies import readers_copied

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WITH_ATTACHMENT = (
    b"From: Jane Doe <jane.doe@mail.example>\r\nTo: archive@agency.example\r\nSubject: Bus routes\r\n"
    b"Date: Tue, 3 Mar 2026 09:30:00 -0800\r\nMessage-ID: <routes@mail.example>\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n'
    b"The new heronry timetable is attached.\r\n--b\r\nContent-Type: text/csv\r\n"
    b'Content-Disposition: attachment; filename="routes.csv"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    b"cm91dGUsdGltZQoxMiwwNzo1NQo=\r\n--b--\r\n"
)
ATTACHED = b"route,time\n12,07:55\n"


@dataclass(frozen=True, kw_only=True)
class Filled:
    """The archive, what was put into it, and what `ingest` said."""

    office: Office
    inbox: Path
    report: dict[str, Any]
    items: list[str]
    status: int


@pytest.fixture(scope="module", autouse=True)
def _readers_copied() -> Iterator[None]:
    with readers_copied():
        yield


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    place = tmp_path_factory.mktemp("office")
    office = new_office(place / "archive")
    schedule = place / "schedule.toml"
    schedule.write_bytes(schedules.read_example())
    office.json("schedule", "load", str(schedule))
    inbox = place / "inbox"
    inbox.mkdir()
    (inbox / "a-walrus.eml").write_bytes(a_mail("Walrus", "A walrus came by the gymnasium."))
    (inbox / "b-routes.eml").write_bytes(WITH_ATTACHMENT)
    (inbox / "c-stranger.eml").write_bytes(a_mail("Offer", "Buy a heronry.", sender="stranger@far.example"))
    (inbox / "d-again.eml").write_bytes(a_mail("Walrus", "A walrus came by the gymnasium."))
    messages = [a_mail(f"Box {number}", f"Letter {number} of the box.").replace(b"\r\n", b"\n") for number in (1, 2, 3)]
    mbox = b"".join(b"From jane Mon Mar  2 10:00:00 2026\n" + one + b"\n" for one in messages)
    (inbox / "e-box.mbox").write_bytes(mbox)
    (inbox / "f-link.eml").symlink_to("nowhere")
    account = place / "items.jsonl"
    answer = office.run("ingest", str(inbox), "--items", str(account), "--json")
    lines = account.read_text("utf-8").splitlines()
    return Filled(office=office, inbox=inbox, report=answer.document, items=lines, status=answer.status)


@pytest.fixture(scope="session")
def new_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_office(tmp_path_factory.mktemp("new") / "archive").folder


@pytest.fixture
def office(new_archive: Path, tmp_path: Path) -> Office:
    """A fresh archive of its own: a copy, because keys from a passphrase take their time to make."""
    return Office(folder=shutil.copytree(new_archive, tmp_path / "archive"))


@pytest.fixture(scope="session")
def searched(new_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of `search_work_scene`, to be copied."""
    return fill(new_archive, tmp_path_factory.mktemp("searched"))


@pytest.fixture(scope="session")
def given(new_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Given]:
    """The archive of `release_scene`, opened; tests read it and change nothing."""
    place = tmp_path_factory.mktemp("given")
    made = fill_given(Office(folder=shutil.copytree(new_archive, place / "archive")), place)
    yield made
    made.installation.close()
