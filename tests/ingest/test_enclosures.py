"""What a mail holds, in one order: messages in messages of every form, chains, bounds, and hostile bytes."""

from __future__ import annotations

import hashlib
import random
import time
import tracemalloc

import pytest

from ingest.formats.compound_writer import Storage, write_compound_file
from ingest.formats.email_message import read_email
from ingest.formats.enclosures import MAX_OPENED_DEPTH, enclosed_bytes, extract_part, open_mail
from storage.records import ForwardMethod
from tests.ingest.outlook_files import BODY, DATA, LONG_NAME, SUBJECT, carrying, mail, msg, tnef

SEED = 20240302
INNER = (
    b"DKIM-Signature: v=1; d=example.org\r\nFrom: Eve <eve@example.org>\r\nTo: cy@school.example\r\n"
    b"Subject: Inner\r\nDate: Fri, 1 Mar 2024 08:00:00 +0000\r\n\r\ninner text \r\n\r\n"
)


@pytest.mark.parametrize("encoding", ["7bit", "base64"])
@pytest.mark.parametrize(
    ("name", "content_type"),
    [("inner.eml", "message/rfc822"), ("inner.eml", "application/octet-stream"), ("Re_ inner.EML", "text/plain")],
)
def test_the_exact_bytes_of_an_attached_mail_are_given(name: str, content_type: str, encoding: str):
    raw = carrying(name, content_type, INNER, encoding=encoding)
    found = read_email(raw)
    assert found.forward.method is ForwardMethod.ATTACHED
    assert found.original.subject == "Inner"
    assert enclosed_bytes(raw, "2") == INNER


def test_empty_lines_before_the_first_header_are_no_part_of_the_mail():
    raw = carrying("inner.eml", "message/rfc822", b"\r\n\n" + INNER)
    assert enclosed_bytes(raw, "2") == INNER


def test_an_attachment_that_is_no_mail_has_no_exact_bytes():
    assert enclosed_bytes(carrying("a.txt", "text/plain", b"hello"), "2") is None


def test_every_component_of_a_deep_mixture_can_be_had_again():
    deepest = mail("Deepest", "deepest text", attachments=[{LONG_NAME: "plan.txt", DATA: b"the plan"}])
    in_msg = carrying("winmail.dat", "application/ms-tnef", tnef(mail("x", "y", attachments=[("d", deepest)])))
    outer = msg(mail("Outer", "z", attachments=[{LONG_NAME: "fwd.eml", DATA: in_msg}]))
    raw = carrying("outer.msg", "application/vnd.ms-outlook", outer)
    found = read_email(raw)
    assert [part.path for part in found.components] == ["2", "2/1", "2/1/2", "2/1/2/1", "2/1/2/1/1"]
    for part in found.components:
        assert hashlib.sha256(extract_part(raw, part.path)).hexdigest() == part.sha256
    assert "the plan" in found.text


def test_an_opaque_file_in_a_clear_signed_message_of_outlook_is_opened():
    entity = (
        b"Content-Type: multipart/signed; boundary=s\r\n\r\n--s\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n"
        b"--m\r\nContent-Type: text/plain\r\n\r\nsigned text\r\n--m\r\n"
        b'Content-Type: text/plain; name="a.txt"\r\n\r\nattached words\r\n--m--\r\n--s--\r\n'
    )
    made = mail("x", "signed text", attachments=[{LONG_NAME: "smime.p7m", 0x370E: "multipart/signed", DATA: entity}])
    found = read_email(msg(made))
    assert [part.path for part in found.components] == ["1", "1/1.2"]
    assert found.text == "signed text\n\nattached words"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"-----BEGIN PGP MESSAGE-----\r\n\r\nabc\r\n", "attachment 1: encrypted (OpenPGP)"),
        (bytes.fromhex("308006092a864886f70d010703a080"), "attachment 1: encrypted (S/MIME)"),
        (bytes.fromhex("3080060b2a864886f70d0109100117a080"), "attachment 1: encrypted (S/MIME)"),
        (bytes.fromhex("76e80460c411e386") + bytes(90), "attachment 1: encrypted (Microsoft rights management)"),
    ],
)
def test_encrypted_attachments_are_said_to_be_unreadable(content: bytes, reason: str):
    found = read_email(carrying("x", "application/octet-stream", content))
    assert found.unsearchable == (reason,)
    assert found.text == "See below."


def test_encrypted_text_is_said_to_be_unreadable():
    raw = b"From: a@example.org\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nabc\r\n-----END PGP MESSAGE-----\r\n"
    assert read_email(raw).unsearchable == ("the text of a message: encrypted (OpenPGP)",)


def nested_msg(depth: int) -> bytes:
    made = mail("innermost", "text")
    for number in range(depth):
        made = mail(f"level {number}", "text", attachments=[("m.msg", made)])
    return msg(made)


def test_messages_in_messages_in_a_message_of_outlook_can_be_had_again():
    raw = nested_msg(4)
    found = read_email(raw)
    assert [part.path for part in found.components] == ["1", "1/1", "1/1/1", "1/1/1/1"]
    for part in found.components:
        assert hashlib.sha256(extract_part(raw, part.path)).hexdigest() == part.sha256


def test_messages_nested_beyond_the_limit_are_listed_unread():
    found = read_email(nested_msg(MAX_OPENED_DEPTH + 5))
    assert len(found.components) == MAX_OPENED_DEPTH + 1
    assert any("beyond the limits" in reason for reason in found.unsearchable)


def test_ten_thousand_nested_storages_have_an_answer():
    storages = [Storage(streams={"__properties_version1.0": bytes(32)})]
    for place in range(0, 20_000, 2):
        storages.append(Storage("__attach_version1.0_#00000000", place, {"__properties_version1.0": bytes(8)}))
        storages.append(Storage("__substg1.0_3701000D", place + 1, {"__properties_version1.0": bytes(24)}))
    raw = write_compound_file(storages)
    found = read_email(raw)
    assert len(found.components) == MAX_OPENED_DEPTH + 1


def test_streams_nested_beyond_the_limit_are_listed_unread():
    made = mail("innermost", "y")
    for _ in range(MAX_OPENED_DEPTH + 5):
        made = mail("x", "y", attachments=[("n", made)])
    found = read_email(tnef(made))
    assert len(found.components) == MAX_OPENED_DEPTH + 1
    assert any("beyond the limits" in reason for reason in found.unsearchable)


def rich_samples() -> list[bytes]:
    inner = mail("Inner", "inner text", attachments=[{LONG_NAME: "plan.txt", DATA: b"the plan" * 700}])
    outer = mail("Outer", "text", attachments=[("inner.msg", inner), {LONG_NAME: "a.eml", DATA: INNER}])
    outer.values[0x1009] = b"\x2d\0\0\0\x2b\0\0\0LZFu" + bytes.fromhex(
        "f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )
    outer.values[BODY] = ""
    return [msg(outer), tnef(outer), carrying("w.dat", "application/ms-tnef", tnef(outer)),
            carrying("m.msg", "application/octet-stream", msg(inner))]  # fmt: skip


def read_all(raw: bytes) -> int:
    """Read a mail and each of its parts; the digests must agree."""
    found = read_email(raw)
    for part in found.components[:20]:
        if part.size:
            assert hashlib.sha256(extract_part(raw, part.path)).hexdigest() == part.sha256
    return len(found.components)


@pytest.mark.parametrize("kind", range(4))
def test_a_mail_cut_off_anywhere_has_an_answer(kind: int):
    raw = rich_samples()[kind]
    for end in [*range(0, 300, 7), *range(300, len(raw), max(len(raw) // 150, 1))]:
        assert read_all(raw[:end]) >= 0


@pytest.mark.parametrize("kind", range(4))
def test_mutated_mail_has_an_answer_within_two_seconds(kind: int):
    chance = random.Random(SEED + kind)
    raw = rich_samples()[kind]
    worst = 0.0
    for _ in range(550):
        spoilt = bytearray(raw)
        for _ in range(chance.choice((1, 3, 20))):
            place, value = chance.randrange(len(spoilt)), chance.choice((0, 0xFF, chance.randrange(256)))
            spoilt[place : place + chance.choice((1, 4))] = bytes([value]) * chance.choice((1, 4))
        begun = time.process_time()
        assert read_all(bytes(spoilt)) >= 0
        worst = max(worst, time.process_time() - begun)
    assert worst < 2, SEED


def test_declared_sizes_do_not_decide_what_is_kept():
    raw = bytearray(tnef(mail("Roof", "text")))
    raw[11:15] = b"\xff\xff\xff\x7f"
    tracemalloc.start()
    read_email(bytes(raw))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


def test_the_number_of_things_listed_is_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("ingest.formats.enclosures.MAX_ENCLOSURES", 3)
    made = mail("x", "x", attachments=[{LONG_NAME: f"{number}.txt", DATA: b"a"} for number in range(9)])
    found = read_email(msg(made))
    assert len(found.components) == 3
    assert found.unsearchable == ("more than 3 attachments; the rest was not read",)


def test_the_walk_gives_what_it_finds_one_by_one():
    mail_open = open_mail(msg(mail("x", "x", attachments=[{LONG_NAME: "a", DATA: b"1"}, {LONG_NAME: "b", DATA: b"2"}])))
    assert [one.content for one in mail_open.enclosures] == [b"1", b"2"]
    assert mail_open.message.letterhead.subject == "x"
    assert SUBJECT == 0x37


PRINTED = (
    "---------- Forwarded message ---------\nFrom: Dee <dee@example.org>\nDate: Fri, Mar 1, 2024 at 2:05 PM\n"
    "Subject: Hall\nTo: ana@example.org\n\nthe hall\n"
)


def test_a_chain_goes_from_attached_messages_into_what_the_innermost_prints():
    inner = mail("Fwd: Hall", f"look at this\n\n{PRINTED}")
    outer = mail("FW: Fwd: Hall", "and you at this", "bea@example.org", attachments=[("m.msg", inner)])
    found = read_email(carrying("outer.msg", "application/octet-stream", msg(outer)))
    assert [(one.method, one.letterhead.subject, one.comment) for one in found.chain] == [
        (ForwardMethod.ATTACHED, "FW: Fwd: Hall", "See below."),
        (ForwardMethod.ATTACHED, "Fwd: Hall", "and you at this"),
        (ForwardMethod.INLINE, "Hall", "look at this"),
    ]
    assert found.original == found.chain[0].letterhead
    assert found.forward.comment == found.chain[0].comment


def test_an_attached_original_goes_before_one_that_is_printed():
    found = read_email(carrying("inner.eml", "message/rfc822", INNER, text=PRINTED.replace("\n", "\r\n")))
    assert [one.letterhead.subject for one in found.chain] == ["Inner"]


def test_a_mail_that_forwards_nothing_has_no_chain():
    assert read_email(carrying("a.txt", "text/plain", b"hello")).chain == ()
