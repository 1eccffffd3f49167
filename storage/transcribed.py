"""A record's description as it is shown and searched: with what was read in its pictures, where that was done. Pure.

Rule: the description stays as it is; the newest transcription is laid over it. Where the pictures are the record, a
pictured conversation is its conversation; pictures that a mail or a chat carries only add their text. What the
transcription could not read takes the place of what the description says was not read yet.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from storage.records import Conversation, Description, RecordKind
from storage.transcription import NOT_READ_YET

if TYPE_CHECKING:
    from storage.transcription import Transcript, Transcription

_PICTURED = frozenset({RecordKind.SCREENSHOT, RecordKind.DOCUMENT})
_PAPER = ("image/", "application/pdf")
_PLATFORMS = {"android_messages": "sms"}  # an app by its looks; exports of the same messages name the service
_DAY = len("2024-01-05")


def transcribed(description: Description, transcription: Transcription | None) -> Description:
    """The description with a transcription laid over it."""
    if transcription is None:
        return description
    settled = [one for one in description.unsearchable if not one.endswith(NOT_READ_YET)]
    texts = [text for text in (description.text, transcription.text) if text]
    shown = replace(
        description,
        text="\n".join(texts),
        unsearchable=(*settled, *transcription.unsearchable),
        notes=(*description.notes, *transcription.notes),
    )
    transcript = transcription.transcript
    if transcript is None or not _is_pictures(description):
        return shown
    return replace(
        shown,
        platform=description.platform or _PLATFORMS.get(transcript.app or "", transcript.app),
        conversation=conversation_of(transcript),
        messages=tuple([one.message for one in transcript.messages]),
        notes=(*shown.notes, *transcript.notes),
    )


def _is_pictures(description: Description) -> bool:
    """Whether pictures are the record; a text document that has some in it is none."""
    if description.kind is not RecordKind.DOCUMENT:
        return description.kind in _PICTURED
    return any(one.media_type.startswith(_PAPER) for one in description.components)


def conversation_of(transcript: Transcript) -> Conversation:
    """The conversation that pictures show; its day where all of its messages have the same, its zone nobody knows."""
    senders = dict.fromkeys(one.message.sender for one in transcript.messages if one.message.sender)
    days = {(one.message.at or "")[:_DAY] for one in transcript.messages}
    return Conversation(
        title=transcript.title, participants=tuple(senders), day=days.pop() if len(days) == 1 else "", zone=""
    )


def waits_to_be_read(description: Description) -> bool:
    """Whether a description says that some of its pictures were not read yet."""
    return any(one.endswith(NOT_READ_YET) for one in description.unsearchable)
