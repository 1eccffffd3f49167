"""Serialised messages: written canonically, read back as mail, and believed in nothing."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from ingest.formats.container import MemberBroken
from ingest.formats.detect import MediaKind, detect
from ingest.formats.serialised_message import (
    MAX_DEPTH,
    MEDIA_TYPE,
    SerialisedAttachment,
    SerialisedMessage,
    canonical,
    write,
)
from ingest.formats.serialised_reading import NotSerialised, extract_serialised, is_serialised, read_serialised
from ingest.sandbox_tasks import tasks
from storage.errors import NotFound
from storage.records import Description, ForwardMethod, Letterhead, Party, RecordKind
from tests.every_case import every_case
from tests.ingest.test_document_text import _pdf

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = Letterhead(
    sender=Party(name="Ann Lee", address="ann@d.example"),
    to=(Party(name="Лес, Bob", address="bob@d.example"), Party(name="Only A Name")),
    cc=(Party(address="/O=ORG/OU=SITE/CN=CARL"),),
    date="2024-03-04T09:15:00+00:00",
    subject="Bus routes – spring",
    message_id="<1@d.example>",
)


def _message(**changes: object) -> SerialisedMessage:
    return SerialisedMessage(
        **{"container": "pst", "reader": "pst/1", "letterhead": HEAD, "plain": "hello\r\n"} | changes
    )


def _raw(**changes: object) -> bytes:
    return b"".join(write(_message(**changes)))


def test_the_document_is_canonical_json():
    raw = _raw(attachments=[SerialisedAttachment(name="a", pieces=(b"xyz",)), SerialisedAttachment(problem="lost")])
    assert canonical(json.loads(raw)) == raw
    assert is_serialised(raw)


def test_what_was_written_is_read_back():
    read = read_serialised(_raw())
    assert read.kind is RecordKind.EMAIL
    assert read.original == read.carrier == HEAD
    assert read.sent_at == datetime(2024, 3, 4, 9, 15, tzinfo=UTC)
    assert read.text == "hello"
    assert read.forward.method is ForwardMethod.NONE
    assert read.unsearchable == ()
    assert "these are not the bytes sent" in read.notes[-1]


def test_attachments_come_back_by_their_numbers_whatever_pieces_they_were_written_in():
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    content = chance.randbytes(700_000)
    places = sorted(chance.sample(range(len(content)), 9))
    pieces = [content[start:end] for start, end in zip([0, *places], [*places, len(content)], strict=True)]
    raw = _raw(attachments=[SerialisedAttachment(name="q\u00e9 b.bin", media_type="application/zip", pieces=pieces)])
    component = read_serialised(raw).components[0]
    assert (component.path, component.name, component.media_type) == ("2", "q\u00e9 b.bin", "application/zip"), seed
    assert (component.size, component.sha256) == (len(content), hashlib.sha256(content).hexdigest()), seed
    assert extract_serialised(raw, "2") == content, seed


def test_an_attached_message_is_the_original_and_is_given_as_its_own_json():
    inner = _message(
        letterhead=Letterhead(sender=Party(name="In", address="in@x.example"), subject="inner"),
        plain="inside",
        attachments=[SerialisedAttachment(name="deep.txt", media_type="text/plain", pieces=(b"deep words",))],
    )
    raw = _raw(attachments=[SerialisedAttachment(name="inner", message=inner)])
    read = read_serialised(raw)
    assert read.forward.method is ForwardMethod.ATTACHED
    assert read.original.sender == Party(name="In", address="in@x.example")
    assert "deep words" in read.text
    paths = {one.name: one for one in read.components}
    assert paths["inner"].media_type == MEDIA_TYPE
    given = extract_serialised(raw, paths["inner"].path)
    assert hashlib.sha256(given).hexdigest() == paths["inner"].sha256
    assert read_serialised(given).original.subject == "inner"
    assert extract_serialised(raw, paths["deep.txt"].path) == b"deep words"


def test_transport_headers_are_read_without_what_they_say_of_mime():
    headers = (
        "Received: from x\r\nContent-Type: multipart/alternative;\r\n boundary=zz\r\n"
        "Content-Transfer-Encoding: 7bit\r\n"
        "MIME-Version: 1.0\r\nSubject: theirs\r\nX-Long: a\r\n b\r\n\r\n"
    )
    read = read_serialised(_raw(headers=headers))
    assert read.text == "hello"
    assert read.carrier == HEAD


def test_the_html_body_is_read_where_the_plain_one_is_blank():
    read = read_serialised(_raw(plain=" \r\n", html="<p>caf\u00e9</p>".encode("cp1252"), html_charset="cp1252"))
    assert read.text == "café"


def test_a_contact_is_a_document_with_the_text_of_its_card():
    read = read_serialised(_raw(is_mail=False, card="Ann Lee\n555 0100", plain=None))
    assert read.kind is RecordKind.DOCUMENT
    assert "555 0100" in read.text


def test_what_could_not_be_read_is_unsearchable_by_reason():
    broken = _message(problems=("its list cannot be read",))
    raw = _raw(
        problems=("a property that cannot be read",),
        attachments=[SerialisedAttachment(problem="it has no content"), SerialisedAttachment(message=broken)],
    )
    assert set(read_serialised(raw).unsearchable) >= {
        "a property that cannot be read",
        "attachment 1: it has no content",
        "attached message 3: its list cannot be read",
    }


def test_an_attachment_that_breaks_off_keeps_what_came_and_says_so():
    def pieces() -> Iterator[bytes]:
        yield b"first"
        raise MemberBroken("the rest is damaged")

    raw = _raw(attachments=[SerialisedAttachment(name="a.bin", pieces=pieces()), SerialisedAttachment(pieces=(b"b",))])
    assert extract_serialised(raw, "2") == b"first"
    assert extract_serialised(raw, "3") == b"b"
    assert "attachment 1: the rest is damaged" in read_serialised(raw).unsearchable


def test_nothing_but_text_and_whole_numbers_gets_into_the_document():
    head = Letterhead(subject="lone \ud800 and \0", sender=Party(name="\udfff"))
    read = read_serialised(_raw(letterhead=head))
    assert read.carrier.subject == "lone \ufffd and \ufffd"


def test_a_component_that_is_not_there_is_not_found():
    with pytest.raises(NotFound):
        extract_serialised(_raw(), "7")


@every_case(
    "raw",
    [
        b"",
        b"{}",
        b'{"archiver.serialised-message":1',
        b'{"archiver.serialised-message":2}',
        b'{"archiver.serialised-message":1}' + b"x",
        b'{"archiver.serialised-message":' + b"[" * 100_000,
        b'{"archiver.serialised-message":1,"archiver.serialised-message":1}',
        b'{"archiver.serialised-message":"1"}',
    ],
)
def test_what_is_no_such_document_is_refused(raw: bytes):
    with pytest.raises(NotSerialised):
        read_serialised(raw)


def test_fields_of_any_other_type_are_passed_over():
    names = list(json.loads(_raw()))[1:]
    for value in (None, 7, "x", [], {}, [[]], ["x", 3, None], {"message": {}}, True, "=?", "\r\nTo: x@y.example"):
        document = {"archiver.serialised-message": 1, **dict.fromkeys(names, value)}
        read_serialised(canonical(document))
        document["attachments"] = [dict.fromkeys(("content", "media_type", "message", "name", "problem"), value), value]
        read_serialised(canonical(document))


def test_messages_nested_deeper_than_a_reader_goes_do_no_harm():
    document: dict = {"archiver.serialised-message": 1, "subject": "bottom"}
    for _ in range(MAX_DEPTH * 4):
        document = {"archiver.serialised-message": 1, "attachments": [{"message": document}]}
    read = read_serialised(canonical(document))
    assert len(read.components) <= MAX_DEPTH + 2


def test_a_header_cannot_be_smuggled_in_by_a_field():
    head = Letterhead(
        subject="s\r\nBcc: x@y.example\r\n\r\nbody", message_id="<a>\r\nFrom: evil@x.example", date="2024-01-01\r\nX: y"
    )
    read = read_serialised(_raw(letterhead=head, plain="true body"))
    assert read.text == "true body"
    assert read.carrier.sender is None


@every_case("seed", range(20))
def test_mutated_documents_are_read_or_refused(seed: int):
    chance = random.Random(seed)
    inner = _message(attachments=[SerialisedAttachment(name="x", pieces=(b"abc",))])
    raw = _raw(headers="A: b\r\n", attachments=[SerialisedAttachment(message=inner)], html=b"<p>x", rtf=b"junk")
    for _ in range(25):
        changed = bytearray(raw)
        for _ in range(chance.randint(1, 6)):
            changed[chance.randrange(40, len(changed))] = chance.choice(b'"{}[],:\\0aZ\xff\n')
        try:
            read = read_serialised(bytes(changed))
        except NotSerialised:
            continue
        for component in read.components:
            assert hashlib.sha256(extract_serialised(bytes(changed), component.path)).hexdigest() == component.sha256


def test_its_first_bytes_tell_what_it_is():
    found = detect(_raw())
    assert (found.kind, found.media_type) == (MediaKind.SERIALISED, MEDIA_TYPE)


def test_base64_of_the_content_is_that_of_the_whole():
    content = bytes(range(256)) * 2000
    raw = _raw(attachments=[SerialisedAttachment(pieces=[content[:1], content[1:5], content[5:]])])
    assert json.loads(raw)["attachments"][0]["content"] == base64.b64encode(content).decode()


def test_of_an_attached_pdf_as_many_pages_are_read_as_the_reader_was_started_with():
    raw = _raw(attachments=[SerialisedAttachment(name="a.pdf", pieces=(_pdf("first words", "second words"),))])
    read = tasks(1)["email"](raw, {"serialised": True})
    assert isinstance(read, Description)
    assert "first words" in read.text
    assert "second words" not in read.text
    assert any("page" in one for one in read.unsearchable)
    both = tasks(2)["email"](raw, {"serialised": True})
    assert isinstance(both, Description)
    assert "second words" in both.text
