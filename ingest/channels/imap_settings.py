"""What an IMAP account is configured with.

Rules: secrets stand in files, an environment variable, or are printed by a command, never in the configuration;
without TLS no secret is sent but to this very host; a mailbox is the agency's (`imap_ownership`).
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.channels.imap_folders import INBOX, FolderChoice, is_pattern
from ingest.channels.imap_ownership import consumer_domain_of
from ingest.channels.imap_secrets import password_of
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable

_MEBIBYTE = 1024 * 1024
_LONGEST_NAME = 64  # the width of the column
_LONGEST_REASON = 500
_LONGEST_IDLE = 29 * 60.0  # RFC 2177: servers may log off who says nothing for 30 minutes


class TlsMode(StrEnum):
    """How the connection is protected: from its first byte (RFC 8314), by STARTTLS (RFC 9051 §6.2.1), or not."""

    IMPLICIT = "implicit"
    STARTTLS = "starttls"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapAccount:
    """One mailbox owner to poll. Sizes are bytes, times seconds.

    `name` names the account in this archive. One of `password_file`, `password_variable`, `token_file` and
    `token_command` (OAuth 2.0) is given. `folders` are names and patterns, `exclude` what patterns leave out. `mark`
    is the flag or keyword set on what was deposited, None to leave the mailbox untouched; `move_to` the folder that it
    is moved to after that. `custodian_id` is set where everything in the mailbox is one custodian's; otherwise
    submissions come in without one. `idle_seconds` is how long to wait for the server's word (RFC 2177) before the
    folders are looked at all the same, 0 to poll every `interval` only. `batch` is the number of mails between two
    savings of the cursor, `batch_size` the bytes fetched at once (what is larger is fetched in pieces), `max_size`
    the largest mail fetched at all.
    """

    name: str
    host: str
    username: str
    port: int = 993
    tls: TlsMode = TlsMode.IMPLICIT
    password_file: Path | None = None
    password_variable: str | None = None
    token_file: Path | None = None
    token_command: tuple[str, ...] = ()
    agency_owned: bool = False
    agency_owned_reason: str = ""
    folders: tuple[str, ...] = ("INBOX",)
    exclude: tuple[str, ...] = ()
    mark: str | None = "\\Seen"
    move_to: str | None = None
    custodian_id: str | None = None
    certificate_authority: Path | None = None
    interval: float = 60.0
    idle_seconds: float = _LONGEST_IDLE
    timeout: float = 60.0
    batch: int = 100
    batch_size: int = 8 * _MEBIBYTE
    max_size: int = 150 * _MEBIBYTE
    parallel_deposits: int = 8

    def __post_init__(self) -> None:
        """Refuse what could never work, would send a secret in the clear, or reads somebody's own mailbox."""
        if not self.name or len(self.name) > _LONGEST_NAME:
            raise InvalidInput("an IMAP account needs a name of at most 64 characters")
        self._check_secret()
        if self.tls is TlsMode.NONE and not _is_loopback(self.host):
            self._refuse("IMAP without TLS is only for this host; use implicit or starttls")
        if not self.username or not self.username.isprintable() or not self.host or not self.host.isprintable():
            self._refuse("an IMAP account needs a host and a user name, in printable characters")
        self._check_folders()
        if self.mark is not None and not _is_flag(self.mark):
            self._refuse("an IMAP mark is a keyword or a system flag such as \\Seen")
        counts = (self.batch, self.batch_size, self.max_size, self.parallel_deposits)
        if min(counts) < 1 or min(self.interval, self.timeout) <= 0:
            self._refuse("every limit of an IMAP account must be above zero")
        if not 0 <= self.idle_seconds <= _LONGEST_IDLE:
            self._refuse("an IMAP account waits for the server's word for at most 29 minutes")
        self._check_owner()

    def _refuse(self, sentence: str) -> None:
        raise InvalidInput(f"{sentence} (account {self.name})", account=self.name)

    def _check_secret(self) -> None:
        ways = (self.password_file, self.password_variable, self.token_file, self.token_command or None)
        if sum(way is not None for way in ways) != 1:
            self._refuse("an IMAP account needs one of password_file, token_file and token_command")
        if self.token_command and not Path(self.token_command[0]).is_absolute():
            self._refuse("the program of token_command is named by its absolute path")

    def _check_folders(self) -> None:
        names = (*self.folders, *self.exclude, *(() if self.move_to is None else (self.move_to,)))
        if not self.folders or any(not name or not name.isprintable() for name in names):
            self._refuse("an IMAP account needs folders with printable names")
        if self.move_to is not None and (is_pattern(self.move_to) or _same(self.move_to, self.folders)):
            self._refuse("an IMAP account moves mail to one folder, and to none that it reads")

    def _check_owner(self) -> None:
        domain = consumer_domain_of(self.username, self.host)
        reason = self.agency_owned_reason.strip()
        if self.agency_owned and (not reason or len(reason) > _LONGEST_REASON or not reason.isprintable()):
            self._refuse("agency_owned needs agency_owned_reason, one line of at most 500 characters")
        if domain is not None and not self.agency_owned:
            self._refuse(
                f"{domain} is where people have mailboxes of their own, and only the agency's are polled; employees "
                "forward instead. If the agency owns this one, set agency_owned = true and agency_owned_reason "
                "(--agency-owned and --reason)"
            )

    @property
    def uses_token(self) -> bool:
        """Whether it signs in with an access token."""
        return self.token_file is not None or bool(self.token_command)

    @property
    def choice(self) -> FolderChoice:
        """The folders to read; never the one that mail is moved to."""
        moved = () if self.move_to is None else (self.move_to,)
        return FolderChoice(wanted=self.folders, excluded=(*self.exclude, *moved))

    def mailbox(self, folder: str) -> str:
        """The mailbox's key in the cursor table: another host, user or folder is another mailbox."""
        place = "\0".join((self.name, self.host.casefold(), str(self.port), self.username, folder))
        return hashlib.sha256(place.encode()).hexdigest()

    def password(self) -> str:
        """Read the password; each time anew, so that a changed one is taken up.

        Raises:
            InvalidInput: file or variable is absent or is no password.
        """
        return password_of(self.password_file, self.password_variable, self.name)


def _same(name: str, names: Iterable[str]) -> bool:
    folded = INBOX if name.casefold() == INBOX.casefold() else name
    return folded in {INBOX if one.casefold() == INBOX.casefold() else one for one in names}


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.casefold() == "localhost"


def _is_flag(mark: str) -> bool:
    """An atom, perhaps after a backslash (RFC 9051 §9, flag)."""
    atom = mark.removeprefix("\\")
    return bool(atom) and atom.isascii() and all(sign.isalnum() or sign in "$_-." for sign in atom)
