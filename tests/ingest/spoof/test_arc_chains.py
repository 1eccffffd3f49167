"""A chain is intact or it is not, and either way it proves nothing of the sender."""

from __future__ import annotations

from typing import Any

import dkim
import pytest

from archiver.provenance_view import dkim_of, verified_by_checks
from ingest.concluding import grade_of
from storage.provenance import CheckMethod, DnsKind, DnsStatus
from tests.every_case import every_case
from tests.ingest.spoof.chains import SEALER, sealed
from tests.ingest.spoof.signing import changed, examined, key_record, mail, rsa_key, signed, zone

OTHER = "hop.example"
KEYS = {
    (f"arc._domainkey.{SEALER}", DnsKind.TXT): [key_record(rsa_key(name=SEALER))],
    (f"arc._domainkey.{OTHER}", DnsKind.TXT): [key_record(rsa_key(name=OTHER))],
}
ONE = sealed(mail())
TWO = sealed(ONE, domain=OTHER)
FIVE = sealed(sealed(sealed(TWO), domain=OTHER))


def chain_of(raw, table=None):
    found = examined(raw, zone(KEYS) if table is None else table)
    (check,) = [one for one in found.authenticity.checks if one.method is CheckMethod.ARC]
    assert grade_of(found).value == "B"
    assert dkim_of(found).value == "none"
    return check


def oracle(raw):
    def answer(name, timeout=5) -> Any:
        return KEYS[(name.decode().rstrip("."), DnsKind.TXT)][0].encode()

    return dkim.arc_verify(raw, dnsfunc=answer)[0]


@pytest.mark.parametrize("raw", [ONE, TWO, FIVE], ids=["one", "two", "five"])
def test_an_intact_chain_passes_for_another_library_and_for_us(raw):
    assert oracle(raw) == b"pass"
    check = chain_of(raw)
    assert check.verdict.value == "pass"
    assert check.domain in (SEALER, OTHER)


def test_an_intact_chain_is_said_of_the_mail_that_was_handed_in_and_lifts_nothing():
    said = verified_by_checks(examined(ONE, zone(KEYS)))
    assert said == [
        f"of the mail as it was handed in: its chain of forwarders is intact, last sealed by {SEALER} (ARC)"
    ]


BROKEN = {
    "body": changed(TWO, b"eight", b"nine"),
    "subject": changed(TWO, b"Subject: Bus", b"Subject: Car"),
    "results of the first": changed(TWO, b"i=1; mx.list", b"i=1; mx.evil"),
    "results of the newest": changed(TWO, b"i=2; mx.list", b"i=2; mx.evil"),
    "first seal": changed(TWO, b"cv=none", b"cv=none; x=1"),
    "first set gone": TWO.replace(ONE[: ONE.index(b"From:")], b""),
    "a seal gone": changed(ONE, b"ARC-Seal: i=1", b"X-Seal: i=1"),
    "a set twice": ONE[: ONE.index(b"From:")] + ONE,
    "a gap": sealed(ONE, number=3),
    "instance none": sealed(mail(), number=51),
    "pass at the first": sealed(mail(), state="pass"),
    "none at the second": sealed(ONE, state="none"),
    "refused on the way": sealed(ONE, state="fail"),
    "seal with h": sealed(mail(), seal_tags=" h=from;"),
    "another's key": sealed(mail(), key=rsa_key(name=OTHER)),
    "made up": b"ARC-Seal: i=1; a=rsa-sha256; cv=none; d=bank.example; s=a; b=AAAA\r\n"
    b"ARC-Message-Signature: i=1; a=rsa-sha256; d=bank.example; s=a; h=from; bh=AAAA; b=AAAA\r\n"
    b"ARC-Authentication-Results: i=1; mx.bank.example; dkim=pass\r\n" + mail(),
    "not signing From, body changed": changed(sealed(mail(), names=("to",)), b"eight", b"nine"),
}


@every_case("name", BROKEN)
def test_a_chain_that_is_not_whole_never_passes(name):
    check = chain_of(BROKEN[name])
    assert check.verdict.value == ("unchecked" if name == "made up" else "fail")


def test_a_chain_whose_keys_cannot_be_had_is_unchecked():
    check = chain_of(ONE, zone({(f"arc._domainkey.{SEALER}", DnsKind.TXT): DnsStatus.TEMPFAIL}))
    assert (check.verdict.value, check.reason.value) == ("unchecked", "dns_temporary")


def test_fifty_one_sets_are_no_chain():
    raw = mail()
    fields = b"".join(
        b"ARC-Seal: i=%d; cv=pass; d=a.example; s=a; a=rsa-sha256; b=AAAA\r\n" % number for number in range(1, 52)
    )
    assert chain_of(fields + raw).verdict.value == "fail"


def test_a_chain_around_a_signed_mail_leaves_the_mail_its_grade():
    found = examined(sealed(signed(mail())), zone(KEYS))
    assert grade_of(found).value == "A"


def test_a_chain_around_a_forged_mail_leaves_it_unverified():
    forged = sealed(
        changed(signed(mail()), b"eight", b"nine"), results="mx.list.example; dkim=pass header.d=sender.example"
    )
    found = examined(forged, zone(KEYS))
    assert (grade_of(found).value, dkim_of(found).value) == ("B", "fail")
