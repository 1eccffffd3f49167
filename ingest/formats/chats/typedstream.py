"""The words in a typedstream, Apple's older archive of objects (``attributedBody`` of Messages).

Rule kept: only what leads to the string of the attributed text is read; its attributes stay in the bytes. Layout as
published with NeXT's and GNUstep's typedstream: a version, the name of the format, the version of the system, then
groups of a type encoding and its values. Texts are given once and then by number (from 0x92 up), integers are one
byte, or 0x81 and two, or 0x82 and four (little end first), 0x84 begins something new, 0x85 is nothing.
"""

from __future__ import annotations

import re
from typing import Final

_SIGNATURE: Final = b"streamtyped"
_INT16: Final = 0x81
_INT32: Final = 0x82
_NEW: Final = 0x84
_FIRST_REFERENCE: Final = 0x92
_LONGEST_CHAIN: Final = 16
_STRINGS: Final = (b"NSString", b"NSMutableString")
_TEXTS: Final = (b"NSAttributedString", b"NSMutableAttributedString")
# the same place found by its look, where the walk fails: NSString, version 1, a superclass, then "+" and a length
_LOOKS: Final = re.compile(rb"NSString\x01(?:[\x92-\xff]|\x84\x84\x08NSObject\x00\x85)\x84\x01\+")


class _Unreadable(ValueError):
    pass


def words_of(content: bytes) -> str | None:
    """The text, None where there is none to be found; bytes that are no UTF-8 come out as U+FFFD."""
    try:
        return _Walk(content).words()
    except (_Unreadable, IndexError):
        pass
    found = _LOOKS.search(content, 0, 4096)
    if found is None:
        return None
    try:
        return _Walk(content, found.end()).text()
    except (_Unreadable, IndexError):
        return None


class _Walk:
    def __init__(self, content: bytes, at: int = 0) -> None:
        self._content = content
        self._at = at
        self._shared: list[bytes] = []

    def words(self) -> str:
        """From the first byte."""
        self._byte()  # version of the format
        if self._bytes(self._integer()) != _SIGNATURE:
            raise _Unreadable
        self._integer()  # version of the system
        name = self._object()
        if name in _TEXTS:
            name = self._object()
        if name not in _STRINGS or self._shared_text() != b"+":
            raise _Unreadable
        return self.text()

    def text(self) -> str:
        """A length and as many bytes of UTF-8."""
        return self._bytes(self._integer()).decode("utf-8", "replace")

    def _object(self) -> bytes:
        """The class of an object that begins here."""
        if self._shared_text() != b"@" or self._byte() != _NEW:
            raise _Unreadable
        first = b""
        for _ in range(_LONGEST_CHAIN):
            head = self._byte()
            if head != _NEW:
                break  # nothing above it, or a class that was given before
            name = self._shared_text()
            first = first or name
            self._integer()  # version of the class
        return first

    def _shared_text(self) -> bytes:
        head = self._byte()
        if head == _NEW:
            text = self._bytes(self._integer())
            self._shared.append(text)
            return text
        if head < _FIRST_REFERENCE or head - _FIRST_REFERENCE >= len(self._shared):
            raise _Unreadable
        return self._shared[head - _FIRST_REFERENCE]

    def _integer(self) -> int:
        head = self._byte()
        if head == _INT16:
            return int.from_bytes(self._bytes(2), "little")
        if head == _INT32:
            return int.from_bytes(self._bytes(4), "little")
        return head

    def _byte(self) -> int:
        self._at += 1
        return self._content[self._at - 1]

    def _bytes(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._content):
            raise _Unreadable
        taken = self._content[self._at : end]
        self._at = end
        return taken
