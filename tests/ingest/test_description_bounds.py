"""However much a mail prints, its description fits what is handed over and sealed, and says what was cut."""

from __future__ import annotations

import pytest

from ingest.formats.description_bounds import CUT_COMMENTS, CUT_HEADS, MAX_COMMENT_CHARACTERS
from ingest.formats.email_message import read_email
from storage import description_codec
from storage.records import Description, ForwardMethod

_PEOPLE = b", ".join(b"\xd0\x90\xd0\xbd\xd0\xb0 %d <ana%d@example.org>" % (number, number) for number in range(19_000))


def _comes_back(found: Description) -> bool:
    return description_codec.decode(description_codec.encode(found)) == found


def _attached(around: bytes, inner: bytes) -> bytes:
    return (
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n\r\n" % (len(inner), len(inner))
        + around
        + b"\r\n--b%d\r\nContent-Type: message/rfc822\r\n\r\n" % len(inner)
        + inner
        + b"\r\n--b%d--\r\n" % len(inner)
    )


def test_a_text_of_three_million_letters_above_an_attached_message_is_cut_in_the_comment_and_whole_in_the_text():
    long = b"words " * 500_000
    found = read_email(b"From: cy@example.org\r\n" + _attached(long, b"From: ana@example.org\r\n\r\nhello"))
    assert found.forward.method is ForwardMethod.ATTACHED
    assert found.forward.comment == long[:MAX_COMMENT_CHARACTERS].decode()
    assert CUT_COMMENTS in found.notes
    assert found.text.count("words") == 500_000
    assert _comes_back(found)


def test_messages_in_messages_with_thousands_of_recipients_each_are_described():
    mail = b"From: ana@example.org\r\n\r\nhello"
    for level in range(15):
        heads = b"From: cy%d@example.org\r\nSubject: %d\r\nTo: %b\r\nCc: %b\r\n" % (level, level, _PEOPLE, _PEOPLE)
        mail = heads + _attached(b"see below", mail)
    found = read_email(mail)
    assert len(found.chain) == 15
    assert CUT_HEADS in found.notes
    assert _comes_back(found)
    assert found.original == found.chain[0].letterhead
    assert found.carrier is not None
    assert len(found.carrier.to) == 19_000


@pytest.mark.parametrize("name", [b"From", b"Subject", b"To", b"Message-ID"])
def test_a_field_of_megabytes_is_described(name: bytes):
    found = read_email(name + b": " + b"\xf0\x9f\x98\x80 x" * 1_500_000 + b" <a@example.org>\r\n\r\nhello")
    assert _comes_back(found)


def test_what_fits_is_left_alone():
    found = read_email(b"To: " + _PEOPLE + b"\r\n\r\nhello")
    assert len(found.original.to) == 19_000
    assert CUT_HEADS not in found.notes
    assert _comes_back(found)
