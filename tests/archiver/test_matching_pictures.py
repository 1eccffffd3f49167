"""Pictures linked to better evidence through the command line, in both orders, after corrections and destructions.

The engines are planted (`tests.ingest.planted_pictures`): what they read stands at the end of each picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archiver import reading_turns
from tests.archiver.commands import CUSTODIAN, Office, new_office
from tests.archiver.test_picture_command import PLANTED, hand_in, png

if TYPE_CHECKING:
    from pathlib import Path

OTHER = "lee@agency.example"
SAID = ("The bus to the museum leaves at 7:40", "Who brings the signed forms?", "ok", "The heronry opens on Friday")
CHAT = "\n".join(f"3/2/26, 9:4{place} - Ana: {text}" for place, text in enumerate(SAID)) + "\n"


@pytest.fixture(autouse=True)
def _planted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_turns, "READER_MODULE", PLANTED)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return new_office(tmp_path / "archive")


def a_picture(office: Office, tmp_path: Path, *said: str) -> str:
    record_id = hand_in(office, tmp_path / "a.png", png(*(f"said:{one}" for one in said or SAID)))
    office.json("picture", "read")
    return record_id


def an_export(office: Office, tmp_path: Path, custodian: str = CUSTODIAN) -> str:
    path = tmp_path / f"WhatsApp Chat with Ana {custodian}.txt"
    path.write_text(CHAT, "utf-8")
    answer = office.run("ingest", str(path), "--custodian", custodian, "--json")
    assert answer.document["records"] == 1, answer.out
    return max(one["id"] for one in office.json("record", "list"))


@pytest.mark.parametrize("picture_first", [True, False])
def test_a_picture_is_linked_to_the_export_of_its_messages_in_both_orders(office, tmp_path, picture_first):
    if picture_first:
        picture, export = a_picture(office, tmp_path), an_export(office, tmp_path)
    else:
        export, picture = an_export(office, tmp_path), a_picture(office, tmp_path)
    shown = office.json("record", "show", picture)
    (link,) = shown["evidence"]
    assert (link["record"], link["grade"], link["matched"], link["equal"], link["of"]) == (export, "B", 4, 4, 4)
    assert [one["matched"] for one in shown["messages"]] == [export] * 4
    assert shown["messages"][3]["match"] == {"record": export, "grade": "B", "message": 3, "equal": True}
    assert [one["record"] for one in office.json("record", "show", export)["shown_by"]] == [picture]
    assert shown["provenance"]["grade"] == "D"
    assert (
        f"better     {export} (conversation, grade B) holds 4 of 4 messages"
        in office.run("record", "show", picture).out
    )
