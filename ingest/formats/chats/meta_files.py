"""Where things lie in an export of Meta's (Facebook, Messenger, Instagram): threads, their pages, their media.

Rule kept: files are found by the ends of their paths, because an archive may put a folder around them; nothing
outside the export is ever named. A path in a message counts from the top of the archive, from the folder of the
account's activity, or from the folder of the thread, as it did in different years.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from ingest.formats.chats.file_by_file import base_name, folder_of
from ingest.formats.chats.model import Media
from ingest.formats.chats.mojibake import repaired

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.formats.chats.model import Export

_PAGE: Final = re.compile(r"(?:^|/)message_(\d{1,9})\.(json|html)$")
_ACTIVITY: Final = re.compile(
    r"^(.*?)(?:(?:your_activity_across_facebook|your_facebook_activity|your_instagram_activity)/|(?=messages/))"
)
_ELSEWHERE: Final = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]*:|^//|^#")
_TYPES: Final = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "heic": "image/heic",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "3gp": "video/3gpp",
    "srt": "application/x-subrip",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "aac": "audio/aac",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "wav": "audio/wav",
    "pdf": "application/pdf",
    "txt": "text/plain",
}


def thread_pages(names: Iterable[str]) -> dict[str, dict[str, list[str]]]:
    """Folder of a thread → "json" and "html" → its pages in the order of their numbers, in the archive's order."""
    found: dict[str, dict[str, list[tuple[int, str]]]] = {}
    for name in names:
        match = _PAGE.search(name)
        if match:
            found.setdefault(folder_of(name), {}).setdefault(match[2], []).append((int(match[1]), name))
    return {
        folder: {kind: [name for _, name in sorted(pages)] for kind, pages in kinds.items()}
        for folder, kinds in found.items()
    }


def is_page(name: str) -> bool:
    """Whether a file is called as a page of a thread is."""
    return _PAGE.search(name) is not None


def is_elsewhere(uri: str) -> bool:
    """Whether this is an address on the network or no file at all."""
    return _ELSEWHERE.match(uri) is not None


class MediaFinder:
    """Finds the files that one file of the export names."""

    def __init__(self, export: Export, name: str) -> None:
        self._has = export.has
        folder = folder_of(name)
        match = _ACTIVITY.match(name)
        starts = ["", match[1] if match else "", match[0] if match else "", folder]
        self._starts = tuple(dict.fromkeys(starts))
        self._folder = folder

    def media(self, uri: object) -> Media | None:
        """The file of this path, present or not; None for what is no path."""
        if type(uri) is not str or not uri:
            return None
        meant = repaired(uri)
        entry = None if is_elsewhere(meant) else self._entry(meant) or self._entry(uri)
        name = base_name(entry or meant.partition("?")[0]) or None
        return Media(name=name, media_type=media_type(name), entry=entry)

    def _entry(self, uri: str) -> str | None:
        steps = [step for step in uri.replace("\\", "/").split("/") if step not in ("", ".")]
        while steps and steps[0] == "..":
            del steps[0]  # the pages' base is the top of the archive, which they reach so
        if not steps or ".." in steps:
            return None
        path = "/".join(steps)
        for start in self._starts:
            if self._has(start + path):
                return start + path
        beside = self._folder + "/".join(steps[-2:])
        if self._has(beside):
            return beside
        plain = unquote(path)
        return self._entry(plain) if plain != path and "%" not in plain else None


def media_type(name: str | None) -> str | None:
    """What a file is by the ending of its name, as these platforms name files."""
    return _TYPES.get(name.rpartition(".")[2].lower()) if name else None
