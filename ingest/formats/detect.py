"""What a byte string is, from its first bytes and its name; cheap, pure, and never a parse.

Rule kept: signatures decide before names do, because names are given by whoever hands in; a name only settles
what bytes leave open. The answer is a proposal for the examiner, which reads in the sandbox and may find
otherwise. A Maildir is a folder, so it is told by `maildir.is_maildir`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from ingest.formats.emlx import message_start
from ingest.formats.mbox_lines import MMDF, is_separator
from ingest.formats.package_signs import package_type
from ingest.formats.serialised_message import MEDIA_TYPE, SIGNATURE

HEAD_BYTES = 4096
_TAR_MARK_AT = 257


class MediaKind(StrEnum):
    """Kinds of input that readers exist for or that are told apart for a clear refusal."""

    EMPTY = "empty"
    EML = "eml"
    SERIALISED = "serialised"
    MBOX = "mbox"
    ZIP = "zip"
    GZIP = "gzip"
    ZSTANDARD = "zstandard"
    TAR = "tar"
    IMAGE = "image"
    PDF = "pdf"
    OLE = "ole"
    TNEF = "tnef"
    PST = "pst"
    SQLITE = "sqlite"
    JSON = "json"
    XML = "xml"
    HTML = "html"
    TEXT = "text"
    MEDIA = "media"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """A kind and the media type (RFC 6838) that goes with it."""

    kind: MediaKind
    media_type: str


def _detected(kind: MediaKind, media_type: str) -> Detected:
    return Detected(kind=kind, media_type=media_type)


_UNKNOWN = _detected(MediaKind.UNKNOWN, "application/octet-stream")
_EML = _detected(MediaKind.EML, "message/rfc822")
_SIGNATURES: tuple[tuple[bytes, Detected], ...] = (
    (b"%PDF-", _detected(MediaKind.PDF, "application/pdf")),
    (b"PK\x03\x04", _detected(MediaKind.ZIP, "application/zip")),
    (b"PK\x05\x06", _detected(MediaKind.ZIP, "application/zip")),
    (b"\x1f\x8b", _detected(MediaKind.GZIP, "application/gzip")),
    (b"\x28\xb5\x2f\xfd", _detected(MediaKind.ZSTANDARD, "application/zstd")),
    (b"\x5d\x2a\x4d\x18", _detected(MediaKind.ZSTANDARD, "application/zstd")),  # a dictionary frame before it
    (b"\x89PNG\r\n\x1a\n", _detected(MediaKind.IMAGE, "image/png")),
    (b"\xff\xd8\xff", _detected(MediaKind.IMAGE, "image/jpeg")),
    (b"GIF87a", _detected(MediaKind.IMAGE, "image/gif")),
    (b"GIF89a", _detected(MediaKind.IMAGE, "image/gif")),
    (b"II*\x00", _detected(MediaKind.IMAGE, "image/tiff")),
    (b"MM\x00*", _detected(MediaKind.IMAGE, "image/tiff")),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _detected(MediaKind.OLE, "application/x-ole-storage")),
    (b"\x78\x9f\x3e\x22", _detected(MediaKind.TNEF, "application/ms-tnef")),
    (b"!BDN", _detected(MediaKind.PST, "application/vnd.ms-outlook-pst")),
    (b"SQLite format 3\x00", _detected(MediaKind.SQLITE, "application/vnd.sqlite3")),
    (b"OggS", _detected(MediaKind.MEDIA, "audio/ogg")),
    (b"ID3", _detected(MediaKind.MEDIA, "audio/mpeg")),
    (b"\x1a\x45\xdf\xa3", _detected(MediaKind.MEDIA, "video/webm")),
)
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"mif2"}
_AVIF_BRANDS = {b"avif", b"avis"}
_SHARED_BRANDS = {b"mif1", b"msf1", b"mif2"}  # of any picture in such boxes (ISO 23008-12 §10)
_KNOWN_FIELDS = frozenset(
    b"from to cc bcc subject date sender reply-to message-id received return-path delivered-to mime-version "
    b"content-type x-original-to dkim-signature arc-seal x-mozilla-status in-reply-to references resent-from "
    b"list-id status x-received".split()
)
_FIELD_LINE = re.compile(rb"([!-9;-~]{1,100})[ \t]*:")
# an object or an array (RFC 8259), and nothing that people begin a text with: "[Draft] ...", "{\\rtf1 ..."
_JSON_START = re.compile(
    rb'\s{0,200}(?:(?:\[\s{0,200}){0,50}\{\s{0,200}["}]|(?:\[\s{0,200}){1,50}'
    rb'(?:"|\]\s{0,200}(?:[,\]]|$)|(?:-?\d[\d.eE+-]{0,40}|true|false|null)\s{0,200}(?:,|\]\s{0,200}(?:[,\]]|$))))'
)
_JSON_WITHIN = 1_000
# the root of an SVG, after a declaration, a comment and a document type, where there are any
_DRAWING = re.compile(
    rb"\s{0,99}(?:<\?xml[^>]{0,200}>\s{0,99})?(?:<!--[^>]{0,400}-->\s{0,99})?(?:<!DOCTYPE[^\[>]{0,300}"
    rb"(?:\[[^\]]{0,400}\]\s{0,9})?>\s{0,99})?<svg[\s>]",
    re.IGNORECASE,
)
_MAX_LINES = 60
_BOM = b"\xef\xbb\xbf"
_MAIL_NAMES = (".eml", ".emlx", ".mht", ".mhtml")


def detect(content: bytes, name: str | None = None) -> Detected:
    """What `content` is; only its first 4 kB are looked at, so that a prefix does as well as the whole.

    Args:
        content: the bytes, or at least their first 4 kB.
        name: the file name as given, if any.
    """
    if not content:
        return _detected(MediaKind.EMPTY, "application/x-empty")
    head = content[:HEAD_BYTES]
    for signature, answer in _SIGNATURES:
        if head.startswith(signature):
            return _of_package(head) if answer.kind is MediaKind.ZIP else answer
    return _boxed(head) or _textual(head, (name or "").lower())


def _of_package(head: bytes) -> Detected:
    return _detected(MediaKind.ZIP, package_type(head) or "application/zip")


def is_output(head: bytes) -> bool:
    """Whether these first bytes are what programs write for programs (JSON, a database), and nobody by hand."""
    return detect(head).kind in (MediaKind.JSON, MediaKind.SQLITE)


def _boxed(head: bytes) -> Detected | None:
    """Formats whose mark does not stand at the first byte: RIFF, ISO base media (ISO 14496-12 §4.3), ustar."""
    if head[_TAR_MARK_AT : _TAR_MARK_AT + 5] == b"ustar":
        return _detected(MediaKind.TAR, "application/x-tar")
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _detected(MediaKind.IMAGE, "image/webp")
    if head[4:8] == b"ftyp":
        return _picture_or_film(head)
    if head.startswith(b"BM") and head[6:10] == b"\0\0\0\0":
        return _detected(MediaKind.IMAGE, "image/bmp")
    return None


def _picture_or_film(head: bytes) -> Detected:
    """By the major brand; one that pictures share, by those that the file is compatible with (ISO 14496-12 §4.3)."""
    brand = head[8:12]
    others = {head[at : at + 4] for at in range(16, min(len(head), int.from_bytes(head[:4])) - 3, 4)}
    if brand in _AVIF_BRANDS or (brand in _SHARED_BRANDS and others & _AVIF_BRANDS):
        return _detected(MediaKind.IMAGE, "image/avif")
    if brand in _HEIF_BRANDS:
        return _detected(MediaKind.IMAGE, "image/heic")
    return _detected(MediaKind.MEDIA, "video/mp4")


def _textual(head: bytes, name: str) -> Detected:
    text = head.removeprefix(_BOM)
    mail = _mail(head, text, name)
    if mail is not None:
        return mail
    start = text.lstrip()[:200].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return _detected(MediaKind.HTML, "text/html")
    if _DRAWING.match(text[:_JSON_WITHIN]):
        return _detected(MediaKind.XML, "image/svg+xml")
    if start.startswith(b"<?xml"):
        return _detected(MediaKind.XML, "application/xml")
    named_json = start.startswith((b"{", b"[")) and name.endswith((".json", ".jsonl", ".ndjson"))
    if named_json or _JSON_START.match(text[:_JSON_WITHIN]):
        return _detected(MediaKind.JSON, "application/json")
    return _plain(text, name)


def _mail(head: bytes, text: bytes, name: str) -> Detected | None:
    """Messages and mailboxes, however they are kept."""
    first_line = text[: text.find(b"\n") + 1] or text
    named_mailbox = first_line.startswith(b"From ") and name.endswith((".mbox", ".mbx"))
    if is_separator(first_line) or first_line == MMDF or named_mailbox:
        return _detected(MediaKind.MBOX, "application/mbox")
    if text.startswith(SIGNATURE):
        return _detected(MediaKind.SERIALISED, MEDIA_TYPE)
    if message_start(head) is not None:
        return _detected(MediaKind.EML, "message/x-emlx")
    return _EML if looks_like_message(text) or name.endswith(_MAIL_NAMES) else None


def _plain(text: bytes, name: str) -> Detected:
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _detected(MediaKind.TEXT, "text/plain")
    if b"\0" in text or sum(byte < 0x20 and byte not in b"\t\n\r\f\x1b" for byte in text) * 20 > len(text):  # noqa: PLR2004
        return _UNKNOWN
    if name.endswith((".html", ".htm")):
        return _detected(MediaKind.HTML, "text/html")
    return _detected(MediaKind.TEXT, "text/csv" if name.endswith(".csv") else "text/plain")


def looks_like_message(head: bytes) -> bool:
    """Whether the bytes begin like a header block (RFC 5322 §2.2) with two fields that mail has, or one and a break."""
    known = 0
    for number, line in enumerate(head.split(b"\n", _MAX_LINES)):
        if line[:1] in (b" ", b"\t") and number:
            continue
        if not line.strip():
            return known > 0
        match = _FIELD_LINE.match(line)
        if match is None:
            if number == 0 and line.startswith((b">From ", b"From ")):
                continue
            return False
        known += match[1].lower() in _KNOWN_FIELDS
        if known > 1:
            return True
    return False
