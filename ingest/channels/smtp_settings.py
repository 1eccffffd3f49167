"""What an acceptor of mail (SMTP or LMTP) is told.

Rule: every limit ends in a temporary answer (421, 451, 452) while the fault is load, and in a permanent one (552,
554, 500) only where the same mail could never be taken. All limits hold for one acceptor process.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from storage.errors import InvalidInput
from storage.records import Channel

if TYPE_CHECKING:
    from pathlib import Path

_MEBIBYTE = 1024 * 1024
_HOSTNAME = re.compile(r"[A-Za-z0-9.\-_:\[\]]{1,255}")
LOCAL_PEER = "local"


class Oddity(StrEnum):
    """What is done with a mail that has bytes which RFC 5321 §2.3.8 and RFC 5322 §2.1 do not allow; never a change."""

    KEEP = "keep"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """How one acceptor receives. Sizes are bytes, times seconds.

    `channel` is SMTP, or LMTP for a mail server of this machine (RFC 2033). `max_size` is announced as SIZE
    (RFC 1870) and counts the mail without dot-stuffing; `max_line` is the longest line taken as it is;
    `bare_line_ends` and `nul_bytes` say whether a mail with a CR or LF alone, or with a zero byte, is taken.
    `max_buffered` bounds the bytes of all mails being received at once. `timeout` is the longest silence of a client
    (RFC 5321 §4.5.3.2.7 asks for 300), `data_deadline` the longest that one DATA may take however busy,
    `idle_deadline` the longest that a connection may last without a mail, `drain_deadline` the longest that a
    stopping acceptor waits for a running DATA. `mails_per_minute` and `mails_per_minute_per_peer` are 0 for no limit;
    `max_errors` permanent refusals end a connection. `aliases` are pairs of a recipient address and the custodian's
    address. `deposit_threads` bounds how many deposits can share one commit. `users_file` names who may sign in
    (see `ingest.channels.smtp_accounts`), `auth_required` that one must. `journal_recipients` are addresses that get
    Exchange's journal reports, from `journal_peers` only (addresses or networks, ``local`` for a Unix socket).
    """

    hostname: str
    intake_addresses: tuple[str, ...]
    intake_domains: tuple[str, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    channel: Channel = Channel.SMTP
    max_size: int = 50 * _MEBIBYTE
    max_line: int = 1_000_000
    bare_line_ends: Oddity = Oddity.KEEP
    nul_bytes: Oddity = Oddity.KEEP
    max_connections: int = 200
    max_connections_per_peer: int = 50
    max_buffered: int = 256 * _MEBIBYTE
    max_recipients: int = 100
    max_errors: int = 100
    mails_per_minute: int = 0
    mails_per_minute_per_peer: int = 0
    timeout: float = 300.0
    data_deadline: float = 1800.0
    idle_deadline: float = 1800.0
    drain_deadline: float = 30.0
    deposit_threads: int = 32
    certificate: Path | None = None
    certificate_key: Path | None = None
    users_file: Path | None = None
    auth_required: bool = False
    journal_recipients: tuple[str, ...] = ()
    journal_peers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what could never work, at start and not at the first mail."""
        if _HOSTNAME.fullmatch(self.hostname) is None:
            raise InvalidInput("the SMTP host name is not a host name; write it like archive.agency.example")
        if self.channel not in (Channel.SMTP, Channel.LMTP):
            raise InvalidInput("mail is received by SMTP or by LMTP")
        if not (self.intake_addresses or self.intake_domains or self.aliases or self.journal_recipients):
            raise InvalidInput("SMTP needs an intake address, an intake domain or an alias; without it all is refused")
        counts = (
            self.max_size,
            self.max_line,
            self.max_connections,
            self.max_connections_per_peer,
            self.max_recipients,
            self.max_errors,
            self.deposit_threads,
        )
        times = (self.timeout, self.data_deadline, self.idle_deadline, self.drain_deadline)
        if min(counts) < 1 or min(times) <= 0 or min(self.mails_per_minute, self.mails_per_minute_per_peer) < 0:
            raise InvalidInput("every SMTP limit must be above zero")
        if self.max_buffered < self.max_size:
            raise InvalidInput("max_buffered is below max_size: the largest mail allowed could never be received")
        self._check_trust()

    def _check_trust(self) -> None:
        if (self.certificate is None) != (self.certificate_key is None):
            raise InvalidInput("STARTTLS needs both certificate and certificate_key")
        if self.users_file is not None and self.certificate is None:
            raise InvalidInput("users can only sign in over TLS: set a certificate and its key, too")
        if self.auth_required and self.users_file is None:
            raise InvalidInput("auth_required needs a file of users who may sign in")
        if self.journal_recipients and not self.journal_peers:
            raise InvalidInput("journal_recipients needs journal_peers: the addresses of the servers that send reports")
        networks_of(self.journal_peers)


Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def networks_of(peers: tuple[str, ...]) -> tuple[Network, ...]:
    """The networks among these peers; a single address is a network of one.

    Raises:
        InvalidInput: one of them is neither an address, nor a network, nor ``local``.
    """
    try:
        return tuple(ipaddress.ip_network(one) for one in peers if one != LOCAL_PEER)
    except ValueError as error:
        raise InvalidInput("a journal peer is not an IP address or network; write it like 192.0.2.0/24") from error


def is_among(peer: str, peers: tuple[str, ...]) -> bool:
    """Whether a peer's address is one of these, or in one of these networks."""
    if peer == LOCAL_PEER:
        return LOCAL_PEER in peers
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in networks_of(peers))
