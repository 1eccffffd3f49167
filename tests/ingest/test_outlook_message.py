"""Messages of Outlook as files: what they say, what hangs on them, and that their parts can be had again."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import olefile
import pytest

from ingest.formats.email_message import read_email
from ingest.formats.enclosures import enclosed_bytes, extract_part
from ingest.formats.outlook_message import looks_like_outlook_message, read_outlook_message
from storage.errors import NotFound
from storage.records import ForwardMethod, Party, RecordKind
from tests.every_case import every_case
from tests.ingest.outlook_files import (
    BODY,
    CLASS,
    DATA,
    EMAIL,
    HEADERS,
    HTML,
    LONG_NAME,
    METHOD,
    MIME,
    NAME,
    RTF,
    SENDER_EMAIL,
    SENDER_NAME,
    SENDER_SMTP,
    SENT,
    SMTP,
    SUBJECT,
    TYPE,
    Made,
    carrying,
    mail,
    msg,
)

TEXT_FILE = {LONG_NAME: "plan.txt", MIME: "text/plain", DATA: b"the plan of the roof"}


def test_a_message_says_who_wrote_it_to_whom_when_and_about_what():
    found = read_email(msg(mail("Roof", "It leaks.")))
    assert found.kind is RecordKind.EMAIL
    assert found.original.sender == Party(name="Ana", address="ana@example.org")
    assert found.original.to == (Party(name="Ben", address="ben@example.org"),)
    assert found.original.date == "2024-03-01T14:05:00+00:00"
    assert found.sent_at == datetime(2024, 3, 1, 14, 5, tzinfo=UTC)
    assert (found.original.subject, found.text) == ("Roof", "It leaks.")
    assert found.carrier == found.original


def test_recipients_are_told_apart_by_their_type():
    made = mail("Roof", "x")
    made.recipients = [
        {NAME: "Cc One", SMTP: "c@example.org", TYPE: 2},
        {NAME: "To One", SMTP: "t@example.org", TYPE: 1 | 0x10000000},
        {NAME: "Bcc One", SMTP: "b@example.org", TYPE: 3},
    ]
    found = read_email(msg(made)).original
    assert [one.address for one in found.to] == ["t@example.org"]
    assert [one.address for one in found.cc] == ["c@example.org"]


def test_transport_headers_go_before_properties():
    made = mail("property subject", "x")
    made.values[HEADERS] = (
        "Received: from somewhere\r\nFrom: =?utf-8?Q?Zo=C3=AB?= <zoe@example.net>\r\nTo: d@example.net\r\n"
        "Date: Tue, 5 Mar 2024 10:00:00 +0200\r\nSubject: header subject\r\nMessage-ID: <1@example.net>\r\n\r\n"
    )
    found = read_email(msg(made)).original
    assert found.sender == Party(name="Zoë", address="zoe@example.net")
    assert (found.date, found.subject) == ("2024-03-05T10:00:00+02:00", "header subject")
    assert found.message_id == "<1@example.net>"


def test_what_the_headers_leave_out_is_taken_from_properties():
    made = mail("property subject", "x")
    made.values[HEADERS] = "From: zoe@example.net\r\n\r\n"
    found = read_email(msg(made)).original
    assert found.sender == Party(address="zoe@example.net")
    assert found.subject == "property subject"
    assert found.to == (Party(name="Ben", address="ben@example.org"),)


def test_nothing_is_invented_where_properties_are_absent():
    found = read_email(msg(Made({CLASS: "IPM.Note"}))).original
    assert (found.sender, found.to, found.date, found.subject, found.message_id) == (None, (), None, None, None)


@pytest.mark.parametrize("year", [1601, 4501])
def test_the_time_that_outlook_writes_for_none_is_none(year: int):
    made = mail("x", "x")
    made.values[SENT] = datetime(year, 1, 1, tzinfo=UTC)
    assert read_email(msg(made)).original.date is None


def test_a_sender_of_the_address_book_keeps_the_name_that_the_book_has():
    made = mail("x", "x")
    made.values |= {SENDER_NAME: "Di", SENDER_EMAIL: "/o=Org/ou=Group/cn=Recipients/cn=di"}
    del made.values[SENDER_SMTP]
    found = read_email(msg(made)).original.sender
    assert found == Party(name="Di", address="/o=Org/ou=Group/cn=Recipients/cn=di")


def test_a_name_that_is_the_address_is_no_name():
    made = mail("x", "x")
    made.values[SENDER_NAME] = "'ANA@example.org'"
    assert read_email(msg(made)).original.sender == Party(address="ana@example.org")


def test_eight_bit_strings_are_read_in_the_code_page_of_the_message():
    made = mail("x", "x")
    made.values |= {BODY: (0x1E, "Привет".encode("cp1251")), 0x3FFD: 1251}
    assert read_email(msg(made)).text == "Привет"


def test_without_a_plain_body_the_html_one_is_read():
    made = mail("x", " \r\n")
    made.values |= {HTML: "<p>Gr\xfc\xdfe</p>".encode("latin-1"), 0x3FDE: 28591}
    assert read_email(msg(made)).text == "Grüße"


def test_without_plain_and_html_the_rich_text_is_read():
    rtf = rb"{\rtf1\ansi\ansicpg1252\fromhtml1{\*\htmltag64 <p>}caf\'e9{\*\htmltag72 </p>}}"
    made = mail("x", "")
    made.values[RTF] = len(rtf).to_bytes(4, "little") * 2 + b"MELA" + bytes(4) + rtf
    assert read_email(msg(made)).text == "café"


def test_an_attachment_has_its_name_type_size_and_digest_and_can_be_had_again():
    raw = msg(mail("x", "see file", attachments=[TEXT_FILE]))
    (part,) = read_email(raw).components
    content = b"the plan of the roof"
    assert (part.name, part.media_type, part.size, part.path) == ("plan.txt", "text/plain", len(content), "1")
    assert part.sha256 == hashlib.sha256(content).hexdigest()
    assert extract_part(raw, "1") == content
    assert "plan of the roof" in read_email(raw).text


def test_an_attachment_that_is_only_a_reference_is_said():
    raw = msg(mail("x", "x", attachments=[{LONG_NAME: "big.zip", METHOD: 7}]))
    found = read_email(raw)
    assert found.unsearchable == ("attachment 1: only a link to it is in the message",)
    assert found.components[0].size == 0
    assert extract_part(raw, "1") == b""
    with pytest.raises(NotFound):
        extract_part(raw, "2")


def test_an_embedded_message_is_what_the_message_forwards():
    inner = mail("Inner", "Inner text", "eve@example.org", attachments=[TEXT_FILE])
    found = read_email(msg(mail("FW: Inner", "Please see.", attachments=[("Inner.msg", inner)])))
    assert found.forward.method is ForwardMethod.ATTACHED
    assert (found.forward.by, found.forward.comment) == ("ana@example.org", "Please see.")
    assert found.original.sender == Party(name="Ana", address="eve@example.org")
    assert found.original.subject == "Inner"
    assert [part.path for part in found.components] == ["1", "1/1"]
    assert found.components[0].media_type == "application/vnd.ms-outlook"
    assert {"Inner text", "the plan of the roof"} <= set(found.text.split("\n\n"))


def test_the_file_of_an_embedded_message_opens_elsewhere_and_holds_the_same():
    inner = mail("Inner", "Inner text", attachments=[TEXT_FILE])
    raw = msg(mail("FW", "x", attachments=[("Inner.msg", inner)]))
    part = read_email(raw).components[0]
    made = extract_part(raw, "1")
    assert hashlib.sha256(made).hexdigest() == part.sha256
    with olefile.OleFileIO(made) as opened:
        assert opened.openstream("__substg1.0_1000001F").read() == "Inner text".encode("utf-16-le")
        assert opened.exists("__nameid_version1.0")
    alone = read_email(made)
    assert (alone.original.subject, alone.text) == ("Inner", "Inner text\n\nthe plan of the roof")
    assert extract_part(raw, "1/1") == extract_part(made, "1") == b"the plan of the roof"


def test_a_msg_file_attached_to_a_mail_is_the_original():
    raw = carrying("roof.msg", "application/octet-stream", msg(mail("Roof", "It leaks.", attachments=[TEXT_FILE])))
    found = read_email(raw)
    assert found.forward.method is ForwardMethod.ATTACHED
    assert (found.forward.by, found.forward.comment) == ("cy@school.example", "See below.")
    assert found.original.subject == "Roof"
    assert [part.path for part in found.components] == ["2", "2/1"]
    assert extract_part(raw, "2/1") == b"the plan of the roof"
    assert enclosed_bytes(raw, "2") is None


def test_a_mail_file_attached_to_a_msg_is_the_original_and_gives_its_exact_bytes():
    eml = b"From: eve@example.org\r\nSubject: Deep\r\nDate: Fri, 1 Mar 2024 08:00:00 +0000\r\n\r\nhi\r\n"
    raw = msg(mail("FW", "x", attachments=[{LONG_NAME: "deep.eml", DATA: eml}]))
    found = read_email(raw)
    assert (found.forward.method, found.original.subject) == (ForwardMethod.ATTACHED, "Deep")
    assert enclosed_bytes(raw, "1") == eml


@pytest.mark.parametrize("kind", ["IPM.Contact", "IPM.Task", "IPM.StickyNote", "IPM.Appointment"])
def test_what_was_never_sent_is_a_document_that_is_found_by_its_subject_and_text(kind: str):
    found = read_email(msg(Made({CLASS: kind, SUBJECT: "Roof of hall 3", BODY: "call the roofer"})))
    assert found.kind is RecordKind.DOCUMENT
    assert found.text == "Roof of hall 3\n\ncall the roofer"


def test_a_contact_tells_its_numbers_and_is_no_original():
    card = Made({CLASS: "IPM.Contact", SUBJECT: "Fay Roofer", NAME: "Fay Roofer", 0x3A08: "555 0100"})
    found = read_email(msg(mail("Card", "here", attachments=[("Fay Roofer.msg", card)])))
    assert found.forward.method is ForwardMethod.NONE
    assert "555 0100" in found.text


def test_what_a_report_returns_is_no_forward():
    made = mail("Undeliverable", "It could not be delivered.", attachments=[("Roof.msg", mail("Roof", "x"))])
    made.values[CLASS] = "REPORT.IPM.Note.NDR"
    found = read_email(msg(made))
    assert found.forward.method is ForwardMethod.NONE
    assert found.original.subject == "Undeliverable"


def test_an_encrypted_message_is_kept_and_said_to_be_unreadable():
    enveloped = bytes.fromhex("308006092a864886f70d010703a080")
    made = mail("Secret", "", attachments=[{LONG_NAME: "smime.p7m", MIME: "application/pkcs7-mime", DATA: enveloped}])
    made.values[CLASS] = "IPM.Note.SMIME"
    assert read_email(msg(made)).unsearchable == ("attachment 1: encrypted (S/MIME)",)


def test_a_compound_file_that_is_no_message_is_not_taken_for_one():
    from ingest.formats.compound_writer import Storage, write_compound_file  # noqa: PLC0415 - this case only

    word = write_compound_file([Storage(streams={"WordDocument": bytes(5000)})])
    assert not looks_like_outlook_message(word)
    assert read_outlook_message(word) is None


@every_case("path", ["0", "9", "1/1", "x", "1/", "/1", "²", "1" * 50, "/".join(["1"] * 60)])
def test_a_path_that_leads_nowhere_is_not_found(path: str):
    with pytest.raises(NotFound):
        extract_part(msg(mail("x", "x", attachments=[TEXT_FILE])), path)


def test_the_address_of_the_address_book_is_used_where_there_is_no_other():
    made = mail("x", "x")
    made.recipients = [{NAME: "Gus", EMAIL: "gus@example.org", TYPE: 1}]
    assert read_email(msg(made)).original.to == (Party(name="Gus", address="gus@example.org"),)
