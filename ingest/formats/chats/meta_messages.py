"""One message of Messenger or Instagram, from its JSON object in either of Meta's two spellings.

Rule kept: the words are the export's. Placeholders that the platform writes in the owner's language ("Liked a
message", "X sent an attachment.") have no mark of their own in the export, so they are texts like any other; nothing
is told from their wording. A shared link and its caption are part of what is said; of a call without any words the
fields that describe it are.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.charsets import storable
from ingest.formats.chats.fields import unmapped
from ingest.formats.chats.model import ChatMessage, Reacted
from ingest.formats.chats.mojibake import repaired
from ingest.formats.chats.moments import from_millis, from_seconds
from ingest.formats.chats.plain import entries, members, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from ingest.formats.chats.meta_files import MediaFinder
    from ingest.formats.chats.model import Media

_PLAIN: Final = frozenset(
    {
        "sender_name",
        "timestamp_ms",
        "content",
        "is_geoblocked_for_viewer",
        "is_unsent_image_by_messenger_kid_parent",
        "senderName",
        "timestamp",
        "text",
    }
)
_FILES: Final = ("photos", "videos", "audio_files", "files", "gifs", "media")
_KNOWN: Final = frozenset(
    {
        "sender_name",
        "timestamp_ms",
        "content",
        "senderName",
        "timestamp",
        "text",
        "type",
        *_FILES,
        "sticker",
        "share",
        "reactions",
        "call_duration",
        "missed",
        "is_unsent",
        "isUnsent",
        "bumped_message_metadata",
    }
)
_CALL_FIELDS: Final = ("call_duration", "missed")
_NOTICES: Final = frozenset({"Call", "Subscribe", "Unsubscribe"})
_OF_FILE: Final = frozenset({"uri", "thumbnail"})
_PARTS: Final = {
    **dict.fromkeys((*_FILES, "sticker"), _OF_FILE),
    "share": frozenset({"link", "share_text", "original_content_owner"}),
    "reactions": frozenset({"reaction", "actor", "timestamp"}),
    "bumped_message_metadata": frozenset({"bumped_message", "is_bumped"}),
}
_MOST_NAMES: Final = 10_000
_HELD_AGAINST: Final = 50


class MessageReader:
    """Reads the messages of one thread; `owner` is whose export it is, where that is known."""

    def __init__(self, owner: str | None, finder: MediaFinder) -> None:
        self._owner = owner
        self._finder = finder
        self._names: dict[str, str | None] = {}

    def message(self, value: dict[str, Any], raw: bytes) -> ChatMessage:
        """The message of this object, whatever its members are."""
        sender = self._name(value.get("sender_name") or value.get("senderName"))
        at = from_millis(value.get("timestamp_ms") or value.get("timestamp"))
        text = meant(value.get("content") or value.get("text"))
        side = None if self._owner is None else "right" if sender == self._owner else "left"
        if value.keys() <= _PLAIN and not value.get("is_geoblocked_for_viewer"):
            return ChatMessage(at=at, sender=sender, text=text, raw=raw, side=side)
        return self._full(value, raw, at=at, sender=sender, text=text, side=side)

    def _full(
        self,
        value: dict[str, Any],
        raw: bytes,
        *,
        at: datetime | None,
        sender: str | None,
        text: str,
        side: str | None,
    ) -> ChatMessage:
        share = members(value.get("share"))
        bump = members(value.get("bumped_message_metadata"))
        notice = words(value.get("type")) in _NOTICES
        rest = list(unmapped(value, _KNOWN))
        for name, known in _PARTS.items():
            if name in value:
                one = value[name]
                rest += _rests(name, one if type(one) is list else [one], known)
        calls = [name for name in _CALL_FIELDS if _is_plain(value.get(name))]
        if notice and not text:
            text = "\n".join(f"{name}: {words(value[name]) or value[name]}" for name in calls)
        else:
            rest += [name for name in calls if value[name]]
        return ChatMessage(
            at=at,
            sender=sender,
            text=joined([text, meant(share.get("share_text")), meant(share.get("link"))]) if share else text,
            raw=raw,
            side="center" if notice else side,
            attachments=tuple(self._attachments(value)),
            reply_to=meant(bump.get("bumped_message")) or None if bump.get("is_bumped") else None,
            deleted=value.get("is_unsent") is True or value.get("isUnsent") is True,
            system=notice,
            forwarded_from=meant(share.get("original_content_owner")) or None,
            reactions=tuple(self._reactions(value)),
            unmapped=tuple(sorted(set(rest))) if rest else (),
        )

    def _attachments(self, value: dict[str, Any]) -> Iterator[Media]:
        for kind in _FILES:
            if kind in value:
                for one in entries(value[kind]):
                    yield from files_of(members(one), self._finder)
        if "sticker" in value:
            yield from files_of(members(value["sticker"]), self._finder)

    def _reactions(self, value: dict[str, Any]) -> Iterator[Reacted]:
        for one in entries(value.get("reactions")):
            reaction = members(one)
            emoji = meant(reaction.get("reaction"))
            if emoji or reaction.get("actor"):
                by = self._name(reaction.get("actor"))
                yield Reacted(emoji=emoji, by=by, at=from_seconds(reaction.get("timestamp")))

    def _name(self, value: object) -> str | None:
        if type(value) is not str:
            return meant(value) or None
        if value in self._names:
            return self._names[value]
        name = meant(value).strip() or None
        if len(self._names) < _MOST_NAMES:
            self._names[value] = name
        return name


def meant(value: object) -> str:
    """A text of these exports, rightly spelled; "" for what is none."""
    if type(value) is not str:
        return words(value)
    if value.isascii():
        return value if "\0" not in value else storable(value)
    return storable(repaired(value))


def joined(parts: Iterable[str]) -> str:
    """The parts that say something, a line each; one that is said already, or a link inside another, is left out."""
    said: dict[str, None] = {}
    for part in parts:
        if not part or part in said:
            continue
        if "://" in part and any(part in earlier for earlier in islice(said, _HELD_AGAINST)):
            continue
        said[part] = None
    return "\n".join(said)


def files_of(value: dict[str, Any], finder: MediaFinder) -> Iterator[Media]:
    """The file that an object of the export names, and its thumbnail where that is in the export too."""
    found = finder.media(value.get("uri"))
    if found is not None:
        yield found
    thumbnail = finder.media(members(value.get("thumbnail")).get("uri"))
    if thumbnail is not None and thumbnail.present and (found is None or thumbnail.entry != found.entry):
        yield thumbnail


def _rests(name: str, values: Iterable[object], known: frozenset[str]) -> list[str]:
    """Names of members that are not mapped, behind the name of what they are in."""
    return [rest for one in values if type(one) is dict for rest in unmapped(one, known, f"{name}.")]


def _is_plain(value: object) -> bool:
    return type(value) in (bool, int, str)
