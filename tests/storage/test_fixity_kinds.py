"""What a check looks at beside a submission's bytes: columns, components, keys, lists, letters, destroyed records."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from storage import fixity_objects
from storage.blobs import SealedObject
from storage.events import EventKind
from storage.fixity import FixityCheck
from storage.fixity_report import SealedColumn
from storage.identifiers import Prefix, new_id
from storage.outbox import Letter, Outbox
from storage.rotation import Rotation
from storage.sealing import SealKind
from storage.shredding import Shredder
from storage.tables import (
    components,
    custodians,
    destruction_batches,
    destructions,
    epochs,
    ledger_payloads,
    ledger_subjects,
    losses,
    objects,
    outbox,
    records,
    submissions,
    wrapped_keys,
)
from tests.storage.archives import ACTOR, custodian, file_one, flip
from tests.storage.test_fixity import faults, flip_column, path_of, tamper

COUNT = 4
LATER = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def filled(archive):
    owner = custodian(archive)
    filed = [file_one(archive, owner, b"Subject: mail %d\r\n\r\ntext" % number) for number in range(COUNT)]
    archive.ledger.publish_checkpoint()
    return archive, filed


def add_component(archive, record_id, holder, plain):
    """A component that is an object of its own, under the holder's key, with the leaf that names it."""
    component_id = new_id(Prefix.COMPONENT)
    with archive.store.read() as connection:
        key = archive.store.holder_keys(connection, [holder])[holder]
    sealed = SealedObject.of(archive.store.vault.seal(key, SealKind.COMPONENT, component_id, plain))
    archive.blobs.write([sealed])
    row = {
        "blob_id": sealed.blob_id,
        "holder": holder,
        "object_id": component_id,
        "kind": SealKind.COMPONENT.value,
        "sealed_size": len(sealed.sealed),
        "plain_size": len(plain),
    }
    with archive.store.write() as transaction:
        transaction.connection.execute(insert(objects), [row])
        named = {"id": component_id, "record_id": record_id, "role": "rendition", "blob_id": sealed.blob_id}
        transaction.connection.execute(insert(components), [named])
    return component_id, sealed.blob_id


def destroy(archive, record_ids, *, confirm):
    shredder = Shredder(archive)
    with archive.store.write() as transaction:
        batch = shredder.decide(transaction, record_ids, ACTOR, {"why": "due"})
    shredder.erase(batch)
    if confirm:
        change = update(destruction_batches).where(destruction_batches.c.id == batch)
        tamper(archive, change.values(state="confirmed", confirmed_at=LATER, confirmed_position=1))
    return batch


def test_a_component_of_its_own_is_opened_and_counted(filled):
    archive, filed = filled
    _, blob_id = add_component(archive, filed[0].record_id, filed[0].submission_id, b"a rendition")
    report = FixityCheck(archive).run()
    assert report.objects == COUNT + 1
    # the leaf of the record names every component, and this one was slipped in afterwards
    assert [(one.kind, one.id) for one in report.faults] == [("ledger", filed[0].record_id)]
    path = path_of(archive, blob_id)
    path.write_bytes(flip(path.read_bytes()))
    assert ("component", filed[0].record_id) in faults(archive)
    path.unlink()
    found = FixityCheck(archive).run()
    assert [one.object for one in found.faults if one.kind == "component"] == [blob_id]


@pytest.mark.parametrize("changed", [{"holder": "sub_x"}, {"object_id": "sub_x"}, {"kind": 2}])
def test_an_object_row_that_says_another_owner_is_found(filled, changed):
    archive, filed = filled
    tamper(archive, update(objects).where(objects.c.blob_id == filed[1].blob_id).values(**changed))
    assert ("object", filed[1].record_id) in faults(archive)


@pytest.mark.parametrize("column", ["plain_size", "sealed_size"])
def test_an_object_row_with_another_size_is_found(filled, column):
    archive, filed = filled
    tamper(archive, update(objects).where(objects.c.blob_id == filed[1].blob_id).values({column: 7}))
    assert faults(archive) == [("object", filed[1].record_id)]


@pytest.mark.parametrize("changed", [{"channel": "smtp"}, {"received_at": LATER}])
def test_a_submission_whose_columns_are_not_what_was_deposited_is_found(filled, changed):
    archive, filed = filled
    tamper(archive, update(submissions).where(submissions.c.id == filed[2].submission_id).values(**changed))
    assert faults(archive) == [("submission", filed[2].submission_id)]


@pytest.mark.parametrize("table", [submissions, records])
def test_a_row_at_another_place_of_the_ledger_is_found(filled, table):
    archive, filed = filled
    mine = filed[2].submission_id if table is submissions else filed[2].record_id
    tamper(archive, update(table).where(table.c.id == mine).values(position=0))
    assert ("ledger", mine) in faults(archive)


def test_a_series_that_no_event_put_the_record_into_is_found(filled):
    archive, filed = filled
    with archive.store.write() as transaction:
        archive.catalogue.assign_series(transaction, filed[0].record_id, "S-1", actor="usr_x", why="rule")
        archive.catalogue.assign_series(transaction, filed[0].record_id, "S-2", actor="usr_x", why="rule")
    assert faults(archive) == []
    tamper(archive, update(records).where(records.c.id == filed[0].record_id).values(series_id="S-1"))
    assert faults(archive) == [("series", filed[0].record_id)]
    tamper(archive, update(records).where(records.c.id == filed[0].record_id).values(series_id="S-2"))
    tamper(archive, update(records).where(records.c.id == filed[1].record_id).values(series_id="S-2"))
    assert faults(archive) == [("series", filed[1].record_id)]


def test_a_key_without_a_holder_is_found(filled):
    archive, _ = filled
    vault = archive.store.vault
    for holder in (new_id(Prefix.RECORD), new_id(Prefix.EVENT), new_id(Prefix.CUSTODIAN)):
        wrapped = vault.wrap(vault.fresh(holder), 1)
        with archive.store.write() as transaction:
            transaction.keep_key(wrapped)
        assert ("key without holder", holder) in faults(archive)


def test_a_key_of_a_type_that_this_floor_does_not_know_is_not_judged(filled):
    archive, _ = filled
    vault = archive.store.vault
    with archive.store.write() as transaction:
        transaction.keep_key(vault.wrap(vault.fresh(new_id(Prefix.USER)), 1))
    assert faults(archive) == []


def test_columns_of_the_floors_above_are_opened_too(filled):
    archive, _ = filled
    further = SealedColumn(
        name="another", prefix="usr", holder=custodians.c.id, sealed=custodians.c.sealed_identity, kind=SealKind.USER
    )
    report = FixityCheck(archive, further=[further]).run()
    with archive.store.read() as connection:
        owner = connection.execute(select(custodians.c.id)).scalar_one()
    assert [(one.kind, one.id) for one in report.faults] == [("another", owner)]


def test_an_object_row_that_nobody_names_is_found(filled):
    archive, filed = filled
    stray = hashlib.sha256(b"stray").hexdigest()
    row = {
        "blob_id": stray,
        "holder": filed[0].submission_id,
        "object_id": "x",
        "kind": 1,
        "sealed_size": 1,
        "plain_size": 1,
    }
    tamper(archive, insert(objects).values(row))
    assert faults(archive) == [("object", filed[0].submission_id)]


def test_a_subject_that_is_not_listed_is_found(filled):
    archive, filed = filled
    where = (ledger_subjects.c.subject == filed[0].record_id, ledger_subjects.c.position == filed[0].record_position)
    tamper(archive, delete(ledger_subjects).where(*where))
    assert faults(archive) == [("ledger", f"leaf {filed[0].record_position}")]


def test_a_subject_that_is_listed_and_none_is_found(filled):
    archive, filed = filled
    tamper(archive, insert(ledger_subjects).values(subject=filed[0].record_id, position=filed[3].position))
    assert faults(archive) == [("ledger", f"leaf {filed[3].position}")]


@pytest.mark.parametrize("what", ["row", "key"])
def test_a_payload_that_is_gone_without_a_destruction_is_found(filled, what):
    archive, filed = filled
    with archive.store.read() as connection:
        event = archive.ledger.event_at(connection, filed[0].position).event
    if what == "row":
        tamper(archive, delete(ledger_payloads).where(ledger_payloads.c.event_id == event.id))
        tamper(archive, delete(wrapped_keys).where(wrapped_keys.c.holder == event.id))
    else:
        tamper(archive, delete(wrapped_keys).where(wrapped_keys.c.holder == event.id))
    assert faults(archive) == [("payload", f"leaf {filed[0].position}")]


def test_a_letter_that_was_changed_is_found(filled):
    archive, _ = filled
    letter = Letter(kind="anchor", to="clerk@district.example", subject="Checkpoint", text="text")
    prepared = Outbox(archive.store).prepare(letter)
    with archive.store.write() as transaction:
        Outbox(archive.store).add(transaction, prepared)
    assert faults(archive) == []
    flip_column(archive, outbox.c.sealed_letter, outbox.c.id.is_not(None))
    assert [kind for kind, _ in faults(archive)] == ["letter"]


def test_a_missing_tile_is_found(filled):
    archive, _ = filled
    tiles = [path for path in (archive.folder / "ledger" / "tile").rglob("*") if path.is_file()]
    assert tiles
    tiles[0].write_bytes(flip(tiles[0].read_bytes()))
    assert {kind for kind, _ in faults(archive)} == {"tile"}


@pytest.mark.parametrize("confirm", [False, True])
def test_a_destroyed_record_is_no_fault_and_counted(filled, confirm):
    archive, filed = filled
    destroy(archive, [filed[0].record_id, filed[2].record_id], confirm=confirm)
    report = FixityCheck(archive).run()
    assert report.faults == []
    assert (report.records, report.destroyed, report.objects) == (COUNT - 2, 2, COUNT - 2)


def test_a_destroyed_record_whose_key_is_there_again_is_found(filled):
    archive, filed = filled
    mine = wrapped_keys.c.holder == filed[0].submission_id
    with archive.store.read() as connection:
        (row,) = connection.execute(select(wrapped_keys).where(mine)).all()
    destroy(archive, [filed[0].record_id], confirm=False)
    tamper(archive, insert(wrapped_keys).values(**row._mapping))
    assert faults(archive) == [("destroyed and still there", filed[0].record_id)]


def test_a_destroyed_record_whose_object_is_there_is_found_once_its_batch_is_confirmed(filled):
    archive, filed = filled
    path = path_of(archive, filed[0].blob_id)
    kept = path.read_bytes()
    batch = destroy(archive, [filed[0].record_id], confirm=False)
    path.write_bytes(kept)
    assert faults(archive) == []
    change = update(destruction_batches).where(destruction_batches.c.id == batch)
    tamper(archive, change.values(state="confirmed", confirmed_at=LATER, confirmed_position=1))
    assert faults(archive) == [("destroyed and still there", filed[0].record_id)]


def test_a_record_that_is_marked_as_destroyed_without_a_leaf_is_found(filled):
    archive, filed = filled
    tamper(archive, update(records).where(records.c.id == filed[0].record_id).values(state="destroyed"))
    assert ("destroyed", filed[0].record_id) in faults(archive)


def test_rows_of_a_destruction_that_no_leaf_says_do_not_excuse_a_lost_key(filled):
    archive, filed = filled
    one = filed[0]
    tamper(archive, delete(wrapped_keys).where(wrapped_keys.c.holder == one.submission_id))
    batch = {"id": "dst_x", "state": "decided", "epoch": 1, "position": 1, "decided_at": LATER}
    tamper(archive, insert(destruction_batches).values(batch))
    gone = {"record_id": one.record_id, "submission_id": one.submission_id, "batch_id": "dst_x", "position": 1}
    tamper(archive, insert(destructions).values(gone))
    tamper(archive, update(records).where(records.c.id == one.record_id).values(state="destroyed"))
    assert ("destroyed", one.record_id) in faults(archive)


def test_what_a_restore_declared_lost_is_counted_apart(filled):
    archive, filed = filled
    path_of(archive, filed[1].blob_id).unlink()
    path_of(archive, filed[2].blob_id).unlink()
    tamper(archive, insert(losses).values(subject=filed[1].record_id, position=1))
    report = FixityCheck(archive).run()
    assert [(one.kind, one.id) for one in report.faults] == [("object", filed[2].record_id)]
    assert report.declared == 1


def test_a_fault_names_object_and_record(filled):
    archive, filed = filled
    path_of(archive, filed[1].blob_id).unlink()
    (fault,) = FixityCheck(archive).run().faults
    assert (fault.object, fault.record) == (filed[1].blob_id, filed[1].record_id)
    assert set(fault.to_json()) == {"kind", "id", "detail", "object", "record"}


def test_a_large_object_is_checked_in_pieces(archive):
    owner = custodian(archive)
    payload = b"Subject: large\r\n\r\n" + bytes(range(256)) * 4_096 * 3
    filed = file_one(archive, owner, payload)
    report = FixityCheck(archive).run()
    assert (report.faults, report.bytes) == ([], len(payload))
    path = path_of(archive, filed.blob_id)
    whole = path.read_bytes()
    for at in (3, 40, 100, 1 << 19, len(whole) - 1):
        path.write_bytes(flip(whole, at))
        (fault,) = FixityCheck(archive).run().faults
        assert (fault.kind, fault.record) == ("object", filed.record_id)
        assert "is not what was written" in fault.detail


def test_a_rotation_between_reading_and_opening_is_no_fault(filled, monkeypatch):
    archive, _ = filled
    rolled = []

    def roll_once(*arguments: Any) -> Any:
        bundles = original(*arguments)
        if bundles and not rolled:
            rolled.append(Rotation(archive).roll(ACTOR))
        return bundles

    original = fixity_objects.read_bundles
    monkeypatch.setattr(fixity_objects, "read_bundles", roll_once)
    report = FixityCheck(archive).run()
    assert rolled
    assert rolled[0].destroyed
    assert (report.faults, report.objects, report.records) == ([], COUNT, COUNT)
    with archive.store.read() as connection:
        assert connection.execute(select(epochs.c.number).where(epochs.c.state == "current")).scalar_one() > 1


def test_a_destruction_between_reading_and_opening_is_no_fault(filled, monkeypatch):
    archive, filed = filled
    done = []
    original = fixity_objects.check_object

    def destroy_first(*arguments: Any) -> Any:
        if not done:
            done.append(destroy(archive, [filed[0].record_id], confirm=False))
        return original(*arguments)

    monkeypatch.setattr(fixity_objects, "check_object", destroy_first)
    report = FixityCheck(archive).run()
    assert done
    assert report.faults == []


def test_an_event_of_every_kind_that_the_store_writes_is_witnessed_without_fault(filled):
    archive, filed = filled
    with archive.store.write() as transaction:
        for kind in (EventKind.RECORD_VIEWED, EventKind.SEARCH_MADE, EventKind.FIXITY_CHECKED):
            transaction.append(kind, actor=ACTOR, subjects=(filed[0].record_id,), payload={"x": 1})
    assert faults(archive) == []
