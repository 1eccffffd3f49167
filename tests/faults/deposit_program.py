"""A program that deposits until it is killed; forks one such program for each line that it is sent.

Each writes `pid N`, then `took <submission> <sha256> <payload>` for every deposit that was acknowledged. Lines are
shorter than PIPE_BUF, so a kill never leaves half of one.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from ingest.depositor import GroupDepositor
from ingest.submission import Handover
from storage.records import Channel, Envelope
from tests.storage.archives import open_again

THREADS = 6


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def deposit_until_killed(folder: Path, name: str) -> None:
    depositor = GroupDepositor(open_again(folder), actor="service:smtp")

    def work(thread: int) -> None:
        for number in range(1_000_000):
            text = f"{name}/{thread}/{number}"
            handover = Handover(
                channel=Channel.SMTP, account="smtp", custodian_id=None, envelope=Envelope(), payload=text.encode()
            )
            answer = depositor.deposit(handover)
            say(f"took {answer.submission_id} {answer.sha256} {text}")

    threads = [threading.Thread(target=work, args=(thread,)) for thread in range(THREADS)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()


def main() -> None:
    folder = Path(sys.argv[1])
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            say(f"pid {os.getpid()}")
            deposit_until_killed(folder, line.strip())
            os._exit(1)
        os.waitpid(child, 0)
        say("ended")


if __name__ == "__main__":
    main()
