"""Who is answered: employees, and people who are proved; never a program, a list, or a name that anybody wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archiver import answer_rows
from archiver.sender_proof import CheckedSender
from ingest.dns_asking import Asker
from ingest.submission import JOURNAL
from storage.provenance import DnsAnswer, DnsKind, DnsStatus
from storage.records import Channel, Envelope
from tests.archiver.mail_office import ARCHIVE, OFFICE, PERSONAL, MailOffice, a_mail, open_mail_office

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def office(tmp_path) -> Iterator[MailOffice]:
    with open_mail_office(tmp_path / "archive") as opened:
        opened.answer()  # answering was switched on before anything came
        yield opened


def reasons(office: MailOffice) -> list[str | None]:
    with office.archive.store.read() as connection:
        return [one.reason for one in answer_rows.recent(connection, 100)]


@pytest.mark.parametrize(
    ("raw", "envelope_sender", "why"),
    [
        (a_mail(more="Auto-Submitted: auto-replied\r\n"), PERSONAL, "auto-submitted"),
        (a_mail(more="Precedence: bulk\r\n"), PERSONAL, "precedence"),
        (a_mail(more="List-Id: <a.b.example>\r\n"), PERSONAL, "mailing list"),
        (a_mail(), None, "null sender"),
        (b"", PERSONAL, "headers unreadable"),
    ],
)
def test_nobody_answers_a_program(office, raw, envelope_sender, why):
    office.hand_in(raw, sender=envelope_sender, custodian_id=office.custodian.id)
    office.examine()
    assert office.answer() == 0
    assert reasons(office) == [why]


def test_a_polled_mailbox_of_an_employee_is_not_answered_mail_by_mail(office):
    office.set(
        imap={"jane": {"host": "h", "username": "jane", "password_file": "/none", "custodian": OFFICE}},
    )
    envelope = Envelope(recipient="jane", source="Sent;UIDVALIDITY=1;UID=1")
    office.hand_in(a_mail(), channel=Channel.IMAP, account="jane", envelope=envelope, custodian_id=office.custodian.id)
    office.examine()
    assert office.answer() == 0
    assert reasons(office) == ["not handed in by him"]


def test_a_stranger_is_not_answered_because_anybody_may_write_his_name(office):
    office.hand_in(a_mail(sender="x@far.example"), sender="x@far.example")
    office.examine()
    assert office.answer() == 0
    assert reasons(office) == ["sender not proved"]


def test_a_stranger_whose_address_is_proved_is_told_once_a_day(office):
    for number in range(3):
        office.hand_in(a_mail(f"Mail {number}", sender="x@far.example"), sender="x@far.example")
    office.examine()
    proof = {"proof": lambda _submission, _envelope, address: address == "x@far.example"}
    assert office.answer(**proof) == 1
    (letter,) = office.letters()
    assert letter.to == "x@far.example"
    assert "does not know the address" in " ".join(letter.text.split())
    assert "heronry" not in letter.text
    office.clock.forward(hours=2)
    assert office.answer(**proof) == 0
    office.clock.forward(hours=23)
    office.hand_in(a_mail("Mail 9", sender="x@far.example"), sender="x@far.example")
    office.examine()
    assert office.answer(**proof) == 1


class Stub:
    """A DNS that knows one domain, whose mail comes from one address."""

    def query(self, name: str, kind: DnsKind) -> DnsAnswer:
        if (name, kind) == ("far.example", DnsKind.TXT):
            return DnsAnswer(name=name, kind=kind, status=DnsStatus.OK, values=("v=spf1 ip4:8.8.4.4 -all",))
        return DnsAnswer(name=name, kind=kind, status=DnsStatus.NXDOMAIN)


@pytest.mark.parametrize(
    ("peer", "sender", "told"),
    [
        ("8.8.4.4:25", "x@far.example", 1),
        ("8.8.4.5:25", "x@far.example", 0),
        ("8.8.4.4:25", "x@else.example", 0),
    ],
)
def test_a_stranger_is_proved_by_the_checks_of_his_mail_and_by_nothing_else(office, peer, sender, told):
    envelope = Envelope(submitter="x@far.example", recipient=ARCHIVE, transport=(("peer", peer), ("helo", "mx")))
    office.hand_in(a_mail(sender=sender), sender="x@far.example", envelope=envelope)
    office.examine()
    proof = CheckedSender(office.installation, Asker(Stub(), clock=office.clock))
    assert office.answer(proof=proof) == told


def test_where_no_dns_is_asked_nobody_is_proved(office):
    office.hand_in(a_mail(sender="x@far.example"), sender="x@far.example")
    office.examine()
    assert office.answer(proof=CheckedSender(office.installation)) == 0


def test_a_flood_of_strangers_is_looked_into_a_little_at_a_time(office):
    for number in range(9):
        office.hand_in(a_mail(f"Mail {number}", sender=f"x{number}@far.example"), sender="x@far.example")
    office.examine()
    looked_into: list[str] = []

    def proof(_submission: object, _envelope: object, address: str) -> bool:
        looked_into.append(address)
        return False

    assert office.answer(proof=proof) == 0
    assert len(looked_into) == 5
    assert reasons(office) == ["sender not proved"] * 9


def test_a_journal_is_not_answered_though_its_mails_are_an_employees(office):
    office.hand_in(a_mail(), kind=JOURNAL, custodian_id=office.custodian.id)
    office.examine()
    assert office.answer() == 0
    assert len(office.letters()) == 0


def test_a_colleague_without_an_entry_is_told_where_the_domain_is_the_agencys(office):
    office.set(answers={"domains": ("Agency.example",)})
    office.hand_in(a_mail(sender="new@agency.example"), sender="new@agency.example")
    office.examine()
    assert office.answer() == 1
    assert office.letters()[0].to == "new@agency.example"


def test_an_employee_who_wants_no_answers_gets_none(office):
    with office.archive.store.write() as transaction:
        assert answer_rows.switch(transaction, office.custodian.id, wanted=False)
    office.hand_in(a_mail())
    office.examine()
    assert office.answer() == 0
    assert reasons(office) == ["custodian wants none"]


def test_a_letter_is_never_addressed_to_the_archive_itself(office):
    office.hand_in(a_mail(sender=ARCHIVE), sender=ARCHIVE, custodian_id=office.custodian.id)
    office.examine()
    assert office.answer() == 0
    assert reasons(office) == ["own address"]
