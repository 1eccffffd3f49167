"""A mail is answered only where a person waits for it, and only at an address that is surely his."""

from __future__ import annotations

from dataclasses import replace

import pytest

from archiver.answer_rules import About, Answer, AnswerPolicy, HandedIn, decide, is_nobody
from archiver.settings_sections import AnswerTo
from ingest.carrier_facts import CarrierFacts, Sign, plain_address, plain_message_id
from ingest.formats.carrier_signs import read_carrier
from storage.records import Channel, Outcome
from tests.every_case import every_case

OFFICE, PERSONAL, ARCHIVE = "jane@agency.example", "jane.doe@mail.example", "records@archive.example"
POLICY = AnswerPolicy(
    receipts=True,
    failures=True,
    to=AnswerTo.SENDER,
    own=frozenset({ARCHIVE}),
    domains=frozenset({"agency.example"}),
)
CARRIER = CarrierFacts(sender=PERSONAL, recipients=(ARCHIVE,), message_id="<1@mail.example>")
HIS = HandedIn(
    about=About.RECEIPT,
    channel=Channel.SMTP,
    outcome=Outcome.ARCHIVED,
    submitter=PERSONAL,
    owner=(OFFICE, PERSONAL),
    personal_mailbox=False,
    opted_out=False,
    proved=False,
    carrier=CARRIER,
)
STRANGE = replace(HIS, about=About.TROUBLE, outcome=Outcome.QUARANTINED, owner=())


def test_an_employee_is_answered_where_he_wrote_from():
    assert decide(HIS, POLICY) == Answer(to=PERSONAL, stranger=False)


def test_an_employee_is_answered_at_his_office_where_the_settings_say_so():
    assert decide(HIS, replace(POLICY, to=AnswerTo.OFFICE)) == Answer(to=OFFICE, stranger=False)


def test_a_reply_address_that_the_mail_invents_is_never_used():
    spoofed = replace(HIS, submitter="x@elsewhere.example", carrier=replace(CARRIER, sender="x@elsewhere.example"))
    assert decide(spoofed, POLICY) == "not handed in by him"


@every_case(
    ("changes", "why"),
    [
        ({"submitter": None}, "null sender"),
        ({"submitter": None, "channel": Channel.LMTP}, "null sender"),
        ({"carrier": replace(CARRIER, sign=Sign.LIST)}, "mailing list"),
        ({"carrier": replace(CARRIER, sender=ARCHIVE)}, "own address"),
        ({"submitter": ARCHIVE}, "own address"),
        ({"submitter": "MAILER-DAEMON@mail.example"}, "nobody reads there"),
        ({"opted_out": True}, "custodian wants none"),
        ({"personal_mailbox": True}, "not handed in by him"),
        ({"outcome": Outcome.FAILED}, "another outcome"),
    ],
)
def test_a_receipt_is_not_sent(changes, why):
    assert decide(replace(HIS, **changes), POLICY) == why


def test_a_polled_mailbox_has_no_envelope_and_is_answered_all_the_same():
    assert decide(replace(HIS, channel=Channel.IMAP, submitter=None), POLICY) == Answer(to=PERSONAL, stranger=False)


def test_receipts_and_failures_are_switched_off_apart():
    quiet = replace(POLICY, receipts=False)
    assert decide(HIS, quiet) == "switched off"
    assert isinstance(decide(replace(HIS, about=About.TROUBLE, outcome=Outcome.FAILED), quiet), Answer)


def test_a_stranger_who_proves_nothing_is_not_answered():
    assert decide(STRANGE, POLICY) == "sender not proved"


def test_a_stranger_whose_address_is_proved_is_told():
    assert decide(replace(STRANGE, proved=True), POLICY) == Answer(to=PERSONAL, stranger=True)


def test_a_colleague_who_is_no_custodian_yet_is_told():
    colleague = replace(STRANGE, carrier=replace(CARRIER, sender="new@agency.example"))
    assert decide(colleague, POLICY) == Answer(to="new@agency.example", stranger=True)


def test_who_did_not_write_to_the_archive_is_not_answered_though_proved():
    redirected = replace(STRANGE, proved=True, carrier=replace(CARRIER, recipients=("jane.doe@mail.example",)))
    assert decide(redirected, POLICY) == "archive not addressed"


@pytest.mark.parametrize(
    "address", ["mailer-daemon@a.example", "noreply@a.example", "no-reply+1@a.example", "owner-x@l.example"]
)
def test_addresses_that_no_person_reads_are_known(address):
    assert is_nobody(address)


def test_a_person_is_somebody():
    assert not is_nobody("norbert@a.example")


HEAD = b"From: Jane <jane.doe@mail.example>\r\nTo: records@archive.example\r\nMessage-ID: <1@mail.example>\r\n"


@every_case(
    ("field", "sign"),
    [
        (b"Auto-Submitted: auto-replied", Sign.AUTO_SUBMITTED),
        (b"Auto-submitted: auto-generated; owner-email=x", Sign.AUTO_SUBMITTED),
        (b"AUTO-SUBMITTED:\r\n auto-notified", Sign.AUTO_SUBMITTED),
        (b"Auto-Submitted: no\r\nAuto-Submitted: auto-replied", Sign.AUTO_SUBMITTED),
        (b"X-Autoreply: yes", Sign.AUTO_SUBMITTED),
        (b"Precedence: Bulk", Sign.PRECEDENCE),
        (b"Precedence: junk (really)", Sign.PRECEDENCE),
        (b"List-Id: <a.b.example>", Sign.LIST),
        (b"List-Unsubscribe: <mailto:x@y.example>", Sign.LIST),
        (b"Content-Type: multipart/report; report-type=delivery-status", Sign.REPORT),
        (b"X-Auto-Response-Suppress: DR, AutoReply", Sign.SUPPRESSED),
        (b"Return-Path: <>", Sign.NULL_PATH),
        (b"X-MS-Journal-Report:", Sign.JOURNAL),
    ],
)
def test_signs_of_a_program_are_seen(field, sign):
    assert read_carrier(HEAD + field + b"\r\n\r\ntext").sign is sign


@pytest.mark.parametrize(
    "field", [b"Auto-Submitted: no", b"Auto-Submitted: NO (by hand)", b"Precedence: normal", b"Subject: Auto: x"]
)
def test_a_person_is_not_taken_for_a_program(field):
    facts = read_carrier(HEAD + field + b"\r\n\r\nAuto-Submitted: auto-replied\r\n")
    assert facts.sign is None
    assert (facts.sender, facts.recipients, facts.message_id) == (PERSONAL, (ARCHIVE,), "<1@mail.example>")


@pytest.mark.parametrize(
    "head", [b"", b"\r\n\r\n", b"no header at all", b"\0" * 1000, b"From:\r\n\r\n", b"=" * 300_000]
)
def test_headers_that_say_nothing_are_not_answered(head):
    assert read_carrier(head).sign is not None


def test_what_the_reader_says_is_believed_only_in_its_form():
    facts = read_carrier(HEAD + b"\r\n")
    assert CarrierFacts.decode(facts.encode()) == facts
    for wrong in (b"", b"[]", b'{"sign": "x"}', b'{"more": 1}', b'{"recipients": 5}', b"\xff"):
        with pytest.raises(ValueError):  # noqa: PT011 - whatever it says, it is refused
            CarrierFacts.decode(wrong)


@every_case(
    "value", ["a@b\r\nBcc: c@d.example", "a@b, c@d", "<a@b>", "a b@c", "@b", "a@", "a@" + "b" * 300, None, 5, "ä@b"]
)
def test_an_address_that_could_break_a_header_is_none(value):
    assert plain_address(value) is None


@pytest.mark.parametrize("value", ["1@b", "<1@b>\r\nBcc: x", "<1 2@b>", "<" + "1" * 1000 + ">", "<<1>>", None])
def test_a_message_id_that_could_break_a_header_is_none(value):
    assert plain_message_id(value) is None
