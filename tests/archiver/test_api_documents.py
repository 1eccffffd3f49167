"""The API answers with the documents of the command contract, and says no with problem documents."""

from __future__ import annotations

import pytest

from archiver.access import Role
from archiver.api.policy import POLICY
from archiver.api.schemas import ProblemDocument, ReceiptDocument, RecordDocument
from archiver.api.search_schemas import SearchDocument
from storage.bundle_check import check_document
from storage.records import Component, ComponentRole
from tests.archiver.web_site import OWN, add_record, letter, running_site


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with running_site(tmp_path_factory.mktemp("site")) as running:
        yield running


def test_a_search_answers_with_the_contracts_document(site):
    document = site.get("/api/v1/search?q=late").json()

    SearchDocument.model_validate(document)
    assert document["query"] == "late"
    assert document["total"] == 1
    assert {"records", "indexed", "unsearchable"} <= set(document["coverage"])
    names = {"id", "kind", "sent_at", "captured_at", "from", "to", "subject", "custodian", "channel", "platform"}
    assert names | {"snippet"} <= set(document["hits"][0])
    assert document["hits"][0]["id"] == site.own.record
    assert [part[0] for part in document["hits"][0]["snippet_parts"] if part[1]] == ["late"]


def test_limit_and_offset_walk_through_all_hits(site):
    first = site.get("/api/v1/search?q=route&limit=1").json()
    second = site.get("/api/v1/search?q=route&limit=1&offset=1").json()

    assert first["total"] == second["total"] == 2
    assert {first["hits"][0]["id"], second["hits"][0]["id"]} == {site.own.record, site.other.record}
    assert site.get("/api/v1/search?q=route&limit=0").json()["hits"] == []


@pytest.mark.parametrize(
    "query", ["", "?q=x&limit=-1", "?q=x&limit=1001", "?q=x&offset=-1", "?q=x&sort=size", "?q=x&limit=secretvalue"]
)
def test_a_parameter_that_cannot_be_is_a_problem_that_names_it_and_not_its_value(site, query):
    answer = site.get(f"/api/v1/search{query}")
    problem = answer.json()

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["kind"] == "invalid_input"
    assert problem["parameter"] in ("q", "limit", "offset", "sort")
    assert "secretvalue" not in answer.text


def test_an_error_in_a_query_is_a_problem_with_its_position(site):
    answer = site.get("/api/v1/search?q=bus+(route+canary")
    problem = answer.json()

    ProblemDocument.model_validate(problem)
    assert answer.status_code == problem["status"] == 422
    assert problem["position"] == 4
    assert "canary" not in problem["detail"]


def test_a_record_answers_with_the_contracts_document(site):
    document = site.get(f"/api/v1/records/{site.own.record}").json()

    RecordDocument.model_validate(document)
    assert document["text"] == "Route 12 was late again today."
    assert document["original"]["from"] == {"name": "Pat Rivera", "address": "pat@vendor.example"}
    assert document["captured"]["submission"] == site.own.submission


def test_a_receipt_answers_with_digest_proof_and_records(site):
    document = site.get(f"/api/v1/submissions/{site.own.submission}/receipt").json()

    ReceiptDocument.model_validate(document)
    assert document["records"] == [site.own.record]
    assert document["outcome"] == "archived"
    assert document["proof"]["checkpoint"]


def test_a_receipt_of_the_api_is_proved_by_the_key(site):
    answer = site.get(f"/api/v1/submissions/{site.own.submission}/receipt", Role.EMPLOYEE)
    assert check_document(answer.content, site.installation.archive.ledger.public_key()).trusted


@pytest.mark.parametrize(
    ("path", "role", "status", "kind"),
    [
        ("/api/v1/records/rec_none", Role.OFFICER, 404, "not_found"),
        ("/api/v1/submissions/sub_none/receipt", Role.OFFICER, 404, "not_found"),
        ("/api/v1/nothing", Role.OFFICER, 404, "not_found"),
        ("/api/v1/search?q=x", None, 401, "not_signed_in"),
        ("/api/v1/search?q=x", Role.ADMINISTRATOR, 403, "denied"),
    ],
)
def test_a_refusal_is_a_problem_document_of_its_kind(site, path, role, status, kind):
    answer = site.get(path, role)
    problem = answer.json()

    ProblemDocument.model_validate(problem)
    assert answer.status_code == problem["status"] == status
    assert problem["kind"] == kind
    assert problem["type"].endswith(kind)
    assert (status == 401) is ("www-authenticate" in answer.headers)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_another_method_is_a_problem_and_says_which_is_taken(site, method):
    with site.client(Role.OFFICER) as client:
        answer = client.request(method, "/api/v1/search")

    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET"
    assert answer.json()["kind"] == "wrong_method"


def test_the_description_lists_the_api_and_only_the_api(site):
    document = site.get("/api/v1/openapi.json").json()

    others = ("produced", "disclosure-profiles", "custodian-searches", "roster", "student-disclosures", "exemptions")
    begins = ("/api/v1/request", *(f"/api/v1/{one}" for one in others))
    assert set(document["paths"]) == {path for _, path in POLICY if path.startswith(begins)} | {
        "/api/v1/search",
        "/api/v1/search/ids",
        "/api/v1/search/coverage",
        "/api/v1/saved-searches",
        "/api/v1/saved-searches/{name}",
        "/api/v1/frozen-sets",
        "/api/v1/frozen-sets/{set_id}",
        "/api/v1/frozen-sets/{set_id}/ids",
        "/api/v1/frozen-sets/{set_id}/statement",
        "/api/v1/hit-reports",
        "/api/v1/alerts",
        "/api/v1/alerts/{alert_id}",
        "/api/v1/records/{record_id}",
        "/api/v1/records/{record_id}/notices",
        "/api/v1/records/{record_id}/transcriptions",
        "/api/v1/submissions/{submission_id}/receipt",
        "/api/v1/statement",
        "/api/v1/quarantine",
        "/api/v1/quarantine/{submission_id}",
        "/api/v1/quarantine/{submission_id}/assign",
        "/api/v1/quarantine/{submission_id}/retry",
        "/api/v1/quarantine/{submission_id}/release",
        "/api/v1/quarantine/{submission_id}/reject",
        "/api/v1/openapi.json",
        "/api/v1/submissions",
        "/api/v1/uploads/{upload_id}",
        "/api/v1/uploads/{upload_id}/commit",
        "/api/v1/uploads/{upload_id}/files/{number}",
    }
    answers = document["paths"]["/api/v1/search"]["get"]["responses"]
    assert answers["200"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/SearchDocument"}


def test_an_attachment_that_is_not_there_in_the_mail_is_damage_and_not_a_crash(site):
    component = Component(
        id="cmp_lost",
        role=ComponentRole.ATTACHMENT,
        media_type="text/plain",
        name="a.txt",
        size=1,
        sha256="0" * 64,
        path="7",
    )
    made = add_record(site.installation, site.custodians[OWN], letter("x", "x", components=(component,)))
    answer = site.get(f"/records/{made.record}/components/cmp_lost")

    assert answer.status_code == 500
    assert "Stored bytes are damaged" in answer.text


def test_a_download_is_an_event_before_the_bytes_leave(site):
    def exports() -> int:
        return site.get(f"/records/{site.other.record}").text.count("record.exported")

    before = exports()
    site.get(f"/records/{site.other.record}/components/{site.other.component}")

    assert exports() == before + 1


def test_a_page_with_a_browser_session_may_use_the_api(site):
    with site.browser(Role.OFFICER) as client:
        assert client.get("/api/v1/search?q=late").json()["total"] == 1
