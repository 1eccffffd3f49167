"""The markup of Skype and Teams messages as people see it, and what it says beside the words.

Rule kept: marks of the format are no words, words are never dropped: what is quoted of another message is given apart,
a file that is shared is named, an unknown element counts for its text. Linear in the length, nothing is fetched.
Layout: docs/formats/skype.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ingest.formats.chats.html_tokens import tokens, unescaped
from ingest.formats.chats.moments import from_millis, from_seconds

if TYPE_CHECKING:
    from datetime import datetime

    from ingest.formats.chats.html_tokens import Tag

_LINES: Final = frozenset(
    {"blockquote", "br", "div", "dd", "dt", "dl", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre",
     "table", "tr", "ul", "title", "description"}
)  # fmt: skip
_SPACES: Final = re.compile(r"[ \t\r\n\f]+")
_BLANK_LINES: Final = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_PARAGRAPH: Final = re.compile(r"<(?:p|div)>((?:[^<>&\s\xa0]+ ?)*+)(?<! )</(?:p|div)>")  # most messages are one
_LONGEST: Final = 1 << 20
_MOST: Final = 1_000
_ENDING: Final = re.compile(r"/(?:views|content)/[^/]*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a message quotes; `conversation` and `message` are numbers of the platform's."""

    author: str | None
    conversation: str | None
    message: str | None
    text: str


@dataclass(slots=True)
class Shown:
    """A message's markup, read.

    `files` are what it shares, each with its address and its name.
    """

    text: str = ""
    quotes: list[Quote] = field(default_factory=list)
    files: list[tuple[str, str | None]] = field(default_factory=list)
    edited_at: datetime | None = None
    edited: bool = False


@dataclass(slots=True)
class _Reading:
    """Where the pass over the tags is."""

    spaced: bool
    shown: Shown = field(default_factory=Shown)
    pieces: list[str] = field(default_factory=list)
    quote: Tag | None = None
    quoted: list[str] = field(default_factory=list)
    hidden: str | None = None
    link: str | None = None
    link_from: int = 0
    share: str | None = None
    share_name: str | None = None

    @property
    def words(self) -> list[str]:
        return self.pieces if self.quote is None else self.quoted


def shown(markup: str, *, spaced: bool = True) -> Shown:
    """Read the markup of one message; `spaced` keeps line feeds as Skype does, where Teams writes HTML."""
    if "<" not in markup:
        return Shown(text=unescaped(markup))
    paragraph = None if spaced else _PARAGRAPH.fullmatch(markup)
    if paragraph is not None:
        return Shown(text=paragraph[1])
    reading = _Reading(spaced=spaced)
    for token in tokens(markup[:_LONGEST]):
        if isinstance(token, str):
            if reading.hidden is None and reading.share is None:
                reading.words.append(token if spaced else _SPACES.sub(" ", token))
        elif token.closing:
            _close(reading, token)
        else:
            _open(reading, token)
    _end_quote(reading)
    _end_share(reading)
    rest = markup[_LONGEST:]
    reading.shown.text = _joined([*reading.pieces, rest] if rest else reading.pieces)
    return reading.shown


def _open(reading: _Reading, tag: Tag) -> None:  # noqa: C901 - one branch an element
    name, told = tag.name, tag.attributes
    if name == "quote" or (name == "blockquote" and "schema.skype.com/Reply" in told.get("itemtype", "")):
        _end_quote(reading)
        reading.quote = tag
    elif name in ("legacyquote", "script", "style", "systemeventmessage"):
        reading.hidden = reading.hidden or name
    elif name == "e_m":
        reading.shown.edited = True
        reading.shown.edited_at = from_millis(told.get("ts_ms")) or from_seconds(told.get("ts"))
    elif name == "uriobject":
        _end_share(reading)
        reading.share = told.get("uri", "")
    elif name == "originalname" and reading.share is not None:
        reading.share_name = told.get("v") or reading.share_name
    elif name == "meta" and reading.share is not None:
        reading.share_name = reading.share_name or told.get("originalname")
    elif name == "img" and "schema.skype.com/Emoji" not in told.get("itemtype", ""):
        _add_file(reading, told.get("src", ""), None)
    elif name in ("emoji", "img"):
        reading.words.append(told.get("alt", ""))
    elif name == "a":
        reading.link, reading.link_from = told.get("href"), len(reading.words)
    elif name in _LINES and reading.share is None:
        _begin_line(reading.words, always=name == "br")


def _close(reading: _Reading, tag: Tag) -> None:
    name = tag.name
    if name == reading.hidden:
        reading.hidden = None
    elif reading.quote is not None and name == reading.quote.name:
        _end_quote(reading)
    elif name == "uriobject":
        _end_share(reading)
    elif name == "a" and reading.link is not None:
        label = "".join(reading.words[reading.link_from :]).strip()
        if reading.link.startswith(("http:", "https:")) and label not in reading.link and reading.share is None:
            reading.words.append(f" <{reading.link}>")
        reading.link = None
    elif name in ("td", "th"):
        reading.words.append("\t")
    elif name in _LINES and name != "br" and reading.share is None:
        _begin_line(reading.words)


def _begin_line(words: list[str], *, always: bool = False) -> None:
    if always or (words and not words[-1].endswith("\n")):
        words.append("\n")


def _end_quote(reading: _Reading) -> None:
    tag, reading.quote = reading.quote, None
    if tag is None or len(reading.shown.quotes) >= _MOST:
        return
    told = tag.attributes
    quote = Quote(
        author=told.get("authorname") or told.get("author") or None,
        conversation=told.get("conversation") or None,
        message=told.get("messageid") or told.get("itemid") or None,
        text=_joined(reading.quoted),
    )
    reading.shown.quotes.append(quote)
    reading.quoted = []
    reading.link = None


def _end_share(reading: _Reading) -> None:
    address, reading.share = reading.share, None
    if address is not None:
        _add_file(reading, address, reading.share_name)
    reading.share_name = None


def _add_file(reading: _Reading, address: str, name: str | None) -> None:
    if len(reading.shown.files) < _MOST:
        reading.shown.files.append((address, name))


def object_number(address: str) -> str:
    """The number of a file at Skype's store: what stands behind ``/objects/`` in its address."""
    return _ENDING.sub("", address.split("?", 1)[0].rstrip("/")).rpartition("/")[2]


def _joined(pieces: list[str]) -> str:
    text = "".join(pieces).replace("\xa0", " ")
    return _BLANK_LINES.sub("\n\n", text).strip(" \t\r\n\f")
