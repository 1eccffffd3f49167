"""What an SMTP acceptor is told, and what it may spend: connections and memory.

Rule: every limit ends in a temporary answer (421, 452) while the fault is load, and in a permanent one (552,
500) only where the same mail could never be taken. All limits hold for one acceptor process.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage.errors import InvalidInput

if TYPE_CHECKING:
    from pathlib import Path

_MEBIBYTE = 1024 * 1024
_HOSTNAME = re.compile(r"[A-Za-z0-9.\-_:\[\]]{1,255}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """How one acceptor receives. Sizes are bytes, times seconds.

    `max_size` is announced as SIZE (RFC 1870) and counts the mail without dot-stuffing; `max_line` is the
    longest line taken as it is. `max_buffered` bounds the bytes of all mails being received at once. `timeout`
    is the longest silence of a client (RFC 5321 §4.5.3.2.7 asks for 300), `data_deadline` the longest that one
    DATA may take however busy, `drain_deadline` the longest that a stopping acceptor waits for a running DATA.
    `aliases` are pairs of a recipient address and the custodian's address. `deposit_threads` bounds how many
    deposits can share one commit.
    """

    hostname: str
    intake_addresses: tuple[str, ...]
    intake_domains: tuple[str, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    max_size: int = 50 * _MEBIBYTE
    max_line: int = 1_000_000
    max_connections: int = 200
    max_connections_per_peer: int = 50
    max_buffered: int = 256 * _MEBIBYTE
    max_recipients: int = 100
    timeout: float = 300.0
    data_deadline: float = 1800.0
    drain_deadline: float = 30.0
    deposit_threads: int = 32
    certificate: Path | None = None
    certificate_key: Path | None = None

    def __post_init__(self) -> None:
        """Refuse what could never work, at start and not at the first mail."""
        if _HOSTNAME.fullmatch(self.hostname) is None:
            raise InvalidInput("the SMTP host name is not a host name; write it like archive.agency.example")
        if not (self.intake_addresses or self.intake_domains or self.aliases):
            raise InvalidInput("SMTP needs an intake address, an intake domain or an alias; without it all is refused")
        counts = (
            self.max_size,
            self.max_line,
            self.max_connections,
            self.max_connections_per_peer,
            self.max_recipients,
            self.deposit_threads,
        )
        if min(counts) < 1 or min(self.timeout, self.data_deadline, self.drain_deadline) <= 0:
            raise InvalidInput("every SMTP limit must be above zero")
        if self.max_buffered < self.max_size:
            raise InvalidInput("max_buffered is below max_size: the largest mail allowed could never be received")
        if (self.certificate is None) != (self.certificate_key is None):
            raise InvalidInput("STARTTLS needs both certificate and certificate_key")


class Allowance:
    """What the sessions of one acceptor share; used from the event loop only, so it needs no lock."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings
        self._peers: Counter[str] = Counter()
        self.connections = 0
        self.buffered = 0
        self.most_buffered = 0

    def admit(self, peer: str) -> bool:
        """Count a connection in, or say that there are too many; each admitted one must `leave`."""
        if self.connections >= self._settings.max_connections:
            return False
        if self._peers[peer] >= self._settings.max_connections_per_peer:
            return False
        self.connections += 1
        self._peers[peer] += 1
        return True

    def leave(self, peer: str) -> None:
        """Count an admitted connection out."""
        self.connections -= 1
        self._peers[peer] -= 1
        if self._peers[peer] <= 0:
            del self._peers[peer]

    def reserve(self, size: int) -> bool:
        """Take memory for `size` more bytes of mail, or say that there is none; each byte must be released."""
        if self.buffered + size > self._settings.max_buffered:
            return False
        self.buffered += size
        self.most_buffered = max(self.most_buffered, self.buffered)
        return True

    def release(self, size: int) -> None:
        """Give memory back."""
        self.buffered -= size
