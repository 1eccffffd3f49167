"""Google Chat as Google Takeout exports it: ``Google Chat/Groups/<DM or Space id>/messages.json`` and its neighbours.

Rule kept: a group is one thread, known by the id in its folder's name. ``group_info.json`` beside it names the members,
``Users/User <id>/user_info.json`` the owner of the export; both may be missing. Dates are English sentences in UTC,
with a narrow no-break space before AM or PM in newer exports; in another language they are read by its table.

Files lie under their ``export_name`` with what no file system takes replaced by ``_``. Where several messages carry the
same name, Takeout numbers the files behind the first with ``(1)``, ``(2)`` in the order of the messages.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.chats.fields import unmapped
from ingest.formats.chats.file_by_file import base_name, folder_of, one_by_one
from ingest.formats.chats.json_stream import walk
from ingest.formats.chats.model import ChatMessage, Media, Reacted, Said, Stated, Thread, Version
from ingest.formats.chats.people import person
from ingest.formats.chats.plain import entries, members, named, words
from ingest.formats.container import ContainerBroken, MemberBroken, Remark
from ingest.formats.dates import moment
from ingest.formats.forward_languages.lexicon import LEXICON
from ingest.formats.printed_dates import read_date

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.model import Export

READER = "googlechat 1"
_STREAMED: Final = (("messages", "*"),)
_LARGEST_INFO: Final = 16 << 20
_MOST_HEADS: Final = 2_000
_MOST_EDITS: Final = 1_000
_NAMED: Final = re.compile(rb'"creator"\s{0,20}:\s{0,20}\{')
_CHAT: Final = re.compile(rb'"(?:topic_id|user_type|created_date|message_id)"\s{0,20}:')
_NO_MESSAGES: Final = re.compile(rb'\A(?:\xef\xbb\xbf)?\s{0,20}\{\s{0,20}"messages"\s{0,20}:\s{0,20}\[\s{0,20}\]')
_GROUP: Final = re.compile(r"(?:^|/)((?:DM|Space|Group) [^/]+)/messages\.json\Z")
_OWNER: Final = re.compile(r"(?:^|/)Users/User [^/]+/user_info\.json\Z")
_INFO: Final = re.compile(r"(?:^|/)(?:group_info|user_info)\.json\Z")
# \s is the narrow no-break space too
_DATE: Final = re.compile(
    r"(?:[A-Z][a-z]{5,8}, )?([A-Z][a-z]{2,8}) (\d{1,2}), (\d{4}) at (\d{1,2}):(\d{2}):(\d{2})\s?([AP])M UTC"
)
_MONTH_NAMES: Final = "January February March April May June July August September October November December"
_MONTHS: Final = {name: place for place, name in enumerate(_MONTH_NAMES.split(), 1)}
_REFUSED: Final = (re.compile(r"[\x00-\x1f\"*/:<>?\\|]"), re.compile(r"[\x00-\x1f\"%&'*/:<=>?\\|]"))
_LONGEST_DATE: Final = 100
_KNOWN: Final = frozenset(
    {
        "creator",
        "created_date",
        "updated_date",
        "text",
        "topic_id",
        "message_id",
        "attached_files",
        "annotations",
        "reactions",
        "quoted_message_metadata",
        "quotes_message_metadata",  # spelt so in some exports
        "previous_message_versions",
        "message_state",
    }
)
_NOTED: Final = frozenset({"start_index", "length", "format_metadata"})
_CREATOR: Final = frozenset({"name", "email", "user_type"})
_OWN_SIGNS: Final = ("shortcode", "short_code", "uuid", "uid")
_QUOTES: Final = ("quoted_message_metadata", "quotes_message_metadata")
_QUOTED_BY_ID: Final = frozenset({"message_id"})
_QUOTED_TEXT: Final = frozenset({"text"})


def recognise(export: Export) -> bool:
    """Whether there is a conversation of Google Chat's."""
    return next(_documents(export), None) is not None


def read(export: Export) -> Iterator[Said | Stated | Remark]:
    """See `model.ExportFormat`."""
    owner = _owner(export)
    yield from one_by_one((name, _group(export, name, owner)) for name in _documents(export))


def aside(name: str) -> str | None:
    """See `model.ExportFormat`."""
    if _INFO.search(name) or base_name(name) == "archive_browser.html":
        return "it holds no messages or posts"
    return None


def _documents(export: Export) -> Iterator[str]:
    names = export.names
    if len(names) == 1:
        yield from (name for name in names if _is_chat(export.head(name, 1 << 16), named=False))
        return
    looked = 0
    for name in names:
        if not name.endswith("messages.json") or looked >= _MOST_HEADS:
            continue
        info = folder_of(name) + "group_info.json"
        if export.has(info):
            if _is_chat(export.head(name, 1 << 14), named=_GROUP.search(name) is not None):
                yield name
        else:
            looked += 1
            if _is_chat(export.head(name, 1 << 16), named=False):
                yield name


def _is_chat(head: bytes, *, named: bool) -> bool:
    """Whether a document begins as Chat's do; an empty one, or a damaged one, is told by its place alone."""
    if b'"messages"' not in head[:200]:
        return named and not head.strip()
    return bool(_NAMED.search(head) and _CHAT.search(head)) or (named and _NO_MESSAGES.search(head) is not None)


def _owner(export: Export) -> str | None:
    """The owner's address; None where the export tells of none or of several."""
    found = {
        named(members(_info(export, name).get("user")).get("email")) for name in export.names if _OWNER.search(name)
    }
    found.discard(None)
    return found.pop() if len(found) == 1 else None


def _info(export: Export, name: str) -> dict[str, Any]:
    if not export.has(name):
        return {}
    try:
        return members(json.loads(export.read(name, _LARGEST_INFO), strict=False))
    except (MemberBroken, ValueError, RecursionError):
        return {}


@dataclass(slots=True)
class _Group:
    """One conversation while its messages are read."""

    thread: Thread
    folder: str
    owner: str | None
    known: dict[str, str] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)

    def who(self, creator: dict[str, Any]) -> str | None:
        """A person as this conversation writes him."""
        address, name = named(creator.get("email")), named(creator.get("name"))
        if address is not None and (found := self.known.get(address)) is not None:
            return found
        return person(name, address)


def _group(export: Export, name: str, owner: str | None) -> Iterator[Said | Stated | Remark]:
    group: _Group | None = None
    met = files = 0
    broken: ContainerBroken | None = None
    try:
        for piece in walk(export.open(name), _STREAMED):
            if len(piece.path) != 2 or piece.path[0] != "messages":  # noqa: PLR2004 - ("messages", place)
                continue
            met += 1
            if not isinstance(piece.value, dict):
                reason = piece.problem or "it is no object"
                yield Remark(text=f"a message could not be read: {reason}", path=name, lost=1)
                continue
            if group is None:
                group = _begun(export, name, owner, piece.value)
            message = _message(piece.value, piece.raw, group, export)
            files += len(message.attachments)
            yield Said(thread=group.thread, message=message)
    except ContainerBroken as problem:
        broken = problem
    yield Stated(what="messages", count=met, path=name)
    if files:
        yield Stated(what="media", count=files, path=name)
    if met:
        yield Stated(what="conversations", count=1, path=name)
    if broken is not None:
        raise broken


def _begun(export: Export, name: str, owner: str | None, first: dict[str, Any]) -> _Group:
    info = _info(export, folder_of(name) + "group_info.json")
    known: dict[str, str] = {}
    others = []
    participants = []
    for one in entries(info.get("members")):
        address, called = named(members(one).get("email")), named(members(one).get("name"))
        written = person(called, address)
        if written is None:
            continue
        participants.append(written)
        if address is not None:
            known[address] = written
        if address is None or address != owner:
            others.append(called or written)
    match = _GROUP.search(name)
    key = match[1] if match else words(first.get("message_id")).partition("/")[0] or folder_of(name) or name
    thread = Thread(
        platform="googlechat",
        key=key,
        title=named(info.get("name")) or ", ".join(others) or None,
        participants=tuple(participants),
        owner=known.get(owner, owner) if owner else None,
        path=name,
    )
    return _Group(thread=thread, folder=folder_of(name), owner=owner, known=known)


def _message(value: dict[str, Any], raw: bytes, group: _Group, export: Export) -> ChatMessage:
    creator = members(value.get("creator"))
    versions = entries(value.get("previous_message_versions"))[:_MOST_EDITS]
    created = value.get("created_date")
    if not created:  # seen on messages with uploads: the first version alone has it
        created = next((date for one in versions if (date := members(one).get("created_date"))), None)
    updated = _date(value.get("updated_date")) if "updated_date" in value else None
    side = None
    if group.owner is not None:
        side = "right" if creator.get("email") == group.owner else "left"
    return ChatMessage(
        at=_date(created),
        sender=group.who(creator),
        text=words(value.get("text")),
        raw=raw,
        id=named(value.get("message_id")),
        side=side,
        attachments=_files(value, group, export) if "attached_files" in value else (),
        reply_to=_reply_to(value),
        edited_at=updated,
        edits=tuple(_versions(versions)) if versions else (),
        edited=bool(value.get("updated_date")),
        deleted=value.get("message_state") == "DELETED" or bool(value.get("deleted_date")),
        reactions=tuple(_reactions(value, group)) if "reactions" in value else (),
        unmapped=_unmapped(value, creator),
    )


def _versions(versions: list[Any]) -> Iterator[Version]:
    """What it said before; a version that differs only in its uploads said nothing else."""
    for one in versions:
        text = words(members(one).get("text"))
        if text:
            date = members(one).get("updated_date") or members(one).get("created_date")
            yield Version(text=text, at=_date(date))


def _reply_to(value: dict[str, Any]) -> str | None:
    """The message that is quoted, else the one that began the topic, else none.

    A message's id is ``group/topic/message``, and that of a topic's first message ends in the topic's own id.
    """
    quoted = members(value.get(_QUOTES[0]) or value.get(_QUOTES[1]))
    if quoted:
        return named(quoted.get("message_id")) or named(quoted.get("text"))
    group, _, rest = words(value.get("message_id")).partition("/")
    topic, slash, own = rest.partition("/")
    return f"{group}/{topic}/{topic}" if slash and own != topic else None


def _reactions(value: dict[str, Any], group: _Group) -> Iterator[Reacted]:
    for one in entries(value.get("reactions")):
        emoji = members(members(one).get("emoji"))
        custom = members(emoji.get("custom_emoji"))
        sign = words(emoji.get("unicode")) or next(
            (said for each in _OWN_SIGNS if (said := words(custom.get(each)))), ""
        )
        addresses = [words(each) for each in entries(members(one).get("reactor_emails"))]
        for address in addresses or [""]:
            yield Reacted(emoji=sign, by=group.known.get(address, address) or None)


def _files(value: dict[str, Any], group: _Group, export: Export) -> tuple[Media, ...]:
    found = []
    for one in entries(value.get("attached_files")):
        shown, stored = named(members(one).get("original_name")), named(members(one).get("export_name"))
        entry = _entry(stored, group, export) if stored else None
        found.append(Media(name=shown or stored, entry=entry))
    return tuple(found)


def _entry(stored: str, group: _Group, export: Export) -> str | None:
    """The file of an export name: as it stands, or as it was made fit for a file system; numbered where it repeats."""
    for fit in (stored, *(refused.sub("_", stored) for refused in _REFUSED)):
        candidate = group.folder + fit
        if not export.has(candidate):
            continue
        times = group.files[candidate] = group.files.get(candidate, -1) + 1
        if times:
            stem, dot, ending = candidate.rpartition(".")
            again = f"{stem}({times}).{ending}" if dot else f"{candidate}({times})"
            return again if export.has(again) else candidate
        return candidate
    return None


def _unmapped(value: dict[str, Any], creator: dict[str, Any]) -> tuple[str, ...]:
    names = unmapped(value, _KNOWN)
    if not creator.keys() <= _CREATOR:
        names += unmapped(creator, _CREATOR, "creator.")
    if "annotations" in value:
        noted = {name for one in entries(value["annotations"]) for name in unmapped(members(one), _NOTED)}
        names += tuple(f"annotations.{name}" for name in noted)
    for label in _QUOTES:
        if label in value:
            quoted = members(value[label])
            names += unmapped(quoted, _QUOTED_BY_ID if quoted.get("message_id") else _QUOTED_TEXT, f"{label}.")
    return tuple(sorted(names)) if names else ()


def _date(value: object) -> datetime | None:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_DATE:
        return None
    match = _DATE.fullmatch(value)
    month = _MONTHS.get(match[1]) if match else None
    if match is None or month is None:
        return _plausible(_in_any_language(value))
    _, day, year, hour, minute, second, half = match.groups()
    try:
        found = datetime(
            int(year),
            month,
            int(day),
            int(hour) % 12 + (12 if half == "P" else 0),
            int(minute),
            int(second),
            tzinfo=UTC,
        )
    except ValueError:
        return None
    return _plausible(found)


@lru_cache(maxsize=4096)
def _in_any_language(text: str) -> datetime | None:
    return moment(read_date(text, LEXICON.languages)) if text.rstrip().endswith("UTC") else None


def _plausible(found: datetime | None) -> datetime | None:
    return found if found is not None and 1990 <= found.year < 2100 else None  # noqa: PLR2004 - as in moments.py
