"""The databases of Viber: viber.db of an unlocked Viber Desktop, Contacts.data of an iPhone's backup.

Rule kept: every row of the table of events, or of messages, comes out, as a message or as a notice; rows are read in
their own order beside the tables that tell people and chats. A database that Viber Desktop has locked is no SQLite file
and is not known here. A log (``viber.db-wal``) beside the database is part of it (`sqlite_export`).

Neither schema is published: tables, columns and units are those on which public tools that read them agree
(docs/formats/viber.md), and every column is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingest.formats.chats.imessage_tables import Beside, Tables
from ingest.formats.chats.model import Said, Stated
from ingest.formats.chats.sqlite_export import opened_database
from ingest.formats.chats.sqlite_image import FAULTS, SIGNATURE
from ingest.formats.chats.sqlite_image import load as load_sqlite
from ingest.formats.chats.viber_people import DesktopChats, PhoneChats
from ingest.formats.chats.viber_rows import FilesByName, desktop_message, phone_message
from ingest.formats.container import ContainerBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.model import Export

READER: Final = "viber 1"
_LOOKED_AT: Final = 1 << 20
_DESKTOP_MARKS: Final = (b"ChatInfo", b"ChatRelation", b"Messages", b"Events", b"EventID")
_PHONE_MARKS: Final = (b"ZVIBERMESSAGE", b"ZCONVERSATION")
_NAMES: Final = ("viber.db", "83b9310399a905c7781f95580174f321cd18fd97")
_ENDINGS: Final = (".db", ".data", ".sqlite")
_DESKTOP: Final = frozenset({"Events", "Messages", "ChatInfo", "Contact"})
_PHONE: Final = frozenset({"ZVIBERMESSAGE", "ZCONVERSATION", "ZMEMBER"})
_DAMAGED: Final = "the database of Viber is damaged from some place on; what stands before was read"
_NEITHER: Final = "it is no database of Viber that is known: tables that hold the messages are not in it"


def load() -> None:
    """See `sqlite_image.load`."""
    load_sqlite()


def recognise(export: Export) -> bool:
    """See `ExportFormat`."""
    return _found(export) is not None


def read(export: Export) -> Iterator[Said | Stated | Remark]:
    """See `ExportFormat`.

    Raises:
        ContainerBroken: it is damaged, too large, or no database of Viber.
    """
    name = _found(export)
    if name is None:
        raise ContainerBroken("no database of Viber is in it")
    database, remarks = opened_database(export, name)
    yield from remarks
    try:
        source, files = Tables(database), FilesByName(export.names, name)
        if source.names >= _DESKTOP:
            yield from _desktop(source, name, files)
        elif source.names >= _PHONE:
            yield from _phone(source, name, files)
        else:
            raise ContainerBroken(_NEITHER)
    except FAULTS:
        raise ContainerBroken(_DAMAGED) from None
    finally:
        database.close()


def aside(name: str) -> str | None:
    """See `ExportFormat`."""
    last = name.rpartition("/")[2].lower()
    if last.endswith(("-shm", "-wal")):
        return "it belongs to the database of Viber and holds nothing of its own"
    return "it holds no messages" if last in ("config.db", "data.db") or last.endswith(".ds_store") else None


def _found(export: Export) -> str | None:
    alone = len(export.names) == 1
    for name in export.names:
        last = name.rpartition("/")[2].lower()
        if not (alone or last in _NAMES or last.endswith(_ENDINGS)) or export.head(name, 16) != SIGNATURE:
            continue
        head = export.head(name, _LOOKED_AT)
        if last in _NAMES or any(all(mark in head for mark in marks) for marks in (_DESKTOP_MARKS, _PHONE_MARKS)):
            return name
    return None


def _desktop(source: Tables, name: str, files: FilesByName) -> Iterator[Said | Stated | Remark]:
    """Every event by its number, with the message that belongs to it."""
    chats = DesktopChats(source, name)
    bodies = Beside(source.sorted_pairs("Messages", "EventID", "ROWID"))
    unread = 0
    for number, row in source.sorted_pairs("Events", "EventID", "ROWID"):
        event = source.row("Events", row) if type(number) is int else None
        if event is None:
            unread += 1
            continue
        held = [found for one in bodies.of(number) if (found := source.row("Messages", one)) is not None]
        thread = chats.thread(event.get("ChatID"), event.get("ContactID"))
        yield Said(thread=thread, message=desktop_message(event, held, chats.label, files.entry))
    if unread:
        yield Remark(text=f"{unread:,} events have no number or cannot be read", path=name, lost=unread)
    yield from _end(source, name, "Events", len(chats.opened))


def _phone(source: Tables, name: str, files: FilesByName) -> Iterator[Said | Stated | Remark]:
    """Every row of the table of messages."""
    chats = PhoneChats(source, name)
    for row in source.messages("ZVIBERMESSAGE"):
        chat = row.get("ZCONVERSATION")
        file = source.row("ZATTACHMENT", row.get("ZATTACHMENT"))
        by = chats.sender(row, chat)
        yield Said(
            thread=chats.thread(chat, row.get("ZPHONENUMINDEX")), message=phone_message(row, file, by, files.entry)
        )
    yield from _end(source, name, "ZVIBERMESSAGE", len(chats.opened))


def _end(source: Tables, name: str, table: str, conversations: int) -> Iterator[Stated | Remark]:
    if source.pages_lost:
        yield Remark(text="pages of the database are damaged; messages on them are missing", path=name, lost=None)
    if source.tables_lost:
        yield Remark(text="tables of the database are damaged; what they tell is missing", path=name, lost=None)
    total = next(source.rows(f"SELECT count(*) FROM {table} NOT INDEXED"), None)  # noqa: S608 - our names
    if total is not None:
        yield Stated(what="messages", count=total[0], path=name)
        yield Stated(what="conversations", count=conversations, path=name)
