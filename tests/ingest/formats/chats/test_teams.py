"""Teams messages as Microsoft Graph gives them: lists in any wrapping, answers, events, files, hostile documents."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from ingest.formats.chats import teams
from ingest.formats.chats.held_files import HeldFiles

from .accounts import altered, cut, dumped, reading


def who(name: str, number: str = "u1") -> dict[str, object]:
    return {"application": None, "device": None, "user": {"id": number, "displayName": name}}


def message(number: int = 1, content: str = "hello", **more: object) -> dict[str, object]:
    return {
        "id": str(number),
        "replyToId": None,
        "messageType": "message",
        "createdDateTime": "2024-03-28T20:48:29.8320000Z",
        "lastEditedDateTime": None,
        "deletedDateTime": None,
        "subject": None,
        "chatId": "19:a@thread.v2",
        "channelIdentity": None,
        "eventDetail": None,
        "from": who("Ana"),
        "body": {"contentType": "html", "content": content},
        "attachments": [],
        "mentions": [],
        "reactions": [],
        **more,
    }


@pytest.mark.parametrize(
    "wrap", [lambda one: one, lambda one: {"@odata.context": "x", "@odata.count": 2, "value": one}]
)
def test_messages_are_found_in_any_wrapping(wrap):
    content = dumped(wrap([message(), message(2)]))
    assert teams.recognise(HeldFiles(files={"renamed": content}))
    assert teams.recognise(HeldFiles(files={"top/chat.json": content, "a.png": b""}))
    made = reading(teams, {"a.json": content})
    assert (len(made.said), made.stated, made.remarks) == (2, {"messages": 2}, [])
    assert made.messages[0].at == datetime(2024, 3, 28, 20, 48, 29, 832_000, tzinfo=UTC)
    assert made.messages[0].sender == "Ana <u1>"
    assert made.messages[1].raw == dumped(message(2))


def test_other_json_is_not_claimed():
    assert not teams.recognise(HeldFiles(files={"a.json": dumped([{"messageType": 1, "body": {}, "from": 1}])}))


def test_answers_that_a_message_carries_are_messages():
    channel = {"teamId": "t", "channelId": "c"}
    reply = message(2, "<p>yes</p>", chatId=None, replyToId="1")
    made = reading(teams, {"a.json": dumped([message(chatId=None, channelIdentity=channel, replies=[reply])])})
    assert made.texts == ["hello", "yes"]
    assert {one.thread.key for one in made.said} == {"t/c"}
    assert made.messages[1].reply_to == "1"
    assert made.messages[1].raw == dumped(reply)
    assert made.stated == {"messages": 2}


def test_a_body_is_shown_with_its_emoji_pictures_and_files():
    body = (
        '<p>a <at id="0">Bo</at></p><p>b <emoji alt="👍"></emoji></p><attachment id="f"></attachment>'
        '<img src="https://graph.microsoft.com/x/hostedContents/abc/$value">'
    )
    files = [
        {"id": "f", "contentType": "reference", "contentUrl": "https://s.example/plan.docx", "name": "plan.docx"},
        {"id": "9", "contentType": "messageReference", "content": "{}"},
        {"id": "c", "contentType": "application/vnd.microsoft.card.adaptive", "content": "{}"},
    ]
    (one,) = reading(teams, {"a.json": dumped([message(content=body, attachments=files, subject="S")])}).messages
    assert one.text == "S\na Bo\nb 👍"
    assert [media.name for media in one.attachments] == ["plan.docx", "abc"]
    assert one.reply_to == "9"
    assert one.unmapped == ("attachments.application/vnd.microsoft.card.adaptive",)


def test_edits_deletions_reactions_and_events_are_told():
    changed = message(
        lastEditedDateTime="2024-03-28T21:00:00Z",
        deletedDateTime="2024-03-28T22:00:00Z",
        reactions=[{"reactionType": "like", "createdDateTime": "2024-03-28T21:00:00Z", "user": who("Bo", "u2")}],
    )
    event = message(
        2,
        "<systemEventMessage/>",
        messageType="systemEventMessage",
        **{"from": None},
        eventDetail={
            "@odata.type": "#microsoft.graph.membersAddedEventMessageDetail",
            "members": [{"id": "u2", "displayName": "Bo"}],
            "initiator": who("Ana"),
        },
    )
    first, second = reading(teams, {"a.json": dumped([changed, event])}).messages
    assert (first.deleted, first.edited, first.edited_at) == (True, True, datetime(2024, 3, 28, 21, tzinfo=UTC))
    assert [(one.emoji, one.by) for one in first.reactions] == [("like", "Bo <u2>")]
    assert (second.text, second.system, second.sender) == ("Ana <u1> members added: Bo", True, None)


def test_a_message_that_was_passed_on_has_its_words_and_its_author():
    content = json.dumps({"originalMessageContent": "<p>old</p>", "originalMessageSender": who("Cy", "u3")})
    carried = [{"id": "x", "contentType": "forwardedMessageReference", "content": content}]
    (one,) = reading(teams, {"a.json": dumped([message(content="look", attachments=carried)])}).messages
    assert (one.text, one.forwarded_from) == ("look\nold", "Cy <u3>")


def test_hostile_documents_end_in_messages_or_remarks():
    base = [
        message(replies=[message(2)], attachments=[{"contentType": "reference", "name": "n"}], reactions=[{}]),
        message(3, messageType="systemEventMessage", eventDetail={"@odata.type": "x", "members": [{}]}),
    ]
    for one in altered(base, seed=41, rounds=400):
        assert reading(teams, {"a.json": dumped(one)}).broken is None
    for content in cut(dumped(base), seed=42):
        assert reading(teams, {"a.json": content}).broken is None
