"""Every address has an entry, every entry is kept for every role, and an employee sees only what is his own."""

from __future__ import annotations

import itertools
from contextlib import ExitStack

import pytest
from fastapi import FastAPI

from archiver.access import Act, Principal, Role, permits
from archiver.api.app import create_app, routes_of
from archiver.api.policy import POLICY, Entry, access_to, missing_entries
from tests.archiver.web_site import OTHER, OWN, Site, make_installation, running_site, serving
from tests.every_case import every_case

ROLES = tuple(role for role in Role if role is not Role.OPERATOR)
# what stands in the place of each parameter: something that exists and is the employee's own
ADDRESSES = sorted(POLICY)
CASES = list(itertools.product([None, *ROLES], ADDRESSES))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with running_site(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture(scope="module")
def clients(site):
    """A client of each role, and one of nobody, that go on for the whole table."""
    with ExitStack() as stack:
        yield {role: stack.enter_context(site.client(role)) for role in (None, *ROLES)}


def filled(site: Site, path: str, *, own: bool = True) -> str:
    made = site.own if own else site.other
    parts = {
        "record_id": made.record,
        "component_id": made.component,
        "submission_id": site.lying if "/quarantine/" in path else made.submission,
        "name": "style.css",
        "draft_id": "drf_none",
        "upload_id": "upl_none",
        "claim_id": "nrc_none",
        "set_id": "frz_none",
        "alert_id": "alr_none",
        "request_id": "dsr_none",
        "profile_id": "WA",
        "year": 2026,
        "step": 1,
        "number": 1,
    }
    asked = {"search": "?q=route", "ids": "?q=route", "statement": f"?custodian={OWN if own else OTHER}"}
    asked["produced"] = f"?of={made.record}"
    return path.format(**parts) + asked.get(path.rpartition("/")[2], "")


def test_every_address_of_the_application_has_an_entry_and_every_entry_an_address(site):
    app = create_app(site.installation)

    assert sorted(routes_of(app)) == ADDRESSES
    assert missing_entries(routes_of(app)) == ()


def test_an_address_without_an_entry_is_found_missing():
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.add_api_route("/forgotten", lambda: "open to all")

    assert missing_entries(routes_of(app)) == (("GET", "/forgotten"),)


def test_a_mounted_application_is_found_missing():
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.mount("/other", FastAPI())

    assert missing_entries(routes_of(app))


def test_an_address_without_an_entry_is_refused_to_everybody(site, tmp_path, monkeypatch):
    monkeypatch.delitem(POLICY, ("GET", "/search"))
    with site.client(Role.OFFICER) as client:
        answer = client.get("/search?q=route")

    assert answer.status_code == 403


def test_no_entry_means_no_access():
    assert access_to("GET", "/records") is None
    assert access_to("DELETE", "/records/{record_id}") is None


@every_case(("role", "address"), CASES, ids=lambda one: " ".join(one) if isinstance(one, tuple) else one)
def test_each_role_gets_exactly_what_the_table_gives_it(site, clients, role, address):
    method, path = address
    access = POLICY[address]
    status = clients[role].request(method, filled(site, path)).status_code

    if access is Entry.PUBLIC:
        assert status not in (401, 403)
    elif role is None:
        assert status == (303 if method == "GET" and not path.startswith("/api/") else 401)
    else:
        principal = Principal(actor="usr_1", name="x", role=role, custodian_id="cus_1")
        may = access is Entry.SIGNED_IN or (isinstance(access, Act) and permits(principal, access))
        # a form without fields is refused for what it is, not for whose it is
        # nobody has one here, and the record has no pictures
        kept = ("{set_id}", "{alert_id}", "/saved-searches/", "{request_id}")
        is_personal = any(one in path for one in ("{draft_id}", "{upload_id}", "/transcript", "/pictures/", *kept))
        assert ((status == (404 if is_personal else 200)) if method == "GET" else (status != 403)) is may, status
        assert may or status == 403


@pytest.mark.parametrize(
    "path",
    [
        "/records/{record_id}",
        "/receipts/{submission_id}",
        "/api/v1/records/{record_id}",
        "/records/{record_id}/transcript",
        "/api/v1/records/{record_id}/transcriptions",
        "/api/v1/submissions/{submission_id}/receipt",
    ],
)
def test_what_is_another_custodians_is_answered_to_an_employee_like_what_does_not_exist(site, path):
    theirs = site.get(filled(site, path, own=False), Role.EMPLOYEE)
    absent = site.get(path.format(record_id="rec_none", submission_id="sub_none"), Role.EMPLOYEE)

    assert theirs.status_code == absent.status_code == 404
    hide = (site.other.record, site.other.submission, "rec_none", "sub_none")
    texts = [theirs.text, absent.text]
    for one in hide:
        texts = [text.replace(one, "ID") for text in texts]
    assert texts[0] == texts[1]


def test_a_component_of_another_record_is_not_found_by_its_id(site):
    answer = site.get(f"/records/{site.own.record}/components/{site.other.component}")

    assert answer.status_code == 404


def test_an_employee_finds_only_his_own_records_and_no_count_of_others(site):
    document = site.get("/api/v1/search?q=route", Role.EMPLOYEE).json()
    page = site.get("/search?q=route", Role.EMPLOYEE).text

    assert [hit["id"] for hit in document["hits"]] == [site.own.record]
    assert document["total"] == 1
    assert site.other.record not in page
    assert "Only your own records are searched" in page


def test_an_employee_is_not_told_of_series_holds_retention_or_who_looked(site):
    site.get(f"/records/{site.own.record}", Role.OFFICER)
    document = site.get(f"/api/v1/records/{site.own.record}", Role.EMPLOYEE).json()
    page = site.get(f"/records/{site.own.record}", Role.EMPLOYEE).text
    officer = site.get(f"/records/{site.own.record}", Role.OFFICER).text

    assert document["series"] is None
    assert document["holds"] == []
    assert document["retention"]["decision"] is None
    assert "Retention" not in page
    assert page.count("record.viewed") < officer.count("record.viewed")


def test_the_home_page_of_an_administrator_leads_to_no_record(site):
    page = site.get("/", Role.ADMINISTRATOR).text

    assert "/records/" not in page
    assert "/receipts/" not in page
    assert site.own.submission in page


def test_the_home_page_of_an_employee_lists_only_what_is_his(site):
    page = site.get("/", Role.EMPLOYEE).text

    assert site.own.record in page
    assert site.other.record not in page
    assert "Services" not in page


def test_an_empty_archive_says_what_to_do_next(tmp_path):
    installation = make_installation(tmp_path)
    token = installation.users.add("officer", Role.OFFICER, actor="operator:test").token
    try:
        with serving(installation) as url:
            site = Site(
                installation=installation, url=url, tokens={Role.OFFICER: token}, custodians={}, own=None, other=None
            )
            page = site.get("/").text
    finally:
        installation.close()

    assert "Nothing has been handed in yet." in page
    assert "records@archive.localdomain" in page
    assert "archiver serve" in page
