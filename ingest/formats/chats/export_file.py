"""One file that may be an export: the days of its conversations, or nothing where it is none.

Rule kept: first bytes only let a file come here (`signs`); that it is an export is for the readers to say. A document
that looked like one is given back. What is a program's output (JSON, a database) and known to no reader then waits for
a person, because nobody else can tell whether a conversation is in it.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO, Final
from zoneinfo import ZoneInfo

from ingest.formats.chats.archived_files import ArchivedFiles
from ingest.formats.chats.export_members import export_members
from ingest.formats.chats.registry import formats_of, load
from ingest.formats.container import UNTOLD, NoContainer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.container import Circumstances, Found

__all__ = ["READER", "load", "members"]

READER: Final = "export 1"
_PIECE: Final = 1 << 18


def members(source: BinaryIO, name: str, about: Circumstances = UNTOLD) -> Iterator[Found]:
    """See `formats.container.ContainerReader`.

    Raises:
        NoContainer: no reader knows it.
    """
    size = source.seek(0, io.SEEK_END)
    export = ArchivedFiles(
        name, {name: size}, lambda _: _pieces(source, size), zone=ZoneInfo(about.zone), day_first=about.day_first
    )
    known = formats_of(export, about.mapping)
    if known:
        yield from export_members(export, export, known, ())
        return
    raise NoContainer


def _pieces(source: BinaryIO, size: int) -> Iterator[bytes]:
    """All bytes; who else reads of the same source meanwhile does not disturb it."""
    place = 0
    while place < size:
        source.seek(place)
        piece = source.read(min(_PIECE, size - place))
        if not piece:
            return
        place += len(piece)
        yield piece
