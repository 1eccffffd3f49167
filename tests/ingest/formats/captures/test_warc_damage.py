"""WARC files that are cut short, damaged or that lie: each ends in what there is and a sentence."""

from __future__ import annotations

import gzip
import io
import random

import pytest

from ingest.formats import gzip_members
from ingest.formats.captures import warc_members
from ingest.formats.captures.digests import stated_digest
from ingest.formats.captures.inflated import InflatedFile
from ingest.formats.container import NoContainer
from ingest.formats.container_kinds import ContainerKind, container_kind, may_be
from tests.every_case import every_case
from tests.ingest.formats.captures.capture_writing import http, page, record, response, sha1, zipped_records
from tests.ingest.formats.captures.taking import take

LONG = "".join(f"<p>passage {number}</p>" for number in range(500))


@pytest.mark.parametrize("version", ["1.0", "1.1", "0.18"])
def test_a_warc_is_told_by_its_first_line(version):
    assert container_kind(record("warcinfo", b"", version=version), "x.txt") is ContainerKind.WARC
    assert may_be(ContainerKind.WARC, record("warcinfo", b"", version=version))


@pytest.mark.parametrize("content", [b"WARC/1.0 is a format", b"WARC/2.0\r\nWARC-Type: x\r\n\r\n", b"", b"From: x"])
def test_what_only_names_the_format_is_none(content):
    assert container_kind(content, "x.warc") is not ContainerKind.WARC
    with pytest.raises(NoContainer):
        list(warc_members.members(io.BytesIO(content), "x"))


def test_a_record_that_the_file_ends_in_is_taken_as_far_as_it_goes():
    whole = response(page("First")) + response(page("Last", LONG), "https://a.example/last")
    taken = take(whole[:-2000])
    assert [one.original.subject for one in taken.pages] == ["First", "Last"]
    assert "passage 3" in taken.pages[1].text
    assert any("shorter in the capture than it states" in note for note in taken.pages[1].notes)
    assert [one.lost for one in taken.remarks] == [None]


@pytest.mark.parametrize("pack", [zipped_records, lambda *one: gzip.compress(b"".join(one))])
def test_a_compressed_file_that_is_cut_short_gives_what_came_before(pack):
    random.seed(7)
    noise = "".join(random.choices("abcdefgh ", k=60_000))
    whole = pack(response(page("First")), response(page("Last", f"<p>{noise}</p>"), "https://a.example/last"))
    taken = take(whole[: len(whole) * 2 // 3])
    assert taken.pages[0].original.subject == "First"
    assert "cut short" in taken.said()
    assert any(one.lost is None for one in taken.remarks)


def test_compressed_data_that_is_damaged_is_said():
    first, last = gzip.compress(response(page("First"))), bytearray(gzip.compress(response(page("Last", LONG))))
    last[20:60] = b"\xff" * 40
    taken = take(first + bytes(last))
    assert taken.pages[0].original.subject == "First"
    assert "damaged" in taken.said()


def test_a_record_in_the_middle_that_is_shorter_than_it_states_does_not_hide_the_next():
    short = response(page("Short"), length="900")
    taken = take(short + response(page("Next"), "https://a.example/next"))
    assert [one.original.subject for one in taken.pages] == ["Short", "Next"]
    assert "shorter than it states" in taken.said()


def test_bytes_between_records_are_passed_over_and_said():
    taken = take(response(page("One")) + b"garbage\r\n" * 50 + response(page("Two"), "https://a.example/2"))
    assert [one.original.subject for one in taken.pages] == ["One", "Two"]
    assert "passed over" in taken.said()


@pytest.mark.parametrize("length", ["-1", "abc", "9" * 40, ""])
def test_a_record_without_a_length_is_lost_and_the_next_is_found(length):
    broken = response(page()).replace(b"Content-Length: ", b"Content-Length: " + length.encode() + b"x", 1)
    taken = take(record("warcinfo", b"x") + broken + response(page("Next")))
    assert [one.original.subject for one in taken.pages] == ["Next"]
    assert [one.lost for one in taken.remarks if one.lost] == [1]


def test_a_file_of_nothing_but_lying_lengths_ends():
    taken = take(b"".join(record("resource", b"x" * 50, length=10**12) for _ in range(500)))
    assert taken.broken == "it is damaged in too many places"


def test_line_feeds_alone_and_folded_fields_are_read():
    written = response(page()).replace(b"WARC-Date", b"X-Folded: a\r\n b\r\nWARC-Date")
    head, _, block = written.partition(b"\r\n\r\n")
    taken = take(head.replace(b"\r\n", b"\n") + b"\n\n" + block)
    assert taken.page.original.subject == "Snow day"
    assert taken.page.unmapped == ("x-folded",)


def test_more_blank_lines_and_padding_are_no_damage():
    taken = take(response(page()) + b"\r\n" * 20 + b"\0" * 1000)
    assert taken.remarks == []


@pytest.mark.parametrize("wrong", [False, True])
def test_a_stated_digest_is_held_against_the_bytes(wrong):
    body = page()
    digest = sha1(b"other" if wrong else http(body))
    taken = take(response(body, WARC_Block_Digest=digest))
    assert any("does not fit" in note for note in taken.page.notes) is wrong
    assert any("fits its bytes" in note for note in taken.page.notes) is not wrong
    assert ("does not fit" in taken.said()) is wrong
    assert taken.page.verified == ()


@pytest.mark.parametrize(
    "text",
    [
        "sha1:WGBVJ2LALWAUT5JLNT7L62CM6N4FKFQF",
        "sha1:wgbvj2lalwaut5jlnt7l62cm6n4fkfqf",
        "SHA-1:b18354e9605d8149f52b6cfebf684cf378551605",
        "sha1:sYNU6WBdgUn1K2z+v2hM83hVFgU=",
        "sha1:sYNU6WBdgUn1K2z-v2hM83hVFgU",
    ],
)
def test_digests_are_read_in_every_form_that_occurs(text):
    found = stated_digest(text)
    assert found is not None
    assert bytes.fromhex("b18354e9605d8149f52b6cfebf684cf378551605") in found.values


@pytest.mark.parametrize("text", ["", "sha1:", "sha1:abc", "md9:00", "sha1", "sha1:" + "A" * 10_000])
def test_what_is_no_digest_is_none(text):
    assert stated_digest(text) is None


@pytest.mark.parametrize("field", ["WARC-Truncated: length"])
def test_a_record_that_says_it_was_cut_says_so(field):
    written = response(page()).replace(b"WARC-Date", field.encode() + b"\r\nWARC-Date")
    assert "the capture says that this record was cut short (length)" in take(written).page.notes


def test_a_gzip_is_taken_apart_as_a_capture_where_it_is_one():
    assert take(gzip.compress(response(page())), gzip_members, "x.warc.gz").page.original.subject == "Snow day"
    assert take(gzip.compress(b"text"), gzip_members, "x.txt.gz").documents == [("x.txt", b"text")]


def test_compressed_bytes_are_read_from_any_place():
    random.seed(3)
    content = random.randbytes(3 << 20) + b"\0" * (5 << 20) + random.randbytes(1 << 20)
    for packed in (gzip.compress(content, 1), gzip.compress(content[:1000]) + gzip.compress(content[1000:])):
        opened = InflatedFile(io.BytesIO(packed), len(packed))
        for _ in range(60):
            at, size = random.randrange(len(content)), random.randrange(1 << 16)
            opened.seek(at)
            assert opened.read(size) == content[at : at + size]
        opened.seek(len(content) + 5)
        assert opened.read(10) == b""


def test_a_page_that_unfolds_without_end_is_read_to_a_bound():
    bomb = gzip.compress(b"<p>x</p>" + b" " * (200 << 20))
    one = take(response(bomb, Content_Encoding="gzip")).page
    assert "only its beginning" in one.unsearchable[0]


def test_a_capture_that_unfolds_without_end_is_broken_off():
    head = record("resource", b"", "https://a.example/", length=10**11).removesuffix(b"\r\n\r\n")
    zeros = gzip.compress(b"\0" * (64 << 20))
    taken = take(gzip.compress(head) + zeros * 12)
    assert taken.broken == "too much comes out of its compressed data for its size"


@every_case("seed", range(40))
def test_no_damage_of_a_byte_escapes_as_an_error(seed):
    random.seed(seed)
    content = bytearray(
        record("warcinfo", b"software: x\r\n", None)
        + response(page(body='<img src="/a.png">' + LONG))
        + response(b"\x89PNG\r\n\x1a\n", "https://www.facebook.com/a.png", "image/png")
    )
    for _ in range(random.randrange(1, 20)):
        content[random.randrange(20, len(content))] = random.randrange(256)
    take(bytes(content))
    packed = bytearray(gzip.compress(bytes(content)))
    packed[random.randrange(20, len(packed))] ^= 1 << random.randrange(8)
    take(bytes(packed), gzip_members)
