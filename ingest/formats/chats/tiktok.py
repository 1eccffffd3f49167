"""TikTok data ("Download your data"): direct messages, comments and posts, as JSON or as text files.

Rule kept: sections are found under all names that they have had since 2020, and whatever lies in the section of
direct messages at the depth of a message is one. Times are UTC: the text files say so of the same clock, the JSON
says nothing. See docs/formats/tiktok.md.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.chats import tiktok_text
from ingest.formats.chats.counted import Counted
from ingest.formats.chats.fields import unmapped
from ingest.formats.chats.file_by_file import base_name, one_by_one
from ingest.formats.chats.json_stream import walk
from ingest.formats.chats.model import ChatMessage, Media, Said, Stated, Thread, ThreadKind
from ingest.formats.chats.moments import from_millis, from_seconds, utc_text
from ingest.formats.chats.plain import members, named, words
from ingest.formats.container import ContainerBroken, MemberBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ingest.formats.chats.json_stream import Piece
    from ingest.formats.chats.model import Export

READER: Final = "tiktok 1"
PLATFORM: Final = "tiktok"
_DIRECT: Final = ("Direct Message", "Direct Messages")
_COMMENTS: Final = (("Comment", "Comments", "CommentsList"), ("Comment", "CommentsList"))
_POSTS: Final = (
    ("Post", "Posts", "VideoList"),
    ("Post", "Videos", "VideoList"),
    ("Video", "Videos", "VideoList"),
    ("Post", "Recently Deleted Posts", "PostList"),
)
_REVIEWS: Final = ("Location Review", "Location Reviews", "ReviewsList")
_LIVE: Final = ("Tiktok Live", "Watch Live History", "WatchLiveMap")
_SHOPS: Final = tuple(
    (shop, talk, "CommunicationHistories")
    for shop in ("TikTok Shop", "TikTok Shopping", "Tiktok Shopping", "Tiktok Shop")
    for talk in ("Communication With Shops", "Communication History")
)
_STREAMED: Final = (
    *((one, "*", "*", "*", "*") for one in _DIRECT),
    *((*one, "*") for one in (*_COMMENTS, *_POSTS, _REVIEWS)),
    (*_LIVE, "*", "*", "*"),
    *((*one, "*", "*") for one in _SHOPS),
    # not taken, but of any length: walked through and not kept
    ("Your Activity", "*", "*", "*"),
    ("Activity", "*", "*", "*"),
    ("Profile And Settings", "*", "*", "*"),
)
_OWNERS: Final = (
    ("Profile", "Profile Information", "ProfileMap", "userName"),
    ("Profile", "Profile Info", "ProfileMap", "userName"),
    ("Profile And Settings", "Profile Info", "ProfileMap", "userName"),
)
_SECTIONS: Final = (
    b'"Direct Message', b'"Video Browsing History"', b'"Watch History"', b'"Favorite Effects"', b'"CommentsList"',
    b'"Tiktok Live"', b'"TikTok Shop', b'"Profile And Settings"', b'"Activity Summary"', b'"ProfileMap"',
)  # fmt: skip
_ENOUGH: Final = 2
_HISTORY: Final = re.compile(r"(?:Group )?Chat History with (.*?):*", re.DOTALL)
_NOTHING: Final = frozenset({"", "N/A", "None"})
_MOST_THREADS: Final = 100_000
_KNOWN_MESSAGE: Final = frozenset({"content", "date", "from"})
_KNOWN_COMMENT: Final = frozenset({"comment", "date", "photo"})
_KNOWN_POST: Final = frozenset({"addyourstext", "date", "link", "title"})
_LOST: Final = "an entry of this file has no form that is known and was not taken"


@dataclass(slots=True)
class _Account:
    """Whose data it is, and its conversations."""

    path: str
    owner: str | None
    threads: dict[str, Thread] = field(default_factory=dict)


def recognise(export: Export) -> bool:
    """Whether there is TikTok's JSON file or its text files of messages or comments."""
    return next(_files(export), None) is not None or next(tiktok_text.files(export), None) is not None


def read(export: Export) -> Iterator[Said | Stated | Remark]:
    """All messages, comments and posts; see `model.ExportFormat`."""
    yield from one_by_one((name, _read(export, name)) for name in _files(export))
    texts = list(tiktok_text.files(export))
    owner = tiktok_text.owner(export) if texts else None
    yield from one_by_one((name, tiktok_text.read(export, name, kind, owner)) for name, kind in texts)


def aside(name: str) -> str | None:
    """See `model.ExportFormat`."""
    return tiktok_text.aside(name)


def _files(export: Export) -> Iterator[str]:
    names = export.names
    for name in names:
        if len(names) > 1 and not re.fullmatch(r"user_data.*\.json", base_name(name)):
            continue
        head = export.head(name, 1 << 16)
        if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{" and sum(one in head for one in _SECTIONS) >= _ENOUGH:
            yield name


def _read(export: Export, name: str) -> Iterator[Said | Stated | Remark]:
    account = _Account(path=name, owner=_owner(export, name))
    taken = lost = 0
    broken: ContainerBroken | MemberBroken | None = None
    try:
        for piece in walk(Counted(export.open(name)).stream(), _STREAMED):
            section = _section(piece.path)
            if section is None:
                if piece.path and piece.path[0] in _DIRECT and piece.value not in (None, "", [], {}):
                    yield Remark(text=piece.problem or _LOST, path=name, lost=None)
                continue
            entry = {str(key).lower(): value for key, value in members(piece.value).items()}
            if piece.problem or not entry:
                if piece.value not in (None, [], {}) or piece.problem:
                    lost += 1
                    yield Remark(text=piece.problem or _LOST, path=name, lost=1)
                continue
            taken += 1
            yield _READERS[section](piece, entry, account)
    except (ContainerBroken, MemberBroken) as problem:
        broken = problem
    yield Stated(what="messages", count=taken + lost, path=name)
    if broken is not None:
        raise broken


def _owner(export: Export, name: str) -> str | None:
    """The account's name, which may stand behind the messages: a reading of its own."""
    depths = tuple((*one[:-1], "*") for one in _OWNERS)
    try:
        for piece in walk(export.open(name), (*depths, *_STREAMED)):
            if piece.path in _OWNERS and named(piece.value):
                return named(piece.value)
    except (ContainerBroken, MemberBroken):
        pass  # the reading itself meets it again and says so
    return None


def _section(path: tuple[str | int, ...]) -> str | None:
    """What a value with this path is, as `_READERS` has it; None: nothing that is taken."""
    depth = len(path)
    if depth == 5 and path[0] in _DIRECT:  # noqa: PLR2004 - section, part, list, conversation, place
        return "direct"
    if path[:-1] in _COMMENTS:
        return "comment"
    if path[:-1] in _POSTS:
        return "post"
    if path[:-1] == _REVIEWS:
        return "review"
    if depth == 6 and path[:3] == _LIVE and path[4] in ("Comments", "Questions"):  # noqa: PLR2004
        return "live"
    return "shop" if depth == 5 and path[:3] in _SHOPS else None  # noqa: PLR2004


def _direct(piece: Piece, entry: dict[str, Any], account: _Account) -> Said:
    title = str(piece.path[3])
    match = _HISTORY.fullmatch(title)
    other = (match[1] if match else title).strip()
    sender = named(entry.get("from"))
    message = ChatMessage(
        at=_moment(entry.get("date")),
        sender=sender,
        text=words(entry.get("content")),
        raw=piece.raw,
        side=None if sender is None or account.owner is None else "right" if sender == account.owner else "left",
        unmapped=_rest(piece, _KNOWN_MESSAGE),
    )
    return Said(thread=_conversation(other, account, is_group="Group Chat" in piece.path), message=message)


def _conversation(other: str, account: _Account, kind: str = "", *, is_group: bool = False) -> Thread:
    known = account.threads.get(kind + other)
    if known is None:
        known = Thread(
            platform=PLATFORM,
            key=f"{kind}{other}",
            title=other or None,
            participants=tuple(one for one in (account.owner, None if is_group else other) if one),
            owner=account.owner,
            path=account.path,
        )
        if len(account.threads) < _MOST_THREADS:
            account.threads[kind + other] = known
    return known


def _shop(piece: Piece, entry: dict[str, Any], account: _Account) -> Said:
    shop = named(entry.get("shop_name")) or str(piece.path[3])
    toward = words(entry.get("direction")).lower()
    sent = "to" in toward.split() or "send" in toward or "sent" in toward
    message = ChatMessage(
        at=_moment(entry.get("send_time")),
        sender=(account.owner if sent else shop) if toward else None,
        text=words(entry.get("content")),
        raw=piece.raw,
        side=("right" if sent else "left") if toward else None,
        unmapped=_rest(piece, frozenset({"content", "send_time", "shop_name"})),
    )
    return Said(thread=_conversation(shop, account, "shop-"), message=message)


def _comment(piece: Piece, entry: dict[str, Any], account: _Account) -> Said:
    photo = words(entry.get("photo"))
    media = (Media(name=photo.split("?", 1)[0][-300:]),) if photo not in _NOTHING else ()
    text = words(entry.get("comment"))
    return _posted(piece, account, "comment", text, media, _KNOWN_COMMENT, entry.get("date"))


def _post(piece: Piece, entry: dict[str, Any], account: _Account) -> Said:
    parts = [words(entry.get("title")), words(entry.get("addyourstext"))]
    text = "\n".join(one for one in parts if one not in _NOTHING)
    links = [one for one in words(entry.get("link")).split() if one not in _NOTHING]
    # the addresses end after some days; the videos themselves are not in the export
    media = tuple(Media(name=one.split("?", 1)[0][-300:]) for one in links[:100])
    return _posted(piece, account, "post", text, media, _KNOWN_POST, entry.get("date"))


def _review(piece: Piece, entry: dict[str, Any], account: _Account) -> Said:
    text = "\n".join(one for one in (words(entry.get("placename")), words(entry.get("reviewtext"))) if one)
    known = frozenset({"date", "placename", "reviewtext"})
    return _posted(piece, account, "review", text, (), known, entry.get("date"))


def _live(piece: Piece, entry: dict[str, Any], account: _Account) -> Said:
    names = ("commentcontent", "questioncontent", "rawtime", "commenttime", "questiontime")
    text = words(entry.get("commentcontent")) or words(entry.get("questioncontent"))
    when = entry.get("commenttime") or entry.get("questiontime") or entry.get("rawtime")
    return _posted(piece, account, f"live-{piece.path[3]}", text, (), frozenset(names), when)


def _posted(
    piece: Piece,
    account: _Account,
    kind: str,
    text: str,
    media: tuple[Media, ...],
    known: frozenset[str],
    when: object,
) -> Said:
    """Something that was shown to others, which has no number: its time and its text are what identifies it."""
    thread = Thread(
        platform=PLATFORM,
        key=f"{kind}-{words(when)}-{hashlib.sha256(text.encode('utf-8')).hexdigest()[:12]}",
        title=None,
        participants=(account.owner,) if account.owner else (),
        owner=account.owner,
        kind=ThreadKind.POST,
        path=account.path,
    )
    deleted = "Recently Deleted Posts" in piece.path
    message = ChatMessage(
        at=_moment(when),
        sender=account.owner,
        text=text,
        raw=piece.raw,
        side="right",
        attachments=media,
        deleted=deleted,
        unmapped=_rest(piece, known),
    )
    return Said(thread=thread, message=message)


_READERS: Final = {
    "direct": _direct,
    "shop": _shop,
    "comment": _comment,
    "post": _post,
    "review": _review,
    "live": _live,
}


def _rest(piece: Piece, known: frozenset[str]) -> tuple[str, ...]:
    """Names of what is not read; names differ in case between versions, and what says "N/A" says nothing."""
    value = members(piece.value)
    left = (name for name in value if name.lower() not in known and words(value[name]) not in ("N/A", "None"))
    return unmapped({name: value[name] for name in left}, frozenset())


def _moment(value: object) -> datetime | None:
    if type(value) is str and not value.isdigit():
        return utc_text(value)
    return from_seconds(value) or from_millis(value)
