"""Whether a stranger is who he says, before the archive writes to him.

Rule: only a check that passed counts, by the domain of the mail's own From address: SPF of our own receiver's session
or a DKIM signature, aligned as RFC 7489 §3.1 has it. The mail is read and checked like any other: in the sandboxed
child, with DNS answers that were really given (`ingest.authenticity_rounds`). Without a DNS nobody is proved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archiver.dns_wiring import asker_of
from ingest.authenticity_domains import are_aligned
from ingest.authenticity_rounds import complete
from ingest.envelopes import arrival_of
from ingest.sandbox import email_reading
from storage.errors import ArchiveError, TemporarilyUnavailable
from storage.provenance import CheckedMessage, CheckMethod, Verdict
from storage.records import Description

if TYPE_CHECKING:
    from archiver.wiring import Installation
    from ingest.dns_asking import Asker
    from storage.provenance import Authenticity, Check
    from storage.records import Submission
    from storage.submissions import SealedEnvelope

_LARGEST = 4 << 20  # of a stranger's mail that is read twice


class CheckedSender:
    """Says of a submission whether an address is its sender's; it reads the mail once more for that."""

    def __init__(self, installation: Installation, asker: Asker | None = None) -> None:
        self._installation = installation
        self._asker = asker or asker_of(installation.settings.dns, installation.archive.store.clock)

    def __call__(self, submission: Submission, envelope: SealedEnvelope, address: str) -> bool:
        """Whether it is proved; False where nothing can be checked."""
        if self._asker is None or submission.size > _LARGEST:
            return False
        archive = self._installation.archive
        try:
            with archive.store.read() as connection:
                content = archive.submissions.locate(connection, submission.id)
            whole = content.read()
        except TemporarilyUnavailable:
            raise
        except ArchiveError:
            return False
        request = email_reading(whole, arrival_of(submission, envelope.envelope).options())
        with self._installation.reader() as reader:
            read = reader.read_many([request])
            (weighed,) = complete(reader, self._asker, [request], read, archive.store.clock())
        if not isinstance(weighed, Description) or weighed.carrier is None or weighed.carrier.sender is None:
            return False
        stated = weighed.carrier.sender.address
        return stated is not None and stated.casefold() == address and is_proved(weighed.authenticity, address)


def is_proved(authenticity: Authenticity | None, address: str) -> bool:
    """Whether the mail passed DMARC, or would if its domain had a policy (relaxed, RFC 7489 §3.1); pure."""
    if authenticity is None:
        return False
    checks = [one for one in authenticity.checks if one.message is CheckedMessage.CARRIER]
    policies = {one.verdict for one in checks if one.method is CheckMethod.DMARC}
    if policies != {Verdict.NONE}:  # none: the author is clear, and his domain states no policy
        return policies == {Verdict.PASS}
    domain = address.rpartition("@")[2]
    return any(_vouches(one, domain) for one in checks if one.verdict is Verdict.PASS)


def _vouches(passed: Check, domain: str) -> bool:
    if passed.method is CheckMethod.DKIM:
        return passed.aligned
    return passed.method is CheckMethod.SPF and passed.domain is not None and are_aligned(passed.domain, domain)
