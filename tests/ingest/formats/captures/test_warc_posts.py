"""Posts and comments of a captured page: only where the markup says what they are."""

from __future__ import annotations

import json

import pytest

from ingest.formats.captures.page_markup import comparable, read_markup
from tests.every_case import every_case
from tests.ingest.formats.captures.capture_writing import page, response
from tests.ingest.formats.captures.taking import take

POST = {
    "@context": "https://schema.org",
    "@type": "SocialMediaPosting",
    "@id": "https://a.example/1",
    "author": {"@type": "Person", "name": "Ada"},
    "datePublished": "2024-03-01T12:00:00-08:00",
    "articleBody": "School is closed.",
    "comment": [
        {"@type": "Comment", "author": "Bo", "text": "Thanks!", "dateCreated": "2024-03-01T12:05:00-08:00"},
        {"@type": "Comment", "author": [{"name": "Cy"}], "text": "Why?"},
    ],
}
MICRODATA = """<article itemscope itemtype="https://schema.org/DiscussionForumPosting">
<span itemprop="author" itemscope itemtype="https://schema.org/Person"><b itemprop="name">Ada</b></span>
<time itemprop="dateCreated" datetime="2024-03-01T12:00:00-08:00">today</time>
<div itemprop="text">Buses run <b>late</b>.</div>
<div itemprop="comment" itemscope itemtype="https://schema.org/Comment"><a itemprop="author">Bo</a>
<meta itemprop="dateCreated" content="2024-03-01"><p itemprop="text">Again?</p></div></article>"""


def told(body: str) -> list[tuple[str | None, str | None, str, str | None]]:
    return [(one.sender, one.at, one.text, one.reply_to) for one in read_markup(body, "https://a.example/").messages]


def script(value: object) -> str:
    return f'<script type="application/ld+json">{json.dumps(value)}</script>'


def test_posts_and_comments_are_read_from_json_ld():
    assert told(script(POST)) == [
        ("Ada", "2024-03-01T12:00:00-08:00", "School is closed.", None),
        ("Bo", "2024-03-01T12:05:00-08:00", "Thanks!", "https://a.example/1"),
        ("Cy", None, "Why?", "https://a.example/1"),
    ]


def test_posts_and_comments_are_read_from_microdata():
    assert told(MICRODATA) == [
        ("Ada", "2024-03-01T12:00:00-08:00", "Buses run late.", None),
        ("Bo", "2024-03-01", "Again?", None),
    ]


def test_what_stands_twice_is_one_message():
    assert len(told(script(POST) * 2)) == 3


def test_messages_and_participants_come_with_the_page_and_into_its_text():
    one = take(response(page(body=script(POST)))).page
    assert one.conversation.participants == ("Ada", "Bo", "Cy")
    assert [each.text for each in one.messages] == ["School is closed.", "Thanks!", "Why?"]
    assert "Thanks!" in one.text


@every_case(
    "body",
    [
        '<div class="comment"><b class="author">Bo</b> Nice</div>',
        script({"@type": "Article", "articleBody": "no post"}),
        script({"@type": "Comment", "author": "Bo"}),
        script({"@type": "Comment", "text": 7}),
        script([None, 1, "x", [[]]]),
        '<script type="application/ld+json">{"@type": "Comment", </script>',
        '<script type="application/ld+json">' + "[" * 100_000 + "</script>",
        '<script>{"@type": "Comment", "text": "x"}</script>',
        '<p itemprop="text">outside of any item</p>',
    ],
)
def test_nothing_is_guessed_and_nothing_hostile_is_an_error(body):
    assert told(body) == []


def test_a_lone_surrogate_becomes_a_character_that_can_be_stored():
    assert (
        told('<script type="application/ld+json">{"@type":"Comment","text":"a\\ud800b"}</script>')[0][2] == "a\ufffdb"
    )


def test_deep_markup_is_no_error():
    body = '<div itemscope itemtype="https://schema.org/Comment"><p itemprop="text">x' * 2000
    assert isinstance(told(body), list)


@pytest.mark.parametrize(
    ("address", "same"),
    [
        ("HTTPS://A.Example:443", "https://a.example/"),
        ("http://a.example:8080/x#y", "http://a.example:8080/x"),
        ("https://a.example/?a=b c", "https://a.example/?a=b%20c"),
        ("https://[::1]:bad/", "https://[::1]:bad/"),
        ("urn:text:https://a.example/#x", "urn:text:https://a.example/"),
        ("", ""),
    ],
)
def test_addresses_are_compared_without_what_names_the_same_page(address, same):
    assert comparable(address) == same
