"""Members of a stored container become submissions, each exactly once, whatever interrupts it."""

from __future__ import annotations

import gzip
import io
import os
import signal
import subprocess
import sys
import tarfile

import pytest

from ingest.channels.files import kind_of_file
from ingest.containers import Containers, ContainerState, MemberOutcome, container_kind_of
from ingest.depositor import GroupDepositor
from ingest.submission import Handover
from ingest.unpacking import Unpacker
from ingest.unpacking_limits import UnpackingLimits
from storage.errors import StorageFull
from storage.events import EventKind
from storage.fixity import FixityCheck
from storage.records import Channel, Envelope
from tests.ingest.zip_writing import End, Planned, build
from tests.storage.archives import make_archive, open_again

ACTOR = "operator:test"


def mail(number, size=0):
    head = f"From: ada@district.example\nSubject: Bus {number}\nMessage-ID: <{number}@x.example>\n\n"
    return head.encode() + b"x" * size + b"\n"


def mbox(*mails: bytes) -> bytes:
    return b"".join(b"From ada@district.example Mon May  6 12:00:00 2024\n" + one + b"\n" for one in mails)


def deposit(archive, content, name):
    kind = kind_of_file(content[:4096], name)
    handover = Handover(
        channel=Channel.CLI,
        account="cli",
        custodian_id=None,
        envelope=Envelope(submitter="test", source=name),
        payload=content,
        kind=kind,
    )

    def admit(transaction, answers) -> None:
        Containers(archive, actor=ACTOR).admit(transaction, answers[0].submission_id, container_kind_of(kind))

    return GroupDepositor(archive, actor=ACTOR).deposit_many([handover], beside=admit)[0].submission_id


def unpacker(archive, *, limits=None, stop=lambda: False):
    return Unpacker(
        archive, GroupDepositor(archive, actor=ACTOR), Containers(archive, actor=ACTOR), limits=limits, stop=stop
    )


def unpack(archive, content, name, **options: object) -> str:
    container_id = deposit(archive, content, name)
    unpacker(archive, **options).unpack(container_id)
    return container_id


def row(archive, container_id):
    with archive.store.read() as connection:
        return Containers(archive, actor=ACTOR).get(connection, container_id)


def lines(archive, container_id):
    containers = Containers(archive, actor=ACTOR)
    return list(containers.manifest(row(archive, container_id)))


def account(archive, container_id):
    containers = Containers(archive, actor=ACTOR)
    with archive.store.read() as connection:
        return containers.account(connection, containers.get(connection, container_id))


def bytes_of(archive, submission_id):
    with archive.store.read() as connection:
        return archive.submissions.content(connection, submission_id)


def waiting(archive):
    with archive.store.read() as connection:
        return archive.submissions.awaiting(connection, limit=10_000)


def test_every_message_of_a_mailbox_is_a_submission_with_its_exact_bytes(archive):
    mails = [mail(number) for number in range(3)]
    box = unpack(archive, mbox(*mails), "in.mbox")
    met = lines(archive, box)
    assert [one.source for one in met] == ["in.mbox#1", "in.mbox#2", "in.mbox#3"]
    assert [bytes_of(archive, one.submission_id) for one in met] == mails
    assert {one.outcome for one in met} == {MemberOutcome.TAKEN}
    assert row(archive, box).state is ContainerState.DONE
    assert waiting(archive) == [one.submission_id for one in met]
    assert FixityCheck(archive).run().faults == []


def test_a_member_names_its_container_and_its_place_in_its_sealed_envelope(archive):
    box = unpack(archive, mbox(mail(1)), "in.mbox")
    (one,) = lines(archive, box)
    with archive.store.read() as connection:
        about = archive.submissions.envelopes(connection, [one.submission_id])[one.submission_id]
    assert about.envelope.transport == (("container", box), ("member", "1"))
    assert (about.envelope.source, about.envelope.submitter, about.kind) == ("in.mbox#1", "test", "email")


def test_the_ledger_tells_ids_and_keeps_names_in_sealed_payloads(archive):
    box = unpack(archive, build(Planned(name=b"Zanzibar.eml", content=mail(1))), "a.zip")
    with archive.store.read() as connection:
        events = archive.ledger.events_about(connection, [box])
        leaves = b"".join(one.event.encode() for one in events)
    assert [one.event.kind for one in events] == [
        EventKind.SUBMISSION_DEPOSITED,
        EventKind.CONTAINER_OPENED,
        EventKind.CONTAINER_UNPACKED,
        EventKind.CONTAINER_CLOSED,
    ]
    assert all(one.event.digest is not None for one in events)
    assert b"Zanzibar" not in leaves


def test_a_message_that_stands_twice_is_a_duplicate_of_the_first(archive):
    box = unpack(archive, mbox(mail(1), mail(2), mail(1)), "in.mbox")
    first, _, again = lines(archive, box)
    assert (again.outcome, again.submission_id) == (MemberOutcome.DUPLICATE, first.submission_id)


def test_a_mailbox_that_grew_gives_only_what_is_new(archive):
    unpack(archive, mbox(mail(1), mail(2)), "in.mbox")
    box = unpack(archive, mbox(mail(1), mail(2), mail(3)), "in.mbox")
    assert [one.outcome.value for one in lines(archive, box)] == ["duplicate", "duplicate", "taken"]


def test_containers_in_containers_are_unpacked_in_turn(archive):
    inner = build(Planned(name=b"one.eml", content=mail(1)))
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for name, content in (
            ("cur/1.x:2,S", mail(2)),
            ("inner.zip", inner),
            ("box.mbox.gz", gzip.compress(mbox(mail(3)))),
        ):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    root = unpack(archive, gzip.compress(made.getvalue()), "all.tgz")
    taken = {bytes_of(archive, one) for one in waiting(archive)}
    assert taken == {mail(1), mail(2), mail(3)}
    with archive.store.read() as connection:
        found = Containers(archive, actor=ACTOR).all(connection)
    assert {(one.kind.value, one.depth) for one in found} == {
        ("gzip", 1), ("tar", 2), ("zip", 3), ("gzip", 3), ("mbox", 4),
    }  # fmt: skip
    assert {one.root_id for one in found} == {root}


def test_what_is_nested_too_deep_is_kept_unopened_and_said(archive):
    content = mail(1)
    for _ in range(7):
        content = build(Planned(name=b"inner.zip", content=content))
    unpack(archive, content, "a.zip")
    (kept,) = waiting(archive)
    assert bytes_of(archive, kept).startswith(b"PK")
    with archive.store.read() as connection:
        deepest = max(Containers(archive, actor=ACTOR).all(connection), key=lambda one: one.depth)
    assert deepest.depth == 5
    assert "nested more than 5 deep" in lines(archive, deepest.id)[0].reason


def test_members_without_bytes_are_counted_with_their_reason(archive):
    box = unpack(
        archive, build(Planned(name=b"a", flags=1), Planned(name=b"b"), Planned(name=b"c", stated_crc=1)), "a.zip"
    )
    assert [(one.outcome.value, one.reason) for one in lines(archive, box)] == [
        ("failed", "it is encrypted; hand it in without a password"),
        ("taken", None),
        ("failed", "its checksum is wrong"),
    ]
    assert (row(archive, box).declared, row(archive, box).findings) == (3, 0)


def test_a_difference_that_nothing_explains_is_a_finding(archive):
    box = unpack(archive, build(Planned(), end=End(count=3)), "a.zip")
    assert row(archive, box).state is ContainerState.DONE
    assert account(archive, box)["findings"] == ["it declares 3 members, and 1 came out"]


@pytest.mark.parametrize("content", [b"PK\x05\x06" + bytes(18), gzip.compress(b"", mtime=0)], ids=["zip", "gzip"])
def test_a_container_of_nothing_is_done_and_has_no_messages(archive, content):
    box = unpack(archive, content, "a.gz")
    assert row(archive, box).state is ContainerState.DONE
    assert row(archive, box).findings == 0


def test_a_damaged_container_fails_with_a_reason_and_keeps_what_came_out(archive):
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for number in range(3):
            entry = tarfile.TarInfo(f"{number}.eml")
            entry.size = len(mail(number))
            tar.addfile(entry, io.BytesIO(mail(number)))
    content = bytearray(made.getvalue())
    content[2 * 1024 + 5] ^= 1  # in the header of the third
    box = unpack(archive, bytes(content), "a.tar")
    assert row(archive, box).state is ContainerState.FAILED
    assert account(archive, box)["reason"] == "a header is damaged"
    assert len(waiting(archive)) == 2


def test_a_large_member_comes_out_in_pieces_whole_or_not_at_all(archive):
    large = mail(1, size=5 << 20)
    planned = [
        Planned(name=b"a.eml", content=large),
        Planned(name=b"b.eml", content=large, stated_crc=7),
        Planned(name=b"c"),
    ]
    box = unpack(archive, build(*planned), "a.zip", limits=UnpackingLimits(free_bytes=1 << 30))
    good, bad, after = lines(archive, box)
    assert bytes_of(archive, good.submission_id) == large
    assert (bad.outcome, bad.reason) == (MemberOutcome.FAILED, "its checksum is wrong")
    assert after.outcome is MemberOutcome.TAKEN
    assert FixityCheck(archive).run().orphans == 0


def test_more_bytes_than_are_allowed_end_it_whatever_it_states(archive):
    bomb = build(*[Planned(name=b"%d" % number, content=bytes([number]) * (1 << 20)) for number in range(9)])
    box = unpack(archive, bomb, "a.zip", limits=UnpackingLimits(free_bytes=3 << 20, ratio=10))
    assert "too much for its size" in account(archive, box)["reason"]
    assert len(waiting(archive)) <= 3


def test_the_allowance_of_a_container_counts_for_those_in_it_too(archive):
    inner = [build(Planned(name=b"x", content=bytes([number]) * (2 << 20))) for number in range(4)]
    bomb = build(*[Planned(name=b"%d.zip" % number, content=one, method=0) for number, one in enumerate(inner)])
    unpack(archive, bomb, "a.zip", limits=UnpackingLimits(free_bytes=5 << 20, ratio=10))
    assert len(waiting(archive)) == 2


def test_more_members_than_are_allowed_end_it(archive):
    box = unpack(archive, mbox(*[mail(number) for number in range(9)]), "a.mbox", limits=UnpackingLimits(members=4))
    assert account(archive, box)["reason"] == "it holds more than 4 members"
    assert account(archive, box)["members"] == 4


def test_told_to_stop_it_stops_and_goes_on_later_where_it_stopped(archive, monkeypatch):
    monkeypatch.setattr("ingest.unpacking._BATCH", 2)
    asked = iter([False, True, True])
    box = unpack(archive, mbox(*[mail(number) for number in range(5)]), "a.mbox", stop=lambda: next(asked, True))
    assert row(archive, box).state is ContainerState.OPEN
    assert len(lines(archive, box)) == 2
    assert unpacker(archive).unpack_waiting()
    assert [one.outcome.value for one in lines(archive, box)] == ["taken"] * 5
    assert not unpacker(archive).unpack_waiting()


def test_a_full_disk_leaves_it_open_and_nothing_half_counted(archive, monkeypatch):
    box = deposit(archive, mbox(*[mail(number) for number in range(5)]), "a.mbox")
    with monkeypatch.context() as full:

        def refuse(*_args: object) -> None:
            raise StorageFull("full")

        full.setattr(type(archive.blobs), "write", refuse)
        with pytest.raises(StorageFull):
            unpacker(archive).unpack(box)
    assert (row(archive, box).state, lines(archive, box)) == (ContainerState.OPEN, [])
    unpacker(archive).unpack(box)
    assert [one.outcome.value for one in lines(archive, box)] == ["taken"] * 5


def test_another_version_of_the_reader_counts_anew_and_deposits_nothing_twice(archive, monkeypatch):
    monkeypatch.setattr("ingest.unpacking._BATCH", 2)
    asked = iter([False, True])
    box = unpack(archive, mbox(*[mail(number) for number in range(5)]), "a.mbox", stop=lambda: next(asked, True))
    with archive.store.write() as transaction:
        transaction.connection.exec_driver_sql("UPDATE containers SET reader = 'mbox 0'")
    unpacker(archive).unpack(box)
    assert row(archive, box).attempt == 2
    assert [one.outcome.value for one in lines(archive, box)] == ["taken"] * 5
    assert len(waiting(archive)) == 5


_PROGRAM = """
import sys
from pathlib import Path
from tests.ingest.test_unpacking import unpacker
import ingest.unpacking
ingest.unpacking._BATCH = 3
from tests.storage.archives import open_again
archive = open_again(Path(sys.argv[1]))
print("ready", flush=True)
unpacker(archive).unpack(sys.argv[2], lambda met: print(met, flush=True))
print("done", flush=True)
"""


@pytest.mark.parametrize("killed_at", [1, 4, 8, 12])
def test_killed_at_any_point_it_loses_nothing_and_takes_nothing_twice(tmp_path, killed_at):
    archive = make_archive(tmp_path / "archive")
    mails = [mail(number) for number in range(20)]
    box = deposit(archive, mbox(*mails), "a.mbox")
    archive.close()
    run_until(tmp_path / "archive", box, killed_at)
    run_until(tmp_path / "archive", box, killed_at + 5)
    archive = open_again(tmp_path / "archive")
    unpacker(archive).unpack(box)
    met = lines(archive, box)
    assert [bytes_of(archive, one.submission_id) for one in met] == mails
    assert {one.outcome for one in met} == {MemberOutcome.TAKEN}
    assert len(waiting(archive)) == len(mails)
    assert FixityCheck(archive).run().faults == []
    archive.close()


def run_until(folder, box, line):
    """Run the program, and kill it with SIGKILL when it has told that many members, unless it was quicker."""
    child = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, str(folder), box], stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    assert child.stdout is not None
    for _ in range(line + 1):
        if not child.stdout.readline():
            break
    child.send_signal(signal.SIGKILL)
    child.stdout.close()
    child.wait()
