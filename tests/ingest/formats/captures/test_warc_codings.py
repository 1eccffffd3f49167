"""Brotli and Zstandard: bodies of pages and whole files, and what is hostile in them."""

from __future__ import annotations

import gzip
import io
import random
from functools import cache

import brotli
import pytest
import zstandard

from ingest.formats.captures import compressions
from ingest.formats.captures.compressions import BrotliEngine, ZstandardEngine
from ingest.formats.captures.http_message import body_of
from ingest.formats.container import MemberBroken, MemberKind
from ingest.formats.container_kinds import ContainerKind
from ingest.unpacking_limits import UnpackingLimits
from ingest.unpacking_session import UnpackingSession
from tests.every_case import every_case
from tests.ingest.formats.captures.capture_writing import chunked, page, repeated, response, sha1, skipped_frame
from tests.ingest.formats.captures.taking import take
from tests.ingest.test_unpacking_session import Held

WORDS = random.Random(5).choices("abcdefghij ", k=600_000)
LONG = page(body=f"<p>passage number 1 of the page</p><p>{''.join(WORDS)}</p>")
MEGABYTE = 1 << 20


def packed(content: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(content)


@cache
def long_body(coding: str, quality: int = 11) -> bytes:
    return brotli.compress(LONG, quality=quality) if coding == "br" else packed(LONG)


@every_case(
    ("body", "coding"),
    [
        (brotli.compress(page()), "br"),
        (brotli.compress(page(), quality=0), "br"),
        (packed(page()), "zstd"),
        (packed(page()[:50]) + skipped_frame(b"x" * 300) + packed(page()[50:]), "zstd"),
        (skipped_frame(b"") + packed(page()), "zstd"),
        (gzip.compress(page()[:50]) + gzip.compress(page()[50:]), "gzip"),
        (brotli.compress(gzip.compress(page())), "gzip, br"),
        (packed(page()) + b"\r\n", "zstd"),
    ],
    ids=["br", "br in one block", "zstd", "zstd in frames", "zstd behind a skipped frame", "gzip in members", "two",
         "more behind"],
)  # fmt: skip
@every_case("is_chunked", [False, True])
def test_a_body_is_read_as_it_was_sent(body, coding, is_chunked):
    fields = {"Transfer_Encoding": "chunked"} if is_chunked else {}
    one = take(response(chunked(body) if is_chunked else body, Content_Encoding=coding, **fields)).page
    assert "School is closed." in one.text
    assert one.unsearchable == ()


@every_case("body", [b"hello", b"{}", b'{"a": 1}', b"", page(), b"\xff\xd8\xff\xe0\0\x10JFIF"])
@every_case("coding", ["br", "zstd"])
def test_a_body_that_is_not_coded_as_it_says_is_taken_as_it_is(body, coding):
    assert b"".join(body_of({"content-encoding": coding}, [body])) == body


@pytest.mark.parametrize("coding", ["br", "zstd"])
def test_a_body_that_is_cut_short_gives_what_is_there_and_the_reason(coding):
    body = long_body(coding)
    one = take(response(body[: len(body) // 2], Content_Encoding=coding)).page
    assert "passage number 1 of the page" in one.text
    assert "its body ends too early; what there is of it was read" in one.notes


@pytest.mark.parametrize("coding", ["br", "zstd"])
def test_a_damaged_body_is_said_to_be_damaged(coding):
    body = long_body(coding)
    spoilt = bytearray(body)
    spoilt[len(body) // 2 : len(body) // 2 + 40] = b"\xff" * 40
    one = take(response(bytes(spoilt), Content_Encoding=coding)).page
    assert any("damaged" in said or "too early" in said for said in (*one.notes, *one.unsearchable))
    assert one.components[0].size > 0


def test_a_coding_that_is_not_known_is_kept_and_said_to_be_unread():
    one = take(response(b"\x1b\x0e\x00\xf8\xa5\x03\xf2\x1c\xa1", Content_Encoding="dcb")).page
    assert one.text == ""
    assert "coded in a way that is not known" in one.unsearchable[0]


def a_brotli_bomb(size: int) -> bytes:
    made = brotli.Compressor(quality=2)
    return b"".join([made.process(b" " * MEGABYTE) for _ in range(size >> 20)]) + made.finish()


@pytest.mark.parametrize("coding", ["br", "zstd"])
def test_a_page_that_unfolds_to_gigabytes_is_read_to_a_bound(coding):
    bomb = a_brotli_bomb(1 << 30) if coding == "br" else repeated(b" ", 1 << 15)
    assert len(bomb) < MEGABYTE
    one = take(response(bomb, Content_Encoding=coding, WARC_Payload_Digest=sha1(b"other"))).page
    assert "only its beginning" in one.unsearchable[0]
    assert not any("does not fit" in note for note in one.notes)  # nobody knows: too much comes out


@pytest.mark.parametrize(
    ("engine", "bomb", "whole"),
    [
        (BrotliEngine(), lambda: a_brotli_bomb(64 << 20), 64 << 20),
        (ZstandardEngine(), lambda: repeated(b"x", 1 << 12), 512 << 20),
    ],
    ids=["br", "zstd"],
)
def test_no_step_gives_more_than_a_bound(engine, bomb, whole):
    steps = [len(engine.decompress(bomb(), 1 << 18))]
    while not engine.eof and len(steps) < 1000:
        steps.append(len(engine.decompress(engine.unconsumed_tail, 1 << 18)))
    assert max(steps) <= 9 * MEGABYTE
    assert sum(steps) == whole


def test_a_window_that_is_too_large_is_refused():
    terms = zstandard.ZstdCompressionParameters(window_log=28, write_content_size=False)
    made = zstandard.ZstdCompressor(compression_params=terms).compressobj()
    body = made.compress(LONG) + made.flush()
    with pytest.raises(MemberBroken, match="damaged"):
        list(body_of({"content-encoding": "zstd"}, [body]))


def test_a_payload_digest_fits_with_or_without_the_coding():
    for digest in (sha1(page()), sha1(brotli.compress(page()))):
        taken = take(response(brotli.compress(page()), Content_Encoding="br", WARC_Payload_Digest=digest))
        assert any("fits its bytes" in note for note in taken.page.notes)
        assert taken.remarks == []


@every_case("seed", range(30))
@every_case("coding", ["br", "zstd"])
def test_no_damage_escapes_as_an_error(seed, coding):
    random.seed(seed)
    body = bytearray(long_body(coding, quality=4))
    for _ in range(random.randrange(1, 8)):
        body[random.randrange(len(body))] = random.randrange(256)
    taken = take(response(bytes(body[: random.randrange(1, len(body))]), Content_Encoding=coding))
    assert len(taken.pages) == 1


def test_the_confined_reader_undoes_both():
    content = response(brotli.compress(page("One")), "https://a.example/1", Content_Encoding="br")
    content += response(packed(page("Two")), "https://a.example/2", Content_Encoding="zstd")
    whole = zstandard.ZstdCompressor().compress(content)
    with UnpackingSession(ContainerKind.ZSTANDARD, Held(whole), limits=UnpackingLimits()) as opened:
        opened.open("x.warc.zst")
        slices = [one.content for one in opened.found() if getattr(one, "kind", None) is MemberKind.SLICE]
    assert len(slices) == 2
    assert all(b"School is closed." in one for one in slices)


def test_what_the_libraries_load_is_there_after_a_rehearsal():
    compressions.load()
    assert io.BytesIO(BrotliEngine().decompress(brotli.compress(b"x"), 10)).read() == b"x"
