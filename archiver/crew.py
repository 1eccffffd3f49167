"""An examiner and a follower that a command starts for itself, where no service that runs has them already.

Rule: a person waits for them, so their start waits for nothing that they do not need. Loading the modules takes most
of a second, and the command has them loaded: it forks the crew before it opens the archive, and hands over the master
key once it has it. Only a program of one thread that has opened nothing can be copied whole; in any other the crew is
a program of its own, as it is when one of the crew dies and is started again.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, NoReturn, Self

from archiver.supervisor import Service, start_worker, stop_workers
from archiver.unlocking import SECRET_VARIABLES
from archiver.worker import WorkerRole, is_served
from archiver.worker_program import run_worker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archiver.supervisor import Program

_ROLES = (WorkerRole.EXAMINER, WorkerRole.FOLLOWER)
_TASKS = Path("/proc/self/task")
_FAILED = 1


class Forked:
    """A copy of this program that works as workers do; used as `subprocess.Popen` is."""

    def __init__(self, process: int, stdin: IO[bytes]) -> None:
        self.pid = process
        self.stdin: IO[bytes] | None = stdin
        self._status: int | None = None
        self._ends = os.pidfd_open(process)

    def poll(self) -> int | None:
        """Its exit, or None while it runs."""
        if self._status is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                self._status = os.waitstatus_to_exitcode(status)
                os.close(self._ends)
        return self._status

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, at most so many seconds.

        Raises:
            subprocess.TimeoutExpired: it still runs.
        """
        if self.poll() is None:
            select.select([self._ends], [], [], timeout)
        status = self.poll()
        if status is None:
            raise subprocess.TimeoutExpired("worker", timeout or 0.0)
        return status

    def terminate(self) -> None:
        """Ask it to finish."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


class Crew:
    """What works for one command, from `keep_up` to `dismiss`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._programs: dict[Program, frozenset[WorkerRole]] = {}
        self._reserve: tuple[Forked, tuple[WorkerRole, ...]] | None = None

    @classmethod
    def in_reserve(cls, folder: Path, *, wanted: bool = True) -> Self:
        """Fork what will be needed, as far as can be told and done; to be called before anything is opened."""
        crew = cls(folder)
        if wanted and (folder / "tmp").is_dir() and _TASKS.is_dir() and len(list(_TASKS.iterdir())) == 1:
            missing = crew._missing()
            crew._reserve = (_fork(missing, folder), missing) if missing else None
        return crew

    def keep_up(self, master: bytes) -> None:
        """Start them, and start again what died: its work must not be waited for in vain."""
        for program in [one for one in self._programs if one.poll() is not None]:
            del self._programs[program]
            if program.stdin is not None:
                program.stdin.close()
        missing = self._missing()
        if not missing:
            return
        self._programs[self._from_reserve(missing, master) or self._started(missing, master)] = frozenset(missing)

    def dismiss(self) -> None:
        """Stop them; one in reserve ends by itself once nobody can hand it the key."""
        stop_workers(list(self._programs))
        if self._reserve is not None and self._reserve[0].stdin is not None:
            self._reserve[0].stdin.close()
            self._reserve[0].wait()

    def _missing(self) -> tuple[WorkerRole, ...]:
        ours = frozenset[WorkerRole]().union(*self._programs.values())
        return tuple(role for role in _ROLES if role not in ours and not is_served(self._folder, role))

    def _started(self, missing: tuple[WorkerRole, ...], master: bytes) -> Program:
        service = Service(name="crew", role=missing[0].value, arguments=(*missing[1:], "--first"))
        return start_worker(self._folder, master, service, quiet=True)

    def _from_reserve(self, missing: Sequence[WorkerRole], master: bytes) -> Forked | None:
        if self._reserve is None or self._reserve[1] != missing:
            return None
        program, _ = self._reserve
        self._reserve = None
        assert program.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # then it has died, and is started again
            program.stdin.write(master)
        return program


def _fork(roles: Sequence[WorkerRole], folder: Path) -> Forked:
    """A copy of this program that waits for the key at its standard input, and then works."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    copy = os.fork()
    if copy == 0:
        os.close(writing)
        _work(reading, roles, folder)
    os.close(reading)
    return Forked(copy, os.fdopen(writing, "wb", buffering=0))


def _work(reading: int, roles: Sequence[WorkerRole], folder: Path) -> NoReturn:
    """Work as `archiver worker` does, and leave without what the command would still do at its own end."""
    status = _FAILED
    try:
        os.setsid()
        os.dup2(reading, 0)
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 1)
        for name in SECRET_VARIABLES:
            os.environ.pop(name, None)
        run_worker([role.value for role in roles], folder, first=True)
        status = 0
    except SystemExit as leaves:
        status = leaves.code if isinstance(leaves.code, int) else _FAILED
    finally:
        os._exit(status)
