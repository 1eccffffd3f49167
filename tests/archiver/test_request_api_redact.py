"""Redaction, occurrences and students over HTTP: as on the command line, with the same rights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archiver.access import RestrictedClass, Role, operator
from archiver.api import request_redaction
from archiver.api import request_redaction_schemas as documents
from archiver.restricting import restrict
from archiver.reviewing import add_set
from tests.archiver.request_site import look, opened, post, posted
from tests.archiver.web_site import Site, running_site

if TYPE_CHECKING:
    from collections.abc import Iterator

GROUND = {"exemptions": ["7(1)(b)"]}
ROSTER = "name,role,aliases,student_id\nRobin Marsh,student,,S-17\nPat Rivera,staff,,\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site")) as running:
        running.own = posted(running, "Route 12 was late again today, said the coach.")
        running.other = posted(running, "The route to the coach is closed.")
        secret = posted(running, "The route of a fever.")
        restrict(running.installation, operator("test"), "record", [secret.record], RestrictedClass.MEDICAL)
        running.lying = secret.record
        running.installation.follower().catch_up()
        yield running


@pytest.fixture
def one(site: Site) -> str:
    """The address of a request with the two records of the site before its reviewers, and one that is hidden."""
    found = f"/requests/{opened(site)['number']}"
    post(site, f"{found}/sets", {"query": "coach"})
    add_set(site.installation, operator("test"), found.rpartition("/")[2], query="fever")
    return found


def test_a_record_is_marked_shown_as_it_would_leave_and_settled(site: Site, one: str) -> None:
    mine = f"{one}/records/{site.own.record}"
    parts = look(site, f"{mine}/parts", Role.REVIEWER)
    documents.RecordParts.model_validate(parts)
    assert "Route 12 was late again today, said the coach." in [part.get("text") for part in parts["parts"]]
    made = post(site, f"{mine}/redactions", {"words": ["Route 12"]}, Role.REVIEWER)
    documents.MarksMade.model_validate(made)
    listed = look(site, f"{one}/redactions?record={site.own.record}")
    documents.MarkList.model_validate(listed)
    ids = [mark["id"] for mark in listed["marks"]]
    post(site, f"{one}/redactions/final", {"records": [site.own.record]}, status=422)
    changed = post(site, f"{mine}/redactions/change", {"marks": ids, **GROUND, "label": "ROUTE"})
    documents.MarkStep.model_validate(changed)
    post(site, f"{mine}/redactions/change", {"marks": ids}, status=422)
    post(site, f"{one}/redactions/final", {"records": None})
    marked = look(site, f"{mine}/marked")
    documents.MarkedRecord.model_validate(marked)
    assert marked["decision"] == "redact"
    assert "Route 12" not in str([part.get("kept") for part in marked["parts"]])
    listing = look(site, f"{one}/redactions")
    assert listing["records"] == [{"record": site.own.record, "drafts": 0, "final": len(ids)}]
    steps = look(site, f"{one}/redactions/steps")
    documents.MarkSteps.model_validate(steps)
    last = steps["steps"][-1]["step"]
    assert post(site, f"{one}/redactions/steps/{last}/undo", None)["records"] == 1
    post(site, f"{mine}/redactions/remove", {"marks": ids})
    assert look(site, f"{one}/redactions")["records"] == []


def test_places_are_given_as_characters_or_as_a_region_and_one_at_a_time(site: Site, one: str) -> None:
    path = f"{one}/records/{site.own.record}/redactions"
    post(site, path, {"span": {"part": "text", "start": 0, "end": 5}, **GROUND})
    spans = look(site, f"{one}/redactions?record={site.own.record}")["marks"][0]["spans"]
    assert spans == [[0, 5]]
    box = {"part": "text", "page": 1, "left": 1.5, "top": 0, "right": 2, "bottom": 3}
    for wrong in (
        {},
        {"words": ["late"], "find": ["ssn"]},
        {"span": {"part": "text", "start": 5}},
        {"span": {"part": "text", "start": 5, "end": 10**6}},
        {"region": box},
        {"region": {**box, "left": "1.5"}},
        {"find": ["secretvalue"]},
    ):
        assert "secretvalue" not in str(post(site, path, wrong, status=422))


def test_what_stands_everywhere_is_marked_suggested_and_compared(site: Site, one: str) -> None:
    everywhere = post(site, f"{one}/redactions", {"words": ["the coach"], **GROUND})
    documents.MarksEverywhere.model_validate(everywhere)
    assert (everywhere["records"], everywhere["read"]) == (2, 2)
    post(site, f"{one}/redactions", {"words": ["the coach"]}, status=409)
    compared = post(site, f"{one}/records/{site.own.record}/linked", {}, Role.REVIEWER, status=200)
    documents.LinkedOccurrences.model_validate(compared)
    assert {found["record"] for found in compared["occurrences"]} == {site.other.record}
    suggested = post(site, f"{one}/suggestions", {"limit": 1}, Role.REVIEWER, status=200)
    documents.Suggestions.model_validate(suggested)
    assert (suggested["read"], suggested["next"] is None) == (1, False)


def test_what_would_read_too_many_records_is_left_to_the_command(
    site: Site, one: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_redaction, "MOST_READ", 2)
    for path, body in ((f"{one}/redactions", {"words": ["route"]}), (f"{one}/students/own", {"student": "S-17"})):
        assert "archiver request" in post(site, path, body, status=422)["detail"]
    look(site, f"{one}/occurrences", status=422)


@pytest.mark.parametrize("path", ["parts", "marked", "redactions", "redactions/change", "redactions/remove", "linked"])
def test_a_hidden_record_is_answered_like_one_that_does_not_exist(site: Site, one: str, path: str) -> None:
    bodies: dict[str, dict[str, object]] = {"redactions": {"words": ["fever"]}, "linked": {}}
    bodies |= {"redactions/change": {"marks": ["1"], "label": "x"}, "redactions/remove": {"marks": ["1"]}}
    look(site, f"{one}/redactions?record={site.lying}", status=404)
    answers = []
    for record in (site.lying, "rec_none"):
        address = f"{one}/records/{record}/{path}"
        found = post(site, address, bodies[path], status=404) if path in bodies else look(site, address, status=404)
        answers.append(found["detail"].replace(record, "ID"))
    assert answers[0] == answers[1]


def test_an_occurrence_is_accepted_by_name_and_reason_and_withdrawn(site: Site, one: str) -> None:
    post(site, f"{one}/records/{site.own.record}/redactions", {"words": ["route 12 was late"], **GROUND, "final": True})
    twin = posted(site, "The walrus says route 12 was late.")
    site.installation.follower().catch_up()
    post(site, f"{one}/sets", {"query": "walrus"})
    post(site, f"{one}/review/decisions", {"records": [twin.record], "decision": "release"})
    found = look(site, f"{one}/occurrences?record={twin.record}")
    documents.Occurrences.model_validate(found)
    assert [row["accepted"] for row in found["occurrences"]] == [False]
    names = [row["occurrence"] for row in found["occurrences"]]
    post(site, f"{one}/occurrences/accept", {"occurrences": names, "reason": " "}, status=422)
    post(site, f"{one}/occurrences/accept", {"occurrences": ["none"], "reason": "public"}, status=404)
    assert post(site, f"{one}/occurrences/accept", {"occurrences": names, "reason": "public"})["accepted"] == 1
    assert look(site, f"{one}/occurrences")["open"] == 0
    assert post(site, f"{one}/occurrences/withdraw", {"occurrences": names})["withdrawn"] == 1
    look(site, f"{one}/occurrences", Role.AUDITOR, status=403)


def test_a_roster_is_loaded_and_its_students_are_linked_with_their_ground(site: Site) -> None:
    one = f"/requests/{opened(site, profile='FERPA')['number']}"
    record = posted(site, "Robin Marsh was absent.")
    site.installation.follower().catch_up()
    post(site, f"{one}/sets", {"query": "absent"})
    loaded = post(site, "/roster", {"table": ROSTER})
    assert (loaded["students"], loaded["staff"]) == (1, 1)
    post(site, "/roster", {"table": "secretvalue"}, status=422)
    post(site, "/roster", {"table": ROSTER}, Role.REVIEWER, status=403)
    assert "Robin" not in str(look(site, "/roster"))
    assert "Robin Marsh" in str(look(site, "/roster?names=true", Role.REVIEWER))
    body = {"record": record.record, "student": "S-17"}
    linked = post(site, f"{one}/students/links", body)
    documents.Students.model_validate(linked)
    assert linked["links"] == [{"record": record.record, "student": "S-17"}]
    suggested = post(site, f"{one}/students/suggestions", {}, status=200)
    documents.StudentSuggestions.model_validate(suggested)
    assert suggested["suggested"] == []
    stated = post(site, f"{one}/students/grounds", {"ground": "consent", "student": "S-17"})
    assert [row["ground"] for row in stated["grounds"]] == ["consent"]
    own = post(site, f"{one}/students/own", {"student": "S-17"})
    documents.OwnRecords.model_validate(own)
    documents.AccessCheck.model_validate(look(site, f"{one}/students/check"))
    kept = post(site, "/student-disclosures", {"student": "S-17"}, status=200)
    documents.StudentDisclosures.model_validate(kept)
    with site.client(Role.OFFICER) as client:
        paper = client.post("/api/v1/student-disclosures", json={"student": "S-17", "form": "pdf"})
    assert paper.content.startswith(b"%PDF-")
    assert post(site, f"{one}/students/links", {**body, "linked": False})["links"] == []
    look(site, f"{one}/students", Role.AUDITOR, status=403)
