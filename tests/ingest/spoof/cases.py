"""The spoof corpus: mails that are what they say, and mails that pretend, each with what must be said of it.

A case is a name, the bytes, the DNS, and what must come out: the word `dkim`, the grade, and where it matters the
reason. Nothing but the cases of `GENUINE` may ever be graded A.
"""

from __future__ import annotations

from typing import Any

from ingest.authenticity_fields import cut
from storage.provenance import CheckReason as Why
from storage.provenance import DnsKind
from tests.ingest.spoof.cases_of_keys import Case, key_at, keys, own_key
from tests.ingest.spoof.signing import (
    EVIL,
    NAMES,
    NOW,
    RELAXED,
    SENDER,
    SIMPLE,
    attached,
    changed,
    key_record,
    mail,
    rsa_key,
    signed,
    signed_by_edwards,
    signed_by_hand,
    zone,
)

FORMS = [(one, other) for one in (RELAXED, SIMPLE) for other in (RELAXED, SIMPLE)]


def genuine():
    plain = mail()
    for forms in FORMS:
        yield Case(f"signed {forms[0].decode()}/{forms[1].decode()}", signed(plain, forms=forms), "pass", "A")
    yield Case(
        "signed with 2048 bits",
        signed(plain, key=rsa_key(2048)),
        "pass",
        "A",
        table=own_key([key_record(rsa_key(2048))]),
    )
    yield Case("signed with Ed25519", signed_by_edwards(plain), "pass", "A")
    yield Case("signed twice", signed_by_edwards(signed(plain)), "pass", "A")
    yield Case("signed by a list too", signed(signed(plain), domain=EVIL), "pass", "A")
    yield Case("line feeds only", signed(plain).replace(b"\r\n", b"\n"), "pass", "A")
    yield Case("an envelope line above", b"From bo Mon Mar  2 09:00:00 2026\r\n" + signed(plain), "pass", "A")
    yield Case("fields added above", b"Received: from a by b\r\nX-Spam: no\r\n" + signed(plain), "pass", "A")
    yield Case("replayed to another", b"Delivered-To: eve@evil.example\r\n" + signed(plain), "pass", "A")
    yield Case("a domain in capitals", signed(mail(sender="Bo <bo@Sender.EXAMPLE>")), "pass", "A")
    yield Case("signed by the domain above", signed(mail(sender=f"Bo <bo@news.{SENDER}>")), "pass", "A")
    yield Case(
        "signed by the domain below",
        signed(plain, domain=f"mail.{SENDER}"),
        "pass",
        "A",
        table=key_at(f"mail.{SENDER}"),
    )
    yield Case("an identity below", signed_by_hand(plain, tags={"i": f"@x.{SENDER}"}), "pass", "A")
    yield Case("From signed twice", signed(plain, names=("from", *NAMES)), "pass", "A")
    yield Case("To not signed", signed(plain, names=("from", "subject", "date")), "pass", "A")
    yield Case("not yet expired", signed_by_hand(plain, tags={"t": str(NOW - 60), "x": str(NOW + 60)}), "pass", "A")
    yield Case(
        "a key without a version", signed(plain), "pass", "A", table=own_key([key_record(rsa_key(), "k=rsa; n=note")])
    )
    yield Case(
        "a key for mail only",
        signed(plain),
        "pass",
        "A",
        table=own_key([key_record(rsa_key(), "v=DKIM1; s=email; t=s")]),
    )
    yield Case(
        "other texts beside the key", signed(plain), "pass", "A", table=own_key(["v=spf1 -all", key_record(rsa_key())])
    )
    yield Case("a body in other letters", signed(mail(body="Überraschung, 東京\r\n")), "pass", "A")
    yield Case("an empty body", signed(mail(body="")), "pass", "A")
    yield Case("empty lines at the end", signed(mail(body="a\r\n\r\n\r\n")), "pass", "A")
    yield Case(
        "an A-label domain",
        signed(mail(sender="Bo <bo@xn--bcher-kva.example>"), domain="xn--bcher-kva.example"),
        "pass",
        "A",
        table=key_at("xn--bcher-kva.example"),
    )
    yield Case(
        "a U-label domain",
        signed(mail(sender="Bo <bo@bücher.example>"), domain="xn--bcher-kva.example"),
        "pass",
        "A",
        table=key_at("xn--bcher-kva.example"),
    )
    yield Case("attached", attached(signed(plain)), "pass", "A")
    yield Case("attached in base64", attached(signed(plain), encoding="base64"), "pass", "A")
    yield Case(
        "attached, forwarder's signature broken",
        changed(signed(attached(signed(plain)), domain="home.example"), b"See below", b"Look"),
        "pass",
        "A",
    )
    yield Case(
        "a display name with another's address, own signature",
        signed(mail(sender='"ceo@bank.example" <bo@sender.example>')),
        "pass",
        "A",
    )


def tampered():
    changes = {
        "a word of the body": (b"eight", b"seven"),
        "a blank line in the body": (b"Dear Ada,", b"Dear Ada,\r\n"),
        "the subject": (b"Subject: Bus times", b"Subject: Bus fares"),
        "the sender's name": (b"Bo Carter", b"Eve Carter"),
        "the sender's address": (b"bo@sender", b"eve@sender"),
        "the date": (b"Mon, 02 Mar 2026", b"Tue, 03 Mar 2026"),
        "the recipient": (b"To: ada", b"To: eve"),
        "the message id": (b"Message-ID: <1", b"Message-ID: <2"),
    }
    for forms in FORMS:
        for what, (old, new) in changes.items():
            name = f"{what} changed under {forms[0].decode()}/{forms[1].decode()}"
            yield Case(name, changed(signed(mail(), forms=forms), old, new), "fail")
        yield Case(
            f"text appended {forms}", signed(mail(), forms=forms) + b"PS: pay me\r\n", "fail", reason=Why.BODY_CHANGED
        )
    other = signed(mail(), key=rsa_key(name="evil"))
    yield Case("signed with another's key", other, "fail", reason=Why.SIGNATURE_WRONG)
    yield Case(
        "attached and changed", attached(changed(signed(mail()), b"eight", b"nine")), "fail", reason=Why.BODY_CHANGED
    )
    yield Case("a signature of another mail", cut_signature(signed(mail(Subject="Other"))) + mail(), "fail")
    yield Case("a signature taken over for another body", cut_signature(signed(mail())) + mail(body="Pay.\r\n"), "fail")
    yield Case(
        "a subject added where none was signed",
        changed(signed(mail(Subject=None)), b"To:", b"Subject: Pay\r\nTo:"),
        "fail",
    )


def cut_signature(raw):
    field = cut(raw).all(b"dkim-signature")[0]
    return field.written + b":" + field.value + b"\r\n"


def counts_as_none():
    plain, good = mail(), signed(mail())
    for length in ("0", "5", "43"):
        yield Case(f"l={length}", signed_by_hand(plain, tags={"l": length}), "none", reason=Why.LENGTH_LIMIT)
    limited = signed(plain, length=True)
    yield Case("l= by a signer", limited, "none", reason=Why.LENGTH_LIMIT)
    yield Case("l= and text appended", limited + b"PS: pay me\r\n", "none", reason=Why.LENGTH_LIMIT)
    yield Case(
        "From unsigned", signed_by_hand(plain, names=("to", "subject", "date")), "none", reason=Why.FROM_UNSIGNED
    )
    yield Case("subject unsigned", signed(plain, names=("from", "date", "to")), "none", reason=Why.HEADERS_UNSIGNED)
    yield Case("date unsigned", signed(plain, names=("from", "subject", "to")), "none", reason=Why.HEADERS_UNSIGNED)
    for name, value in (
        ("Subject", "Pay me"), ("Date", "Tue, 03 Mar 2026 09:00:00 +0000"), ("To", "eve@evil.example"),
        ("Message-ID", "<9@evil.example>"), ("From", "Ceo <ceo@sender.example>"), ("From", "Eve <eve@evil.example>"),
    ):  # fmt: skip
        line = f"{name}: {value}\r\n".encode()
        yield Case(f"a second {name} above: {value}", line + good, "none", reason=Why.EXTRA_FIELD)
        head, _, body = good.partition(b"\r\n\r\n")
        low = head + b"\r\n" + line + b"\r\n" + body
        # whether it breaks the signature or hides behind it, nothing may be verified
        yield Case(f"a second {name} below: {value}", low, "none", reason=Why.EXTRA_FIELD)
    twice = b"Content-Type: text/html\r\nContent-Type: text/plain\r\n"
    yield Case("two content types", twice + good, "none", reason=Why.EXTRA_FIELD)
    yield Case(
        "From with a blank before the colon",
        b"From : Ceo <ceo@sender.example>\r\n" + good,
        "none",
        reason=Why.EXTRA_FIELD,
    )
    for what, line, grade in (
        ("a line that is no field", b"this is no field\r\n", "C"),  # what follows it is text, and looks like a forward
        ("a folded line first", b" folded: x\r\n", "C"),
        ("an envelope line inside", b"X: y\r\nFrom eve Mon Mar  2\r\n", "B"),
        ("a carriage return alone", b"X-A: b\rFrom: ceo@bank.example\r\n", "B"),
    ):
        yield Case(what, line + good, "none", grade)
    expired = {"t": "1600000000", "x": "1600100000"}
    yield Case("expired", signed_by_hand(plain, tags=expired), "none", reason=Why.EXPIRED)
    yield Case(
        "expired before it was made",
        signed_by_hand(plain, tags={"t": str(NOW + 60), "x": str(NOW + 50)}),
        "none",
        reason=Why.EXPIRED,
    )
    yield Case(
        "made in the future", signed_by_hand(plain, tags={"t": str(NOW + 9 * 86_400)}), "none", reason=Why.FUTURE
    )
    yield Case("a time that is none", signed_by_hand(plain, tags={"t": "soon"}), "none", reason=Why.SYNTAX)
    for tag in ("v", "a", "d", "s", "h", "bh"):
        yield Case(f"without {tag}=", signed_by_hand(plain, tags={tag: None}), "none")
    for tag, value in (
        ("v", "2"), ("c", "strict"), ("q", "http"), ("a", "rsa-md5"), ("i", "@evil.example"), ("i", f"@x{SENDER}"),
        ("d", "example"), ("d", "sender..example"), ("s", "se l"), ("bh", "!!!"), ("h", ""),
    ):  # fmt: skip
        yield Case(f"{tag}={value}", signed_by_hand(plain, tags={tag: value}), "none", reason=Why.SYNTAX)
    yield Case("a tag twice", signed_by_hand(plain, tags={"z": f"1; d={SENDER}"}), "none", reason=Why.SYNTAX)
    yield Case("SHA-1", signed(plain, signature_algorithm=b"rsa-sha1"), "none", reason=Why.WEAK)
    yield Case("no signature", plain, "none")
    yield Case("attached without a signature", attached(plain), "none")


def others_domain():
    """A signature that is right, of a domain that is not the author's: never the original's."""
    for sender in (
        f"Bo Carter <bo@{SENDER}>",
        f'"bo@{EVIL}" <bo@{SENDER}>',
        f"bo@{EVIL} <bo@{SENDER}>",
        f"Bo <bo@{SENDER}.{EVIL.replace('.', '-')}.test>",
        f"Bo <bo@x{EVIL}>",
        f"Bo <bo@{EVIL}.sender.test>",
        "Bo <bo@еvil.example>",
        "Bo <bo@evi1.example>",
        "Bo <bo@xn--vil-qdd.example>",
        "Bo <bo@ｅvil.example>",
        f"Bo <bo@{EVIL}@{SENDER}>",
        f"Bo <bo@{SENDER}>, Eve <eve@{EVIL}>",
        f"Eve <eve@{EVIL}>, Bo <bo@{SENDER}>",
        f"friends: eve@{EVIL}, bo@{SENDER};",
        f"Bo (eve@{EVIL}) <bo@{SENDER}>",
        f"bo@{SENDER} (eve@{EVIL})",
        f"<eve@{EVIL}> <bo@{SENDER}>",
        f"Bo <bo@{SENDER}> <eve@{EVIL}>",
        f"=?utf-8?q?Bo_=3Ceve=40{EVIL}=3E?= <bo@{SENDER}>",
        "undisclosed",
        "",
        "Bo <bo@[192.0.2.1]>",
        f"Bo <bo@{SENDER}\0.{EVIL}>",
    ):
        yield Case(f"signed by another domain than {sender!r}", signed(mail(sender=sender), domain=EVIL), "none")
    yield Case(
        "a public suffix", signed(mail(sender="Bo <bo@school.co.uk>"), domain="co.uk"), "none", table=key_at("co.uk")
    )
    yield Case(
        "a neighbour at a host",
        signed(mail(sender="Bo <bo@one.github.io>"), domain="two.github.io"),
        "none",
        table=key_at("two.github.io"),
    )
    yield Case(
        "the host of a neighbour",
        signed(mail(sender="Bo <bo@one.github.io>"), domain="github.io"),
        "none",
        table=key_at("github.io"),
    )
    yield Case(
        "ss for sharp s",
        signed(mail(sender="Bo <bo@straße.example>"), domain="strasse.example"),
        "none",
        table=key_at("strasse.example"),
    )
    yield Case(
        "no From but a Sender",
        signed_by_hand(mail(sender=None, Sender=f"eve@{EVIL}").replace(b"From: None\r\n", b""), domain=EVIL),
        "none",
    )
    forged = ("Authentication-Results: mx.district.example; dkim=pass header.d=sender.example; spf=pass; dmarc=pass",)
    yield Case("a forged result", mail(above=forged), "none")
    yield Case("a forged result, signed by another", signed(mail(above=forged), domain=EVIL), "none")
    yield Case("a forged SPF result", mail(above=("Received-SPF: pass (sender.example)",)), "none")


def forwards():
    """Whatever is proven of the forwarder is not proven of what he forwards."""
    inner, good = mail(), signed(mail())
    home = {("sel._domainkey.home.example", DnsKind.TXT): [key_record(rsa_key())]}
    table = zone(home)

    def by_forwarder(raw) -> Any:
        return signed(raw, domain="home.example", names=(*NAMES, "content-type"))

    yield Case("unsigned, attached to a signed forward", by_forwarder(attached(inner)), "none", table=table)
    yield Case(
        "broken, attached to a signed forward",
        by_forwarder(attached(changed(good, b"eight", b"nine"))),
        "fail",
        table=table,
    )
    forged = attached(mail(above=(f"DKIM-Signature: v=1; a=rsa-sha256; d={SENDER}; s=sel; h=from; bh=AAAA; b=AAAA",)))
    yield Case("a made-up signature on what is attached", by_forwarder(forged), "none", table=table)
    own = attached(signed(inner, domain="home.example"))
    yield Case("attached, signed by the forwarder's domain", by_forwarder(own), "none", table=table)
    text = (
        "---------- Forwarded message ---------\r\nFrom: Bo <bo@sender.example>\r\n"
        "Date: Mon, Mar 2, 2026 at 9:00 AM\r\nSubject: Bus times\r\nTo: <ada@home.example>\r\n\r\n"
        "The bus comes at eight.\r\n"
    )
    inline = mail(sender="Ada <ada@home.example>", Subject="Fwd: Bus times", body=text)
    yield Case("inline in a signed forward", by_forwarder(inline), "none", "C", table=table)
    as_if = mail(sender=f"Bo <bo@{SENDER}>", Subject="Fwd: Bus times", body=text)
    yield Case("inline in a forward that the same person signed", signed(as_if), "none", "C")
    two = attached(mail(Subject="False"), note="x").replace(
        b"--x--\r\n", b"--x\r\nContent-Type: message/rfc822\r\n\r\n" + good + b"\r\n--x--\r\n"
    )
    yield Case("the second of two attached is signed", two, "none")
    deep = attached(attached(good))
    yield Case("signed two levels down", deep, "none")
    report = attached(good).replace(b"multipart/mixed", b"multipart/report")
    yield Case("attached to a report", report, "none")


def everything():
    yield from genuine()
    yield from tampered()
    yield from counts_as_none()
    yield from keys()
    yield from others_domain()
    yield from forwards()
