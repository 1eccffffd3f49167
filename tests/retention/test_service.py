from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import ColumnElement, Connection, func, insert, select

from retention.evaluation import Verdict
from retention.library import ScheduleLibrary
from retention.rule_assigning import ASSIGN_PAGE
from retention.service import MOST_DAYS_AT_ONCE, RetentionService
from retention.tables import retention_runs, series_assignments
from storage.errors import Conflict, InvalidInput
from storage.events import EventKind
from storage.identifiers import Prefix, new_id
from storage.tables import custodians, ledger_leaves, records, submissions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ACTOR = "operator:test"
SCHEDULE = """format = 1
name = "district"
title = "T"
issuer = "I"
jurisdiction = "J"
edition = "{edition}"
{default}
[[assign]]
series = "EVENT"
kind = "conversation"
[[series]]
id = "PLAIN"
title = "A"
citation = "Act 1"
minimum = {{ trigger = "created", period = {years}, unit = "year" }}
[[series]]
id = "EVENT"
title = "B"
citation = "Act 2"
minimum = {{ trigger = "closed" }}
"""


def schedule(edition: str = "1", years: int = 1, default: str = 'default_series = "PLAIN"') -> bytes:
    return SCHEDULE.format(edition=edition, years=years, default=default).encode()


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.moment = datetime(2024, 6, 1, 18, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def hands(archive):
    archive.store.clock = Hands()
    return archive.store.clock


@pytest.fixture
def library(archive, hands):
    return ScheduleLibrary(archive.store)


@pytest.fixture
def service(archive, library):
    return RetentionService(archive.store, archive.catalogue, library, archive.zone)


def add_records(
    archive, count: int, *, kind: str = "email", day: date = date(2023, 1, 10), **more: object
) -> list[str]:
    at = datetime(day.year, day.month, day.day, 18, tzinfo=UTC)
    ids = sorted(new_id(Prefix.RECORD) for _ in range(count))
    custodian, submission = new_id(Prefix.CUSTODIAN), new_id(Prefix.SUBMISSION)
    row = {
        "kind": kind, "submission_id": submission, "custodian_id": custodian, "channel": "smtp", "captured_at": at,
        "sent_at": at, "series_id": None, "state": "active", "grade": "C", "position": 0, "holder": "x",
        **more,
    }  # fmt: skip
    with archive.store.write() as transaction:
        connection = transaction.connection
        connection.execute(insert(custodians), [{"id": custodian, "since": at, "sealed_identity": b""}])
        connection.execute(
            insert(submissions),
            [{"id": submission, "channel": "smtp", "custodian_id": custodian, "received_at": at, "size": 1,
              "blob_id": "b", "position": 0, "outcome": "archived", "reason": None, "sealed_envelope": b""}],
        )  # fmt: skip
        connection.execute(insert(records), [{**row, "id": one} for one in ids])
    return ids


def count(archive, table, *where: ColumnElement[bool]) -> int:
    with archive.store.read() as connection:
        return connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one()


def leaves(archive, kind: EventKind) -> int:
    return count(archive, ledger_leaves, ledger_leaves.c.kind == kind.value)


def test_every_record_is_counted_once(archive, service, library):
    library.load(schedule(), "s.toml", actor=ACTOR)
    due = add_records(archive, 3)
    waiting = add_records(archive, 2, kind="conversation")
    add_records(archive, 4, day=date(2024, 1, 10))
    add_records(archive, 1, state="destroyed")
    found = service.evaluate(date(2024, 6, 1), actor=ACTOR).to_json()
    assert (found["eligible"], found["needs_event"], found["not_due"]) == (due, waiting, 4)
    assert (found["held"], found["conflict"], found["unscheduled"], found["forecast"]) == ([], [], [], False)


def test_records_without_a_schedule_are_listed_as_unscheduled(archive, service):
    ids = add_records(archive, 2)
    assert service.evaluate(date(2090, 1, 1), actor=ACTOR).to_json()["unscheduled"] == ids


def test_more_records_than_a_page_are_all_assigned_with_one_leaf_each(archive, service, library):
    library.load(schedule(), "s.toml", actor=ACTOR)
    ids = add_records(archive, ASSIGN_PAGE * 2 + 5)
    assert service.assign_pending(actor=ACTOR) == len(ids)
    assert service.assign_pending(actor=ACTOR) == 0
    assert leaves(archive, EventKind.RECORD_ASSIGNED) == len(ids)
    assert count(archive, series_assignments, series_assignments.c.how == "rule") == len(ids)


def test_what_no_rule_reaches_stays_unassigned_and_does_not_stop_the_pass(archive, service, library):
    library.load(schedule(default=""), "s.toml", actor=ACTOR)
    add_records(archive, ASSIGN_PAGE + 1)
    reached = add_records(archive, 1, kind="conversation")
    assert service.assign_pending(actor=ACTOR) == len(reached)


def test_a_hold_is_asked_for_every_page(archive, library, hands):
    ids = add_records(archive, 2)

    class Holds:
        def on(self, connection: Connection, record_ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
            return {one: ("hold_1",) for one in record_ids if connection and one == ids[1]}

        def all(self, connection: Connection) -> frozenset[str]:
            return frozenset(ids[1:] if connection else ())

    library.load(schedule(), "s.toml", actor=ACTOR)
    service = RetentionService(archive.store, archive.catalogue, library, archive.zone, Holds())
    found = service.evaluate(date(2024, 6, 1), actor=ACTOR)
    assert (found.ids[Verdict.ELIGIBLE], found.ids[Verdict.HELD]) == ([ids[0]], [ids[1]])


def test_every_run_is_an_event_also_when_nothing_was_due(archive, service):
    service.evaluate(date(2024, 6, 1), actor=ACTOR)
    assert leaves(archive, EventKind.RETENTION_EVALUATED) == 1
    assert count(archive, retention_runs, retention_runs.c.today == date(2024, 6, 1)) == 1


def test_one_record_is_decided_with_reasons(archive, service, library):
    library.load(schedule(), "s.toml", actor=ACTOR)
    (one,) = add_records(archive, 1)
    service.assign_pending(actor=ACTOR)
    with archive.store.read() as connection:
        decision = service.decide(connection, archive.catalogue.get(connection, one), date(2024, 6, 1))
    assert decision.to_json()["eligible_on"] == "2024-01-11"
    assert decision.reasons[0] == "series PLAIN [Act 1], edition 1"


def test_a_day_begins_in_the_archives_zone(service, hands):
    hands.moment = datetime(2024, 6, 1, 6, tzinfo=UTC)
    assert service.today() == date(2024, 5, 31)


def test_an_archive_that_never_ran_starts_today(service):
    assert service.due_days() == (date(2024, 6, 1),)


def test_missed_days_are_made_up_oldest_first(service, hands):
    service.evaluate(service.today(), actor=ACTOR)
    assert service.due_days() == ()
    hands.moment += timedelta(days=3)
    assert service.due_days() == (date(2024, 6, 2), date(2024, 6, 3), date(2024, 6, 4))


def test_a_long_absence_is_made_up_in_portions(service, hands):
    service.evaluate(service.today(), actor=ACTOR)
    hands.moment += timedelta(days=400)
    assert len(service.due_days()) == MOST_DAYS_AT_ONCE


def test_a_clock_that_was_set_back_finds_nothing_due(service, hands):
    service.evaluate(service.today(), actor=ACTOR)
    hands.moment -= timedelta(days=3)
    assert service.due_days() == ()


def test_a_forecast_is_no_run_of_that_day(service, hands):
    assert service.evaluate(date(2030, 1, 1), actor=ACTOR).forecast
    assert service.due_days() == (date(2024, 6, 1),)


def test_the_same_file_again_changes_nothing(archive, library):
    first = library.load(schedule(), "s.toml", actor=ACTOR)
    assert library.load(schedule(), "s.toml", actor=ACTOR).id == first.id
    assert leaves(archive, EventKind.SCHEDULE_LOADED) == 1


def test_a_new_edition_supersedes_the_old_one_and_is_read_again_from_the_archive(archive, service, library, hands):
    add_records(archive, 1)
    library.load(schedule(), "s.toml", actor=ACTOR)
    assert service.evaluate(date(2024, 6, 1), actor=ACTOR).counts()["eligible"] == 1
    hands.moment += timedelta(seconds=1)
    library.load(schedule(edition="2", years=5), "s.toml", actor=ACTOR)
    again = RetentionService(archive.store, archive.catalogue, ScheduleLibrary(archive.store), archive.zone)
    assert again.evaluate(date(2024, 6, 1), actor=ACTOR).counts()["eligible"] == 0
    listed = [(one.to_json()["edition"], one.to_json()["state"]) for one in library.all()]
    assert listed == [("1", "superseded"), ("2", "current")]


def test_a_series_of_another_schedule_is_a_conflict(library):
    library.load(schedule(), "s.toml", actor=ACTOR)
    with pytest.raises(Conflict):
        library.load(schedule().replace(b'"district"', b'"other"'), "o.toml", actor=ACTOR)


def test_a_schedule_that_fails_its_own_examples_is_not_loaded(library):
    example = b'[[series.example]]\nfacts = { created = 2020-01-01 }\ntoday = 2030-06-01\ndecision = "eligible"\n'
    with pytest.raises(InvalidInput) as caught:
        library.load(schedule() + example, "s.toml", actor=ACTOR)
    assert caught.value.fields["series"] == "EVENT"
    assert schedule().split(b"\n")[caught.value.fields["line"] - 2 : caught.value.fields["line"] - 1] == [
        b'minimum = { trigger = "closed" }'
    ]
    assert library.all() == ()


def test_a_record_that_says_it_was_sent_after_its_capture_runs_from_its_capture(archive, service, library):
    library.load(schedule(), "s.toml", actor=ACTOR)
    ids = add_records(archive, 1, sent_at=datetime(2060, 1, 1, tzinfo=UTC))
    assert service.evaluate(date(2024, 6, 1), actor=ACTOR).ids[Verdict.ELIGIBLE] == ids
