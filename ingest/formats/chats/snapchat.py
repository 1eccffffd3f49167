"""Snapchat data ("My Data" with JSON files): saved chats and the record of snaps, in the layouts of 2022 and 2024.

Rule kept: what is called ``Created(microseconds)`` counts milliseconds, and is believed for what its size says; a
snap's picture is never in the export, but that it was sent is. The older layout keeps what was received and what was
sent apart, with texts in HTML entities: both sides become one conversation. See docs/formats/snapchat.md.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.chats.counted import Counted
from ingest.formats.chats.fields import unmapped
from ingest.formats.chats.file_by_file import base_name, one_by_one
from ingest.formats.chats.json_stream import walk
from ingest.formats.chats.media_kinds import media_type_of
from ingest.formats.chats.model import ChatMessage, Media, Said, Stated, Thread
from ingest.formats.chats.moments import from_micros, from_millis, utc_text
from ingest.formats.chats.plain import members, named, words
from ingest.formats.container import ContainerBroken, MemberBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ingest.formats.chats.json_stream import Piece
    from ingest.formats.chats.model import Export

READER: Final = "snapchat 1"
PLATFORM: Final = "snapchat"
_STREAMED: Final = (("*", "*"),)
_SIGN: Final = b'"Media Type"'
_DATED: Final = b'"Created"'
_OLD: Final = re.compile(r"(Received|Sent) (?:Saved Chat|Snap) History")
_MEDIA_FILE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}_(.{1,300}?)(\.[A-Za-z0-9]{1,8})?")
_MILLISECONDS_BELOW: Final = 10**14  # as milliseconds this is the year 5138
_LOOKED_AT: Final = 20_000
_MOST_THREADS: Final = 100_000
_WORDS: Final = frozenset({"", "TEXT"})
_FILES: Final = frozenset({"MEDIA", "IMAGE", "VIDEO", "PHOTO"})
_KNOWN: Final = frozenset(
    {
        "Content", "Conversation Title", "Created", "Created(microseconds)", "From", "IsSender", "Media IDs",
        "Media Type", "Text", "To", "isSender",
    }
)  # fmt: skip
_LOST: Final = "an entry of this file has no form that is known and was not taken"
_ASIDE: Final = re.compile(
    r"(?:account(?:_history)?|bitmoji|cameos_metadata|community_lenses|connected_apps|cyber_security|email_campaign_history"
    r"|feature_emails|friends|gen_ai_snaps|in_app_surveys|in_app_reports|location_history|memories_history|my_ai"
    r"|payments|purchase_history|ranking|scan_history|search_history|shared_story|shop_history|snap_ads|snap_games.*"
    r"|snap_map_places|snap_pro|snap_tokens|spotlight.*|story_history|subscriptions|support_note|terms_history"
    r"|user_profile)\.json"
)


@dataclass(slots=True)
class _Archive:
    """What is known of the export while it is read."""

    owner: str | None
    media: dict[str, str]
    threads: dict[str, Thread] = field(default_factory=dict)


def recognise(export: Export) -> bool:
    """Whether a file holds chats or snaps with the fields of Snapchat."""
    return next(_files(export), None) is not None


def read(export: Export) -> Iterator[Said | Stated | Remark]:
    """All chats and snaps; see `model.ExportFormat`."""
    archive = _Archive(owner=_owner(export), media=_media_files(export))
    yield from one_by_one((name, _read(export, name, archive)) for name in _files(export))


def aside(name: str) -> str | None:
    """See `model.ExportFormat`."""
    if _ASIDE.fullmatch(base_name(name)):
        return "it holds no messages between people, but settings, places and what Snapchat knows of the account"
    in_html = "/html/" in f"/{name}" and name.endswith((".html", ".css", ".js"))
    if in_html or base_name(name) == "index.html":
        return "it shows what is read from the JSON files"
    return None


def _files(export: Export) -> Iterator[str]:
    names = export.names
    for name in names:
        if len(names) == 1 or base_name(name) in ("chat_history.json", "snap_history.json"):
            head = export.head(name)
            if (
                head.lstrip()[:1] == b"{"
                and _SIGN in head
                and _DATED in head
                and (b'"From"' in head or b'"To"' in head)
            ):
                yield name


def _media_files(export: Export) -> dict[str, str]:
    """Files of chats by the number in their names."""
    found = {}
    for name in export.names:
        if "chat_media/" in name and (match := _MEDIA_FILE.fullmatch(base_name(name))):
            found[match[1]] = name
    return found


def _owner(export: Export) -> str | None:
    for name in export.names:
        if base_name(name) == "account.json":
            try:
                told = members(next(walk(export.open(name))).value)
            except (ContainerBroken, MemberBroken, StopIteration):
                continue
            found = named(members(told.get("Basic Information")).get("Username"))
            if found:
                return found
    return next(filter(None, (_sender(export, name) for name in _files(export))), None)


def _sender(export: Export, name: str) -> str | None:
    """Who wrote what the account sent, from the first such message near the beginning of a file."""
    try:
        for piece in islice(walk(export.open(name), _STREAMED), _LOOKED_AT):
            entry = members(piece.value)
            if entry.get("IsSender") is True:
                return named(entry.get("From"))
    except (ContainerBroken, MemberBroken):
        return None  # the reading itself meets it again and says so
    return None


def _read(export: Export, name: str, archive: _Archive) -> Iterator[Said | Stated | Remark]:
    counted = Counted(export.open(name), (_SIGN,))
    broken: ContainerBroken | MemberBroken | None = None
    try:
        for piece in walk(counted.stream(), _STREAMED):
            entry = members(piece.value)
            if len(piece.path) != 2 or piece.problem or not entry:  # noqa: PLR2004 - conversation and place
                if piece.value not in ([], None, {}) or piece.problem:
                    yield Remark(text=piece.problem or _LOST, path=name, lost=1)
                continue
            yield _said(piece, entry, archive, name)
    except (ContainerBroken, MemberBroken) as problem:
        broken = problem
    yield Stated(what="messages", count=counted.counts[_SIGN], path=name)
    if broken is not None:
        raise broken


def _said(piece: Piece, entry: dict[str, Any], archive: _Archive, path: str) -> Said:
    old = _OLD.fullmatch(str(piece.path[0]))
    sent = old[1] == "Sent" if old else entry.get("IsSender", entry.get("isSender")) is True
    written = words(entry.get("From")) or (archive.owner or "" if sent else "")
    other = (words(entry.get("To")) if sent else words(entry.get("From"))) if old else str(piece.path[0])
    thread = _thread(other, named(entry.get("Conversation Title")), archive, path)
    kind = words(entry.get("Media Type"))
    notice = kind.upper().startswith("STATUS")
    erased = "ERASED" in kind.upper()
    text = words(entry.get("Content")) or words(entry.get("Text"))
    if old:
        text = html.unescape(text)
    media = tuple(
        _media(one, archive) for number in words(entry.get("Media IDs")).split("|") if (one := number.strip())
    )
    told = notice or kind.upper() in _WORDS or (bool(media) and kind.upper() in _FILES)
    if not media and kind.upper() in _FILES:
        media = (Media(),)  # there was a picture or a video, and the export has not even a name of it
    message = ChatMessage(
        at=_moment(entry),
        sender=written or None,
        text=text or (kind if notice and not erased else ""),
        raw=piece.raw,
        side="center" if notice and not erased else "right" if sent else "left",
        attachments=media,
        deleted=erased,
        system=notice and not erased,
        unmapped=tuple(sorted((*unmapped(entry, _KNOWN), *(() if told else ("Media Type",))))),
    )
    return Said(thread=thread, message=message)


def _moment(entry: dict[str, Any]) -> datetime | None:
    counted = entry.get("Created(microseconds)")
    if type(counted) is int and counted > 0:
        found = from_millis(counted) if counted < _MILLISECONDS_BELOW else from_micros(counted)
        if found is not None:
            return found
    return utc_text(entry.get("Created"))


def _thread(key: str, title: str | None, archive: _Archive, path: str) -> Thread:
    known = archive.threads.get(key)
    if known is None:
        people = (archive.owner, None if title else key)
        known = Thread(
            platform=PLATFORM,
            key=key or "unnamed",
            title=title,
            participants=tuple(one for one in people if one),
            owner=archive.owner,
            path=path,
        )
        if len(archive.threads) < _MOST_THREADS:
            archive.threads[key] = known
    return known


def _media(number: str, archive: _Archive) -> Media:
    entry = archive.media.get(number)
    if entry is None:
        return Media(name=number)
    return Media(name=base_name(entry), media_type=media_type_of(entry), entry=entry)
