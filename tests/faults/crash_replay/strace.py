"""Recording a program's changes to a folder with strace(1), and reading them as operations.

The program is one process with any number of threads. Its standard output is its acknowledgements, one line a write.
A call takes effect at its return; a sync covers what had taken effect when it was called; an acknowledgement counts
from its call on. After the run the model's tree must equal the folder, so a call that this file does not know is found.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults.crash_replay.calls import Calls, NotRecorded, strings_of
from tests.faults.crash_replay.disk import Disk, Recording, read_tree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_CALLS = (
    "openat,open,creat,close,dup,dup2,dup3,fcntl,write,pwrite64,writev,pwritev,pwritev2,lseek,ftruncate,truncate,"
    "fallocate,fsync,fdatasync,sync,syncfs,rename,renameat,renameat2,link,linkat,unlink,unlinkat,rmdir,mkdir,mkdirat,"
    "symlink,symlinkat,copy_file_range,sendfile,clone,clone3,fork,vfork"
)
_WHOLE = re.compile(r"^(\d+) +(\w+)\((.*)\) += (-?\d+)")
_BEGUN = re.compile(r"^(\d+) +(\w+)\((.*?),? *<unfinished \.\.\.>$")
_RESUMED = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>,? ?(.*)\) += (-?\d+)")
_SYNCS = {"fsync", "fdatasync", "sync", "syncfs"}
_RECORDED_SECONDS = 300


def refusal() -> str:
    """Why nothing can be recorded here, or an empty string."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    tried = subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "the kernel refuses ptrace to this user"


def record(program: Sequence[str], root: Path, *, cwd: Path, environment: Mapping[str, str]) -> Recording:
    """Run a program that changes `root`, and return what it did.

    Raises:
        NotRecorded: it failed, or the model's tree is not what it left.
    """
    base, contents = read_tree(root)
    with tempfile.TemporaryDirectory(prefix="strace-") as scratch:
        trace = Path(scratch) / "trace"
        strace = ["strace", "-f", "-qq", "--seccomp-bpf", "-xx", "-s", "40000000", "-e", f"trace={_CALLS}"]
        ended = subprocess.run(
            [*strace, "-e", "signal=none", "-o", str(trace), *program],
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_RECORDED_SECONDS,
        )
        if ended.returncode != 0:
            raise NotRecorded(f"the workload failed: {ended.stderr.decode(errors='replace')[-2000:]}")
        reader = _Reader(Recording(base, contents), root, cwd)
        with trace.open(encoding="ascii", errors="replace") as lines:
            for line in lines:
                reader.read(line)
    _compare(reader.recording, root)
    return reader.recording


def _compare(recording: Recording, root: Path) -> None:
    files, _ = Disk(recording).tree(len(recording.operations), {})
    real = {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    real = {name: plain for name, plain in real.items() if not name.endswith("-shm")}
    modelled = {name: one.plain for name, one in files.items()}
    if real != modelled:
        wrong = sorted(name for name in {*real, *modelled} if real.get(name) != modelled.get(name))
        raise NotRecorded(f"the model does not know all that the workload did to: {wrong[:5]}")


class _Reader:
    """Reads lines of a trace, of any number of threads."""

    def __init__(self, recording: Recording, root: Path, cwd: Path) -> None:
        self.recording = recording
        self._calls = Calls(recording, root, cwd)
        self._begun: dict[str, tuple[str, int, bool]] = {}

    def read(self, line: str) -> None:
        """One line."""
        if whole := _WHOLE.match(line):
            _, call, arguments, result = whole.groups()
            self._call_begins(call, arguments)
            self._call_ends(call, arguments, int(result), len(self.recording.operations))
        elif begun := _BEGUN.match(line):
            thread, call, arguments = begun.groups()
            self._begun[thread] = (arguments, len(self.recording.operations), self._call_begins(call, arguments))
        elif resumed := _RESUMED.match(line):
            thread, call, rest, result = resumed.groups()
            arguments, since, _ = self._begun.pop(thread, ("", 0, False))
            joined = f"{arguments}, {rest}" if rest else arguments
            self._call_ends(call, joined, int(result), since)

    def _call_begins(self, call: str, arguments: str) -> bool:
        """What counts from the call on: acknowledgements, and the end of a descriptor, whose number is free then."""
        if call == "close":
            self._calls.descriptors.pop(int(arguments), None)
            return True
        if call == "write" and arguments.startswith("1,"):
            for one in strings_of(arguments)[0].decode().splitlines():
                self.recording.acknowledge(one)
            return True
        return False

    def _call_ends(self, call: str, arguments: str, result: int, since: int) -> None:
        if result < 0 or call == "close" or (call == "write" and arguments.startswith("1,")):
            return
        if call in {"fork", "vfork"} or (call in {"clone", "clone3"} and "CLONE_THREAD" not in arguments):
            raise NotRecorded("the workload started another process, which the model does not follow")
        if call in _SYNCS:
            self._calls.sync(call, arguments, since)
        else:
            self._calls.done(call, arguments, result)
