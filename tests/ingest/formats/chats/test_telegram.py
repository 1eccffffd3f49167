"""Telegram Desktop's result.json: layouts, what becomes what, and documents that are damaged or wrong."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.formats.chats import telegram
from ingest.formats.chats.model import Media, Reacted, ThreadKind
from tests.every_case import every_case
from tests.ingest.formats.chats.reading import document, gone_wrong, held, messages, read, stated

NOT_INCLUDED = "(File not included. Change data exporting settings to download.)"


def message(**named: Any) -> dict[str, Any]:
    return {
        "id": 5,
        "type": "message",
        "date": "2022-05-10T00:23:53",
        "date_unixtime": "1652135033",
        "from": "Ann Lee",
        "from_id": "user300",
        "text": "hello",
        **named,
    }


def chat(*found: dict[str, Any], **named: Any) -> dict[str, Any]:
    return {"name": "Bo", "type": "personal_chat", "id": 700, **named, "messages": list(found)}


def of(*found: dict[str, Any], **files: bytes) -> list[Any]:
    return messages(telegram, held({"result.json": document(chat(*found)), **files}))


def account(*chats: dict[str, Any], **named: Any) -> dict[str, Any]:
    return {
        "about": "Here is the data you requested.",
        "personal_information": {"user_id": 300, "first_name": "Ann", "last_name": "Lee"},
        "contacts": {"about": "", "list": [{"first_name": "Zed", "phone_number": "+1"}]},
        "chats": {"about": "", "list": list(chats)},
        **named,
    }


def test_an_instant_wins_over_local_time_and_local_time_has_no_zone() -> None:
    first, second = of(message(), message(date_unixtime=None))
    assert first.at == datetime(2022, 5, 9, 22, 23, 53, tzinfo=UTC)
    assert second.at == datetime.fromisoformat("2022-05-10T00:23:53")


def test_a_text_is_a_string_or_parts_that_are_joined_as_they_touch() -> None:
    parts = [
        "see ",
        {"type": "bold", "text": "th"},
        {"type": "italic", "text": "is"},
        {"type": "text_link", "text": " x", "href": "https://a.b"},
    ]
    (found,) = of(message(text=parts))
    assert found.text == "see this x"
    assert "text.href" in found.unmapped


def test_a_bare_link_after_a_marked_part_begins_a_word() -> None:
    (found,) = of(message(text=[{"type": "bold", "text": "Link:"}, {"type": "link", "text": "https://a.b/"}]))
    assert found.text == "Link: https://a.b/"


def test_the_exact_bytes_of_each_message_are_kept() -> None:
    own = [b'{"id":1, "type":"message","text":"\\u00e9"}', b'{"id":2,"type":"message","text":"x"}']
    content = b'{"name":"B","type":"private_group","id":1,"messages":[ ' + b" ,".join(own) + b"]}"
    found = messages(telegram, held({"result.json": content}))
    assert [one.raw for one in found] == own
    assert found[0].text == "é"


def test_a_deleted_account_is_called_by_its_id() -> None:
    (found,) = of(message(**{"from": None}))
    assert found.sender == "user300"


def test_the_layout_of_2020_with_plain_ids_and_an_edit_of_1970() -> None:
    old = {
        "id": 1,
        "type": "message",
        "date": "2017-06-23T20:11:00",
        "edited": "1970-01-01T05:00:00",
        "from": None,
        "from_id": 300,
        "text": "x",
    }
    (found,) = messages(telegram, held({"result.json": document(account(chat(old)))}))
    assert (found.sender, found.side, found.edited, found.edited_at) == ("300", "right", False, None)


def test_an_edit_is_marked_with_its_moment() -> None:
    (found,) = of(message(edited="2022-05-10T01:00:00", edited_unixtime="1652135099"))
    assert (found.edited, found.edited_at) == (True, datetime(2022, 5, 9, 22, 24, 59, tzinfo=UTC))


def test_of_two_people_the_one_whose_chat_it_is_stands_left() -> None:
    found = of(message(), message(from_id="user700", **{"from": "Bo"}))
    assert [one.side for one in found] == ["right", "left"]


def test_an_account_says_who_its_owner_is_and_chats_stay_apart() -> None:
    group = chat(message(), message(from_id="channel9"), type="private_supergroup", name="Team", id=9)
    left = {"about": "", "list": [chat(message(), type="private_group", name="Gone", id=4)]}
    said, counts, remarks = read(
        telegram, held({"x/result.json": document(account(chat(message()), group, left_chats=left))})
    )
    assert [(one.thread.key, one.thread.title) for one in said] == [
        ("user:700", "Bo"), ("channel:9", "Team"), ("channel:9", "Team"), ("chat:4", "Gone"),
    ]  # fmt: skip
    assert said[0].thread.participants == ("Bo", "Ann Lee")
    assert said[1].thread is said[2].thread
    assert {one.thread.owner for one in said} == {"Ann Lee"}
    assert (stated(counts, "messages"), stated(counts, "conversations"), remarks) == (4, 3, [])


def test_a_chat_without_messages_is_counted_and_gives_none() -> None:
    said, counts, _ = read(telegram, held({"result.json": document(account(chat(), chat(message(), id=8)))}))
    assert (len(said), stated(counts, "conversations")) == (1, 2)


def test_notices_say_what_was_done_with_all_that_is_stated() -> None:
    value = {
        "id": 1,
        "type": "service",
        "date": "2020-12-22T23:11:21",
        "actor": "Ann",
        "actor_id": "user300",
        "action": "invite_members",
        "members": ["Cy", None],
        "text": "",
    }
    (found,) = of(value)
    assert (found.system, found.side, found.sender, found.text) == (
        True,
        "center",
        "Ann",
        "invite members (members: Cy)",
    )


def test_files_are_found_from_the_folder_of_the_document() -> None:
    value = message(
        file="files/a b.pdf", file_name="Plan.pdf", mime_type="application/pdf", thumbnail="files/a b.pdf_thumb.jpg"
    )
    export = held({"E/result.json": document(chat(value)), "E/files/a b.pdf": b"%", "E/files/a b.pdf_thumb.jpg": b"j"})
    (found,) = messages(telegram, export)
    assert found.attachments == (Media(name="Plan.pdf", media_type="application/pdf", entry="E/files/a b.pdf"),)
    assert telegram.aside("E/files/a b.pdf_thumb.jpg")
    assert telegram.aside("E/files/other.pdf") is None


def test_a_sentence_in_place_of_a_path_is_a_missing_file() -> None:
    (found,) = of(message(photo=NOT_INCLUDED, width=3, height=4))
    assert found.attachments == (Media(name=None),)
    assert not found.attachments[0].present


def test_a_preview_is_kept_where_the_file_itself_is_missing() -> None:
    value = message(file=NOT_INCLUDED, thumbnail="t_thumb.jpg")
    (found,) = of(value, **{"t_thumb.jpg": b"j"})
    assert [(one.name, one.entry) for one in found.attachments] == [(None, None), ("t_thumb.jpg", "t_thumb.jpg")]


def test_replies_and_what_was_passed_on() -> None:
    first, second, third = of(
        message(reply_to_message_id=4),
        message(reply_to_message_id=4, reply_to_peer_id="channel8"),
        message(forwarded_from=None, forwarded_from_id="user9"),
    )
    assert (first.reply_to, second.reply_to, third.forwarded_from) == ("4", "channel8/4", "user9")


def test_reactions_of_named_and_of_unnamed_people() -> None:
    value = message(reactions=[
        {"type": "emoji", "count": 3, "emoji": "👍", "recent": [{"from": "Bo", "date": "2024-01-05T10:00:00"}]},
        {"type": "emoji", "count": 70_000, "emoji": "🎉"},
    ])  # fmt: skip
    (found,) = of(value)
    assert found.reactions[:3] == (
        Reacted(emoji="👍", by="Bo", at=datetime.fromisoformat("2024-01-05T10:00:00")),
        Reacted(emoji="👍"),
        Reacted(emoji="👍"),
    )
    assert len(found.reactions) == 53
    assert "reactions.count" in found.unmapped


def test_a_quotation_and_a_block_of_code_are_lines_of_their_own() -> None:
    parts = ["see", {"type": "blockquote", "text": "one\ntwo"}, "", "after\n", {"type": "pre", "text": "x"}, "\nend"]
    (found,) = of(message(text=parts))
    assert found.text == "see\none\ntwo\nafter\nx\nend"


def test_polls_cards_and_places_are_said() -> None:
    poll = {
        "question": "When?",
        "closed": True,
        "total_voters": 3,
        "answers": [{"text": "Mon", "voters": 3, "chosen": True}],
    }
    found = of(
        message(text="", poll=poll),
        message(text="", contact_information={"first_name": "Cy", "last_name": "", "phone_number": "+1 2"}),
        message(text="here", location_information={"latitude": 1.5, "longitude": 2}, place_name="Gym"),
        message(
            text="", todo_list={"title": "Bring", "answers": [{"text": "maps", "id": 1}], "others_can_append": True}
        ),
    )
    assert [one.text for one in found] == ["When?\n- Mon", "Cy, +1 2", "here\nGym\n1.5, 2", "Bring\n- maps"]
    assert "todo_list.others_can_append" in found[3].unmapped
    assert {"poll.closed", "poll.total_voters", "poll.answers.voters"} <= set(found[0].unmapped)


def test_what_is_not_modelled_is_named() -> None:
    (found,) = of(message(via_bot="@x", inline_bot_buttons=[[{"text": "y"}]], author=""))
    assert found.unmapped == ("from_id", "inline_bot_buttons", "via_bot")


def test_stories_are_posts_of_the_owner() -> None:
    story = {"date": "2024-01-05T10:00:00", "date_unixtime": "1704448800", "pinned": True, "media": "stories/a.jpg"}
    said, counts, _ = read(telegram, held({"result.json": document(account(stories=[story])), "stories/a.jpg": b"j"}))
    assert (said[0].thread.kind, said[0].message.sender) == (ThreadKind.POST, "Ann Lee")
    assert said[0].message.attachments[0].entry == "stories/a.jpg"
    assert (stated(counts, "posts"), stated(counts, "messages")) == (1, 0)


@every_case("control", range(32))
def test_the_escapes_of_control_characters_that_json_does_not_know_are_read(control: int) -> None:
    escape = f"\\x{control:02X}"
    own = '{"id": 1, "type": "message", "text": "a' + escape + ' \\\\x0B b"}'
    content = '{"name": "B", "type": "personal_chat", "id": 1, "messages": [' + own + ', {"id": 2, "text": "c"}]}'
    found = messages(telegram, held({"result.json": content.encode()}))
    assert [one.text for one in found] == [f"a{chr(control)} \\x0B b", "c"]
    assert found[0].raw == own.encode()


def test_such_an_escape_is_read_wherever_blocks_of_the_file_end() -> None:
    start = b'{"name": "B", "type": "personal_chat", "id": 1, "messages": ['
    for shift in range(8):
        filler = b'{"id": 1, "type": "message", "text": "%s"},' % (b"y" * ((1 << 18) - len(start) - 74 + shift))
        own = b'{"id": 2, "type": "message", "text": "\\\\\\\\\\x0Bz"}'
        found = messages(telegram, held({"result.json": start + filler + own + b"]}"}))
        assert (found[1].text, found[1].raw) == ("\\\\\x0bz", own)


def test_a_document_that_is_cut_gives_what_can_be_had_and_says_so() -> None:
    content = document(chat(*[message(id=number) for number in range(50)]))
    said, counts, remarks = read(telegram, held({"result.json": content[: len(content) * 2 // 3]}))
    assert 20 < len(said) < 50
    assert stated(counts, "messages") == len(said)
    assert [(one.path, one.lost) for one in remarks] == [("result.json", None)]


def test_one_damaged_document_takes_nothing_from_the_next() -> None:
    good = document(chat(message()))
    said, _, remarks = read(telegram, held({"a/result.json": good[:-20], "b/result.json": good}))
    assert [one.thread.path for one in said] == ["b/result.json"]
    assert [one.path for one in remarks] == ["a/result.json"]


def test_messages_that_are_no_objects_are_counted_as_lost() -> None:
    content = (
        b'{"name":"B","type":"personal_chat","id":1,"messages":[7,{"id":1,"type":"message"},'
        + b"[" * 2_000
        + b"]" * 2_000
        + b"]}"
    )
    said, counts, remarks = read(telegram, held({"result.json": content}))
    assert (len(said), stated(counts, "messages"), sum(one.lost or 0 for one in remarks)) == (1, 3, 2)


def test_wrong_kinds_of_values_anywhere_lose_no_message_in_silence() -> None:
    whole = account(
        chat(
            message(
                text=["a", {"type": "link", "text": "b"}],
                reactions=[{"type": "emoji", "count": 2, "emoji": "x", "recent": [{"from": "A"}]}],
            )
        ),
        chat(
            message(
                poll={"question": "q", "answers": [{"text": "a"}]}, photo="p.jpg", reply_to_message_id=3, edited="x"
            )
        ),
        chat({"id": 1, "type": "service", "actor": "A", "action": "create_group", "members": ["B"], "text": ""}),
    )
    for wrong in gone_wrong(whole, seed=5, rounds=400):
        export = held({"result.json": document(wrong)})
        if not telegram.recognise(export):
            continue
        said, counts, remarks = read(telegram, export)
        assert len(said) + sum(one.lost or 0 for one in remarks) == stated(counts, "messages")
        for one in said:
            assert json.dumps(
                [one.thread.key, one.thread.title, one.message.text, one.message.sender], ensure_ascii=False
            ).encode()


@pytest.mark.parametrize(
    "content",
    [
        b'{"messages": [{"sender_name": "A", "timestamp_ms": 1}]}',
        b'[{"type": "message", "ts": "1404330000.000123"}]',
        b'From: a@b\n\n{"type": "personal_chat", "messages": []}',
        b'x = {"type": "personal_chat", "messages": [], "date_unixtime": 1}',
        b'{"guild": {"id": "0"}, "channel": {}, "messages": [{"type": "Default"}]}',
        b"",
        b"\xff\xfe\x00",
    ],
)  # fmt: skip
def test_documents_of_others_are_not_recognised(content: bytes) -> None:
    assert not telegram.recognise(held({"result.json": content}))


def test_moments_that_no_clock_showed_are_none() -> None:
    for value in (0, "0", "-5", "99999999999999", 10**300, [], "x"):
        (found,) = of(message(date_unixtime=value, date="1970-01-01T00:00:00"))
        assert found.at is None


def test_both_layouts_in_one_export_are_read_once() -> None:
    export = held(
        {
            "E/result.json": document(chat(message())),
            "E/messages.html": b'<div class="page_wrap"><div class="page_header"></div><div class="history"></div>',
        }
    )
    said, _, _ = read(telegram, export)
    assert len(said) == 1
    assert telegram.aside("E/messages.html") == "its messages were read from result.json"
