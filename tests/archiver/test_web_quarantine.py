"""The quarantine on page and API: each act is the command line's, with its rights and event, and errors are told."""

from __future__ import annotations

import html
import re

import pytest

from archiver.access import Role
from archiver.api.schemas import QuarantineActDocument, QuarantinedDocument, QuarantineDocument
from storage.events import EventKind
from tests.archiver.web_site import OWN, add_lying, make_installation, running_site
from tests.every_case import every_case

STRANGER = "stranger@far.example"
HOSTILE = (
    b"From: <script>x</script> <a@far.example>\r\nSubject: <img src=x onerror=y> \xe2\x80\xae\r\n"
    b"\r\n<script>alert(1)</script> text\r\n"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with running_site(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture
def lying(site):
    return add_lying(site.installation)


def examine(site):
    with site.installation.examiner() as examiner:
        while examiner.examine_waiting():
            pass


def events(site, submission, kind):
    archive = site.installation.archive
    with archive.store.read() as connection:
        return [
            (one.event.actor, archive.ledger.payload(connection, one.position))
            for one in archive.ledger.events_about(connection, [submission])
            if one.event.kind is kind
        ]


def api(site, path, *, role=Role.OFFICER, **fields: str):
    with site.client(role) as client:
        return client.post(f"/api/v1/quarantine/{path}", data={"x": "", **fields})


def form(site, path, **fields: str):
    with site.browser(Role.OFFICER) as client:
        return client.post(f"/quarantine/{path}", data={"x": "", **fields})


def test_the_list_names_reason_channel_size_time_and_sender(site, lying):
    document = site.get("/api/v1/quarantine?limit=1000").json()
    QuarantineDocument.model_validate(document)
    (line,) = [one for one in document["submissions"] if one["submission"] == lying]
    assert (line["state"], line["channel"], line["sender"]) == ("quarantined", "smtp", STRANGER)
    assert line["reason"] == "the sender is no custodian"
    assert document["total"] == len(document["submissions"])
    page = site.get("/quarantine").text
    assert f'href="/quarantine/{site.lying}"' in page
    assert "the sender is no custodian" in page


def test_limit_and_offset_walk_through_all_of_it(site, lying):
    whole = [one["submission"] for one in site.get("/api/v1/quarantine?limit=1000").json()["submissions"]]
    pieces = [
        site.get(f"/api/v1/quarantine?limit=1&offset={number}").json()["submissions"][0]["submission"]
        for number in range(len(whole))
    ]
    assert lying in whole
    assert pieces == whole


def test_an_administrator_sees_that_something_lies_there_and_not_from_whom(site, lying):
    answer = site.get("/api/v1/quarantine?limit=1000", Role.ADMINISTRATOR)
    page = site.get("/quarantine", Role.ADMINISTRATOR).text
    assert {one["sender"] for one in answer.json()["submissions"]} == {None}
    assert STRANGER not in page
    assert 'href="/quarantine/sub_' not in page
    assert site.get(f"/quarantine/{lying}", Role.ADMINISTRATOR).status_code == 403


@pytest.mark.parametrize("role", [Role.EMPLOYEE, Role.REVIEWER, Role.APPROVER, Role.AUDITOR])
def test_the_home_page_leads_others_to_no_quarantine(site, role):
    assert "/quarantine" not in site.get("/", role).text


@pytest.mark.parametrize("role", [Role.OFFICER, Role.ADMINISTRATOR])
def test_the_home_page_counts_what_lies_there(site, role):
    total = site.get("/api/v1/quarantine?limit=0").json()["total"]
    page = site.get("/", role).text
    assert re.search(rf'<a href="/quarantine">In quarantine</a></dt><dd>{total}</dd>', page)


def test_looking_at_one_shows_headers_and_text_and_is_an_event(site, lying):
    document = site.get(f"/api/v1/quarantine/{lying}").json()
    QuarantinedDocument.model_validate(document)
    assert document["headers"]["from"]["address"] == STRANGER
    assert document["headers"]["subject"] == "Heronry"
    page = site.get(f"/quarantine/{lying}").text
    assert "The heronry." in page
    assert document["sha256"] in page
    assert len(events(site, lying, EventKind.SUBMISSION_VIEWED)) == 2


def test_what_a_stranger_wrote_runs_nothing_on_the_page(site):
    one = add_lying(site.installation, payload=HOSTILE)
    page = site.get(f"/quarantine/{one}").text
    assert "<script" not in page
    assert "<img" not in page
    assert "\u202e" not in page[: page.index("<h2")]


def test_assigned_over_the_api_it_waits_and_becomes_the_custodians_record(site, lying):
    answer = api(site, f"{lying}/assign", custodian=OWN)
    assert answer.status_code == 202
    QuarantineActDocument.model_validate(answer.json())
    assert answer.json() == {"submission": lying, "state": "waiting", "record": None}
    ((actor, _),) = events(site, lying, EventKind.SUBMISSION_REQUEUED)
    assert actor.startswith("usr_")
    examine(site)
    receipt = site.get(f"/api/v1/submissions/{lying}/receipt").json()
    assert receipt["outcome"] == "archived"
    assert receipt["custodian"]["address"] == OWN


def test_assigned_on_the_page_it_leads_to_the_receipt(site, lying):
    answer = form(site, f"{lying}/assign", custodian=f" {OWN} ")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/receipts/{lying}"
    assert "wait to be read" in site.get(f"/receipts/{lying}").text
    examine(site)
    assert "archived" in site.get(f"/receipts/{lying}").text


def test_examined_again_without_a_custodian_it_lies_there_again(site, lying):
    assert form(site, f"{lying}/retry").headers["location"] == f"/receipts/{lying}"
    examine(site)
    assert site.get(f"/api/v1/quarantine/{lying}").json()["state"] == "quarantined"


def test_released_it_is_an_unread_document_with_the_reason_in_the_ledger(site, lying):
    answer = form(site, f"{lying}/release", custodian=OWN, reason="kept as evidence")
    assert answer.status_code == 303
    record = answer.headers["location"].rpartition("/")[2]
    document = site.get(f"/api/v1/records/{record}").json()
    assert (document["kind"], document["captured"]["custodian"]) == ("document", OWN)
    ((actor, payload),) = events(site, lying, EventKind.SUBMISSION_RELEASED)
    assert actor.startswith("usr_")
    assert payload == {"reason": "kept as evidence"}


def test_released_over_the_api_it_names_the_record(site, lying):
    answer = api(site, f"{lying}/release", custodian=OWN, reason="evidence")
    assert answer.status_code == 201
    assert site.get(f"/api/v1/records/{answer.json()['record']}").status_code == 200


def test_rejected_it_leaves_the_list_and_is_found_among_the_rejected(site, lying):
    assert form(site, f"{lying}/reject", reason="advertising").headers["location"] == "/quarantine"
    ids = {one["submission"] for one in site.get("/api/v1/quarantine?limit=1000").json()["submissions"]}
    assert lying not in ids
    everything = site.get("/api/v1/quarantine?limit=1000&rejected=true").json()["submissions"]
    assert [one["state"] for one in everything if one["submission"] == lying] == ["rejected"]
    assert lying in site.get("/quarantine?rejected=yes").text
    page = site.get(f"/quarantine/{lying}").text
    assert "/assign" in page
    assert "/reject" not in page
    ((_, payload),) = events(site, lying, EventKind.SUBMISSION_REJECTED)
    assert payload == {"reason": "advertising"}
    assert api(site, f"{lying}/reject", reason="twice").status_code == 409


@pytest.mark.parametrize(
    ("act", "fields", "status", "says"),
    [
        ("assign", {}, 422, "name the custodian"),
        ("assign", {"custodian": "nobody@district.example"}, 404, "no custodian has this"),
        ("release", {"custodian": OWN}, 422, "reason"),
        ("release", {"reason": "x"}, 422, "nobody is known"),
        ("reject", {}, 422, "reason"),
        ("reject", {"reason": "x" * 501}, 422, "reason"),
        ("reject", {"reason": "two\nlines"}, 422, "reason"),
    ],
)
def test_a_form_that_lacks_something_is_shown_again_and_nothing_is_done(site, act, fields, status, says):
    lying = site.lying
    page = form(site, f"{lying}/{act}", **fields)
    problem = api(site, f"{lying}/{act}", **fields)
    assert page.status_code == problem.status_code == status
    alert = re.search(r'role="alert">(.*?)</div>', page.text, re.DOTALL)
    assert alert is not None
    assert says in html.unescape(alert[1]).casefold()
    assert says in problem.json()["detail"]
    assert 'action="/quarantine/' in page.text
    assert "nobody@" not in page.text + problem.text
    assert site.get(f"/api/v1/quarantine/{lying}").json()["state"] == "quarantined"


@pytest.mark.parametrize("act", ["assign", "retry", "release", "reject"])
def test_what_does_not_lie_there_cannot_be_decided_on(site, act):
    fields = {"custodian": OWN, "reason": "x"}
    assert api(site, f"sub_nothing/{act}", **fields).status_code == 404
    assert form(site, f"sub_nothing/{act}", **fields).status_code == 404
    assert api(site, f"{site.own.submission}/{act}", **fields).status_code == 409
    assert form(site, f"{site.own.submission}/{act}", **fields).status_code == 409


@every_case("act", ["assign", "retry", "release", "reject"])
@every_case("role", [Role.EMPLOYEE, Role.REVIEWER, Role.ADMINISTRATOR])
def test_who_may_not_decide_changes_nothing(site, act, role):
    assert api(site, f"{site.lying}/{act}", role=role, custodian=OWN, reason="x").status_code == 403
    assert site.get(f"/api/v1/quarantine/{site.lying}").json()["state"] == "quarantined"


def test_many_are_shown_on_pages_that_reach_each_once(tmp_path):
    with running_site(tmp_path) as site:
        made = {site.lying, *(add_lying(site.installation) for _ in range(24))}
        seen = [
            one
            for number in (1, 2)
            for one in re.findall(r'href="/quarantine/(sub_\w+)"', site.get(f"/quarantine?page={number}").text)
        ]
        beyond = site.get("/quarantine?page=9").text
    assert len(seen) == len(made) == 25
    assert set(seen) == made
    assert "There is no such page" in beyond


def test_an_empty_quarantine_says_so(tmp_path):
    from archiver.access import Principal  # noqa: PLC0415 - only here
    from archiver.watch_facts import Watch  # noqa: PLC0415 - only here
    from archiver.web.pages import Pages  # noqa: PLC0415 - only here

    installation = make_installation(tmp_path)
    try:
        pages = Pages(installation, Watch(installation))
        officer = Principal(actor="usr_1", name="olga", role=Role.OFFICER)
        answer = pages.quarantine(officer, page="1", rejected=False)
    finally:
        installation.close()
    assert "Nothing lies in quarantine" in bytes(answer.body).decode()
