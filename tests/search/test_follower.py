from __future__ import annotations

import fcntl

import pytest

from search.follower import FOLLOWED, Coverage, Follower
from search.memory_index import MemoryIndex
from storage.errors import TemporarilyUnavailable
from storage.events import EventKind
from storage.people import NobodyKnown
from storage.records import Party
from tests.search.building import parse


def total(index, query: str) -> int:
    return index.search(parse(query), limit=1).total


def test_everything_archived_is_found_after_catching_up(archive, writer):
    writer.archive_texts("roof one", "roof two", "bus")
    index = MemoryIndex()
    coverage = Follower(archive, index).catch_up()
    assert coverage == Coverage(records=3, indexed=3, unsearchable=0, behind=0)
    assert coverage.complete
    assert total(index, "roof") == 2


@pytest.mark.parametrize("batch", [1, 2, 3, 100])
def test_batches_of_any_size_reach_the_ledgers_end(archive, writer, batch):
    writer.archive_texts(*(f"word{number}" for number in range(6)))
    index = MemoryIndex()
    assert Follower(archive, index, batch=batch).catch_up().complete
    with archive.store.read() as connection:
        assert index.position() == archive.ledger.head(connection).size - 1


def test_events_that_concern_no_record_are_passed_over(archive, writer):
    index = MemoryIndex()
    follower = Follower(archive, index)
    assert follower.follow_some() > 0
    assert follower.follow_some() == 0
    assert follower.coverage().behind == 0


def test_coverage_says_what_is_still_missing(archive, writer):
    index = MemoryIndex()
    follower = Follower(archive, index)
    follower.catch_up()
    writer.archive_texts("roof", "bus")
    assert follower.coverage() == Coverage(records=2, indexed=0, unsearchable=0, behind=4)
    assert not follower.coverage().complete


class Failing(MemoryIndex):
    """An index whose next additions fail, before or after they have taken effect."""

    def __init__(self, failures: list[str]) -> None:
        super().__init__()
        self.failures = failures

    def add(self, documents, position) -> None:
        failure = self.failures.pop() if self.failures else ""
        if failure == "before":
            raise TemporarilyUnavailable("the disk is away")
        super().add(documents, position)
        if failure == "after":
            raise TemporarilyUnavailable("the disk is away")


@pytest.mark.parametrize("failures", [["before"], ["after"], ["after", "before", "after"]])
def test_a_failed_step_is_repeated_and_loses_and_doubles_nothing(archive, writer, failures):
    ids = writer.archive_texts(*(f"roof{number} roof" for number in range(5)))
    index = Failing(list(failures))
    follower = Follower(archive, index, batch=2)
    for _ in failures:
        with pytest.raises(TemporarilyUnavailable):
            follower.catch_up()
    assert follower.catch_up().complete
    assert sorted(index.ids(parse("roof"))) == sorted(ids)


def test_a_damaged_record_stays_missing_and_the_others_are_found(archive, writer):
    ids = writer.archive_texts("roof one", "roof two", "roof three")
    writer.damage(ids[1])
    index = MemoryIndex()
    coverage = Follower(archive, index).catch_up()
    assert coverage == Coverage(records=3, indexed=2, unsearchable=0, behind=0)
    assert not coverage.complete
    assert sorted(index.ids(parse("roof"))) == sorted([ids[0], ids[2]])


def test_a_record_whose_key_is_gone_is_not_indexed(archive, writer):
    writer.archive_texts("roof one", "roof two")
    with archive.store.write() as transaction:
        transaction.connection.exec_driver_sql(
            "DELETE FROM wrapped_keys WHERE holder = (SELECT holder FROM records ORDER BY id LIMIT 1)"
        )
    index = MemoryIndex()
    Follower(archive, index).catch_up()
    assert total(index, "roof") == 1


def test_while_another_follower_works_this_one_waits_and_gives_up_in_time(archive, writer):
    writer.archive_texts("roof")
    index = MemoryIndex()
    now = [0.0]
    follower = Follower(
        archive, index, monotonic=lambda: now[0], wait=lambda seconds: now.__setitem__(0, now[0] + seconds)
    )
    with (archive.folder / "index" / "follower.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert follower.follow_some() == 0
        coverage = follower.catch_up(limit_seconds=1.0)
    assert coverage.indexed == 0
    assert now[0] == pytest.approx(1.0, abs=0.05)
    assert follower.catch_up(limit_seconds=1.0).complete


def test_progress_is_told_until_the_end(archive, writer):
    writer.archive_texts("a", "b", "c")
    told: list[tuple[int, int]] = []
    Follower(archive, MemoryIndex(), batch=1).catch_up(progress=lambda at, goal: told.append((at, goal)))
    assert told == sorted(told)
    assert told[-1][0] == told[-1][1]


def test_a_full_batch_says_that_there_may_be_more_and_a_part_of_one_that_there_is_none(archive, writer):
    follower = Follower(archive, MemoryIndex(), batch=2)
    follower.catch_up()
    writer.archive_texts("roof one", "roof two", "bus")
    assert follower.follow_batch()
    assert not follower.follow_batch()
    assert follower.coverage().complete


class Learned(NobodyKnown):
    """Whoever is named in any record turned out to be Kim Sorensen, at the addition of a custodian."""

    def __init__(self, ids) -> None:
        self.ids = ids
        self.asked = 0

    def known(self, connection, described):
        del connection
        return {one.record.id: {"kim": (Party(name="Kim Sorensen", address="kim@club.example"),)} for one in described}

    def touched_by(self, connection, events):
        del connection
        self.asked += len(events)
        return self.ids


@pytest.mark.parametrize("batch", [1, 2, 100])
def test_where_it_is_learned_who_somebody_is_his_records_are_read_again_however_many(archive, writer, batch):
    ids = writer.archive_texts(*(f"roof{number}" for number in range(5)))
    index = MemoryIndex()
    Follower(archive, index).catch_up()
    assert total(index, "participant:sorensen") == 0
    with archive.store.write() as transaction:
        transaction.append(EventKind.CUSTODIAN_ADDED, actor="operator:test", subjects=("cus_2",))
    people = Learned(ids)
    assert Follower(archive, index, people=people, batch=batch).catch_up().complete
    assert (people.asked, total(index, "participant:sorensen"), index.counts().indexed) == (1, 5, 5)
    assert total(index, "correspondent:kim@club.example") == 5


def test_an_index_begun_now_reads_nothing_twice_for_what_was_learned_before(archive, writer):
    ids = writer.archive_texts("roof")
    with archive.store.write() as transaction:
        transaction.append(EventKind.CUSTODIAN_ADDED, actor="operator:test", subjects=("cus_2",))
    people, index = Learned(ids), MemoryIndex()
    follower = Follower(archive, index, people=people, batch=1)
    follower.catch_up()
    assert (people.asked, total(index, "participant:sorensen")) == (0, 1)
    with archive.store.write() as transaction:
        transaction.append(EventKind.CUSTODIAN_ADDED, actor="operator:test", subjects=("cus_3",))
    follower.catch_up()
    assert people.asked == 1


def test_whatever_may_change_what_is_found_of_a_record_is_followed():
    about = {kind for kind in EventKind if kind.value.startswith(("participant.", "record."))}
    changes_no_document = {
        EventKind.RECORD_VIEWED,
        EventKind.RECORD_EXPORTED,
        EventKind.RECORD_ASSIGNED,
        EventKind.RECORD_SUPERSEDED,
        EventKind.RECORD_DESTROYED,
        EventKind.RECORD_LINKED,
        EventKind.RECORD_UNLINKED,
        EventKind.SERIES_ADDED,
        EventKind.SERIES_ENDED,
    }
    of_custodians = {EventKind.CUSTODIAN_ADDED, EventKind.CUSTODIAN_CHANGED}
    assert about - changes_no_document | of_custodians == set(FOLLOWED)
