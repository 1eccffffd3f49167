"""Every key moves under a new epoch, and the old one's key is destroyed when nothing needs it any more."""

from __future__ import annotations

import fcntl
from unittest import mock

import pytest
from sqlalchemy import select, update

from storage.errors import Conflict, Corrupt, TemporarilyUnavailable
from storage.events import EventKind
from storage.rotation import Rotation
from storage.sealing import SealKind
from storage.tables import epochs, wrapped_keys
from storage.vault import HolderKey, Vault, WrappedKey
from tests.faults.rotation_programs import another_program, check_finished, gated_rotation
from tests.storage.archives import ACTOR, flip, open_again
from tests.storage.rotation_views import contents, rows


def kinds(archive):
    with archive.store.read() as connection:
        return [one.event.kind for one in archive.ledger.events_after(connection, 0, limit=1_000)]


def test_all_rows_move_and_everything_still_opens(filled):
    archive, filed = filled
    before = {row.holder: row.wrapped for row in rows(archive)}
    report = Rotation(archive, page=3).roll(ACTOR)
    assert (report.epoch, report.rewrapped, report.retired, report.destroyed) == (2, len(before), (1,), (1,))
    assert {row.epoch for row in rows(archive)} == {2}
    assert all(before[row.holder] != row.wrapped for row in rows(archive))
    assert contents(archive, filed) == [b"bytes %d" % number for number in range(4)]
    check_finished(archive)


def test_a_copy_of_the_rows_taken_before_opens_with_no_key_that_is_left(filled):
    archive, _ = filled
    copy = rows(archive)
    Rotation(archive).roll(ACTOR)
    left = open_again(archive.folder).keyring
    for row in copy:
        assert Vault(left).unwrap_if_epoch_opens(WrappedKey(row.holder, row.epoch, row.wrapped)) is None
        with pytest.raises(Corrupt):
            Vault(left).unwrap(WrappedKey(row.holder, 2, row.wrapped))


def test_opening_and_retiring_are_witnessed(filled):
    archive, _ = filled
    Rotation(archive).roll(ACTOR)
    assert kinds(archive)[-2:] == [EventKind.EPOCH_OPENED, EventKind.EPOCH_RETIRED]
    assert archive.ledger.check()[1] == []


def test_progress_ends_at_the_number_of_rows(filled):
    archive, _ = filled
    told = []
    Rotation(archive, page=2).roll(ACTOR, lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (len(rows(archive)), len(rows(archive)))


def test_the_key_that_a_row_is_wrapped_from_is_not_printed(archive):
    wrapped = archive.store.vault.wrap(HolderKey("sub_1", bytes(range(32))), 1)
    assert wrapped.opened == bytes(range(32))
    assert "opened" not in repr(wrapped)


def test_two_rotations_at_once_are_refused(filled):
    archive, _ = filled
    with (archive.folder / "tmp" / "rotation.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(Conflict, match="already"):
            Rotation(archive).roll(ACTOR)
    assert Rotation(archive).roll(ACTOR).epoch == 2


def test_resuming_beside_a_running_rotation_leaves_it_alone(filled):
    archive, _ = filled
    other = another_program(archive)
    with gated_rotation(archive, 1) as gate:
        for _ in range(6):
            gate.let_go_on()
        assert Rotation(other).unfinished()
        assert Rotation(other).resume(ACTOR).busy
    other.close()
    check_finished(archive)


def test_resuming_where_nothing_is_open_writes_nothing(filled):
    archive, _ = filled
    before = kinds(archive)
    assert Rotation(archive).resume(ACTOR).retired == ()
    assert kinds(archive) == before


def test_what_is_destroyed_counts_up_with_each_rotation(filled):
    archive, _ = filled
    rotation = Rotation(archive)
    assert rotation.destroyed_through() == 0
    rotation.roll(ACTOR)
    rotation.roll(ACTOR)
    assert rotation.destroyed_through() == 2


def test_a_key_file_that_lies_there_still_is_not_counted_as_destroyed(filled):
    archive, _ = filled
    with mock.patch.object(archive.keyring, "destroy_epoch"):
        Rotation(archive).roll(ACTOR)
    assert Rotation(archive).destroyed_through() == 0
    assert Rotation(archive).unfinished()
    assert Rotation(archive).resume(ACTOR).destroyed == (1,)


def test_remains_of_a_killed_write_go_with_their_key(filled):
    archive, _ = filled
    for name in ("1.new", "2.new"):
        (archive.folder / "keys" / "epoch" / name).write_bytes(b"half a key")
    Rotation(archive).roll(ACTOR)
    check_finished(archive)


def test_a_key_that_was_made_and_never_used_is_taken_unless_it_is_damaged(filled):
    archive, filed = filled
    path = archive.folder / "keys" / "epoch" / "2"
    archive.keyring.create_epoch(2)
    unused = path.read_bytes()
    Rotation(another_program(archive)).roll(ACTOR)
    assert path.read_bytes() == unused
    path.with_name("3").write_bytes(b"damaged")
    assert Rotation(another_program(archive)).roll(ACTOR).epoch == 3
    assert contents(open_again(archive.folder), filed)[3] == b"bytes 3"


def test_a_row_that_does_not_open_keeps_its_epoch_and_holds_nothing_else_up(filled):
    archive, filed = filled
    damaged = filed[1].submission_id
    with archive.store.write() as transaction:
        row = transaction.connection.execute(select(wrapped_keys).where(wrapped_keys.c.holder == damaged)).one()
        change = update(wrapped_keys).where(wrapped_keys.c.holder == damaged).values(wrapped=flip(row.wrapped))
        transaction.connection.execute(change)
    report = Rotation(archive, page=2).roll(ACTOR)
    assert (report.unreadable, report.retired, report.destroyed) == (1, (), ())
    assert archive.keyring.epoch_files() == (1, 2)
    assert contents(archive, [filed[0]]) == [b"bytes 0"]
    with archive.store.write() as transaction:
        transaction.connection.execute(
            update(wrapped_keys).where(wrapped_keys.c.holder == damaged).values(wrapped=row.wrapped)
        )
    assert Rotation(archive).resume(ACTOR).destroyed == (1,)
    assert contents(archive, [filed[1]]) == [b"bytes 1"]


def test_nothing_is_begun_while_the_key_of_a_living_epoch_is_missing(filled):
    archive, _ = filled
    (archive.folder / "keys" / "epoch" / "1").unlink()
    before = kinds(archive)
    with pytest.raises(Corrupt, match="keys/epoch/1"):
        Rotation(another_program(archive)).roll(ACTOR)
    assert kinds(archive) == before


def test_a_missing_key_of_a_living_epoch_is_damage_and_not_a_destroyed_record(filled):
    archive, filed = filled
    (archive.folder / "keys" / "epoch" / "1").write_bytes(b"damaged")
    other = another_program(archive)
    with other.store.read() as connection, pytest.raises(Corrupt, match="keys/epoch/1 is missing or damaged"):
        other.submissions.content(connection, filed[0].submission_id)
    other.close()


def test_a_row_under_an_epoch_that_is_retired_is_damage(filled):
    archive, filed = filled
    Rotation(archive).roll(ACTOR)
    with archive.store.write() as transaction:
        transaction.connection.execute(update(wrapped_keys).values(epoch=1))
    with archive.store.read() as connection, pytest.raises(Corrupt, match="keys/epoch/1"):
        archive.store.holder_keys(connection, [filed[0].submission_id])


def test_a_reader_that_the_keys_run_away_from_is_told_to_come_again(filled, monkeypatch):
    archive, filed = filled
    chosen = [filed[0].submission_id]
    monkeypatch.setattr("storage.epochs._open_rows", lambda *_: ({}, {chosen[0]: 7}))
    monkeypatch.setattr("storage.epochs._refuse_lost", lambda *_, **__: None)
    with archive.store.read() as connection, pytest.raises(TemporarilyUnavailable, match="rotated"):
        archive.store.holder_keys(connection, chosen)


def test_an_archive_without_a_current_epoch_is_damaged(archive):
    with archive.store.write() as transaction:
        transaction.connection.execute(update(epochs).values(state="draining"))
    with pytest.raises(Corrupt, match="0 current epochs"):
        archive.store.current_epoch()


def test_a_key_of_another_kind_does_not_pass_as_a_wrapped_one(archive):
    vault = archive.store.vault
    key = vault.fresh("sub_1")
    sealed = vault.seal(HolderKey("sub_1", archive.keyring.epoch_key(1)), SealKind.USER, "sub_1", key.key)
    with pytest.raises(Corrupt):
        vault.unwrap(WrappedKey("sub_1", 1, sealed))
