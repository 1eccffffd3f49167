"""What reviewers work with, at the command line: tags on records, and the agency's own exemptions, up to a package."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter as Counts
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from archiver.own_exemptions import exemption_line
from search.disclosure.own_exemptions import OwnExemption
from tests.archiver.test_produce_command import Counter, words_of

if TYPE_CHECKING:
    from pathlib import Path

CODE = "20 USC 1232g"
TITLE = "education records of a student"
CITATION = "20 U.S.C. 1232g(b)(1)"


class Book(Counter):
    """A desk at which the list of exemptions is kept and records are tagged."""

    def tag(self, *arguments: str, name: str = "rick", status: int = 0) -> Any:
        return self.by(name, "request", "tag", self.number, *arguments, status=status)

    def tags(self) -> dict[str, int]:
        return {one["tag"]: one["records"] for one in self.by("olive", "request", "tags", self.number)["tags"]}

    def review(self, *arguments: str, status: int = 0) -> Any:
        return self.by("olive", "request", "review", self.number, *arguments, status=status)

    def exemption(self, *arguments: str, name: str = "olive", status: int = 0) -> Any:
        return self.by(name, "request", "exemption", *arguments, status=status)

    def own(self) -> dict[str, Any]:
        return {one["code"]: one for one in self.exemption("list", "--own")["exemptions"]}

    def code(self, record: str, code: str, *, status: int = 0) -> Any:
        asked = ("request", "code", self.number, record, "--decision", "withhold", "--exemption", code)
        return self.by("rick", *asked, status=status)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """A record is given, one is withheld, one has a mark on a ground that is retired, one stays undecided."""
    made = Book(tmp_path_factory.mktemp("book"))
    assert "The agency has no exemption of its own" in made.office.run("request", "exemption", "list", "--own").out
    made.exemption("add", CODE, "--title", TITLE, "--citation", CITATION, "--profile", "IL")
    made.exemption("add", "ACP", "--title", "counsel's advice", "--citation", "the common law")
    made.decide("release", made.records[0])
    made.code(made.records[1], CODE)
    made.redact(made.records[2], "lamp 2 of the stadium", "--code", "ACP", "--final")
    made.exemption("retire", "acp")
    return made


def test_the_list_tells_where_a_ground_comes_from_and_how_often_it_is_used(desk: Book) -> None:
    found = {one["code"]: one for one in desk.exemption("list", "--profile", "IL", name="rick")["exemptions"]}
    assert found["7(1)(b)"]["source"] == "shipped"
    own = found[CODE]
    assert (own["source"], own["profile"], own["used"], own["retired"]) == ("own", "IL", 1, False)
    assert (own["title"], own["citation"], own["changed_by"]) == (TITLE, CITATION, "olive")
    assert (found["ACP"]["profile"], found["ACP"]["used"], found["ACP"]["retired"]) == (None, 1, True)
    everywhere = desk.exemption("list")["exemptions"]
    assert {"WA", "IL", "US"} <= {one["profile"] for one in everywhere}
    beside = [one["code"] for one in desk.exemption("list", "--profile", "WA")["exemptions"] if one["source"] == "own"]
    assert beside == ["ACP"]
    shown = desk.office.run("request", "exemption", "list", "--profile", "IL").out
    assert f"{TITLE}; {CITATION}  own  used once" in shown
    assert "own, retired" in shown
    offered = desk.by("olive", "request", "profiles", "IL")[0]["exemptions"]
    assert [one["code"] for one in offered if one["source"] == "own"] == [CODE]


def test_what_is_retired_cannot_be_named_and_what_was_decided_with_it_stands(desk: Book) -> None:
    desk.code(desk.records[3], "ACP", status=2)
    refused = ("request", "redact", "add", desk.number, desk.records[3], "--words", "lamp", "--code", "ACP")
    desk.by("rick", *refused, status=2)
    rows = {one["record"]: one for one in desk.by("olive", "request", "exemptions", desk.number)["rows"]}
    assert (rows[desk.records[2]]["codes"], rows[desk.records[2]]["citations"]) == (["ACP"], ["the common law"])
    assert rows[desk.records[2]]["basis"].endswith("counsel's advice.")
    assert rows[desk.records[1]]["citations"] == [CITATION]


def test_words_change_and_a_ground_comes_back(desk: Book) -> None:
    changed = desk.exemption("change", "ACP", "--title", "advice of counsel", "--offer")
    assert (changed["title"], changed["retired"], changed["version"]) == ("advice of counsel", False, 3)
    desk.exemption("change", "ACP", "--title", "counsel's advice")
    desk.exemption("retire", "ACP")
    desk.exemption("retire", "ACP", status=5)
    desk.exemption("change", "ACP", status=5)
    desk.exemption("change", "7(1)(b)", "--title", "x", status=3)


def test_a_code_has_one_meaning_and_its_citation(desk: Book) -> None:
    given = ("--title", "x", "--citation", "y")
    desk.exemption("add", "7(1)(B)", *given, status=5)
    desk.exemption("add", CODE.lower(), *given, status=5)
    desk.exemption("add", "=SUM(1)", *given, status=2)
    desk.exemption("add", "X", "--title", "x", "--citation", " ", status=2)
    desk.exemption("add", "X", "--title", "x", status=2)
    desk.exemption("add", "X", *given, "--profile", "ZZ", status=3)
    assert set(desk.own()) == {CODE, "ACP"}


def test_officers_keep_the_list_in_person(desk: Book) -> None:
    given = ("add", "X", "--title", "x", "--citation", "y")
    for name in ("rick", "ada"):
        desk.exemption(*given, name=name, status=4)
    desk.exemption("retire", CODE, name="rick", status=4)
    desk.exemption("list", name="ada", status=4)
    desk.office.json("request", "exemption", *given, status=4)


def test_the_agency_words_its_own_grounds_as_those_of_the_law(desk: Book, tmp_path: Path) -> None:
    settings = desk.office.folder / "archiver.toml"
    before = settings.read_text("utf-8")
    (tmp_path / "grounds.toml").write_text(f'[IL]\n"{CODE}" = "It names a pupil."\n"ACP" = "Counsel wrote it."\n')
    settings.write_text(before.replace("\n[disclosure]\n", f'\n[disclosure]\nletters = "{tmp_path}"\n'))
    try:
        rows = {one["record"]: one for one in desk.by("olive", "request", "exemptions", desk.number)["rows"]}
    finally:
        settings.write_text(before)
    assert [rows[desk.records[place]]["basis"] for place in (1, 2)] == ["It names a pupil.", "Counsel wrote it."]


def test_a_letter_names_an_own_ground_with_its_law(desk: Book) -> None:
    desk.decide("not_responsive", desk.records[3])
    told = desk.by("olive", "request", "letter", desk.number, "determination", "--draft")
    assert f"{CODE}: {TITLE} ({CITATION})" in told["text"]
    assert "ACP: counsel's advice (the common law)" in told["text"]
    assert not {CITATION, "the common law"} & set(told["unverified"])


def test_a_package_says_to_outsiders_what_own_codes_mean(desk: Book) -> None:
    desk.decide("not_responsive", desk.records[3])
    folder = desk.place / "package"
    answer = desk.produce(folder, "--withheld", "slip")
    assert answer.status == 0, answer.out
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))["produced"]
    assert {one["exemption"]: (one["title"], one["citation"], one["source"]) for one in manifest["exemptions"]} == {
        CODE: (TITLE, CITATION, "own"),
        "ACP": ("counsel's advice", "the common law", "own"),
    }
    assert [(one["exemption"], one["citation"]) for one in manifest["withheld"]] == [(CODE, CITATION)]
    key = desk.office.run("ledger", "key", "--quiet").out.strip()
    assert desk.office.json("verify", "bundle", str(folder), "--key", key)["trusted"] is True
    said = (folder / "README.txt").read_text("utf-8")
    assert f"{CODE}: {TITLE} ({CITATION}); a ground that the agency names itself" in said
    rows = list(csv.DictReader(io.StringIO((folder / "exemption-log.csv").read_text("utf-8-sig"))))
    assert {(one["exemption"], one["law"]) for one in rows} == {(CODE, CITATION), ("ACP", "the common law")}
    assert "ACP" in words_of(folder / "whole.pdf")


def test_a_package_is_the_same_again_after_the_words_changed(desk: Book) -> None:
    if not (desk.place / "package").exists():
        test_a_package_says_to_outsiders_what_own_codes_mean(desk)
    desk.exemption("change", CODE, "--title", "another title")
    try:
        assert desk.produce(desk.place / "again", "--again", "1").status == 0
    finally:
        desk.exemption("change", CODE, "--title", TITLE)
    for name in ("manifest.json", "README.txt", "exemption-log.csv"):
        assert (desk.place / "again" / name).read_bytes() == (desk.place / "package" / name).read_bytes()


def test_records_are_tagged_listed_filtered_and_a_step_is_taken_back(desk: Book, tmp_path: Path) -> None:
    assert "No tag yet" in desk.office.run("request", "tags", desk.number).out
    first, second, third = sorted(desk.records)[:3]
    told = desk.tag(first, second, "--add", "Privileged", "--add", "hot")
    assert (told["records"], told["progress"]["records"]) == (2, 4)
    names = tmp_path / "names.txt"
    names.write_text("student case\n")
    desk.tag(second, third, "--add-file", str(names), "--remove", "HOT")
    assert desk.tags() == {"hot": 1, "Privileged": 2, "student case": 2}
    page = desk.review("--tag", "student CASE")["records"]
    assert [(one["record"], one["tags"]) for one in page] == [
        (second, ["Privileged", "student case"]),
        (third, ["student case"]),
    ]
    shown = desk.office.run("request", "review", desk.number, "--tag", "hot").out
    assert first in shown
    assert "[hot]  [Privileged]" in shown
    steps = [one for one in desk.review("--steps") if one["kind"] == "tag"]
    assert [one["note"] for one in steps] == ["+Privileged +hot", "+student case -HOT"]
    desk.tag("--undo", str(steps[0]["step"]), status=5)
    desk.by("olive", "request", "code", desk.number, "--undo", str(steps[1]["step"]))
    desk.tag("--undo", str(steps[0]["step"]))
    assert desk.tags() == {"hot": 0, "Privileged": 0, "student case": 0}
    desk.review("--tag", "never used", status=3)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--add", "x"],
        ["RECORD"],
        ["RECORD", "--undo", "1"],
        ["--undo", "1", "--add", "x"],
        ["RECORD", "--add", "y" * 61],
    ],
)
def test_one_thing_is_said_that_can_be_done(desk: Book, arguments: list[str]) -> None:
    desk.tag(*(desk.records[0] if one == "RECORD" else one for one in arguments), status=2)


def test_tags_are_for_reviewers_in_person_and_not_on_what_they_may_not_see(desk: Book) -> None:
    one = desk.records[0]
    desk.tag(one, "--add", "x", name="ada", status=4)
    desk.by("ada", "request", "tags", desk.number, status=4)
    desk.office.json("request", "tag", desk.number, one, "--add", "x", status=4)
    desk.tag("rec_unknown", "--add", "x", status=3)
    desk.tag(one, "--remove", "never used", status=3)
    desk.tag(one, "--add", "fever")
    desk.office.json("restrict", "add", "--class", "medical", "--record", one)
    assert "fever" not in desk.tags()
    assert desk.review("--tag", "fever")["records"] == []
    desk.tag(one, "--add", "x", status=3)
    desk.office.json("restrict", "remove", "--class", "medical", "--record", one)
    assert desk.tags()["fever"] == 1


def test_what_was_written_is_sound(desk: Book) -> None:
    desk.tag(desk.records[0], "--add", "sound")
    assert desk.office.json("verify")["faults"] == []


@pytest.mark.parametrize(
    ("profile", "asked", "expected"), [("IL", None, 2), ("IL", "IL", 2), (None, None, 5), (None, "WA", 3)]
)
def test_only_decisions_under_a_law_that_a_ground_stands_beside_are_counted(
    profile: str | None, asked: str | None, expected: int
) -> None:
    own = OwnExemption(
        number=1,
        version=1,
        code="X",
        profile=profile,
        title=TITLE,
        citation=CITATION,
        retired=False,
        at=datetime(2026, 11, 22, tzinfo=UTC),
        actor="usr_1",
    )
    used = Counts({("IL", "X"): 2, ("WA", "X"): 3, ("IL", "Y"): 7})
    assert exemption_line(own, used, {}, asked)["used"] == expected
