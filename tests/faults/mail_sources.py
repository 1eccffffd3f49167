"""Everywhere that mail comes from in a campaign: LMTP, a watched folder, a polled mailbox, containers in the folder.

What is handed in is remembered by the digest of its bytes, so that it can be counted in the archive afterwards. A mail
that LMTP did not answer with 250 is sent again, as a mail server does; a file and a mail on the server wait by
themselves.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import smtplib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from storage.records import Channel
from tests.archiver.commands import PERSONAL, Office, a_mail
from tests.ingest.imap_server import PASSWORD, ImapServer
from tests.ingest.zip_writing import Planned, build
from tests.journeys.service import INTAKE, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

_INNER = 3
_MAILS_OF_INNER = 8
_SETTINGS = f"""[smtp]
enabled = false
intake = ["{INTAKE}"]

[lmtp]
enabled = true
port = 0

[web]
enabled = false

[folders.scans]
path = "{{drop}}"
settle = 0.2
every = 0.1

[imap.records]
host = "127.0.0.1"
port = {{port}}
tls = "none"
username = "archive"
password_file = "{{secret}}"
every = 0.2
"""


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@dataclass(slots=True, kw_only=True)
class MailSources:
    """The sources beside one archive; `handed_in` are digests by channel, `members` those inside of containers."""

    office: Office
    place: Path
    name: str
    server: ImapServer = field(default_factory=ImapServer)
    handed_in: dict[Channel, set[str]] = field(default_factory=dict)
    members: set[str] = field(default_factory=set)
    unanswered: list[bytes] = field(default_factory=list)
    answers: int = 0
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.drop.mkdir()
        secret = self.place / "secret"
        secret.write_text(f"{PASSWORD}\n", "utf-8")
        secret.chmod(0o600)
        settings = _SETTINGS.format(drop=self.drop, port=self.server.port, secret=secret)
        (self.office.folder / "archiver.toml").write_text(settings, "utf-8")

    @property
    def drop(self) -> Path:
        """The watched folder."""
        return self.place / "drop"

    def mail(self) -> bytes:
        """A mail that no other is."""
        number = next(self._numbers)
        return a_mail(f"{self.name} {number}", f"Letter {number} of {self.name}.\r\n" * (number % 20 + 1))

    def by_lmtp(self, address: str) -> bool:
        """Send what was not answered before and a mail more; whether all of it was answered with 250."""
        mail = self.mail()
        self._remember(Channel.LMTP, mail)
        self.unanswered.append(mail)
        return self.send_again(address)

    def send_again(self, address: str) -> bool:
        """Send what was not answered; whether all of it was answered with 250."""
        host, _, port = address.rpartition(":")
        with contextlib.suppress(smtplib.SMTPException, OSError):
            while self.unanswered:
                with smtplib.LMTP(host, int(port), local_hostname="mx.example", timeout=5) as client:
                    client.sendmail(PERSONAL, [INTAKE], self.unanswered[0])
                self.unanswered.pop(0)
                self.answers += 1
        return not self.unanswered

    def by_folder(self) -> None:
        """Put a file into the folder."""
        mail = self.mail()
        self._remember(Channel.FOLDER, mail)
        self._put(f"{next(self._numbers)}.eml", mail)

    def by_imap(self) -> None:
        """A new mail in the mailbox, as an employee would forward it."""
        mail = self.mail()
        self._remember(Channel.IMAP, mail)
        self.server.deliver("INBOX", max(self.server.folders["INBOX"].mails, default=0) + 1, mail)

    def by_container(self) -> None:
        """Put a zip of mailbox files into the folder: a tree of containers, each unpacked by a child of its own."""
        planned = []
        for number in range(_INNER):
            mails = [self.mail().replace(b"\r\n", b"\n") for _ in range(_MAILS_OF_INNER)]
            inner = b"".join(b"From x@y.example Mon May  6 12:00:00 2024\n" + one + b"\n" for one in mails)
            planned.append(Planned(name=b"%d/in.mbox" % number, content=inner))
            self.members.update(map(digest, [*mails, inner]))
        content = build(*planned)
        self._remember(Channel.FOLDER, content)
        self._put(f"{next(self._numbers)}.zip", content)

    def are_empty(self) -> bool:
        """Whether everything was taken: no file lies there, every mail of the mailbox is marked."""
        inbox = self.server.folders["INBOX"]
        return not self._lying() and not self.unanswered and set(inbox.flags) == set(inbox.mails)

    def wait_until_empty(self, patience: float) -> None:
        eventually(self.are_empty, patience)

    def missing_in(self, counted: dict[tuple[Channel, str], int]) -> list[str]:
        """What is wrong with the archive's submissions, counted by channel and digest."""
        expected = {(channel, one) for channel, some in self.handed_in.items() for one in some}
        expected |= {(Channel.FOLDER, one) for one in self.members}
        twice = sum(counted.get(one, 0) > 1 for one in expected)
        wrong = []
        if lost := sum(one not in counted for one in expected):
            wrong.append(f"{lost} of {len(expected)} are lost")
        if twice:
            wrong.append(f"{twice} of {len(expected)} are there more than once")
        if extra := len(counted.keys() - expected):
            wrong.append(f"{extra} are there that nobody handed in")
        return wrong

    def _lying(self) -> bool:
        return any(
            files for folder, _, files in os.walk(self.drop) if "done" not in Path(folder).relative_to(self.drop).parts
        )

    def _put(self, name: str, content: bytes) -> None:
        aside = self.drop / f"{name}.part"
        aside.write_bytes(content)
        aside.rename(self.drop / name)

    def _remember(self, channel: Channel, content: bytes) -> None:
        self.handed_in.setdefault(channel, set()).add(digest(content))
