"""Keys, mails and signatures of a world of its own, and the house's checks run on them with a stub for the DNS.

Signatures are made with dkimpy where it can make them, and by hand, with its canonical forms, where a case needs what
no signer writes.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from functools import cache
from typing import Any

import dkim
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from dkim.canonicalization import CanonicalizationPolicy
from nacl.encoding import Base64Encoder
from nacl.signing import SigningKey

from ingest import sandbox_tasks
from ingest.authenticity_rounds import complete
from ingest.dns_asking import Asker
from ingest.envelopes import Arrival
from ingest.sandbox import email_reading
from storage.provenance import DnsAnswer, DnsKind, DnsStatus

AT = datetime.now(UTC).replace(microsecond=0)  # dkimpy writes the time of now into what it signs
NOW = int(AT.timestamp())
SENDER, EVIL = "sender.example", "evil.example"
RELAXED, SIMPLE = b"relaxed", b"simple"
BODY = "Dear Ada,\r\nthe bus comes at eight.\r\n"
NAMES = ("from", "to", "subject", "date", "message-id")


def rsa_key(bits=1024, name="own"):
    return _rsa_key(bits, name)


@cache
def _rsa_key(bits, name) -> Any:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def pem(key):
    form = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def public(key):
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return base64.b64encode(key.public_key().public_bytes(serialization.Encoding.DER, form)).decode()


EDWARDS = SigningKey(b"\x07" * 32)


def key_record(key, extra="v=DKIM1; k=rsa"):
    return f"{extra}; p={public(key)}"


def edwards_record():
    return "v=DKIM1; k=ed25519; p=" + EDWARDS.verify_key.encode(Base64Encoder).decode()


def zone(also=None):
    """The keys of both domains, and more."""
    return {
        (f"sel._domainkey.{SENDER}", DnsKind.TXT): [key_record(rsa_key())],
        (f"ed._domainkey.{SENDER}", DnsKind.TXT): [edwards_record()],
        (f"sel._domainkey.{EVIL}", DnsKind.TXT): [key_record(rsa_key(name="evil"))],
        **(also or {}),
    }


def mail(
    *, sender=f"Bo Carter <bo@{SENDER}>", body="Dear Ada,\r\nthe bus comes at eight.\r\n", above=(), **fields: Any
):
    stated = {
        "From": sender,
        "To": "ada@district.example",
        "Subject": "Bus times",
        "Date": "Mon, 02 Mar 2026 09:00:00 +0000",
        "Message-ID": f"<1@{SENDER}>",
    } | {name.replace("_", "-"): value for name, value in fields.items()}
    lines = [*above, *(f"{name}: {value}" for name, value in stated.items() if value is not None)]
    return "\r\n".join((*lines, "", body)).encode()


def signed(raw, *, domain=SENDER, key=None, forms=(RELAXED, RELAXED), names=NAMES, selector="sel", **more: Any):
    """A mail with a signature by dkimpy on top."""
    signer = dkim.DKIM(raw)
    found = signer.sign(
        selector.encode(),
        domain.encode(),
        pem(key or rsa_key(name="evil" if domain.endswith(EVIL) else "own")),
        canonicalize=forms,
        include_headers=[one.encode() for one in names],
        **more,
    )
    return found + raw


def signed_by_edwards(raw, *, domain=SENDER):
    signer = dkim.DKIM(raw, signature_algorithm=b"ed25519-sha256")
    secret = EDWARDS.encode(Base64Encoder)
    return signer.sign(b"ed", domain.encode(), secret, include_headers=[one.encode() for one in NAMES]) + raw


def signed_by_hand(raw, *, domain=SENDER, key=None, names=NAMES, tags=None, algorithm="rsa-sha256"):
    """A mail with a signature whose tags are as a case wants them; None leaves a tag out."""
    key = key or rsa_key(name="evil" if domain.endswith(EVIL) else "own")
    canonical = CanonicalizationPolicy(*_forms())
    fields, body = dkim.rfc822_parse(raw)
    digest = base64.b64encode(hashlib.sha256(canonical.canonicalize_body(body)).digest()).decode()
    stated = {
        "v": "1", "a": algorithm, "c": "relaxed/relaxed", "d": domain, "s": "sel", "h": ":".join(names), "bh": digest,
    } | (tags or {})  # fmt: skip
    head = "; ".join(f"{name}={value}" for name, value in stated.items() if value is not None)
    value = f" {head}; b=".encode()
    lines = [
        b"%b:%b" % one
        for one in dkim.select_headers(canonical.canonicalize_headers(fields), [one.encode() for one in names])
    ]
    own = b"%b:%b" % canonical.canonicalize_headers([(b"DKIM-Signature", value)])[0]
    return b"DKIM-Signature:" + value + rsa_sign(key, b"".join(lines) + own.removesuffix(b"\r\n")) + b"\r\n" + raw


def rsa_sign(key, text, digest=None):
    return base64.b64encode(key.sign(text, padding.PKCS1v15(), digest or hashes.SHA256()))


def _forms() -> Any:
    policy = CanonicalizationPolicy.from_c_value(b"relaxed/relaxed")
    return policy.header_algorithm, policy.body_algorithm


class StubResolver:
    """Answers from a table; a value that is a status is that answer. Remembers what was asked."""

    def __init__(self, table) -> None:
        self._table = table
        self.asked = []

    def query(self, name, kind):
        self.asked.append((name, kind))
        found = self._table.get((name, kind), DnsStatus.NXDOMAIN)
        if isinstance(found, DnsStatus):
            return DnsAnswer(name=name, kind=kind, status=found)
        return DnsAnswer(name=name, kind=kind, status=DnsStatus.OK, values=tuple(found))


class ReaderHere:
    """The reader's task without its process."""

    def __init__(self) -> None:
        self.trips = 0
        _rehearse()
        self._tasks = sandbox_tasks.tasks()

    def read_many(self, requests):
        self.trips += bool(requests)
        return [self._tasks[one.task](one.payload, one.options) for one in requests]


@cache
def _rehearse() -> None:
    sandbox_tasks.load()


def examined(raw, table=None, *, envelope=None, at=AT, resolver=None, reader=None, silent=False):
    """The description of a mail after all rounds; `silent` is an archive that asks no DNS."""
    reader = reader or ReaderHere()
    request = email_reading(raw, Arrival(at=at, envelope=envelope).options())
    resolver = resolver or StubResolver(zone() if table is None else table)
    asker = None if silent else Asker(resolver, clock=lambda: at)
    (found,) = complete(reader, asker, [request], reader.read_many([request]), at)
    return found


def attached(inner, *, above=(), encoding=None, note="See below.", kind="message/rfc822"):
    """A forward with the mail attached, unsigned."""
    content = base64.encodebytes(inner).replace(b"\n", b"\r\n") if encoding == "base64" else inner
    extra = f"Content-Transfer-Encoding: {encoding}\r\n" if encoding else ""
    body = (
        f"--x\r\nContent-Type: text/plain\r\n\r\n{note}\r\n--x\r\nContent-Type: {kind}\r\n{extra}\r\n".encode()
        + content
        + b"\r\n--x--\r\n"
    )
    outer = mail(
        sender="Ada <ada@home.example>", body="", Subject="Fwd: Bus times", MIME_Version="1.0",
        Content_Type='multipart/mixed; boundary="x"', Message_ID="<2@home.example>", above=above,
    )  # fmt: skip
    return outer + body


def changed(raw, old, new):
    """The mail with one place changed; a case that changes nothing is a fault of the case."""
    assert raw.count(old) >= 1
    return raw.replace(old, new, 1)
