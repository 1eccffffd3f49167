"""Databases of Viber for tests: the tables and columns that the reader knows, and some that it does not."""

from __future__ import annotations

import sqlite3

DESKTOP = """
CREATE TABLE Contact (ContactID INTEGER PRIMARY KEY, Name TEXT, Number TEXT, ClientName TEXT, MID TEXT);
CREATE TABLE ChatInfo (ChatID INTEGER PRIMARY KEY, Name TEXT, Token INTEGER, Flags INTEGER);
CREATE TABLE ChatRelation (ChatID INTEGER, ContactID INTEGER);
CREATE TABLE Events (EventID INTEGER PRIMARY KEY, TimeStamp INTEGER, Direction INTEGER, Type INTEGER, ChatID INTEGER,
  ContactID INTEGER, Token INTEGER, IsRead INTEGER);
CREATE TABLE Messages (EventID INTEGER PRIMARY KEY, Type INTEGER, Subject TEXT, Body TEXT, PayloadPath TEXT,
  ThumbnailPath TEXT, StickerID INTEGER, Info TEXT);
INSERT INTO Contact VALUES (1, 'Ann', '+15550001', 'annie', 'mid1'), (2, NULL, '+15550002', 'Bo', 'mid2'),
  (3, NULL, NULL, NULL, NULL), (4, 'Head <head@x>', NULL, NULL, NULL);
INSERT INTO ChatInfo VALUES (1, NULL, NULL, 0), (2, 'Board', 4242, 0), (3, NULL, 0, 0);
INSERT INTO ChatRelation VALUES (1, 1), (2, 1), (2, 2), (3, 3), (3, 4);
"""
PHONE = """
CREATE TABLE ZMEMBER (Z_PK INTEGER PRIMARY KEY, ZDISPLAYFULLNAME VARCHAR, ZDISPLAYSHORTNAME VARCHAR, ZNAME VARCHAR);
CREATE TABLE ZPHONENUMBER (Z_PK INTEGER PRIMARY KEY, ZMEMBER INTEGER, ZCANONIZEDPHONENUM VARCHAR, ZPHONE VARCHAR);
CREATE TABLE ZCONVERSATION (Z_PK INTEGER PRIMARY KEY, ZGROUPID INTEGER, ZNAME VARCHAR, ZINTERLOCUTOR INTEGER);
CREATE TABLE Z_5PHONENUMINDEXES (Z_5CONVERSATIONS INTEGER, Z_10PHONENUMINDEXES INTEGER);
CREATE TABLE ZATTACHMENT (Z_PK INTEGER PRIMARY KEY, ZTYPE VARCHAR, ZNAME VARCHAR, ZFILESIZE INTEGER);
CREATE TABLE ZVIBERMESSAGE (Z_PK INTEGER PRIMARY KEY, ZDATE TIMESTAMP, ZSTATEDATE TIMESTAMP, ZTEXT VARCHAR,
  ZSTATE VARCHAR, ZSYSTEMTYPE VARCHAR, ZCONVERSATION INTEGER, ZPHONENUMINDEX INTEGER, ZATTACHMENT INTEGER,
  ZTOKEN INTEGER, ZLIKESCOUNT INTEGER);
INSERT INTO ZMEMBER VALUES (1, 'Ann', NULL, NULL), (2, NULL, 'Bo', NULL);
INSERT INTO ZPHONENUMBER VALUES (1, 1, '+15550001', '555-0001'), (2, 2, NULL, '+15550002');
INSERT INTO ZCONVERSATION VALUES (10, NULL, NULL, 1), (20, 4242, 'Board', NULL);
INSERT INTO Z_5PHONENUMINDEXES VALUES (20, 1), (20, 2);
INSERT INTO ZATTACHMENT VALUES (7, 'picture', 'IMG-1.jpg', 5), (8, 'sticker', NULL, 0);
"""
AT = 1_749_376_800_000
"""2025-06-08 10:00 UTC in milliseconds."""
APPLE_AT = 771_069_600.5
"""The same and half a second, in seconds since 2001."""


def made(script: str) -> sqlite3.Connection:
    database = sqlite3.connect(":memory:", isolation_level=None)
    database.executescript(script)
    return database


def desktop(*rows: tuple[dict[str, object], dict[str, object] | None], more: str = "") -> bytes:
    """A viber.db with these events, each with what is in its row of messages; None where it has none."""
    database = made(DESKTOP)
    for number, (event, message) in enumerate(rows, start=1):
        named = {"EventID": number, "TimeStamp": AT + number, "Direction": 0, "Type": 1, "ChatID": 1, "ContactID": 1}
        _insert(database, "Events", named | {"Token": 5000 + number} | event)
        if message is not None:
            _insert(database, "Messages", {"EventID": number, "Type": 1} | message)
    database.executescript(more)
    return database.serialize()


def phone(*rows: dict[str, object], more: str = "") -> bytes:
    """A Contacts.data with these messages."""
    database = made(PHONE)
    for number, row in enumerate(rows, start=1):
        named = {"ZDATE": APPLE_AT, "ZSTATE": "received", "ZCONVERSATION": 10, "ZTOKEN": 5000 + number}
        _insert(database, "ZVIBERMESSAGE", named | row)
    database.executescript(more)
    return database.serialize()


def _insert(database: sqlite3.Connection, table: str, row: dict[str, object]) -> None:
    marks = ", ".join(f":{name}" for name in row)
    database.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", row)
