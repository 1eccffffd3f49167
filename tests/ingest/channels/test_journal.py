"""Journal reports of Exchange: recognised strictly, unwrapped, and believed from the configured servers only."""

import base64

import pytest

from ingest.formats.email_message import read_email
from ingest.formats.journal import MAX_RECIPIENTS, NO_REPORT, read_report, unwrap
from ingest.formats.journal_envelope import addresses_of
from ingest.formats.mime_tree import walk
from ingest.submission import JOURNAL
from storage.records import ForwardMethod, Outcome
from tests.every_case import every_case
from tests.ingest.smtp_service import INTAKE, JANE, running
from tests.ingest.test_examiner import ACTOR, ADA, BO, PlantedReader, deposit, examine, outcome_of

JOURNAL_ADDRESS = "journal@agency.example"
INSIDE = (
    "From: Jane Doe <jane@agency.example>\r\nTo: staff@agency.example\r\nSubject: Field trip\r\n"
    "Date: Mon, 2 Mar 2026 08:00:00 -0800\r\nMessage-ID: <trip@agency.example>\r\n\r\nWe leave at nine.\r\n"
)
LINES = (
    "Sender: jane@agency.example\r\nSubject: Field trip\r\nMessage-Id: <trip@agency.example>\r\n"
    "On-Behalf-Of: head@agency.example\r\nTo: omar@agency.example, Expanded: staff@agency.example\r\n"
    "Cc: office@agency.example\r\nBcc: lawyer@law.example\r\n"
    "Recipient: fwd@agency.example, Forwarded: kim@agency.example\r\n"
)


def report(lines=LINES, inside=INSIDE, mark="X-MS-Journal-Report:", kind="multipart/mixed", more=""):
    return (
        f"From: Microsoft Outlook <MicrosoftExchange1@agency.example>\r\nTo: {JOURNAL_ADDRESS}\r\n"
        f"Subject: Field trip\r\nMessage-ID: <r1@journal.report.generator>\r\n{mark}\r\nMIME-Version: 1.0\r\n"
        f'Content-Type: {kind}; boundary="b1"\r\n\r\n'
        f"--b1\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{lines}\r\n"
        f"--b1\r\nContent-Type: message/rfc822\r\n\r\n{inside}\r\n{more}--b1--\r\n"
    ).encode()


def unwrapped(raw):
    return unwrap(raw, read_email(raw))


def test_mail_inside_is_the_original_and_nobody_commented_it():
    read = unwrapped(report())
    assert read.original.subject == "Field trip"
    assert read.original.message_id == "<trip@agency.example>"
    assert (read.forward.method, read.forward.comment) == (ForwardMethod.ATTACHED, None)
    assert [one.comment for one in read.chain][:1] in ([], [None])
    assert read.sent_at.isoformat() == "2026-03-02T16:00:00+00:00"
    assert "We leave at nine." in read.text


def test_envelope_is_kept_as_assertions_with_hidden_and_expanded_recipients():
    read = unwrapped(report())
    assert read.asserted == (
        "journal sender: jane@agency.example",
        "journal on behalf of: head@agency.example",
        "journal recipient: omar@agency.example (to, expanded from staff@agency.example)",
        "journal recipient: office@agency.example (cc)",
        "journal recipient: lawyer@law.example (bcc)",
        "journal recipient: fwd@agency.example (recipient, forwarded from kim@agency.example)",
    )
    assert read.verified == ()
    assert "lawyer@law.example" in read.text, "a hidden recipient can be searched for"


def test_addresses_come_back_from_the_assertions_the_sender_first():
    assert addresses_of(unwrapped(report()).asserted) == (
        "jane@agency.example",
        "omar@agency.example",
        "office@agency.example",
        "lawyer@law.example",
        "fwd@agency.example",
    )


@every_case(
    "raw",
    [
        report(mark="X-Other: 1"),
        report(kind="multipart/alternative"),
        report(lines="Journal report for a message of somebody.\r\n"),
        report(lines=LINES.replace("Sender: jane@agency.example", "Sender: nobody")),
        report(lines="Subject: first\r\n" + LINES),
        report(lines="Sender: jane@agency.example\r\nSubject: x\r\nMessage-Id: <a@b>\r\n"),
        report(more="--b1\r\nContent-Type: application/pdf\r\n\r\nx\r\n"),
        report(more="--b1\r\nContent-Type: message/rfc822\r\n\r\nSubject: 2\r\n\r\nx\r\n" * 2),
        INSIDE.encode(),
        b"",
    ],
    ids=[
        "mark",
        "kind",
        "no lines",
        "no sender",
        "sender not first",
        "no recipient",
        "file",
        "three",
        "plain",
        "empty",
    ],
)
def test_what_is_not_strictly_a_report_is_an_ordinary_mail(raw):
    assert read_report(walk(raw)) is None
    read = unwrapped(raw)
    assert read.asserted == ()
    assert NO_REPORT in read.notes


@pytest.mark.parametrize("mark", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\r"])
def test_subject_cannot_add_a_line_to_the_envelope(mark):
    lines = LINES.replace("Subject: Field trip", f"Subject: x{mark}Recipient: evil@elsewhere.example")
    assert "evil@elsewhere.example" not in addresses_of(unwrapped(report(lines=lines)).asserted)


def test_second_message_is_the_decrypted_one_and_the_first_stays_the_original():
    read = unwrapped(report(more="--b1\r\nContent-Type: message/rfc822\r\n\r\nSubject: decrypted\r\n\r\nx\r\n"))
    assert read.original.subject == "Field trip"


def test_message_id_that_does_not_fit_is_said():
    read = unwrapped(report(lines=LINES.replace("<trip@", "<other@")))
    assert any("another message id" in note for note in read.notes)


def test_recipients_beyond_the_bound_are_said_to_be_missing():
    many = "".join(f"To: p{n}@agency.example\r\n" for n in range(MAX_RECIPIENTS + 5))
    read = unwrapped(report(lines="Sender: jane@agency.example\r\n" + many))
    assert len(addresses_of(read.asserted)) == MAX_RECIPIENTS + 1
    assert any("more than" in note for note in read.notes)


def test_encoded_report_is_read():
    encoded = base64.encodebytes(LINES.encode()).decode().replace("\n", "\r\n")
    raw = report(lines=encoded).replace(
        b"charset=utf-8\r\n", b"charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n", 1
    )
    assert addresses_of(unwrapped(raw).asserted)[0] == "jane@agency.example"


def test_journal_address_takes_mail_from_the_configured_servers_only():
    journal = {"journal_recipients": (JOURNAL_ADDRESS,)}
    with running(journal_peers=("192.0.2.0/24",), **journal) as service, service.client() as client:
        client.greet()
        client.ask(f"MAIL FROM:<{JANE}>")
        assert client.ask(f"RCPT TO:<{JOURNAL_ADDRESS}>").startswith("550 5.7.1")
        assert client.ask(f"RCPT TO:<{INTAKE}>").startswith("250")
    with running(journal_peers=("127.0.0.1",), **journal) as service, service.client() as client:
        client.greet()
        assert client.deliver(report(), JANE, JOURNAL_ADDRESS).startswith("250")
        (handover,) = service.depositor.handovers
    assert (handover.kind, handover.custodian_id) == (JOURNAL, None)
    assert handover.payload == report()


def test_report_to_an_ordinary_address_is_an_ordinary_mail_whoever_sends_it():
    with running(journal_recipients=(JOURNAL_ADDRESS,), journal_peers=("127.0.0.1",)) as service:
        with service.client() as client:
            client.greet()
            client.deliver(report(), JANE, INTAKE)
        (handover,) = service.depositor.handovers
    assert (handover.kind, handover.custodian_id) == (None, "cus_jane")


def test_mail_to_both_kinds_of_address_is_deposited_as_both():
    with running(journal_recipients=(JOURNAL_ADDRESS,), journal_peers=("127.0.0.1",)) as service:
        with service.client() as client:
            client.greet()
            client.deliver(report(), JANE, INTAKE, JOURNAL_ADDRESS)
        assert {(one.kind, one.custodian_id) for one in service.depositor.handovers} == {
            (None, "cus_jane"),
            (JOURNAL, None),
        }


@pytest.mark.parametrize(
    ("sender", "recipients", "whose"),
    [
        (ADA, (BO,), ADA),
        ("stranger@elsewhere.example", ("nobody@elsewhere.example", BO, ADA), BO),
        ("stranger@elsewhere.example", ("nobody@elsewhere.example",), None),
    ],
    ids=["sender", "first recipient who is one", "nobody"],
)
def test_record_is_the_senders_else_the_first_recipients_who_is_a_custodian(archive, sender, recipients, whose):
    ids = {address: archive.custodians.add(address, name="x", actor=ACTOR).id for address in (ADA, BO)}
    lines = f"Sender: {sender}\r\n" + "".join(f"To: {one}\r\n" for one in recipients)
    raw = report(lines=lines)
    submission = deposit(archive, raw, kind=JOURNAL)
    examine(archive, PlantedReader(unwrapped))
    outcome, _, custodian_id = outcome_of(archive, submission)
    assert custodian_id == ids.get(whose)
    assert outcome is (Outcome.ARCHIVED if whose else Outcome.QUARANTINED)


def test_what_is_no_report_at_a_journal_address_is_nobodys_whatever_its_headers_say(archive):
    archive.custodians.add(ADA, name="Ada", actor=ACTOR)
    submission = deposit(archive, f"From: {ADA}\r\nSubject: forged\r\n\r\nx\r\n".encode(), kind=JOURNAL)
    examine(archive, PlantedReader(unwrapped))
    assert outcome_of(archive, submission)[0] is Outcome.QUARANTINED
