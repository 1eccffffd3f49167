"""Restricted classes: who has no grant for one does not find, open, list or export what is of it."""

from __future__ import annotations

import shutil
from copy import copy
from typing import TYPE_CHECKING, Any

import pytest

from tests.archiver.commands import CUSTODIAN, Office, a_mail
from tests.archiver.conftest import WITH_ATTACHMENT

if TYPE_CHECKING:
    from pathlib import Path


class Desk:
    """An archive with two mails, an officer and an administrator."""

    def __init__(self, office: Office, place: Path) -> None:
        self.office = office
        inbox = place / "inbox"
        inbox.mkdir()
        (inbox / "a.eml").write_bytes(a_mail("Nurse", "The inhaler is in the nurse's room."))
        (inbox / "b.eml").write_bytes(WITH_ATTACHMENT)
        office.json("ingest", str(inbox))
        self.tokens = {
            name: office.json("user", "add", name, "--role", role)["token"]
            for name, role in (("olive", "officer"), ("ada", "administrator"), ("rick", "reviewer"))
        }
        self.secret = office.json("search", "inhaler")["hits"][0]["id"]
        self.plain = office.json("search", "heronry")["hits"][0]["id"]

    def by(self, name: str, *arguments: str, status: int = 0) -> Any:
        token = {"ARCHIVER_TOKEN": self.tokens[name]}
        return self.office.json(*arguments, "--as", name, status=status, **token)

    def finds(self, name: str, query: str) -> list[str]:
        return [one["id"] for one in self.by(name, "search", query)["hits"]]


@pytest.fixture(scope="module")
def made(new_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    place = tmp_path_factory.mktemp("desk")
    return Desk(Office(folder=shutil.copytree(new_archive, place / "archive")), place)


@pytest.fixture
def desk(made: Desk, tmp_path: Path) -> Desk:
    """A copy for each test, because an ingest and its commands take their time."""
    own = copy(made)
    own.office = Office(folder=shutil.copytree(made.office.folder, tmp_path / "archive"))
    return own


def test_a_restricted_record_is_as_if_it_were_not_there_until_a_grant_says_otherwise(desk: Desk) -> None:
    assert desk.finds("olive", "inhaler") == [desk.secret]
    added = desk.by("olive", "restrict", "add", "--class", "medical", "--record", desk.secret)
    assert added == {"class": "medical", "scope": "record", "added": 1}

    assert desk.by("olive", "search", "inhaler")["total"] == 0
    assert desk.by("olive", "search", "NOT nothing")["total"] == 1
    unknown = desk.by("olive", "record", "show", "rec_0", status=3)["error"]["message"]
    refused = desk.by("olive", "record", "show", desk.secret, status=3)["error"]["message"]
    assert refused.replace(desk.secret, "rec_0") == unknown
    for command in (["record", "custody"], ["receipt"], ["retention", "explain"], ["transcript", "show"]):
        desk.by("olive", *command, desk.secret, status=3)
    desk.by("olive", "record", "export", desk.secret, "--to", str(desk.office.folder.parent / "out"), status=3)
    assert [one["id"] for one in desk.by("olive", "record", "list")] == [desk.plain]
    assert desk.by("olive", "restrict", "list") == []

    desk.by("ada", "user", "grant", "olive", "--class", "medical")
    assert desk.finds("olive", "inhaler") == [desk.secret]
    assert desk.by("olive", "record", "show", desk.secret)["restricted"] == ["medical"]
    assert [one["id"] for one in desk.by("olive", "restrict", "list")] == [desk.secret]

    desk.by("ada", "user", "revoke", "olive", "--class", "medical")
    assert desk.finds("olive", "inhaler") == []


def test_a_grant_ends_with_its_last_day(desk: Desk) -> None:
    desk.office.json("restrict", "add", "--class", "student", "--query", "inhaler")
    past = desk.by("ada", "user", "grant", "rick", "--class", "student", "--until", "2020-01-31", status=2)
    assert "must lie ahead" in past["error"]["message"]
    given = desk.by("ada", "user", "grant", "rick", "--class", "student", "--until", "2999-12-31")
    assert given["until"].startswith("3000-01-01")
    assert desk.finds("rick", "inhaler") == [desk.secret]


def test_one_grant_is_not_enough_for_a_record_of_two_classes(desk: Desk) -> None:
    for one in ("medical", "student"):
        desk.office.json("restrict", "add", "--class", one, "--record", desk.secret)
    desk.by("ada", "user", "grant", "olive", "--class", "medical")
    assert desk.finds("olive", "inhaler") == []
    desk.by("ada", "user", "grant", "olive", "--class", "student")
    assert desk.finds("olive", "inhaler") == [desk.secret]


def test_a_custodians_class_holds_for_what_is_to_come(desk: Desk, tmp_path: Path) -> None:
    desk.office.json("restrict", "add", "--class", "medical", "--custodian", CUSTODIAN)
    later = tmp_path / "later"
    later.mkdir()
    (later / "c.eml").write_bytes(a_mail("Later", "Another inhaler."))
    desk.office.json("ingest", str(later))
    assert desk.by("olive", "search", "inhaler")["total"] == 0
    assert desk.office.json("search", "inhaler")["total"] == 2


def test_who_may_not_see_a_class_takes_nothing_out_of_it(desk: Desk) -> None:
    desk.by("olive", "restrict", "add", "--class", "medical", "--record", desk.secret)
    desk.by("olive", "restrict", "remove", "--class", "medical", "--record", desk.secret, status=4)
    desk.by("ada", "user", "grant", "olive", "--class", "medical")
    removed = desk.by("olive", "restrict", "remove", "--class", "medical", "--record", desk.secret)
    assert removed["removed"] == 1
    assert desk.by("olive", "record", "show", desk.secret)["restricted"] == []


def test_grants_are_an_administrators_and_for_readers(desk: Desk) -> None:
    desk.by("olive", "user", "grant", "rick", "--class", "medical", status=4)
    desk.office.json("user", "grant", "rick", "--class", "medical", status=4)
    desk.by("ada", "user", "grant", "ada", "--class", "medical", status=4)
    desk.by("ada", "user", "grant", "nobody", "--class", "medical", status=3)
    desk.by("ada", "user", "revoke", "rick", "--class", "medical", status=5)
    listed = {one["name"]: one["grants"] for one in desk.office.json("user", "list")}
    assert listed == {"olive": [], "ada": [], "rick": []}


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ([], 2),
        (["--record", "rec_0"], 3),
        (["--series", "NOWHERE"], 3),
        (["--custodian", "nobody@far.example"], 3),
        (["--record", "rec_0", "--series", "X"], 2),
    ],
)
def test_what_there_is_not_cannot_be_restricted(desk: Desk, arguments: list[str], status: int) -> None:
    desk.by("olive", "restrict", "add", "--class", "medical", *arguments, status=status)


def test_who_may_not_see_holds_does_not_search_by_them(desk: Desk) -> None:
    desk.by("olive", "hold", "place", "--reason", "a case", "--query", "inhaler")
    for query in ("is:held", "hold:any", "is:eligible", "NOT is:unscheduled"):
        desk.by("rick", "search", query, status=4)
        desk.by("olive", "search", query)
    assert desk.by("rick", "search", "is:restricted")["total"] == 0
    assert desk.by("rick", "search", "series:none")["total"] == 2
