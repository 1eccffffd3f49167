"""Databases of Messages for tests: the tables and columns that the reader knows, and typedstreams."""

from __future__ import annotations

import sqlite3
from typing import Any

SCHEMA = """
CREATE TABLE handle (ROWID INTEGER PRIMARY KEY, id TEXT NOT NULL, service TEXT);
CREATE TABLE chat (ROWID INTEGER PRIMARY KEY, guid TEXT, style INTEGER, chat_identifier TEXT, display_name TEXT);
CREATE TABLE message (ROWID INTEGER PRIMARY KEY, guid TEXT, text TEXT, handle_id INTEGER DEFAULT 0, subject TEXT,
  attributedBody BLOB, service TEXT, date INTEGER, is_from_me INTEGER DEFAULT 0, item_type INTEGER DEFAULT 0,
  other_handle INTEGER DEFAULT 0, group_title TEXT, group_action_type INTEGER DEFAULT 0, share_status INTEGER,
  associated_message_guid TEXT, associated_message_type INTEGER DEFAULT 0, associated_message_emoji TEXT,
  message_summary_info BLOB, thread_originator_guid TEXT, date_edited INTEGER, date_retracted INTEGER,
  payload_data BLOB);
CREATE TABLE chat_message_join (chat_id INTEGER, message_id INTEGER, message_date INTEGER);
CREATE TABLE chat_handle_join (chat_id INTEGER, handle_id INTEGER);
CREATE TABLE attachment (ROWID INTEGER PRIMARY KEY, guid TEXT, filename TEXT, mime_type TEXT, transfer_name TEXT);
CREATE TABLE message_attachment_join (message_id INTEGER, attachment_id INTEGER);
INSERT INTO handle VALUES (1, '+15550001', 'iMessage'), (2, 'ann@example.com', 'iMessage');
INSERT INTO chat VALUES (1, 'iMessage;-;+15550001', 45, '+15550001', ''), (2, 'iMessage;+;chat7', 43, 'chat7', 'Board');
INSERT INTO chat_handle_join VALUES (1, 1), (2, 1), (2, 2);
"""
AT = 771_069_600_000_000_000
"""2025-06-08 10:00 UTC."""


def made(*rows: dict[str, Any], more: str = "") -> sqlite3.Connection:
    """A database with these rows of the message table; `chat` is the chat of one, 1 where it is not given."""
    database = sqlite3.connect(":memory:", isolation_level=None)
    fill(database, *rows, more=more)
    return database


def fill(database: sqlite3.Connection, *rows: dict[str, Any], more: str = "") -> None:
    database.executescript(SCHEMA)
    add(database, *rows)
    database.executescript(more)


def add(database: sqlite3.Connection, *rows: dict[str, Any]) -> None:
    for row in rows:
        named = {"guid": f"G{row.get('text')}", "date": AT, "handle_id": 1, **row}
        chat = named.pop("chat", 1)
        marks = ", ".join(f":{name}" for name in named)
        cursor = database.execute(f"INSERT INTO message ({', '.join(named)}) VALUES ({marks})", named)
        if chat:
            database.execute("INSERT INTO chat_message_join VALUES (?, ?, 0)", (chat, cursor.lastrowid))


def typedstream(text: str, *, mutable: bool = False) -> bytes:
    """An attributed string as Messages archives it, with the run of attributes after the text."""
    content = text.encode()
    count = len(content)
    if count < 0x80:
        length = bytes([count])
    else:
        length = b"\x81" + count.to_bytes(2, "little") if count < 1 << 16 else b"\x82" + count.to_bytes(4, "little")
    attributed, plain = b"\x84\x84\x84\x12NSAttributedString\x00", b"\x84\x84\x84\x08NSString\x01\x94"
    if mutable:
        attributed = b"\x84\x84\x84\x19NSMutableAttributedString\x00\x84\x84\x12NSAttributedString\x00"
        plain = b"\x84\x84\x84\x0fNSMutableString\x01\x84\x84\x08NSString\x01\x95"
    return (
        b"\x04\x0bstreamtyped\x81\xe8\x03\x84\x01@" + attributed + b"\x84\x84\x08NSObject\x00\x85\x92" + plain
        + b"\x84\x01+" + length + content + b"\x86\x84\x02iI\x01" + length + b"\x92\x84\x84\x84\x0cNSDictionary\x00\x94"
    )  # fmt: skip
