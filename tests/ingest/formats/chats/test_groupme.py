"""GroupMe exports: messages with their people, likes and files, and what hostile ones end in."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from ingest.formats.chats import groupme
from ingest.formats.chats.held_files import HeldFiles

from .accounts import altered, cut, dumped, reading

DIGEST = "0123456789abcdef0123456789abcdef"
TOLD = {
    "id": "42",
    "name": "Staff",
    "members": [{"user_id": "1", "nickname": "Ana"}, {"user_id": "2", "nickname": "Bo"}],
}


def message(number: int, text: str | None = "hello", **more: object) -> dict[str, object]:
    return {
        "attachments": [],
        "created_at": 1700000000 + number,
        "favorited_by": [],
        "group_id": "42",
        "id": str(170000000000000000 + number),
        "name": "Bo",
        "sender_id": "2",
        "sender_type": "user",
        "source_guid": f"g{number}",
        "system": False,
        "text": text,
        "user_id": "2",
        **more,
    }


def export(*messages: object, told: object = TOLD) -> dict[str, bytes]:
    return {"top/42/message.json": dumped(list(messages)), "top/42/conversation.json": dumped(told)}


def test_an_export_is_known_by_the_fields_of_its_messages():
    assert groupme.recognise(HeldFiles(files=export(message(1))))
    assert groupme.recognise(HeldFiles(files={"renamed": dumped([message(1)])}))
    assert not groupme.recognise(HeldFiles(files={"message.json": dumped([{"text": "x", "created_at": 1}])}))


def test_likes_beside_reactions_are_kept_and_none_is_doubled():
    reacted = {"type": "unicode", "code": "👍", "user_ids": ["1"]}
    made = reading(groupme, export(message(1, reactions=[reacted], favorited_by=["1", "2"])))
    assert [(one.emoji, one.by) for one in made.messages[0].reactions] == [("👍", "Ana"), ("❤️", "Bo")]


def test_what_a_picture_is_comes_from_its_address_alone():
    def attached(address: str) -> dict[str, object]:
        return {"type": "image", "url": f"https://i.groupme.com/{address}"}

    kinds = [attached(f"1x1.jpeg.{DIGEST}"), attached(f"1x1.png.{DIGEST}"), attached(DIGEST)]
    made = reading(groupme, export(message(1, None, attachments=kinds)))
    assert [one.media_type for one in made.messages[0].attachments] == ["image/jpeg", "image/png", None]


def test_a_message_has_its_people_likes_and_answer():
    liked = message(2, favorited_by=["1", "9"], attachments=[{"type": "reply", "reply_id": "5", "base_reply_id": "4"}])
    newer = message(3, reactions=[{"type": "unicode", "code": "👍", "user_ids": ["1"]}], favorited_by=["1"])
    made = reading(groupme, export(newer, liked, message(1)))
    assert {one.thread.title for one in made.said} == {"Staff"}
    assert made.said[0].thread.participants == ("Ana", "Bo")
    assert [(one.emoji, one.by) for one in made.messages[0].reactions] == [("👍", "Ana")]
    assert [one.by for one in made.messages[1].reactions] == ["Ana", "9"]
    assert made.messages[1].reply_to == "5"
    assert made.messages[2].at == datetime(2023, 11, 14, 22, 13, 21, tzinfo=UTC)
    assert made.messages[2].raw == dumped(message(1))
    assert made.stated == {"messages": 3}


def test_files_are_found_by_the_digest_in_their_address():
    picture = {"type": "image", "url": f"https://i.groupme.com/10x10.png.{DIGEST}"}
    gone = {"type": "video", "url": "https://v.groupme.com/42/a.mp4", "preview_url": "x"}
    place = {"type": "location", "lat": "1", "lng": "2", "name": "School"}
    files = export(message(1, None, attachments=[picture, gone, place])) | {f"top/42/gallery/{DIGEST}.png": b"png"}
    (one,) = reading(groupme, files).messages
    assert [(media.entry, media.media_type) for media in one.attachments] == [
        (f"top/42/gallery/{DIGEST}.png", "image/png"),
        (None, "video/mp4"),
    ]
    assert one.text == ""
    assert one.unmapped == ("attachments.location",)


def test_notices_deletions_and_talks_of_two_are_read():
    notice = message(1, "Ana added Bo.", system=True, name="GroupMe", sender_id="system", event={"type": "x"})
    gone = message(2, None, deleted_at=1700000100, deletion_actor="sender")
    direct = message(3, group_id=None, conversation_id="1+2", recipient_id="1")
    made = reading(groupme, export(notice, gone, direct))
    assert (made.messages[0].system, made.messages[0].side) == (True, "center")
    assert made.messages[1].deleted
    assert made.said[2].thread.key == "1+2"


def test_hostile_exports_end_in_messages_or_remarks():
    base = [
        message(1, attachments=[{"type": "image", "url": "u"}], reactions=[{"code": "x", "user_ids": ["1"]}]),
        message(2),
    ]
    for one in altered(base, seed=13, rounds=300):
        assert reading(groupme, {"a/message.json": dumped(one), "a/conversation.json": dumped(one)}).broken is None
    for one in altered(TOLD, seed=14, rounds=100):
        assert len(reading(groupme, export(*base, told=one)).said) == 2
    for content in cut(dumped(base), seed=15):
        assert reading(groupme, {"message.json": content}).broken is None


def test_the_sample_export_gives_its_facts(shared_dir):
    folder = shared_dir / "fixtures/groupme/spec-derived"
    told = json.loads((folder / "expected.json").read_text())
    made = reading(groupme, HeldFiles.of_folder(folder))
    assert len(made.said) == told["n"] == made.stated["messages"]
    assert sum(one.system for one in made.messages) == told["system"]
    assert [one.text for one in made.messages] == ["", "Ana added Bo to the group."]
