"""The filter's program answers each call of each machine as its tables say, run by a small interpreter of BPF."""

from __future__ import annotations

import struct

import pytest

from ingest.seccomp_filter import ALLOW, KILL, MACHINES, REFUSE, UNKNOWN, Machine, assemble

PROCESS = 4711
PROT_READ, PROT_WRITE, PROT_EXEC = 1, 2, 4
OPENAT = {"x86_64": 257, "aarch64": 56}
SOCKET = {"x86_64": 41, "aarch64": 198}
CLONE = {"x86_64": 56, "aarch64": 220}
CLONE3 = 435
THREAD, PROCESS_OF_ITS_OWN, NEW_USER = 0x003D0F00, 0x01200011, 0x10000000
KILL_CALL = {"x86_64": 62, "aarch64": 129}
EXECVE = {"x86_64": 59, "aarch64": 221}
PTRACE = {"x86_64": 101, "aarch64": 117}
IO_URING_SETUP = 425
MEMFD_CREATE = {"x86_64": 319, "aarch64": 279}


def answer(
    machine: Machine, number: int, *arguments: int, architecture: int | None = None, threads: bool = False
) -> int:
    """Run the program on one struct seccomp_data."""
    padded = (*arguments, *(0,) * (6 - len(arguments)))
    seen = struct.pack("<IIQ6Q", number, architecture or machine.architecture, 0, *padded)
    program = list(struct.iter_unpack("<HBBI", assemble(machine, process_id=PROCESS, threads=threads)))
    accumulator = place = 0
    while True:
        code, when_true, when_false, operand = program[place]
        place += 1
        match code:
            case 0x20:
                accumulator = struct.unpack_from("<I", seen, operand)[0]
            case 0x15:
                place += when_true if accumulator == operand else when_false
            case 0x35:
                place += when_true if accumulator >= operand else when_false
            case 0x45:
                place += when_true if accumulator & operand else when_false
            case 0x06:
                return operand
            case _:
                pytest.fail(f"instruction {code:#x} is not known")


@pytest.fixture(params=MACHINES)
def name(request) -> str:
    return request.param


@pytest.fixture
def machine(name) -> Machine:
    return MACHINES[name]


def test_every_allowed_call_is_allowed(machine):
    assert {answer(machine, number) for number in machine.allowed} == {ALLOW}


def test_every_forbidden_call_kills(machine):
    assert {answer(machine, number) for number in machine.killed} == {KILL}


def test_no_call_is_both_allowed_and_forbidden(machine):
    special = {machine.signals_a_thread, *machine.maps_memory}
    assert not set(machine.allowed) & set(machine.killed)
    assert not special & (set(machine.allowed) | set(machine.killed))


def test_every_call_that_no_table_names_is_refused(machine):
    named = {*machine.allowed, *machine.killed, *machine.maps_memory}
    assert {answer(machine, number) for number in range(600) if number not in named} == {REFUSE}


def test_files_sockets_and_processes_are_refused(machine, name):
    for number in (OPENAT[name], SOCKET[name], CLONE[name], CLONE3, KILL_CALL[name], MEMFD_CREATE[name]):
        assert answer(machine, number) == REFUSE, number


def test_exec_ptrace_and_io_uring_kill(machine, name):
    for number in (EXECVE[name], PTRACE[name], IO_URING_SETUP):
        assert answer(machine, number) == KILL, number


def test_a_reader_that_may_have_threads_starts_them_and_no_process(machine, name):
    assert answer(machine, CLONE[name], THREAD) == REFUSE
    assert answer(machine, CLONE[name], THREAD, threads=True) == ALLOW
    for flags in (PROCESS_OF_ITS_OWN, 0, THREAD | NEW_USER):
        assert answer(machine, CLONE[name], flags, threads=True) == REFUSE
    assert answer(machine, CLONE3, threads=True) == UNKNOWN
    for number in (OPENAT[name], SOCKET[name], KILL_CALL[name], MEMFD_CREATE[name]):
        assert answer(machine, number, threads=True) == REFUSE


def test_the_call_that_installs_filters_is_refused_afterwards(machine):
    assert answer(machine, machine.seccomp) == REFUSE


def test_memory_may_be_mapped_unless_it_is_executable(machine):
    for number in machine.maps_memory:
        assert answer(machine, number, 0, 4096, PROT_READ | PROT_WRITE) == ALLOW
        assert answer(machine, number, 0, 4096, PROT_READ | PROT_EXEC) == REFUSE


def test_a_process_may_signal_itself_only(machine):
    assert answer(machine, machine.signals_a_thread, PROCESS, PROCESS, 6) == ALLOW
    assert answer(machine, machine.signals_a_thread, PROCESS + 1, PROCESS + 1, 6) == REFUSE


def test_a_call_of_another_architecture_kills_whatever_its_number(machine):
    for number in machine.allowed:
        assert answer(machine, number, architecture=0x40000003) == KILL


def test_the_x32_table_kills():
    x86 = MACHINES["x86_64"]
    assert answer(x86, 0x40000000) == KILL
    assert answer(x86, 0x40000000 | 0xFFFF) == KILL


def test_the_program_is_short_enough_for_the_kernel(machine):
    assert len(assemble(machine, process_id=PROCESS)) // 8 <= 4096
