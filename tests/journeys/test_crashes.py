"""Loss of power in the middle of everything: what was answered with 250 is there, once, and nothing else is broken."""

from __future__ import annotations

import hashlib
import os
import random
import smtplib
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

from tests.archiver.commands import PASSPHRASE
from tests.journeys.service import (
    INTAKE,
    PATIENCE,
    Service,
    eventually,
    exported_digests,
    numbered_mail,
    serving,
    wait_for_outcomes,
)
from tests.tiers import tried

if TYPE_CHECKING:
    from pathlib import Path

    from tests.archiver.commands import Office

SEED = 20_261_121
MAILS = tried(80, 200)
SESSIONS = 8
BESIDE = tried(30, 60)
KILLS = 2


class Senders:
    """Sessions that send until all is answered with 250; a mail that was not is sent again, as mail programs do."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._waiting = [numbered_mail("crash", number) for number in range(MAILS)]
        self._lock = threading.Lock()
        self._going = threading.Event()
        self._going.set()
        self.accepted: list[str] = []

    def pause(self) -> None:
        self._going.clear()

    def go_on(self) -> None:
        self._going.set()

    def one_session(self) -> None:
        while True:
            with self._lock:
                mail = self._waiting.pop() if self._waiting else None
            if mail is None:
                return
            if self._send(mail):
                with self._lock:
                    self.accepted.append(hashlib.sha256(mail).hexdigest())
            else:
                with self._lock:
                    self._waiting.append(mail)
                self._going.wait(60)

    def _send(self, mail: bytes) -> bool:
        try:
            with self._service.client() as client:
                return client.sendmail("jane.doe@mail.example", [INTAKE], mail) == {}
        except (smtplib.SMTPException, OSError):
            return False


def test_every_mail_that_was_answered_250_is_there_once_after_two_losses_of_power(office: Office, tmp_path: Path):
    print(f"seed {SEED}")  # noqa: T201 - shown where it fails
    random_numbers = random.Random(SEED)
    beside = [numbered_mail("beside", number) for number in range(BESIDE)]
    (tmp_path / "in").mkdir()
    for number, mail in enumerate(beside):
        (tmp_path / "in" / f"{number}.eml").write_bytes(mail)
    with serving(office, tmp_path / "log") as service:
        senders = Senders(service)
        sessions = [threading.Thread(target=senders.one_session) for _ in range(SESSIONS)]
        for session in sessions:
            session.start()
        program = [sys.executable, "-m", "archiver.cli.main", "ingest", str(tmp_path / "in"), "--quiet", "--json"]
        environment = {**os.environ, "ARCHIVER_PASSPHRASE": PASSPHRASE, "ARCHIVER_DATA": str(office.folder)}
        with subprocess.Popen(program, env=environment, stdout=subprocess.PIPE) as ingest:
            for kill in range(1, KILLS + 1):
                share = MAILS * kill // (KILLS + 1) + random_numbers.randrange(MAILS // 8)
                eventually(lambda share=share: len(senders.accepted) >= share)
                senders.pause()
                service.kill_everything()
                service.start()
                senders.go_on()
            for session in sessions:
                session.join(PATIENCE)
            printed, _ = ingest.communicate(timeout=PATIENCE)
        assert ingest.returncode == 0, printed
        assert len(senders.accepted) == MAILS
        wait_for_outcomes(office)
        assert service.stop() == 0
    expected = sorted([*senders.accepted, *(hashlib.sha256(mail).hexdigest() for mail in beside)])
    assert exported_digests(office, tmp_path / "all") == expected
    found = office.run("search", "--ids", "kind:email").out.split()
    assert len(found) == len(set(found)) == MAILS + BESIDE
    assert office.json("verify")["faults"] == []
