"""Several workers out of one start: the modules are loaded once, and each worker goes on as a program of its own.

Rule: they stand and fall together. When one ends, however it ends, the others are asked to finish, and the first
program's exit says the worst; whoever started it sees one program, and starts it again as a whole.

Loading the modules takes most of a second, which a person waits for who hands in a single mail.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Sequence

_ASKING = (signal.SIGTERM, signal.SIGINT)


def part(names: Sequence[str]) -> str:
    """Go on once for each name, and answer it there; the calling program itself stays behind to watch, and exits.

    To be called before there are threads or open databases, of which a copy would be broken. The copies share the
    standard input, whose end tells each that the parent is gone. Out of one name nothing is made.
    """
    if len(names) == 1:
        return names[0]
    signal.pthread_sigmask(signal.SIG_BLOCK, _ASKING)  # so that none is lost before somebody passes it on
    processes: set[int] = set()
    for name in names:
        process = os.fork()
        if process == 0:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _ASKING)
            return name
        processes.add(process)
    return _watch(processes)


def _watch(left: set[int]) -> NoReturn:
    """Pass on what asks to finish, and wait for all of them; exits with the worst of their exits."""
    asked: set[int] = set()

    def finish(*_: object) -> None:
        for process in left - asked:  # once: Python dies of a second one while it ends
            asked.add(process)
            os.kill(process, signal.SIGTERM)

    for number in _ASKING:
        signal.signal(number, finish)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ASKING)
    worst = 0
    while left:
        process, status = os.wait()
        left.discard(process)
        worst = max(worst, abs(os.waitstatus_to_exitcode(status)))
        finish()
    raise SystemExit(worst)
