"""The tags of an XML file as a stream, each with its attributes and its exact bytes: for files without texts between.

Rule kept: no document type is processed, at all: a file that declares one is refused (the class of XML bombs and
outside entities ends there), and the five predefined entities and numeric references are the only ones that mean
anything. What Android apps write and XML 1.0 forbids is read: emoji as two numeric references to surrogates, control
characters, attributes of many megabytes. Linear in time; a tag costs memory once, and a larger one is passed over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO, Final

from ingest.formats.charsets import storable
from ingest.formats.container import ContainerBroken

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_TAG: Final = 64 << 20
_BLOCK: Final = 1 << 18
# all of a tag that can be had: up to its end, to a quote that is not closed, or to a character that no tag has
_TAG: Final = re.compile(rb"<[^<>\"']*+(?:(?:\"[^\"]*+\"|'[^']*+')[^<>\"']*+)*+")
_OPENING: Final = re.compile(rb"<[A-Za-z_/!?]")
_REST: Final = re.compile(rb"[^<>\"']*+(?:(?:\"[^\"]*+\"|'[^']*+')[^<>\"']*+)*+")
_NAME: Final = re.compile(rb"<(/?)([A-Za-z_][A-Za-z0-9_.:-]{0,60})")
_ATTRIBUTE: Final = re.compile(rb"([^\s=<>\"'/]{1,200})\s{0,10}=\s{0,10}(?:\"([^\"]*+)\"|'([^']*+)')")
_REFERENCE: Final = re.compile(r"&(?:#(?:x([0-9A-Fa-f]{1,6})|([0-9]{1,7}))|(amp|lt|gt|quot|apos));")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_NAMED: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_MOST_ATTRIBUTES: Final = 500
_LAST_CHARACTER: Final = 0x10FFFF
REFUSED: Final = "it declares a document type, which is not processed"
CUT: Final = "its XML ends before its end"
_LONGEST_GAP: Final = 1 << 20
_LONGEST_BEGIN: Final = 1 << 12


@dataclass(frozen=True, slots=True, kw_only=True)
class XmlTag:
    """A tag: `raw` are its bytes; `is_end` of ``</a>``, `is_empty` of ``<a/>``.

    `before` is what stands between the tag before and this one, nothing where that is longer than 1 MiB. Of a tag
    that is `too_large` there are only the first bytes.
    """

    name: str
    raw: bytes = field(repr=False)
    is_end: bool = False
    is_empty: bool = False
    before: bytes = field(default=b"", repr=False)
    too_large: bool = False

    def attributes(self) -> dict[bytes, bytes]:
        """Its attributes as they are written, references included; of one that is given twice the last counts."""
        found = islice(_ATTRIBUTE.finditer(self.raw), _MOST_ATTRIBUTES)
        return {match[1]: match[2] or match[3] or b"" for match in found}


def resolved(value: bytes) -> str:
    """The text of an attribute: references resolved, surrogates joined, what is no character U+FFFD."""
    text = value.decode("utf-8", "replace")
    if "&" in text:
        text = _REFERENCE.sub(_character, text)
        if _SURROGATE.search(text):
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text if text.isascii() and "\0" not in text else storable(text)


def _character(match: re.Match[str]) -> str:
    hexadecimal, decimal, name = match.groups()
    if name:
        return _NAMED[name]
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    return chr(code) if 0 < code <= _LAST_CHARACTER else "\ufffd"


def tags(stream: BinaryIO, *, largest: int = LARGEST_TAG) -> Iterator[XmlTag]:
    """All tags in order; comments, instructions and texts are passed over.

    Raises:
        ContainerBroken: it declares a document type, or ends inside a tag.
    """
    window = _Window(stream)
    while window.find_opening():
        if not window.starts(b"<!") and not window.starts(b"<?"):
            before = window.gap()
            raw, too_large = window.tag(largest)
            named = _NAME.match(raw) if raw else None
            if named is None:
                continue
            window.given()
            yield XmlTag(
                name=named[2].decode("ascii"),
                raw=raw,
                is_end=bool(named[1]),
                is_empty=raw.endswith(b"/>") or too_large,
                before=before,
                too_large=too_large,
            )
        elif window.starts(b"<?"):
            window.skip(b"?>")
        elif window.starts(b"<!--"):
            window.skip(b"-->")
        elif window.starts(b"<![CDATA["):
            window.skip(b"]]>")
        else:
            raise ContainerBroken(REFUSED)


class _Window:
    """The bytes that are not yet given; `_at` is the place in them, `_given` where the last tag that was given ends."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._held = b""
        self._at = 0
        self._given = 0
        self._ended = False

    def find(self, mark: bytes) -> bool:
        """Go to the next `mark`; False at the end."""
        while True:
            found = self._held.find(mark, self._at)
            if found >= 0:
                self._at = found
                return True
            self._at = max(self._at, len(self._held) - len(mark) + 1)
            if not self._more():
                return False

    def find_opening(self) -> bool:
        """Go to the next ``<`` that something can begin with; False at the end."""
        while True:
            found = _OPENING.search(self._held, self._at)
            if found is not None:
                self._at = found.start()
                return True
            self._at = max(self._at, len(self._held) - 1)
            if not self._more():
                return False

    def starts(self, mark: bytes) -> bool:
        """Whether `mark` stands here."""
        if len(self._held) - self._at < len(mark):
            while len(self._held) - self._at < len(mark) and self._more():
                pass
        return self._held.startswith(mark, self._at)

    def skip(self, end: bytes) -> None:
        """Go behind the next `end`."""
        if not self.find(end):
            raise ContainerBroken(CUT)
        self._at += len(end)

    def gap(self) -> bytes:
        """What stands between the last tag and here."""
        return self._held[self._given : self._at] if self._given >= 0 else b""

    def given(self) -> None:
        """The tag that ends here is given."""
        self._given = self._at

    def tag(self, largest: int) -> tuple[bytes, bool]:
        """The tag that begins here and whether it is too large, and go behind it; nothing where it is none."""
        while True:
            match = _TAG.match(self._held, self._at)
            assert match is not None  # it begins with the mark
            end = match.end()
            following = self._held[end : end + 1]
            size = end - self._at
            if following == b">" and size < largest:
                raw = self._held[self._at : end + 1]
                self._at = end + 1
                return raw, False
            if following == b"<":
                self._at = end
                return b"", False
            size = len(self._held) - self._at
            if size >= largest:
                begun = self._held[self._at : self._at + _LONGEST_BEGIN]
                self._at = end
                self._pass_over()
                return begun, True
            if not self._more(min(size, largest - size)):
                raise ContainerBroken(CUT)

    def _pass_over(self) -> None:
        """Go behind the tag whose open quote, or whose next character, stands here, keeping nothing of it."""
        while True:
            match = _REST.match(self._held, self._at)
            assert match is not None  # it may be empty
            self._at = match.end()
            following = self._held[self._at : self._at + 1]
            if following in (b">", b"<"):
                self._at += following == b">"
                return
            if following:
                self._at += 1
                if not self.find(following):
                    raise ContainerBroken(CUT)
                self._at += 1
            elif not self._more():
                raise ContainerBroken(CUT)

    def _more(self, wanted: int = 0) -> bool:
        """Read on, at least as much as was not enough, so that what is looked at again stays linear."""
        if self._ended:
            return False
        pieces, size = [], 0
        while size < max(_BLOCK, wanted):
            piece = self._stream.read(max(_BLOCK, wanted) - size)
            if not piece:
                self._ended = True
                break
            pieces.append(piece)
            size += len(piece)
        if self._given < 0 or self._at - self._given > _LONGEST_GAP:
            kept, self._given = self._at, -1
        else:
            kept, self._given = self._given, 0
        self._held = b"".join((self._held[kept:], *pieces))
        self._at -= kept
        return bool(pieces)
