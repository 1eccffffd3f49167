"""Options whose words come from a file or from standard input, because they are private.

What stands in a command's arguments is seen by everybody who lists the machine's processes, and stays in the history of
the shell. So each option that takes names, words of records or reasons has a second one that names a file with them.

Rules:

- The words come in one way at a time: as the option, or out of its file. A list may have both.
- A file is plain text in UTF-8 of bounded size (`archiver.cli.given.read_words`); `-` is standard input, once a run.
- No sentence repeats what was read.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from archiver.cli.given import MOST_BYTES, decoded, read_words
from storage.errors import InvalidInput

_Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

_INPUT: Final = "-"
_TAKEN: Final = "archiver.standard-input"
_FILE: Final = "File with it; - for standard input."
_LIST: Final = "File with these, one a line; - for standard input."


def private_words(
    option: str,
    help_text: str,
    *,
    metavar: str = "TEXT",
    name: str | None = None,
    also: str | None = None,
    required: bool = False,
) -> _Decorator:
    """An option with words, and beside it ``OPTION-file FILE`` with the same; the command gets them under one name.

    Args:
        option: the option, as ``--text``.
        help_text: what it is, for people.
        metavar: what stands for its value.
        name: the command's name for it, where the option's own does not do.
        also: the older name of the option for the file, where there is one.
        required: whether a command without it is refused.
    """
    given_as, of_file = name or option.removeprefix("--").replace("-", "_"), f"{option}-file"
    first = also or of_file

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        run = _filled(function, given_as, lambda given, path: _one(option, first, given, path, required=required))
        with_file = click.option(*dict.fromkeys((first, of_file)), f"{given_as}_from", metavar="FILE", help=_FILE)(run)
        told = f"{help_text} Needed, here or as a file." if required else help_text
        return click.option(option, given_as, metavar=metavar, help=told)(with_file)

    return decorate


def private_list(option: str, help_text: str, *, name: str, metavar: str = "TEXT") -> _Decorator:
    """A repeatable option with words, and beside it ``OPTION-file FILE`` with one a line; empty lines are none."""
    of_file = f"{option}-file"

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        run = _filled(function, name, lambda given, path: (*given, *(() if path is None else _lines(of_file, path))))
        with_file = click.option(of_file, f"{name}_from", metavar="FILE", help=_LIST)(run)
        return click.option(option, name, metavar=metavar, multiple=True, help=help_text)(with_file)

    return decorate


def private_argument(metavar: str, of_file: str, *, name: str) -> _Decorator:
    """An argument with words, which may be left out where the option `of_file` names a file with them."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        run = _filled(function, name, lambda given, path: _one(metavar, of_file, given, path, required=True))
        with_file = click.option(of_file, f"{name}_from", metavar="FILE", help=_FILE)(run)
        return click.argument(name, metavar=f"[{metavar}]", required=False)(with_file)

    return decorate


def _filled(function: Callable[..., Any], name: str, fill: Callable[[Any, str | None], Any]) -> Callable[..., Any]:
    """The command with its value `name` filled from what was given and the file that was named."""

    @functools.wraps(function)
    def run(*args: Any, **options: Any) -> Any:
        path = options.pop(f"{name}_from")
        options[name] = fill(options[name], path)
        return function(*args, **options)

    return run


def _one(option: str, of_file: str, given: str | None, path: str | None, *, required: bool) -> str | None:
    if given is not None and path is not None:
        raise InvalidInput(f"{option} and {of_file} say the same; leave one out")
    if path is not None:
        return _read(of_file, path)
    if given is None and required:
        raise InvalidInput(f"{option} is missing; give it, or a file with it: {of_file} FILE (- for standard input)")
    return given


def _lines(option: str, path: str) -> tuple[str, ...]:
    lines = tuple(one.strip() for one in _read(option, path).splitlines() if one.strip())
    if not lines:
        raise InvalidInput(f"{option}: the file has no words; write one a line")
    return lines


def _read(option: str, path: str) -> str:
    if path != _INPUT:
        return read_words(Path(path)).strip()
    taken = click.get_current_context().meta
    if taken.setdefault(_TAKEN, option) != option:
        raise InvalidInput(f"{option}: standard input can be read once; name a file")
    content = sys.stdin.buffer.read(MOST_BYTES + 1)
    return decoded(content, "standard input").strip()
