"""Searches of employees' own accounts: asked, declared with facts, accepted, and a copy that verifies offline."""

from __future__ import annotations

import json
import shutil
from copy import copy
from typing import TYPE_CHECKING, Any

import pytest

from archiver.custodian_asking import remind_custodians
from tests.archiver.commands import CUSTODIAN, Office
from tests.archiver.sealed_rows import prove_sealed
from tests.archiver.test_request_commands import date, installed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.archiver.commands import Answer

FACTS = (
    "I searched the messages of my telephone and my private mailbox for lights, stadium and flicker, from January on, "
    "found four messages, handed in three and left out one to my sister."
)
BOB = "bob@agency.example"


class Desk:
    """An archive with a request, an officer, and two employees who are users."""

    def __init__(self, office: Office) -> None:
        self.office = office
        office.json("custodian", "add", BOB, "--name", "Bob Roe")
        people = (("olive", ["officer"]), ("janeu", ["employee", "--custodian", CUSTODIAN]))
        people += (("bobu", ["employee", "--custodian", BOB]),)
        self.tokens = {name: office.json("user", "add", name, "--role", *more)["token"] for name, more in people}
        asked = ("--how", "form", "--text", "The lights", "--profile", "WA")
        self.number = self.by("olive", "request", "open", *asked)["number"]

    def by(self, name: str, *arguments: str, status: int = 0) -> Any:
        return self.office.json(*arguments, "--as", name, status=status, ARCHIVER_TOKEN=self.tokens[name])

    def ask(self, *more: str, status: int = 0) -> Any:
        named = ("--custodian", CUSTODIAN, "--account", "telephone", "--about", "the stadium lights")
        return self.by("olive", "request", "ask", self.number, *(more or named), status=status)

    def declare(self, name: str, *more: str, status: int = 0) -> Any:
        return self.by(name, "request", "declare", self.number, "1", *more, status=status)


@pytest.fixture(scope="module")
def made(new_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(Office(folder=shutil.copytree(new_archive, tmp_path_factory.mktemp("desk") / "archive")))


@pytest.fixture
def desk(made: Desk, tmp_path: Path) -> Desk:
    """A copy for each test, because an ingest and its commands take their time."""
    own = copy(made)
    own.office = Office(folder=shutil.copytree(made.office.folder, tmp_path / "archive"))
    return own


def test_an_employee_sees_what_he_is_asked_and_nothing_else(desk: Desk) -> None:
    asked = desk.ask()
    assert (asked["custodian"], asked["accounts"], asked["result"]) == (CUSTODIAN, ["telephone"], None)
    assert [one["about"] for one in desk.by("janeu", "request", "searches")] == ["the stadium lights"]
    assert desk.by("bobu", "request", "searches") == []
    desk.by("janeu", "request", "show", desk.number, status=4)
    desk.by("janeu", "request", "list", status=4)
    desk.declare("bobu", "--result", "none", "--facts", FACTS, status=3)


def test_a_declaration_needs_facts_is_made_once_and_is_accepted(desk: Desk) -> None:
    desk.ask()
    short = desk.declare("janeu", "--result", "none", "--facts", "Nothing there.", status=2)
    assert "which words" in short["error"]["message"]
    desk.by("olive", "request", "accept", desk.number, "1", status=5)
    declared = desk.declare("janeu", "--result", "submitted", "--facts", FACTS)
    assert (declared["result"], declared["facts"], declared["accepted"]) == ("submitted", FACTS, False)
    desk.declare("janeu", "--result", "none", "--facts", FACTS, status=5)
    desk.by("janeu", "request", "accept", desk.number, "1", status=4)
    assert desk.by("olive", "request", "accept", desk.number, "1")["accepted"]
    desk.by("olive", "request", "accept", desk.number, "1", status=5)


def test_an_officer_writes_down_only_what_lies_before_him_on_paper(desk: Desk) -> None:
    desk.ask()
    desk.declare("olive", "--result", "none", "--facts", FACTS, status=4)
    desk.declare("olive", "--result", "none", "--facts", FACTS, "--on-paper")
    folder = desk.office.folder.parent / "paper"
    desk.by("olive", "request", "declaration", desk.number, "1", "--to", str(folder))
    said = json.loads((folder / "declaration.json").read_bytes())["declared"]
    assert (said["on_paper"], said["declared_by"], said["custodian"]["address"]) == (True, "olive", CUSTODIAN)


def verified(desk: Desk, path: Path) -> Answer:
    key = desk.office.folder.parent / "key"
    key.write_text(desk.office.json("ledger", "key")["key"], "ascii")
    return desk.office.run("verify", "bundle", str(path), "--key", str(key), "--json")


def test_the_signed_copy_verifies_offline_and_no_changed_one_does(desk: Desk) -> None:
    desk.ask()
    folder = desk.office.folder.parent / "out"
    desk.by("janeu", "request", "declaration", desk.number, "1", "--to", str(folder), status=5)
    desk.declare("janeu", "--result", "personal", "--facts", FACTS)
    desk.by("janeu", "request", "declaration", desk.number, "1", "--to", str(folder))
    path = folder / "declaration.json"
    assert verified(desk, path).status == 0
    document = json.loads(path.read_bytes())
    for change in ({"result": "none"}, {"facts": FACTS.replace("four", "five")}, {"declared_by": "bobu"}):
        path.write_text(json.dumps(document | {"declared": document["declared"] | change}), "utf-8")
        assert verified(desk, path).status == 6
    assert (folder / "declaration.pdf").read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--custodian", CUSTODIAN, "--about", "x"],
        ["--custodian", CUSTODIAN, "--account", "telephone"],
        ["--custodian", CUSTODIAN, "--account", " ", "--about", "x"],
    ],
)
def test_who_is_asked_is_told_where_to_look_and_for_what(desk: Desk, arguments: list[str]) -> None:
    desk.ask(*arguments, status=2)
    assert desk.by("olive", "request", "searches", desk.number) == []


def test_there_is_nobody_of_an_unknown_address(desk: Desk) -> None:
    desk.ask("--custodian", "nobody@far.example", "--account", "x", "--about", "y", status=3)


def test_who_is_late_is_reminded_once_a_week_until_he_declares(desk: Desk) -> None:
    settings = desk.office.folder / "archiver.toml"
    text = settings.read_text("utf-8")
    section = text.index("[mail]")
    settings.write_text(text[:section] + text[section:].replace("# enabled = false", "enabled = true", 1), "utf-8")
    named = ("--custodian", CUSTODIAN, "--account", "telephone", "--about", "the lights")
    desk.ask(*named, "--due", "2026-12-01")
    days = [date(2026, 12, day) for day in (1, 2, 3, 8, 9, 10)]
    with installed(desk.office) as installation:
        assert [remind_custodians(installation, day) for day in days] == [0, 1, 0, 0, 1, 0]
    desk.declare("janeu", "--result", "none", "--facts", FACTS)
    with installed(desk.office) as installation:
        assert remind_custodians(installation, date(2027, 1, 1)) == 0


def test_what_was_asked_and_declared_opens_in_the_check_of_everything(desk: Desk) -> None:
    desk.ask()
    desk.declare("janeu", "--result", "submitted", "--facts", FACTS)
    prove_sealed(desk.office, "request", "search asked of an employee", "declaration of an employee")
