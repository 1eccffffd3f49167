"""Students at the command line: suggested, linked, a ground stated, a parent's own request, the rows of 99.32."""

from __future__ import annotations

import csv
import io
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from archiver.student_access import parent_access_blocks
from archiver.student_disclosures import record_disclosures
from archiver.wiring import open_installation
from search.disclosure.production_types import NumberedDocument, Production
from search.disclosure.release_types import Leaves
from storage.keys import Secret, SlotKind, unlock
from tests.archiver.commands import PASSPHRASE, Office, a_mail, new_office
from tests.archiver.sealed_rows import prove_sealed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archiver.wiring import Installation

COURT = ("court", "--party", "Superior Court", "--interest", "Order 12 of 3 March")


class School:
    """An archive with mails about students, an officer, a reviewer and a parent's request."""

    def __init__(self, place: Path) -> None:
        self.office: Office = new_office(place / "archive")
        inbox = place / "inbox"
        inbox.mkdir()
        texts = {"Seating": "Ann Poe sits beside Robert Fox and Mia Lee.", "Buses": "The seating in buses is free."}
        for subject, text in texts.items():
            (inbox / f"{subject}.eml").write_bytes(a_mail(subject, text))
        self.office.json("ingest", str(inbox))
        self.tokens = {
            name: self.office.json("user", "add", name, "--role", role)["token"]
            for name, role in (("olive", "officer"), ("rick", "reviewer"), ("eve", "auditor"))
        }
        for ref, name in (
            ("S-1001", "Ann Poe"),
            ("S-1002", "Robert Fox"),
            ("S-1009", "Twin Roe"),
            ("S-1010", "Twin Roe"),
            ("S-1011", "Ola Berg"),
        ):
            self.office.json("person", "add", ref, "--kind", "student", "--name", name)
        roster = place / "roster.csv"
        listed = ("Mia Lee,student,S-1003", "Lou Day,student,S-1004", "Sam Hill,staff,")
        roster.write_text("\n".join(("name,role,student_id", *listed, "")), "utf-8")
        self.by("olive", "roster", "load", str(roster))
        self.parent = self.opened("FERPA", "--requester", "parent", "--from", "Kim Poe")
        self.seating = self.office.run("search", "subject:seating", "--ids").out.strip()
        self.buses = self.office.run("search", "subject:buses", "--ids").out.strip()

    def opened(self, profile: str, *more: str) -> str:
        asked = ("open", "--how", "email", "--text", "About the seating", "--profile", profile)
        number: str = self.by("olive", *asked, *more)["number"]
        self.by("olive", "set", "add", number, "--query", "seating")
        return number

    def by(self, name: str, *arguments: str, status: int = 0) -> Any:
        return self.office.json("request", *arguments, "--as", name, status=status, ARCHIVER_TOKEN=self.tokens[name])

    def student(self, *arguments: str, name: str = "olive", status: int = 0) -> Any:
        return self.by(name, "student", *arguments, status=status)

    def text(self, *arguments: str) -> str:
        answer = self.office.run("request", "student", *arguments, "--as", "olive", ARCHIVER_TOKEN=self.tokens["olive"])
        assert answer.status == 0, answer.err
        return answer.out

    @contextmanager
    def installed(self) -> Iterator[Installation]:
        keyring = unlock(self.office.folder / "keys", Secret(kind=SlotKind.PASSPHRASE, content=PASSPHRASE.encode()))
        installation = open_installation(self.office.folder, keyring)
        try:
            yield installation
        finally:
            installation.close()

    def blocks(self, number: str) -> list[str]:
        with self.installed() as installation, installation.archive.store.read() as connection:
            return parent_access_blocks(installation, connection, number)

    def produce(self, number: str, leaves: Leaves = Leaves.REDACTED) -> int:
        request_id = self.by("olive", "show", number)["id"]
        made = Production(
            request_id=request_id,
            number=1,
            prefix="LAKE",
            first_page=1,
            last_page=2,
            documents=1,
            records=1,
            instalment=None,
            made_at=datetime(2026, 3, 9, tzinfo=UTC),
            actor="usr_ann",
            position=1,
            sha256="0" * 64,
        )
        document = NumberedDocument(
            record_id=self.seating, component=None, leaves=leaves, first_page=1, last_page=2, state=""
        )
        with self.installed() as installation, installation.archive.store.write() as transaction:
            return record_disclosures(installation, transaction, made, [document], "usr_ann")


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> School:
    return School(tmp_path_factory.mktemp("school"))


def test_students_of_the_register_are_suggested_by_their_names_and_a_person_links_them(school: School) -> None:
    number = school.opened("IL")
    assert "No student" in school.text("list", number)
    found = school.student("suggest", number, school.seating)["suggested"]
    assert [(one["student"], one["linked"]) for one in found] == [("S-1001", False), ("S-1002", False)]
    assert school.student("list", number)["links"] == []
    added = school.student("suggest", number, "--add")
    assert (added["looked_through"], [one["linked"] for one in added["suggested"]]) == (2, [True, True])
    listed = school.student("list", number)
    assert [(one["record"], one["student"]) for one in listed["links"]] == [
        (school.seating, "S-1001"),
        (school.seating, "S-1002"),
    ]
    school.student("unlink", number, school.seating, "--student", "S-1002")
    school.student("unlink", number, school.seating, "--student", "S-1002", status=3)
    school.student("link", number, school.seating, "--student", "robert  FOX")
    school.student("link", number, school.seating, "--student", "S-1002", status=5)


def test_a_student_is_named_by_reference_or_by_a_name_that_only_he_has(school: School) -> None:
    link = ("link", school.parent, school.buses, "--student")
    school.student(*link, "Twin Roe", status=2)
    school.student(*link, "Nobody", status=3)
    school.office.json("person", "add", "E-1", "--kind", "employee")
    school.student(*link, "E-1", status=2)
    school.student("link", school.parent, "rec_unknown", "--student", "S-1001", status=3)
    school.student(*link, "Lou Day", name="rick", status=4)
    taken = school.student(*link, "Lou Day")["links"]
    assert taken == [{"record": school.buses, "student": "S-1004"}]
    school.student("unlink", school.parent, school.buses, "--student", "S-1004", name="rick")


def test_without_a_ground_a_record_about_a_student_is_not_given_and_with_one_the_row_is_written(
    school: School, tmp_path: Path
) -> None:
    number = school.opened("IL")
    for student in ("S-1001", "S-1002"):
        school.student("link", number, school.seating, "--student", student)
    school.by("rick", "code", number, "--record", school.seating, "--decision", "release")
    assert "34 CFR 99.31" in school.blocks(number)[0]
    assert school.student("list", number)["without_ground"]
    assert "no ground is stated" in school.text("list", number)
    school.student("ground", number, "court", status=2)
    told = school.student("ground", number, *COURT)
    assert (told["without_ground"], told["grounds"][0]["row"]) == ([], True)
    assert school.blocks(number) == []
    assert school.produce(number, Leaves.SLIP_SHEET) == 0
    assert school.produce(number) == 2
    record = school.student("disclosures", "S-1001")
    assert [(one["party"], one["what"]) for one in record["disclosures"]] == [
        ("Superior Court", "LAKE-000001 to LAKE-000002")
    ]
    assert number in [one["request"] for one in record["requests"]]
    assert "Robert" not in school.text("disclosures", "S-1001")
    school.student("disclosures", "S-1001", "--to", str(tmp_path / "a.csv"))
    rows = list(csv.reader(io.StringIO((tmp_path / "a.csv").read_text("utf-8-sig"))))
    assert list(dict.fromkeys(row[0] for row in rows)) == ["kind", "disclosure", "request"]
    school.student("disclosures", "S-1001", "--to", str(tmp_path / "a.pdf"))
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF-")
    school.student("disclosures", "S-1001", "--to", str(tmp_path / "a.pdf"), status=5)
    school.student("disclosures", "S-1001", "--to", str(tmp_path / "a.doc"), status=2)
    assert "Nothing was asked" in school.text("disclosures", "S-1009")
    school.student("disclosures", "S-1001", name="eve", status=4)


def test_a_parent_gets_his_own_and_nothing_leaves_while_another_student_can_be_read(school: School) -> None:
    school.student("check", school.parent, status=2)
    told = school.student("own", school.parent, "--student", "Ann Poe")
    assert (told["looked_through"], told["marked_records"]) == (2, 1)
    school.by("rick", "code", school.parent, "--record", school.seating, "--decision", "release")
    standing = school.student("check", school.parent)["standing"]
    assert sorted(one["words"] for one in standing) == ["Mia Lee", "Robert Fox"]
    assert "names of other students" in school.blocks(school.parent)[0]
    decide = ("code", school.parent, "--record", school.seating, "--decision", "redact", "--exemption", "OTHERS")
    school.by("rick", *decide)
    school.by("rick", "redact", "final", school.parent, school.seating)
    assert school.blocks(school.parent) == []
    assert school.produce(school.parent) == 0
    assert school.student("list", school.parent)["grounds"][0]["ground"] == "own"


def test_a_request_that_names_a_student_and_is_declined_stands_in_his_record(school: School, tmp_path: Path) -> None:
    press = school.opened("IL", "--from", "Evening Post")
    told = school.student("link", press, "--student", "S-1010")
    assert told["links"] == [{"record": None, "student": "S-1010"}]
    assert "the request itself  S-1010" in school.text("list", press)
    school.student("link", press, "--student", "S-1010", status=5)
    asked = school.student("disclosures", "S-1010")["requests"]
    assert [(one["party"], one["outcome"]) for one in asked] == [("Evening Post", "open")]
    school.student("ground", press, "studies", "--student", "S-1010", "--interest", "A study of seating")
    school.by("olive", "close", press, "denied")
    shown = school.text("disclosures", "S-1010")
    assert f"asked for by Evening Post (request {press}, denied)" in shown
    assert "interest: A study of seating" in shown
    school.student("disclosures", "S-1010", "--to", str(tmp_path / "b.csv"))
    rows = list(csv.reader(io.StringIO((tmp_path / "b.csv").read_text("utf-8-sig"))))
    assert rows[1][2:5] == ["Evening Post", "A study of seating", "denied"]
    school.student("disclosures", "S-1010", "--to", str(tmp_path / "b.pdf"))


def test_nothing_of_a_secret_subpoena_stands_in_the_record(school: School) -> None:
    secret = school.opened("IL", "--from", "Grand Jury")
    school.student("link", secret, "--student", "S-1009")
    school.student("ground", secret, "secret_subpoena", "--student", "S-1009")
    assert "Nothing was asked" in school.text("disclosures", "S-1009")
    school.by("olive", "close", secret, "denied")
    assert "Nothing was asked" in school.text("disclosures", "S-1009")
    assert school.office.run("verify").status == 0


def test_only_who_may_does_it(school: School) -> None:
    school.student("list", school.parent, name="eve", status=4)
    school.student("own", school.parent, "--student", "S-1001", name="eve", status=4)
    school.office.json("request", "student", "own", school.parent, "--student", "S-1001", status=4)
    school.student("suggest", school.parent, "rec_unknown", status=3)


def test_grounds_and_disclosures_open_in_the_check_of_everything(school: School) -> None:
    number = school.opened("IL")
    school.student("link", number, school.seating, "--student", "S-1011")
    school.by("rick", "code", number, "--record", school.seating, "--decision", "release")
    school.student("ground", number, *COURT)
    assert school.produce(number) == 1
    prove_sealed(school.office, "ground of a student", "disclosure of a student")
