"""Rich text as mail carries it: compression, encapsulated HTML, code pages, and hostile input."""

from __future__ import annotations

import random

import compressed_rtf
import pytest

from ingest.formats.rtf_compression import decompress_rtf
from ingest.formats.rtf_text import MAX_TOKENS, read_compressed_rtf, read_rtf
from tests.every_case import every_case

SEED = 20240301
SAMPLES = [
    rb"{\rtf1\ansi\ansicpg1252\pard hello world}" + b"\r\n",
    rb"{\rtf1 WXYZWXYZWXYZWXYZWXYZ}",
    rb"{\rtf1\ansi\deff0{\fonttbl{\f0\fswiss Arial;}}" + b" abc\\par" * 900 + b"}",
    bytes(range(256)) * 40,
]


@pytest.mark.parametrize("plain", SAMPLES)
def test_what_another_program_compressed_is_unpacked(plain: bytes):
    found = decompress_rtf(compressed_rtf.compress(plain))
    assert (found.content, found.remark) == (plain, None)


@pytest.mark.parametrize("plain", SAMPLES)
def test_what_another_program_left_uncompressed_is_taken(plain: bytes):
    assert decompress_rtf(compressed_rtf.compress(plain, compressed=False)).content == plain


@pytest.mark.parametrize(
    ("packed", "plain"),
    [
        (
            "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0",
            b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n",
        ),
        ("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0", b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"),
    ],
)
def test_the_examples_of_the_specification_are_unpacked(packed: str, plain: bytes):
    found = decompress_rtf(bytes.fromhex(packed))
    assert (found.content, found.remark) == (plain, None)


def test_a_wrong_checksum_is_said_and_the_text_is_read():
    packed = bytearray(compressed_rtf.compress(rb"{\rtf1 some text}"))
    packed[12] ^= 1
    found = read_compressed_rtf(bytes(packed))
    assert (found.text, found.unread) == ("some text", "RTF text whose checksum is wrong")


def test_what_comes_out_is_limited_whatever_the_header_declares():
    packed = compressed_rtf.compress(b"{\\rtf1 " + b"a" * 100_000)
    found = decompress_rtf(packed, limit=1000)
    assert len(found.content) <= 1200
    assert found.remark is not None


def test_encapsulated_html_is_put_together_again():
    rtf = (
        rb"{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}}"
        rb"{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 Caf\'e9 {\*\htmltag84 <b>}\htmlrtf {\b\htmlrtf0 bold"
        rb"{\*\htmltag92 </b>}\htmlrtf }\htmlrtf0 {\*\htmltag84 &lt;}x{\*\htmltag84 &gt;}"
        rb"\htmlrtf hidden\par}\htmlrtf0 {\*\htmltag72 </p>}{\*\mhtmltag84 <img alt=twice>}}"
    )
    found = read_rtf(rtf)
    assert (found.text, found.is_html) == ("Café bold<x>", True)


def test_bytes_are_read_in_the_code_page_of_their_font():
    rtf = (
        rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fcharset0 A;}{\f1\fcharset204 B;}{\f2\fcharset128 C;}}"
        rb"\f0 \'e9 \f1 \'cf\'f0\'e8 \f2 \'93\'fa\'96\'7b}"
    )
    assert read_rtf(rtf).text == "é При 日本"


def test_unicode_letters_replace_their_fallback_and_pairs_make_one_character():
    assert read_rtf(rb"{\rtf1\uc1 \u8364?5 \uc2\u233 ee \uc1\u-10179?\u-8704?.}").text == "€5 é 😀."


def test_tables_of_the_document_and_pictures_are_no_text():
    rtf = rb"{\rtf1{\fonttbl{\f0 Arial;}}{\colortbl;\red0;}{\info{\title T}}{\pict\bin4 {{{{abc}{\*\unknown x}text}"
    assert read_rtf(rtf).text == "text"


def test_paragraphs_tabs_and_signs_are_kept():
    assert read_rtf(rb"{\rtf1 a\par b\tab c\line \{d\} \endash\~e}").text == "a\nb\tc\n{d} \u2013\xa0e"


@pytest.mark.parametrize(
    "content",
    [b"{\\rtf1 " + b"{" * 2_000_000, b"{\\rtf1 " + b"\\b" * 2_000_000, b"{\\rtf1\\bin9999999999 x", b"{\\rtf1 \\",
     b"{\\rtf1 " + b"}" * 1000, b"{\\rtf1\\uc100" + b"\\u1" * 1000, b"{\\rtf1\\fromhtml" + b"\\'41" * 2_000_000],
)  # fmt: skip
def test_hostile_documents_have_an_answer(content: bytes):
    found = read_rtf(content)
    assert len(found.text) <= MAX_TOKENS


def test_bytes_at_random_have_an_answer():
    chance = random.Random(SEED)
    good = compressed_rtf.compress(SAMPLES[2])
    for _ in range(400):
        spoilt = bytearray(good)
        for _ in range(chance.randrange(1, 6)):
            spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
        found = read_compressed_rtf(bytes(spoilt[: chance.randrange(len(spoilt) + 1)]))
        assert isinstance(found.text.encode(), bytes), SEED


@every_case(
    ("content", "text"),
    [
        (rb"{\rtf1{\header\pard Lakeside School\par}\pard Body\par{\footer Page 1}}", "Lakeside School\nBody\nPage 1"),
        (rb"{\rtf1 Said{\footnote\pard It was Monday} so}", "Said [note: It was Monday] so"),
        (
            rb"{\rtf1 Said{\*\atnid AO}{\*\atnauthor Ana Ortiz}{\*\annotation{\*\atndate 1}\pard Not so!} so}",
            "Said [comment by Ana Ortiz: Not so!] so",
        ),
        (rb"{\rtf1 a{\*\annotation b}{\*\annotation c}}", "a [comment: b] [comment: c]"),
        (
            rb"{\rtf1 a{\shp{\*\shpinst\shpleft1{\sp{\sn x}{\sv 7}}{\shptxt In a box}}{\shprslt{In a box}}}b}",
            "a\nIn a box\nb",
        ),
        (rb"{\rtf1 a{\shp{\*\shpinst{\sp{\sn x}}}{\shprslt{In a box}}}b}", "a\nIn a box\nb"),
        (rb"{\rtf1 a{\*\unknown{\footnote hidden}{\*\annotation hidden}{\shptxt hidden}}b}", "ab"),
        (rb"{\rtf1 a{\*\atnauthor Ana", "aAna"),
    ],
)
def test_what_stands_beside_the_body_is_read_and_marked(content: bytes, text: str):
    assert read_rtf(content).text == text


def test_in_encapsulated_html_what_stands_beside_is_no_content():
    content = rb"{\rtf1\ansi\fromhtml1{\*\htmltag <p>}Body{\header Head}{\*\annotation Note}{\*\htmltag </p>}}"
    assert read_rtf(content).text == "Body"
