"""Exports of Meta's in the making: threads, pages and posts as they are spelled there."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from .accounts import dumped

INBOX = "your_activity_across_facebook/messages/inbox/"
AT = datetime(2020, 9, 13, 12, 26, 40, tzinfo=UTC)


def printed(*parts: int) -> datetime:
    return datetime(*parts)  # noqa: DTZ001 - pages print no zone


def spelled(text: str) -> str:
    """As Meta spells it."""
    return text.encode().decode("latin-1")


def message(text: str | None = "hello", sender: str = "Zoë Friend", at: int = 1600000000000, **more: object):
    found = {"sender_name": spelled(sender), "timestamp_ms": at, **more}
    return found if text is None else {**found, "content": spelled(text)}


def thread(*messages: object, title: str = "Zoë Friend", **more: object) -> bytes:
    value = {
        "participants": [{"name": spelled("Zoë Friend")}, {"name": "Ana Owner"}],
        "messages": list(messages),
        "title": spelled(title),
        "is_still_participant": True,
        "thread_path": "inbox/zoefriend_1234567890",
        **more,
    }
    return json.dumps(value, indent=1).encode()


def secure(*messages: object, name: str = "Zoë Friend_4") -> bytes:
    return dumped({"participants": ["Zoë Friend", "Ana Owner"], "threadName": name, "messages": list(messages)})


BOX = (
    '<div class="pam _3-95 _2ph- _a6-g uiBoxWhite noborder"><div class="_2ph_ _a6-h _a6-i">{0}</div><div class="_2ph_ '
    '_a6-p"><div><div></div><div>{1}</div><div></div></div></div><div class="_3-94 _a6-o">{2}</div></div>'
)
OLD_BOX = BOX.replace("_a6-g", "_2lej").replace("_a6-h", "_2lek").replace("_a6-p", "_2let").replace("_a6-o", "_2lem")


def page(*boxes: str, header: str = "Participants: Zoë Friend and Ana Owner") -> bytes:
    first = f'<div class="pam _2ph- uiBoxWhite"><div class="_2lek">{header}</div></div>'
    body = f"<html><head><title>Zoë Friend</title></head><body><div>{first}{''.join(boxes)}</div></body></html>"
    return body.encode()


POST = {"timestamp": 1600000000, "data": [{"post": spelled("Glædelig jul")}], "title": "Ana Owner updated her status."}
POSTS = "your_facebook_activity/posts/your_posts__check_ins__photos_and_videos_1.json"
