"""A real `archiver serve` for campaigns that kill it: mails sent and counted, faults armed in its running processes."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import shutil
import smtplib
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from archiver.unlocking import find_passphrase
from storage.archive import open_archive
from storage.fixity import FixityCheck
from storage.keys import unlock
from storage.tables import submissions
from tests.archiver.commands import PASSPHRASE, Office, a_mail, new_office
from tests.journeys.service import INTAKE, Service, configure, eventually, is_running

if TYPE_CHECKING:
    from collections.abc import Iterator

# what is promised of a machine that does nothing else; beside other tests only a standstill is told
SERVES_AGAIN_SECONDS = float(os.environ.get("FAULT_SERVES_AGAIN", "30"))
_SENDER = "jane.doe@mail.example"


def new_server_office(folder: Path) -> Office:
    """An archive that `archiver serve` can serve; takes a second, so copy it."""
    office = new_office(folder)
    configure(office)
    return office


@dataclass(slots=True, kw_only=True)
class LiveServer:
    """A server under load, what it answered with 250, and how long it took to serve again after a fault."""

    office: Office
    log: Path
    name: str
    accepted: set[str] = field(default_factory=set)
    refusals: list[int] = field(default_factory=list)
    longest_silence: float = 0.0
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _service: Service | None = None

    @property
    def service(self) -> Service:
        assert self._service is not None
        return self._service

    def start(self) -> None:
        self._service = Service(office=self.office, log=self.log)
        self._service.start()

    def send_one(self, *, patience: float = 10.0) -> bool:
        """Send a mail that no other is; whether it was answered with 250."""
        number = next(self._numbers)  # sessions of several threads send different mails
        mail = a_mail(f"{self.name} {number}", f"Letter {number} of {self.name}.\r\n" * (number % 30 + 1))
        host, port = self.service.smtp
        try:
            with smtplib.SMTP(host, port, local_hostname="sender.example", timeout=patience) as client:
                client.sendmail(_SENDER, [INTAKE], mail)
        except smtplib.SMTPResponseException as refused:
            self.refusals.append(refused.smtp_code)
            return False
        except (smtplib.SMTPException, OSError):
            return False
        self.accepted.add(hashlib.sha256(mail).hexdigest())
        return True

    def serves_again(self) -> float:
        """Seconds until the next 250, from now; the longest is remembered."""
        began = time.monotonic()
        eventually(self.send_one, patience=2 * SERVES_AGAIN_SECONDS)
        took = time.monotonic() - began
        self.longest_silence = max(self.longest_silence, took)
        return took

    def stop(self) -> None:
        """However it stands, nothing of it is left running."""
        if self._service is not None and self._service.process is not None:
            self._service.kill_everything()

    def check(self) -> list[str]:
        """What is wrong with the archive now that nothing runs: `verify`, and every mail that was answered with 250."""
        secret = find_passphrase(None, {"ARCHIVER_PASSPHRASE": PASSPHRASE})
        archive = open_archive(self.office.folder, unlock(self.office.folder / "keys", secret))
        try:
            wrong = [f"verify: {fault.kind}: {fault.detail}" for fault in FixityCheck(archive).run().faults]
            with archive.store.read() as connection:
                ids = list(connection.execute(submissions.select()).scalars())
                there = {hashlib.sha256(archive.submissions.content(connection, one)).hexdigest() for one in ids}
        finally:
            archive.close()
        lost = self.accepted - there
        return [*wrong, *(f"{len(lost)} of {len(self.accepted)} mails answered with 250 are lost" for _ in lost)][:5]


@contextlib.contextmanager
def armed(process: int, injection: str) -> Iterator[subprocess.Popen[bytes]]:
    """A fault that waits in a running process: strace is attached to it, and ends with it.

    Args:
        process: its id.
        injection: what strace(1) knows as ``-e inject=``, such as ``fsync:signal=SIGKILL:when=3``.
    """
    call = injection.split(":", 1)[0]
    strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={injection}"]
    watcher = subprocess.Popen([*strace, "-p", str(process)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with contextlib.suppress(AssertionError):
            eventually(lambda: _is_traced(process) or watcher.poll() is not None)
        yield watcher
    finally:
        _let_go(watcher, process)


def _let_go(watcher: subprocess.Popen[bytes], process: int) -> None:
    """End strace: asked where it holds a living program in the middle of a call, else killed.

    strace 6 that is asked to end while a program of several threads dies waits for the first thread, which cannot be
    waited for before the others were: for ever. Where it is killed, the kernel lets go of what it held.
    """
    watcher.terminate()
    with contextlib.suppress(AssertionError):
        eventually(lambda: watcher.poll() is not None or not is_running(process))
    watcher.kill()
    watcher.wait()


def _is_traced(process: int) -> bool:
    try:
        status = Path(f"/proc/{process}/status").read_text("ascii", "replace")
    except (FileNotFoundError, ProcessLookupError):
        return True  # gone already
    return "TracerPid:\t0\n" not in status


def copy_of(office: Office, folder: Path) -> Office:
    """The same archive in another folder."""
    return Office(folder=shutil.copytree(office.folder, folder))
