"""What is supplied about records, persons, cases, custodians and series decides, and never too early."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import insert, select

from retention.assigning import Assigning, history_of, series_of
from retention.evaluation import Decision, Verdict
from retention.fact_log import FactAbout, Standing, StatedFact, Target
from retention.library import ScheduleLibrary
from retention.linking import How, LinkTraces
from retention.service import RetentionService
from retention.subjects import Kept, SubjectClass, SubjectFacts
from retention.tables import fact_events, subjects
from retention.waiting import by_event, waiting_records
from storage.conversation_tables import conversation_parts
from storage.errors import Conflict, InvalidInput, NotFound
from storage.events import EventKind
from storage.tables import ledger_payloads, records
from tests.retention.test_service import ACTOR, Hands, add_records, leaves

SCHEDULE = b"""format = 1
name = "district"
title = "T"
issuer = "I"
jurisdiction = "J"
edition = "1"
default_series = "LEFT"
[[series]]
id = "LEFT"
title = "A"
citation = "Act 1"
minimum = { trigger = "left_school", period = 5, unit = "year" }
[[series]]
id = "CLOSED"
title = "B"
citation = "Act 2"
minimum = { trigger = "closed", period = 1, unit = "year" }
[[series]]
id = "GONE"
title = "C"
citation = "Act 3"
minimum = { trigger = "separated", period = 1, unit = "year" }
[[series]]
id = "AGED"
title = "D"
citation = "Act 4"
minimum = { trigger = "age_reached", age = 21 }
[[series]]
id = "LIMIT"
title = "E"
citation = "Act 5"
maximum = { trigger = "created", period = 1, unit = "year" }
[[series]]
id = "PLAIN"
title = "F"
citation = "Act 6"
minimum = { trigger = "created", period = 1, unit = "year" }
"""
TODAY = date(2024, 6, 1)


class Desk:
    """A service with shorthands."""

    def __init__(self, archive) -> None:
        archive.store.clock = Hands()
        self.archive = archive
        self.library = ScheduleLibrary(archive.store)
        self.library.load(SCHEDULE, "s.toml", actor=ACTOR)
        self.service = RetentionService(archive.store, archive.catalogue, self.library, archive.zone)
        self.known = self.service.known
        self.assigning = Assigning(archive.store, archive.catalogue, self.library)

    def record(self, series: str = "LEFT", **more: object) -> str:
        (record_id,) = add_records(self.archive, 1, series_id=series, **more)
        return record_id

    def person(self, ref: str, *, kind: str = "student", **more: object) -> str:
        stated = SubjectFacts(about=SubjectClass.PERSON, kind=kind, ref=ref, **more)
        return self.known.subjects.keep([stated], actor=ACTOR)[0][0]

    def link(self, record_id: str, subject_id: str, role: str = "subject") -> None:
        self.known.links.link(record_id, subject_id, role, how=How.PERSON, actor=ACTOR)

    def tell(self, about: FactAbout, target: str, kind: str, day: date | None, *, standing=Standing.HAPPENED) -> str:
        stated = StatedFact(
            target=Target(about=about, id=target), kind=kind, day=day, source="a form", standing=standing
        )
        return self.known.log.add(stated, actor=ACTOR).id

    def decide(self, record_id: str, today: date = TODAY) -> Decision:
        with self.archive.store.read() as connection:
            return self.service.decide(connection, self.archive.catalogue.get(connection, record_id), today)

    def custodian_of(self, record_id: str) -> str:
        with self.archive.store.read() as connection:
            return self.archive.catalogue.get(connection, record_id).custodian_id


@pytest.fixture
def desk(archive):
    return Desk(archive)


@pytest.mark.parametrize("about", list(FactAbout))
def test_an_event_counts_wherever_it_was_recorded(desk, about):
    record_id = desk.record("CLOSED")
    assert desk.decide(record_id).decision is Verdict.NEEDS_EVENT
    case = desk.person("C-1")
    desk.link(record_id, case)
    if about is FactAbout.CUSTODIAN:  # it counts where nobody said whom the record is about
        desk.known.links.unlink(record_id, case, actor=ACTOR)
    targets = {
        FactAbout.RECORD: record_id,
        FactAbout.SERIES: "CLOSED",
        FactAbout.SUBJECT: case,
        FactAbout.CUSTODIAN: desk.custodian_of(record_id),
    }
    desk.tell(about, targets[about], "closed", date(2020, 3, 1))
    found = desk.decide(record_id)
    assert (found.decision, found.eligible_on) == (Verdict.ELIGIBLE, date(2021, 3, 2))


def test_an_event_of_another_series_does_not_count(desk):
    record_id = desk.record("CLOSED")
    desk.tell(FactAbout.SERIES, "LEFT", "closed", date(2020, 3, 1))
    assert desk.decide(record_id).decision is Verdict.NEEDS_EVENT


def test_a_record_about_two_students_waits_for_both(desk):
    record_id, first, second = desk.record(), desk.person("S1"), desk.person("S2")
    desk.link(record_id, first)
    desk.link(record_id, second)
    desk.tell(FactAbout.SUBJECT, first, "graduated", date(2010, 6, 1))
    assert desk.decide(record_id).decision is Verdict.NEEDS_EVENT
    desk.tell(FactAbout.SUBJECT, second, "graduated", date(2012, 6, 1))
    assert desk.decide(record_id).eligible_on == date(2017, 6, 2)


def test_of_whom_it_cannot_happen_nobody_waits_for_and_it_frees_nobody_else(desk):
    record_id, student, teacher = desk.record(), desk.person("S1"), desk.person("T1", kind="employee")
    desk.link(record_id, student)
    desk.link(record_id, teacher, "author")
    desk.tell(FactAbout.SUBJECT, teacher, "graduated", None, standing=Standing.IMPOSSIBLE)
    assert desk.decide(record_id).decision is Verdict.NEEDS_EVENT
    desk.tell(FactAbout.SUBJECT, student, "graduated", date(2012, 6, 1))
    assert desk.decide(record_id).decision is Verdict.ELIGIBLE


def test_a_custodian_who_leaves_says_nothing_of_the_employee_whom_a_record_is_about(desk):
    record_id = desk.record("GONE")
    desk.tell(FactAbout.CUSTODIAN, desk.custodian_of(record_id), "separated", date(2015, 1, 1))
    assert desk.decide(record_id).decision is Verdict.ELIGIBLE
    desk.link(record_id, desk.person("E2", kind="employee"))
    assert desk.decide(record_id).decision is Verdict.NEEDS_EVENT


def test_what_happens_to_an_employee_counts_for_the_records_of_the_custodian_that_he_is(desk):
    record_id = desk.record("GONE")
    employee = desk.person("E1", kind="employee", custodian_id=desk.custodian_of(record_id))
    desk.tell(FactAbout.SUBJECT, employee, "separated", date(2015, 1, 1))
    assert desk.decide(record_id).decision is Verdict.ELIGIBLE


def test_the_youngest_of_several_persons_keeps_a_record_and_so_does_one_of_unknown_age(desk):
    record_id = desk.record("AGED")
    desk.link(record_id, desk.person("S1", born=date(2000, 1, 1)))
    assert desk.decide(record_id).decision is Verdict.ELIGIBLE
    desk.link(record_id, desk.person("S2", born=date(2010, 1, 1)))
    assert desk.decide(record_id).decision is Verdict.RETAIN
    desk.link(record_id, desk.person("S3"))
    assert desk.decide(record_id).decision is Verdict.NEEDS_EVENT


def test_what_is_only_expected_gives_a_date_apart_and_nothing_else(desk):
    record_id, student = desk.record(), desk.person("S1")
    desk.link(record_id, student)
    desk.tell(FactAbout.SUBJECT, student, "graduated", date(2010, 6, 1), standing=Standing.PROJECTED)
    found = desk.decide(record_id)
    assert (found.decision, found.eligible_on, found.projected_on) == (Verdict.NEEDS_EVENT, None, date(2015, 6, 2))


def test_a_withdrawn_event_counts_no_more_and_stays_to_be_read(desk):
    record_id = desk.record("CLOSED")
    fact_id = desk.tell(FactAbout.RECORD, record_id, "closed", date(2020, 3, 1))
    desk.known.log.withdraw(fact_id, why="another case", actor=ACTOR)
    assert desk.decide(record_id).decision is Verdict.NEEDS_EVENT
    with desk.archive.store.read() as connection:
        assert desk.known.log.all(connection) == []
        assert [one.id for one in desk.known.log.all(connection, withdrawn=True)] == [fact_id]
    with pytest.raises(Conflict):
        desk.known.log.withdraw(fact_id, why="again", actor=ACTOR)
    assert leaves(desk.archive, EventKind.FACT_WITHDRAWN) == 1


def test_an_officer_confirms_a_date_that_the_headers_have_wrong(desk):
    record_id = desk.record("PLAIN", sent_at=datetime(1960, 1, 1, tzinfo=UTC))
    assert desk.decide(record_id).eligible_on == date(2024, 1, 11)  # by its capture
    desk.tell(FactAbout.RECORD, record_id, "created", date(2019, 5, 5))
    assert desk.decide(record_id).eligible_on == date(2020, 5, 6)


@pytest.mark.parametrize(
    ("dates", "latest_on"), [("", date(2022, 3, 4)), ("said", date(2022, 3, 4)), ("guessed", date(2024, 1, 10))]
)
def test_a_maximum_runs_from_the_day_of_a_conversation_that_nobody_guessed(desk, dates, latest_on):
    record_id = desk.record("LIMIT", sent_at=None)
    part = {
        "record_id": record_id,
        "root_id": record_id,
        "thread": b"t" * 16,
        "day": "2021-03-04",
        "container_id": None,
    }
    counts = {"messages": 1, "known": 0, "changed": 0, "lacking": 0, "digests": b"", "source": b"s" * 16}
    with desk.archive.store.write() as transaction:
        transaction.connection.execute(insert(conversation_parts), [{**part, **counts, "dates": dates}])
    assert desk.decide(record_id).latest_on == latest_on


def test_the_same_event_twice_is_refused_and_one_about_no_record_too(desk):
    record_id = desk.record("CLOSED")
    desk.tell(FactAbout.RECORD, record_id, "closed", date(2020, 3, 1))
    with pytest.raises(Conflict):
        desk.tell(FactAbout.RECORD, record_id, "closed", date(2020, 3, 1))
    with pytest.raises(NotFound):
        desk.tell(FactAbout.RECORD, "rec_none", "closed", date(2020, 3, 1))
    with pytest.raises(InvalidInput):
        desk.tell(FactAbout.RECORD, record_id, "Closed!", date(2020, 3, 1))
    with pytest.raises(InvalidInput):
        desk.tell(FactAbout.SERIES, "CLOSED", "created", date(2020, 3, 1))


def test_a_link_that_was_taken_back_counts_no_more_and_can_be_made_again(desk):
    record_id, student = desk.record(), desk.person("S1")
    desk.tell(FactAbout.SUBJECT, student, "graduated", date(2010, 6, 1))
    desk.link(record_id, student)
    desk.known.links.unlink(record_id, student, actor=ACTOR)
    assert desk.decide(record_id).decision is Verdict.NEEDS_EVENT
    desk.link(record_id, student)
    assert desk.decide(record_id).decision is Verdict.ELIGIBLE
    assert not desk.known.links.link(record_id, student, "subject", how=How.PERSON, actor=ACTOR)


def test_links_go_with_their_record(desk):
    record_id, student = desk.record(), desk.person("S1")
    desk.link(record_id, student)
    traces = LinkTraces(desk.archive.store)
    assert [one.absent for one in traces.confirm([record_id])] == [False]
    traces.forget([record_id])
    assert [one.absent for one in traces.confirm([record_id])] == [True]


def test_a_person_is_kept_once_and_what_is_known_of_him_grows(desk):
    subjects_of = desk.known.subjects
    first = SubjectFacts(about=SubjectClass.PERSON, kind="student", ref="S1")
    named = SubjectFacts(about=SubjectClass.PERSON, kind="student", ref=" s1 ", name="Sam  Lee")
    outcomes = [subjects_of.keep([one], actor=ACTOR)[0] for one in (first, first, named, first)]
    assert [kept for _, kept in outcomes] == [Kept.ADDED, Kept.UNCHANGED, Kept.CHANGED, Kept.UNCHANGED]
    assert len({subject_id for subject_id, _ in outcomes}) == 1
    with desk.archive.store.read() as connection:
        assert subjects_of.find(connection, SubjectClass.PERSON, "S1").stated.name == "Sam Lee"


def test_the_same_reference_twice_at_once_is_one_person(desk):
    stated = SubjectFacts(about=SubjectClass.PERSON, kind="student", ref="S1")
    (one, added), (other, kept) = desk.known.subjects.keep([stated, stated], actor=ACTOR)
    assert (one, added, kept) == (other, Kept.ADDED, Kept.UNCHANGED)


def test_no_name_reference_or_source_stands_in_the_database_in_plain(desk):
    student = desk.person("REF-7431", name="Sam Unusual")
    desk.tell(FactAbout.SUBJECT, student, "graduated", date(2010, 6, 1))
    with desk.archive.store.read() as connection:
        rows = [
            tuple(row)
            for table in (subjects, fact_events, ledger_payloads)
            for row in connection.execute(select(table))
        ]
    text = repr(rows)
    assert "graduated" in text
    assert not [word for word in ("7431", "Unusual", "a form") if word in text]


def test_a_person_assigns_a_series_and_the_history_says_who_how_and_why(desk):
    record_id = desk.record("LEFT")
    desk.assigning.assign(record_id, "PLAIN", why="it names nobody", actor="usr_officer")
    assert desk.service.assign_pending(actor=ACTOR) == 0
    with desk.archive.store.read() as connection:
        assert series_of(connection, record_id) == ("PLAIN", ())
        (told,) = history_of(connection, desk.archive.ledger, record_id, desk.library)
    assert {name: told[name] for name in ("change", "series", "by", "how", "why")} == {
        "change": "assigned", "series": "PLAIN", "by": "usr_officer", "how": "person", "why": "it names nobody",
    }  # fmt: skip


def test_of_several_series_the_longest_minimum_counts_until_one_replaces_them(desk):
    record_id = desk.record("PLAIN")
    assert desk.decide(record_id).decision is Verdict.ELIGIBLE
    desk.assigning.assign(record_id, "CLOSED", why="a case too", actor=ACTOR, further=True)
    assert desk.decide(record_id).decision is Verdict.NEEDS_EVENT
    with pytest.raises(Conflict):
        desk.assigning.assign(record_id, "CLOSED", why="again", actor=ACTOR, further=True)
    desk.assigning.assign(record_id, "PLAIN", why="no case", actor=ACTOR)
    assert desk.decide(record_id).decision is Verdict.ELIGIBLE


def test_a_maximum_that_falls_before_the_minimum_of_a_further_series_is_a_conflict(desk):
    record_id = desk.record("CLOSED")
    desk.tell(FactAbout.RECORD, record_id, "closed", date(2024, 5, 1))
    desk.assigning.assign(record_id, "LIMIT", why="both", actor=ACTOR, further=True)
    assert desk.decide(record_id).decision is Verdict.CONFLICT


def test_a_series_of_no_schedule_and_no_reason_are_refused(desk):
    record_id = desk.record("PLAIN")
    with pytest.raises(NotFound):
        desk.assigning.assign(record_id, "NONE", why="so", actor=ACTOR)
    with pytest.raises(InvalidInput):
        desk.assigning.assign(record_id, "CLOSED", why=" ", actor=ACTOR)


def test_the_oldest_record_that_waits_comes_first(desk):
    younger = desk.record("CLOSED", day=date(2023, 1, 10))
    older = desk.record("GONE", day=date(2015, 1, 10))
    desk.record("PLAIN")
    archive = desk.archive
    found = waiting_records(archive.store, desk.service, TODAY)
    assert [one.id for one in found] == [older, younger]
    counted = {one["kind"]: one["records"] for one in by_event(found)}
    assert (counted["closed"], counted["separated"]) == (1, 1)


def test_an_evaluation_takes_what_was_supplied_and_only_active_records(desk):
    record_id = desk.record("CLOSED")
    desk.tell(FactAbout.SERIES, "CLOSED", "closed", date(2020, 3, 1))
    gone = desk.record("CLOSED", state="destroyed")
    found = desk.service.evaluate(TODAY, actor=ACTOR).to_json()
    assert found["eligible"] == [record_id]
    with desk.archive.store.read() as connection:
        assert connection.execute(select(records.c.state).where(records.c.id == gone)).scalar_one() == "destroyed"
