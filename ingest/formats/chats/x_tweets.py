"""Posts of an X archive: tweets of all layouts since 2012, long posts, and the versions of edited ones.

Rule kept: one post is one thread, whatever it answers. Its versions are tweet objects of their own in the archive
(X API, edit_info); the newest of them is the message and the others are its `edits`, and the exact bytes of all stand
in `raw`. The text is what X shows: HTML entities of the file resolved, shortened links replaced by where they lead,
found by the link itself because the file's indices count another text than the one they stand beside.

Long posts stand in ``note-tweet.js`` under numbers of their own. One belongs to the tweet of the same second whose cut
text it begins with; where there is none it is a post of its own.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.chats.fields import unmapped
from ingest.formats.chats.model import ChatMessage, Said, Thread, ThreadKind, Version
from ingest.formats.chats.moments import iso
from ingest.formats.chats.plain import entries, members, named, words
from ingest.formats.chats.x_files import MediaFiles, of_post
from ingest.formats.container import Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.json_stream import Piece
    from ingest.formats.chats.x_script import Account

PLATFORM: Final = "x"
MOST_HELD: Final = 32 << 20  # bytes of edited versions and long posts that wait for the tweet they belong to
_MONTHS: Final = {
    "Jan": 1, "Feb": 2, "Mar": 3, "Apr": 4, "May": 5, "Jun": 6,
    "Jul": 7, "Aug": 8, "Sep": 9, "Oct": 10, "Nov": 11, "Dec": 12,
}  # fmt: skip
_CREATED: Final = re.compile(
    r"[A-Za-z]{3} ([A-Za-z]{3}) ([0-9]{2}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-])([0-9]{2})([0-9]{2}) ([0-9]{4})"
)
_SHORT_LINK: Final = re.compile(r"https?://t\.co/[A-Za-z0-9]+")
_RETWEET: Final = re.compile(r"RT (@[A-Za-z0-9_]{1,30}):")
_MENTIONS: Final = re.compile(r"(?:@[A-Za-z0-9_]{1,30} )*+")
_MOST_A_SECOND: Final = 20  # long posts that are compared with a tweet
_MOST_VERSIONS: Final = 100  # X allows five edits
_COMPARED: Final = 120  # characters of a cut text that a long post must begin with
_KNOWN: Final = frozenset(
    {
        "created_at", "display_text_range", "edit_info", "entities", "extended_entities", "full_text", "id", "id_str",
        "in_reply_to_status_id", "in_reply_to_status_id_str", "text", "truncated",
    }
)  # fmt: skip
_KNOWN_NOTE: Final = frozenset({"noteTweetId", "createdAt", "core"})
_KNOWN_CORE: Final = frozenset({"text", "urls", "mentions", "hashtags", "cashtags"})
_LOST: Final = "a post in this file has no form that is known and was not taken"


@dataclass(slots=True)
class _Held:
    """A tweet object that waits for its other versions."""

    thread: Thread
    message: ChatMessage


@dataclass(slots=True)
class _Note:
    """A long post that waits for its tweet, and how it begins."""

    said: Said
    opening: str


@dataclass(slots=True)
class Posts:
    """What is known while the tweets are read; `merged` counts entries that went into another one's message.

    `stated` is how many entries the files say that they hold.
    """

    account: Account
    media: MediaFiles
    merged: int = 0
    stated: int = 0
    _notes: dict[datetime, list[_Note]] = field(default_factory=dict)
    _held: dict[str, list[_Held]] = field(default_factory=dict)
    _size: int = 0

    def note(self, piece: Piece, path: str, *, deleted: bool) -> Iterator[Said | Remark]:
        """A long post: kept until its tweet comes, given at once where there is no more room for it."""
        value = members(piece.value)
        note = members(value.get("noteTweet")) or value
        core = members(note.get("core")) or members(note.get("noteTweetResults"))
        if piece.problem or not core:
            yield Remark(text=piece.problem or _LOST, path=path, lost=1)
            return
        links = {
            words(members(one).get("shortUrl")): words(members(one).get("expandedUrl"))
            for one in entries(core.get("urls"))
        }
        at = iso(note.get("createdAt"))
        number = named(note.get("noteTweetId"))
        key = f"note-{number}" if number else _unnumbered(path, piece)
        said = Said(
            thread=self._thread(key, path, None),
            message=ChatMessage(
                at=at,
                sender=self._sender,
                text=with_links(words(core.get("text")), links),
                raw=piece.raw,
                id=number,
                side="right",
                deleted=deleted,
                unmapped=unmapped(note, _KNOWN_NOTE, "noteTweet.") + unmapped(core, _KNOWN_CORE, "noteTweet.core."),
            ),
        )
        waiting = self._notes.setdefault(at.replace(microsecond=0), []) if at else []
        if deleted or at is None or self._size > MOST_HELD or len(waiting) >= _MOST_A_SECOND:
            yield said
            return
        self._size += len(piece.raw)
        waiting.append(_Note(said=said, opening=_opening(words(core.get("text")))))

    def tweet(self, piece: Piece, path: str, *, deleted: bool) -> Iterator[Said | Remark]:
        """A tweet object; one that was edited waits for its other versions."""
        value = members(piece.value)
        tweet = members(value.get("tweet")) or value
        if piece.problem or not ("full_text" in tweet or "text" in tweet or "id_str" in tweet):
            yield Remark(text=piece.problem or _LOST, path=path, lost=1)
            return
        number = named(tweet.get("id_str")) or named(tweet.get("id"))
        versions = _versions(tweet)
        message = self._message(tweet, piece.raw, number, deleted=deleted)
        key = versions[0] if versions else number or _unnumbered(path, piece)
        thread = self._thread(key, path, None if deleted else self._address(number))
        if len(versions) > 1:
            self._size += len(piece.raw)
            self._held.setdefault(key, []).append(_Held(thread=thread, message=message))
            if len(self._held[key]) == len(set(versions)) or self._size > MOST_HELD:
                yield self._joined(self._held.pop(key))
            return
        yield Said(thread=thread, message=message)

    def rest(self) -> Iterator[Said | Remark]:
        """What still waits when all tweets have come."""
        for held in self._held.values():
            yield self._joined(held)
        self._held.clear()
        for notes in self._notes.values():
            for note in notes:
                yield note.said
        self._notes.clear()

    def _joined(self, held: list[_Held]) -> Said:
        """All versions as one message: the newest, with the others as what it said before."""
        # numbers of X grow with time, and are whole numbers written as texts
        ordered = sorted(held, key=lambda one: (len(one.message.id or ""), one.message.id or ""))
        last = ordered[-1]
        self._size -= sum(len(one.message.raw) for one in ordered)
        self.merged += len(ordered) - 1
        if len(ordered) == 1:
            return Said(thread=last.thread, message=last.message._replace(edited=True))
        message = last.message._replace(
            at=ordered[0].message.at,
            id=last.thread.key.removeprefix("post-"),
            raw=b"\n".join(one.message.raw for one in ordered),
            edited=True,
            edited_at=last.message.at,
            edits=tuple(Version(text=one.message.text, at=one.message.at) for one in ordered[:-1]),
            deleted=all(one.message.deleted for one in ordered),
            unmapped=tuple(sorted({name for one in ordered for name in one.message.unmapped})),
        )
        return Said(thread=last.thread, message=message)

    def _message(self, tweet: dict[str, Any], raw: bytes, number: str | None, *, deleted: bool) -> ChatMessage:
        entities = members(tweet.get("entities"))
        written = words(tweet.get("full_text")) or words(tweet.get("text"))
        shown = html.unescape(written) if "&" in written else written
        at = created(tweet.get("created_at"))
        text = shown
        if "://t.co/" in shown:
            urls = [members(one) for one in entries(entities.get("urls"))]
            text = with_links(shown, {words(one.get("url")): words(one.get("expanded_url")) for one in urls})
        extra = unmapped(tweet, _KNOWN)
        note = self._note_of(at, shown) if self._notes else None
        if note is not None:
            text, raw = note.message.text, raw + b"\n" + note.message.raw
            extra = tuple(sorted(extra + note.message.unmapped))
            self.merged += 1
        retweet = _RETWEET.match(shown) if shown.startswith("RT @") else None
        extended = members(tweet.get("extended_entities"))
        named_media = tuple(of_post(entities, extended)) if extended or "media" in entities else ()
        original = named(members(members(tweet.get("retweeted_status")).get("user")).get("screen_name"))
        return ChatMessage(
            at=at,
            sender=self._sender,
            text=text,
            raw=raw,
            id=number,
            side="right",
            attachments=self.media.of("post", number or "", named_media),
            reply_to=named(tweet.get("in_reply_to_status_id_str")) or named(tweet.get("in_reply_to_status_id")),
            deleted=deleted,
            forwarded_from=retweet[1] if retweet else f"@{original}" if original else None,
            unmapped=extra,
        )

    def _note_of(self, at: datetime | None, shown: str) -> Said | None:
        """The long post of this second that begins as this text does, which is then no longer free."""
        waiting = self._notes.get(at) if at else None
        if not waiting or "…" not in shown:
            return None
        opening = _opening(shown)
        for place, note in enumerate(waiting):
            if opening and note.opening.startswith(opening):
                del waiting[place]
                self._size -= len(note.said.message.raw)
                return note.said
        return None

    @property
    def _sender(self) -> str | None:
        return self.account.handle or self.account.id

    def _thread(self, key: str, path: str, url: str | None) -> Thread:
        owner = self._sender
        return Thread(
            platform=PLATFORM,
            key=f"post-{key}",
            title=None,
            participants=(owner,) if owner else (),
            owner=owner,
            kind=ThreadKind.POST,
            path=path,
            url=url,
        )

    def _address(self, number: str | None) -> str | None:
        handle = self.account.handle
        return f"https://twitter.com/{handle[1:]}/status/{number}" if handle and number else None


def created(value: object) -> datetime | None:
    """``Wed Oct 10 20:19:24 +0000 2018``, or ``2018-10-10 20:19:24 +0000`` as the monthly files have it."""
    if type(value) is not str:
        return None
    match = _CREATED.fullmatch(value)
    if match is None:
        return iso(value.replace(" +", "+").replace(" -", "-"))
    month, day, hour, minute, second, sign, hours, minutes, year = match.groups()
    zone = UTC
    try:
        if hours != "00" or minutes != "00":
            shift = timedelta(hours=int(hours), minutes=int(minutes))
            zone = timezone(-shift if sign == "-" else shift)
        found = datetime(int(year), _MONTHS.get(month, 0), int(day), int(hour), int(minute), int(second), tzinfo=zone)
    except ValueError:
        return None
    return found if iso(found.isoformat()) else None


def with_links(text: str, links: dict[str, str]) -> str:
    """The text with its shortened links as they lead on, where the file says where."""
    if not links or "://t.co/" not in text:
        return text
    return _SHORT_LINK.sub(lambda match: links.get(match[0]) or match[0], text)


def _versions(tweet: dict[str, Any]) -> list[str]:
    """The numbers of all versions of a tweet, the first one first; mostly it alone."""
    info = tweet.get("edit_info")
    if type(info) is not dict:
        return []
    initial = members(info.get("initial")) or members(members(info.get("edit")).get("editControlInitial"))
    own = named(tweet.get("id_str")) or named(tweet.get("id"))
    if initial.get("editTweetIds") == [own]:
        return []  # it was never edited
    numbers = [number for one in entries(initial.get("editTweetIds"))[:_MOST_VERSIONS] if (number := named(one))]
    first = named(members(info.get("edit")).get("initialTweetId"))
    if first and first not in numbers:
        numbers.insert(0, first)
    if own and own not in numbers:
        numbers.append(own)
    return numbers


def _opening(text: str) -> str:
    """How a text begins, without whom it answers, its cut end and its spaces."""
    start = _MENTIONS.match(text)
    whole = text[start.end() :] if start else text
    return " ".join(_SHORT_LINK.sub("", whole.split("…", 1)[0]).split())[:_COMPARED]


def _unnumbered(path: str, piece: Piece) -> str:
    """A key for what has no number: its place in the file."""
    return f"{path}#{'-'.join(map(str, piece.path))}"
