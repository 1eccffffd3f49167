"""The Authenticated Received Chain of a mail (RFC 8617 §5.2): who passed it on, and whether their seals hold.

Rule: a chain says what forwarders claim to have seen. It is recorded as a fact about the way of the mail, and never
makes a sender verified: anybody can seal anything under a domain of his own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ingest.authenticity_dkim import MAX_SIGNATURE_BYTES, Result, Signature, read_signature, verify, verify_header
from ingest.authenticity_keys import read_base64, read_tags
from ingest.dns import is_domain
from storage.provenance import Check, CheckMethod, CheckReason, Verdict

if TYPE_CHECKING:
    from ingest.authenticity_fields import Field, SignedMessage
    from ingest.dns import Known
    from storage.provenance import CheckedMessage

RESULTS: Final = b"arc-authentication-results"
MESSAGE_SIGNATURE: Final = b"arc-message-signature"
SEAL: Final = b"arc-seal"
MAX_INSTANCES: Final = 50
_KINDS: Final = (RESULTS, MESSAGE_SIGNATURE, SEAL)
_INSTANCE = re.compile(rb"[ \t\r\n]*i[ \t\r\n]*=[ \t\r\n]*([0-9]{1,2})[ \t\r\n]*(?:;|\Z)")
_ALGORITHM: Final = b"rsa-sha256"


def check_chain(message: SignedMessage, which: CheckedMessage, known: Known) -> Check | None:
    """How the chain came out, or None where there is none."""
    if not any(message.count(kind) for kind in _KINDS):
        return None
    sets = _sets(message)
    if sets is None or message.malformed:
        return _check(which, Verdict.FAIL, CheckReason.CHAIN_INCOMPLETE)
    seals = [_seal(one) for one in sets]
    newest = seals[-1]
    domain = None if newest is None else newest.domain
    if any((read_tags(one[SEAL].value) or {}).get(b"cv", b"").lower() == b"fail" for one in sets):
        return _check(which, Verdict.FAIL, CheckReason.CHAIN_REFUSED, domain=domain)
    results = [_newest_message_signature(message, sets[-1], known)]
    # the newest seal first (§5.2 step 6): it covers all the others
    for place in range(len(sets) - 1, -1, -1):
        seal = seals[place]
        if seal is None:
            return _check(which, Verdict.FAIL, CheckReason.SYNTAX, domain=domain)
        covered = [one[kind] for one in sets[: place + 1] for kind in _KINDS][:-1]
        results.append(verify_header(seal, covered, known, relaxed=True))
    return _sum(which, domain, [one for one in results if one is not None])


def _sum(which: CheckedMessage, domain: str | None, results: list[Result]) -> Check:
    asked = tuple(dict.fromkeys(name for one in results for name in one.asked))
    for verdict in (Verdict.FAIL, Verdict.UNSIGNED, Verdict.UNCHECKED):
        for one in results:
            if one.verdict is verdict:
                told = Verdict.FAIL if verdict is Verdict.UNSIGNED else verdict
                return _check(which, told, one.reason, domain=domain, asked=asked)
    return _check(which, Verdict.PASS, None, domain=domain, asked=asked)


def _check(
    which: CheckedMessage,
    verdict: Verdict,
    reason: CheckReason | None,
    *,
    domain: str | None = None,
    asked: tuple[str, ...] = (),
) -> Check:
    return Check(method=CheckMethod.ARC, message=which, verdict=verdict, reason=reason, domain=domain, asked=asked)


def _sets(message: SignedMessage) -> list[dict[bytes, Field]] | None:
    """The sets from the first to the newest, each complete and once, with the state it must claim; else None."""
    found: dict[int, dict[bytes, Field]] = {}
    for kind in _KINDS:
        if message.count(kind) > MAX_INSTANCES:
            return None
        for field in message.all(kind):
            match = _INSTANCE.match(field.value) if kind == RESULTS else None
            tags = None if kind == RESULTS or len(field.value) > MAX_SIGNATURE_BYTES else read_tags(field.value)
            stated = match[1] if match else (tags or {}).get(b"i", b"")
            number = int(stated) if stated.isdigit() and len(stated) <= 2 else 0  # noqa: PLR2004 - at most 50
            members = found.setdefault(number, {})
            if not 1 <= number <= MAX_INSTANCES or kind in members:
                return None
            members[kind] = field
    numbers = sorted(found)
    if numbers != list(range(1, len(numbers) + 1)) or any(len(one) != len(_KINDS) for one in found.values()):
        return None
    for number in numbers:
        state = (read_tags(found[number][SEAL].value) or {}).get(b"cv", b"").lower()
        if state not in (b"none", b"pass", b"fail") or ((state == b"none") is not (number == 1) and state != b"fail"):
            return None
    return [found[number] for number in numbers]


def _newest_message_signature(message: SignedMessage, members: dict[bytes, Field], known: Known) -> Result:
    signature = read_signature(members[MESSAGE_SIGNATURE], instance=True)
    if isinstance(signature, CheckReason) or SEAL in signature.names:
        reason = signature if isinstance(signature, CheckReason) else CheckReason.SYNTAX
        return Result(Verdict.FAIL, reason)
    return verify(message, signature, known)


def _seal(members: dict[bytes, Field]) -> Signature | None:
    """The seal of a set (RFC 8617 §4.1.3), whose form is always relaxed and which signs no body."""
    field = members[SEAL]
    tags = read_tags(field.value)
    if tags is None or tags.get(b"a") != _ALGORITHM or b"h" in tags or b"bh" in tags:
        return None
    value = read_base64(tags.get(b"b", b""))
    domain = tags.get(b"d", b"").decode("latin-1").lower()
    selector = tags.get(b"s", b"").decode("latin-1").lower()
    if not value or not is_domain(domain) or not is_domain(f"{selector}._domainkey.{domain}"):
        return None
    return Signature(
        field=field, algorithm=_ALGORITHM, domain=domain, selector=selector, names=(),
        header_form=b"relaxed", body_form=b"relaxed", body_hash=b"", value=value,
    )  # fmt: skip
