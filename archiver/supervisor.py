"""Starts the services, starts again what dies, and drains them all on SIGTERM.

Rule: a service that dies is started again, at once the first time and ever slower after; whether each of them
runs is written to ``tmp/services.json`` (names, process ids and times, no content) for `/readyz` and `doctor`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Protocol

import structlog

from archiver.unlocking import SECRET_VARIABLES
from storage.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

log = structlog.get_logger()

_DRAIN_SECONDS = 40.0
_POLL_SECONDS = 0.2
_SLOWEST_RESTART = 30.0
_STEADY_SECONDS = 60.0
STATUS_FILE = "services.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One program to keep running: its name, the role of the worker, and what it inherits."""

    name: str
    role: str
    arguments: tuple[str, ...] = ()
    descriptors: tuple[int, ...] = ()


class Program(Protocol):
    """A worker that runs, as `subprocess.Popen` has it."""

    pid: int
    stdin: IO[bytes] | None

    def poll(self) -> int | None:
        """Its exit, or None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; raises `subprocess.TimeoutExpired` if that does not come in time."""

    def terminate(self) -> None:
        """Ask it to finish."""

    def kill(self) -> None:
        """End it at once."""


def start_worker(folder: Path, master: bytes, service: Service, *, quiet: bool = False) -> subprocess.Popen[bytes]:
    """Start a worker and hand it the master key; the caller keeps its standard input open as long as it shall run."""
    program = [sys.executable, "-m", "archiver.start", "worker", service.role, "--data", str(folder)]
    started = subprocess.Popen(  # noqa: S603 - our own interpreter and module, no shell
        [*program, *service.arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL if quiet else None,
        pass_fds=service.descriptors,
        start_new_session=True,
        env={name: value for name, value in os.environ.items() if name not in SECRET_VARIABLES},
    )
    assert started.stdin is not None
    started.stdin.write(master)
    started.stdin.flush()
    return started


def stop_workers(workers: Sequence[Program], seconds: float = _DRAIN_SECONDS) -> None:
    """Ask workers to finish, wait, and end those that do not."""
    for worker in workers:
        if worker.poll() is None:
            worker.terminate()
    until = time.monotonic() + seconds
    for worker in workers:
        try:
            worker.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.error("service.killed", process=worker.pid)  # noqa: TRY400 - there is nothing to trace
            worker.kill()
            worker.wait()
        if worker.stdin is not None:
            worker.stdin.close()


@dataclass(slots=True)
class _Running:
    service: Service
    started: float = 0.0
    restarts: int = 0
    again_at: float = 0.0
    worker: subprocess.Popen[bytes] | None = field(default=None)


class Supervisor:
    """Keeps services running until it is told to stop."""

    def __init__(self, folder: Path, master: bytes, services: Sequence[Service]) -> None:
        self._folder = folder
        self._master = master
        self._running = [_Running(service) for service in services]
        self._stopping = False

    def install_signals(self) -> None:
        """Drain on SIGTERM and SIGINT (main thread only)."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop())

    def stop(self) -> None:
        """Ask to drain."""
        self._stopping = True

    def start(self) -> None:
        """Start all services."""
        for one in self._running:
            self._start(one)
        self._write_status()

    def _start(self, one: _Running) -> None:
        one.worker = start_worker(self._folder, self._master, one.service)
        one.started = time.monotonic()
        log.info("service.started", service=one.service.name, process=one.worker.pid)

    def run(self) -> None:
        """Watch until told to stop, then drain. The services must have been started."""
        while not self._stopping:
            time.sleep(_POLL_SECONDS)
            self.look()
        stop_workers([one.worker for one in self._running if one.worker is not None])
        (self._folder / "tmp" / STATUS_FILE).unlink(missing_ok=True)
        log.info("service.all_stopped")

    def look(self) -> None:
        """Start again what has ended."""
        changed = False
        now = time.monotonic()
        for one in self._running:
            if one.worker is not None and one.worker.poll() is not None:
                changed = True
                log.error("service.ended", service=one.service.name, status=one.worker.returncode)
                if one.worker.stdin is not None:
                    one.worker.stdin.close()
                one.worker = None
                one.restarts = 0 if now - one.started > _STEADY_SECONDS else one.restarts + 1
                one.again_at = now + min(_SLOWEST_RESTART, 0.0 if one.restarts <= 1 else 2.0**one.restarts / 4)
            if one.worker is None and now >= one.again_at:
                changed = True
                self._start(one)
        if changed:
            self._write_status()

    def _write_status(self) -> None:
        status = {
            "supervisor": os.getpid(),
            "services": [
                {
                    "name": one.service.name,
                    "role": one.service.role,
                    "process": one.worker.pid if one.worker is not None else None,
                    "restarts": one.restarts,
                }
                for one in self._running
            ],
        }
        write_whole(self._folder / "tmp" / STATUS_FILE, json.dumps(status).encode())


def read_status(folder: Path) -> dict[str, object] | None:
    """What the running supervisor last wrote; None if none runs."""
    try:
        status: dict[str, object] = json.loads((folder / "tmp" / STATUS_FILE).read_bytes())
        os.kill(int(str(status["supervisor"])), 0)
    except (FileNotFoundError, ValueError, KeyError, ProcessLookupError):
        return None
    except PermissionError:
        pass  # it runs, as another user
    return status
