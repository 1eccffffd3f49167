"""TikTok downloads, JSON under old and new names and text files, and what hostile ones end in."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from ingest.formats.chats import tiktok
from ingest.formats.chats.held_files import HeldFiles
from ingest.formats.chats.model import ThreadKind

from .accounts import altered, cut, dumped, reading

AT = "2024-02-12 08:00:00"
PROFILE = {"Profile Information": {"ProfileMap": {"userName": "school"}}}


def line(sender: str = "bo", text: str = "hello", **more: object) -> dict[str, object]:
    return {"Date": AT, "From": sender, "Content": text, **more}


def new(**more: object) -> dict[str, object]:
    talks = {"Chat History with bo:": [line(), line("school", "hi")]}
    return {
        "Direct Message": {"Direct Messages": {"ChatHistory": talks}},
        "Comment": {"Comments": {"CommentsList": [{"date": AT, "comment": "nice", "photo": "N/A", "url": ""}]}},
        "Post": {
            "Posts": {"VideoList": [{"Date": AT, "Link": "https://v.example/a?x=1", "Title": "Day one", "Likes": "3"}]}
        },
        "Your Activity": {"Watch History": {"VideoList": [{"Date": AT, "Link": "l"}]}},
        "Profile": PROFILE,
        **more,
    }


def old() -> dict[str, object]:
    return {
        "Activity": {"Video Browsing History": {"VideoList": []}},
        "Comment": {"Comments": {"CommentsList": [{"Date": AT, "Comment": "old"}]}},
        "Direct Messages": {"Chat History": {"ChatHistory": {"Chat History with bo:": [line()]}}},
        "Video": {"Videos": {"VideoList": [{"Date": AT, "Link": "l"}]}},
    }


def test_the_name_of_a_group_is_nobody():
    groups = {"GroupChat": {"Chat History with Staff:": [line("kim", "all")]}}
    made = reading(tiktok, {"user_data_tiktok.json": dumped(new(**{"Direct Message": {"Group Chat": groups}}))})
    one = next(one for one in made.said if one.message.text == "all")
    assert (one.thread.title, one.thread.participants, one.message.sender) == ("Staff", ("school",), "kim")


def test_a_download_is_known_by_its_sections():
    assert tiktok.recognise(HeldFiles(files={"top/user_data_tiktok.json": dumped(new()), "a.jpg": b""}))
    assert tiktok.recognise(HeldFiles(files={"renamed": dumped(old())}))
    assert not tiktok.recognise(HeldFiles(files={"user_data.json": b'{"users": []}'}))


@pytest.mark.parametrize(
    ("value", "texts"), [(new(), ["hello", "hi", "nice", "Day one"]), (old(), ["old", "hello", ""])]
)
def test_sections_are_found_under_all_their_names(value: object, texts: list[str]):
    made = reading(tiktok, {"user_data.json": dumped(value)})
    assert made.texts == texts
    assert made.stated["messages"] == len(texts)
    assert {one.at for one in made.messages} == {datetime(2024, 2, 12, 8, tzinfo=UTC)}


def test_messages_are_conversations_with_sides_and_posts_name_their_missing_video():
    made = reading(tiktok, {"user_data.json": dumped(new())})
    talk, answer, comment, post = made.said
    assert (talk.thread.key, talk.thread.title, talk.thread.participants) == ("bo", "bo", ("school", "bo"))
    assert (talk.message.side, answer.message.side) == ("left", "right")
    assert talk.message.raw == dumped(line())
    assert comment.thread.kind is post.thread.kind is ThreadKind.POST
    assert comment.message.sender == "school"
    assert [(one.name, one.present) for one in post.message.attachments] == [("https://v.example/a", False)]
    assert post.message.unmapped == ("Likes",)


def test_what_else_was_said_is_taken():
    live = {
        "Watch Live History": {
            "WatchLiveMap": {"7": {"Link": "l", "Comments": [{"CommentTime": AT, "CommentContent": "wow"}]}}
        }
    }
    shop = {"Communication With Shops": {"CommunicationHistories": {"Shop": [{"send_time": AT, "content": "ready?"}]}}}
    group = {"Group Chat": {"GroupChat": {"Group Chat History with staff:": [line()]}}}
    review = {"Location Reviews": {"ReviewsList": [{"Date": AT, "PlaceName": "School", "ReviewText": "good"}]}}
    value = new(**{"Tiktok Live": live, "TikTok Shop": shop, "Direct Message": group, "Location Review": review})
    made = reading(tiktok, {"user_data.json": dumped(value)})
    assert set(made.texts) == {"hello", "nice", "Day one", "wow", "ready?", "School\ngood"}
    assert {"staff", "shop-Shop"} <= made.keys


def test_sections_that_are_null_say_nothing():
    value = new(**{"Direct Message": None, "Comment": {"Comments": None}, "Post": {"Posts": {"VideoList": None}}})
    made = reading(tiktok, {"user_data.json": dumped(value)})
    assert made.said == []
    assert made.lost == 0


TEXT = (
    b"\xef\xbb\xbf>>> Chat History with bo::\r\n\r\n"
    b"2024-02-12 08:00:00 UTC bo: hello: you\r\nand a second line\r\n\r\n"
    b"2024-02-12 08:01:00 UTC school: https://t.example/1\r\n\r\n"
    b">>> Chat History with ana::\r\n2024-02-12 08:02:00 UTC ana: hi\r\n"
)


def test_text_files_of_messages_are_read_in_lines():
    files = {
        "TikTok/Direct Messages/Direct Messages.txt": TEXT,
        "TikTok/Profile and Settings/Profile Information.txt": b"Username: school\nNickname: S\n",
    }
    assert tiktok.recognise(HeldFiles(files=files))
    made = reading(tiktok, files)
    assert made.texts == ["hello: you\nand a second line", "https://t.example/1", "hi"]
    assert [one.thread.key for one in made.said] == ["bo", "bo", "ana"]
    assert [one.side for one in made.messages] == ["left", "right", "left"]
    assert made.messages[0].raw == b"2024-02-12 08:00:00 UTC bo: hello: you\nand a second line"
    assert made.messages[2].at == datetime(2024, 2, 12, 8, 2, tzinfo=UTC)
    assert made.said[0].thread.owner == "school"


@pytest.mark.parametrize(
    "labels", [("Date", "Comment", "Photo", "Url"), ("Datum", "Reactie", "Sticker", "Link naar bericht")]
)
def test_text_files_of_comments_are_read_by_their_labels(labels: tuple[str, ...]):
    date, text, photo, link = labels
    content = (
        f"{date}: 2024-02-12 08:00:00 UTC\n{text}: so: nice\nsecond\n{photo}: N/A\n{link}: https://c.example/1\n\n"
        f"{date}: 2024-02-12 08:01:00 UTC\n{text}: again\n{photo}: N/A\n"
    ).encode()
    made = reading(tiktok, {"TikTok/Comments/Comments.txt": content, "b.txt": b"Date: 2024\n"})
    assert made.texts == ["so: nice\nsecond", "again"]
    assert made.messages[0].unmapped == (link.lower(),)
    assert made.messages[0].at == datetime(2024, 2, 12, 8, tzinfo=UTC)


def test_what_was_only_watched_is_set_aside():
    assert tiktok.aside("TikTok/Your Activity/Watch History.txt")
    assert tiktok.aside("TikTok/Direct Messages/Direct Messages.txt") is None


def test_hostile_downloads_end_in_messages_or_remarks():
    for one in altered(new(), seed=19, rounds=400):
        assert reading(tiktok, {"user_data.json": dumped(one)}).broken is None
    for content in (*cut(dumped(new()), seed=20), *cut(TEXT, seed=21)):
        assert reading(tiktok, {"user_data.json": content}).broken is None
        assert reading(tiktok, {"Direct Messages.txt": content}).broken is None


def test_the_sample_downloads_give_their_facts(shared_dir):
    folder = shared_dir / "fixtures/tiktok/spec-derived"
    for case in json.loads((folder / "expected.json").read_text())["cases"]:
        made = reading(tiktok, {case["file"]: (folder / case["file"]).read_bytes()})
        talks: dict[str, int] = {}
        for one in made.said:
            if one.thread.kind is ThreadKind.CONVERSATION:
                talks[one.thread.key] = talks.get(one.thread.key, 0) + 1
        assert talks == case["dm_threads"]
        assert sum(one.thread.key.startswith("comment-") for one in made.said) == case["comments"]
        assert sum(one.thread.key.startswith("post-") for one in made.said) == case.get("posts", 0)
