"""Tags and the list of exemptions over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archiver.access import Role
from archiver.api import request_more_schemas as more
from archiver.api import request_schemas as documents
from tests.archiver.request_site import look, opened, post
from tests.archiver.web_site import OWN, Site, add_record, letter, running_site

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture
def number(site: Site) -> str:
    found: str = opened(site)["number"]
    post(site, f"/requests/{found}/sets", {"query": "route"})
    return found


def test_records_are_tagged_and_asked_for_by_a_tags_number(site: Site, number: str) -> None:
    path = f"/requests/{number}/review"
    body = {"records": [site.own.record, site.other.record], "add": ["student case"]}
    made = post(site, f"{path}/tags", body, Role.REVIEWER)
    documents.StepDocument.model_validate(made)
    post(site, f"{path}/tags", {"records": [site.own.record], "add": ["hot"], "remove": ["Student Case"]})
    listed = look(site, f"{path}/tags", Role.REVIEWER)
    more.TagList.model_validate(listed)
    assert [(one["tag"], one["records"]) for one in listed["tags"]] == [("hot", 1), ("student case", 1)]
    tags = {one["tag"]: one["number"] for one in listed["tags"]}
    page = look(site, f"{path}?tag={tags['student case']}")
    documents.ReviewPage.model_validate(page)
    assert [(one["record"], one["tags"]) for one in page["records"]] == [(site.other.record, ["student case"])]
    assert look(site, f"{path}?tag=99")["records"] == []
    post(site, f"{path}/steps/{made['step']}/undo", None, status=409)
    post(site, f"{path}/steps/{made['step'] + 1}/undo", None)
    assert look(site, f"{path}?tag={tags['hot']}")["records"] == []


def test_what_says_the_same_is_tagged_with_it(site: Site) -> None:
    same = [add_record(site.installation, site.custodians[OWN], letter("Pond", "The pond froze.")) for _ in range(2)]
    site.installation.follower().catch_up()
    number = opened(site)["number"]
    post(site, f"/requests/{number}/sets", {"query": "pond"})
    body = {"records": [same[0].record], "add": ["twin"], "with": "duplicate"}
    assert post(site, f"/requests/{number}/review/tags", body)["records"] == 2


def test_tags_that_cannot_be_are_refused_without_their_words(site: Site, number: str) -> None:
    path = f"/requests/{number}/review/tags"
    one = [site.own.record]
    for body in ({"records": one}, {"records": one, "add": ["canary" * 20]}, {"records": one, "add": ["x"] * 21}):
        assert "canary" not in str(post(site, path, body, status=422))
    post(site, path, {"records": one, "remove": ["canary"]}, status=404)
    post(site, path, {"records": ["rec_none"], "add": ["x"]}, status=404)
    post(site, path, {"records": one, "add": ["x"]}, Role.AUDITOR, status=403)
    look(site, path, Role.AUDITOR, status=403)
    look(site, f"/requests/{number}/review?tag=hot", status=422)


def test_own_exemptions_are_kept_by_officers_and_decided_with(site: Site, number: str) -> None:
    given = {"code": "20 USC/1232g", "title": "education records", "citation": "20 U.S.C. 1232g", "profile": "IL"}
    post(site, "/exemptions", given, Role.REVIEWER, status=403)
    made = post(site, "/exemptions", given)
    more.ListedExemption.model_validate(made)
    post(site, "/exemptions", given, status=409)
    post(site, "/exemptions", {"code": "X", "title": "x"}, status=422)
    body = {"records": [site.own.record], "decision": "withhold", "exemptions": [made["code"]]}
    post(site, f"/requests/{number}/review/decisions", body, Role.REVIEWER)
    listed = look(site, "/exemptions?profile=IL", Role.REVIEWER)
    more.ExemptionList.model_validate(listed)
    assert [(one["code"], one["used"]) for one in listed["exemptions"] if one["source"] == "own"] == [(made["code"], 1)]
    law = look(site, "/disclosure-profiles/IL")
    documents.ProfileDocument.model_validate(law)
    assert law["exemptions"][-1]["source"] == "own"
    one = f"/exemptions/{made['number']}"
    assert post(site, f"{one}/change", {"title": "a pupil's records"}, status=200)["version"] == 2
    assert post(site, f"{one}/retire", None, status=200)["retired"] is True
    post(site, f"/requests/{number}/review/decisions", body, Role.REVIEWER, status=422)
    rows = look(site, f"/requests/{number}/exemptions")["rows"]
    assert [(row["codes"], row["basis"]) for row in rows] == [
        ([made["code"]], "It is of the kind that the law names: a pupil's records.")
    ]
    assert post(site, f"{one}/change", {"offer": True}, status=200)["retired"] is False
    post(site, "/exemptions/99/retire", None, status=404)
    look(site, "/exemptions", Role.AUDITOR, status=403)
    look(site, "/exemptions?profile=ZZ", status=404)
