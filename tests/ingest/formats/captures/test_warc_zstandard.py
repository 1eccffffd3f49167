"""WARC files that are compressed with Zstandard: with and without a dictionary, whole, cut short, damaged."""

from __future__ import annotations

import io
import random
from contextlib import suppress
from itertools import pairwise

import pytest
import zstandard

from ingest.formats import zip_members
from ingest.formats.captures import inflated, warc_members
from ingest.formats.captures.compressions import ZSTANDARD
from ingest.formats.captures.inflated import InflatedFile
from ingest.formats.container import ContainerBroken, NoContainer
from ingest.formats.container_kinds import ContainerKind, container_kind, may_be
from tests.every_case import every_case
from tests.ingest.formats.captures.capture_writing import (
    page,
    record,
    repeated,
    response,
    skipped_frame,
    wacz,
    zstandard_frames,
)
from tests.ingest.formats.captures.taking import take

PAGES = [response(page(f"Page {number}"), f"https://a.example/{number}") for number in range(40)]
DICTIONARY = zstandard.train_dictionary(2048, PAGES * 30).as_bytes()
LONG = "".join(f"<p>passage {number}</p>" for number in range(9000))


def whole(*records: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(b"".join(records))


@pytest.mark.parametrize(
    "pack",
    [
        zstandard_frames,
        whole,
        lambda *one: zstandard_frames(*one, dictionary=DICTIONARY),
        lambda *one: zstandard_frames(*one, dictionary=zstandard.ZstdCompressor().compress(DICTIONARY)),
        lambda *one: zstandard_frames(one[0]) + skipped_frame(b"an index") + zstandard_frames(*one[1:]),
    ],
    ids=["frame by frame", "whole", "dictionary", "compressed dictionary", "extension frame"],
)
def test_records_are_the_same_however_the_file_is_compressed(pack):
    content = pack(record("warcinfo", b"software: Test 1\r\n", None), *PAGES)
    taken = take(content)
    assert [one.original.subject for one in taken.pages] == [f"Page {number}" for number in range(40)]
    assert taken.tallies["records"] == (41, 41, 0)
    assert taken.remarks[0].text.startswith("records that say how")
    assert container_kind(content, "x.bin") is ContainerKind.ZSTANDARD
    assert may_be(ContainerKind.WARC, content)


def test_a_wacz_with_such_a_file_is_read():
    content = wacz({"a.warc.zst": zstandard_frames(*PAGES[:2], dictionary=DICTIONARY)}, None)
    assert len(take(content, zip_members, "x.wacz").pages) == 2


@pytest.mark.parametrize("content", [whole(b"some text"), repeated(b"x", 2), b"\x28\xb5\x2f\xfd", b"\x5d\x2a\x4d\x18"])
def test_what_is_no_capture_is_none(content):
    with pytest.raises(NoContainer):
        list(warc_members.members(io.BytesIO(content), "x.zst"))


@pytest.mark.parametrize(
    "dictionary",
    [b"\x37\xa4\x30\xec" + b"\xff" * 500, b"\x28\xb5\x2f\xfd" + b"\xff" * 500, repeated(b"x", 1 << 12)],
    ids=["damaged", "damaged and compressed", "unfolds without end"],
)
def test_a_dictionary_that_cannot_be_had_makes_it_no_capture(dictionary):
    content = skipped_frame(dictionary, 0x184D2A5D) + zstandard_frames(*PAGES)
    with pytest.raises(NoContainer):
        list(warc_members.members(io.BytesIO(content), "x.warc.zst"))


def test_a_dictionary_that_is_longer_than_the_file_makes_it_no_capture():
    content = skipped_frame(DICTIONARY, 0x184D2A5D)
    for size in (len(DICTIONARY) + 1, 0xFFFFFFFF):
        lying = content[:4] + size.to_bytes(4, "little") + content[8:]
        with pytest.raises(NoContainer):
            list(warc_members.members(io.BytesIO(lying), "x.warc.zst"))


def test_a_file_that_is_cut_short_gives_what_came_before():
    random.seed(7)
    noise = "".join(random.choices("abcdefgh ", k=60_000))
    content = zstandard_frames(PAGES[0], response(page("Last", f"<p>{noise}</p>"), "https://a.example/last"))
    taken = take(content[: len(content) * 2 // 3])
    assert taken.pages[0].original.subject == "Page 0"
    assert "cut short" in taken.said()
    assert any(one.lost is None for one in taken.remarks)


def test_a_damaged_frame_is_said_and_what_came_before_is_there():
    first, last = zstandard_frames(PAGES[0]), bytearray(zstandard_frames(response(page("Last", LONG))))
    last[20:60] = b"\xff" * 40
    taken = take(first + bytes(last))
    assert taken.pages[0].original.subject == "Page 0"
    assert "damaged" in taken.said()


def test_a_file_that_unfolds_without_end_is_broken_off():
    head = record("resource", b"", "https://a.example/", length=10**11).removesuffix(b"\r\n\r\n")
    taken = take(zstandard_frames(head) + repeated(b"\0", 8000))
    assert taken.broken == "too much comes out of its compressed data for its size"


@pytest.mark.parametrize("cuts", [(), (1 << 20, 3 << 20)])
def test_compressed_bytes_are_read_from_any_place(cuts):
    random.seed(3)
    content = random.randbytes(3 << 20) + b"\0" * (5 << 20) + random.randbytes(1 << 20)
    places = [0, *cuts, len(content)]
    packed = zstandard_frames(*(content[at:end] for at, end in pairwise(places)))
    opened = InflatedFile(io.BytesIO(packed), len(packed), ZSTANDARD)
    for _ in range(40):
        at, size = random.randrange(len(content)), random.randrange(1 << 16)
        opened.seek(at)
        assert opened.read(size) == content[at : at + size]


def test_going_back_in_one_long_frame_is_bounded(monkeypatch):
    monkeypatch.setattr(inflated, "_MOST_AGAIN", 100 << 20)
    monkeypatch.setattr(inflated, "_BLOCKS_KEPT", 1)
    packed = repeated(b"x", 400)
    opened = InflatedFile(io.BytesIO(packed), len(packed), ZSTANDARD)

    def to_and_fro() -> None:
        for at in (49 << 20, 1 << 20) * 4:
            opened.seek(at)
            opened.read(10)

    with pytest.raises(ContainerBroken, match="decompress it"):
        to_and_fro()


def test_going_back_by_frames_is_not():
    packed = repeated(b"x", 8) * 50
    opened = InflatedFile(io.BytesIO(packed), len(packed), ZSTANDARD)
    opened.seek(49 << 20)
    opened.read(10)
    before = opened._again
    opened.seek(1 << 20)
    opened.read(10)
    assert opened._again - before <= 4 << 20


@every_case("seed", range(40))
def test_no_damage_of_a_byte_escapes_as_an_error(seed):
    random.seed(seed)
    content = bytearray(zstandard_frames(*PAGES[:4], dictionary=DICTIONARY if seed % 2 else None))
    for _ in range(random.randrange(1, 6)):
        content[random.randrange(4, len(content))] = random.randrange(256)
    with suppress(NoContainer):
        assert len(take(bytes(content)).pages) <= 4
