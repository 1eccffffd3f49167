"""A whole export of Meta's: which of its files are threads, which posts, which are neither; then all of them in order.

Rule kept: every file that looks like messages or posts is read, whatever it is called; a file that cannot be read
takes no other one with it. An archive may hold accounts of both platforms; each reader takes the files of its own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ingest.formats.chats import facebook_posts, instagram_posts
from ingest.formats.chats.file_by_file import folder_of, one_by_one
from ingest.formats.chats.meta_accounts import (
    HEAD,
    is_e2ee,
    is_markup,
    is_thread,
    loose_files,
    owner_of,
    platform_of_path,
    platforms_of,
)
from ingest.formats.chats.meta_entries import Keys
from ingest.formats.chats.meta_files import is_page, thread_pages
from ingest.formats.chats.meta_page_threads import read_page_posts, read_page_thread
from ingest.formats.chats.meta_threads import Owner, read_thread
from ingest.formats.chats.model import Said, Stated, ThreadKind
from ingest.formats.container import Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.model import Export, Thread

    Read = Iterator[Said | Stated | Remark]

_POSTS: Final = re.compile(
    r"(?:^|/)(?:posts|comments_and_reactions|comments|groups|stories|media|content|threads|other_activity)/"
    r"(?:album/|media/album/)?[^/]+\.(?:json|html)$"
)
_POST_PAGE: Final = re.compile(
    r"(?:^|/)(?:your_posts[^/]*|posts(?:_\d+)?|group_posts_and_comments|your_posts_in_groups|your_comments_in_groups"
    r"|comments|post_comments(?:_\d+)?|reels_comments|reels|stories|archived_posts|archived_stories"
    r"|threads_and_replies)\.html$"
)
_OF_MESSAGES: Final = re.compile(r"(?:^|/)messages/")
_ATTACHED: Final = re.compile(r"(?:^|/)(?:messages|posts|media|groups|comments|comments_and_reactions|stories|photos)/")
_TEXTS: Final = (".json", ".html", ".htm", ".css", ".js", ".txt", ".csv")
_TWICE: Final = "the same conversation is there as JSON, which was read instead of this page"
_NOTHING: Final = "nothing in it was recognised as a message or a post"


def read_all(export: Export, platform: str) -> Read:
    """All threads of this platform, then all of its posts."""
    platforms = platforms_of(export) or frozenset({platform})
    mine = [name for name in export.names if platform_of_path(name, platforms) == platform]
    left = set(mine)
    owner, author = owner_of(export, mine)
    folders = thread_pages(mine)
    work: list[tuple[str, Read]] = []
    for kinds in folders.values():
        in_json, in_html = kinds.get("json", []), kinds.get("html", [])
        if in_json:
            work.append((in_json[0], read_thread(export, in_json, platform=platform, owner=owner)))
            work += [(name, iter((Remark(text=_TWICE, path=name),))) for name in in_html]
        else:
            work.append((in_html[0], read_page_thread(export, in_html, platform=platform, owner=owner)))
        left.difference_update(in_json, in_html)
    loose = [name for name in loose_files(export) if name in left]
    named: dict[str, int] = {}
    for name in (*loose, *(name for name in mine if _OF_MESSAGES.search(name) and name.endswith(".json"))):
        found = _loose(export, name, platform, owner, named) if name in left else None
        if found is not None:
            left.discard(name)
            work.append((name, found))
    keys = Keys()
    for name in (name for name in mine if name in left):
        found = _posts(export, name, platform, author, keys, any_name=name in loose)
        if found is not None:
            work.append((name, found))
    yield from _counted(one_by_one(work))


def _counted(found: Read) -> Read:
    """The same, and at the end how many conversations there are: those read, and those of which nothing could be."""
    keys: set[str] = set()
    silent: set[str] = set()
    told: Thread | None = None
    spoke = False
    for one in found:
        yield one
        if isinstance(one, Said):
            spoke = True
            if one.thread is not told and one.thread.kind is ThreadKind.CONVERSATION:
                told = one.thread
                keys.add(told.key)
        elif isinstance(one, Stated) and one.what == "messages":
            if one.count and not spoke:
                silent.add(folder_of(one.path))
            spoke = False
    if keys or silent:
        yield Stated(what="conversations", count=len(keys) + len(silent))


def aside(name: str) -> str | None:
    """See `ExportFormat.aside`."""
    if is_page(name):
        return _TWICE if name.endswith(".html") else None
    if name.lower().endswith(_TEXTS):
        return None if _OF_MESSAGES.search(name) else _NOTHING
    return None if _ATTACHED.search(name) else "it belongs to no message or post"


def _loose(export: Export, name: str, platform: str, owner: Owner, named: dict[str, int]) -> Read | None:
    """A thread in a file that is not called as one."""
    head = export.head(name, HEAD)
    if is_e2ee(head) or is_thread(head):
        return read_thread(export, [name], platform=platform, owner=owner, single=True, named=named)
    if is_markup(head) and not _POST_PAGE.search(name) and (_OF_MESSAGES.search(name) or len(export.names) == 1):
        return read_page_thread(export, [name], platform=platform, owner=owner, single=True)
    return None


def _posts(export: Export, name: str, platform: str, author: str | None, keys: Keys, *, any_name: bool) -> Read | None:
    """Posts or comments, where this file has them."""
    expected = _POSTS.search(name) is not None
    if name.endswith(".html"):
        if not expected or not _POST_PAGE.search(name):
            return None
        posted = platform if platform == "instagram" else facebook_posts.PLATFORM
        return read_page_posts(export, name, platform=posted, owner=author, keys=keys)
    if not expected and not any_name:
        return None
    head = export.head(name, HEAD)
    if platform == "instagram":
        path = instagram_posts.container(head) if expected or instagram_posts.is_posts(head) else None
        return None if path is None else instagram_posts.read_posts(export, name, path, owner=author, keys=keys)
    where = facebook_posts.container(name, head) if expected or facebook_posts.is_posts(head) else None
    return None if where is None else facebook_posts.read_posts(export, name, where, owner=author, keys=keys)
