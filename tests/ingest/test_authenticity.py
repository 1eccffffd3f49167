"""What is checked of a mail as it came in: the sender's machine, the policy of his domain, and hostile excess."""

from __future__ import annotations

import time
import tracemalloc

import dkim
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.authenticity_domains import are_aligned, ascii_domain, author_of, organisation_of
from ingest.authenticity_fields import cut, relaxed_body, simple_body
from ingest.envelopes import EnvelopeFacts, address_of
from storage.provenance import CheckedMessage, CheckMethod, CheckReason, DnsKind, DnsStatus, Verdict
from tests.every_case import every_case
from tests.ingest.spoof.signing import (
    EVIL,
    SENDER,
    ReaderHere,
    StubResolver,
    changed,
    examined,
    key_record,
    mail,
    rsa_key,
    signed,
    zone,
)

PUBLIC = "9.9.9.7"
SPF = (SENDER, DnsKind.TXT)
DMARC = (f"_dmarc.{SENDER}", DnsKind.TXT)
ENVELOPE = EnvelopeFacts(peer=PUBLIC, helo=f"mx.{SENDER}", mail_from=f"bo@{SENDER}")


def check_of(found, method):
    return next(one for one in found.authenticity.checks if one.method is method)


def dmarc(raw, record, *, envelope=ENVELOPE, spf="v=spf1 -all", also=None):
    table = zone({DMARC: [record] if isinstance(record, str) else record, SPF: [spf], **(also or {})})
    return check_of(examined(raw, table, envelope=envelope), CheckMethod.DMARC)


@every_case(
    ("raw", "record", "spf", "verdict"),
    [
        (signed(mail()), "v=DMARC1; p=reject", "v=spf1 -all", Verdict.PASS),
        (mail(), "v=DMARC1; p=reject", f"v=spf1 ip4:{PUBLIC} -all", Verdict.PASS),
        (mail(), "v=DMARC1; p=reject", "v=spf1 -all", Verdict.FAIL),
        (changed(signed(mail()), b"eight", b"nine"), "v=DMARC1; p=reject", "v=spf1 -all", Verdict.FAIL),
        (signed(mail(), domain=EVIL), "v=DMARC1; p=none", "v=spf1 -all", Verdict.FAIL),
        (mail(), "v=DMARC1", "v=spf1 -all", Verdict.NONE),
        (mail(), "p=reject; v=DMARC1", "v=spf1 -all", Verdict.NONE),
        (mail(), ["v=DMARC1; p=none", "v=DMARC1; p=reject"], "v=spf1 -all", Verdict.NONE),
        (mail(), DnsStatus.TEMPFAIL, "v=spf1 -all", Verdict.UNCHECKED),
        (mail(), DnsStatus.NXDOMAIN, "v=spf1 -all", Verdict.NONE),
        (
            mail(sender="Bo <bo@sender.example>, Eve <eve@sender.example>"),
            "v=DMARC1; p=none",
            "v=spf1 +all",
            Verdict.PERMERROR,
        ),
    ],
)
def test_a_policy_is_held_against_what_passed(raw, record, spf, verdict):
    table = zone({DMARC: record if isinstance(record, (list, DnsStatus)) else [record], SPF: [spf]})
    assert check_of(examined(raw, table, envelope=ENVELOPE), CheckMethod.DMARC).verdict is verdict


def test_a_strict_policy_takes_no_signature_of_the_domain_above():
    raw = signed(mail(sender=f"Bo <bo@news.{SENDER}>"))
    also = {(f"_dmarc.news.{SENDER}", DnsKind.TXT): ["v=DMARC1; p=reject; adkim=s"]}
    assert dmarc(raw, "v=DMARC1; p=none", also=also).verdict is Verdict.FAIL


def test_a_domain_below_gets_the_policy_for_domains_below():
    check = dmarc(signed(mail(sender=f"Bo <bo@news.{SENDER}>")), "v=DMARC1; p=reject; sp=quarantine")
    assert (check.verdict, check.policy) == (Verdict.PASS, "quarantine")


def test_behind_a_relay_a_policy_can_pass_and_never_fails():
    relay = EnvelopeFacts(peer="127.0.0.1", helo="relay", mail_from=f"bo@{SENDER}")
    assert dmarc(signed(mail()), "v=DMARC1; p=reject", envelope=relay).verdict is Verdict.PASS
    broken = changed(signed(mail()), b"eight", b"nine")
    check = dmarc(broken, "v=DMARC1; p=reject", envelope=relay)
    assert (check.verdict, check.reason) == (Verdict.UNCHECKED, CheckReason.DEPENDS)


def test_a_mail_without_signature_or_peer_makes_one_trip_and_no_question():
    reader, resolver = ReaderHere(), StubResolver({})
    found = examined(mail(), resolver=resolver, reader=reader)
    assert (reader.trips, resolver.asked) == (1, [])
    assert found.authenticity.checks == ()
    assert found.authenticity.original is CheckedMessage.CARRIER


def test_an_unsigned_mail_from_a_relay_makes_one_trip_and_no_question():
    reader, resolver = ReaderHere(), StubResolver({})
    examined(mail(), resolver=resolver, reader=reader, envelope=EnvelopeFacts(peer="127.0.0.1"))
    assert (reader.trips, resolver.asked) == (1, [])


def test_the_answers_are_kept_with_their_time_and_their_text():
    found = examined(signed(mail()))
    (key,) = [one for one in found.authenticity.answers if "_domainkey" in one.name]
    assert key.status is DnsStatus.OK
    assert key.values == (key_record(rsa_key()),)
    assert key.at is not None


def test_ten_thousand_signatures_are_checked_in_bounded_time_and_memory():
    junk = b"DKIM-Signature: v=1; a=rsa-sha256; d=sender.example; s=sel; h=from:subject:date; bh=AAAA; b=AAAA\r\n"
    raw = junk * 900 + signed(mail(body="x\r\n" * 100_000))
    many = junk * 10_000 + mail()
    for one in (raw, many):
        tracemalloc.start()
        began = time.process_time()
        found = examined(one)
        assert time.process_time() - began < 10
        assert tracemalloc.get_traced_memory()[1] < 256 << 20
        tracemalloc.stop()
        assert len(found.authenticity.checks) < 15
        assert CheckReason.TOO_MANY in {check.reason for check in found.authenticity.checks} or not any(
            check.verdict is Verdict.PASS for check in found.authenticity.checks
        )


@every_case(
    "raw",
    [
        signed(mail()) + b" " * 2_000_000,
        signed(mail()) + b" \t" * 500_000 + b"x\r\n",
        signed(mail()) + b"\r\n" * 1_000_000,
        signed(mail()) + b"\r" * 1_000_000,
        signed(mail()) + b"\r\r\n" * 300_000,
        b"X: " + b" " * 900_000 + b"\r\n" + signed(mail()),
        b"DKIM-Signature: v=1; b" + b"\r\n " * 300_000 + b"=x\r\n" + signed(mail()),
        b"DKIM-Signature: " + b";" * 900_000 + b"\r\n" + signed(mail()),
        b"DKIM-Signature: v=1; h=" + b"from:" * 100_000 + b"\r\n" + mail(),
        b"From: " + b'"a\\' * 300_000 + b"\r\n" + signed(mail()),
        b"ARC-Seal: i=" + b"1" * 500_000 + b"\r\n" + signed(mail()),
        b"DKIM-Signature" * 50_000 + b"\r\n" + mail(),
    ],
    ids=range(12),
)
def test_excess_is_weighed_in_time(raw):
    began = time.process_time()
    examined(raw)
    assert time.process_time() - began < 4


def test_a_mail_cannot_make_us_ask_without_end():
    seals = b"".join(
        b"ARC-Seal: i=%d; a=rsa-sha256; cv=%b; d=d%d.example; s=a; b=AAAA\r\n"
        b"ARC-Message-Signature: i=%d; a=rsa-sha256; d=d%d.example; s=a; h=from; bh=AAAA; b=AAAA\r\n"
        b"ARC-Authentication-Results: i=%d; x\r\n" % (n, b"none" if n == 1 else b"pass", n, n, n, n)
        for n in range(1, 51)
    )
    signatures = b"".join(
        b"DKIM-Signature: v=1; a=rsa-sha256; d=s%d.example; s=a; h=from:subject:date; bh=AAAA; b=AAAA\r\n" % n
        for n in range(90)
    )
    resolver = StubResolver({SPF: ["v=spf1 " + " ".join(f"mx:m{n}.example" for n in range(40)) + " -all"]})
    found = examined(seals + signatures + mail(), resolver=resolver, envelope=ENVELOPE)
    assert len(resolver.asked) <= 64
    assert len(found.authenticity.answers) <= 64


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_weighed(raw):
    examined(raw)
    examined(b"DKIM-Signature: v=1; a=rsa-sha256; d=sender.example; s=sel;" + raw + b"\r\n\r\n")


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from([b"a", b" ", b"\t", b"\r\n", b"b c", b"  ", b"\r\n\r\n", b"x \r\n"]), max_size=12).map(
        b"".join
    )
)
def test_a_body_has_the_forms_that_another_library_gives_it(body):
    policy = dkim.canonicalization
    body += b"\r\n"  # as on the wire
    assert simple_body(body) == policy.Simple.canonicalize_body(body)
    assert relaxed_body(body) == policy.Relaxed.canonicalize_body(body)


def test_a_body_cut_out_of_a_multipart_has_the_form_that_was_signed():
    assert relaxed_body(b"a ") == relaxed_body(b"a \r\n") == b"a\r\n"


def test_a_message_is_cut_where_its_first_empty_line_is():
    message = cut(b"A: 1\r\nB: 2\r\n\t3\r\n\r\nbody\r\n\r\nmore")
    assert {name: [one.value for one in found] for name, found in message.named.items()} == {
        b"a": [b" 1"],
        b"b": [b" 2\r\n\t3"],
    }
    assert message.body == b"body\r\n\r\nmore"


@pytest.mark.parametrize(
    ("one", "other", "aligned"),
    [
        ("a.example", "a.example", True), ("x.a.example", "a.example", True), ("x.a.example", "y.a.example", True),
        ("a.example", "b.example", False), ("a.co.uk", "b.co.uk", False), ("co.uk", "a.co.uk", False),
        ("a.github.io", "b.github.io", False),
    ],
)  # fmt: skip
def test_domains_of_one_organisation_are_aligned(one, other, aligned):
    assert are_aligned(one, other) is aligned


def test_a_public_suffix_is_no_organisation():
    assert organisation_of("co.uk") is None


@every_case(
    "host",
    ["", "a", "a..b", "-a.example", "a b.example", "x" * 64 + ".example", "straße.de", "Ⅳ.example", "a.example."],
)
def test_what_is_no_domain_or_needs_a_mapping_is_none(host):
    assert ascii_domain(host) is None


def test_an_author_is_one_address_and_the_one_that_is_shown():
    assert author_of([b" Bo <bo@a.example>"], "bo@a.example").domain == "a.example"
    assert author_of([b" Bo <bo@a.example>"], "eve@a.example") is None
    assert author_of([b" Bo <bo@a.example>"] * 2, "bo@a.example") is None
    assert author_of([], "bo@a.example") is None


@every_case("piece", [b"a", b" ", b"a ", b'"a"', b'"', b'"\\', b"a@", b"<"])
def test_a_from_that_names_nobody_is_given_up_in_one_pass(piece: bytes):
    assert author_of([(piece * 2_000)[:1_990] + b":"], "bo@a.example") is None


@pytest.mark.parametrize(
    ("place", "address"),
    [
        ("9.9.9.7:25", "9.9.9.7"),
        ("2620:fe::7:25", "2620:fe::7"),
        ("local", "local"),
        ("/run/x.sock", "/run/x.sock"),
        ("", ""),
    ],
)
def test_a_peer_is_read_without_its_port(place, address):
    assert address_of(place) == address
