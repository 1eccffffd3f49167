"""Series, holds and states in a query: what the catalogue says stands in their place, and what is none is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, update

from retention.calendars import Calendars, MonthDay
from retention.hold_sets import HeldRecords
from retention.hold_standing import HoldStanding
from retention.holds import Holds, HoldTerms
from retention.library import ScheduleLibrary
from retention.ports import ContentRule
from retention.service import RetentionService
from retention.tables import further_series, hold_verdicts
from search.catalogue_answers import StoredCatalogue, agency_calendars
from search.catalogued import MOST_ASKED, BoundedCatalogue, asks_catalogue, asks_for, resolve
from search.disclosure.review_tables import review_records
from search.disclosure.tables import disclosure_requests
from search.memory_index import MemoryIndex
from search.naive_matcher import matches
from search.queries import Among, And, Fact, Is, Not, Or
from storage.access_tables import restricted_subjects
from storage.conversation_tables import superseded_records
from storage.errors import Denied, InvalidInput
from storage.events import EventKind
from storage.tables import records
from tests.retention.due_house import House
from tests.retention.test_service import ACTOR, add_records
from tests.search.building import document, parse

if TYPE_CHECKING:
    from search.documents import IndexDocument
    from search.queries import Query

SCHEDULE = """format = 1
name = "{name}"
title = "T"
issuer = "I"
jurisdiction = "J"
edition = "1"
[calendars]
school_year_end = "{end}"
[[series]]
id = "{series}"
title = "A"
citation = "Act 1"
minimum = {{ trigger = "created", period = 30, unit = "day" }}
"""


@pytest.fixture
def library(archive):
    return ScheduleLibrary(archive.store)


@pytest.fixture
def catalogue(archive, library):
    service = RetentionService(archive.store, archive.catalogue, library, archive.zone, HeldRecords())
    return StoredCatalogue(archive.store, library, service)


def load(library, series: str, *, name: str = "district", end: str = "06-30") -> None:
    library.load(SCHEDULE.format(name=name, series=series, end=end).encode(), "s.toml", actor=ACTOR)


def found(archive, catalogue, text: str) -> set[str]:
    """Which records of the archive a query finds, each asked by itself."""
    query = resolve(parse(text), catalogue)
    with archive.store.read() as connection:
        page = archive.catalogue.page_records(connection, None, 10_000)
    active = [one.id for one in page if one.state.value == "active"]
    return {one for one in active if matches(query, _document(one))}


def _document(record_id: str) -> IndexDocument:
    return replace(document(), record_id=record_id)


def refusal(catalogue, text: str) -> InvalidInput:
    with pytest.raises(InvalidInput) as refused:
        resolve(parse(text), catalogue)
    return refused.value


def test_a_query_without_such_facts_is_left_as_it_is(catalogue):
    query = parse("bus (late OR NOT kind:email)")
    assert resolve(query, catalogue) is query
    assert not asks_catalogue(query)


def test_a_series_is_that_of_the_assignment_and_those_beside_it(archive, library, catalogue):
    load(library, "GS1")
    first, second, third = add_records(archive, 3)
    with archive.store.write() as transaction:
        connection = transaction.connection
        connection.execute(update(records).where(records.c.id == first).values(series_id="GS1"))
        connection.execute(update(records).where(records.c.id == third).values(series_id="OLD"))
        connection.execute(insert(further_series), [{"record_id": third, "series_id": "GS1", "position": 0}])
    assert found(archive, catalogue, "series:GS1") == {first, third}
    assert found(archive, catalogue, "series:gs1") == {first, third}
    assert found(archive, catalogue, "NOT series:GS1") == {second}
    assert found(archive, catalogue, "series:old") == {third}
    assert found(archive, catalogue, "series:none") == {second}
    assert found(archive, catalogue, "series:any") == {first, third}
    assert found(archive, catalogue, "series:GS1 -(series:OLD OR series:none)") == {first}


def test_a_series_that_does_not_exist_is_refused_with_those_that_do(archive, library, catalogue):
    assert "no schedule is loaded" in refusal(catalogue, "series:GS2").message
    load(library, "GS10")
    error = refusal(catalogue, "bus NOT series:GS1O")
    assert error.message == "there is no such series; there are: GS10; perhaps GS10 is meant"
    assert error.fields["position"] == len("bus NOT series:")


def test_of_many_series_a_few_are_named(archive, library, catalogue):
    for number in range(30):
        load(library, f"GS{number}", name=f"district-{number}")
    message = refusal(catalogue, "series:nothing").message
    assert "and 18 more" in message
    assert len(message) < 300


def test_a_hold_holds_what_showing_a_record_says(archive, catalogue):
    ids = add_records(archive, 4)
    placed = [
        Holds(archive.store).place(HoldTerms(reason="so", rule=ContentRule(id="", records=(one,))), actor=ACTOR)
        for one in ids[:2]
    ]
    rows = [
        {"record_id": one, "hold": placed[0].number, "version": 1, "position": 9, "outcome": outcome, "reason": "r"}
        for one, outcome in zip(ids, ("match", "no_match", "cannot_tell"), strict=False)
    ]
    rows += [
        {"record_id": one, "hold": placed[1].number, "version": 1, "position": 9, "outcome": "no_match", "reason": "r"}
        for one in ids[1:]
    ]
    with archive.store.write() as transaction:
        transaction.connection.execute(insert(hold_verdicts), rows)
    with archive.store.read() as connection:
        shown = HoldStanding().on(connection, ids)
    for hold in placed:
        held = {one for one in ids if hold.id in shown.get(one, ())}
        assert held
        assert found(archive, catalogue, f"hold:{hold.id}") == held
        assert found(archive, catalogue, f"NOT hold:{hold.id}") == set(ids) - held
    assert found(archive, catalogue, "hold:any") == found(archive, catalogue, "is:held") == set(shown)
    assert found(archive, catalogue, "hold:none") == set(ids) - set(shown)


def test_a_hold_that_does_not_exist_or_was_released_is_refused(archive, catalogue):
    assert "no hold is open" in refusal(catalogue, "hold:hld_1").message
    terms = HoldTerms(reason="so", rule=ContentRule(id="", records=tuple(add_records(archive, 1))))
    hold = Holds(archive.store).place(terms, actor=ACTOR)
    assert hold.id in refusal(catalogue, "hold:hld_1").message
    Holds(archive.store).release(hold.id, reason="over", actor=ACTOR)
    assert "released" in refusal(catalogue, f"hold:{hold.id}").message
    assert found(archive, catalogue, "hold:any") == set()


def test_a_request_has_the_records_that_were_put_before_its_reviewers(archive, catalogue):
    assert "none has been opened" in refusal(catalogue, "request:2026-1").message
    one, other, third = add_records(archive, 3)
    with archive.store.read() as connection:
        at = archive.catalogue.page_records(connection, None, 1)[0].captured_at
    plain = {"state": "open", "profile": "wa", "requester": "person", "circumstances": "", "how": "mail"}
    plain |= {"received_at": at, "opened_at": at, "position": 0, "sealed_terms": b""}
    rows = [{**plain, "id": f"req_{number}", "number": f"R2026-{number}"} for number in (1, 2)]
    reviewed = [("req_1", one), ("req_1", other), ("req_2", other)]
    with archive.store.write() as transaction:
        transaction.connection.execute(insert(disclosure_requests), rows)
        transaction.connection.execute(
            insert(review_records),
            [{"request_id": request, "record_id": record, "added": 1, "codes": ""} for request, record in reviewed],
        )
    assert found(archive, catalogue, "request:R2026-1") == found(archive, catalogue, "request:req_1") == {one, other}
    assert found(archive, catalogue, "request:r2026-2") == {other}
    assert found(archive, catalogue, "NOT request:R2026-2") == {one, third}
    assert found(archive, catalogue, "request:none") == {third}
    assert refusal(catalogue, "request:R2026-9").message.startswith("there is no such request; there are: R2026-1, R")


def test_what_is_due_is_what_an_evaluation_of_today_says(archive):
    house = House(archive)
    house.hands.moment = house.hands.moment.replace(year=2024, month=6, day=1)
    for series in ("PLAIN", "LEFT", "GONE", "NOBODY"):
        house.add(2, series_id=series)
    service = RetentionService(archive.store, archive.catalogue, house.library, archive.zone, HeldRecords())
    terms = HoldTerms(reason="so", rule=ContentRule(id="", records=(house.ids[0],)))
    Holds(archive.store).place(terms, actor=ACTOR)
    with archive.store.write() as transaction:
        rows = [
            {"record_id": one, "hold": 1, "version": 1, "position": 10_000, "outcome": outcome, "reason": "r"}
            for one, outcome in zip(house.ids, ["match", *["no_match"] * 7], strict=True)
        ]
        transaction.connection.execute(insert(hold_verdicts), rows)
    catalogue = StoredCatalogue(archive.store, house.library, service)
    asked = {state: found(archive, catalogue, f"is:{state}") for state in ("eligible", "needs_event", "unscheduled")}
    said = service.evaluate(service.today(), actor=ACTOR).to_json()
    assert {state: set(said[state]) for state in asked} == asked
    assert asked["eligible"]
    assert asked["needs_event"]
    assert asked["unscheduled"]
    assert house.ids[0] not in asked["eligible"]


def test_every_record_that_can_be_found_is_active(archive, catalogue):
    ids = add_records(archive, 2)
    assert found(archive, catalogue, "is:active") == set(ids)
    assert found(archive, catalogue, "NOT is:active") == set()


def test_restricted_records_are_those_of_a_class_by_themselves_their_series_or_their_custodian(archive, catalogue):
    one, other = add_records(archive, 2)
    (third,) = add_records(archive, 1, series_id="S1")
    fourth, fifth = add_records(archive, 2)
    with archive.store.read() as connection:
        page = {each.id: each for each in archive.catalogue.page_records(connection, None, 100)}
        at = page[one].captured_at
    subjects = [("record", one), ("series", "S1"), ("custodian", page[fourth].custodian_id)]
    with archive.store.write() as transaction:
        rows = [{"scope": scope, "subject_id": about, "class": "student", "since": at} for scope, about in subjects]
        transaction.connection.execute(insert(restricted_subjects), rows)
    assert found(archive, catalogue, "is:restricted") == {one, third, fourth, fifth}
    assert found(archive, catalogue, "NOT is:restricted") == {other}


def test_superseded_records_are_those_in_whose_place_another_stands(archive, catalogue):
    old, new = add_records(archive, 2)
    with archive.store.write() as transaction:
        position = transaction.append(EventKind.RECORD_SUPERSEDED, actor=ACTOR, subjects=(old, new))
        row = {"record_id": old, "by_id": new, "position": position}
        transaction.connection.execute(insert(superseded_records), [row])
    assert found(archive, catalogue, "is:superseded") == {old}
    assert asks_for(parse("bus is:superseded"), Fact.STATE, "superseded")
    assert not asks_for(parse("bus is:active"), Fact.STATE, "superseded")


def test_an_engine_is_asked_for_ids_and_nothing_is_left_of_the_fact(archive, catalogue):
    ids = add_records(archive, 3, series_id="S1")
    index = MemoryIndex()
    index.add([_document(one) for one in ids], 1)
    query = resolve(parse("series:S1 AND NOT series:none"), catalogue)
    assert not asks_catalogue(query)
    assert index.search(query, limit=10).total == 3


def test_more_than_a_query_may_ask_is_refused_at_its_place(catalogue):
    text = " OR ".join(f"series:s{number}" for number in range(MOST_ASKED + 1))
    error = refusal(catalogue, text)
    assert error.fields["position"] == text.index(f"s{MOST_ASKED}")


def test_who_may_not_see_holds_and_series_is_refused_and_not_answered_in_part(archive, catalogue):
    public = BoundedCatalogue(catalogue, lambda _: False)
    for text in ("series:none", "NOT is:held", "bus OR hold:any", "request:x", "is:eligible"):
        with pytest.raises(Denied):
            resolve(parse(text), public)
    ids = add_records(archive, 1)
    assert found(archive, public, "is:active -is:superseded") == set(ids)


def test_the_answer_stands_where_the_fact_stood():
    class Fixed:
        def answer(self, asked: tuple[Is, ...]) -> dict[Is, Query]:
            return {one: Among(frozenset({one.value})) for one in asked}

    query = resolve(parse("bus OR (series:a NOT hold:b)"), Fixed())
    assert query == Or((parse("bus"), And((Among(frozenset({"a"})), Not(Among(frozenset({"b"})))))))
    assert Is(Fact.SERIES, "a", 1) == Is(Fact.SERIES, "a", 2)


def test_the_years_of_an_agency_are_those_on_which_its_schedules_agree(archive, library):
    def calendars() -> Calendars | None:
        with archive.store.read() as connection:
            return agency_calendars(library.book(connection))

    assert calendars() == Calendars()
    load(library, "A", end="08-14")
    assert calendars() == Calendars(school_year_end=MonthDay(month=8, day=14))
    load(library, "B", name="other", end="08-14")
    assert calendars() is not None
    load(library, "C", name="third", end="06-30")
    assert calendars() is None
