"""The script files of an X archive: JSON behind an assignment, and which of them hold what.

Rule kept: a file's section is what it assigns to (``window.YTD.tweets.part0 =``), not what it is called, and the
assignment is cut off without running or searching anything. Layout: X's own README.txt of 2023; the monthly files
of 2013 to 2018 assign to ``Grailbird.data.tweets_2012_03``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ingest.formats.chats.counted import Counted
from ingest.formats.chats.json_stream import walk
from ingest.formats.chats.plain import entries, members, named, words
from ingest.formats.container import ContainerBroken, MemberBroken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.model import Export

_ASSIGNMENT: Final = re.compile(
    rb"\s*(?:\xef\xbb\xbf)?(?:window\.YTD\.([a-z0-9_]{1,60})\.part([0-9]{1,6})|Grailbird\.data\.(tweets_[0-9_]{4,10})"
    rb"|window\.(__THAR_CONFIG)|var (user_details|tweet_index|payload_details))\s*=\s*",
    re.IGNORECASE,
)
_HEAD: Final = 200
_MOST_SCRIPTS: Final = 20_000
TWEETS: Final = ("tweets", "tweet", "community_tweet", "twitter_circle_tweet", "deleted_tweets", "deleted_tweet")
NOTES: Final = ("note_tweet", "deleted_note_tweet")
DIRECT: Final = ("direct_messages", "direct_message", "direct_messages_group", "direct_message_group")
BROADCAST_COMMENTS: Final = "periscope_comments_made_by_user"
MONTH: Final = "grailbird"
TAKEN: Final = frozenset((*TWEETS, *NOTES, *DIRECT, BROADCAST_COMMENTS, MONTH))


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A file that assigns; `part` is its place in a section that is cut into several."""

    section: str
    part: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Whose archive it is, where the archive says so, and how many entries it says are in which file."""

    id: str | None = None
    handle: str | None = None
    counts: dict[str, int]


def section_of(head: bytes) -> tuple[str, int] | None:
    """Section and part that a file with these first bytes assigns to."""
    match = _ASSIGNMENT.match(head[:_HEAD])
    if match is None:
        return None
    if match[1]:
        return match[1].decode().lower(), int(match[2])
    if match[3]:
        digits = re.sub(rb"[^0-9]", b"", match[3])
        return MONTH, int(digits or 0)
    return (match[4] or match[5]).decode().lower(), 0


def scripts(export: Export) -> list[Script]:
    """The files that assign, by section and part; one that is not called ``.js`` only where it is alone."""
    names = export.names
    found = []
    for name in names[:_MOST_SCRIPTS]:
        if len(names) > 1 and not name.lower().endswith(".js"):
            continue
        place = section_of(export.head(name, _HEAD))
        if place is not None:
            found.append(Script(section=place[0], part=place[1], name=name))
    return sorted(found, key=lambda one: (one.section, one.part))


def opened(export: Export, name: str, *words: bytes) -> Counted:
    """The JSON of a script, without its assignment.

    Raises:
        MemberBroken: there is none.
    """
    stream = export.open(name)
    head = stream.read(_HEAD)
    match = _ASSIGNMENT.match(head)
    return Counted(stream, words, first=head[match.end() :] if match else head)


def account(export: Export, found: list[Script]) -> Account:
    """Who the owner is, from ``account.js``, ``manifest.js`` or ``user_details.js``; what is not told is None."""
    told: dict[str, str | None] = {"id": None, "handle": None}
    counts: dict[str, int] = {}
    for script in found:
        if script.section not in ("account", "__thar_config", "user_details", "tweet_index"):
            continue
        try:
            whole = next(walk(opened(export, script.name).stream())).value
        except (ContainerBroken, MemberBroken, StopIteration):
            continue
        if script.section == "account":
            one = members(members(next(iter(entries(whole)), None)).get("account"))
            _tell(told, one.get("accountId"), one.get("username"))
        elif script.section == "user_details":
            _tell(told, members(whole).get("id"), members(whole).get("screen_name"))
        elif script.section == "__thar_config":
            user = members(members(whole).get("userInfo"))
            _tell(told, user.get("accountId"), user.get("userName"))
            counts.update(_declared(whole))
        else:
            counts.update(_monthly(whole))
    handle = told["handle"]
    return Account(id=told["id"], handle=f"@{handle.removeprefix('@')}" if handle else None, counts=counts)


def _tell(told: dict[str, str | None], identity: object, handle: object) -> None:
    told["id"] = told["id"] or named(identity)
    told["handle"] = told["handle"] or named(handle)


def _declared(manifest: object) -> Iterator[tuple[str, int]]:
    for kind in members(members(manifest).get("dataTypes")).values():
        for file in entries(members(kind).get("files")):
            yield from _count(members(file).get("fileName"), members(file).get("count"))


def _monthly(index: object) -> Iterator[tuple[str, int]]:
    for month in entries(index):
        yield from _count(members(month).get("file_name"), members(month).get("tweet_count"))


def _count(name: object, count: object) -> Iterator[tuple[str, int]]:
    digits = words(count)
    if isinstance(name, str) and digits.isascii() and digits.isdigit() and len(digits) < _HEAD // 10:
        yield name.rsplit("/", 1)[-1], int(digits)
