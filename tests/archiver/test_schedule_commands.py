"""`archiver schedule` beside load and try: what came with the program, shown in words, checked, imported."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from retention.schedules import read_shipped, shipped_names
from tests.archiver.commands import run
from tests.every_case import every_case

if TYPE_CHECKING:
    from pathlib import Path

    from tests.archiver.conftest import Filled

SERIES = {
    "dispositionAuthorityNumber": "GS1",
    "seriesTitleDescription": "Letters",
    "primaryCopyRetention": "Retain for 2 years after superseded then Destroy.",
}


@pytest.fixture
def reply(tmp_path: Path) -> Path:
    path = tmp_path / "reply.json"
    path.write_text(json.dumps([SERIES]), "utf-8")
    return path


def test_what_came_with_the_program_is_listed_without_an_archive():
    answer = run("schedule", "list", "--shipped", "--json")
    assert answer.status == 0
    assert [one["shipped"] for one in answer.document] == [f"shipped:{name}" for name in shipped_names()]
    assert "None of them is in force" in run("schedule", "list", "--shipped").out


@every_case("name", shipped_names())
def test_each_is_shown_in_words_and_passes_its_check(name: str):
    shown = run("schedule", "show", f"shipped:{name}", "--json").document
    assert shown["state"] == "not loaded"
    assert all(one["rule"] or one["linked"] for one in shown["series"])
    checked = run("schedule", "check", f"shipped:{name}", "--json")
    assert (checked.status, checked.document["failures"]) == (0, [])


def test_a_series_is_shown_with_its_citation_and_rule():
    answer = run("schedule", "show", "shipped:wisconsin", "--series", "WI-118.125-BEHAVIORAL")
    assert "citation: Wis. Stat. 118.125(3)" in answer.out
    assert "rule: at most 1 year after graduated" in answer.out


def test_a_file_that_came_with_the_program_is_printed_as_it_is():
    answer = run("schedule", "show", "shipped:florida", "--text")
    assert answer.out.encode() == read_shipped("florida")


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "shipped:nowhere"),
        ("check", "shipped:../florida"),
        ("show", "shipped:nowhere"),
        ("show", "shipped:florida", "--series", "NONE"),
    ],
)
def test_what_is_not_there_ends_with_3(arguments: tuple[str, ...]):
    answer = run("schedule", *arguments, "--json")
    assert (answer.status, answer.error["kind"]) == (3, "not_found")


def test_a_loaded_schedule_is_shown_by_its_name(filled: Filled):
    shown = filled.office.json("schedule", "show", "example-district")
    assert (shown["state"], len(shown["series"])) == ("current", 9)
    assert filled.office.run("schedule", "show", "nothing-of-that-name").status == 3


def test_a_failed_example_is_said_with_file_line_series_and_reasons(tmp_path: Path):
    path = tmp_path / "ours.toml"
    text = (read_shipped("wisconsin") or b"").decode().replace("latest_on = 2020-06-15", "latest_on = 2020-06-16")
    path.write_text(text, "utf-8")
    answer = run("schedule", "check", str(path), "--json")
    (failure,) = answer.document["failures"]
    assert answer.status == 6
    assert text.split("\n")[failure["line"] - 1] == "[[series.example]]"
    assert failure["series"] == "WI-118.125-BEHAVIORAL"
    assert any("118.125" in reason for reason in failure["reasons"])
    assert f"ours.toml, line {failure['line']}, series WI-118.125-BEHAVIORAL: " in run("schedule", "check", path).out


def test_a_file_that_cannot_be_carried_is_said_with_file_line_and_series(tmp_path: Path):
    path = tmp_path / "ours.toml"
    text = (read_shipped("wisconsin") or b"").decode().replace('citation = "Wis.', 'citaton = "Wis.', 1)
    path.write_text(text, "utf-8")
    answer = run("schedule", "check", str(path), "--json")
    assert answer.status == 2
    assert (answer.error["file"], answer.error["series"]) == ("ours.toml", "WI-118.125-BEHAVIORAL")
    assert text.split("\n")[answer.error["line"] - 1].startswith(("citaton", "[[series]]"))


def test_a_reply_becomes_a_file_that_passes_its_check(reply: Path, tmp_path: Path):
    made = tmp_path / "made.toml"
    answer = run("schedule", "import", str(reply), "--to", str(made), "--edition", "4.2", "--json")
    assert answer.status == 0
    assert answer.document == {"file": str(made), "written": ["GS1"], "unwritten": [], "left_out": 0}
    assert run("schedule", "check", str(made)).status == 0


def test_a_reply_with_a_sentence_that_is_not_understood_ends_with_6(reply: Path, tmp_path: Path):
    reply.write_text(json.dumps([{**SERIES, "primaryCopyRetention": "As the court says."}]), "utf-8")
    made = tmp_path / "made.toml"
    answer = run("schedule", "import", str(reply), "--to", str(made), "--edition", "4.2", "--json")
    assert (answer.status, answer.document["unwritten"]) == (6, ["GS1"])
    assert run("schedule", "check", str(made), "--json").document["unwritten"] == ["GS1"]


def test_an_import_overwrites_nothing_and_leaves_no_file_when_it_fails(reply: Path, tmp_path: Path):
    made = tmp_path / "made.toml"
    made.write_text("mine", "utf-8")
    assert run("schedule", "import", str(reply), "--to", str(made), "--edition", "4.2").status == 5
    assert made.read_text("utf-8") == "mine"
    reply.write_text("[]", "utf-8")
    other = tmp_path / "other.toml"
    assert run("schedule", "import", str(reply), "--to", str(other), "--edition", "4.2").status == 2
    assert not other.exists()


def test_an_import_under_a_name_that_no_schedule_can_have_is_refused(reply: Path, tmp_path: Path):
    made = tmp_path / "made.toml"
    answer = run("schedule", "import", str(reply), "--to", str(made), "--edition", "4.2", "--name", "a b")
    assert (answer.status, made.exists()) == (2, False)
