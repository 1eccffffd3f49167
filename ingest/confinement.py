"""What a process gives up before it touches hostile bytes, and what the kernel said to each.

In this order, since each step needs what the next one takes away: resource limits (setrlimit(2)),
PR_SET_NO_NEW_PRIVS, no dump and no tracing (PR_SET_DUMPABLE), Landlock (no path of any file system, no TCP,
no abstract sockets or signals outwards), seccomp. Only seccomp is indispensable: it alone refuses sockets
and exec on every kernel; Landlock bars the file system a second time where the kernel has it.

The calls go through `ctypes`, because the standard library has none of them.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ingest.seccomp_filter import MACHINES, assemble
from storage.errors import ArchiveError

_PR_SET_DUMPABLE: Final = 4
_PR_SET_NO_NEW_PRIVS: Final = 38
_SECCOMP_SET_MODE_FILTER: Final = 1
_SECCOMP_FILTER_FLAG_TSYNC: Final = 1

# the same numbers on every architecture
_LANDLOCK_CREATE_RULESET: Final = 444
_LANDLOCK_RESTRICT_SELF: Final = 446
_LANDLOCK_CREATE_RULESET_VERSION: Final = 1

# by the ABI that brought them: how many access rights there are, and how long struct landlock_ruleset_attr is
_FILE_RIGHTS: Final = {1: 13, 2: 14, 3: 15, 5: 16}
_NET_RIGHTS_SINCE: Final = 4
_SCOPES_SINCE: Final = 6

_OPEN_FILES: Final = 16


class SandboxUnavailable(ArchiveError):
    """Hostile input cannot be read safely here: the kernel refuses what confines a reader, or none would start."""

    kind = "sandbox_unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confinement:
    """What was applied to a reader. `landlock_abi` is 0 where the kernel has none; `refusals` say why something is not.

    `limits` are pairs of a resource's name and its hard limit (bytes, seconds or counts).
    """

    seccomp: bool
    no_new_privileges: bool
    undumpable: bool
    landlock_abi: int
    limits: tuple[tuple[str, int], ...] = ()
    refusals: tuple[str, ...] = ()


def make_undumpable() -> bool:
    """Keep other processes of this user out of this one's memory: no core file, no ptrace, no /proc/PID/mem.

    To be called before a passphrase is read. A child that is started by exec is dumpable again.

    Returns:
        Whether the kernel took it; never on another system than Linux.
    """
    return sys.platform == "linux" and _prctl(_PR_SET_DUMPABLE, 0)


def confine(*, memory: int, cpu_seconds: int, threads: bool = False) -> Confinement:
    """Give up everything but open descriptors, memory and time, for good, and tell what the kernel took.

    Args:
        memory: bytes of writable private memory (RLIMIT_DATA), a second line behind who watches from outside.
        cpu_seconds: of this process in all its life.
        threads: it may start some, which are bound as it is; how many follows from `memory`, since each has a stack.

    Raises:
        SandboxUnavailable: the process has threads already, which Landlock would not bind.
    """
    if len(list(Path("/proc/self/task").iterdir())) != 1:
        raise SandboxUnavailable("A reader must have no threads before it is confined.")
    refusals: list[str] = []
    no_new_privileges = _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    undumpable = _prctl(_PR_SET_DUMPABLE, 0)
    landlock_abi = _apply_landlock(refusals) if no_new_privileges else 0
    limits = _apply_limits(memory=memory, cpu_seconds=cpu_seconds, threads=threads)
    seccomp = no_new_privileges and _apply_seccomp(refusals, threads=threads)
    return Confinement(
        seccomp=seccomp,
        no_new_privileges=no_new_privileges,
        undumpable=undumpable,
        landlock_abi=landlock_abi,
        limits=limits,
        refusals=tuple(refusals),
    )


def install_filter(program: bytes) -> int:
    """Bind this process, all its threads included, to a seccomp program. It needs no_new_privs first.

    Returns:
        0, or the kernel's error number.
    """
    machine = MACHINES[platform.machine()]
    instructions = ctypes.create_string_buffer(program, len(program))
    length = len(program) // 8
    argument = ctypes.create_string_buffer(struct.pack("@HP", length, ctypes.addressof(instructions)))
    return _system_call(machine.seccomp, _SECCOMP_SET_MODE_FILTER, _SECCOMP_FILTER_FLAG_TSYNC, argument)[1]


def _apply_seccomp(refusals: list[str], *, threads: bool) -> bool:
    machine = MACHINES.get(platform.machine())
    if machine is None:
        refusals.append("seccomp: no filter for this machine")
        return False
    error = install_filter(assemble(machine, process_id=os.getpid(), threads=threads))
    if error:
        refusals.append(f"seccomp: {os.strerror(error)}")
    return error == 0


def _apply_landlock(refusals: list[str]) -> int:
    abi, error = _system_call(_LANDLOCK_CREATE_RULESET, None, 0, _LANDLOCK_CREATE_RULESET_VERSION)
    if abi < 1:
        refusals.append(f"landlock: {os.strerror(error)}")
        return 0
    attributes = struct.pack("@Q", (1 << max(rights for since, rights in _FILE_RIGHTS.items() if since <= abi)) - 1)
    if abi >= _NET_RIGHTS_SINCE:
        attributes += struct.pack("@Q", 0b11)  # bind and connect TCP
    if abi >= _SCOPES_SINCE:
        attributes += struct.pack("@Q", 0b11)  # abstract UNIX sockets and signals
    ruleset, error = _system_call(
        _LANDLOCK_CREATE_RULESET, ctypes.create_string_buffer(attributes, len(attributes)), len(attributes), 0
    )
    if ruleset >= 0:
        # no rule is added: what is handled and not allowed by a rule is refused everywhere
        error = _system_call(_LANDLOCK_RESTRICT_SELF, ruleset, 0)[1]
        os.close(ruleset)
    if error:
        refusals.append(f"landlock: {os.strerror(error)}")
        return 0
    return abi


def _apply_limits(*, memory: int, cpu_seconds: int, threads: bool) -> tuple[tuple[str, int], ...]:
    wanted = {
        "RLIMIT_CORE": 0,
        "RLIMIT_FSIZE": 0,
        "RLIMIT_NPROC": 0,
        "RLIMIT_NOFILE": _OPEN_FILES,
        "RLIMIT_MEMLOCK": 0,
        "RLIMIT_CPU": cpu_seconds,
        "RLIMIT_DATA": memory,
    }
    if threads:
        del wanted["RLIMIT_NPROC"]  # it counts threads, and those of all that this user runs
    applied = []
    for name, value in wanted.items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        lowered = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (lowered, lowered))
        applied.append((name, lowered))
    return tuple(applied)


def _prctl(option: int, value: int) -> bool:
    libc = ctypes.CDLL(None, use_errno=True)
    unused = ctypes.c_ulong(0)
    return bool(libc.prctl(option, ctypes.c_ulong(value), unused, unused, unused) == 0)


def _system_call(number: int, *arguments: int | ctypes.Array[ctypes.c_char] | None) -> tuple[int, int]:
    """The result of a system call and its error number, 0 for none."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    words = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    result = libc.syscall(ctypes.c_long(number), *words)
    return result, ctypes.get_errno() if result < 0 else 0
