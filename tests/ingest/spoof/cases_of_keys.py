"""What a case of the spoof corpus is, and those in which the published key is at fault."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from storage.provenance import CheckReason as Why
from storage.provenance import DnsKind, DnsStatus
from tests.ingest.spoof.signing import (
    SENDER,
    edwards_record,
    key_record,
    mail,
    rsa_key,
    signed,
    signed_by_hand,
    zone,
)

OWN_KEY = (f"sel._domainkey.{SENDER}", DnsKind.TXT)


@dataclass(frozen=True)
class Case:
    name: str
    raw: bytes
    dkim: str
    grade: str = "B"
    reason: Why | None = None
    table: dict | None = None


def own_key(answer) -> Any:
    return zone({OWN_KEY: answer})


def key_at(domain) -> Any:
    return zone({(f"sel._domainkey.{domain}", DnsKind.TXT): [key_record(rsa_key())]})


def keys():
    good = signed(mail())
    record = key_record(rsa_key())
    for what, answer, dkim, reason in (
        ("withdrawn", ["v=DKIM1; k=rsa; p="], "unchecked", Why.KEY_WITHDRAWN),
        ("gone", DnsStatus.NXDOMAIN, "unchecked", Why.KEY_MISSING),
        ("empty", DnsStatus.EMPTY, "unchecked", Why.KEY_MISSING),
        ("failing", DnsStatus.TEMPFAIL, "unchecked", Why.DNS_TEMPORARY),
        ("out of reach", DnsStatus.UNAVAILABLE, "unchecked", Why.DNS_UNAVAILABLE),
        ("not one but two", [record, key_record(rsa_key(name="evil"))], "unchecked", Why.KEY_AMBIGUOUS),
        ("no key", ["v=spf1 -all"], "unchecked", Why.KEY_MISSING),
        ("of another version", [key_record(rsa_key(), "v=DKIM2")], "unchecked", Why.KEY_MISSING),
        ("garbage", ["v=DKIM1; p=%%%%"], "unchecked", Why.KEY_UNUSABLE),
        ("no DER", ["v=DKIM1; p=AAAA"], "unchecked", Why.KEY_UNUSABLE),
        ("cut short", [record[:-40]], "unchecked", Why.KEY_UNUSABLE),
        ("oversize", [record + "; n=" + "x" * 9_000], "unchecked", Why.KEY_UNUSABLE),
        ("too many texts", [record] * 60, "unchecked", Why.KEY_UNUSABLE),
        ("of an unknown kind", [key_record(rsa_key(), "k=dsa")], "unchecked", Why.KEY_UNUSABLE),
        ("a giant exponent", [_bent(exponent=(1 << 4_000) + 1)], "unchecked", Why.KEY_UNUSABLE),
        ("exponent one", [_bent(exponent=1)], "unchecked", Why.KEY_UNUSABLE),
        ("a giant modulus", [_bent(modulus=(1 << 12_000) + 1)], "unchecked", Why.KEY_UNUSABLE),
        ("in test", [key_record(rsa_key(), "v=DKIM1; t=y")], "none", Why.TESTING),
        ("for another service", [key_record(rsa_key(), "v=DKIM1; s=tlsrpt")], "none", Why.KEY_REFUSES),
        ("for SHA-1 only", [key_record(rsa_key(), "v=DKIM1; h=sha1")], "none", Why.KEY_REFUSES),
        ("of the other algorithm", [edwards_record()], "none", Why.KEY_REFUSES),
        ("another's", [key_record(rsa_key(name="evil"))], "fail", Why.SIGNATURE_WRONG),
    ):
        yield Case(f"a key that is {what}", good, dkim, reason=reason, table=own_key(answer))
    strict = signed_by_hand(mail(), tags={"i": f"@x.{SENDER}"})
    yield Case(
        "an identity below, by a strict key",
        strict,
        "none",
        reason=Why.KEY_REFUSES,
        table=own_key([key_record(rsa_key(), "v=DKIM1; t=s")]),
    )


def _bent(modulus=None, exponent=65537) -> Any:
    numbers = rsa_key().public_key().public_numbers()

    def value(tag, content) -> Any:
        size = len(content)
        length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2)
        return bytes([tag]) + length + content

    def integer(number) -> Any:
        return value(2, b"\0" + number.to_bytes((number.bit_length() + 7) // 8))

    encoded = value(0x30, integer(modulus or numbers.n) + integer(exponent))
    return "v=DKIM1; p=" + base64.b64encode(encoded).decode()
