"""Google Chat as Google Takeout exports it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from ingest.formats.chats import googlechat
from ingest.formats.chats.held_files import HeldFiles
from ingest.formats.chats.model import Media, Reacted, Said, Stated, Version
from ingest.formats.container import Remark

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "Takeout/Google Chat/Groups/Space AAAAx/"
ANN = {"name": "Ann Lee", "email": "ann@school.example", "user_type": "Human"}
BOB = {"name": "Bob Ray", "email": "bob@school.example", "user_type": "Human"}


def message(number: int = 1, **members: Any) -> dict[str, Any]:
    return {
        "creator": ANN,
        "created_date": "Friday, January 5, 2024 at 6:07:33\u202fPM UTC",
        "text": f"message {number}",
        "topic_id": f"t{number}",
        "message_id": f"AAAAx/t{number}/t{number}",
    } | members


def export(*messages: object, owner: str | None = "ann@school.example", **files: bytes) -> HeldFiles:
    held = {
        FOLDER + "group_info.json": json.dumps({"name": "Bus routes", "members": [ANN, BOB]}).encode(),
        FOLDER + "messages.json": json.dumps({"messages": list(messages)}, indent=2).encode(),
    }
    if owner:
        held["Takeout/Google Chat/Users/User 100/user_info.json"] = json.dumps({"user": {"email": owner}}).encode()
    return HeldFiles(files=held | {FOLDER + name: content for name, content in files.items()}, name="takeout.zip")


def said(held: HeldFiles) -> list[Said]:
    return [one for one in googlechat.read(held) if isinstance(one, Said)]


def test_a_group_is_a_thread_with_its_members_and_its_owner() -> None:
    held = export(message(1), message(2, creator=BOB))
    assert googlechat.recognise(held)
    first, second = said(held)
    assert first.thread is second.thread
    assert first.thread.key == "Space AAAAx"
    assert first.thread.title == "Bus routes"
    assert first.thread.participants == ("Ann Lee <ann@school.example>", "Bob Ray <bob@school.example>")
    assert first.thread.owner == "Ann Lee <ann@school.example>"
    assert [one.message.side for one in (first, second)] == ["right", "left"]
    assert [one.message.sender for one in (first, second)] == list(first.thread.participants)


def test_raw_is_the_object_as_the_file_has_it() -> None:
    held = export(message(1))
    (one,) = said(held)
    assert one.message.raw in held.files[FOLDER + "messages.json"]
    assert json.loads(one.message.raw) == message(1)


@pytest.mark.parametrize(
    "date",
    [
        "Friday, January 5, 2024 at 6:07:33 PM UTC",
        "Friday, January 5, 2024 at 6:07:33\u202fPM UTC",
        "vendredi 5 janvier 2024 à 18:07:33 UTC",
        "Freitag, 5. Januar 2024 um 18:07:33 UTC",
        "vrijdag 5 januari 2024 om 18:07:33 UTC",
    ],
)
def test_dates_are_read_with_every_space_and_in_other_languages(date: str) -> None:
    (one,) = said(export(message(1, created_date=date)))
    assert one.message.at == datetime(2024, 1, 5, 18, 7, 33, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hour", "expected"), [("12:00:00 AM", 0), ("12:00:00 PM", 12), ("1:00:00 AM", 1), ("11:00:00 PM", 23)]
)
def test_noon_and_midnight_are_twelve(hour: str, expected: int) -> None:
    (one,) = said(export(message(1, created_date=f"Friday, January 5, 2024 at {hour} UTC")))
    assert one.message.at is not None
    assert one.message.at.hour == expected


@pytest.mark.parametrize(
    "date", ["", None, 5, [], "nonsense", "Friday, January 35, 2024 at 6:07:33 PM UTC", "x" * 9999]
)
def test_a_date_that_is_none_leaves_the_message_undated(date: object) -> None:
    (one,) = said(export(message(1, created_date=date)))
    assert one.message.at is None
    assert one.message.text == "message 1"


def test_files_are_found_under_the_name_that_the_file_system_took() -> None:
    stored = {"original_name": "a?b&c.png", "export_name": "File-a?b&c.png"}
    (one,) = said(export(message(1, attached_files=[stored]), **{"File-a_b&c.png": b"png"}))
    assert one.message.attachments == (Media(name="a?b&c.png", entry=FOLDER + "File-a_b&c.png"),)


def test_files_of_the_same_name_are_told_apart_by_the_number_that_takeout_gives_them() -> None:
    files = [{"original_name": "a.jpg", "export_name": "File-a.jpg"}]
    held = export(
        message(1, attached_files=files),
        message(2, attached_files=files),
        message(3, attached_files=files),
        **{"File-a.jpg": b"1", "File-a(1).jpg": b"2"},
    )
    names = [one.message.attachments[0].entry for one in said(held)]
    assert names == [FOLDER + "File-a.jpg", FOLDER + "File-a(1).jpg", FOLDER + "File-a.jpg"]


def test_a_file_that_is_not_there_is_named() -> None:
    (one,) = said(export(message(1, text=None, attached_files=[{"export_name": "File-gone.jpg"}])))
    assert one.message.text == ""
    assert one.message.attachments == (Media(name="File-gone.jpg"),)


def test_edits_deletions_reactions_and_quotes() -> None:
    edited = message(
        1,
        updated_date="Friday, January 5, 2024 at 7:00:00 PM UTC",
        previous_message_versions=[{"text": "mesage 1", "created_date": "Friday, January 5, 2024 at 6:07:33 PM UTC"}],
        reactions=[{"emoji": {"unicode": "👍"}, "reactor_emails": ["bob@school.example", "eve@else.example"]}],
    )
    deleted = {"creator": BOB, "message_id": "AAAAx/t2/t2", "message_state": "DELETED"}
    quoting = message(3, quoted_message_metadata={"creator": BOB, "text": "as said before"})
    reply = message(4, message_id="AAAAx/t1/m9", topic_id="t1")
    one, two, three, four = (each.message for each in said(export(edited, deleted, quoting, reply)))
    assert one.edited_at == datetime(2024, 1, 5, 19, tzinfo=UTC)
    assert one.edits == (Version(text="mesage 1", at=datetime(2024, 1, 5, 18, 7, 33, tzinfo=UTC)),)
    assert one.reactions == (
        Reacted(emoji="👍", by="Bob Ray <bob@school.example>"),
        Reacted(emoji="👍", by="eve@else.example"),
    )
    assert two.deleted
    assert not one.deleted
    assert three.reply_to == "as said before"
    assert three.unmapped == ("quoted_message_metadata.creator",)
    assert four.reply_to == "AAAAx/t1/t1"
    assert one.reply_to is None


def test_a_message_whose_first_version_alone_has_the_date_is_dated_by_it() -> None:
    one = message(1, previous_message_versions=[{"created_date": "Friday, January 5, 2024 at 6:07:33 PM UTC"}])
    del one["created_date"]
    (found,) = said(export(one))
    assert found.message.at == datetime(2024, 1, 5, 18, 7, 33, tzinfo=UTC)
    assert found.message.edits == ()


def test_what_has_no_place_is_named() -> None:
    one = message(
        1, annotations=[{"start_index": 0, "length": 1, "drive_metadata": {"id": "x"}}], upload_metadata=[{"ip": "::1"}]
    )
    (found,) = said(export(one))
    assert found.message.unmapped == ("annotations.drive_metadata", "upload_metadata")


def test_hostile_types_end_in_a_message_or_a_remark() -> None:
    odd = {"creator": [], "text": {"a": 1}, "attached_files": "x", "reactions": [7], "message_id": ["x"], "topic_id": 3}
    found = list(googlechat.read(export(message(1), odd, "no object", None, message(2, text="a\ud800b"))))
    texts = [one.message.text for one in found if isinstance(one, Said)]
    assert texts == ["message 1", "", "a\ufffdb"]
    assert [one.lost for one in found if isinstance(one, Remark)] == [1, 1]
    assert Stated(what="messages", count=5, path=FOLDER + "messages.json") in found


def test_what_comes_before_damage_is_kept_and_the_damage_is_told() -> None:
    held = export(message(1), message(2), message(3))
    whole = held.files[FOLDER + "messages.json"]
    cut = HeldFiles(files={**held.files, FOLDER + "messages.json": whole[:-60]}, name="x")
    found = list(googlechat.read(cut))
    assert [one.message.text for one in found if isinstance(one, Said)] == ["message 1", "message 2"]
    assert any(isinstance(one, Remark) and one.lost is None for one in found)


def test_a_single_file_under_another_name_is_recognised_by_its_content() -> None:
    held = HeldFiles(files={"chat.dat": json.dumps({"messages": [message(1)]}).encode()}, name="chat.dat")
    assert googlechat.recognise(held)
    (one,) = said(held)
    assert one.thread.key == "AAAAx"


@pytest.mark.parametrize(
    "content",
    [
        b'{"messages": [{"sender_name": "x", "timestamp_ms": 1, "content": "hi"}]}',
        b'{"messages": [{"id": 1, "type": "message", "from": "x"}]}',
        b'{"userId": "8:x", "exportDate": "2024", "conversations": []}',
        b"",
        b"not json",
    ],
)
def test_messages_of_other_platforms_are_not_taken(content: bytes) -> None:
    assert not googlechat.recognise(HeldFiles(files={"x/messages.json": content, "x/other.txt": b""}))
    assert not googlechat.recognise(HeldFiles(files={"messages.json": content}))


def test_the_shared_export_gives_its_stated_facts(shared_dir: Path) -> None:
    folder = shared_dir / "fixtures/google-chat/spec-derived"
    expected = json.loads((folder / "expected.json").read_text())
    held = HeldFiles.of_folder(folder / "Takeout")
    assert googlechat.recognise(held)
    found = said(held)
    assert len(found) == expected["n_messages"]
    assert expected["me"] in (found[0].thread.owner or "")
    for one, (sender, at, told, *more) in zip(found, expected["messages"], strict=True):
        assert one.message.sender is not None
        assert sender in one.message.sender
        assert one.message.at == datetime.fromisoformat(at)
        if isinstance(told, str):
            assert one.message.text == told
        else:
            assert one.message.attachments[0].entry is not None
            assert one.message.attachments[0].entry.endswith(told["file"])
        if more:
            assert one.message.edited_at == datetime.fromisoformat(more[0]["edited"])
