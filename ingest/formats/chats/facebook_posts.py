"""Posts, comments and group posts of Facebook, from JSON.

Rule kept: times are seconds here, as everywhere in these exports but in messages. A text, a caption, a link, a place,
an event and a poll are part of what a post says and each becomes a line of it; one that repeats another does not.
Comments below a photo follow it in its record; comments of the owner on posts of others are records of their own.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ingest.formats.chats.file_by_file import base_name
from ingest.formats.chats.json_stream import walk
from ingest.formats.chats.meta_entries import Entries, Keys, first_name, labelled, rests, text_of_labels
from ingest.formats.chats.meta_files import MediaFinder
from ingest.formats.chats.meta_messages import files_of, joined, meant
from ingest.formats.chats.model import ChatMessage, Said, Stated, Thread, ThreadKind
from ingest.formats.chats.moments import from_seconds
from ingest.formats.chats.plain import entries, members
from ingest.formats.container import ContainerBroken

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ingest.formats.chats.model import Export, Media
    from ingest.formats.container import Remark

PLATFORM: Final = "facebook"


class Container(NamedTuple):
    """Where in a file the entries are, and what they are; `others` where the owner did not write them."""

    kind: str
    path: tuple[str, ...]
    others: bool = False


_LISTS: Final = {
    "comments_v2": Container("comment", ("comments_v2", "*")),
    "comments": Container("comment", ("comments", "*")),
    "group_comments_v2": Container("comment", ("group_comments_v2", "*")),
    "group_comments": Container("comment", ("group_comments", "*")),
    "group_posts_v2": Container("post", ("group_posts_v2", "*")),
    "group_posts": Container("post", ("group_posts", "*")),
    "pending_posts_v2": Container("post", ("pending_posts_v2", "*")),
    "anonymous_author_posts": Container("post", ("anonymous_author_posts", "*")),
    "archived_stories_v2": Container("post", ("archived_stories_v2", "*")),
    "status_updates": Container("post", ("status_updates", "*")),
    "posts": Container("post", ("posts", "*")),
    "wall_posts_sent_to_you": Container("post", ("wall_posts_sent_to_you", "activity_log_data", "*"), others=True),
    "other_photos_v2": Container("photo", ("other_photos_v2", "*")),
    "photos_v2": Container("photo", ("photos_v2", "*")),
    "videos_v2": Container("photo", ("videos_v2", "*")),
    "photos": Container("photo", ("photos", "*")),
    "videos": Container("photo", ("videos", "*")),
}
_ENTRY_MARKS: Final = (b'"data"', b'"attachments"', b'"label_values"')
_ENTRY: Final = re.compile(
    rb'"data"\s*+:\s*+\[\s*+\{\s*+"(?:post|comment|update_timestamp)"'
    rb'|"attachments"\s*+:\s*+\[\s*+\{\s*+"data"\s*+:\s*+\[\s*+\{\s*+"(?:media|external_context|place|event|note|poll)"'
)
_VERSION: Final = ("comments_v2", "posts_v2", "stories_v2")
_NO_POSTS: Final = ("likes_and_reactions", "your_comment_active_days", "posts_and_comments")
_OTHERS: Final = "other_people"
_LINES: Final = ("post", "text", "name", "title", "question", "description", "address", "source", "url", "price")
_SPOKEN: Final = ("external_context", "place", "event", "poll", "note", "life_event", "for_sale_item")
_KNOWN: Final = frozenset(
    {
        "timestamp",
        "title",
        "fbid",
        "data.post",
        "data.update_timestamp",
        "data.comment.timestamp",
        "data.comment.comment",
        "data.comment.author",
        "attachments.data.text",
        "attachments.data.name",
        "attachments.data.media.uri",
        "attachments.data.media.description",
        "attachments.data.media.thumbnail.uri",
        "attachments.data.media.comments",
        "attachments.data.poll.options.option",
        "attachments.data.note.media.uri",
        *(f"attachments.data.{one}.{line}" for one in _SPOKEN for line in _LINES),
    }
)
_KNOWN_OF_PHOTO: Final = frozenset({"uri", "creation_timestamp", "description", "title", "thumbnail.uri", "comments"})
_KNOWN_OF_LABELS: Final = frozenset({"timestamp", "fbid", "label_values", "media"})
_COMMENTS: Final = ("attachments", "*", "data", "*", "media", "comments", "*")
_COMMENTS_OF_PHOTO: Final = ("comments", "*")


def container(name: str, head: bytes) -> Container | None:
    """Where this file has posts or comments, from its name and its first bytes; None where it has none."""
    first = first_name(head)
    # without a time it is an empty list, or a file of somebody else's
    if first is None or b'timestamp"' not in head or base_name(name).startswith(_NO_POSTS):
        return None
    if first in _LISTS:
        return _LISTS[first]
    if b'"photos"' in head and b'"cover_photo"' in head:
        return _LISTS["photos"]
    is_entry = b'"timestamp"' in head and any(mark in head for mark in _ENTRY_MARKS)
    if not is_entry or (b'"reaction"' in head and b'"post"' not in head and b'"comment"' not in head):
        return None
    kind = "comment" if "comment" in base_name(name) and "posts" not in base_name(name) else "post"
    return Container(kind, ("*",) if first == "" else (), others=_OTHERS in base_name(name))


def is_posts(head: bytes) -> bool:
    """Whether a file begins as posts or comments do, whatever it is called and wherever it lies."""
    first = first_name(head)
    return first is not None and (first.endswith(_VERSION) or _ENTRY.search(head) is not None)


def read_posts(
    export: Export, name: str, where: Container, *, owner: str | None, keys: Keys
) -> Iterator[Said | Stated | Remark]:
    """All entries of a file, each with the comments that are in it."""
    finder = MediaFinder(export, name)
    author = None if where.others else owner
    found = Entries(export, name, where.path)
    comments = 0
    for value, raw in found:
        post = _photo if where.kind == "photo" else _labels if "label_values" in value else _entry
        message = post(value, raw, author, finder)
        thread = Thread(
            platform=PLATFORM,
            key=keys.key(where.kind, value, message.at),
            title=None if where.kind == "photo" else meant(value.get("title")).strip() or None,
            participants=(message.sender,) if message.sender else (),
            owner=owner if message.sender == owner else None,
            kind=ThreadKind.POST,
            path=name,
        )
        yield Said(thread=thread, message=message)
        if b'"comments"' in raw:
            for comment in _comments(raw, _COMMENTS_OF_PHOTO if where.kind == "photo" else _COMMENTS):
                comments += 1
                yield Said(thread=thread, message=comment)
    yield from found.remarks
    yield Stated(what="posts", count=found.count, path=name)
    yield Stated(what="messages", count=found.count + comments, path=name)


def _entry(value: dict[str, Any], raw: bytes, author: str | None, finder: MediaFinder) -> ChatMessage:
    at = from_seconds(value.get("timestamp"))
    sender, edited_at = author, None
    said: list[str] = []
    for one in map(members, entries(value.get("data"))):
        comment = members(one.get("comment"))
        said += [meant(one.get("post")).strip(), meant(comment.get("comment")).strip()]
        sender = meant(comment.get("author")).strip() or sender
        edited_at = _later(from_seconds(one.get("update_timestamp")), at) or edited_at
    media: list[Media] = []
    for outer in entries(value.get("attachments")):
        for one in map(members, entries(members(outer).get("data"))):
            file = members(one.get("media"))
            media += files_of(file, finder)
            said += [meant(file.get("description")).strip(), *_spoken(one)]
            for inner in entries(members(one.get("note")).get("media")):
                media += files_of(members(inner), finder)
    return ChatMessage(
        at=at,
        sender=sender,
        text=joined(said),
        raw=raw,
        side="right" if sender and sender == author else None,
        attachments=tuple(media),
        edited_at=edited_at,
        edited=edited_at is not None,
        unmapped=rests(value, _KNOWN),
    )


def _spoken(attached: dict[str, Any]) -> Iterator[str]:
    yield from (meant(attached.get(line)).strip() for line in ("text", "name"))
    for name in _SPOKEN:
        thing = members(attached.get(name))
        yield from (meant(thing.get(line)).strip() for line in _LINES)
        for option in entries(thing.get("options")):
            yield meant(members(option).get("option")).strip()


def _later(moment: datetime | None, at: datetime | None) -> datetime | None:
    return moment if moment is not None and at is not None and moment > at else None


def _photo(value: dict[str, Any], raw: bytes, author: str | None, finder: MediaFinder) -> ChatMessage:
    return ChatMessage(
        at=from_seconds(value.get("creation_timestamp")),
        sender=author,
        text=joined([meant(value.get("title")).strip(), meant(value.get("description")).strip()]),
        raw=raw,
        side="right" if author else None,
        attachments=tuple(files_of(value, finder)),
        unmapped=rests(value, _KNOWN_OF_PHOTO),
    )


def _labels(value: dict[str, Any], raw: bytes, author: str | None, finder: MediaFinder) -> ChatMessage:
    found = labelled(value, finder)
    return ChatMessage(
        at=found.at,
        sender=author,
        text=text_of_labels(found),
        raw=raw,
        side="right" if author else None,
        attachments=tuple(found.media),
        unmapped=rests(value, _KNOWN_OF_LABELS),
    )


def _comments(raw: bytes, path: tuple[str, ...]) -> Iterator[ChatMessage]:
    """The comments inside of an entry, with their own bytes."""
    try:
        for piece in walk(io.BytesIO(raw), {path}):
            if len(piece.path) == len(path) and type(piece.value) is dict:
                value = piece.value
                yield ChatMessage(
                    at=from_seconds(value.get("timestamp")),
                    sender=meant(value.get("author")).strip() or None,
                    text=meant(value.get("comment")),
                    raw=piece.raw,
                    unmapped=rests(value, frozenset({"timestamp", "author", "comment"})),
                )
    except ContainerBroken:  # it was read whole a moment ago
        return
