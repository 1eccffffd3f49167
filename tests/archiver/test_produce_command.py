"""Producing at the command line, with everything that it is made of: pages, gate, letters, load files, the ledger."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import zipfile
from typing import TYPE_CHECKING

import pypdfium2
import pytest

from archiver.production_zip import zipped
from tests.archiver.production_scene import ProductionDesk, digests
from tests.archiver.sealed_rows import prove_sealed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.archiver.commands import Answer

SECRET = "lamp 2 of the stadium"


class Counter(ProductionDesk):
    """The desk at which somebody produces."""

    def produce(self, folder: Path, *arguments: str, name: str = "olive") -> Answer:
        asked = ("request", "produce", self.number, str(folder), *arguments)
        return self.office.run(*asked, "--as", name, ARCHIVER_TOKEN=self.tokens[name])

    def redact(self, record: str, words: str, *arguments: str) -> None:
        self.by("rick", "request", "redact", "add", self.number, record, "--words", words, *arguments)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Counter:
    made = Counter(tmp_path_factory.mktemp("counter"))
    made.decide("release", *made.records[:2])
    made.decide("withhold", made.records[3])
    made.redact(made.records[2], SECRET, "--code", "7(1)(b)", "--final")
    return made


@pytest.fixture(scope="module")
def package(desk: Counter) -> Path:
    folder = desk.place / "package"
    arguments = ("--prefix", "LAKE", "--withheld", "slip", "--natives", "--stamp", "CONFIDENTIAL")
    answer = desk.produce(folder, *arguments)
    assert answer.status == 0, answer.out
    return folder


def words_of(path: Path) -> str:
    with pypdfium2.PdfDocument(path) as document:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)


def test_a_package_has_its_files_and_verifies_with_nothing_but_the_key(desk: Counter, package: Path) -> None:
    key = desk.office.run("ledger", "key", "--quiet").out.strip()
    told = desk.office.json("verify", "bundle", str(package), "--key", key)
    assert (told["bundle"], told["trusted"], told["records"], told["faults"]) == ("production", True, 3, [])
    names = set(digests(package))
    assert names >= {f"documents/LAKE-00000{page}.pdf" for page in (1, 2, 3, 4)}
    assert names >= {"letter.pdf", "exemption-log.csv", "load/production.dat", "load/edrm.xml", "whole.pdf"}
    assert [one for one in sorted(names) if one.startswith("natives/")] == [
        "natives/LAKE-000001.eml",
        "natives/LAKE-000002.eml",
    ]


def test_pages_have_their_numbers_and_stamps_and_nothing_that_was_left_out(package: Path) -> None:
    whole = words_of(package / "whole.pdf")
    assert all(f"LAKE-00000{page}" in whole for page in (1, 2, 3, 4))
    assert whole.count("CONFIDENTIAL") == 4
    assert "lamp 1 of the stadium" in whole
    assert SECRET not in whole
    assert "lamp 3" not in whole
    everything = b"".join((package / name).read_bytes() for name in digests(package) if not name.endswith(".pdf"))
    assert SECRET.encode() not in everything
    assert b"lamp 3" not in everything


def test_the_manifest_says_what_was_done_and_names_nothing_that_is_withheld(desk: Counter, package: Path) -> None:
    text = (package / "manifest.json").read_text("utf-8")
    said = json.loads(text)["produced"]
    assert said["counts"] == {"whole": 2, "redacted": 1, "slip_sheet": 1}
    assert said["reviewed"] == {"redact": 1, "release": 2, "withhold": 1}
    assert [(one["exemption"], one["records"]) for one in said["withheld"]] == [("7(1)(b)", 1)]
    assert [one["total"] for one in said["searches"]] == [4]
    assert said["natives"] == {"files": 2, "scanner": None}
    assert desk.records[3] not in text


def test_load_files_name_what_is_there(package: Path) -> None:
    rows = list(csv.DictReader(io.StringIO((package / "load" / "index.csv").read_text("utf-8-sig"))))
    assert [one["BEGDOC"] for one in rows] == [f"LAKE-00000{page}" for page in (1, 2, 3, 4)]
    assert [one["SUBJECT"] for one in rows][:2] == ["Lights 0", "Lights 1"]


def test_a_production_is_listed_shown_and_written_again(desk: Counter, package: Path) -> None:
    (made,) = desk.by("olive", "request", "produced", desk.number)["productions"]
    assert (made["production"], made["first"], made["last"]) == (1, "LAKE-000001", "LAKE-000004")
    documents = desk.by("olive", "request", "produced", desk.number, "--documents", "1")
    assert [one["record"] for one in documents] == desk.records
    assert desk.by("olive", "request", "produced", "--of", "LAKE-000002")[0]["record"] == desk.records[1]
    assert "LAKE-000001 to LAKE-000004" in desk.office.run("request", "produced", desk.number).out
    shown = desk.by("olive", "request", "show", desk.number)
    events = shown["events"]
    assert [one["first"] for one in shown["productions"]] == ["LAKE-000001"]
    assert [one["text"] for one in events if one["kind"] == "produced"] == ["LAKE-000001 to LAKE-000004"]
    again = desk.place / "again"
    assert desk.produce(again, "--again", "1").status == 0
    assert digests(again) == digests(package)
    assert desk.produce(again, "--again", "1").status == 5
    assert desk.produce(desk.place / "other", "--again", "9").status == 3


def test_a_package_can_be_one_zip_file_that_is_checked_as_its_folder_is(desk: Counter, package: Path) -> None:
    one = desk.place / "handed-over.zip"
    told = json.loads(desk.produce(one, "--again", "1", "--zip", "--json").out)
    assert (told["produced"], told["folder"]) == (True, str(one))
    key = desk.office.run("ledger", "key", "--quiet").out.strip()
    of_folder = desk.office.json("verify", "bundle", str(package), "--key", key)
    assert desk.office.json("verify", "bundle", str(one), "--key", key) == of_folder
    with zipfile.ZipFile(one) as opened:
        top = f"{desk.number}-001/"
        names = {name.removeprefix(top): hashlib.sha256(opened.read(name)).hexdigest() for name in opened.namelist()}
    assert names == digests(package)
    assert one.read_bytes() == b"".join(zipped(package, f"{desk.number}-001"))  # as the server hands it out
    assert one.stat().st_mode & 0o777 == 0o600
    assert not list(desk.place.glob(".*")) + list(desk.place.glob("*.new"))


def test_a_zip_file_has_a_name_of_its_own_and_what_a_killed_program_left_is_taken_away(
    desk: Counter, package: Path
) -> None:
    assert desk.produce(desk.place / "named-otherwise", "--again", "1", "--zip").status == 2
    one = desk.place / "killed.zip"
    one.write_bytes(b"made whole")
    left = desk.place / ".killed.zip.unfinished"
    shutil.copytree(package, left)
    assert desk.produce(one, "--again", "1", "--zip").status == 5
    assert left.exists()  # nothing says that a production was written here
    (left / ".unfinished-production").touch()
    assert desk.produce(one, "--again", "1", "--zip").status == 5
    assert not left.exists()
    assert one.read_bytes() == b"made whole"


def test_nothing_is_given_twice_and_bad_words_are_refused(desk: Counter, package: Path) -> None:
    assert package.exists()
    answer = desk.produce(desk.place / "second", "--json")
    assert answer.status == 5
    assert [one["kind"] for one in answer.document["reasons"]] == ["nothing"]
    assert desk.produce(desk.place / "bad", "--prefix", "a/b").status == 2
    assert desk.produce(desk.place / "no" / "folder").status in (3, 5)
    assert desk.produce(desk.place / "theirs", name="rick").status == 4
    assert desk.office.run("request", "produced").status == 2


def test_what_was_left_out_of_one_record_and_stands_in_another_stops_the_production(
    desk: Counter, package: Path
) -> None:
    assert package.exists()
    desk.decide("release", desk.records[3])
    desk.redact(desk.records[0], "lamp 0", "--code", "7(1)(b)", "--final")
    desk.redact(desk.records[3], "stadium", "--code", "7(1)(b)", "--final")
    out = desk.place / "out"
    answer = desk.produce(out, "--changed", "--json")
    assert answer.status == 5
    assert {one["kind"] for one in answer.document["reasons"]} == {"gate"}
    assert answer.document["gate"]["refusals"]
    assert "stadium" not in answer.out
    assert [one.name for one in desk.place.iterdir() if "out" in one.name] == []


def test_what_was_given_by_mistake_is_asked_back(desk: Counter, package: Path) -> None:
    assert package.exists()
    arguments = ("request", "clawback", desk.number, "LAKE-000001", "--reason", "a mistake")
    assert [one["record"] for one in desk.by("olive", *arguments)["documents"]] == [desk.records[0]]
    desk.by("olive", *arguments, status=5)
    desk.by("rick", *arguments, status=4)
    assert desk.by("olive", "request", "produced", desk.number)["clawbacks"][0]["reason"] == "a mistake"


def test_what_was_produced_opens_in_the_check_of_everything(desk: Counter, package: Path) -> None:
    assert package.exists()
    desk.by("olive", "request", "clawback", desk.number, "LAKE-000002", "--reason", "a mistake")
    prove_sealed(desk.office, "production", "papers of a production", "clawback", "redactions of a record")
