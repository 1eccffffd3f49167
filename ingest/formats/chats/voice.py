"""Google Voice as Google Takeout exports it: a page for each stretch of a conversation, each call, each voicemail.

Rule kept: texts, calls and voicemails with one number are one conversation, and a group is known by the numbers in it,
because that is what stays the same from export to export; names change and pages are cut anew. Where a page names no
number (the owner alone wrote), the number is that which the other pages give for this name, if they give one only.

Files are named in pages without their endings; a file belongs to a page where it lies beside it and has that name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ingest.formats.charsets import storable
from ingest.formats.chats.file_by_file import base_name, folder_of, one_by_one
from ingest.formats.chats.model import ChatMessage, Media, Said, Stated, Thread
from ingest.formats.chats.people import person
from ingest.formats.chats.voice_pages import Entry, Page, Speaker, entries_of, is_page, page_of
from ingest.formats.container import MemberBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.model import Export

READER = "voice 1"
_HEAD: Final = 1 << 14
_MOST_HEADS: Final = 200
_LARGEST: Final = 32 << 20
_MOST_THREADS: Final = 50_000
_PAGE: Final = re.compile(r" - \d{4}-\d\d-\d\dT\d\d_\d\d_\d\dZ?(?:\(\d{1,4}\))?\.html\Z", re.ASCII | re.IGNORECASE)
_NAMED: Final = re.compile(r"(.*) - \d{4}-\d\d-\d\dT\d\d_\d\d_\d\d", re.ASCII | re.DOTALL)
_KINDS: Final = (" - Text", " - Placed", " - Received", " - Missed", " - Voicemail", " - Recorded")
_GROUP: Final = "Group Conversation"
_NUMBER: Final = re.compile(r"\+?[\d ()-]{3,20}", re.ASCII)
_FIT: Final = re.compile(r"[\x00-\x1f\"%&'*/:<>?\\|]")
_ASIDE: Final = re.compile(
    r"(?:^|/)Voice/(?:[^/]+/)*(?:Phones\.vcf|Bills\.html|Greetings/[^/]+)\Z|(?:^|/)archive_browser\.html\Z"
)
_ME: Final = "Me"


def recognise(export: Export) -> bool:
    """Whether there is a page of Voice's."""
    return next(_pages(export), None) is not None


def read(export: Export) -> Iterator[Said | Stated | Remark]:
    """See `model.ExportFormat`."""
    reader = _Reader(export)
    yield from one_by_one((name, reader.page(name)) for name in _pages(export))
    yield from reader.conversations()


def aside(name: str) -> str | None:
    """See `model.ExportFormat`."""
    return "it holds no messages or posts" if _ASIDE.search(name) else None


def _pages(export: Export) -> Iterator[str]:
    """Pages by their names and content; by content alone where no name is one of Voice's."""
    found = False
    for name in export.names:
        if _PAGE.search(name) and is_page(export.head(name, _HEAD)):
            found = True
            yield name
    if found:
        return
    looked = 0
    for name in export.names:
        if len(export.names) > 1 and not name.lower().endswith((".html", ".htm")):
            continue
        looked += 1
        if looked > _MOST_HEADS:
            return
        if is_page(export.head(name, _HEAD)):
            yield name


class _Reader:
    """What goes on from page to page of one export."""

    def __init__(self, export: Export) -> None:
        self._export = export
        self._threads: dict[str, Thread] = {}
        self._files: dict[str, str] | None = None
        self._numbers: dict[str, set[str]] | None = None
        self._owner: str | None = None

    def page(self, name: str) -> Iterator[Said | Stated | Remark]:
        """Everything on one page.

        Raises:
            MemberBroken: it cannot be read; what was read before was given.
        """
        content = self._export.read(name, _LARGEST)
        text = content.decode("utf-8", "surrogateescape")
        page = page_of(text, content)
        yield Stated(what="messages", count=page.count, path=name)
        thread: Thread | None = None
        files = given = 0
        for entry in entries_of(text, is_talk=page.is_talk):
            thread = thread or self._thread(name, page, entry)
            message = self._message(name, page, entry)
            files += len(message.attachments)
            given += 1
            yield Said(thread=thread, message=message)
        if files:
            yield Stated(what="media", count=files, path=name)
        if given < page.count:
            yield Remark(text="messages of a page could not be found in it", path=name, lost=page.count - given)

    def conversations(self) -> Iterator[Stated]:
        """How many there are; nothing of the format states it, so this is the reader's own count."""
        if len(self._threads) < _MOST_THREADS:
            yield Stated(what="conversations", count=len(self._threads))

    def _message(self, name: str, page: Page, entry: Entry) -> ChatMessage:
        media = tuple(self._media(name, one) for one in entry.files)
        unmapped = (*entry.unmapped, "userDeleted") if page.user_deleted else entry.unmapped
        if entry.kind == "text":
            speaker = entry.speaker
            is_owner = speaker is not None and speaker.is_owner
            side = None if speaker is None else "right" if is_owner else "left"
            sender = _written(speaker) if speaker is not None else None
            return ChatMessage(
                at=entry.at,
                sender=sender,
                text=entry.text,
                raw=entry.raw,
                side=side,
                attachments=media,
                unmapped=unmapped,
            )
        by_owner = entry.kind == "placed"
        other = _written(entry.speaker) if entry.speaker is not None else None
        spoken = entry.kind == "voicemail"
        heading = f"{entry.heading} {entry.duration}".strip()
        return ChatMessage(
            at=entry.at,
            sender=self._me() if by_owner else other,
            text=entry.text or heading,
            raw=entry.raw,
            side="left" if spoken else "center",
            attachments=media,
            system=not spoken,
            unmapped=tuple(sorted((*unmapped, "duration"))) if entry.text and entry.duration else unmapped,
        )

    def _thread(self, name: str, page: Page, entry: Entry) -> Thread:
        others = page.others
        if not others and entry.speaker is not None and not entry.speaker.is_owner:
            others = (entry.speaker,)
        if not others or all(one.number is None for one in others):
            others = (self._unnumbered(name, page, others),)
        handles = sorted({one.number or f"name:{one.name or ''}" for one in others})
        key = ",".join(handles)
        known = self._threads.get(key)
        if known is not None:
            return known
        owner = _written(page.owner) if page.owner is not None else self._me()
        if page.owner is not None and self._owner is None:
            self._owner = owner
        thread = Thread(
            platform="voice",
            key=key,
            title=", ".join(one.name or one.number or "" for one in others) or None,
            participants=tuple(written for one in (*others, None) if (written := _written(one) if one else owner)),
            owner=owner,
            path=name,
            media_type="text/html",
        )
        if len(self._threads) < _MOST_THREADS:
            self._threads[key] = thread
        return thread

    def _me(self) -> str:
        """The owner: by the number that the first page with a message of his gives him."""
        if self._owner is None:
            self._learn()
        return self._owner or _ME

    def _unnumbered(self, name: str, page: Page, others: tuple[Speaker, ...]) -> Speaker:
        """Whom a page without a number is about: by its title's second line, else by the file's name."""
        _, line, called = page.title.partition("\n")
        found = called.strip() if line else ""
        found = found or (others[0].name if others and others[0].name else "") or _name_in(name)
        if _NUMBER.fullmatch(found):
            return Speaker(number=found, name=None)
        numbers = self._learn().get(found, set()) if found else set()
        return Speaker(number=next(iter(numbers)) if len(numbers) == 1 else None, name=found or None)

    def _learn(self) -> dict[str, set[str]]:
        """The numbers of each name, and the owner's, from all pages; read once, and only where a page asks."""
        if self._numbers is None:
            self._numbers = {}
            for name in _pages(self._export):
                try:
                    content = self._export.read(name, _LARGEST)
                except MemberBroken:
                    continue
                page = page_of(content.decode("utf-8", "surrogateescape"), content)
                if page.owner is not None and self._owner is None:
                    self._owner = _written(page.owner)
                for one in page.others:
                    if one.name is not None and one.number is not None and len(self._numbers) < _MOST_THREADS:
                        self._numbers.setdefault(one.name, set()).add(one.number)
        return self._numbers

    def _media(self, page: str, name: str) -> Media:
        folder = folder_of(page)
        for candidate in dict.fromkeys((folder + name, folder + _FIT.sub("_", name))):
            if self._export.has(candidate):
                return Media(name=name, entry=candidate)
            if (found := self._stems().get(candidate)) is not None:
                return Media(name=base_name(found), entry=found)
        return Media(name=name)

    def _stems(self) -> dict[str, str]:
        """Files that are no pages, by their paths without their endings."""
        if self._files is None:
            self._files = {}
            for name in self._export.names:
                stem, dot, ending = name.rpartition(".")
                if dot and "/" not in ending and ending.lower() not in ("html", "htm"):
                    self._files.setdefault(stem, name)
        return self._files


def _written(speaker: Speaker) -> str | None:
    return person(speaker.name, speaker.number)


def _name_in(path: str) -> str:
    """Whom the name of a page's file tells: what stands before the kind and the time; "" for a group."""
    match = _NAMED.match(base_name(path))
    found = storable(match[1]) if match else ""
    for kind in _KINDS:
        found = found.removesuffix(kind)
    return "" if found == _GROUP else found.strip()
