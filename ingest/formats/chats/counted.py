"""Bytes on their way to a reader, and how often some words stand in them: a count apart from any parsing."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from collections.abc import Sequence


class Counted:
    """A stream that is read forward, with the number of times that each word was met in it.

    A word of JSON with its quotes, such as ``"senderId"``, cannot stand inside of a text there: its quotes would be
    escaped. So the count of one that each message has once is the number of messages, whatever a parser makes of them.

    Args:
        stream: what is read.
        words: what is counted, each at least two bytes long.
        first: bytes that were read from the stream already and come first.
    """

    def __init__(self, stream: BinaryIO, words: Sequence[bytes] = (), *, first: bytes = b"") -> None:
        self._stream = stream
        self._first = first
        self._before = b""
        self._kept = max(map(len, words), default=1) - 1
        self.counts = dict.fromkeys(words, 0)

    def read(self, size: int = -1) -> bytes:
        """The next bytes, b"" at the end."""
        content, self._first = (self._first, b"") if self._first else (self._stream.read(size), b"")
        for word in self.counts:
            # what crosses the seam of two pieces is in neither of them
            seam = self._before[1 - len(word) :] + content[: len(word) - 1]
            self.counts[word] += seam.count(word) + content.count(word)
        if self._kept:
            self._before = (self._before + content[-self._kept :])[-self._kept :]
        return content

    def stream(self) -> BinaryIO:
        """This, for who wants a binary file and only reads it."""
        return cast("BinaryIO", self)
