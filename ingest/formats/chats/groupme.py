"""GroupMe exports ("Export My Data"): a folder for each conversation, its messages newest first.

Rule kept: a message names people by the nickname of that day, and reactions by number; numbers are given the names of
``conversation.json`` where it has them. The layout is that of the platform's interface for programs (message object of
GroupMe's API); no real export was seen. See docs/formats/groupme.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.chats.counted import Counted
from ingest.formats.chats.fields import unmapped
from ingest.formats.chats.file_by_file import base_name, folder_of, one_by_one
from ingest.formats.chats.json_stream import walk
from ingest.formats.chats.model import ChatMessage, Media, Reacted, Said, Stated, Thread
from ingest.formats.chats.moments import from_seconds
from ingest.formats.chats.plain import entries, members, named, words
from ingest.formats.container import ContainerBroken, MemberBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.json_stream import Piece
    from ingest.formats.chats.model import Export

READER: Final = "groupme 1"
PLATFORM: Final = "groupme"
_STREAMED: Final = (("*",), ("response", "messages", "*"))
_SIGN: Final = b'"favorited_by"'  # each message has it once
_ELSE: Final = (b'"attachments"', b'"created_at"', b'"sender_id"')
_HEART: Final = "\N{HEAVY BLACK HEART}\N{VARIATION SELECTOR-16}"  # what a like is in GroupMe
_DIGEST: Final = re.compile(r"[0-9a-f]{32}")
_CARRIED: Final = {"image": "url", "linked_image": "url", "video": "url", "file": "file_id"}
_SILENT: Final = frozenset({*_CARRIED, "mentions", "reply", "emoji"})
_MOST_NAMED: Final = 10_000
_KINDS_BY_ENDING: Final = (
    ("png", "image/png"), ("gif", "image/gif"), ("jpeg", "image/jpeg"), ("jpg", "image/jpeg"), ("mp4", "video/mp4"),
)  # fmt: skip
_KNOWN: Final = frozenset(
    {
        "attachments", "conversation_id", "created_at", "deleted_at", "favorited_by", "group_id", "id", "name",
        "reactions", "recipient_id", "sender_id", "sender_type", "source_guid", "system", "text", "user_id",
    }
)  # fmt: skip
_LOST: Final = "a message of this file has no form that is known and was not taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What the conversation's own file says of it."""

    name: str | None
    people: dict[str, str]


def recognise(export: Export) -> bool:
    """Whether there is a list of messages with the fields of GroupMe."""
    return next(_files(export), None) is not None


def read(export: Export) -> Iterator[Said | Stated | Remark]:
    """All messages; see `model.ExportFormat`."""
    media = _media_files(export)
    yield from one_by_one((name, _read(export, name, media)) for name in _files(export))


def aside(name: str) -> str | None:
    """See `model.ExportFormat`."""
    if base_name(name) in ("conversation.json", "profile.json", "contacts.json"):
        return "it describes an account or a conversation and holds no messages"
    return None


def _files(export: Export) -> Iterator[str]:
    names = export.names
    for name in names:
        if len(names) == 1 or base_name(name).lower() in ("message.json", "messages.json"):
            head = export.head(name)
            if head.lstrip()[:1] in (b"[", b"{") and _SIGN in head and all(one in head for one in _ELSE):
                yield name


def _media_files(export: Export) -> dict[str, str]:
    """Files of the export by the digest in their names, which their addresses hold, too."""
    found: dict[str, str] = {}
    for name in export.names:
        match = _DIGEST.search(base_name(name))
        if match is not None:
            found.setdefault(match[0], name)
    return found


def _read(export: Export, name: str, media: dict[str, str]) -> Iterator[Said | Stated | Remark]:
    told = _told(export, folder_of(name) + "conversation.json")
    counted = Counted(export.open(name), (_SIGN,))
    threads: dict[str, Thread] = {}
    broken: ContainerBroken | MemberBroken | None = None
    try:
        for piece in walk(counted.stream(), _STREAMED):
            if len(piece.path) not in (1, 3) or piece.path in (("response",), ("meta",)):
                continue
            message = members(piece.value)
            if piece.problem or not message:
                yield Remark(text=piece.problem or _LOST, path=name, lost=1)
                continue
            yield Said(thread=_thread(message, told, name, threads), message=_message(piece, message, told, media))
    except (ContainerBroken, MemberBroken) as problem:
        broken = problem
    yield Stated(what="messages", count=counted.counts[_SIGN], path=name)
    if broken is not None:
        raise broken


def _told(export: Export, name: str) -> _Told:
    value: dict[str, Any] = {}
    if export.has(name):
        try:
            value = members(next(walk(export.open(name))).value)
        except (ContainerBroken, MemberBroken, StopIteration):
            value = {}
    others = [members(one) for one in entries(value.get("members"))[:_MOST_NAMED]]
    people = {}
    for one in (*others, members(value.get("other_user"))):
        number, name_told = named(one.get("user_id")) or named(one.get("id")), named(one.get("nickname"))
        name_told = name_told or named(one.get("name"))
        if number and name_told:
            people[number] = name_told
    return _Told(name=named(value.get("name")) or named(members(value.get("other_user")).get("name")), people=people)


def _thread(message: dict[str, Any], told: _Told, path: str, threads: dict[str, Thread]) -> Thread:
    group = named(message.get("group_id"))
    pair = named(message.get("conversation_id") or message.get("chat_id"))
    if not group and not pair and message.get("recipient_id"):
        pair = "+".join(sorted((words(message.get("recipient_id")), words(message.get("sender_id")))))
    key = group or pair or base_name(folder_of(path).rstrip("/")) or path
    known = threads.get(key)
    if known is None:
        known = Thread(platform=PLATFORM, key=key, title=told.name, participants=tuple(told.people.values()), path=path)
        if len(threads) < _MOST_NAMED:
            threads[key] = known
    return known


def _message(piece: Piece, message: dict[str, Any], told: _Told, media: dict[str, str]) -> ChatMessage:
    system = message.get("system") is True or message.get("sender_type") == "system"
    attached = [members(one) for one in entries(message.get("attachments"))]
    kinds = {words(one.get("type")) for one in attached}
    deleted_at = message.get("deleted_at")
    reply = next((one for one in attached if one.get("type") == "reply"), {})
    return ChatMessage(
        at=from_seconds(message.get("created_at")),
        sender=named(message.get("name")) or told.people.get(words(message.get("user_id"))),
        text=words(message.get("text")),
        raw=piece.raw,
        id=named(message.get("id")),
        side="center" if system else None,
        attachments=tuple(_media(one, media) for one in attached if one.get("type") in _CARRIED),
        reply_to=named(reply.get("reply_id")) or named(reply.get("base_reply_id")),
        deleted=deleted_at not in (None, 0, ""),
        system=system,
        reactions=tuple(_reactions(message, told)),
        unmapped=tuple(sorted((*unmapped(message, _KNOWN), *(f"attachments.{kind[:50]}" for kind in kinds - _SILENT)))),
    )


def _media(one: dict[str, Any], files: dict[str, str]) -> Media:
    address = words(one.get(_CARRIED[words(one.get("type"))]))
    match = _DIGEST.search(address)
    entry = files.get(match[0]) if match else None
    # the address of a picture says what it is before the digest: 640x480.jpeg.0123...
    kind = next((kind for ending, kind in _KINDS_BY_ENDING if f".{ending}" in base_name(address)), None)
    return Media(name=base_name(entry) if entry else base_name(address.split("?", 1)[0]), media_type=kind, entry=entry)


def _reactions(message: dict[str, Any], told: _Told) -> Iterator[Reacted]:
    """Reactions with their signs, then the likes of those who have none: newer exports repeat all who reacted there."""
    named_with = set()
    for one in map(members, entries(message.get("reactions"))):
        for who in entries(one.get("user_ids")):
            named_with.add(words(who))
            yield Reacted(emoji=words(one.get("code")) or words(one.get("type")), by=_name(who, told))
    for who in entries(message.get("favorited_by")):
        if words(who) not in named_with:
            yield Reacted(emoji=_HEART, by=_name(who, told))


def _name(number: object, told: _Told) -> str | None:
    return told.people.get(words(number)) or named(number)
