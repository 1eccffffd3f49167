"""Reddit's CSV files: columns in any order, what belongs together, and what hostile rows end in."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from ingest.formats.chats import reddit
from ingest.formats.chats.held_files import HeldFiles
from ingest.formats.chats.model import ThreadKind

from .accounts import cut, reading

POSTS = b"id,permalink,date,ip,subreddit,gildings,title,url,body\n"
COMMENTS = b"id,permalink,date,ip,subreddit,gildings,link,parent,body,media\n"
BASE = "https://www.reddit.com/r/school"
OWNER = b"statistic,value\naccount name,teacher\n"


def comment(number: str, post: str, body: str, parent: str = "", date: str = "2023-01-15 12:34:56 UTC") -> bytes:
    link = f"{BASE}/comments/{post}/x/"
    return f'{number},{link}{number}/,{date},192.0.2.1,school,0,{link},{parent},"{body}",\n'.encode()


def test_an_export_is_known_by_its_columns():
    assert reddit.recognise(HeldFiles(files={"x/comments.csv": COMMENTS, "x/ip_logs.csv": b"date,ip\n"}))
    assert reddit.recognise(HeldFiles(files={"renamed": POSTS}))
    assert not reddit.recognise(HeldFiles(files={"comments.csv": b"id,date,body\n"}))
    assert not reddit.recognise(HeldFiles(files={"messages.csv": b"CONVERSATION ID,FROM,TO,DATE,CONTENT\n"}))


def test_a_post_and_ones_own_comments_under_it_are_one_record():
    cells = '2024-01-01 00:00:00 UTC,192.0.2.7,school,0,"Tips, new",,"Water\nand &lt;mulch&gt;"'
    row = f"p1,{BASE}/comments/p1/x/,{cells}".encode()
    files = {
        "comments.csv": COMMENTS + comment("c1", "p1", "and &amp; more") + comment("c2", "p9", "[deleted]", "c0"),
        "posts.csv": POSTS + row + b"\n",
        "statistics.csv": OWNER,
    }
    made = reading(reddit, files)
    post, under, elsewhere = made.said
    assert post.thread.kind is ThreadKind.POST
    assert (post.thread.title, post.thread.url) == ("Tips, new", f"{BASE}/comments/p1/x/")
    assert post.message.text == "Water\nand <mulch>"
    assert post.message.raw == row
    assert post.message.at == datetime(2024, 1, 1, tzinfo=UTC)
    assert post.message.sender == "teacher"
    assert post.message.unmapped == ("gildings", "ip", "subreddit")
    assert under.thread.key == post.thread.key
    assert (under.message.text, under.message.reply_to) == ("and & more", "p1")
    assert elsewhere.thread.key == "post-p9"
    assert (elsewhere.message.deleted, elsewhere.message.reply_to) == (True, "c0")
    assert made.stated == {"messages": 3}


def test_columns_may_come_in_any_order_and_new_ones_are_listed():
    header = b"body,parent,mood,link,subreddit,date,permalink,id\n"
    row = f"hello,,glad,{BASE}/comments/p1/x/,school,2023-01-15 12:34:56 UTC,{BASE}/comments/p1/x/c1/,c1\n".encode()
    (said,) = reading(reddit, {"comments.csv": header + row}).said
    assert (said.message.text, said.message.id) == ("hello", "c1")
    assert "mood" in said.message.unmapped
    assert said.message.sender is None


def test_private_messages_and_chats_are_conversations():
    messages = b"id,permalink,thread_id,date,ip,from,to,subject,body\n"
    messages += b"m1,https://www.reddit.com/message/messages/m1,t1,2023-02-01 10:00:00 UTC,,bo,teacher,Trip,when?\n"
    messages += b"m2,https://www.reddit.com/message/messages/m2,t1,2023-02-01 11:00:00 UTC,,teacher,bo,Trip,noon\n"
    chats = (
        b"message_id,created_at,updated_at,username,message,thread_parent_message_id,channel_url,subreddit,channel_name,"
        b"conversation_type\n"
        b"h1,2023-02-01 10:00:00 UTC,2023-02-01 10:05:00 UTC,bo,hi there,,sendbird_1,,Bo,direct\n"
    )
    made = reading(reddit, {"messages.csv": messages, "chat_history.csv": chats, "statistics.csv": OWNER})
    first, second, chat = made.said
    assert first.thread.key == second.thread.key == "message-t1"
    assert first.thread.participants == ("bo", "teacher")
    assert (first.message.side, second.message.side) == ("left", "right")
    assert first.thread.title == "Trip"
    assert chat.thread.kind is ThreadKind.CONVERSATION
    assert chat.message.edited_at == datetime(2023, 2, 1, 10, 5, tzinfo=UTC)
    assert chat.message.unmapped == ("conversation_type",)


def test_a_subject_that_differs_from_the_conversations_is_not_dropped_in_silence():
    messages = b"id,permalink,thread_id,date,ip,from,to,subject,body\n"
    messages += b"m1,https://www.reddit.com/message/messages/m1,m1,2023-02-01 10:00:00 UTC,,bo,teacher,Trip,when?\n"
    messages += b"m2,https://www.reddit.com/message/messages/m2,m1,2023-02-02 11:00:00 UTC,,teacher,bo,re: Trip,noon\n"
    first, second = reading(reddit, {"messages_archive.csv": messages}).said
    assert second.thread is first.thread
    assert (first.message.unmapped, second.message.unmapped) == ((), ("subject",))


@pytest.mark.parametrize("date", ["", "0", "1970-01-01 00:00:00 UTC", "9999-99-99 00:00:00 UTC", "registration ip"])
def test_a_time_that_is_none_is_none(date: str):
    assert reading(reddit, {"comments.csv": COMMENTS + comment("c", "p", "x", date=date)}).messages[0].at is None


def test_what_reddit_knows_is_set_aside():
    for name in (
        "ip_logs.csv",
        "x/linked_identities.csv",
        "post_votes.csv",
        "drafts.csv",
        "post_headers.csv",
        "messages_archive_headers.csv",
    ):
        assert reddit.aside(name)
    assert reddit.aside("posts.csv") is None


def test_rows_that_are_damaged_do_not_vanish():
    rows = COMMENTS + comment("c1", "p", "fine") + b'c2,"unclosed\n' + b"c3\n" + b"\xff\xfe,\x00,,\n"
    made = reading(reddit, {"comments.csv": rows})
    assert len(made.said) + made.lost == made.stated["messages"]
    assert made.messages[0].text == "fine"
    content = COMMENTS + b"".join(comment(f"c{n}", "p", "text") for n in range(20))
    for one in cut(content, seed=11, rounds=200):
        made = reading(reddit, {"comments.csv": one})
        assert made.broken is None
        assert len(made.said) + made.lost == made.stated.get("messages", 0)


def test_the_sample_export_gives_its_facts(shared_dir):
    folder = shared_dir / "fixtures/reddit/spec-derived"
    told = json.loads((folder / "expected.json").read_text())
    made = reading(reddit, HeldFiles.of_folder(folder))
    posts = [one for one in made.said if one.thread.title == "Tomato tips"]
    comments = [one for one in made.said if one.message.reply_to]
    assert len(posts) == told["posts"]
    assert len(comments) == told["comments"]
    assert sum(one.message.deleted for one in comments) == told["deleted_comments"]
    assert {one.thread.owner for one in made.said} == {told["account"]}
