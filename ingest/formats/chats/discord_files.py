"""What the files of DiscordChatExporter have in common: addresses that are paths, counted reactions, printed names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from ingest.formats.charsets import storable
from ingest.formats.chats.file_by_file import base_name
from ingest.formats.chats.model import Media, Reacted, Stated
from ingest.formats.container import Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.model import Export

MOST_UNNAMED: Final = 50
_COUNTED: Final = re.compile(r"(.{1,200}?) \((\d{1,9})\)", re.DOTALL)
_NAME: Final = re.compile(r"(.*?)(?: \[part \d{1,6}\])?(?:\.[A-Za-z]{3,4})?\Z", re.DOTALL)
_CHANNEL_ID: Final = re.compile(r"(.*?) ?\[(\d{15,20})\]\Z", re.DOTALL)


def media_at(address: object, folder: str, export: Export, *, name: object = None) -> Media:
    """A file by its address: a path from the folder of the document where it was downloaded, else on the network."""
    stated = storable(name) if isinstance(name, str) and name else None
    if not isinstance(address, str) or not address:
        return Media(name=stated)
    if address.startswith(("http:", "https:")):
        try:
            return Media(name=stated or base_name(unquote(urlsplit(address).path)) or None)
        except ValueError:
            return Media(name=stated)
    for path in (address, address.replace("\\", "/"), unquote(address), unquote(address).replace("\\", "/")):
        if export.has(folder + path):
            return Media(name=stated or base_name(path), entry=folder + path)
    return Media(name=stated or base_name(address.replace("\\", "/")))


def unnamed(emoji: str, count: int) -> list[Reacted]:
    """Reactions of people who are not named, at most `MOST_UNNAMED`."""
    return [Reacted(emoji=emoji)] * min(max(count, 0), MOST_UNNAMED)


def count_of(value: object, *, default: int) -> int:
    """A stated count, or what must be at least."""
    return value if type(value) is int and value >= 0 else default


def printed_reactions(parts: list[str]) -> tuple[Reacted, ...]:
    """``👍 (2)`` and ``🎉``, each a part."""
    found: list[Reacted] = []
    for part in parts:
        match = _COUNTED.fullmatch(part)
        emoji, count = (match[1], int(match[2])) if match else (part, 1)
        if emoji:
            found.extend(unnamed(emoji, count))
    return tuple(found)


def channel_of(name: str) -> tuple[str | None, str | None]:
    """Title and id of a channel from a file's name, ``Server - Category - channel [id].csv``."""
    match = _NAME.match(base_name(name))
    title = storable(match[1]) if match else ""
    numbered = _CHANNEL_ID.fullmatch(title)
    return (numbered[1] or None, numbered[2]) if numbered else (title or None, None)


def counts(stated: object, met: int, path: str) -> Iterator[Stated | Remark]:
    """What a file says of its number of messages; that it says too few is no loss, and is only remarked."""
    said = count_of(stated, default=met)
    if said < met:
        yield Remark(text=f"the file says that it holds {said} messages, and {met} are in it", path=path)
    yield Stated(what="messages", count=max(said, met), path=path)
    yield Stated(what="conversations", count=1, path=path)


_NOTICES: Final = re.compile(
    r"Pinned a message\.|Joined the server\.|Left the group\.|Started a thread\.|Started a call\."
    r"|Started a call that lasted \d{1,9}(?:[.,]\d{1,9})? minutes?\.|Changed the channel icon\."
    r"|Changed the channel name(?:: [^\n]{1,200})?\.|(?:Added [^\n]{1,100} to|Removed [^\n]{1,100} from) the group\."
)


def is_notice(text: str) -> bool:
    """Whether these are the exporter's own words for a notice, which text and CSV tell from nothing else."""
    return len(text) < 300 and _NOTICES.fullmatch(text) is not None  # noqa: PLR2004 - no notice is longer
