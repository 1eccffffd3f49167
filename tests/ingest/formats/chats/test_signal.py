"""Signal: the backup of version 2, and the plain-text export of the same frames as JSON."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import random
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from ingest.formats.chats import signal_backup, signal_jsonl
from ingest.formats.chats.model import Media, Reacted, Said, Stated, Version
from ingest.formats.container import ContainerBroken, Remark
from tests.every_case import every_case
from tests.ingest.formats.chats.reading import held, read, stated
from tests.ingest.formats.chats.signal_writing import (
    ACCOUNT,
    ANN,
    HEAD,
    INFO,
    SENT,
    framed,
    item,
    message,
    varint,
    words,
)

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.formats.chats.model import ChatMessage

AT = datetime(2024, 5, 13, 11, 33, 20, tzinfo=UTC)
ANN_KEY = ANN.hex()


def backup(*items: bytes) -> dict[str, bytes]:
    return {"x.bin": framed(*HEAD, *items)}


def said(*items: bytes) -> list[ChatMessage]:
    return [one.message for one in read(signal_backup, held(backup(*items)))[0]]


def test_a_text_has_its_sender_time_side_and_identity():
    found = read(signal_backup, held(backup(item(words("Hello")))))
    one = found[0][0]
    assert (one.message.text, one.message.sender, one.message.at) == ("Hello", "Ann Smith", AT)
    assert (one.message.side, one.message.id) == ("left", f"{ANN_KEY}:{SENT}")
    assert one.thread.participants == ("Ann Smith", "Boba Fett")
    assert (one.thread.owner, one.thread.key, one.thread.serialised) == ("Boba Fett", ANN_KEY, True)
    assert [(s.what, s.count) for s in found[1]] == [("messages", 1), ("conversations", 1)]


def test_the_bytes_of_a_message_are_every_field_that_was_read_as_json():
    raw = json.loads(said(item(words("Hi"), (99, 7), (98, b"\0\1")))[0].raw)
    assert raw["standardMessage"]["text"]["body"] == "Hi"
    assert raw["dateSent"] == str(SENT)
    assert raw["#99"] == [7]
    assert base64.b64decode(raw["#98"][0]) == b"\0\1"


def test_fields_that_are_not_modelled_are_named():
    one = said(item(words("Hi"), (7, 1), (99, 7)))[0]
    assert one.unmapped == ("#99", "sms")


def test_what_the_owner_wrote_stands_right():
    one = said(item(words("Mine"), author=1, way=9))[0]
    assert (one.sender, one.side) == ("Boba Fett", "right")


def test_a_group_is_named_by_its_title_and_known_by_a_hash_of_its_key():
    thread = read(signal_backup, held(backup(item(words("Hi"), chat=3))))[0][0].thread
    assert (thread.title, thread.participants) == ("Budget", ("Ann Smith", "Boba Fett"))
    assert thread.key == f"group:{hashlib.sha256(b'k' * 32).hexdigest()[:32]}"


def test_earlier_versions_are_edits_and_the_first_one_says_when_it_was_sent():
    older = message((1, 2), (2, 4), (3, SENT), (8, b""), words("Frist"))
    one = said(item(words("First"), (6, older), sent=SENT + 60_000))[0]
    assert one.edits == (Version(text="Frist", at=AT),)
    assert one.at == AT
    assert one.edited_at == datetime(2024, 5, 13, 11, 34, 20, tzinfo=UTC)
    assert one.id == f"{ANN_KEY}:{SENT}"


def test_a_quote_refers_to_the_message_quoted_and_to_its_words_where_that_is_not_known():
    by_id = message((1, SENT), (2, 4), (3, message((1, "old words"))))
    lost = message((2, 4), (3, message((1, "old words"))))
    found = said(item(words("Yes", (1, by_id))), item(words("Yes", (1, lost))))
    assert [one.reply_to for one in found] == [f"{ANN_KEY}:{SENT}", "old words"]


def test_reactions_have_their_person_and_time():
    one = said(item(words("Hi", (6, message((1, "\U0001f44d"), (2, 1), (3, SENT))))))[0]
    assert one.reactions == (Reacted(emoji="\U0001f44d", by="Boba Fett", at=AT),)


def test_a_mention_is_the_name_where_its_mark_stands():
    span = message((1, 3), (2, 1), (3, ANN))
    text = message((1, "\U0001f600 \ufffc hi"), (2, span))
    assert said(item((11, message((2, text)))))[0].text == "\U0001f600 @Ann Smith hi"


def test_what_was_deleted_for_everybody_keeps_its_sender_and_has_no_words():
    for tag in (14, 22):
        one = said(item((tag, b"")))[0]
        assert (one.deleted, one.text, one.sender) == (True, "", "Ann Smith")


@every_case(
    ("update", "sentence"),
    [
        ((1, message((1, 2))), "Safety number changed"),
        ((3, message((1, 3_600_000))), "Time of disappearing messages set to 1:00:00"),
        ((4, message((1, "Ann"), (2, "Anna"))), "Changed their name from Ann to Anna"),
        ((7, message((2, 2), (3, 1), (4, 3))), "Incoming video call (missed)"),
        ((8, message((2, 2), (4, 4))), "Group call, started by Ann Smith (joined)"),
        ((10, message((1, SENT), (2, "Lunch?"))), "The poll ended: Lunch?"),
        ((2, message((1, message((3, message((1, ANN), (2, "New"))))))), "Ann Smith changed the group name to: New"),
        ((2, message((1, message((3, message((1, ANN))))))), "Ann Smith removed the group name"),
        ((2, message((1, message((10, message((1, b"?" * 16))))))), "Somebody left the group"),
    ],
)
def test_a_notice_is_a_sentence_and_a_system_message(update: tuple[int, bytes], sentence: str):
    one = said(item((15, message(update)), way=10))[0]
    assert (one.text, one.system, one.side) == (sentence, True, "center")


@every_case(
    ("kind", "text"),
    [
        ((12, message((1, message((1, message((1, "Bo"), (2, "Lee"))), (3, message((1, "555"))))))), "Bo Lee\n555"),
        ((13, message((1, message((4, "\U0001f600"))))), "\U0001f600"),
        ((16, message((1, "1.5"), (3, "lunch"))), "lunch\nPayment of 1.5 MOB"),
        ((17, message((2, 1))), "Gift badge"),
        ((18, b""), "View-once media"),
        ((19, message((1, message((1, message((1, "nice"))))))), "nice"),
        ((19, message((2, "\U0001f525"))), "\U0001f525"),
        ((20, message((1, "When?"), (3, message((1, "Now"), (2, message((1, 4))))))), "When?\n- Now: Ann Smith"),
    ],
)
def test_every_kind_of_item_says_what_it_is(kind: tuple[int, bytes], text: str):
    assert said(item(kind))[0].text == text


def test_a_file_of_the_backup_is_named_and_missing():
    pointer = message((4, "image/png"), (7, "plan.png"))
    one = said(item(words("", (3, message((1, pointer))))))[0]
    assert one.attachments == (Media(name="plan.png", media_type="image/png"),)


def test_absurd_times_leave_a_message_without_one():
    assert [one.at for one in said(item(words("a"), sent=0), item(words("b"), sent=1))] == [None, None]
    assert said(item(words("c"), sent=(1 << 64) - 1))[0].at is None


def test_a_message_of_a_chat_that_nobody_described_comes_out():
    found, counts, _ = read(signal_backup, held(backup(item(words("Hi"), chat=77, author=88))))
    assert (found[0].message.text, found[0].message.sender, found[0].thread.title) == ("Hi", None, None)
    assert stated(counts, "conversations") == 1


def test_a_damaged_item_is_counted_as_lost_and_the_next_is_read():
    found, counts, remarks = read(signal_backup, held(backup(item(words("a")), b"\x22\x7f\x08", item(words("b")))))
    assert [one.message.text for one in found] == ["a", "b"]
    assert [one.lost for one in remarks] == [1]
    assert stated(counts, "messages") == 3


def test_a_backup_that_is_cut_off_gives_what_stands_before():
    content = framed(*HEAD, item(words("a")), item(words("b")))[:-3]
    found = signal_backup.read(held({"x": content}))
    first = next(found)
    assert isinstance(first, Said)
    assert first.message.text == "a"
    with pytest.raises(ContainerBroken, match="ends within a message"):
        list(found)


def test_items_nested_in_each_other_end_at_a_depth():
    inside = message((1, 2))
    for _ in range(200):
        inside = message((6, inside))
    _, _, remarks = read(signal_backup, held(backup(message((4, inside)), item(words("a")))))
    assert [one.lost for one in remarks] == [1]


def test_a_compressed_backup_is_read():
    export = held({"x.gz": gzip.compress(framed(*HEAD, item(words("a"))))})
    assert [one.message.text for one in read(signal_backup, export)[0]] == ["a"]


@pytest.mark.parametrize(
    "files",
    [
        {"main": b"SBACKUP\x01" + bytes(200)},
        {"b/main": random.Random(1).randbytes(400), "b/metadata": b"\x08\x01"},
        {"signal-2024.backup": b"\0\0\0\x38\x0a\x36\x0a\x10" + bytes(16) + b"\x12\x20" + bytes(200)},
        {"Signal/sql/db.sqlite": random.Random(2).randbytes(4096), "Signal/config.json": b"{}"},
    ],
)
def test_a_container_that_needs_a_key_is_told(files: dict[str, bytes]):
    export = held(files)
    assert signal_backup.recognise(export)
    with pytest.raises(ContainerBroken, match="export the chats in plain text"):
        list(signal_backup.read(export))


@every_case(
    "content",
    [
        b"", b"\0", b"{}", b"From: a@b\r\n\r\nHi", b"\x1f\x8b\x08broken", b"%PDF-1.7", bytes(5000), b"\xff" * 5000,
        framed(message((1, 1))), framed(message((1, 1), (2, 5), (9, "x"))), framed(INFO, message((7, b"x"))),
        b"SQLite format 3\0" + bytes(100),
    ],
)  # fmt: skip
def test_other_files_are_no_backup(content: bytes):
    assert not signal_backup.recognise(held({"x": content}))
    assert not signal_jsonl.recognise(held({"x": content}))


@every_case("seed", range(200))
def test_a_spoiled_backup_ends_without_a_traceback(seed: int):
    chance = random.Random(seed)
    content = bytearray(framed(*HEAD, item(words("a", (6, message((1, "x"), (2, 4))))), item((15, message((2, b""))))))
    for _ in range(chance.randint(1, 12)):
        content[chance.randrange(len(INFO), len(content))] = chance.randrange(256)
    try:
        for one in signal_backup.read(held({"x": bytes(content)})):
            assert isinstance(one, (Said, Stated, Remark))
    except ContainerBroken:
        pass


# what stands beside the project


def test_every_case_of_signals_own_tests_gives_its_items_and_words(shared_dir: Path):
    folder = shared_dir / "fixtures/signal-backup-v2/signalapp__Signal-Message-Backup-Tests"
    told = json.loads((folder / "expected.json").read_text())["files"]
    assert len(told) > 50
    for name, facts in told.items():
        found, counts, remarks = read(signal_backup, held({name: (folder / name).read_bytes()}))
        expected = facts["by_kind"].get("chatItem", 0)
        assert (len(found), stated(counts, "messages"), remarks) == (expected, expected, []), name
        texts = Counter[str]()
        for one in found:
            texts.update((one.message.text, *(older.text for older in one.message.edits)))
            quote = json.loads(one.message.raw).get("standardMessage", {}).get("quote", {})
            texts.update([quote["text"]["body"]] if "text" in quote else [])
        assert not Counter(facts["bodies"]) - texts, name


def test_a_notice_of_a_newer_version_is_named_by_its_number():
    one = said(item((15, message((77, message((1, 2))))), way=10))[0]
    assert (one.system, one.text) == (True, "Notice of a kind that is not known")
    assert "#77" in json.loads(one.raw)["updateMessage"]


def test_a_frame_larger_than_can_be_read_is_passed_over():
    large = varint(4 << 3 | 2) + varint(33 << 20)
    content = framed(INFO, ACCOUNT, *HEAD[2:]) + varint(len(large) + (33 << 20)) + large + bytes(33 << 20)
    found, _, remarks = read(signal_backup, held({"x": content + framed(item(words("b")))}))
    assert [one.message.text for one in found] == ["b"]
    assert [one.lost for one in remarks] == [1]
