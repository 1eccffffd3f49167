"""Letters and the log of what is kept back at the command line: filled, noted, drafted, refused."""

from __future__ import annotations

import csv
import hashlib
import io
from typing import TYPE_CHECKING, Any

import pypdfium2
import pytest

from archiver.release_parts import PartReader
from search.disclosure.jurisdictions import shipped_profile
from search.disclosure.kept_text import text_digest
from search.disclosure.production_types import NumberedDocument
from search.disclosure.productions import NewProduction, Productions
from search.disclosure.redaction import Span, Words
from search.disclosure.redactions import NewRedaction, Redactions
from search.disclosure.release_types import Leaves
from search.disclosure.requests import Requests
from tests.archiver.commands import a_mail, new_office
from tests.archiver.test_request_commands import installed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.archiver.commands import Answer

PRIVATE = "Featherstone"


class Desk:
    """An archive with three mails, a request in Illinois that is decided, and people."""

    def __init__(self, place: Path) -> None:
        self.office = new_office(place / "archive")
        inbox = place / "inbox"
        inbox.mkdir()
        for number, subject in enumerate(("Lights", "Lights again", f"Lights of Marigold {PRIVATE}")):
            (inbox / f"{number}.eml").write_bytes(a_mail(subject, f"About {subject.casefold()} of the stadium."))
        self.office.json("ingest", str(inbox))
        self.tokens = {
            name: self.office.json("user", "add", name, "--role", role)["token"]
            for name, role in (("olive", "officer"), ("rick", "reviewer"), ("eve", "auditor"))
        }
        self.lights = sorted(self.office.run("search", "subject:lights", "--ids").out.split())
        self.number = self.opened()
        self.by("olive", "request", "set", "add", self.number, "--query", "subject:lights")

    def opened(self, *more: str) -> str:
        asked = ("--text", "All about the lights", "--from", "Pat Roe", "--contact", "1 Elm Street", "--profile", "IL")
        made: str = self.by("olive", "request", "open", "--how", "form", *asked, *more)["number"]
        return made

    def by(self, name: str, *arguments: str, status: int = 0) -> Any:
        return self.office.json(*arguments, "--as", name, status=status, ARCHIVER_TOKEN=self.tokens[name])

    def run(self, name: str, *arguments: str) -> Answer:
        return self.office.run(*arguments, "--as", name, ARCHIVER_TOKEN=self.tokens[name])

    def letter(self, kind: str, *more: str, status: int = 0, number: str | None = None) -> Any:
        return self.by("olive", "request", "letter", number or self.number, kind, *more, status=status)

    def letters(self, number: str | None = None) -> list[dict[str, Any]]:
        shown = self.by("olive", "request", "show", number or self.number)
        return [one for one in shown["events"] if one["kind"] == "letter"]

    def code(self, record: str, decision: str, *more: str) -> None:
        self.by("rick", "request", "code", self.number, "--record", record, "--decision", decision, *more)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("letters"))


@pytest.fixture(scope="module")
def decided(desk: Desk) -> Desk:
    """The same after review: one given, one withheld with a note, one withheld with a note that says too much."""
    desk.code(desk.lights[0], "release")
    desk.code(desk.lights[1], "withhold", "--exemption", "7(1)(m)", "--note", "Advice of the district's counsel.")
    desk.code(desk.lights[2], "withhold", "--exemption", "7(1)(c)", "--note", "home: 414-55-0199")
    return desk


def test_an_acknowledgement_has_its_day_with_the_law_and_is_noted_with_its_digest(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    told = desk.letter("acknowledgement", "--file", str(path))
    text = path.read_text("utf-8")
    assert "Dear Pat Roe," in text
    assert "1 Elm Street" in text
    assert "5 ILCS 140/3(d)" in text
    assert told["blanks"] == {}
    assert told["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    noted = desk.letters()[-1]
    assert (noted["reason"], told["sha256"] in noted["text"]) == ("acknowledgement", True)
    desk.letter("acknowledgement", "--file", str(path), status=5)
    assert len(desk.letters()) == 1


def test_a_draft_is_not_noted(desk: Desk) -> None:
    before = len(desk.letters())
    told = desk.letter("clarification", "--draft")
    assert (told["noted"], len(desk.letters())) == (False, before)
    assert told["blanks"] == {"question": "what the requester is asked"}


def test_what_is_missing_is_a_blank_that_a_final_letter_refuses(desk: Desk) -> None:
    refused = desk.letter("clarification", "--final", status=2)
    assert "question" in refused["error"]["message"]
    told = desk.letter("clarification", "--final", "--fill", "question=Which stadium?")
    assert "Which stadium?" in told["text"]
    assert desk.letter("clarification", "--fill", "nothing=x", status=2)["error"]["message"].startswith("there is no")
    desk.letter("clarification", "--fill", "question", status=2)
    desk.letter("clarification", "--final", "--draft", status=2)


def test_what_officers_wrote_down_stands_in_letters(desk: Desk) -> None:
    number = desk.opened()
    noted = ("request", "note", number)
    desk.by("olive", *noted, "clarification_asked", "--text", "Which of the stadiums?")
    assert "Which of the stadiums?" in desk.letter("clarification", number=number)["text"]
    desk.by("olive", "request", "fee", "estimate", number, "--pages", "133")
    told = desk.letter("fee_estimate", number=number)["text"]
    assert "$12.45" in told
    assert "133 pages" in told
    desk.by("olive", "request", "extend", number, "--reason", "many_records")
    told = desk.letter("extension", "--final", number=number)
    assert "many records" in told["text"]
    assert "5 ILCS 140/3(e)" in told["text"]


def test_a_decision_waits_for_every_record(desk: Desk) -> None:
    number = desk.opened()
    desk.letter("determination", number=number, status=5)
    assert desk.letter("determination", "--draft", number=number)["noted"] is False


def test_a_decision_names_grounds_rights_and_who_is_responsible(decided: Desk, tmp_path: Path) -> None:
    told = decided.letter("determination", "--draft")
    text = told["text"]
    assert "1 record as they are" in text
    assert "Kept back in full: 2 records" in text
    assert "- 7(1)(m): Attorney and client (5 ILCS 140/7(1)(m))" in text
    assert "- rick, reviewer" in text
    assert "Public Access Counselor" in text
    assert "You have 60 days to do so (5 ILCS 140/9; 5 ILCS 140/9.5(a))" in text
    assert "You may go to the circuit court, for judicial review" in text
    assert told["blanks"] == {"appeal_address": "the address for an appeal"}
    assert "5 ILCS 140/7(1)(m)" in told["unverified"]
    path = tmp_path / "decision.pdf"
    made = decided.letter("determination", "--final", "--file", str(path), "--fill", "appeal_address=500 Second Street")
    assert made["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    page = pypdfium2.PdfDocument(path.read_bytes())[0].get_textpage().get_text_bounded()
    assert "Our decision on your request" in page
    assert "500 Second Street" in page


def test_the_log_says_ground_law_basis_and_who_decided(decided: Desk, tmp_path: Path) -> None:
    told = decided.by("olive", "request", "exemptions", decided.number)
    rows = {one["record"]: one for one in told["rows"]}
    assert sorted(rows) == decided.lights[1:]
    advice = rows[decided.lights[1]]
    assert (advice["numbers"], advice["kind"], advice["day"]) == ("withheld in full", "email", "2026-03-02")
    assert advice["basis"] == "Advice of the district's counsel."
    assert advice["decided_by"] == "rick, reviewer"
    assert len(told["reworded"]) == 1
    assert rows[decided.lights[2]]["basis"] == "It is of the kind that the law names: Unwarranted invasion of privacy."
    table, paper = tmp_path / "log.csv", tmp_path / "log.pdf"
    said = decided.run("olive", "request", "exemptions", decided.number, "--csv", str(table), "--pdf", str(paper))
    page = pypdfium2.PdfDocument(paper.read_bytes())[0].get_textpage().get_text_bounded()
    read = list(csv.DictReader(io.StringIO(table.read_text("utf-8-sig"))))
    assert [one["law"] for one in read] == [one["citations"][0] for one in told["rows"]]
    for text in (said.out, page, table.read_text("utf-8-sig"), str(told)):
        assert PRIVATE not in text
        assert "414-55" not in text
        assert "Lights" not in text
    told = decided.by("olive", "request", "exemptions", decided.number, "--parties", "--count-pages")
    assert [one["pages_withheld"] for one in told["rows"]] == [1, 1]
    assert told["rows"][0]["parties"] == "Jane Doe <jane.doe@mail.example> to Pat Roe <pat.roe@other.example>"


def test_what_was_left_out_of_a_record_stands_in_no_row(desk: Desk) -> None:
    number = desk.opened()
    desk.by("olive", "request", "set", "add", number, "--query", "subject:lights")
    named = desk.office.run("search", "subject:marigold", "--ids").out.strip()
    other = next(one for one in desk.lights if one != named)
    for record, note in ((named, "a family"), (other, f"written to Ms. {PRIVATE}")):
        given = ("--decision", "redact", "--exemption", "7(1)(c)", "--note", note)
        desk.by("rick", "request", "code", number, "--record", record, *given)
    told = desk.by("olive", "request", "exemptions", number)
    assert PRIVATE in str(told), "nothing says yet that this is left out"
    with installed(desk.office) as installation, PartReader(installation) as reader:
        store = installation.archive.store
        with store.read() as connection:
            request_id = Requests(store).get(connection, number).id
            described = installation.archive.catalogue.describe(connection, [named])[0]
        marks = []
        for part in reader.record_parts(described).texts:
            at = part.text.casefold().find(f"marigold {PRIVATE}".casefold())
            if at >= 0:
                span = Span(start=at, end=at + len(f"Marigold {PRIVATE}"))
                where = Words(spans=(span,), text_digest=text_digest(part.text))
                marks.append(NewRedaction(place=part.place, where=where, codes=("7(1)(c)",)))
        profile = shipped_profile("IL")
        Redactions(store).add(request_id, {named: marks}, profile=profile, actor="operator:test", final=True)
    assert len(marks) == 2
    told = desk.by("olive", "request", "exemptions", number, "--parties")
    assert PRIVATE not in str(told)
    rows = {one["record"]: one for one in told["rows"]}
    assert told["reworded"] == [rows[other]["place"]]
    assert (rows[named]["basis"], rows[named]["redactions"], rows[named]["numbers"]) == ("a family", 2, "not produced")


def test_letters_with_a_production_and_after_it_have_its_numbers(desk: Desk) -> None:
    number = desk.opened()
    desk.by("olive", "request", "set", "add", number, "--query", "subject:lights")
    for record, decision in zip(desk.lights, ("release", "release", "withhold"), strict=True):
        more = ("--exemption", "7(1)(m)") if decision == "withhold" else ()
        desk.by("rick", "request", "code", number, "--record", record, "--decision", decision, *more)
    with installed(desk.office) as installation:
        store = installation.archive.store
        given = Productions(store)
        with store.read() as connection:
            request_id = Requests(store).get(connection, number).id
        documents = [
            NumberedDocument(
                record_id=one, component=None, leaves=Leaves.WHOLE, first_page=page, last_page=page + 1, state="0" * 64
            )
            for one, page in zip(desk.lights[:2], (1, 3), strict=True)
        ]
        made = NewProduction(
            request_id=request_id,
            number=1,
            prefix="LAKE",
            instalment=None,
            made_at=store.clock(),
            documents=documents,
            about={},
        )
        sealed = given.seal(made, {})
        with store.write() as transaction:
            given.record_in(transaction, made, sealed, actor="operator:test")
    told = desk.letter("cover", "--final", number=number)["text"]
    assert "2 documents on 4 pages, numbered LAKE-000001 to LAKE-000004" in told
    assert "Some records are kept back in full." in told
    assert "parts are left out" not in told
    desk.by("olive", "request", "clawback", number, "LAKE-000003", "--reason", "meant for the board")
    told = desk.letter("clawback", number=number)
    assert "- LAKE-000003 to LAKE-000004\n" in told["text"]
    assert "board" not in told["text"]
    assert told["blanks"] == {"clawback_reason": "why they are asked back"}


def test_a_log_is_refused_to_who_may_not_see_all_of_it(decided: Desk) -> None:
    hidden = decided.lights[1]
    entry = decided.office.json("restrict", "add", "--class", "medical", "--record", hidden)
    decided.by("olive", "request", "exemptions", decided.number, status=2)
    decided.letter("determination", "--draft", status=2)
    assert decided.letter("acknowledgement", "--draft")["noted"] is False
    assert entry
    decided.office.json("restrict", "remove", "--class", "medical", "--record", hidden)
    decided.by("olive", "request", "exemptions", decided.number)


def test_an_empty_log_is_said(desk: Desk) -> None:
    number = desk.opened()
    assert desk.run("olive", "request", "exemptions", number).out.startswith("Nothing of this request is kept back.")


def test_the_agencys_folder_has_its_templates_fields_and_grounds(decided: Desk, tmp_path: Path) -> None:
    settings = decided.office.folder / "archiver.toml"
    before = settings.read_text("utf-8")
    folder = tmp_path / "letters"
    folder.mkdir()
    (folder / "closing.txt").write_text("Subject: Done with {number}\n\nGoodbye, {requester}. {agency_address}")
    (folder / "fields.toml").write_text('agency_address = "9 Oak Road"\nappeal_address = "The Counselor"\n')
    (folder / "grounds.toml").write_text('[IL]\n"7(1)(c)" = "It is about a family."\n')
    assert before.count("\n[disclosure]\n") == 1
    settings.write_text(before.replace("\n[disclosure]\n", f'\n[disclosure]\nletters = "{folder}"\n'))
    try:
        assert decided.letter("closing", "--draft")["text"] == "Goodbye, Pat Roe. 9 Oak Road\n"
        assert decided.letter("determination", "--draft")["blanks"] == {}
        rows = decided.by("olive", "request", "exemptions", decided.number)["rows"]
        assert "It is about a family." in [one["basis"] for one in rows]
        for name, text in (("fields.toml", 'nothing = "x"'), ("fields.toml", "agency = 1"), ("fields.toml", "= x")):
            (folder / name).write_text(text)
            decided.letter("closing", "--draft", status=2)
        (folder / "fields.toml").unlink()
        for text in ('[IL]\n"99" = "x"', 'IL = "x"', "= x"):
            (folder / "grounds.toml").write_text(text)
            decided.by("olive", "request", "exemptions", decided.number, status=2)
        (folder / "closing.txt").write_text("Subject: x\n\n{nothing}")
        assert "there are: agency" in decided.letter("closing", "--draft", status=2)["error"]["message"]
    finally:
        settings.write_text(before)


def test_a_letter_goes_out_after_the_closing_too(desk: Desk) -> None:
    number = desk.opened()
    desk.by("olive", "request", "close", number, "no_records")
    assert "no records" in desk.letter("closing", "--final", number=number)["text"]
    assert [one["reason"] for one in desk.letters(number)] == ["closing"]


def test_nobody_but_an_officer_writes_letters(desk: Desk) -> None:
    for name in ("rick", "eve"):
        desk.by(name, "request", "letter", desk.number, "closing", status=4)
    desk.by("eve", "request", "exemptions", desk.number, status=4)
    desk.letter("closing", number="2000-0001", status=3)
    desk.letter("closing", "--file", "letter.doc", status=2)
