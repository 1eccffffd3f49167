"""From the settings of [dns] to who asks the DNS, and to a line on whether anybody answers.

Rule: without a DNS every mail is archived as ever; what could not be checked is recorded as that, and not as a
failure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.dns_asking import Asker
from storage.provenance import DnsKind, DnsStatus

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from archiver.settings_sections import DnsSection
    from ingest.dns_resolving import NetworkResolver

_PROBE = "example.com"  # reserved for such use (RFC 2606 §3), and always there


def asker_of(section: DnsSection, clock: Callable[[], datetime]) -> Asker | None:
    """Who asks the DNS for the examiner; None where the settings say that nobody is asked."""
    if not section.enabled:
        return None
    return Asker(_resolver_of(section), clock=clock)


def look_at_dns(section: DnsSection) -> tuple[bool, str]:
    """Whether the DNS answers, and a sentence on it for people."""
    if not section.enabled:
        return False, "not asked; signatures of mail stay unchecked and no record is graded A: set enabled in [dns]"
    resolver = _resolver_of(section)
    asked = ", ".join(resolver.servers) or "this machine names no server"
    status = resolver.query(_PROBE, DnsKind.TXT).status
    if status is DnsStatus.NXDOMAIN:
        detail = f"{asked} does not know the names of the internet; signatures of mail stay unchecked"
        return False, f"{detail}: set servers in [dns], or enabled = false"
    if status in (DnsStatus.UNAVAILABLE, DnsStatus.TEMPFAIL):
        detail = f"no answer ({asked}); signatures of mail stay unchecked and no record is graded A"
        return False, f"{detail}: set servers in [dns], or enabled = false"
    return True, f"answers ({asked}); signatures of mail are checked"


def _resolver_of(section: DnsSection) -> NetworkResolver:
    from ingest.dns_resolving import NetworkResolver  # noqa: PLC0415 - only who asks pays for the library

    return NetworkResolver(servers=section.servers, timeout=section.timeout)
