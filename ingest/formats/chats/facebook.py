"""Facebook's and Messenger's "Download your information": messages, posts, comments and group posts, JSON and HTML.

Rule kept: see `meta_export`; the layout and its versions are described in docs/formats/facebook.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingest.formats.chats import facebook_posts, meta_export
from ingest.formats.chats.meta_accounts import HEAD, platforms_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.model import Export, Said, Stated
    from ingest.formats.container import Remark

READER: Final = "facebook 1"


def recognise(export: Export) -> bool:
    """See `ExportFormat.recognise`."""
    platforms = platforms_of(export)
    if not platforms and len(export.names) == 1:
        return facebook_posts.is_posts(export.head(export.names[0], HEAD))
    return "messenger" in platforms


def read(export: Export) -> Iterator[Said | Stated | Remark]:
    """See `ExportFormat.read`."""
    return meta_export.read_all(export, "messenger")


def aside(name: str) -> str | None:
    """See `ExportFormat.aside`."""
    return meta_export.aside(name)
