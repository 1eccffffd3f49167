"""Discord's data package of 2020 and of 2024, and in other languages."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from ingest.formats.chats import discord
from ingest.formats.chats.held_files import HeldFiles
from ingest.formats.chats.model import Media
from tests.ingest.formats.chats.reading import document, gone_wrong, held, messages, read, stated

if TYPE_CHECKING:
    from pathlib import Path

CHANNEL = "184324186284621824"


def package(folder: str = "Messages", **files: bytes) -> dict[str, bytes]:
    row = {"ID": 897870239797215243, "Timestamp": "2021-10-13 15:35:46", "Contents": "my 10/10", "Attachments": ""}
    return {
        f"package/{folder}/index.json": document({CHANNEL: "offtopic in homelab.", "1": None}),
        f"package/{folder}/c{CHANNEL}/channel.json": document({"id": CHANNEL, "type": "DM", "recipients": ["5", "6"]}),
        f"package/{folder}/c{CHANNEL}/messages.json": document([row]),
        "package/Konto/user.json": document(
            {"id": "5", "username": "owner", "relationships": [{"id": "6", "user": {"id": "6", "username": "bo"}}]}
        ),
        **files,
    }


@pytest.mark.parametrize("folder", ["messages", "Messages", "Nachrichten", "Сообщения"])
def test_a_package_is_known_by_its_shape_and_tells_its_owner(folder: str) -> None:
    said, counts, remarks = read(discord, held(package(folder)))
    (only,) = said
    assert (only.thread.key, only.thread.title, only.thread.owner) == (CHANNEL, "offtopic in homelab.", "owner")
    assert only.thread.participants == ("owner", "bo")
    assert (only.message.sender, only.message.side, only.message.id) == ("owner", "right", "897870239797215243")
    assert only.message.at == datetime(2021, 10, 13, 15, 35, 46, tzinfo=UTC)
    assert (stated(counts, "messages"), stated(counts, "conversations"), remarks) == (1, 1, [])


def test_ids_of_64_bits_stay_exact_and_tell_the_time_where_it_is_missing() -> None:
    content = b'[{"ID": 897870239797215243, "Timestamp": "", "Contents": "x", "Attachments": ""}]'
    (found,) = messages(discord, held(package(**{f"package/Messages/c{CHANNEL}/messages.json": content})))
    assert found.id == "897870239797215243"
    assert found.at is not None
    assert found.at.isoformat(timespec="seconds") == "2021-10-13T15:35:46+00:00"


def test_links_of_attachments_are_missing_files_with_their_names() -> None:
    row = {
        "ID": 1,
        "Timestamp": "2021-10-13 15:35:46",
        "Contents": "",
        "Attachments": "https://c.d/1/a%20b.jpg?ex=0&is=1 https://c.d/2/c.png",
    }
    (found,) = messages(discord, held(package(**{f"package/Messages/c{CHANNEL}/messages.json": document([row])})))
    assert found.attachments == (Media(name="a b.jpg"), Media(name="c.png"))


def test_rows_of_the_former_table_keep_line_feeds_and_their_bytes() -> None:
    rows = [
        b'747951969171275807,2020-08-25 22:54:05.726000+00:00,"two, lines\r\nand ""quotes""",',
        b"747951969171275808,2020-08-25 22:55:00.000000+00:00,x,https://c.d/y.png",
    ]
    content = b"ID,Timestamp,Contents,Attachments\r\n" + b"\r\n".join(rows) + b"\r\n"
    said, _, _ = read(discord, held({f"messages/{CHANNEL}/messages.csv": content}))
    assert [one.message.raw for one in said] == rows
    assert said[0].message.text == 'two, lines\r\nand "quotes"'
    assert said[0].message.at == datetime(2020, 8, 25, 22, 54, 5, 726000, tzinfo=UTC)
    assert said[0].thread.media_type == "text/csv"


def test_a_file_of_messages_alone_is_known_too() -> None:
    for name, content in (
        ("x.json", package()[f"package/Messages/c{CHANNEL}/messages.json"]),
        ("y", b"ID,Timestamp,Contents,Attachments\n1,2020-08-25 22:55:00,x,\n"),
    ):
        assert len(messages(discord, held({name: content}))) == 1


def test_what_a_package_holds_besides_is_set_aside() -> None:
    assert discord.aside("package/Activity/analytics/events-2024-00000-of-00001.json")
    assert discord.aside("package/Account/avatar.png")
    assert discord.aside("package/Support_Tickets/tickets.json") is None


def test_wrong_kinds_of_values_anywhere_lose_no_message_in_silence() -> None:
    rows = [
        {"ID": 897870239797215243, "Timestamp": "2021-10-13 15:35:46", "Contents": "x", "Attachments": "https://a/b"}
    ] * 3
    facts = json.loads(package()["package/Konto/user.json"])
    for wrong, account in zip(gone_wrong(rows, 4, 300), gone_wrong(facts, 5, 300), strict=True):
        content = {f"package/Messages/c{CHANNEL}/messages.json": document(wrong)}
        export = held(package(**content, **{"package/Konto/user.json": document(account)}))
        if discord.recognise(export):
            said, counts, remarks = read(discord, export)
            assert len(said) + sum(one.lost or 0 for one in remarks) == stated(counts, "messages")
            assert all(one.message.text.encode() is not None for one in said)


@pytest.mark.shared
def test_both_layouts_of_the_package_give_their_stated_facts(shared_dir: Path) -> None:
    folder = shared_dir / "fixtures/discord-package/spec-derived"
    for case in json.loads((folder / "expected.json").read_text())["cases"]:
        found = messages(discord, HeldFiles.of_folder(folder / case["dir"]))
        assert len(found) == case["n_messages"]
        for one, (at, text) in zip(found, case.get("messages", ()), strict=False):
            assert (one.at, one.text) == (datetime.fromisoformat(at), text)
        for number, at in case.get("snowflake_check", {}).items():
            assert next(one for one in found if one.id == number).at == datetime.fromisoformat(at)
