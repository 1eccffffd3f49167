"""Every command, option and exit status stands in docs/commands.md, and nothing that does not exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archiver.cli.main import all_commands
from archiver.problems import Exit
from storage import errors
from tests.every_case import every_case

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parent.parent.parent / "docs" / "commands.md"
SHARED = {"--data", "--json", "--quiet", "--passphrase-file", "--key-file", "--as", "--token-file"}


def commands(group: dict[str, click.Command], path: str) -> Iterator[tuple[str, click.Command]]:
    for name, one in sorted(group.items()):
        if isinstance(one, click.Group):
            yield from commands(one.commands, f"{path} {name}")
        if not one.hidden and (not isinstance(one, click.Group) or one.invoke_without_command):
            arguments = " ".join(
                parameter.make_metavar(click.Context(one))
                for parameter in one.params
                if isinstance(parameter, click.Argument)
            )
            yield f"{path} {name} {arguments}".strip(), one


def sections() -> dict[str, str]:
    pieces = re.split(r"^### `(.+)`\n", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


COMMANDS = dict(commands(all_commands(), "archiver"))


def test_every_command_has_a_section_and_every_section_a_command():
    assert set(sections()) == set(COMMANDS)


@every_case("usage", COMMANDS)
def test_the_options_in_the_section_are_those_of_the_help(usage: str):
    options = {parameter.opts[0] for parameter in COMMANDS[usage].params if isinstance(parameter, click.Option)}
    documented = re.findall(r"^\| `(--[a-z-]+)", sections()[usage], flags=re.MULTILINE)
    assert sorted(documented) == sorted(options - SHARED)


@every_case("usage", COMMANDS)
def test_every_command_takes_what_all_commands_share(usage: str):
    options = {parameter.opts[0] for parameter in COMMANDS[usage].params if isinstance(parameter, click.Option)}
    assert options >= SHARED


@every_case("usage", COMMANDS)
def test_every_command_and_option_explains_itself(usage: str):
    command = COMMANDS[usage]
    assert command.help
    unexplained = [
        parameter.opts[0]
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.help and not isinstance(parameter.type, click.Choice)
    ]
    assert unexplained == []


def test_every_exit_status_is_listed():
    listed = {int(one) for one in re.findall(r"^\| (\d+) \|", PAGE.read_text("utf-8"), flags=re.MULTILINE)}
    assert listed == {int(one) for one in Exit}


def test_every_kind_of_error_is_listed():
    text = PAGE.read_text("utf-8")
    kinds = {
        one.kind for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.ArchiveError)
    }
    assert [kind for kind in sorted(kinds) if f"`{kind}`" not in text] == []


def test_the_shared_options_are_listed():
    listed = re.findall(r"^\| `(--[a-z-]+)", PAGE.read_text("utf-8").split("## Exit statuses")[0], flags=re.MULTILINE)
    assert set(listed) == SHARED
