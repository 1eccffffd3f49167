"""Fees, instalments, appeals, notices, letters and productions over HTTP: as on the command line."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

import pytest

from archiver.access import Role
from archiver.api import request_more_schemas as documents
from tests.archiver.request_site import look, opened, post
from tests.archiver.web_site import Site, running_site

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site")) as running:
        running.installation.follower().catch_up()
        yield running


@pytest.fixture
def one(site: Site) -> str:
    """The address of a request under the law of Washington."""
    return f"/requests/{opened(site, profile='WA')['number']}"


def test_what_a_law_lets_be_charged_is_told_with_its_citations(site: Site) -> None:
    rules = look(site, "/disclosure-profiles/WA/fees", Role.REVIEWER)
    documents.FeeSchedule.model_validate(rules)
    assert rules["items"]
    assert all(item["citation"] for item in rules["items"])
    look(site, "/disclosure-profiles/ZZ/fees", status=404)


def test_a_fee_is_computed_charged_paid_and_shown(site: Site, one: str) -> None:
    tried = post(site, f"{one}/fees/estimates", {"pages": 100, "dry_run": True})
    documents.EstimateDocument.model_validate(tried)
    assert (tried["estimate"]["cents"], tried["noted"]) == (1500, False)
    assert all(line["citation"] for line in tried["estimate"]["lines"])
    account = post(site, f"{one}/fees/charges", {"pages": 100, "postage": "1.25"})
    documents.FeeAccount.model_validate(account)
    assert account["owed"] == 1625
    assert post(site, f"{one}/fees/payments", {"amount": "6.25"})["owed"] == 1000
    post(site, f"{one}/fees/payments", {"amount": "10.01"}, status=409)
    post(site, f"{one}/fees/waivers", {"ground": "because"}, status=422)
    assert look(site, f"{one}/fees", Role.REVIEWER)["paid"] == 625


@pytest.mark.parametrize(
    ("act", "body"),
    [
        ("estimates", {"pages": -1}),
        ("estimates", {"pages": "100"}),
        ("estimates", {"hours": 2.5}),
        ("estimates", {"rates": {"page": "secretvalue"}}),
        ("payments", {"amount": "1,000.00"}),
        ("payments", {}),
        ("charges", {"dry_run": True}),
    ],
)
def test_a_quantity_or_amount_that_cannot_be_is_refused(
    site: Site, one: str, act: str, body: dict[str, object]
) -> None:
    refused = post(site, f"{one}/fees/{act}", body, status=422)
    assert "secretvalue" not in str(refused)
    assert look(site, f"{one}/fees")["booked"] == []


def test_instalments_are_planned_and_fetched_only_once_they_are_produced(site: Site, one: str) -> None:
    planned = post(site, f"{one}/instalments", {"due": "2026-12-01", "text": "The mails of March"})
    documents.Instalments.model_validate(planned)
    assert [part["due"] for part in planned["instalments"]] == ["2026-12-01"]
    post(site, f"{one}/instalments/1/claim", None, status=409)
    post(site, f"{one}/instalments/9/claim", None, status=404)
    assert look(site, f"{one}/instalments")["instalments"] == planned["instalments"]


def test_an_appeal_is_taken_after_the_closing_and_its_reversal_opens_the_request_again(site: Site, one: str) -> None:
    post(site, f"{one}/close", {"outcome": "denied"}, status=200)
    made = post(site, f"{one}/appeals", {"body": "Attorney general", "ground": "Too much is withheld"})
    documents.Appeals.model_validate(made)
    assert (made["state"], made["appeals"][0]["outcome"]) == ("closed", None)
    decision = f"{one}/appeals/1/decision"
    post(site, decision, {"outcome": "lost", "text": "x"}, status=422)
    said = {"outcome": "reversed", "text": "Release all of it", "changes": "Release record 3"}
    assert post(site, decision, said, status=200)["state"] == "open"
    post(site, decision, said, status=409)
    assert look(site, f"{one}/appeals")["appeals"][0]["outcome"] == "reversed"


def test_a_notice_holds_the_release_until_it_is_ended(site: Site) -> None:
    one = f"/requests/{opened(site, profile='WI')['number']}"
    kinds = look(site, f"{one}/notices")["kinds"]
    kind = next(iter(kinds))
    today = site.installation.retention.today().isoformat()
    sent = post(site, f"{one}/notices", {"kind": kind, "person": "Pat Roe", "sent": today})
    documents.Notices.model_validate(sent)
    assert len(sent["holds"]) == 1
    post(site, f"{one}/notices", {"kind": "none", "person": "Pat Roe", "sent": today}, status=422)
    assert post(site, f"{one}/notices/1/action", {}, status=200)["holds"][0]["until"] is None
    post(site, f"{one}/notices/1/end", {"by": "expired"}, status=422)
    assert post(site, f"{one}/notices/1/end", {"by": "consent", "text": "by mail"}, status=200)["holds"] == []
    post(site, f"{one}/notices/1/end", {"by": "consent"}, status=409)


def test_a_letter_is_noted_by_the_digest_of_what_was_answered(site: Site, one: str) -> None:
    draft = post(site, f"{one}/letters", {"kind": "acknowledgement", "draft": True})
    documents.LetterDocument.model_validate(draft)
    assert draft["noted"] is False
    assert "letter" not in [event["kind"] for event in look(site, one)["events"]]
    with site.client(Role.OFFICER) as client:
        paper = client.post(f"/api/v1{one}/letters", json={"kind": "acknowledgement", "form": "pdf"})
    digest = hashlib.sha256(paper.content)
    assert (paper.status_code, paper.content[:5]) == (201, b"%PDF-")
    assert paper.headers["repr-digest"] == f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
    assert digest.hexdigest() in look(site, one)["events"][-1]["text"]
    post(site, f"{one}/letters", {"kind": "acknowledgement", "final": True, "draft": True}, status=422)
    post(site, f"{one}/letters", {"kind": "acknowledgement", "fills": {"nofield": "secretvalue"}}, status=422)
    post(site, f"{one}/letters", {"kind": "determination"}, status=409)


def test_the_log_of_what_is_kept_back_is_a_document_a_table_and_a_paper(site: Site, one: str) -> None:
    post(site, f"{one}/sets", {"query": "route"})
    body = {
        "records": [site.own.record],
        "decision": "withhold",
        "exemptions": [_code(site)],
        "note": "Attorney advice",
    }
    post(site, f"{one}/review/decisions", body)
    log = look(site, f"{one}/exemptions", Role.REVIEWER)
    documents.ExemptionLog.model_validate(log)
    assert [row["record"] for row in log["rows"]] == [site.own.record]
    assert site.get(f"/api/v1{one}/exemptions?form=csv").headers["content-type"].startswith("text/csv")
    assert site.get(f"/api/v1{one}/exemptions?form=pdf").content.startswith(b"%PDF-")
    look(site, f"{one}/exemptions?form=xls", status=422)


def test_what_was_produced_is_listed_and_what_was_not_cannot_be_asked_back(site: Site, one: str) -> None:
    told = look(site, f"{one}/productions", Role.REVIEWER)
    documents.Productions.model_validate(told)
    assert told["productions"] == []
    assert look(site, f"/produced?of={site.own.record}")["documents"] == []
    look(site, "/produced?of=LAKE-000001", status=404)
    look(site, "/produced", status=422)
    look(site, f"{one}/productions/1/documents", status=404)
    post(site, f"{one}/clawbacks", {"pages": ["LAKE-000001"], "reason": "by mistake"}, status=404)
    post(site, f"{one}/clawbacks", {"pages": [], "reason": "by mistake"}, status=422)
    post(site, f"{one}/clawbacks", {"pages": ["LAKE-000001"], "reason": "x"}, Role.REVIEWER, status=403)


def _code(site: Site) -> str:
    code: str = look(site, "/disclosure-profiles/WA")["exemptions"][0]["code"]
    return code
