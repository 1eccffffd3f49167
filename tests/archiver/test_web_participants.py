"""The page of a conversation shows full names beside handles, and how many people it does not show."""

from __future__ import annotations

import pytest

from storage.records import Conversation, Letterhead
from tests.archiver.web_site import OWN, add_record, letter, running_site


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with running_site(tmp_path_factory.mktemp("site")) as running:
        yield running


def page_of(site, *participants: str) -> str:
    conversation = Conversation(title="Team", participants=participants, day="2026-01-05", zone="America/Los_Angeles")
    said = letter("Team", "words", original=Letterhead(), conversation=conversation, platform="slack")
    made = add_record(site.installation, site.custodians[OWN], said)
    page: str = site.get(f"/records/{made.record}").text
    return page


def test_a_custodian_is_named_beside_his_handle(site):
    with site.installation.archive.store.read() as connection:
        custodian_id = site.custodians[OWN]
        name = site.installation.archive.custodians.open(connection, [custodian_id])[custodian_id].name
    page = page_of(site, f"bus.person <{OWN}>", "somebody else")
    assert f"<bdi>bus.person &lt;{OWN}&gt;</bdi> (<bdi>{name}</bdi>), <bdi>somebody else</bdi>" in page


def test_of_very_many_people_the_rest_is_counted(site):
    page = page_of(site, *(f"person {number}" for number in range(1_060)))
    assert "<bdi>person 49</bdi> and 1,010 more" in page
    assert "person 50<" not in page
