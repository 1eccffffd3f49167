"""Saved searches, frozen results, reports and alerts over HTTP: as on the command line, with the same rights."""

from __future__ import annotations

import hashlib
import json

import pytest

from archiver.access import Role
from storage.bundle_check import check_document
from tests.archiver.web_site import running_site
from tests.every_case import every_case


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with running_site(tmp_path_factory.mktemp("site")) as running:
        running.installation.follower().catch_up()
        yield running


def test_a_search_is_saved_changed_and_removed(site):
    with site.client(Role.OFFICER) as client:
        made = client.post("/api/v1/saved-searches", json={"name": "Routes", "query": "route", "note": "n"})
        assert made.status_code == 201
        path = f"/api/v1/saved-searches/{made.json()['id']}"
        assert client.patch(path, json={"query": "roof"}).json()["note"] == "n"
        assert client.get("/api/v1/saved-searches/Routes").json()["query"] == "roof"
        assert [one["name"] for one in client.get("/api/v1/saved-searches").json()["saved"]] == ["Routes"]
        assert client.delete(path).json()["removed"] is True
        assert client.get(path).status_code == 404


def test_a_set_is_frozen_read_as_a_stream_and_signed(site):
    with site.client(Role.OFFICER) as client:
        made = client.post("/api/v1/frozen-sets", json={"query": "route", "title": "Routes"}).json()
        path = f"/api/v1/frozen-sets/{made['id']}"
        ids = client.get(f"{path}/ids").content
        assert hashlib.sha256(ids).hexdigest() == made["ids_sha256"]
        assert sorted(ids.decode().split()) == sorted([site.own.record, site.other.record])
        assert client.get(f"{path}/ids?state=destroyed").content == b""
        assert client.get(path).json()["states"] == {"active": 2}
        assert made["id"] in [one["id"] for one in client.get("/api/v1/frozen-sets").json()["frozen"]]
        statement = client.get(f"{path}/statement").content
    key = site.installation.archive.ledger.public_key()
    assert check_document(statement, key).trusted


def test_a_report_is_answered_signed(site):
    with site.client(Role.REVIEWER) as client:
        body = {"terms": ["route", {"name": "Roof", "query": "roof"}, "(bad"], "title": "Doe"}
        answer = client.post("/api/v1/hit-reports", json=body)
    assert answer.status_code == 201
    report = answer.json()["report"]
    assert [(one["name"], one["hits"]) for one in report["terms"]] == [("route", 2), ("Roof", 1), ("(bad", None)]
    assert check_document(answer.content, site.installation.archive.ledger.public_key()).trusted


def test_an_alert_is_set_shown_and_switched_and_its_link_leads_to_the_search(site):
    with site.client(Role.OFFICER) as client:
        made = client.post(
            "/api/v1/alerts", json={"name": "A", "query": 'route "x y"', "to": "o@agency.example"}
        ).json()
        path = f"/api/v1/alerts/{made['id']}"
        assert client.get(path).json()["records"] == []
        led = client.get(f"/alerts/{made['id']}")
        assert (led.status_code, led.headers["location"]) == (303, "/search?q=route%20%22x%20y%22")
        assert client.patch(path, json={"state": "paused"}).json()["state"] == "paused"
        assert client.patch(path, json={"state": "paused"}).status_code == 409
    with site.client(Role.REVIEWER) as client:
        assert client.get(f"/alerts/{made['id']}").status_code == 404


@every_case(
    ("path", "body"),
    [
        ("saved-searches", {"name": "x"}),
        ("saved-searches", {"name": "x", "query": "y", "secretvalue": 1}),
        ("saved-searches", {"name": 5, "query": "secretvalue"}),
        ("saved-searches", {"name": "x", "query": "y", "shared": "secretvalue"}),
        ("saved-searches", []),
        ("frozen-sets", {}),
        ("frozen-sets", {"query": None}),
        ("hit-reports", {"terms": []}),
        ("hit-reports", {"terms": [5]}),
        ("hit-reports", {"terms": [{"name": "secretvalue"}]}),
        ("hit-reports", {"terms": ["x"] * 1_001}),
        ("alerts", {"name": "x", "query": "y"}),
        ("alerts", {"name": "x", "query": "y", "to": "o@agency.example", "every": "secretvalue"}),
    ],
)
def test_a_body_that_cannot_be_is_refused_and_not_repeated(site, path, body):
    with site.client(Role.OFFICER) as client:
        answer = client.post(f"/api/v1/{path}", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secretvalue" not in answer.text


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b'{"name": "\xff"}', b"null"])
def test_a_body_that_is_no_json_object_is_refused(site, content):
    with site.client(Role.OFFICER) as client:
        headers = {"content-type": "application/json"}
        assert client.post("/api/v1/saved-searches", content=content, headers=headers).status_code == 422
        assert client.post("/api/v1/saved-searches", content=content).status_code == 422


def test_a_body_that_is_too_large_is_refused(site):
    with site.client(Role.OFFICER) as client:
        body = json.dumps({"name": "x", "query": "y" * (1 << 20)})
        answer = client.post("/api/v1/saved-searches", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (413, 422)
    assert answer.json()["kind"] == "too_large"


def test_an_employee_saves_his_own_and_nothing_more(site):
    with site.client(Role.EMPLOYEE) as client:
        assert client.post("/api/v1/saved-searches", json={"name": "Mine", "query": "route"}).status_code == 201
        shared = {"name": "Ours", "query": "route", "shared": True}
        assert client.post("/api/v1/saved-searches", json=shared).status_code == 403
        assert client.post("/api/v1/frozen-sets", json={"query": "route"}).status_code == 403
        assert client.post("/api/v1/hit-reports", json={"terms": ["route"]}).status_code == 403
        assert client.get("/api/v1/alerts").status_code == 403
