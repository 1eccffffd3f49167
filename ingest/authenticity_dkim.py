"""DKIM signatures of one message (RFC 6376, RFC 8301, RFC 8463), each with its result.

Rules, beyond the standard's own:

- ``l=`` counts as unsigned: what follows the signed part may be anybody's (RFC 6376 §8.2).
- A signature counts only where exactly one From field stands in the message and is signed, where no other field of
  RFC 5322 §3.6 stands more often than it is signed, and where subject and date, if there are any, are signed: else
  what people read need not be what was signed.
- A signature whose time is over (``x=``), or lies in the future, counts as unsigned at the time of receipt.
- A key in test (``t=y``) proves nothing (§3.6.1). A key that is withdrawn or cannot be had leaves a signature
  unchecked, not wrong.
- At most `MAX_SIGNATURES` are checked, those of the author's own organisation first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from ingest.authenticity_domains import are_aligned
from ingest.authenticity_fields import header_hash
from ingest.authenticity_keys import key_texts, read_base64, read_key, read_tags
from ingest.dns import is_domain
from storage.provenance import Check, CheckMethod, CheckReason, DnsKind, DnsStatus, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from ingest.authenticity_domains import Author
    from ingest.authenticity_fields import Field, SignedMessage
    from ingest.authenticity_keys import KeyRecord
    from ingest.dns import Known
    from storage.provenance import CheckedMessage, DnsAnswer

FIELD: Final = b"dkim-signature"
MAX_SIGNATURES: Final = 8
MAX_LOOKED_AT: Final = 100
MAX_SIGNATURE_BYTES: Final = 16_384
MAX_NAMES: Final = 500
CLOCK_TOLERANCE_SECONDS: Final = 86_400

# fields that a message has once at most, and that decide what people see of it (RFC 5322 §3.6, RFC 2045 §3)
_ONCE: Final = (
    b"from", b"sender", b"reply-to", b"to", b"cc", b"subject", b"date", b"message-id",
    b"mime-version", b"content-type", b"content-transfer-encoding",
)  # fmt: skip
_SHOWN: Final = {name.encode(): name for name in ("from", "to", "cc", "date", "subject", "message-id", "content-type")}
_NEEDED: Final = (b"subject", b"date")
_REQUIRED: Final = (b"v", b"a", b"b", b"bh", b"d", b"h", b"s")
_ALGORITHMS: Final = {b"rsa-sha256": "RsaKey", b"ed25519-sha256": "EdwardsKey"}
_FORMS: Final = frozenset({b"simple", b"relaxed"})
_NUMBER = re.compile(rb"[0-9]{1,12}")
_LIST_SEPARATOR = re.compile(rb"[ \t\r\n]*:[ \t\r\n]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A signature field that can be checked: its tags as the standard names them, read and bounded."""

    field: Field
    algorithm: bytes
    domain: str
    selector: str
    names: tuple[bytes, ...]
    header_form: bytes
    body_form: bytes
    body_hash: bytes
    value: bytes
    identity: str | None = None

    @property
    def key_name(self) -> str:
        """Where the key is published (RFC 6376 §3.6.2.1)."""
        return f"{self.selector}._domainkey.{self.domain}"


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a signature says of itself; nothing of it is checked yet."""

    field: Field
    domain: str | None
    selector: str | None
    is_aligned: bool


@dataclass(frozen=True, slots=True)
class Result:
    """How checking one signature came out; `asked` are the DNS names used."""

    verdict: Verdict
    reason: CheckReason | None = None
    asked: tuple[str, ...] = ()


def check_signatures(
    message: SignedMessage, which: CheckedMessage, author: Author | None, known: Known, at: datetime
) -> tuple[Check, ...]:
    """One check for each signature, at most `MAX_SIGNATURES` and one that says that there are more.

    Args:
        message: the message, cut.
        which: what the message is to its record.
        author: the From address, or None where it is not beyond doubt; then no signature is aligned.
        known: the DNS answers known so far.
        at: when the message was received (aware).
    """
    fields = message.all(FIELD)
    claims = [_claim(one, author) for one in fields[:MAX_LOOKED_AT]]
    claims.sort(key=lambda one: not one.is_aligned)
    checks = [_checked(message, which, author, one, known, at) for one in claims[:MAX_SIGNATURES]]
    if len(fields) > len(checks):
        checks.append(
            Check(method=CheckMethod.DKIM, message=which, verdict=Verdict.UNCHECKED, reason=CheckReason.TOO_MANY)
        )
    return tuple(checks)


def _claim(field: Field, author: Author | None) -> _Claim:
    tags = read_tags(field.value) if len(field.value) <= MAX_SIGNATURE_BYTES else None
    domain, selector = _name(tags, b"d"), _name(tags, b"s")
    aligned = author is not None and domain is not None and is_domain(domain) and are_aligned(domain, author.domain)
    return _Claim(field, domain, selector, aligned)


def _name(tags: Mapping[bytes, bytes] | None, tag: bytes) -> str | None:
    value = None if tags is None else tags.get(tag)
    if not value or len(value) > 253 or not value.isascii():  # noqa: PLR2004 - RFC 1035 §2.3.4
        return None
    text = value.decode().lower()
    return text if text.isprintable() else "".join(one if one.isprintable() else "?" for one in text)


def _checked(
    message: SignedMessage, which: CheckedMessage, author: Author | None, claim: _Claim, known: Known, at: datetime
) -> Check:
    signature = read_signature(claim.field)
    covers: list[str] = []
    uncovered: list[str] = []
    if isinstance(signature, CheckReason):
        result = Result(Verdict.UNSIGNED, signature)
    else:
        for name, text in _SHOWN.items():
            if message.count(name):
                (covers if name in signature.names else uncovered).append(text)
        weakness = _weakness(message, signature, at)
        result = Result(Verdict.UNSIGNED, weakness) if weakness is not None else verify(message, signature, known)
    return Check(
        method=CheckMethod.DKIM,
        message=which,
        verdict=result.verdict,
        reason=result.reason,
        domain=claim.domain,
        selector=claim.selector,
        author=None if author is None else author.address,
        aligned=claim.is_aligned,
        covers=tuple(covers),
        open=tuple(uncovered),
        asked=result.asked,
    )


def read_signature(field: Field, *, instance: bool = False) -> Signature | CheckReason:
    """A signature field read, or why it counts as none. With `instance` it is one of ARC (RFC 8617 §4.1.2)."""
    tags = read_tags(field.value) if len(field.value) <= MAX_SIGNATURE_BYTES else None
    if tags is None or not all(tags.get(one) for one in _REQUIRED if not (instance and one == b"v")):
        return CheckReason.SYNTAX
    if b"l" in tags:
        return CheckReason.LENGTH_LIMIT
    if tags[b"a"] not in _ALGORITHMS:
        return CheckReason.WEAK if tags[b"a"] == b"rsa-sha1" else CheckReason.SYNTAX
    default = b"relaxed/relaxed" if instance else b"simple/simple"
    header_form, _, body_form = tags.get(b"c", default).partition(b"/")
    names = _LIST_SEPARATOR.split(tags[b"h"].lower(), MAX_NAMES)
    domain, selector = _name(tags, b"d") or "", _name(tags, b"s") or ""
    body_hash, value = read_base64(tags[b"bh"]), read_base64(tags[b"b"])
    identity = None if instance else _identity(tags.get(b"i"), domain)
    is_sound = (
        (instance or (tags[b"v"] == b"1" and identity is not None))
        and {header_form, body_form or b"simple"} <= _FORMS
        and len(names) <= MAX_NAMES
        and is_domain(domain)
        and is_domain(f"{selector}._domainkey.{domain}")
        and b"dns/txt" in tags.get(b"q", b"dns/txt")
    )
    if not is_sound or body_hash is None or value is None:
        return CheckReason.SYNTAX
    return Signature(
        field=field,
        algorithm=tags[b"a"],
        domain=domain,
        selector=selector,
        names=tuple(names),
        header_form=header_form,
        body_form=body_form or b"simple",
        body_hash=body_hash,
        value=value,
        identity=identity,
    )


def _identity(value: bytes | None, domain: str) -> str | None:
    """The domain of ``i=``, which must be ``d=`` or below it; None where it is neither."""
    if value is None:
        return domain
    host = value.rpartition(b"@")[2].decode("latin-1").lower()
    return host if b"@" in value and (host == domain or host.endswith(f".{domain}")) else None


def _weakness(message: SignedMessage, signature: Signature, at: datetime) -> CheckReason | None:
    """Why a signature that may be right would still prove nothing."""
    if b"from" not in signature.names:
        return CheckReason.FROM_UNSIGNED
    if message.malformed:
        return CheckReason.MALFORMED_HEADER
    for name in _ONCE:
        count = message.count(name)
        if count > 1 and (name == b"from" or count > signature.names.count(name)):
            return CheckReason.EXTRA_FIELD
    if any(message.count(one) and one not in signature.names for one in _NEEDED):
        return CheckReason.HEADERS_UNSIGNED
    return time_fault(signature.field, at)


def time_fault(field: Field, at: datetime) -> CheckReason | None:
    """Whether the times that a signature states exclude this moment."""
    tags = read_tags(field.value) or {}
    signed, expires = tags.get(b"t"), tags.get(b"x")
    if any(one is not None and not _NUMBER.fullmatch(one) for one in (signed, expires)):
        return CheckReason.SYNTAX
    now = at.timestamp()
    if signed is not None and int(signed) > now + CLOCK_TOLERANCE_SECONDS:
        return CheckReason.FUTURE
    if expires is not None and (int(expires) < now or (signed is not None and int(expires) < int(signed))):
        return CheckReason.EXPIRED
    return None


def verify(message: SignedMessage, signature: Signature, known: Known) -> Result:
    """Body and header of a signature against the published key."""
    selected = message.selected(signature.names)
    result = verify_header(signature, selected, known, relaxed=signature.header_form == b"relaxed")
    if result.verdict not in (Verdict.PASS, Verdict.FAIL):
        return result
    if message.body_hash(signature.body_form) != signature.body_hash:
        return replace(result, verdict=Verdict.FAIL, reason=CheckReason.BODY_CHANGED)
    return result


def verify_header(signature: Signature, fields: Iterable[Field], known: Known, *, relaxed: bool) -> Result:
    """The fields of a signature against the published key."""
    answer = known.answer(signature.key_name, DnsKind.TXT)
    asked = (answer.name,)
    record = _key_record(answer)
    if isinstance(record, CheckReason):
        return Result(Verdict.UNCHECKED, record, asked)
    if record.key is None:
        return Result(Verdict.UNCHECKED, CheckReason.KEY_WITHDRAWN, asked)
    refusal = _refusal(record, signature)
    if refusal is not None:
        return Result(Verdict.UNSIGNED, refusal, asked)
    digest = header_hash(fields, signature.field, relaxed=relaxed)
    if not record.key.verifies(digest, signature.value):
        return Result(Verdict.FAIL, CheckReason.SIGNATURE_WRONG, asked)
    return Result(Verdict.PASS, None, asked)


@lru_cache(maxsize=256)  # most mails of a mailbox were signed with a few keys
def _key_record(answer: DnsAnswer) -> KeyRecord | CheckReason:
    """The one key record of an answer, or why there is none."""
    if answer.status is not DnsStatus.OK:
        return _MISSING.get(answer.status, CheckReason.DNS_UNAVAILABLE)
    texts = key_texts(answer.values)
    if len(texts) != 1:
        return CheckReason.KEY_AMBIGUOUS if texts else CheckReason.KEY_MISSING
    return read_key(texts[0]) or CheckReason.KEY_UNUSABLE


def _refusal(record: KeyRecord, signature: Signature) -> CheckReason | None:
    if record.is_weak:
        return CheckReason.WEAK
    if record.is_testing:
        return CheckReason.TESTING
    fits = type(record.key).__name__ == _ALGORITHMS[signature.algorithm]
    identity_fits = not record.is_strict or signature.identity in (None, signature.domain)
    return None if fits and identity_fits and record.is_for_mail and record.takes_sha256 else CheckReason.KEY_REFUSES


_MISSING = {
    DnsStatus.NXDOMAIN: CheckReason.KEY_MISSING,
    DnsStatus.EMPTY: CheckReason.KEY_MISSING,
    DnsStatus.TEMPFAIL: CheckReason.DNS_TEMPORARY,
    DnsStatus.OVERSIZE: CheckReason.KEY_UNUSABLE,
}
