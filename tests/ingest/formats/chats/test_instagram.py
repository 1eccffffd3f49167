"""Instagram: direct messages in JSON and HTML, posts, stories and comments, and what is hostile."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from ingest.formats.chats import facebook, instagram
from ingest.formats.chats.held_files import HeldFiles
from ingest.formats.chats.model import ThreadKind

from .accounts import altered, cut, dumped, reading

SEED = 17079912
TOP = "your_instagram_activity/"
THREAD = TOP + "messages/inbox/zofriend_539841500738651/"
AT = datetime(2024, 2, 15, 10, 1, 40, tzinfo=UTC)


def printed(*parts: int) -> datetime:
    return datetime(*parts)  # noqa: DTZ001 - pages print no zone


def spelled(text: str) -> str:
    """As Meta spells it."""
    return text.encode().decode("latin-1")


def thread(*messages: object) -> bytes:
    value = {
        "participants": [{"name": spelled("Zoë Friend")}, {"name": "Ana Owner"}],
        "messages": list(messages),
        "title": spelled("Zoë Friend"),
        "thread_path": "inbox/zofriend_539841500738651",
    }
    return json.dumps(value).encode()


def message(text: str, sender: str = "Ana Owner", **more: object) -> dict[str, object]:
    return {"sender_name": spelled(sender), "timestamp_ms": 1707991300000, "content": spelled(text), **more}


def test_direct_messages_are_read():
    shared = {"link": "https://www.instagram.com/reel/A/", "share_text": "#tag", "original_content_owner": "maker"}
    reacted = [{"reaction": spelled("❤️"), "actor": spelled("Zoë Friend"), "timestamp": 1707991301}]
    files = {
        THREAD + "message_1.json": thread(
            message("Déjà vu", "Zoë Friend"), message("Ana sent an attachment.", share=shared, reactions=reacted)
        )
    }
    assert instagram.recognise(HeldFiles(files=files))
    assert not facebook.recognise(HeldFiles(files=files))
    found = reading(instagram, files)
    one, two = found.messages
    assert (one.sender, one.text, one.at, one.side) == ("Zoë Friend", "Déjà vu", AT, "left")
    assert two.text == "Ana sent an attachment.\n#tag\nhttps://www.instagram.com/reel/A/"
    assert (two.side, two.forwarded_from) == ("right", "maker")
    assert [(r.emoji, r.by, r.at) for r in two.reactions] == [("❤️", "Zoë Friend", AT.replace(second=41))]
    thread_read = found.said[0].thread
    assert (thread_read.platform, thread_read.key) == ("instagram", "539841500738651")


def test_messages_alone_without_participants_are_taken():
    export = HeldFiles(files={"x.json": dumped({"messages": [message("hi")]})})
    assert instagram.recognise(export)
    assert not facebook.recognise(export)
    assert reading(instagram, export).texts == ["hi"]


def test_an_archive_with_accounts_of_both_platforms_is_read_by_each_reader_in_part():
    export = HeldFiles(
        files={
            "instagram-ana-2024/" + THREAD + "message_1.json": thread(message("on instagram")),
            "facebook-ana-2024/your_facebook_activity/messages/inbox/a_123456/message_1.json": thread(message("fb")),
        }
    )
    assert facebook.recognise(export)
    assert instagram.recognise(export)
    assert reading(facebook, export).texts == ["fb"]
    assert reading(instagram, export).texts == ["on instagram"]


@pytest.mark.parametrize(
    ("heading", "time"),
    [("h2", "Apr 23, 2022 5:03 pm"), ("div", "Apr 23, 2022, 5:03 PM"), ("h2", "abr 23, 2022 5:03 da tarde/noite")],
)
def test_pages_of_html_are_read(heading, time):
    made = (
        '<html><head><title>friend</title></head><body><div class="pam _3-95 _2ph- _a6-g uiBoxWhite noborder">'
        f'<{heading} class="_3-95 _2pim _a6-h _a6-i">me</{heading}><div class="_3-95 _a6-p"><div>Look '
        f'<ul class="_a6-q"><li><span>❤️friend<span> ({time})</span></span></li></ul></div></div>'
        f'<div class="_3-94 _a6-o">{time}</div></div></body></html>'
    ).encode()
    files = {"messages/inbox/friend_539841500738651/message_1.html": made}
    assert instagram.recognise(HeldFiles(files=files))
    assert not facebook.recognise(HeldFiles(files=files))
    found = reading(instagram, files)
    (one,) = found.messages
    assert (one.sender, one.text, one.at) == ("me", "Look", printed(2022, 4, 23, 17, 3))
    assert [(r.emoji, r.by, r.at) for r in one.reactions] == [("❤️", "friend", printed(2022, 4, 23, 17, 3))]
    assert one.raw in made
    assert found.keys == {"539841500738651"}


def test_posts_and_comments_are_read_from_pages_of_html():
    row = '<tr><td colspan="2" class="_a6_q"><div class="_a6-q">{}</div><div><div>{}</div></div></td></tr>'
    parts = (("Commentaire", "très bien"), ("Auteur", "maker"), ("Heure", "avr. 23, 2022 5:03 pm"))
    table = "".join(row.format(*part) for part in parts)
    box = '<html><div class="pam _3-95 _2ph- _a6-g uiBoxWhite noborder">{}</div></html>'
    post = (
        '<div class="_3-95 _2pim _a6-h _a6-i">Caption</div><div class="_a6-p"><img src="media/posts/1.jpg"></div>'
        '<div class="_3-94 _a6-o">Apr 23, 2022 5:03 pm</div>'
    )
    files = {
        TOP + "comments/post_comments_1.html": box.format(f"<table>{table}</table>").encode(),
        TOP + "media/posts_1.html": box.format(post).encode(),
    }
    comment, posted = reading(instagram, files).said
    assert (comment.message.text, comment.thread.title) == ("très bien", "maker")
    assert comment.message.at == posted.message.at == printed(2022, 4, 23, 17, 3)
    assert (posted.message.text, posted.message.attachments[0].name) == ("Caption", "1.jpg")
    assert posted.thread.kind is ThreadKind.POST


def file_of_post(title: str = "", at: int = 1707991300, number: int = 1) -> dict[str, object]:
    return {"uri": f"media/posts/202402/{number}.jpg", "creation_timestamp": at, "title": spelled(title)}


def test_a_caption_is_found_on_the_file_and_on_the_post():
    value = [
        {"media": [file_of_post("Single – here 🎉")]},
        {"media": [file_of_post(number=1), file_of_post(number=2)], "title": "Two", "creation_timestamp": 1707991300},
    ]
    found = reading(instagram, {TOP + "media/posts_1.json": dumped(value), "media/posts/202402/2.jpg": b"x"})
    assert found.texts == ["Single – here 🎉", "Two"]
    assert [one.at for one in found.messages] == [AT, AT]
    assert [media.entry for media in found.messages[1].attachments] == [None, "media/posts/202402/2.jpg"]
    assert {one.thread.kind for one in found.said} == {ThreadKind.POST}
    assert found.stated == {"posts": 2, "messages": 2}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("media/stories.json", {"ig_stories": [file_of_post("été")]}),
        ("media/reels.json", {"ig_reels_media": [{"media": [file_of_post("été")]}]}),
        ("media/archived_posts.json", {"ig_archived_post_media": [{"media": [file_of_post("été")]}]}),
        ("threads/threads_and_replies.json", {"text_post_app_text_posts": [{"media": [file_of_post("été")]}]}),
        ("media/posts.json", [{"timestamp": 1707991300, "label_values": [{"media": [file_of_post("été")]}]}]),
        (
            "media/posts.json",
            [{"timestamp": 1707991300, "label_values": [{"label": "Légende", "value": spelled("été")}]}],
        ),
    ],
)
def test_every_kind_of_post_is_read(name, value):
    (one,) = reading(instagram, {TOP + name: dumped(value)}).messages
    assert (one.text, one.at) == ("été", AT)


@pytest.mark.parametrize("labels", [("Comment", "Media Owner", "Time"), ("Commentaire", "Auteur", "Heure")])
@pytest.mark.parametrize("key", [None, "comments_reels_comments"])
def test_comments_are_read_by_the_order_of_their_parts(labels, key):
    said, owner, time = labels
    entry = {
        "media_list_data": [{"uri": ""}],
        "string_map_data": {
            said: {"value": spelled("Très bien")},
            owner: {"value": "maker"},
            time: {"timestamp": 1707991300},
        },
    }
    value = [entry] if key is None else {key: [entry]}
    (one,) = reading(instagram, {TOP + "comments/post_comments_1.json": dumped(value)}).said
    assert (one.message.text, one.message.at, one.thread.title) == ("Très bien", AT, "maker")


def test_the_owner_is_named_by_the_profile():
    profile = {"profile_user": [{"string_map_data": {"Name": {"value": "Ana Owner"}, "Username": {"value": "ana_o"}}}]}
    files = {
        "personal_information/personal_information.json": dumped(profile),
        TOP + "media/posts_1.json": dumped([{"media": [file_of_post("x")]}]),
        THREAD + "message_1.json": thread(message("y")),
    }
    said, post = reading(instagram, files).said
    assert (said.thread.owner, said.message.side) == ("Ana Owner", "right")
    assert (post.message.sender, post.thread.owner) == ("ana_o", "ana_o")


def test_followers_and_saved_posts_of_others_are_left_aside():
    followers = dumped([{"string_list_data": [{"href": "https://www.instagram.com/a", "timestamp": 1707991300}]}])
    saved = dumped([{"timestamp": 1707991300, "label_values": [{"label": "URL", "value": "https://example.org/"}]}])
    files = {
        "connections/followers_and_following/followers_1.json": followers,
        TOP + "saved/saved_posts.json": saved,
        THREAD + "message_1.json": thread(message("hi")),
    }
    export = HeldFiles(files=files)
    assert reading(instagram, export).texts == ["hi"]
    for name in files:
        assert (instagram.aside(name) is None) == (name in export.opened)


def test_wrong_values_anywhere_end_in_posts_or_remarks():
    values = {
        "media/posts_1.json": [{"media": [file_of_post("x")], "title": "y"}],
        "media/posts.json": [{"timestamp": 1, "label_values": [{"label": "a", "value": "b", "dict": [{"dict": []}]}]}],
        "comments/post_comments_1.json": [{"string_map_data": {"a": {"value": "b"}, "c": {"timestamp": 5}}}],
    }
    for name, value in values.items():
        for copy in altered(value, SEED):
            found = reading(instagram, {TOP + name: json.dumps(copy).encode()})
            assert found.broken is None
        for content in cut(dumped(value), SEED):
            assert reading(instagram, {TOP + name: content}).broken is None
