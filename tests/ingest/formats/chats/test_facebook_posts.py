"""Facebook in JSON: posts, albums, comments, group posts, and what is none of them."""

from __future__ import annotations

import json

import pytest

from ingest.formats.chats import facebook
from ingest.formats.chats.model import ThreadKind

from .accounts import dumped, reading
from .meta_exports import AT, INBOX, POST, POSTS, spelled


def test_a_post_is_a_record_of_its_own_in_seconds():
    found = reading(facebook, {POSTS: dumped([POST, {**POST, "data": [{"post": "second"}]}])})
    assert found.texts == ["Glædelig jul", "second"]
    assert {one.thread.kind for one in found.said} == {ThreadKind.POST}
    assert found.messages[0].at == AT
    assert found.keys == {"post 1600000000", "post 1600000000 (2)"}
    assert found.said[0].thread.platform == "facebook"
    assert found.said[0].thread.title == "Ana Owner updated her status."
    assert found.stated == {"posts": 2, "messages": 2}


@pytest.mark.parametrize("top", [[POST], POST, {"group_posts_v2": [POST]}, {"status_updates": [POST]}])
def test_posts_are_found_in_a_list_an_object_and_a_named_list(top):
    assert reading(facebook, {POSTS: dumped(top)}).texts == ["Glædelig jul"]


def test_all_that_a_post_says_is_in_its_text_and_the_rest_is_named():
    attached = [
        {
            "media": {
                "uri": "posts/media/1.jpg",
                "description": "a caption",
                "title": "Album",
                "media_metadata": {"a": {"upload_ip": "192.0.2.1"}},
            }
        },
        {"external_context": {"url": "https://example.org/", "name": "A page"}},
        {"place": {"name": "School", "address": "1 Road", "coordinate": {"latitude": 1.5}}},
        {"poll": {"question": "When?", "options": [{"option": "now", "voted": True}]}},
    ]
    value = {**POST, "attachments": [{"data": attached}], "tags": [{"name": "Bo"}]}
    (one,) = reading(facebook, {POSTS: dumped([value]), "your_facebook_activity/posts/media/1.jpg": b"x"}).messages
    assert one.text.split("\n") == [
        "Glædelig jul", "a caption", "A page", "https://example.org/", "School", "1 Road", "When?", "now",
    ]  # fmt: skip
    assert one.attachments[0].entry == "your_facebook_activity/posts/media/1.jpg"
    assert set(one.unmapped) == {
        "attachments.data.media.media_metadata.a.upload_ip",
        "attachments.data.media.title",
        "attachments.data.place.coordinate.latitude",
        "attachments.data.poll.options.voted",
        "tags.name",
    }


def test_comments_below_a_photo_follow_it_with_their_own_bytes():
    said = {"timestamp": 1600000100, "comment": spelled("très joli"), "author": spelled("Zoë Friend")}
    album = {
        "name": "Album",
        "photos": [{"uri": "x/1.jpg", "creation_timestamp": 1600000000, "comments": [said]}],
        "cover_photo": {},
    }
    content = dumped(album)
    found = reading(facebook, {"your_facebook_activity/posts/album/0.json": content})
    assert [(one.sender, one.text) for one in found.messages] == [(None, ""), ("Zoë Friend", "très joli")]
    assert found.said[0].thread is found.said[1].thread
    assert json.loads(found.messages[1].raw) == said
    assert found.messages[1].raw in content


def test_comments_say_who_the_owner_is_and_on_whose_post_they_were_made():
    comment = {"timestamp": 1600000000, "comment": "agreed", "author": "Ana Owner", "group": "Board"}
    value = {
        "comments_v2": [{"timestamp": 1600000000, "data": [{"comment": comment}], "title": "Ana Owner replied to Bo."}]
    }
    files = {"your_facebook_activity/comments_and_reactions/comments.json": dumped(value), POSTS: dumped([POST])}
    said, post = reading(facebook, files).said
    assert (said.message.sender, said.message.text, said.thread.title) == (
        "Ana Owner",
        "agreed",
        "Ana Owner replied to Bo.",
    )
    assert said.message.unmapped == ("data.comment.group",)
    assert post.message.sender == "Ana Owner"


def test_labels_of_any_language_are_lines():
    value = [
        {
            "timestamp": 1600000000,
            "media": [],
            "label_values": [{"label": "Text", "value": "hej"}, {"label": "URL", "href": "https://example.org/"}],
            "fbid": "77",
        }
    ]
    found = reading(facebook, {"your_activity_across_facebook/groups/group_posts_and_comments.json": dumped(value)})
    assert found.texts == ["Text: hej\nURL: https://example.org/"]
    assert found.keys == {"post 77"}


def test_likes_are_no_posts():
    like = [
        {
            "timestamp": 1600000000,
            "data": [{"reaction": {"reaction": "LIKE", "actor": "Ana"}}],
            "title": "Ana likes a post.",
        }
    ]
    name = "your_facebook_activity/comments_and_reactions/likes_and_reactions_1.json"
    found = reading(facebook, {name: dumped(like), POSTS: dumped([POST])})
    assert found.texts == ["Glædelig jul"]
    assert facebook.aside(name) is not None


def test_media_that_no_message_names_are_records_and_settings_are_not():
    assert facebook.aside(INBOX + "a_1/photos/1.jpg") is None
    assert facebook.aside(INBOX + "a_1/files/list.json") is None
    assert facebook.aside("ads_information/advertisers.json") is not None
    assert facebook.aside("security_and_login_information/logins.html") is not None
