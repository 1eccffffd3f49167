"""Which folders are an export that somebody unpacked before he handed it in; by names and first bytes alone.

Rule kept: nothing is parsed here. A folder is taken for an export where it has the files that one kind of export is
known by, at the places where they lie in it, and where the first of them begins as an export does. It may say yes to
a folder that is none: its files are then taken one by one, as they are out of any archive of files. A folder in which
exports of several platforms were gathered is none itself.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from fnmatch import translate
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Final

from ingest.formats.detect import HEAD_BYTES
from ingest.formats.export_signs import may_be_export

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MOST_NAMES: Final = 300_000
_MOST_FOLDERS: Final = 10_000
_MOST_MATCHES: Final = 50
_MOST_LOOKED_INTO: Final = 100


@dataclass(frozen=True, slots=True)
class Layout:
    """The shape of one kind of unpacked export.

    Args:
        platform: whose it is, for people.
        first: the file or folder (it ends in ``/``) that it is known by: a path in the folder, with ``*``, compared
            without regard to case. A file must begin as an export may.
        beside: paths of which one must be there as well; empty where `first` is enough.
        holds: bytes of which the beginning of the first file must hold one, where its name says little.
        is_part: it is the folder of one conversation, whose name may be all that tells which one it is.
        mostly: at least half of the folders in it must have such a file, because only their contents make it one.
    """

    platform: str
    first: str
    beside: tuple[str, ...] = ()
    holds: tuple[bytes, ...] = ()
    is_part: bool = False
    mostly: bool = False


_SCRIPT: Final = (b"window.YTD", b"window.__THAR", b"Grailbird")
_META: Final = (b'"participants"', b'"sender_name"', b"_a6-g", b"pam _3-95", b"_2ph_")
_TELEGRAM: Final = (
    b'"personal_information"', b'"personal_chat"', b'"private_', b'"public_', b'"saved_messages"', b'"bot_chat"',
    b'"date_unixtime"', b'"from_id"',
)  # fmt: skip
_MEDIA: Final = (
    "chats/", "photos/", "files/", "video_files/", "voice_messages/", "round_video_messages/", "stickers/", "contacts/",
)  # fmt: skip
_LINKEDIN: Final = ("connections.csv", "shares.csv", "profile.csv", "comments.csv", "invitations.csv")
_REDDIT: Final = ("posts.csv", "comments.csv", "post_headers.csv", "message_headers.csv", "statistics.csv")

LAYOUTS: Final = (
    Layout("whatsapp", "_chat.txt"),
    Layout("whatsapp", "*.txt", ("*-WA[0-9][0-9][0-9][0-9]*.*",)),
    Layout("meta", "your_activity_across_facebook/"),
    Layout("meta", "your_facebook_activity/"),
    Layout("meta", "your_instagram_activity/"),
    *(
        Layout("meta", f"messages/{part}/*/message_*.{ending}")
        for part in ("inbox", "archived_threads", "filtered_threads", "message_requests", "e2ee_cutover")
        for ending in ("json", "html")
    ),
    Layout("meta", "inbox/*/message_*.*"),
    Layout("meta", "message_[0-9]*.*", holds=_META, is_part=True),
    Layout("meta", "posts/your_posts*.json"),
    Layout("meta", "*.json", ("media/",), (b'"threadName"',)),
    Layout("x", "data/*.js", holds=_SCRIPT),
    Layout("x", "data/js/tweets/*.js", holds=_SCRIPT),
    Layout("x", "*.js", holds=_SCRIPT),
    Layout("telegram", "result.json", _MEDIA, _TELEGRAM),
    Layout("telegram", "messages.html"),
    Layout("telegram", "chats/chat_*/messages.html"),
    Layout("signal", "main.jsonl", ("metadata.json", "files/")),
    Layout("signal", "*/chat.md", ("*/data.json", "*/media/"), mostly=True),
    Layout("signal", "*/data.json", ("*/chat.md", "*/index.md"), (b'"sender"',), mostly=True),
    Layout("signal", "chat.md", ("data.json", "media/"), is_part=True),
    Layout("imessage", "chat.db"),
    Layout("imessage", "*.txt", ("attachments/",)),
    Layout("imessage", "*.html", ("attachments/",), (b'class="message"',)),
    *(
        Layout("google", f"{root}{product}/")
        for root in ("takeout/", "")
        for product in ("voice/calls", "google chat/groups", "hangouts", "youtube*/*comment*", "youtube*/*chat*")
    ),
    Layout("google", "* - *.html", holds=(b"hChatLog", b"haudio")),
    Layout("google", "calls/* - *.html", holds=(b"hChatLog", b"haudio")),
    Layout("google", "groups/*/messages.json", ("groups/*/group_info.json",)),
    Layout("slack", "channels.json", ("users.json",)),
    Layout("slack", "dms.json", ("users.json",)),
    Layout("discord", "messages/index.json", ("messages/*/channel.json",)),
    Layout("discord", "*/c*/messages.json", ("*/user.json",), (b'"Contents"',)),
    Layout("discord", "*/c*/messages.csv", ("*/user.json",), (b"ID,Timestamp,Contents",)),
    Layout("discord", "c*/messages.json", ("c*/channel.json",), (b'"Contents"',), mostly=True),
    Layout("discord", "c*/messages.csv", ("c*/channel.json",), (b"ID,Timestamp,Contents",), mostly=True),
    Layout("discord", "*.json", ("*.json_Files/",), (b'"guild"',)),
    Layout("discord", "*.html", ("*.html_Files/",), (b"DiscordChatExporter", b"chatlog")),
    Layout("tiktok", "direct message*/*.txt"),
    Layout("tiktok", "*/direct message*/*.txt"),
    Layout("snapchat", "json/chat_history.json"),
    Layout("reddit", "messages.csv", _REDDIT, (b"permalink", b"subject")),
    Layout("reddit", "comments.csv", _REDDIT, (b"permalink",)),
    Layout("linkedin", "messages.csv", _LINKEDIN, (b"CONVERSATION ID",)),
    Layout("linkedin", "shares.csv", _LINKEDIN, (b"ShareLink",)),
    Layout("mastodon", "outbox.json", ("actor.json",)),
    Layout("bluesky", "app.bsky.feed.post/"),
    Layout("groupme", "*/message.json", ("*/conversation.json",), mostly=True),
    Layout("groupme", "message.json", ("conversation.json",), is_part=True),
    Layout("skype", "messages.json", ("endpoints.json", "media/"), (b'"conversations"',)),
)


def layout_of(folder: Path) -> Layout | None:
    """The layout of an export that a folder has, None where it has none; never raises for what lies in it."""
    listed = _Listed(os.fspath(folder))
    found = _first_fitting(listed)
    if found is None:
        return None
    own = {one.partition("/")[0].casefold() for one in (found.first, *found.beside) if "/" in one}
    for inside in islice(listed.folders(), _MOST_LOOKED_INTO):
        other = None if os.path.basename(inside).casefold() in own else _first_fitting(_Listed(inside))  # noqa: PTH119
        if other is not None and other.platform != found.platform:
            return None
    return found


def _first_fitting(listed: _Listed) -> Layout | None:
    return next((one for one in LAYOUTS if _fits(listed, one)), None)


def _fits(listed: _Listed, layout: Layout) -> bool:
    found = islice((one for one in listed.find(layout.first) if _begins(one, layout)), _MOST_MATCHES)
    first = next(found, None)
    if first is None:
        return False
    if layout.mostly:
        depth = layout.first.count("/")
        holding = {one.rsplit("/", depth)[0] for one in (first, *found)}
        if len(holding) * 2 < min(sum(1 for _ in listed.folders()), _MOST_MATCHES):
            return False
    return not layout.beside or any(next(listed.find(one), None) is not None for one in layout.beside)


def _begins(path: str, layout: Layout) -> bool:
    if layout.first.endswith("/"):
        return True
    try:
        # a pipe in the place of the file would keep us waiting for its writer
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
        try:
            head = os.read(descriptor, HEAD_BYTES)
        finally:
            os.close(descriptor)
    except OSError:
        return False
    if layout.holds and not any(one in head for one in layout.holds):
        return False
    return bool(layout.holds) or may_be_export(head, os.path.basename(path))  # noqa: PTH119 - a name may be undecodable


class _Listed:
    """A folder and those in it by their names, each listed once; links are neither."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._names: dict[str, tuple[dict[str, list[str]], dict[str, list[str]]]] = {}

    def folders(self) -> Iterator[str]:
        """The paths of the folders in it that are not hidden."""
        _, folders = self._listed(self._folder)
        for name, paths in folders.items():
            if not name.startswith("."):
                yield from paths

    def find(self, pattern: str) -> Iterator[str]:
        """The paths that fit a pattern, in no order."""
        wants_folder = pattern.endswith("/")
        parts = pattern.rstrip("/").split("/")
        waiting = [(self._folder, 0)]
        while waiting:
            here, depth = waiting.pop()
            is_last = depth == len(parts) - 1
            files, folders = self._listed(here)
            names = files if is_last and not wants_folder else folders
            for path in _fitting(names, parts[depth].casefold()):
                if is_last:
                    yield path
                else:
                    waiting.append((path, depth + 1))

    def _listed(self, folder: str) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        known = self._names.get(folder)
        if known is None:
            known = ({}, {})
            if len(self._names) >= _MOST_FOLDERS:
                return known
            self._names[folder] = known
            try:
                with os.scandir(folder) as found:
                    for one in islice(found, _MOST_NAMES):
                        if one.is_dir(follow_symlinks=False):
                            known[1].setdefault(one.name.casefold(), []).append(one.path)
                        elif one.is_file(follow_symlinks=False):
                            known[0].setdefault(one.name.casefold(), []).append(one.path)
            except OSError:
                pass
        return known


def _fitting(names: dict[str, list[str]], part: str) -> Iterator[str]:
    if "*" not in part and "[" not in part:
        yield from names.get(part, ())
        return
    fits = _expression(part).match
    for name, paths in names.items():
        if fits(name):
            yield from paths


@cache
def _expression(part: str) -> re.Pattern[str]:
    return re.compile(translate(part))
