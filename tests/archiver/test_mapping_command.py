"""`archiver ingest --mapping`: tables that no reader knows, by a description of their columns."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.archiver.commands import CUSTODIAN

if TYPE_CHECKING:
    from pathlib import Path

    from tests.archiver.conftest import Office

MAPPING = """
format = "csv"
platform = "remind"

[time]
column = "Sent"
format = "%m/%d/%Y %I:%M %p"

[columns]
sender = "From"
text = "Message"
conversation = "Class"
attachments = "File"
"""
TABLE = (
    "Class,From,Sent,Message,File\r\n"
    "Math 7,Jane Doe,09/05/2025 07:15 AM,Quiz tomorrow,quiz.pdf\r\n"
    "Math 7,Bo Li,09/06/2025 07:20 AM,Thanks,\r\n"
)


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "remind.toml"
    path.write_text(MAPPING)
    return path


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "x.csv"
    path.write_text(TABLE)
    return path


def test_a_table_becomes_a_record_for_each_day(office: Office, mapping: Path, table: Path):
    report = office.json("ingest", str(table), "--mapping", str(mapping), "--custodian", CUSTODIAN)
    assert (report["seen"], report["archived"], report["records"]) == (1, 1, 2)
    (hit,) = office.json("search", "quiz")["hits"]
    record = office.json("record", "show", hit["id"])
    assert record["platform"] == "remind"
    assert [(one["sender"], one["text"]) for one in record["messages"]] == [("Jane Doe", "Quiz tomorrow")]
    again = office.json("ingest", str(table), "--mapping", str(mapping), "--custodian", CUSTODIAN)
    assert (again["duplicate"], again["records"]) == (1, 0)


def test_a_table_that_was_taken_as_a_file_is_read_when_it_is_described(office: Office, mapping: Path, table: Path):
    office.json("ingest", str(table), "--custodian", CUSTODIAN)
    report = office.json("ingest", str(table), "--mapping", str(mapping), "--custodian", CUSTODIAN)
    assert (report["archived"], report["records"]) == (1, 2)


def test_of_a_zip_the_table_is_read_and_its_files_go_with_it(office: Office, mapping: Path, tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("top/x.csv", TABLE)
        archive.writestr("top/quiz.pdf", b"%PDF-1.4\n")
    office.json("ingest", str(tmp_path / "x.zip"), "--mapping", str(mapping), "--custodian", CUSTODIAN)
    (hit,) = office.json("search", "tomorrow")["hits"]
    (message,) = office.json("record", "show", hit["id"])["messages"]
    assert [(one["name"], one["present"]) for one in message["attachments"]] == [("quiz.pdf", True)]


def test_a_description_that_does_not_fit_is_said_and_another_one_helps(
    office: Office, mapping: Path, table: Path, tmp_path: Path
):
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(MAPPING.replace('"From"', '"Sender"'))
    answer = office.run("ingest", str(table), "--mapping", str(wrong), "--custodian", CUSTODIAN, "--json")
    assert answer.status == 6
    (problem,) = answer.document["problems"]
    assert "no column 'Sender', which columns.sender of the mapping names" in problem["reason"]
    report = office.json("ingest", str(table), "--mapping", str(mapping), "--custodian", CUSTODIAN)
    assert (report["archived"], report["records"]) == (1, 2)


def test_a_dry_run_tells_what_would_come_out_and_takes_nothing(office: Office, mapping: Path, table: Path):
    report = office.json("ingest", str(table), "--mapping", str(mapping), "--dry-run")
    assert report["seen"] == 1
    assert "messages: 2" in report["remarks"]
    assert office.json("verify")["records"] == 0


def test_what_cannot_be_described_or_read_is_refused_before_anything_is_taken(
    office: Office, mapping: Path, table: Path, tmp_path: Path
):
    def refused(*arguments: str) -> tuple[int, str]:
        answer = office.run("ingest", *arguments, "--json")
        return answer.status, answer.error["message"]

    assert refused(str(table), "--mapping", str(tmp_path / "none.toml"))[0] == 3
    status, message = refused(str(tmp_path), "--mapping", str(mapping))
    assert (status, "is a folder" in message) == (2, True)
    status, message = refused(str(table), "--mapping", str(mapping), "--kind", "file")
    assert (status, "leave out --kind" in message) == (2, True)
    mapping.write_text(MAPPING.replace("[columns]", "[colums]"))
    status, message = refused(str(table), "--mapping", str(mapping))
    assert (status, "colums: there is no such key" in message) == (2, True)
    mapping.write_bytes(b"x" * (1 << 17))
    assert refused(str(table), "--mapping", str(mapping))[0] == 2
    assert office.json("verify")["records"] == 0


def test_one_table_in_a_gz_is_not_taken_and_says_why(office: Office, mapping: Path, tmp_path: Path):
    (tmp_path / "x.csv.gz").write_bytes(b"\x1f\x8b\x08" + bytes(30))
    answer = office.run("ingest", str(tmp_path / "x.csv.gz"), "--mapping", str(mapping), "--json")
    assert answer.status == 6
    assert "unpack it first" in answer.document["problems"][0]["reason"]
