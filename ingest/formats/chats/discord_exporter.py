"""Files that DiscordChatExporter writes: JSON, plain text and CSV, one file a channel or a part of one.

Rule kept: what a file is, its first lines say. JSON says everything; the text says no ids and has times of the
exporting machine in its own language; CSV has no channel, so its name tells it. Media that were downloaded lie in a
folder beside the file, and addresses in it are paths then.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ingest.formats.chats import discord_exporter_json, discord_exporter_table, discord_exporter_text
from ingest.formats.chats.file_by_file import one_by_one
from ingest.formats.chats.model import Stated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.model import Export, Said
    from ingest.formats.container import Remark

_FIRST: Final = 128
_HEAD: Final = 1 << 16
_MOST_HEADS: Final = 5_000
_ENDINGS: Final = (".json", ".txt", ".csv")
_PART: Final = re.compile(r"^(.*?)(?: \[part (\d{1,6})\])?(\.[A-Za-z]+)?$")


def recognise(export: Export) -> bool:
    """Whether one of its files was written by DiscordChatExporter."""
    return any(_reader_of(export, name) is not None for name in _candidates(export))


def _candidates(export: Export) -> list[str]:
    names = export.names
    return list(names) if len(names) == 1 else [name for name in names if name.lower().endswith(_ENDINGS)][:_MOST_HEADS]


def _reader_of(export: Export, name: str) -> str | None:
    first = export.head(name, _FIRST).removeprefix(b"\xef\xbb\xbf")
    if b'"guild"' not in first and not first.startswith((b"=====", b"AuthorID", b'"AuthorID')):
        return None
    head = export.head(name, _HEAD).removeprefix(b"\xef\xbb\xbf")
    if discord_exporter_json.is_json(head):
        return "json"
    if discord_exporter_text.is_text(head):
        return "text"
    return "table" if discord_exporter_table.is_table(head) else None


def _place(name: str) -> tuple[str, int, str]:
    """Parts of a channel follow one another by their number."""
    match = _PART.match(name.replace("\n", " "))
    return (match[1], int(match[2] or 1), name) if match else (name, 1, name)


def read(export: Export) -> Iterator[Said | Stated | Remark]:
    """All messages, file after file."""
    readers = {
        "json": discord_exporter_json.read,
        "text": discord_exporter_text.read,
        "table": discord_exporter_table.read,
    }
    for name in sorted(_candidates(export), key=_place):
        kind = _reader_of(export, name)
        if kind is None:
            continue
        for found in one_by_one([(name, readers[kind](export, name))]):
            if isinstance(found, Stated) and found.what == "conversations" and _place(name)[1] > 1:
                continue  # told of the first part
            yield found
