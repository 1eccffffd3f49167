"""LinkedIn downloads: messages, posts, comments and invitations by the names of their columns, and hostile tables."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from ingest.formats.chats import linkedin
from ingest.formats.chats.held_files import HeldFiles
from ingest.formats.chats.model import ThreadKind

from .accounts import cut, reading

HEADER = (
    b"CONVERSATION ID,CONVERSATION TITLE,FROM,SENDER PROFILE URL,TO,RECIPIENT PROFILE URLS,DATE,SUBJECT,CONTENT,FOLDER,"
    b"ATTACHMENTS,IS MESSAGE DRAFT\r\n"
)
ROW = b'2-a,,Bo Li,https://l.example/bo,"Ana Diaz, MBA",https://l.example/ana,2024-01-05 18:07:33 UTC,,Hello,INBOX,,No'
PROFILE = {"top/Profile.csv": b"First Name,Last Name,Headline\nBo,Li,x\n"}
SHARES = b"Date,ShareLink,ShareCommentary,SharedUrl,MediaUrl,Visibility\n"
LINK = b"https://www.linkedin.com/feed/update/urn%3Ali%3Ashare%3A71"


def messages(*rows: bytes) -> dict[str, bytes]:
    return {"top/messages.csv": HEADER + b"\r\n".join(rows) + b"\r\n", **PROFILE}


def test_a_download_is_known_by_its_columns():
    assert linkedin.recognise(HeldFiles(files=messages(ROW)))
    assert linkedin.recognise(HeldFiles(files={"renamed": HEADER + ROW}))
    assert linkedin.recognise(HeldFiles(files={"Shares_123.csv": SHARES}))
    assert not linkedin.recognise(HeldFiles(files={"messages.csv": b"id,from,to,date,body\n"}))
    assert not linkedin.recognise(HeldFiles(files={"links.csv": b"Date,Link\n"}))
    assert not linkedin.recognise(HeldFiles(files={"x.csv": b"Date,Link,Message,Author\n"}))


def test_a_message_has_its_people_and_its_exact_bytes():
    made = reading(linkedin, messages(ROW, ROW.replace(b"Bo Li", b"Ana Diaz, MBA").replace(b"Bo Li,h", b'"Bo",h')))
    first = made.said[0]
    assert first.message.at == datetime(2024, 1, 5, 18, 7, 33, tzinfo=UTC)
    assert (first.thread.key, first.thread.owner, first.thread.title) == ("2-a", "Bo Li", "Ana Diaz, MBA")
    assert first.thread.participants == ("Bo Li", "Ana Diaz, MBA")
    assert (first.message.side, first.message.raw, first.message.text) == ("right", ROW, "Hello")
    assert first.message.unmapped == ("FOLDER", "SENDER PROFILE URL")
    assert made.stated == {"messages": 2}


def test_recipients_are_divided_only_where_there_are_as_many_profiles():
    row = ROW.replace(b'"Ana Diaz, MBA",https://l.example/ana', b'"Ana, Cy","https://l.example/a,https://l.example/c"')
    (said,) = reading(linkedin, messages(row)).said
    assert said.thread.participants == ("Bo Li", "Ana", "Cy")


def test_markup_subjects_and_attachments_are_shown():
    row = ROW.replace(b",,Hello,", b',Offer,"<p>one &amp; two</p><p>three</p>",')
    plain = ROW.replace(b"Hello", b"1 < 2 &amp; <3")
    files = ROW.replace(b"INBOX,,", b'INBOX,"https://l.example/dms/x?y=1 https://l.example/dms/z",')
    made = reading(linkedin, messages(row, plain, files))
    assert made.texts == ["Offer\none & two\nthree", "1 < 2 &amp; <3", "Hello"]
    assert [(one.name, one.present) for one in made.messages[2].attachments] == [("x", False), ("z", False)]


def test_drafts_and_invitations_without_words_make_no_message_and_are_counted():
    invited = (
        b"From,To,Sent At,Message,Direction,inviterProfileUrl,inviteeProfileUrl\n"
        b'Bo Li,Cy,"9/5/26, 1:12 PM",,OUTGOING,u,v\nCy,Bo Li,"12/15/25, 12:51 AM",Hi Bo,INCOMING,u,v\n'
    )
    made = reading(linkedin, {**messages(ROW.removesuffix(b"No") + b"Yes"), "top/Invitations.csv": invited})
    assert [(one.sender, one.text, str(one.at)) for one in made.messages] == [("Cy", "Hi Bo", "2025-12-15 00:51:00")]
    assert made.stated == {"messages": 1}
    assert {one.text for one in made.remarks} == {
        "drafts, which were not sent, make no record: 1",
        "invitations without words make no record: 1",
    }


def test_a_post_its_comments_and_a_repost_are_threads_of_posts():
    post = SHARES + b'2026-01-02 03:04:05,%s,"One""\n""\n""two ""so""",https://x.example/a,,PUBLIC\n' % LINK
    comments = b'Date,Link,Message\n2026-01-03 03:04:05,%s,"He said \\"a, b\\"\nand left"\n,%s?x=1,\n' % (LINK, LINK)
    reposts = b"Date,Link\n2026-01-04 03:04:05,%s\n" % LINK
    made = reading(
        linkedin,
        {"InstantReposts_1.csv": reposts, "Comments_12345.csv": comments, "Shares_12345.csv": post, **PROFILE},
    )
    assert made.texts[:2] == ['One\n\ntwo "so"\nhttps://x.example/a', LINK.decode()]
    assert made.texts[2:] == ['He said "a, b"\nand left', ""]
    assert [one.thread.key for one in made.said] == [
        "urn:li:share:71",
        "repost urn:li:share:71",
        "urn:li:share:71",
        "urn:li:share:71",
    ]
    assert {one.thread.kind for one in made.said} == {ThreadKind.POST}
    assert made.said[0].thread is made.said[2].thread
    assert {one.sender for one in made.messages} == {"Bo Li"}


@pytest.mark.parametrize(("name", "is_aside"), [("a/Connections.csv", True), ("Logins.csv", True), ("Odd.csv", False)])
def test_what_is_no_communication_is_set_aside(name: str, is_aside: bool):  # noqa: FBT001 - a parameter of a case
    assert (linkedin.aside(name) is not None) == is_aside
    assert linkedin.aside("messages.csv") is None


def test_hostile_tables_end_in_messages_or_remarks():
    for content in cut(messages(ROW, ROW, ROW)["top/messages.csv"], seed=21, rounds=200):
        made = reading(linkedin, {"messages.csv": content})
        assert made.broken is None
        assert len(made.said) + made.lost == made.stated.get("messages", 0)


def test_the_sample_export_gives_its_facts(shared_dir):
    folder = shared_dir / "fixtures/linkedin/spec-derived"
    told = json.loads((folder / "expected.json").read_text())
    made = reading(linkedin, HeldFiles.of_folder(folder))
    talk = [one for one in made.said if one.thread.kind is ThreadKind.CONVERSATION]
    assert len(talk) == told["messages"]
    assert {one.thread.key for one in talk} == {told["conversation"]}
    first = talk[0].message
    assert first.at is not None
    assert [first.sender, first.at.strftime("%Y-%m-%dT%H:%M:%SZ"), first.text] == told["first"]
    assert talk[1].message.text == "html body"
