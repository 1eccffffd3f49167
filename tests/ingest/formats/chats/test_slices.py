"""A slice read again says what was written, and one that lies is refused."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.formats.chats.days import gathered
from ingest.formats.chats.model import ChatMessage, Media, Reacted, Thread, Version
from ingest.formats.chats.slices import (
    FOOTER_BYTES,
    HEADER_BYTES,
    front_length,
    index_length,
    range_of,
    read_slice,
    written,
)
from ingest.formats.container import MemberBroken
from storage.records import ComponentRole

if TYPE_CHECKING:
    from collections.abc import Iterator

STEADY = settings(deadline=None, derandomize=True, max_examples=80)
ZONE = ZoneInfo("America/Chicago")
THREAD = Thread(platform="whatsapp", key="k", title="Ann", participants=("Ann", "Ben"), owner="Ben")
words = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
moments = st.none() | st.datetimes() | st.datetimes(timezones=st.just(ZoneInfo("UTC")))
media = st.builds(
    Media, name=st.none() | words, media_type=st.none() | st.just("image/png"), inline=st.none() | st.binary()
)
messages = st.builds(
    ChatMessage,
    at=moments,
    sender=st.none() | words,
    text=words,
    raw=st.binary(max_size=40),
    id=st.none() | words,
    attachments=st.lists(media, max_size=3).map(tuple),
    reply_to=st.none() | words,
    edited_at=moments,
    edits=st.lists(st.builds(Version, text=words, at=moments), max_size=2).map(tuple),
    deleted=st.booleans(),
    system=st.booleans(),
    forwarded_from=st.none() | words,
    reactions=st.lists(st.builds(Reacted, emoji=words, by=st.none() | words), max_size=2).map(tuple),
    unmapped=st.lists(words, max_size=2).map(tuple),
)


def opened(one: Media) -> tuple[bytes, ...]:
    assert one.inline is not None
    return (one.inline,)


def said(*attachments: Media, text: str = "hello", raw: bytes = b"raw") -> ChatMessage:
    return ChatMessage(at=None, sender="Ann", text=text, raw=raw, attachments=attachments)


def slice_of(*found: ChatMessage) -> bytes:
    one = gathered(THREAD, "2024-01-05", list(found), "test 1", ZONE)
    return b"".join(written(one.reading, one.source, one.media, opened))


@STEADY
@given(st.lists(messages, min_size=1, max_size=5))
def test_what_was_written_is_read_again(found):
    one = gathered(THREAD, "2024-01-05", found, "test 1", ZONE)
    content = b"".join(written(one.reading, one.source, one.media, opened))
    read = read_slice(content)
    without = [each._replace(attachments=()) for each in read.messages]
    assert without == [each._replace(attachments=()) for each in one.reading.messages]
    assert (read.conversation, read.text, read.sent_at) == (
        one.reading.conversation,
        one.reading.text,
        one.reading.sent_at,
    )
    held = [each for message in one.reading.messages for each in message.attachments]
    told = [each for message in read.messages for each in message.attachments]
    assert [(each.name, each.present) for each in told] == [(each.name, each.present) for each in held]
    source, *files = read.components
    assert source.role is ComponentRole.ORIGINAL
    offset, size = range_of(source.path) or (0, 0)
    assert content[offset : offset + size] == one.source == THREAD.joint.join(each.raw for each in found)
    for each in files:
        offset, size = range_of(each.path) or (0, 0)
        assert hashlib.sha256(content[offset : offset + size]).hexdigest() == each.sha256


@STEADY
@given(st.lists(messages, min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_a_slice_with_other_bytes_in_it_is_refused_or_read_without_falling(found, chance):
    content = bytearray(slice_of(*found))
    for _ in range(3):
        content[chance.randrange(len(content))] = chance.randrange(256)
    try:
        read_slice(bytes(content[: chance.randrange(len(content)) + 1]))
    except ValueError:
        return


def test_the_front_and_the_index_alone_are_enough():
    content = slice_of(said(Media(name="a.txt", inline=b"x" * 10_000)))
    front = front_length(content[:HEADER_BYTES])
    back = index_length(content[-FOOTER_BYTES:])
    assert front + back + 10_000 == len(content)
    assert read_slice(content[:front] + content[-back:], size=len(content)) == read_slice(content)


def test_a_file_that_two_messages_carry_is_held_once():
    asked: list[str | None] = []

    def counted(one: Media) -> tuple[bytes, ...]:
        asked.append(one.entry)
        return (b"the file",)

    same = [said(Media(name=name, entry="a.txt")) for name in ("first", "second")]
    one = gathered(THREAD, "", same, "test 1", ZONE)
    read = read_slice(b"".join(written(one.reading, one.source, one.media, counted)))
    assert asked == ["a.txt"]
    digests = {each.sha256 for message in read.messages for each in message.attachments}
    assert digests == {hashlib.sha256(b"the file").hexdigest()}


def test_a_file_that_breaks_on_its_way_is_not_present_and_the_next_one_is():
    def broken(one: Media) -> Iterator[bytes]:
        if one.name == "bad":
            yield b"some"
            raise MemberBroken("its bytes end early")
        yield b"whole"

    one = gathered(THREAD, "", [said(Media(name="bad", entry="1"), Media(name="good", entry="2"))], "test 1", ZONE)
    read = read_slice(b"".join(written(one.reading, one.source, one.media, broken)))
    bad, good = read.messages[0].attachments
    assert (bad.present, bad.sha256, good.present) == (False, None, True)
    assert [each.name for each in read.components[1:]] == ["good"]


@pytest.mark.parametrize(
    "spoil", [b"", b"archiver slice 1 ", b"archiver slice 1 " + b"9" * 12 + b" " + b"9" * 12 + b"\n"]
)
def test_what_is_no_slice_is_refused(spoil):
    with pytest.raises(ValueError, match="not as agreed"):
        read_slice(spoil)


def test_a_reading_that_is_not_of_this_source_is_refused():
    one = gathered(THREAD, "", [said()], "test 1", ZONE)
    with pytest.raises(ValueError, match="the source of a slice"):
        read_slice(b"".join(written(one.reading, b"RAW", one.media, opened)))


def test_an_index_with_a_place_outside_of_the_files_is_refused():
    content = slice_of(said(Media(name="a", inline=b"12345")))
    at = content.rindex(b'"at":') + len(b'"at":')
    end = content.index(b",", at)
    with pytest.raises(ValueError, match="the place of a file in a slice"):
        read_slice(content[:at] + b"9" * (end - at) + content[end:])


@pytest.mark.parametrize("path", ["", "a/b", "bytes=", "bytes=1", "bytes=1+", "bytes=-1+2", "bytes=a+b"])
def test_another_kind_of_path_names_no_bytes(path):
    assert range_of(path) is None
