"""The ledger as files that anybody can read, written before each checkpoint: publishing tiles, and checking them.

Rule: whatever a published checkpoint counts stands in the tiles, so ``ledger/`` alone (checkpoint and tiles) is a
complete copy of the log (C2SP tlog-tiles; the layout is in `storage/tile_reading.py`).

Entries are made durable before level 0, and each level before the next; so whoever finds the uppermost tile of a size
finds everything below it. What was written is read again and hashed before a checkpoint may name it. A partial tile is
removed once one that begins with it is durable; a reader that misses it takes the fuller one.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from storage.errors import Corrupt, TemporarilyUnavailable
from storage.files import sync_names, write_together
from storage.merkle import ROW, ROW_LEVELS, Frontier, leaf_hash
from storage.tile_reading import (
    ENTRIES,
    TileReader,
    encode_entries,
    levels_of,
    members_of,
    read_leaves,
    tile_name,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from storage.checkpoints import Checkpoint

__all__ = ["LogRows", "TileFault", "Tiles", "check_tiles", "read_leaves"]

_WRITTEN_TOGETHER = 32


class LogRows(Protocol):
    """Where tiles are made from: leaves and hashes that are committed and never change."""

    def leaves(self, first: int, size: int) -> Sequence[bytes]:
        """The leaves [first, size), all of them."""
        ...

    def hashes(self, level: int, first: int, size: int) -> Sequence[bytes]:
        """The hashes [first, size) of complete subtrees of a level that is a multiple of 8, all of them."""
        ...


@dataclass(frozen=True, slots=True)
class TileFault:
    """A tile that is missing or not what the log says, by its path below ``ledger/``."""

    path: str
    detail: str


class Tiles:
    """The tile files of one log, for its publisher; of two programs only one may publish at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def reach(self, size: int) -> bool:
        """Whether the last tile of each level of a log of `size` leaves is there."""
        reader = TileReader(self._folder, size)
        try:
            for level in levels_of(size):
                reader.row(level, (members_of(level, size) - 1) // ROW)
        except Corrupt:
            return False
        return True

    def publish(self, rows: LogRows, old: int, size: int, root: bytes, *, whole: bool = False) -> int:
        """Bring the tiles from a published size to the present one; the number of files that were written.

        Args:
            rows: where leaves and hashes come from.
            old: a size whose tiles are there; where they are not, all tiles are compared and made.
            size: the new size.
            root: the tree's root at the new size.
            whole: compare every tile, and write again what is missing or differs.

        Raises:
            Corrupt: what was written does not give this root; nothing may be signed.
            StorageFull, TemporarilyUnavailable: the files cannot be written.
        """
        start = 0 if whole or not self.reach(old) else old
        reader = TileReader(self._folder, size)
        written = 0
        for level in levels_of(size):
            first, last = members_of(level, start), members_of(level, size)
            for number in range(first // ROW, -(-last // ROW), _WRITTEN_TOGETHER):
                numbers = range(number, min(number + _WRITTEN_TOGETHER, -(-last // ROW)))
                if first < last:
                    written += self._write(rows, level, numbers, last)
                    _reread(reader, level, numbers, first)
        if reader.root() != root:
            raise Corrupt("the ledger's tiles do not give the root of its head; run: archiver verify", size=size)
        return written

    def _write(self, rows: LogRows, level: str, numbers: range, last: int) -> int:
        first, end = numbers.start * ROW, min(numbers.stop * ROW, last)
        members = rows.leaves(first, end) if level == ENTRIES else rows.hashes(int(level) * ROW_LEVELS, first, end)
        files: dict[Path, bytes] = {}
        places = [self._folder / tile_name(level, number, min(ROW, last - number * ROW)) for number in numbers]
        for at, place in enumerate(places):
            row = members[at * ROW : (at + 1) * ROW]
            content = encode_entries(row) if level == ENTRIES else b"".join(row)
            if not _holds(place, content):
                files[place] = content
        write_together(files)
        if found := [place for place in places if place not in files]:
            sync_names(found, self._folder)
        for number, place in zip(numbers, places, strict=True):
            _remove_partials(self._folder / tile_name(level, number, 1), keep=place)
        return len(files)


def _holds(place: Path, content: bytes) -> bool:
    try:
        return place.stat().st_size == len(content) and place.read_bytes() == content
    except OSError:
        return False


def _remove_partials(one: Path, *, keep: Path) -> None:
    """Remove what a durable tile has made superfluous, and what a killed publisher left."""
    folder = one.parent
    try:
        for name in [entry.name for entry in os.scandir(folder)]:
            if folder / name != keep:
                (folder / name).unlink()
        if keep.parent != folder:
            folder.rmdir()
    except FileNotFoundError:
        return
    except OSError as error:
        raise TemporarilyUnavailable(f"{folder.name} cannot be tidied: {os.strerror(error.errno or 0)}") from error


def _reread(reader: TileReader, level: str, numbers: range, first: int) -> None:
    """Hash what the files below hold, and compare it with these tiles as they are on the disk.

    Raises:
        Corrupt: they differ.
    """
    if level == ENTRIES:
        return  # hashed when level 0 is compared with it
    for number in numbers:
        row = reader.row(level, number)
        for at, hashed in enumerate(row):
            if level == "0":
                break
            if number * ROW + at >= first and hashed != _full_root(reader, int(level) - 1, number * ROW + at):
                raise Corrupt(f"ledger/{tile_name(level, number, len(row))} does not hold the hash of the tile below")
        if level == "0" and row != [leaf_hash(leaf) for leaf in reader.row(ENTRIES, number)]:
            raise Corrupt(f"ledger/{tile_name(level, number, len(row))} does not hold the hashes of its leaves")


def _full_root(reader: TileReader, level: int, number: int) -> bytes:
    """The hash that a full tile stands for one level up."""
    return Frontier().append(reader.row(str(level), number))[0].root()


def check_tiles(folder: Path, checkpoint: Checkpoint) -> list[TileFault]:
    """Hash every leaf in the tiles of a log's folder and compare with every tile and with the checkpoint's root.

    Needs no key and no database; `checkpoint` is one whose signature was checked. Never stops at a fault.
    """
    if checkpoint.size and not (folder / "tile").is_dir():
        return [
            TileFault("tile", "the ledger's tiles are missing; write them again: archiver ledger checkpoint --whole")
        ]
    return _Walk(folder, checkpoint).run()


class _Walk:
    """One walk over all tiles; of each level one tile is held."""

    def __init__(self, folder: Path, checkpoint: Checkpoint) -> None:
        self._reader = TileReader(folder, checkpoint.size)
        self._checkpoint = checkpoint
        self._held: dict[int, tuple[int, list[bytes] | None]] = {}
        self._faults: list[TileFault] = []

    def run(self) -> list[TileFault]:
        size = self._checkpoint.size
        frontier: Frontier | None = Frontier()
        for number in range(-(-size // ROW)):
            row = self._row("0", number)
            leaves = self._row(ENTRIES, number)
            hashes = row if leaves is None else [leaf_hash(leaf) for leaf in leaves]
            if leaves is not None and row is not None and hashes != row:
                self._fault("0", number, "does not hold the hashes of its leaves")
            if frontier is None or hashes is None:
                frontier = None  # a missing tile is told; the root cannot be had any more
                continue
            frontier, completed = frontier.append(hashes)
            for level, place, hashed in completed:
                if level % ROW_LEVELS == 0:
                    self._compare(level // ROW_LEVELS, place, hashed)
        if frontier is not None and frontier.root() != self._checkpoint.root:
            self._faults.append(TileFault("tile", f"the tiles do not give the root of the checkpoint of {size} leaves"))
        return self._faults

    def _compare(self, level: int, place: int, hashed: bytes) -> None:
        number, at = divmod(place, ROW)
        if level not in self._held or self._held[level][0] != number:
            self._held[level] = (number, self._row(str(level), number))
        row = self._held[level][1]
        if row is not None and row[at] != hashed:
            self._fault(str(level), number, f"does not hold the hash of the tile {place} below")

    def _row(self, level: str, number: int) -> list[bytes] | None:
        try:
            return self._reader.row(level, number)
        except Corrupt as error:
            self._fault(level, number, error.message)
            return None

    def _fault(self, level: str, number: int, detail: str) -> None:
        width = min(ROW, members_of(level, self._checkpoint.size) - number * ROW)
        self._faults.append(TileFault(tile_name(level, number, width), detail))
