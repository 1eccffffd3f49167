"""A program that receives mails one after the other and says each reply: ``python -m tests.faults.refusing_program``.

It answers as an acceptor does (receiver, depositor and store are the real ones; there is no socket). Arguments: FOLDER
MAILS SEED. It writes ``ready``, then a line ``CODE SHA256`` a mail; for a mail that was not taken it goes on,
so that what follows a fault is seen too.
"""

from __future__ import annotations

import hashlib
import os
import random
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.channels.smtp_decisions import Accepted
from ingest.channels.smtp_receiver import SmtpReceiver, _Mail
from ingest.channels.smtp_settings import SmtpSettings
from ingest.depositor import GroupDepositor
from tests.faults.crash_replay.workloads import payload
from tests.storage.archives import open_again

if TYPE_CHECKING:
    from storage.archive import Archive


class NoCustodians:
    """A directory that knows nobody."""

    def find(self, address: str) -> str | None:
        del address
        return None


class Receiving:
    """The receiver of an acceptor over an archive."""

    def __init__(self, archive: Archive) -> None:
        settings = SmtpSettings(hostname="archive.example", intake_addresses=("archive@agency.example",))
        depositor = GroupDepositor(archive, actor="service:smtp")
        self._receiver = SmtpReceiver(settings, depositor, NoCustodians(), ThreadPoolExecutor(1))

    def reply(self, content: bytes) -> str:
        """The reply to a mail."""
        mail = _Mail(
            sender=None, accepted=(Accepted("archive@agency.example", None, None),), transport=(), payload=content
        )
        return self._receiver._answer(mail)[0]


def main() -> None:
    folder, mails, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    chance = random.Random(seed)
    archive = open_again(folder)
    receiving = Receiving(archive)
    os.write(1, b"ready\n")
    for _ in range(mails):
        content = payload(chance)
        code = receiving.reply(content).split(" ", 1)[0]
        os.write(1, f"{code} {hashlib.sha256(content).hexdigest()}\n".encode())
    os.write(1, b"read-only\n" if archive.store.disk_failed.is_set() else b"writable\n")
    archive.close()


if __name__ == "__main__":
    main()
