"""Pictured conversations inside the encoding of a transcription; read with the same distrust."""

from __future__ import annotations

from typing import Final

from storage.conversation_codec import message_members, read_message
from storage.letterhead_codec import present
from storage.strict_json import Members, flag, many, number, only, refuse, string_or_none, strings
from storage.transcription import TranscribedMessage, Transcript
from storage.transcription_places import box_members, read_box

_MAX_PAGES: Final = 10_000


def transcript_members(transcript: Transcript) -> Members:
    """A conversation with its messages; what has its default is left out."""
    members: Members = {"messages": [_message_members(one) for one in transcript.messages]}
    members |= present(app=transcript.app, title=transcript.title, status_time=transcript.status_time)
    if transcript.group is not None:
        members["group"] = transcript.group
    if transcript.draft:
        members["draft"] = True
    return members | {name: value for name in _STRINGS if (value := getattr(transcript, name))}


def read_transcript(value: object) -> Transcript:
    """Read `transcript_members` again.

    Raises:
        ValueError: it is none.
    """
    members = only(value, _TRANSCRIPT_MEMBERS)
    return Transcript(
        messages=many(members, "messages", _message),
        app=string_or_none(members, "app"),
        app_reasons=strings(members, "app_reasons"),
        title=string_or_none(members, "title"),
        status_time=string_or_none(members, "status_time"),
        group=flag(members, "group", default=False) if "group" in members else None,
        draft=flag(members, "draft", default=False),
        notes=strings(members, "notes"),
    )


def _message_members(one: TranscribedMessage) -> Members:
    members: Members = {"message": message_members(one.message)}
    members |= present(time=one.time, day=one.day, component=one.component, matched=one.matched)
    if one.page != 1:
        members["page"] = one.page
    if one.box is not None:
        members["box"] = box_members(one.box)
    if one.inferred:
        members["inferred"] = one.inferred
    return members


def _message(value: object) -> TranscribedMessage:
    members = only(value, _MESSAGE_MEMBERS)
    if "message" not in members:
        refuse("a message")
    return TranscribedMessage(
        message=read_message(members["message"]),
        time=string_or_none(members, "time"),
        day=string_or_none(members, "day"),
        component=string_or_none(members, "component"),
        page=number(members, "page", at_most=_MAX_PAGES) if "page" in members else 1,
        box=read_box(members["box"]) if "box" in members else None,
        inferred=strings(members, "inferred"),
        matched=string_or_none(members, "matched"),
    )


_STRINGS = ("app_reasons", "notes")
_TRANSCRIPT_MEMBERS = frozenset({"messages", "app", "title", "status_time", "group", "draft", *_STRINGS})
_MESSAGE_MEMBERS = frozenset({"message", "time", "day", "component", "page", "box", "inferred", "matched"})
