"""Posts of Bluesky in JSON as its interface for programs answers: lists of records, feeds, and single ones.

Rule kept: what stands around a record says whose it is and under which address; counts of likes and whatever else a
server added stay in the source. Sources: lexicons com.atproto.repo.listRecords, app.bsky.feed.getAuthorFeed and
app.bsky.feed.defs (feedViewPost, postView, threadViewPost).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.chats.bluesky_record import NOTHING_SAID, POST, Owner, said_of
from ingest.formats.chats.file_by_file import base_name
from ingest.formats.chats.json_stream import walk
from ingest.formats.chats.model import Said, Stated
from ingest.formats.chats.plain import members, named
from ingest.formats.container import ContainerBroken, MemberBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.json_stream import Piece
    from ingest.formats.chats.model import Export

_STREAMED: Final = (("records", "*"), ("feed", "*"), ("posts", "*"))
_TYPED: Final = re.compile(rb'"\$type"\s*:\s*"app\.bsky\.feed\.(?:post|repost|defs#(?:feedView|postView|threadView))')
_LIST: Final = re.compile(rb'\s*\{[^{}\[\]]{0,4000}"(?:records|feed|posts)"\s*:\s*\[')
_ADDRESS: Final = re.compile(r"at://([^/]{1,300})/([^/]{1,300})/([^/]{1,600})")
_AROUND: Final = frozenset({"$type", "author", "cid", "post", "record", "uri", "value"})
_LOST: Final = "an entry of this file is no record that is known and was not taken"


def files(export: Export) -> Iterator[str]:
    """JSON files that hold records of posts."""
    names = export.names
    for name in names:
        if len(names) > 1 and not base_name(name).endswith(".json"):
            continue
        head = export.head(name)
        if head.lstrip()[:1] == b"{" and _TYPED.search(head):
            yield name


def read(export: Export, name: str) -> Iterator[Said | Stated | Remark]:
    """All posts of a file.

    Raises:
        ContainerBroken: it is damaged.
        MemberBroken: the rest of it cannot be had.
    """
    listed = _LIST.match(export.head(name)) is not None
    count = 0
    broken: ContainerBroken | MemberBroken | None = None
    try:
        for piece in walk(export.open(name), _STREAMED if listed else ()):
            if listed and len(piece.path) != 2:  # noqa: PLR2004 - list and place
                continue
            found = _said(piece, name)
            count += found is not None
            if found is not None:
                yield found
    except (ContainerBroken, MemberBroken) as problem:
        broken = problem
    yield Stated(what="messages", count=count, path=name)
    if broken is not None:
        raise broken


def _said(piece: Piece, path: str) -> Said | Remark | None:
    """A record with what stands around it; None where it says nothing."""
    whole = members(piece.value)
    post = members(whole.get("post")) or whole
    record = members(post.get("record")) or members(post.get("value")) or post
    kind = named(record.get("$type"))
    if piece.problem or kind is None:
        return Remark(text=piece.problem or _LOST, path=path, lost=1)
    if kind.startswith(NOTHING_SAID):
        return None
    match = _ADDRESS.fullmatch(named(post.get("uri")) or "")
    author = members(post.get("author"))
    handle = named(author.get("handle"))
    owner = Owner(path=path, did=named(author.get("did")) or (match[1] if match else None))
    key = match[3] if match else f"{base_name(path)}#{'-'.join(map(str, piece.path))}"
    said = said_of(record, kind or POST, key, piece.raw, owner, media_type="application/json")
    extra = _beside(whole, post) if record is not whole else ()
    message = said.message._replace(side=None, unmapped=tuple(sorted((*said.message.unmapped, *extra))))
    if handle is None:
        return said._replace(message=message)
    sender = f"@{handle}"
    thread = replace(said.thread, participants=(sender,), owner=None)
    return said._replace(thread=thread, message=message._replace(sender=sender))


def _beside(whole: dict[str, Any], post: dict[str, Any]) -> Iterator[str]:
    """Names of what a server put around a record."""
    for one in (whole, post) if post is not whole else (post,):
        for name, value in one.items():
            if name not in _AROUND and value not in (None, "", [], {}, False, 0):
                yield name[:100] if one is whole else f"post.{name[:100]}"
