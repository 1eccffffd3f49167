"""A planted parser that turns hostile is refused each time, its parent lives, and the next input is read."""

from __future__ import annotations

import os
import platform
import socket
from pathlib import Path

import pytest

from ingest.reading_codec import PREFIX
from ingest.sandbox import FailureReason, Limits, ReadingFailed, ReadingRequest, SandboxedReader
from storage.records import Description
from tests.every_case import every_case

PLANTED = "tests.ingest.planted_reader"
SMALL = Limits(memory=192 << 20, seconds=60.0, answer_bytes=80 << 20)

linux_x86 = pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers of raw calls are of x86-64")


@pytest.fixture(scope="module")
def reader():
    with SandboxedReader(limits=SMALL, reader_module=PLANTED) as started:
        yield started


def echo(text: str) -> ReadingRequest:
    return ReadingRequest(task="echo", payload=text.encode())


def told(reader: SandboxedReader, task: str, payload: bytes = b"", **options: str | int) -> str:
    answer = reader.read(ReadingRequest(task=task, payload=payload, options=options))
    assert isinstance(answer, Description), answer
    return answer.text


def attempt(reader: SandboxedReader, task: str, payload: bytes = b"", **options: str | int) -> ReadingFailed:
    """What became of a hostile input between two harmless ones, which must both be read."""
    hostile = ReadingRequest(task=task, payload=payload, options=options)
    first, answer, last = reader.read_many([echo("before"), hostile, echo("after")])
    assert isinstance(first, Description)
    assert first.text == "before"
    assert isinstance(last, Description)
    assert last.text == "after"
    assert isinstance(answer, ReadingFailed), "a hole"
    return answer


REFUSED = ReadingFailed(reason=FailureReason.REFUSED, detail="PermissionError")


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "/proc/self/mem", "/proc/self/environ", "/proc/self/maps", "/dev/null", "/dev/urandom", "."],
)
def test_a_file_is_not_opened(reader, path):
    assert attempt(reader, "read_file", path=path) == REFUSED


def test_a_file_of_the_archive_is_not_opened_nor_removed_nor_written(reader, tmp_path):
    kept = tmp_path / "archive.db"
    kept.write_bytes(b"kept")
    for task in ("read_file", "write_file", "unlink_file", "stat_file"):
        assert attempt(reader, task, path=str(kept)) == REFUSED
    assert attempt(reader, "write_file", path=str(tmp_path / "new")) == REFUSED
    assert kept.read_bytes() == b"kept"
    assert list(tmp_path.iterdir()) == [kept]


@pytest.mark.parametrize("path", ["/", "/proc", "/tmp", "/home"])
def test_a_folder_is_not_listed(reader, path):
    assert attempt(reader, "list_folder", path=path) == REFUSED


def test_the_environment_of_the_parent_is_not_read(reader):
    assert attempt(reader, "read_memory_of_parent") == REFUSED


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK"])
def test_a_socket_is_not_opened(reader, family):
    assert attempt(reader, "open_socket", family=family) == REFUSED


def test_a_listening_port_gets_no_connection(reader):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        assert attempt(reader, "connect", port=listening.getsockname()[1]) == REFUSED
        listening.setblocking(False)
        with pytest.raises(BlockingIOError):
            listening.accept()


def test_no_process_is_forked(reader):
    assert attempt(reader, "fork") == REFUSED


def test_no_thread_is_started(reader):
    assert attempt(reader, "start_thread").reason is FailureReason.REFUSED


def test_the_parent_is_not_signalled(reader):
    assert attempt(reader, "kill_parent") == REFUSED


def test_no_executable_memory_is_mapped(reader):
    assert attempt(reader, "executable_page") == REFUSED


@linux_x86
@every_case(
    ("call", "numbers"),
    [
        ("ptrace", "101 0 0 0 0"),
        ("execve", "59 0 0 0"),
        ("execveat", "322 0 0 0 0 0"),
        ("process_vm_readv", "310 1 0 0 0 0 0"),
        ("io_uring_setup", "425 8 0"),
        ("bpf", "321 0 0 0"),
        ("keyctl", "250 0 0 0 0 0"),
        ("mount", "165 0 0 0 0 0"),
        ("unshare", "272 268435456"),
        ("setns", "308 0 0"),
        ("userfaultfd", "323 0"),
        ("perf_event_open", "298 0 0 0 0 0"),
        ("getpid of the x32 table", str(0x40000000 + 39)),
    ],
)
def test_a_call_that_no_reader_needs_ends_it(reader, call, numbers):
    assert attempt(reader, "raw_call", numbers=numbers) == ReadingFailed(reason=FailureReason.CRASH, detail="SIGSYS")


@linux_x86
@every_case(
    ("call", "numbers"),
    [
        ("fork", "57"),
        ("vfork", "58"),
        ("clone", "56 17 0 0 0 0"),
        ("clone3", "435 0 0"),
        ("memfd_create", "319 0 0"),
        ("kill", "62 1 0"),
        ("pidfd_send_signal", "424 0 0 0 0"),
        ("openat2", "437 -100 0 0 0"),
        ("seccomp", "317 0 0 0"),
        ("prctl", "157 4 1 0 0 0"),
        ("prlimit64", "302 0 0 0 0"),
        ("dup", "32 0"),
        ("socketpair", "53 1 1 0 0"),
    ],
)
def test_a_call_that_a_library_might_try_is_refused(reader, call, numbers):
    assert attempt(reader, "raw_call", numbers=numbers) == REFUSED


def test_memory_that_is_taken_at_once_is_refused(reader):
    answer = attempt(reader, "take_memory_at_once")
    assert answer == ReadingFailed(reason=FailureReason.MEMORY, detail="MemoryError")


def test_memory_that_is_taken_slowly_ends_the_reader(reader):
    answer = attempt(reader, "take_memory_slowly", mebibytes=230)
    assert answer == ReadingFailed(reason=FailureReason.MEMORY, detail="the memory limit")


def test_an_endless_loop_ends_at_the_time_limit():
    asked = [echo("before"), ReadingRequest(task="loop", payload=b""), echo("after")]
    for seconds in (0.3, 3.0, 30.0):  # on a busy machine the harmless inputs may be too slow for the shorter times
        with SandboxedReader(limits=Limits(seconds=seconds), reader_module=PLANTED) as hurried:
            first, answer, last = hurried.read_many(asked)
        assert answer == ReadingFailed(reason=FailureReason.TIME, detail="the time limit")
        if isinstance(first, Description) and isinstance(last, Description):
            break
    assert [getattr(one, "text", one) for one in (first, last)] == ["before", "after"]


@pytest.mark.parametrize(("task", "detail"), [("leave", "exit status 0"), ("leave_at_once", "exit status 0")])
def test_leaving_without_an_answer_is_a_crash(reader, task, detail):
    assert attempt(reader, task) == ReadingFailed(reason=FailureReason.CRASH, detail=detail)


def test_a_fall_is_a_crash_that_names_its_signal(reader):
    assert attempt(reader, "fall") == ReadingFailed(reason=FailureReason.CRASH, detail="SIGSEGV")


@pytest.mark.parametrize("task", ["announce_giant", "wrong_kind", "close_pipes"])
def test_an_answer_that_is_none_ends_the_reader(reader, task):
    assert attempt(reader, task).reason is FailureReason.PROTOCOL


@pytest.mark.parametrize("garbage", [b"garbage garbage garbage", b"D" + bytes(20), b"N" + bytes(20)])
def test_garbage_instead_of_an_answer_ends_the_reader(reader, garbage):
    assert attempt(reader, "say", garbage).reason is FailureReason.PROTOCOL


def test_an_answer_that_is_forged_reaches_neither_its_own_nor_a_later_input(reader):
    forged = PREFIX.pack(b"D", 0, 24, 0) + b'{"v":1,"kind":"email"}\n!'
    answer, after = reader.read_many([ReadingRequest(task="say_and_answer", payload=forged), echo("after")])
    assert answer == ReadingFailed(reason=FailureReason.PROTOCOL, detail="not as agreed: an answer to another request")
    assert after.text == "after"
    assert told(reader, "echo", b"next") == "next"


def test_an_answer_over_the_bound_is_refused(reader):
    giant = ReadingRequest(task="sized", payload=b"", options={"size": (80 << 20) + 1}, wants_content=True)
    answer, after = reader.read_many([giant, echo("after")])
    assert answer == ReadingFailed(reason=FailureReason.PROTOCOL, detail="not as agreed: the length of a frame")
    assert after.text == "after"


def test_endless_recursion_is_refused(reader):
    assert attempt(reader, "recurse") == ReadingFailed(reason=FailureReason.REFUSED, detail="RecursionError")


def test_a_text_that_is_none_is_refused(reader):
    assert attempt(reader, "lone_surrogate").reason is FailureReason.REFUSED


def test_a_task_that_is_unknown_is_refused(reader):
    assert attempt(reader, "no such task") == ReadingFailed(reason=FailureReason.REFUSED, detail="KeyError")


def test_a_refusal_carries_no_content(reader):
    assert attempt(reader, "speak_of_content", b"Budget").detail == "ValueError"


def test_a_reader_has_an_empty_environment(reader, monkeypatch):
    monkeypatch.setenv("ARCHIVER_PASSPHRASE", "secret")
    with SandboxedReader(reader_module=PLANTED) as later:
        assert told(later, "environment") == "[]"


def test_a_reader_has_two_pipes_and_the_null_device(reader, tmp_path):
    with (tmp_path / "open").open("wb") as inherited:
        os.set_inheritable(inherited.fileno(), True)
        with SandboxedReader(reader_module=PLANTED) as later:
            assert told(later, "descriptors") == "[0, 1, 2, 3, 4]"
            where = Path(f"/proc/{told(later, 'who')}/fd")
            kinds = [str((where / str(number)).readlink()).partition(":")[0] for number in range(5)]
    assert kinds == ["/dev/null", "/dev/null", "/dev/null", "pipe", "pipe"]


def test_what_a_library_prints_is_no_answer(reader):
    assert told(reader, "print_something") == "printed"


def test_the_kernel_says_that_a_reader_is_confined(reader):
    assert reader.confinement.seccomp
    assert reader.confinement.no_new_privileges
    status = Path(f"/proc/{told(reader, 'who')}/status").read_text()
    facts = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert facts["Seccomp"] == "2"
    assert facts["NoNewPrivs"] == "1"
    assert facts["Threads"] == "1"
