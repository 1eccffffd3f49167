"""A running `archiver serve` for tests: started, written to, killed and started again, as its users would."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import select
import signal
import smtplib
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.archiver.commands import PASSPHRASE, PERSONAL, Office, a_mail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

INTAKE = "archive@agency.example"
PATIENCE = 150.0  # only what stands still takes so long, also beside much else
SETTINGS = f"""[smtp]
port = 0
intake = ["{INTAKE}"]
acceptors = 2

[web]
enabled = {{web}}
port = 0
"""


def configure(office: Office, *, web: bool = False) -> None:
    (office.folder / "archiver.toml").write_text(SETTINGS.format(web=str(web).lower()), "utf-8")


def eventually(what: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """The first true answer; asks again until then."""
    until = time.monotonic() + patience
    while not (answer := what()):
        assert time.monotonic() < until, f"not within {patience} s: {what}"
        select.select([], [], [], 0.05)
    return answer


def is_running(process: int) -> bool:
    """Whether a process is there and has not ended (a zombie has)."""
    try:
        status = Path(f"/proc/{process}/stat").read_text("ascii", "replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] not in {"Z", "X"}


@dataclass(kw_only=True)
class Service:
    """`archiver serve` on an archive."""

    office: Office
    log: Path
    addresses: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it listens."""
        program = [sys.executable, "-m", "archiver.cli.main", "serve", "--data", str(self.office.folder), "--json"]
        cleared = {name: value for name, value in os.environ.items() if not name.startswith("ARCHIVER_")}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                program,
                env={**cleared, "ARCHIVER_PASSPHRASE": PASSPHRASE},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        line = self.process.stdout.readline() if ready else b""
        assert line, self.log.read_text("utf-8", "replace")[-2000:]
        self.addresses = json.loads(line)

    @property
    def smtp(self) -> tuple[str, int]:
        host, port = self.addresses["smtp"].rsplit(":", 1)
        return host, int(port)

    def workers(self) -> dict[str, int]:
        """Process ids of the workers, by name."""
        try:
            status = json.loads((self.office.folder / "tmp" / "services.json").read_bytes())
        except FileNotFoundError:
            return {}
        return {one["name"]: one["process"] for one in status["services"] if one["process"] is not None}

    def stop(self) -> int:
        """Ask it to finish (SIGTERM); its exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(PATIENCE)
        self._forget()
        return status

    def kill_supervisor(self) -> None:
        """SIGKILL the supervisor only."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(PATIENCE)
        self._forget()

    def kill_everything(self) -> None:
        """SIGKILL the supervisor and every worker, as a loss of power would."""
        assert self.process is not None
        workers = self.workers()
        self.process.kill()
        for process in workers.values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self.process.wait(PATIENCE)
        self._forget()
        for process in workers.values():
            eventually(lambda process=process: not is_running(process))

    def _forget(self) -> None:
        assert self.process is not None
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.process = None

    def client(self) -> smtplib.SMTP:
        host, port = self.smtp
        return smtplib.SMTP(host, port, local_hostname="sender.example", timeout=PATIENCE)

    def send(self, mail: bytes, *, sender: str = PERSONAL) -> str:
        """Send one mail and return the submission id that the 250 names."""
        with self.client() as client:
            client.ehlo()
            assert client.mail(sender)[0] == 250
            assert client.rcpt(INTAKE)[0] == 250
            code, reply = client.data(mail)
            assert code == 250, reply
        return reply.decode().rsplit(" ", 1)[-1]

    def found(self, query: str, total: int = 1) -> dict[str, Any]:
        """Search until so many are found; the document."""

        def enough() -> dict[str, Any] | None:
            document: dict[str, Any] = self.office.json("search", query)
            assert document["total"] <= total
            return document if document["total"] == total else None

        document: dict[str, Any] = eventually(enough)
        return document


@contextlib.contextmanager
def serving(office: Office, log: Path) -> Iterator[Service]:
    """A started service that is gone afterwards, workers included, however the test ends."""
    service = Service(office=office, log=log)
    service.start()
    try:
        yield service
    finally:
        if service.process is not None:
            service.kill_everything()


def wait_for_outcomes(office: Office, patience: float = PATIENCE * 2) -> None:
    """Until nothing waits for examination and the index covers every record; services or commands do the work."""

    def done() -> bool:
        listed = {one["check"]: one["detail"] for one in json.loads(office.run("doctor", "--json").out)}
        return listed["waiting"].startswith("0 ") and office.run("index", "coverage").status == 0

    eventually(done, patience)


def exported_digests(office: Office, to: Path) -> list[str]:
    """SHA-256 of every original of the archive, exported and read from disk, sorted."""
    office.json("record", "export", "--all", "--to", str(to))
    return sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in to.glob("*/001-original.*"))


def numbered_mail(name: str, number: int) -> bytes:
    """A mail that no other name and number has."""
    return a_mail(
        f"{name} {number}", f"Letter {number} of {name}.\r\n" + f"line of {name} {number}\r\n" * (number % 40)
    )
