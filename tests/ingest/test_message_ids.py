"""Which messages a mail answers, as its fields and Outlook's properties say it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ingest.formats.email_message import read_email
from ingest.formats.headers import letterhead, read_block
from ingest.formats.message_ids import MOST_REFERENCES, references_of
from ingest.formats.serialised_message import SerialisedMessage, write
from ingest.formats.serialised_reading import read_serialised
from storage import description_codec
from storage.records import Letterhead
from tests.every_case import every_case
from tests.ingest.outlook_files import HEADERS, mail, msg

REFERENCES, IN_REPLY_TO = 0x1039, 0x1042
"""PidTagInternetReferences and PidTagInReplyToId ([MS-OXPROPS] §2.743, §2.735)."""


@every_case(
    ("references", "in_reply_to", "expected"),
    [
        ("<a@x> <b@x>", "<b@x>", ("<a@x>", "<b@x>")),
        ("<a@x>\t<b@x>", "<c@x>", ("<a@x>", "<b@x>", "<c@x>")),
        (None, "<a@x>", ("<a@x>",)),
        (None, 'Your message of "Mon, 4 Mar" <a@x>', ("<a@x>",)),
        ("<a@x><b@x>,<a@x>", None, ("<a@x>", "<b@x>")),
        ("a@x", "4 Mar 2024", ()),
        ("<a x>", "<>", ()),
        (None, None, ()),
        (f"<{'a' * 1000}@x> <b@x>", None, ("<b@x>",)),
    ],
)
def test_identifiers_are_read_in_the_order_of_the_thread(references, in_reply_to, expected):
    assert references_of(references, in_reply_to) == expected


def test_of_a_long_thread_the_first_and_the_last_are_kept():
    found = references_of(" ".join(f"<{number}>" for number in range(1_000)), "<parent>")
    assert len(found) == MOST_REFERENCES
    assert (found[0], found[-2], found[-1]) == ("<0>", "<999>", "<parent>")


@pytest.mark.parametrize("text", ["<" * 1_000_000, "<a" * 500_000, "<a>" * 300_000, "\x00<\x00>"])
def test_nonsense_is_passed_over(text):
    assert len(references_of(text, text)) <= 1


def test_a_mail_says_what_it_answers():
    raw = b"References: <a@x>\r\n <b@x>\r\nIn-Reply-To: <b@x>\r\n\r\nhi"
    assert letterhead(read_block(raw)).references == ("<a@x>", "<b@x>")
    assert read_email(raw).original.references == ("<a@x>", "<b@x>")


def test_a_message_of_outlook_says_it_in_its_headers_or_in_its_properties():
    made = mail("Roof", "x")
    made.values[REFERENCES] = "<a@x> <b@x>"
    made.values[IN_REPLY_TO] = "<b@x>"
    assert read_email(msg(made)).original.references == ("<a@x>", "<b@x>")
    made.values[HEADERS] = "From: ana@example.org\r\nReferences: <c@x>\r\n\r\n"
    assert read_email(msg(made)).original.references == ("<c@x>",)


def test_a_message_out_of_a_data_file_keeps_what_it_answers():
    head = Letterhead(subject="Roof", references=("<a@x>", "<b@x>"))
    message = SerialisedMessage(container="pst", reader="pst/1", letterhead=head, plain="x")
    assert read_serialised(b"".join(write(message))).original.references == head.references
    headers = "Subject: Roof\r\nIn-Reply-To: <c@x>\r\n\r\n"
    head = replace(head, references=("<c@x>",))
    message = SerialisedMessage(container="pst", reader="pst/1", letterhead=head, plain="x", headers=headers)
    assert read_serialised(b"".join(write(message))).original.references == ("<c@x>",)


def test_a_description_keeps_them_and_one_without_is_written_as_before():
    found = read_email(b"References: <a@x>\r\n\r\nhi")
    assert description_codec.decode(description_codec.encode(found)) == found
    plain = replace(found, original=Letterhead(), carrier=Letterhead())
    assert b"references" not in description_codec.encode(plain)
