"""Review at the command line: searches frozen, records coded one by one or with what belongs to them, compared."""

from __future__ import annotations

import shutil
from copy import copy
from typing import TYPE_CHECKING, Any

import pytest

from tests.archiver.commands import Office, a_mail

if TYPE_CHECKING:
    from pathlib import Path

GROUND = ("--exemption", "7(1)(b)")


class Desk:
    """An archive with mails about lights, a request, an officer and a reviewer."""

    def __init__(self, office: Office, place: Path) -> None:
        self.office = office
        inbox = place / "inbox"
        inbox.mkdir()
        for number, subject in enumerate(("Lights", "Lights again", "Lunch")):
            (inbox / f"{number}.eml").write_bytes(a_mail(subject, f"About {subject.casefold()} of the stadium."))
        office.json("ingest", str(inbox))
        self.tokens = {
            name: office.json("user", "add", name, "--role", role)["token"]
            for name, role in (("olive", "officer"), ("rick", "reviewer"), ("eve", "auditor"), ("ada", "administrator"))
        }
        self.lights = office.run("search", "subject:lights", "--ids").out.split()
        asked = ("--text", "The lights", "--profile", "IL")
        self.number = self.by("olive", "request", "open", "--how", "form", *asked)["number"]

    def by(self, name: str, *arguments: str, status: int = 0) -> Any:
        return self.office.json(*arguments, "--as", name, status=status, ARCHIVER_TOKEN=self.tokens[name])

    def code(self, name: str, *arguments: str, status: int = 0) -> Any:
        return self.by(name, "request", "code", self.number, *arguments, status=status)

    def review(self, *arguments: str) -> Any:
        return self.by("olive", "request", "review", self.number, *arguments)


@pytest.fixture(scope="module")
def made(new_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    place = tmp_path_factory.mktemp("desk")
    first = Desk(Office(folder=shutil.copytree(new_archive, place / "archive")), place)
    first.by("olive", "request", "set", "add", first.number, "--query", "subject:lights")
    return first


@pytest.fixture
def desk(made: Desk, tmp_path: Path) -> Desk:
    """A copy for each test, because an ingest and its commands take their time."""
    own = copy(made)
    own.office = Office(folder=shutil.copytree(made.office.folder, tmp_path / "archive"))
    return own


def test_a_search_is_frozen_and_its_records_come_before_the_reviewers_once(desk: Desk) -> None:
    assert sorted(one["record"] for one in desk.review()["records"]) == sorted(desk.lights)
    again = desk.by("olive", "request", "set", "add", desk.number, "--query", "stadium")
    assert (again["found"], again["added"]) == (3, 1)
    listed = desk.by("olive", "request", "set", "list", desk.number)
    assert [(one["query"], one["total"]) for one in listed] == [("subject:lights", 2), ("stadium", 3)]
    assert listed[0]["coverage"]["records"] == 3
    desk.by("olive", "request", "set", "add", desk.number, "--frozen", listed[0]["set"], status=5)
    desk.by("olive", "request", "set", "add", desk.number, status=2)


def test_a_set_is_left_out_of_another(desk: Desk) -> None:
    first = desk.by("olive", "request", "set", "list", desk.number)[0]["set"]
    rest = desk.by("olive", "request", "set", "add", desk.number, "--query", "stadium", "--without", first)
    assert rest["found"] == 1


def test_a_sample_is_of_what_no_search_found_and_is_drawn_again_by_its_seed(desk: Desk) -> None:
    drawn = desk.by("olive", "request", "set", "sample", desk.number, "--size", "5", "--seed", "7")
    assert drawn["of"] == 1
    again = desk.by("olive", "request", "set", "sample", desk.number, "--size", "5", "--seed", "7")
    assert drawn["records"] == again["records"]
    assert not set(drawn["records"]) & set(desk.lights)
    desk.by("olive", "request", "set", "sample", desk.number, "--size", "0", status=2)


def test_records_are_decided_with_a_ground_and_confirmed_by_somebody_else(desk: Desk) -> None:
    one = desk.lights[0]
    desk.code("rick", "--record", one, "--decision", "withhold", status=2)
    desk.code("rick", "--record", one, "--decision", "withhold", "--exemption", "99", status=2)
    told = desk.code("rick", "--record", one, "--decision", "withhold", *GROUND, "--note", "a home number")
    assert told["progress"]["withhold"] == 1
    desk.code("rick", "--record", one, "--confirm", status=4)
    assert desk.code("olive", "--record", one, "--confirm")["progress"]["confirmed"] == 1
    assert desk.review("--decision", "withhold")["records"][0]["exemptions"] == ["7(1)(b)"]
    assert [made["note"] for made in desk.review("--steps") if made["kind"] == "decide"] == ["a home number"]
    assert one in desk.office.run("request", "review", desk.number).out


def test_a_step_is_taken_back(desk: Desk) -> None:
    step = desk.code("rick", "--record", desk.lights[0], "--decision", "release")["step"]
    assert desk.code("olive", "--undo", str(step))["progress"]["undecided"] == 2
    desk.code("olive", "--undo", str(step), status=5)


def test_what_says_the_same_is_decided_at_once_or_told_where_it_is_not(desk: Desk, tmp_path: Path) -> None:
    more = tmp_path / "more"
    more.mkdir()
    copy = a_mail("Lights", "About lights of the stadium.").replace(b"<lights@", b"<other@")
    (more / "copy.eml").write_bytes(copy)
    desk.office.json("ingest", str(more))
    desk.by("olive", "request", "set", "add", desk.number, "--query", "subject:lights")
    assert desk.review("--check") == []
    alike = desk.office.run("search", "subject:lights -subject:again", "--ids").out.split()
    assert len(alike) == 2
    desk.code("rick", "--record", alike[0], "--decision", "release")
    groups = desk.review("--check")
    assert [sorted(one["record"] for one in group) for group in groups] == [sorted(alike)]
    told = desk.code("rick", "--record", alike[0], "--decision", "release", "--with", "duplicate")
    assert told["records"] == 2
    assert desk.review("--check") == []


def test_batches_are_listed_apart(desk: Desk) -> None:
    desk.code("olive", "--record", desk.lights[0], "--batch", "3")
    assert [one["record"] for one in desk.review("--batch", "3")["records"]] == [desk.lights[0]]
    first = desk.review("--limit", "1")
    assert [one["record"] for one in desk.review("--after", first["next"])["records"]] == [sorted(desk.lights)[1]]


def test_reviewers_are_told_what_a_record_is(desk: Desk) -> None:
    told = {one["subject"]: one for one in desk.review()["records"]}
    assert set(told) == {"Lights", "Lights again"}
    assert told["Lights"]["from"]
    assert told["Lights"]["sent_at"]
    shown = desk.office.run(
        "request", "review", desk.number, "--as", "olive", ARCHIVER_TOKEN=desk.tokens["olive"]
    ).out.splitlines()
    assert [line.endswith("Lights again") for line in shown[:2]].count(True) == 1


def test_records_are_named_behind_the_request_or_as_options(desk: Desk) -> None:
    step = desk.code("olive", desk.lights[0], "--record", desk.lights[1], "--decision", "release")
    assert step["records"] == 2


def test_a_restricted_record_is_neither_listed_nor_decided(desk: Desk) -> None:
    hidden = desk.lights[0]
    desk.office.json("restrict", "add", "--class", "medical", "--record", hidden)
    assert [one["record"] for one in desk.review()["records"]] == desk.lights[1:]
    desk.code("rick", "--record", hidden, "--decision", "release", status=3)
    desk.by("ada", "user", "grant", "rick", "--class", "medical")
    desk.code("rick", "--record", hidden, "--decision", "release")


@pytest.mark.parametrize(
    "arguments",
    [[], ["--decision", "release"], ["--record", "rec_x"], ["--record", "rec_x", "--confirm", "--batch", "1"]],
)
def test_one_thing_is_said_at_a_time(desk: Desk, arguments: list[str]) -> None:
    desk.code("olive", *arguments, status=2)


def test_review_is_for_officers_and_reviewers_in_person(desk: Desk) -> None:
    desk.by("eve", "request", "review", desk.number, status=4)
    desk.code("eve", "--record", desk.lights[0], "--decision", "release", status=4)
    desk.office.json("request", "code", desk.number, "--record", desk.lights[0], "--decision", "release", status=4)
    desk.code("olive", "--record", "rec_unknown", "--decision", "release", status=3)
    desk.by("olive", "request", "review", "2000-0001", status=3)
