"""What was checked of a mail's origin, how it came out, and the DNS answers that it rests on.

Terms are those of RFC 8601 (result of a check), RFC 6376 (DKIM), RFC 7208 (SPF), RFC 7489 (DMARC) and RFC 8617 (ARC).
Two words are our own: `unsigned`, for a signature that is there and counts as if it were not, and `unchecked`, for
one that nobody could check then. A check names the DNS answers that it used, and those are kept with their time: a
key can be withdrawn tomorrow, and what it said today remains.

Rule: a signature of who forwarded a message says nothing about the message that he forwarded. Each check says which
of the two it looked at, and only the original's own signature, by the domain of its own From address, lifts it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class DnsKind(StrEnum):
    """The types of DNS records that are asked for (RFC 1035 §3.2.2, RFC 3596)."""

    TXT = "TXT"
    A = "A"
    AAAA = "AAAA"
    MX = "MX"
    PTR = "PTR"


class DnsStatus(StrEnum):
    """What became of a question; `unasked` is one that still has to be put, `empty` a name without such records."""

    OK = "ok"
    NXDOMAIN = "nxdomain"
    EMPTY = "empty"
    TEMPFAIL = "tempfail"
    UNAVAILABLE = "unavailable"
    OVERSIZE = "oversize"
    UNASKED = "unasked"


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsAnswer:
    """One question and its answer.

    `name` is in lower case without the last dot. `values` are text: of TXT one string a record, a character for each
    byte (ISO 8859-1), of MX ``preference exchange``. `at` is when it was answered (aware), None where nobody asked.
    """

    name: str
    kind: DnsKind
    status: DnsStatus
    values: tuple[str, ...] = ()
    at: datetime | None = None


class CheckMethod(StrEnum):
    """What was checked."""

    DKIM = "dkim"
    SPF = "spf"
    DMARC = "dmarc"
    ARC = "arc"


class CheckedMessage(StrEnum):
    """Which message was looked at: the mail as it was handed in, or the one attached to it."""

    CARRIER = "carrier"
    ORIGINAL = "original"


class Verdict(StrEnum):
    """How a check came out."""

    PASS = "pass"
    FAIL = "fail"
    SOFTFAIL = "softfail"
    NEUTRAL = "neutral"
    NONE = "none"
    PERMERROR = "permerror"
    UNSIGNED = "unsigned"
    UNCHECKED = "unchecked"


class CheckReason(StrEnum):
    """Why a check came out as it did, from a closed list: the words for people are made where it is shown."""

    BODY_CHANGED = "body_changed"
    SIGNATURE_WRONG = "signature_wrong"
    SYNTAX = "syntax"
    LENGTH_LIMIT = "length_limit"
    FROM_UNSIGNED = "from_unsigned"
    HEADERS_UNSIGNED = "headers_unsigned"
    EXTRA_FIELD = "extra_field"
    MALFORMED_HEADER = "malformed_header"
    AUTHOR_UNCLEAR = "author_unclear"
    WEAK = "weak"
    EXPIRED = "expired"
    FUTURE = "future"
    TESTING = "testing"
    KEY_REFUSES = "key_refuses"
    KEY_WITHDRAWN = "key_withdrawn"
    KEY_MISSING = "key_missing"
    KEY_UNUSABLE = "key_unusable"
    KEY_AMBIGUOUS = "key_ambiguous"
    DNS_TEMPORARY = "dns_temporary"
    DNS_UNAVAILABLE = "dns_unavailable"
    TOO_MANY = "too_many"
    RELAYED = "relayed"
    NO_SENDER = "no_sender"
    NOT_ALIGNED = "not_aligned"
    DEPENDS = "depends"
    CHAIN_INCOMPLETE = "chain_incomplete"
    CHAIN_REFUSED = "chain_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check of one message.

    `domain` is the one that vouches (DKIM: d=, SPF: of MAIL FROM or HELO, DMARC: of From, ARC: of the newest seal).
    `aligned` is whether it belongs to the same organisation as the only From address (RFC 7489 §3.1, relaxed).
    `covers` are the header fields that a signature includes, `open` those shown to people that it does not.
    `author` is the From address that a signature was held against, `asked` the DNS names that were used.
    """

    method: CheckMethod
    message: CheckedMessage
    verdict: Verdict
    reason: CheckReason | None = None
    domain: str | None = None
    selector: str | None = None
    author: str | None = None
    aligned: bool = False
    covers: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    policy: str | None = None
    asked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticity:
    """All checks of one record, and the DNS answers that they used.

    `original` says which message's bytes are the original's: the carrier's where it forwards nothing, the attached
    one's, or None where the original has no bytes of its own here (it is printed in a text).
    """

    checks: tuple[Check, ...] = ()
    answers: tuple[DnsAnswer, ...] = ()
    original: CheckedMessage | None = None


class DkimResult(StrEnum):
    """What the original's own signature says; `unchecked`: no DNS, key withdrawn or a temporary error."""

    PASS = "pass"
    FAIL = "fail"
    NONE = "none"
    UNCHECKED = "unchecked"


_RESULTS = {
    Verdict.PASS: DkimResult.PASS,
    Verdict.FAIL: DkimResult.FAIL,
    Verdict.UNCHECKED: DkimResult.UNCHECKED,
}


def own_signatures(authenticity: Authenticity | None) -> tuple[Check, ...]:
    """The DKIM checks of the original itself, those of its From address's own domain first."""
    if authenticity is None or authenticity.original is None:
        return ()
    found = [
        one for one in authenticity.checks if one.method is CheckMethod.DKIM and one.message is authenticity.original
    ]
    return tuple(sorted(found, key=lambda one: not one.aligned))


def dkim_of_original(authenticity: Authenticity | None) -> DkimResult:
    """The one word about the original's signature; a pass of any other domain than that of its From is none.

    `authenticity` is None for a record of before these checks: unchecked.
    """
    if authenticity is None:
        return DkimResult.UNCHECKED
    found = own_signatures(authenticity)
    for aligned, wanted in (
        (True, (Verdict.PASS, Verdict.FAIL, Verdict.UNCHECKED)),
        (False, (Verdict.FAIL, Verdict.UNCHECKED)),
    ):
        for verdict in wanted:
            if any(one.aligned is aligned and one.verdict is verdict for one in found):
                return _RESULTS[verdict]
    return DkimResult.NONE


def passed_signature(authenticity: Authenticity | None) -> Check | None:
    """The check that makes the original verified, or None: its answer must be on record as one that was given."""
    if authenticity is None:
        return None
    given = {one.name for one in authenticity.answers if one.status is DnsStatus.OK and one.at is not None}
    for one in own_signatures(authenticity):
        if one.verdict is Verdict.PASS and one.aligned and one.asked and given.issuperset(one.asked):
            return one
    return None
