"""Records of the AT Protocol as messages: posts and reposts of Bluesky, and what other programs write.

Rule kept: facets count bytes of UTF-8, so texts are changed as bytes: a link that is shown cut is written out, all
else stays as it was typed. Identifiers come as `Link` from CBOR and as ``{"$link": ...}`` from JSON (data model of the
AT Protocol), and mean the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.chats.car_blocks import Link
from ingest.formats.chats.fields import unmapped
from ingest.formats.chats.model import ChatMessage, Media, Said, Thread, ThreadKind
from ingest.formats.chats.moments import iso
from ingest.formats.chats.plain import entries, members, named, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PLATFORM: Final = "bluesky"
POST: Final = "app.bsky.feed.post"
REPOST: Final = "app.bsky.feed.repost"
NOTHING_SAID: Final = (
    "app.bsky.actor.",
    "app.bsky.feed.generator",
    "app.bsky.feed.like",
    "app.bsky.feed.postgate",
    "app.bsky.feed.threadgate",
    "app.bsky.graph.",
    "app.bsky.labeler.",
    "app.bsky.notification.",
    "chat.bsky.actor.",
)
_KNOWN_POST: Final = frozenset({"$type", "createdAt", "embed", "facets", "langs", "reply", "text"})
_KNOWN_REPOST: Final = frozenset({"$type", "createdAt", "subject"})
_KNOWN_OTHER: Final = frozenset({"$type", "createdAt"})
_TEXTS: Final = ("text", "content", "body", "message", "description")
_CUT_ENDS: Final = ("...", "…")
_MOST_FACETS: Final = 1_000


@dataclass(slots=True)
class Owner:
    """Whose repository it is, where it lies in the export, and its media by the text of their identifier."""

    path: str
    did: str | None = None
    blobs: Mapping[str, str] = field(default_factory=dict)


def said_of(record: dict[str, Any], collection: str, key: str, raw: bytes, owner: Owner, *, media_type: str) -> Said:
    """A record as a post of its own; an answer says what it answers."""
    did = owner.did
    is_post = collection == POST
    title = named(record.get("title")) if not is_post else None
    thread = Thread(
        platform=PLATFORM,
        key=f"{collection}/{key}",
        title=title,
        participants=(did,) if did else (),
        owner=did,
        kind=ThreadKind.POST,
        path=owner.path,
        media_type=media_type,
        joint=b"" if media_type != "application/json" else b"\n",
        url=f"https://bsky.app/profile/{did}/post/{key}" if did and is_post else None,
    )
    return Said(thread=thread, message=_message(record, collection, key, raw, owner))


def _message(record: dict[str, Any], collection: str, key: str, raw: bytes, owner: Owner) -> ChatMessage:
    subject = named(members(record.get("subject")).get("uri"))
    text, attachments, extra = "", tuple[Media, ...](), tuple[str, ...]()
    if collection == POST:
        text = _text(words(record.get("text")), entries(record.get("facets")))
        embed = members(record.get("embed"))
        attachments = tuple(_media(embed, owner))
        extra = unmapped(record, _KNOWN_POST) + tuple(_beside(embed))
    elif collection == REPOST:
        text, extra = subject or "", unmapped(record, _KNOWN_REPOST)
    else:
        used = next((name for name in _TEXTS if type(record.get(name)) is str), None)
        text = words(record.get(used)) if used else ""
        extra = unmapped(record, _KNOWN_OTHER | {used or ""})
    return ChatMessage(
        at=iso(record.get("createdAt")),
        sender=owner.did,
        text=text,
        raw=raw,
        id=f"at://{owner.did}/{collection}/{key}" if owner.did else f"{collection}/{key}",
        side="right",
        attachments=attachments,
        reply_to=named(members(members(record.get("reply")).get("parent")).get("uri")),
        forwarded_from=subject if collection == REPOST else None,
        unmapped=extra,
    )


def _text(text: str, facets: list[Any]) -> str:
    """The text, with links written out that it shows cut off."""
    if not facets:
        return text
    content = text.encode("utf-8")
    changes = []
    for facet in map(members, facets[:_MOST_FACETS]):
        start, end = members(facet.get("index")).get("byteStart"), members(facet.get("index")).get("byteEnd")
        if type(start) is not int or type(end) is not int or not 0 <= start < end <= len(content):
            continue
        shown = content[start:end].decode("utf-8", "replace")
        address = next((words(members(one).get("uri")) for one in entries(facet.get("features"))), "")
        if address and shown.endswith(_CUT_ENDS) and shown.rstrip(".…") in address:
            changes.append((start, end, address.encode("utf-8")))
    if not changes:
        return text
    pieces, place = [], 0
    for start, end, address_bytes in sorted(changes):
        if start < place:
            continue  # facets must not overlap
        pieces += [content[place:start], address_bytes]
        place = end
    return b"".join((*pieces, content[place:])).decode("utf-8", "replace")


def _media(embed: dict[str, Any], owner: Owner) -> Iterator[Media]:
    """Images and the video of a post, also where it quotes besides."""
    held = members(embed.get("media")) or embed
    for image in map(members, entries(held.get("images"))):
        yield _blob(members(image.get("image")), owner)
    if "video" in held:
        yield _blob(members(held.get("video")), owner)


def _blob(blob: dict[str, Any], owner: Owner) -> Media:
    ref = blob.get("ref")
    name = str(ref) if type(ref) is Link else named(members(ref).get("$link")) or named(blob.get("cid"))
    return Media(name=name, media_type=named(blob.get("mimeType")), entry=owner.blobs.get(name or ""))


def _beside(embed: dict[str, Any]) -> Iterator[str]:
    """What a post carries besides images and video: quotes, cards, descriptions of images."""
    held = members(embed.get("media")) or embed
    if "record" in embed:
        yield "embed.record"
    if "external" in held:
        yield "embed.external"
    if any(named(members(one).get("alt")) for one in entries(held.get("images"))) or named(held.get("alt")):
        yield "embed.alt"
