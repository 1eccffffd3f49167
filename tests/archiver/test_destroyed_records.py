"""What page, API and command line say of a destroyed record: that it was there, and nothing of what it held."""

from __future__ import annotations

import pytest

from archiver.access import Role
from archiver.api.schemas import RecordDocument
from archiver.destroyed_view import destroyed_text
from tests.archiver.web_site import OTHER, OWN, add_record, letter, running_site

ACTOR = "operator:test"
SUBJECT, TEXT, SOURCE = WORDS = ("Zanzibarfahrt", "quetzalcoatl", "yggdrasil.eml")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with running_site(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture(scope="module")
def gone(site):
    made = add_record(site.installation, site.custodians[OWN], letter(SUBJECT, TEXT), source=SOURCE)
    site.installation.follower().catch_up()
    assert SUBJECT in site.get(f"/records/{made.record}").text
    destroying = site.installation.destroying()
    destroying.destroy([made.record], actor=ACTOR)
    destroying.advance(actor=ACTOR, at_once=True)
    return made


def test_its_page_says_that_it_was_destroyed_and_nothing_else(site, gone):
    answer = site.get(f"/records/{gone.record}")
    assert answer.status_code == 200
    assert "This record was destroyed on" in answer.text
    assert "destruction.confirmed" in answer.text
    assert [word for word in WORDS if word in answer.text] == []


def test_its_custodian_is_told_too(site, gone):
    answer = site.get(f"/records/{gone.record}", Role.EMPLOYEE)
    assert answer.status_code == 200
    assert "This record was destroyed on" in answer.text
    assert "record.destroyed" in answer.text
    assert "Retention" not in answer.text


def test_its_document_is_that_of_every_record(site, gone):
    document = site.get(f"/api/v1/records/{gone.record}").json()
    RecordDocument.model_validate(document)
    assert document["state"] == "destroyed"
    assert document["captured"]["custodian"] == OWN
    assert document["captured"]["size"] > 0
    assert [word for word in WORDS if word in str(document)] == []


def test_its_bytes_are_refused_as_a_conflict(site, gone):
    answer = site.get(f"/records/{gone.record}/components/{gone.component}")
    assert answer.status_code == 409
    assert "was destroyed" in answer.text


def test_who_may_not_see_it_is_not_told_that_it_was_there(site):
    made = add_record(site.installation, site.custodians[OTHER], letter("Other", "other"))
    site.installation.destroying().destroy([made.record], actor=ACTOR)
    unknown = site.get("/records/rec_unknown", Role.EMPLOYEE)
    unseen = site.get(f"/records/{made.record}", Role.EMPLOYEE)
    assert unseen.status_code == unknown.status_code == 404
    assert unseen.text.replace(made.record, "rec_unknown") == unknown.text


def test_its_receipt_tells_nothing_of_it(site, gone):
    answer = site.get(f"/receipts/{gone.submission}")
    assert answer.status_code in {200, 409}
    assert [word for word in WORDS if word in answer.text] == []


def test_no_search_finds_it_and_the_home_page_does_not_count_it(site, gone):
    assert site.get(f"/api/v1/search?q={TEXT}").json()["total"] == 0
    assert site.get("/").status_code == 200


def test_on_a_terminal_its_stub_names_the_batch_and_the_leaf(site, gone):
    document = site.get(f"/api/v1/records/{gone.record}").json()
    text = destroyed_text(document)
    assert document["destruction"]["batch"] in text
    assert f"ledger leaf {document['destruction']['position']}" in text
    assert "confirmed 20" in text
