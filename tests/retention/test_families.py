"""What belongs together goes together: parts, days of a conversation, and what depends on a record that is kept."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import insert, update

from retention.evaluation import Verdict
from retention.fact_log import FactAbout, Standing, StatedFact, Target
from retention.families import Parents
from retention.library import ScheduleLibrary
from retention.linking import LinkTraces
from retention.service import RetentionService
from storage.conversation_tables import conversation_parts
from storage.errors import Conflict, InvalidInput, NotFound
from storage.tables import destruction_batches, destructions, records
from tests.retention.test_service import ACTOR, Hands, add_records

SCHEDULE = b"""format = 1
name = "district"
title = "T"
issuer = "I"
jurisdiction = "J"
edition = "1"
[[series]]
id = "TALK"
title = "A"
citation = "Act 1"
family = "conversation"
minimum = { trigger = "created", period = 1, unit = "year" }
maximum = { trigger = "created", period = 1, unit = "year" }
[[series]]
id = "DAYS"
title = "B"
citation = "Act 2"
minimum = { trigger = "created", period = 1, unit = "year" }
[[series]]
id = "CLOSED"
title = "C"
citation = "Act 3"
family = "conversation"
minimum = { trigger = "closed", period = 1, unit = "year" }
[[series]]
id = "AFTER"
title = "D"
citation = "Act 4"
minimum = { trigger = "parent_disposed", period = 30, unit = "day" }
[[series]]
id = "ASKED"
title = "F"
citation = "Act 6"
minimum = { earlier_of = [{ trigger = "parent_disposed" }, { trigger = "closed", events = ["request_withdrawn"] }] }
[[series]]
id = "COPIES"
title = "E"
citation = "Act 5"
linked_by_fact = true
minimum = { trigger = "created", period = 9, unit = "year" }
[[series.case]]
kind = "copy_type"
when = { copy = "secondary" }
minimum = { trigger = "created", period = 0, unit = "year" }
[[series.case]]
kind = "split"
when = { amount = { at_least = 10000 } }
permanent = true
"""
TODAY = date(2024, 6, 1)


class Desk:
    """A service with shorthands."""

    def __init__(self, archive) -> None:
        archive.store.clock = Hands()
        self.archive = archive
        library = ScheduleLibrary(archive.store)
        library.load(SCHEDULE, "s.toml", actor=ACTOR)
        self.service = RetentionService(archive.store, archive.catalogue, library, archive.zone)
        self.parents = Parents(archive.store)

    def record(self, series: str, day: date = date(2023, 1, 10), **more: object) -> str:
        (record_id,) = add_records(self.archive, 1, series_id=series, day=day, **more)
        return record_id

    def talk(self, series: str, *days: date, root: bool = False, thread: bytes = b"t" * 16) -> list[str]:
        """Days of one conversation; with `root` all of them parts of the first."""
        ids = [self.record(series, day, kind="conversation", sent_at=None) for day in days]
        rows = [
            {
                "record_id": one, "root_id": ids[0] if root else one, "thread": thread, "day": day.isoformat(),
                "container_id": None, "messages": 1, "known": 0, "changed": 0, "lacking": 0, "digests": b"",
                "source": b"", "dates": "",
            }
            for one, day in zip(ids, days, strict=True)
        ]  # fmt: skip
        with self.archive.store.write() as transaction:
            transaction.connection.execute(insert(conversation_parts), rows)
        return ids

    def state(
        self, record_id: str, value: str | None = None, standing: Standing = Standing.STATED, **more: object
    ) -> str:
        target = Target(about=FactAbout.RECORD, id=record_id)
        more = {"day": None, **more}
        stated = StatedFact(target=target, source="a form", standing=standing, value=value, **more)
        return self.service.known.log.add(stated, actor=ACTOR).id

    def destroy(self, record_id: str, at: datetime) -> None:
        batch = {"id": "bat_1", "state": "decided", "epoch": 1, "position": 1, "decided_at": at}
        row = {"record_id": record_id, "submission_id": "sub_1", "batch_id": "bat_1", "position": 2}
        with self.archive.store.write() as transaction:
            transaction.connection.execute(insert(destruction_batches), [batch])
            transaction.connection.execute(insert(destructions), [row])
            transaction.connection.execute(update(records).where(records.c.id == record_id).values(state="destroyed"))

    def decide(self, record_id: str, today: date = TODAY):
        with self.archive.store.read() as connection:
            return self.service.decide(connection, self.archive.catalogue.get(connection, record_id), today)


@pytest.fixture
def desk(archive):
    return Desk(archive)


def test_a_conversation_goes_with_its_latest_day_where_its_series_says_so(desk):
    first, last = desk.talk("TALK", date(2023, 1, 10), date(2023, 3, 10))
    for one in (first, last):
        decision = desk.decide(one)
        assert (decision.decision, decision.eligible_on) == (Verdict.ELIGIBLE, date(2024, 3, 11))
        assert "one of a family of 2, the days of one conversation" in decision.reasons[-1]
    assert desk.decide(first, date(2024, 3, 10)).decision is Verdict.RETAIN
    assert desk.decide(first, date(2024, 3, 10)).latest_on == date(2024, 3, 10)
    assert desk.decide(first).reasons[-1].endswith("which is another")


def test_elsewhere_each_day_runs_its_own_clock(desk):
    first, last = desk.talk("DAYS", date(2023, 1, 10), date(2023, 3, 10))
    assert desk.decide(first).eligible_on == date(2024, 1, 11)
    assert desk.decide(last).eligible_on == date(2024, 3, 11)


def test_a_day_that_was_put_into_another_series_leaves_the_family(desk):
    first, last = desk.talk("TALK", date(2023, 1, 10), date(2023, 3, 10))
    with desk.archive.store.write() as transaction:
        transaction.connection.execute(update(records).where(records.c.id == last).values(series_id="DAYS"))
    assert desk.decide(first).eligible_on == date(2024, 1, 11)
    assert "family" not in desk.decide(first).reasons[-1]


def test_parts_of_one_record_are_a_family_in_any_series(desk):
    root, part = desk.talk("DAYS", date(2023, 1, 10), date(2023, 3, 10), root=True)
    assert {desk.decide(one).eligible_on for one in (root, part)} == {date(2024, 3, 11)}
    assert "the parts of one record" in desk.decide(root).reasons[-1]


def test_a_family_waits_for_the_event_of_every_member(desk):
    first, last = desk.talk("CLOSED", date(2023, 1, 10), date(2023, 3, 10))
    desk.state(first, kind="closed", day=date(2023, 1, 11), standing=Standing.HAPPENED)
    assert desk.decide(first).decision is Verdict.NEEDS_EVENT
    assert desk.decide(first).waits_for == ("closed", "final_action", "resolved")
    desk.state(last, kind="closed", day=date(2023, 2, 11), standing=Standing.HAPPENED)
    assert desk.decide(first).eligible_on == date(2024, 2, 12)


def test_a_conflict_of_one_member_is_a_conflict_of_all_and_no_later_day_hides_it(desk):
    early, late = desk.talk("DAYS", date(2020, 1, 10), date(2023, 5, 10), root=True)
    captured = datetime(2023, 1, 10, 18, tzinfo=UTC)
    with desk.archive.store.write() as transaction:
        mine = update(records).where(records.c.id == early).values(series_id="TALK", captured_at=captured)
        transaction.connection.execute(mine)
    for one in (early, late):
        assert desk.decide(one).decision is Verdict.CONFLICT
    desk.destroy(early, datetime(2024, 5, 11, 18, tzinfo=UTC))
    assert desk.decide(late).decision is Verdict.ELIGIBLE


def test_what_the_rest_of_a_family_waits_for_does_not_change_while_it_goes(desk):
    first, last = desk.talk("TALK", date(2023, 1, 10), date(2023, 3, 10))
    before = desk.decide(first).eligible_on
    desk.destroy(last, datetime(2024, 5, 1, 18, tzinfo=UTC))
    assert desk.decide(first).eligible_on == before


def test_a_member_that_is_gone_and_never_had_its_event_holds_nobody_back(desk):
    first, last = desk.talk("CLOSED", date(2023, 1, 10), date(2023, 3, 10))
    desk.state(first, kind="closed", day=date(2023, 1, 11), standing=Standing.HAPPENED)
    desk.destroy(last, datetime(2024, 5, 1, 18, tzinfo=UTC))
    assert desk.decide(first).eligible_on == date(2024, 1, 12)


def test_a_record_does_not_go_before_the_one_that_it_depends_on(desk):
    parent, child = desk.record("DAYS"), desk.record("DAYS")
    assert desk.decide(child).decision is Verdict.ELIGIBLE
    assert desk.parents.add(child, parent, actor=ACTOR)
    decision = desk.decide(child)
    assert decision.decision is Verdict.RETAIN
    assert decision.reasons[-1] == "it depends on a record that is still kept, and does not go before that"
    desk.destroy(parent, datetime(2024, 5, 1, 18, tzinfo=UTC))
    assert desk.decide(child).decision is Verdict.ELIGIBLE


def test_the_destruction_of_its_parent_starts_the_clock_of_a_record(desk):
    parent, child = desk.record("DAYS"), desk.record("AFTER")
    desk.parents.add(child, parent, actor=ACTOR)
    assert desk.decide(child).decision is Verdict.RETAIN
    desk.destroy(parent, datetime(2024, 5, 2, 3, tzinfo=UTC))  # still 1 May where the archive is
    assert desk.archive.zone.key == "America/Los_Angeles"
    assert desk.decide(child).eligible_on == date(2024, 6, 1)
    assert desk.decide(child, date(2024, 5, 31)).decision is Verdict.RETAIN


def test_a_rule_that_says_itself_how_long_it_depends_on_another_is_followed(desk):
    parent, child = desk.record("DAYS"), desk.record("ASKED")
    desk.parents.add(child, parent, actor=ACTOR)
    assert desk.decide(child).decision is Verdict.NEEDS_EVENT
    desk.state(child, kind="request_withdrawn", day=date(2024, 5, 1), standing=Standing.HAPPENED)
    assert desk.decide(child).eligible_on == date(2024, 5, 2)
    assert desk.decide(child).decision is Verdict.ELIGIBLE


def test_of_several_parents_the_last_one_counts(desk):
    one, other, child = desk.record("DAYS"), desk.record("DAYS"), desk.record("AFTER")
    for parent in (one, other):
        desk.parents.add(child, parent, actor=ACTOR)
    desk.destroy(one, datetime(2024, 5, 1, 18, tzinfo=UTC))
    assert desk.decide(child, date(2030, 1, 1)).decision is Verdict.RETAIN


def test_a_family_does_not_take_along_what_depends_on_a_kept_record(desk):
    first, _ = desk.talk("TALK", date(2023, 1, 10), date(2023, 3, 10))
    parent = desk.record("DAYS")
    desk.parents.add(first, parent, actor=ACTOR)
    assert desk.decide(first).decision is Verdict.RETAIN


def test_that_a_record_depends_on_another_can_be_said_once_and_taken_back(desk):
    parent, child = desk.record("DAYS"), desk.record("DAYS")
    assert [desk.parents.add(child, parent, actor=ACTOR) for _ in range(2)] == [True, False]
    desk.parents.take_back(child, parent, actor=ACTOR)
    assert desk.decide(child).decision is Verdict.ELIGIBLE
    with pytest.raises(NotFound):
        desk.parents.take_back(child, parent, actor=ACTOR)
    assert desk.parents.add(child, parent, actor=ACTOR)


def test_records_do_not_depend_on_each_other_in_a_circle(desk):
    a, b, c = (desk.record("DAYS") for _ in range(3))
    desk.parents.add(a, b, actor=ACTOR)
    desk.parents.add(b, c, actor=ACTOR)
    with pytest.raises(Conflict):
        desk.parents.add(c, a, actor=ACTOR)
    with pytest.raises(InvalidInput):
        desk.parents.add(a, a, actor=ACTOR)
    with pytest.raises(NotFound):
        desk.parents.add(a, "rec_none", actor=ACTOR)


def test_what_a_record_depended_on_goes_with_it_and_stays_known_of_others(desk):
    parent, child = desk.record("DAYS"), desk.record("DAYS")
    desk.parents.add(child, parent, actor=ACTOR)
    traces = LinkTraces(desk.archive.store)
    assert not traces.confirm([child])[0].absent
    traces.forget([parent])
    assert desk.decide(child).decision is Verdict.RETAIN
    traces.forget([child])
    assert traces.confirm([child])[0].absent


def test_what_a_person_states_of_a_record_decides_which_case_holds(desk):
    record_id = desk.record("COPIES", date(2023, 1, 10))
    assert desk.decide(record_id).eligible_on == date(2032, 1, 11)
    copy = desk.state(record_id, "Secondary", kind="copy")
    assert desk.decide(record_id).eligible_on == date(2023, 1, 11)
    desk.service.known.log.withdraw(copy, why="it is the record copy", actor=ACTOR)
    desk.state(record_id, "12000", kind="amount")
    assert desk.decide(record_id).decision is Verdict.PERMANENT


def test_a_record_goes_with_the_series_that_a_person_names(desk):
    record_id = desk.record("COPIES", date(2023, 1, 10))
    desk.state(record_id, "DAYS", kind="linked_series")
    assert desk.decide(record_id).eligible_on == date(2024, 1, 11)


@pytest.mark.parametrize(
    ("kind", "value", "more"),
    [
        ("copy", "two words", {}),
        ("copy", "x" * 65, {}),
        ("copy", "", {}),
        ("created", "2024-01-01", {}),
        ("channel", "smtp", {}),
        ("copy", "secondary", {"day": date(2024, 1, 1)}),
        ("copy", "secondary", {"standing": Standing.HAPPENED, "day": date(2024, 1, 1)}),
        ("copy", None, {}),
    ],
)
def test_what_is_stated_of_a_record_is_one_plain_word(desk, kind, value, more):
    with pytest.raises(InvalidInput):
        desk.state(desk.record("COPIES"), value, kind=kind, **more)
