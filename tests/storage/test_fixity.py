"""Whatever is changed in an archive, the walk finds it, names the record, and goes on."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, insert, select, text, update

from storage.blobs import SealedObject
from storage.fixity import FixityCheck
from storage.tables import (
    awaiting_examination,
    components,
    custodian_addresses,
    custodians,
    descriptions,
    ledger_leaves,
    ledger_payloads,
    objects,
    records,
    submission_digests,
    submissions,
    wrapped_keys,
)
from tests.storage.archives import custodian, file_one, flip, open_again

COUNT = 4


@pytest.fixture
def filled(archive):
    owner = custodian(archive)
    filed = [file_one(archive, owner, b"Subject: mail %d\r\n\r\ntext" % number) for number in range(COUNT)]
    archive.ledger.publish_checkpoint()
    return archive, filed


def faults(archive):
    return [(fault.kind, fault.id) for fault in FixityCheck(archive).run().faults]


def tamper(archive, statement):
    with archive.store.write() as transaction:
        transaction.connection.execute(statement)


def flip_column(archive, column, where, at=-1):
    with archive.store.write() as transaction:
        content = transaction.connection.execute(select(column).where(where)).scalar_one()
        transaction.connection.execute(update(column.table).where(where).values({column.name: flip(content, at)}))


def path_of(archive, blob_id):
    return archive.blobs._path(blob_id)


def test_a_whole_archive_is_clean_and_counted(filled):
    archive, _ = filled
    seen = []
    report = FixityCheck(archive, lambda done, total: seen.append((done, total))).run()
    assert report.faults == []
    assert (report.records, report.objects, report.orphans) == (COUNT, COUNT, 0)
    assert report.bytes == COUNT * len(b"Subject: mail 0\r\n\r\ntext")
    assert report.checkpoint.encode() == archive.ledger.published_checkpoint()
    assert seen[0][0] == COUNT
    assert seen[-1][0] == seen[-1][1] == COUNT + report.ledger_size
    with archive.store.read() as connection:
        head = archive.ledger.head(connection)
    assert (report.ledger_size, report.ledger_root) == (head.size, head.root().hex())


def test_the_report_has_the_members_of_the_contract(filled):
    archive, _ = filled
    printed = FixityCheck(archive).run().to_json()
    assert set(printed) >= {"records", "objects", "bytes", "faults", "ledger"}
    assert set(printed["ledger"]) == {"size", "root", "checkpoint"}


@pytest.mark.parametrize("at", [0, 10, 45, 80, -1])
def test_one_flipped_bit_of_an_object_names_its_record(filled, at):
    archive, filed = filled
    path = path_of(archive, filed[1].blob_id)
    path.write_bytes(flip(path.read_bytes(), at))
    assert faults(archive) == [("object", filed[1].record_id)]


@pytest.mark.parametrize("content", [b"", b"short"])
def test_a_cut_object_names_its_record(filled, content):
    archive, filed = filled
    path_of(archive, filed[1].blob_id).write_bytes(content)
    assert faults(archive) == [("object", filed[1].record_id)]


def test_a_missing_object_names_its_record(filled):
    archive, filed = filled
    path_of(archive, filed[2].blob_id).unlink()
    report = FixityCheck(archive).run()
    assert [(one.kind, one.id) for one in report.faults] == [("object", filed[2].record_id)]
    assert "missing" in report.faults[0].detail
    assert report.objects == COUNT - 1


def test_an_object_that_the_disk_cannot_read_names_its_record(filled):
    archive, filed = filled
    path = path_of(archive, filed[2].blob_id)
    path.unlink()
    path.mkdir()
    assert faults(archive) == [("object", filed[2].record_id)]


def test_objects_that_no_row_names_are_counted_and_no_fault(filled):
    archive, _ = filled
    archive.blobs.write([SealedObject.of(b"left by a killed deposit %d" % number) for number in range(3)])
    report = FixityCheck(archive).run()
    assert (report.orphans, report.faults) == (3, [])


def test_a_stray_file_among_the_objects_does_no_harm(filled):
    archive, _ = filled
    (archive.folder / "objects" / "notes.txt").write_text("x")
    (archive.folder / "objects" / "zz").mkdir()
    (archive.folder / "objects" / "zz" / "notes.txt").write_text("x")
    assert faults(archive) == []


def test_a_flipped_bit_in_a_wrapped_key_names_the_record(filled):
    archive, filed = filled
    flip_column(archive, wrapped_keys.c.wrapped, wrapped_keys.c.holder == filed[0].submission_id)
    assert set(faults(archive)) == {("key", filed[0].record_id)}


def test_a_missing_wrapped_key_names_the_record(filled):
    archive, filed = filled
    tamper(archive, delete(wrapped_keys).where(wrapped_keys.c.holder == filed[0].submission_id))
    assert set(faults(archive)) == {("key", filed[0].record_id)}


def test_exchanged_keys_name_both_records(filled):
    archive, filed = filled
    with archive.store.write() as transaction:
        connection = transaction.connection
        chosen = [filed[0].submission_id, filed[1].submission_id]
        rows = connection.execute(select(wrapped_keys).where(wrapped_keys.c.holder.in_(chosen))).all()
        for row, other in zip(rows, reversed(rows), strict=True):
            where = wrapped_keys.c.holder == row.holder
            connection.execute(update(wrapped_keys).where(where).values(wrapped=other.wrapped))
    assert set(faults(archive)) == {("key", filed[0].record_id), ("key", filed[1].record_id)}


def test_a_flipped_bit_in_a_description_names_the_record(filled):
    archive, filed = filled
    flip_column(archive, descriptions.c.sealed_description, descriptions.c.record_id == filed[3].record_id)
    assert faults(archive) == [("description", filed[3].record_id), ("ledger", filed[3].record_id)]


@pytest.mark.parametrize(
    "changed",
    [
        {"channel": "smtp"},
        {"grade": "A"},
        {"sent_at": datetime(2001, 1, 1, tzinfo=UTC)},
        {"captured_at": datetime(2001, 1, 1, tzinfo=UTC)},
        {"grade": "Z"},
    ],
)
def test_captured_facts_that_were_edited_in_the_database_are_found(filled, changed):
    archive, filed = filled
    tamper(archive, update(records).where(records.c.id == filed[2].record_id).values(**changed))
    assert faults(archive) == [("facts", filed[2].record_id)]


def test_a_series_may_change_by_an_act_of_its_own(filled):
    archive, filed = filled
    with archive.store.write() as transaction:
        archive.catalogue.assign_series(transaction, filed[2].record_id, "S-1", actor="usr_x", why="relabelled")
    assert faults(archive) == []


def test_a_description_of_another_record_names_the_record(filled):
    archive, filed = filled
    with archive.store.write() as transaction:
        other = select(descriptions.c.sealed_description).where(descriptions.c.record_id == filed[0].record_id)
        value = transaction.connection.execute(other).scalar_one()
        change = (
            update(descriptions).where(descriptions.c.record_id == filed[3].record_id).values(sealed_description=value)
        )
        transaction.connection.execute(change)
    assert ("description", filed[3].record_id) in faults(archive)


def test_a_missing_description_names_the_record(filled):
    archive, filed = filled
    tamper(archive, delete(descriptions).where(descriptions.c.record_id == filed[3].record_id))
    assert set(faults(archive)) == {("description", filed[3].record_id)}


def test_a_flipped_bit_in_an_envelope_names_the_record(filled):
    archive, filed = filled
    flip_column(archive, submissions.c.sealed_envelope, submissions.c.id == filed[3].submission_id)
    assert faults(archive) == [("object", filed[3].record_id)]


@pytest.mark.parametrize("whose", ["position", "record_position"])
def test_a_flipped_bit_in_a_leaf_names_the_record_and_the_leaf(filled, whose):
    archive, filed = filled
    position = getattr(filed[1], whose)
    flip_column(archive, ledger_leaves.c.leaf, ledger_leaves.c.position == position, at=0)
    found = faults(archive)
    assert ("ledger", filed[1].record_id) in found
    assert ("ledger", f"leaf {position}") in found


def test_a_leaf_listed_as_another_kind_is_found(filled):
    archive, filed = filled
    where = ledger_leaves.c.position == filed[1].record_position
    tamper(archive, update(ledger_leaves).where(where).values(kind="record.viewed"))
    assert faults(archive) == [("ledger", f"leaf {filed[1].record_position}")]


def test_a_flipped_bit_in_a_payload_names_the_leaf(filled):
    archive, filed = filled
    flip_column(archive, ledger_payloads.c.sealed_payload, ledger_payloads.c.position == filed[1].position)
    assert faults(archive) == [("payload", f"leaf {filed[1].position}")]


def test_a_flipped_bit_in_a_custodian_names_the_custodian(archive):
    owner = custodian(archive)
    flip_column(archive, custodians.c.sealed_identity, custodians.c.id == owner)
    assert faults(archive) == [("custodian", owner)]


def test_a_custodian_without_key_is_named(archive):
    owner = custodian(archive)
    tamper(archive, delete(wrapped_keys).where(wrapped_keys.c.holder == owner))
    assert faults(archive) == [("key", owner)]


def test_a_changed_published_checkpoint_is_found(filled):
    archive, _ = filled
    path = archive.folder / "ledger" / "checkpoint"
    path.write_bytes(flip(path.read_bytes(), 20))
    assert faults(archive) == [("ledger", "leaf 0")]


def test_a_deleted_record_is_missed_though_nothing_else_names_it(filled):
    archive, filed = filled
    tamper(archive, delete(components).where(components.c.record_id == filed[1].record_id))
    tamper(archive, delete(descriptions).where(descriptions.c.record_id == filed[1].record_id))
    tamper(archive, delete(records).where(records.c.id == filed[1].record_id))
    assert faults(archive) == [("missing", filed[1].record_id)]


def test_a_deleted_submission_is_missed_with_its_record(filled):
    archive, filed = filled
    one = filed[1]
    for statement in (
        delete(components).where(components.c.record_id == one.record_id),
        delete(descriptions).where(descriptions.c.record_id == one.record_id),
        delete(records).where(records.c.id == one.record_id),
        delete(submission_digests).where(submission_digests.c.submission_id == one.submission_id),
        delete(objects).where(objects.c.blob_id == one.blob_id),
        delete(submissions).where(submissions.c.id == one.submission_id),
    ):
        tamper(archive, statement)
    report = FixityCheck(archive).run()
    found = [(fault.kind, fault.id) for fault in report.faults]
    assert set(found) == {
        ("missing", one.submission_id),
        ("missing", one.record_id),
        ("key without holder", one.submission_id),
    }
    assert report.orphans == 1


def test_a_submission_that_nobody_would_ever_examine_is_found(filled):
    archive, filed = filled
    where = submissions.c.id == filed[0].submission_id
    tamper(archive, update(submissions).where(where).values(outcome=None))
    assert faults(archive) == [("queue", filed[0].submission_id)]
    row = {"submission_id": filed[0].submission_id, "position": filed[0].position}
    tamper(archive, insert(awaiting_examination).values(**row))
    assert faults(archive) == []


def test_several_faults_are_all_found_in_one_walk(filled):
    archive, filed = filled
    path_of(archive, filed[0].blob_id).unlink()
    flip_column(archive, descriptions.c.sealed_description, descriptions.c.record_id == filed[1].record_id)
    flip_column(archive, ledger_payloads.c.sealed_payload, ledger_payloads.c.position == filed[2].position)
    assert {fault_id for _, fault_id in faults(archive)} == {
        filed[0].record_id,
        filed[1].record_id,
        f"leaf {filed[2].position}",
    }


def test_a_sample_checks_so_many_and_the_whole_ledger(filled):
    archive, _ = filled
    report = FixityCheck(archive).run(sample=2)
    assert (report.objects, report.records, report.orphans) == (2, 2, 0)
    with archive.store.read() as connection:
        assert report.ledger_size == archive.ledger.head(connection).size


def damage(archive, table):
    """Flip a bit in the root page of a table's tree, and open the archive again."""
    with archive.store.read() as connection:
        root = text("SELECT rootpage FROM sqlite_master WHERE name = :name")
        page = connection.execute(root, {"name": table}).scalar_one()
    archive.close()
    path = archive.folder / "archive.db"
    path.write_bytes(flip(path.read_bytes(), (page - 1) * 4096 + 100))
    return open_again(archive.folder)


def test_a_damaged_database_page_ends_what_needs_it_and_the_rest_goes_on(filled):
    archive, filed = filled
    path_of(archive, filed[1].blob_id).unlink()
    flip_column(archive, custodians.c.sealed_identity, custodians.c.id.is_not(None))
    reopened = damage(archive, "ledger_subjects")
    report = FixityCheck(reopened).run()
    reopened.close()
    kinds = [fault.kind for fault in report.faults]
    assert set(kinds) == {"custodian", "database", "object"}
    assert report.objects == COUNT - 1
    assert report.ledger_size > 0


def test_a_damaged_root_page_of_the_submissions_is_a_fault_and_no_crash(filled):
    archive, _ = filled
    reopened = damage(archive, "submissions")
    report = FixityCheck(reopened).run()
    reopened.close()
    assert {fault.kind for fault in report.faults} == {"database"}
    assert report.objects == 0
    assert report.ledger_size > 0


def test_no_fault_says_anything_of_the_content(filled):
    archive, filed = filled
    for one in filed:
        path = path_of(archive, one.blob_id)
        path.write_bytes(flip(path.read_bytes()))
        flip_column(archive, descriptions.c.sealed_description, descriptions.c.record_id == one.record_id)
    said = repr(FixityCheck(archive).run().faults)
    assert "Bus route" not in said
    assert "parent@home.example" not in said


def test_addresses_stand_nowhere_in_plain_columns(filled):
    archive, _ = filled
    with archive.store.read() as connection:
        rows = [*connection.execute(select(custodian_addresses)), *connection.execute(select(custodians))]
    stored = repr(rows)  # long enough a needle not to turn up in random bytes by chance
    assert "district.example" not in stored
    assert "home.example" not in stored
