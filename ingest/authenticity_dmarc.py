"""DMARC of the mail as it was handed in (RFC 7489 §6.6): does anything that passed belong to the domain of its From?

Rule: what is known of the signatures and the sender decides; a record of the domain only says how strict it is
(`adkim`, `aspf`) and what it wishes for the rest (`p`, `sp`). Nothing here is acted upon: the archive takes every
mail, and says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingest.authenticity_domains import are_aligned, organisation_of
from ingest.authenticity_keys import read_tags
from storage.provenance import Check, CheckedMessage, CheckMethod, CheckReason, DnsKind, DnsStatus, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.authenticity_domains import Author
    from ingest.dns import Known
    from storage.provenance import DnsAnswer

_VERSION: Final = "v=DMARC1"
_POLICIES: Final = frozenset({b"none", b"quarantine", b"reject"})
_TEMPORARY: Final = {DnsStatus.TEMPFAIL: CheckReason.DNS_TEMPORARY}
_KNOWN: Final = frozenset({DnsStatus.OK, DnsStatus.NXDOMAIN, DnsStatus.EMPTY})


def check_policy(author: Author | None, signatures: Sequence[Check], sender: Check | None, known: Known) -> Check:
    """The check, from those of the carrier's signatures and of its sender."""
    if author is None:
        return _check(Verdict.PERMERROR, CheckReason.AUTHOR_UNCLEAR)
    asked: list[str] = []
    organisation = organisation_of(author.domain)
    for domain in dict.fromkeys((author.domain, organisation)):
        if domain is None:
            continue
        answer = known.answer(f"_dmarc.{domain}", DnsKind.TXT)
        asked.append(answer.name)
        if answer.status not in _KNOWN:
            reason = _TEMPORARY.get(answer.status, CheckReason.DNS_UNAVAILABLE)
            return _check(Verdict.UNCHECKED, reason, author, asked)
        tags = _record(answer)
        if tags is not None:
            is_own = domain == author.domain
            policy = tags[b"p"] if is_own else tags.get(b"sp", tags[b"p"])
            verdict, why = _evaluate(author, signatures, sender, tags)
            return _check(verdict, why, author, asked, policy.decode("latin-1"))
    return _check(Verdict.NONE, None, author, asked)


def _record(answer: DnsAnswer) -> dict[bytes, bytes] | None:
    """The one policy record of an answer; several are none (RFC 7489 §6.6.3)."""
    found = [one for one in answer.values if one.startswith(_VERSION)]
    tags = read_tags(found[0].encode("latin-1", "replace")) if len(found) == 1 else None
    if tags is None or tags.get(b"v") != b"DMARC1" or tags.get(b"p", b"").lower() not in _POLICIES:
        return None
    lowered = {name: value.lower() for name, value in tags.items() if name in (b"p", b"sp", b"adkim", b"aspf")}
    return {name: value for name, value in lowered.items() if name != b"sp" or value in _POLICIES}


def _evaluate(
    author: Author, signatures: Sequence[Check], sender: Check | None, tags: dict[bytes, bytes]
) -> tuple[Verdict, CheckReason | None]:
    strict_dkim, strict_spf = tags.get(b"adkim") == b"s", tags.get(b"aspf") == b"s"
    related = [
        one
        for one in signatures
        if one.domain is not None and one.aligned and (not strict_dkim or one.domain == author.domain)
    ]
    sent = sender is not None and sender.domain is not None
    sender_is_related = sent and are_aligned(str(sender and sender.domain), author.domain, strict=strict_spf)
    if any(one.verdict is Verdict.PASS for one in related):
        return Verdict.PASS, None
    if sender is not None and sender.verdict is Verdict.PASS and sender_is_related:
        return Verdict.PASS, None
    unsure = sender is None or (sender.verdict is Verdict.UNCHECKED and (sender_is_related or sender.domain is None))
    too_many = any(one.reason is CheckReason.TOO_MANY for one in signatures)
    if unsure or too_many or any(one.verdict is Verdict.UNCHECKED for one in related):
        return Verdict.UNCHECKED, CheckReason.DEPENDS
    return Verdict.FAIL, CheckReason.NOT_ALIGNED


def _check(
    verdict: Verdict,
    reason: CheckReason | None,
    author: Author | None = None,
    asked: Sequence[str] = (),
    policy: str | None = None,
) -> Check:
    return Check(
        method=CheckMethod.DMARC, message=CheckedMessage.CARRIER, verdict=verdict, reason=reason,
        domain=None if author is None else author.domain, policy=policy, asked=tuple(asked),
    )  # fmt: skip
