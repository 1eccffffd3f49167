"""Discord: the data package that Discord sends its users, and files written by DiscordChatExporter.

Rule kept: both say what they are by their content, whatever they are called; one export may hold both.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Final

from ingest.formats.chats import discord_exporter, discord_package
from ingest.formats.chats.file_by_file import base_name
from ingest.formats.chats.model import Said, Stated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.model import Export
    from ingest.formats.container import Remark

READER = "discord 1"
_NO_MESSAGES: Final = re.compile(
    r"(?:events-\d{4}[^/]*|guild|audit-log|channels|emojis?|bots?|applications?|webhooks?|integrations|reporting|tns"
    r"|user|index|channel|application|ads|ad-traits)\.json\Z",
    re.IGNORECASE,
)
_PICTURE: Final = re.compile(
    r"(?:_Files/(?:a_)?[0-9a-f]{32}(?:-[0-9A-F]{5})?\.(?:png|gif|webp|jpe?g)"  # an avatar or an icon, by its hash
    r"|_Files/[0-5]-[0-9A-F]{5}\.png"  # an avatar that Discord gives
    r"|_Files/[0-9a-f]{2,6}(?:-[0-9a-f]{2,6})*-[0-9A-F]{5}\.svg"  # an emoji, by its code points
    r"|(?:^|/)avatar\.(?:png|gif|webp|jpe?g)|(?:^|/)recent_avatars/[^/]+)\Z"
)


def recognise(export: Export) -> bool:
    """Whether there is a package's folder of messages, or a file that DiscordChatExporter wrote."""
    return discord_package.recognise(export) or discord_exporter.recognise(export)


def read(export: Export) -> Iterator[Said | Stated | Remark]:
    """All messages of the package, then those of the files of DiscordChatExporter."""
    media = 0
    for found in chain(discord_package.read(export), discord_exporter.read(export)):
        if isinstance(found, Said):
            media += len(found.message.attachments)
        yield found
    if media:
        yield Stated(what="media", count=media)


def aside(name: str) -> str | None:
    """See `model.ExportFormat`."""
    if _NO_MESSAGES.search(base_name(name)) or base_name(name) == "README.txt":
        return "it holds no messages or posts"
    if _PICTURE.search(name):
        return "it is a picture of a profile, a server or an emoji and belongs to no message"
    return None
