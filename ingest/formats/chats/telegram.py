"""Telegram Desktop's exports of one chat and of a whole account: result.json, or messages.html and its followers.

Rule kept: both layouts may lie in one export and say the same; then result.json is read, which says more, and the
pages beside and below it are not. Recognised by content: a JSON document with Telegram's own words for chats or
messages, or a page with the element classes of Telegram's pages.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ingest.formats.chats import telegram_json, telegram_pages
from ingest.formats.chats.file_by_file import base_name, folder_of, one_by_one

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.model import Export, Said, Stated
    from ingest.formats.container import Remark

READER = "telegram 1"
_FURNITURE: Final = re.compile(
    r"(?:css/style\.css|js/script\.js|images/(?:back|media_[a-z]+|section_[a-z]+)(?:@2x)?\.png)\Z"
)
_LISTS: Final = re.compile(
    r"(?:export_results|lists/(?:contacts|frequent|sessions|web_sessions|chats|left_chats|profile_pictures|stories"
    r"|other_data))\.(?:html|json)\Z"
)
_PREVIEW: Final = re.compile(r"_thumb(?:@2x)?\.(?:jpg|png|webp)\Z", re.IGNORECASE)
_PICTURE: Final = re.compile(r"(?:^|/)profile_pictures/[^/]+\Z")
_PAGE: Final = re.compile(r"messages\d*\.html\Z")


def recognise(export: Export) -> bool:
    """Whether there is a document or a page of Telegram's."""
    return bool(telegram_json.documents(export)) or bool(telegram_pages.pages(export))


def read(export: Export) -> Iterator[Said | Stated | Remark]:
    """All messages: of each result.json, then of the pages that lie beside or below none of them."""
    documents = telegram_json.documents(export)
    roots = tuple(folder_of(name) for name in documents)
    pages = [name for name in telegram_pages.pages(export) if not any(name.startswith(root) for root in roots)]
    yield from one_by_one((name, telegram_json.read(export, name)) for name in documents)
    titles: dict[str, int] = {}
    for chat in telegram_pages.by_chat(pages):
        yield from telegram_pages.read(export, chat, titles)


def aside(name: str) -> str | None:
    """See `model.ExportFormat`."""
    if _FURNITURE.search(name):
        return "it belongs to the look of the exported pages"
    if _LISTS.search(name):
        return "it holds no messages or posts"
    if _PAGE.match(base_name(name)):
        return "its messages were read from result.json"
    if _PREVIEW.search(name):
        return "it is a small preview of another file"
    if _PICTURE.search(name):
        return "it is a picture of a profile and belongs to no message"
    return None
