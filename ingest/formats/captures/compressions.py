"""Undoing compression a bounded step at a time: zlib, Brotli (RFC 7932) and Zstandard (RFC 8878) in one form.

Rule kept: however much a few bytes unfold to, one step gives little. Zlib and Brotli stop where they are told to. The
library of Zstandard does not, so it is fed so few bytes at a time that a step cannot give more than 8 MiB (a block of
four bytes unfolds to 128 KiB, RFC 8878 §3.1.1.2). Windows are bounded: Brotli's by the RFC to 16 MiB, Zstandard's here
to 128 MiB, the most that its own program takes without being asked.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import brotli
import zstandard

from ingest.formats.container import MemberBroken

if TYPE_CHECKING:
    from collections.abc import Callable

GZIP_MARK: Final = b"\x1f\x8b"
ZSTANDARD_MARK: Final = b"\x28\xb5\x2f\xfd"
DICTIONARY_MARK: Final = b"\x5d\x2a\x4d\x18"
MARK_BYTES: Final = 4
DAMAGE: Final = (zlib.error, brotli.error, zstandard.ZstdError)
"""What an engine raises where its bytes are none that it can undo."""
_GZIP_WINDOW: Final = 31  # 15 bits and a gzip header (zlib's inflateInit2)
_RAW_WINDOW: Final = -15
_LARGEST_WINDOW: Final = 1 << 27
_LARGEST_DICTIONARY: Final = 8 << 20
_FED_TO_ZSTANDARD: Final = 256
_FED_TO_BROTLI: Final = 256  # what is lost where it is damaged: the library gives nothing of the step that fails


class Engine(Protocol):
    """What undoes one compressed stream, in the form that zlib gives it.

    `unconsumed_tail` is what must be given again with the next step, `unused_data` what stands behind the end, where
    `eof` says that it was reached.
    """

    @property
    def eof(self) -> bool:
        """Whether the end was reached."""

    @property
    def unconsumed_tail(self) -> bytes:
        """What was given and not taken."""

    @property
    def unused_data(self) -> bytes:
        """What was given and stands behind the end."""

    def decompress(self, content: bytes, most: int, /) -> bytes:
        """The next bytes, about `most` of them.

        Raises:
            one of `DAMAGE`: it is damaged.
        """


@dataclass(frozen=True, slots=True)
class Compression:
    """A way of compressing.

    `mark` is what a stream of it begins with, None where nothing tells it and there is one stream only. An engine of
    one that is not `resumable` cannot be copied, so reading begins again at the beginning of a stream.
    """

    begin: Callable[[], Engine]
    mark: re.Pattern[bytes] | None = None
    resumable: bool = True

    def begins(self, content: bytes) -> bool:
        """Whether these bytes begin with the mark of a stream."""
        return self.mark is not None and self.mark.match(content) is not None


class BrotliEngine:
    """A Brotli stream; what is behind its end is given to the library with it, and makes it a damaged one."""

    def __init__(self) -> None:
        self.eof = False
        self.unconsumed_tail = b""
        self.unused_data = b""
        self._engine = brotli.Decompressor()

    def decompress(self, content: bytes, most: int) -> bytes:
        """See `Engine`."""
        parts: list[bytes] = []
        made = at = 0
        while made < most and not self.eof:
            fed = content[at : at + _FED_TO_BROTLI] if self._engine.can_accept_more_data() else b""
            part = self._engine.process(fed, output_buffer_limit=most)
            at += len(fed)
            parts.append(part)
            made += len(part)
            self.eof = self._engine.is_finished()
            if not fed and not part:
                break  # all that was given is taken, and nothing of it waits to come out
        rest = content[at:]
        self.unused_data, self.unconsumed_tail = (rest, b"") if self.eof else (b"", rest)
        return b"".join(parts)


class ZstandardEngine:
    """A Zstandard frame, or one that is skipped and gives nothing."""

    def __init__(self, dictionary: zstandard.ZstdCompressionDict | None = None) -> None:
        self.eof = False
        self.unconsumed_tail = b""
        self.unused_data = b""
        made = zstandard.ZstdDecompressor(dict_data=dictionary, max_window_size=_LARGEST_WINDOW)
        self._engine = made.decompressobj()

    def decompress(self, content: bytes, most: int) -> bytes:
        """See `Engine`."""
        parts: list[bytes] = []
        made = at = 0
        while made < most and at < len(content) and not self.eof:
            part = self._engine.decompress(content[at : at + _FED_TO_ZSTANDARD])
            at += _FED_TO_ZSTANDARD
            parts.append(part)
            made += len(part)
            self.eof = self._engine.eof
        rest = content[at:]
        if self.eof:
            self.unused_data, self.unconsumed_tail = self._engine.unused_data + rest, b""
        else:
            self.unconsumed_tail = rest
        return b"".join(parts)


GZIP: Final = Compression(lambda: zlib.decompressobj(_GZIP_WINDOW), re.compile(re.escape(GZIP_MARK)))
ZLIB: Final = Compression(zlib.decompressobj)
RAW_DEFLATE: Final = Compression(lambda: zlib.decompressobj(_RAW_WINDOW))
BROTLI: Final = Compression(BrotliEngine, resumable=False)
_FRAME: Final = re.compile(re.escape(ZSTANDARD_MARK) + rb"|[\x50-\x5f]\x2a\x4d\x18")
ZSTANDARD: Final = Compression(ZstandardEngine, _FRAME, resumable=False)


def zstandard_of(head: bytes, dictionary: Callable[[int, int], bytes]) -> Compression:
    """Zstandard with the dictionary that a file begins with, if it does (Zstandard Compression for WARC Files 1.0).

    Args:
        head: its first 8 bytes.
        dictionary: gives so many bytes of it from a place on.

    Raises:
        MemberBroken: its dictionary cannot be had.
    """
    if not head.startswith(DICTIONARY_MARK):
        return ZSTANDARD
    size = int.from_bytes(head[MARK_BYTES : 2 * MARK_BYTES], "little")
    content = dictionary(2 * MARK_BYTES, size) if size <= _LARGEST_DICTIONARY else b""
    if not content or len(content) < size:
        raise MemberBroken("the dictionary of its compression is cut short or too large")
    if content.startswith(ZSTANDARD_MARK):
        content = _unfolded(content)
    try:
        made = zstandard.ZstdCompressionDict(content)
        ZstandardEngine(made)  # a damaged one is met only where it is used
    except DAMAGE:
        raise MemberBroken("the dictionary of its compression is damaged") from None
    return Compression(lambda: ZstandardEngine(made), _FRAME, resumable=False)


def _unfolded(content: bytes) -> bytes:
    engine = ZstandardEngine()
    try:
        found = engine.decompress(content, _LARGEST_DICTIONARY + 1)
    except DAMAGE:
        raise MemberBroken("the dictionary of its compression is damaged") from None
    if not engine.eof or len(found) > _LARGEST_DICTIONARY:
        raise MemberBroken("the dictionary of its compression is cut short or too large")
    return found


def load() -> None:
    """Undo a sample of each, so that whatever the libraries load on first use is there before confinement."""
    BrotliEngine().decompress(brotli.compress(b"rehearsal"), 1 << 10)
    ZstandardEngine().decompress(zstandard.ZstdCompressor().compress(b"rehearsal"), 1 << 10)
