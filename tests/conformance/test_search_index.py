"""What `search.index.SearchIndex` promises, for every implementation."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from search.index import NOTHING_READ, IdScope, IndexCounts, Order
from search.naive_matcher import matches
from search.projection import project
from search.queries import Between, Clock, Fact, Is, Or, Words
from search.queries import Field as In
from storage.records import Channel, Party
from tests.search.building import document, generated_queries, generated_records, mail, parse

SEED = 20250409


def found(index, query, **options: Any):
    return list(index.search(parse(query), limit=1000, **options).ids)


def test_a_new_index_has_read_nothing_and_holds_nothing(index):
    assert index.position() == NOTHING_READ
    assert index.counts() == IndexCounts(0, 0)
    assert index.search(parse("anything"), limit=10).total == 0


def test_what_was_added_is_found_and_the_position_moved(index):
    index.add([document(1, text="the roof leaks")], 17)
    assert found(index, "roof") == ["rec_000001"]
    assert index.position() == 17


def test_adding_the_same_record_twice_gives_it_once(index):
    for _ in range(2):
        index.add([document(1, text="roof")], 1)
    assert index.search(parse("roof"), limit=10) == index.search(parse("roof"), limit=10)
    assert index.search(parse("roof"), limit=10).total == 1
    assert index.counts().indexed == 1


def test_a_record_twice_in_one_batch_is_kept_once_as_its_latest_version(index):
    index.add([document(1, text="new", position=5), document(1, text="old", position=4)], 5)
    assert found(index, "new") == ["rec_000001"]
    assert found(index, "old") == []


def test_a_later_version_replaces_an_earlier_one(index):
    index.add([document(1, text="first", position=1)], 1)
    index.add([document(1, text="second", position=2)], 2)
    assert found(index, "first") == []
    assert found(index, "second") == ["rec_000001"]


def test_an_earlier_version_does_not_replace_a_later_one(index):
    index.add([document(1, text="second", position=2)], 2)
    index.add([document(1, text="first", position=1)], 2)
    assert found(index, "second") == ["rec_000001"]
    assert found(index, "first") == []


def test_the_position_never_goes_back(index):
    index.add([], 9)
    index.add([document(1, text="roof")], 3)
    assert index.position() == 9


def test_a_removed_record_is_not_found_and_unknown_ids_are_harmless(index):
    index.add([document(1, text="roof"), document(2, text="roof")], 2)
    index.remove(["rec_000001", "rec_999999"], 3)
    assert found(index, "roof") == ["rec_000002"]
    assert found(index, "NOT nothing") == ["rec_000002"]
    assert index.position() == 3


def test_a_removed_record_can_be_added_again(index):
    index.add([document(1, text="roof")], 1)
    index.remove(["rec_000001"], 2)
    index.add([document(1, text="roof")], 3)
    assert found(index, "roof") == ["rec_000001"]


def test_results_are_newest_first_by_asserted_time_else_capture_then_by_id(index):
    march = datetime(2025, 3, 1, tzinfo=UTC)
    index.add(
        [
            document(3, text="x", sent_at=march),
            document(1, text="x"),
            document(2, text="x", sent_at=march),
            document(4, text="x", captured_at=datetime(2026, 1, 1, tzinfo=UTC)),
        ],
        4,
    )
    assert found(index, "x") == ["rec_000004", "rec_000001", "rec_000002", "rec_000003"]
    assert list(index.ids(parse("x"))) == found(index, "x")


def test_pages_join_to_the_whole_and_each_says_the_exact_total(index):
    index.add([document(number, text="x") for number in range(25)], 25)
    pages = [index.search(parse("x"), limit=10, offset=offset) for offset in (0, 10, 20, 30)]
    assert [page.total for page in pages] == [25] * 4
    assert [one for page in pages for one in page.ids] == list(index.ids(parse("x")))


def test_a_page_of_no_hits_still_counts(index):
    index.add([document(number, text="x") for number in range(5)], 5)
    page = index.search(parse("x"), limit=0)
    assert (page.total, page.ids) == (5, ())


def test_relevance_changes_the_order_and_nothing_else(index):
    index.add([document(1, text="roof " * 9), document(2, text="a roof and very many other words " * 9)], 2)
    by_rank = index.search(parse("roof"), limit=10, order=Order.RELEVANCE)
    assert by_rank.total == 2
    assert set(by_rank.ids) == set(found(index, "roof"))


@pytest.mark.parametrize("query", ["NOT x", "roof OR kind:email", "kind:email", "roof AND has:attachment", "-(a b)"])
def test_relevance_works_for_queries_that_are_not_only_words(index, query):
    index.add([document(1, text="roof", names=("a.pdf",)), document(2, text="a b"), document(3, text="x")], 3)
    by_rank = index.search(parse(query), limit=10, order=Order.RELEVANCE)
    assert sorted(by_rank.ids) == sorted(found(index, query))
    assert by_rank.total == len(by_rank.ids)


def test_a_scope_hides_from_totals_pages_and_ids(index):
    index.add([document(number, text="x") for number in range(6)], 6)
    only = IdScope(only=frozenset({"rec_000001", "rec_000002", "rec_000003"}), without=frozenset({"rec_000002"}))
    page = index.search(parse("x"), limit=10, allowed=only)
    assert (page.total, sorted(page.ids)) == (2, ["rec_000001", "rec_000003"])
    assert sorted(index.ids(parse("NOT y"), allowed=only)) == ["rec_000001", "rec_000003"]


def test_an_empty_scope_shows_nothing(index):
    index.add([document(1, text="x")], 1)
    assert index.search(parse("x"), limit=10, allowed=IdScope(only=frozenset())).total == 0


def test_records_with_unreadable_parts_are_counted(index):
    index.add([document(1), document(2, unsearchable=("attachment 1: encrypted",))], 2)
    assert index.counts() == IndexCounts(2, 1)


def test_a_phrase_does_not_go_from_one_recipient_to_the_next(index):
    people = [Party(name="Ana", address="a@x.example"), Party(name="Ben", address="b@x.example")]
    index.add([document(1, original=mail("s", people[0], people))], 1)
    assert found(index, 'to:"ana a"') == []
    assert found(index, 'to:"example ben"') == []
    assert found(index, "to:b@x.example") == ["rec_000001"]


def test_a_custodian_can_be_asked_for_by_id(index):
    index.add([document(1, text="x")], 1)
    assert index.search(Is(Fact.CUSTODIAN_ID, "cus_1"), limit=1).total == 1
    assert index.search(Is(Fact.CUSTODIAN_ID, "cus_2"), limit=1).total == 0


def test_a_record_is_found_by_its_id_its_submission_and_a_digest(index):
    index.add([document(7, names=("a.pdf",)), document(8, names=("b.pdf",))], 8)
    assert found(index, "id:rec_000007") == ["rec_000007"]
    assert found(index, "id:sub_000008") == ["rec_000008"]
    assert found(index, f"hash:{7:032x}{0:032x}") == ["rec_000007"]


def test_negation_of_a_fact_includes_records_without_it(index):
    index.add([document(1, platform="Signal"), document(2)], 2)
    assert found(index, "platform:signal") == ["rec_000001"]
    assert found(index, "NOT platform:signal") == ["rec_000002"]
    assert found(index, "NOT sent:2025") == ["rec_000001", "rec_000002"]


def test_an_alternation_of_two_thousand_words_is_answered(index):
    index.add([document(1, text="w1999"), document(2, text="other")], 2)
    query = Or(tuple(Words(In.ANY, (f"w{number}",)) for number in range(2000)))
    assert list(index.ids(query)) == ["rec_000001"]


@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize(
    "query",
    [
        " ".join(f"-w{number}" for number in range(900)),
        " AND ".join(f"(x{number} OR before:{2000 + number % 900})" for number in range(450)),
        " OR ".join(f"(x{number} AND on:2025)" for number in range(450)) + " OR roof",
        "roof AND (" + " OR ".join(f'"w{number} w"' for number in range(450)) + " OR leaks)",
    ],
    ids=["negations", "conjunctions", "alternatives", "phrases"],
)
def test_queries_of_many_words_are_answered_in_both_orders(index, query, order):
    records = [document(1, text="the roof leaks w1"), document(2, text="the roof leaks"), document(3, text="the roof")]
    index.add(records, 3)
    page = index.search(parse(query), limit=10, order=order)
    assert sorted(page.ids) == [one.record_id for one in records if matches(parse(query), one)]
    assert page.total == len(page.ids)
    assert index.search(parse(query), limit=1, offset=1, order=order).ids == page.ids[1:2]


def test_the_deepest_tree_is_answered(index):
    index.add([document(1, text="a"), document(2, text="b")], 2)
    text = "a"
    for depth in range(44):
        text = f"({text} OR n{depth})" if depth % 2 else f"({text} AND NOT n{depth})"
    assert found(index, text) == ["rec_000001"]


def test_generated_queries_find_what_the_plain_meaning_finds(index):
    records = [project(one) for one in generated_records(SEED, 150)]
    for start in range(0, len(records), 40):
        index.add(records[start : start + 40], start)
    for text in generated_queries(SEED, 200):
        query = parse(text)
        expected = sorted(one.record_id for one in records if matches(query, one))
        assert sorted(index.ids(query)) == expected, (SEED, text)
        assert index.search(query, limit=3).total == len(expected), (SEED, text)
        assert index.search(query, limit=1, order=Order.RELEVANCE).total == len(expected), (SEED, text)


def test_readers_beside_a_writer_see_whole_batches(index):
    index.add([document(0, text="x")], 0)
    torn, stop = [], threading.Event()

    def read() -> None:
        while not stop.is_set():
            page = index.search(parse("x"), limit=1000)
            if page.total != len(page.ids) or (page.total - 1) % 10:
                torn.append(page.total)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for batch in range(15):
        index.add([document(1 + batch * 10 + number, text="x") for number in range(10)], batch)
    stop.set()
    for reader in readers:
        reader.join()
    assert torn == []
    assert index.counts().indexed == 151


def test_moments_compare_to_the_microsecond(index):
    moment = datetime(2025, 3, 1, 0, 0, 0, 1, tzinfo=UTC)
    index.add([document(1, sent_at=moment)], 1)
    assert index.search(Between(Clock.SENT, moment, None), limit=1).total == 1
    assert index.search(Between(Clock.SENT, None, moment), limit=1).total == 0


@pytest.mark.parametrize("year", [1, 1899, 9999])
def test_dates_at_the_ends_of_the_calendar_are_kept(index, year):
    index.add([document(1, sent_at=datetime(year, 6, 1, tzinfo=UTC), channel=Channel.SMTP)], 1)
    assert found(index, f"on:{year:04}") == ["rec_000001"]
