"""What is answered is durable, what is refused was not taken, and the same bytes are taken once."""

from __future__ import annotations

import errno
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, update
from sqlalchemy import insert as insert_into

from ingest.depositor import GroupDepositor
from ingest.submission import Handover
from storage.errors import Corrupt, StorageFull, TemporarilyUnavailable
from storage.events import EventKind
from storage.fixity import FixityCheck
from storage.records import Channel, Envelope
from storage.recovery import recover
from storage.tables import (
    awaiting_examination,
    epochs,
    objects,
    submission_digests,
    submissions,
    wrapped_keys,
)
from storage.transaction import Transaction
from tests.storage.archives import NOON, custodian, make_archive, open_again

if TYPE_CHECKING:
    from collections.abc import Iterator

ACTOR = "service:smtp"


@pytest.fixture
def archive(tmp_path):
    opened = make_archive(tmp_path / "archive")
    yield opened
    opened.close()


@pytest.fixture
def depositor(archive):
    return GroupDepositor(archive, actor=ACTOR)


def handover(payload, *, custodian_id=None, channel=Channel.SMTP, account="smtp"):
    envelope = Envelope(submitter="parent@home.example", transport=(("peer", "192.0.2.1"),))
    return Handover(channel=channel, account=account, custodian_id=custodian_id, envelope=envelope, payload=payload)


def counts(archive):
    tables = (submissions, submission_digests, objects, awaiting_examination)
    with archive.store.read() as connection:
        return [connection.execute(select(func.count()).select_from(one)).scalar_one() for one in tables]


def blobs(archive):
    return sorted(archive.blobs.ids())


def leaves(archive, kind):
    with archive.store.read() as connection:
        return archive.ledger.events_after(connection, -1, kinds=[kind], limit=10_000)


def deposit_together(depositor, handovers):
    """All of them in one group: every thread is queued before the first may commit."""
    answers: list[object] = [None] * len(handovers)

    def work(number: int) -> None:
        try:
            answers[number] = depositor.deposit(handovers[number])
        except BaseException as error:  # noqa: BLE001 - the refusal is the answer here
            answers[number] = error

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(handovers))]
    queued = threading.Event()

    class Watched(list):
        def append(self, ticket: object) -> None:
            super().append(ticket)
            if len(self) == len(handovers):
                queued.set()

    depositor._queued, depositor._staging = Watched(), True  # somebody leads already, so all have to queue
    for thread in threads:
        thread.start()
    assert queued.wait(30)
    depositor._queued[0].turn.set()
    for thread in threads:
        thread.join()
    return answers


def count_writes(monkeypatch, archive):
    real, calls = archive.store.write, []

    @contextmanager
    def write() -> Iterator[Transaction]:
        calls.append(1)
        with real() as transaction:
            yield transaction

    monkeypatch.setattr(archive.store, "write", write)
    return calls


@pytest.mark.parametrize("payload", [b"", b"x", b"a: b\r\n\r\n\x00\xff", bytes(100_000)])
def test_what_was_answered_is_there_after_opening_again(archive, depositor, payload):
    answer = depositor.deposit(handover(payload))
    again = open_again(archive.folder)
    with again.store.read() as connection:
        assert again.submissions.content(connection, answer.submission_id) == payload
        about = again.submissions.envelopes(connection, [answer.submission_id])[answer.submission_id]
        event = again.ledger.event_at(connection, answer.position).event
        facts = again.ledger.payload(connection, answer.position)
        assert again.submissions.awaiting(connection, limit=5) == [answer.submission_id]
    again.close()
    assert about.sha256 == answer.sha256 == facts["sha256"]
    assert (event.kind, event.subjects, event.actor) == (
        EventKind.SUBMISSION_DEPOSITED,
        (answer.submission_id,),
        ACTOR,
    )
    assert (facts["size"], facts["channel"]) == (len(payload), "smtp")
    assert answer.duplicate_of is None


def test_thirty_two_senders_share_commits_and_lose_nothing(archive, depositor, monkeypatch):
    calls = count_writes(monkeypatch, archive)
    sent = [b"mail %d" % number for number in range(32)]
    answers = deposit_together(depositor, [handover(one) for one in sent])
    assert len(calls) == 1
    assert len({one.submission_id for one in answers}) == 32
    assert sorted(one.position for one in answers) == list(range(1, 33))
    with archive.store.read() as connection:
        assert [archive.submissions.content(connection, one.submission_id) for one in answers] == sent


def test_many_threads_depositing_freely_are_all_answered(archive, depositor):
    def work(name: int) -> list[str]:
        return [depositor.deposit(handover(b"%d/%d" % (name, number))).submission_id for number in range(6)]

    with ThreadPoolExecutor(32) as pool:
        answered = [one for names in pool.map(work, range(32)) for one in names]
    assert len(set(answered)) == 32 * 6
    assert counts(archive) == [192, 192, 192, 192]
    assert FixityCheck(archive).run().faults == []


def test_more_than_the_largest_group_are_all_answered(archive, depositor, monkeypatch):
    monkeypatch.setattr("ingest.depositor._LARGEST_GROUP", 5)
    answers = deposit_together(depositor, [handover(b"mail %d" % number) for number in range(23)])
    assert len({one.submission_id for one in answers}) == 23
    with archive.store.read() as connection:
        for number, one in enumerate(answers):
            assert archive.submissions.content(connection, one.submission_id) == b"mail %d" % number


def test_a_batch_is_answered_in_order_under_one_commit(archive, depositor, monkeypatch):
    calls = count_writes(monkeypatch, archive)
    answers = depositor.deposit_many([handover(b"mail %d" % number) for number in range(10)])
    assert [one.position for one in answers] == list(range(1, 11))
    assert len(calls) == 1
    with archive.store.read() as connection:
        assert archive.submissions.content(connection, answers[7].submission_id) == b"mail 7"


def test_the_same_bytes_later_are_a_duplicate_that_names_the_first(archive, depositor):
    first = depositor.deposit(handover(b"mail"))
    second = depositor.deposit(handover(b"mail"))
    assert (second.duplicate_of, second.submission_id, second.position) == (
        first.submission_id,
        first.submission_id,
        first.position,
    )
    assert counts(archive) == [1, 1, 1, 1]
    assert len(blobs(archive)) == 1
    assert [one.event.subjects for one in leaves(archive, EventKind.SUBMISSION_DUPLICATE)] == [(first.submission_id,)]


def test_the_same_bytes_twice_in_one_batch_are_taken_once(archive, depositor):
    answers = depositor.deposit_many([handover(b"mail"), handover(b"other"), handover(b"mail")])
    assert [one.duplicate_of for one in answers] == [None, None, answers[0].submission_id]
    assert counts(archive) == [2, 2, 2, 2]
    assert len(blobs(archive)) == 2


def test_the_same_bytes_from_many_threads_are_taken_once(archive, depositor):
    answers = deposit_together(depositor, [handover(b"mail") for _ in range(16)])
    assert len({one.submission_id for one in answers}) == 1
    assert sum(one.duplicate_of is None for one in answers) == 1
    assert len(blobs(archive)) == 1


@pytest.mark.parametrize("other", ["custodian", "channel", "account"])
def test_the_same_bytes_from_elsewhere_are_a_submission_of_their_own(archive, depositor, other):
    changed = {
        "custodian": {"custodian_id": custodian(archive)},
        "channel": {"channel": Channel.IMAP},
        "account": {"account": "imap-1"},
    }[other]
    first = depositor.deposit(handover(b"mail"))
    second = depositor.deposit(handover(b"mail", **changed))
    assert second.duplicate_of is None
    assert second.submission_id != first.submission_id
    assert len(blobs(archive)) == 2


def test_two_programs_taking_the_same_bytes_at_once_take_them_once(archive, depositor):
    other_archive = open_again(archive.folder)
    other = GroupDepositor(other_archive, actor=ACTOR)
    start = threading.Barrier(2)

    def work(one: GroupDepositor) -> list[object]:
        answers = []
        for number in range(20):
            start.wait()
            answers.append(one.deposit(handover(b"mail %d" % number)))
        return answers

    with ThreadPoolExecutor(2) as pool:
        here, there = pool.map(work, [depositor, other])
    assert [one.submission_id for one in here] == [one.submission_id for one in there]
    assert all((one.duplicate_of is None) != (two.duplicate_of is None) for one, two in zip(here, there, strict=True))
    assert len(blobs(archive)) == 20
    assert FixityCheck(archive).run().faults == []
    other_archive.close()


def test_bytes_that_another_program_took_after_we_looked_are_a_duplicate(archive, depositor, monkeypatch):
    other_archive = open_again(archive.folder)
    other = GroupDepositor(other_archive, actor=ACTOR)
    taken = []
    real = archive.blobs.write

    def write(batch) -> None:
        if not taken:
            taken.append(other.deposit(handover(b"mail")))
        real(batch)

    monkeypatch.setattr(archive.blobs, "write", write)
    answer = depositor.deposit(handover(b"mail"))
    assert answer.duplicate_of == taken[0].submission_id
    assert len(blobs(archive)) == 1
    other_archive.close()


def test_an_object_that_cannot_be_tidied_after_the_commit_is_no_refusal(archive, depositor, monkeypatch):
    def delete(_) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(archive.blobs, "delete", delete)
    answers = depositor.deposit_many([handover(b"mail"), handover(b"mail")])
    assert answers[1].duplicate_of == answers[0].submission_id
    report = FixityCheck(archive).run()
    assert (report.orphans, report.faults) == (1, [])


@pytest.mark.parametrize(
    "refusal", [StorageFull("full"), TemporarilyUnavailable("busy"), Corrupt("damaged"), OSError(5)]
)
def test_a_commit_that_fails_answers_everybody_and_leaves_no_row(archive, depositor, refusal):
    def flush(_: Transaction) -> None:
        raise refusal

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Transaction, "flush", flush)
        answers = deposit_together(depositor, [handover(b"mail %d" % number) for number in range(8)])
    assert [type(one) for one in answers] == [type(refusal)] * 8
    assert counts(archive) == [0, 0, 0, 0]
    assert leaves(archive, EventKind.SUBMISSION_DEPOSITED) == []
    assert depositor.deposit(handover(b"mail 0")).duplicate_of is None
    assert FixityCheck(archive).run().faults == []


def test_a_commit_that_failed_and_was_applied_all_the_same_is_a_duplicate_next_time(archive, depositor):
    real = archive.store.write

    @contextmanager
    def write() -> Iterator[Transaction]:
        with real() as transaction:
            yield transaction
        raise TemporarilyUnavailable("the answer was lost")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(archive.store, "write", write)
        with pytest.raises(TemporarilyUnavailable):
            depositor.deposit(handover(b"mail"))
    again = depositor.deposit(handover(b"mail"))
    assert again.duplicate_of is not None
    with archive.store.read() as connection:
        assert archive.submissions.content(connection, again.submission_id) == b"mail"


@pytest.mark.parametrize("count", [1, 8])
def test_a_full_disk_refuses_and_leaves_nothing(archive, depositor, count):
    real = os.write

    def write(descriptor: int, view: bytes) -> int:
        if "/objects/" in os.readlink(f"/proc/self/fd/{descriptor}"):  # noqa: PTH115 - on the way of every write
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(descriptor, view)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "write", write)
        with pytest.raises(StorageFull):
            depositor.deposit_many([handover(b"mail %d" % number) for number in range(count)])
    assert counts(archive) == [0, 0, 0, 0]
    assert blobs(archive) == []
    assert len(depositor.deposit_many([handover(b"mail %d" % number) for number in range(count)])) == count


def test_one_row_that_the_database_refuses_fails_alone(archive, depositor):
    sent = [handover(b"mail %d" % number) for number in range(6)]
    sent[2] = handover(b"mail 2", custodian_id="cus_of_another_archive")
    answers = deposit_together(depositor, sent)
    assert isinstance(answers[2], TemporarilyUnavailable)
    taken = [one for number, one in enumerate(answers) if number != 2]
    with archive.store.read() as connection:
        contents = [archive.submissions.content(connection, one.submission_id) for one in taken]
        keys = connection.execute(select(func.count()).select_from(wrapped_keys)).scalar_one()
    assert contents == [b"mail 0", b"mail 1", b"mail 3", b"mail 4", b"mail 5"]
    assert counts(archive) == [5, 5, 5, 5]
    assert len(blobs(archive)) == 5
    assert keys == 1 + 2 * 5
    assert FixityCheck(archive).run().faults == []


def test_a_repeat_of_a_refused_row_is_refused_too(archive, depositor):
    refused = handover(b"mail", custodian_id="cus_of_another_archive")
    answers = deposit_together(depositor, [refused, refused, handover(b"good")])
    assert [isinstance(one, TemporarilyUnavailable) for one in answers] == [True, True, False]
    assert counts(archive)[0] == 1
    assert len(blobs(archive)) == 1


def test_an_interrupted_commit_answers_the_others_of_its_group(archive, depositor):
    real = depositor._commit
    interrupted = []

    def commit(tickets) -> None:
        if not interrupted:
            interrupted.append(1)
            raise KeyboardInterrupt
        real(tickets)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(depositor, "_commit", commit)
        answers = deposit_together(depositor, [handover(b"mail %d" % number) for number in range(5)])
    kinds = sorted(type(one).__name__ for one in answers)
    assert kinds == ["KeyboardInterrupt"] + ["TemporarilyUnavailable"] * 4
    assert counts(archive) == [0, 0, 0, 0]


def test_a_new_epoch_is_followed(archive, depositor):
    archive.keyring.create_epoch(2)
    with archive.store.write() as transaction:
        transaction.connection.execute(update(epochs).values(state="draining"))
        row = {"number": 2, "state": "current", "created_at": NOON}
        transaction.connection.execute(insert_into(epochs), [row])
    first = depositor.deposit(handover(b"one"))
    second = depositor.deposit(handover(b"two"))
    with archive.store.read() as connection:
        chosen = wrapped_keys.c.holder.in_([first.submission_id, second.submission_id])
        assert connection.execute(select(wrapped_keys.c.epoch).where(chosen)).scalars().all() == [2, 2]
        assert archive.submissions.content(connection, first.submission_id) == b"one"
    assert depositor._epoch == 2


def test_a_refusal_says_nothing_of_the_content(archive, depositor, monkeypatch, caplog):
    monkeypatch.setattr(archive.blobs, "write", lambda _: (_ for _ in ()).throw(StorageFull("the disk is full")))
    with pytest.raises(StorageFull) as caught:
        depositor.deposit(handover(b"Subject: Zanzibar"))
    said = f"{caught.value!r} {caught.value.fields} {caplog.text}"
    assert "Zanzibar" not in said
    assert "parent@home.example" not in said


def test_a_deposit_that_was_held_up_is_refused_where_its_object_was_swept_up_meanwhile(archive, depositor, monkeypatch):
    write = archive.blobs.write

    def held_up(batch) -> None:
        write(batch)
        for one in batch:
            path = archive.folder / "objects" / one.blob_id[:2] / one.blob_id
            os.utime(path, (0, 0))
        assert recover(archive, ACTOR).orphans == len(batch)
        later = archive.store.clock() + timedelta(hours=2)
        times = iter([archive.store.clock()])
        monkeypatch.setattr(archive.store, "clock", lambda: next(times, later))

    monkeypatch.setattr(archive.blobs, "write", held_up)
    with pytest.raises(TemporarilyUnavailable, match="removed just now"):
        depositor.deposit(handover(b"Subject: one\r\n\r\n"))
    assert counts(archive) == [0, 0, 0, 0]
