"""Header fields of RFC 5322 §2.2 from raw bytes, and what they say in RFC 2047 and RFC 2231 encoding.

Rule kept: reading a header never raises and is linear in its length. A block ends at the first empty line or at
the first line that is no field, so that no text is ever lost as a broken header. Of repeated fields the first
counts (RFC 5322 §3.6 allows one). Raw 8-bit bytes are read as UTF-8 (RFC 6532), else as the message's own
charset, else as Windows-1252.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from email.message import Message
from email.policy import compat32
from email.utils import collapse_rfc2231_value
from functools import lru_cache
from typing import TYPE_CHECKING

from ingest.formats.addresses import parse_addresses
from ingest.formats.charsets import FALLBACK, codec_of, decode, storable
from ingest.formats.dates import header_date
from ingest.formats.message_ids import references_of
from storage.records import Letterhead

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storage.records import Party

MAX_FIELDS = 10_000
MAX_REPEATED = 100
MAX_VALUE = 64 * 1024
MAX_PARAMETERS = 8 * 1024
MAX_NAME = 255

_FIELD = re.compile(rb"([!-9;-~]++)[ \t]*+:([^\n]*(?:\n[ \t][^\n]*)*)(?:\n|\Z)")
_FIELD_OR_REST = re.compile(_FIELD.pattern + rb"|(?s:.+)")
_END_OF_BLOCK = re.compile(rb"\n\r?\n")
_PLAIN_BLOCK = 64 * 1024
_ENVELOPE = re.compile(rb">*From [^\n]*(?:\n|\Z)")
_FOLD = re.compile(r"\r?\n(?=[ \t])")
_WORD = re.compile(r"=\?([^?\s]{1,80})\?([bBqQ])\?([^?]*)\?=")
_BETWEEN = re.compile(r"(?<=\?=)[ \t\r\n]+(?==\?)")
_SPACES = re.compile(r"\s+")
_MEDIA_TYPE = re.compile(r"\s*([\w!#$&^.+-]{1,64})\s{0,9}/\s{0,9}([\w!#$&^.+-]{1,64})", re.ASCII)
_MESSAGE_ID = re.compile(r"<[^<>]+>")


@dataclass(frozen=True, slots=True)
class Headers:
    """The fields of one block, by lower-case name, raw values in order; `end` is the offset of the body."""

    fields: Mapping[bytes, tuple[bytes, ...]]
    end: int

    def raw(self, name: bytes) -> bytes:
        """The first value of the field, unparsed, or empty bytes."""
        values = self.fields.get(name)
        return values[0] if values else b""

    def text(self, name: bytes, *, charset: str | None = None, limit: int = MAX_VALUE) -> str | None:
        """The first value as text, unfolded but not decoded from RFC 2047; None where the field is absent."""
        values = self.fields.get(name)
        return _unfold(_raw_text(values[0][:limit], charset)) if values else None


def read_block(raw: bytes, start: int = 0, end: int | None = None) -> Headers:
    """Read the header block at `start`; fields beyond 10,000 are passed over but not kept.

    An envelope line in the block (``From ``, as mailbox files and careless exports leave there) is passed over.
    """
    end = len(raw) if end is None else end
    return _plain_block(raw, start, end) or _any_block(raw, start, end)


def _plain_block(raw: bytes, start: int, end: int) -> Headers | None:
    """A short block of nothing but fields, at a third of the cost; None where more is needed."""
    blank = _END_OF_BLOCK.search(raw, start, min(end, start + _PLAIN_BLOCK))
    if blank is None:
        return None
    found = _FIELD_OR_REST.findall(raw, start, blank.start() + 1)
    if len(found) > MAX_FIELDS or not (found and found[-1][0]):
        return None  # an envelope line, or a line that is no field
    fields: dict[bytes, tuple[bytes, ...]] = {}
    for name, value in found:
        lowered = name.lower()
        if lowered not in fields:
            fields[lowered] = (value,)
        elif len(fields[lowered]) < MAX_REPEATED:
            fields[lowered] += (value,)
        else:
            return None
    return Headers(fields, blank.end())


def _any_block(raw: bytes, start: int, end: int) -> Headers:
    fields: dict[bytes, tuple[bytes, ...]] = {}
    place, count = start, 0
    match_field = _FIELD.match
    while place < end:
        found = match_field(raw, place, end)
        if found is None:
            found = _ENVELOPE.match(raw, place, end)
            if found is None:
                break
        elif count < MAX_FIELDS:
            count += 1
            name = found[1].lower()
            fields[name] = (
                (*fields[name], found[2]) if len(fields.get(name, ())) in range(1, MAX_REPEATED) else (found[2],)
            )
        place = found.end()
    if raw.startswith(b"\r\n", place, end):
        place += 2
    elif raw.startswith(b"\n", place, end):
        place += 1
    return Headers(fields, place)


def _raw_text(value: bytes, charset: str | None) -> str:
    """Raw 8-bit values: UTF-8 where they are it (RFC 6532), whatever charset the body has."""
    try:
        return storable(value.decode("utf-8"))
    except UnicodeDecodeError:
        return decode(value, charset if codec_of(charset) != "utf-8" else FALLBACK)


def _unfold(text: str) -> str:
    return (_FOLD.sub("", text) if "\n" in text else text).strip()


def decode_words(text: str, charset: str | None = None) -> str:
    """Decode the encoded words of a header value (RFC 2047), joining what was split inside a character.

    Encoded words are also read inside quoted strings and next to other letters, which the RFC forbids and mail
    clients do. What cannot be decoded stays as it is printed.
    """
    if "=?" not in text:
        return text
    text = _BETWEEN.sub("", text)
    pieces: list[str] = []
    pending: list[bytes] = []
    pending_charset, place = "", 0
    for word in _WORD.finditer(text):
        label = word[1].partition("*")[0].lower()  # RFC 2231 §5 adds a language after an asterisk
        content = _word_bytes(word[2], word[3], label)
        if content is None:
            continue
        if pending and (word.start() != place or label != pending_charset):
            pieces.append(_decode_word(b"".join(pending), pending_charset, charset))
            pending = []
        pieces.append(text[place : word.start()])
        pending.append(content)
        pending_charset, place = label, word.end()
    if pending:
        pieces.append(_decode_word(b"".join(pending), pending_charset, charset))
    pieces.append(text[place:])
    return storable("".join(pieces))


def _word_bytes(encoding: str, text: str, label: str) -> bytes | None:
    try:
        # raw 8-bit letters inside of an encoded word: back to the charset that the word declares
        content = text.encode("ascii" if text.isascii() else codec_of(label) or "utf-8", "replace")
        if encoding in "qQ":
            return binascii.a2b_qp(content, header=True)
        return binascii.a2b_base64(content + b"=" * (-len(content) % 4))
    except (ValueError, LookupError):  # binascii.Error is a ValueError
        return None


def _decode_word(content: bytes, label: str, charset: str | None) -> str:
    return decode(content, label if codec_of(label) else charset)


def letterhead(headers: Headers, charset: str | None = None) -> Letterhead:
    """The letterhead of a message; `charset` is the body's, used for raw 8-bit values that are not UTF-8."""
    sender = _parties(headers, b"from", charset) or _parties(headers, b"sender", charset)
    date = headers.text(b"date", limit=1024)
    message_id = headers.text(b"message-id", limit=4096) or ""
    first_id = _MESSAGE_ID.match(message_id)
    return Letterhead(
        sender=sender[0] if sender else None,
        to=_parties(headers, b"to", charset),
        cc=_parties(headers, b"cc", charset),
        date=header_date(date) if date else None,
        subject=subject_of(headers, charset),
        message_id=(first_id[0] if first_id else message_id) or None,
        references=references_of(headers.text(b"references"), headers.text(b"in-reply-to", limit=4096)),
    )


def subject_of(headers: Headers, charset: str | None = None) -> str | None:
    """The decoded subject on one line, or None where there is no such field."""
    subject = headers.text(b"subject", charset=charset)
    return None if subject is None else _SPACES.sub(" ", decode_words(subject, charset)).strip()


def _parties(headers: Headers, name: bytes, charset: str | None) -> tuple[Party, ...]:
    values = headers.fields.get(name)
    if not values:
        return ()
    text = ",".join(_unfold(_raw_text(value, charset)) for value in values)
    if "=?" not in text:
        return parse_addresses(text)
    return parse_addresses(_BETWEEN.sub("", text), lambda phrase: decode_words(phrase, charset))


@dataclass(frozen=True, slots=True)
class ContentFields:
    """What the MIME fields of a part declare (RFC 2045 §5, RFC 2183), cleaned; absent is None."""

    media_type: str
    charset: str | None = None
    boundary: str | None = None
    report_type: str | None = None
    encoding: str = ""
    disposition: str | None = None
    name: str | None = None
    declared: bool = True


_PLAIN = ContentFields(media_type="text/plain", declared=False)


def content_fields(headers: Headers, default: str = "text/plain") -> ContentFields:
    """Read Content-Type, -Transfer-Encoding and -Disposition; nonsense falls back as RFC 2045 §5.2 says."""
    content_type = headers.text(b"content-type", limit=MAX_PARAMETERS)
    disposition = headers.text(b"content-disposition", limit=MAX_PARAMETERS)
    encoding = (
        headers.raw(b"content-transfer-encoding")[:80].decode("latin-1").partition(";")[0].strip(" \t\r\n\"'").lower()
    )
    if not content_type and not disposition and not encoding and default == "text/plain":
        return _PLAIN
    return _declared(content_type, disposition, encoding, default)


@lru_cache(maxsize=256)  # nearly all mails declare one of a few things; each value is short (`MAX_PARAMETERS`)
def _declared(content_type: str | None, disposition: str | None, encoding: str, default: str) -> ContentFields:
    shape = Message(policy=compat32)
    if content_type:
        shape["Content-Type"] = content_type.replace("\n", " ").replace("\r", " ")
    if disposition:
        shape["Content-Disposition"] = disposition.replace("\n", " ").replace("\r", " ")
    match = _MEDIA_TYPE.match(content_type or "")
    media_type = f"{match[1]}/{match[2]}".lower() if match else default
    parameters = content_type is not None and ";" in content_type
    return ContentFields(
        media_type=media_type,
        charset=_parameter(shape, "charset") if parameters else None,
        boundary=_parameter(shape, "boundary") if parameters and media_type.startswith("multipart/") else None,
        report_type=_parameter(shape, "report-type") if media_type == "multipart/report" else None,
        encoding=encoding,
        disposition=(disposition or "").partition(";")[0].strip().lower() or None,
        name=_file_name(shape, parameters=parameters, disposition=bool(disposition)),
        declared=match is not None,
    )


def _parameter(shape: Message, name: str, header: str = "content-type") -> str | None:
    """One parameter with RFC 2231 continuations and charsets undone; None where it is absent or beyond reading."""
    try:
        value = shape.get_param(name, header=header)
        text = collapse_rfc2231_value(value) if value is not None else None
    except (ValueError, LookupError, TypeError, IndexError, AttributeError, OverflowError):
        return None  # endless section numbers and the like: the parser of the standard library raises on them
    return storable(text) if isinstance(text, str) else None


def _file_name(shape: Message, *, parameters: bool, disposition: bool) -> str | None:
    name = _parameter(shape, "filename", "content-disposition") if disposition else None
    if not name and parameters:
        name = _parameter(shape, "name")
    if not name:
        return None
    name = _SPACES.sub(" ", decode_words(name)).strip()
    return name[:MAX_NAME] or None
