"""Records decided under two books in one pass: as each book alone would decide, and nothing written."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select

from retention import two_books
from retention.library import ScheduleLibrary
from retention.rule_judging import RuleJudging
from retention.schedule import load_schedule
from retention.service import RetentionService
from retention.two_books import TwoBooks
from storage.columns import metadata
from storage.conversation_tables import conversation_parts
from storage.errors import Conflict
from tests.retention.test_service import ACTOR, add_records, schedule

if TYPE_CHECKING:
    from retention.library import RuleBook
    from retention.two_books import TwoWays

TODAY = date(2024, 6, 1)


@pytest.fixture
def library(archive):
    return ScheduleLibrary(archive.store)


@pytest.fixture
def present(archive, library) -> RuleBook:
    library.load(schedule(), "s.toml", actor=ACTOR)
    with archive.store.read() as connection:
        return library.book(connection)


def proposed(text: bytes):
    return load_schedule(text, "next.toml")


def walked(archive, library, before: RuleBook, after: RuleBook, today: date = TODAY) -> dict[str, TwoWays]:
    service = RetentionService(archive.store, archive.catalogue, library, archive.zone)
    judging = RuleJudging(archive.store, archive.zone)
    books = TwoBooks(archive.store, archive.catalogue, service.known, judging, before=before, after=after, today=today)
    return {one.record.id: one for _, page in books.pages() for one in page}


def rows(archive) -> dict[str, list]:
    with archive.store.read() as connection:
        return {table.name: connection.execute(select(table)).all() for table in metadata.sorted_tables}


def test_a_longer_rule_moves_a_date_and_only_in_the_second_book(archive, library, present):
    # captured and sent on 2023-01-10: one year ends on 2024-01-10, three on 2026-01-10
    (one,) = add_records(archive, 1)
    found = walked(archive, library, present, present.revised(proposed(schedule("2", years=3))))[one]
    assert found.before.decision.eligible_on == date(2024, 1, 11)
    assert found.after.decision.eligible_on == date(2026, 1, 11)


def test_what_has_no_series_is_read_in_the_one_that_each_book_would_give_it(archive, library, present):
    (one,) = add_records(archive, 1)
    after = present.revised(proposed(schedule("2").replace(b'kind = "conversation"', b'kind = "email"')))
    found = walked(archive, library, present, after)[one]
    assert (found.before.series_id, found.after.series_id) == ("PLAIN", "EVENT")
    assert found.after.decision.decision == "needs_event"
    assert found.record.series_id is None


def test_what_has_a_series_stays_in_it(archive, library, present):
    (one,) = add_records(archive, 1, series_id="PLAIN")
    after = present.revised(proposed(schedule("2").replace(b'kind = "conversation"', b'kind = "email"')))
    assert walked(archive, library, present, after)[one].after.series_id == "PLAIN"


def test_what_no_book_reaches_is_unscheduled_in_both(archive, library):
    with archive.store.read() as connection:
        empty = library.book(connection)
    (one,) = add_records(archive, 1)
    found = walked(archive, library, empty, empty)[one]
    assert (found.before.decision.decision, found.before.series_id) == ("unscheduled", None)
    assert found.after is found.before


def test_a_first_schedule_is_read_as_if_it_was_loaded(archive, library):
    with archive.store.read() as connection:
        empty = library.book(connection)
    (one,) = add_records(archive, 1)
    found = walked(archive, library, empty, empty.revised(proposed(schedule())))[one]
    assert (found.before.decision.decision, found.after.decision.decision) == ("unscheduled", "eligible")


def test_a_series_that_the_next_edition_has_no_more_leaves_its_records_unscheduled(archive, library, present):
    (one,) = add_records(archive, 1, series_id="PLAIN")
    after = present.revised(proposed(schedule("2").replace(b'"PLAIN"', b'"OTHER"')))
    assert walked(archive, library, present, after)[one].after.decision.decision == "unscheduled"


def test_only_active_records_are_walked_over_page_by_page(archive, library, present, monkeypatch):
    monkeypatch.setattr(two_books, "PAGE", 2)
    ids = add_records(archive, 5)
    add_records(archive, 2, state="destroyed")
    assert sorted(walked(archive, library, present, present)) == ids


def test_both_sides_are_what_each_book_decides_alone(archive, library, present):
    """The short cut where both books have the same rule changes no decision."""
    for number, series_id in enumerate(("PLAIN", "EVENT", None, "GONE")):
        add_records(archive, 2, series_id=series_id, day=date(2020 + number, 2, 29 if number == 0 else 3))
    add_records(archive, 2, kind="conversation")
    books = [
        present,
        present.revised(proposed(schedule("2"))),
        present.revised(proposed(schedule("3", years=4))),
        present.revised(proposed(schedule("4", default=""))),
    ]
    alone = [walked(archive, library, book, book) for book in books]
    for before, first in zip(books, alone, strict=True):
        for after, second in zip(books, alone, strict=True):
            for record_id, found in walked(archive, library, before, after).items():
                for side, expected in ((found.before, first[record_id]), (found.after, second[record_id])):
                    assert side.series_id == expected.before.series_id
                    wanted = expected.before.decision
                    assert (side.decision.decision, side.decision.eligible_on, side.decision.latest_on) == (
                        wanted.decision, wanted.eligible_on, wanted.latest_on,
                    )  # fmt: skip


def test_nothing_is_written(archive, library, present):
    add_records(archive, 3)
    before = rows(archive)
    walked(archive, library, present, present.revised(proposed(schedule("2", years=9))))
    assert rows(archive) == before


def test_a_proposal_with_a_series_of_another_schedule_is_refused(present):
    other = schedule().replace(b'name = "district"', b'name = "other"')
    with pytest.raises(Conflict, match="already in schedule district"):
        present.revised(proposed(other))


def test_a_revised_book_takes_the_place_of_its_edition_and_stands_last(archive, library, present):
    other = schedule().replace(b'"district"', b'"other"').replace(b"PLAIN", b"P2").replace(b"EVENT", b"E2")
    library.load(other, "other.toml", actor=ACTOR)
    with archive.store.read() as connection:
        both = library.book(connection)
    after = both.revised(proposed(schedule("2")))
    assert [(one.schedule.name, one.schedule.edition) for one in after.loaded] == [("other", "1"), ("district", "2")]
    library.load(schedule("2"), "s.toml", actor=ACTOR)
    with archive.store.read() as connection:
        assert [one.schedule.sha256 for one in library.book(connection).loaded] == [
            one.schedule.sha256 for one in after.loaded
        ]


def test_superseded_editions_are_found_newest_first_with_their_ends(archive, library, present):
    library.load(schedule("2"), "s.toml", actor=ACTOR)
    library.load(schedule("3"), "s.toml", actor=ACTOR)
    with archive.store.read() as connection:
        found = library.superseded(connection, {"district"}, limit=5)
        assert library.superseded(connection, {"nowhere"}, limit=5) == []
        assert len(library.superseded(connection, set(), limit=1)) == 1
    assert [one.schedule.edition for one, _ in found] == ["2", "1"]
    loaded = {one.schedule.edition: one.loaded_at for one in library.all()}
    assert [end for _, end in found] == [loaded["3"], loaded["2"]]


def test_a_conversation_is_a_family_in_the_book_that_says_so_only(archive, library, present):
    first, second = (
        add_records(archive, 1, kind="conversation", series_id="PLAIN", day=date(year, 1, 10))[0]
        for year in (2022, 2023)
    )
    row = {
        "thread": b"t" * 16, "container_id": None, "messages": 1, "known": 0, "changed": 0, "lacking": 0,
        "digests": b"", "source": b"", "dates": "",
    }  # fmt: skip
    with archive.store.write() as transaction:
        parts = [{**row, "record_id": one, "root_id": one, "day": "2022-01-10"} for one in (first, second)]
        transaction.connection.execute(insert(conversation_parts), parts)
    together = schedule("2").replace(b'id = "PLAIN"', b'id = "PLAIN"\nfamily = "conversation"')
    after = present.revised(proposed(together))
    found = walked(archive, library, present, after)
    # each a year after its own day; together with the later of both
    assert [found[one].before.decision.eligible_on for one in (first, second)] == [date(2023, 1, 11), date(2024, 1, 11)]
    assert [found[one].after.decision.eligible_on for one in (first, second)] == [date(2024, 1, 11)] * 2
    back = walked(archive, library, after, present)
    assert back[first].before.decision.eligible_on == date(2024, 1, 11)
    assert back[first].after.decision.eligible_on == date(2023, 1, 11)
