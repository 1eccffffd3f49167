"""`archiver smtp`: who may sign in at the mail receiver."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archiver.access import Act
from archiver.cli.session import command
from archiver.unlocking import read_secret_file
from ingest.channels.smtp_accounts import line_for
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from archiver.cli.session import Session


@click.group("smtp")
def smtp() -> None:
    """The mail receiver."""


@smtp.command("user")
@click.argument("name")
@click.option(
    "--password-file", type=click.Path(path_type=Path), help="File that holds the password; else you are asked."
)
@command
def user(session: Session, name: str, password_file: Path | None) -> None:
    """Print the line that lets NAME sign in at the mail receiver.

    Append it to the file that `users` in [smtp] names. The line holds a hash; the password stands nowhere.
    """
    session.principal(Act.ADD_USERS)
    if password_file is not None:
        password = read_secret_file(password_file, "password")
    elif not sys.stdin.isatty():
        raise InvalidInput("no password: give --password-file FILE")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True).encode()
    line = line_for(name, password)
    session.show({"name": name, "line": line}, line)


COMMANDS = (smtp,)
