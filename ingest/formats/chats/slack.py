"""Slack's export of a workspace: lists of members and channels at the top, a folder a channel, a file a day in it.

Rule kept: a folder is a conversation, whatever list names it; the days of its files follow the workspace's zone and
say nothing, each message has its instant. Private channels, groups and direct messages are in exports of paid plans
only, under their id or their name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ingest.formats.charsets import storable
from ingest.formats.chats.file_by_file import base_name, folder_of, one_by_one
from ingest.formats.chats.json_stream import walk
from ingest.formats.chats.model import Said, Stated, Thread
from ingest.formats.chats.slack_directory import CHANNELS, LOGS, USERS, Channel, Directory, directory
from ingest.formats.chats.slack_message import message_of
from ingest.formats.container import ContainerBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.model import Export

READER = "slack 1"
_DAY: Final = re.compile(r"(?:^|/)\d{4}-\d{2}-\d{2}\.json\Z")
_TS: Final = re.compile(rb'"ts"\s?:\s?"\d{9,10}\.\d{6}"')
_HEAD: Final = 1 << 15
_MOST_HEADS: Final = 60
_LISTS: Final = frozenset(
    [
        *USERS,
        *CHANNELS,
        LOGS,
        *("canvases.json", "lists.json", "content_flags.json", "file_conversations.json", "teams.json"),
    ]
)


def recognise(export: Export) -> bool:
    """Whether there are files of days with Slack's messages, beside a list of members or channels or alone."""
    names = export.names
    if len(names) == 1:
        return _is_day(export.head(names[0], _HEAD))
    if not any(base_name(name) in (*USERS, *CHANNELS) for name in names):
        return False
    days = (name for name in names if _DAY.search(name))
    return any(_is_day(export.head(name, _HEAD)) for name, _ in zip(days, range(_MOST_HEADS), strict=False))


def _is_day(head: bytes) -> bool:
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return head.startswith(b"[") and _TS.search(head) is not None and b'"type"' in head and b'"message"' in head


def read(export: Export) -> Iterator[Said | Stated | Remark]:
    """All messages, conversation after conversation, day after day."""
    names = export.names
    days = sorted(name for name in names if _DAY.search(name)) if len(names) > 1 else list(names)
    folders: dict[str, list[str]] = {}
    for name in days:
        folders.setdefault(folder_of(name), []).append(name)
    known: dict[str, Directory] = {}
    for folder, files in folders.items():
        root = folder_of(folder.rstrip("/"))
        if root not in known:
            known[root] = directory(export, root)
            yield from known[root].remarks
        thread = _thread(folder, known[root])
        yield Stated(what="conversations", count=1, path=folder)
        yield from one_by_one((name, _read(export, name, folder, thread, known[root])) for name in files)


def _thread(folder: str, known: Directory) -> Thread:
    called = base_name(folder.rstrip("/"))
    channel = known.channels.get(called) or Channel(name=called or None)
    title = storable(known.title(channel, called))
    return Thread(
        platform="slack",
        key=channel.id or f"name:{called}",
        title=title or None,
        participants=tuple(known.sender(one) for one in channel.members),
        path=folder,
    )


def _read(export: Export, name: str, folder: str, thread: Thread, known: Directory) -> Iterator[Said | Stated | Remark]:
    met = media = 0
    broken: ContainerBroken | None = None
    try:
        for piece in walk(export.open(name), [("*",)]):
            met += 1
            if isinstance(piece.value, dict):
                message = message_of(piece.value, piece.raw, folder, known, export)
                media += len(message.attachments)
                yield Said(thread=thread, message=message)
            else:
                reason = piece.problem or "it is no object"
                yield Remark(text=f"a message could not be read: {reason}", path=name, lost=1)
    except ContainerBroken as problem:
        broken = problem
    if met:
        yield Stated(what="messages", count=met, path=name)
    if media:
        yield Stated(what="media", count=media, path=name)
    if broken is not None:
        raise broken


def aside(name: str) -> str | None:
    """See `model.ExportFormat`."""
    return "it holds no messages or posts" if base_name(name) in _LISTS else None
