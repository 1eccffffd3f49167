"""Tiles of a log as files, for reading: their names, their forms, the root that they give (C2SP tlog-tiles).

Rule: a folder with a checkpoint and tiles is a log that can be read and hashed with no database and no key. Whatever
stands there may have been changed by anybody, so lengths are checked and bounded here, and hashes by whoever reads.

``tile/entries/<N>`` holds 256 leaves, each behind its length (uint16, big-endian); ``tile/<L>/<N>`` holds 256 hashes
of 32 bytes, at level 0 of the leaves, above of the full tiles one level below. The last of each level is partial:
``<N>.p/<W>`` with its W members. N is written in groups of three digits, all but the last behind an ``x``
(1234067 is ``x001/x234/067``).
"""

from __future__ import annotations

import os
import re
import struct
from contextlib import suppress
from typing import TYPE_CHECKING

from storage.errors import Corrupt
from storage.events import LARGEST_LEAF
from storage.merkle import HASH_BYTES, ROW, ROW_LEVELS, Frontier, RowHashes, range_hash

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

ENTRIES = "entries"
_LARGEST_BUNDLE = ROW * (2 + LARGEST_LEAF)
_TRIES = 5
_WIDTH = re.compile(r"[1-9][0-9]{0,2}")


def tile_name(level: str, number: int, width: int = ROW) -> str:
    """The path of a tile below the log's folder; `level` is a number in decimal, or ``entries``."""
    groups = [f"{number % 1000:03}"]
    while number >= 1000:  # noqa: PLR2004 - three digits to a group
        number //= 1000
        groups.append(f"x{number % 1000:03}")
    return f"tile/{level}/{'/'.join(reversed(groups))}" + (f".p/{width}" if width < ROW else "")


def encode_entries(leaves: Sequence[bytes]) -> bytes:
    """A bundle: each leaf behind its length."""
    return b"".join(struct.pack(">H", len(leaf)) + leaf for leaf in leaves)


def decode_entries(bundle: bytes, count: int) -> list[bytes]:
    """The leaves of a bundle that must hold exactly so many.

    Raises:
        ValueError: it does not.
    """
    leaves: list[bytes] = []
    at = 0
    while at < len(bundle) and len(leaves) < count:
        length = int.from_bytes(bundle[at : at + 2])
        leaf = bundle[at + 2 : at + 2 + length]
        if len(leaf) != length or at + 2 > len(bundle):
            break
        leaves.append(leaf)
        at += 2 + length
    if at != len(bundle) or len(leaves) != count:
        raise ValueError("the bundle does not hold the leaves that its name says")
    return leaves


def _cut(content: bytes) -> list[bytes]:
    return [content[at : at + HASH_BYTES] for at in range(0, len(content), HASH_BYTES)]


def _members(level: str, content: bytes, width: int) -> list[bytes]:
    if level == ENTRIES:
        return decode_entries(content, width)
    if len(content) != width * HASH_BYTES:
        raise ValueError("the tile does not hold the hashes that its name says")
    return _cut(content)


def members_of(level: str, size: int) -> int:
    """How many members a level has in a log of `size` leaves."""
    return size if level == ENTRIES else size >> ROW_LEVELS * int(level)


def levels_of(size: int) -> Iterator[str]:
    """The levels that a log of `size` leaves has, the entries first."""
    level = 0
    if size:
        yield ENTRIES
    while size >> ROW_LEVELS * level:
        yield str(level)
        level += 1


class TileReader:
    """The tiles of a log of `size` leaves."""

    def __init__(self, folder: Path, size: int) -> None:
        self._folder = folder
        self.size = size

    def row(self, level: str, number: int) -> list[bytes]:
        """The members of a tile as far as the log's size reaches, from the tile or one that begins with it.

        Raises:
            Corrupt: it is missing, or does not have its form.
        """
        wanted = min(ROW, members_of(level, self.size) - number * ROW)
        for _ in range(_TRIES):  # a publisher may put a fuller one in the place of the one just listed
            for width in self._widths(level, number, wanted):
                with suppress(FileNotFoundError):
                    return self._read(level, number, width)[:wanted]
        raise Corrupt(f"ledger/{tile_name(level, number, wanted)} is missing")

    def _widths(self, level: str, number: int, wanted: int) -> list[int]:
        partials = self._folder / tile_name(level, number, 1)
        try:
            names = [entry.name for entry in os.scandir(partials.parent)]
        except OSError:
            names = []
        return [*sorted(width for width in map(int, filter(_WIDTH.fullmatch, names)) if wanted <= width < ROW), ROW]

    def _read(self, level: str, number: int, width: int) -> list[bytes]:
        name = tile_name(level, number, width)
        try:
            with (self._folder / name).open("rb") as opened:
                content = opened.read(_LARGEST_BUNDLE + 1)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise Corrupt(f"ledger/{name} cannot be read: {os.strerror(error.errno or 0)}") from error
        try:
            return _members(level, content, width)
        except ValueError as error:
            raise Corrupt(f"ledger/{name}: {error}") from error

    def root(self) -> bytes:
        """The root that the tiles at the right edge give.

        Raises:
            Corrupt: one of them is missing or damaged.
        """
        if self.size == 0:
            return Frontier().root()
        rows = RowHashes(lambda level, number: self.row(str(level // ROW_LEVELS), number))
        try:
            return range_hash(0, self.size, rows.subtree)
        except LookupError as error:
            raise Corrupt("the tiles of the ledger do not reach as far as its checkpoint") from error


def read_leaves(folder: Path, first: int, size: int) -> Iterator[bytes]:
    """The leaves [first, size) of a log's folder, in order; one bundle is held at a time.

    Raises:
        Corrupt: a bundle is missing or does not have its form.
    """
    reader = TileReader(folder, size)
    for number in range(first // ROW, -(-size // ROW)):
        yield from reader.row(ENTRIES, number)[max(0, first - number * ROW) :]
