"""Every mail that was handed in is answered once, or not at all for a reason; nothing is ever answered in a circle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, select

from archiver import answer_rows
from archiver.letters import LetterSender
from archiver.settings_sections import MailSection
from archiver.tables import answers
from storage.errors import TemporarilyUnavailable
from storage.events import EventKind
from storage.outbox import Outbox
from storage.records import Channel
from storage.tables import wrapped_keys
from tests.archiver.letter_box import open_letter_box
from tests.archiver.mail_office import PERSONAL, MailOffice, a_mail, open_mail_office

if TYPE_CHECKING:
    from collections.abc import Iterator

FORWARDED = (
    "See below.\r\n\r\n---------- Forwarded message ---------\r\nFrom: Pat Roe <pat.roe@other.example>\r\n"
    "Date: Fri, Feb 27, 2026 at 2:05 PM\r\nSubject: Field trip\r\nTo: <jane.doe@mail.example>\r\n\r\nThe heronry.\r\n"
)


@pytest.fixture
def office(tmp_path) -> Iterator[MailOffice]:
    with open_mail_office(tmp_path / "archive") as opened:
        opened.answer()  # answering was switched on before anything came
        yield opened


def reasons(office: MailOffice) -> list[str | None]:
    with office.archive.store.read() as connection:
        return [one.reason for one in answer_rows.recent(connection, 100)]


def test_an_employee_gets_a_receipt_that_says_nothing_of_what_the_mail_says(office):
    submission = office.hand_in(a_mail(text=FORWARDED))
    office.examine()
    assert office.answer() == 1
    (letter,) = office.letters()
    assert letter.to == PERSONAL
    assert letter.is_reply
    assert letter.in_reply_to == "<busroutes@mail.example>"
    assert submission in letter.text
    assert submission in letter.subject
    assert "own headers are lost" in " ".join(letter.text.split())
    assert "2026-03-02 10:00 (America/Los_Angeles)" in letter.text
    with office.archive.store.read() as connection:
        digest = office.archive.submissions.envelopes(connection, [submission])[submission].sha256
    assert digest in letter.text
    for content in ("Bus routes", "heronry", "Field trip", "pat.roe", "Jane Doe"):
        assert content not in letter.text + letter.subject


def test_the_subject_is_named_where_the_settings_say_so(office):
    office.set(answers={"show_subject": True, "page": "https://records.agency.example/"})
    submission = office.hand_in(a_mail())
    office.examine()
    office.answer()
    (letter,) = office.letters()
    assert letter.subject == "Auto: your mail was received: Bus routes"
    assert f"https://records.agency.example/receipts/{submission}" in letter.text


def test_what_was_answered_is_not_answered_again(office):
    office.hand_in(a_mail())
    office.examine()
    assert [office.answer(), office.answer(), office.answer()] == [1, 0, 0]
    assert len(office.letters()) == 1


def test_what_came_before_answering_was_switched_on_is_not_answered(tmp_path):
    with open_mail_office(tmp_path / "archive") as office:
        office.hand_in(a_mail())
        office.examine()
        assert office.answer() == 0
        office.hand_in(a_mail("Second"))
        office.examine()
        assert office.answer() == 1


def test_files_that_were_not_sent_by_mail_are_not_answered(office):
    office.hand_in(a_mail(), channel=Channel.CLI)
    office.examine()
    assert office.answer() == 0
    assert reasons(office) == []


def test_a_mail_that_still_waits_for_its_examination_is_answered_after_it(office):
    office.hand_in(a_mail())
    assert office.answer() == 0
    office.examine()
    assert office.answer() == 1


class Killed(BaseException):
    pass


@pytest.mark.parametrize("step", ["note", "move_cursor", "settle"])
def test_a_program_killed_anywhere_answers_once(office, monkeypatch, step):
    office.hand_in(a_mail())
    office.examine()
    whole = getattr(answer_rows, step)

    def killed(*arguments: Any, **options: Any) -> None:
        whole(*arguments, **options)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(answer_rows, step, killed)
        with pytest.raises(Killed):
            office.answer()
    assert office.letters() == []
    assert office.answer() == 1
    assert office.answer() == 0
    assert len(office.letters()) == 1


def test_a_program_killed_between_commit_and_sending_still_sends_one_letter(office):
    office.hand_in(a_mail())
    office.examine()
    office.answer()
    with open_letter_box() as box:
        settings = MailSection(enabled=True, port=box.port)
        for _ in range(3):  # each as after a restart
            LetterSender(office.archive, settings).send_due(actor="service:clock")
            office.answer()
        (sent,) = box.letters
    assert sent["Auto-Submitted"] == "auto-replied"
    assert sent["In-Reply-To"] == sent["References"] == "<busroutes@mail.example>"
    assert sent["To"] == PERSONAL


def test_an_answer_goes_out_with_a_null_return_path(office):
    office.hand_in(a_mail())
    office.examine()
    office.answer()
    paths: list[str] = []
    with open_letter_box() as box:

        async def handle_mail(_server, _session, envelope, address, _options) -> str:
            paths.append(address)
            envelope.mail_from = address
            return "250 OK"

        box.handle_MAIL = handle_mail
        LetterSender(office.archive, MailSection(enabled=True, port=box.port)).send_due(actor="service:clock")
    assert paths in ([""], ["<>"])


def test_the_ledger_names_the_submission_that_was_answered(office):
    submission = office.hand_in(a_mail())
    office.examine()
    office.answer()
    with open_letter_box() as box:
        LetterSender(office.archive, MailSection(enabled=True, port=box.port)).send_due(actor="service:clock")
    with office.archive.store.read() as connection:
        about = office.archive.ledger.events_about(connection, [submission])
    assert about[-1].event.kind is EventKind.LETTER_SENT


def test_many_mails_of_one_employee_are_answered_singly_and_then_together(office):
    office.set(answers={"per_hour": 3})
    for number in range(10):
        office.hand_in(a_mail(f"Mail {number}"))
    office.examine()
    assert office.answer() == 3
    office.clock.forward(minutes=59)
    assert office.answer() == 0
    office.clock.forward(minutes=2)
    assert office.answer() == 1
    assert "7 more mails" in office.letters()[-1].text
    named = [one for one in office.letters()[-1].text.split() if one.startswith("sub_")]
    assert len(set(named)) == 7
    office.clock.forward(hours=3)
    assert office.answer() == 0


def test_letters_to_one_address_are_limited_by_the_day(office):
    office.set(answers={"per_hour": 3, "per_day": 4})
    written = 0
    for hour in range(3):
        for number in range(3):
            office.hand_in(a_mail(f"Mail {hour} {number}"))
        office.examine()
        written += office.answer()
        office.clock.forward(hours=1, seconds=1)
    assert written <= 3 + 1 + 2  # singly within the day's limit, then at most one an hour
    assert len(office.letters()) == written


def test_letters_to_all_are_limited_by_the_hour(office):
    office.set(answers={"all_per_hour": 2})
    for number in range(5):
        office.hand_in(a_mail(f"Mail {number}"))
    office.examine()
    assert office.answer() == 2


def test_a_submission_that_cannot_be_opened_holds_up_no_other(office):
    lost = office.hand_in(a_mail("Lost"))
    office.hand_in(a_mail("Kept"))
    office.examine()
    with office.archive.store.write() as transaction:
        transaction.connection.execute(delete(wrapped_keys).where(wrapped_keys.c.holder == lost))
    assert office.answer() == 1
    assert sorted(reasons(office), key=str) == [None, "not readable"]


def test_old_mail_is_not_answered_when_the_archive_comes_back_after_weeks(office):
    office.hand_in(a_mail())
    office.examine()
    office.clock.forward(days=8)
    assert office.answer() == 0
    assert reasons(office) == ["too old"]


def test_settled_rows_are_forgotten_after_two_months_and_nothing_is_answered_again(office):
    office.hand_in(a_mail())
    office.examine()
    office.answer()
    office.clock.forward(days=61)
    office.hand_in(a_mail("Another"))
    office.examine()
    assert office.answer() == 1
    with office.archive.store.read() as connection:
        assert len(connection.execute(select(answers)).all()) == 1


def test_two_archives_never_answer_each_other(tmp_path):
    with open_mail_office(tmp_path / "one") as first, open_mail_office(tmp_path / "two") as second:
        # the worst case: each is an employee of the other, so that each would be answered
        sender = "archive@archive.localdomain"
        for office in (first, second):
            office.archive.custodians.add(sender, name="The other archive", actor="operator:test")
            office.set(mail={"enabled": True, "sender": "me@archive.localdomain"})
            office.answer()
        first.hand_in(a_mail(), sender=PERSONAL)
        first.examine()
        exchanged = first.answer()
        answers_of = {first: second, second: first}
        office = first
        for _ in range(4):
            letters = carried(office, sender)
            office = answers_of[office]
            for raw in letters:
                office.hand_in(raw, sender=None, custodian_id=office.custodian.id)
                office.hand_in(raw + b"again\r\n", sender=sender)  # a server that does not keep the null path
            office.examine()
            exchanged += office.answer()
        assert exchanged == 1


def carried(office: MailOffice, sender: str) -> list[bytes]:
    """What an archive sends, as its mail server passes it on."""
    with open_letter_box() as box:
        section = MailSection(enabled=True, port=box.port, sender=sender)
        with office.archive.store.read() as connection:
            waiting = Outbox(office.archive.store).state(connection).waiting
        while waiting and len(box.letters) < waiting:
            LetterSender(office.archive, section).send_due(actor="service:clock")
        return [one.as_bytes() for one in box.letters]


def test_a_busy_archive_is_told_and_nothing_is_lost(office, monkeypatch):
    office.hand_in(a_mail())
    office.examine()

    def busy(*_arguments: Any, **_options: Any) -> None:
        raise TemporarilyUnavailable("busy")

    with monkeypatch.context() as patched:
        patched.setattr(answer_rows, "settle", busy)
        with pytest.raises(TemporarilyUnavailable):
            office.answer()
    assert office.answer() == 1
