"""The provenance of a record in words: what was measured, what somebody only says, and why the grade is what it is.

Rule: a sentence under `verified` names what was checked, by which domain, and with an answer of which time; it never
says more than the check did. A signature vouches for a domain, not for a person, and a name beside an address for
nothing. What is known of the mail that brought an original is told as such, and never as the original's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from storage.provenance import (
    CheckedMessage,
    CheckMethod,
    CheckReason,
    DkimResult,
    Verdict,
    dkim_of_original,
    own_signatures,
    passed_signature,
)
from storage.records import ForwardMethod, Grade, RecordKind

if TYPE_CHECKING:
    from storage.provenance import Authenticity, Check, DnsAnswer
    from storage.records import Description

GRADES = {
    "A": "the original's own DKIM signature was verified",
    "B": "a native or attached message, or a native export, without a verified signature",
    "C": "the original stands inside another mail's text, as its forwarder's mail program printed it",
    "D": "a screenshot or transcript",
}

_B_BY_KIND = {
    RecordKind.DOCUMENT: "a file as it was handed in; who made it, and when, is what it says of itself",
    RecordKind.CONVERSATION: "an export of an account as it was handed in",
    RecordKind.POST: "an export of an account as it was handed in",
    RecordKind.PAGE: "a capture of a web page as it was handed in",
}

REASONS = {
    CheckReason.BODY_CHANGED: "the body is not the one that was signed",
    CheckReason.SIGNATURE_WRONG: "the signature does not fit the headers and the published key",
    CheckReason.SYNTAX: "it is not written as the standard asks",
    CheckReason.LENGTH_LIMIT: "it covers only a part of the body (l=), so text may have been added; it counts as none",
    CheckReason.FROM_UNSIGNED: "it does not cover the From address",
    CheckReason.HEADERS_UNSIGNED: "it does not cover the subject or the date",
    CheckReason.EXTRA_FIELD: "a header stands more often in the message than was signed",
    CheckReason.MALFORMED_HEADER: "the headers are not well formed, so what is shown need not be what was signed",
    CheckReason.AUTHOR_UNCLEAR: "the message does not name exactly one From address",
    CheckReason.WEAK: "its key or its method is too weak to prove anything",
    CheckReason.EXPIRED: "its own time was over when the archive received it",
    CheckReason.FUTURE: "it says that it was made after the archive received it",
    CheckReason.TESTING: "the domain says that it only tries its key out",
    CheckReason.KEY_REFUSES: "the published key is not for signatures of this sort",
    CheckReason.KEY_WITHDRAWN: "the domain has withdrawn the key",
    CheckReason.KEY_MISSING: "the domain publishes no such key now",
    CheckReason.KEY_UNUSABLE: "the published key cannot be read",
    CheckReason.KEY_AMBIGUOUS: "several keys are published under its name",
    CheckReason.DNS_TEMPORARY: "the domain's DNS failed for the moment",
    CheckReason.DNS_UNAVAILABLE: "no DNS server answered",
    CheckReason.TOO_MANY: "there are more signatures than are checked",
    CheckReason.RELAYED: "a mail server of this network handed it in, so nothing is known of who sent it there",
    CheckReason.NO_SENDER: "the mail names no domain that could be asked",
    CheckReason.NOT_ALIGNED: "nothing that passed belongs to the domain of the From address",
    CheckReason.DEPENDS: "it depends on a check that could not be made",
    CheckReason.CHAIN_INCOMPLETE: "the chain has gaps or contradicts itself",
    CheckReason.CHAIN_REFUSED: "a forwarder on its way found the chain broken already",
}

_NO_WORD = "the answer that it rests on was not one of the archive's"
_ADDRESS_LIKE = re.compile(r"[^\s@<>\"']{1,64}@([^\s@<>\"',;]{1,253})")
_PASSED_OF_CARRIER = {
    CheckMethod.DKIM: "it carries a valid DKIM signature of {domain}",
    CheckMethod.SPF: "the machine that handed it in may send for {domain} (SPF)",
    CheckMethod.DMARC: "its From address belongs to {domain} by DMARC",
    CheckMethod.ARC: "its chain of forwarders is intact, last sealed by {domain} (ARC)",
}


def provenance_members(description: Description, grade: Grade) -> dict[str, Any]:
    """The parts of `provenance` that rest on checks: grade, its words, `dkim`, and every check with its answers."""
    weighed = description.authenticity
    return {
        "grade": grade.value,
        "means": grade_in_words(grade, description.kind),
        "explanation": explanation(description, grade),
        "dkim": dkim_of(description).value,
        "checks": [] if weighed is None else [_check_document(one, weighed) for one in weighed.checks],
    }


def grade_in_words(grade: Grade, kind: RecordKind) -> str:
    """What a grade means for a record of this kind."""
    return _B_BY_KIND.get(kind, GRADES["B"]) if grade is Grade.B else GRADES[grade.value]


def dkim_of(description: Description) -> DkimResult:
    """The one word about the original's own signature."""
    if description.kind is not RecordKind.EMAIL:
        return DkimResult.NONE
    found = dkim_of_original(description.authenticity)
    if found is DkimResult.PASS and passed_signature(description.authenticity) is None:
        return DkimResult.UNCHECKED  # without its answer on record nobody could check it again
    return found


def verified_by_checks(description: Description) -> list[str]:
    """Sentences on what the checks measured."""
    weighed = description.authenticity
    if weighed is None:
        return []
    said = []
    passed = passed_signature(weighed)
    if passed is not None:
        at = next((one.at for one in weighed.answers if one.name in passed.asked and one.at is not None), None)
        when = "" if at is None else f" that the DNS gave at {at.isoformat(timespec='seconds')}"
        covers = ", ".join((*passed.covers, "body"))
        said.append(
            f"the original carries a DKIM signature of {passed.domain}, which has the same owner as the domain of its "
            f"From address {passed.author}, and it is right by the key{when}; it covers {covers}"
        )
    for one in weighed.checks:
        if one.message is CheckedMessage.CARRIER and one is not passed and one.verdict is Verdict.PASS:
            words = _PASSED_OF_CARRIER[one.method].format(domain=one.domain or "an unnamed domain")
            said.append(f"of the mail as it was handed in: {words}")
    return said


def asserted_beside(description: Description) -> list[str]:
    """Sentences on what looks proven and is not."""
    said = []
    passed = passed_signature(description.authenticity)
    if passed is not None and passed.open:
        said.append(f"the original's signature does not cover {', '.join(passed.open)}: that is what the message says")
    sender = description.original.sender
    if sender is None or sender.address is None:
        return said
    domain = sender.address.rpartition("@")[2].lower()
    shown = {one.lower() for one in _ADDRESS_LIKE.findall(sender.name or "")}
    if shown - {domain}:
        said.append("the sender's name shows an address; it is a name only, the address is the one beside it")
    if not domain.isascii() or any(label.startswith("xn--") for label in domain.split(".")):
        said.append("the sender's domain is written with letters beyond ASCII, and may look like another one")
    return said


def explanation(description: Description, grade: Grade) -> list[str]:
    """Why the grade is this one, in sentences."""
    method = description.forward.method
    if grade is Grade.A:
        return ["the message was not changed since the owner of the domain of its From address signed it"]
    if grade is Grade.C:
        return [
            "the original's own headers and bytes were not handed in, so nothing of it can be checked",
            "a signature of the mail that brought it vouches for the forwarder, not for the original",
            "forwarded as an attachment it could be graded better",
        ]
    if grade is Grade.D:
        return ["an image shows what it shows; it carries nothing that could be checked"]
    if description.kind is not RecordKind.EMAIL:
        return ["it was handed in as it is, and carries nothing that could be checked"]
    return [_why_not_verified(description, attached=method is ForwardMethod.ATTACHED)]


def _why_not_verified(description: Description, *, attached: bool) -> str:
    message = "the attached message" if attached else "the message"
    weighed = description.authenticity
    if weighed is None:
        return f"signatures were not checked when {message} was examined"
    found = own_signatures(weighed)
    if weighed.original is None:
        return f"{message} has no exact bytes here that a signature could be held against"
    if not found:
        return f"{message} carries no DKIM signature"
    best = found[0]
    for verdict in (Verdict.PASS, Verdict.FAIL, Verdict.UNCHECKED):
        best = next((one for one in found if one.verdict is verdict and one.aligned), best)
        if best.verdict is verdict:
            break
    if best.verdict is Verdict.PASS:
        return f"{message} carries a valid signature, but of {best.domain}, not of the domain of its From address"
    words = {
        Verdict.FAIL: "is wrong",
        Verdict.UNCHECKED: "could not be checked",
    }.get(best.verdict, "counts as none")
    return f"the DKIM signature of {message} {words}: {_words(best)}"


def _words(check: Check) -> str:
    return _NO_WORD if check.reason is None else REASONS[check.reason]


def _check_document(check: Check, weighed: Authenticity) -> dict[str, Any]:
    said = check.reason is not None or check.verdict is Verdict.UNCHECKED
    return {
        "method": check.method.value,
        "of": check.message.value,
        "result": check.verdict.value,
        "reason": _words(check) if said else None,
        "domain": check.domain,
        "selector": check.selector,
        "author": check.author,
        "aligned": check.aligned if check.method is CheckMethod.DKIM else None,
        "covers": list(check.covers),
        "not_covered": list(check.open),
        "policy": check.policy,
        "dns": [_answer_document(one) for one in weighed.answers if one.name in check.asked],
    }


def _answer_document(answer: DnsAnswer) -> dict[str, Any]:
    return {
        "name": answer.name,
        "type": answer.kind.value,
        "status": answer.status.value,
        "values": list(answer.values),
        "at": None if answer.at is None else answer.at.isoformat(),
    }
