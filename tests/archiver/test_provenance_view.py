"""What is said of a record's origin is what was checked, in words for people, and the grade is explained."""

from __future__ import annotations

import pytest

from archiver.config import Settings
from archiver.dns_wiring import asker_of, look_at_dns
from archiver.provenance_view import REASONS, explanation, provenance_members, verified_by_checks
from archiver.settings_sections import DnsSection
from ingest.concluding import grade_of
from storage.provenance import CheckReason, DnsKind, DnsStatus
from storage.records import Description, Grade, RecordKind
from tests.every_case import every_case
from tests.ingest.spoof.signing import SENDER, attached, changed, examined, mail, signed, zone


def members(raw, table=None):
    found = examined(raw, table)
    return provenance_members(found, grade_of(found))


def test_every_reason_has_its_words():
    assert set(REASONS) == set(CheckReason)
    assert len(set(REASONS.values())) == len(REASONS)


def test_a_verified_message_says_by_whom_and_with_which_answer():
    shown = members(signed(mail()))
    (check,) = [one for one in shown["checks"] if one["method"] == "dkim"]
    assert (shown["grade"], shown["dkim"]) == ("A", "pass")
    assert check["of"] == "carrier"
    assert (check["result"], check["domain"], check["author"], check["aligned"]) == (
        "pass",
        SENDER,
        f"bo@{SENDER}",
        True,
    )
    assert [(one["name"], one["status"]) for one in check["dns"]] == [(f"sel._domainkey.{SENDER}", "ok")]
    assert check["dns"][0]["at"] is not None
    assert check["dns"][0]["values"][0].startswith("v=DKIM1")


def test_a_verified_sentence_names_domain_address_and_what_is_covered():
    (said,) = verified_by_checks(examined(signed(mail())))
    for word in (SENDER, f"bo@{SENDER}", "from, to, date, subject, message-id, body", "the DNS gave at"):
        assert word in said


@pytest.mark.parametrize(
    ("raw", "table", "words"),
    [
        (mail(), None, "carries no DKIM signature"),
        (attached(mail()), None, "the attached message carries no DKIM signature"),
        (changed(signed(mail()), b"eight", b"nine"), None, "is wrong: the body is not the one that was signed"),
        (signed(mail(), length=True), None, "counts as none: it covers only a part of the body"),
        (signed(mail(), domain="evil.example"), None, "but of evil.example, not of the domain of its From address"),
        (
            signed(mail()),
            zone({(f"sel._domainkey.{SENDER}", DnsKind.TXT): ["v=DKIM1; p="]}),
            "could not be checked: the domain has withdrawn the key",
        ),
        (
            signed(mail()),
            zone({(f"sel._domainkey.{SENDER}", DnsKind.TXT): DnsStatus.UNAVAILABLE}),
            "could not be checked: no DNS server answered",
        ),
    ],
)
def test_a_message_that_is_not_verified_says_why(raw, table, words):
    assert words in members(raw, table)["explanation"][0]


def test_every_grade_is_explained():
    for grade in Grade:
        assert explanation(Description(kind=RecordKind.EMAIL), grade)


def test_a_document_has_no_signature_to_speak_of_and_is_called_no_message():
    shown = provenance_members(Description(kind=RecordKind.DOCUMENT), Grade.B)
    assert shown["dkim"] == "none"
    assert "message" not in shown["means"]


@every_case("kind", RecordKind)
@every_case("grade", Grade)
def test_every_grade_of_every_kind_has_its_words(kind, grade):
    assert provenance_members(Description(kind=kind), grade)["means"]


def test_a_mail_of_before_the_checks_is_unchecked():
    assert provenance_members(Description(kind=RecordKind.EMAIL), Grade.B)["dkim"] == "unchecked"


def test_nobody_is_asked_where_the_settings_say_so():
    section = DnsSection(enabled=False)
    assert asker_of(section, lambda: None) is None
    works, detail = look_at_dns(section)
    assert not works
    assert "enabled" in detail


def test_a_server_that_is_not_there_is_told():
    works, detail = look_at_dns(DnsSection(servers=("127.0.0.1:9",), timeout=0.4))
    assert not works
    assert "127.0.0.1" in detail


def test_a_server_must_be_an_address(monkeypatch):
    monkeypatch.setenv("ARCHIVER_SET_DNS__SERVERS", '["dns.example"]')
    with pytest.raises(ValueError, match="dns"):
        Settings()
