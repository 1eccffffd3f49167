"""A conversation or post as people and programs see it: its messages, and what later exports added to it.

Rule: both times are shown, the one that the source states and the one in the zone that made the day; where the source
states no zone they are the same, and it is said. What a part adds is shown with the record, and says which part.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.records import Conversation, DescribedRecord, Message

_UNDATED = "without a date"


def message_document(one: Message, zone: str | None, part: str | None = None) -> dict[str, Any]:
    """One message; `part` is the record of the export that brought it, where it is not the one that is shown."""
    return {
        "id": one.id,
        "at": one.at,
        "local_at": _local(one.at, zone),
        "sender": one.sender,
        "side": one.side,
        "text": one.text,
        "attachments": [
            {"name": each.name, "media_type": each.media_type, "sha256": each.sha256, "present": each.present}
            for each in one.attachments
        ],
        "reply_to": one.reply_to,
        "forwarded_from": one.forwarded_from,
        "edited": one.edited or one.edited_at is not None,
        "edited_at": one.edited_at,
        "edits": [{"at": each.at, "text": each.text} for each in one.edits],
        "deleted": one.deleted,
        "system": one.system,
        "reactions": [{"by": each.by, "emoji": each.emoji} for each in one.reactions],
        "part": part,
    }


def conversation_document(one: Conversation | None) -> dict[str, Any] | None:
    """What binds the messages together; who takes part is resolved by who opens the record."""
    if one is None:
        return None
    return {
        "title": one.title,
        "participants": list(one.participants),
        "people": [],
        "day": one.day or None,
        "zone": one.zone or None,
        "owner": one.owner,
        "url": one.url,
    }


def with_parts(document: dict[str, Any], parts: Sequence[DescribedRecord], part_of: str | None) -> dict[str, Any]:
    """The document with what its parts add, in order of time, and what it is a part of itself."""
    messages = list(document["messages"])
    for one in parts:
        conversation = one.description.conversation
        zone = None if conversation is None else conversation.zone
        messages += [message_document(each, zone, one.record.id) for each in one.description.messages]
    if parts and all(one["local_at"] for one in messages):
        messages.sort(key=lambda one: str(one["local_at"]))
    texts = [document["text"], *(one.description.text for one in parts)]
    return document | {
        "messages": messages,
        "text": "\n".join(text for text in texts if text),
        "part_of": part_of,
        "parts": [
            {
                "id": one.record.id,
                "captured_at": one.record.captured_at.isoformat(),
                "submission": one.record.submission_id,
                "messages": len(one.description.messages),
                "notes": list(one.description.notes),
            }
            for one in parts
        ],
    }


def with_standing(document: dict[str, Any], superseded_by: str | None, supersedes: Sequence[str]) -> dict[str, Any]:
    """The document with the record that stands in its place, and those in whose place it stands."""
    return document | {"superseded_by": superseded_by, "supersedes": list(supersedes)}


def conversation_lines(document: dict[str, Any]) -> list[str]:
    """The messages for people, on a terminal; other records have none."""
    bound = document["conversation"]
    if bound is None:
        return []
    lines = [
        f"Platform: {document['platform'] or '-'}",
        f"With:     {', '.join(map(_called, bound['people'])) or ', '.join(bound['participants']) or '-'}",
        f"Day:      {bound['day'] or _UNDATED}{' (' + bound['zone'] + ')' if bound['zone'] else ''}",
    ]
    lines += [f"At:       {bound['url']}"] if bound["url"] else []
    lines += [f"Part of:  {document['part_of']}"] if document.get("part_of") else []
    if document.get("superseded_by"):
        lines.append(f"Now in:   {document['superseded_by']}, where the same messages are read at the right date")
    lines += [f"Instead:  of {one}, where they were read at another date" for one in document.get("supersedes", ())]
    lines.append("")
    for one in document["messages"]:
        lines += _message_lines(one)
    for part in document.get("parts", ()):
        lines.append(f"part       {part['id']}, captured {part['captured_at']}, {part['messages']:,} messages")
    return lines


def _called(one: dict[str, Any]) -> str:
    """A participant by his handle, with the full name beside it where that is known and says more."""
    return one["handle"] if one["name"] in (None, one["handle"]) else f"{one['handle']} ({one['name']})"


def _message_lines(one: dict[str, Any]) -> list[str]:
    time = one["local_at"][11:16] if one["local_at"] else one.get("time") or "--:--"
    marks = [name for name in ("deleted", "edited") if one[name]]
    marks += [f"forwarded from {one['forwarded_from']}"] if one["forwarded_from"] else []
    said = [one["text"]] if one["text"] or not one["attachments"] else []
    who = one["sender"] or ("*" if one["system"] else one["side"] or "-")
    head = f"{time}  {who}: {' '.join(said)}".rstrip()
    lines = [head + (f"  [{', '.join(marks)}]" if marks else "")]
    for each in one["attachments"]:
        absent = "" if each["present"] else " (not in the export)"
        lines += [f"       file: {each['name'] or each['media_type'] or '-'}{absent}"]
    lines += [f"       before: {each['text']}" for each in one["edits"]]
    if one["reactions"]:
        lines.append("       " + ", ".join(f"{each['emoji']} {each['by'] or ''}".rstrip() for each in one["reactions"]))
    return lines


def _local(at: str | None, zone: str | None) -> str | None:
    """The moment in the zone that made the day; one without an offset is there already."""
    if at is None or zone is None:
        return at
    with suppress(ValueError, OverflowError, KeyError):
        moment = datetime.fromisoformat(at)
        return at if moment.tzinfo is None else moment.astimezone(ZoneInfo(zone)).isoformat()
    return at
