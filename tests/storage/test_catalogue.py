"""Submissions and records come back as they went in, and only to whoever holds their key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import delete

from storage.columns import Moment
from storage.errors import Corrupt, NotFound
from storage.identifiers import Prefix, new_id
from storage.records import Channel, Outcome, RecordState
from storage.tables import records, wrapped_keys
from tests.storage.archives import ACTOR, NOON, custodian, file_one, open_again


@pytest.fixture
def owner(archive):
    return custodian(archive)


@pytest.mark.parametrize("payload", [b"", b"\x00\xff" * 9, b"From: a\n\nb\r\r\n", bytes(16384), bytes(70_000)])
def test_the_bytes_handed_in_come_back_exactly(archive, owner, payload):
    filed = file_one(archive, owner, payload)
    again = open_again(archive.folder)
    with again.store.read() as connection:
        assert again.submissions.content(connection, filed.submission_id) == payload
        assert again.submissions.get(connection, filed.submission_id).size == len(payload)
    again.close()


def test_a_submission_tells_its_facts_and_its_envelope(archive, owner):
    filed = file_one(archive, owner, b"x")
    with archive.store.read() as connection:
        submission = archive.submissions.get(connection, filed.submission_id)
        about = archive.submissions.envelopes(connection, [filed.submission_id])[filed.submission_id]
    assert (submission.outcome, submission.channel, submission.received_at) == (Outcome.ARCHIVED, Channel.CLI, NOON)
    assert (about.envelope.submitter, about.envelope.source, about.kind) == (
        "ada@district.example",
        "one.eml",
        "email",
    )


def test_a_record_is_described_as_it_was_read(archive, owner):
    filed = file_one(archive, owner, b"x", text="the text \U0001f68c")
    with archive.store.read() as connection:
        (one,) = archive.catalogue.describe(connection, [filed.record_id, "rec_unknown"])
    assert one.description.text == "the text \U0001f68c"
    assert one.description.original.subject == "Bus route 7"
    assert one.custodian.id == owner
    assert one.record.position == filed.record_position


def test_records_are_described_in_the_order_asked(archive, owner):
    ids = [file_one(archive, owner, b"%d" % number).record_id for number in range(4)]
    asked = [ids[2], ids[0], ids[3]]
    with archive.store.read() as connection:
        assert [one.record.id for one in archive.catalogue.describe(connection, asked)] == asked


def test_a_record_without_its_key_is_absent_and_its_bytes_are_not_found(archive, owner):
    filed = file_one(archive, owner, b"x")
    with archive.store.write() as transaction:
        transaction.connection.execute(delete(wrapped_keys).where(wrapped_keys.c.holder == filed.submission_id))
    with archive.store.read() as connection:
        assert archive.catalogue.describe(connection, [filed.record_id]) == []
        with pytest.raises(NotFound):
            archive.submissions.content(connection, filed.submission_id)
        assert archive.submissions.envelopes(connection, [filed.submission_id]) == {}


def test_a_missing_object_is_damage_and_not_absence(archive, owner):
    filed = file_one(archive, owner, b"x")
    archive.blobs.delete(filed.blob_id)
    with archive.store.read() as connection, pytest.raises(Corrupt, match="missing"):
        archive.submissions.content(connection, filed.submission_id)


def test_records_are_paged_in_order_of_their_ids(archive, owner):
    ids = sorted(file_one(archive, owner, b"%d" % number).record_id for number in range(5))
    with archive.store.read() as connection:
        first = archive.catalogue.page_records(connection, None, 3)
        second = archive.catalogue.page_records(connection, first[-1].id, 3)
        assert archive.catalogue.count(connection) == 5
        assert archive.catalogue.count(connection, RecordState.DESTROYED) == 0
    assert [one.id for one in (*first, *second)] == ids


def test_assigning_a_series_changes_nothing_else_and_leaves_a_leaf(archive, owner):
    filed = file_one(archive, owner, b"x")
    with archive.store.write() as transaction:
        archive.catalogue.assign_series(transaction, filed.record_id, "GS-1", actor=ACTOR, why="default rule")
    with archive.store.read() as connection:
        record = archive.catalogue.get(connection, filed.record_id)
        head = archive.ledger.head(connection).size
        payload = archive.ledger.payload(connection, head - 1)
    assert (record.series_id, record.captured_at, record.state) == ("GS-1", NOON, RecordState.ACTIVE)
    assert payload == {"series": "GS-1", "why": "default rule"}


@pytest.mark.parametrize("what", ["record", "submission"])
def test_what_is_unknown_is_not_found_by_its_id(archive, what):
    with archive.store.read() as connection, pytest.raises(NotFound) as caught:
        (archive.catalogue if what == "record" else archive.submissions).get(connection, "xxx_1")
    assert caught.value.fields == {what: "xxx_1"}


def test_the_digest_of_a_duplicate_depends_on_whose_and_where(archive):
    tags = {
        archive.submissions.tag(owner, channel, account, digest)
        for owner in (None, "cus_1", "cus_2")
        for channel in (Channel.CLI, Channel.SMTP)
        for account in ("cli", "imap-1")
        for digest in (bytes(32), bytes(31) + b"\x01")
    }
    assert len(tags) == 24


@pytest.mark.parametrize(
    "moment",
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1899, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2024, 5, 6, 7, 8, 9, 10, tzinfo=timezone(timedelta(hours=-8))),
    ],
)
def test_a_moment_is_stored_exactly(moment):
    stored = Moment().process_bind_param(moment, None)
    assert isinstance(stored, int)
    assert Moment().process_result_value(stored, None) == moment


def test_a_naive_moment_is_not_stored():
    with pytest.raises(ValueError, match="aware"):
        Moment().process_bind_param(datetime(2024, 1, 1), None)  # noqa: DTZ001 - the naive time is the case


def test_captured_facts_have_no_update():
    public = {name for name in dir(records.c) if not name.startswith("_")}
    assert public
    names = [
        name for name in vars(__import__("storage.catalogue", fromlist=["x"]).Catalogue) if not name.startswith("_")
    ]
    assert [name for name in names if name.startswith(("update", "set", "change", "delete"))] == []


def test_identifiers_are_unique_and_sort_by_time():
    made = [new_id(Prefix.RECORD) for _ in range(2_000)]
    assert len(set(made)) == 2_000
    assert {len(one) for one in made} == {30}
    assert [one[:10] for one in made] == sorted(one[:10] for one in made)
