"""An acceptor process for tests: `python -m tests.ingest.acceptor_program DESCRIPTOR FOLDER`."""

import hashlib
import os
import socket
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from ingest.channels.smtp import run_acceptor
from ingest.channels.smtp_settings import SmtpSettings
from ingest.submission import Deposited, Handover
from tests.ingest.smtp_service import INTAKE, NOW, Directory, RememberingHealth


class FolderDepositor:
    """Keeps each payload as a file named by its digest."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def deposit(self, handover: Handover) -> Deposited:
        digest = hashlib.sha256(handover.payload).hexdigest()
        (self._folder / f"{digest}.{os.getpid()}.{time.monotonic_ns()}").write_bytes(handover.payload)
        return Deposited(submission_id=digest[:12], duplicate_of=None, position=0, received_at=NOW, sha256=digest)


def main() -> None:
    listener = socket.socket(fileno=int(sys.argv[1]))
    settings = SmtpSettings(hostname="archive.example", intake_addresses=(INTAKE,), max_connections_per_peer=200)
    run_acceptor(
        listener,
        settings,
        FolderDepositor(Path(sys.argv[2])),
        Directory({}),
        health=RememberingHealth(),
        clock=lambda: datetime.now(UTC),
    )
    listener.close()


if __name__ == "__main__":
    main()
