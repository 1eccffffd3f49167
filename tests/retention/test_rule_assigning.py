"""Rules of schedules give each record its series once, by what it was on its day, and never by a guess."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from retention.assigning import Assigning, history_of
from retention.fact_log import FactAbout, FactLog, StatedFact, Target
from retention.library import ScheduleLibrary
from retention.record_opening import RecordOpening
from retention.roles import HeldRole, Roles, StatedRole
from retention.rule_assigning import RuleAssigning, unscheduled
from retention.rule_judging import RuleJudging
from retention.subjects import SubjectClass, SubjectFacts, Subjects
from retention.tables import series_assignments
from search.rule_matching import RuleMatcher
from storage.events import EventKind
from storage.people import NobodyKnown
from storage.tables import records
from tests.retention.held_records import ACTOR, keep, mail
from tests.retention.test_service import leaves
from tests.storage.transcribing import add_version, version

HEAD = """format = 1
name = "district"
title = "T"
issuer = "I"
jurisdiction = "J"
edition = "2024"
"""
SERIES = """
[[series]]
id = "{0}"
title = "T"
citation = "Act"
permanent = true
"""


def schedule(*rules: str, default: str = "REST", general: str = "") -> bytes:
    head = HEAD + (f'default_series = "{default}"\n' if default else "")
    names = ("HEADS", "COACH", "LAW", "BUS", "REST")
    series = "".join(SERIES.format(one) + ("general = true\n" if one == general else "") for one in names)
    return (head + "".join(f"[[assign]]\n{rule}\n" for rule in rules) + series).encode()


class Desk:
    """An archive with its assigning and shorthands."""

    def __init__(self, archive, custodian) -> None:
        self.archive, self.custodian_id = archive, custodian
        store = archive.store
        matcher = RuleMatcher(archive.zone)
        self.library = ScheduleLibrary(store, matcher)
        self.opened: list[str] = []
        judging = RuleJudging(store, archive.zone, Counting(archive, self.opened), matcher)
        self.assigning = RuleAssigning(store, archive.catalogue, self.library, judging)

    def load(self, *rules: str, **more: str) -> None:
        self.library.load(schedule(*rules, **more), "s.toml", actor=ACTOR)

    def role(self, role: str, since: str | None = None, until: str | None = None) -> None:
        stated = SubjectFacts(about=SubjectClass.PERSON, kind="employee", ref="E-1", custodian_id=self.custodian_id)
        ((subject_id, _),) = Subjects(self.archive.store).keep([stated], actor=ACTOR)
        held = HeldRole(role=role, since=since and date.fromisoformat(since), until=until and date.fromisoformat(until))
        Roles(self.archive.store).add([StatedRole(subject_id=subject_id, held=held)], actor=ACTOR)

    def keep(self, description=None, sent: str | None = None) -> str:
        sent_at = None if sent is None else datetime.fromisoformat(sent).replace(hour=18, tzinfo=UTC)
        return keep(self.archive, self.custodian_id, description, sent_at=sent_at)

    def run(self) -> int:
        return self.assigning.assign_pending(actor=ACTOR)

    def series(self, record_id: str) -> str | None:
        with self.archive.store.read() as connection:
            return connection.execute(select(records.c.series_id).where(records.c.id == record_id)).scalar_one()

    def doubt(self, record_id: str) -> str | None:
        with self.archive.store.read() as connection:
            return {row.id: row.doubt for row in unscheduled(connection, "", 100)}[record_id]

    def read(self, record_id: str, text: str) -> None:
        add_version(self.archive, version(record_id, text=text))


class Counting(RecordOpening):
    """Opens records and remembers which."""

    def __init__(self, archive, opened: list[str]) -> None:
        super().__init__(archive, NobodyKnown())
        self.opened = opened

    def open(self, ids):
        self.opened += ids
        return super().open(ids)


class Overtaken(RuleJudging):
    """Judges, and lets something happen before it answers."""

    def judge(self, page, policies):
        found = super().judge(page, policies)
        self.meanwhile()
        return found


@pytest.fixture
def custodian(archive):
    return archive.custodians.add("lee@school.example", name="Lee Doe", actor=ACTOR).id


@pytest.fixture
def desk(archive, custodian):
    return Desk(archive, custodian)


def test_a_record_belongs_to_the_role_that_its_custodian_held_on_its_day(desk):
    desk.load('series = "HEADS"\nrole = "principal"', 'series = "COACH"\nrole = ["coach", "teacher"]')
    desk.role("teacher", until="2025-12-31")
    desk.role("principal", since="2026-01-01")
    days = ("2025-12-31", "2026-01-01", "2026-03-01")
    of = {day: desk.keep(sent=day) for day in days}
    assert desk.run() == len(days)
    assert [desk.series(of[day]) for day in days] == ["COACH", "HEADS", "HEADS"]


def test_a_role_that_changes_later_moves_nothing_that_was_assigned(desk):
    desk.load('series = "HEADS"\nrole = "principal"')
    desk.role("principal")
    record_id = desk.keep(sent="2026-03-01")
    desk.run()
    desk.role("teacher")
    assert (desk.run(), desk.series(record_id)) == (0, "HEADS")


def test_a_custodian_of_whom_no_role_is_recorded_holds_none(desk):
    desk.load('series = "HEADS"\nrole = "principal"')
    record_id = desk.keep(sent="2026-03-01")
    desk.run()
    assert desk.series(record_id) == "REST"


def test_a_record_without_a_day_waits_where_the_role_was_not_always_the_same(desk):
    desk.load('series = "HEADS"\nrole = "principal"')
    desk.role("principal", since="2026-01-01")
    record_id = desk.keep()
    assert (desk.run(), desk.series(record_id)) == (0, None)
    assert desk.doubt(record_id).startswith("rule 1 of schedule district: it does not say when it was")
    said = StatedFact(
        target=Target(about=FactAbout.RECORD, id=record_id), kind="created", day=date(2025, 5, 1), source="a form"
    )
    FactLog(desk.archive.store).add(said, actor=ACTOR)
    assert (desk.run(), desk.series(record_id)) == (1, "REST")


@pytest.mark.parametrize(("since", "series"), [(None, "HEADS"), ("2026-03-12", "REST")])
def test_a_record_without_a_day_is_told_where_every_day_gives_the_same(desk, since, series):
    desk.load('series = "HEADS"\nrole = "principal"')
    desk.role("principal", since=since)
    record_id = desk.keep()
    desk.run()
    assert desk.series(record_id) == series


@pytest.mark.parametrize(
    ("rule", "series"),
    [
        ('correspondent = "pat@far.example"', "LAW"),
        ('correspondent = "@far.example"', "LAW"),
        ('correspondent = ["@law.example", "@far.example"]', "LAW"),
        ('correspondent = "@law.example"', "REST"),
        ('account = "pat@far.example"', "LAW"),
        ('query = "walrus"', "LAW"),
        ('query = "walrus NOT bus"', "REST"),
        ('query = "walrus"\nkind = "post"', "REST"),
        ('query = "walrus"\nrole = "principal"', "REST"),
    ],
)
def test_what_a_record_says_decides_where_a_rule_asks_for_it(desk, rule, series):
    desk.load(f'series = "LAW"\n{rule}')
    record_id = desk.keep(mail("the walrus sat in the bus"))
    assert desk.run() == 1
    assert desk.series(record_id) == series


def test_the_first_rule_of_the_file_decides_and_a_general_series_gives_way(desk):
    desk.load(
        'series = "BUS"\nkind = "email"',
        'series = "LAW"\nquery = "walrus"',
        'series = "COACH"\nquery = "walrus"',
        general="BUS",
    )
    found, other = desk.keep(mail("walrus")), desk.keep(mail("otter"))
    desk.run()
    assert (desk.series(found), desk.series(other)) == ("LAW", "BUS")


def test_a_record_is_opened_only_where_a_rule_that_would_decide_asks_for_it(desk):
    desk.load('series = "BUS"\nkind = "email"', 'series = "LAW"\nquery = "walrus"')
    desk.keep(mail("walrus"))
    assert (desk.run(), desk.opened) == (1, [])


def test_what_cannot_be_read_is_in_no_series_until_it_can(desk):
    desk.load('series = "LAW"\nquery = "walrus"')
    record_id = desk.keep(mail("otter", unread=True))
    assert (desk.run(), desk.series(record_id)) == (0, None)
    assert desk.doubt(record_id) == "rule 1 of schedule district: the query asks for what could not be read in it"
    desk.load('series = "LAW"\nquery = "otter"')
    assert (desk.run(), desk.series(record_id)) == (1, "LAW")


def test_a_doubt_that_leads_to_the_same_series_is_none(desk):
    desk.load('series = "REST"\nquery = "walrus"')
    record_id = desk.keep(mail("otter", unread=True))
    desk.run()
    assert desk.series(record_id) == "REST"


def test_what_stays_without_a_series_is_opened_once_and_again_when_a_schedule_is_loaded(desk):
    desk.load('series = "LAW"\nquery = "walrus"', default="")
    record_id = desk.keep(mail("otter"))
    assert [desk.run(), desk.run()] == [0, 0]
    assert desk.opened == [record_id]
    assert desk.doubt(record_id) == ""
    desk.load('series = "LAW"\nquery = "walrus OR otter"', default="")
    assert (desk.run(), desk.series(record_id)) == (1, "LAW")


def test_a_record_in_the_default_series_by_rule_is_judged_again_when_its_pictures_were_read(desk):
    desk.load('series = "HEADS"\nkind = "post"')
    by_rule, by_person = desk.keep(mail("otter")), desk.keep(mail("otter"))
    desk.run()
    Assigning(desk.archive.store, desk.archive.catalogue, desk.library).assign(by_person, "BUS", why="so", actor=ACTOR)
    Assigning(desk.archive.store, desk.archive.catalogue, desk.library).assign(by_person, "REST", why="so", actor=ACTOR)
    desk.load('series = "LAW"\nquery = "walrus"')
    desk.run()
    for record_id in (by_rule, by_person):
        desk.read(record_id, "a walrus")
    assert desk.run() == 1
    assert (desk.series(by_rule), desk.series(by_person)) == ("LAW", "REST")


def test_the_history_says_which_rule_of_which_edition_it_was_and_why(desk):
    desk.load('series = "HEADS"\nrole = "principal"\ncorrespondent = "@far.example"')
    desk.role("principal")
    record_id = desk.keep(sent="2026-03-01")
    desk.run()
    with desk.archive.store.read() as connection:
        (told,) = history_of(connection, desk.archive.ledger, record_id, desk.library)
        (row,) = connection.execute(select(series_assignments).where(series_assignments.c.record_id == record_id))
    assert (told["how"], told["by"], told["series"]) == ("rule", ACTOR, "HEADS")
    assert told["why"] == (
        "rule 1 of schedule district, edition 2024:"
        " its custodian was principal on 2026-03-01; its correspondent matches"
    )
    assert row.schedule_id.startswith("sch_")


def test_assigning_twice_gives_each_record_one_leaf(desk):
    desk.load('series = "LAW"\nquery = "walrus"')
    ids = [desk.keep(mail("walrus")) for _ in range(3)]
    assert [desk.run(), desk.run()] == [3, 0]
    assert leaves(desk.archive, EventKind.RECORD_ASSIGNED) == len(ids)


def test_what_a_person_decides_while_rules_are_judged_stands(desk):
    desk.load('series = "LAW"\nquery = "walrus"')
    record_id = desk.keep(mail("walrus"))
    by_hand = Assigning(desk.archive.store, desk.archive.catalogue, desk.library)

    store = desk.archive.store
    judging = Overtaken(store, desk.archive.zone, Counting(desk.archive, []), RuleMatcher(desk.archive.zone))
    judging.meanwhile = lambda: by_hand.assign(record_id, "BUS", why="so", actor=ACTOR)
    assert RuleAssigning(store, desk.archive.catalogue, desk.library, judging).assign_pending(actor=ACTOR) == 0
    assert desk.series(record_id) == "BUS"


def test_a_doubt_ends_with_the_rule_that_was_in_doubt(desk):
    desk.load('series = "LAW"\nquery = "walrus"', default="")
    record_id = desk.keep(mail("otter", unread=True))
    desk.run()
    assert desk.doubt(record_id)
    desk.load('series = "LAW"\nkind = "post"', default="")
    desk.run()
    assert desk.doubt(record_id) is None


def test_roles_that_no_rule_asks_for_open_nothing_again(desk):
    desk.load('series = "LAW"\nquery = "walrus"', default="")
    record_id = desk.keep(mail("otter"))
    desk.run()
    desk.role("teacher")
    desk.run()
    assert desk.opened == [record_id]
