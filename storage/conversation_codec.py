"""Conversations and their messages inside the encoding of a description; read with the same distrust."""

from __future__ import annotations

from storage.letterhead_codec import present, read_pair
from storage.records import Attachment, Conversation, Message, Reaction, Version
from storage.strict_json import (
    MAX_STRING_CHARACTERS,
    Members,
    flag,
    many,
    only,
    refuse,
    sha256,
    string,
    string_or_none,
    strings,
)


def conversation_members(conversation: Conversation) -> Members:
    """A conversation without its messages."""
    members = {"participants": conversation.participants, "day": conversation.day, "zone": conversation.zone}
    if conversation.key:
        members["key"] = conversation.key
    return {**members, **present(title=conversation.title, owner=conversation.owner, url=conversation.url)}


def read_conversation(value: object) -> Conversation:
    """Read `conversation_members` again.

    Raises:
        ValueError: it is none.
    """
    members = only(value, _CONVERSATION_MEMBERS)
    return Conversation(
        title=string_or_none(members, "title"),
        participants=strings(members, "participants"),
        day=string(members, "day"),
        zone=string(members, "zone"),
        key=string(members, "key", ""),
        owner=string_or_none(members, "owner"),
        url=string_or_none(members, "url"),
    )


def message_members(message: Message) -> Members:
    """A message; what has its default is left out."""
    members = _texts_of(message)
    if message.deleted:
        members["deleted"] = True
    if message.system:
        members["system"] = True
    if message.edited:
        members["edited"] = True
    if message.attachments:
        members["attachments"] = [_attachment_members(attachment) for attachment in message.attachments]
    if message.reactions:
        members["reactions"] = [(reaction.by, reaction.emoji) for reaction in message.reactions]
    if message.edits:
        members["edits"] = [(version.at, version.text) for version in message.edits]
    return members


def _texts_of(message: Message) -> Members:
    """What of a message is plain text; named one by one, since a loop over names takes three times as long."""
    members: Members = {"text": message.text}
    if message.at is not None:
        members["at"] = message.at
    if message.sender is not None:
        members["sender"] = message.sender
    if message.side is not None:
        members["side"] = message.side
    if message.reply_to is not None:
        members["reply_to"] = message.reply_to
    if message.edited_at is not None:
        members["edited_at"] = message.edited_at
    if message.id is not None:
        members["id"] = message.id
    if message.forwarded_from is not None:
        members["forwarded_from"] = message.forwarded_from
    return members


def read_message(value: object) -> Message:
    """Read `message_members` again.

    Raises:
        ValueError: it is none.
    """
    if type(value) is dict and _is_plain(value):  # as most messages are
        return Message(**{**_UNSAID, **value})
    members = only(value, _MESSAGE_MEMBERS)
    return Message(
        at=string_or_none(members, "at"),
        sender=string_or_none(members, "sender"),
        text=string(members, "text"),
        side=string_or_none(members, "side"),
        attachments=many(members, "attachments", _attachment),
        reply_to=string_or_none(members, "reply_to"),
        edited_at=string_or_none(members, "edited_at"),
        deleted=flag(members, "deleted", default=False),
        system=flag(members, "system", default=False),
        reactions=many(members, "reactions", _reaction),
        id=string_or_none(members, "id"),
        edited=flag(members, "edited", default=False),
        edits=many(members, "edits", _version),
        forwarded_from=string_or_none(members, "forwarded_from"),
    )


def _is_plain(members: Members) -> bool:
    """Whether these are texts that a message may have, and nothing else."""
    if not ("text" in members and members.keys() <= _WORDS):
        return False
    for word in members.values():  # noqa: SIM110 - a generator takes twice as long, and there are many messages
        if type(word) is not str or len(word) > MAX_STRING_CHARACTERS:
            return False
    return True


def _attachment_members(attachment: Attachment) -> Members:
    members = present(name=attachment.name, media_type=attachment.media_type, sha256=attachment.sha256)
    if not attachment.present:
        members["present"] = False
    return members


def _attachment(value: object) -> Attachment:
    members = only(value, _ATTACHMENT_MEMBERS)
    return Attachment(
        name=string_or_none(members, "name"),
        media_type=string_or_none(members, "media_type"),
        sha256=sha256(members, "sha256") if "sha256" in members else None,
        present=flag(members, "present", default=True),
    )


def _reaction(value: object) -> Reaction:
    by, emoji = read_pair(value)
    if emoji is None:
        refuse("a reaction")
    return Reaction(by=by, emoji=emoji)


def _version(value: object) -> Version:
    at, text = read_pair(value)
    if text is None:
        refuse("a version")
    return Version(at=at, text=text)


_CONVERSATION_MEMBERS = frozenset({"title", "participants", "day", "zone", "key", "owner", "url"})
_WORDS = frozenset({"text", "at", "sender", "side", "reply_to", "edited_at", "id", "forwarded_from"})
_UNSAID: Members = {"at": None, "sender": None}
_MESSAGE_MEMBERS = _WORDS | {"deleted", "system", "edited", "attachments", "reactions", "edits"}
_ATTACHMENT_MEMBERS = frozenset({"name", "media_type", "sha256", "present"})
