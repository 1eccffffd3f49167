"""What was read in a record's pictures is added version by version, goes with the record, and is witnessed."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy import delete, select, update

from storage.destruction_rows import rows_left
from storage.destructions import destroyed_records
from storage.errors import Conflict, Corrupt, NotFound
from storage.events import EventKind
from storage.fixity import FixityCheck
from storage.rotation import Rotation
from storage.tables import ledger_leaves
from storage.transcription import TextSource
from storage.transcription_tables import awaiting_reading, transcriptions
from storage.transcriptions import ReadingPriority
from tests.storage.archives import ACTOR
from tests.storage.shredding_steps import count, decide, finish
from tests.storage.transcribing import FULL, add_version, newest, version


def queue(archive, *wanted: tuple[str, ReadingPriority]) -> None:
    with archive.store.write() as transaction:
        archive.transcriptions.queue(transaction, wanted)


def next_id(archive, up_to=ReadingPriority.CONVERSATION, custodian_id=None) -> str | None:
    with archive.store.read() as connection:
        found = archive.transcriptions.next_waiting(connection, up_to=up_to, custodian_id=custodian_id)
    return None if found is None else found.record_id


def faults(archive) -> list[str]:
    return [one.detail for one in FixityCheck(archive).run().faults]


def test_the_newest_version_is_the_one_that_is_opened(archive, filed):
    record_id = filed[0].record_id
    add_version(archive, version(record_id, 1, "first"))
    add_version(archive, version(record_id, 2, "second"))
    assert newest(archive, record_id).text == "second"
    assert newest(archive, filed[1].record_id) is None
    with archive.store.read() as connection:
        assert archive.transcriptions.version(connection, record_id, 1).text == "first"
        assert [one.number for one in archive.transcriptions.versions(connection, record_id)] == [1, 2]
        with pytest.raises(NotFound):
            archive.transcriptions.version(connection, record_id, 3)


def test_the_leaf_names_record_and_digest_and_nothing_that_was_read(archive, filed):
    record_id = filed[0].record_id
    position = add_version(archive, version(record_id, text="Zanzibar", author="Dana Quill"))
    with archive.store.read() as connection:
        event = archive.ledger.event_at(connection, position).event
        leaf = connection.execute(select(ledger_leaves.c.leaf).where(ledger_leaves.c.position == position)).scalar()
        payload = archive.ledger.payload(connection, position)
    assert (event.kind, event.subjects) == (EventKind.RECORD_TRANSCRIBED, (record_id,))
    assert len(event.blobs) == 1
    assert b"Zanzibar" not in leaf
    assert b"Quill" not in leaf
    assert payload == {"version": 1, "source": "engine", "author": "Dana Quill"}


@pytest.mark.parametrize("number", [1, 3])
def test_a_version_that_is_not_the_next_one_is_refused(archive, filed, number):
    record_id = filed[0].record_id
    add_version(archive, version(record_id))
    with pytest.raises(Conflict, match="added meanwhile"):
        add_version(archive, version(record_id, number))
    assert newest(archive, record_id).number == 1


def test_an_engine_adds_nothing_on_top_of_what_a_person_said(archive, filed):
    record_id = filed[0].record_id
    add_version(archive, version(record_id))
    add_version(archive, version(record_id, 2, "mine", source=TextSource.PERSON, author="Dana"))
    with pytest.raises(Conflict, match="a person said"):
        add_version(archive, version(record_id, 3))
    add_version(archive, version(record_id, 3, "mine again", source=TextSource.PERSON, author="Dana"))
    assert newest(archive, record_id).text == "mine again"


def test_a_version_moved_to_another_record_or_number_does_not_open(archive, filed):
    first, second = filed[0].record_id, filed[1].record_id
    add_version(archive, version(first))
    add_version(archive, version(second))
    with archive.store.write() as transaction:
        sealed = select(transcriptions.c.sealed_transcription).where(transcriptions.c.record_id == first)
        stolen = transaction.connection.execute(sealed).scalar_one()
        mine = update(transcriptions).where(transcriptions.c.record_id == second)
        transaction.connection.execute(mine.values(sealed_transcription=stolen))
    with archive.store.read() as connection, pytest.raises(Corrupt):
        archive.transcriptions.latest(connection, [second])


def test_a_version_takes_its_record_off_the_queue(archive, filed):
    one, other = filed[0].record_id, filed[1].record_id
    queue(archive, (one, ReadingPriority.HANDED_IN), (other, ReadingPriority.HANDED_IN))
    add_version(archive, version(one))
    assert next_id(archive) == other


def test_the_most_urgent_comes_first_and_queueing_again_changes_nothing(archive, filed):
    ids = [one.record_id for one in filed]
    queue(archive, (ids[0], ReadingPriority.CONVERSATION), (ids[1], ReadingPriority.MAIL))
    queue(archive, (ids[2], ReadingPriority.HANDED_IN), (ids[1], ReadingPriority.HANDED_IN))
    assert next_id(archive) == ids[2]
    with archive.store.write() as transaction:
        archive.transcriptions.unqueue(transaction, ids[2])
    assert next_id(archive) == ids[1]
    assert next_id(archive, up_to=ReadingPriority.HANDED_IN) is None
    with archive.store.read() as connection:
        backlog = archive.transcriptions.backlog(connection)
    assert [backlog[one] for one in ReadingPriority] == [0, 1, 1]


def test_destroying_a_record_takes_its_versions_and_its_place_in_the_queue(archive, shredder, filed):
    gone, stays = filed[0].record_id, filed[1].record_id
    for record_id in (gone, stays):
        queue(archive, (record_id, ReadingPriority.HANDED_IN))
        position = add_version(archive, version(record_id, author="Dana Quill"))
        queue(archive, (record_id, ReadingPriority.HANDED_IN))
    with archive.store.read() as connection:
        about = archive.ledger.events_about(connection, [gone])
    spoken = next(one.position for one in about if one.event.kind is EventKind.RECORD_TRANSCRIBED)
    batch_id = decide(archive, shredder, [gone])
    assert count(archive, transcriptions.c.record_id, gone) == 0
    assert count(archive, awaiting_reading.c.record_id, gone) == 0
    assert newest(archive, stays) is not None
    with archive.store.read() as connection:
        assert archive.ledger.payload(connection, spoken) is None
        assert archive.ledger.payload(connection, position) is not None
    finish(archive, shredder, batch_id)
    assert faults(archive) == []


def test_what_is_left_of_a_destroyed_records_versions_is_named(archive, shredder, filed):
    gone = filed[0].record_id
    add_version(archive, version(gone))
    with archive.store.read() as connection:
        row = connection.execute(select(transcriptions).where(transcriptions.c.record_id == gone)).one()
    batch_id = decide(archive, shredder, [gone])
    with archive.store.write() as transaction:
        transaction.connection.execute(transcriptions.insert(), [row._asdict()])
        queued = {"record_id": gone, "priority": 0, "attempts": 0, "since": transaction.at}
        transaction.connection.execute(awaiting_reading.insert(), [queued])
    with archive.store.read() as connection:
        left = rows_left(connection, destroyed_records(connection, batch_id))
    assert f"a transcription of {gone}" in left
    assert f"a place in the queue of pictures of {gone}" in left


def test_a_destroyed_record_gets_no_further_version(archive, shredder, filed):
    gone = filed[0].record_id
    with archive.store.read() as connection:
        key = archive.transcriptions.key_of(connection, gone)
    prepared = archive.transcriptions.prepare(version(gone), key=key, epoch=archive.store.current_epoch(), actor=ACTOR)
    decide(archive, shredder, [gone])
    with pytest.raises(NotFound), archive.store.write() as transaction:
        archive.transcriptions.add(transaction, prepared)
    with archive.store.read() as connection, pytest.raises(NotFound):
        archive.transcriptions.key_of(connection, gone)
    assert count(archive, transcriptions.c.record_id, gone) == 0


def test_a_rotation_keeps_every_version(archive, filed):
    record_id = filed[0].record_id
    add_version(archive, version(record_id))
    Rotation(archive).roll(ACTOR)
    assert newest(archive, record_id).text == "read words"
    assert faults(archive) == []


def test_verify_finds_nothing_wrong_with_versions_that_are_whole(archive, filed):
    add_version(archive, version(filed[0].record_id))
    add_version(archive, dataclasses.replace(FULL, record_id=filed[1].record_id, number=1))
    assert faults(archive) == []


def test_verify_names_a_version_that_is_gone(archive, filed):
    record_id = filed[0].record_id
    position = add_version(archive, version(record_id))
    with archive.store.write() as transaction:
        transaction.connection.execute(delete(transcriptions))
    assert faults(archive) == [f"the version that leaf {position} names is not there"]


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("sealed_transcription", b"PRAR", "not the one that its leaf names"),
        ("number", 7, "number, time or source"),
        ("source", "person", "number, time or source"),
        ("position", 1, "no ledger leaf names it"),
    ],
)
def test_verify_names_a_version_that_was_changed(archive, filed, column, value, told):
    add_version(archive, version(filed[0].record_id))
    with archive.store.write() as transaction:
        transaction.connection.execute(update(transcriptions).values({column: value}))
    assert any(told in one for one in faults(archive))
