"""Kinds of input by signature first and name second."""

from __future__ import annotations

import pytest

from ingest.formats.detect import MediaKind, detect
from tests.every_case import every_case


@every_case(
    ("content", "name", "kind"),
    [
        (b"", None, MediaKind.EMPTY),
        (b"", "a.eml", MediaKind.EMPTY),
        (b"From: a@b.example\nTo: c@d.example\n\nhello", None, MediaKind.EML),
        (b"Received: by x\n\tid 1\nSubject: y\r\n\r\n", "1700000.M1P1.host:2,S", MediaKind.EML),
        (b"Subject: only\n\nx", None, MediaKind.EML),
        (b"nothing like headers", "letter.eml", MediaKind.EML),
        (b"From a@b Mon Mar  4 09:15:00 2024\nSubject: x\n\ny\n", None, MediaKind.MBOX),
        (b"\xef\xbb\xbfFrom a@b Mon Mar  4 09:15:00 2024\n", None, MediaKind.MBOX),
        (b"From x\n", "old.mbox", MediaKind.MBOX),
        (b"From Monday on we are closed.\n", "note.txt", MediaKind.TEXT),
        (b"%PDF-1.7\n", "x.eml", MediaKind.PDF),
        (b"PK\x03\x04rest", "a.docx", MediaKind.ZIP),
        (b"\x1f\x8b\x08", None, MediaKind.GZIP),
        (b"\x89PNG\r\n\x1a\n", "a.jpg", MediaKind.IMAGE),
        (b"\xff\xd8\xff\xe0", None, MediaKind.IMAGE),
        (b"\0\0\0\x18ftypheic\0\0", None, MediaKind.IMAGE),
        (b"\0\0\0\x18ftypisom\0\0", None, MediaKind.MEDIA),
        (b"\0\0\0\x18ftypisom\0\0\2\0heicmif1", None, MediaKind.MEDIA),
        (b"RIFF\0\0\0\0WEBPVP8 ", None, MediaKind.IMAGE),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.msg", MediaKind.OLE),
        (b"\x78\x9f\x3e\x22", "winmail.dat", MediaKind.TNEF),
        (b"<!DOCTYPE html><p>x", None, MediaKind.HTML),
        (b"<p>part of a page", "page.html", MediaKind.HTML),
        (b'{"messages": []}', "result.json", MediaKind.JSON),
        (b"<?xml version='1.0'?>", None, MediaKind.XML),
        (b"note: buy chalk\n", "list.txt", MediaKind.TEXT),
        (b"\0\1\2\3" * 30, "x.txt", MediaKind.UNKNOWN),
    ],
)
def test_the_kind_is_told(content: bytes, name: str | None, kind: MediaKind):
    assert detect(content, name).kind is kind


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", "image/avif"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "image/heic"),
        (b"\0\0\0\x18ftypavis\0\0\0\0msf1avif", "image/avif"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", "image/svg+xml"),
        (b"<?xml version='1.0'?>\n<!-- by hand -->\n<!DOCTYPE svg PUBLIC 'a' 'b'>\n<svg>", "image/svg+xml"),
        (b"<?xml version='1.0'?><letters><svg/></letters>", "application/xml"),
        (b"<svgs>", "text/plain"),
    ],
)
def test_pictures_and_drawings_are_told_apart(content: bytes, media_type: str):
    assert detect(content).media_type == media_type


def test_a_prefix_of_four_kilobytes_is_told_like_the_whole():
    content = b"Subject: x\nFrom: a@b.example\n\n" + b"y" * 100_000
    assert detect(content[:4096]) == detect(content)


def _entry(name: bytes, content: bytes = b"") -> bytes:
    return b"PK\x03\x04" + bytes(22) + len(name).to_bytes(2, "little") + bytes(2) + name + content


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (_entry(b"mimetype", b"application/vnd.oasis.opendocument.textPK"), "application/vnd.oasis.opendocument.text"),
        (
            _entry(b"[Content_Types].xml", b"x") + _entry(b"xl/workbook.xml"),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        (_entry(b"[Content_Types].xml", b"x"), "application/zip"),
        (_entry(b"my/word/list.txt"), "application/zip"),
        (_entry(b"photo.jpg") + _entry(b"word/list.txt"), "application/zip"),
    ],
)
def test_office_documents_are_told_from_other_zips(content: bytes, media_type: str):
    found = detect(content)
    assert (found.kind, found.media_type) == (MediaKind.ZIP, media_type)
