"""Headers on every answer, cookies, the same-origin rule, the limit on failures, and faults that tell nothing."""

from __future__ import annotations

import json
import re

import pytest

import archiver.web.pages
import archiver.web.search_page
from archiver.access import Role
from archiver.api.security import FAILURE_SECONDS, MOST_FAILURES, FailureLimit, Gate, same_origin
from archiver.api.shield import CONTENT_POLICY
from storage.errors import StorageFull
from tests.archiver.web_site import running_site
from tests.every_case import every_case


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with running_site(tmp_path_factory.mktemp("site")) as running:
        yield running


ANSWERS = ["/", "/sign-in", "/search?q=(", "/records/rec_none", "/nope", "/static/style.css", "/healthz", "/readyz"]
ANSWERS += ["/api/v1/search?q=route", "/api/v1/search", "/api/v1/nope", "/api/v1/openapi.json", "/sign-out"]


@every_case("role", [None, Role.OFFICER])
@every_case("path", ANSWERS)
def test_every_answer_carries_the_security_headers(site, path, role):
    headers = site.get(path, role).headers

    assert headers["content-security-policy"] == CONTENT_POLICY
    assert "default-src 'none'" in CONTENT_POLICY
    assert "frame-ancestors 'none'" in CONTENT_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] in ("no-referrer", "same-origin")
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == ("public, max-age=86400" if path == "/static/style.css" else "no-store")
    assert "server" not in headers
    assert "access-control-allow-origin" not in headers


def test_a_download_is_an_attachment_of_no_type_and_byte_for_byte(site):
    answer = site.get(f"/records/{site.own.record}/components/{site.own.component}")
    installation = site.installation
    with installation.archive.store.read() as connection:
        content = installation.archive.submissions.content(connection, site.own.submission)

    assert answer.content == content
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == 'attachment; filename="001-original.eml"'
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_session_cookie_is_out_of_reach_of_scripts_and_other_sites(site):
    with site.client() as client:
        answer = client.post("/sign-in", data={"token": site.tokens[Role.OFFICER]})

    cookie = answer.headers["set-cookie"]
    assert answer.status_code == 303
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/" in cookie
    assert "Max-Age=28800" in cookie


def test_behind_tls_the_cookie_is_bound_to_host_and_tls(site):
    gate = Gate(users=site.installation.users, hours=1, secure=True, limit=FailureLimit())

    assert gate.cookie.startswith("__Host-")


def test_a_session_ends_with_signing_out_and_its_secret_opens_nothing_more(site):
    with site.browser(Role.OFFICER) as client:
        secret = client.cookies["archiver"]
        assert client.get("/").status_code == 200
        client.post("/sign-out")
        assert "archiver" not in client.cookies
    with site.client() as client:
        client.cookies["archiver"] = secret
        assert client.get("/").status_code == 303


def test_signing_in_again_ends_the_session_before(site):
    with site.browser(Role.OFFICER) as client:
        before = client.cookies["archiver"]
        client.post("/sign-in", data={"token": site.tokens[Role.OFFICER]})
        assert client.cookies["archiver"] != before
        assert site.installation.users.by_session(before) is None


def test_a_wrong_token_is_told_in_a_sentence_and_never_repeated(site):
    with site.client() as client:
        answer = client.post("/sign-in", data={"token": "pra_<script>wrong"})

    assert answer.status_code == 403
    assert "This token belongs to no user" in answer.text
    assert "pra_&lt;" not in answer.text
    assert "<script>" not in answer.text
    assert "set-cookie" not in answer.headers


CHANGING = ["/sign-in", "/sign-out", "/records/{record_id}/notices", "/api/v1/records/{record_id}/notices"]
CHANGING += [
    f"{beginning}/quarantine/{{submission_id}}/{act}"
    for beginning in ("", "/api/v1")
    for act in ("assign", "retry", "release", "reject")
]
CHANGING += ["/records/{record_id}/transcript", "/api/v1/records/{record_id}/transcriptions"]
CHANGING += ["/records/{record_id}/nonrecord"]
CHANGING += [f"/nonrecords/{{claim_id}}/{act}" for act in ("agree", "refuse", "withdraw")]
CHANGING += ["/hand-in", "/drafts/{draft_id}", "/api/v1/submissions"]
CHANGING += [f"/api/v1/uploads/{{upload_id}}{rest}" for rest in ("", "/commit", "/files/{number}")]
CHANGING += [f"/api/v1/{one}" for one in ("saved-searches", "frozen-sets", "hit-reports", "alerts")]
CHANGING += ["/api/v1/saved-searches/{name}", "/api/v1/alerts/{alert_id}"]
_OF_A_REQUEST = ["/events", "/extensions", "/assignment", "/holds", "/tasks", "/tasks/{number}/done", "/close"]
_OF_A_REQUEST += ["/searches", "/searches/{number}/declaration", "/searches/{number}/accept", "/sets", "/samples"]
_OF_A_REQUEST += [f"/review/{one}" for one in ("decisions", "confirmations", "batches", "tags", "steps/{step}/undo")]
_OF_A_REQUEST += [f"/fees/{one}" for one in ("estimates", "charges", "deposits", "payments", "waivers", "refunds")]
_OF_A_REQUEST += ["/instalments", "/instalments/{number}/claim", "/appeals", "/appeals/{number}/decision"]
_OF_A_REQUEST += ["/notices", "/notices/{number}/action", "/notices/{number}/end", "/letters", "/clawbacks"]
_OF_A_REQUEST += [f"/records/{{record_id}}/{one}" for one in ("redactions", "linked")]
_OF_A_REQUEST += [f"/records/{{record_id}}/redactions/{one}" for one in ("change", "remove")]
_OF_A_REQUEST += ["/redactions", "/redactions/final", "/redactions/steps/{step}/undo", "/suggestions"]
_OF_A_REQUEST += ["/productions", "/productions/{number}/again"]
_OF_A_REQUEST += ["/occurrences/accept", "/occurrences/withdraw"]
_OF_A_REQUEST += [f"/students/{one}" for one in ("links", "suggestions", "grounds", "own")]
CHANGING += ["/api/v1/roster", "/api/v1/student-disclosures"]
CHANGING += [f"/api/v1/exemptions{one}" for one in ("", "/{number}/change", "/{number}/retire")]
CHANGING += ["/api/v1/requests", *(f"/api/v1/requests/{{request_id}}{one}" for one in _OF_A_REQUEST)]
SENT_OTHERWISE = {"/api/v1/uploads/{upload_id}": "DELETE", "/api/v1/uploads/{upload_id}/files/{number}": "PATCH"}
SENT_OTHERWISE |= {"/api/v1/saved-searches/{name}": "DELETE", "/api/v1/alerts/{alert_id}": "PATCH"}


@pytest.fixture(scope="module")
def officer(site):
    """A browser in which an officer has signed in once."""
    with site.browser(Role.OFFICER) as client:
        yield client


@every_case("path", CHANGING)
@every_case(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1"},
    ],
)
def test_a_form_from_elsewhere_changes_nothing(site, officer, path, headers):
    ids = {"draft_id": "drf_none", "upload_id": "upl_none", "claim_id": "nrc_none", "number": 1}
    ids |= {"name": "none", "alert_id": "alr_none", "request_id": "dsr_none", "step": 1}
    address = path.format(record_id=site.own.record, submission_id=site.lying, **ids)
    fields = {"token": site.tokens[Role.ADMINISTRATOR]}
    answer = officer.request(SENT_OTHERWISE.get(path, "POST"), address, data=fields, headers=headers)

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert "the officer" in officer.get("/").text


def test_every_state_changing_address_is_one_of_those_tested_for_other_origins(site):
    from archiver.api.policy import POLICY  # noqa: PLC0415 - only here

    assert {path for method, path in POLICY if method not in ("GET", "HEAD")} == set(CHANGING)


@every_case(
    ("headers", "ours"),
    [
        ({}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": ""}, False),
        ({"origin": "https://archive.example", "host": "archive.example"}, True),
        ({"origin": "https://archive.example:8443", "host": "archive.example"}, False),
        ({"origin": "https://archive.example.evil", "host": "archive.example"}, False),
        ({"origin": "null", "host": ""}, False),
        ({"origin": "", "host": ""}, False),
    ],
)
def test_where_a_form_comes_from_is_what_the_browser_says(headers, ours):
    assert same_origin(headers) is ours


def test_the_eleventh_failure_within_a_minute_is_answered_with_429_until_the_minute_is_over():
    now = [100.0]
    limit = FailureLimit(clock=lambda: now[0])
    for _ in range(MOST_FAILURES):
        assert not limit.exceeded("192.0.2.1")
        limit.failed("192.0.2.1")

    assert limit.exceeded("192.0.2.1")
    assert not limit.exceeded("192.0.2.2")
    now[0] += FAILURE_SECONDS
    assert not limit.exceeded("192.0.2.1")


def test_the_limit_forgets_the_oldest_callers_rather_than_grow():
    limit = FailureLimit(clock=lambda: 0.0)
    for number in range(10_050):
        limit.failed(str(number))

    assert len(limit._failures) == 10_000


def test_too_many_wrong_tokens_from_one_address_are_answered_with_429(tmp_path):
    with running_site(tmp_path) as site, site.client() as client:
        statuses = [client.post("/sign-in", data={"token": f"pra_{n}"}).status_code for n in range(11)]
        blocked = client.post("/sign-in", data={"token": site.tokens[Role.OFFICER]})
        api = client.get("/api/v1/search?q=x", headers={"Authorization": "Bearer wrong"})
        valid = site.get("/api/v1/search?q=x")

    assert statuses == [403] * 10 + [429]
    assert blocked.status_code == 429
    assert blocked.headers["retry-after"] == "60"
    assert "wait one minute" in blocked.text
    assert api.status_code == 429
    assert api.json()["kind"] == "too_many_attempts"
    assert valid.status_code == 200


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic dTpw", "Bearer " + "x" * 5_000])
def test_a_header_that_is_no_known_token_is_answered_with_401(site, header, monkeypatch):
    with site.client() as client:
        answer = client.get("/api/v1/search?q=x", headers={"Authorization": header})

    assert answer.status_code in (401, 429)
    assert answer.headers["content-type"] == "application/problem+json"


@every_case(
    ("target", "leads_to"),
    [
        ("/records/rec_1", "/records/rec_1"),
        ("/search?q=a%20b", "/search?q=a%20b"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\tx", "/"),
        ("javascript:alert(1)", "/"),
        ("/sign-out", "/"),
        ("", "/"),
    ],
)
def test_signing_in_leads_only_to_our_own_pages(target, leads_to):
    assert archiver.web.pages.local_address(target) == leads_to


def test_who_is_not_signed_in_is_led_to_the_page_afterwards(site):
    with site.client() as client:
        first = client.get("/search?q=route&sort=date")
        form = client.get(first.headers["location"])
        target = re.search(r'name="next" value="([^"]+)"', form.text)[1].replace("&amp;", "&")
        answer = client.post("/sign-in", data={"token": site.tokens[Role.OFFICER], "next": target})

    assert first.status_code == 303
    assert answer.headers["location"] == "/search?q=route&sort=date"


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"token=" + b"x" * 20_000, "application/x-www-form-urlencoded", 422),
        (b"&".join(b"a=b" for _ in range(50)), "application/x-www-form-urlencoded", 422),
        (b"\xff\xfe", "application/x-www-form-urlencoded", 422),
        (b"{}", "application/json", 422),
        (b"", "", 422),
    ],
)
def test_a_form_that_is_none_is_refused(site, content, kind, status):
    with site.client() as client:
        answer = client.post("/sign-in", content=content, headers={"Content-Type": kind})

    assert answer.status_code in (status, 413)


def test_an_unforeseen_error_tells_and_logs_nothing_of_what_it_quotes(site, monkeypatch, capfd):
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a secret subject line")

    monkeypatch.setattr(archiver.web.pages, "look_over", broken)
    answer = site.get("/")
    logged = capfd.readouterr()

    assert answer.status_code == 500
    assert answer.headers["content-security-policy"] == CONTENT_POLICY
    assert "secret" not in answer.text
    assert "secret" not in logged.out + logged.err
    assert "RuntimeError" in logged.out + logged.err


def test_a_full_disk_is_temporary_and_says_so(site, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise StorageFull("archive.db cannot grow: the disk is full; free some space and try again")

    monkeypatch.setattr(archiver.web.search_page, "search_records", full)
    answer = site.get("/search?q=route")

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert "free some space" in answer.text


def test_no_query_text_reaches_the_log(site, capfd):
    site.get("/search?q=canaryword")
    site.get("/api/v1/search?q=canaryword+(")
    logged = capfd.readouterr()

    assert "canaryword" not in logged.out + logged.err


def test_health_needs_nobody_and_readiness_tells_counts_only(site):
    health, ready = site.get("/healthz", None), site.get("/readyz", None)

    assert (health.status_code, health.json()) == (200, {"status": "ok"})
    assert ready.status_code == 503
    assert ready.json()["checks"]["database"] == {"ok": True}
    assert ready.json()["checks"]["services"]["supervised"] is False
    assert site.own.record not in ready.text


def test_readiness_follows_the_supervised_services_and_the_index(site):
    import os  # noqa: PLC0415 - only here

    site.installation.follower().catch_up()
    status_file = site.installation.archive.folder / "tmp" / "services.json"
    services = [{"name": "web", "role": "web", "process": 1, "restarts": 0}]
    status_file.write_text(json.dumps({"supervisor": os.getpid(), "services": services}))
    good = site.get("/readyz", None)
    services[0]["process"] = None
    status_file.write_text(json.dumps({"supervisor": os.getpid(), "services": services}))
    bad = site.get("/readyz", None)
    home = site.get("/").text
    status_file.unlink()

    assert good.status_code == 200
    assert good.json()["ready"] is True
    assert good.json()["checks"]["index"]["lag"] <= 2
    assert bad.status_code == 503
    assert bad.json()["checks"]["services"]["stopped"] == ["web"]
    assert "stopped" in home
