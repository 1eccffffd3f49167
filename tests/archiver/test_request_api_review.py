"""The review of a request over HTTP: sets, pages, decisions, second persons, and what may not be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from archiver.access import RestrictedClass, Role, operator
from archiver.api import request_schemas as documents
from archiver.restricting import restrict
from archiver.reviewing import add_set
from tests.archiver.request_site import look, opened, post
from tests.archiver.web_site import OWN, Site, add_record, letter, running_site

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site")) as running:
        add_record(running.installation, running.custodians[OWN], letter("Lunch", "No soup."))
        secret = add_record(running.installation, running.custodians[OWN], letter("Nurse", "The route of a fever."))
        restrict(running.installation, operator("test"), "record", [secret.record], RestrictedClass.MEDICAL)
        running.lying = secret.record
        running.installation.follower().catch_up()
        yield running


@pytest.fixture
def number(site: Site) -> str:
    """A request with the two records of the site before its reviewers, and one that nobody here has a grant for."""
    found: str = opened(site)["number"]
    added = post(site, f"/requests/{found}/sets", {"query": "route"})
    documents.AddedSet.model_validate(added)
    assert (added["found"], added["added"]) == (2, 2)
    assert add_set(site.installation, operator("test"), found, query="fever")["added"] == 1
    return found


def decide(site: Site, number: str, ids: list[str], decision: str, role: Role = Role.REVIEWER, **more: Any) -> Any:
    body = {"records": ids, "decision": decision, **{{"together": "with"}.get(name, name): more[name] for name in more}}
    return post(site, f"/requests/{number}/review/decisions", body, role)


def test_searches_are_listed_with_their_coverage_and_one_is_left_out_of_another(site: Site, number: str) -> None:
    listed = look(site, f"/requests/{number}/sets", Role.REVIEWER)
    documents.RequestSets.model_validate(listed)
    assert [one["query"] for one in listed["sets"]] == ["route", None]
    rest = post(site, f"/requests/{number}/sets", {"query": "is:active", "without": [listed["sets"][0]["set"]]})
    assert rest["found"] == 1
    post(site, f"/requests/{number}/sets", {}, status=422)
    post(site, f"/requests/{number}/sets", {"query": "route"}, Role.REVIEWER, status=403)


def test_a_sample_is_drawn_again_by_its_seed(site: Site, number: str) -> None:
    drawn = post(site, f"/requests/{number}/samples", {"size": 5}, status=200)
    documents.SampleDocument.model_validate(drawn)
    assert drawn["of"] == 1
    again = post(site, f"/requests/{number}/samples", {"size": 5, "seed": drawn["seed"]}, status=200)
    assert again["records"] == drawn["records"]


def test_records_are_read_page_by_page_and_by_how_they_stand(site: Site, number: str) -> None:
    path = f"/requests/{number}/review"
    pages = [look(site, f"{path}?limit=1", Role.REVIEWER)]
    documents.ReviewPage.model_validate(pages[0])
    while pages[-1]["next"]:
        pages.append(look(site, f"{path}?limit=1&after={pages[-1]['next']}"))
    ids = [one["record"] for page in pages for one in page["records"]]
    assert ids == sorted([site.own.record, site.other.record])
    decide(site, number, [site.own.record], "release")
    assert [one["record"] for one in look(site, f"{path}?decision=release")["records"]] == [site.own.record]
    assert [one["record"] for one in look(site, f"{path}?undecided=true")["records"]] == [site.other.record]
    for wrong in ("limit=0", "limit=10001", "decision=burn", "batch=0", "undecided=perhaps"):
        look(site, f"{path}?{wrong}", status=422)


def test_a_decision_has_a_ground_a_note_and_a_second_person_and_is_taken_back(site: Site, number: str) -> None:
    one = [site.own.record]
    refused = post(site, f"/requests/{number}/review/decisions", {"records": one, "decision": "withhold"}, status=422)
    assert refused["kind"] == "invalid_input"
    told = decide(site, number, one, "withhold", exemptions=["7(1)(b)"], note="a home number")
    documents.StepDocument.model_validate(told)
    assert told["progress"]["withhold"] == 1
    confirmation = f"/requests/{number}/review/confirmations"
    post(site, confirmation, {"records": one}, Role.REVIEWER, status=403)
    assert post(site, confirmation, {"records": one})["progress"]["confirmed"] == 1
    undo = f"/requests/{number}/review/steps/{told['step']}/undo"
    assert post(site, undo, None)["progress"]["undecided"] == 3
    post(site, undo, None, status=409)
    steps = look(site, f"/requests/{number}/review/steps")
    documents.ReviewSteps.model_validate(steps)
    assert [one["kind"] for one in steps["steps"]] == ["add", "add", "decide", "confirm", "undo"]
    assert steps["steps"][2]["note"] == "a home number"


def test_what_belongs_together_is_decided_together_and_told_where_it_is_not(site: Site) -> None:
    same = [add_record(site.installation, site.custodians[OWN], letter("Pond", "The pond froze.")) for _ in range(2)]
    site.installation.follower().catch_up()
    number = opened(site)["number"]
    post(site, f"/requests/{number}/sets", {"query": "pond"})
    decide(site, number, [same[0].record], "release")
    groups = look(site, f"/requests/{number}/review/disagreements")
    documents.ReviewGroups.model_validate(groups)
    assert [sorted(one["record"] for one in group) for group in groups["groups"]] == [
        sorted(one.record for one in same)
    ]
    assert decide(site, number, [same[0].record], "release", together="duplicate")["records"] == 2
    assert look(site, f"/requests/{number}/review/disagreements")["groups"] == []


def test_records_are_put_into_batches_and_out_of_them(site: Site, number: str) -> None:
    path = f"/requests/{number}/review"
    post(site, f"{path}/batches", {"records": [site.own.record], "batch": 3})
    assert [one["record"] for one in look(site, f"{path}?batch=3")["records"]] == [site.own.record]
    post(site, f"{path}/batches", {"records": [site.own.record], "batch": None})
    assert look(site, f"{path}?batch=3")["records"] == []


@pytest.mark.parametrize("act", ["decisions", "confirmations", "batches"])
def test_a_record_that_may_not_be_seen_is_answered_like_one_that_does_not_exist(
    site: Site, number: str, act: str
) -> None:
    further: dict[str, dict[str, Any]] = {"decisions": {"decision": "release"}, "batches": {"batch": 1}}
    answers = [
        post(
            site,
            f"/requests/{number}/review/{act}",
            {"records": [one], **further.get(act, {})},
            Role.REVIEWER,
            status=404,
        )
        for one in (site.lying, "rec_none")
    ]
    assert answers[0]["detail"].replace(site.lying, "ID") == answers[1]["detail"].replace("rec_none", "ID")


def test_who_only_decides_does_not_keep_requests(site: Site, number: str) -> None:
    post(site, f"/requests/{number}/close", {"outcome": "denied"}, Role.REVIEWER, status=403)
    post(site, f"/requests/{number}/events", {"kind": "note"}, Role.REVIEWER, status=403)
    body = {"records": [site.own.record], "decision": "release"}
    for role in (Role.AUDITOR, Role.APPROVER, Role.ADMINISTRATOR, Role.EMPLOYEE):
        post(site, f"/requests/{number}/review/decisions", body, role, status=403)
        look(site, f"/requests/{number}/review", role, status=403)
