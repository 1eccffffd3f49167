"""A destruction that is decided only goes forward, to its confirmation and through a restore."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select, update

from storage.destructions import BatchState, destruction_of, read_batch
from storage.errors import Conflict, NotFound
from storage.events import EventKind
from storage.fixity import FixityCheck
from storage.rotation import Rotation
from storage.shredding import Shredder
from storage.tables import (
    awaiting_examination,
    components,
    descriptions,
    destruction_batches,
    destructions,
    objects,
    records,
    submission_digests,
    submissions,
    wrapped_keys,
)
from tests.storage.archives import ACTOR, custodian, file_one, open_again
from tests.storage.shredding_steps import count, decide, describe, finish, kinds, state


def test_erasing_removes_objects_and_their_rows(archive, shredder, filed):
    gone, stays = filed[0], filed[1]
    batch_id = decide(archive, shredder, [gone.record_id])
    assert archive.blobs.contains(gone.blob_id)
    shredder.erase(batch_id)
    assert not archive.blobs.contains(gone.blob_id)
    assert archive.blobs.contains(stays.blob_id)
    assert count(archive, objects.c.holder, gone.submission_id) == 0
    assert count(archive, components.c.record_id, gone.record_id) == 0
    assert state(archive, batch_id) is BatchState.ERASED


def test_erasing_goes_on_where_it_was_killed(archive, shredder, filed, monkeypatch):
    batch_id = decide(archive, shredder, [one.record_id for one in filed])
    delete = archive.blobs.delete

    def killed(*blob_ids: str) -> None:
        delete(*blob_ids[:2])
        raise KeyboardInterrupt

    monkeypatch.setattr(archive.blobs, "delete", killed)
    with pytest.raises(KeyboardInterrupt):
        shredder.erase(batch_id)
    monkeypatch.undo()
    again = open_again(archive.folder)
    Shredder(again).erase(batch_id)
    assert list(again.blobs.ids()) == []
    assert state(again, batch_id) is BatchState.ERASED
    again.close()


def test_erasing_again_changes_nothing(archive, shredder, filed):
    batch_id = decide(archive, shredder, [filed[0].record_id])
    finish(archive, shredder, batch_id)
    shredder.erase(batch_id)
    assert state(archive, batch_id) is BatchState.CONFIRMED


def test_a_batch_is_not_rolled_while_its_epoch_has_a_key(archive, shredder, filed):
    batch_id = decide(archive, shredder, [filed[0].record_id])
    shredder.erase(batch_id)
    with pytest.raises(Conflict, match="the key of epoch 1 is not destroyed yet"):
        shredder.mark_rolled(batch_id)
    assert state(archive, batch_id) is BatchState.ERASED


def test_an_epoch_whose_key_file_is_still_there_is_not_rolled(archive, shredder, filed):
    batch_id = decide(archive, shredder, [filed[0].record_id])
    shredder.erase(batch_id)
    file = archive.folder / "keys" / "epoch" / "1"
    content = file.read_bytes()
    Rotation(archive).roll(ACTOR)
    file.write_bytes(content)
    with pytest.raises(Conflict, match="the key of epoch 1 is not destroyed yet"):
        shredder.mark_rolled(batch_id)


def test_a_batch_is_confirmed_with_a_leaf_once_nothing_is_left(archive, shredder, filed):
    batch_id = decide(archive, shredder, [filed[0].record_id])
    position = finish(archive, shredder, batch_id)
    with archive.store.read() as connection:
        batch = read_batch(connection, batch_id)
        assert archive.ledger.event_at(connection, position).event.kind is EventKind.DESTRUCTION_CONFIRMED
    assert batch.state is BatchState.CONFIRMED
    assert batch.confirmed_position == position
    assert shredder.unfinished() == []
    assert shredder.remains(batch_id) == ()


def test_confirming_again_writes_no_second_leaf(archive, shredder, filed):
    batch_id = decide(archive, shredder, [filed[0].record_id])
    position = finish(archive, shredder, batch_id)
    assert shredder.confirm(batch_id, actor=ACTOR) == position
    assert kinds(archive, batch_id).count("destruction.confirmed") == 1


def test_an_unrolled_batch_is_not_confirmed(archive, shredder, filed):
    batch_id = decide(archive, shredder, [filed[0].record_id])
    shredder.erase(batch_id)
    with pytest.raises(Conflict, match="is only erased"):
        shredder.confirm(batch_id, actor=ACTOR)


def put_key_back(archive, filed, saved):
    with archive.store.write() as transaction:
        transaction.connection.execute(insert(wrapped_keys), [{**saved["key"], "epoch": transaction.epoch}])


def put_description_back(archive, filed, saved):
    with archive.store.write() as transaction:
        transaction.connection.execute(insert(descriptions), [saved["description"]])


def put_digest_back(archive, filed, saved):
    with archive.store.write() as transaction:
        transaction.connection.execute(insert(submission_digests), [saved["digest"]])


def put_envelope_back(archive, filed, saved):
    with archive.store.write() as transaction:
        change = update(submissions).where(submissions.c.id == filed.submission_id)
        transaction.connection.execute(change.values(sealed_envelope=b"sealed"))


def put_object_back(archive, filed, saved):
    path = archive.folder / "objects" / filed.blob_id[:2] / filed.blob_id
    path.write_bytes(b"sealed")


def put_state_back(archive, filed, saved):
    with archive.store.write() as transaction:
        change = update(records).where(records.c.id == filed.record_id)
        transaction.connection.execute(change.values(state="active"))


@pytest.mark.parametrize(
    ("put_back", "named"),
    [
        (put_key_back, "the key of sub_"),
        (put_description_back, "the description of rec_"),
        (put_digest_back, "the digest of sub_"),
        (put_envelope_back, "the envelope of sub_"),
        (put_object_back, "the object "),
        (put_state_back, "the active record rec_"),
    ],
)
def test_a_batch_of_which_anything_is_left_is_not_confirmed(archive, shredder, filed, put_back, named):
    gone = filed[0]
    with archive.store.read() as connection:
        saved = {
            name: dict(connection.execute(select(table).where(column == value)).one()._mapping)
            for name, table, column, value in (
                ("key", wrapped_keys, wrapped_keys.c.holder, gone.submission_id),
                ("description", descriptions, descriptions.c.record_id, gone.record_id),
                ("digest", submission_digests, submission_digests.c.submission_id, gone.submission_id),
            )
        }
    batch_id = decide(archive, shredder, [gone.record_id])
    shredder.erase(batch_id)
    Rotation(archive).roll(ACTOR)
    shredder.mark_rolled(batch_id)
    put_back(archive, gone, saved)
    assert [one.startswith(named) for one in shredder.remains(batch_id)] == [True]
    with pytest.raises(Conflict, match="is not complete: there is still " + named):
        shredder.confirm(batch_id, actor=ACTOR)
    assert state(archive, batch_id) is BatchState.ROLLED


def bring_back(archive, gone, saved) -> None:
    """What a restore of a database of before the destruction does to the rows."""
    with archive.store.write() as transaction:
        connection = transaction.connection
        for table in (destructions, destruction_batches):
            connection.execute(table.delete())
        change = update(records).where(records.c.id == gone.record_id)
        connection.execute(change.values(state="active"))
        change = update(submissions).where(submissions.c.id == gone.submission_id)
        connection.execute(change.values(sealed_envelope=saved["envelope"]))
        for table in (wrapped_keys, descriptions, submission_digests, objects, components):
            connection.execute(insert(table), [saved[table.name]])
    path = archive.folder / "objects" / gone.blob_id[:2] / gone.blob_id
    path.write_bytes(saved["object"])


def save(archive, gone):
    with archive.store.read() as connection:
        saved = {
            table.name: dict(connection.execute(select(table).where(column == value)).one()._mapping)
            for table, column, value in (
                (wrapped_keys, wrapped_keys.c.holder, gone.submission_id),
                (descriptions, descriptions.c.record_id, gone.record_id),
                (submission_digests, submission_digests.c.submission_id, gone.submission_id),
                (objects, objects.c.holder, gone.submission_id),
                (components, components.c.record_id, gone.record_id),
            )
        }
        query = select(submissions.c.sealed_envelope).where(submissions.c.id == gone.submission_id)
        saved["envelope"] = connection.execute(query).scalar_one()
    saved["object"] = archive.blobs.read(gone.blob_id)
    return saved


def test_what_a_restore_brought_back_is_destroyed_again_without_a_new_leaf(archive, shredder, filed):
    gone = filed[0]
    saved = save(archive, gone)
    batch_id = decide(archive, shredder, [gone.record_id])
    shredder.erase(batch_id)
    bring_back(archive, gone, saved)
    assert len(describe(archive, gone.record_id)) == 1
    before = kinds(archive, gone.record_id)
    for _ in range(2):
        with archive.store.write() as transaction:
            shredder.replay(transaction, [gone.record_id])
    assert describe(archive, gone.record_id) == []
    assert kinds(archive, gone.record_id) == before
    assert [one.id for one in shredder.unfinished()] == [batch_id]
    finish(archive, shredder, batch_id)
    assert shredder.remains(batch_id) == ()
    assert not archive.blobs.contains(gone.blob_id)


def test_a_restore_that_brought_back_only_the_deposit_destroys_it_too(archive, shredder, filed):
    gone = filed[0]
    saved = save(archive, gone)
    batch_id = decide(archive, shredder, [gone.record_id])
    shredder.erase(batch_id)
    bring_back(archive, gone, saved)
    with archive.store.write() as transaction:
        connection = transaction.connection
        for table, column in ((components, components.c.record_id), (descriptions, descriptions.c.record_id)):
            connection.execute(table.delete().where(column == gone.record_id))
        connection.execute(records.delete().where(records.c.id == gone.record_id))
        row = {"submission_id": gone.submission_id, "position": gone.position}
        connection.execute(insert(awaiting_examination), [row])
        connection.execute(update(submissions).where(submissions.c.id == gone.submission_id).values(outcome=None))
        shredder.replay(transaction, [gone.record_id])
    with archive.store.read() as connection:
        assert archive.submissions.awaiting(connection, limit=10) == []
        assert archive.submissions.get(connection, gone.submission_id).outcome == "archived"
        with pytest.raises(NotFound):
            archive.submissions.content(connection, gone.submission_id)
    finish(archive, shredder, batch_id)


def test_what_no_leaf_calls_destroyed_is_not_replayed(archive, shredder, filed):
    with pytest.raises(NotFound), archive.store.write() as transaction:
        shredder.replay(transaction, [filed[0].record_id])
    assert len(describe(archive, filed[0].record_id)) == 1


def test_a_record_tells_how_it_was_destroyed(archive, shredder, filed):
    batch_id = decide(archive, shredder, [filed[0].record_id])
    with archive.store.read() as connection:
        told = destruction_of(connection, filed[0].record_id)
        assert told is not None
        assert told.batch_id == batch_id
        assert destruction_of(connection, filed[1].record_id) is None


def test_a_rotation_that_read_a_key_before_its_destruction_does_not_bring_it_back(archive, shredder, filed):
    rotation = Rotation(archive)
    gone = filed[0]
    wrap, decided = archive.store.vault.wrap_row, []

    def wrap_then_destroy(key, epoch) -> object:
        wrapped = wrap(key, epoch)
        if key.holder == gone.submission_id and not decided:
            decided.append(decide(archive, shredder, [gone.record_id]))
        return wrapped

    archive.store.vault.wrap_row = wrap_then_destroy
    rotation.roll(ACTOR)
    assert decided
    assert count(archive, wrapped_keys.c.holder, gone.submission_id) == 0
    assert describe(archive, gone.record_id) == []
    assert len(describe(archive, filed[1].record_id)) == 1


def test_after_the_log_is_cut_it_is_empty(archive, filed):
    log = archive.folder / "archive.db-wal"
    assert log.stat().st_size > 0
    archive.store.truncate_log()
    assert log.stat().st_size == 0


def test_cutting_the_log_waits_for_a_reader_and_says_so(archive, filed):
    waits = []
    with archive.store.read() as connection:
        connection.execute(select(records)).all()
        file_one(archive, custodian(archive, "ben@district.example"), b"later")
        with pytest.raises(Exception, match="in use by a long reader"):
            archive.store.truncate_log(attempts=2, wait=waits.append)
    assert len(waits) == 1
    archive.store.truncate_log()
    assert (archive.folder / "archive.db-wal").stat().st_size == 0


def test_the_archive_verifies_after_a_destruction(archive, shredder, filed):
    batch_id = decide(archive, shredder, [one.record_id for one in filed[:2]])
    assert FixityCheck(archive).run().faults == []
    finish(archive, shredder, batch_id)
    archive.ledger.publish_checkpoint()
    report = FixityCheck(archive).run()
    assert report.faults == []
    assert report.records == 3
