"""Databases of Viber: of the desktop and of an iPhone; written from the layouts that public tools agree on."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta

import pytest

from ingest.formats.chats import viber
from ingest.formats.chats.model import Said, Stated
from ingest.formats.chats.registry import recognised
from ingest.formats.container import ContainerBroken, Remark
from tests.every_case import every_case

from .reading import held, messages, read, stated
from .viber_writing import AT, desktop, phone

WHEN = datetime(2025, 6, 8, 10, tzinfo=UTC)
Event = tuple[dict[str, object], dict[str, object] | None]


def of_desktop(*rows: Event, more="", **files: bytes):
    return held({"ViberPC/1555/viber.db": desktop(*rows, more=more)} | files)


def of_phone(*rows: dict[str, object], more="", **files: bytes):
    return held({"Contacts.data": phone(*rows, more=more)} | files)


def test_messages_of_the_desktop_come_with_time_sender_and_side():
    export = of_desktop(({}, {"Body": "Hi"}), ({"Direction": 1, "ContactID": 9}, {"Body": "Yo"}))
    (first, second), counts, remarks = read(viber, export)
    assert first.message.at == WHEN + timedelta(milliseconds=1)
    assert (first.message.sender, first.message.side, first.message.text) == ("Ann <+15550001>", "left", "Hi")
    assert (second.message.sender, second.message.side) == ("Me", "right")
    assert first.message.id == "5001"
    assert (stated(counts, "messages"), stated(counts, "conversations")) == (2, 1)
    assert remarks == []


def test_a_chat_of_two_is_known_by_the_number_and_a_group_by_its_own():
    export = of_desktop(({}, {"Body": "a"}), ({"ChatID": 2}, {"Body": "b"}), ({"ChatID": 3}, {"Body": "c"}))
    two, group, other = (one.thread for one in read(viber, export)[0])
    assert (two.key, two.title, two.participants) == ("person:+15550001", "Ann <+15550001>", ("Ann <+15550001>", "Me"))
    assert (group.key, group.title) == ("group:4242", "Board")
    assert group.participants == ("Ann <+15550001>", "Bo <+15550002>", "Me")
    assert (other.key, other.participants) == ("chat:3", ("Head <head@x> <>", "Me"))


def test_the_same_chat_has_the_same_key_on_both_devices():
    here = [one.thread for one in read(viber, of_desktop(({}, {"Body": "a"}), ({"ChatID": 2}, {"Body": "b"})))[0]]
    there = [one.thread for one in read(viber, of_phone({"ZTEXT": "a"}, {"ZTEXT": "b", "ZCONVERSATION": 20}))[0]]
    assert [(one.key, one.title, one.participants) for one in here] == [
        (one.key, one.title, one.participants) for one in there
    ]


def test_a_file_of_the_desktop_is_found_by_its_name_and_else_missing():
    path = r"C:\Users\Ann\Documents\ViberDownloads\IMG-1.jpg"
    export = of_desktop(
        ({}, {"Type": 2, "Body": "look", "PayloadPath": path}),
        ({}, {"Type": 3}),
        ({}, {"Type": 11, "PayloadPath": "/home/a/notes.pdf"}),
        **{"ViberDownloads/img-1.JPG": b"picture"},
    )
    first, second, third = (one.attachments for one in messages(viber, export))
    assert (first[0].name, first[0].entry) == ("IMG-1.jpg", "ViberDownloads/img-1.JPG")
    assert (second[0].name, second[0].present) == (None, False)
    assert (third[0].name, third[0].present) == ("notes.pdf", False)


def test_a_name_that_two_files_have_is_neither():
    files = {"a/IMG-1.jpg": b"1", "b/IMG-1.jpg": b"2"}
    (one,) = messages(viber, of_desktop(({}, {"Type": 2, "PayloadPath": "x/IMG-1.jpg"}), **files))
    assert one.attachments[0].entry is None


def test_an_event_that_is_no_message_is_a_notice():
    (one,) = messages(viber, of_desktop(({"Type": 3}, None)))
    assert (one.system, one.side, one.id) == (True, "center", None)
    assert one.text == "an event that is no message, of type 3"


def test_what_is_not_modelled_is_named_and_kept():
    info = json.dumps({"quote": {"text": "before"}})
    (one,) = messages(viber, of_desktop(({"IsRead": 1}, {"Type": 4, "StickerID": 77, "Info": info})))
    assert one.unmapped == ("IsRead", "Type", "message.Info", "message.StickerID")
    assert json.loads(one.raw)["message"][0]["StickerID"] == 77
    assert one.text == ""


def test_a_copy_of_the_tables_without_keys_is_read_as_well():
    copied = """
    CREATE TABLE a AS SELECT * FROM Events ORDER BY EventID DESC; DROP TABLE Events; ALTER TABLE a RENAME TO Events;
    CREATE TABLE b AS SELECT * FROM Messages; DROP TABLE Messages; ALTER TABLE b RENAME TO Messages;
    """
    rows = [({}, {"Body": f"m{number}"}) for number in range(50)]
    assert [one.text for one in messages(viber, of_desktop(*rows, more=copied))] == [
        f"m{number}" for number in range(50)
    ]


def test_messages_of_a_phone_come_with_time_sender_and_side():
    export = of_phone(
        {"ZTEXT": "Hi"},
        {"ZTEXT": "Yo", "ZSTATE": "delivered"},
        {"ZTEXT": "all", "ZCONVERSATION": 20, "ZPHONENUMINDEX": 2},
        {"ZTEXT": "to all", "ZCONVERSATION": 20, "ZSTATE": "send"},
    )
    found, counts, remarks = read(viber, export)
    assert [(one.message.sender, one.message.side) for one in found] == [
        ("Ann <+15550001>", "left"), ("Me", "right"), ("Bo <+15550002>", "left"), ("Me", "right"),
    ]  # fmt: skip
    assert found[0].message.at == WHEN + timedelta(milliseconds=500)
    assert (stated(counts, "messages"), stated(counts, "conversations")) == (4, 2)
    assert remarks == []


def test_files_of_a_phone_and_its_notices():
    picture, sticker, notice = messages(
        viber,
        of_phone(
            {"ZATTACHMENT": 7, "ZLIKESCOUNT": 2},
            {"ZATTACHMENT": 8},
            {"ZSYSTEMTYPE": "systemCallLog", "ZTEXT": "missed"},
            **{"Documents/Attachments/IMG-1.jpg": b"p"},
        ),
    )
    assert picture.attachments[0].entry == "Documents/Attachments/IMG-1.jpg"
    assert picture.unmapped == ("ZLIKESCOUNT", "attachment.ZFILESIZE")
    assert sticker.attachments == ()
    assert (notice.system, notice.side, notice.text, notice.id) == (True, "center", "missed", None)


@pytest.mark.parametrize("at", [0, -1, 10**30, "soon", None, b"x"])
def test_a_moment_that_cannot_be_is_none(at):
    value = "NULL" if at is None else f"x'{at.hex()}'" if isinstance(at, bytes) else f"'{at}'"
    more = f"UPDATE Events SET TimeStamp = {value}"
    assert messages(viber, of_desktop(({}, {"Body": "x"}), more=more))[0].at is None


def test_it_is_known_by_its_tables_alone_and_nothing_else_is():
    for content in (desktop(({}, {"Body": "x"})), phone({"ZTEXT": "x"})):
        (known,) = recognised(held({"copy.bin": content}))
        assert known is viber
    assert not viber.recognise(held({"viber.db": b"\x93locked by Viber" * 100}))
    assert not viber.recognise(held({"x.db": b"SQLite format 3\0" + b"Messages Events" * 50}))


def test_a_database_of_this_name_without_its_tables_is_said_to_be_none():
    import sqlite3  # noqa: PLC0415 - only here

    other = sqlite3.connect(":memory:")
    other.execute("CREATE TABLE Messages (EventID)")
    with pytest.raises(ContainerBroken, match="no database of Viber"):
        list(viber.read(held({"viber.db": other.serialize()})))


def test_tables_that_say_something_else_end_in_what_there_is():
    more = "DROP TABLE ChatRelation; CREATE TABLE ChatRelation (x); UPDATE Contact SET Name = x'ff', Number = 5"
    found, _, remarks = read(viber, of_desktop(({"ContactID": "x", "ChatID": None}, {"Body": b"\xff"}), more=more))
    assert (found[0].message.sender, found[0].message.text) == (None, "")
    assert "damaged" in remarks[0].text


def test_rows_that_come_in_no_order_end_the_reading():
    content = bytearray(desktop(*(({}, {"Body": f"m{one}"}) for one in range(3))))
    for number, instead in ((1, 9), (2, 5), (3, 1)):  # the cells of the events: size, number, columns
        place = content.index(bytes((0x11, number, 9)))
        content[place + 1] = instead
    found = list(viber.read(held({"viber.db": bytes(content)})))
    assert len(found) < 20
    assert any("damaged" in one.text for one in found if isinstance(one, Remark))


@every_case("seed", range(60))
def test_a_spoiled_database_ends_without_a_traceback(seed: int):
    chance = random.Random(seed)
    whole = desktop(*(({}, {"Body": f"m{one}"}) for one in range(200))) if seed % 2 else phone(
        *({"ZTEXT": f"m{one}"} for one in range(200))
    )  # fmt: skip
    content = bytearray(whole)
    for _ in range(chance.choice((1, 10, 200))):
        content[chance.randrange(100, len(content))] = chance.randrange(256)
    try:
        for one in viber.read(held({"viber.db": bytes(content[: chance.choice((len(content), 9000))])})):
            assert isinstance(one, (Said, Stated, Remark))
    except ContainerBroken:
        pass


def test_files_that_belong_to_it_are_told_from_documents():
    assert viber.aside("viber.db-wal")
    assert viber.aside("config.db")
    assert viber.aside("IMG-1.jpg") is None


def test_the_epochs_are_the_ones_that_are_told():
    assert datetime.fromtimestamp(AT / 1000, UTC) == WHEN
