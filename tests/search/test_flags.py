from __future__ import annotations

from typing import Any

import pytest

from search.documents import HAS_FLAGS, Column
from search.flags import flags_of
from storage.records import (
    Attachment,
    Component,
    ComponentRole,
    Description,
    Forward,
    ForwardMethod,
    Letterhead,
    Message,
    Reaction,
    RecordKind,
    Version,
)
from tests.every_case import every_case
from tests.search.building import document


def flags(kind=RecordKind.EMAIL, *, pictures_read=False, **changes: Any):
    return flags_of(Description(kind=kind, **changes), pictures_read=pictures_read)


def said(**changes: Any):
    return flags(RecordKind.CONVERSATION, messages=(Message(at=None, sender="Ana", text="x", **changes),))


def component(media_type, name=None, role=ComponentRole.ATTACHMENT):
    return Component(id="c", role=role, media_type=media_type, name=name, size=1, sha256="a" * 64)


@every_case(
    ("media_type", "name", "expected"),
    [
        ("image/png", None, ["attachment", "image"]),
        ("application/octet-stream", "IMG.JPG", ["attachment", "image"]),
        ("application/pdf", "x", ["attachment", "document"]),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", None, ["attachment", "document"]),
        ("video/mp4", None, ["attachment", "video"]),
        ("audio/ogg", None, ["attachment", "audio"]),
        ("application/octet-stream", "x", ["attachment"]),
        ("application/octet-stream", None, ["attachment"]),
    ],
)
def test_an_attachment_has_its_sort(media_type, name, expected):
    assert flags(components=(component(media_type, name),)) == expected


def test_what_messages_carried_is_an_attachment_too():
    assert said(attachments=(Attachment(name="a.opus"), Attachment(name="b"))) == ["attachment", "audio"]


def test_a_picture_handed_in_is_an_image_and_no_attachment():
    original = component("image/png", "a.png", ComponentRole.ORIGINAL)
    assert flags(RecordKind.SCREENSHOT, components=(original,)) == ["image"]
    mail = component("message/rfc822", "minutes.pdf", ComponentRole.ORIGINAL)
    assert flags(components=(mail,)) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"text": "see https://z.example"}, ["link"]),
        ({"text": "see www.z.example"}, ["link"]),
        ({"text": "http is a protocol"}, []),
        ({"forward": Forward(method=ForwardMethod.INLINE, comment="keep")}, ["comment", "forward"]),
        ({"original": Letterhead(subject="Re: x")}, ["reply"]),
        ({"original": Letterhead(references=("<a>",))}, ["reply"]),
        ({"pictures_read": True}, ["transcript"]),
    ],
)
def test_a_mail_has(changes, expected):
    assert flags(**changes) == expected


@every_case(
    ("changes", "expected"),
    [
        ({"reactions": (Reaction(by=None, emoji="x"),)}, ["reaction"]),
        ({"edited": True}, ["edit"]),
        ({"edited_at": "2025-01-01"}, ["edit"]),
        ({"edits": (Version(text="y"),)}, ["edit"]),
        ({"deleted": True}, ["deletion"]),
        ({"reply_to": "1"}, ["reply"]),
        ({"forwarded_from": "Ben"}, ["forward"]),
        ({}, []),
    ],
)
def test_a_conversation_has(changes, expected):
    assert said(**changes) == expected


def test_a_post_with_more_than_itself_has_comments():
    post = Message(at=None, sender="Ana", text="x")
    assert flags(RecordKind.POST, messages=(post, post)) == ["comment"]
    assert flags(RecordKind.POST, messages=(post,)) == []


def test_every_flag_can_be_asked_for():
    one = document(1, text="https://z.example", names=("a.pdf",), unsearchable=("attachment 1: encrypted",))
    words = one.column(Column.FLAGS).split()
    assert {word for word in words if not word.startswith("unsearchable_")} <= set(HAS_FLAGS)
    assert "unsearchable_encrypted" in words
