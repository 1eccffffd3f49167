"""What every command shares: the data folder, how to print, the opened archive, and who acts.

Rule: data on stdout, everything else on stderr; with `--json` stdout is one JSON document.
"""

from __future__ import annotations

import functools
import getpass
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click
from rich.console import Console

from archiver.access import Act, Principal, authorize, operator
from archiver.cli.pointing import pointing_at
from archiver.unlocking import TOKEN_VARIABLE, read_secret_file, unlock_folder
from archiver.wiring import Installation, open_installation
from storage.errors import Denied, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage.keys import Keyring

P = ParamSpec("P")
R = TypeVar("R")

DEFAULT_FOLDER = "archive"

# what may look at an archive that was restored without its newest leaves: none of these shows content
_WHILE_RESTRICTED = (["verify"], ["doctor"], ["ledger"], ["backup"])


class Session:
    """One command's run."""

    def __init__(
        self,
        *,
        data: str,
        as_json: bool,
        quiet: bool,
        passphrase_file: Path | None,
        key_file: Path | None,
        as_user: str | None,
        token_file: Path | None,
    ) -> None:
        if not data:
            raise InvalidInput("--data names no folder; give the folder of the archive")
        self.folder = Path(data).absolute()
        self.as_json = as_json
        self.quiet = quiet
        self.passphrase_file = passphrase_file
        self.key_file = key_file
        self._as_user = as_user
        self._token_file = token_file
        self._installation: Installation | None = None
        self._keyring: Keyring | None = None
        self.notes = Console(stderr=True, quiet=quiet, highlight=False, soft_wrap=True)

    @property
    def installation(self) -> Installation:
        """The archive, opened on first use and closed at the end of the command."""
        if self._installation is None:
            self._installation = open_installation(
                self.folder, self.keyring, while_restricted=_command_words()[:1] in _WHILE_RESTRICTED
            )
        return self._installation

    @property
    def keyring(self) -> Keyring:
        """The archive's keys alone, opened on first use; for commands that come before the archive can be opened."""
        if self._keyring is None:
            self._keyring = unlock_folder(self.folder, self.passphrase_file, os.environ, key_file=self.key_file)
        return self._keyring

    def principal(self, act: Act) -> Principal:
        """Who acts, allowed to do this: the user of `--as` with his token, else the operator.

        Raises:
            Denied: not allowed, or not proved.
        """
        if self._as_user is None:
            who = operator(system_user())
        else:
            token = os.environ.get(TOKEN_VARIABLE)
            if self._token_file is not None:
                token = read_secret_file(self._token_file, "token").decode("utf-8", "replace")
            if not token:
                raise Denied("--as needs the user's token: set ARCHIVER_TOKEN or give --token-file FILE")
            who = self.installation.users.named(self._as_user, token)
        authorize(who, act)
        return who

    @property
    def names_a_user(self) -> bool:
        """Whether the command is the act of a user, who is yet to prove it."""
        return self._as_user is not None

    def show(self, document: Any, text: str) -> None:
        """Print the result: the document with `--json`, else the text for people."""
        if self.as_json:
            print(json.dumps(document, ensure_ascii=False), flush=True)
        elif text:
            print(printable(text), flush=True)

    def note(self, text: str) -> None:
        """Say something beside the result, on stderr, unless `--quiet`."""
        self.notes.print(printable(text), markup=False)

    def close(self) -> None:
        """Close what was opened."""
        if self._installation is not None:
            self._installation.close()


def _command_words() -> list[str]:
    """The words of the command that runs, without the program's name."""
    context = click.get_current_context(silent=True)
    return [] if context is None else context.command_path.split()[1:]


def system_user() -> str:
    """The system's name for who runs this."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid-{os.getuid()}"


def printable(text: str) -> str:
    """Text without control characters: what stands in a mail must not steer somebody's terminal."""
    return "".join(one if one in "\n\t" or one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)


def command(function: Callable[P, R]) -> Callable[..., R]:
    """Give a command the options that all have, and its `Session` as first argument."""

    @click.option(
        "--data", envvar="ARCHIVER_DATA", default=DEFAULT_FOLDER, show_default=True, help="Folder of the archive."
    )
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
    @click.option("--quiet", is_flag=True, help="Print nothing beside the result.")
    @click.option(
        "--passphrase-file",
        type=click.Path(path_type=Path),
        help="File with the passphrase; else ARCHIVER_PASSPHRASE, else you are asked.",
    )
    @click.option(
        "--key-file", type=click.Path(path_type=Path), help="Key file that opens the archive; else ARCHIVER_KEY_FILE."
    )
    @click.option("--as", "as_user", metavar="USER", help="Act as this user, proved by his token.")
    @click.option(
        "--token-file", type=click.Path(path_type=Path), help="File with the user's token; else ARCHIVER_TOKEN."
    )
    @functools.wraps(function)
    def wrapped(
        data: str,
        as_json: bool,  # noqa: FBT001 - click passes options by name
        quiet: bool,  # noqa: FBT001
        passphrase_file: Path | None,
        key_file: Path | None,
        as_user: str | None,
        token_file: Path | None,
        **options: Any,
    ) -> R:
        session = Session(
            data=data,
            as_json=as_json,
            quiet=quiet,
            passphrase_file=passphrase_file,
            key_file=key_file,
            as_user=as_user,
            token_file=token_file,
        )
        try:
            with pointing_at(options.get("query")):
                return function(session, **options)  # type: ignore[arg-type]
        finally:
            session.close()

    return wrapped


def exit_with(status: int) -> None:
    """End the command with a status of the contract."""
    sys.stdout.flush()
    raise click.exceptions.Exit(status)


def read_json_file(path: Path, what: str) -> Any:
    """A JSON file that somebody wrote.

    Raises:
        InvalidInput: it cannot be read; says where.
    """
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise InvalidInput(f"the {what} {path} does not exist") from error
    except (OSError, ValueError) as error:
        raise InvalidInput(f"the {what} {path} cannot be read: {error}") from error
