"""Discord's data package: a folder of channels, each with what the account's owner wrote there, and nothing of others.

Rule kept: folders are found by their shape, not by their name: their case changes and since 2024 they are localised.
Ids are 64-bit integers without quotes. Times are UTC: ``2020-08-25 22:54:05.726000+00:00`` in messages.csv (until
2023), ``2023-12-11 02:01:09`` in messages.json. Where a time is missing, the id tells it: its upper 42 bits are
milliseconds since 2015 (Discord API Reference, "Snowflakes").
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ingest.formats.charsets import storable
from ingest.formats.chats import csv_rows, json_stream
from ingest.formats.chats.discord_files import media_at
from ingest.formats.chats.fields import unmapped
from ingest.formats.chats.file_by_file import base_name, folder_of, one_by_one
from ingest.formats.chats.model import ChatMessage, Said, Stated, Thread
from ingest.formats.chats.moments import from_millis, iso, utc_text
from ingest.formats.container import ContainerBroken, MemberBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ingest.formats.chats.model import Export

_MESSAGES: Final = re.compile(r"(?:^|/)c?(\d{15,20})/messages\.(?:json|csv)\Z")
_ALONE_JSON: Final = re.compile(
    rb'\s{0,99}\[\s{0,99}\{\s{0,99}"ID"\s?:\s?"?\d{15,20}"?\s?,\s{0,99}"Timestamp"\s?:\s?"[^"]{1,40}"\s?,\s{0,99}"Contents"'
)
_IN_PLACE: Final = re.compile(rb'\s{0,99}\[\s{0,99}\{[^{}]{0,300}?"Contents"\s?:')
_HEADER: Final = b"ID,Timestamp,Contents,Attachments"
_EMPTY_LIST: Final = re.compile(rb"\s{0,99}\[\s{0,99}\]?\s{0,99}\Z")
_DISCORD_EPOCH: Final = 1_420_070_400_000
_SMALL: Final = 16 << 20
_MOST_USERS: Final = 2_000
_KNOWN: Final = frozenset({"ID", "Timestamp", "Contents", "Attachments"})


def recognise(export: Export) -> bool:
    """Whether a channel's messages are in it."""
    return bool(_channels(export))


def _channels(export: Export) -> tuple[str, ...]:
    names = export.names
    if len(names) == 1 and not _MESSAGES.search(names[0]):
        return tuple(names) if _is_messages(export.head(names[0]), alone=True) else ()
    found = tuple(name for name in names if _MESSAGES.search(name))
    if any(_is_messages(export.head(name, 400), alone=False) for name in found[:200]):
        return found
    return ()


def _is_messages(head: bytes, *, alone: bool) -> bool:
    head = head.removeprefix(b"\xef\xbb\xbf")
    if head.startswith(_HEADER) or _ALONE_JSON.match(head):
        return True
    return not alone and (_EMPTY_LIST.match(head) is not None or _IN_PLACE.match(head) is not None)


@dataclass(slots=True)
class _Account:
    """What the package says of its owner, of the people he knows, and of what channels are called."""

    owner: str | None = None
    owner_id: str | None = None
    people: dict[str, str] = field(default_factory=dict)
    titles: dict[str, Any] = field(default_factory=dict)


def read(export: Export) -> Iterator[Said | Stated | Remark]:
    """All messages, channel after channel."""
    channels = _channels(export)
    if not channels:
        return
    account = _account(export, channels[0])
    yield Stated(what="conversations", count=len(channels))
    yield from one_by_one((name, _read(export, name, account)) for name in channels)


def _account(export: Export, channel: str) -> _Account:
    account = _Account()
    users = [name for name in export.names if base_name(name) == "user.json"]
    for name in users[:_MOST_USERS]:
        user = _document(export, name)
        if "username" in user and "id" in user:
            account.owner, account.owner_id = _string(user.get("username")), _string(user.get("id"))
            known = user.get("relationships")
            for one in known if isinstance(known, list) else ():
                who = one.get("user") if isinstance(one, dict) else None
                if isinstance(who, dict) and who.get("username") and who.get("id"):
                    account.people[str(who["id"])] = storable(str(who["username"]))
            break
    root = folder_of(folder_of(channel).rstrip("/"))
    account.titles = _document(export, f"{root}index.json")
    return account


def _document(export: Export, name: str) -> dict[str, Any]:
    """A small object that only tells about others: empty where it cannot be read."""
    if not export.has(name):
        return {}
    try:
        found = json.loads(export.read(name, _SMALL))
    except (ValueError, RecursionError, MemberBroken):
        return {}
    return found if isinstance(found, dict) else {}


def _string(value: object) -> str | None:
    return storable(str(value)) if isinstance(value, str | int) and value != "" else None


def _thread(export: Export, name: str, account: _Account) -> Thread:
    is_table = name.lower().endswith(".csv") or export.head(name, 100).lstrip(b"\xef\xbb\xbf").startswith(_HEADER)
    channel = _document(export, f"{folder_of(name)}channel.json")
    match = _MESSAGES.search(name)
    number = match[1] if match else _string(channel.get("id"))
    title = _string(account.titles.get(number or "")) or _string(channel.get("name"))
    others = channel.get("recipients")
    participants = [account.owner] if account.owner else []
    for one in others if isinstance(others, list) else ():
        who = _string(one)
        if who is not None and who != account.owner_id:
            participants.append(account.people.get(who, who))
    return Thread(
        platform="discord",
        key=number or f"name:{name}",
        title=title,
        participants=tuple(participants),
        owner=account.owner,
        path=name,
        media_type="text/csv" if is_table else "application/json",
    )


def _read(export: Export, name: str, account: _Account) -> Iterator[Said | Stated | Remark]:
    thread = _thread(export, name, account)
    found = _rows(export, thread) if thread.media_type == "text/csv" else _objects(export, thread)
    met = 0
    broken: ContainerBroken | None = None
    try:
        for cells, raw, problem in found:
            met += 1
            if cells is None:
                yield Remark(text=f"a message could not be read: {problem}", path=name, lost=1)
            else:
                yield Said(thread=thread, message=_message(cells, raw, account.owner, export))
    except ContainerBroken as damage:
        broken = damage
    if met:
        yield Stated(what="messages", count=met, path=name)
    if broken is not None:
        raise broken


def _objects(export: Export, thread: Thread) -> Iterator[tuple[dict[str, Any] | None, bytes, str | None]]:
    for piece in json_stream.walk(export.open(thread.path), [("*",)]):
        is_object = isinstance(piece.value, dict)
        yield piece.value if is_object else None, piece.raw, piece.problem or "it is no object"


def _rows(export: Export, thread: Thread) -> Iterator[tuple[dict[str, Any] | None, bytes, str | None]]:
    rows = csv_rows.rows(export.open(thread.path), delimiter=",")
    first = next(rows, None)
    names = first.cells if first is not None else []
    for row in rows:
        if not row.cells:
            yield None, row.raw, row.problem
            continue
        cells: dict[str, Any] = dict(zip(names, row.cells, strict=False))
        if len(row.cells) > len(names):
            cells["more cells"] = row.cells[len(names) :]
        yield cells, row.raw, None


def _message(cells: dict[str, Any], raw: bytes, owner: str | None, export: Export) -> ChatMessage:
    own_id = _string(cells.get("ID"))
    contents = cells.get("Contents")
    attached = cells.get("Attachments")
    links = attached.split() if isinstance(attached, str) else []
    return ChatMessage(
        at=_moment(cells.get("Timestamp"), own_id),
        sender=owner,
        text=contents if isinstance(contents, str) else "",
        raw=raw,
        id=own_id,
        side="right",
        attachments=tuple([media_at(link, "", export) for link in links]),
        unmapped=unmapped(cells, _KNOWN),
    )


def _moment(stated: object, own_id: str | None) -> datetime | None:
    found = utc_text(stated) or iso(stated)
    if found is None and own_id is not None and own_id.isascii() and own_id.isdecimal() and 15 <= len(own_id) <= 20:  # noqa: PLR2004 - digits of a snowflake
        return from_millis((int(own_id) >> 22) + _DISCORD_EPOCH)
    return found
