"""A database in an export, with the log beside it, opened to be read (see `sqlite_image`).

Rule kept: what of the log cannot be had is said, and the database is read without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingest.formats.chats.sqlite_image import LARGEST, LARGEST_LOG, opened
from ingest.formats.container import ContainerBroken, MemberBroken, Remark

if TYPE_CHECKING:
    import sqlite3

    from ingest.formats.chats.model import Export

_BLOCK: Final = 4 << 20


def opened_database(export: Export, name: str) -> tuple[sqlite3.Connection, list[Remark]]:
    """The database of this name, and what there is to say of its log.

    Raises:
        ContainerBroken: it is too large, or no database that can be read.
    """
    image, remarks = bytearray(), []
    with export.open(name) as stream:
        while piece := stream.read(_BLOCK):
            image += piece
            if len(image) > LARGEST:
                raise ContainerBroken(f"the database is larger than the {LARGEST >> 20} MB that can be opened safely")
    log = b""
    beside = next((one for one in (f"{name}-wal", f"{name}-WAL") if export.has(one)), None)
    if beside is not None:
        try:
            log = export.read(beside, LARGEST_LOG)
        except MemberBroken:
            remarks.append(
                Remark(text="the log beside the database is damaged or too large; its newest messages are missing",
                       path=beside, lost=None)
            )  # fmt: skip
    database, complete = opened(image, log)
    if not complete:
        remarks.append(Remark(text="the log beside the database ends in a page that is damaged; what comes after it "
                                   "is missing", path=beside or name, lost=None))  # fmt: skip
    return database, remarks
