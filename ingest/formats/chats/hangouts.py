"""Google Hangouts as Google Takeout exported it: Hangouts.json, in the layout of 2017 and later and in the older one.

Rule kept: every event is a message; what is no chat message (calls, renames, members that come and go) is a notice
that says what its own fields say. Times are microseconds since 1970 as decimal texts. People are gaia ids, with a
name where the export has one; conversations are streamed event by event.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from ingest.formats.chats.fields import unmapped
from ingest.formats.chats.file_by_file import base_name, folder_of, one_by_one
from ingest.formats.chats.json_stream import walk
from ingest.formats.chats.model import ChatMessage, Media, Said, Stated, Thread
from ingest.formats.chats.moments import from_micros
from ingest.formats.chats.people import person
from ingest.formats.chats.plain import entries, members, named, words
from ingest.formats.container import ContainerBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.json_stream import Piece
    from ingest.formats.chats.model import Export

READER = "hangouts 1"
_STREAMED: Final = (
    ("conversations", "*", "events", "*"),
    ("conversation_state", "*", "conversation_state", "event", "*"),
)
_HEAD: Final = 1 << 16
_MOST_HEADS: Final = 200
_MOST_PARTS: Final = 10_000
_BEGIN: Final = re.compile(
    rb'\A(?:\xef\xbb\xbf)?\s{0,50}\{[^\[{]{0,300}"(?:conversations|conversation_state)"\s{0,20}:\s{0,20}\['
)
_NAMED: Final = re.compile(rb'"(?:conversation_id|participant_data|gaia_id)"\s{0,20}:')
_PICTURES: Final = ("plus_photo", "plus_photo_v2", "plus_audio_v2")
_URLS: Final = ("url", "original_content_url")
_SPOKEN: Final = frozenset({"REGULAR_CHAT_MESSAGE", "SMS", "VOICEMAIL", ""})
_KNOWN: Final = frozenset(
    {
        "conversation_id",
        "sender_id",
        "timestamp",
        "chat_message",
        "event_id",
        "event_type",
        "hangout_event",
        "conversation_rename",
        "membership_change",
        "self_event_state",
        "advances_sort_timestamp",
    }
)
_KNOWN_MESSAGE: Final = frozenset({"message_content"})
_KNOWN_CONTENT: Final = frozenset({"segment", "attachment"})
_KNOWN_SEGMENT: Final = frozenset({"type", "text"})
_KNOWN_ITEM: Final = frozenset({"type", "id", *_PICTURES})
_NOTICES: Final = {
    "hangout_event": frozenset({"event_type", "hangout_duration_secs", "participant_id"}),
    "conversation_rename": frozenset({"old_name", "new_name"}),
    "membership_change": frozenset({"type", "participant_id"}),
}


def recognise(export: Export) -> bool:
    """Whether there is a Hangouts.json, whatever it is called."""
    return next(_documents(export), None) is not None


def read(export: Export) -> Iterator[Said | Stated | Remark]:
    """See `model.ExportFormat`."""
    yield from one_by_one((name, _document(export, name)) for name in _documents(export))


def aside(name: str) -> str | None:
    """See `model.ExportFormat`."""
    return "it holds no messages or posts" if base_name(name) == "archive_browser.html" else None


def _documents(export: Export) -> Iterator[str]:
    names = export.names
    if len(names) > 1:
        ending = [name for name in names if name.lower().endswith(".json")]
        names = [name for name in ending if base_name(name).lower().startswith("hangouts")] or ending[:_MOST_HEADS]
    return (name for name in names if _is_hangouts(export.head(name, _HEAD)))


def _is_hangouts(head: bytes) -> bool:
    return _BEGIN.match(head) is not None and _NAMED.search(head) is not None


@dataclass(slots=True)
class _Conversation:
    """What is known of the conversation whose events come."""

    place: object
    facts: dict[str, Any] = field(default_factory=dict)
    id: str | None = None
    thread: Thread | None = None
    people: dict[str, str] = field(default_factory=dict)
    owner_id: str | None = None
    met: bool = False

    def who(self, ids: tuple[str, ...]) -> str | None:
        """A person as the conversation writes him; his first id where it does not know him."""
        for one in ids:
            if one in self.people:
                return self.people[one]
        return ids[0] if ids else None


def _document(export: Export, name: str) -> Iterator[Said | Stated | Remark]:
    here: _Conversation | None = None
    met = conversations = files = 0
    broken: ContainerBroken | None = None
    try:
        for piece in walk(export.open(name), _STREAMED):
            if len(piece.path) < 3:  # noqa: PLR2004 - list, place, member
                if len(piece.path) == 2:  # noqa: PLR2004
                    yield Remark(text="an entry of the list of conversations is none", path=name, lost=None)
                continue
            if here is None or here.place != piece.path[:2]:
                here = _Conversation(piece.path[:2])
            if piece.path[-2] not in ("events", "event"):
                _tell(here, piece)
                continue
            met += 1
            conversations += not here.met
            here.met = True
            if not isinstance(piece.value, dict):
                reason = piece.problem or "it is no object"
                yield Remark(text=f"an event could not be read: {reason}", path=name, lost=1)
                continue
            said = _said(here, piece.value, piece.raw, export, name)
            files += len(said.message.attachments)
            yield said
    except ContainerBroken as problem:
        broken = problem
    yield Stated(what="messages", count=met, path=name)
    yield Stated(what="conversations", count=conversations, path=name)
    if files:
        yield Stated(what="media", count=files, path=name)
    if broken is not None:
        raise broken


def _tell(here: _Conversation, piece: Piece) -> None:
    """Facts of a conversation; the newer layout wraps them once more, with the id beside them."""
    value = members(piece.value)
    step = piece.path[-1]
    if step == "conversation":
        inner = members(value.get("conversation"))
        here.facts = inner or value
        here.id = here.id or _id(value.get("conversation_id")) or _id(value.get("id")) or _id(inner.get("id"))
        here.thread = None
    elif step == "conversation_id":
        here.id = here.id or _id(piece.value)


def _id(value: object) -> str | None:
    return named(members(value).get("id"))


def _ids(value: object) -> tuple[str, ...]:
    """All ids of a person, the one that names him first."""
    person_id = members(value)
    gaia, chat = named(person_id.get("gaia_id")), named(person_id.get("chat_id"))
    if gaia is None:
        return (chat,) if chat is not None else ()
    return (gaia, chat) if chat is not None and chat != gaia else (gaia,)


def _thread(here: _Conversation, event: dict[str, Any], name: str) -> Thread:
    facts = here.facts
    self_state = members(facts.get("self_conversation_state"))
    owner = _ids(members(self_state.get("self_read_state")).get("participant_id"))
    owner = owner or _ids(members(event.get("self_event_state")).get("user_id"))
    here.owner_id = owner[0] if owner else None
    participants, others = [], []
    for one in entries(facts.get("participant_data"))[:_MOST_PARTS]:
        ids = _ids(members(one).get("id"))
        called = named(members(one).get("fallback_name"))
        phone = named(members(members(one).get("phone_number")).get("e164"))
        written = person(called, phone or (ids[0] if ids else None))
        if written is None:
            continue
        here.people.update(dict.fromkeys(ids, written))
        participants.append(written)
        if here.owner_id is None or here.owner_id not in ids:
            others.append(called or written)
    return Thread(
        platform="hangouts",
        key=here.id or _id(event.get("conversation_id")) or f"{name}#{here.place}",
        title=named(facts.get("name")) or ", ".join(others) or None,
        participants=tuple(participants),
        owner=here.people.get(here.owner_id, here.owner_id) if here.owner_id else None,
        path=name,
    )


def _said(here: _Conversation, event: dict[str, Any], raw: bytes, export: Export, name: str) -> Said:
    thread = here.thread
    if thread is None:
        thread = here.thread = _thread(here, event, name)
    ids = _ids(event.get("sender_id"))
    sender = here.who(ids)
    content = members(members(event.get("chat_message")).get("message_content"))
    kind = words(event.get("event_type"))
    system = not content and kind not in _SPOKEN
    side = None
    if here.owner_id is not None:
        side = "center" if system else "right" if here.owner_id in ids else "left"
    message = ChatMessage(
        at=from_micros(event.get("timestamp")),
        sender=sender,
        text=_notice(here, event, kind) if system else _text(content),
        raw=raw,
        id=named(event.get("event_id")),
        side=side,
        attachments=_files(content, export, folder_of(name)) if content.get("attachment") else (),
        system=system,
        unmapped=_unmapped(event, content),
    )
    return Said(thread=thread, message=message)


def _text(content: dict[str, Any]) -> str:
    pieces = []
    for one in entries(content.get("segment"))[:_MOST_PARTS]:
        segment = members(one)
        pieces.append("\n" if segment.get("type") == "LINE_BREAK" else words(segment.get("text")))
    return "".join(pieces)


def _notice(here: _Conversation, event: dict[str, Any], kind: str) -> str:
    """What a call, a rename or a change of members says, in the words of its fields."""
    call, rename = members(event.get("hangout_event")), members(event.get("conversation_rename"))
    change = members(event.get("membership_change"))
    pieces = [words(call.get("event_type")) or words(change.get("type")) or kind]
    if seconds := words(call.get("hangout_duration_secs")):
        pieces.append(f"{seconds} seconds")
    concerned = entries(call.get("participant_id") or change.get("participant_id"))[:_MOST_PARTS]
    pieces.extend(here.who(_ids(one)) or "" for one in concerned)
    pieces.extend(f"{label}: {text}" for label in ("old_name", "new_name") if (text := words(rename.get(label))))
    return ", ".join(piece for piece in pieces if piece)


def _files(content: dict[str, Any], export: Export, folder: str) -> tuple[Media, ...]:
    """Pictures and recordings; a place or a card is no file, and is named as unmapped."""
    found = []
    for one in entries(content.get("attachment"))[:_MOST_PARTS]:
        item = members(members(one).get("embed_item"))
        for label in _PICTURES:
            picture = members(item.get(label))
            address = next((url for each in _URLS if (url := named(picture.get(each)))), None)
            if address is None:
                continue
            name = unquote(address.partition("?")[0].rstrip("/").rpartition("/")[2])
            found.append(Media(name=name or None, entry=folder + name if export.has(folder + name) else None))
            break
    return tuple(found)


def _unmapped(event: dict[str, Any], content: dict[str, Any]) -> tuple[str, ...]:
    names = set(unmapped(event, _KNOWN))
    if "chat_message" in event:
        names.update(unmapped(members(event["chat_message"]), _KNOWN_MESSAGE, "chat_message."))
    if not content.keys() <= _KNOWN_CONTENT:
        names.update(unmapped(content, _KNOWN_CONTENT, "chat_message.message_content."))
    for one in entries(content.get("segment"))[:_MOST_PARTS]:
        segment = members(one)
        if not segment.keys() <= _KNOWN_SEGMENT:
            names.update(unmapped(segment, _KNOWN_SEGMENT, "chat_message.message_content.segment."))
    if "attachment" in content:
        for one in entries(content["attachment"])[:_MOST_PARTS]:
            item = members(members(one).get("embed_item"))
            names.update(unmapped(item, _KNOWN_ITEM, "chat_message.message_content.attachment.embed_item."))
    for label, known in _NOTICES.items():
        if label in event:
            names.update(unmapped(members(event[label]), known, f"{label}."))
    return tuple(sorted(names)) if names else ()
