"""Serialised messages and saved message files through the confined reader."""

from __future__ import annotations

import hashlib

import pytest

from ingest.formats.serialised_message import SerialisedAttachment, SerialisedMessage, write
from ingest.reading_codec import FailureReason, ReadingFailed
from ingest.sandbox import SandboxedReader, document_reading, email_reading, part_reading, serialised_reading
from storage.records import Description, Letterhead, RecordKind

MESSAGE = b"From: a@b.example\r\nSubject: saved\r\n\r\nwords\r\n"
EMLX = b"%d\n" % len(MESSAGE) + MESSAGE + b'<?xml version="1.0"?>\n<plist version="1.0"><dict/></plist>\n'


@pytest.fixture(scope="module")
def reader():
    with SandboxedReader() as made:
        yield made


def _serialised() -> bytes:
    rtf = bytes.fromhex("2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af820d1") + b"junk that is cut off"
    attachment = SerialisedAttachment(name="a.txt", media_type="text/plain", pieces=(b"enclosed",))
    return b"".join(
        write(
            SerialisedMessage(
                container="pst",
                reader="pst/1",
                letterhead=Letterhead(subject="kept"),
                html="<p>markup ä</p>".encode("cp1252"),
                html_charset="cp1252",
                rtf=rtf,
                attachments=[attachment],
            )
        )
    )


def test_a_serialised_message_is_read_and_its_attachment_given(reader: SandboxedReader):
    read = reader.read(serialised_reading(_serialised()))
    assert isinstance(read, Description)
    assert (read.original.subject, read.text) == ("kept", "markup ä\n\nenclosed")
    given = reader.read(part_reading(_serialised(), read.components[0].path))
    assert isinstance(given, bytes)
    assert hashlib.sha256(given).hexdigest() == read.components[0].sha256


def test_what_an_unpacker_did_not_write_is_refused(reader: SandboxedReader):
    read = reader.read(serialised_reading(b'{"archiver.serialised-message":1'))
    assert isinstance(read, ReadingFailed)
    assert read.reason is FailureReason.REFUSED


def test_the_same_bytes_handed_in_as_a_file_or_a_mail_are_no_message_of_a_mailbox(reader: SandboxedReader):
    as_file = reader.read(document_reading(_serialised(), "x.json"))
    as_mail = reader.read(email_reading(_serialised()))
    assert isinstance(as_file, Description)
    assert isinstance(as_mail, Description)
    assert as_file.kind is RecordKind.DOCUMENT
    assert as_mail.original.subject is None


def test_a_saved_message_file_is_read_as_the_message_in_it(reader: SandboxedReader):
    read = reader.read(email_reading(EMLX))
    assert isinstance(read, Description)
    assert (read.original.subject, read.text.strip(), read.notes) == ("saved", "words", ())


def test_a_saved_message_file_that_is_cut_short_says_so(reader: SandboxedReader):
    read = reader.read(email_reading(EMLX[:30]))
    assert isinstance(read, Description)
    assert any("its end is missing" in note for note in read.notes)
