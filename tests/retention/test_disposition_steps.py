"""What must be recorded before a destruction, read from the rule that made a record eligible."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from retention.disposition_steps import action_of, keeps_a_copy, requirements, unmet, why_not
from retention.disposition_types import Answer, BatchAction, Requirement
from retention.evaluation import Basis, Decision, Verdict
from retention.rules import Authority, Step
from retention.vocabulary import Disposition
from tests.every_case import every_case

DAY = date(2026, 6, 1)
IN_FORCE = Authority(edition="1", adopted_on=date(2020, 1, 1))


def basis(*steps: Step, authority: Authority = IN_FORCE) -> Basis:
    return Basis(series_id="S", citation="Act 1", authority=authority, steps=steps)


def eligible(on: Basis) -> Decision:
    return Decision(decision=Verdict.ELIGIBLE, eligible_on=DAY, basis=on)


DESTROYS = {Disposition.DESTROY, Disposition.DESTROY_SECURELY, Disposition.POST_THEN_DESTROY}
TRANSFERS = {
    Disposition.TRANSFER_PERMANENTLY,
    Disposition.TRANSFER_FOR_APPRAISAL,
    Disposition.TRANSFER_TO_AGENCY,
    Disposition.RETURN_TO_SENDER,
}


def steps(*actions: Disposition) -> Basis:
    return basis(*(Step(disposition=one) for one in actions))


@every_case("action", list(Disposition))
def test_only_what_destroys_is_destroyed_and_only_what_transfers_is_transferred(action):
    decision = eligible(steps(action))
    assert (why_not(decision, DAY) is None) is (action in DESTROYS)
    assert (why_not(decision, DAY, BatchAction.TRANSFER) is None) is (action in TRANSFERS)


@every_case("transfer", sorted(TRANSFERS))
@every_case("answer", [None, *Answer])
def test_after_a_transfer_only_what_was_declined_after_an_appraisal_is_destroyed(transfer, answer):
    allowed = (transfer, answer) == (Disposition.TRANSFER_FOR_APPRAISAL, Answer.DECLINED)
    for rule in (steps(transfer, Disposition.DESTROY), steps(transfer)):
        assert (why_not(eligible(rule), DAY, BatchAction.DESTROY, answer) is None) is allowed


@pytest.mark.parametrize("last", [Disposition.KEEP_PERMANENTLY, Disposition.REVIEW])
@pytest.mark.parametrize("answer", [None, *Answer])
def test_what_a_rule_keeps_after_its_transfer_is_never_destroyed(last, answer):
    for transfer in TRANSFERS:
        decision = eligible(steps(transfer, last))
        assert why_not(decision, DAY, BatchAction.DESTROY, answer) is not None
        assert keeps_a_copy(steps(transfer, last))
        assert not keeps_a_copy(steps(transfer))
    assert why_not(eligible(steps(transfer, last)), DAY, BatchAction.TRANSFER, Answer.ACCEPTED) is not None


@every_case(
    "actions",
    [
        (Disposition.DEIDENTIFY, Disposition.DESTROY),
        (Disposition.TRANSFER_TO_AGENCY, Disposition.TRANSFER_PERMANENTLY),
        (Disposition.KEEP_PERMANENTLY, Disposition.DESTROY),
        (Disposition.DESTROY, Disposition.TRANSFER_PERMANENTLY),
    ],
)
@every_case("doing", [BatchAction.DESTROY, BatchAction.TRANSFER])
@every_case("answer", [None, *Answer])
def test_steps_that_cannot_be_done_or_contradict_each_other_leave_the_record(actions, doing, answer):
    assert why_not(eligible(steps(*actions)), DAY, doing, answer) is not None


def test_the_steps_before_a_transfer_belong_to_it_and_those_after_to_the_destruction_of_what_was_declined():
    rule = basis(
        Step(disposition=Disposition.ARCHIVAL_REVIEW),
        Step(disposition=Disposition.TRANSFER_FOR_APPRAISAL, party="Archives"),
        Step(disposition=Disposition.NOTIFY_SUBJECT, wait_days=30),
        Step(disposition=Disposition.DESTROY),
    )
    assert [one.name for one in requirements(rule, BatchAction.TRANSFER)] == ["archival_review"]
    assert requirements(rule) == (Requirement(name="notify_subject", wait_days=30),)
    assert action_of(rule, BatchAction.TRANSFER) == "transfer_for_appraisal (Archives)"
    assert action_of(rule) == "destroy"


def test_a_rule_without_steps_lets_a_record_go():
    assert why_not(eligible(basis()), DAY) is None


@pytest.mark.parametrize("verdict", [one for one in Verdict if one is not Verdict.ELIGIBLE])
def test_nothing_but_eligible_is_destroyed(verdict):
    assert why_not(Decision(decision=verdict, eligible_on=DAY, basis=basis(), reasons=("held by H",)), DAY) is not None


@pytest.mark.parametrize(
    "authority",
    [
        Authority(edition="1"),
        Authority(edition="1", adopted_on=DAY + timedelta(days=1)),
        Authority(edition="1", adopted_on=DAY, expires=DAY - timedelta(days=1)),
        Authority(edition="1", adopted_on=DAY, superseded=True),
        Authority(edition="1", adopted_on=DAY, inactive=True),
    ],
)
def test_a_schedule_that_is_not_in_force_destroys_nothing(authority):
    assert why_not(eligible(basis(authority=authority)), DAY) is not None


def test_every_step_before_the_last_is_wanted_and_an_application_is_the_permission():
    asking = Authority(edition="1", adopted_on=DAY, permission_required=True, permission_from="Supervisor")
    last = Step(disposition=Disposition.DESTROY)
    assert requirements(basis(last, authority=asking)) == (Requirement(name="permission (Supervisor)", ordered=False),)
    applied = Step(disposition=Disposition.APPLY_FOR_APPROVAL, wait_days=30, party="Board")
    wanted = (Requirement(name="apply_for_approval (Board)", wait_days=30),)
    assert requirements(basis(applied, last, authority=asking)) == wanted


def test_posting_to_the_permanent_record_comes_before_the_destruction():
    posted = basis(Step(disposition=Disposition.POST_THEN_DESTROY))
    assert requirements(posted) == (Requirement(name="post_then_destroy"),)


@pytest.mark.parametrize(("days", "met"), [(59, False), (60, False), (61, True)])
def test_days_of_waiting_are_whole_days(days, met):
    wanted = [Requirement(name="notice", wait_days=60)]
    assert (unmet(wanted, {"notice": DAY}, DAY + timedelta(days=days)) is None) is met


def test_steps_follow_each_other_in_the_order_of_the_rule():
    wanted = [Requirement(name="review"), Requirement(name="notice")]
    assert unmet(wanted, {"review": DAY, "notice": DAY}, DAY) is None
    assert "could not be before" in (unmet(wanted, {"review": DAY, "notice": DAY - timedelta(days=1)}, DAY) or "")
    assert "notice is not recorded" in (unmet(wanted, {"review": DAY}, DAY) or "")
