"""What a WhatsApp message says: its words, its files, and the marks for edited and deleted ones.

Rule kept: a mark of the platform's is taken off only where it is known in full or names a file; whatever else stands
in angle brackets or behind a direction mark is left in the text. The text of a deleted message is empty.
"""

# ruff: noqa: RUF001 - words and signs of other scripts

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ingest.formats.chats.model import Media
from ingest.formats.chats.whatsapp_lines import MARKS
from ingest.formats.chats.whatsapp_words import ATTACHED, DELETED, EDITED, FILE_ATTACHED, LEFT_OUT, MEDIA, folded

if TYPE_CHECKING:
    from collections.abc import Mapping

_LRM = "\u200e"
_MARKED_UP: Final = str.maketrans({_LRM: None, "\u2068": None, "\u2069": None})
_OWN_NAME: Final = re.compile(
    r"\d{8}-[A-Z_]+-\d{4}-\d\d-\d\d|\d{4}-\d\d-\d\d-[A-Z]+-\d{8}|(?:IMG|VID|AUD|PTT|STK|DOC)-\d{8}-WA\d+", re.IGNORECASE
)
_LONGEST_PHRASE: Final = 90
_SIGN: Final = 3
_SIGNS: Final = frozenset(phrase[:_SIGN] for phrase in (*DELETED, *LEFT_OUT))
_LONGEST_FILE: Final = 255
_CLOSERS: Final = {")": "(", "）": "（", ">": "<"}
_TYPES: Final = {
    "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif", "webp": "image/webp",
    "heic": "image/heic", "mp4": "video/mp4", "mov": "video/quicktime", "3gp": "video/3gpp", "opus": "audio/ogg",
    "ogg": "audio/ogg", "m4a": "audio/mp4", "mp3": "audio/mpeg", "aac": "audio/aac", "amr": "audio/amr",
    "wav": "audio/wav", "vcf": "text/vcard", "pdf": "application/pdf", "txt": "text/plain", "csv": "text/csv",
    "zip": "application/zip", "doc": "application/msword", "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint", "ics": "text/calendar",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """A text without its marks; `own` says that the platform wrote it."""

    text: str
    attachments: tuple[Media, ...] = ()
    edited: bool = False
    deleted: bool = False
    own: bool = False


class Files:
    """The files of an export by the names that messages use."""

    def __init__(self, entries: Mapping[str, str]) -> None:
        self._entries = entries
        self._composed: dict[str, str] | None = None

    def named(self, name: str) -> str | None:
        """The entry of a file, None where the export has none of that name."""
        found = self._entries.get(name)
        if found is None and not name.isascii():  # a Mac writes accents apart from their letters
            if self._composed is None:
                self._composed = {unicodedata.normalize("NFC", one): entry for one, entry in self._entries.items()}
            found = self._composed.get(unicodedata.normalize("NFC", name))
        return found

    def media(self, name: str) -> Media:
        """A file that a message names, present or not."""
        return Media(name=name, media_type=_TYPES.get(name.rpartition(".")[2].lower()), entry=self.named(name))


def marked(text: str) -> bool:
    """Whether a text may have a mark in it; a cheap question, asked of every message."""
    return (
        text[:_SIGN].casefold() in _SIGNS
        or _LRM in text
        or text[-1] in ">)）"
        or ("\n" in text and text[text.index("\n") - 1] in ">)）")
        or "\u2068" in text
    )


def read_words(text: str, files: Files, *, bracket: bool) -> Words:
    """A text of one sender's, all of its lines; `bracket` says whether iOS wrote it."""
    edited = False
    if text.endswith(">"):
        start = text.rfind("<")
        inner = text[start + 1 : -1] if start >= 0 else ""
        if 0 < len(inner) <= _LONGEST_PHRASE and folded(inner) in EDITED:
            text, edited = text[:start].rstrip(f" {MARKS}\u00a0\u202f"), True
    first, feed, rest = text.partition("\n")
    first = first.rstrip("\r")
    phrase = folded(first) if len(first) <= _LONGEST_PHRASE else ""
    if not feed and phrase in DELETED:
        return Words("", deleted=True, edited=edited)
    attachment = _attached(text, files) if text.endswith(">") else None
    if attachment is not None:
        return Words(_bare(attachment[0]), (attachment[1],), edited=edited)
    found = _line_for_a_file(first, phrase, files)
    if found is not None:
        return Words(_bare(rest if found[0] is None else found[0] + feed + rest), (found[1],), edited=edited)
    own = bracket and not edited and first[:1] == _LRM and not _is_shared(first, rest)
    return Words(_bare(text), edited=edited, own=own)


def _bare(text: str) -> str:
    """A text without the direction marks and the isolates around names that the platform adds."""
    return text if text.isascii() else text.translate(_MARKED_UP)


def _attached(text: str, files: Files) -> tuple[str, Media] | None:
    """``caption <attached: name>`` at the end of a text, as iOS writes it."""
    start = text.rfind("<")
    word, colon, name = text[start + 1 : -1].partition(":")
    name = name.strip(f" {MARKS}\u00a0\u202f")
    if start < 0 or not colon or not 0 < len(name) <= _LONGEST_FILE or "\n" in name:
        return None
    if folded(word) in ATTACHED or _OWN_NAME.match(name) or files.named(name):
        return text[:start].strip(f" \r\n{MARKS}\u00a0\u202f"), files.media(name)
    return None


def _line_for_a_file(first: str, phrase: str, files: Files) -> tuple[str | None, Media] | None:
    """A first line that stands for a file; what of it is text, if anything."""
    if phrase in LEFT_OUT:
        return None, Media(media_type=LEFT_OUT[phrase] or None)
    if phrase[:1] == "<" and phrase[-1:] == ">":
        inner = folded(phrase[1:-1])
        if inner in MEDIA:
            return None, Media()
        if inner in LEFT_OUT:
            return None, Media(media_type=LEFT_OUT[inner] or None)
    if first[-1:] in _CLOSERS:
        return _named_file(first, files)
    mark = first.rfind(_LRM)  # "Report.pdf • 3 pages <LRM>document omitted"
    if mark > 0 and (kind := LEFT_OUT.get(folded(first[mark:]))) is not None:
        said = first[:mark].strip(f" {MARKS}")
        return said, Media(name=said.partition(" • ")[0].strip(f" {MARKS}") or None, media_type=kind or None)
    return None


def _named_file(first: str, files: Files) -> tuple[None, Media] | None:
    """``name (file attached)`` as Android writes it, or ``name <attached>`` as iOS did in 2018."""
    start = first.rfind(_CLOSERS[first[-1]])
    name = first[:start].strip(f" {MARKS}\u00a0\u202f")
    if start <= 0 or not 0 < len(name) <= _LONGEST_FILE:
        return None
    own = _OWN_NAME.fullmatch(name.partition(".")[0]) is not None
    words = folded(first[start + 1 : -1])
    if own or words in FILE_ATTACHED or (words in ATTACHED and "." in name) or files.named(name):
        return None, files.media(name)
    return None


def _is_shared(first: str, rest: str) -> bool:
    """Whether a marked text is what somebody shared: a place, a poll or an event."""
    label = first.strip(f" {MARKS}\r")
    return "://" in first or (bool(rest) and label.endswith(":") and label == label.upper())
