"""Instagram's "Download your information": direct messages, posts, stories, reels and comments, JSON and HTML.

Rule kept: see `meta_export`; the layout and its versions are described in docs/formats/instagram.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingest.formats.chats import instagram_posts, meta_export
from ingest.formats.chats.meta_accounts import HEAD, platforms_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.model import Export, Said, Stated
    from ingest.formats.container import Remark

READER: Final = "instagram 1"


def recognise(export: Export) -> bool:
    """See `ExportFormat.recognise`."""
    platforms = platforms_of(export)
    if not platforms and len(export.names) == 1:
        return instagram_posts.is_posts(export.head(export.names[0], HEAD))
    return "instagram" in platforms


def read(export: Export) -> Iterator[Said | Stated | Remark]:
    """See `ExportFormat.read`."""
    return meta_export.read_all(export, "instagram")


def aside(name: str) -> str | None:
    """See `ExportFormat.aside`."""
    return meta_export.aside(name)
