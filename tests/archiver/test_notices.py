"""A notice goes to the correspondent that the record names, once, by a person's choice, and can be proved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archiver.access import Principal, Role, operator
from archiver.letters import LetterSender
from archiver.notice_text import FIELDS, TEMPLATE, write_notice
from archiver.notices import all_notices, notices_of, send_notice, show_notice
from archiver.settings_sections import MailSection
from storage.errors import Conflict, Denied, InvalidInput, NotFound, TemporarilyUnavailable
from storage.events import EventKind, payload_digest
from storage.shredding import Shredder
from tests.archiver.letter_box import open_letter_box
from tests.archiver.mail_office import ARCHIVE, OFFICE, PERSONAL, MailOffice, a_mail, open_mail_office
from tests.archiver.web_site import running_site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.wiring import Installation
    from storage.ledger import LedgerEvent

PARENT = "parent@mail.example"
FORWARDED = (
    "---------- Forwarded message ---------\r\nFrom: A Parent <parent@mail.example>\r\n"
    "Date: Fri, Feb 27, 2026 at 2:05 PM\r\nSubject: Field trip\r\nTo: <jane.doe@mail.example>\r\n\r\nThe heronry.\r\n"
)
VALUES = dict.fromkeys(FIELDS, "x")


@pytest.fixture
def office(tmp_path) -> Iterator[MailOffice]:
    with open_mail_office(tmp_path / "archive") as opened:
        opened.set(mail={"enabled": True}, agency={"name": "Cedar Valley"})
        yield opened


def record_of(office: MailOffice, raw: bytes) -> str:
    submission = office.hand_in(raw)
    office.examine()
    with office.archive.store.read() as connection:
        (record,) = office.archive.catalogue.of_submission(connection, submission)
    return record.id


@pytest.fixture
def record(office) -> str:
    return record_of(office, a_mail("Fwd: Field trip", FORWARDED))


@pytest.fixture
def jane(office) -> Principal:
    return Principal(actor="usr_jane", name="jane", role=Role.EMPLOYEE, custodian_id=office.custodian.id)


def test_an_employee_tells_the_writer_of_a_forwarded_message(office, record, jane):
    notice = send_notice(office.installation, jane, record)
    (letter,) = office.letters()
    assert notice.to == letter.to == PARENT
    assert letter.reply_to == OFFICE
    assert "cannot occur on this account" in letter.text
    assert OFFICE in letter.text
    assert "your message of 2026-02-27 to Jane Doe" in " ".join(letter.text.split())
    for content in ("heronry", "Field trip", PERSONAL):
        assert content not in letter.text + letter.subject


def test_the_sending_is_an_event_that_names_the_record_and_is_proved(office, record, jane):
    notice = send_notice(office.installation, jane, record)
    with open_letter_box() as box:
        LetterSender(office.archive, MailSection(enabled=True, port=box.port)).send_due(actor="service:clock")
        (sent,) = box.letters
    assert sent["Reply-To"] == OFFICE
    assert sent["Auto-Submitted"] == "auto-generated"
    (listed,) = notices_of(office.installation, jane, record)
    assert listed.sent_at is not None
    shown = show_notice(office.installation, jane, notice.letter)
    assert shown["text"].splitlines() == sent.get_content().splitlines()
    for proof in shown["proofs"].values():
        digest = payload_digest(bytes.fromhex(proof["salt"]), proof["payload"].encode())
        assert f'"digest":"{digest}"' in proof["proof"]["leaf"]
        assert record in proof["proof"]["leaf"]


def test_a_record_has_one_notice_unless_another_is_asked_for(office, record, jane):
    send_notice(office.installation, jane, record)
    with pytest.raises(Conflict, match="--again"):
        send_notice(office.installation, jane, record)
    send_notice(office.installation, jane, record, again=True)
    assert len(office.letters()) == 2


def test_nobody_is_written_to_over_and_over(office, record, jane):
    for number in range(5):
        send_notice(office.installation, jane, record, again=number > 0)
    with pytest.raises(Conflict, match="of your own"):
        send_notice(office.installation, jane, record, again=True)


def test_only_a_correspondent_of_the_record_can_be_chosen(office, record, jane):
    with pytest.raises(InvalidInput, match="names as its correspondent"):
        send_notice(office.installation, jane, record, to="victim@elsewhere.example")
    assert office.letters() == []


def test_of_several_correspondents_one_is_chosen(office, jane):
    raw = a_mail("Minutes", "To both of you.").replace(
        b"To: records@archive.localdomain", b"To: one@x.example, two@x.example, noreply@x.example, jane@agency.example"
    )
    record = record_of(office, raw)
    with pytest.raises(InvalidInput, match="names 2 correspondents"):
        send_notice(office.installation, jane, record)
    assert send_notice(office.installation, jane, record, to="Two@x.example").to == "two@x.example"


def test_a_mail_to_the_archive_itself_has_no_correspondent(office, jane):
    record = record_of(office, a_mail())
    with pytest.raises(Conflict, match="no address of a correspondent"):
        send_notice(office.installation, jane, record)


def test_an_intake_address_with_a_detail_is_the_archive_too(office, jane):
    to = "records+jane=agency.example@archive.localdomain"
    record = record_of(office, a_mail().replace(ARCHIVE.encode(), to.encode()))
    with pytest.raises(Conflict, match="no address of a correspondent"):
        send_notice(office.installation, jane, record)


def test_an_employee_cannot_write_to_the_correspondents_of_others(office, record):
    other = office.archive.custodians.add("lee@agency.example", name="Lee", actor="operator:test")
    lee = Principal(actor="usr_lee", name="lee", role=Role.EMPLOYEE, custodian_id=other.id)
    with pytest.raises(NotFound):
        send_notice(office.installation, lee, record)
    with pytest.raises(NotFound):
        notices_of(office.installation, lee, record)


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.REVIEWER, Role.AUDITOR])
def test_other_roles_may_not_send(office, record, role):
    with pytest.raises(Denied):
        send_notice(office.installation, Principal(actor="usr_1", name="x", role=role), record)


def test_a_system_account_is_no_person(office, record):
    with pytest.raises(Denied):
        send_notice(office.installation, operator("root"), record)


def test_an_archive_that_sends_no_letters_says_so(office, record, jane):
    office.set()
    with pytest.raises(TemporarilyUnavailable, match=r"\[mail\]"):
        send_notice(office.installation, jane, record)


def test_an_employee_lists_his_own_notices_only(office, record, jane):
    other = office.archive.custodians.add("lee@agency.example", name="Lee", actor="operator:test")
    lee = Principal(actor="usr_lee", name="lee", role=Role.EMPLOYEE, custodian_id=other.id)
    notice = send_notice(office.installation, jane, record)
    assert [one.letter for one in all_notices(office.installation, jane)] == [notice.letter]
    assert list(all_notices(office.installation, lee)) == []
    with pytest.raises(NotFound):
        show_notice(office.installation, lee, notice.letter)


def test_what_was_written_goes_when_the_record_goes(office, record, jane):
    notice = send_notice(office.installation, jane, record)
    with office.archive.store.write() as transaction:
        Shredder(office.archive).decide(transaction, [record], "usr_1")
    officer = Principal(actor="usr_2", name="o", role=Role.OFFICER)
    shown = show_notice(office.installation, officer, notice.letter)
    assert (shown["to"], shown["text"]) == (None, None)
    assert shown["proofs"]["queued"]["proof"]["leaf"]
    with pytest.raises(Conflict, match="destroyed"):
        send_notice(office.installation, jane, record, again=True)


def test_the_shipped_text_uses_every_word_that_is_known():
    written = write_notice(
        TEMPLATE, {"agency": "A", "employee": "E", "office": "o@a.example", "dated": " of 2026-03-02"}
    )
    assert "$" not in written.text + written.subject
    assert "\n" not in written.subject


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("", "begins with"),
        ("Hello\n\nText", "begins with"),
        ("Subject: x\n\n   \n", "begins with"),
        ("Subject:\n\ntext", "begins with"),
        ("Subject: x\n\n$name", r"unknown word \$name"),
        ("Subject: x\n\n5 $ a day", r"write \$\$"),
        ("Subject: x\n\n" + "a" * 70_000, "64 KiB"),
    ],
)
def test_a_template_that_cannot_be_sent_is_refused(template, why):
    with pytest.raises(InvalidInput, match=why):
        write_notice(template, VALUES)


def test_a_name_cannot_break_the_subject():
    written = write_notice("Subject: $employee\n\nx", {**VALUES, "employee": "Jane\nBcc: x@y.example"})
    assert written.subject == "Jane Bcc: x@y.example"


def test_an_employee_sends_a_notice_by_the_button_of_his_page(tmp_path):
    with running_site(tmp_path) as site:
        settings = site.installation.settings.model_copy(update={"mail": MailSection(enabled=True)})
        object.__setattr__(site.installation, "settings", settings)
        with site.browser(Role.EMPLOYEE) as client:
            page = client.get(f"/records/{site.own.record}").text
            assert "Send the notice to <bdi>pat@vendor.example</bdi>" in page
            answer = client.post(f"/records/{site.own.record}/notices", data={"to": "pat@vendor.example"})
            assert answer.status_code == 303
            page = client.get(f"/records/{site.own.record}").text
            assert "the letter waits to be sent" in page
            assert client.post(f"/records/{site.other.record}/notices", data={"again": "yes"}).status_code == 404
        with site.client(Role.OFFICER) as client:
            listed = client.get(f"/api/v1/records/{site.own.record}/notices").json()["notices"]
            assert [one["to"] for one in listed] == ["pat@vendor.example"]
            address = f"/api/v1/records/{site.own.record}/notices"
            assert client.post(address, data={"to": ""}).status_code == 409
            assert client.post(address, data={"again": "yes"}).status_code == 201
        kinds = [one.event.kind for one in _events(site.installation, site.own.record)]
        assert kinds.count(EventKind.NOTICE_QUEUED) == 2


def _events(installation: Installation, record_id: str) -> list[LedgerEvent]:
    with installation.archive.store.read() as connection:
        return installation.archive.ledger.events_about(connection, [record_id])
