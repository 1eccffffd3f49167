"""A SQLite database that somebody handed in, opened from its bytes and only read.

Rule kept: nothing in the file decides what is run. Only plain tables are read, by the statements here; views,
triggers, virtual tables, functions and recursion are refused by an authorizer, and no file is opened. What a
write-ahead log holds beside the database is put into the image first, up to its last whole commit: each frame must
carry the log's salts and a right checksum (sqlite.org/fileformat2.html, "The Write-Ahead Log").

The image is in memory twice while it is opened, which bounds its size.
"""

from __future__ import annotations

import re
import sqlite3
from struct import iter_unpack, unpack_from
from typing import Final

from ingest.formats.container import ContainerBroken

SIGNATURE: Final = b"SQLite format 3\0"
LARGEST: Final = 400 << 20
LARGEST_LOG: Final = 64 << 20
_LONGEST_VALUE: Final = 64 << 20
_MAGIC: Final = (0x377F0682, 0x377F0683)
_LOG_HEADER: Final = 32
_FRAME_HEADER: Final = 24
_WORDS: Final = 0xFFFF_FFFF
_ALLOWED: Final = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ})
_COMPUTED: Final = re.compile(r"\bAS\b|\bGENERATED\b", re.IGNORECASE)
_COUNTING: Final = frozenset({"count"})
_DAMAGED: Final = "the database is damaged"
FAULTS: Final = (sqlite3.Error, UnicodeDecodeError)
"""What reading raises where a database is damaged; the second for names of columns."""


def opened(image: bytearray, log: bytes = b"") -> tuple[sqlite3.Connection, bool]:
    """The database, and whether all of its log went into it; `image` is emptied.

    Raises:
        ContainerBroken: it is no database that can be read.
    """
    complete = not log or _with_log(image, log)
    if len(image) < 100 or not image.startswith(SIGNATURE):  # noqa: PLR2004 - the header
        raise ContainerBroken(_DAMAGED)
    image[18:20] = b"\1\1"  # a database in memory has no write-ahead log
    database = sqlite3.connect(":memory:", isolation_level=None)
    try:
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
        database.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        database.deserialize(image)
        image.clear()
        database.execute("PRAGMA trusted_schema=OFF")
        database.execute("PRAGMA temp_store=MEMORY")
        database.execute("PRAGMA cell_size_check=ON")
        database.text_factory = _text
        database.set_authorizer(_authorised)
    except FAULTS:
        database.close()
        raise ContainerBroken(_DAMAGED) from None
    return database, complete


def tables(database: sqlite3.Connection) -> frozenset[str]:
    """The names of the plain tables: none that computes a column, which no authorizer is asked about.

    Raises:
        ContainerBroken: the schema cannot be read.
    """
    try:
        rows = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchmany(2000)
    except FAULTS:
        raise ContainerBroken(_DAMAGED) from None
    return frozenset(
        name
        for name, sql in rows
        if isinstance(sql, str) and sql[:13].upper() == "CREATE TABLE " and not _COMPUTED.search(sql)
    )


def load() -> None:
    """Open one, as a process must once before it is confined."""
    made = sqlite3.connect(":memory:")
    made.execute("CREATE TABLE one (it)")
    database, _ = opened(bytearray(made.serialize()))
    tables(database)
    database.close()
    made.close()


def _authorised(action: int, _first: str | None, second: str | None, *_: object) -> int:
    if action in _ALLOWED or (action == sqlite3.SQLITE_FUNCTION and second in _COUNTING):
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _with_log(image: bytearray, log: bytes) -> bool:
    """Put the pages of all whole commits into the image; whether nothing of the log was left out."""
    if len(log) < _LOG_HEADER:
        return False
    magic, _, size, _, salt1, salt2, sum1, sum2 = unpack_from(">8I", log)
    order = "<" if magic == _MAGIC[0] else ">"
    size = 65536 if size == 1 else size
    if magic not in _MAGIC or size & (size - 1) or not 512 <= size <= 65536:  # noqa: PLR2004 - sizes of pages
        return False
    sums = _checksum(log[:24], order, 0, 0)
    if sums != (sum1, sum2):
        return False
    at, waiting = _LOG_HEADER, {}
    whole = True
    while at + _FRAME_HEADER + size <= len(log):
        page, pages, salt_a, salt_b, sum1, sum2 = unpack_from(">6I", log, at)
        start = at + _FRAME_HEADER
        if (salt_a, salt_b) != (salt1, salt2):
            break  # what is left of an earlier use of the file
        sums = _checksum(log[at : at + 8], order, *sums)
        sums = _checksum(log[start : start + size], order, *sums)
        if sums != (sum1, sum2) or not 0 < page * size <= LARGEST + LARGEST_LOG:
            whole = False
            break
        waiting[page] = start
        at = start + size
        if pages:
            _put(image, log, waiting, size)
            waiting = {}
            if pages * size <= len(image):
                del image[pages * size :]
    return whole and not waiting


def _put(image: bytearray, log: bytes, pages: dict[int, int], size: int) -> None:
    for page, start in sorted(pages.items()):
        place = (page - 1) * size
        if place > len(image):
            image.extend(bytes(place - len(image)))
        image[place : place + size] = log[start : start + size]


def _checksum(content: bytes, order: str, first: int, second: int) -> tuple[int, int]:
    for one, two in iter_unpack(f"{order}2I", content):
        first = (first + one + second) & _WORDS
        second = (second + two + first) & _WORDS
    return first, second
