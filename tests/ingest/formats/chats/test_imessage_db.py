"""The database of Apple's Messages: words, reactions, edits, joins, logs, and databases made to harm."""

from __future__ import annotations

import hashlib
import json
import plistlib
import random
import sqlite3
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from ingest.formats.chats import imessage_db, sqlite_export, sqlite_image
from ingest.formats.chats.model import Media, Reacted, Said, Stated, Version
from ingest.formats.chats.typedstream import words_of
from ingest.formats.container import ContainerBroken, Remark
from tests.every_case import every_case
from tests.ingest.formats.chats.imessage_writing import AT, add, fill, made, typedstream
from tests.ingest.formats.chats.reading import held, read, stated

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.formats.chats.model import ChatMessage

WHEN = datetime(2025, 6, 8, 10, tzinfo=UTC)


def database(*rows: dict[str, Any], more: str = "", **files: bytes) -> dict[str, bytes]:
    return {"chat.db": made(*rows, more=more).serialize(), **files}


def said(*rows: dict[str, Any], more: str = "") -> list[ChatMessage]:
    return [one.message for one in read(imessage_db, held(database(*rows, more=more)))[0]]


def test_a_row_is_a_message_with_its_sender_time_and_chat():
    found, counts, _ = read(imessage_db, held(database({"text": "Hi"}, {"text": "Yo", "is_from_me": 1, "chat": 2})))
    first, second = found
    assert (first.message.text, first.message.sender, first.message.at) == ("Hi", "+15550001", WHEN)
    assert (first.message.side, first.message.id) == ("left", "GHi")
    assert (first.thread.key, first.thread.title) == (";-;+15550001", "+15550001")
    assert (second.message.sender, second.message.side) == ("Me", "right")
    assert (second.thread.title, second.thread.participants) == ("Board", ("+15550001", "ann@example.com", "Me"))
    assert (stated(counts, "messages"), stated(counts, "conversations")) == (2, 2)


def test_a_chat_stays_the_same_whatever_carried_it():
    more = "INSERT INTO chat VALUES (3, 'any;-;+15550001', 45, '+15550001', ''), (4, 'SMS;-;+15550001', 45, '', '');"
    more += "UPDATE chat_message_join SET chat_id = message_id + 1 WHERE message_id > 1;"
    found, counts, _ = read(imessage_db, held(database({"text": "a"}, {"text": "b"}, {"text": "c"}, more=more)))
    assert [one.thread.key for one in found] == [";-;+15550001"] * 3
    assert found[0].thread is found[2].thread
    assert stated(counts, "conversations") == 1


def test_dates_in_seconds_are_those_of_older_releases():
    assert said({"text": "a", "date": AT // 10**9})[0].at == WHEN
    assert [one.at for one in said(*({"text": "a", "date": one} for one in (0, -5, 1 << 62)))] == [None] * 3


@every_case("mutable", [False, True])
@every_case("text", ["a", "Grüße \U0001f355", "+ x " * 40, "y" * 200, "z" * 40_000, "w" * 70_000, ""])
def test_words_come_from_the_attributed_body_where_the_text_is_missing(text: str, mutable: bool):  # noqa: FBT001
    body = typedstream(text, mutable=mutable)
    assert words_of(body) == text
    assert said({"text": None, "attributedBody": body, "guid": "1"})[0].text == text


@every_case("seed", range(100))
def test_a_spoiled_typedstream_gives_a_text_or_none(seed: int):
    chance = random.Random(seed)
    body = bytearray(typedstream("Hello world"))
    for _ in range(3):
        body[chance.randrange(len(body))] = chance.randrange(256)
    found = words_of(bytes(body[: chance.randrange(len(body))]))
    assert found is None or isinstance(found, str)


def test_marks_of_attachments_are_no_words():
    one = said({"text": "\ufffcsee\ufffc"}, {"text": "\ufffd"})
    assert [each.text for each in one] == ["see", ""]


def test_a_subject_stands_before_the_words():
    assert said({"text": "words", "subject": "About"})[0].text == "About\nwords"


def test_reactions_stand_with_their_message_and_their_rows_stay_in_its_bytes():
    rows = (
        {"text": "Hi"},
        {"text": "Loved", "associated_message_guid": "p:0/GHi", "associated_message_type": 2000},
        {"text": "Liked", "associated_message_guid": "bp:GHi", "associated_message_type": 2001, "is_from_me": 1},
        {"text": "Own", "associated_message_guid": "GHi", "associated_message_type": 2006, "handle_id": 2,
         "associated_message_emoji": "\U0001f98a"},
        {"text": "Gone", "associated_message_guid": "p:0/GHi", "associated_message_type": 3000},
    )  # fmt: skip
    found, counts, _ = read(imessage_db, held(database(*rows)))
    assert len(found) == stated(counts, "messages") == 1
    one = found[0].message
    assert one.reactions == (
        Reacted(emoji="\U0001f44d", by="Me", at=WHEN),
        Reacted(emoji="\U0001f98a", by="ann@example.com", at=WHEN),
    )
    assert [row["text"] for row in json.loads(one.raw)["reactions"]] == ["Loved", "Liked", "Own", "Gone"]


def test_a_reaction_to_what_is_not_there_is_a_message():
    one = said({"text": "Loved x", "associated_message_guid": "p:0/NONE", "associated_message_type": 2000})[0]
    assert (one.text, one.reply_to) == ("Loved x", "NONE")


def test_an_answer_in_a_thread_names_what_it_answers():
    assert said({"text": "Hi"}, {"text": "Yes", "thread_originator_guid": "GHi"})[1].reply_to == "GHi"


def edited(*versions: str, retracted: bool = False) -> bytes:
    events = [{"t": typedstream(text), "d": AT / 10**9 + 60 * number} for number, text in enumerate(versions)]
    found: dict[str, Any] = {"ec": {"0": events}} if versions else {}
    return plistlib.dumps({**found, **({"rp": [0]} if retracted else {})}, fmt=plistlib.FMT_BINARY)


def test_every_version_of_an_edited_message_comes_out():
    one = said({"text": None, "guid": "1", "message_summary_info": edited("Frist", "Frst", "First"),
                "date_edited": AT + 120 * 10**9})[0]  # fmt: skip
    assert one.text == "First"
    assert one.edits == (
        Version(text="Frist", at=WHEN), Version(text="Frst", at=datetime(2025, 6, 8, 10, 1, tzinfo=UTC))
    )  # fmt: skip
    assert (one.edited, one.edited_at) == (True, datetime(2025, 6, 8, 10, 2, tzinfo=UTC))


def test_a_message_that_was_unsent_is_deleted():
    one = said({"text": None, "guid": "1", "message_summary_info": edited(retracted=True), "date_edited": AT})[0]
    assert (one.deleted, one.text) == (True, "")


@every_case(
    ("columns", "sentence"),
    [
        ({"item_type": 1, "other_handle": 2}, "added ann@example.com to the conversation"),
        ({"item_type": 1, "group_action_type": 1, "other_handle": 2}, "removed ann@example.com from the conversation"),
        ({"item_type": 2, "group_title": "Board"}, "named the conversation Board"),
        ({"item_type": 3}, "left the conversation"),
        ({"item_type": 3, "group_action_type": 1}, "changed the photo of the group"),
        ({"item_type": 4, "share_status": 1}, "stopped sharing location"),
        ({"item_type": 5}, "kept an audio message"),
        ({"item_type": 6}, "SharePlay"),
    ],
)
def test_a_change_of_the_group_is_a_notice(columns: dict[str, Any], sentence: str):
    one = said({"text": None, "guid": "1", **columns})[0]
    assert (one.system, one.text, one.side, one.sender) == (True, sentence, "center", "+15550001")


FILES = """
INSERT INTO attachment VALUES (1, 'A1', '~/Library/Messages/Attachments/ab/11/A1/IMG.jpg', 'image/jpeg', 'IMG.jpg');
INSERT INTO attachment VALUES (2, 'A2', '~/Library/SMS/Attachments/cd/22/A2/doc.pdf', 'application/pdf', 'doc.pdf');
INSERT INTO attachment VALUES (3, 'A3', NULL, NULL, NULL);
INSERT INTO message_attachment_join VALUES (2, 2), (1, 1), (2, 3), (99, 1);
"""


def test_attachments_are_found_in_their_folder_and_in_a_phones_backup():
    hidden = hashlib.sha1(b"MediaDomain-Library/SMS/Attachments/cd/22/A2/doc.pdf").hexdigest()
    files = database({"text": "a"}, {"text": "b"}, more=FILES)
    given = {"Messages/chat.db": files["chat.db"], "Messages/Attachments/ab/11/A1/IMG.jpg": b"1", f"cd/{hidden}": b"2"}
    first, second = (one.message for one in read(imessage_db, held(given))[0])
    assert first.attachments == (
        Media(name="IMG.jpg", media_type="image/jpeg", entry="Messages/Attachments/ab/11/A1/IMG.jpg"),
    )
    assert second.attachments == (Media(name="doc.pdf", media_type="application/pdf", entry=f"cd/{hidden}"), Media())
    assert said({"text": "a"}, {"text": "b"}, more=FILES)[0].attachments[0].entry is None


def test_a_message_of_no_chat_comes_out_in_a_thread_of_its_sender():
    found = read(imessage_db, held(database({"text": "a", "chat": None, "handle_id": 2})))[0]
    assert (found[0].thread.key, found[0].thread.title) == ("handle:ann@example.com", "ann@example.com")


def test_what_was_deleted_and_could_be_had_back_is_deleted_and_keeps_its_words():
    more = """CREATE TABLE chat_recoverable_message_join (chat_id INTEGER, message_id INTEGER, delete_date INTEGER);
              INSERT INTO chat_recoverable_message_join VALUES (1, 1, 0);"""
    found = read(imessage_db, held(database({"text": "a", "chat": None}, more=more)))[0]
    assert (found[0].message.deleted, found[0].message.text) == (True, "a")
    assert found[0].thread.key == ";-;+15550001"


def test_columns_that_are_not_modelled_are_named_and_kept():
    one = said({"text": "a", "service": "SMS", "payload_data": b"\0\1"})[0]
    assert one.unmapped == ("payload_data", "service")
    assert json.loads(one.raw)["payload_data"] == {"base64": "AAE="}


# logs


def logged(folder: Path) -> tuple[bytes, bytes]:
    """A database whose last message is in its log only."""
    path = folder / "chat.db"
    opened = sqlite3.connect(path, isolation_level=None)
    fill(opened, {"text": "old"})
    opened.execute("PRAGMA journal_mode=WAL")
    opened.execute("PRAGMA wal_autocheckpoint=0")
    add(opened, *({"text": f"new {number}"} for number in range(50)))
    files = path.read_bytes(), (folder / "chat.db-wal").read_bytes()
    opened.close()
    return files


def test_what_is_in_the_log_beside_the_database_is_read(tmp_path: Path):
    image, log = logged(tmp_path)
    export = held({"M/chat.db": image, "M/chat.db-wal": log})
    assert len(read(imessage_db, export)[0]) == 51
    assert export.opened == {"M/chat.db", "M/chat.db-wal"}
    assert len(read(imessage_db, held({"M/chat.db": image}))[0]) == 1


def test_a_log_that_is_damaged_is_read_up_to_there_and_it_is_said(tmp_path: Path):
    image, log = logged(tmp_path)
    spoiled = bytearray(log)
    spoiled[len(log) * 3 // 4] ^= 1
    found, _, remarks = read(imessage_db, held({"chat.db": image, "chat.db-wal": bytes(spoiled)}))
    assert 1 < len(found) < 51
    assert [one.lost for one in remarks] == [None]
    found, _, remarks = read(imessage_db, held({"chat.db": image, "chat.db-wal": b"x" * 500}))
    assert (len(found), [one.lost for one in remarks]) == (1, [None])


# databases made to harm


def test_damaged_pages_cost_the_messages_on_them_and_no_others():
    rows = ({"text": f"words of message {number}", "guid": str(number)} for number in range(2000))
    content = bytearray(database(*rows)["chat.db"])
    place = content.index(b"words of message 1000") // 4096 * 4096
    content[place : place + 8] = b"\xff" * 8
    found, _, remarks = read(imessage_db, held({"chat.db": bytes(content)}))
    texts = {one.message.text for one in found}
    assert {"words of message 0", "words of message 1999"} <= texts
    assert 1800 < len(texts) < 2000
    assert [one.lost for one in remarks if one.lost is None]


def test_a_reaction_to_a_reaction_does_not_vanish():
    found = said(
        {"text": "Hi"},
        {"text": "Loved", "associated_message_guid": "p:0/GHi", "associated_message_type": 2000},
        {"text": "Odd", "associated_message_guid": "p:0/GLoved", "associated_message_type": 2000},
        {"text": "Own", "associated_message_guid": "p:0/GOwn", "associated_message_type": 2000},
    )
    assert [one.text for one in found] == ["Hi", "Odd", "Own"]


def test_another_database_is_not_claimed():
    other = sqlite3.connect(":memory:")
    other.execute("CREATE TABLE message (text)")
    assert not imessage_db.recognise(held({"x.db": other.serialize()}))
    assert not imessage_db.recognise(held({"x.db": b"SQLite format 3\0"}))
    export = held({"chat.db": other.serialize()})
    with pytest.raises(ContainerBroken, match="no database of Messages"):
        list(imessage_db.read(export))


HOSTILE = (
    """DROP TABLE message; CREATE VIEW message AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n FROM r)
       SELECT n AS ROWID FROM r;""",
    """DROP TABLE message; CREATE TABLE message (guid TEXT, x AS (upper(guid)));
       INSERT INTO message (guid) VALUES ('1');""",
    "ALTER TABLE handle RENAME TO other;",
)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_schema_that_would_run_something_is_refused(hostile: str):
    export = held(database({"text": "a"}, more=hostile))
    with pytest.raises(ContainerBroken):
        list(imessage_db.read(export))


def test_values_of_other_types_are_taken_as_what_they_are():
    rows = [
        {"text": b"\xff", "guid": None, "date": "soon", "handle_id": "x", "is_from_me": "no", "item_type": b"1"},
        {"text": 5, "date": 1.5e300, "subject": 7, "attributedBody": "text", "message_summary_info": "text"},
        {"text": "a\0b", "associated_message_type": "2000", "associated_message_guid": 5, "other_handle": b"x"},
        {"text": "c", "associated_message_type": 2000.5, "associated_message_guid": "p:0/Ga\0b"},
    ]
    found = list(imessage_db.read(held(database(*rows))))
    assert sum(isinstance(one, Said) for one in found) == 4 - sum(
        4 - one.count for one in found if isinstance(one, Stated) and one.what == "messages"
    )


@every_case("seed", range(60))
def test_a_spoiled_database_ends_without_a_traceback(seed: int):
    chance = random.Random(seed)
    content = bytearray(
        made(*({"text": f"m{number}", "attributedBody": typedstream("x")} for number in range(200)), more=FILES)
        .serialize()
    )  # fmt: skip
    for _ in range(chance.choice((1, 10, 200))):
        content[chance.randrange(100, len(content))] = chance.randrange(256)
    try:
        for one in imessage_db.read(held({"chat.db": bytes(content[: chance.choice((len(content), 9000))])})):
            assert isinstance(one, (Said, Stated, Remark))
    except ContainerBroken:
        pass


def test_a_database_that_is_too_large_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sqlite_export, "LARGEST", 1000)
    with pytest.raises(ContainerBroken, match="larger than"):
        list(imessage_db.read(held(database({"text": "a"}))))


def test_loading_rehearses_what_reading_needs():
    imessage_db.load()
    image = bytearray(made({"text": "a"}).serialize())
    opened, complete = sqlite_image.opened(image)
    assert (len(image), complete) == (0, True)
    with pytest.raises(sqlite3.DatabaseError):
        opened.execute("ATTACH ':memory:' AS more")
    opened.close()


def test_the_database_beside_the_project_says_what_is_told(shared_dir: Path):
    folder = shared_dir / "fixtures/imessage-db/evantahler__macos-ts"
    told = json.loads((folder / "expected.json").read_text())
    found, counts, remarks = read(imessage_db, held({"chat.db": (folder / "chat.db").read_bytes()}))
    assert (len(found), remarks) == (told["n_messages"], [])
    assert stated(counts, "conversations") == told["n_chats"]
    for chat in told["chats"]:
        mine = [one for one in found if ("name" in chat) == (one.thread.title == chat.get("name"))]
        mine = [one for one in mine if "guid" not in chat or one.thread.key == chat["guid"].removeprefix("iMessage")]
        if chat["id"] == 2:
            mine = [one for one in found if one.thread.title == "alice@example.com"]
        assert len(mine) == chat["n_messages"]
        texts = [text.partition(" (")[0] if not text.startswith("(") else "" for text in chat["texts"]]
        assert [one.message.text for one in mine if one.message.text or "" in texts][: len(texts)] == texts
        names = [media.name for one in mine for media in one.message.attachments]
        assert names == chat.get("attachments", [])
    first = [one.message.at for one in found if one.thread.key == ";-;+15551234567"]
    assert (min(filter(None, first)), max(filter(None, first))) == (
        datetime(2025, 6, 8, 10, tzinfo=UTC), datetime(2025, 6, 15, 8, tzinfo=UTC)
    )  # fmt: skip
