"""Who may sign in to send mail (SMTP AUTH, RFC 4954), by PLAIN (RFC 4616) or LOGIN; knows no socket.

Rules:

- the file of users has a line ``name:hash`` for each, the hash of Argon2id (RFC 9106) in its own notation; passwords
  stand nowhere, and neither names nor passwords are ever logged;
- an unknown name costs the same work as a wrong password, so that the time of an answer tells no names;
- what the client says is bounded, and anything that is not what the mechanism demands is a refusal.

Signing in opens nothing but MAIL: the recipients of the allow-list stay the only ones.
"""

from __future__ import annotations

import binascii
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path

_LARGEST_FILE = 1 << 20
_LONGEST_NAME = 255
_LONGEST_PASSWORD = 1024
_LARGEST_MEMORY_KIB = 1 << 20
_SALT_LETTERS, _HASH_LETTERS = 22, 43  # 16 and 32 bytes in base64 without padding
MECHANISMS = ("PLAIN", "LOGIN")
UNDECODABLE = "501 5.5.2 This is not base64"
CANCELLED = "501 5.7.0 Signing in was cancelled"
UNKNOWN_MECHANISM = "504 5.5.4 Only PLAIN and LOGIN are known here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a client signs in with."""

    name: str
    password: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Accounts:
    """The users of a file, by name."""

    hashes: Mapping[str, str] = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> Accounts:
        """Read the file of users.

        Raises:
            InvalidInput: it cannot be read, others than its owner and group may, or a line is none; says which line.
        """
        try:
            status = path.stat()
            content = path.read_bytes()[: _LARGEST_FILE + 1] if status.st_size <= _LARGEST_FILE else b""
            text = content.decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInput(f"the file of mail users {path} cannot be read; check its path and rights") from error
        if status.st_size > _LARGEST_FILE:
            raise InvalidInput(f"the file of mail users {path} is larger than {_LARGEST_FILE:,} bytes")
        if status.st_mode & (stat.S_IROTH | stat.S_IWOTH | stat.S_IWGRP):
            raise InvalidInput(f"the file of mail users {path} may be read or written by others; run: chmod 640 {path}")
        hashes: dict[str, str] = {}
        for number, line in enumerate(text.splitlines(), start=1):
            if not line.strip() or line.startswith("#"):
                continue
            name, colon, hashed = line.strip().partition(":")
            if not (name and colon) or len(name) > _LONGEST_NAME or not _is_acceptable(hashed):
                made = "make lines with: archiver smtp user NAME"
                raise InvalidInput(f"line {number} of the file of mail users {path} is not name:hash; {made}")
            if name in hashes:
                raise InvalidInput(f"line {number} of the file of mail users {path} names a user twice")
            hashes[name] = hashed
        return cls(hashes)

    def admits(self, credentials: Credentials) -> bool:
        """Whether name and password are right; blocks for the time of one Argon2, whoever it is."""
        hashed = self.hashes.get(credentials.name)
        right = _verify(hashed if hashed is not None else next(iter(self.hashes.values()), _NOBODY), credentials)
        return right and hashed is not None


_HASHER = PasswordHasher()
# of no password, written out and not computed: whatever imports this module would pay for it
_NOBODY = (
    f"$argon2id$v=19$m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}"
    f"${'A' * _SALT_LETTERS}${'A' * _HASH_LETTERS}"
)


def line_for(name: str, password: bytes) -> str:
    """A line of the file of users.

    Raises:
        InvalidInput: the name or the password cannot be one.
    """
    if not name or ":" in name or name.startswith("#") or len(name) > _LONGEST_NAME or not name.isprintable():
        raise InvalidInput("this is no name for a mail user; take printable letters without a colon")
    if not 8 <= len(password) <= _LONGEST_PASSWORD or b"\0" in password:  # noqa: PLR2004 - as for passphrases
        raise InvalidInput("the password needs 8 to 1024 bytes, without a zero byte")
    return f"{name}:{_HASHER.hash(password)}"


def _is_acceptable(hashed: str) -> bool:
    """Whether it is an Argon2id hash whose check takes less than a gibibyte."""
    if not hashed.startswith("$argon2id$"):
        return False
    try:
        return extract_parameters(hashed).memory_cost <= _LARGEST_MEMORY_KIB
    except (InvalidHashError, ValueError):
        return False


def _verify(hashed: str, credentials: Credentials) -> bool:
    try:
        return _HASHER.verify(hashed, credentials.password)
    except (VerificationError, InvalidHashError):
        return False


async def converse(arg: str, ask: Callable[[str], Awaitable[bytes | None]]) -> Credentials | str:
    """Ask a client for its credentials.

    Args:
        arg: what followed AUTH: the mechanism, perhaps an initial response (RFC 4954 §4).
        ask: sends a challenge (plain text) and gives the client's line, None where it was too long.

    Returns:
        the credentials, or the reply that refuses them.
    """
    words = arg.split()
    if not words or len(words) > 2:  # noqa: PLR2004 - a mechanism and an initial response
        return "501 5.5.4 Syntax: AUTH mechanism [initial-response]"
    mechanism, initial = words[0].upper(), words[1].encode() if len(words) > 1 else None
    if mechanism == "PLAIN":
        answer = _decoded(initial if initial is not None else await ask(""))
        return answer if isinstance(answer, str) else _plain(answer)
    if mechanism == "LOGIN":
        name = _decoded(initial if initial is not None else await ask("Username:"))
        if isinstance(name, str):
            return name
        password = _decoded(await ask("Password:"))
        return password if isinstance(password, str) else _credentials(name, password)
    return UNKNOWN_MECHANISM


def _decoded(line: bytes | None) -> bytes | str:
    if line is None:
        return "500 5.5.6 The line is too long"  # RFC 4954 §6
    if line == b"*":
        return CANCELLED
    try:
        return b"" if line == b"=" else binascii.a2b_base64(line, strict_mode=True)
    except (binascii.Error, ValueError):
        return UNDECODABLE


def _plain(answer: bytes) -> Credentials | str:
    """``authzid NUL authcid NUL passwd`` (RFC 4616 §2); nobody may act for another."""
    parts = answer.split(b"\0")
    if len(parts) != 3 or (parts[0] and parts[0] != parts[1]):  # noqa: PLR2004 - as above
        return "501 5.5.2 This is not what PLAIN demands"
    return _credentials(parts[1], parts[2])


def _credentials(name: bytes, password: bytes) -> Credentials | str:
    try:
        text = name.decode("utf-8")
    except UnicodeDecodeError:
        return "501 5.5.2 The name is not UTF-8"
    if not text or not password or len(text) > _LONGEST_NAME or len(password) > _LONGEST_PASSWORD:
        return "501 5.5.2 Name and password are needed"
    return Credentials(name=text, password=password)
