"""X archives of all layouts: what is taken, what belongs together, and what hostile ones end in."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from ingest.formats.chats import x
from ingest.formats.chats.held_files import HeldFiles
from ingest.formats.chats.model import ThreadKind

from .accounts import altered, cut, dumped, reading

ACCOUNT = dumped(
    [{"account": {"accountId": "7", "username": "school", "accountDisplayName": "Our School"}}],
    "window.YTD.account.part0 = ",
)


def tweet(number: str, text: str = "hello", **more: object) -> dict[str, object]:
    return {
        "tweet": {
            "id_str": number,
            "id": number,
            "created_at": "Wed Oct 10 20:19:24 +0000 2018",
            "full_text": text,
            "entities": {"urls": [], "user_mentions": [], "hashtags": [], "symbols": []},
            "favorited": False,
            "truncated": False,
            **more,
        }
    }


def archive(**scripts: object) -> dict[str, bytes]:
    """Scripts by section, such as ``tweets=[...]``."""
    files = {"data/account.js": ACCOUNT}
    for section, value in scripts.items():
        files[f"data/{section.replace('_', '-')}.js"] = dumped(value, f"window.YTD.{section}.part0 = ")
    return files


def talk(number: str, *entries: object) -> dict[str, object]:
    return {"dmConversation": {"conversationId": number, "messages": list(entries)}}


def wrote(
    number: str, sender: str, text: str, at: str = "2024-01-05T18:07:33.402Z", **more: object
) -> dict[str, object]:
    return {
        "messageCreate": {
            "recipientId": "9",
            "reactions": [],
            "urls": [],
            "text": text,
            "mediaUrls": [],
            "senderId": sender,
            "id": number,
            "createdAt": at,
            **more,
        }
    }


def test_an_archive_is_known_by_what_its_files_assign_whatever_folder_holds_it():
    files = archive(tweets=[tweet("1")])
    assert x.recognise(HeldFiles(files=files))
    assert x.recognise(HeldFiles(files={f"twitter-2024/{name}": content for name, content in files.items()}))
    assert x.recognise(HeldFiles(files={"anything": dumped([], "window.YTD.tweets.part0 = ")}))
    assert not x.recognise(HeldFiles(files={"data/tweets.js": b"module.exports = [1]", "a.txt": b""}))
    assert not x.recognise(HeldFiles(files={"account.js": ACCOUNT, "a.txt": b""}))
    assert not x.recognise(HeldFiles(files={"result.json": b'{"messages": []}'}))


def test_a_post_is_read_as_people_saw_it():
    links = {"urls": [{"url": "https://t.co/AbC", "expanded_url": "https://school.example/a?b=1", "display_url": "s…"}]}
    made = reading(
        x, archive(tweets=[tweet("5", "@bo &lt;3 &amp; go https://t.co/AbC https://t.co/AbCd", entities=links)])
    )
    (said,) = made.said
    assert said.message.text == "@bo <3 & go https://school.example/a?b=1 https://t.co/AbCd"
    assert said.message.at == datetime(2018, 10, 10, 20, 19, 24, tzinfo=UTC)
    assert (said.message.sender, said.thread.owner, said.message.side) == ("@school", "@school", "right")
    assert said.thread.kind is ThreadKind.POST
    assert said.thread.url == "https://twitter.com/school/status/5"
    assert made.stated == {"posts": 1, "messages": 1}


def test_raw_is_the_object_as_it_stands_in_the_file():
    entry = json.dumps(tweet("5", "caf\u00e9"), indent=2).encode()
    files = {"tweets.js": b"window.YTD.tweets.part0 = [ " + entry + b" ]"}
    assert reading(x, files).messages[0].raw == entry


def test_numbers_beyond_doubles_keep_all_their_digits():
    made = reading(x, archive(tweets=[tweet("1878789947583899953", in_reply_to_status_id_str="1878789947583899951")]))
    assert made.messages[0].id == "1878789947583899953"
    assert made.messages[0].reply_to == "1878789947583899951"


def test_parts_of_a_big_set_are_read_in_their_order():
    files = {
        f"data/tweets-part{part}.js": dumped([tweet(str(part))], f"window.YTD.tweets.part{part} = ")
        for part in (10, 2, 1)
    }
    files["data/tweets.js"] = dumped([tweet("99")], "window.YTD.tweets.part0 = ")
    assert [one.id for one in reading(x, files).messages] == ["99", "1", "2", "10"]


def test_the_oldest_layouts_are_read():
    plain = dict(tweet("3")["tweet"])
    month = {"id_str": "4", "id": 4, "text": "RT @bo: hi", "created_at": "2012-03-05 10:00:00 +0000", "user": {"id": 7}}
    month["retweeted_status"] = {"id_str": "2", "text": "hi", "user": {"screen_name": "bo"}}
    files = {
        "tweet.js": dumped([plain], "window.YTD.tweet.part0 = "),
        "data/js/tweets/2012_03.js": dumped([month], "Grailbird.data.tweets_2012_03 =\n"),
        "data/js/user_details.js": dumped({"id": "7", "screen_name": "old_school"}, "var user_details =  "),
        "data/js/tweet_index.js": dumped(
            [{"file_name": "data/js/tweets/2012_03.js", "tweet_count": 1}], "var tweet_index =  "
        ),
    }
    made = reading(x, files)
    assert [one.id for one in made.messages] == ["3", "4"]
    assert made.messages[1].at == datetime(2012, 3, 5, 10, tzinfo=UTC)
    assert made.messages[1].forwarded_from == "@bo"
    assert made.messages[1].sender == "@old_school"
    assert made.stated["posts"] == 2
    assert "retweeted_status" in made.messages[1].unmapped


def test_the_versions_of_an_edited_post_are_one_message():
    def info(mine: str) -> dict[str, object]:
        initial = {"editTweetIds": ["10", "11", "12"], "editsRemaining": "3"}
        if mine == "10":
            return {"initial": initial}
        return {"edit": {"initialTweetId": "10", "editControlInitial": initial}}

    times = {"12": "20:25:00", "10": "20:19:24", "11": "20:21:00"}
    posts = [
        tweet(number, f"text {number}", edit_info=info(number), created_at=f"Wed Oct 10 {time} +0000 2018")
        for number, time in times.items()
    ]
    made = reading(x, archive(tweets=[posts[0], tweet("20"), posts[1], posts[2]]))
    edited = next(one for one in made.said if one.message.edits)
    assert edited.thread.key == "post-10"
    assert edited.message.text == "text 12"
    assert [one.text for one in edited.message.edits] == ["text 10", "text 11"]
    assert edited.message.edited_at == datetime(2018, 10, 10, 20, 25, tzinfo=UTC)
    assert edited.message.at == datetime(2018, 10, 10, 20, 19, 24, tzinfo=UTC)
    assert all(dumped(post) in edited.message.raw for post in posts)
    assert len(made.said) == made.stated["posts"] == 2


def test_a_long_post_gives_its_text_to_the_tweet_that_was_cut():
    whole = "The whole story of our school, told at length. " * 12
    cut_text = f"@bo {whole[:200]}… https://t.co/self"
    note = {
        "noteTweet": {
            "noteTweetId": "77",
            "createdAt": "2018-10-10T20:19:24.500Z",
            "core": {"text": whole, "urls": [], "mentions": []},
            "lifecycle": {"name": "Existing"},
        }
    }
    other = {"noteTweet": {"noteTweetId": "78", "createdAt": "2018-10-10T20:19:24.000Z", "core": {"text": "Another"}}}
    made = reading(x, archive(tweets=[tweet("1", cut_text), tweet("2", "short")], note_tweet=[note, other]))
    assert [one.text for one in made.messages] == [whole, "short", "Another"]
    assert made.messages[0].raw == dumped(tweet("1", cut_text)) + b"\n" + dumped(note)
    assert "noteTweet.lifecycle" in made.messages[0].unmapped
    assert made.stated["posts"] == 3


def test_deleted_community_and_circle_posts_are_taken():
    made = reading(
        x,
        archive(
            deleted_tweets=[tweet("1", deleted_at="Mon Feb 27 07:05:42 +0000 2023")],
            community_tweet=[tweet("2", community_id="3")],
            twitter_circle_tweet=[tweet("4")],
        ),
    )
    by_id = {one.message.id: one for one in made.said}
    assert set(by_id) == {"1", "2", "4"}
    assert by_id["1"].message.deleted
    assert by_id["1"].thread.url is None
    assert by_id["2"].message.unmapped == ("community_id",)


def test_media_belong_to_the_post_whose_number_their_name_begins_with():
    video = {
        "type": "video",
        "media_url_https": "https://pbs.twimg.com/thumb/still.jpg",
        "video_info": {
            "variants": [
                {"content_type": "application/x-mpegURL", "url": "https://video.twimg.com/a/list.m3u8?tag=1"},
                {"content_type": "video/mp4", "bitrate": "256000", "url": "https://video.twimg.com/a/small.mp4?tag=1"},
                {"content_type": "video/mp4", "bitrate": "832000", "url": "https://video.twimg.com/a/big.mp4?tag=1"},
            ]
        },
    }
    photo = {"type": "photo", "media_url_https": "https://pbs.twimg.com/media/one.png"}
    gone = {"type": "photo", "media_url_https": "https://pbs.twimg.com/media/gone.jpg"}
    files = archive(tweets=[tweet("5", extended_entities={"media": [photo, video, gone]})])
    files |= {
        "data/tweets_media/5-one.png": b"1",
        "data/tweets_media/5-big.mp4": b"2",
        "data/tweets_media/6-x.png": b"3",
    }
    made = reading(x, files)
    attached = {(one.name, one.media_type, one.entry) for one in made.messages[0].attachments}
    assert attached == {
        ("5-one.png", "image/png", "data/tweets_media/5-one.png"),
        ("5-big.mp4", "video/mp4", "data/tweets_media/5-big.mp4"),
        ("gone.jpg", "image/jpeg", None),
    }
    assert made.stated["media"] == 3
    assert x.aside("data/tweets_media/6-x.png") is None


def test_direct_messages_are_conversations_of_their_people():
    made = reading(
        x,
        archive(
            direct_messages=[
                talk(
                    "7-9",
                    wrote(
                        "2",
                        "9",
                        "see https://t.co/q",
                        urls=[{"url": "https://t.co/q", "expanded": "https://a.example/q"}],
                    ),
                    wrote(
                        "1",
                        "7",
                        "hi",
                        at="2024-01-05T18:00:00.000Z",
                        reactions=[
                            {
                                "senderId": "9",
                                "reactionKey": "like",
                                "eventId": "4",
                                "createdAt": "2024-01-05T18:01:00.000Z",
                            }
                        ],
                        mediaUrls=["https://ton.twitter.com/dm/1/2/pic.png"],
                        editHistory=[{"createdAtSec": "1704477500", "editedText": "ho"}],
                    ),
                )
            ]
        )
        | {"data/direct_messages_media/1-pic.png": b"png"},
    )
    newer, older = made.said
    assert newer.thread is older.thread
    assert newer.thread.kind is ThreadKind.CONVERSATION
    assert newer.thread.participants == ("@school", "9")
    assert (newer.message.sender, newer.message.side, newer.message.text) == ("9", "left", "see https://a.example/q")
    assert (older.message.sender, older.message.side) == ("@school", "right")
    assert [(one.by, one.emoji) for one in older.message.reactions] == [("9", "like")]
    assert older.message.attachments[0].entry == "data/direct_messages_media/1-pic.png"
    assert [one.text for one in older.message.edits] == ["ho"]
    assert made.stated == {"messages": 2, "conversations": 1, "media": 1}


def test_what_happened_in_a_group_is_told_and_its_last_name_is_its_title():
    at = "2024-01-0{}T10:00:00.000Z".format
    group = talk(
        "555",
        {"conversationNameUpdate": {"initiatingUserId": "9", "name": "Second", "createdAt": at(5)}},
        {"participantsLeave": {"userIds": ["8"], "createdAt": at(4)}},
        wrote("1", "8", "hey", at=at(3)),
        {"conversationNameUpdate": {"initiatingUserId": "9", "name": "First", "createdAt": at(2)}},
        {"joinConversation": {"initiatingUserId": "9", "participantsSnapshot": ["7", "8", "9"], "createdAt": at(1)}},
    )
    made = reading(x, archive(direct_messages_group=[group, talk("555", wrote("9", "9", "more", at=at(6)))]))
    assert {one.thread.title for one in made.said} == {"Second"}
    assert len(made.keys) == 1
    assert made.said[0].thread.participants == ("9", "8", "@school")
    notices = [one for one in made.messages if one.system]
    assert [one.text for one in notices] == [
        "conversationNameUpdate: Second",
        "participantsLeave: 8",
        "conversationNameUpdate: First",
        "joinConversation: 3 participants",
    ]
    assert all(one.side == "center" and one.at is not None for one in notices)
    assert made.stated["messages"] == len(made.said) == 6


def test_the_count_of_the_manifest_stands_against_what_was_read():
    manifest = {
        "userInfo": {"accountId": "7", "userName": "school"},
        "dataTypes": {"tweets": {"files": [{"fileName": "data/tweets.js", "count": "3"}]}},
    }
    files = archive(tweets=[tweet("1"), {"tweet": []}])
    files["data/manifest.js"] = dumped(manifest, "window.__THAR_CONFIG = ")
    made = reading(x, files)
    assert len(made.said) == 1
    assert made.lost == 1
    assert made.stated["posts"] == 3


def test_words_of_the_file_in_a_text_do_not_change_the_count():
    trap = 'say "createdAt" : 1, "eventId", "conversationId" and "full_text"'
    made = reading(x, archive(tweets=[tweet("1", trap)], direct_messages=[talk("7-9", wrote("1", "9", trap))]))
    assert made.stated == {"posts": 1, "messages": 2, "conversations": 1}


@pytest.mark.parametrize("name", ["ip-audit.js", "device-token.js", "like.js", "grok-chat-item.js", "tweet-headers.js"])
def test_what_is_no_communication_is_set_aside_with_a_reason(name: str):
    assert x.aside(f"twitter-2024/data/{name}")
    assert x.aside("data/tweets_media/1-a.png") is None
    assert x.aside("data/twitter-article.js") is None


def test_times_that_no_clock_showed_are_none():
    posts = [tweet(str(n), created_at=at) for n, at in enumerate(("", "Wed Foo 10 20:19:24 +0000 2018", 0, None))]
    posts.append(tweet("9", created_at="Thu Jan 01 00:00:00 +0000 1970"))
    assert {one.at for one in reading(x, archive(tweets=posts)).messages} == {None}


def test_a_file_cut_off_gives_what_came_before():
    content = archive(tweets=[tweet(str(n)) for n in range(50)])["data/tweets.js"]
    made = reading(x, {"data/tweets.js": content[: len(content) // 2], "data/account.js": ACCOUNT})
    assert 20 < len(made.said) < 26
    assert any(one.lost is None for one in made.remarks)


def test_hostile_archives_end_in_messages_or_remarks():
    base = {
        "tweets": [tweet("1", edit_info={"initial": {"editTweetIds": ["1", "2"]}}), tweet("2")],
        "note_tweet": [{"noteTweet": {"noteTweetId": "7", "createdAt": "2018-10-10T20:19:24Z", "core": {"text": "a"}}}],
        "direct_messages": [talk("7-9", wrote("1", "7", "x", urls=[{"url": "https://t.co/q", "expanded": "e"}]))],
        "direct_messages_group": [
            talk("5", {"participantsLeave": {"userIds": ["8"], "createdAt": "2024-01-05T10:00:00Z"}})
        ],
        "periscope_comments_made_by_user": [
            {"c": {"broadcastId": "1", "text": "t", "createdAt": "2018-10-10T20:19:24Z"}}
        ],
    }
    for seed, one in enumerate(altered(base, seed=5, rounds=400)):
        if isinstance(one, dict):
            made = reading(x, archive(**one))
            assert made.broken is None, seed
    files = archive(**base)
    for name in files:
        for content in cut(files[name], seed=6, rounds=40):
            assert reading(x, files | {name: content}).broken is None


def test_the_archive_of_another_project_gives_its_counts(shared_dir):
    folder = shared_dir / "fixtures/twitter-archive/larsbrinkhoff__twitter-data__pseudonymised"
    told = json.loads((folder / "expected.json").read_text())
    export = HeldFiles.of_folder(folder)
    made = reading(x, export)
    by_path: dict[str, list] = {}
    for one in made.said:
        by_path.setdefault(one.thread.path.rsplit("/", 1)[-1], []).append(one)
    direct = told["direct-messages.js"]
    messages = by_path["direct-messages.js"]
    assert len(messages) == direct["n_messages"]
    # two of its entries are the same conversation, with the same message in both
    assert len({one.thread.key for one in messages}) == direct["n_conversations"] - 1
    assert sum(bool(one.message.attachments) for one in messages) == direct["with_media"]
    assert sum(bool(one.message.reactions) for one in messages) == direct["with_reactions"]
    moments = sorted(one.message.at for one in messages)
    assert moments[0] == datetime.fromisoformat(direct["first"])
    assert moments[-1] == datetime.fromisoformat(direct["last"])
    group = told["direct-messages-group.js"]
    assert len({one.thread.key for one in by_path["direct-messages-group.js"]}) == group["n_conversations"]
    assert sum(one.message.system for one in by_path["direct-messages-group.js"]) == group["kinds"]["joinConversation"]
    assert [one.message.at.strftime("%a %b %d %H:%M:%S +0000 %Y") for one in by_path["tweets.js"]] == told["tweets.js"][
        "created"
    ]
    assert sum(one.message.reply_to is not None for one in by_path["tweets.js"]) == told["tweets.js"]["replies"]
    assert len(by_path["deleted-tweets.js"]) == told["deleted-tweets.js"]["n"]
    assert len(by_path["community-tweet.js"]) == told["community-tweet.js"]["n"]
    assert made.lost == 0
