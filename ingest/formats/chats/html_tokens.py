"""Tags and texts of hostile HTML, with their places: the first half of reading an export's pages.

Rule kept: one pass, linear in the length of the text, and nothing that could be text is lost. Tags are read as in the
HTML standard, section 13.2.5; a tag, comment or script without an end is given as text, where the standard drops it.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_ATTRIBUTES = 64
_RAW = frozenset({"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"})
_ESCAPABLE_RAW = frozenset({"textarea", "title"})
_NAME = re.compile(r"[a-zA-Z][^\s/>]*+")
_ATTRIBUTE = re.compile(r"[\s/]*+(?:([^\s/>][^\s/>=]*+)(?:\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s>]*+)))?)?")
_ENDS = {name: re.compile(f"</{name}(?=[\\s/>])", re.IGNORECASE) for name in _RAW}
# int() refuses numbers of more than 4300 digits; no character has eight
_LONG_REFERENCE = re.compile(r"&#0*+[0-9]{8,}+;?")
_NONE: dict[str, str] = {}


class Tag(NamedTuple):
    """A tag in lower case; its source is ``text[start:end]``."""

    name: str
    attributes: dict[str, str]
    start: int
    end: int
    closing: bool


def tokens(text: str) -> Iterator[Tag | str]:
    """Tags and texts in order; comments, declarations and instructions are left out."""
    place = 0
    last = text.rfind(">")
    endless: set[str] = set()  # what is known to have no end is not looked for again: that would be quadratic
    begun = 0  # where the text that is not yet given begins
    while True:
        opened = text.find("<", place)
        if opened < 0 or opened > last:
            break
        place = opened + 1
        if text.startswith(("!", "?"), place):
            tag, end = None, _declaration_end(text, opened, endless)
        else:
            named = _NAME.match(text, opened + 2 if text.startswith("/", place) else place)
            if named is None:
                continue
            tag = _tag(text, opened, named)
            if tag is None:
                break
            end = tag.end
        if begun < opened:
            yield unescaped(text[begun:opened])
        place = begun = end
        if tag is not None:
            yield tag
            content, place = _raw_content(text, tag, endless)
            if content:
                yield content
            begun = place
    if begun < len(text):
        yield unescaped(text[begun:])


def unescaped(text: str) -> str:
    """Character references resolved; U+0000 becomes U+FFFD as in the standard."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    return html.unescape(_LONG_REFERENCE.sub("\ufffd", text)) if "&" in text else text


def _raw_content(text: str, tag: Tag, endless: set[str]) -> tuple[str, int]:
    """What is in an element that holds no tags, and where its end tag begins; nothing for any other tag."""
    if tag.name not in _RAW or tag.closing or tag.name in endless:
        return "", tag.end
    end = _ENDS[tag.name].search(text, tag.end)
    if end is None:
        endless.add(tag.name)
        return "", tag.end
    content = text[tag.end : end.start()]
    return (unescaped(content) if tag.name in _ESCAPABLE_RAW else content), end.start()


def _declaration_end(text: str, opened: int, endless: set[str]) -> int:
    if text.startswith("<!--", opened) and "-->" not in endless:
        end = text.find("-->", opened + 2)
        if end >= 0:
            return end + 3
        endless.add("-->")
    return text.find(">", opened) + 1


def _tag(text: str, opened: int, named: re.Match[str]) -> Tag | None:
    """The tag of this name; None where it has no end, and so nothing behind it has."""
    found = _NONE
    name = named[0].lower()
    place = named.end()
    if text[opened + 1] == "/":
        end = text.find(">", place) + 1
        return Tag(name, found, opened, end, closing=True) if end else None
    if text.startswith(">", place):
        return Tag(name, found, opened, place + 1, closing=False)
    while True:
        match = _ATTRIBUTE.match(text, place)
        assert match is not None  # all of it is optional
        place = match.end()
        key = match[1]
        if key is None:
            return Tag(name, found, opened, place + 1, closing=False) if text.startswith(">", place) else None
        if found is _NONE:
            found = {}
        if len(found) < MAX_ATTRIBUTES:
            found.setdefault(key.lower(), unescaped(match[2] or match[3] or match[4] or ""))
