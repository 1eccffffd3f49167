"""JSON, text and CSV of DiscordChatExporter."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from ingest.formats.chats import discord
from ingest.formats.chats.model import Media, Reacted
from tests.ingest.formats.chats.reading import document, gone_wrong, held, messages, read, stated

if TYPE_CHECKING:
    from pathlib import Path

CHANNEL = "184324186284621824"
RULE = "=" * 62


def said_by(**named: Any) -> dict[str, Any]:
    author = {"id": "3", "name": "plant.x", "discriminator": "0000", "nickname": "Plant", "color": None, "isBot": False}
    return {
        "id": "10",
        "type": "Default",
        "timestamp": "2023-01-17T19:33:19.0870000+02:00",
        "timestampEdited": None,
        "callEndedTimestamp": None,
        "isPinned": False,
        "content": "hello",
        "author": author,
        "attachments": [],
        "embeds": [],
        "stickers": [],
        "reactions": [],
        "mentions": [],
        **named,
    }


def exported(*found: dict[str, Any], **named: Any) -> dict[str, Any]:
    return {
        "guild": {"id": "77", "name": "School", "iconUrl": ""},
        "channel": {"id": CHANNEL, "type": "GuildTextChat", "category": "Text", "name": "general", "topic": None},
        "dateRange": {"after": None, "before": None},
        "messages": list(found),
        "messageCount": len(found),
        **named,
    }


def of(*found: dict[str, Any], **files: bytes) -> list[Any]:
    return messages(discord, held({"a.json": document(exported(*found)), **files}))


def test_a_message_has_the_name_that_was_shown_and_an_instant() -> None:
    said, counts, _ = read(discord, held({"a.json": document(exported(said_by()))}))
    (only,) = said
    assert (only.thread.key, only.thread.title) == (CHANNEL, "School / general")
    assert (only.message.sender, only.message.text, only.message.id) == ("Plant", "hello", "10")
    assert only.message.at is not None
    assert only.message.at.isoformat() == "2023-01-17T19:33:19.087000+02:00"
    assert only.message.unmapped == ("author.discriminator", "author.id", "author.name")
    assert stated(counts, "messages") == 1


def test_edits_replies_and_notices() -> None:
    found = of(
        said_by(timestampEdited="2023-01-17T20:00:00+00:00"),
        said_by(type="Reply", reference={"messageId": "10", "channelId": CHANNEL, "guildId": None}),
        said_by(reference={"messageId": "10", "channelId": "99", "guildId": "1"}),
        said_by(type="ChannelPinnedMessage", content="Pinned a message."),
        said_by(type="20", content="used a command"),
    )
    assert (found[0].edited, found[0].edited_at) == (True, datetime(2023, 1, 17, 20, tzinfo=UTC))
    assert [one.reply_to for one in found] == [None, "10", "99/10", None, None]
    assert [one.system for one in found] == [False, False, False, True, False]


def test_files_beside_the_document_are_found_and_those_of_the_network_are_missing() -> None:
    files = [
        {"id": "1", "url": "a.json_Files\\report-AB12C.pdf", "fileName": "report.pdf", "fileSizeBytes": 4},
        {"id": "2", "url": "https://cdn.discordapp.com/attachments/1/2/b.png?ex=1", "fileName": "b.png"},
    ]
    sticker = [{"id": "3", "name": "Wave", "format": "Png", "sourceUrl": "https://cdn.discordapp.com/stickers/3.png"}]
    (found,) = of(said_by(attachments=files, stickers=sticker), **{"a.json_Files/report-AB12C.pdf": b"%PDF"})
    assert found.attachments == (
        Media(name="report.pdf", entry="a.json_Files/report-AB12C.pdf"),
        Media(name="b.png"),
        Media(name="Wave"),
    )
    assert discord.aside("a.json_Files/89eeaf49ac25ca932094c69e56a796e0-AB12C.png")
    assert discord.aside("a.json_Files/photo-AB12C.png") is None


def test_reactions_name_who_reacted_where_the_export_does() -> None:
    reactions = [
        {"emoji": {"id": "", "name": "👍"}, "count": 3, "users": [{"id": "1", "name": "bo", "nickname": "Bo"}]}
    ]
    (found,) = of(said_by(reactions=reactions))
    assert found.reactions == (Reacted(emoji="👍", by="Bo"), Reacted(emoji="👍"), Reacted(emoji="👍"))


def test_cards_speak_for_a_message_without_words_and_passed_on_words_are_said() -> None:
    card = {"title": "Build", "description": "failed", "fields": [{"name": "Step", "value": "3"}]}
    found = of(
        said_by(content="", embeds=[card]),
        said_by(content="look", embeds=[card]),
        said_by(
            content="",
            reference={"type": "Forward", "messageId": "4"},
            forwardedMessage={"content": "old", "attachments": []},
        ),
    )
    assert [one.text for one in found] == ["Build\nfailed\nStep\n3", "look", "old"]
    assert "embeds" in found[1].unmapped
    assert found[2].reply_to is None


def test_what_the_document_counts_is_told_apart_from_what_was_met() -> None:
    said, counts, remarks = read(discord, held({"a.json": document(exported(said_by(), messageCount=5))}))
    assert (len(said), stated(counts, "messages"), remarks) == (1, 5, [])


def test_a_count_that_is_too_small_is_remarked_and_no_loss() -> None:
    said, counts, remarks = read(discord, held({"a.json": document(exported(said_by(), said_by(), messageCount=1))}))
    assert (len(said), stated(counts, "messages"), [one.lost for one in remarks]) == (2, 2, [0])


def test_parts_of_a_channel_follow_each_other_and_are_one_conversation() -> None:
    files = {
        f"S - general [{CHANNEL}]{part}.json": document(exported(said_by(content=text)))
        for part, text in ((" [part 10]", "c"), ("", "a"), (" [part 2]", "b"))
    }
    said, counts, _ = read(discord, held(files))
    assert [one.message.text for one in said] == ["a", "b", "c"]
    assert (stated(counts, "conversations"), stated(counts, "messages")) == (1, 3)


def text_file(*blocks: str, count: str | None = None, end: str = "\n") -> bytes:
    head = f"{RULE}\nGuild: School\nChannel: Text Channels / general\nTopic: a\n[1/5/2024 6:07 PM] topic\n{RULE}\n\n"
    foot = f"{RULE}\nExported {count or len(blocks)} message(s)\n{RULE}\n"
    return (head + "".join(blocks) + foot).replace("\n", end).encode()


def test_text_is_split_where_a_time_follows_two_empty_lines_only() -> None:
    content = text_file(
        "[25/1/2024 18:07] ana#0042 (pinned)\nfirst\n\n[26/1/2024 18:08] not a message\n\n\n",
        "[26/1/2024 18:09] ben\nsee\n\n{Attachments}\nhttps://c.d/1/report.pdf?ex=1\n\n{Reactions}\n👍 (2) 🎉\n\n",
        "[27/1/2024 18:10] ben\nPinned a message.\n\n\n",
    )
    said, counts, remarks = read(discord, held({f"School - general [{CHANNEL}].txt": content}))
    first, second, third = [one.message for one in said]
    assert said[0].thread.key == CHANNEL
    assert said[0].thread.title == "School / Text Channels / general"
    assert (first.sender, first.text, first.unmapped) == (
        "ana#0042",
        "first\n\n[26/1/2024 18:08] not a message",
        ("pinned",),
    )
    assert first.raw.startswith(b"[25/1/2024 18:07] ana#0042 (pinned)\nfirst\n\n[26")
    assert [one.at and one.at.isoformat() for one in (first, second, third)] == [
        "2024-01-25T18:07:00",
        "2024-01-26T18:09:00",
        "2024-01-27T18:10:00",
    ]
    assert second.attachments == (Media(name="report.pdf"),)
    assert second.reactions == (Reacted(emoji="👍"), Reacted(emoji="👍"), Reacted(emoji="🎉"))
    assert (third.system, third.sender) == (True, "ben")
    assert (stated(counts, "messages"), remarks) == (3, [])


def test_line_ends_of_windows_and_a_count_with_separators() -> None:
    blocks = ["[1/25/2024 6:07\u202fPM] ana\nx\n\n\n"] * 3
    said, counts, _ = read(discord, held({"a.txt": text_file(*blocks, count="1\u202f234", end="\r\n")}))
    assert [one.message.text for one in said] == ["x"] * 3
    assert said[0].message.raw == "[1/25/2024 6:07\u202fPM] ana\r\nx".encode()
    assert said[0].message.at == datetime.fromisoformat("2024-01-25T18:07:00")
    assert stated(counts, "messages") == 1234


def test_dates_that_could_be_either_way_round_are_asked_about() -> None:
    content = text_file("[1/5/2024 18:07] ana\nx\n\n\n", "[2/5/2024 18:07] ana\ny\n\n\n")
    said, _, remarks = read(discord, held({"a.txt": content}))
    assert [(one.lost, "--day-first" in one.text) for one in remarks] == [(0, True)]
    for day_first, month in ((True, 5), (False, 1)):
        said, _, remarks = read(discord, held({"a.txt": content}, day_first=day_first))
        assert (said[0].message.at.month, remarks) == (month, [])  # type: ignore[union-attr]


def test_other_ways_to_print_a_time() -> None:
    for stamp, moment in (
        ("05-Jan-24 06:07 PM", "2024-01-05T18:07:00"),
        ("05.01.2024 18:07", "2024-01-05T18:07:00"),
        ("2024/01/05 18:07", "2024-01-05T18:07:00"),
        ("2024-01-05T18:07:33.1230000+01:00", "2024-01-05T18:07:33.123000+01:00"),
    ):
        (found,) = messages(discord, held({"a.txt": text_file(f"[{stamp}] ana\nx\n\n\n")}))
        assert (stamp, found.at and found.at.isoformat()) == (stamp, moment)


def test_a_channel_without_messages_gives_none() -> None:
    said, counts, remarks = read(discord, held({"a.txt": text_file(count="0")}))
    assert (said, stated(counts, "messages"), remarks) == ([], 0, [])


def test_rows_of_csv_have_their_channel_from_the_name_of_the_file() -> None:
    rows = [
        '"12","ana#0042","2024-01-05T18:07:33.1230000+01:00","Hello\nsecond ""quoted"" line","",""',
        '"22","ben","2024-01-05T18:08:00.0000000+01:00","see","https://c.d/a.pdf,https://c.d/b,c.png","👍 (2),🎉 (1)"',
    ]
    content = ("AuthorID,Author,Date,Content,Attachments,Reactions\r\n" + "\r\n".join(rows) + "\r\n").encode()
    said, counts, _ = read(discord, held({f"E/School - general [{CHANNEL}].csv": content}))
    assert {(one.thread.key, one.thread.title, one.thread.path) for one in said} == {
        (CHANNEL, "School - general", f"E/School - general [{CHANNEL}].csv")
    }
    assert [one.message.raw for one in said] == [row.encode() for row in rows]
    assert said[1].message.attachments == (Media(name="a.pdf"), Media(name="b,c.png"))
    assert said[1].message.reactions == (Reacted(emoji="👍"), Reacted(emoji="👍"), Reacted(emoji="🎉"))
    assert stated(counts, "messages") == 2


# --- damage


def test_documents_of_others_are_not_recognised() -> None:
    for name, content in (
        ("messages.json", b'[{"type": "message", "ts": "1404330000.000123"}]'),
        ("result.json", b'{"name": "x", "type": "personal_chat", "messages": []}'),
        ("a.txt", b"Guild: x\nChannel: y\n"),
        ("a.csv", b"ID,Name\n1,2\n"),
        ("a.py", b'HEADER = "AuthorID,Author,Date,Content,Attachments,Reactions"'),
        ("e", b""),
    ):
        assert not discord.recognise(held({name: content})), name


def test_wrong_kinds_of_values_anywhere_lose_no_message_in_silence() -> None:
    files = [{"url": "a", "fileName": "b"}]
    whole = exported(
        said_by(attachments=files, reactions=[{"emoji": {"name": "x"}, "count": 1, "users": [{"id": "1"}]}]),
        said_by(embeds=[{"title": "t", "fields": [{"name": "n"}]}], content="", reference={"messageId": "1"}),
        said_by(forwardedMessage={"content": "f", "attachments": [{"url": "x"}]}, stickers=[{"name": "s"}]),
        messageCount=None,
    )
    for wrong in gone_wrong(whole, 3, 300):
        export = held({"a.json": document(wrong)})
        if discord.recognise(export):
            said, counts, remarks = read(discord, export)
            lost = sum(one.lost or 0 for one in remarks)
            assert len(said) + lost <= stated(counts, "messages")
            assert len(said) + lost == stated(counts, "messages") or type(wrong.get("messageCount")) is int
            assert all(one.message.text.encode() is not None for one in said)


def test_text_and_tables_with_random_bytes_in_them_are_read_to_their_end() -> None:
    chance = random.Random(11)
    text = text_file(*["[25/1/2024 18:07] ana\nx\n\n{Reactions}\n👍 (2)\n\n"] * 5)
    table = b"AuthorID,Author,Date,Content,Attachments,Reactions\r\n" + b'"1","a","2024-01-05","x","",""\r\n' * 5
    for content in (text, table):
        for _ in range(200):
            spoiled = bytearray(content[: chance.randrange(170, len(content) + 1)])
            for _ in range(chance.randrange(8)):
                spoiled[chance.randrange(60, len(spoiled))] = chance.choice(b'[]"\n\r\x00\xff={,')
            export = held({"a": bytes(spoiled)})
            if discord.recognise(export):
                said, _, _ = read(discord, export)
                assert all(one.message.text.encode() is not None for one in said)


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.9])
def test_documents_that_are_cut_give_what_can_be_had(cut: float) -> None:
    content = document(exported(*[said_by(id=str(number)) for number in range(40)]))
    said, _, remarks = read(discord, held({"a.json": content[: int(len(content) * cut)]}))
    assert abs(len(said) - 40 * cut) < 4
    assert [one.lost for one in remarks] == [None]


# --- cases from public tests and descriptions


@pytest.mark.shared
def test_a_group_chat_gives_its_stated_messages(shared_dir: Path) -> None:
    folder = shared_dir / "fixtures/discord-chat-exporter/mlomb__chat-analytics"
    (case,) = json.loads((folder / "expected.json").read_text())["cases"]
    said, _, _ = read(discord, held({case["file"]: (folder / case["file"]).read_bytes()}))
    found = {one.message.id: one.message for one in said}
    assert {one.thread.title for one in said} == {case["channel"]["name"]}
    assert len({one.message.sender for one in said}) == case["n_authors"]
    assert sum(not one.system for one in found.values()) == case["n_messages"]
    for number, at, author, text, *more in case["messages"]:
        one = found[number]
        assert (one.at, one.text) == (datetime.fromisoformat(at), text)
        assert json.loads(one.raw)["author"]["id"] == author
        assert one.reply_to == (more[0]["reply_to"] if more else None)
    for number, start, _ in case["calls"]:
        assert (found[number].at, found[number].system) == (datetime.fromisoformat(start), True)


@pytest.mark.shared
def test_text_and_csv_give_their_stated_facts(shared_dir: Path) -> None:
    folder = shared_dir / "fixtures/discord-chat-exporter/spec-derived-txt-csv"
    expected = json.loads((folder / "expected.json").read_text())
    for kind, facts in expected.items():
        (file,) = folder.glob(f"*.{kind}")
        said, counts, _ = read(discord, held({file.name: file.read_bytes()}))
        found = [one.message for one in said]
        assert len(found) == facts.get("messages", facts.get("rows"))
        assert sum(len(one.attachments) for one in found) == facts["attachments"]
        shown = [reaction.emoji for one in found for reaction in one.reactions]
        assert {emoji: shown.count(emoji) for emoji in shown} == facts["reactions"]
        if kind == "txt":
            senders = [one.sender for one in found]
            assert {sender: senders.count(sender) for sender in senders} == facts["senders"]
            assert sum(one.system for one in found) == facts["system"]
            assert stated(counts, "messages") == facts["footer_count"]
            assert said[0].thread.title == f"{facts['guild']} / {facts['channel']}"
