"""An act reaches every record whose decision rests on it, also those that its leaf does not name."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import insert, update

from retention.fact_log import FactAbout
from retention.linking import How, LinkTraces
from storage.conversation_tables import conversation_parts
from storage.events import EventKind
from storage.tables import destruction_batches, destructions, records
from tests.retention.due_house import TODAY, House
from tests.retention.test_service import ACTOR

FAMILY = b"""format = 1
name = "talks"
title = "T"
issuer = "I"
jurisdiction = "J"
edition = "1"
[[series]]
id = "TALK"
title = "A"
citation = "Act 9"
family = "conversation"
minimum = { trigger = "left_school", period = 5, unit = "day" }
"""
LONG_AGO = date(2024, 4, 1)


@pytest.fixture
def house(archive):
    house = House(archive)
    house.library.load(FAMILY, "talks.toml", actor=ACTOR)
    return house


def reaches(house: House, *record_ids: str, verdict: str = "eligible") -> None:
    """A run says the same as deciding about every record; of these, this."""
    house.compare(TODAY)
    assert set(record_ids) <= set(house.each(TODAY)[verdict])


def custodian_of(house: House, record_id: str) -> str:
    with house.archive.store.read() as connection:
        return house.archive.catalogue.get(connection, record_id).custodian_id


def talk(house: House, *days: date) -> list[str]:
    """One conversation, a record for each of its days."""
    ids = [house.add(1, kind="conversation", series_id="TALK", day=day)[0] for day in days]
    row = {"thread": b"t" * 16, "container_id": None, "messages": 1, "known": 0, "changed": 0, "lacking": 0}
    row |= {"digests": b"", "source": b"", "dates": ""}
    with house.archive.store.write() as transaction:
        rows = [
            {"record_id": one, "root_id": one, "day": day.isoformat(), **row}
            for one, day in zip(ids, days, strict=True)
        ]
        transaction.connection.execute(insert(conversation_parts), rows)
    return ids


def test_what_is_told_of_an_employee_reaches_all_records_of_the_custodian(house):
    ids = house.add(2, series_id="LEFT")
    person = house.person("s1", custodian_id=custodian_of(house, ids[0]))
    house.compare(TODAY)
    house.tell(FactAbout.SUBJECT, person, "graduated", LONG_AGO)
    reaches(house, *ids)


def test_an_employee_who_is_another_custodian_now_changes_the_records_of_both(house):
    before, after = house.add(2, series_id="LEFT"), house.add(2, series_id="LEFT")
    person = house.person("s1", custodian_id=custodian_of(house, before[0]))
    house.tell(FactAbout.SUBJECT, person, "graduated", LONG_AGO)
    reaches(house, *before)
    house.person("s1", custodian_id=custodian_of(house, after[0]))
    reaches(house, *after)
    reaches(house, *before, verdict="needs_event")


def test_a_day_of_birth_that_is_learned_later_reaches_the_records_about_the_person(house):
    (one,) = house.add(1, series_id="AGED")
    house.service.known.links.link(one, house.person("s1"), "subject", how=How.PERSON, actor=ACTOR)
    house.compare(TODAY)
    house.person("s1", born=date(1990, 1, 1))
    reaches(house, one)


def test_what_is_told_of_a_series_reaches_records_that_are_in_it_beside_another(house):
    (one,) = house.add(1, series_id="PLAIN", day=LONG_AGO)
    house.compare(TODAY)
    house.assigning.assign(one, "LEFT", why="so", actor=ACTOR, further=True)
    reaches(house, one, verdict="needs_event")
    house.tell(FactAbout.SERIES, "LEFT", "graduated", LONG_AGO)
    reaches(house, one)


def test_the_end_of_a_record_reaches_what_depends_on_it(house):
    parent, child = house.add(2, series_id="PLAIN", day=LONG_AGO)
    house.service.known.parents.add(child, parent, actor=ACTOR)
    house.compare(TODAY)
    assert child not in house.each(TODAY)["eligible"]
    with house.archive.store.write() as transaction:
        at = datetime(2024, 5, 1, tzinfo=UTC)
        batch = {"id": "dst_1", "state": "decided", "epoch": 1, "position": 0, "decided_at": at}
        transaction.connection.execute(insert(destruction_batches), [batch])
        gone = {"record_id": parent, "submission_id": "sub_1", "batch_id": "dst_1", "position": 0}
        transaction.connection.execute(insert(destructions), [gone])
        ended = update(records).where(records.c.id == parent).values(state="destroyed")
        transaction.connection.execute(ended)
        transaction.append(EventKind.RECORD_DESTROYED, actor=ACTOR, subjects=(parent, "sub_1", "dst_1"))
    reaches(house, child)


def test_what_is_told_of_one_day_reaches_the_whole_conversation(house):
    days = talk(house, date(2024, 3, 1), date(2024, 3, 2), date(2024, 3, 3))
    house.tell(FactAbout.RECORD, days[0], "graduated", LONG_AGO)
    house.tell(FactAbout.RECORD, days[1], "graduated", LONG_AGO)
    house.compare(TODAY)
    assert not house.each(TODAY)["eligible"]
    house.tell(FactAbout.RECORD, days[2], "graduated", LONG_AGO)
    reaches(house, *days)


def test_a_day_that_leaves_the_series_reaches_the_rest_of_its_conversation(house):
    days = talk(house, date(2024, 3, 1), date(2024, 3, 2))
    house.tell(FactAbout.RECORD, days[0], "graduated", LONG_AGO)
    reaches(house, *days, verdict="needs_event")
    house.assigning.assign(days[1], "KEPT", why="so", actor=ACTOR)
    reaches(house, days[0])


def test_what_is_forgotten_of_a_destroyed_day_reaches_the_rest_of_its_conversation(house):
    """Links go between the decision and the confirmation, without a leaf of their own."""
    days = talk(house, date(2024, 3, 1), date(2024, 3, 2))
    person = house.person("s1")
    house.service.known.links.link(days[1], person, "subject", how=How.PERSON, actor=ACTOR)
    house.tell(FactAbout.SUBJECT, person, "graduated", date(2024, 5, 30))
    house.tell(FactAbout.RECORD, days[0], "graduated", LONG_AGO)
    with house.archive.store.write() as transaction:
        at = datetime(2024, 5, 1, tzinfo=UTC)
        batch = {"id": "dst_1", "state": "decided", "epoch": 1, "position": 0, "decided_at": at}
        transaction.connection.execute(insert(destruction_batches), [batch])
        gone = {"record_id": days[1], "submission_id": "sub_1", "batch_id": "dst_1", "position": 0}
        transaction.connection.execute(insert(destructions), [gone])
        ended = update(records).where(records.c.id == days[1]).values(state="destroyed")
        transaction.connection.execute(ended)
        transaction.append(EventKind.RECORD_DESTROYED, actor=ACTOR, subjects=(days[1], "sub_1", "dst_1"))
    reaches(house, days[0], verdict="retain")
    LinkTraces(house.archive.store).forget([days[1]])
    with house.archive.store.write() as transaction:
        transaction.append(EventKind.DESTRUCTION_CONFIRMED, actor=ACTOR, subjects=("dst_1",))
    reaches(house, days[0])
