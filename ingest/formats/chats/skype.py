"""Skype and Teams (free) exports: messages.json, mostly in a .tar, the newest message of a conversation first.

Rule kept: what was said is the message's markup as people see it; a notice of the platform (calls, members, topics)
is put into words from what it states. The layout is taken from programs that read these exports; see
docs/formats/skype.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.chats import skype_notices
from ingest.formats.chats.counted import Counted
from ingest.formats.chats.fields import unmapped
from ingest.formats.chats.file_by_file import base_name, one_by_one
from ingest.formats.chats.json_stream import walk
from ingest.formats.chats.media_kinds import media_type_of
from ingest.formats.chats.model import ChatMessage, Media, Reacted, Said, Stated, Thread
from ingest.formats.chats.moments import from_millis, utc_text
from ingest.formats.chats.people import person
from ingest.formats.chats.plain import entries, members, named, words
from ingest.formats.chats.skype_notices import as_json
from ingest.formats.chats.skype_text import Shown, object_number, shown
from ingest.formats.container import ContainerBroken, MemberBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.json_stream import Piece
    from ingest.formats.chats.model import Export

READER: Final = "skype 1"
PLATFORM: Final = "skype"
_STREAMED: Final = (("conversations", "*", "MessageList", "*"),)
_MESSAGE_DEPTH: Final = 4
_FIELD_DEPTH: Final = 3
_SIGN: Final = b'"originalarrivaltime"'  # each message has it once
_ELSE: Final = (b'"userId"', b'"conversations"')
_ELSE_MESSAGE: Final = (b'"MessageList"', b'"messagetype"')
_FIRST_BYTES: Final = 1 << 16
_MEDIA: Final = re.compile(r"(0-[a-z]{1,8}-[a-z0-9]{1,4}-[0-9a-f]{16,64})[^/]*")
_BESIDE: Final = re.compile(r"(?:.*/)?media/[^/]+\.json", re.DOTALL)
_MOST_NAMED: Final = 100_000
_PLAIN: Final = "Text"
_KNOWN: Final = frozenset(
    {"id", "displayName", "originalarrivaltime", "messagetype", "version", "content", "conversationid", "from",
     "properties", "amsreferences"}
)  # fmt: skip
_KNOWN_PROPERTIES: Final = frozenset({"emotions", "deletetime", "edittime"})
_LOST: Final = "a message of this file has no form that is known and was not taken"


@dataclass(slots=True)
class _Account:
    """Whose export it is, who is who in it, and its files by their numbers."""

    owner: str | None
    media: dict[str, str]
    names: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Conversation:
    """What was met of a conversation before its messages."""

    number: int | str = -1
    told: dict[str, Any] = field(default_factory=dict)
    thread: Thread | None = None


def recognise(export: Export) -> bool:
    """Whether there is a messages.json of Skype's form."""
    return next(_files(export), None) is not None


def read(export: Export) -> Iterator[Said | Stated | Remark]:
    """All messages; see `model.ExportFormat`."""
    media = _media_files(export)
    yield from one_by_one((name, _read(export, name, media)) for name in _files(export))


def aside(name: str) -> str | None:
    """See `model.ExportFormat`."""
    if base_name(name) == "endpoints.json":
        return "it holds no messages, but the devices of the account"
    return "it describes a file that lies beside it" if _BESIDE.fullmatch(name) else None


def _files(export: Export) -> Iterator[str]:
    names = export.names
    for name in names:
        if len(names) > 1 and base_name(name).lower() != "messages.json":
            continue
        head = export.head(name)
        if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{" and all(one in head for one in _ELSE):
            head = export.head(name, _FIRST_BYTES)
            if all(one in head for one in _ELSE_MESSAGE):
                yield name


def _media_files(export: Export) -> dict[str, str]:
    """Files by the number that their names begin with; what describes one is none."""
    found: dict[str, str] = {}
    for name in export.names:
        match = _MEDIA.fullmatch(base_name(name))
        if match is not None and not name.endswith(".json"):
            found.setdefault(match[1], name)
    return found


def _read(export: Export, name: str, media: dict[str, str]) -> Iterator[Said | Stated | Remark]:
    counted = Counted(export.open(name), (_SIGN,))
    account = _Account(owner=None, media=media)
    here = _Conversation()
    broken: ContainerBroken | MemberBroken | None = None
    try:
        for piece in walk(counted.stream(), _STREAMED):
            path = piece.path
            if path == ("userId",):
                account.owner = named(piece.value)
            elif len(path) > 1 and path[0] == "conversations":
                if path[1] != here.number:
                    here = _Conversation(number=path[1])
                yield from _found(piece, here, account, name)
    except (ContainerBroken, MemberBroken) as problem:
        broken = problem
    yield Stated(what="messages", count=counted.counts[_SIGN], path=name)
    if broken is not None:
        raise broken


def _found(piece: Piece, here: _Conversation, account: _Account, name: str) -> Iterator[Said | Remark]:
    """A message, or a field of its conversation, which is kept for the messages behind it."""
    if len(piece.path) == _FIELD_DEPTH and piece.path[2] != "MessageList":
        here.told[str(piece.path[2])] = piece.value
        return
    if len(piece.path) != _MESSAGE_DEPTH:
        if piece.problem or piece.value not in (None, [], {}):
            yield Remark(text=piece.problem or _LOST, path=name, lost=None)
        return
    message = members(piece.value)
    if piece.problem or not message:
        yield Remark(text=piece.problem or _LOST, path=name, lost=1)
        return
    if here.thread is None:
        here.thread = _thread(here, message, account, name)
    yield Said(thread=here.thread, message=_message(piece, message, here.thread, account))


def _thread(here: _Conversation, message: dict[str, Any], account: _Account, path: str) -> Thread:
    key = named(here.told.get("id")) or named(message.get("conversationid")) or f"{path} {here.number}"
    title = named(here.told.get("displayName"))
    group = members(here.told.get("threadProperties"))
    listed = [named(one) for one in entries(as_json(group.get("members")))[:_MOST_NAMED]]
    if not group and title and len(account.names) < _MOST_NAMED:
        account.names[key] = title  # a conversation of two is called after the other one
    handles = listed if group else [account.owner, key]
    people = (person(account.names.get(one), one) for one in dict.fromkeys(handles) if one)
    return Thread(
        platform=PLATFORM,
        key=key,
        title=named(group.get("topic")) or title,
        participants=tuple(one for one in people if one),
        owner=person(account.names.get(account.owner or ""), account.owner),
        path=path,
    )


def _message(piece: Piece, message: dict[str, Any], thread: Thread, account: _Account) -> ChatMessage:
    handle = (named(message.get("from")) or "").rpartition("/")[2] or None
    name = named(message.get("displayName"))
    if name and handle and len(account.names) < _MOST_NAMED:
        account.names[handle] = name
    kind, content = words(message.get("messagetype")), words(message.get("content"))
    system = skype_notices.is_notice(kind)
    if system:
        said = Shown(text=skype_notices.text(kind, content))
    else:
        said = Shown(text=content) if kind == _PLAIN else shown(content)
    properties = members(as_json(message.get("properties")))
    edited_at = from_millis(properties.get("edittime")) or said.edited_at
    reply_to, text = _answered(said, thread)
    return ChatMessage(
        at=utc_text((words(message.get("originalarrivaltime"))[:26]).replace("T", " ")),
        sender=person(name or account.names.get(handle or ""), handle),
        text=text,
        raw=piece.raw,
        id=named(message.get("id")),
        side="center" if system else _side(handle, account),
        attachments=tuple(_attachments(said, message, account)),
        reply_to=reply_to,
        edited_at=edited_at,
        edited=said.edited or edited_at is not None,
        deleted=bool(properties.get("deletetime")),
        system=system,
        reactions=tuple(_reactions(properties, account)),
        unmapped=tuple(sorted((*unmapped(message, _KNOWN), *unmapped(properties, _KNOWN_PROPERTIES, "properties.")))),
    )


def _answered(said: Shown, thread: Thread) -> tuple[str | None, str]:
    """The message of this conversation that is answered, or what is quoted; what else is quoted stays in the text."""
    if not said.quotes:
        return None, said.text
    first, *others = said.quotes
    here = first.conversation in (None, thread.key) and first.message
    lines = [f"> {one.author}: {one.text}" if one.author else f"> {one.text}" for one in others]
    return (first.message if here else first.text) or None, "\n".join(one for one in (*lines, said.text) if one)


def _side(handle: str | None, account: _Account) -> str | None:
    if not handle or not account.owner:
        return None
    return "right" if handle.partition(":")[2] == account.owner.partition(":")[2] else "left"


def _attachments(said: Shown, message: dict[str, Any], account: _Account) -> Iterator[Media]:
    """Files by their number, which the markup's address and the list beside it both have."""
    told = {object_number(address): name for address, name in said.files if address}
    for one in entries(as_json(message.get("amsreferences"))):
        told.setdefault(words(one), None)
    for number, name in told.items():
        entry = account.media.get(number)
        called = name or (base_name(entry) if entry else number)
        if called:
            yield Media(name=called, media_type=media_type_of(called) or media_type_of(entry or ""), entry=entry)


def _reactions(properties: dict[str, Any], account: _Account) -> Iterator[Reacted]:
    for one in entries(as_json(properties.get("emotions"))):
        emotion = members(one)
        for user in entries(as_json(emotion.get("users"))):
            who = members(user)
            handle = named(who.get("mri"))
            by = person(account.names.get(handle or ""), handle)
            yield Reacted(emoji=words(emotion.get("key")), by=by, at=from_millis(who.get("time")))
