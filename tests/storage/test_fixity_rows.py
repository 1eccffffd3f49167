"""A check compares plain columns with what witnesses them, and tells where the database does not hold together."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, insert, text, update

from storage.database import open_encrypted
from storage.fixity import FixityCheck
from storage.shredding import Shredder
from storage.tables import archive as archive_table
from storage.tables import (
    components,
    custodian_addresses,
    destruction_batches,
    destructions,
    epochs,
    records,
    submissions,
)
from tests.storage.archives import ACTOR, custodian, file_one
from tests.storage.test_fixity import damage, faults, tamper


@pytest.fixture
def filled(archive):
    owner = custodian(archive)
    filed = [file_one(archive, owner, b"Subject: mail %d\r\n\r\ntext" % number) for number in range(3)]
    with archive.store.write() as transaction:
        batch = Shredder(archive).decide(transaction, [filed[2].record_id], ACTOR, {"why": "due"})
    Shredder(archive).erase(batch)
    archive.ledger.publish_checkpoint()
    assert faults(archive) == []
    return archive, filed, batch


def force(archive, statement, *values: str):
    """Write what the database's own rules would refuse."""
    connection = open_encrypted(archive.folder / "archive.db", archive.keyring.database_key)
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("PRAGMA ignore_check_constraints = ON")
    connection.execute(statement, values)
    connection.close()


@pytest.mark.parametrize("change", [{"zone": "UTC"}, {"test_clock": True}, {"id": "arc_other"}])
def test_an_archive_row_that_is_not_what_was_made_is_found(filled, change):
    archive, _, _ = filled
    tamper(archive, update(archive_table).values(**change))
    assert ("settings", "archive") in faults(archive)


def test_a_second_current_epoch_is_found(filled):
    archive, _, _ = filled
    tamper(archive, insert(epochs).values(number=7, state="current", created_at=datetime(2030, 1, 1, tzinfo=UTC)))
    assert ("settings", "epochs") in faults(archive)


def test_an_address_that_would_no_longer_be_found_is_named(filled):
    archive, _, _ = filled
    tamper(archive, update(custodian_addresses).values(tag=bytes(32)))
    assert [kind for kind, _ in faults(archive)] == ["custodian"]


def test_an_address_that_was_slipped_in_is_named(filled):
    archive, _, _ = filled
    owner = custodian(archive, "bo@district.example")
    tamper(archive, insert(custodian_addresses).values(tag=bytes(32), custodian_id=owner))
    assert faults(archive) == [("custodian", owner)]


def test_a_destroyed_record_at_another_leaf_is_found(filled):
    archive, filed, _ = filled
    tamper(archive, update(destructions).values(position=1))
    assert faults(archive) == [("destruction", filed[2].record_id)]


def test_a_destruction_at_another_leaf_is_found(filled):
    archive, _, batch = filled
    tamper(archive, update(destruction_batches).values(position=1))
    assert faults(archive) == [("destruction", batch)]


def test_a_record_of_an_unknown_state_is_named(filled):
    archive, filed, _ = filled
    force(archive, "UPDATE records SET state = 'aktive' WHERE id = ?", filed[0].record_id)
    found = faults(archive)
    assert ("facts", filed[0].record_id) in found
    assert ("database", "records") in found


@pytest.mark.parametrize("column", ["grade", "channel", "captured_at"])
def test_captured_facts_of_a_destroyed_record_are_compared_too(filled, column):
    archive, filed, _ = filled
    value = {"grade": "A", "channel": "smtp", "captured_at": datetime(2001, 1, 1, tzinfo=UTC)}[column]
    tamper(archive, update(records).where(records.c.id == filed[2].record_id).values({column: value}))
    assert faults(archive) == [("facts", filed[2].record_id)]


def test_a_record_that_was_moved_to_another_submission_is_named(filled):
    archive, filed, _ = filled
    mine = records.c.id == filed[0].record_id
    tamper(archive, update(records).where(mine).values(submission_id=filed[1].submission_id))
    assert ("facts", filed[0].record_id) in faults(archive)


def test_a_component_that_is_gone_is_named(filled):
    archive, filed, _ = filled
    tamper(archive, delete(components).where(components.c.record_id == filed[0].record_id))
    assert faults(archive) == [("component", filed[0].record_id)]


@pytest.mark.parametrize("change", [{"id": "cmp_other"}, {"role": "originql"}])
def test_a_component_that_the_description_does_not_have_is_named(filled, change):
    archive, filed, _ = filled
    tamper(archive, update(components).where(components.c.record_id == filed[0].record_id).values(**change))
    assert faults(archive) == [("component", filed[0].record_id)]


def test_a_submission_whose_row_names_another_object_is_named(filled):
    archive, filed, _ = filled
    mine = submissions.c.id == filed[2].submission_id  # destroyed: nobody opens its object any more
    tamper(archive, update(submissions).where(mine).values(blob_id="0" * 64))
    assert faults(archive) == [("submission", filed[2].submission_id)]


def test_a_row_that_names_one_that_is_not_there_is_told_without_its_content(filled):
    archive, _, _ = filled
    force(archive, "UPDATE submission_digests SET submission_id = 'sub_nobody'")
    (fault,) = [one for one in FixityCheck(archive).run().faults if one.kind == "database"]
    assert (fault.id, fault.detail) == ("submission_digests", "2 rows name a row of submissions that is not there")


def test_a_damaged_page_of_an_index_that_no_other_check_reads_is_found(filled):
    archive, _, _ = filled
    with archive.store.read() as connection:
        assert connection.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'ix_outbox_next_try'")).scalar() == 1
    reopened = damage(archive, "ix_outbox_next_try")
    found = faults(reopened)
    reopened.close()
    assert found == [("database", "outbox")]
