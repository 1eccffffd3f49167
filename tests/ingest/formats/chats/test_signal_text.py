"""Text exports of Signal Desktop: chat.md, data.json, and the line form of older releases."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from ingest.formats.chats import signal_text
from ingest.formats.chats.model import Media, Reacted, Said, Stated
from ingest.formats.container import Remark
from tests.ingest.formats.chats.reading import gone_wrong, held, messages, read, stated

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.formats.chats.model import ChatMessage


def line(**fields: Any) -> dict[str, Any]:
    return {
        "date": "2024-06-01T14:00:00", "sender": "Ann", "body": "Hello  ", "quote": "", "sticker": None,
        "reactions": [], "attachments": [], "deleted": False, "call": False, "missed": False, **fields,
    }  # fmt: skip


def data(*rows: dict[str, Any]) -> bytes:
    return "".join(f"{json.dumps(one, ensure_ascii=False)}\n" for one in rows).encode()


def markdown(text: str) -> list[ChatMessage]:
    return messages(signal_text, held({"Ann/chat.md": text.encode()}))


def test_a_line_of_data_json_is_a_message_without_the_break_of_markdown():
    found = read(signal_text, held({"Ann/data.json": data(line(), line(sender="Me", body="ok"))}))
    first, second = (one.message for one in found[0])
    assert (first.text, first.sender, first.side) == ("Hello", "Ann", "left")
    assert first.at == datetime(2024, 6, 1, 14, 0)  # noqa: DTZ001 - the export states no zone
    assert first.raw == data(line()).rstrip()
    assert (second.sender, second.side) == ("Me", "right")
    thread = found[0][0].thread
    assert (thread.title, thread.participants, thread.owner) == ("Ann", ("Ann", "Me"), "Me")


def test_quotes_stickers_reactions_and_calls_of_data_json():
    rows = data(
        line(quote="\n\n> old\n> words\n\n"),
        line(body="  ", sticker={"emoji": "\U0001f600"}),
        line(reactions=[["Bo", "\U0001f44d"]]),
        line(call=True, body="Missed voice call  "),
        line(deleted=True, body="", sender="No-Sender"),
    )
    quoted, sticker, liked, call, gone = messages(signal_text, held({"data.json": rows}))
    assert (quoted.reply_to, quoted.text) == ("old\nwords", "Hello")
    assert sticker.text == "\U0001f600"
    assert liked.reactions == (Reacted(emoji="\U0001f44d", by="Bo"),)
    assert (call.system, call.text) == (True, "Missed voice call")
    assert (gone.deleted, gone.sender) == (True, None)


def test_twins_are_read_once_and_the_other_one_is_set_aside():
    export = held({"Ann/chat.md": b"[2024-06-01 14:00:00] Ann: Hello  \n", "Ann/data.json": data(line())})
    assert len(messages(signal_text, export)) == 1
    assert export.opened == {"Ann/data.json"}
    assert signal_text.aside("Ann/chat.md")
    assert signal_text.aside("Ann/media/a.png") is None


def test_markdown_is_read_where_it_has_no_twin():
    first, second = markdown("[2024-06-01 14:00:00] Ann: Hello  \nmore: words\n[2024-06-01 14:01:00] Me: ok  \n")
    assert (first.text, first.sender) == ("Hello  \nmore: words", "Ann")
    assert first.raw == b"[2024-06-01 14:00:00] Ann: Hello  \nmore: words"
    assert second.text == "ok"


def test_marks_of_markdown_are_no_words():
    text = (
        "[2024-06-01 14:00:00] Me: \n\n> old\n> words\n\nnew  \n"
        "[2024-06-01 14:01:00] Ann: look  ![a (1).jpg](./media/a%20(1).jpg)  \n"
        "[2024-06-01 14:02:00] Ann: (This message was deleted)\n"
        "[2024-06-01 14:03:00] Ann: ok  \n(- Bo: \U0001f44d, Lee, Jr.: \u2764 -)\n"
        "[2024-06-01 14:04:00] Ann:   \n(( \U0001f600 ))\n"
    )
    quote, file, gone, liked, sticker = markdown(text)
    assert (quote.reply_to, quote.text) == ("old\nwords", "new")
    assert (file.text, file.attachments) == ("look", (Media(name="a (1).jpg"),))
    assert (gone.deleted, gone.text) == (True, "")
    assert liked.text == "ok"
    assert [(one.by, one.emoji) for one in liked.reactions] == [("Bo", "\U0001f44d"), ("Lee, Jr.", "\u2764")]
    assert sticker.text == "\U0001f600"


def test_a_file_beside_the_chat_is_found_with_its_spaces():
    export = {"Ann/chat.md": b"[2024-06-01 14:00:00] Ann: ![a b.jpg](./media/a%20b.jpg)  \n", "Ann/media/a b.jpg": b"x"}
    assert messages(signal_text, held(export))[0].attachments[0].entry == "Ann/media/a b.jpg"


def test_the_older_form_has_a_comma_and_no_seconds():
    first, second = messages(
        signal_text, held({"x.txt": b"[2019-12-24, 12:23] Jane: Hello\r\n[2020-01-17, 21:49] John: a\r\nb\r\n"})
    )
    assert (first.sender, first.text) == ("Jane", "Hello")
    assert second.at == datetime(2020, 1, 17, 21, 49)  # noqa: DTZ001 - the export states no zone
    assert second.text == "a\nb"
    assert second.raw == b"[2020-01-17, 21:49] John: a\r\nb"


def test_a_chat_of_another_messenger_is_none_of_these():
    for text in (
        b"[2019-12-24, 12:23:11] Jane: Hello\n",
        b"[24.12.19, 12:23:11] Jane: Hello\n",
        b"- [ ] a list\n",
        b'{"date": "2024-06-01", "sender": "x"}\n',
        b"",
    ):
        assert not signal_text.recognise(held({"_chat.txt": text}))


def test_a_damaged_line_is_counted_as_lost():
    found, counts, remarks = read(signal_text, held({"Ann/data.json": data(line()) + b"{\n\n[]\n" + data(line())}))
    assert (len(found), stated(counts, "messages"), [one.lost for one in remarks]) == (2, 4, [2])


@pytest.mark.parametrize("seed", range(2))
def test_wrong_types_anywhere_end_in_messages_or_remarks(seed: int):
    row = line(reactions=[["a", "b"]], attachments=[{"name": "a", "path": "media/a"}], sticker={"emoji": "x"})
    for spoiled in gone_wrong([row, row], seed, 300):
        rows = "".join(f"{json.dumps(one)}\n" for one in (line(), *spoiled)).encode()
        found = list(signal_text.read(held({"Ann/data.json": rows})))
        lost = sum(one.lost or 0 for one in found if isinstance(one, Remark))
        counted = sum(one.count for one in found if isinstance(one, Stated))
        assert counted == lost + sum(isinstance(one, Said) for one in found) == 3
        for one in found:
            if isinstance(one, Said):
                one.message.text.encode()


def test_a_hostile_line_of_marks_is_read_in_time_of_its_length():
    text = "[2024-06-01 14:00:00] Ann: " + "![](./media/" * 20_000 + "\n" + "(- " * 20_000
    assert len(markdown(text)) == 1


def test_the_exports_beside_the_project_say_what_is_told(shared_dir: Path):
    folder = shared_dir / "fixtures/signal-md/spec-derived"
    told = json.loads((folder / "expected.json").read_text())
    files = {one.relative_to(folder).as_posix(): one.read_bytes() for one in folder.glob("*/**/*") if one.is_file()}
    for leave_out in ("data.json", "chat.md"):
        found = messages(signal_text, held({k: v for k, v in files.items() if not k.endswith(leave_out)}))
        assert len(found) == told["messages"]
        assert {name: sum(one.sender == name for one in found) for name in told["senders"]} == told["senders"]
        assert sum(one.deleted for one in found) == told["deleted"]
        assert sum(len(one.attachments) for one in found) == told["attachments"]
        assert all(media.present for one in found for media in one.attachments)
        assert [[one.at.isoformat(), by.by, by.emoji] for one in found if one.at for by in one.reactions] == told[
            "reactions"
        ]
        assert [one.at.isoformat() for one in found if one.reply_to and one.at] == [told["quote_at"]]


def test_the_line_form_beside_the_project_says_what_is_told(shared_dir: Path):
    folder = shared_dir / "fixtures/signal-text/joweich__chat-miner"
    told = json.loads((folder / "target.json").read_text())
    found = messages(signal_text, held({"x": (folder / "test_export.txt").read_bytes()}))
    rows = [{"timestamp": one.at.isoformat() if one.at else "", "author": one.sender} for one in found]
    assert rows == [{key: one[key] for key in ("timestamp", "author")} for one in reversed(told)]
    assert [one.text.replace("\n", " ") for one in found] == [one["message"] for one in reversed(told)]
