"""A confined child as its parent holds it: started by exec with two pipes and nothing else, watched, killed.

Rule kept: the child gets an empty environment, the root directory, two pipes and the null device; it tells once what
confines it before it sees any input. Our ends of the pipes never block. Its resident memory is read from
/proc/PID/statm through a descriptor that is opened at once: a child that is not dumpable may hide behind `hidepid`
later.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import site
import subprocess
import sys
import sysconfig
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ingest.confinement import Confinement, SandboxUnavailable
from ingest.reading_codec import FailureReason, Frame, FrameStream, ReadingFailed, confinement_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_PIPE_BYTES: Final = 1 << 20
_PAGE: Final = os.sysconf("SC_PAGESIZE")
_PROGRAM: Final = (
    "import sys; a = sys.argv; n = 2 + int(a[1]); sys.path += a[n + 1:]; "
    "from importlib import import_module; import_module(a[2]).main(*a[3:n + 1])"
)
_OUT_OF_TIME: Final = frozenset({signal.SIGALRM, signal.SIGXCPU})


class ConfinedChild:
    """A child that runs `main(*arguments)` of a module of the house.

    `requests` and `answers` are the descriptors of our ends, `stream` cuts frames out of the answers, none of them
    with a body of more than `max_body` bytes.
    """

    def __init__(self, module: str, arguments: Sequence[str], *, max_body: int) -> None:
        self._confinement: Confinement | None = None
        words = (str(len(arguments)), module, *arguments, *_import_folders())
        self._child = subprocess.Popen(  # noqa: S603 - our own interpreter and our own text
            [sys.executable, "-I", "-S", "-X", "utf8", "-c", _PROGRAM, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            cwd="/",
            env={},
            close_fds=True,
            process_group=0,  # the terminal's signals are not for it; in our session it has our priority
        )
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._pipes = self._child.stdin, self._child.stdout
        self.requests, self.answers = (pipe.fileno() for pipe in self._pipes)
        for descriptor in (self.requests, self.answers):
            os.set_blocking(descriptor, False)
            _widen(descriptor)
        self._memory = os.open(f"/proc/{self._child.pid}/statm", os.O_RDONLY | os.O_CLOEXEC)
        self.stream = FrameStream(self.answers, max_body=max_body)

    @property
    def process_id(self) -> int:
        """The id of the process."""
        return self._child.pid

    def wait_until_ready(self, seconds: float) -> Confinement:
        """What confines this child, once it has imported what it needs; at once when it was asked before.

        Raises:
            SandboxUnavailable: it did not start, or not in time.
        """
        if self._confinement is None:
            frame = self._first_frame(seconds)
            if frame is None:
                self.kill()
                status = self._child.returncode
                raise SandboxUnavailable("The sandboxed reader could not be started.", status=status)
            self._confinement = confinement_of(frame)
        return self._confinement

    def is_gone(self) -> bool:
        """Whether the process has ended."""
        return self._child.poll() is not None

    def is_silent(self) -> bool:
        """Whether it lives and has said nothing that was not asked; to be known before it is asked again."""
        if self._memory < 0:
            return False  # killed: its descriptors are closed, and their numbers may be another's by now
        waiting = select.poll()
        waiting.register(self.answers, select.POLLIN)
        return self.stream.is_empty and not waiting.poll(0)

    def resident_bytes(self) -> int:
        """How much memory it holds now, in bytes; 0 where it has ended, which the pipe tells."""
        try:
            fields = os.pread(self._memory, 256, 0).split()
        except ProcessLookupError:
            return 0
        return int(fields[1]) * _PAGE

    def how_it_ended(self) -> ReadingFailed:
        """Why it ended whose pipe ended."""
        # A reader that closed its pipe and lives on is no better than one that crashed.
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(timeout=1)
        status = self._child.returncode
        if status is None:
            return ReadingFailed(reason=FailureReason.PROTOCOL, detail="it closed its pipe")
        if status >= 0:
            return ReadingFailed(reason=FailureReason.CRASH, detail=f"exit status {status}")
        name = signal.Signals(-status).name if -status in set(signal.Signals) else f"signal {-status}"
        reason = FailureReason.TIME if -status in _OUT_OF_TIME else FailureReason.CRASH
        return ReadingFailed(reason=reason, detail=name)

    def kill(self) -> None:
        """End it now and wait until the kernel has taken it away; again is allowed."""
        if self._child.poll() is None:
            self._child.kill()
            self._child.wait()
        if self._memory >= 0:
            os.close(self._memory)
            self._memory = -1
        for pipe in self._pipes:
            pipe.close()

    def _first_frame(self, seconds: float) -> Frame | None:
        deadline = time.monotonic() + seconds
        waiting = select.poll()
        waiting.register(self.answers, select.POLLIN)
        while (frame := self.stream.next_frame()) is None:
            left = deadline - time.monotonic()
            if left <= 0 or (waiting.poll(left * 1000) and not self.stream.fill()):
                return None
        return frame


def _import_folders() -> list[str]:
    """Where the packages of the house and the installed ones lie; the standard library finds itself."""
    house = Path(__file__).resolve().parent.parent
    installed = {*site.getsitepackages(), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    return [str(house), *sorted(folder for folder in installed if Path(folder).is_dir())]


def _widen(descriptor: int) -> None:
    # a kernel may keep pipes small for one user's sum of them; slower, not wrong
    with suppress(OSError, AttributeError):
        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
