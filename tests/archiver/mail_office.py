"""An archive with one employee that receives mail in this program: deposited, examined and answered step by step."""

from __future__ import annotations

import atexit
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from unittest import mock

from archiver.answering import Answering
from archiver.config import Settings
from archiver.wiring import Installation, open_installation
from ingest.sandbox import SandboxedReader
from ingest.submission import Handover
from storage.archive import create_archive
from storage.keys import Secret, SlotKind
from storage.outbox import Outbox, WaitingLetter
from storage.records import Channel, Envelope

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage.outbox import Letter

OFFICE, PERSONAL = "jane@agency.example", "jane.doe@mail.example"
ARCHIVE = "records@archive.localdomain"
START = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
_readers: dict[str, SandboxedReader] = {}


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


@contextmanager
def _lasting_reader(**options: Any) -> Iterator[SandboxedReader]:
    """One reader for all of them: each that is started loads its parsers anew, which was most of these tests."""
    name = repr(sorted(options.items()))
    if name not in _readers:
        _readers[name] = SandboxedReader(**options)
        atexit.register(_readers[name].close)
    yield _readers[name]


class MailOffice:
    """The archive, its clock, and what comes by mail."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.archive = installation.archive
        self.clock = Clock()
        self.archive.store.clock = self.clock
        self.set()
        self.custodian = self.archive.custodians.add(OFFICE, name="Jane Doe", also=(PERSONAL,), actor="operator:test")

    def set(self, **sections: Any) -> None:
        """Change settings as the file would."""
        settings = Settings(**{"dns": {"enabled": False}, **sections})
        object.__setattr__(self.installation, "settings", settings)

    def hand_in(self, raw: bytes, *, sender: str | None = PERSONAL, **changes: Any) -> str:
        """A mail that was received; the id of its submission."""
        with self.archive.store.read() as connection:
            owner = None if sender is None else self.archive.custodians.find(connection, sender)
        facts: dict[str, Any] = {
            "channel": Channel.SMTP,
            "account": "smtp",
            "custodian_id": owner,
            "envelope": Envelope(submitter=sender, recipient=ARCHIVE),
            "payload": raw,
        }
        return self.installation.depositor("service:smtp").deposit(Handover(**{**facts, **changes})).submission_id

    def examine(self) -> None:
        """Examine all that waits."""
        with self.installation.examiner() as examiner:
            while examiner.examine_waiting():
                pass

    def answer(self, **options: Any) -> int:
        """One step of answering, of a program that was just started; how many letters it wrote."""
        return Answering(self.installation, **options).step().letters

    def letters(self) -> list[Letter]:
        """The letters in the outbox, the oldest first."""
        with self.archive.store.read() as connection:
            waiting = Outbox(self.archive.store).waiting(connection, limit=10_000)
        ordered = sorted((one for one in waiting if isinstance(one, WaitingLetter)), key=lambda one: one.id)
        return [one.letter for one in ordered]


def a_mail(
    subject: str = "Bus routes", text: str = "Route 12 was late.", *, sender: str = PERSONAL, more: str = ""
) -> bytes:
    head = f"From: Jane Doe <{sender}>\r\nTo: {ARCHIVE}\r\nSubject: {subject}\r\n"
    local = "".join(one for one in subject.casefold() if one.isalnum())
    date = "Date: Mon, 2 Mar 2026 09:59:00 -0800\r\n"
    return f"{head}{date}Message-ID: <{local}@mail.example>\r\n{more}\r\n{text}\r\n".encode()


@contextmanager
def open_mail_office(folder: Path) -> Iterator[MailOffice]:
    secrets = [
        Secret(kind=SlotKind.PASSPHRASE, content=b"correct horse battery staple"),
        Secret(kind=SlotKind.RECOVERY, content=b"r" * 32),
    ]
    made = create_archive(folder, secrets, zone="America/Los_Angeles", actor="operator:test")
    made.close()
    installation = open_installation(folder, made.keyring)
    try:
        with mock.patch("archiver.wiring.SandboxedReader", _lasting_reader):
            yield MailOffice(installation)
    finally:
        installation.close()
