"""Polls a mailbox once into an archive: `python -m tests.ingest.imap_program FOLDER PORT SECRET MOVE_TO`.

A line is printed after each deposit, before anything is marked, moved or remembered; so that it can be killed there.
"""

import sys
from pathlib import Path

from ingest.channel_health import SqlHealthLog
from ingest.channels.imap_poller import ImapPoller
from ingest.channels.imap_settings import ImapAccount, TlsMode
from ingest.depositor import GroupDepositor
from ingest.imap_cursors import SqlCursorStore
from ingest.submission import Deposited, Handover
from tests.storage.archives import open_again


class TellingDepositor:
    def __init__(self, depositor: GroupDepositor) -> None:
        self._depositor = depositor

    def deposit(self, handover: Handover) -> Deposited:
        deposited = self._depositor.deposit(handover)
        print(deposited.submission_id, flush=True)  # noqa: T201 - the test reads it
        return deposited


def main() -> None:
    folder, port, secret, move_to = sys.argv[1:]
    archive = open_again(Path(folder))
    account = ImapAccount(
        name="intake",
        host="127.0.0.1",
        port=int(port),
        tls=TlsMode.NONE,
        username="archive",
        password_file=Path(secret),
        move_to=None if move_to == "-" else move_to,
        batch=5,
        parallel_deposits=2,
    )
    depositor = TellingDepositor(GroupDepositor(archive, actor="service:imap"))
    store = archive.store
    ImapPoller(account, depositor, SqlCursorStore(store), SqlHealthLog(store), store.clock).poll()
    archive.close()


if __name__ == "__main__":
    main()
