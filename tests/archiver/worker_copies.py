"""Workers of commands that tests run inside of their own program: copies of one that has the modules loaded.

Rule: what such a worker gets is what `archiver.supervisor.start_worker` would give it: its arguments, the key at its
standard input, the environment without secrets, the folder, the umask, a session of its own; and it runs `archiver
worker`. Only Python and the modules are not loaded anew, which took a second of each command that hands something in:
a program of several threads, as pytest's are under xdist, cannot copy itself (`archiver.crew`).

The program that is copied has one thread and opens nothing. Each worker stands below a keeper that waits for its end
and tells it; its confined children are copies too (`tests.ingest.reader_copies`). `tests/archiver/test_crew.py` and
the journeys start programs as users do.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import traceback
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn
from unittest import mock

from archiver.unlocking import SECRET_VARIABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.supervisor import Program, Service

_ROOT = Path(__file__).parents[2]
_LARGEST = 1 << 20
_INPUT, _ERRORS, _STATUS = range(3)


class WorkerCopy:
    """One worker; used as `subprocess.Popen` is."""

    def __init__(self, process: int, stdin: IO[bytes], told: IO[bytes]) -> None:
        self.pid = process
        self.stdin: IO[bytes] | None = stdin
        self._told = told
        self._status: int | None = None

    def poll(self) -> int | None:
        if self._status is None and select.select([self._told], [], [], 0)[0]:
            self._status = int(self._told.readline() or -signal.SIGKILL)  # nothing: its keeper was killed
            self._told.close()
        return self._status

    def wait(self, timeout: float | None = None) -> int:
        if self.poll() is None:
            select.select([self._told], [], [], timeout)
        status = self.poll()
        if status is None:
            raise subprocess.TimeoutExpired("worker", timeout or 0.0)
        return status

    def terminate(self) -> None:
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # its keeper is about to tell
                os.kill(self.pid, number)


class _Copier:
    """The program that is copied, begun when it is needed first."""

    def __init__(self) -> None:
        self._program: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None

    def start_worker(self, folder: Path, master: bytes, service: Service, *, quiet: bool = False) -> Program:
        """In place of the function of this name in `archiver.supervisor`, which says what is what."""
        assert quiet
        assert not service.descriptors
        if self._line is None:
            self._begin()
        assert self._line is not None
        status = Path("/proc/self/status").read_text("ascii", "replace")
        asked = {
            "arguments": ["worker", service.role, "--data", str(folder), *service.arguments],
            "environment": {name: value for name, value in os.environ.items() if name not in SECRET_VARIABLES},
            "folder": str(Path.cwd()),
            "umask": int(status.partition("Umask:")[2].split()[0], 8),
        }
        reading, writing = os.pipe()
        told, telling = os.pipe()
        socket.send_fds(self._line, [json.dumps(asked).encode()], [reading, 2, telling])
        os.close(reading)
        os.close(telling)
        told_by = os.fdopen(told, "rb")
        process = int(told_by.readline())
        started = WorkerCopy(process, os.fdopen(writing, "wb", buffering=0), told_by)
        assert started.stdin is not None
        started.stdin.write(master)
        return started

    def _begin(self) -> None:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            program = [sys.executable, "-m", "tests.archiver.worker_copies", str(theirs.fileno())]
            self._program = subprocess.Popen(
                program,
                cwd=_ROOT,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )

    def close(self) -> None:
        if self._line is not None:
            self._line.close()
        if self._program is not None:
            self._program.wait()


@contextlib.contextmanager
def workers_copied() -> Iterator[None]:
    """Within it, commands that are run in this program start their workers as copies."""
    copier = _Copier()
    try:
        with mock.patch("archiver.crew.start_worker", copier.start_worker):
            yield
    finally:
        copier.close()


def _serve(line: socket.socket) -> None:
    """Make a copy for each message, until nobody is there."""
    import archiver.cli.main  # noqa: PLC0415 - this is what takes a second
    import archiver.worker_program  # noqa: F401, PLC0415 - the same
    from tests.ingest import reader_copies  # noqa: PLC0415 - it stands on this module

    reader_copies.begin()
    while True:
        message, descriptors, _, _ = socket.recv_fds(line, _LARGEST, 3)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not message:
            return
        if os.fork() == 0:
            line.close()
            _keep(json.loads(message), descriptors)
        for one in descriptors:
            os.close(one)


def _keep(asked: dict[str, Any], descriptors: list[int]) -> NoReturn:
    """Start the worker, tell which process it is, and how it ended."""
    worker = os.fork()
    if worker == 0:
        _work(asked, descriptors)
    os.close(descriptors[_INPUT])
    os.write(descriptors[_STATUS], b"%d\n" % worker)
    _, status = os.waitpid(worker, 0)
    os.write(descriptors[_STATUS], b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _work(asked: dict[str, Any], descriptors: list[int]) -> NoReturn:
    from archiver.cli.main import main  # noqa: PLC0415 - it is loaded
    from tests.ingest.reader_copies import readers_copied  # noqa: PLC0415 - the same

    status = 1
    try:
        os.setsid()
        os.close(descriptors[_STATUS])
        os.dup2(descriptors[_INPUT], 0)
        os.dup2(descriptors[_ERRORS], 2)
        os.close(descriptors[_INPUT])
        os.close(descriptors[_ERRORS])
        os.umask(asked["umask"])
        os.chdir(asked["folder"])
        os.environ.clear()
        os.environ.update(asked["environment"])
        sys.argv[1:] = asked["arguments"]
        with readers_copied():
            main()
        status = 0
    except SystemExit as leaves:
        status = leaves.code if isinstance(leaves.code, int) else int(leaves.code is not None)
    except BaseException:  # noqa: BLE001 - as Python tells it at the end of a program
        traceback.print_exc()
    finally:
        os._exit(status)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
