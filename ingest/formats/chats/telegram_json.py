"""result.json of Telegram Desktop: one chat at its root, or a whole account with `chats` and `left_chats`.

Rule kept: chats and messages are given in the order of the document, one after the other; what an account holds
beside them (contacts, sessions with their addresses, frequent contacts) is passed over and stays in the export.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

from ingest.formats.chats.file_by_file import base_name, folder_of
from ingest.formats.chats.json_stream import walk
from ingest.formats.chats.model import Said, Stated, Thread, ThreadKind
from ingest.formats.chats.telegram_escapes import Readable, restored
from ingest.formats.chats.telegram_message import message_of
from ingest.formats.container import ContainerBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.json_stream import Piece
    from ingest.formats.chats.model import Export

_HEAD: Final = 1 << 14
_FIRST: Final = 64
_MOST_HEADS: Final = 2_000
_CHAT_KINDS: Final = (
    "personal_chat|bot_chat|saved_messages|replies|verify_codes|private_group|private_supergroup|public_supergroup"
    "|private_channel|public_channel"
)
_CHAT: Final = re.compile(rb'"type"\s{0,20}:\s{0,20}"(?:' + _CHAT_KINDS.encode() + rb')"')
_MESSAGES: Final = re.compile(rb'"messages"\s{0,20}:\s{0,20}\[')
_MESSAGE: Final = re.compile(rb'"type"\s{0,20}:\s{0,20}"(?:message|service)"')
_ACCOUNT: Final = re.compile(rb'"(?:personal_information|frequent_contacts|profile_pictures)"\s{0,20}:\s{0,20}[\[{]')
_OF_ACCOUNT: Final = re.compile(rb'"user_id"\s{0,20}:\s{0,20}\d')
_STREAMED: Final = (
    ("messages", "*"),
    ("chats", "list", "*", "messages", "*"),
    ("left_chats", "list", "*", "messages", "*"),
    ("stories", "*"),
)
_PEERS: Final = {
    "personal_chat": "user",
    "bot_chat": "user",
    "private_group": "chat",
    "saved_messages": "self",
    "replies": "replies",
}
_DEPTH_OF_CHAT: Final = 3
_MOST_SIDES: Final = 10_000


def documents(export: Export) -> tuple[str, ...]:
    """Names of the documents that are Telegram's."""
    names = export.names
    single = len(names) == 1
    named = [name for name in names if base_name(name).lower() == "result.json" or single]
    found = tuple(name for name in named if _is_telegram(export.head(name, _HEAD)))
    if found:
        return found
    others = [name for name in names if name.lower().endswith(".json")][:_MOST_HEADS]
    objects = (name for name in others if b"{" in export.head(name, _FIRST)[:_FIRST].lstrip(b"\xef\xbb\xbf \t\r\n")[:1])
    return tuple(name for name in objects if _is_telegram(export.head(name, _HEAD)))


def _is_telegram(head: bytes) -> bool:
    if not head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return False
    if _ACCOUNT.search(head) and b'"about"' in head and _OF_ACCOUNT.search(head):
        return True
    if not _MESSAGES.search(head):
        return False
    return bool(_CHAT.search(head)) or (b'"date_unixtime"' in head and _MESSAGE.search(head) is not None)


@dataclass(slots=True)
class _Chat:
    """What is known of a chat; its thread is made when its first message comes."""

    place: tuple[str | int, ...]
    facts: dict[str, Any] = field(default_factory=dict)
    thread: Thread | None = None
    sides: dict[object, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Owner:
    """Whose export it is, where it says so: his id as messages give it, in all layouts, and his name."""

    ids: frozenset[object] = frozenset()
    name: str | None = None


def read(export: Export, name: str) -> Iterator[Said | Stated | Remark]:
    """Everything in one document.

    Raises:
        ContainerBroken: it is damaged; what was read before was given.
        MemberBroken: the rest of it cannot be had.
    """
    readable = Readable(export.open(name))
    document = _Document(export, name, readable)
    broken: ContainerBroken | None = None
    try:
        for piece in walk(cast("BinaryIO", readable), _STREAMED):
            if (found := document.take(piece)) is not None:
                yield found
    except ContainerBroken as problem:
        broken = problem
    for what, count in document.counts.items():
        if count:
            yield Stated(what=what, count=count, path=name)
    if broken is not None:
        raise broken


class _Document:
    """What goes on from one value of the document to the next."""

    def __init__(self, export: Export, name: str, readable: Readable) -> None:
        self._export = export
        self._name = name
        self._root = folder_of(name)
        self._readable = readable
        self._owner = _Owner()
        self._chat: _Chat | None = None
        self.counts = {"messages": 0, "conversations": 0, "media": 0, "posts": 0}

    def take(self, piece: Piece) -> Said | Remark | None:
        """What is to be said of a value of the document; None of what only tells about others."""
        place, step = _place(piece.path)
        if step is None:
            if piece.path == ("personal_information",) and isinstance(piece.value, dict):
                self._owner = _owner(piece.value)
            elif len(place) == _DEPTH_OF_CHAT:
                return Remark(text="an entry of the list of chats is none", path=self._name, lost=None)
            return None
        chat = self._chat
        if chat is None or chat.place != place:
            chat = self._chat = _Chat(place=place)
            self.counts["conversations"] += step != "stories"
        if step not in ("messages", "stories"):
            chat.facts[step] = piece.value
            return None
        self.counts["posts" if step == "stories" else "messages"] += 1
        value, raw = restored(piece) if self._readable.replaced else (piece.value, piece.raw)
        if not isinstance(value, dict):
            reason = piece.problem or "it is no object"
            return Remark(text=f"a message could not be read: {reason}", path=self._name, lost=1)
        said = self._story(value, raw) if step == "stories" else self._said(value, raw, chat)
        self.counts["media"] += len(said.message.attachments)
        return said

    def _said(self, value: dict[str, Any], raw: bytes, chat: _Chat) -> Said:
        if chat.thread is None:
            chat.thread = _thread(chat.facts, self._owner, self._name)
        sender = value.get("from_id")
        side: str | None = None
        if isinstance(sender, str | int):
            if sender not in chat.sides:
                if len(chat.sides) >= _MOST_SIDES:
                    chat.sides.clear()
                chat.sides[sender] = _side(sender, chat.facts, self._owner)
            side = chat.sides[sender]
        return Said(thread=chat.thread, message=message_of(value, raw, side, self._root, self._export))

    def _story(self, value: dict[str, Any], raw: bytes) -> Said:
        """A story: what its owner published for a day, or pinned."""
        shaped = {("file" if label == "media" else label): content for label, content in value.items()}
        owner = self._owner
        message = message_of(shaped, raw, "right" if owner.ids else None, self._root, self._export)
        moment = value.get("date_unixtime") or value.get("date")
        thread = Thread(
            platform="telegram",
            key=f"story:{moment}:{value.get('media')}",
            title=None,
            participants=(owner.name,) if owner.name else (),
            owner=owner.name,
            kind=ThreadKind.POST,
            path=self._name,
        )
        return Said(thread=thread, message=message._replace(sender=owner.name))


def _place(path: tuple[str | int, ...]) -> tuple[tuple[str | int, ...], str | None]:
    """Which chat a value belongs to, and what of it: "messages" for one of its messages. None: to no chat."""
    if not path:
        return (), None
    if path[0] in ("chats", "left_chats"):
        if len(path) > _DEPTH_OF_CHAT and path[1] == "list":
            return path[:_DEPTH_OF_CHAT], str(path[3])
        return path, None
    if path[0] == "stories" and len(path) > 1:
        return ("stories",), "stories"
    if path[0] == "messages":
        return (), "messages"
    return (), str(path[0]) if path[0] in ("name", "type", "id") else None


def _owner(value: dict[str, Any]) -> _Owner:
    name = " ".join(str(value[part]) for part in ("first_name", "last_name") if value.get(part))
    number = value.get("user_id")
    ids: frozenset[object] = frozenset({number, f"user{number}"}) if type(number) is int and number else frozenset()
    return _Owner(ids=ids, name=name or None)


def _side(sender: str | int, facts: dict[str, Any], owner: _Owner) -> str | None:
    if owner.ids:
        return "right" if sender in owner.ids else "left"
    if facts.get("type") in ("personal_chat", "bot_chat") and isinstance(sender, str):
        # of two people, who is not the one whose chat it is must be the owner
        return "left" if sender == f"user{facts.get('id')}" else "right"
    return None


def _thread(facts: dict[str, Any], owner: _Owner, name: str) -> Thread:
    kind = facts.get("type") if isinstance(facts.get("type"), str) else None
    title = facts.get("name") if isinstance(facts.get("name"), str) else None
    if title is None and kind in ("saved_messages", "replies", "verify_codes"):
        title = kind.replace("_", " ")
    number = facts.get("id")
    peer = _PEERS.get(kind or "", "channel" if kind else "peer")
    key = f"{peer}:{number}" if isinstance(number, int | str) else f"name:{title or ''}"
    other = title if kind in ("personal_chat", "bot_chat") else None
    return Thread(
        platform="telegram",
        key=key,
        title=title,
        participants=tuple(one for one in (other, owner.name) if one),
        owner=owner.name,
        path=name,
    )
