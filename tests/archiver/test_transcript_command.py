"""What pictures say, corrected and confirmed through the command line, as versions with their authors.

The engines are planted (`tests.ingest.planted_pictures`): what they read stands at the end of each picture.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from archiver import reading_turns
from tests.archiver.commands import CUSTODIAN, Office
from tests.archiver.test_picture_command import PLANTED, hand_in, png

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OTHER = "lee@agency.example"


@pytest.fixture(autouse=True, scope="module")
def _planted() -> Iterator[None]:
    with mock.patch.object(reading_turns, "READER_MODULE", PLANTED):
        yield


@pytest.fixture(scope="module")
def read_once(new_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """An archive with one picture that was read, and the record's id."""
    place = tmp_path_factory.mktemp("read")
    office = Office(folder=shutil.copytree(new_archive, place / "archive"))
    record_id = hand_in(office, place / "a.png", png("said:The heronny is closed", "said:ok then", "9:43"))
    office.json("picture", "read")
    return office.folder, record_id


@pytest.fixture
def office(read_once: tuple[Path, str], tmp_path: Path) -> Office:
    return Office(folder=shutil.copytree(read_once[0], tmp_path / "archive"))


@pytest.fixture
def record(read_once: tuple[Path, str]) -> str:
    return read_once[1]


def transcript(office: Office, *arguments: str, **options: Any) -> Any:
    return office.json("transcript", *arguments, **options)


def user(office: Office, name: str, role: str, *more: str) -> dict[str, str]:
    """A new user's token, as the environment of a command."""
    return {"ARCHIVER_TOKEN": office.json("user", "add", name, "--role", role, *more)["token"]}


def texts(document: dict[str, Any]) -> list[str]:
    return [one["text"] for one in document["transcript"]["messages"]]


def test_a_corrected_message_is_a_further_version_and_the_one_before_stays(office, record):
    done = transcript(office, "correct", record, "--message", "1", "--text", "The heronry is closed", "--sender", "Bo")
    assert done["version"] == 2
    shown = transcript(office, "show", record)
    assert (shown["version"], shown["source"], texts(shown)) == (2, "person", ["The heronry is closed", "ok then"])
    assert [one["source"] for one in shown["versions"]] == ["engine", "person"]
    assert shown["versions"][1]["changes"] == [
        {"what": "sender", "message": 1, "before": "Ana", "after": "Bo"},
        {"what": "text", "message": 1, "before": "The heronny is closed", "after": "The heronry is closed"},
    ]
    assert texts(transcript(office, "show", record, "--version", "1")) == ["The heronny is closed", "ok then"]
    assert "written by" in office.run("transcript", "show", record).out


def test_search_follows_the_newest_version_and_the_record_says_who_wrote_it(office, record):
    transcript(office, "correct", record, "--message", "1", "--text", "The heronry is closed")
    assert office.json("search", "heronry")["total"] == 1
    assert office.json("search", '"9:43"')["total"] == 1
    shown = office.json("record", "show", record)
    assert any("wrote them down" in one for one in shown["provenance"]["asserted"])
    assert shown["provenance"]["grade"] == "D"
    assert office.json("verify")["faults"] == []


def test_a_whole_transcript_is_exported_changed_and_read_again(office, record, tmp_path):
    form = tmp_path / "t.json"
    document = json.loads(office.run("transcript", "export", record).out)
    assert [one["number"] for one in document["messages"]] == [1, 2]
    document["title"] = "Ana Ortiz"
    document["messages"].insert(1, {"text": "Since when?", "side": "right", "at": "2026-03-02T09:42"})
    document["messages"][0]["text"] = "The heronry is closed"
    del document["messages"][2]
    form.write_text(json.dumps(document), "utf-8")
    assert transcript(office, "correct", record, "--from", str(form))["version"] == 2
    shown = transcript(office, "show", record)
    assert texts(shown) == ["The heronry is closed", "Since when?"]
    assert shown["transcript"]["title"] == "Ana Ortiz"
    assert shown["transcript"]["messages"][0]["time"] == "9:41"
    again = transcript(office, "correct", record, "--from", str(form), status=5)["error"]["message"]
    assert "version 1 is not the newest any more" in again


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"messages": "none"}, "messages"),
        ({"surprise": 1}, "surprise"),
        ({"messages": [1]}, "message 1 is no JSON object"),
        ({"messages": [{"text": "a", "colour": "red"}]}, "colour"),
        ({"messages": [{"text": "a" * 20_001}]}, "longer than 20,000"),
        ({"messages": [{"text": "a", "side": "top"}]}, "left, right or center"),
        ({"messages": [{"text": "a", "at": "yesterday"}]}, "2026-03-02T09:41"),
        ({"messages": [{"text": "\x1b[2J"}]}, "no text"),
        ({"messages": [{"text": "a", "number": 3}]}, "1 to 2"),
        ({"messages": [{"number": 1}, {"number": 1}]}, "same number"),
        ({"messages": [{"text": "a"}] * 5_001}, "at most 5,000"),
        ({"record": "rec_other", "messages": []}, "another record"),
    ],
)
def test_a_transcript_that_cannot_be_one_is_refused_with_the_reason(office, record, tmp_path, change, reason):
    form = tmp_path / "t.json"
    form.write_text(json.dumps({"messages": []} | change), "utf-8")
    error = transcript(office, "correct", record, "--from", str(form), status=2)["error"]
    assert reason in error["message"]
    assert transcript(office, "show", record)["newest"] == 1


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[" * 100_000, b'{"messages": [}'])
def test_a_file_that_is_no_document_is_refused(office, record, tmp_path, content):
    form = tmp_path / "t.json"
    form.write_bytes(content)
    assert "JSON" in transcript(office, "correct", record, "--from", str(form), status=2)["error"]["message"]


def test_a_correction_of_a_version_that_is_not_the_newest_is_refused(office, record):
    transcript(office, "correct", record, "--message", "2", "--text", "OK", "--version", "1")
    transcript(office, "correct", record, "--message", "2", "--text", "Ok", "--version", "1", status=5)
    assert transcript(office, "show", record)["newest"] == 2


def test_a_confirmed_transcript_says_the_same_and_infers_nothing(office, record):
    assert transcript(office, "confirm", record)["version"] == 2
    shown = transcript(office, "show", record)
    assert shown["versions"][1]["said"] == ["confirmed as it was"]
    assert shown["versions"][1]["changes"] == []
    assert shown["source"] == "person"


def test_a_correction_that_changes_nothing_is_refused(office, record):
    error = transcript(office, "correct", record, "--message", "2", "--text", "ok then", status=5)["error"]
    assert "transcript confirm" in error["message"]


def test_a_day_gives_the_times_that_had_none_their_date(office, record):
    transcript(office, "correct", record, "--day", "2026-03-02")
    shown = office.json("record", "show", record)
    assert [one["at"] for one in shown["messages"]] == ["2026-03-02T09:41", "2026-03-02T09:41"]
    assert shown["conversation"]["day"] == "2026-03-02"


def test_a_message_that_is_none_is_removed(office, record):
    transcript(office, "correct", record, "--message", "2", "--remove")
    shown = transcript(office, "show", record)
    assert texts(shown) == ["The heronny is closed"]
    assert shown["versions"][1]["changes"][0]["what"] == "removed"


def test_a_caption_is_a_version_and_is_changed_field_by_field(office, record):
    transcript(office, "caption", record, "--who", "Ana Ortiz", "--why", "asked for")
    transcript(office, "caption", record, "--why", "", "--when", "in March")
    shown = transcript(office, "show", record)
    assert shown["caption"] == {"who": "Ana Ortiz", "what": None, "when": "in March", "where": None, "why": None}
    assert {one["what"] for one in shown["versions"][2]["changes"]} == {"caption: why", "caption: when"}


def test_an_employee_corrects_his_own_an_officer_all_and_nobody_else(office, record):
    office.json("custodian", "add", OTHER, "--name", "Lee Moreau")
    jane = user(office, "jane", "employee", "--custodian", CUSTODIAN)
    lee = user(office, "lee", "employee", "--custodian", OTHER)
    officer = user(office, "kim", "officer")
    reviewer = user(office, "rob", "reviewer")
    auditor = user(office, "aud", "auditor")
    change = ("correct", record, "--message", "2", "--text")
    assert transcript(office, *change, "one", "--as", "jane", **jane)["author"] == "jane"
    assert transcript(office, *change, "two", "--as", "kim", **officer)["author"] == "kim"
    transcript(office, *change, "three", "--as", "lee", status=3, **lee)
    transcript(office, "show", record, "--as", "lee", status=3, **lee)
    transcript(office, *change, "four", "--as", "rob", status=4, **reviewer)
    transcript(office, "show", record, "--as", "rob", **reviewer)
    transcript(office, *change, "five", "--as", "aud", status=4, **auditor)
    assert [one["author"] for one in transcript(office, "show", record)["versions"]] == ["planted 1", "jane", "kim"]


def test_no_engine_reads_over_what_a_person_said(office, record):
    transcript(office, "confirm", record)
    assert "a person said" in office.json("picture", "read", record, status=5)["error"]["message"]


def test_pictures_that_wait_to_be_read_cannot_be_corrected_yet(office, tmp_path):
    record_id = hand_in(office, tmp_path / "b.png", png("said:Another one"))
    assert "wait to be read" in transcript(office, "confirm", record_id, status=5)["error"]["message"]


def test_the_ledger_holds_no_word_of_a_correction(office, record):
    transcript(office, "correct", record, "--message", "1", "--text", "Quokka", "--sender", "Wombat")
    custody = json.dumps(office.json("record", "custody", record))
    assert "record.transcribed" in custody
    assert "Quokka" not in custody
    assert "Wombat" not in custody
