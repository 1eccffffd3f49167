"""Transcriptions go out and come back whole, and nothing else comes in."""

from __future__ import annotations

import dataclasses
import json
import random

import pytest

from storage import transcription_codec
from storage.errors import NewerFormat
from storage.transcription import Box, Page, TextLine, UnreadRegion
from storage.transcription_codec import decode, encode
from tests.every_case import every_case
from tests.storage.transcribing import BOX, FULL, version


def members_of(encoded: bytes) -> dict:
    return json.loads(encoded.partition(b"\n")[0])


def changed(**members: object) -> bytes:
    line, _, text = encode(FULL).partition(b"\n")
    return json.dumps(json.loads(line) | members).encode() + b"\n" + text


def test_everything_comes_back_as_it_was():
    assert decode(encode(FULL)) == FULL


def test_the_smallest_comes_back_and_leaves_out_what_it_does_not_have():
    small = version("rec_1")
    assert decode(encode(small)) == small
    assert members_of(encode(small)).keys() == {"v", "record", "number", "made_at", "source", "author"}


@every_case(
    "members",
    [
        {"extra": 1},
        {"v": 0},
        {"v": "1"},
        {"number": -1},
        {"number": 1.5},
        {"made_at": "2026-03-02T17:41:00"},
        {"source": "machine"},
        {"author": None},
        {"pages": {}},
        {"pages": [{}]},
        {"pages": [{"component": "c", "number": 1, "size": [1]}]},
        {"pages": [{"component": "c", "number": 1, "size": [1, -1]}]},
        {"pages": [{"component": "c", "number": 1, "size": [1, 1], "lines": [{"text": "x"}]}]},
        {"pages": [{"component": "c", "number": 1, "size": [1, 1], "lines": [{"text": "x", "box": [0, 0, 0, 1]}]}]},
        {"pages": [{"component": "c", "number": 1, "size": [1, 1], "lines": [{"text": "x", "box": [0, 0, 1, True]}]}]},
        {
            "pages": [
                {
                    "component": "c",
                    "number": 1,
                    "size": [1, 1],
                    "lines": [{"text": "x", "box": [0, 0, 1, 1], "confidence": 1001}],
                }
            ]
        },
        {
            "pages": [
                {
                    "component": "c",
                    "number": 1,
                    "size": [1, 1],
                    "lines": [{"text": "x", "box": [0, 0, 1, 1], "words": [["x", 0, 0, 1]]}],
                }
            ]
        },
        {"pictures": [{"component": "c"}]},
        {"transcript": []},
        {"transcript": {"messages": [{}]}},
        {"transcript": {"messages": [], "group": None}},
        {"caption": {"who": 1}},
        {"caption": {"whom": ""}},
        {"unsearchable": [None]},
    ],
)
def test_what_is_not_as_agreed_is_refused(members):
    with pytest.raises(ValueError, match="not as agreed"):
        decode(changed(**members))


def test_a_newer_version_is_named_as_such():
    with pytest.raises(NewerFormat):
        decode(changed(v=2))


def test_a_line_that_opens_too_many_brackets_is_refused_before_it_is_parsed():
    line = b'{"v":1,"pages":[%b[]]}' % (b"[]," * transcription_codec.MAX_BRACKETS)
    with pytest.raises(ValueError, match="arrays and objects"):
        decode(line + b"\n")


def test_what_could_not_be_opened_again_is_not_encoded():
    words = tuple(TextLine(text="x", box=BOX) for _ in range(transcription_codec.MAX_BRACKETS // 2 + 1))
    page = Page(component="c", number=1, width=9, height=9, lines=words)
    with pytest.raises(ValueError, match="not as agreed"):
        encode(dataclasses.replace(FULL, pages=(page,)))
    with pytest.raises(ValueError, match="surrogates"):
        encode(dataclasses.replace(FULL, text="\ud800"))


def test_a_place_beyond_any_picture_is_not_encoded():
    far = Box(left=0, top=0, right=1 << 25, bottom=1)
    page = Page(component="c", number=1, width=9, height=9, unread=(UnreadRegion(box=far, reason="x"),))
    with pytest.raises(ValueError, match="a place"):
        encode(dataclasses.replace(FULL, pages=(page,)))


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_page_keeps_the_turn_after_which_it_was_read(turn):
    page = Page(component="c", number=1, width=9, height=9, turn=turn)
    assert decode(encode(dataclasses.replace(FULL, pages=(page,)))).pages == (page,)


@pytest.mark.parametrize("turn", [45, 360, 450])
def test_a_turn_that_is_none_is_not_encoded(turn):
    page = Page(component="c", number=1, width=9, height=9, turn=turn)
    with pytest.raises(ValueError, match="turn"):
        encode(dataclasses.replace(FULL, pages=(page,)))


def test_bytes_that_were_changed_anywhere_never_raise_anything_else():
    chance = random.Random(20260302)
    whole = encode(FULL)
    for _ in range(2_000):
        spoiled = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            spoiled[chance.randrange(len(spoiled))] = chance.randrange(256)
        try:
            decode(bytes(spoiled[: chance.randint(0, len(spoiled))]))
        except (ValueError, NewerFormat):
            continue
