"""Posts, stories, reels, comments and Threads posts of Instagram, from JSON.

Rule kept: a caption is where Meta puts it, on the file of a post with one file and on the post of one with several.
Times are seconds. The members of a comment bear names in the owner's language, so it is their order that counts, which
is the same in all of them: what was said, on whose post, when.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.chats.meta_entries import Entries, Keys, first_name, labelled, rests, text_of_labels
from ingest.formats.chats.meta_files import MediaFinder
from ingest.formats.chats.meta_messages import files_of, joined, meant
from ingest.formats.chats.model import ChatMessage, Said, Stated, Thread, ThreadKind
from ingest.formats.chats.moments import from_seconds
from ingest.formats.chats.plain import entries, members

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ingest.formats.chats.model import Export, Media
    from ingest.formats.container import Remark

PLATFORM: Final = "instagram"
_LISTS: Final = frozenset(
    {
        "ig_stories",
        "ig_reels_media",
        "ig_igtv_media",
        "ig_archived_post_media",
        "ig_other_media",
        "text_post_app_text_posts",
        "comments_media_comments",
        "comments_reels_comments",
        "comments_story_comments",
    }
)
_MEDIA_MARKS: Final = (b'"uri"', b'"creation_timestamp"')
_ENTRY: Final = re.compile(
    rb'^\s*+\[\s*+\{\s*+"(?:media"\s*+:\s*+\[\s*+\{\s*+"uri"|media_list_data"\s*+:[^:]{0,200}:[^:]{0,200}"string_map_data")'
)
_ENTRY_MARKS: Final = (b'"string_map_data"', b'"label_values"')
_OF_MEDIA: Final = frozenset({"uri", "title", "description", "thumbnail.uri"})
_KNOWN: Final = frozenset({"title", "creation_timestamp", "fbid", *_OF_MEDIA, *(f"media.{name}" for name in _OF_MEDIA)})
_KNOWN_OF_COMMENT: Final = frozenset({"title", "string_map_data", "media_list_data.uri"})
_KNOWN_OF_LABELS: Final = frozenset({"timestamp", "fbid", "label_values", "media"})


def container(head: bytes) -> tuple[str, ...] | None:
    """Where in a file of posts or comments the entries are, from its first bytes; None where it has none."""
    first = first_name(head)
    if first is None:
        return None
    if first in _LISTS:
        return (first, "*")
    if all(mark in head for mark in _MEDIA_MARKS) or any(mark in head for mark in _ENTRY_MARKS):
        return ("*",) if first == "" else () if first in ("media", "timestamp", "label_values", "uri") else None
    return None


def is_posts(head: bytes) -> bool:
    """Whether a file begins as posts, stories or comments do, whatever it is called and wherever it lies."""
    return first_name(head) in _LISTS or (first_name(head) == "" and _ENTRY.search(head) is not None)


def read_posts(
    export: Export, name: str, path: tuple[str, ...], *, owner: str | None, keys: Keys
) -> Iterator[Said | Stated | Remark]:
    """All entries of a file."""
    finder = MediaFinder(export, name)
    found = Entries(export, name, path)
    for value, raw in found:
        title: str | None = None
        if "string_map_data" in value:
            kind = "comment"
            message, title = _comment(value, raw, owner, finder)
        else:
            kind = "post"
            message = (_labels if "label_values" in value else _post)(value, raw, owner, finder)
        thread = Thread(
            platform=PLATFORM,
            key=keys.key(kind, value, message.at),
            title=title,
            participants=tuple(dict.fromkeys(filter(None, (owner, title)))),
            owner=owner,
            kind=ThreadKind.POST,
            path=name,
        )
        yield Said(thread=thread, message=message)
    yield from found.remarks
    yield Stated(what="posts", count=found.count, path=name)
    yield Stated(what="messages", count=found.count, path=name)


def _post(value: dict[str, Any], raw: bytes, owner: str | None, finder: MediaFinder) -> ChatMessage:
    """A post with its files, or a file that is a story by itself."""
    listed = [members(one) for one in entries(value.get("media"))] or [value]
    times = (from_seconds(one.get("creation_timestamp")) for one in (value, *listed))
    said = [value, *listed]
    return _message(
        next((at for at in times if at is not None), None),
        joined(meant(one.get(part)).strip() for one in said for part in ("title", "description")),
        raw,
        owner,
        [file for one in listed for file in files_of(one, finder)],
        rests(value, _KNOWN),
    )


def _labels(value: dict[str, Any], raw: bytes, owner: str | None, finder: MediaFinder) -> ChatMessage:
    found = labelled(value, finder)
    return _message(found.at, text_of_labels(found), raw, owner, found.media, rests(value, _KNOWN_OF_LABELS))


def _comment(
    value: dict[str, Any], raw: bytes, owner: str | None, finder: MediaFinder
) -> tuple[ChatMessage, str | None]:
    """A comment, and on whose post it was made."""
    parts = [members(one) for one in members(value.get("string_map_data")).values()]
    said = [meant(part.get("value")) for part in parts if part.get("value")]
    times = (from_seconds(part.get("timestamp")) for part in parts)
    at = next((moment for moment in times if moment is not None), None)
    media = [file for one in entries(value.get("media_list_data")) for file in files_of(members(one), finder)]
    others = [*said[2:], *(meant(part.get("href")) for part in parts)]
    message = _message(at, joined([*said[:1], *others]), raw, owner, media, rests(value, _KNOWN_OF_COMMENT))
    return message, (said[1].strip() or None if len(said) > 1 else None)


def _message(
    at: datetime | None, text: str, raw: bytes, owner: str | None, media: list[Media], rest: tuple[str, ...]
) -> ChatMessage:
    return ChatMessage(
        at=at,
        sender=owner,
        text=text,
        raw=raw,
        side="right" if owner else None,
        attachments=tuple(media),
        unmapped=rest,
    )
