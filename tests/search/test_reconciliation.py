"""The catalogue against the index: what is missing, surplus or older is found, mended and said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from search.coverage import Missing, list_missing
from search.index_set import Indexes
from search.reconciliation import Reconciliation, last_reconciled
from storage.events import EventKind
from storage.records import RecordState
from tests.search.building import document, parse

ACTOR = "service:clock"


@pytest.fixture
def indexes(archive, writer):
    opened = Indexes(archive)
    yield opened
    opened.close()


@pytest.fixture
def ids(writer, indexes):
    made = writer.archive_texts("roof one", "roof two", "roof three", "roof four")
    indexes.follower().catch_up()
    return made


@pytest.fixture
def reconciliation(archive, indexes):
    return Reconciliation(archive, indexes.index(), indexes.follower())


def counted(found) -> tuple[int, ...]:
    return (found.records, found.missing, found.surplus, found.older, found.unreadable)


def roofs(indexes) -> list[str]:
    return sorted(indexes.index().ids(parse("roof")))


def test_where_both_agree_nothing_is_found_and_the_event_says_so(archive, ids, reconciliation):
    found = reconciliation.run(actor=ACTOR)
    assert counted(found) == (4, 0, 0, 0, 0)
    assert found.clean
    assert last_reconciled(archive, "fts") == found
    with archive.store.read() as connection:
        (event,) = archive.ledger.events_after(connection, -1, kinds=(EventKind.INDEX_RECONCILED,))
    assert event.event.subjects == ()


def test_a_missing_record_is_read_again(indexes, ids, reconciliation):
    indexes.index().remove(ids[:2], 0)
    found = reconciliation.run(actor=ACTOR)
    assert counted(found) == (4, 2, 0, 0, 0)
    assert found.clean
    assert roofs(indexes) == sorted(ids)


def test_a_document_of_no_record_is_taken_out(indexes, ids, reconciliation):
    indexes.index().add([document(77, text="roof")], 0)
    assert counted(reconciliation.run(actor=ACTOR)) == (4, 0, 1, 0, 0)
    assert roofs(indexes) == sorted(ids)


def test_a_document_of_a_record_that_is_active_no_more_is_taken_out(archive, indexes, ids, reconciliation):
    with archive.store.write() as transaction:
        transaction.connection.exec_driver_sql(
            "UPDATE records SET state = ? WHERE id = ?", (RecordState.DESTROYED.value, ids[0])
        )
    assert counted(reconciliation.run(actor=ACTOR)) == (3, 0, 1, 0, 0)
    assert roofs(indexes) == sorted(ids[1:])


@pytest.mark.parametrize("position", [0, 1_000_000], ids=["older", "of a ledger that is no more"])
def test_a_document_of_another_position_is_read_again(archive, indexes, writer, ids, reconciliation, position):
    index = indexes.index()
    with archive.store.read() as connection:
        (described,) = archive.catalogue.describe(connection, [ids[0]])
    index.remove([ids[0]], 0)
    stale = document(1, text="cellar", position=position)
    index.add([replace(stale, record_id=described.record.id)], 0)
    assert counted(reconciliation.run(actor=ACTOR)) == (4, 0, 0, 1, 0)
    assert roofs(indexes) == sorted(ids)
    assert list(index.ids(parse("cellar"))) == []


def test_what_cannot_be_opened_stays_missing_and_is_told(archive, writer, indexes, ids, reconciliation):
    more = writer.archive_texts("roof five")
    writer.damage(more[0])
    indexes.follower().catch_up()
    found = reconciliation.run(actor=ACTOR)
    assert counted(found) == (5, 1, 0, 0, 1)
    assert not found.clean
    assert list(list_missing(archive, indexes.index().present())) == [(more[0], Missing.UNREADABLE)]
    assert last_reconciled(archive, "fts").unreadable == 1


def test_what_the_follower_has_not_come_to_is_no_finding_but_a_reason(archive, writer, indexes, ids, reconciliation):
    more = writer.archive_texts("roof five")
    assert counted(reconciliation.run(actor=ACTOR)) == (4, 0, 0, 0, 0)
    assert list(list_missing(archive, indexes.index().present())) == [(more[0], Missing.NOT_INDEXED)]


def test_a_look_alone_changes_nothing_and_is_no_event(archive, indexes, ids, reconciliation):
    indexes.index().remove(ids[:1], 0)
    found = reconciliation.run(actor=ACTOR, repair=False)
    assert counted(found) == (4, 1, 0, 0, 0)
    assert not found.clean
    assert roofs(indexes) == sorted(ids[1:])
    assert last_reconciled(archive, "fts") is None


def test_a_second_comparison_finds_nothing_to_do(indexes, ids, reconciliation):
    indexes.index().remove(ids[:2], 0)
    reconciliation.run(actor=ACTOR)
    assert counted(reconciliation.run(actor=ACTOR)) == (4, 0, 0, 0, 0)
