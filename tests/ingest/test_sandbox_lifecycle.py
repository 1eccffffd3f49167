"""Readers are started, shared by many inputs, replaced and ended; nothing is left behind."""

from __future__ import annotations

import gc
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.confinement import SandboxUnavailable
from ingest.sandbox import FailureReason, Limits, ReadingFailed, ReadingRequest, SandboxedReader
from storage.records import Description

PLANTED = "tests.ingest.planted_reader"
MEBIBYTE = 1 << 20
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def reader():
    with SandboxedReader(limits=Limits(memory=256 << 20), reader_module=PLANTED) as started:
        yield started


def request(task: str, payload: bytes = b"", **options: str | int) -> ReadingRequest:
    return ReadingRequest(task=task, payload=payload, options=options)


def mirror(payload: bytes) -> ReadingRequest:
    return ReadingRequest(task="mirror", payload=payload, wants_content=True)


def who(reader: SandboxedReader) -> int:
    answer = reader.read(request("who"))
    assert isinstance(answer, Description), answer
    return int(answer.text)


def is_running(process_id: int) -> bool:
    return Path(f"/proc/{process_id}").exists()


def test_no_inputs_give_no_answers(reader):
    assert reader.read_many([]) == []


def test_answers_come_in_the_order_of_the_inputs(reader):
    texts = [f"input {number}" for number in range(700)]
    answers = reader.read_many([request("echo", text.encode()) for text in texts])
    assert [answer.text for answer in answers] == texts


def test_an_empty_input_is_read(reader):
    assert reader.read(request("echo")).text == ""


def test_many_inputs_share_a_process(reader):
    assert len({answer.text for answer in reader.read_many([request("who")] * 50)}) == 1
    assert who(reader) == who(reader)


def test_large_inputs_with_large_answers_do_not_block_each_other():
    large = os.urandom(MEBIBYTE) * 60
    with SandboxedReader(reader_module=PLANTED) as reader:
        answers = reader.read_many([mirror(large), mirror(b"small"), mirror(large)])
    assert [len(answer) for answer in answers] == [len(large), 5, len(large)]
    assert answers[0] == large


def test_small_inputs_with_large_answers_do_not_block(reader):
    wanted = ReadingRequest(task="sized", payload=b"", options={"size": MEBIBYTE}, wants_content=True)
    assert {len(answer) for answer in reader.read_many([wanted] * 100)} == {MEBIBYTE}


def test_an_input_over_the_bound_never_reaches_a_reader():
    with SandboxedReader(limits=Limits(input_bytes=1000), reader_module=PLANTED) as reader:
        first, large, last = reader.read_many([mirror(b"a"), mirror(bytes(1001)), mirror(b"z")])
    assert (first, last) == (b"a", b"z")
    assert isinstance(large, ReadingFailed)
    assert large.reason is FailureReason.REFUSED


def test_a_process_is_replaced_after_its_share_of_inputs():
    with SandboxedReader(limits=Limits(inputs=10), reader_module=PLANTED) as reader:
        answers = [answer.text for answer in reader.read_many([request("who")] * 25)]
    assert [answers.count(one) for one in dict.fromkeys(answers)] == [10, 10, 5]


def test_a_renewed_reader_is_another_process_and_the_old_one_is_gone(reader):
    before = who(reader)
    reader.renew()
    assert not is_running(before)
    assert who(reader) != before


def test_nothing_of_one_custodian_is_left_for_the_next(reader):
    assert reader.read(request("fall_if_second")).text == "first"
    reader.renew()
    assert reader.read(request("fall_if_second")).text == "first"


def test_renewing_a_reader_that_has_read_nothing_keeps_it(reader):
    reader.renew()
    first = who(reader)
    reader.renew()
    fresh = who(reader)
    reader.renew()
    reader.renew()
    assert len({first, fresh, who(reader)}) == 3


def test_an_end_that_earlier_inputs_may_have_caused_is_tried_again_in_a_fresh_process(reader):
    answers = reader.read_many([request("fall_if_second"), request("fall_if_second"), request("echo", b"after")])
    assert [answer.text for answer in answers] == ["first", "first", "after"]


def test_memory_that_earlier_inputs_took_is_not_held_against_a_later_one(reader):
    answers = reader.read_many([request("hoard", mebibytes=90)] * 4)
    assert all(isinstance(answer, Description) for answer in answers), answers


def test_each_hostile_input_of_a_batch_is_named_and_no_other(reader):
    tasks = ["echo", "fall", "echo", "leave", "fall", "echo"]
    answers = reader.read_many([request(task) for task in tasks])
    assert [isinstance(answer, ReadingFailed) for answer in answers] == [task != "echo" for task in tasks]


def test_a_reader_that_is_killed_from_outside_is_replaced(reader):
    os.kill(who(reader), signal.SIGKILL)
    assert reader.read(request("echo", b"after")).text == "after"


def test_requests_that_a_process_began_with_get_their_answers_in_order(reader):
    first = who(reader)
    texts = [f"input {number}" for number in range(700)]
    requests = [request("echo", text.encode()) for text in texts]
    reader.begin(requests)
    assert [answer.text for answer in reader.read_many(requests)] == texts
    assert who(reader) == first


def test_inputs_larger_than_a_pipe_can_be_begun_with(reader):
    who(reader)
    requests = [mirror(bytes([number]) * MEBIBYTE) for number in range(5)]
    reader.begin(requests)
    assert reader.read_many(requests) == [one.payload for one in requests]


def test_answers_that_nobody_waits_for_are_nobody_elses(reader):
    first = who(reader)
    reader.begin([request("echo", b"given up"), request("echo", b"given up")])
    assert reader.read(request("echo", b"mine")).text == "mine"
    assert who(reader) != first


def test_a_process_that_has_read_nothing_does_not_begin_ahead(reader):
    requests = [request("fall")]
    reader.begin(requests)
    assert reader.read_many(requests)[0].reason is FailureReason.CRASH


def test_a_process_that_ends_on_what_it_began_with_costs_no_other_input(reader):
    who(reader)
    requests = [request("echo", b"one"), request("fall"), request("echo", b"three")]
    reader.begin(requests)
    one, fallen, three = reader.read_many(requests)
    assert (one.text, fallen.reason, three.text) == ("one", FailureReason.CRASH, "three")


def test_what_was_begun_is_not_left_for_the_next_custodian(reader):
    first = who(reader)
    reader.begin([request("echo", b"hers")])
    reader.renew()
    assert reader.read(request("echo", b"his")).text == "his"
    assert who(reader) != first


def test_a_reader_of_few_inputs_has_no_spare_until_it_was_replaced_or_is_soon():
    with SandboxedReader(limits=Limits(inputs=4), reader_module=PLANTED) as reader:
        who(reader)
        assert reader._spare is None
        who(reader)
        assert reader._spare is None
        current = who(reader)
        assert reader._spare is not None
        who(reader)
        assert who(reader) != current


def test_a_spare_that_is_killed_from_outside_is_replaced(reader):
    who(reader)
    reader.renew()
    current = who(reader)
    spare = reader._spare
    os.kill(spare.process_id, signal.SIGKILL)
    os.waitid(os.P_PID, spare.process_id, os.WEXITED | os.WNOWAIT)
    reader.renew()
    assert who(reader) not in {current, spare.process_id}


def test_closing_ends_all_processes():
    reader = SandboxedReader(reader_module=PLANTED)
    who(reader)
    reader.renew()
    current = who(reader)
    spare = reader._spare.process_id
    reader.close()
    reader.close()
    assert not is_running(current)
    assert not is_running(spare)
    with pytest.raises(RuntimeError):
        reader.read(request("echo"))


def test_no_descriptor_is_left_open(reader):
    with SandboxedReader(reader_module=PLANTED) as other:
        who(other)
    gc.collect()
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        with SandboxedReader(reader_module=PLANTED) as other:
            who(other)
            other.read(request("fall"))
    # fewer where a thread that another test left has ended meanwhile
    assert len(list(Path("/proc/self/fd").iterdir())) <= before


def test_an_interrupted_exchange_gives_its_answers_to_nobody(reader, monkeypatch):
    current = who(reader)

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as interrupted:
        interrupted.setattr(reader._current, "_take", interrupt)
        with pytest.raises(KeyboardInterrupt):
            reader.read(request("echo", b"interrupted"))
    assert not is_running(current)
    assert reader.read(request("echo", b"after")).text == "after"


def test_an_unused_child_ends_when_its_parent_is_killed():
    program = (
        "import os, signal; from ingest.sandbox import *; "
        f"reader = SandboxedReader(reader_module={PLANTED!r}); "
        "print(reader.read(ReadingRequest(task='who', payload=b'')).text, flush=True); "
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    parent = subprocess.run([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, check=False)
    assert parent.returncode == -signal.SIGKILL
    orphan = int(parent.stdout)
    try:
        descriptor = os.pidfd_open(orphan)
    except ProcessLookupError:
        return
    with os.fdopen(descriptor) as ended:
        assert select.select([ended], [], [], 60)[0], "the orphan lives"


def test_a_reader_module_that_does_not_exist_is_told_at_the_start():
    with pytest.raises(SandboxUnavailable):
        SandboxedReader(reader_module="tests.ingest.no_such_module")


def test_limits_that_allow_nothing_are_refused():
    with pytest.raises(ValueError, match="positive"):
        Limits(memory=0)


def refusing_seccomp(script: str) -> subprocess.CompletedProcess[str]:
    """Run a script where the kernel answers EPERM to seccomp(2), as some container hosts do."""
    prelude = """
import ctypes, os, platform, struct
from ingest import confinement
from ingest.confinement import SandboxUnavailable
from ingest.sandbox import *
from ingest.seccomp_filter import ALLOW, MACHINES, REFUSE
machine = MACHINES[platform.machine()]
steps = ((0x20, 0, 0, 0), (0x15, 0, 1, machine.seccomp), (0x06, 0, 0, REFUSE), (0x06, 0, 0, ALLOW))
assert confinement._prctl(38, 1)
assert confinement.install_filter(b"".join(struct.pack("<HBBI", *step) for step in steps)) == 0
"""
    return subprocess.run(
        [sys.executable, "-c", prelude + script], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_a_kernel_that_refuses_seccomp_is_an_error_before_any_input_is_read():
    ran = refusing_seccomp(f"""
try:
    SandboxedReader(reader_module={PLANTED!r})
except SandboxUnavailable as error:
    print(error.kind)
""")
    assert ran.stdout == "sandbox_unavailable\n", ran.stderr


def test_a_kernel_that_refuses_seccomp_can_be_accepted_explicitly():
    ran = refusing_seccomp(f"""
with SandboxedReader(reader_module={PLANTED!r}, allow_unconfined=True) as reader:
    print(reader.confinement.seccomp, reader.confinement.refusals)
    print(reader.read(ReadingRequest(task="echo", payload=b"read")).text)
""")
    assert ran.stdout == "False ('seccomp: Operation not permitted',)\nread\n", ran.stderr


def test_landlock_bars_files_where_seccomp_does_not():
    ran = refusing_seccomp(f"""
with SandboxedReader(reader_module={PLANTED!r}, allow_unconfined=True) as reader:
    reading = ReadingRequest(task="read_file", payload=b"", options={{"path": "/etc/passwd"}})
    print(reader.confinement.landlock_abi > 0, reader.read(reading))
""")
    has_landlock, _, answer = ran.stdout.partition(" ")
    if has_landlock != "True":
        pytest.skip("this kernel has no Landlock")
    assert "PermissionError" in answer, ran.stderr


def test_a_process_makes_itself_undumpable():
    program = (
        "from ingest.confinement import make_undumpable; import ctypes; "
        "print(make_undumpable(), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout == "True 0\n"


def test_a_parent_that_is_undumpable_starts_readers():
    program = (
        "from ingest.confinement import make_undumpable; from ingest.sandbox import *; make_undumpable(); "
        f"reader = SandboxedReader(reader_module={PLANTED!r}); "
        "print(reader.read(ReadingRequest(task='echo', payload=b'read')).text); reader.close()"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout == "read\n"


def test_the_parent_loads_no_parser():
    program = "import sys, ingest.sandbox; print([name for name in sys.modules if name.startswith('ingest.formats')])"
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
