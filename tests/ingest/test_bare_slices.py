"""A slice without files is read as the reader's process reads it, and one that lies ends in the same refusal."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ingest.bare_slices import is_bare, read_bare
from ingest.formats.chats.days import gathered
from ingest.formats.chats.model import ChatMessage, Media, Thread
from ingest.formats.chats.slices import written
from ingest.reading_codec import FailureReason, ReadingFailed
from ingest.sandbox import document_reading, slice_reading
from ingest.slice_reading import read_whole_slice
from storage.description_codec import decode, encode

ZONE = ZoneInfo("America/Chicago")
THREAD = Thread(platform="whatsapp", key="k", title="Ann", participants=("Ann", "Ben"))


def slice_of(*media: Media) -> bytes:
    said = ChatMessage(at=datetime(2024, 1, 5, 18, 7), sender="Ann", text="hi", raw=b"raw", attachments=media)  # noqa: DTZ001 - as printed
    one = gathered(THREAD, "2024-01-05", [said], "test 1", ZONE)
    return b"".join(written(one.reading, one.source, one.media, lambda one: (one.inline or b"",)))


def request_of(content: bytes):
    return slice_reading(content, len(content))


def test_a_slice_without_files_is_read_as_the_reader_would():
    content = slice_of()
    assert is_bare(request_of(content))
    answered = decode(encode(read_whole_slice(content, {"size": len(content)})))
    assert read_bare(request_of(content)) == answered


def test_a_slice_with_a_file_is_left_to_the_reader():
    assert not is_bare(request_of(slice_of(Media(name="a.txt", media_type="text/plain", inline=b"words"))))


def test_a_file_that_is_missing_makes_no_difference():
    assert is_bare(request_of(slice_of(Media(name="a.txt"))))


def test_a_document_that_ends_as_a_slice_does_is_left_to_the_reader():
    assert not is_bare(document_reading(slice_of()))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda one: one.replace(b"raw", b"war"),
        lambda one: one.replace(b'"v":1', b'"v":0'),
        lambda one: one.replace(b'"v":1', b'"v":9'),
        lambda one: one.replace(b"archiver slice 1", b"archiver slice 2"),
        lambda one: one.replace(b'"sender":"Ann"', b'"sender":[1,2]'),
        lambda one: one[-30:],
        lambda one: b"x" + one,
    ],
    ids=["source", "no version", "later version", "signature", "type", "cut", "longer"],
)
def test_one_that_lies_is_refused_and_raises_nothing(spoil):
    content = spoil(slice_of())
    assert content != slice_of()
    assert is_bare(request_of(content))
    answer = read_bare(request_of(content))
    assert isinstance(answer, ReadingFailed)
    assert answer.reason is FailureReason.REFUSED
