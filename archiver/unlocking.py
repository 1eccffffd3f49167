"""How a program comes to the keys: a passphrase from the environment, a file or a prompt, or its parent's pipe.

Rule: a secret is never an argument, and the program makes itself non-dumpable before it reads one.
"""

from __future__ import annotations

import getpass
import os
import sys
from typing import TYPE_CHECKING

from storage.errors import InvalidInput, NotFound
from storage.keys import Keyring, Secret, SlotKind, unlock, unlock_with_master
from storage.sealing import KEY_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PASSPHRASE_VARIABLE = "ARCHIVER_PASSPHRASE"
SHORTEST_PASSPHRASE = 8


def read_secret_file(path: Path, what: str) -> bytes:
    """The first line of a file that holds a secret.

    Raises:
        NotFound: no such file.
        InvalidInput: it is empty or not readable.
    """
    try:
        content = path.read_bytes().split(b"\n", 1)[0].strip()
    except FileNotFoundError as error:
        raise NotFound(f"the {what} file {path} does not exist") from error
    except OSError as error:
        raise InvalidInput(f"the {what} file {path} cannot be read: {error.strerror}") from error
    if not content:
        raise InvalidInput(f"the {what} file {path} is empty")
    return content


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
        raise InvalidInput(f"no passphrase: set {PASSPHRASE_VARIABLE} or give --passphrase-file FILE")
    typed = getpass.getpass("Passphrase of the archive: ")
    if confirm and getpass.getpass("The same again: ") != typed:
        raise InvalidInput("the two passphrases differ")
    return Secret(kind=SlotKind.PASSPHRASE, content=typed.encode())


def unlock_folder(folder: Path, path: Path | None, environment: Mapping[str, str]) -> Keyring:
    """Open an archive's keys for a command."""
    if not (folder / "keys" / "slots.json").exists():
        raise NotFound(f"there is no archive in {folder}; make one with: archiver init --data {folder}")
    return unlock(folder / "keys", find_passphrase(path, environment))


def unlock_from_parent(folder: Path) -> Keyring:
    """Open the keys with the master key that the parent wrote to our standard input."""
    master = b""
    while len(master) < KEY_BYTES:
        piece = os.read(0, KEY_BYTES - len(master))
        if not piece:
            raise InvalidInput("this command is started by `archiver serve` and `archiver ingest` only")
        master += piece
    return unlock_with_master(folder / "keys", master)
