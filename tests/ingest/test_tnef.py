"""``winmail.dat``: the same message in another form, and what only it carries."""

from __future__ import annotations

import hashlib

import pytest

from ingest.formats.email_message import read_email
from ingest.formats.enclosures import extract_part
from ingest.formats.tnef import read_tnef
from storage.records import ForwardMethod, Party, RecordKind
from tests.ingest.outlook_files import (
    BODY,
    CLASS,
    DATA,
    LONG_NAME,
    MIME,
    SUBJECT,
    Made,
    attribute,
    carrying,
    listed,
    mail,
    tnef,
)

PLAN = {LONG_NAME: "plan.txt", MIME: "text/plain", DATA: b"the plan of the roof"}


def winmail(content: bytes, text: str = "See below.") -> bytes:
    return carrying("winmail.dat", "application/ms-tnef", content, text=text)


def test_a_stream_by_itself_is_read_as_the_mail_that_it_is():
    found = read_email(tnef(mail("Roof", "It leaks.")))
    assert found.kind is RecordKind.EMAIL
    assert found.original.sender == Party(name="Ana", address="ana@example.org")
    assert found.original.to == (Party(name="Ben", address="ben@example.org"),)
    assert (found.original.date, found.original.subject) == ("2024-03-01T14:05:00+00:00", "Roof")
    assert found.text == "It leaks."


def test_attachments_are_listed_under_the_stream_that_carries_them_and_can_be_had_again():
    raw = winmail(tnef(mail("Fwd: plans", "See below.", attachments=[PLAN, {LONG_NAME: "b.bin", DATA: b"\0\1"}])))
    found = read_email(raw)
    assert [(part.path, part.name) for part in found.components] == [
        ("2", "winmail.dat"), ("2/1", "plan.txt"), ("2/2", "b.bin"),
    ]  # fmt: skip
    for part in found.components:
        assert hashlib.sha256(extract_part(raw, part.path)).hexdigest() == part.sha256
    assert "the plan of the roof" in found.text


def test_the_carrier_keeps_its_own_letterhead():
    found = read_email(winmail(tnef(mail("other subject", "other text"))))
    assert found.original == found.carrier
    assert found.original.subject == "Fwd: plans"
    assert found.forward.method is ForwardMethod.NONE


def test_a_text_that_both_forms_have_is_read_once():
    assert read_email(winmail(tnef(mail("x", "See  below.\r\n")))).text == "See below."


def test_a_text_that_only_the_stream_has_is_the_text_of_the_mail():
    quoted = (
        "---------- Forwarded message ---------\nFrom: Dee <dee@example.org>\nDate: Fri, Mar 1, 2024 at 2:05 PM\n"
        "Subject: Hall\nTo: cy@school.example\n\nthe hall\n"
    )
    found = read_email(winmail(tnef(mail("x", quoted)), text=" "))
    assert "the hall" in found.text
    assert found.forward.method is ForwardMethod.INLINE
    assert found.original.subject == "Hall"


def test_a_message_in_the_stream_is_what_the_carrier_forwards():
    inner = mail("Inner", "inner text", "eve@example.org", attachments=[PLAN])
    raw = winmail(tnef(mail("x", "See below.", attachments=[("Inner", inner)])))
    found = read_email(raw)
    assert (found.forward.method, found.forward.comment) == (ForwardMethod.ATTACHED, "See below.")
    assert found.original.sender == Party(name="Ana", address="eve@example.org")
    assert [part.path for part in found.components] == ["2", "2/1", "2/1/1"]
    assert extract_part(raw, "2/1/1") == b"the plan of the roof"
    assert "inner text" in found.text


def test_older_attributes_are_read_where_there_are_no_properties():
    sender = b"Ana\0" + b"SMTP:ana@example.org\0"
    triple = b"\4\0\x20\0" + len(b"Ana\0").to_bytes(2, "little") + (21).to_bytes(2, "little") + sender
    raw = b"".join((
        b"\x78\x9f\x3e\x22\0\0",
        attribute(1, 0x00069007, (1251).to_bytes(8, "little")),
        attribute(1, 0x00008000, triple),
        attribute(1, 0x00018004, "Крыша".encode("cp1251") + b"\0"),
        attribute(1, 0x0002800C, b"old text\0"),
        attribute(2, 0x00069002, bytes(14)),
        attribute(2, 0x00018010, "план.txt".encode("cp1251") + b"\0"),
        attribute(2, 0x0006800F, b"content"),
    ))  # fmt: skip
    found = read_email(raw)
    assert found.original.sender == Party(name="Ana", address="ana@example.org")
    assert found.original.subject == "Крыша"
    assert found.text == "old text\n\ncontent"
    assert found.components[0].name == "план.txt"


def test_a_wrong_checksum_is_said_and_its_attribute_is_read():
    raw = bytearray(tnef(mail("Roof", "It leaks.")))
    raw[-1] ^= 0xFF
    found = read_email(bytes(raw))
    assert found.notes == ("a message of Outlook is damaged: a checksum is wrong",)
    assert found.original.subject == "Roof"


def test_what_is_cut_off_is_said_and_the_rest_is_read():
    whole = tnef(mail("Roof", "It leaks.", attachments=[PLAN]))
    found = read_email(whole[:-30])
    assert any("cut off" in note for note in found.notes)
    assert found.original.subject == "Roof"


def test_an_attachment_that_was_cut_off_is_described_as_empty_and_can_be_had_as_that():
    made = mail("Roof", "It leaks.", attachments=[PLAN])
    whole = tnef(made)
    first = whole.index(b"\x02\x02\x90\x06\x00")  # where its attachment begins
    raw = winmail(whole[: first + 30])
    described = [one for one in read_email(raw).components if one.path == "1/1" or one.path.endswith("/1")]
    assert [(one.size, extract_part(raw, one.path)) for one in described] == [(0, b"")]


def test_named_and_multiple_properties_are_passed_over_in_step():
    named = bytes.fromhex("1f000180") + bytes(16) + (1).to_bytes(4, "little") + (6).to_bytes(4, "little")
    named += "abc".encode("utf-16-le") + bytes(2)
    named += (1).to_bytes(4, "little") + (2).to_bytes(4, "little") + "x".encode("utf-16-le") + bytes(2)
    several = bytes.fromhex("1f100130") + (2).to_bytes(4, "little")
    several += ((2).to_bytes(4, "little") + "y".encode("utf-16-le") + bytes(2)) * 2
    short = bytes.fromhex("0b000230") + b"\1\0\0\0"
    rest = listed({SUBJECT: "Roof", CLASS: "IPM.Note", BODY: "text"})
    value = (6).to_bytes(4, "little") + named + several + short + rest[4:]
    found = read_tnef(b"\x78\x9f\x3e\x22\0\0" + attribute(1, 0x00069003, value))
    assert found is not None
    assert found.properties.text(SUBJECT) == "Roof"
    assert found.properties.number(0x3002) == 1
    assert found.properties.text(BODY) == "text"


def test_an_appointment_in_a_stream_is_no_original():
    appointment = Made({CLASS: "IPM.Appointment", SUBJECT: "Meeting", BODY: "bring the plan"})
    found = read_email(winmail(tnef(mail("x", "See below.", attachments=[("Meeting", appointment)]))))
    assert found.forward.method is ForwardMethod.NONE
    assert "bring the plan" in found.text


@pytest.mark.parametrize("content", [b"", b"\x78\x9f", b"\x78\x9f\x3e\x23" + bytes(40), b"plain text"])
def test_bytes_that_are_no_stream_are_none(content: bytes):
    assert read_tnef(content) is None


def test_what_follows_the_last_attachment_that_is_kept_does_not_take_its_place(monkeypatch):
    monkeypatch.setattr("ingest.formats.tnef.MAX_ATTACHMENTS", 1)
    raw = tnef(mail("Roof", "It leaks.", attachments=[PLAN, {**PLAN, DATA: b"another"}]))
    opened = read_tnef(raw)
    assert opened is not None
    assert [one.content() for one in opened.attachments] == [b"the plan of the roof"]
    assert any("more than 1 attachments" in one for one in opened.damages)
