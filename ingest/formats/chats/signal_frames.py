"""Frames of a Signal backup as messages; the same for the binary backup and for the plain-text export.

Rule kept: every chat item becomes one message, whatever kind it is: words as they were written, notices in Signal's
own sense (`signal_words`), and what was taken back as a deleted message without words. Earlier versions come from
`revisions` (oldest first); a message was sent when its first version was. What of an item is not modelled is named.

The layout is that of Backup.proto in the JSON mapping of proto3: numbers of 64 bits are strings, bytes are base64.
"""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.chats.fields import unmapped
from ingest.formats.chats.model import ChatMessage, Media, Reacted, Said, Version
from ingest.formats.chats.moments import from_millis
from ingest.formats.chats.signal_words import contact_words, payment_words, poll_words, update_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ingest.formats.chats.signal_people import People

_MOST_SHAPES: Final = 1000
_LARGEST_SHAPE: Final = 16_384  # bytes of a message whose names are remembered
_PLACEHOLDER: Final = "\ufffc"
_KNOWN: Final = frozenset({"chatId", "authorId", "dateSent", "revisions", "incoming", "outgoing", "directionless"})
_KINDS: Final = {
    "standardMessage": frozenset({"quote", "text", "attachments", "longText", "reactions"}),
    "contactMessage": frozenset({"contact", "reactions"}),
    "stickerMessage": frozenset({"sticker", "reactions"}),
    "remoteDeletedMessage": frozenset[str](),
    "adminDeletedMessage": frozenset[str](),
    "updateMessage": frozenset[str](),
    "paymentNotification": frozenset({"amountMob", "note"}),
    "giftBadge": frozenset({"state"}),
    "viewOnceMessage": frozenset({"attachment", "reactions"}),
    "directStoryReplyMessage": frozenset({"textReply", "emoji", "reactions"}),
    "poll": frozenset({"question", "options", "reactions"}),
}
_SIDES: Final = (("outgoing", "right"), ("incoming", "left"), ("directionless", "center"))
_NOTHING: Final[dict[str, Any]] = {}
_DELETED: Final = frozenset({"remoteDeletedMessage", "adminDeletedMessage"})


class ItemReader:
    """Turns chat items into messages.

    Args:
        people: what was said of recipients and chats so far.
        entry_of: the name in the export of a file by its hashes in hexadecimal, None where it is not there.
    """

    def __init__(self, people: People, entry_of: Callable[[str], str | None] = lambda _: None) -> None:
        self._people = people
        self._entry_of = entry_of
        self._shapes: dict[object, tuple[str, ...]] = {}

    def said(self, item: Mapping[str, Any], raw: bytes) -> Said:
        """The message of one item, with its exact bytes."""
        kind, body = _kind(item)
        author = self._people.sender(item.get("authorId"))
        side, details = _side(item)
        sent = at = from_millis(item.get("dateSent"))
        stamp = item.get("dateSent")
        edits: tuple[Version, ...] = ()
        revisions = item.get("revisions")
        if revisions:
            older = _dicts(revisions)
            edits = tuple(Version(text=self._text(*_kind(one)), at=from_millis(one.get("dateSent"))) for one in older)
            if edits:
                at, stamp = edits[0].at or at, older[0].get("dateSent", stamp)
        system = kind == "updateMessage"
        reactions = body.get("reactions")
        quote = body.get("quote")
        message = ChatMessage(
            at=at,
            sender=author.name if author else None,
            text=self._text(kind, body),
            raw=raw,
            id=f"{author.key}:{stamp}" if author and not system and isinstance(stamp, (str, int)) else None,
            side=side,
            attachments=tuple(self._media(kind, body)),
            reply_to=self._quoted(quote) if quote else None,
            edited_at=sent if edits else None,
            edits=edits,
            edited=bool(edits),
            deleted=kind in _DELETED,
            system=system,
            reactions=tuple(self._reactions(reactions)) if reactions else (),
            unmapped=self._left_over(item, kind, body, details, len(raw)),
        )
        return Said(thread=self._people.thread(item.get("chatId")), message=message)

    def _text(self, kind: str, body: Mapping[str, Any]) -> str:
        if kind == "standardMessage":
            return self._words(body.get("text"))
        if kind == "updateMessage":
            return update_words(body, self._people.named, self._people.by_id)
        if kind == "directStoryReplyMessage":
            reply = body.get("textReply")
            return self._words(reply.get("text")) if isinstance(reply, dict) else _string(body.get("emoji"))
        if kind == "poll":
            return poll_words(body, self._people.by_id)
        shown = _SHOWN.get(kind)
        return shown(body) if shown else ""

    def _words(self, text: object) -> str:
        if not isinstance(text, dict):
            return ""
        body = _string(text.get("body"))
        ranges = text.get("bodyRanges")
        return self._with_names(body, _dicts(ranges)) if ranges and _PLACEHOLDER in body else body

    def _with_names(self, body: str, ranges: list[dict[str, Any]]) -> str:
        """Mentions stand as one U+FFFC; ranges count UTF-16 code units."""
        units = body.encode("utf-16-le", "surrogatepass")
        pieces, end = [], 0
        for one in sorted(ranges, key=_start):
            at = 2 * _start(one)
            name = self._people.named(one.get("mentionAci"))
            if name and at >= end and units[at : at + 2] == b"\xfc\xff":
                pieces += [units[end:at], f"@{name}".encode("utf-16-le", "replace")]
                end = at + 2
        return b"".join((*pieces, units[end:])).decode("utf-16-le", "replace")

    def _quoted(self, quote: object) -> str | None:
        body = _dict(quote)
        target, author = body.get("targetSentTimestamp"), self._people.sender(body.get("authorId"))
        if author and isinstance(target, (str, int)) and from_millis(target) is not None:
            return f"{author.key}:{target}"
        return self._words(body.get("text")) or None

    def _reactions(self, reactions: object) -> Iterator[Reacted]:
        for one in _dicts(reactions):
            yield Reacted(
                emoji=_string(one.get("emoji")),
                by=self._people.by_id(one.get("authorId")),
                at=from_millis(one.get("sentTimestamp")),
            )

    def _media(self, kind: str, body: Mapping[str, Any]) -> Iterator[Media]:
        pointers: list[object] = []
        if kind == "standardMessage":
            if not ("attachments" in body or "longText" in body or "linkPreview" in body):
                return
            pointers += [one.get("pointer", _NOTHING) for one in _dicts(body.get("attachments"))]
            pointers.append(body.get("longText"))
            pointers += [one.get("image") for one in _dicts(body.get("linkPreview"))]
        elif kind == "viewOnceMessage":
            pointers.append(_dict(body.get("attachment")).get("pointer"))
        elif kind == "stickerMessage":
            pointers.append(_dict(body.get("sticker")).get("data"))
        elif kind == "contactMessage":
            pointers.append(_dict(body.get("contact")).get("avatar"))
        elif kind == "directStoryReplyMessage":
            pointers.append(_dict(body.get("textReply")).get("longText"))
        for pointer in pointers:
            if isinstance(pointer, dict):
                yield Media(
                    name=_string(pointer.get("fileName")) or None,
                    media_type=_string(pointer.get("contentType")) or None,
                    entry=self._entry(_dict(pointer.get("locatorInfo"))),
                )

    def _entry(self, locator: Mapping[str, Any]) -> str | None:
        plain = _bytes(locator.get("plaintextHash"))
        if not plain:
            return None
        # by the hash of its content, or as the media name of backups: the hash of that and of the file's key
        names = (plain.hex(), sha256(plain + _bytes(locator.get("key"))).hexdigest())
        return next((entry for name in names if (entry := self._entry_of(name))), None)

    def _left_over(
        self, item: Mapping[str, Any], kind: str, body: Mapping[str, Any], details: Mapping[str, Any], size: int
    ) -> tuple[str, ...]:
        """Names of what is not modelled; the same for messages of the same shape, of which there are few."""
        text = body.get("text")
        styled = isinstance(text, dict) and "bodyRanges" in text
        captioned = "attachments" in body and _is_captioned(body)
        shape = (
            kind,
            styled,
            captioned,
            "incoming" in item,
            tuple(key for key in item if item[key]),
            tuple(key for key in body if body[key] or key == "quote"),
            tuple(key for key in details if details[key]),
        )
        found = self._shapes.get(shape)
        if found is None:
            found = _names(item, kind, body, details, styled=styled)
            found = tuple(sorted((*found, f"{kind}.attachments.caption"))) if captioned else found
            if len(self._shapes) < _MOST_SHAPES and size < _LARGEST_SHAPE:
                self._shapes[shape] = found
        return found


def _names(
    item: Mapping[str, Any], kind: str, body: Mapping[str, Any], details: Mapping[str, Any], *, styled: bool
) -> tuple[str, ...]:
    found = [*unmapped(item, _KNOWN | {kind})]
    if kind != "updateMessage":  # whose sentence says it
        found += unmapped(body, _KINDS.get(kind, frozenset()), f"{kind}.")
    found += unmapped(details, frozenset(), "incoming." if "incoming" in item else "outgoing.")
    if styled:
        found.append(f"{kind}.text.bodyRanges")
    if "quote" in body:
        found.append(f"{kind}.quote")
    return tuple(sorted(found))


def _kind(item: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    for name in item:
        if name in _KINDS and isinstance(item[name], dict):
            return name, item[name]
    return "", _NOTHING


def _side(item: Mapping[str, Any]) -> tuple[str | None, Mapping[str, Any]]:
    for name, side in _SIDES:
        if name in item:
            return side, _dict(item[name])
    return None, _NOTHING


def _is_captioned(body: Mapping[str, Any]) -> bool:
    """Whether a file has words of its own below it, as in releases that had a line for each."""
    return any(_dict(one.get("pointer")).get("caption") for one in _dicts(body.get("attachments")))


def _start(one: Mapping[str, Any]) -> int:
    value = one.get("start", 0)
    return value if type(value) is int and 0 <= value < 1 << 31 else 0


def _bytes(value: object) -> bytes:
    try:
        return b64decode(value) if isinstance(value, str) else b""
    except (NotBase64, ValueError):
        return b""


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else _NOTHING


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _dicts(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


_SHOWN: Final[dict[str, Callable[[Mapping[str, Any]], str]]] = {
    "contactMessage": lambda body: contact_words(_dict(body.get("contact"))),
    "stickerMessage": lambda body: _string(_dict(body.get("sticker")).get("emoji")),
    "paymentNotification": payment_words,
    "viewOnceMessage": lambda _: "View-once media",
    "giftBadge": lambda _: "Gift badge",
}
