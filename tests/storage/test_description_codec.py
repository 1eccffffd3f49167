"""Descriptions go out and come back whole, and nothing else comes in."""

from __future__ import annotations

import dataclasses
import json
import random
from datetime import UTC, datetime, timedelta, timezone

import pytest

from storage import description_codec
from storage.description_codec import decode, encode
from storage.errors import NewerFormat
from storage.records import (
    Attachment,
    Component,
    ComponentRole,
    Conversation,
    Description,
    Forward,
    ForwardedMessage,
    ForwardMethod,
    Letterhead,
    Message,
    Party,
    Reaction,
    RecordKind,
)
from tests.every_case import every_case

PACIFIC = timezone(-timedelta(hours=8))
LETTERHEAD = Letterhead(
    sender=Party(name="Ada Ramos", address="ada@district.example"),
    to=(Party(address="board@district.example"), Party(name="No address")),
    cc=(Party(),),
    date="2024-03-01T14:05:00-08:00",
    subject="Bus route 7 🚌\u2028line",
    message_id="<1@district.example>",
)
FULL = Description(
    kind=RecordKind.CONVERSATION,
    original=dataclasses.replace(LETTERHEAD, subject="Fw: other"),
    carrier=LETTERHEAD,
    forward=Forward(method=ForwardMethod.INLINE, by="ada@district.example", comment="see below"),
    chain=(
        ForwardedMessage(method=ForwardMethod.ATTACHED, letterhead=LETTERHEAD, comment="see below"),
        ForwardedMessage(method=ForwardMethod.INLINE, letterhead=Letterhead()),
    ),
    platform="chat",
    conversation=Conversation(title=None, participants=("Ada", "Bo"), day="2024-03-01", zone="America/Los_Angeles"),
    messages=(
        Message(
            at="2024-03-01T14:05:00",
            sender="Ada",
            text="first\nsecond\x00third",
            side="left",
            attachments=(Attachment(name="a.png", media_type="image/png", sha256="0" * 64), Attachment(present=False)),
            reply_to="1",
            edited_at="2024-03-01T14:06:00",
            deleted=True,
            system=True,
            reactions=(Reaction(by=None, emoji="👍"), Reaction(by="Bo", emoji="x")),
        ),
        Message(at=None, sender=None, text=""),
    ),
    text='line one\nline two "quoted" \\ \x00 \u2028 🚌',
    sent_at=datetime(2024, 3, 1, 14, 5, tzinfo=PACIFIC),
    components=(
        Component(
            id="c1",
            role=ComponentRole.ATTACHMENT,
            media_type="text/plain",
            name="a.txt",
            size=0,
            sha256="ab" * 32,
            path="2.1",
        ),
        Component(id="", role=ComponentRole.ORIGINAL, media_type="m", name=None, size=1, sha256="0" * 64),
    ),
    verified=("dkim",),
    asserted=("date", "from"),
    notes=("attachment 2 could not be read",),
    unsearchable=("attachment 2: encrypted",),
    reader="mail 1",
)


def with_line(text: bytes = b"", **members: object) -> bytes:
    return json.dumps({"v": 1, "kind": "email", **members}).encode() + b"\n" + text


def test_a_description_with_every_member_comes_back_equal():
    assert decode(encode(FULL)) == FULL


def test_every_member_of_a_description_is_written():
    untouched = Description(kind=RecordKind.EMAIL)
    for member in dataclasses.fields(Description):
        changed = dataclasses.replace(untouched, **{member.name: getattr(FULL, member.name)})
        assert decode(encode(changed)) == changed, member.name


@pytest.mark.parametrize("carrier", [None, Letterhead(), LETTERHEAD])
@pytest.mark.parametrize("original", [Letterhead(), LETTERHEAD])
def test_carrier_and_original_come_back_in_every_combination(carrier, original):
    description = Description(kind=RecordKind.EMAIL, carrier=carrier, original=original)
    assert decode(encode(description)) == description


def test_the_text_stands_as_it_is_behind_the_first_line():
    line, text = encode(FULL).split(b"\n", 1)
    assert json.loads(line)["v"] == 1
    assert text == FULL.text.encode()


def test_a_moment_comes_back_in_utc():
    assert decode(encode(FULL)).sent_at.tzinfo is UTC


def test_random_descriptions_come_back_equal():
    seed = 20240301
    print("seed", seed)  # noqa: T201 - to draw the same again
    chosen = random.Random(seed)

    def string() -> str:
        return "".join(chr(chosen.choice([0, 9, 10, 34, 92, 65, 228, 0x2028, 0xFFFF, 0x1F68C])) for _ in range(9))

    for _ in range(300):
        party = Party(name=string(), address=chosen.choice([None, string()]))
        description = Description(
            kind=chosen.choice(list(RecordKind)),
            original=Letterhead(sender=party, to=(party,) * chosen.randrange(4), subject=string()),
            text=string() * chosen.randrange(50),
            notes=tuple(string() for _ in range(chosen.randrange(3))),
        )
        assert decode(encode(description)) == description


@every_case(
    "hostile",
    [
        b"",
        b"{}",
        b"[]\n",
        b"null\n",
        b"{\n",
        b'{"v":1}\n',
        b'{"v":1,"kind":"email","reader":NaN}\n',
        b'{"v":1,"kind":"email","reader":' + b"9" * 9000 + b"}\n",
        b'{"v":1,"kind":"email","reader":"\xff"}\n',
        b"[" * 100_000 + b"\n",
        b'{"v":1,"notes":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n",
        b'{"v":1,"kind":"email"}\n\xff',
        b'{"v":1,"kind":"email"}\n\xed\xa0\x80',
        with_line(kind="novel"),
        with_line(kind=["email"]),
        with_line(v=0),
        with_line(v=True),
        with_line(v="1"),
        with_line(surprise=1),
        with_line(reader=1),
        with_line(reader="\ud800"),
        with_line(notes="a"),
        with_line(notes=[1]),
        with_line(notes=[None]),
        with_line(notes={"0": "a"}),
        with_line(carrier=[]),
        with_line(carrier={"sender": "a"}),
        with_line(carrier={"sender": ["a"]}),
        with_line(carrier={"sender": ["a", 1]}),
        with_line(carrier={"to": [["a", "b", "c"]]}),
        with_line(carrier={"bcc": []}),
        with_line(forward={"method": "pigeon"}),
        with_line(forward={}),
        with_line(sent_at="2024-03-01T14:05:00"),
        with_line(sent_at="yesterday"),
        with_line(sent_at=1),
        with_line(sent_at="9999-12-31T23:59:59-12:00"),
        with_line(sent_at="0001-01-01T00:00:00+12:00"),
        with_line(components=[{"id": "", "role": "original", "media_type": "a", "size": -1, "sha256": "0" * 64}]),
        with_line(components=[{"id": "", "role": "original", "media_type": "a", "size": True, "sha256": "0" * 64}]),
        with_line(components=[{"id": "", "role": "original", "media_type": "a", "size": 1.5, "sha256": "0" * 64}]),
        with_line(components=[{"id": "", "role": "original", "media_type": "a", "size": 1, "sha256": "A" * 64}]),
        with_line(components=[{"id": "", "role": "original", "media_type": "a", "size": 1, "sha256": "0" * 64 + "\n"}]),
        with_line(components=[{"id": "", "role": "king", "media_type": "a", "size": 1, "sha256": "0" * 64}]),
        with_line(messages=[{"at": None, "sender": None}]),
        with_line(messages=[{"text": "a", "deleted": 1}]),
        with_line(messages=[{"text": "a", "reactions": [["a", None]]}]),
        with_line(conversation={"participants": []}),
    ],
)
def test_what_is_no_description_is_refused(hostile):
    with pytest.raises(ValueError, match="not as agreed") as refusal:
        decode(hostile)
    assert refusal.value.__context__ is None, "the context would carry what was read"


def test_a_later_version_is_named_as_such():
    with pytest.raises(NewerFormat):
        decode(with_line(v=2))


def test_a_string_over_the_bound_is_refused():
    with pytest.raises(ValueError, match="reader"):
        decode(with_line(reader="x" * ((2 << 20) + 1)))


def test_more_members_than_the_bound_are_refused():
    with pytest.raises(ValueError, match="notes"):
        decode(with_line(notes=[""] * 250_001))


def test_too_many_brackets_are_refused_before_they_are_parsed():
    with pytest.raises(ValueError, match="number of arrays"):
        decode(b'{"v":1,"notes":[' + b"[]," * 600_000 + b"[]]}\n")


def test_what_could_not_be_read_again_is_not_written(monkeypatch):
    monkeypatch.setattr(description_codec, "MAX_TEXT_CHARACTERS", 1000)
    with pytest.raises(ValueError, match="not as agreed"):
        encode(Description(kind=RecordKind.EMAIL, text="x" * 1_000_000))


def test_too_many_notes_are_not_written():
    with pytest.raises(ValueError, match="not as agreed"):
        encode(Description(kind=RecordKind.EMAIL, notes=("x",) * 250_001))


def test_a_lone_surrogate_is_not_written():
    with pytest.raises(ValueError, match="surrogates"):
        encode(Description(kind=RecordKind.EMAIL, text="\ud800"))
    with pytest.raises(ValueError, match="surrogates"):
        encode(Description(kind=RecordKind.EMAIL, notes=("\ud800",)))


def test_mutations_end_in_a_description_or_a_refusal():
    seed = 7
    print("seed", seed)  # noqa: T201 - to draw the same again
    chosen = random.Random(seed)
    whole = encode(FULL)
    refused = 0
    for _ in range(2000):
        mutant = bytearray(whole)
        for _ in range(chosen.randrange(1, 4)):
            mutant[chosen.randrange(len(mutant))] = chosen.randrange(256)
        try:
            encode(decode(bytes(mutant)))
        except (ValueError, NewerFormat):
            refused += 1
    assert 200 < refused < 2000
