"""The database is unreadable without its key, durable at every commit, and says what is wrong in one sentence."""

from __future__ import annotations

import errno
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlcipher3.dbapi2 as driver
from sqlalchemy import text

from storage.database import WriteLock, engine_for, open_encrypted, translate
from storage.errors import Corrupt, StorageFull, TemporarilyUnavailable
from storage.events import EventKind
from tests.every_case import every_case
from tests.storage.archives import flip, make_archive, open_again

KEY = bytes(range(32))
CANARY = "Zanzibar-7731"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "one.db"


def fill(path, rows=200):
    connection = open_encrypted(path, KEY)
    connection.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT)")
    connection.executemany("INSERT INTO notes (body) VALUES (?)", [(f"{CANARY} {one}" * 10,) for one in range(rows)])
    return connection


def test_neither_the_database_nor_its_write_ahead_log_holds_plain_text(path):
    connection = fill(path)
    wal = path.with_name("one.db-wal")
    assert wal.stat().st_size > 0
    assert CANARY.encode() not in wal.read_bytes()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = path.read_bytes()
    connection.close()
    assert len(content) > 100 * len(CANARY)
    assert CANARY.encode() not in content
    assert not content.startswith(b"SQLite format 3")


def test_deleted_rows_are_overwritten(path):
    connection = fill(path)
    connection.execute("DELETE FROM notes WHERE id < 100")
    assert connection.execute("PRAGMA secure_delete").fetchone() == (1,)
    connection.close()


def test_every_connection_is_durable_and_checks_its_references(path):
    connection = open_encrypted(path, KEY)
    pragmas = {
        name: connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("synchronous", "journal_mode", "foreign_keys", "temp_store")
    }
    connection.close()
    assert pragmas == {"synchronous": 2, "journal_mode": "wal", "foreign_keys": 1, "temp_store": 2}


@pytest.mark.parametrize("key", [bytes(32), flip(KEY)])
def test_a_wrong_key_is_one_sentence(path, key):
    fill(path).close()
    with pytest.raises(Corrupt) as caught:
        open_encrypted(path, key)
    assert caught.value.message == "one.db cannot be read: it is damaged, or the key is not its key"


def test_a_wrong_key_is_one_sentence_through_the_engine_too(path):
    fill(path).close()
    engine = engine_for(path, bytes(32))
    with pytest.raises(Corrupt, match=r"one\.db cannot be read"), engine.connect():
        pass
    engine.dispose()


def test_the_key_is_in_no_url_and_no_message(path):
    engine = engine_for(path, KEY)
    assert KEY.hex() not in repr((engine, engine.url, engine.pool))
    engine.dispose()


def test_a_database_is_readable_by_its_owner_only(path):
    open_encrypted(path, KEY).close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_reader_may_not_write(path):
    fill(path).close()
    reader = open_encrypted(path, KEY, read_only=True)
    with pytest.raises(driver.OperationalError, match="readonly"):
        reader.execute("DELETE FROM notes")
    reader.close()


def test_a_path_with_characters_of_a_uri_is_one_path(tmp_path):
    strange = tmp_path / "a?b#c%20d.db"
    open_encrypted(strange, KEY).close()
    assert strange.exists()
    assert [one.name for one in tmp_path.iterdir()] == [strange.name]


def failing(code):
    error = driver.OperationalError("any words")
    error.sqlite_errorcode = code
    return error


@every_case(
    ("code", "expected"),
    [
        (driver.SQLITE_FULL, StorageFull),
        (driver.SQLITE_BUSY, TemporarilyUnavailable),
        (driver.SQLITE_BUSY | 2 << 8, TemporarilyUnavailable),
        (driver.SQLITE_LOCKED, TemporarilyUnavailable),
        (driver.SQLITE_IOERR | 4 << 8, TemporarilyUnavailable),
        (driver.SQLITE_CANTOPEN, TemporarilyUnavailable),
        (driver.SQLITE_READONLY, TemporarilyUnavailable),
        (driver.SQLITE_CORRUPT, Corrupt),
        (driver.SQLITE_NOTADB, Corrupt),
    ],
)
def test_each_refusal_of_the_driver_is_one_of_ours(code, expected):
    translated = translate(failing(code), "archive.db")
    assert type(translated) is expected
    assert "any words" not in str(translated)


def test_a_folder_that_is_not_there_is_no_damage(tmp_path):
    (tmp_path / "gone").mkdir()
    path = tmp_path / "gone" / "one.db"
    open_encrypted(path, KEY).close()
    with pytest.raises(TemporarilyUnavailable):
        open_encrypted(path.with_name("other.db"), KEY, read_only=True)


def test_a_full_database_refuses_and_keeps_what_it_had(path):
    connection = fill(path)
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(driver.OperationalError) as caught:
        connection.execute("INSERT INTO notes (body) VALUES (?)", ("x" * 100_000,))
    assert isinstance(translate(caught.value, path.name), StorageFull)
    assert connection.execute("SELECT count(*) FROM notes").fetchone() == (200,)
    connection.close()


def test_a_changed_page_is_found_when_it_is_read(path):
    connection = fill(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = path.read_bytes()
    path.write_bytes(flip(content, len(content) // 2))
    reader = open_encrypted(path, KEY)
    with pytest.raises(driver.DatabaseError) as caught:
        reader.execute("SELECT sum(length(body)) FROM notes").fetchone()
    assert isinstance(translate(caught.value, path.name), Corrupt)
    reader.close()


def test_thirty_two_threads_read_and_write_through_one_engine(path):
    fill(path, rows=10).close()
    engine, lock = engine_for(path, KEY), WriteLock(path.with_name("write.lock"))
    start = threading.Barrier(32)

    def work(name: int) -> None:
        start.wait()
        for number in range(30):
            with engine.connect() as connection, connection.begin():
                connection.execute(text("SELECT count(*) FROM notes")).scalar_one()
            with lock.held(), engine.connect().execution_options(immediate=True) as connection, connection.begin():
                connection.execute(text("INSERT INTO notes (body) VALUES (:body)"), {"body": f"{name} {number}"})

    with ThreadPoolExecutor(32) as pool:
        list(pool.map(work, range(32)))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM notes")).scalar_one() == 10 + 32 * 30
    engine.dispose()
    lock.close()


def test_the_lock_is_given_back_after_an_error(tmp_path):
    lock, other = WriteLock(tmp_path / "write.lock"), WriteLock(tmp_path / "write.lock")
    with pytest.raises(LookupError), lock.held():
        raise LookupError
    with other.held():
        assert other.longest_wait >= 0
    lock.close()
    other.close()


def test_one_holder_at_a_time_over_two_openings_of_the_lock(tmp_path):
    lock, other = WriteLock(tmp_path / "write.lock"), WriteLock(tmp_path / "write.lock")
    order = []
    began = threading.Event()

    def second() -> None:
        began.set()
        with other.held():
            order.append("second")

    with lock.held():
        thread = threading.Thread(target=second)
        thread.start()
        assert began.wait(10)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
    lock.close()
    other.close()


def test_nothing_is_committed_where_the_name_of_the_log_cannot_be_made_durable(tmp_path, monkeypatch):
    archive = make_archive(tmp_path / "archive")

    def failing(_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    again = open_again(archive.folder)
    monkeypatch.setattr("storage.database.sync_folder", failing)
    with pytest.raises(TemporarilyUnavailable, match="disk reports"), again.store.write() as transaction:
        transaction.append(EventKind.SERVICE_STARTED, actor="service")
    monkeypatch.undo()
    assert again.store.disk_failed.is_set()
    with pytest.raises(TemporarilyUnavailable, match="read-only"), again.store.write():
        pass
    with archive.store.read() as connection:
        kinds = [one.event.kind for one in archive.ledger.events_after(connection, -1)]
    assert EventKind.SERVICE_STARTED not in kinds
    again.close()
    archive.close()


def test_the_name_of_the_log_is_made_durable_before_the_first_commit_and_after_new_connections(archive, monkeypatch):
    synced = []
    monkeypatch.setattr("storage.database.sync_folder", synced.append)
    again = open_again(archive.folder)
    for _ in range(3):
        with again.store.write() as transaction:
            transaction.append(EventKind.SERVICE_STARTED, actor="service")
    assert synced == [archive.folder]
    with again.store.read(), again.store.read(), again.store.write():
        pass
    assert len(synced) == 2
    again.close()


def test_a_log_whose_name_found_no_space_is_named_by_the_next_commit(archive, monkeypatch):
    refusals = iter([OSError(errno.ENOSPC, "full")])

    def sync(_folder) -> None:
        for one in refusals:
            raise one

    monkeypatch.setattr("storage.database.sync_folder", sync)
    again = open_again(archive.folder)
    with pytest.raises(StorageFull), again.store.write():
        pass
    assert not again.store.disk_failed.is_set()
    with again.store.write() as transaction:
        transaction.append(EventKind.SERVICE_STARTED, actor="service")
    again.close()


def test_a_log_whose_name_could_not_be_synced_ends_all_writing(archive, monkeypatch):
    def sync(_folder) -> None:
        raise OSError(errno.EIO, "error")

    monkeypatch.setattr("storage.database.sync_folder", sync)
    again = open_again(archive.folder)
    for _ in range(2):
        with pytest.raises(TemporarilyUnavailable), again.store.write():
            pass
    assert again.store.disk_failed.is_set()
    again.close()
