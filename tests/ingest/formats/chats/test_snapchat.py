"""Snapchat's chats and snaps, both layouts: times, sides, files, and what hostile ones end in."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from ingest.formats.chats import snapchat
from ingest.formats.chats.held_files import HeldFiles

from .accounts import altered, cut, dumped, reading

ACCOUNT = dumped({"Basic Information": {"Username": "teacher"}})


def entry(sender: str = "bo", text: str = "hello", **more: object) -> dict[str, object]:
    return {
        "From": sender,
        "Media Type": "TEXT",
        "Created": "2024-04-20 01:29:22 UTC",
        "Content": text,
        "Conversation Title": None,
        "IsSender": sender == "teacher",
        "Created(microseconds)": 1713576562686,
        "IsSaved": False,
        "Media IDs": "",
        **more,
    }


def export(chats: object, **files: bytes) -> dict[str, bytes]:
    made = {"mydata/json/chat_history.json": dumped(chats), "mydata/json/account.json": ACCOUNT}
    return made | {f"mydata/{name}": content for name, content in files.items()}


def test_an_export_is_known_by_its_fields():
    assert snapchat.recognise(HeldFiles(files=export({"bo": [entry()]})))
    assert snapchat.recognise(HeldFiles(files={"renamed": dumped({"bo": [entry()]})}))
    assert not snapchat.recognise(HeldFiles(files={"chat_history.json": b'{"bo": [{"text": "x"}]}'}))


@pytest.mark.parametrize(
    ("counted", "at"),
    [
        (1713576562686, datetime(2024, 4, 20, 1, 29, 22, 686000, tzinfo=UTC)),
        (1713576562686123, datetime(2024, 4, 20, 1, 29, 22, 686123, tzinfo=UTC)),
        (0, datetime(2024, 4, 20, 1, 29, 22, tzinfo=UTC)),
        (-5, datetime(2024, 4, 20, 1, 29, 22, tzinfo=UTC)),
        ("x", datetime(2024, 4, 20, 1, 29, 22, tzinfo=UTC)),
    ],
)
def test_the_moment_is_what_the_number_can_mean(counted: object, at: datetime):
    chats = {"bo": [entry(**{"Created(microseconds)": counted})]}
    assert reading(snapchat, export(chats)).messages[0].at == at


def test_sides_files_and_marks_are_read():
    chats = {
        "bo": [
            entry("teacher", "", **{"Media Type": "MEDIA", "Media IDs": "b~AAA | b~BBB"}),
            entry("bo", "", **{"Media Type": "STATUSERASEDMESSAGE"}),
            entry("bo", "", **{"Media Type": "STATUSSAVETOCAMERAROLL"}),
            entry("bo", "look", **{"Media Type": "SHARE"}),
        ],
        "3f1c": [entry("ana", "hi all", **{"Conversation Title": "Trip"})],
    }
    files = export(chats) | {"mydata/chat_media/2024-04-20_b~AAA.jpg": b"jpg"}
    made = reading(snapchat, files)
    sent, erased, saved, shared, group = made.said
    assert sent.message.side == "right"
    assert [(one.name, one.entry is not None) for one in sent.message.attachments] == [
        ("2024-04-20_b~AAA.jpg", True),
        ("b~BBB", False),
    ]
    assert erased.message.deleted
    assert (saved.message.system, saved.message.text) == (True, "STATUSSAVETOCAMERAROLL")
    assert shared.message.unmapped == ("Media Type",)
    assert sent.thread.participants == ("teacher", "bo")
    assert group.thread.title == "Trip"
    assert made.stated == {"messages": 5}


def test_a_picture_that_the_export_does_not_even_name_is_a_missing_one():
    kinds = ("IMAGE", "VIDEO", "MEDIA", "TEXT", "STICKER")
    made = reading(snapchat, export({"bo": [entry("bo", "", **{"Media Type": kind}) for kind in kinds]}))
    assert [len(one.attachments) for one in made.messages] == [1, 1, 1, 0, 0]
    assert not any(one.present or one.name for message in made.messages for one in message.attachments)
    assert [one.unmapped for one in made.messages] == [*[("Media Type",)] * 3, (), ("Media Type",)]


def test_the_account_is_known_from_what_it_sent_where_nothing_else_tells():
    made = reading(snapchat, {"chat_history.json": dumped({"bo": [entry(), entry("teacher")]})})
    assert made.said[0].thread.participants == ("teacher", "bo")


def test_snaps_join_the_conversation_of_their_people():
    snap = {key: value for key, value in entry("bo").items() if key not in ("Content", "IsSaved", "Media IDs")}
    files = export({"bo": [entry()]}) | {
        "mydata/json/snap_history.json": dumped({"bo": [snap | {"Media Type": "IMAGE"}]})
    }
    made = reading(snapchat, files)
    assert made.keys == {"bo"}
    assert made.texts == ["hello", ""]


def test_the_older_layout_is_one_conversation_of_both_sides():
    moment = {"Media Type": "TEXT", "Created": "2022-07-22 19:28:21 UTC"}
    chats = {
        "Received Saved Chat History": [{"From": "bo", "Text": "It&#39;s &lt;me&gt;", **moment}],
        "Sent Saved Chat History": [{"To": "bo", "Text": "hi", **moment}],
    }
    made = reading(snapchat, export(chats))
    assert made.keys == {"bo"}
    assert [(one.sender, one.side, one.text) for one in made.messages] == [
        ("bo", "left", "It's <me>"),
        ("teacher", "right", "hi"),
    ]


def test_what_is_no_message_is_set_aside():
    assert snapchat.aside("mydata/json/location_history.json")
    assert snapchat.aside("mydata/html/chat_history/subpage_bo.html")
    assert snapchat.aside("mydata/chat_media/2024-04-20_b~AAA.jpg") is None
    assert snapchat.aside("mydata/memories/a.jpg") is None


def test_hostile_exports_end_in_messages_or_remarks():
    base = {"bo": [entry(), entry("teacher", "", **{"Media IDs": "a | b"})], "Sent Saved Chat History": [entry()]}
    for one in altered(base, seed=17, rounds=300):
        assert reading(snapchat, export(one)).broken is None
    for content in cut(dumped(base), seed=18):
        files = {"json/chat_history.json": content, "json/account.json": content, "chat_media/1_": b""}
        assert reading(snapchat, files).broken is None
    made = reading(snapchat, export({"bo": [[], 5, entry()], "ana": "none"}))
    assert len(made.said) == 1
    assert made.lost == 2  # an empty entry is none


def test_the_sample_exports_give_their_facts(shared_dir):
    folder = shared_dir / "fixtures/snapchat/spec-derived"
    told = json.loads((folder / "expected.json").read_text())
    made = reading(snapchat, HeldFiles.of_folder(folder))
    chats = [one for one in made.said if one.thread.path.endswith("chat_history.json")]
    assert len(made.said) == told["n_messages"] + told["n_snaps"] == made.stated["messages"]
    assert len({one.thread.key for one in made.said}) == told["n_conversations"]
    assert len(chats) >= told["n_messages"]
    old = reading(snapchat, HeldFiles.of_folder(shared_dir / "fixtures/snapchat/spec-derived-old"))
    assert old.texts == ["It's me", "hi"]
