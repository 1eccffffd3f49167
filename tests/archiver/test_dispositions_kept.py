"""What the steps of a schedule lead to: reviews that keep, reviews that re-classify, and what is never executed."""

from __future__ import annotations

import pytest

from tests.archiver.test_disposition_commands import (  # noqa: F401 - fixtures
    DAY,
    SCHEDULE,
    act,
    filled_once,
    office,
    proposed,
    schedule,
)

REVIEWED = '"archival_review", "destroy"'


def first_of(office, batch: str) -> str:  # noqa: F811 - a fixture
    return act(office, "olga", "show", batch)["decisions"][0]["id"]


def keep_first(office, batch: str) -> str:  # noqa: F811 - a fixture
    kept = first_of(office, batch)
    act(office, "olga", "keep", batch, kept, "--reason", "the archives want it")
    return kept


def test_what_a_review_keeps_leaves_the_batch_and_is_not_proposed_again(office):  # noqa: F811 - a fixture
    batch = proposed(office, REVIEWED)
    kept = keep_first(office, batch)
    act(office, "olga", "step", batch, "1", "--reference", "Letter 7")
    assert act(office, "anna", "approve", batch)["chosen"] == 2
    done = act(office, "olga", "execute", batch)
    assert (done["destroyed"], done["dropped"]) == (2, 1)
    (dropped,) = [one for one in done["decisions"] if one["fate"] == "dropped"]
    assert (dropped["id"], dropped["reason"]) == (kept, "an officer decided to keep it")
    error = act(office, "otto", "propose", "--today", DAY, status=5)["error"]
    assert "decided to keep it" in error["message"]


def test_what_is_kept_is_listed_with_who_decided_it_and_why(office):  # noqa: F811 - a fixture
    assert "No record" in office.run("disposition", "kept").out
    batch = proposed(office, REVIEWED)
    kept = keep_first(office, batch)
    (told,) = office.json("disposition", "kept")
    assert (told["id"], told["batch"], told["reason"]) == (kept, batch, "the archives want it")
    act(office, "otto", "withdraw", batch, "--reason", "x")
    assert act(office, "olga", "propose", "--today", DAY)["records"] == 2


@pytest.mark.parametrize("how", ["reopened", "another series"])
def test_what_was_kept_is_proposed_again_once_an_officer_says_so(office, how):  # noqa: F811 - a fixture
    batch = proposed(office, REVIEWED)
    kept = keep_first(office, batch)
    act(office, "otto", "withdraw", batch, "--reason", "x")
    if how == "reopened":
        act(office, "olga", "reopen", kept, "--reason", "the archives have a copy")
        act(office, "olga", "reopen", kept, "--reason", "again", status=5)
    else:
        other = '[[series]]\nid = "T"\ntitle = "T"\ncitation = "Act 2"\nminimum = { trigger = "created" }\n'
        schedule(office, REVIEWED, SCHEDULE.replace('edition = "1"', 'edition = "2"') + other)
        office.json("retention", "assign", kept, "T", "--why", "a copy")
    assert kept in {one["id"] for one in act(office, "olga", "propose", "--today", DAY)["decisions"]}


def test_what_was_kept_after_the_approval_is_not_destroyed(office):  # noqa: F811 - a fixture
    batch = proposed(office)
    act(office, "anna", "approve", batch)
    kept = first_of(office, batch)
    act(office, "olga", "keep", batch, kept, "--reason", "wanted")
    assert act(office, "olga", "execute", batch)["destroyed"] == 2
    assert office.json("record", "show", kept)["state"] == "active"


def test_only_what_a_batch_lists_is_kept_out_of_it_and_by_whoever_may(office):  # noqa: F811 - a fixture
    batch = proposed(office)
    kept = keep_first(office, batch)
    act(office, "olga", "keep", batch, kept, "--reason", "again", status=2)
    act(office, "olga", "keep", batch, "rec_x", "--reason", "x", status=2)
    act(office, "olga", "keep", batch, "--reason", "x", status=2)
    act(office, "anna", "keep", batch, kept, "--reason", "x", status=4)
    act(office, "olga", "keep", "rec_x", "--reason", "x", status=3)
    act(office, "olga", "reopen", "rec_x", "--reason", "x", status=3)
    assert office.run("disposition", "keep", batch, kept, "--reason", "x").status == 4


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ('"keep_permanently"', "keeps it permanently"),
        ('"deidentify", "destroy"', "which this program does not do"),
        ('"return_to_sender"', "--action transfer"),
    ],
)
def test_nothing_is_destroyed_by_a_rule_that_says_something_else(office, steps, said):  # noqa: F811 - a fixture
    schedule(office, steps)
    assert said in act(office, "olga", "propose", "--today", DAY, status=5)["error"]["message"]


def test_nothing_is_transferred_by_a_rule_that_says_something_else(office):  # noqa: F811 - a fixture
    schedule(office)
    error = act(office, "olga", "propose", "--today", DAY, "--action", "transfer", status=5)["error"]
    assert "no transfer" in error["message"]


def test_what_its_schedule_has_reviewed_is_listed_until_an_officer_decides(office):  # noqa: F811 - a fixture
    schedule(office, '"review"')
    assert office.json("disposition", "reviews") == []
    due = office.json("disposition", "reviews", "--today", DAY)
    assert [one["series"] for one in due] == ["S"] * 3
    act(office, "olga", "keep", due[0]["id"], "--reason", "it stays in this series")
    left = office.json("disposition", "reviews", "--today", DAY)
    assert {one["id"] for one in left} == {one["id"] for one in due[1:]}
    assert "There is no record" in office.run("disposition", "reviews", "--today", DAY, "--series", "T").out


STEPS = (
    ('{ do = "archival_review", party = "Archives" }', "archival_review (Archives)"),
    ('{ do = "notify_historical_society" }', "notify_historical_society"),
    ('{ do = "apply_for_approval", party = "Board" }', "apply_for_approval (Board)"),
    ('{ do = "notify_subject", party = "student" }', "notify_subject (student)"),
    ('{ do = "review" }', "review"),
    ('{ do = "offer_to_office", wait_days = 3, party = "Library" }', "offer_to_office (Library)"),
)


def test_each_step_is_asked_for_by_name_and_its_days_are_waited_for(office):  # noqa: F811 - a fixture
    batch = proposed(office, ", ".join(step for step, _ in STEPS) + ', "destroy"')
    for _, name in STEPS:
        said = act(office, "anna", "approve", batch, status=5)["error"]["message"]
        assert f"the step {name} is not recorded" in said
        act(office, "olga", "step", batch, name, "--reference", "Letter 7", "--on", "2027-12-31")
    assert "wait until 2028-01-04" in act(office, "anna", "approve", batch, status=5)["error"]["message"]


def test_posting_to_the_permanent_record_is_a_step_before_the_destruction(office):  # noqa: F811 - a fixture
    batch = proposed(office, '"post_then_destroy"')
    assert "post_then_destroy" in act(office, "anna", "approve", batch, status=5)["error"]["message"]
    act(office, "olga", "step", batch, "1", "--reference", "transcript, page 3")
    assert act(office, "anna", "approve", batch)["state"] == "approved"
