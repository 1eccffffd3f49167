"""A program that works on the index of an archive and is killed at a planted step; forks one for each line it is sent.

A line is ``<act> <owner> <step> <call> <before|after>``: the act is done, and at that call of that function the child
kills itself. It answers ``killed``, or ``ended`` where the act came to its end before.
"""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module
from pathlib import Path

from search.follower import Follower
from search.index_set import Indexes
from tests.storage.archives import open_again

BATCH = 1
ACTOR = "operator:test"


def plant(owner: str, step: str, call: int, *, after: bool) -> None:
    """Kill this program at the so-many-th call of a function."""
    module, _, name = owner.rpartition(".")
    holder = getattr(import_module(module), name) if name[0].isupper() else import_module(owner)
    wanted = getattr(holder, step)
    calls = 0

    def killed(*arguments: object, **options: object) -> object:
        nonlocal calls
        calls += 1
        if calls == call and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = wanted(*arguments, **options)
        if calls == call and after:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    setattr(holder, step, killed)


def act(folder: Path, what: str) -> None:
    """Follow, rebuild or renew, in the smallest batches."""
    Follower.__init__.__kwdefaults__["batch"] = BATCH
    archive = open_again(folder)
    indexes = Indexes(archive)
    if what == "follow":
        indexes.follower().catch_up()
    elif what == "rebuild":
        indexes.generations().rebuild(actor=ACTOR)
    elif what == "renew":
        indexes.renew_without([], actor=ACTOR)


def main() -> None:
    """Read lines until there are no more."""
    folder = Path(sys.argv[1])
    for line in sys.stdin:
        what, owner, step, call, when = line.split()
        child = os.fork()
        if child == 0:
            try:
                plant(owner, step, int(call), after=when == "after")
                act(folder, what)
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        os.write(1, b"killed\n" if os.WIFSIGNALED(status) else b"ended\n")


if __name__ == "__main__":
    main()
