"""Confined children of tests: copies of one that has the parsers loaded, confined each for itself.

Rule: such a child is what `ingest.confined_child.ConfinedChild` would start: two pipes and the null device, an empty
environment, the root directory, a group of its own, and `main` of its module with its words, which confines it before
it sees any input. Only Python, the codecs and the parsers are not loaded anew, which took half a second of each of
some hundred children.

The program that is copied has one thread and opens nothing. Each child stands below a keeper that waits for its end
and tells it. Only commands and workers are tested with them: the tests of the readers, of the sandbox and of what is
imported too late start children as users do.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import json
import os
import socket
import subprocess
import sys
import traceback
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NoReturn
from unittest import mock

from ingest import confined_child
from tests.archiver.worker_copies import WorkerCopy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LARGEST = 1 << 20
_CHILDREN = {"ingest.sandbox_child", "ingest.unpacking_child"}
_PARSERS = "ingest.sandbox_tasks"
_FIRST_WORD = 7  # of the arguments of `ConfinedChild`'s program, behind the interpreter's own
_INPUT, _OUTPUT, _STATUS = range(3)


class ReaderCopy(WorkerCopy):
    """One child; used as `subprocess.Popen` is."""

    def __init__(self, process: int, stdin: Any, stdout: Any, told: Any) -> None:
        super().__init__(process, stdin, told)
        self.stdout = stdout

    @property
    def returncode(self) -> int | None:
        return self._status


class _Copier:
    """The program that is copied, begun when it is needed first."""

    def __init__(self) -> None:
        self._program: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None

    def popen(self, program: Sequence[str], **options: Any) -> ReaderCopy | subprocess.Popen[bytes]:
        """In place of `subprocess.Popen` in `ingest.confined_child`."""
        count, module, *rest = program[_FIRST_WORD:]
        words = rest[: int(count)]
        if module not in _CHILDREN or (module == "ingest.sandbox_child" and words[0].partition(":")[0] != _PARSERS):
            return subprocess.Popen(program, **options)
        self.begin(rest[int(count) :])
        assert self._line is not None
        requests, writing = os.pipe()
        reading, answers = os.pipe()
        told, telling = os.pipe()
        socket.send_fds(self._line, [json.dumps([module, words]).encode()], [requests, answers, telling])
        for one in (requests, answers, telling):
            os.close(one)
        told_by = os.fdopen(told, "rb")
        process = int(told_by.readline())
        return ReaderCopy(
            process, os.fdopen(writing, "wb", buffering=0), os.fdopen(reading, "rb", buffering=0), told_by
        )

    def begin(self, folders: Sequence[str]) -> None:
        """Begin the program that is copied; nothing happens where there is one."""
        if self._line is not None:
            return
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            words = ["1", "tests.ingest.reader_copies", str(theirs.fileno()), *folders]
            self._program = subprocess.Popen(
                [sys.executable, "-I", "-S", "-X", "utf8", "-c", confined_child._PROGRAM, *words],
                cwd="/",
                env={},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )

    def close(self) -> None:
        if self._line is not None and self._program is not None:
            self._line.close()
            self._program.wait()


_COPIER = _Copier()
atexit.register(_COPIER.close)


def begin() -> None:
    """Begin the program here, for those that this program copies itself into."""
    _COPIER.begin(confined_child._import_folders())


@contextlib.contextmanager
def readers_copied() -> Iterator[None]:
    """Within it, confined children of the parsers are copies."""
    copied = SimpleNamespace(**{name: getattr(subprocess, name) for name in subprocess.__all__})
    copied.Popen = _COPIER.popen
    with mock.patch.object(confined_child, "subprocess", copied):
        yield


def main(line_number: str) -> None:
    """Make a copy for each message, until nobody is there."""
    child = importlib.import_module("ingest.sandbox_child")
    os.environ.update(child._ONE_THREAD)
    child.import_codecs()
    for module in _CHILDREN:
        importlib.import_module(module)
    importlib.import_module(_PARSERS).load()
    line = socket.socket(fileno=int(line_number))
    while True:
        message, descriptors, _, _ = socket.recv_fds(line, _LARGEST, 3)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not message:
            return
        if os.fork() == 0:
            line.close()
            _keep(*json.loads(message), descriptors)
        for one in descriptors:
            os.close(one)


def _keep(module: str, words: list[str], descriptors: list[int]) -> NoReturn:
    """Start the child, tell which process it is, and how it ended."""
    child = os.fork()
    if child == 0:
        _read(module, words, descriptors)
    os.close(descriptors[_INPUT])
    os.close(descriptors[_OUTPUT])
    os.write(descriptors[_STATUS], b"%d\n" % child)
    _, status = os.waitpid(child, 0)
    os.write(descriptors[_STATUS], b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _read(module: str, words: list[str], descriptors: list[int]) -> NoReturn:
    try:
        os.setpgid(0, 0)
        os.close(descriptors[_STATUS])
        os.dup2(descriptors[_INPUT], 0)
        os.dup2(descriptors[_OUTPUT], 1)
        os.close(descriptors[_INPUT])
        os.close(descriptors[_OUTPUT])
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 2)
        os.closerange(3, 100)
        os.environ.clear()
        importlib.import_module(module).main(*words)
    except SystemExit as leaves:
        os._exit(leaves.code if isinstance(leaves.code, int) else int(leaves.code is not None))
    except BaseException:  # noqa: BLE001 - as Python tells it at the end of a program
        traceback.print_exc()
        os._exit(1)
    os._exit(0)
