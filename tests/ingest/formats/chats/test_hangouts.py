"""Google Hangouts as Google Takeout exported it, both layouts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from ingest.formats.chats import hangouts
from ingest.formats.chats.held_files import HeldFiles
from ingest.formats.chats.model import Media, Said, Stated
from ingest.formats.container import Remark

if TYPE_CHECKING:
    from pathlib import Path

NAME = "Takeout/Hangouts/Hangouts.json"
FACTS = {
    "name": "",
    "self_conversation_state": {"self_read_state": {"participant_id": {"gaia_id": "1", "chat_id": "1"}}},
    "participant_data": [
        {"id": {"gaia_id": "1", "chat_id": "1"}, "fallback_name": "Ann Lee"},
        {"id": {"gaia_id": "2", "chat_id": "2"}},
    ],
}


def event(number: int, sender: str = "2", kind: str = "REGULAR_CHAT_MESSAGE", **members: Any) -> dict[str, Any]:
    return {
        "conversation_id": {"id": "C1"},
        "sender_id": {"gaia_id": sender, "chat_id": sender},
        "timestamp": str(1_400_000_000_000_000 + number),
        "event_id": f"e{number}",
        "event_type": kind,
    } | members


def spoken(*segments: dict[str, Any], attachment: object = None) -> dict[str, Any]:
    content: dict[str, Any] = {"segment": list(segments)}
    if attachment is not None:
        content["attachment"] = attachment
    return {"message_content": content}


def newer(*events: object, **facts: Any) -> HeldFiles:
    conversation = {"conversation_id": {"id": "C1"}, "conversation": FACTS | facts}
    document = {"conversations": [{"conversation": conversation, "events": list(events)}]}
    return HeldFiles(files={NAME: json.dumps(document, indent=1).encode()}, name="takeout.zip")


def said(held: HeldFiles) -> list[Said]:
    return [one for one in hangouts.read(held) if isinstance(one, Said)]


def test_segments_links_and_line_breaks_are_one_text() -> None:
    text = spoken(
        {"type": "TEXT", "text": "see "},
        {"type": "LINK", "text": "https://school.example", "link_data": {"link_target": "https://school.example"}},
        {"type": "LINE_BREAK"},
        {"type": "TEXT", "text": "bye"},
    )
    held = newer(event(1, chat_message=text))
    assert hangouts.recognise(held)
    (one,) = said(held)
    assert one.message.text == "see https://school.example\nbye"
    assert one.message.unmapped == ("chat_message.message_content.segment.link_data",)


def test_people_are_their_names_and_their_ids_and_the_owner_is_on_the_right() -> None:
    text = spoken({"type": "TEXT", "text": "x"})
    first, second = said(newer(event(1, "1", chat_message=text), event(2, "2", chat_message=text)))
    assert first.thread.participants == ("Ann Lee <1>", "2")
    assert (first.message.sender, first.message.side) == ("Ann Lee <1>", "right")
    assert (second.message.sender, second.message.side) == ("2", "left")
    assert first.thread.owner == "Ann Lee <1>"
    assert first.thread.key == "C1"


def test_a_note_on_a_message_is_named() -> None:
    noted = spoken({"type": "TEXT", "text": "waves"}) | {"annotation": [{"type": 4, "value": ""}]}
    assert said(newer(event(1, chat_message=noted)))[0].message.unmapped == ("chat_message.annotation",)


def test_microseconds_are_kept() -> None:
    (one,) = said(newer(event(234_567, chat_message=spoken())))
    assert one.message.at == datetime(2014, 5, 13, 16, 53, 20, 234_567, tzinfo=UTC)


@pytest.mark.parametrize("stamp", ["0", "-5", "9" * 30, "x", None, [], 1.5])
def test_a_moment_that_cannot_be_is_none(stamp: object) -> None:
    (one,) = said(newer(event(1, timestamp=stamp, chat_message=spoken({"type": "TEXT", "text": "x"}))))
    assert one.message.at is None
    assert one.message.text == "x"


def test_a_picture_is_found_beside_the_document_by_the_end_of_its_address() -> None:
    item = {"embed_item": {"type": ["PLUS_PHOTO"], "plus_photo": {"url": "https://lh3.example/x/a%20b.jpg?sz=1"}}}
    held = newer(event(1, chat_message=spoken(attachment=[item])))
    assert said(held)[0].message.attachments == (Media(name="a b.jpg"),)
    with_file = HeldFiles(files={**held.files, "Takeout/Hangouts/a b.jpg": b"jpg"})
    assert said(with_file)[0].message.attachments == (Media(name="a b.jpg", entry="Takeout/Hangouts/a b.jpg"),)


def test_calls_renames_and_changes_of_members_are_notices() -> None:
    held = newer(
        event(1, kind="HANGOUT_EVENT", hangout_event={"event_type": "END_HANGOUT", "hangout_duration_secs": "62"}),
        event(2, kind="RENAME_CONVERSATION", conversation_rename={"old_name": "", "new_name": "Trip"}),
        event(3, kind="ADD_USER", membership_change={"type": "JOIN", "participant_id": [{"gaia_id": "1"}]}),
    )
    found = [one.message for one in said(held)]
    assert all(one.system for one in found)
    assert [one.text for one in found] == [
        "END_HANGOUT, 62 seconds",
        "RENAME_CONVERSATION, new_name: Trip",
        "JOIN, Ann Lee <1>",
    ]
    assert {one.side for one in found} == {"center"}


def test_the_older_layout_is_read_too() -> None:
    state = {
        "conversation_id": {"id": "C2"},
        "conversation": FACTS | {"name": "Trip"},
        "event": [event(1, chat_message=spoken({"type": "TEXT", "text": "old"}))],
    }
    document = {
        "continuation_end_timestamp": "0",
        "conversation_state": [{"conversation_id": {"id": "C2"}, "conversation_state": state}],
    }
    held = HeldFiles(files={"h.json": json.dumps(document).encode()}, name="h.json")
    assert hangouts.recognise(held)
    (one,) = said(held)
    assert (one.thread.key, one.thread.title, one.message.text) == ("C2", "Trip", "old")


def test_hostile_types_end_in_a_message_or_a_remark() -> None:
    held = newer(
        "no event",
        7,
        event(1, chat_message=[], sender_id="x"),
        event(2, chat_message={"message_content": {"segment": [5, {"text": ["x"]}], "attachment": {"a": 1}}}),
        participant_data=[7, {"id": []}],
        self_conversation_state=[],
    )
    found = list(hangouts.read(held))
    assert [one.lost for one in found if isinstance(one, Remark)] == [1, 1]
    assert len([one for one in found if isinstance(one, Said)]) == 2
    assert Stated(what="messages", count=4, path=NAME) in found


def test_conversations_of_skype_are_not_taken() -> None:
    skype = {"userId": "8:x", "exportDate": "2024-01-01", "conversations": [{"id": "19:x", "MessageList": []}]}
    other = {"conversations": [{"id": "19:x", "displayName": None}]}
    for document in (skype, other, {"messages": []}):
        assert not hangouts.recognise(HeldFiles(files={"messages.json": json.dumps(document).encode()}))


def test_the_shared_exports_give_their_stated_facts(shared_dir: Path) -> None:
    folder = shared_dir / "fixtures/google-hangouts/spec-derived"
    for case in json.loads((folder / "expected.json").read_text())["cases"]:
        held = HeldFiles(files={case["file"]: (folder / case["file"]).read_bytes()})
        assert hangouts.recognise(held)
        found = said(held)
        assert len(found) == case["n_events"]
        assert case.get("name") in (None, found[0].thread.title)
        for one, (sender, at, told) in zip(found, case["messages"], strict=True):
            assert one.message.sender is not None
            assert sender in one.message.sender
            assert one.message.at == datetime.fromisoformat(at)
            if isinstance(told, str):
                assert one.message.text == told
            elif "photo" in told:
                assert one.message.attachments
            else:
                assert str(told["call_secs"]) in one.message.text
