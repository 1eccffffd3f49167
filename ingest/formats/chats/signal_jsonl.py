"""Signal's plain-text export: ``main.jsonl``, a frame of the backup a line, with its files beside it.

Rule kept: the bytes of a message are its line. A line that is no JSON object is counted as lost and the next is read.
Files are named by the hash of what is in them (``files/6b/6b7f....png``): a file that a message names and that is not
there is a missing one. The export is told by its first line, which is BackupInfo, whatever the file is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ingest.formats.chats.byte_lines import lines
from ingest.formats.chats.json_lines import object_of
from ingest.formats.chats.model import Stated
from ingest.formats.chats.signal_frames import ItemReader
from ingest.formats.chats.signal_people import People
from ingest.formats.container import ContainerBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.model import Export, Said

READER: Final = "signal-jsonl 1"
_HEAD: Final = 16_384
_ITEM: Final = b'"chatItem"'
_CANDIDATES: Final = 32


def recognise(export: Export) -> bool:
    """See `ExportFormat`: the first line is a BackupInfo as JSON."""
    return _found(export) is not None


def read(export: Export) -> Iterator[Said | Stated | Remark]:
    """See `ExportFormat`.

    Raises:
        ContainerBroken: the file cannot be read.
    """
    name = _found(export)
    if name is None:
        raise ContainerBroken("no plain-text export of Signal is in it")
    entries = _files(export)
    people = People(path=name, serialised=False)
    reader = ItemReader(people, entries.get)
    count, lost, chats = 0, 0, set()
    with export.open(name) as stream:
        for line in lines(stream):
            if line is None:
                count, lost = count + 1, lost + 1
                continue
            is_item = _ITEM in line[:64]
            body = object_of(line)
            if body is None:
                missing = bool(line.strip()) and (is_item or not line.lstrip().startswith(b"{"))
                count, lost = count + missing, lost + missing
                continue
            item = body.get("chatItem")
            if isinstance(item, dict):
                count += 1
                chat = item.get("chatId")
                chats.add(chat if isinstance(chat, (str, int)) else None)
                yield reader.said(item, line)
            else:
                _tell(people, body)
    if lost:
        yield Remark(text="lines in it are damaged or too long and were not read", path=name, lost=lost)
    yield Stated(what="messages", count=count, path=name)
    yield Stated(what="conversations", count=len(chats), path=name)


def aside(name: str) -> str | None:
    """See `ExportFormat`."""
    return "it holds no messages" if name.rsplit("/", 1)[-1] == "metadata.json" else None


def _tell(people: People, body: dict[str, Any]) -> None:
    for kind, telling in (("recipient", people.recipient), ("chat", people.chat), ("account", people.account)):
        value = body.get(kind)
        if isinstance(value, dict):
            telling(value)


def _files(export: Export) -> dict[str, str]:
    """By the hash that is a file's name, without the ending."""
    found: dict[str, str] = {}
    for name in export.names:
        folder, _, last = name.rpartition("/")
        if "files" in folder.split("/"):
            found.setdefault(last.split(".", 1)[0].lower(), name)
    return found


def _found(export: Export) -> str | None:
    names = export.names
    chosen = names if len(names) == 1 else [name for name in names if name.lower().endswith((".jsonl", ".json"))]
    return next((name for name in chosen[:_CANDIDATES] if _begins_export(export.head(name, _HEAD))), None)


def _begins_export(head: bytes) -> bool:
    first = head.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0]
    if not first.startswith(b"{") or b'"backupTimeMs"' not in first:
        return False
    info = object_of(first)
    return info is not None and "version" in info and isinstance(info["backupTimeMs"], (str, int))
