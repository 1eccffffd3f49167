"""X and Twitter archives ("Download an archive of your data"), 2012 to today.

Rule kept: what people wrote is taken, whoever could see it: posts, long posts, posts in communities and circles,
deleted posts that the archive still has, comments on broadcasts, and direct messages. What the account holder only
read, or what X knows about him, is set aside with the reason. See docs/formats/x.md.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ingest.formats.chats.fields import unmapped
from ingest.formats.chats.file_by_file import base_name, one_by_one
from ingest.formats.chats.json_stream import walk
from ingest.formats.chats.model import ChatMessage, Said, Stated, Thread, ThreadKind
from ingest.formats.chats.moments import iso
from ingest.formats.chats.plain import members, named, words
from ingest.formats.chats.x_direct import Conversations
from ingest.formats.chats.x_files import MediaFiles
from ingest.formats.chats.x_script import (
    BROADCAST_COMMENTS,
    DIRECT,
    MONTH,
    NOTES,
    TAKEN,
    TWEETS,
    Account,
    Script,
    account,
    opened,
    scripts,
    section_of,
)
from ingest.formats.chats.x_tweets import PLATFORM, Posts
from ingest.formats.container import Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.model import Export

READER: Final = "x 1"
_EACH: Final = (("*",),)
# counted in the bytes where the archive does not say how many posts a file has: each has this word once
_TWEET: Final = b'"full_text"'
_NOTE: Final = b'"noteTweetId"'
_LIKELY: Final = re.compile(
    r"(?:tweets?|community[-_]tweet|note-tweet|deleted-tweets?|direct-messages?(?:-group)?|twitter-circle-tweet"
    r"|[0-9]{4}_[0-9]{2})(?:-part[0-9]{1,6})?\.js",
    re.IGNORECASE,
)
_KNOWN_COMMENT: Final = frozenset({"broadcastId", "byAccountId", "createdAt", "text"})
_LOST: Final = "a comment in this file has no form that is known and was not taken"
_NO_WORDS: Final = "it holds no messages or posts, but what X knows about the account"
_OF_OTHERS: Final = "it holds what the account liked, followed or blocked, and no messages or posts of its own"
_REPEATED: Final = "it repeats numbers and times of posts and messages that are read from another file"
_VIEWER: Final = "it is part of the pages that show the archive"
_PART: Final = r"(?:-part[0-9]{1,6})?\.js"
_ASIDE: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), reason)
    for pattern, reason in (
        (
            r"(?:account.*|ad-.*|ads-.*|ageinfo|app|branch-links|catalog-item|commerce-catalog|connected-application"
            r"|contact|device-token|email-address-change|ip-audit|key-registry|manifest|ni-devices|payload_details"
            r"|periscope-(?:account-information|ban-information|broadcast-metadata|expired-broadcasts|followers"
            r"|profile-description)|personalization|phone-number|product-(?:drop|set)|professional[-_]data|profile"
            r"|protected-history|saved-search|screen-name-change|shop-module|shopify-account|spaces-metadata|sso"
            r"|tweetdeck|twitter-(?:shop|article-metadata)|user-link-clicks|user_details|verified.*"
            r"|audio-video-calls.*)" + _PART,
            _NO_WORDS,
        ),
        (
            r"(?:likes?|follower|following|block|mute|direct-message-mute|lists-(?:created|member|subscribed)"
            r"|smartblock|community-note-(?:rating|tombstone|batsignal)|moment|twitter-circle(?:-member)?)" + _PART,
            _OF_OTHERS,
        ),
        (
            r"(?:(?:deleted-)?tweet-headers|direct-message(?:-group)?-headers|tweet_index)" + _PART + r"|tweets\.csv",
            _REPEATED,
        ),
        (r"grok-chat-item" + _PART, "not public: it holds conversations with X's assistant, which nobody else saw"),
        (r"reply-prompt" + _PART, "not public: it holds replies that X asked to think over, sent or not"),
        (r"README\.txt", "it is X's description of the archive"),
    )
)
_SHOWN: Final = re.compile(r"(?:^|/)(?:assets|css|img|lib)/|(?:^|/)js/[^/]+\.js$|(?:^|/)(?:Your archive|index)\.html$")


def recognise(export: Export) -> bool:
    """Whether a file of the archive assigns posts or direct messages."""
    names = export.names
    likely = names if len(names) == 1 else [name for name in names if _LIKELY.fullmatch(base_name(name))]
    for name in likely[:50]:
        place = section_of(export.head(name, 200))
        if place is not None and place[0] in TAKEN:
            return True
    return False


def read(export: Export) -> Iterator[Said | Stated | Remark]:
    """All posts and messages; see `model.ExportFormat`."""
    found = scripts(export)
    owner = account(export, found)
    media = MediaFiles(export.names)
    posts = Posts(account=owner, media=media)
    conversations = Conversations(owner, media)
    by_section: dict[str, list[Script]] = {}
    for script in found:
        by_section.setdefault(script.section, []).append(script)
    for section in (*NOTES, *TWEETS, MONTH):
        yield from one_by_one((one.name, _posts(export, one, posts)) for one in by_section.get(section, ()))
    yield from posts.rest()
    if posts.stated:
        # entries that are part of another one's record are no posts of their own, and no loss
        whole = max(posts.stated - posts.merged, 0)
        yield Stated(what="posts", count=whole)
        yield Stated(what="messages", count=whole)
    if posts.merged:
        yield Remark(text=f"{posts.merged} entries are versions or long texts of another post, and are in its record")
    for one in by_section.get(BROADCAST_COMMENTS, ()):
        yield from one_by_one([(one.name, _comments(export, one.name, owner))])
    for section in DIRECT:
        group = section.endswith("group")
        yield from one_by_one(
            (one.name, conversations.read(export, one.name, group=group)) for one in by_section.get(section, ())
        )
    if media.count:
        yield Stated(what="media", count=media.count)


def aside(name: str) -> str | None:
    """See `model.ExportFormat`."""
    last = base_name(name)
    for pattern, reason in _ASIDE:
        if pattern.fullmatch(last):
            return reason
    if "/profile_media/" in f"/{name}":
        return "it is a picture of the account, not of a post"
    return _VIEWER if _SHOWN.search(name) else None


def _posts(export: Export, script: Script, posts: Posts) -> Iterator[Said | Remark]:
    """The posts of a file; how many it has by its own account is added up, whatever becomes of it."""
    deleted = script.section.startswith("deleted")
    take, word = (posts.note, _NOTE) if script.section in NOTES else (posts.tweet, _TWEET)
    declared = posts.account.counts.get(base_name(script.name))
    tally = opened(export, script.name, word)
    try:
        for piece in walk(tally.stream(), _EACH):
            if piece.path:
                yield from take(piece, script.name, deleted=deleted)
            else:
                yield Remark(text="the file holds no list of posts", path=script.name, lost=None)
    finally:
        posts.stated += tally.counts[word] if declared is None else declared


def _comments(export: Export, name: str, owner: Account) -> Iterator[Said | Stated | Remark]:
    """Comments on live broadcasts, each a post of its own: the broadcast is not in the archive."""
    sender = owner.handle or owner.id
    for piece in walk(opened(export, name).stream(), _EACH):
        value = members(piece.value)
        comment = members(next(iter(value.values()), None)) if len(value) == 1 else value
        if piece.problem or not comment or not piece.path:
            yield Remark(text=piece.problem or _LOST, path=name, lost=1)
            continue
        broadcast = named(comment.get("broadcastId"))
        message = ChatMessage(
            at=iso(comment.get("createdAt")),
            sender=sender,
            text=words(comment.get("text")),
            raw=piece.raw,
            side="right",
            reply_to=broadcast,
            unmapped=unmapped(comment, _KNOWN_COMMENT),
        )
        thread = Thread(
            platform=PLATFORM,
            key=f"broadcast-{broadcast}-{words(comment.get('createdAt')) or piece.path[0]}",
            title=None,
            participants=(sender,) if sender else (),
            owner=sender,
            kind=ThreadKind.POST,
            path=name,
        )
        yield Said(thread=thread, message=message)
