"""Where a custodian works: said at the command line, found in searches, reached by holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.archiver.commands import CUSTODIAN

if TYPE_CHECKING:
    from tests.archiver.commands import Office

MAIL = (
    "From: ana@z.example\nTo: {}\nSubject: Roof {}\nDate: {} Sep 2023 10:00:00 -0700\n"
    "Message-ID: <{}@z.example>\n\nleaks\n"
)


@pytest.fixture
def office(office: Office) -> Office:
    inbox = office.folder.parent / "inbox"
    inbox.mkdir()
    for day in (1, 20):
        (inbox / f"{day}.eml").write_text(MAIL.format(CUSTODIAN, day, day, day))
    office.json("ingest", str(inbox), "--custodian", CUSTODIAN)
    return office


def subjects(office: Office, query: str) -> list[str]:
    return sorted(hit["subject"] for hit in office.json("search", query)["hits"])


def test_records_are_found_by_the_school_of_their_day(office: Office):
    assert subjects(office, "school:lincoln") == []
    office.json("custodian", "set", CUSTODIAN, "--school", "Lincoln Elementary")
    assert subjects(office, "school:lincoln") == ["Roof 1", "Roof 20"]
    changed = office.json("custodian", "set", CUSTODIAN, "--school", "Garfield High", "--since", "2023-09-10")
    assert changed["schools"] == [
        {"school": "Lincoln Elementary", "since": None},
        {"school": "Garfield High", "since": "2023-09-10"},
    ]
    assert subjects(office, "school:lincoln") == ["Roof 1"]
    assert subjects(office, 'school:"garfield high"') == ["Roof 20"]
    assert office.json("custodian", "list")[0]["schools"] == changed["schools"]
