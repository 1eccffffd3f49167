"""Messenger: threads in JSON and from secure storage, accounting, and what is hostile."""

from __future__ import annotations

import json

import pytest

from ingest.formats.chats import facebook, instagram, meta_threads
from ingest.formats.chats.held_files import HeldFiles
from ingest.formats.chats.model import Said
from tests.every_case import every_case

from .accounts import altered, cut, dumped, reading
from .meta_exports import AT, BOX, INBOX, POST, POSTS, message, page, secure, spelled, thread

SEED = 20201113


def only(*messages: object, **files: bytes) -> tuple:
    held = {INBOX + "zoefriend_1234567890/message_1.json": thread(*messages)}
    found = reading(facebook, {**held, **files})
    return tuple(found.messages)


def test_a_thread_is_read_with_names_and_texts_as_they_were_meant():
    name = INBOX + "zoefriend_1234567890/message_1.json"
    export = HeldFiles(files={name: thread(message("Déjà vu 😀"), message("yes", "Ana Owner"))})
    assert facebook.recognise(export)
    assert not instagram.recognise(export)
    found = reading(facebook, export)
    first, second = found.messages
    assert (first.sender, first.text, first.at, first.side) == ("Zoë Friend", "Déjà vu 😀", AT, "left")
    assert (second.sender, second.side) == ("Ana Owner", "right")
    conversation = found.said[0].thread
    assert conversation is found.said[1].thread
    assert (conversation.platform, conversation.key, conversation.title) == ("messenger", "1234567890", "Zoë Friend")
    assert conversation.participants == ("Zoë Friend", "Ana Owner")
    assert conversation.owner == "Ana Owner"
    assert found.stated == {"messages": 2, "conversations": 1}
    assert found.remarks == []


def test_the_exact_bytes_of_a_message_are_kept():
    content = thread(message("café"), message("b"))
    for one in reading(facebook, {INBOX + "a_123456/message_1.json": content}).messages:
        assert one.raw in content
        assert json.loads(one.raw)["sender_name"] == spelled("Zoë Friend")


def test_pages_are_read_in_the_order_of_their_numbers():
    files = {f"{INBOX}a_123456/message_{n}.json": thread(message(f"page {n}")) for n in (10, 2, 1)}
    found = reading(facebook, files)
    assert found.texts == ["page 1", "page 2", "page 10"]
    assert len({id(one.thread) for one in found.said}) == 1
    assert found.stated["conversations"] == 1


@every_case("top", ["", "your_facebook_activity/", "facebook-ana-2024/your_activity_across_facebook/"])
@every_case("box", ["inbox", "archived_threads", "filtered_threads", "message_requests", "e2ee_cutover"])
def test_threads_are_found_in_every_folder_and_year(top, box):
    files = {f"{top}messages/{box}/a_123456/message_1.json": thread(message())}
    assert facebook.recognise(HeldFiles(files=files))
    assert reading(facebook, files).texts == ["hello"]


def test_one_page_alone_is_recognised_by_its_content():
    export = HeldFiles(files={"downloaded (3)": thread(message())}, name="downloaded (3)")
    assert facebook.recognise(export)
    assert reading(facebook, export).keys == {"1234567890"}


@every_case(
    ("uri", "entry"),
    [
        (INBOX + "a_123456/photos/1.jpg", INBOX + "a_123456/photos/1.jpg"),
        ("messages/inbox/a_123456/photos/1.jpg", INBOX + "a_123456/photos/1.jpg"),
        ("photos/1.jpg", INBOX + "a_123456/photos/1.jpg"),
        ("./photos/1.jpg", INBOX + "a_123456/photos/1.jpg"),
        ("../../etc/passwd", None),
        ("photos/../../1.jpg", None),
        ("https://example.org/photos/1.jpg", None),
        ("photos/2.jpg", None),
    ],
)
@every_case("top", ["", "wrapped/"])
def test_media_are_found_wherever_their_paths_count_from(uri, entry, top):
    files = {
        f"{top}{INBOX}a_123456/message_1.json": thread(message(None, photos=[{"uri": uri}])),
        f"{top}{INBOX}a_123456/photos/1.jpg": b"x",
    }
    (one,) = reading(facebook, files).messages
    (media,) = one.attachments
    assert media.entry == (None if entry is None else top + entry)
    assert media.present == (entry is not None)


def test_every_kind_of_file_is_an_attachment():
    kinds = {"photos": "1.jpg", "videos": "2.mp4", "audio_files": "3.m4a", "files": "4.pdf", "gifs": "5.gif"}
    listed = {kind: [{"uri": f"x/{name}", "creation_timestamp": 1}] for kind, name in kinds.items()}
    (one,) = only(message(None, sticker={"uri": "stickers_used/6.png"}, **listed))
    assert [media.name for media in one.attachments] == [*kinds.values(), "6.png"]
    assert one.attachments[0].media_type == "image/jpeg"
    assert "photos.creation_timestamp" in one.unmapped


def test_shares_reactions_and_notices_say_what_they_say():
    shared, reacted, left, call, gone, bumped = only(
        message(None, share={"link": "https://example.org/a", "share_text": spelled("très bien"), "x": 1}),
        message("ok", reactions=[{"reaction": spelled("❤"), "actor": "Ana Owner"}]),
        message("Zoë left the group.", type="Unsubscribe", users=[{"name": "Z"}]),
        message(None, type="Call", call_duration=192),
        message(None, is_unsent=True),
        message("again", bumped_message_metadata={"bumped_message": "first", "is_bumped": True}),
    )
    assert shared.text == "très bien\nhttps://example.org/a"
    assert shared.unmapped == ("share.x",)
    assert [(one.emoji, one.by) for one in reacted.reactions] == [("❤", "Ana Owner")]
    assert left.system
    assert (left.side, left.unmapped) == ("center", ("users",))
    assert (call.text, call.system) == ("call_duration: 192", True)
    assert gone.deleted
    assert bumped.reply_to == "first"


def test_platform_words_in_any_language_stay_words():
    one, two = only(message("Zoë a envoyé une pièce jointe."), message("Liked a message"))
    assert (one.text, one.system, two.text, two.deleted) == (
        "Zoë a envoyé une pièce jointe.",
        False,
        "Liked a message",
        False,
    )


@every_case("at", [0, -1, 1600000000, 10**30, "x", None, [], 1e400])
def test_a_time_that_is_absurd_leaves_a_message_undated(at):
    (one,) = only(message("x", at=at))
    assert one.at is None


def test_a_thread_from_secure_storage_is_read():
    said = {"senderName": "Zoë Friend", "text": "café?", "timestamp": 1600000000000, "type": "text", "isUnsent": False}
    taken = {**said, "text": "", "isUnsent": True}
    shown = {**said, "text": "", "media": [{"uri": "./media/1.jpeg"}], "reactions": [{"actor": "A", "reaction": "❤"}]}
    files = {"Zoë Friend_4.json": secure(said, taken, shown), "media/1.jpeg": b"x"}
    assert facebook.recognise(HeldFiles(files=files))
    found = reading(facebook, files)
    one, two, three = found.messages
    assert (one.sender, one.text, one.at, one.deleted) == ("Zoë Friend", "café?", AT, False)
    assert two.deleted
    assert three.attachments[0].entry == "media/1.jpeg"
    assert three.reactions[0].emoji == "❤"
    assert (found.said[0].thread.title, found.said[0].thread.owner) == ("Zoë Friend", "Ana Owner")


def test_both_kinds_of_threads_may_be_in_one_archive():
    said = {"senderName": "Zoë Friend", "text": "two", "timestamp": 1600000000000}
    files = {
        INBOX + "a_123456/message_1.json": thread(message("one")),
        "your_activity_across_facebook/messages/zoe_1.json": secure(said, name="Zoë Friend"),
    }
    assert sorted(reading(facebook, files).texts) == ["one", "two"]


@every_case(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b'{"messages": []}',
        b'[{"timestamp": 1, "id": 2}]',
        b'{"participants": [{"name": "x"}], "messages": [{"id": 1, "text": "x"}]}',
        b"<html><body><div>Note: a, b</div><div>x</div></body></html>",
        b'From: a@example.org\r\n\r\n"sender_name" "timestamp_ms" "messages"',
        b"<html><p>To: Bob, Ann</p><p>hello</p><p>Ann</p><div><b>x</b><p>Jan 5, 2024 6:07 PM</p>",
        b'"""[{"data": [{"post": "a"}], "timestamp": 1}]""" # a program',
        b'{"package": "x", "data": {"timestamp": 1}}',
    ],
)
def test_what_is_not_of_meta_is_not_claimed(content):
    for form in (facebook, instagram):
        assert not form.recognise(HeldFiles(files={"message.json": content}))


def test_a_damaged_page_gives_what_it_has_and_says_how_much_is_missing():
    whole = thread(message("one"), message("two"), message("three"))
    broken = whole[: whole.index(b"three") - 10]
    files = {INBOX + "a_123456/message_1.json": broken, INBOX + "b_123456/message_1.json": thread(message("fine"))}
    found = reading(facebook, files)
    assert found.texts == ["one", "two", "fine"]
    assert found.broken is None
    assert [(remark.path, remark.lost) for remark in found.remarks] == [(INBOX + "a_123456/message_1.json", 1)]
    assert found.stated["messages"] == 4


def test_a_conversation_of_which_nothing_could_be_read_is_stated():
    files = {
        INBOX + "a_123456/message_1.json": b'{"messages": {{ "sender_name": "x", "timestamp_ms": 1600000000000}',
        INBOX + "b_234567/message_1.json": thread(message("fine"), thread_path="inbox/b_234567"),
    }
    found = reading(facebook, files)
    assert found.texts == ["fine"]
    assert found.stated == {"messages": 2, "conversations": 2}
    assert found.lost == 1


def test_a_thread_that_moved_to_encryption_is_one_conversation():
    top = "your_activity_across_facebook/messages/"
    files = {
        f"{top}{box}/zoefriend_1234567890/message_1.json": thread(message(box)) for box in ("inbox", "e2ee_cutover")
    }
    found = reading(facebook, files)
    assert found.texts == ["inbox", "e2ee_cutover"]
    assert (len(found.keys), found.stated["conversations"]) == (1, 1)


def test_everything_in_the_list_of_messages_is_accounted_for():
    found = reading(facebook, {INBOX + "a_123456/message_1.json": thread(message(), "x", 7, None, [], {})})
    assert len(found.said) + found.lost == found.stated["messages"] == 6


def test_a_message_that_is_nested_too_deep_is_counted_as_lost():
    deep = b'{"sender_name":"a","timestamp_ms":1600000000000,"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    content = thread(message("one")).replace(b'"messages": [', b'"messages": [' + deep + b",")
    found = reading(facebook, {INBOX + "a_123456/message_1.json": content})
    assert found.texts == ["one"]
    assert found.lost == 1


def test_a_page_that_is_too_large_to_keep_is_read_twice(monkeypatch):
    monkeypatch.setattr(meta_threads, "MOST_HELD", 1000)
    content = thread(*(message(str(number)) for number in range(50)))
    found = reading(facebook, {INBOX + "a_123456/message_1.json": content})
    assert found.texts == [str(number) for number in range(50)]
    assert found.said[0].thread.title == "Zoë Friend"
    assert found.stated["messages"] == 50


def test_lone_surrogates_and_nuls_become_replacement_characters():
    content = thread(message()).replace(b'"hello"', b'"a\\ud800b\\u0000c"')
    assert reading(facebook, {INBOX + "a_123456/message_1.json": content}).texts == ["a\ufffdb\ufffdc"]


HOSTILE = {
    "thread": INBOX + "a_123456/message_1.json",
    "e2ee": "your_activity_across_facebook/messages/a_1.json",
    "posts": POSTS,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_wrong_values_anywhere_end_in_messages_or_remarks(kind):
    value = {
        "thread": json.loads(
            thread(message(photos=[{"uri": "a"}], share={"link": "b"}, reactions=[{"reaction": "c", "actor": "d"}]))
        ),
        "e2ee": json.loads(
            secure({"senderName": "a", "text": "b", "timestamp": 1600000000000, "media": [{"uri": "c"}]})
        ),
        "posts": [{**POST, "attachments": [{"data": [{"media": {"uri": "a", "comments": [{"comment": "x"}]}}]}]}],
    }[kind]
    for copy in altered(value, SEED):
        found = reading(facebook, {HOSTILE[kind]: json.dumps(copy).encode()})
        assert found.broken is None
        assert all(one.message.raw for one in found.said)


@pytest.mark.parametrize("name", [HOSTILE["thread"], INBOX + "a_123456/message_1.html", POSTS])
def test_damaged_bytes_end_in_messages_or_remarks(name):
    whole = (
        page(BOX.format("a", "b", "Sep 13, 2020, 12:26 PM")) if name.endswith("html") else thread(message(), message())
    )
    for content in cut(whole if name != POSTS else dumped([POST, POST]), SEED):
        export = HeldFiles(files={name: content})
        facebook.recognise(export)
        assert reading(facebook, export).broken is None


def test_reading_twice_gives_the_same():
    export = HeldFiles(files={POSTS: dumped([POST, POST]), INBOX + "a_123456/message_1.json": thread(message())})
    first, second = (list(facebook.read(export)) for _ in range(2))
    assert [one for one in first if isinstance(one, Said)]
    assert first == second


def test_two_people_of_one_name_are_two_encrypted_threads():
    one = {"senderName": "Facebook user", "text": "first", "timestamp": 1600000000000}
    files = {
        "messages/Facebook user_3.json": secure(one, name="Facebook user_3"),
        "messages/Facebook user_7.json": secure({**one, "text": "second"}, name="Facebook user_7"),
    }
    found = reading(facebook, files)
    assert [(each.thread.title, each.message.text) for each in found.said] == [
        ("Facebook user", "first"),
        ("Facebook user", "second"),
    ]
    assert len({each.thread.key for each in found.said}) == found.stated["conversations"] == 2
