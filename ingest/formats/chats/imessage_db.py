"""The database of Apple's Messages: chat.db of a Mac, sms.db of an iPhone's backup.

Rule kept: every row of the message table comes out: as a message, or, where it is a reaction to one that is there, in
that message. Rows are read in their own order beside the tables that join them to chats and attachments, so that no
table is held in memory but the database itself. A message that no chat holds is given in a thread of its own sender.
A log (``chat.db-wal``) beside the database is part of it (`sqlite_image`).

The schema is not published; columns and numbers are those seen from OS X 10.9 to macOS 15, and every column is kept.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.chats.imessage_rows import OWNER, message, target_of
from ingest.formats.chats.imessage_tables import Beside, Files, Reactions, Tables
from ingest.formats.chats.model import Said, Stated, Thread
from ingest.formats.chats.sqlite_export import opened_database
from ingest.formats.chats.sqlite_image import FAULTS, SIGNATURE, tables
from ingest.formats.chats.sqlite_image import load as load_sqlite
from ingest.formats.container import ContainerBroken, Remark

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator

    from ingest.formats.chats.model import Export

    Row = dict[str, Any]

READER: Final = "imessage-db 1"
_LOOKED_AT: Final = 256 << 10
_NAMES: Final = ("chat.db", "sms.db", "3d0d7e5fb2ce288813306e4d4636395e047a3d28")
_MARKS: Final = (b"chat_message_join", b"associated_message_guid")
_NEEDED: Final = frozenset({"message", "handle", "chat", "chat_message_join"})
# what carried the last message: iMessage, SMS, RCS; "any" since macOS 26. A chat stays the same when it changes
_SERVICE: Final = re.compile(r"\A[A-Za-z]{1,20}(?=;[-+];.)")
_MOST_PEOPLE: Final = 1024
_MOST_IN_TITLE: Final = 64
_DAMAGED: Final = "the database of Messages is damaged from some place on; what stands before was read"


def load() -> None:
    """See `sqlite_image.load`."""
    load_sqlite()


def recognise(export: Export) -> bool:
    """See `ExportFormat`."""
    return _found(export) is not None


def read(export: Export) -> Iterator[Said | Stated | Remark]:
    """See `ExportFormat`.

    Raises:
        ContainerBroken: it is damaged, too large, or no database of Messages.
    """
    name = _found(export)
    if name is None:
        raise ContainerBroken("no database of Messages is in it")
    database, remarks = _database(export, name)
    yield from remarks
    try:
        yield from _messages(Tables(database), name, Files(export.names).entry)
    except FAULTS:
        raise ContainerBroken(_DAMAGED) from None
    finally:
        database.close()


def aside(name: str) -> str | None:
    """See `ExportFormat`."""
    last = name.rpartition("/")[2].lower()
    if last.endswith((".db-shm", ".db-wal")):
        return "it belongs to the database of Messages and holds nothing of its own"
    return "it holds no messages" if last.endswith((".abcddb", ".plist", ".ds_store")) else None


def _found(export: Export) -> str | None:
    for name in export.names:
        alone = len(export.names) == 1
        likely = name.rpartition("/")[2].lower() in _NAMES
        if not (alone or likely or name.lower().endswith(".db")) or export.head(name, 16) != SIGNATURE:
            continue
        head = export.head(name, _LOOKED_AT)
        if likely or all(mark in head for mark in _MARKS):
            return name
    return None


def _database(export: Export, name: str) -> tuple[sqlite3.Connection, list[Remark]]:
    database, remarks = opened_database(export, name)
    if not tables(database) >= _NEEDED:
        database.close()
        raise ContainerBroken("it is no database of Messages: tables that hold the messages are not in it")
    return database, remarks


def _messages(source: Tables, name: str, entry_of: Callable[[str], str | None]) -> Iterator[Said | Stated | Remark]:
    """Every message by its number, then what the tables count."""
    handles = {number: address for number, address in source.rows("SELECT ROWID, id FROM handle")
               if isinstance(address, str)}  # fmt: skip
    threads = _Threads(source, name, handles)
    reactions = _reactions(source)
    chats = Beside(source.sorted_pairs("chat_message_join", "message_id", "chat_id"))
    recoverable = Beside(source.sorted_pairs("chat_recoverable_message_join", "message_id", "chat_id"))
    attached = Beside(source.sorted_pairs("message_attachment_join", "message_id", "attachment_id"))
    inside = 0
    for row in source.messages():
        number = row["ROWID"]
        held, gone = chats.of(number), recoverable.of(number)
        files = [found for one in attached.of(number) if (found := source.row("attachment", one)) is not None]
        if number in reactions.inside:
            inside += 1
            continue
        rows = [found for one in reactions.of(row.get("guid")) if (found := source.row("message", one)) is not None]
        said = message(row, handles, files, rows, entry_of, recoverable=bool(gone and not held))
        yield Said(thread=threads.of((held or gone or [None])[0], row.get("handle_id")), message=said)
    if source.pages_lost:
        yield Remark(text="pages of the database are damaged; messages on them are missing", path=name, lost=None)
    if source.tables_lost:
        yield Remark(text="tables of people, chats or files are damaged; messages stand without them", path=name)
    total = next(source.rows("SELECT count(*) FROM message NOT INDEXED"), None)
    if total is not None:
        yield Stated(what="messages", count=total[0] - inside, path=name)
        yield Stated(what="conversations", count=threads.count, path=name)


def _reactions(source: Tables) -> Reactions:
    found = Reactions()
    if not {"associated_message_type", "associated_message_guid"} <= source.columns("message"):
        return found
    for number, target in source.rows(
        "SELECT ROWID, associated_message_guid FROM message NOT INDEXED "
        "WHERE associated_message_type >= 2000 AND associated_message_type < 4000 ORDER BY ROWID"
    ):
        guid = target_of({"associated_message_guid": target})
        if guid:
            found.by_target.setdefault(guid, []).append(number)
    for (guid,) in source.rows(
        "SELECT guid FROM message NOT INDEXED "
        "WHERE associated_message_type IS NULL OR associated_message_type < 2000 OR associated_message_type >= 4000"
    ):
        found.inside.update(found.of(guid))
    return found


class _Threads:
    """A thread for each chat, and for the sender of what no chat holds."""

    def __init__(self, source: Tables, name: str, handles: dict[int, str]) -> None:
        self._name = name
        self._handles = handles
        self._people: dict[object, list[str]] = {}
        self._opened: dict[object, Thread] = {}
        self._by_key: dict[str, Thread] = {}
        if "chat_handle_join" in source.names:
            for chat, handle in source.rows("SELECT chat_id, handle_id FROM chat_handle_join"):
                if handle in handles:
                    self._people.setdefault(chat, []).append(handles[handle])
        self._chats = {row["ROWID"]: row for row in source.dicts("SELECT ROWID AS ROWID, * FROM chat")}

    @property
    def count(self) -> int:
        """How many there are messages of."""
        return len(self._by_key)

    def of(self, chat: object, handle: object) -> Thread:
        """The thread of a chat, or where that is None, of the person with this number."""
        key = ("chat", chat) if chat is not None else ("handle", handle)
        found = self._opened.get(key)
        if found is None:
            opened = self._open(chat, handle)
            found = self._opened[key] = self._by_key.setdefault(opened.key, opened)
        return found

    def _open(self, chat: object, handle: object) -> Thread:
        row = self._chats.get(chat, {})
        others = self._people.get(chat, [])[:_MOST_PEOPLE]
        address = self._handles.get(handle) if type(handle) is int else None
        if chat is None and address:
            others = [address]
        title = _text(row, "display_name") or ", ".join(others[:_MOST_IN_TITLE]) or _text(row, "chat_identifier")
        otherwise = f"chat:{chat}" if chat is not None else f"handle:{address or ''}"
        return Thread(
            platform="imessage",
            key=_SERVICE.sub("", _text(row, "guid")) or _text(row, "chat_identifier") or otherwise,
            title=title or None,
            participants=(*dict.fromkeys(others), OWNER),
            owner=OWNER,
            path=self._name,
            serialised=True,
        )


def _text(row: Row, key: str) -> str:
    value = row.get(key)
    return value if isinstance(value, str) else ""
