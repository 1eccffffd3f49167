"""What an IMAP account is configured with.

Rule: the password stands in a file or an environment variable, never in the configuration; without TLS no
password is sent but to this very host.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from storage.errors import InvalidInput

if TYPE_CHECKING:
    from pathlib import Path

_MEBIBYTE = 1024 * 1024
_MAX_PASSWORD = 4096


class TlsMode(StrEnum):
    """How the connection is protected: from its first byte (RFC 8314), by STARTTLS (RFC 9051 §6.2.1), or not."""

    IMPLICIT = "implicit"
    STARTTLS = "starttls"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapAccount:
    """One mailbox owner to poll. Sizes are bytes, times seconds.

    `name` names the account in this archive. `mark` is the flag or keyword set on what was deposited, None to
    leave the mailbox untouched. `custodian_id` is set where everything in the mailbox is one custodian's;
    otherwise submissions come in without one. `batch` is the number of mails between two savings of the
    cursor, `batch_size` the bytes fetched at once, `max_size` the largest mail fetched at all.
    """

    name: str
    host: str
    username: str
    port: int = 993
    tls: TlsMode = TlsMode.IMPLICIT
    password_file: Path | None = None
    password_variable: str | None = None
    folders: tuple[str, ...] = ("INBOX",)
    mark: str | None = "\\Seen"
    custodian_id: str | None = None
    certificate_authority: Path | None = None
    interval: float = 60.0
    timeout: float = 60.0
    batch: int = 100
    batch_size: int = 8 * _MEBIBYTE
    max_size: int = 50 * _MEBIBYTE
    parallel_deposits: int = 8

    def __post_init__(self) -> None:
        """Refuse what could never work, or would send a password in the clear."""
        if not self.name or len(self.name) > 64:  # noqa: PLR2004 - the width of the column
            raise InvalidInput("an IMAP account needs a name of at most 64 characters")
        if (self.password_file is None) == (self.password_variable is None):
            raise InvalidInput("an IMAP account needs either a password file or a password variable", account=self.name)
        if self.tls is TlsMode.NONE and not _is_loopback(self.host):
            raise InvalidInput("IMAP without TLS is only for this host; use implicit or starttls", account=self.name)
        if not self.folders or any(not folder or not folder.isprintable() for folder in self.folders):
            raise InvalidInput("an IMAP account needs folders with printable names", account=self.name)
        if self.mark is not None and not _is_flag(self.mark):
            raise InvalidInput("an IMAP mark is a keyword or a system flag such as \\Seen", account=self.name)
        counts = (self.batch, self.batch_size, self.max_size, self.parallel_deposits)
        if min(counts) < 1 or min(self.interval, self.timeout) <= 0:
            raise InvalidInput("every limit of an IMAP account must be above zero", account=self.name)

    def mailbox(self, folder: str) -> str:
        """The mailbox's key in the cursor table: another host, user or folder is another mailbox."""
        place = "\0".join((self.name, self.host.casefold(), str(self.port), self.username, folder))
        return hashlib.sha256(place.encode()).hexdigest()

    def password(self) -> str:
        """Read the password; each time anew, so that a changed one is taken up.

        Raises:
            InvalidInput: file or variable is absent or is no password.
        """
        if self.password_file is not None:
            try:
                with self.password_file.open("rb") as file:
                    secret = file.read(_MAX_PASSWORD + 1).decode()
            except (OSError, UnicodeDecodeError) as error:
                raise InvalidInput("the IMAP password file cannot be read", account=self.name) from error
        else:
            secret = os.environ.get(self.password_variable or "", "")
        secret = secret.rstrip("\r\n")
        if not secret or len(secret) > _MAX_PASSWORD or any(mark in secret for mark in "\r\n\0"):
            raise InvalidInput("the IMAP password is missing, or is no single line", account=self.name)
        return secret


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.casefold() == "localhost"


def _is_flag(mark: str) -> bool:
    """An atom, perhaps after a backslash (RFC 9051 §9, flag)."""
    atom = mark.removeprefix("\\")
    return bool(atom) and atom.isascii() and all(sign.isalnum() or sign in "$_-." for sign in atom)
