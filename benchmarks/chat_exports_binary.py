"""Generated exports that are databases or binary records: databases of Messages and Viber, Signal's backup, Bluesky."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Final

from benchmarks.chat_exports import OWNER, Layout, Plan
from tests.ingest.formats.chats.imessage_writing import SCHEMA
from tests.ingest.formats.chats.repositories import repository
from tests.ingest.formats.chats.signal_writing import ACCOUNT, INFO, SELF, framed, message
from tests.ingest.formats.chats.viber_writing import DESKTOP as VIBER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_APPLE_EPOCH_MILLIS: Final = 978_307_200_000
_ME: Final = 1
_INCOMING, _OUTGOING = 8, 9
_VIBER_TOKEN: Final = 5_000_000_000_000_000_000


def _chat_database(plan: Plan, target: Path) -> None:
    database = sqlite3.connect(target)
    database.executescript(SCHEMA)
    database.executescript("DELETE FROM handle; DELETE FROM chat; DELETE FROM chat_handle_join;")
    numbers = [(1 + number, f"+1555{number:07}") for number in range(plan.conversations)]
    database.executemany("INSERT INTO handle VALUES (?, ?, 'iMessage')", numbers)
    database.executemany(
        "INSERT INTO chat VALUES (?, ?, 45, ?, '')", [(key, f"iMessage;-;{number}", number) for key, number in numbers]
    )
    database.executemany("INSERT INTO chat_handle_join VALUES (?, ?)", [(key, key) for key, _ in numbers])
    for row, one in enumerate(plan.all_talk(), start=1):
        at, mine = (one.millis - _APPLE_EPOCH_MILLIS) * 1_000_000, one.sender == OWNER
        database.execute(
            "INSERT INTO message (ROWID, guid, text, handle_id, date, is_from_me) VALUES (?, ?, ?, ?, ?, ?)",
            (row, f"G{row}", one.text, 1 + one.conversation, at, mine),
        )
        database.execute("INSERT INTO chat_message_join VALUES (?, ?, ?)", (1 + one.conversation, row, at))
    database.commit()
    database.close()


def _viber_database(plan: Plan, target: Path) -> None:
    """As Viber Desktop keeps it."""
    database = sqlite3.connect(target)
    database.executescript(VIBER)
    database.executescript("DELETE FROM Contact; DELETE FROM ChatInfo; DELETE FROM ChatRelation;")
    people = [(1 + number, plan.partner(number), f"+1555{number:07}") for number in range(plan.conversations)]
    database.executemany("INSERT INTO Contact (ContactID, Name, Number) VALUES (?, ?, ?)", people)
    database.executemany("INSERT INTO ChatInfo (ChatID, Token, Flags) VALUES (?, 0, 0)", [(key,) for key, *_ in people])
    database.executemany("INSERT INTO ChatRelation VALUES (?, ?)", [(key, key) for key, *_ in people])
    for row, one in enumerate(plan.all_talk(), start=1):
        chat = 1 + one.conversation
        event = (row, one.millis, one.sender == OWNER, chat, chat, _VIBER_TOKEN + row)
        database.execute("INSERT INTO Events VALUES (?, ?, ?, 1, ?, ?, ?, 1)", event)
        database.execute("INSERT INTO Messages (EventID, Type, Body) VALUES (?, 1, ?)", (row, one.text))
    database.commit()
    database.close()


def _signal_backup(plan: Plan, target: Path) -> None:
    def frames() -> Iterator[bytes]:
        yield from (INFO, ACCOUNT, SELF)
        for conversation in range(plan.conversations):
            key, (name, surname) = 2 + conversation, plan.partner(conversation).split(" ", 1)
            contact = message((4, 15_550_000_000 + conversation), (11, name), (12, surname))
            yield message((2, message((1, key), (2, contact))))
            yield message((3, message((1, key), (2, key))))
        for one in plan.all_talk():
            mine = one.sender == OWNER
            item = message(
                (1, 2 + one.conversation),
                (2, _ME if mine else 2 + one.conversation),
                (3, one.millis),
                (_OUTGOING if mine else _INCOMING, b""),
                (11, message((2, message((1, one.text))))),
            )
            yield message((4, item))

    target.write_bytes(framed(*frames()))


def _bluesky(plan: Plan, target: Path) -> None:
    records = {
        f"app.bsky.feed.post/3k{one.conversation:05}{one.place:08}": {
            "$type": "app.bsky.feed.post",
            "text": one.text,
            "createdAt": f"{one.at:%Y-%m-%dT%H:%M:%S}.000Z",
            "langs": ["en"],
        }
        for one in plan.all_talk()
    }
    target.write_bytes(repository(records))


LAYOUTS: Final = (
    Layout(name="iMessage, chat.db", reader="imessage_db", file="chat.db", write=_chat_database),
    Layout(name="Viber, viber.db", reader="viber", file="viber.db", write=_viber_database),
    Layout(name="Signal, backup", reader="signal_backup", file="main.binproto", write=_signal_backup),
    Layout(name="Bluesky, each message a post", reader="bluesky", file="repo.car", write=_bluesky),
)
