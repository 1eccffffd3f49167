"""Rows, keys and leaves commit together or not at all, in one order over all threads and programs."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError

from storage.errors import TemporarilyUnavailable
from storage.events import EventKind
from storage.tables import custodians, epochs, ledger_leaves, ledger_payloads, wrapped_keys
from storage.transaction import prepare
from storage.vault import HolderKey
from tests.storage.archives import ACTOR, NOON, open_again

ROOT = Path(__file__).parents[2]
WRITER = """
import sys
from pathlib import Path
from storage.events import EventKind
from tests.storage.archives import open_again
archive = open_again(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(sys.argv[3])):
    with archive.store.write() as transaction:
        place = transaction.append(EventKind.RECORD_VIEWED, actor=sys.argv[2], subjects=(str(number),), payload={})
    print(place, flush=True)
archive.close()
"""


def counts(archive):
    with archive.store.read() as connection:
        tables = (ledger_leaves, ledger_payloads, wrapped_keys)
        return [connection.execute(select(func.count()).select_from(one)).scalar_one() for one in tables]


def append(transaction, subject="rec_1", payload=None):
    return transaction.append(EventKind.RECORD_VIEWED, actor=ACTOR, subjects=(subject,), payload=payload)


def append_and_fail(transaction, subject, payload=None, rows=()):
    """Append, write custodians' rows, and raise whatever comes first."""
    append(transaction, subject, payload)
    if rows:
        transaction.connection.execute(insert(custodians), list(rows))
    raise LookupError


def keep_twice(transaction, wrapped):
    transaction.keep_key(wrapped)
    transaction.flush()


def custodian_row(name):
    return {"id": name, "since": NOON, "sealed_identity": b""}


def test_an_error_in_a_transaction_leaves_nothing_of_it(archive):
    before = counts(archive)
    with pytest.raises(LookupError), archive.store.write() as transaction:
        append_and_fail(transaction, "rec_1", {"a": 1}, rows=[custodian_row("cus_1")])
    assert counts(archive) == before
    with archive.store.read() as connection:
        assert connection.execute(select(func.count()).select_from(custodians)).scalar_one() == 0
    with archive.store.write() as transaction:
        assert append(transaction) == 1


def test_an_undone_part_takes_its_rows_keys_and_leaves_with_it(archive):
    leaves, payloads, keys = counts(archive)
    with archive.store.write() as transaction:
        append(transaction, "before", {"a": 1})
        rows = [custodian_row("cus_1"), custodian_row("cus_1")]
        with pytest.raises(IntegrityError), transaction.savepoint():
            append_and_fail(transaction, "undone", {"a": 2}, rows)
        assert append(transaction, "after", {"a": 3}) == 2
    assert counts(archive) == [leaves + 2, payloads + 2, keys + 2]
    with archive.store.read() as connection:
        events = archive.ledger.events_after(connection, 0)
        payload = archive.ledger.payload(connection, 2)
    assert [one.event.subjects for one in events] == [("before",), ("after",)]
    assert payload == {"a": 3}
    assert archive.ledger.check()[1] == []


def test_a_part_fails_alone_where_its_key_is_there_already(archive):
    wrapped = archive.store.vault.wrap(HolderKey("sub_1", bytes(32)), 1)
    with archive.store.write() as transaction:
        transaction.keep_key(wrapped)
        with pytest.raises(IntegrityError), transaction.savepoint():
            keep_twice(transaction, wrapped)
    with archive.store.read() as connection:
        assert archive.store.holder_keys(connection, ["sub_1", "sub_2"]) == {"sub_1": HolderKey("sub_1", bytes(32))}


def test_parts_may_stand_inside_parts(archive):
    with archive.store.write() as transaction:
        with transaction.savepoint():
            append(transaction, "outer", {"a": 1})
            with pytest.raises(LookupError), transaction.savepoint():
                append_and_fail(transaction, "inner", {"a": 2})
            append(transaction, "still outer", {"a": 3})
        append(transaction, "after")
    with archive.store.read() as connection:
        subjects = [one.event.subjects[0] for one in archive.ledger.events_after(connection, 0)]
        assert [archive.ledger.payload(connection, place) for place in (1, 2, 3)] == [{"a": 1}, {"a": 3}, None]
    assert subjects == ["outer", "still outer", "after"]


def test_a_key_wrapped_before_the_epoch_changed_is_wrapped_again(archive):
    vault = archive.store.vault
    key = vault.fresh("sub_1")
    early = vault.wrap(key, 1)
    event = prepare(vault, 1, EventKind.RECORD_VIEWED, NOON, ACTOR, (), {"a": 1})
    archive.keyring.create_epoch(2)
    with archive.store.write() as transaction:
        transaction.connection.execute(update(epochs).values(state="draining"))
        row = {"number": 2, "state": "current", "created_at": NOON}
        transaction.connection.execute(insert(epochs), [row])
    with archive.store.write() as transaction:
        transaction.keep_key(early)
        place = transaction.append_prepared(event)
    with archive.store.read() as connection:
        wrapped = select(wrapped_keys.c.epoch).where(wrapped_keys.c.holder.in_(["sub_1", event.event.id]))
        assert connection.execute(wrapped).scalars().all() == [2, 2]
        assert archive.store.holder_keys(connection, ["sub_1"])["sub_1"] == key
        assert archive.ledger.payload(connection, place) == {"a": 1}
    assert archive.store.current_epoch() == 2


def test_the_time_of_a_transaction_is_the_clocks(archive):
    archive.store.clock = lambda: datetime(2031, 1, 2, tzinfo=UTC)
    with archive.store.write() as transaction:
        append(transaction)
    with archive.store.read() as connection:
        assert archive.ledger.event_at(connection, 1).event.at == datetime(2031, 1, 2, tzinfo=UTC)


def test_thirty_two_threads_of_mixed_work_lose_nothing(archive):
    threads, rounds = 32, 50
    start = threading.Barrier(threads)

    def work(name: int) -> list[tuple[int, str]]:
        places = []
        start.wait()
        for number in range(rounds):
            if number % 3 == 0:
                with archive.store.read() as connection:
                    head = archive.ledger.head(connection)
                    assert archive.ledger.event_at(connection, head.size - 1).position == head.size - 1
            if number % 10 == 9:
                with pytest.raises(LookupError), archive.store.write() as transaction:
                    append_and_fail(transaction, "undone")
                continue
            with archive.store.write() as transaction:
                payload = {"number": number} if number % 2 else None
                places.append((append(transaction, f"{name}/{number}", payload), f"{name}/{number}"))
        return places

    with ThreadPoolExecutor(threads) as pool:
        done = [place for places in pool.map(work, range(threads)) for place in places]
    assert sorted(place for place, _ in done) == list(range(1, threads * rounds * 9 // 10 + 1))
    with archive.store.read() as connection:
        events = archive.ledger.events_after(connection, 0, limit=10_000)
    assert {(one.position, one.event.subjects[0]) for one in events} == set(done)
    assert archive.ledger.check()[1] == []


def test_two_programs_take_turns_and_share_one_order(archive):
    count = 60
    command = [sys.executable, "-c", WRITER, str(archive.folder)]
    writers = [
        subprocess.Popen(
            [*command, name, str(count)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for name in ("one", "two")
    ]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    answers = []
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for _ in range(count):
        with archive.store.write() as transaction:
            answers.append(append(transaction, "three"))
    for writer in writers:
        said, _ = writer.communicate()
        assert writer.returncode == 0
        answers += [int(line) for line in said.split()]
    assert sorted(answers) == list(range(1, 3 * count + 1))
    frontier, faults = archive.ledger.check()
    assert (frontier.size, faults) == (3 * count + 1, [])


def test_more_readers_than_connections_are_told_to_come_again(archive, monkeypatch):
    monkeypatch.setattr(archive.store._engine.pool, "_timeout", 0.01)
    contexts = [archive.store.read() for _ in range(48)]
    for one in contexts:
        one.__enter__()
    with pytest.raises(TemporarilyUnavailable, match="readers"), archive.store.read():
        pass
    for one in contexts:
        one.__exit__(None, None, None)


def test_a_second_opening_sees_what_the_first_committed(archive):
    second = open_again(archive.folder)
    with archive.store.write() as transaction:
        append(transaction)
    with second.store.read() as connection:
        assert second.ledger.head(connection).size == 2
    second.close()
