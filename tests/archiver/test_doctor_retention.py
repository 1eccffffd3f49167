"""`archiver doctor` on what waits for a person: undecided holds, approved batches, missing events, a jumped clock."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from archiver.access import Role
from archiver.checkup import Verdict
from archiver.checkup_retention import look_at_dispositions, look_at_holds, look_at_waiting
from archiver.disposing import propose_batch
from archiver.wiring import open_installation
from retention.disposition_types import State
from retention.dispositions import set_state
from retention.hold_rules import HoldTerms
from retention.ports import ContentRule
from storage.keys import unlock
from tests.archiver.test_disposition_commands import SCHEDULE
from tests.retention.held_records import keep, mail
from tests.storage.archives import ACTOR, RECOVERY, custodian, make_archive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.wiring import Installation

WAITING = SCHEDULE.replace('"created", period = 1', '"closed", period = 1')


@pytest.fixture
def house(tmp_path) -> Iterator[Installation]:
    folder = tmp_path / "archive"
    make_archive(folder).close()
    made = open_installation(folder, unlock(folder / "keys", RECOVERY))
    yield made
    made.close()


@pytest.fixture
def owner(house) -> str:
    return custodian(house.archive)


def test_an_archive_where_nothing_waits_has_three_good_lines(house):
    found = [*look_at_holds(house), *look_at_dispositions(house), *look_at_waiting(house)]
    assert [one.verdict for one in found] == [Verdict.GOOD] * 3
    assert [one.name for one in found] == ["holds", "dispositions", "retention"]


def test_records_that_a_hold_cannot_read_are_counted_and_so_are_those_not_compared_yet(house, owner):
    keep(house.archive, owner, mail("a secret matter", unread=True))
    rule = ContentRule(id="", custodian_ids=(owner,), query="secret")
    house.holds.place(HoldTerms(reason="the Ramos case", rule=rule), actor=ACTOR)
    (before,) = look_at_holds(house)
    assert (before.verdict, "until then: 1" in before.detail) == (Verdict.GOOD, True)
    keep(house.archive, owner, mail("nothing of it", unread=True))
    house.judging().catch_up()
    (after,) = look_at_holds(house)
    assert after.verdict is Verdict.WARNING
    assert "open: 1; records that a rule cannot read, and that wait for an officer: 1;" in after.detail
    assert "Ramos" not in after.detail


def test_a_batch_that_was_approved_and_not_executed_is_counted(house, owner):
    house.library.load(SCHEDULE.replace("STEPS", '"destroy"').encode(), "s.toml", actor=ACTOR)
    house.users.add("olga", Role.OFFICER, actor=ACTOR)
    keep(house.archive, owner, captured_at=house.archive.store.clock() - timedelta(days=800))
    batch = propose_batch(house, house.users.list()[0], house.retention.today())["id"]
    (proposed,) = look_at_dispositions(house)
    assert (proposed.verdict, proposed.detail) == (Verdict.GOOD, "batches that wait for approval: 1")
    with house.archive.store.write() as transaction:
        set_state(transaction, batch, State.APPROVED)
    (approved,) = look_at_dispositions(house)
    assert approved.verdict is Verdict.WARNING
    assert approved.detail.startswith("approved and not executed: 1, the oldest proposed 20")


def test_the_oldest_record_that_waits_for_an_event_is_dated(house, owner):
    house.library.load(WAITING.replace("STEPS", '"destroy"').encode(), "s.toml", actor=ACTOR)
    keep(house.archive, owner)
    house.retention.evaluate(house.retention.today(), actor=ACTOR)
    (found,) = look_at_waiting(house)
    assert found.verdict is Verdict.WARNING
    assert "which nobody supplied: 1, the oldest since 2026-03-10" in found.detail


def test_a_clock_that_jumped_is_a_fault(house):
    watch, now = house.retention.watch, house.archive.store.clock()
    watch.look()
    house.archive.store.clock = lambda: now + timedelta(days=100)
    watch.look()
    assert [one.verdict for one in look_at_waiting(house)] == [Verdict.FAULT, Verdict.GOOD]
