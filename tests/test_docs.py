"""The documentation says what is true: its commands, links, files, settings and queries exist."""

from __future__ import annotations

import os
import re
import shlex
import tomllib
from datetime import UTC, date
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from archiver.cli.main import cli
from archiver.config import load_settings
from benchmarks.bench_search import read_queries
from search.documents import HAS_FLAGS
from search.query_facts import STATES, UNSEARCHABLE
from search.query_language import parse_query
from search.query_tokens import FIELDS
from storage.errors import InvalidInput
from tests.every_case import every_case

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")],
    key=lambda page: page.as_posix(),
)
PARTS = ("Context", "Measurement", "Decision", "Consequence")
TODAY = date(2026, 11, 21)
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_PLACEHOLDER = re.compile(r"[A-Z][A-Z.|\-]*")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def fenced(page: Path, *languages: str) -> Iterator[str]:
    for language, body in _FENCE.findall(page.read_text("utf-8")):
        if language in languages:
            yield body


def lines_of(page: Path, language: str) -> list[str]:
    """The lines of the blocks of a language, without remarks."""
    found = [line for body in fenced(page, language) for line in body.splitlines()]
    return [re.split(r"\s+# ", line, maxsplit=1)[0].rstrip() for line in found if line.strip()]


def commands_of(page: Path) -> Iterator[str]:
    """Every `archiver ...` and `make ...` in a shell block or between back-ticks."""
    text = page.read_text("utf-8")
    for body in fenced(page, "sh", "console", "ini", ""):
        for line in body.replace("\\\n", " ").splitlines():
            for part in re.split(r"&&|\|\s|;", line):
                found = re.search(r"(?:^|[\s=/])((?:archiver|make) [a-z-].*)", re.split(r"\s#\s", part)[0])
                if found:
                    yield found[1].strip()
    for span in _INLINE.findall(_FENCE.sub("", text)):
        if span.startswith(("archiver ", "make ")):
            yield span


def problem_with(command: str) -> str | None:
    """What is wrong with an `archiver` command line; None if it could be run."""
    words = shlex.split(command)[1:]
    here: click.Command = cli
    while words and isinstance(here, click.Group):
        if words[0].startswith("-") or words[0] == "...":
            return None
        found = here.get_command(click.Context(here), words[0])
        if found is None:
            return f"there is no command {words[0]!r}"
        here, words = found, words[1:]
    if not words and isinstance(here, click.Group):
        return None
    known = {option for parameter in here.params for option in (*parameter.opts, *parameter.secondary_opts)}
    unknown = [word for word in words if word.startswith("--") and word.partition("=")[0] not in known | {"--help"}]
    return f"there is no option {unknown[0]}" if unknown else None


@every_case("page", PAGES, ids=name_of)
def test_every_archiver_command_in_the_documentation_exists(page):
    wrong = {
        command: problem
        for command in commands_of(page)
        if command.startswith("archiver ") and (problem := problem_with(command)) is not None
    }
    assert wrong == {}


@every_case("page", PAGES, ids=name_of)
def test_every_make_target_in_the_documentation_exists(page):
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {command.split()[1] for command in commands_of(page) if command.startswith("make ")}
    assert named <= targets


def test_the_readme_shows_the_two_commands():
    shown = list(commands_of(ROOT / "README.md"))
    assert "make demo" in shown
    assert "make test" in shown


@every_case("page", PAGES, ids=name_of)
def test_every_link_of_the_documentation_resolves(page):
    broken = []
    for target in _LINK.findall(_FENCE.sub("", page.read_text("utf-8"))):
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        aim = (page.parent / path).resolve() if path else page
        if not aim.exists() or (anchor and anchor not in anchors_of(aim)):
            broken.append(target)
    assert broken == []


def anchors_of(page: Path) -> set[str]:
    headings = _HEADING.findall(_FENCE.sub("", page.read_text("utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@every_case("page", PAGES, ids=name_of)
def test_every_source_file_that_the_documentation_names_exists(page):
    spans = _INLINE.findall(_FENCE.sub("", page.read_text("utf-8")))
    named = {span for span in spans if re.fullmatch(r"(?:\w+/)+[\w.]+\.(?:py|toml|txt)", span)}
    assert {one for one in named if not (ROOT / one).exists()} == set()


@every_case("page", [*PAGES, *sorted((ROOT / "benchmarks").glob("*.py"))], ids=name_of)
def test_nothing_names_a_folder_of_the_machine_it_was_written_on(page):
    text = page.read_text("utf-8")
    assert re.findall(r"(?<![\w.])/(?:work|root|home|tmp|Users)/[^\s`\"')]*", text) == []
    assert str(ROOT) not in text


def test_every_query_of_the_search_page_is_understood():
    queries = lines_of(ROOT / "docs" / "search.md", "query")
    assert len(queries) > 40
    for query in queries:
        parse_query(query, today=TODAY, zone=UTC)


def test_every_query_of_the_search_page_that_names_something_of_an_archive_is_understood():
    queries = lines_of(ROOT / "docs" / "search.md", "catalogue")
    assert queries
    for query in queries:
        parse_query(query, today=TODAY, zone=UTC)


def test_every_query_that_the_search_page_calls_refused_is_refused():
    for query in lines_of(ROOT / "docs" / "search.md", "refused"):
        with pytest.raises(InvalidInput) as refusal:
            parse_query(query, today=TODAY, zone=UTC)
        assert isinstance(refusal.value.fields["position"], int)


def test_the_search_page_explains_every_field():
    text = (ROOT / "docs" / "search.md").read_text("utf-8")
    assert [field for field in FIELDS if f"{field}:" not in text] == []


def test_the_help_of_search_names_every_field_and_every_value_of_a_closed_list():
    search = cli.get_command(click.Context(cli), "search")
    assert search is not None
    shown = search.help or ""
    values = [*HAS_FLAGS, *STATES, UNSEARCHABLE]
    assert [one for one in (*(f"{field}:" for field in FIELDS), *values) if one not in shown] == []


def test_the_settings_in_the_operations_page_are_settings(tmp_path, monkeypatch):
    for variable in [name for name in os.environ if name.startswith("ARCHIVER_SET_")]:
        monkeypatch.delenv(variable)
    examples = list(fenced(ROOT / "docs" / "operations.md", "toml"))
    assert examples
    for example in examples:
        (tmp_path / "archiver.toml").write_text(example, "utf-8")
        settings = load_settings(tmp_path)
        assert set(tomllib.loads(example)) <= set(type(settings).model_fields)


def test_every_role_is_explained_to_administrators():
    from archiver.access import Role  # noqa: PLC0415 - only this test needs it

    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    assert [role for role in Role if role is not Role.OPERATOR and f"| {role.value} |" not in text] == []


def test_every_query_of_the_benchmark_is_understood():
    queries = read_queries()
    assert len({one.kind for one in queries}) >= 7
    for query in queries:
        parse_query(query.text, today=TODAY, zone=UTC)


def test_decisions_are_numbered_without_gaps_and_have_their_four_parts():
    decisions = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert [int(one.name[:4]) for one in decisions] == list(range(1, len(decisions) + 1))
    for one in decisions:
        text = one.read_text("utf-8")
        assert text.startswith(f"# {one.name[:4]} ")
        assert [
            part for part in ("Context", "Measurement", "Decision", "Consequence") if f"**{part}.**" not in text
        ] == []
