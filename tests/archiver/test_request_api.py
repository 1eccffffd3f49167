"""Disclosure requests over HTTP: as on the command line, with the same rights; nothing that was sent is repeated."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from archiver.access import Role
from archiver.api import request_schemas as documents
from storage.bundle_check import check_document
from tests.archiver.request_site import ASKED, RECEIVED, look, opened, post
from tests.archiver.web_site import OWN, Site, running_site

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site")) as running:
        running.installation.follower().catch_up()
        yield running


def test_a_request_is_opened_with_its_hold_and_shown_with_its_clocks(site: Site) -> None:
    with site.client(Role.OFFICER) as client:
        body = {"how": "portal", "text": ASKED, "profile": "IL", "received_at": RECEIVED, "name": "Pat Roe"}
        answer = client.post("/api/v1/requests", json={**body, "query": "stadium", "custodians": [OWN]})
        assert answer.status_code == 201, answer.text
        shown = client.get(answer.headers["location"]).json()
    documents.DisclosureRequestDocument.model_validate(shown)
    assert answer.json() == shown
    assert (shown["from"]["name"], shown["how"], shown["due"]) == ("Pat Roe", "portal", "2026-03-16")
    assert [one["state"] for one in shown["holds"]] == ["open"]
    assert look(site, f"/requests/{shown['number']}") == shown


def test_a_request_that_is_sent_again_with_its_key_is_opened_once(site: Site) -> None:
    body = {"how": "portal", "text": ASKED, "profile": "IL", "query": "stadium"}
    with site.client(Role.OFFICER) as client:
        headers = {"Idempotency-Key": "portal-4711"}
        first, again = (client.post("/api/v1/requests", json=body, headers=headers).json() for _ in range(2))
        other = client.post("/api/v1/requests", json={**body, "text": "Something else."}, headers=headers)
        later = client.post("/api/v1/requests", json={**body, "received_at": RECEIVED}, headers=headers)
        fresh = client.post("/api/v1/requests", json=body, headers={"Idempotency-Key": "portal-4712"}).json()
        empty = client.post("/api/v1/requests", json=body, headers={"Idempotency-Key": ""})
    assert again == first
    assert len(again["holds"]) == 1
    assert (other.status_code, later.status_code, empty.status_code) == (409, 409, 422)
    assert fresh["number"] > first["number"]


def test_a_list_is_read_page_by_page_even_if_a_request_is_closed_meanwhile(site: Site) -> None:
    made = [opened(site, received_at=f"2026-04-0{day}T10:00:00Z")["number"] for day in (3, 2, 1)][::-1]
    first = look(site, "/requests?limit=1")
    documents.RequestList.model_validate(first)
    while first["requests"][0]["number"] != made[0]:
        first = look(site, f"/requests?limit=1&after={first['next']}")
    post(site, f"/requests/{made[0]}/close", {"outcome": "withdrawn"}, status=200)
    rest = look(site, f"/requests?after={first['next']}")
    assert [one["number"] for one in rest["requests"][:2]] == made[1:]
    assert rest["next"] is None
    assert made[0] in [one["number"] for one in look(site, "/requests?closed=true")["requests"]]
    look(site, "/requests?after=dsr_none", status=404)
    for wrong in ("limit=0", "limit=501", "after=" + "x" * 65):
        look(site, f"/requests?{wrong}", status=422)


def test_what_happens_to_a_request_is_noted_with_moments_and_amounts(site: Site) -> None:
    number = opened(site)["number"]
    body = {"kind": "fee_asked", "amount": "12.50", "text": "50 pages", "at": "2026-03-10T09:00:00-07:00"}
    last = post(site, f"/requests/{number}/events", body)["events"][-1]
    assert (last["kind"], last["cents"], last["text"], last["by"]) == ("fee_asked", 1250, "50 pages", "the officer")
    assert last["at"] == body["at"]
    for kind in ("completed", "received", "reminded", "fee_paid", "nonsense"):
        post(site, f"/requests/{number}/events", {"kind": kind}, status=422)
    ahead = {"kind": "note", "at": "2999-01-01T00:00:00Z"}
    assert "did not happen yet" in post(site, f"/requests/{number}/events", ahead, status=422)["detail"]


def test_a_clock_is_made_longer_inside_its_first_period_and_for_a_listed_reason(site: Site) -> None:
    number = opened(site)["number"]
    path = f"/requests/{number}/extensions"
    inside = {"reason": "consultation", "at": "2026-03-10T09:00:00-07:00"}
    refused = post(site, path, {**inside, "reason": "vacation"}, status=422)
    assert "none of the law's" in refused["detail"]
    assert post(site, path, inside)["due"] == "2026-03-23"
    assert post(site, path, {"agreed_until": "2026-05-01"})["due"] == "2026-05-01"
    assert "BEGIN:VEVENT" in site.get("/api/v1/request-feed").text


def test_a_request_is_given_to_somebody_who_may_see_requests(site: Site) -> None:
    number = opened(site)["number"]
    path = f"/requests/{number}/assignment"
    assert post(site, path, {"user": "the reviewer"}, status=200)["assigned_to"] == "the reviewer"
    post(site, path, {"user": "the auditor"}, status=422)
    post(site, path, {"user": "nobody of that name"}, status=404)
    post(site, path, {}, status=422)
    assert post(site, path, {"user": None}, status=200)["assigned_to"] is None


def test_tasks_are_added_and_finished_once(site: Site) -> None:
    number = opened(site)["number"]
    body = {"text": "Ask the coach", "user": "the officer", "due": "2026-03-12"}
    task = post(site, f"/requests/{number}/tasks", body)["tasks"][0]
    assert (task["text"], task["user"], task["due"], task["done_at"]) == (*body.values(), None)
    done = f"/requests/{number}/tasks/1/done"
    assert post(site, done, None, status=200)["tasks"][0]["done_at"]
    post(site, done, None, status=409)
    post(site, f"/requests/{number}/tasks/2/done", None, status=404)
    post(site, f"/requests/{number}/tasks/{10**20}/done", None, status=422)


def test_a_request_holds_more_until_it_is_closed_and_then_takes_nothing(site: Site) -> None:
    number = opened(site)["number"]
    path = f"/requests/{number}/holds"
    post(site, path, {}, status=422)
    post(site, path, {"custodians": ["nobody@district.example"]}, status=404)
    assert len(post(site, path, {"query": "stadium", "since": "2026-01-01"})["holds"]) == 1
    assert post(site, f"/requests/{number}/close", {"outcome": "denied"}, status=200)["closing"] == "denied"
    post(site, path, {"query": "stadium"}, status=409)
    post(site, f"/requests/{number}/close", {"outcome": "denied"}, status=409)
    post(site, f"/requests/{number}/events", {"kind": "note"}, status=409)


def test_due_days_log_counts_and_feed_are_told_of_all_requests(site: Site) -> None:
    made = opened(site, name="=HYPERLINK(1)")
    clocks = look(site, f"/request-clocks?request={made['number']}")
    documents.DueClocks.model_validate(clocks)
    assert clocks["clocks"][0]["due"] == "2026-03-16"
    days = [one["due"] for one in look(site, "/request-clocks")["clocks"] if one["due"]]
    assert days == sorted(days)
    log = site.get("/api/v1/request-log")
    assert log.headers["content-disposition"].startswith("attachment")
    rows = list(csv.DictReader(io.StringIO(log.content.decode("utf-8-sig"))))
    assert "'=HYPERLINK(1)" in [row["requester"] for row in rows]
    counted = look(site, "/request-metrics/2026")
    documents.YearMetrics.model_validate(counted)
    assert counted["received"] == len(rows)
    feed = site.get("/api/v1/request-feed")
    assert feed.headers["content-type"] == "text/calendar; charset=utf-8"
    assert f"Request {made['number']}" in feed.text
    assert "stadium" not in feed.text
    assert site.get("/api/v1/request-feed", None).status_code == 401


def test_the_known_laws_are_told_with_their_grounds(site: Site) -> None:
    found = look(site, "/disclosure-profiles")
    documents.ProfileList.model_validate(found)
    assert {"IL", "WA"} <= {one["id"] for one in found["profiles"]}
    assert look(site, "/disclosure-profiles/wa")["id"] == "WA"
    look(site, "/disclosure-profiles/ZZ", status=404)


def test_an_employee_sees_and_declares_only_what_he_is_asked_for(site: Site) -> None:
    number = opened(site)["number"]
    path = f"/requests/{number}/searches"
    body = {"custodian": OWN, "accounts": ["dana@mail.example"], "about": "stadium lights", "due": "2026-03-20"}
    asked = post(site, path, body)
    documents.CustodianSearchDocument.model_validate(asked)
    other = post(site, path, {**body, "custodian": "lee@district.example"})["number"]
    mine = look(site, "/custodian-searches", Role.EMPLOYEE)["searches"]
    assert [one["custodian"] for one in mine] == [OWN]
    assert len(look(site, path, Role.REVIEWER)["searches"]) == 2
    look(site, path, Role.EMPLOYEE, status=403)
    words = "I searched the account for stadium and lights, by hand, all of March, and left nothing out."
    said = {"result": "none", "facts": words}
    post(site, f"{path}/{other}/declaration", said, Role.EMPLOYEE, status=404)
    assert post(site, f"{path}/{asked['number']}/declaration", said, status=403)["kind"] == "denied"
    assert post(site, f"{path}/{asked['number']}/declaration", said, Role.EMPLOYEE)["result"] == "none"
    signed = site.get(f"/api/v1{path}/{asked['number']}/declaration", Role.EMPLOYEE)
    assert check_document(signed.content, site.installation.archive.ledger.public_key()).trusted
    paper = site.get(f"/api/v1{path}/{asked['number']}/declaration.pdf", Role.EMPLOYEE)
    assert paper.content.startswith(b"%PDF-")
    assert paper.headers["content-disposition"].startswith("attachment")
    look(site, f"{path}/{other}/declaration", Role.EMPLOYEE, status=404)
    assert post(site, f"{path}/{asked['number']}/accept", None, status=200)["accepted"] is True


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/requests", {"how": "pigeon", "text": "secretvalue"}),
        ("/requests", {"how": "email"}),
        ("/requests", {"how": "email", "text": 5}),
        ("/requests", {"how": "email", "text": "x", "profile": "IL", "secretvalue": 1}),
        ("/requests", {"how": "email", "text": "x", "profile": "IL", "received_at": "secretvalue"}),
        ("/requests", {"how": "email", "text": "x", "profile": "IL", "received_at": "2026-03-09T10:00:00"}),
        ("/requests", {"how": "email", "text": "x", "profile": "IL", "received_at": "0001-01-01T00:00:00+14:00"}),
        ("/requests", {"how": "email", "text": "x", "profile": "IL", "since": "9999-12-31"}),
        ("/requests", {"how": "email", "text": "x", "profile": "IL", "since": 20260101}),
        ("/requests", {"how": "email", "text": "x" * 300_000, "profile": "IL"}),
        ("/requests", ["secretvalue"]),
        ("/requests/2026-0001/events", {"kind": "fee_asked", "amount": 12.5}),
        ("/requests/2026-0001/events", {"kind": "fee_asked", "amount": "-1.00"}),
        ("/requests/2026-0001/events", {"kind": "fee_asked", "amount": "12.505"}),
        ("/requests/2026-0001/close", {"outcome": "secretvalue"}),
        ("/requests/2026-0001/review/decisions", {"records": [], "decision": "release"}),
        ("/requests/2026-0001/review/decisions", {"records": [5], "decision": "release"}),
        ("/requests/2026-0001/review/batches", {"records": ["rec_x"], "batch": 10**30}),
        ("/requests/2026-0001/samples", {"size": True}),
    ],
)
def test_a_body_that_cannot_be_is_refused_by_the_name_of_its_member_alone(site: Site, path: str, body: Any) -> None:
    refused = post(site, path, body, status=422)
    assert refused["kind"] == "invalid_input"
    assert "secretvalue" not in json.dumps(refused)


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b'{"how": "\xff"}', b'{"how": "\\ud800"}', b"null"])
def test_a_body_that_is_no_json_object_in_utf_8_is_refused(site: Site, content: bytes) -> None:
    with site.client(Role.OFFICER) as client:
        headers = {"content-type": "application/json"}
        assert client.post("/api/v1/requests", content=content, headers=headers).status_code == 422
        assert client.post("/api/v1/requests", content=content).status_code == 422


def test_a_body_of_more_than_a_mebibyte_is_refused_unread(site: Site) -> None:
    with site.client(Role.OFFICER) as client:
        answer = client.post("/api/v1/requests", json={"how": "email", "text": "x" * (1 << 20)})
    assert (answer.status_code, answer.json()["kind"]) == (413, "too_large")


def test_the_description_says_of_every_body_what_it_has(site: Site) -> None:
    paths = look(site, "/openapi.json")["paths"]
    mine = [path for path in paths if path.startswith("/api/v1/request")]
    acts = {path: paths[path]["post"] for path in mine if "post" in paths[path]}
    without = {path for path, act in acts.items() if "requestBody" not in act}
    assert without == {path for path in acts if path.endswith(("/done", "}/accept", "/undo", "/claim", "/again"))}
    told = acts["/api/v1/requests"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(told["required"]) == {"how", "text"}
    assert told["additionalProperties"] is False
    assert "$ref" not in json.dumps([act.get("requestBody") for act in acts.values()])
    amount = acts["/api/v1/requests/{request_id}/events"]["requestBody"]["content"]["application/json"]["schema"]
    assert {"type": "string", "pattern": r"^\d{1,9}(\.\d{1,2})?$"} in amount["properties"]["amount"]["anyOf"]
