"""Whether the database's write-ahead log lost commits that were durable: damage that SQLite takes for a torn write.

Rule: after an unclean stop SQLite reads the log up to the first frame whose checksum fails and drops what follows,
silently, because a write that was under way looks the same. But with `synchronous=FULL` a commit is synced before the
next frame is written. So a frame that continues the checksum of a commit frame before it proves that this commit was
durable; where both lie behind the point at which recovery ended, something acknowledged is gone, by damage and not by
a crash. Only of the very last commit this cannot be told. The log as it was is kept beside the database, since it holds
the only copy of those rows, until somebody has settled it.

Layout: sqlite.org/fileformat2.html §4.1 (header of 32 bytes), §4.2 (frames, and checksums that run from one to the
next).
"""

from __future__ import annotations

import os
import shutil
import struct
from typing import TYPE_CHECKING, Any, BinaryIO

from storage.files import sync_folder

if TYPE_CHECKING:
    from pathlib import Path

KEPT = "archive.db-wal.damaged"
DAMAGED = (
    "the database's log was damaged while the archive was stopped, and acknowledged commits are gone, among which "
    "records may have been destroyed, so it shows nothing and takes nothing; restore a backup that has them, or "
    f"accept the loss: move {KEPT} out of the archive's folder"
)
_HEADER, _FRAME_HEADER, _PAGE = 32, 24, 4096  # SQLCipher's pages have this size
_FRAME = _FRAME_HEADER + _PAGE
_MAGIC = 0x377F0682  # the last bit says the order of bytes in which checksums are taken
_HALF = 0xFFFFFFFF


def lost_commits(connection: Any, log: Path) -> bool:
    """Whether recovery left out commits that were durable.

    Args:
        connection: a driver connection to the database that is open already; no other may write meanwhile.
        log: the write-ahead log.
    """
    _, frames, _ = connection.execute("PRAGMA wal_checkpoint(NOOP)").fetchone()
    try:
        there = (log.stat().st_size - _HEADER) // _FRAME
        if frames < 0 or there - frames <= 1:
            return False
        with log.open("rb") as opened:
            return _chained_behind(opened, frames, there)
    except FileNotFoundError:
        return False


def keep_log(folder: Path) -> None:
    """Keep the log as it is, durably; one that was kept before stays."""
    place = folder / KEPT
    if place.exists():
        return
    aside = folder / f"{KEPT}.new"
    descriptor = os.open(aside, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    with (folder / "archive.db-wal").open("rb") as source, os.fdopen(descriptor, "wb") as target:
        shutil.copyfileobj(source, target)
        target.flush()
        os.fsync(target.fileno())
    aside.rename(place)
    sync_folder(folder)


def _chained_behind(log: BinaryIO, first: int, behind: int) -> bool:
    """Whether a commit frame from `first` on is continued by the frame after it."""
    salts, orders = _generation(log.read(_HEADER))
    for number in range(first, behind - 1):
        log.seek(_HEADER + number * _FRAME)
        page, committed, *rest = struct.unpack(">6I", log.read(_FRAME_HEADER))
        if not page or not committed or (salts is not None and tuple(rest[:2]) != salts):
            continue
        log.seek(_HEADER + (number + 1) * _FRAME)
        following = log.read(_FRAME)
        if struct.unpack_from(">2I", following, 8) != tuple(rest[:2]):
            continue
        stated = struct.unpack_from(">2I", following, 16)
        content = following[:8] + following[_FRAME_HEADER:]
        if any(_checksum(content, order, rest[2:]) == stated for order in orders):
            return True
    return False


def _generation(header: bytes) -> tuple[tuple[int, int] | None, tuple[str, ...]]:
    """The salts of the frames that count, and the order of bytes; of a damaged header neither is known."""
    magic, *_, one, two = struct.unpack_from(">6I", header)
    order = ">" if magic & 1 else "<"
    if magic & ~1 == _MAGIC and _checksum(header[:24], order, [0, 0]) == struct.unpack_from(">2I", header, 24):
        return (one, two), (order,)
    return None, ("<", ">")


def _checksum(content: bytes, order: str, start: list[int]) -> tuple[int, int]:
    """The running checksum over an even number of 32-bit words."""
    one, two = start
    words = iter(struct.unpack(f"{order}{len(content) // 4}I", content))
    for even, odd in zip(words, words, strict=True):
        one = (one + even + two) & _HALF
        two = (two + odd + one) & _HALF
    return one, two
