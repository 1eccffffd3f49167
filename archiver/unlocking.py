"""How a program comes to the keys: a passphrase or key file from options, environment or a prompt, or a pipe.

Rule: a secret is never an argument, and the program makes itself non-dumpable before it reads one.
"""

from __future__ import annotations

import getpass
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from storage.errors import InvalidInput, NotFound
from storage.keys import Keyring, Secret, SlotKind, unlock
from storage.sealing import KEY_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping

PASSPHRASE_VARIABLE = "ARCHIVER_PASSPHRASE"
NEW_PASSPHRASE_VARIABLE = "ARCHIVER_NEW_PASSPHRASE"
KEY_FILE_VARIABLE = "ARCHIVER_KEY_FILE"
TOKEN_VARIABLE = "ARCHIVER_TOKEN"
SECRET_VARIABLES = frozenset({PASSPHRASE_VARIABLE, NEW_PASSPHRASE_VARIABLE, KEY_FILE_VARIABLE, TOKEN_VARIABLE})
"""What no program that we start may inherit: workers get the master key through a pipe, and nothing else."""
SHORTEST_PASSPHRASE = 8
SMALLEST_KEY_FILE = 32
_LARGEST_KEY_FILE = 1 << 20
_LARGEST_SECRET_FILE = 1 << 16


def read_secret_file(path: Path, what: str) -> bytes:
    """The first line of a file that holds a secret.

    Raises:
        NotFound: no such file.
        InvalidInput: it is empty, too large or not readable.
    """
    content = _read_bounded(path, what, _LARGEST_SECRET_FILE).split(b"\n", 1)[0].strip()
    if not content:
        raise InvalidInput(f"the {what} file {path} is empty")
    return content


def _read_bounded(path: Path, what: str, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except FileNotFoundError as error:
        raise NotFound(f"the {what} file {path} does not exist") from error
    except OSError as error:
        raise InvalidInput(f"the {what} file {path} cannot be read: {error.strerror}") from error
    if len(content) > most:
        raise InvalidInput(f"the {what} file {path} is larger than {most:,} bytes; is it the right one?")
    return content


def read_key_file(path: Path) -> Secret:
    """A key file: every byte of it counts.

    Raises:
        NotFound: no such file.
        InvalidInput: it is too short, too large or not readable.
    """
    content = _read_bounded(path, "key", _LARGEST_KEY_FILE)
    if len(content) < SMALLEST_KEY_FILE:
        raise InvalidInput(
            f"the key file {path} has {len(content)} bytes; take {SMALLEST_KEY_FILE} random ones or more, "
            f"such as: head -c 64 /dev/urandom > FILE"
        )
    return Secret(kind=SlotKind.KEY_FILE, content=content)


def find_passphrase(path: Path | None, environment: Mapping[str, str], *, confirm: bool = False) -> Secret:
    """The passphrase from where it is given, in the order file, environment, prompt.

    Raises:
        InvalidInput: none is given and nobody can be asked.
    """
    if path is not None:
        return Secret(kind=SlotKind.PASSPHRASE, content=read_secret_file(path, "passphrase"))
    given = environment.get(PASSPHRASE_VARIABLE)
    if given:
        return Secret(kind=SlotKind.PASSPHRASE, content=given.encode())
    if not sys.stdin.isatty():
        raise InvalidInput(
            f"no passphrase: set {PASSPHRASE_VARIABLE} or give --passphrase-file FILE (or --key-file FILE)"
        )
    return _ask("Passphrase of the archive: ", confirm=confirm)


def _ask(question: str, *, confirm: bool) -> Secret:
    typed = getpass.getpass(question)
    if confirm and getpass.getpass("The same again: ") != typed:
        raise InvalidInput("the two passphrases differ")
    return Secret(kind=SlotKind.PASSPHRASE, content=typed.encode())


def find_new_passphrase(path: Path | None, environment: Mapping[str, str]) -> Secret:
    """The passphrase of a new slot, from a file, the environment, or a prompt that asks twice.

    Raises:
        InvalidInput: none is given and nobody can be asked, or it is too short.
    """
    given = environment.get(NEW_PASSPHRASE_VARIABLE)
    if path is not None:
        secret = Secret(kind=SlotKind.PASSPHRASE, content=read_secret_file(path, "new passphrase"))
    elif given:
        secret = Secret(kind=SlotKind.PASSPHRASE, content=given.encode())
    elif sys.stdin.isatty():
        secret = _ask("New passphrase: ", confirm=True)
    else:
        raise InvalidInput(f"no new passphrase: set {NEW_PASSPHRASE_VARIABLE} or give --new-passphrase-file FILE")
    check_length(secret)
    return secret


def check_length(passphrase: Secret) -> None:
    """Refuse a passphrase that is guessed in no time.

    Raises:
        InvalidInput: it is too short.
    """
    if len(passphrase.content) < SHORTEST_PASSPHRASE:
        raise InvalidInput(f"the passphrase has fewer than {SHORTEST_PASSPHRASE} characters; choose a longer one")


def find_secret(path: Path | None, key_file: Path | None, environment: Mapping[str, str]) -> Secret:
    """What opens the archive: what the command names, else the environment's, else a prompt's.

    Raises:
        InvalidInput: two are named, or none and nobody can be asked.
    """
    if key_file is not None and path is not None:
        raise InvalidInput("give --passphrase-file or --key-file, not both: one secret opens the archive")
    if key_file is not None:
        return read_key_file(key_file)
    named = environment.get(KEY_FILE_VARIABLE)
    if named and path is None and not environment.get(PASSPHRASE_VARIABLE):
        return read_key_file(Path(named))
    return find_passphrase(path, environment)


def unlock_folder(
    folder: Path, path: Path | None, environment: Mapping[str, str], *, key_file: Path | None = None
) -> Keyring:
    """Open an archive's keys for a command.

    Args:
        folder: the archive.
        path: the passphrase file that the command names.
        environment: may name a passphrase or a key file.
        key_file: the key file that the command names.

    Raises:
        NotFound: no archive there, or no such file.
        InvalidInput: no usable secret is given.
        Denied: it opens no slot.
    """
    if not (folder / "keys" / "slots.json").exists():
        if (folder / "archive.db").exists():
            raise NotFound(f"{folder} has a database and no keys/slots.json; restore that file from a copy of keys/")
        raise NotFound(
            f"there is no archive in {folder}; make one with: archiver init --data {shlex.quote(str(folder))}"
        )
    return unlock(folder / "keys", find_secret(path, key_file, environment))


def master_from_parent() -> bytes:
    """The master key that the parent wrote to our standard input."""
    master = b""
    while len(master) < KEY_BYTES:
        piece = os.read(0, KEY_BYTES - len(master))
        if not piece:
            raise InvalidInput("this command is started by `archiver serve` and `archiver ingest` only")
        master += piece
    return master
