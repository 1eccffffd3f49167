"""Occurrences at the command line: what is left out of one mail and stands in another, listed and accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from archiver.accepting_occurrences import accepted_of
from search.disclosure.jurisdictions import shipped_profile
from search.disclosure.production_gate import SetGate
from search.disclosure.production_gate_types import GivenFile, GivenKind
from search.disclosure.redaction import Part, Pattern, Place
from search.disclosure.redactions import NewRedaction, Redactions
from search.disclosure.release_types import Leaves, ReleasedDocument
from search.disclosure.requests import Requests
from tests.archiver.commands import Office, a_mail, new_office
from tests.archiver.sealed_rows import prove_sealed
from tests.archiver.search_work_scene import opened

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "Penelope Quill"
REASON = "she signed this letter herself"
MAILS = {
    "Meeting": f"The office met {SECRET} at the stadium on Monday, and saw Bo.",
    "Report": f"At the stadium we heard of {SECRET.upper()}, and again of penelope  quill. Bo came.",
    "Lunch": "Lunch was served at the stadium.",
    "Kept": f"{SECRET} is not to be given: stadium.",
}


class Desk:
    """A request for four mails; the name is redacted in the first, stands in the second, the fourth is withheld."""

    def __init__(self, place: Path) -> None:
        self.office: Office = new_office(place / "archive")
        inbox = place / "inbox"
        inbox.mkdir()
        for subject, text in MAILS.items():
            (inbox / f"{subject}.eml").write_bytes(a_mail(subject, text))
        self.office.json("ingest", str(inbox))
        self.tokens = {
            name: self.office.json("user", "add", name, "--role", role)["token"]
            for name, role in (("olive", "officer"), ("rick", "reviewer"), ("eve", "auditor"), ("ada", "administrator"))
        }
        asked = ("--text", "The stadium", "--profile", "IL")
        self.number: str = self.by("olive", "request", "open", "--how", "form", *asked)["number"]
        self.by("olive", "request", "set", "add", self.number, "--query", "stadium")
        self.ids: dict[str, str] = {
            subject: self.office.run("search", f"subject:{subject}", "--ids").out.strip() for subject in MAILS
        }
        self.decide("release", "Report", "Lunch")
        self.decide("withhold", "Kept", "--exemption", "7(1)(b)")
        self.decide("redact", "Meeting", "--exemption", "7(1)(b)")
        installation = opened(self.office)
        try:
            store = installation.archive.store
            with store.read() as connection:
                request_id = Requests(store).get(connection, self.number).id
            where = Pattern(words=(SECRET, "Bo"))
            mark = NewRedaction(place=Place(part=Part.TEXT), where=where, codes=("7(1)(b)",))
            marks = {self.ids["Meeting"]: [mark]}
            Redactions(store).add(request_id, marks, profile=shipped_profile("IL"), actor="user:rick", final=True)
        finally:
            installation.close()

    def by(self, name: str, *arguments: str, status: int = 0) -> Any:
        return self.office.json(*arguments, "--as", name, status=status, ARCHIVER_TOKEN=self.tokens[name])

    def decide(self, decision: str, *rest: str) -> None:
        named = [word for one in rest if one in self.ids for word in ("--record", self.ids[one])]
        grounds = [one for one in rest if one not in self.ids]
        self.by("rick", "request", "code", self.number, *named, "--decision", decision, *grounds)

    def occurrences(self, *arguments: str) -> Any:
        return self.by("rick", "request", "occurrences", self.number, *arguments)

    def accept(self, *arguments: str, status: int = 0) -> Any:
        return self.by("rick", "request", "accept-occurrence", self.number, *arguments, status=status)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("gate"))


@pytest.fixture(scope="module")
def listed(desk: Desk) -> Any:
    """The list before anything is accepted; it reads the mails in a confined child, so it is asked once."""
    return desk.occurrences()


def test_what_is_left_out_of_one_record_is_listed_where_it_stands_in_others_that_are_given(desk: Desk, listed: Any):
    (one,) = listed["occurrences"]
    assert (one["record"], one["part"], one["count"], one["shown"]) == (desk.ids["Report"], "text", 2, SECRET)
    assert one["left_out_of"] == [desk.ids["Meeting"]]
    assert "we heard of PENELOPE QUILL" in one["around"]
    assert (listed["open"], listed["by_region_only"], one["accepted"]) == (1, 1, False)


def test_an_occurrence_is_accepted_with_a_reason_by_a_person_and_withdrawn_again(desk: Desk, listed: Any):
    name = listed["occurrences"][0]["occurrence"]
    desk.accept(name, status=2)
    desk.accept("0" * 20, "--reason", REASON, status=3)
    desk.by("eve", "request", "accept-occurrence", desk.number, name, "--reason", REASON, status=4)
    desk.office.json("request", "accept-occurrence", desk.number, name, "--reason", REASON, status=4)
    assert desk.accept(name, "--same-string", "--reason", REASON)["accepted"] == 1
    told = desk.office.run(
        "request", "occurrences", desk.number, "--as", "rick", ARCHIVER_TOKEN=desk.tokens["rick"]
    ).out
    assert f"accepted by rick: {REASON}" in told
    assert "0 not accepted; 1 too short to be looked for" in told
    assert _passes(desk)
    desk.accept(name, "--withdraw", "--reason", "x", status=2)
    assert desk.accept(name, "--withdraw")["withdrawn"] == 1
    desk.accept(name, "--withdraw", status=3)
    assert not _passes(desk)


def _passes(desk: Desk) -> bool:
    """Whether the gate lets the second mail go, with what is accepted in the archive now."""
    installation = opened(desk.office)
    try:
        with installation.archive.store.read() as connection:
            request_id = Requests(installation.archive.store).get(connection, desk.number).id
        gate = SetGate(accepted_of(installation, request_id))
    finally:
        installation.close()
    about: dict[str, Any] = {"component": None, "title": "", "leaves": Leaves.WHOLE, "pages": b"", "page_count": 1}
    first = ReleasedDocument(record_id=desk.ids["Meeting"], text="", taken=(SECRET,), **about)
    kept = {"text": MAILS["Report"]}
    second = ReleasedDocument(record_id=desk.ids["Report"], text=kept["text"], kept=kept, **about)
    for one in (first, second):
        gate.take(one.record_id, [one])
    content = MAILS["Report"].encode()
    gate.check(GivenFile(name="a.txt", kind=GivenKind.TEXT, content=content, record_id=second.record_id))
    return gate.report().passed


def test_strings_and_reasons_are_nowhere_in_the_clear(desk: Desk):
    installation = opened(desk.office)
    try:
        with installation.archive.store.read() as connection:
            rows = connection.exec_driver_sql("SELECT * FROM accepted_occurrences").fetchall()
    finally:
        installation.close()
    told = repr(rows).casefold()
    assert rows
    assert not [one for one in ("penelope", "quill", "signed") if one in told]


def test_what_is_hidden_from_somebody_is_neither_listed_nor_accepted(desk: Desk, listed: Any):
    name = listed["occurrences"][0]["occurrence"]
    desk.office.json("restrict", "add", "--class", "medical", "--record", desk.ids["Meeting"])
    assert desk.occurrences()["occurrences"] == []
    desk.accept(name, "--reason", REASON, status=3)
    desk.by("ada", "user", "grant", "rick", "--class", "medical")
    assert desk.occurrences("--open", "--record", desk.ids["Report"])["open"] == 1


def test_what_was_accepted_opens_in_the_check_of_everything(desk: Desk, listed: Any):
    desk.by("ada", "user", "grant", "rick", "--class", "medical")
    desk.accept(listed["occurrences"][0]["occurrence"], "--reason", REASON)
    prove_sealed(desk.office, "accepted occurrence", "redactions of a record")
