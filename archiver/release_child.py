"""What the confined child that opens records to be given can do: mails and files in, texts, sizes and pages out.

Imported in that child's process only, and never in one that knows keys. Rules kept: text is what examination reads, by
the same readers; a message that is forwarded as a file is the record itself, so that its body stands with the words
above it, and its files are listed as the record's own. What cannot be shown whole is named by a word of
`release_codec`, never by content.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from archiver.release_answers import Closed, Gap, ReadFile, ReadMail, ReadWord
from archiver.release_codec import encode_mail, encode_pages
from archiver.release_pages import redacted, rehearse_pages
from archiver.release_requests import FILE, MAIL, PAGES
from ingest.formats.attachment_text import read_attachment
from ingest.formats.detect import HEAD_BYTES, MediaKind, detect
from ingest.formats.emlx import read_emlx
from ingest.formats.enclosures import open_mail
from ingest.formats.headers import ContentFields, Headers, letterhead, read_block
from ingest.formats.message_text import is_encrypted
from ingest.formats.office.allowance import MOST_PAGES, Allowance
from ingest.formats.pictures.limits import PictureLimits, PictureRefused
from ingest.formats.pictures.opening import PDF, open_picture, rehearse
from ingest.formats.serialised_reading import as_mail, is_serialised
from ingest.sandbox_tasks import load as load_readers
from search.disclosure.redaction import LONGEST_TEXT, Unit
from search.disclosure.redaction_drawing import MOST_PAGES as MOST_PDF_PAGES
from search.disclosure.redaction_drawing import drawn_pages, page_sizes
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ingest.formats.held_messages import Enclosure, HeldMessage
    from ingest.sandbox_child import Task
    from storage.records import Letterhead, Party

_GAP: Final = "\n\n"
_LOOKED_AT: Final = 48  # pixels to the inch, to see whether a word is seen
_MOST_LOOKED_AT: Final = 300  # pages of a PDF whose words are listed
_FORWARDED: Final = "---------- Forwarded message ----------"
_SHOWN: Final = frozenset({MediaKind.IMAGE, MediaKind.PDF})
_SILENT: Final = frozenset(
    {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
)


def load(pages: str = "") -> dict[str, Task]:
    """The tasks, rehearsed; `pages` is how many pages of one file are read, empty for the usual."""
    load_readers(pages)
    rehearse()
    rehearse_pages()
    most = int(pages) if pages else MOST_PAGES
    return {MAIL: partial(_mail, pages=most), FILE: partial(_file, pages=most), PAGES: _pages}


def _mail(payload: bytes, options: Mapping[str, Any], *, pages: int) -> bytes:
    """A mail of any form: its body, and all that is attached."""
    blind = ""
    if is_serialised(payload):
        payload, blind = as_mail(payload)
    saved = read_emlx(payload)
    raw = payload if saved is None else saved.message
    mail = open_mail(raw)
    root = mail.message
    words, allowance = bool(options.get("words")), Allowance(pages=pages)
    original: Enclosure | None = None
    files: list[ReadFile] = []
    for found in mail.enclosures:
        if original is None and _is_original(found, root) and options.get("attached"):
            original = found
            continue
        root.texts += [found.extra] if found.extra else []
        files += _enclosed(found, allowance, words=words)
    texts = [root.text]
    if original is not None and original.message is not None:
        above = root.text.strip()
        texts = [above, _FORWARDED, original.message.text] if above else [original.message.text]
    head = raw if original is None else original.content
    own = root if original is None else original.message
    bcc, reply_to = _further(head) if own is not None and own.is_mime else ("", "")
    text = _GAP.join(one for one in texts if one.strip())
    if len(text) > LONGEST_TEXT:
        raise InvalidInput("The text of this mail is too long to be given. Withhold it.")
    return encode_mail(
        ReadMail(
            text=text,
            original=None if original is None else original.path,
            bcc=bcc or (blind if original is None else ""),
            reply_to=reply_to,
            files=tuple(files),
        )
    )


def _is_original(found: Enclosure, root: HeldMessage) -> bool:
    return found.message is not None and found.message.is_original and found.holder == root.path


def _enclosed(found: Enclosure, allowance: Allowance, *, words: bool) -> Iterator[ReadFile]:
    """What is attached, as it can be shown; what is only another form of the message around it is said to be that."""
    if found.message is None and (found.is_opened or found.fields.media_type in _SILENT):
        yield _closed(found.path, Closed.PART_OF)
    elif found.message is not None:
        body = _GAP.join(one for one in (_head_lines(found.message.letterhead), found.message.text) if one.strip())
        gap = Gap.TEXT if found.unread is not None or is_encrypted(body) else Gap.NONE
        fits = len(body) <= LONGEST_TEXT
        yield ReadFile(path=found.path, text=body, gap=gap) if fits else _closed(found.path, Closed.TOO_LARGE)
    elif found.unread is not None:
        yield _closed(found.path, Closed.UNREADABLE)
    else:
        yield replace(_read(found.content, found.fields, allowance, words=words), path=found.path)


def _closed(path: str, reason: Closed) -> ReadFile:
    return ReadFile(path=path, closed=reason)


def _head_lines(head: Letterhead) -> str:
    said = (
        ("From", _parties(() if head.sender is None else (head.sender,))),
        ("To", _parties(head.to)),
        ("Cc", _parties(head.cc)),
        ("Date", head.date or ""),
        ("Subject", head.subject or ""),
    )
    return "\n".join(f"{name}: {value}" for name, value in said if value)


def _further(raw: bytes) -> tuple[str, str]:
    """Blind copies and where to answer, which examination does not keep apart."""
    fields = read_block(raw.lstrip(b"\r\n")[: 1 << 20]).fields
    chosen = {b"to": fields.get(b"bcc", ()), b"cc": fields.get(b"reply-to", ())}
    head = letterhead(Headers({name: values for name, values in chosen.items() if values}, 0))
    return _parties(head.to), _parties(head.cc)


def _parties(parties: tuple[Party, ...]) -> str:
    return "; ".join(
        f"{one.name} <{one.address}>" if one.name and one.address else one.name or one.address or "" for one in parties
    )


def _file(payload: bytes, options: Mapping[str, Any], *, pages: int) -> bytes:
    """One file by itself."""
    media_type = str(options.get("media_type", "")) or detect(payload[:HEAD_BYTES]).media_type
    fields = ContentFields(media_type=media_type, name=str(options.get("name", "")) or None)
    read = _read(payload, fields, Allowance(pages=pages), words=bool(options.get("words")))
    return encode_mail(ReadMail(files=(read,)))


def _read(content: bytes, fields: ContentFields, allowance: Allowance, *, words: bool) -> ReadFile:
    found = detect(content[:HEAD_BYTES], fields.name)
    if found.kind is MediaKind.EMPTY:
        return _closed("", Closed.EMPTY)
    if found.kind is MediaKind.PDF or (fields.media_type == PDF and found.kind not in _SHOWN):
        return _pdf(content, words=words)
    if found.kind is MediaKind.IMAGE and found.media_type != "image/svg+xml":
        return _picture(content)
    read = read_attachment(content, fields, allowance)
    if not read.text.strip():
        blank = not read.reasons and not content.strip(b"\0\t\r\n ")
        return _closed("", Closed.EMPTY if blank else Closed.NO_TEXT)
    if len(read.text) > LONGEST_TEXT:
        return _closed("", Closed.TOO_LARGE)
    gap = Gap.PICTURES if read.pictured and read.unread is None else Gap.TEXT if read.reasons else Gap.NONE
    return ReadFile(path="", text=read.text, gap=gap)


def _pdf(content: bytes, *, words: bool) -> ReadFile:
    try:
        sizes = page_sizes(content)
        if not 0 < len(sizes) < MOST_PDF_PAGES:
            return _closed("", Closed.TOO_LARGE if sizes else Closed.EMPTY)
        if min(min(size) for size in sizes) <= 0:
            return _closed("", Closed.UNREADABLE)
        seen = tuple(_seen(content)) if words and len(sizes) <= _MOST_LOOKED_AT else ()
    except InvalidInput:
        return _closed("", Closed.UNREADABLE)
    return ReadFile(path="", unit=Unit.POINTS, sizes=sizes, words=seen)


def _seen(content: bytes) -> Iterator[ReadWord]:
    for page in drawn_pages(content, dpi=_LOOKED_AT):
        for one in page.words:
            if one.seen and one.text.strip():
                sides = (one.left, one.top, one.right, one.bottom)
                left, top, right, bottom = (round(max(0.0, side / page.scale), 2) for side in sides)
                yield ReadWord(page=page.number, box=(left, top, max(left, right), max(top, bottom)), text=one.text)


def _picture(content: bytes) -> ReadFile:
    limits = PictureLimits()
    try:
        picture = open_picture(content, None, limits)
        sizes = []
        for page in picture.pages():
            if page.pixels is None:
                return _closed("", Closed.UNREADABLE)
            sizes.append((float(page.width * page.reduced), float(page.height * page.reduced)))
    except (PictureRefused, InvalidInput):
        return _closed("", Closed.UNREADABLE)
    if not sizes:
        return _closed("", Closed.UNREADABLE)
    if picture.media_type != "image/tiff" and len(sizes) >= limits.frames:
        return _closed("", Closed.FRAMES)
    if len(sizes) >= limits.pages:
        return _closed("", Closed.TOO_LARGE)
    return ReadFile(path="", unit=Unit.PIXELS, sizes=tuple(sizes))


def _pages(payload: bytes, _options: Mapping[str, Any]) -> bytes:
    return encode_pages(tuple(redacted(payload)))
