r"""Text of Rich Text Format as mail carries it: compressed, and often with HTML or plain text inside it.

Rule kept: linear, bounded and total for hostile bytes. Encapsulated HTML ([MS-OXRTFEX] §2.2) is put together again
and read as HTML; encapsulated plain text and RTF proper are read as what a person would see.

The reader is a single pass over tokens with a stack of group states, bounded in depth; it knows of RTF only what
decides which characters are text (RTF 1.9.1: destinations, ``\'hh`` in the code page of the font, ``\u`` with its
``\uc`` fallback, ``\bin``). Headers, footers, notes, comments and text boxes of a document are read where they stand.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ingest.formats.charsets import codec_of, storable
from ingest.formats.html_text import html_to_text
from ingest.formats.mapi import charset_of
from ingest.formats.rtf_compression import decompress_rtf

MAX_PLAIN: Final = 16 * 1024 * 1024
MAX_GROUPS: Final = 2000
_TOKEN: Final = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\(.)|([{}])|[\r\n]+|([^\\{}\r\n]+)", re.DOTALL
)
MAX_TOKENS: Final = 1_000_000

_SKIPPED: Final = frozenset(
    b"fonttbl colortbl stylesheet info pict object filetbl listtable listoverridetable revtbl rsidtbl generator "
    b"themedata datastore latentstyles xmlnstbl bkmkstart bkmkend fldinst pntext pntxta pntxtb objdata objclass "
    b"mhtmltag colorschememapping nonesttables userprops docvar ftnsep ftnsepc ftncn aftnsep aftnsepc aftncn pgdsctbl "
    b"listpicture sp".split()
)
# Text that stands beside the body, and what is written before and behind it; markup that is encapsulated has none.
_BESIDE: Final = {
    **dict.fromkeys((b"header", b"headerl", b"headerr", b"headerf"), ("\n", "\n")),
    **dict.fromkeys((b"footer", b"footerl", b"footerr", b"footerf"), ("\n", "\n")),
    b"footnote": (" [note: ", "]"),
    b"annotation": (" [comment{by}: ", "]"),
    b"shpinst": ("", ""),
    b"shptxt": ("\n", "\n"),
    b"shprslt": ("\n", "\n"),
    b"atnauthor": ("", ""),
}
_LONGEST_NAME: Final = 200
_LINES: Final = {b"par": "\n", b"line": "\n", b"sect": "\n\n", b"page": "\n\n", b"row": "\n"}
_SIGNS: Final = {
    b"tab": "\t", b"cell": "\t", b"nestcell": "\t", b"nestrow": "\n", b"emdash": "\u2014", b"endash": "\u2013",
    b"bullet": "\u2022", b"lquote": "\u2018", b"rquote": "\u2019", b"ldblquote": "\u201c", b"rdblquote": "\u201d",
    b"emspace": "\u2003", b"enspace": "\u2002", b"qmspace": "\u2005", b"zwj": "\u200d", b"zwnj": "\u200c",
    b"ltrmark": "\u200e", b"rtlmark": "\u200f",
}  # fmt: skip
# Charsets of fonts ([MS-WMF] §2.1.1.5) by the code page that \'hh is written in.
_FONT_CHARSETS: Final = {
    0: "cp1252", 77: "mac_roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030", 136: "cp950",
    161: "cp1253", 162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251",
    222: "cp874", 238: "cp1250", 254: "cp437", 255: "cp850",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RtfText:
    """Text read, whether HTML was inside it, and why there is none or not all of it."""

    text: str = ""
    is_html: bool = False
    unread: str | None = None


def read_compressed_rtf(packed: bytes) -> RtfText:
    """Text of the value of PidTagRtfCompressed; never raises for any bytes."""
    unpacked = decompress_rtf(packed)
    if not unpacked.content:
        return RtfText(unread=unpacked.remark)
    found = read_rtf(unpacked.content)
    return RtfText(text=found.text, is_html=found.is_html, unread=unpacked.remark or found.unread)


def read_rtf(content: bytes) -> RtfText:
    """Text of RTF; HTML that it encapsulates is read as HTML. Never raises for any bytes."""
    if not content.lstrip()[:5].lower().startswith(b"{\\rtf"):
        return RtfText(unread="RTF text that is none")
    head = content[:4096]
    is_html = b"\\fromhtml" in head
    reading = _Reading(content[:MAX_PLAIN], is_html=is_html)
    text = reading.run()
    unread = "the end of long RTF text" if len(content) > MAX_PLAIN else reading.unread
    if is_html:
        text, complete = html_to_text(text)
        unread = unread or (None if complete else "the end of long RTF text")
    return RtfText(text=storable(text).strip("\n"), is_html=is_html, unread=unread)


@dataclass(slots=True)
class _Group:
    """What a group inherits: whether its text is shown, its font, the length of fallbacks, and where it is.

    `boxes` is whether a text box in it is shown, although nothing else of it is. It does not inherit what is written at
    its end (`closing`), nor that its text is a name (`author_at`, the place from which on).
    """

    shown: bool = True
    font: int | None = None
    fallback: int = 1
    hidden: bool = False
    fonts: bool = False
    boxes: bool = False
    closing: str = ""
    author_at: int | None = None


class _Reading:
    """One pass over RTF; `is_html` chooses the rules of [MS-OXRTFEX] §3.1.1 for what is content."""

    def __init__(self, content: bytes, *, is_html: bool) -> None:
        self.unread: str | None = None
        self._content = content
        self._is_html = is_html
        self._out: list[str] = []
        self._bytes = bytearray()
        self._group = _Group()
        self._stack: list[_Group] = []
        self._depth_lost = 0
        self._codec = "cp1252"
        self._fonts: dict[int, str] = {}
        self._defined: int | None = None
        self._first = False
        self._star = False
        self._skip = 0
        self._high = 0
        self._author = ""
        self._is_boxed = False

    def run(self) -> str:
        """The text, or the markup of encapsulated HTML."""
        place, end, match_token = 0, len(self._content), _TOKEN.match
        for _ in range(MAX_TOKENS):
            match = match_token(self._content, place) if place < end else None
            if match is None:  # the end, or a lone backslash there
                break
            place = match.end()
            kind = match.lastindex
            if kind is None:
                continue  # line ends say nothing in RTF
            if match[1] is not None:
                place = self._word(match[1], match[2], place)
            elif match[6] is not None:
                self._text(match[6])
            elif match[3] is not None:
                self._hex(match[3])
            elif match[4] is not None:
                self._symbol(match[4])
            elif not self._brace(match[5]):
                break
        else:
            self.unread = "the end of long RTF text"
        self._flush()
        return "".join(self._out)

    def _brace(self, sign: bytes) -> bool:
        """Open or close a group; False at the end of the document."""
        self._flush()
        self._skip = 0
        if sign == b"{":
            if len(self._stack) >= MAX_GROUPS:
                self._depth_lost += 1
                self.unread = "RTF groups nested too deeply"
                return True
            self._stack.append(self._group)
            group = self._group
            self._group = _Group(group.shown, group.font, group.fallback, group.hidden, group.fonts, group.boxes)
            self._first, self._star = True, False
            return True
        self._first = self._star = False
        if self._depth_lost:
            self._depth_lost -= 1
            return True
        if not self._stack:
            return False
        self._leave(self._group)
        self._group = self._stack.pop()
        return bool(self._stack)

    def _leave(self, group: _Group) -> None:
        """A group ends: what is due behind it, or the name that it was."""
        if group.author_at is not None:
            self._author = "".join(self._out[group.author_at :])[:_LONGEST_NAME].strip()
            del self._out[group.author_at :]
        else:
            self._due(group.closing)

    def _due(self, text: str) -> None:
        """Write what is due around a text beside the body; an end of the line only where none stands."""
        if text and (text != "\n" or (self._out and not self._out[-1].endswith("\n"))):
            self._add(text)

    def _word(self, word: bytes, digits: bytes | None, place: int) -> int:
        argument = int(digits) if digits is not None else None
        first, star, self._first, self._star = self._first, self._star, False, False
        group = self._group
        if word == b"bin":
            self._skip = 0
            return place + max(argument or 0, 0)
        if self._skip and word != b"u":
            self._skip -= 1
            return place
        if first and (star or word in _SKIPPED or word in _BESIDE):
            self._destination(group, word, star=star)
            return place
        if word == b"u":
            self._unicode(argument or 0)
        elif word == b"uc":
            group.fallback = min(max(argument if argument is not None else 1, 0), 100)
        elif word == b"htmlrtf":
            self._flush()
            group.hidden = argument != 0
        elif argument is None or not self._charset(group, word, argument):
            self._sign(word)
        return place

    def _charset(self, group: _Group, word: bytes, argument: int) -> bool:
        """Whether the word is one of those that decide in which code page text is written."""
        if word == b"f":
            self._flush()
            group.font = argument
            if group.fonts:
                self._defined = argument
        elif word == b"fcharset" and group.fonts and self._defined is not None:
            self._fonts[self._defined] = _FONT_CHARSETS.get(argument, self._codec)
        elif word == b"ansicpg":
            self._codec = codec_of(charset_of(argument)) or self._codec
        else:
            return False
        return True

    def _destination(self, group: _Group, word: bytes, *, star: bool) -> None:
        """A group that is no part of the text, unless it is one that encapsulates markup."""
        self._flush()
        if word == b"htmltag":
            group.shown, group.hidden = True, False
        elif word == b"fonttbl":
            group.fonts, group.shown = True, False
        elif word in _BESIDE and not self._is_html:
            self._beside(group, word)
        elif star or word not in (b"footnote", b"shprslt"):
            group.shown = False

    def _beside(self, group: _Group, word: bytes) -> None:
        """Text beside the body: read where it stands."""
        if word == b"shpinst":
            group.boxes, group.shown, self._is_boxed = group.shown, False, False
            return
        if word == b"shptxt":
            group.shown = self._is_boxed = group.boxes
        if not group.shown or (word == b"shprslt" and self._is_boxed):  # the same once more, for older programs
            group.shown = False
            return
        if word == b"atnauthor":
            group.author_at = len(self._out)
            return
        opening, group.closing = _BESIDE[word]
        by = f" by {self._author}" if self._author else ""
        self._due(opening.format(by=by))
        if word == b"annotation":
            self._author = ""

    def _sign(self, word: bytes) -> None:
        """Control words that stand for characters; in markup a line end inside of a tag is one too."""
        sign = _LINES.get(word) or _SIGNS.get(word)
        if sign is None:
            return
        self._add("\r\n" if self._is_html and word in _LINES else sign)

    def _symbol(self, sign: bytes) -> None:
        self._first = False
        if sign == b"*":
            self._first = self._star = True
            return
        if self._skip:
            self._skip -= 1
            return
        if sign in b"\\{}":
            self._add(sign.decode())
        elif sign == b"~":
            self._add("&nbsp;" if self._is_html else "\xa0")
        elif sign == b"_":
            self._add("&shy;" if self._is_html else "\u2011")
        elif sign in b"\r\n":
            self._add("\r\n" if self._is_html else "\n")

    def _text(self, run: bytes) -> None:
        self._first = False
        if self._skip:
            cut = min(self._skip, len(run))
            self._skip -= cut
            run = run[cut:]
        if run and self._visible():
            if run.isascii():
                self._flush()
                self._out.append(run.decode("ascii"))
            else:
                self._bytes += run

    def _hex(self, digits: bytes) -> None:
        self._first = False
        if self._skip:
            self._skip -= 1
        elif self._visible():
            self._bytes.append(int(digits, 16))

    def _unicode(self, number: int) -> None:
        """One UTF-16 unit, given as a signed number (RTF 1.9.1, Unicode RTF); a pair makes one character."""
        self._skip = self._group.fallback
        unit = number & 0xFFFF
        if not self._visible():
            return
        self._flush()
        if 0xD800 <= unit < 0xDC00:  # noqa: PLR2004 - high surrogates
            self._high = unit
            return
        if self._high and 0xDC00 <= unit < 0xE000:  # noqa: PLR2004 - low surrogates
            self._out.append(chr(0x10000 + ((self._high - 0xD800) << 10) + (unit - 0xDC00)))
        else:
            self._out.append(chr(unit))
        self._high = 0

    def _visible(self) -> bool:
        return self._group.shown and not (self._is_html and self._group.hidden)

    def _add(self, text: str) -> None:
        if self._visible():
            self._flush()
            self._out.append(text)

    def _flush(self) -> None:
        r"""Decode what \'hh has gathered, in the code page of the font."""
        if self._bytes:
            codec = self._fonts.get(self._group.font if self._group.font is not None else -1, self._codec)
            try:
                self._out.append(self._bytes.decode(codec, "replace"))
            except (LookupError, UnicodeError):
                self._out.append(self._bytes.decode("latin-1"))
            self._bytes.clear()
