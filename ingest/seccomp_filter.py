"""The system calls that a confined reader may make, as a classic BPF program for seccomp(2).

An allow-list: reading and writing what is already open, memory without new executable pages, time,
signals to itself, exit. Everything else is answered in one of two ways:

- EPERM where a library may ask in good faith and live with a no (open, stat, socket, clone): the reader
  gets an ordinary OSError, says that it could not read this input, and goes on with the next.
- the process is killed where no reader of ours has ever a reason to ask (exec, ptrace, the memory of
  others, name spaces, mounts, keys, kernel modules, io_uring, which would escape this filter): whoever
  runs in there by then is not our code, and gets no second try.

Threads are made by clone(2), as processes are. Where a reader may have them, clone is allowed with the flags of a
thread and no others, and clone3, whose flags a filter cannot see, is answered with ENOSYS, so that libraries fall back
on clone; a thread of glibc aborts where it may not register for rseq(2). A thread is under the same filter.

A call of another architecture, or of the x32 table of x86-64, is killed before its number is looked at,
since the same number means something else there.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

ALLOW: Final = 0x7FFF0000  # SECCOMP_RET_ALLOW
KILL: Final = 0x80000000  # SECCOMP_RET_KILL_PROCESS
REFUSE: Final = 0x00050000 | 1  # SECCOMP_RET_ERRNO with EPERM
UNKNOWN: Final = 0x00050000 | 38  # SECCOMP_RET_ERRNO with ENOSYS

# offsets into struct seccomp_data; of an argument only the lower half is looked at (both machines are little-endian)
_NUMBER: Final = 0
_ARCHITECTURE: Final = 4
_FIRST_ARGUMENT: Final = 16
_THIRD_ARGUMENT: Final = 32

_LOAD: Final = 0x20  # BPF_LD | BPF_W | BPF_ABS
_IF_EQUAL: Final = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_IF_AT_LEAST: Final = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_IF_ANY_BIT: Final = 0x45  # BPF_JMP | BPF_JSET | BPF_K
_RETURN: Final = 0x06  # BPF_RET | BPF_K

_INSTRUCTION: Final = struct.Struct("<HBBI")  # struct sock_filter
_X32_BIT: Final = 0x40000000
_PROT_EXEC: Final = 0x4
_CLONE_THREAD: Final = 0x00010000
_NOT_OF_A_THREAD: Final = 0xFFFFFFFF & ~0x007D0F00  # what pthread_create of no C library asks for
_CLONE3: Final = 435  # the same number on every architecture


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The numbers of one architecture: AUDIT_ARCH_*, seccomp(2), and the calls by what is answered to them."""

    architecture: int
    seccomp: int
    signals_a_thread: int
    clones: int
    of_threads: tuple[int, ...]
    maps_memory: tuple[int, ...]
    allowed: tuple[int, ...]
    killed: tuple[int, ...]
    has_x32: bool = False


_X86_64: Final = Machine(
    architecture=0xC000003E,
    seccomp=317,
    signals_a_thread=234,  # tgkill
    clones=56,
    of_threads=(273, 334),  # set_robust_list rseq
    maps_memory=(9, 10),  # mmap mprotect
    allowed=(
        *(0, 1, 19, 20),  # read write readv writev
        *(11, 12, 25, 28, 202),  # munmap brk mremap madvise futex
        *(3, 5, 7, 8),  # close fstat poll lseek
        *(13, 14, 15, 131, 219),  # rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack restart_syscall
        *(37, 38),  # alarm setitimer
        *(96, 201, 228, 229),  # gettimeofday time clock_gettime clock_getres
        *(35, 230, 24),  # nanosleep clock_nanosleep sched_yield
        *(39, 186, 98, 99, 100, 204),  # getpid gettid getrusage sysinfo times sched_getaffinity
        318,  # getrandom
        *(60, 231),  # exit exit_group
    ),
    killed=(
        *(59, 322),  # execve execveat
        *(101, 310, 311, 440, 434, 438),  # ptrace process_vm_readv/writev process_madvise pidfd_open pidfd_getfd
        *(425, 426, 427),  # io_uring_setup/enter/register
        *(321, 323, 298),  # bpf userfaultfd perf_event_open
        *(248, 249, 250),  # add_key request_key keyctl
        *(165, 166, 155, 161, 272, 308, 304),  # mount umount2 pivot_root chroot unshare setns open_by_handle_at
        *(175, 313, 176, 246, 320),  # init_module finit_module delete_module kexec_load kexec_file_load
    ),
    has_x32=True,
)

_AARCH64: Final = Machine(
    architecture=0xC00000B7,
    seccomp=277,
    signals_a_thread=131,  # tgkill
    clones=220,
    of_threads=(99, 293),  # set_robust_list rseq
    maps_memory=(222, 226),  # mmap mprotect
    allowed=(
        *(63, 64, 65, 66),  # read write readv writev
        *(215, 214, 216, 233, 98),  # munmap brk mremap madvise futex
        *(57, 80, 73, 62),  # close fstat ppoll lseek
        *(134, 135, 139, 132, 128),  # rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack restart_syscall
        103,  # setitimer
        *(169, 113, 114),  # gettimeofday clock_gettime clock_getres
        *(101, 115, 124),  # nanosleep clock_nanosleep sched_yield
        *(172, 178, 165, 179, 153, 123),  # getpid gettid getrusage sysinfo times sched_getaffinity
        278,  # getrandom
        *(93, 94),  # exit exit_group
    ),
    killed=(
        *(221, 281),  # execve execveat
        *(117, 270, 271, 440, 434, 438),  # ptrace process_vm_readv/writev process_madvise pidfd_open pidfd_getfd
        *(425, 426, 427),  # io_uring_setup/enter/register
        *(280, 282, 241),  # bpf userfaultfd perf_event_open
        *(217, 218, 219),  # add_key request_key keyctl
        *(40, 39, 41, 51, 97, 268, 265),  # mount umount2 pivot_root chroot unshare setns open_by_handle_at
        *(105, 273, 106, 104, 294),  # init_module finit_module delete_module kexec_load kexec_file_load
    ),
)

MACHINES: Final = {"x86_64": _X86_64, "aarch64": _AARCH64}  # by platform.machine()


def assemble(machine: Machine, *, process_id: int, threads: bool = False) -> bytes:
    """The program, as an array of ``struct sock_filter``.

    `process_id` is the one process that may be signalled; with `threads` it may have some.
    """
    program = [
        _step(_LOAD, _ARCHITECTURE),
        *_answer_unless(_IF_EQUAL, machine.architecture, KILL),
        _step(_LOAD, _NUMBER),
    ]
    if machine.has_x32:
        program += _answer_if(_IF_AT_LEAST, _X32_BIT, KILL)
    for number in machine.allowed:
        program += _answer_if(_IF_EQUAL, number, ALLOW)
    for number in machine.killed:
        program += _answer_if(_IF_EQUAL, number, KILL)
    for number in machine.maps_memory:
        program += _only_for(
            number,
            _step(_LOAD, _THIRD_ARGUMENT),
            *_answer_if(_IF_ANY_BIT, _PROT_EXEC, REFUSE),
            _step(_RETURN, ALLOW),
        )
    program += _only_for(
        machine.signals_a_thread,
        _step(_LOAD, _FIRST_ARGUMENT),
        *_answer_if(_IF_EQUAL, process_id, ALLOW),
        _step(_RETURN, REFUSE),
    )
    if threads:
        program += _only_for(
            machine.clones,
            _step(_LOAD, _FIRST_ARGUMENT),
            *_answer_if(_IF_ANY_BIT, _NOT_OF_A_THREAD, REFUSE),
            *_answer_if(_IF_ANY_BIT, _CLONE_THREAD, ALLOW),
            _step(_RETURN, REFUSE),
        )
        program += _answer_if(_IF_EQUAL, _CLONE3, UNKNOWN)
        for number in machine.of_threads:
            program += _answer_if(_IF_EQUAL, number, ALLOW)
    program.append(_step(_RETURN, REFUSE))
    return b"".join(program)


def _step(code: int, operand: int, *, when_true: int = 0, when_false: int = 0) -> bytes:
    return _INSTRUCTION.pack(code, when_true, when_false, operand)


def _answer_if(test: int, operand: int, answer: int) -> tuple[bytes, ...]:
    return _step(test, operand, when_false=1), _step(_RETURN, answer)


def _answer_unless(test: int, operand: int, answer: int) -> tuple[bytes, ...]:
    return _step(test, operand, when_true=1), _step(_RETURN, answer)


def _only_for(number: int, *steps: bytes) -> tuple[bytes, ...]:
    # the steps load an argument over the number, so each of them must end in a return
    return _step(_IF_EQUAL, number, when_false=len(steps)), *steps
