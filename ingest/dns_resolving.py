"""The resolver of the product: dnspython, with the servers of the settings or those of this machine.

Rule: this is the only file that knows dnspython, and it runs where the network is, never in the reader. What an
answer holds is taken as text and not looked at: it goes to the sandboxed reader with the mail. DNSSEC is left to the
server that is asked; what it did not refuse counts as answered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import dns.exception
import dns.nameserver
import dns.rdatatype
import dns.resolver

from ingest.dns import split_server
from storage.provenance import DnsAnswer, DnsKind, DnsStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dns.rdata import Rdata


class NetworkResolver:
    """A `Resolver` that asks servers; safe for threads.

    Args:
        servers: addresses, each with ``:port`` or ``[address]:port`` where it is not 53; empty for this machine's own.
        timeout: seconds that one question may take altogether.
    """

    def __init__(self, *, servers: Sequence[str] = (), timeout: float = 4.0) -> None:
        self._resolver: dns.resolver.Resolver | None
        try:
            self._resolver = dns.resolver.Resolver(configure=not servers)
        except dns.exception.DNSException:
            self._resolver = None  # this machine names no server
            return
        if servers:
            places = [split_server(one) for one in servers]
            self._resolver.nameservers = [dns.nameserver.Do53Nameserver(address, port) for address, port in places]
        self._resolver.cache = None
        self._resolver.lifetime = timeout
        self._resolver.timeout = timeout / 2

    @property
    def servers(self) -> tuple[str, ...]:
        """Who is asked, for people."""
        return () if self._resolver is None else tuple(str(one) for one in self._resolver.nameservers)

    def query(self, name: str, kind: DnsKind) -> DnsAnswer:
        """The answer to one question; see `ingest.dns.Resolver`."""
        if self._resolver is None:
            return DnsAnswer(name=name, kind=kind, status=DnsStatus.UNAVAILABLE)
        try:
            found = self._resolver.resolve(f"{name}.", kind.value, search=False, raise_on_no_answer=False)
        except dns.resolver.NXDOMAIN:
            return DnsAnswer(name=name, kind=kind, status=DnsStatus.NXDOMAIN)
        except dns.resolver.NoNameservers as error:
            return DnsAnswer(name=name, kind=kind, status=_failed(error))
        except (dns.exception.DNSException, OSError, ValueError):
            return DnsAnswer(name=name, kind=kind, status=DnsStatus.UNAVAILABLE)
        values = () if found.rrset is None else tuple(_text(one, kind) for one in found.rrset)
        return DnsAnswer(name=name, kind=kind, status=DnsStatus.OK if values else DnsStatus.EMPTY, values=values)


def _failed(error: dns.resolver.NoNameservers) -> DnsStatus:
    """Whether servers said that they fail (RFC 1035 §4.1.1, SERVFAIL), or nobody could be asked."""
    tried = error.kwargs.get("errors") or ()
    said = any(len(one) > 4 and one[4] is not None for one in tried)  # noqa: PLR2004 - the response stands fifth
    return DnsStatus.TEMPFAIL if said else DnsStatus.UNAVAILABLE


def _text(one: Rdata, kind: DnsKind) -> str:
    if kind is DnsKind.TXT:
        return b"".join(one.strings).decode("latin-1")  # type: ignore[attr-defined]  # of TXT records
    return one.to_text().removesuffix(".").lower()
