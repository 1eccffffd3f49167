"""Redaction at the command line: marked by words, kinds, characters and regions; linked, suggested, settled, undone."""

from __future__ import annotations

import base64
import io
import shutil
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from reportlab.pdfgen.canvas import Canvas

from archiver.release_parts import PartReader
from search.disclosure.kept_text import mark
from storage.errors import Conflict
from storage.events import EventKind
from tests.archiver.commands import Office, a_mail
from tests.archiver.search_work_scene import opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from search.disclosure.release_types import RecordParts
    from storage.records import DescribedRecord

GROUND = "7(1)(b)"
TEXT = "Jane Miller asked. Call Jane Miller at 217-555-0134, she has asthma. Lives at 12 Oak Street."
ROSTER = "name,role,aliases,student_id\nJane Miller,student,JJ Miller,\nMr. Park,staff,,\n"


def a_page(text: str) -> bytes:
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=(612, 792), invariant=1)
    canvas.drawString(72, 700, text)
    canvas.save()
    return target.getvalue()


def with_files(mail: bytes, files: dict[str, tuple[str, bytes]]) -> bytes:
    """A mail with attachments."""
    head, _, text = mail.partition(b"\r\n\r\n")
    parts = [b"Content-Type: text/plain\r\n\r\n" + text]
    for name, (media_type, content) in files.items():
        named = f'Content-Type: {media_type}\r\nContent-Disposition: attachment; filename="{name}"\r\n'
        coded = base64.encodebytes(content).replace(b"\n", b"\r\n")
        parts.append(f"{named}Content-Transfer-Encoding: base64\r\n\r\n".encode() + coded)
    body = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"
    return head + b'\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n' + body


@dataclass(frozen=True, kw_only=True)
class Desk:
    """An archive with mails about a student, a request, an officer, a reviewer, an auditor and an administrator."""

    office: Office
    number: str
    tokens: dict[str, str]
    ids: dict[str, str]

    def by(self, name: str, *arguments: str, status: int = 0) -> Any:
        return self.office.json(*arguments, "--as", name, status=status, ARCHIVER_TOKEN=self.tokens[name])

    def redact(self, act: str, *arguments: str, status: int = 0, name: str = "rick") -> Any:
        return self.by(name, "request", "redact", act, self.number, *arguments, status=status)

    def said(self, act: str, *arguments: str, name: str = "rick") -> str:
        given = ("request", "redact", act, self.number, *arguments, "--as", name)
        return self.office.run(*given, ARCHIVER_TOKEN=self.tokens[name]).out

    def part(self, record: str, name: str = "text") -> Any:
        return next(one for one in self.redact("show", record)["parts"] if one["part"].startswith(name))

    def stands(self, record: str) -> Any:
        records = self.by("olive", "request", "review", self.number)["records"]
        return next((one["decision"], one["exemptions"]) for one in records if one["record"] == record)

    def kinds_about(self, record_id: str) -> list[EventKind]:
        with closing(opened(self.office)) as installation, installation.archive.store.read() as connection:
            return [one.event.kind for one in installation.archive.ledger.events_about(connection, [record_id])]


@pytest.fixture(scope="module")
def scene(new_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    place = tmp_path_factory.mktemp("redacting")
    office = Office(folder=shutil.copytree(new_archive, place / "archive"))
    inbox = place / "inbox"
    inbox.mkdir()
    files = {
        "Jane Miller.csv": ("text/csv", b"name,mark\nJane Miller,5\nTom,4\n"),
        "report.pdf": ("application/pdf", a_page("Report on Jane Miller and others")),
    }
    mails = {
        "jane": a_mail("Jane Miller", TEXT),
        "lights": a_mail("Lights", "Ask jane Miller,\r\nor 217 555 0134. Order 2024-000123 of 10:30."),
        "files": with_files(a_mail("Files", "See the files."), files),
        "lunch": a_mail("Lunch", "Nobody is named."),
    }
    for name, mail in mails.items():
        (inbox / f"{name}.eml").write_bytes(mail)
    office.json("ingest", str(inbox))
    people = (("olive", "officer"), ("rick", "reviewer"), ("eve", "auditor"), ("ada", "administrator"))
    tokens = {name: office.json("user", "add", name, "--role", role)["token"] for name, role in people}
    desk = Desk(office=office, number="", tokens=tokens, ids={})
    asked = ("--text", "The lights", "--profile", "IL")
    number = desk.by("olive", "request", "open", "--how", "form", *asked)["number"]
    desk.by("olive", "request", "set", "add", number, "--query", "is:active")
    subjects = {
        "jane": "subject:miller",
        "lights": "subject:lights",
        "files": "subject:files",
        "lunch": "subject:lunch",
    }
    ids = {name: office.run("search", query, "--ids").out.strip() for name, query in subjects.items()}
    roster = place / "roster.csv"
    roster.write_text(ROSTER, "utf-8")
    desk.by("olive", "request", "roster", "load", str(roster))
    return replace(desk, number=number, ids=ids)


@pytest.fixture(scope="module", autouse=True)
def _parts_remembered() -> Iterator[None]:
    """Each record is opened once in a confined child; to start one for each command took most of the time."""
    known: dict[str, RecordParts] = {}

    class Remembering(PartReader):
        def record_parts(self, described: DescribedRecord) -> RecordParts:
            name = described.record.id
            if name not in known:
                known[name] = super().record_parts(described)
            return known[name]

    with patch("archiver.redaction_records.PartReader", Remembering):
        yield


@pytest.fixture
def desk(scene: Desk, tmp_path: Path) -> Desk:
    return replace(scene, office=Office(folder=shutil.copytree(scene.office.folder, tmp_path / "archive")))


def test_words_are_marked_as_drafts_wherever_they_stand_and_made_final(desk: Desk) -> None:
    jane = desk.ids["jane"]
    told = desk.redact("add", jane, "--words", "Jane Miller", "--code", GROUND)
    assert (told["found"], told["unread"]) == (3, [])
    text = desk.part(jane)
    assert text["shown"].startswith("[draft 1.2: Jane Miller] asked. Call [draft 1.2: Jane Miller] at")
    assert text["kept"].strip() == TEXT
    assert desk.stands(jane) == (None, [])
    assert desk.redact("list")["records"] == [{"record": jane, "drafts": 2, "final": 0}]
    desk.redact("final", jane)
    assert desk.part(jane)["kept"].startswith(f"{mark(GROUND)} asked. Call {mark(GROUND)} at")
    assert desk.part(jane, "header:subject")["kept"] == mark(GROUND)
    assert desk.stands(jane) == ("redact", [GROUND])
    assert [one["state"] for one in desk.redact("list", jane)["marks"]] == ["final", "final"]
    desk.redact("add", jane, "--words", "Jane Miller", status=5)


def test_a_record_that_is_withheld_is_decided_anew_before_a_mark_of_it_is_final(desk: Desk) -> None:
    jane = desk.ids["jane"]
    decided = ("request", "code", desk.number, "--record", jane, "--decision")
    desk.by("rick", *decided, "withhold", "--exemption", GROUND)
    desk.redact("add", jane, "--words", "asthma", "--code", GROUND, "--final", status=5)
    assert desk.redact("list", jane)["marks"] == []
    desk.redact("add", jane, "--words", "asthma", "--code", GROUND)
    desk.redact("final", "--all", status=5)
    desk.by("rick", *decided, "release")
    assert desk.redact("list")["unfinished"] == [{"record": jane, "why": "has redactions that are drafts"}]
    desk.redact("final", "--all")
    assert desk.stands(jane) == ("redact", [GROUND])
    assert desk.redact("list")["unfinished"] == []


def test_a_final_mark_has_a_ground_of_the_law(desk: Desk) -> None:
    jane = desk.ids["jane"]
    desk.redact("add", jane, "--words", "asthma", "--code", "99", status=2)
    desk.redact("add", jane, "--words", "asthma", "--final", status=2)
    desk.redact("add", jane, "--words", "asthma")
    assert desk.redact("final", jane, status=2)["error"]["record"] == jane
    assert desk.stands(jane) == (None, [])
    desk.redact("final", jane, "--code", GROUND)
    assert desk.stands(jane) == ("redact", [GROUND])


def test_characters_and_what_alone_is_kept_are_marked_in_a_part(desk: Desk) -> None:
    jane = desk.ids["jane"]
    desk.redact("add", jane, "--span", "text", "0", "4", "--code", GROUND, "--label", "private")
    desk.redact("add", jane, "--words", "Miller", "--part", "header:subject", "--keep-only", "--code", GROUND)
    desk.redact("final", jane)
    assert desk.part(jane)["kept"].startswith(f"{mark('private')} Miller asked. Call Jane")
    assert desk.part(jane, "header:subject")["kept"] == f"{mark(GROUND)}Miller"
    for arguments in (
        ("--span", "text", "0", "9999"),
        ("--span", "text", "5", "x"),
        ("--span", "header:nobody", "0", "1"),
        ("--span", "nowhere", "0", "1"),
        ("--words", "Jane", "--keep-only"),
        ("--words", "Jane", "--find", "phone"),
        ("--words", " "),
        (),
    ):
        refused = desk.redact("add", jane, *arguments, status=3 if "header:nobody" in arguments else 2)
        assert "miller" not in str(refused).casefold()


def test_pages_of_a_file_are_marked_by_words_as_boxes_and_by_region(desk: Desk) -> None:
    record = desk.ids["files"]
    pages = next(one for one in desk.redact("parts", record)["parts"] if one["kind"] == "pages")
    assert (pages["unit"], [(one["width"], one["height"]) for one in pages["pages"]]) == ("points", [(612.0, 792.0)])
    words = {one["text"]: one for one in pages["pages"][0]["words"]}
    told = desk.redact("add", record, "--words", "Jane Miller", "--part", pages["part"], "--code", GROUND)
    assert told["found"] == 1
    box = desk.redact("list", record)["marks"][0]["regions"][0]
    assert box["left"] <= words["Jane"]["left"] < words["Miller"]["right"] <= box["right"] < words["others"]["left"]
    desk.redact("add", record, "--region", pages["part"], "1", "10", "10", "50", "50", "--code", GROUND)
    assert "page 1 10 10 50 50" in desk.said("show", record)
    for wrong in (("2", "10", "10", "50", "50"), ("1", "10", "10", "5000", "50"), ("1", "a", "10", "50", "50")):
        desk.redact("add", record, "--region", pages["part"], *wrong, status=2)
    desk.redact("add", record, "--region", "text", "1", "10", "10", "50", "50", status=2)
    desk.redact("add", record, "--span", pages["part"], "1", "10", status=2)


def test_a_whole_set_is_marked_at_once_in_texts_headers_files_and_their_names(desk: Desk) -> None:
    lights = desk.ids["lights"]
    desk.by("rick", "request", "code", desk.number, "--record", lights, "--decision", "withhold", "--exemption", GROUND)
    names = desk.office.folder.parent / "names.txt"  # not an argument, which the list of processes shows
    names.write_text("Jane Miller\n", "utf-8")
    told = desk.redact("add", "--everywhere", "--words-file", str(names), "--code", GROUND, "--final")
    assert (told["read"], told["records"], told["found"], told["unread"]) == (4, 3, 7, [])
    assert desk.part(desk.ids["jane"])["kept"].startswith(f"{mark(GROUND)} asked.")
    assert [one["state"] for one in desk.redact("list", lights)["marks"]] == ["draft"]  # it is withheld
    assert desk.stands(lights) == ("withhold", [GROUND])
    marked = {one["part"].partition(":")[0] for one in desk.redact("list", desk.ids["files"])["marks"]}
    assert marked == {"name", "component"}
    desk.redact("add", "--everywhere", "--words", "Jane Miller", "--code", GROUND, status=5)
    desk.redact("add", "--everywhere", "--span", "text", "0", "1", status=2)
    desk.redact("add", "--words", "x", status=2)


def test_what_is_marked_in_one_record_is_found_in_the_others_and_marked_there(desk: Desk) -> None:
    jane, lights = desk.ids["jane"], desk.ids["lights"]
    desk.redact("linked", jane, status=2)
    desk.redact("add", jane, "--words", "217-555-0134", "--part", "text", "--code", GROUND, "--final")
    told = desk.redact("linked", jane)
    assert [(one["record"], one["words"], one["marked"]) for one in told["occurrences"]] == [
        (lights, "217 555 0134", None)
    ]
    assert (told["strings"], told["read"], told["not_marked"]) == (1, 4, 1)
    assert "217 555 0134  not marked" in desk.said("linked", jane)
    desk.redact("linked", jane, "--mark")
    assert [one["exemptions"] for one in desk.redact("list", lights)["marks"]] == [[GROUND]]
    assert [one["marked"] for one in desk.redact("linked", jane)["occurrences"]] == ["draft"]


def test_private_words_are_suggested_with_reasons_and_marked_by_a_person_only(desk: Desk) -> None:
    jane = desk.ids["jane"]
    told = desk.redact("suggest", jane, desk.ids["lights"])
    found = {(one["kind"], " ".join(one["words"].split())) for one in told["suggestions"]}
    assert found >= {("phone", "217-555-0134"), ("medical", "asthma"), ("address", "12 Oak Street")}
    assert ("name", "Jane Miller") in found
    assert not any("2024" in words or "10:30" in words for _, words in found)
    assert all(one["reason"] for one in told["suggestions"])
    assert desk.redact("list")["records"] == []
    added = desk.redact("suggest", jane, "--add", "phone", "--add", "medical")
    assert len(added["steps"]) == 1
    assert len(desk.redact("list", jane)["marks"]) == 1
    assert {one["kind"] for one in desk.redact("suggest", jane)["suggestions"]} == {"name", "address", "email"} & {
        one["kind"] for one in told["suggestions"]
    }
    first = desk.redact("suggest", "--limit", "1")
    assert first["next"] == min(desk.ids.values())
    assert desk.redact("suggest", "--after", max(desk.ids.values()))["suggestions"] == []


def test_names_are_found_by_the_roster(desk: Desk) -> None:
    told = desk.redact("add", desk.ids["lights"], "--find", "name", "--code", GROUND)
    assert told["found"] == 1
    assert "jane Miller" in desk.said("show", desk.ids["lights"])


def test_marks_are_changed_removed_and_taken_back(desk: Desk) -> None:
    jane = desk.ids["jane"]
    step = desk.redact("add", jane, "--words", "asthma", "--words", "217-555-0134", "--code", GROUND)["step"]
    [one] = desk.redact("list", jane)["marks"]
    desk.redact("change", jane, one["id"], "--label", "private")
    assert desk.redact("list", jane)["marks"][0]["label"] == "private"
    desk.redact("change", jane, one["id"], status=2)
    removed = desk.redact("remove", jane, one["id"])["step"]
    assert desk.said("list", jane).strip() == "Nothing is marked in this record."
    desk.redact("undo", str(removed))
    desk.redact("undo", str(step), status=5)
    desk.redact("remove", jane, "99.9", status=3)
    steps = desk.redact("list", "--steps")
    assert [(one["kind"], one["takes_back"]) for one in steps] == [
        ("mark", None), ("change", None), ("remove", None), ("undo", removed),
    ]  # fmt: skip
    assert {one["by"] for one in steps} == {"rick"}


def test_a_restricted_record_is_neither_shown_nor_marked_nor_counted(desk: Desk) -> None:
    jane, lights = desk.ids["jane"], desk.ids["lights"]
    desk.redact("add", jane, "--words", "217-555-0134", "--code", GROUND)
    desk.office.json("restrict", "add", "--class", "medical", "--record", lights)
    for act in ("parts", "show", "list", "linked", "suggest"):
        desk.redact(act, lights, status=3)
    desk.redact("add", lights, "--words", "lights", status=3)
    desk.redact("final", lights, status=3)
    assert desk.redact("linked", jane)["occurrences"] == []
    assert desk.redact("add", "--everywhere", "--words", "Ask", status=5)["error"]
    assert desk.redact("suggest")["read"] == 3
    desk.by("ada", "user", "grant", "rick", "--class", "medical")
    assert len(desk.redact("linked", jane)["occurrences"]) == 1


def test_redaction_is_for_officers_and_reviewers_in_person(desk: Desk) -> None:
    jane = desk.ids["jane"]
    desk.redact("add", jane, "--words", "asthma", name="eve", status=4)
    desk.redact("show", jane, name="eve", status=4)
    desk.redact("list", name="ada", status=4)
    desk.office.json("request", "redact", "add", desk.number, jane, "--words", "asthma", status=4)
    desk.redact("add", "rec_unknown", "--words", "asthma", status=3)
    desk.by("rick", "request", "redact", "list", "2000-0001", status=3)


def test_who_reads_a_record_leaves_an_event_of_it_and_who_marks_it_one_of_its_own(desk: Desk) -> None:
    jane, lights = desk.ids["jane"], desk.ids["lights"]
    before = len(desk.kinds_about(jane))
    desk.redact("show", jane)
    desk.redact("parts", jane)
    desk.redact("add", jane, "--words", "217-555-0134", "--code", GROUND)
    desk.redact("linked", jane)
    desk.redact("list", jane)
    seen = EventKind.RECORD_VIEWED
    assert desk.kinds_about(jane)[before:] == [seen, seen, EventKind.REDACTION_MARKED, seen]
    assert desk.kinds_about(lights)[-1] == seen


def test_an_interruption_between_decision_and_mark_holds_a_production_and_is_gone_on_with(desk: Desk) -> None:
    jane = desk.ids["jane"]
    desk.redact("add", jane, "--words", "asthma", "--code", GROUND)
    with patch("archiver.redaction_records.Redactions.settle", side_effect=Conflict("cut")):
        desk.redact("final", jane, status=5)
    assert desk.stands(jane) == ("redact", [GROUND])
    assert desk.redact("list")["unfinished"] == [{"record": jane, "why": "has redactions that are drafts"}]
    desk.redact("final", jane)
    assert desk.redact("list")["unfinished"] == []
    assert len(desk.by("olive", "request", "review", desk.number, "--steps")) == 2
