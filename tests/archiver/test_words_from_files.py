"""Words that are private come from a file or from standard input, and never stand in a sentence of an error."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click
import pytest
from click.testing import CliRunner

from archiver.cli.main import all_commands
from archiver.cli.words_from_files import private_argument, private_list, private_words
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "Jonas Okafor"
GOT: dict[str, Any] = {}


@click.command()
@private_argument("TASK", "--task-file", name="task")
@private_words("--text", "What is said.", also="--file")
@private_words("--reason", "Why.", required=True)
@private_list("--words", "Which words.", name="words")
def said(**given: Any) -> None:
    """Say something."""
    GOT.clear()
    GOT.update(given)


def run(*arguments: str, typed: bytes | None = None) -> dict[str, Any]:
    result = CliRunner().invoke(said, arguments, input=typed, standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return dict(GOT)


@pytest.fixture
def words(tmp_path: Path) -> Path:
    path = tmp_path / "words.txt"
    path.write_text(f"\ufeff{SECRET}\n\n  Ana Li \r\n", "utf-8")
    return path


def test_what_stands_in_a_file_is_given_as_if_it_were_typed(words: Path):
    got = run("do it", "--text-file", str(words), "--reason", "because", "--words", "third", "--words-file", str(words))
    assert got == {
        "task": "do it",
        "text": f"{SECRET}\n\n  Ana Li",
        "reason": "because",
        "words": ("third", SECRET, "Ana Li"),
    }
    assert run("--task-file", str(words), "--file", str(words), "--reason-file", str(words))["task"].startswith(SECRET)


def test_a_dash_is_standard_input_once():
    got = run("do it", "--reason", "because", "--words-file", "-", typed="Ana Li\nJürgen\n".encode())
    assert got["words"] == ("Ana Li", "Jürgen")
    with pytest.raises(InvalidInput, match="standard input can be read once"):
        run("do it", "--reason-file", "-", "--words-file", "-", typed=b"Ana Li\n")


def test_one_way_at_a_time_and_what_is_needed_is_asked_for(words: Path):
    with pytest.raises(InvalidInput, match="--text and --file say the same"):
        run("do it", "--text", SECRET, "--file", str(words), "--reason", "because")
    with pytest.raises(InvalidInput, match="--reason is missing; give it, or a file with it: --reason-file FILE"):
        run("do it")
    with pytest.raises(InvalidInput, match=r"TASK is missing.*--task-file FILE"):
        run("--reason", "because")


def bad_files(folder: Path) -> Iterator[Path]:
    kinds = {"large": b"x" * ((1 << 20) + 1), "letters": SECRET.encode() + b"\xff", "empty": b" \n\n"}
    for name, content in kinds.items():
        (folder / name).write_bytes(content)
        yield folder / name
    (folder / "real").write_text(SECRET)
    (folder / "link").symlink_to(folder / "real")
    os.mkfifo(folder / "pipe")
    yield from (folder / "link", folder / "pipe", folder / "none", folder)


def test_files_that_are_no_plain_text_are_refused_without_a_word_of_theirs(tmp_path: Path):
    for path in bad_files(tmp_path):
        with pytest.raises(InvalidInput) as refused:
            run("do it", "--reason", "because", "--words-file", str(path))
        assert SECRET not in refused.value.message
    with pytest.raises(InvalidInput, match="no text in UTF-8"):
        run("do it", "--reason", "because", "--words-file", "-", typed=b"\xff")


PRIVATE = {"--text", "--reason", "--words", "--note", "--person", "--party", "--interest", "--facts", "--about"}
PRIVATE |= {
    "--title",
    "--organisation",
    "--from",
    "--fill",
    "--student",
    "--query",
    "--contact",
    "--account",
    "--changes",
    "--body",
}


def options_of(group: click.Group, path: str) -> Iterator[tuple[str, set[str]]]:
    for name, one in group.commands.items():
        if isinstance(one, click.Group):
            yield from options_of(one, f"{path} {name}")
        yield f"{path} {name}", {flag for parameter in one.params for flag in parameter.opts}


def test_every_option_below_request_that_takes_private_words_reads_them_from_a_file_too():
    request = all_commands()["request"]
    assert isinstance(request, click.Group)
    bare = [
        (path, option)
        for path, options in options_of(request, "request")
        for option in sorted(options & PRIVATE)
        if f"{option}-file" not in options and (path, option) not in LISTED_REASONS
    ]
    assert bare == []


LISTED_REASONS = {("request extend", "--reason"), ("request fee waive", "--reason")}  # one of the law's own list
