"""Microsoft Teams messages as the Graph interface gives them (chatMessage), in JSON files of any name.

Rule kept: a list of message objects is read wherever it stands: alone, under ``value`` or under ``messages``; answers
that a channel's message carries (``replies``) are messages of their own. Chats and channels are conversations. Layout:
Microsoft Graph v1.0, resource type chatMessage; see docs/formats/skype.md.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.chats.counted import Counted
from ingest.formats.chats.fields import unmapped
from ingest.formats.chats.file_by_file import base_name, one_by_one
from ingest.formats.chats.json_stream import walk
from ingest.formats.chats.media_kinds import media_type_of
from ingest.formats.chats.model import ChatMessage, Media, Reacted, Said, Stated, Thread
from ingest.formats.chats.moments import iso
from ingest.formats.chats.people import person
from ingest.formats.chats.plain import entries, members, named, words
from ingest.formats.chats.skype_notices import as_json
from ingest.formats.chats.skype_text import Shown, shown
from ingest.formats.container import ContainerBroken, MemberBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.json_stream import Piece
    from ingest.formats.chats.model import Export

READER: Final = "teams 1"
PLATFORM: Final = "teams"
_STREAMED: Final = (("*",), ("value", "*"), ("messages", "*"))
_REPLIES: Final = (("replies", "*"),)
_SIGN: Final = b'"messageType"'  # each message has it once
_ELSE: Final = (b'"createdDateTime"', b'"body"', b'"contentType"', b'"from"')
_EITHER: Final = (b'"chatId"', b'"channelIdentity"')
_FIRST_BYTES: Final = 1 << 16
_MOST_THREADS: Final = 100_000
_KNOWN: Final = frozenset(
    {"id", "etag", "messageType", "createdDateTime", "lastModifiedDateTime", "lastEditedDateTime", "deletedDateTime",
     "subject", "chatId", "channelIdentity", "from", "body", "attachments", "mentions", "reactions", "eventDetail",
     "replies", "replies@odata.context", "replies@odata.count", "replyToId"}
)  # fmt: skip
_FILE: Final = "reference"
_ANSWERED: Final = "messageReference"
_FORWARDED: Final = "forwardedMessageReference"
_CAPITAL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_EVENT: Final = re.compile(r"#?microsoft\.graph\.(.{1,80}?)(?:EventMessageDetail)?")
_LOST: Final = "a message of this file has no form that is known and was not taken"


def recognise(export: Export) -> bool:
    """Whether there is a list of chatMessage objects."""
    return next(_files(export), None) is not None


def read(export: Export) -> Iterator[Said | Stated | Remark]:
    """All messages; see `model.ExportFormat`."""
    yield from one_by_one((name, _read(export, name)) for name in _files(export))


def aside(_name: str) -> str | None:
    """See `model.ExportFormat`."""
    return None


def _files(export: Export) -> Iterator[str]:
    names = export.names
    for name in names:
        if len(names) > 1 and not name.lower().endswith(".json"):
            continue
        if export.head(name, 16).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"[", b"{"):
            continue
        head = export.head(name, _FIRST_BYTES)
        if _SIGN in head and all(one in head for one in _ELSE) and any(one in head for one in _EITHER):
            yield name


def _read(export: Export, name: str) -> Iterator[Said | Stated | Remark]:
    counted = Counted(export.open(name), (_SIGN,))
    threads: dict[str, Thread] = {}
    broken: ContainerBroken | MemberBroken | None = None
    try:
        for piece in walk(counted.stream(), _STREAMED):
            if piece.problem is None and len(piece.path) == 1 and not isinstance(piece.path[0], int):
                continue  # of the list, not of a message: "@odata.context" and such
            yield from _found(piece, name, threads)
    except (ContainerBroken, MemberBroken) as problem:
        broken = problem
    yield Stated(what="messages", count=counted.counts[_SIGN], path=name)
    if broken is not None:
        raise broken


def _found(piece: Piece, path: str, threads: dict[str, Thread]) -> Iterator[Said | Remark]:
    """A message, and the answers that it carries."""
    message = members(piece.value)
    if piece.problem or not message:
        yield Remark(text=piece.problem or _LOST, path=path, lost=1)
        return
    thread = _thread(message, path, threads)
    yield Said(thread=thread, message=_message(piece, message))
    if not entries(message.get("replies")):
        return
    for one in walk(io.BytesIO(piece.raw), _REPLIES):
        if one.path[0] != "replies":
            continue
        reply = members(one.value)
        if one.problem or not reply:
            yield Remark(text=one.problem or _LOST, path=path, lost=1)
        else:
            yield Said(thread=thread, message=_message(one, reply))


def _thread(message: dict[str, Any], path: str, threads: dict[str, Thread]) -> Thread:
    channel = members(message.get("channelIdentity"))
    places = (named(channel.get("teamId")), named(channel.get("channelId")))
    key = named(message.get("chatId")) or "/".join(one for one in places if one) or path
    known = threads.get(key)
    if known is None:
        known = Thread(platform=PLATFORM, key=key, title=None, path=path)
        if len(threads) < _MOST_THREADS:
            threads[key] = known
    return known


def _message(piece: Piece, message: dict[str, Any]) -> ChatMessage:
    body = members(message.get("body"))
    content = words(body.get("content"))
    said = shown(content, spaced=False) if words(body.get("contentType")).lower() == "html" else Shown(text=content)
    system = "systemEvent" in words(message.get("messageType")) or bool(members(message.get("eventDetail")))
    subject = named(message.get("subject"))
    event = _event(members(message.get("eventDetail"))) if system else ""
    attached = [members(one) for one in entries(message.get("attachments"))]
    forwarded = next((_carried(one) for one in attached if one.get("contentType") == _FORWARDED), {})
    passed_on = shown(words(forwarded.get("originalMessageContent")), spaced=False).text if forwarded else ""
    answered = next((named(one.get("id")) for one in attached if one.get("contentType") == _ANSWERED), None)
    edited_at = iso(message.get("lastEditedDateTime"))
    return ChatMessage(
        at=iso(message.get("createdDateTime")),
        sender=_identity(message.get("from")),
        text="\n".join(one for one in (subject, event, said.text, passed_on) if one),
        raw=piece.raw,
        id=named(message.get("id")),
        side="center" if system else None,
        attachments=tuple(_media(attached, said)),
        reply_to=answered or named(message.get("replyToId")),
        edited_at=edited_at,
        edited=edited_at is not None,
        deleted=bool(message.get("deletedDateTime")),
        system=system,
        forwarded_from=_identity(forwarded.get("originalMessageSender")),
        reactions=tuple(_reactions(message)),
        unmapped=tuple(sorted((*unmapped(message, _KNOWN), *_unread(attached)))),
    )


def _identity(value: object) -> str | None:
    """Who it is: a person, a program or a telephone."""
    for one in members(value).values():
        who = members(one)
        name, number = named(who.get("displayName")), named(who.get("id"))
        if name or number:
            return person(name, number)
    return None


def _carried(attached: dict[str, Any]) -> dict[str, Any]:
    return members(as_json(attached.get("content")))


def _event(detail: dict[str, Any]) -> str:
    """``Ana membersAdded: Bo`` with its kind as words; the kind is how Graph calls it."""
    match = _EVENT.fullmatch(words(detail.get("@odata.type"))[:200])
    what = _CAPITAL.sub(" ", match[1]).lower() if match else ""
    who = _identity(detail.get("initiator")) or ""
    people = (named(members(one).get("displayName")) or named(members(one).get("id")) for one in _people(detail))
    told = (words(detail.get(one)) for one in ("chatDisplayName", "channelDisplayName", "teamDisplayName"))
    names = ", ".join(one for one in (*people, *told) if one)
    return " ".join(one for one in (who, f"{what}: {names}" if what and names else what or names) if one)


def _people(detail: dict[str, Any]) -> list[Any]:
    return entries(detail.get("members"))[:1_000]


def _media(attached: list[dict[str, Any]], said: Shown) -> Iterator[Media]:
    """Files that the message names; their bytes are in no export of messages."""
    for one in attached:
        name = named(one.get("name"))
        if one.get("contentType") == _FILE or (name and one.get("contentType") not in (_ANSWERED, _FORWARDED)):
            called = name or base_name(words(one.get("contentUrl")).split("?", 1)[0])
            if called:
                yield Media(name=called, media_type=media_type_of(called))
    for address, _ in said.files:
        called = base_name(address.split("?", 1)[0].removesuffix("/$value"))
        if called:
            yield Media(name=called, media_type=media_type_of(called))


def _unread(attached: list[dict[str, Any]]) -> Iterator[str]:
    """Kinds of attachments of which nothing but the name is shown, such as cards."""
    kinds = {words(one.get("contentType"))[:80] for one in attached}
    yield from (f"attachments.{one}" for one in sorted(kinds - {_FILE, _ANSWERED, _FORWARDED, ""})[:50])


def _reactions(message: dict[str, Any]) -> Iterator[Reacted]:
    for one in entries(message.get("reactions")):
        reaction = members(one)
        kind = words(reaction.get("reactionType"))
        called = words(reaction.get("displayName")) if kind == "custom" else ""
        yield Reacted(emoji=called or kind, by=_identity(reaction.get("user")), at=iso(reaction.get("createdDateTime")))
