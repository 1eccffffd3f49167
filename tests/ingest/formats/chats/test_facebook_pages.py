"""Messenger and Facebook in HTML: boxes with and without known classes, media, links and reactions."""

from __future__ import annotations

import pytest

from ingest.formats.chats import facebook
from ingest.formats.chats.held_files import HeldFiles

from .accounts import reading
from .meta_exports import BOX, INBOX, OLD_BOX, message, page, printed, thread


@pytest.mark.parametrize("box", [BOX, OLD_BOX])
def test_a_page_of_html_is_read(box):
    made = page(
        box.format("Zoë Friend", "Agenda: one<br>two", "Sep 13, 2020, 12:26 PM"), box.format("Ana Owner", "x", "?")
    )
    name = INBOX + "a_123456/message_1.html"
    assert facebook.recognise(HeldFiles(files={name: made}))
    found = reading(facebook, {name: made})
    one, two = found.messages
    assert (one.sender, one.text, one.at) == ("Zoë Friend", "Agenda: one\ntwo", printed(2020, 9, 13, 12, 26))
    assert one.raw in made
    assert one.raw.startswith(b'<div class="pam')
    assert (two.sender, two.at) == ("Ana Owner", None)
    assert found.said[0].thread.participants == ("Zoë Friend", "Ana Owner")
    assert (found.said[0].thread.key, found.said[0].thread.owner) == ("123456", "Ana Owner")
    assert found.stated["messages"] == 2
    assert len(found.remarks) == 1


def test_a_page_without_known_classes_is_told_by_order():
    made = (
        b"<!DOCTYPE html><html><head><title>Zoe</title></head><body><div>Participants: Ana Owner, Zoe</div>"
        b"<div><div>Zoe</div><div><div>when?<br>Oct 19, 2019, 2:37 PM</div></div><div>Oct 19, 2019 at 2:38 PM</div>"
        b"</div>x<div><div>Ana Owner</div><img src=photos/1.png><div>19 Oct 2019, 14:39</div></div></body></html>"
    )
    export = HeldFiles(files={"page.html": made})
    assert facebook.recognise(export)
    found = reading(facebook, export)
    assert [(one.sender, one.text) for one in found.messages] == [
        ("Zoe", "when?\nOct 19, 2019, 2:37 PM"),
        ("Ana Owner", ""),
    ]
    assert found.messages[1].attachments[0].name == "1.png"
    assert found.messages[1].at == printed(2019, 10, 19, 14, 39)


def test_a_page_has_media_links_and_reactions():
    content = (
        'see <a href="https://example.org/x">this</a><a href="photos/1.jpg"><img src="photos/1.jpg"></a>'
        '<ul class="_a6-q"><li>❤️Ana Owner</li><li>👍Zoë Friend (Sep 13, 2020, 12:27 PM)</li></ul>'
    )
    folder = INBOX + "a_123456/"
    time = '<a href="https://www.facebook.com/dyi">Sep 13, 2020, 12:26 PM</a>'
    made = page(BOX.format("Zoë Friend", content, time))
    (one,) = reading(facebook, {folder + "message_1.html": made, folder + "photos/1.jpg": b"x"}).messages
    assert one.text == "see this\nhttps://example.org/x"
    assert [media.entry for media in one.attachments] == [folder + "photos/1.jpg"]
    assert [(r.emoji, r.by) for r in one.reactions] == [("❤️", "Ana Owner"), ("👍", "Zoë Friend")]
    assert one.reactions[1].at == printed(2020, 9, 13, 12, 27)


def test_a_post_without_a_heading_has_its_text():
    box = BOX.replace('<div class="_2ph_ _a6-h _a6-i">{0}</div>', "")
    headed = BOX.format("Ana Owner added a photo.", "two", "Sep 13, 2020, 12:27 PM")
    made = page(box.format("", "one", "Sep 13, 2020, 12:26 PM"), headed)
    found = reading(facebook, {"your_facebook_activity/posts/your_posts_1.html": made})
    assert [(one.message.text, one.thread.title) for one in found.said] == [
        ("one", None),
        ("two", "Ana Owner added a photo."),
    ]
    assert found.stated == {"posts": 2, "messages": 2}


def test_json_is_read_where_a_thread_is_there_twice():
    folder = INBOX + "a_123456/"
    made = page(BOX.format("Zoë Friend", "html", "Sep 13, 2020, 12:26 PM"))
    found = reading(facebook, {folder + "message_1.html": made, folder + "message_1.json": thread(message("json"))})
    assert found.texts == ["json"]
    assert [remark.path for remark in found.remarks] == [folder + "message_1.html"]
    assert facebook.aside(folder + "message_1.html") is not None


def test_what_stands_above_the_messages_and_names_nobody_is_no_participant():
    above = '<div class="pam _2ph- uiBoxWhite"><div class="_2lek">Group Invite Link: off</div></div>'
    made = page(above, BOX.format("Zoë Friend", "x", "Sep 13, 2020, 12:26 PM"))
    name = INBOX + "a_123456/message_1.html"
    assert reading(facebook, {name: made}).said[0].thread.participants == ("Zoë Friend", "Ana Owner")
    swapped = made.replace(b"Participants: Zo\xc3\xab Friend and Ana Owner", b"Group Invite Link: off")
    assert reading(facebook, {name: swapped}).said[0].thread.participants == ()
