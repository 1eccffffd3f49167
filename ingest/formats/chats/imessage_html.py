"""Pages of imessage-exporter: a page a chat, an element a message (``div.message``) or a notice (``div.announcement``).

Rule kept: a message is the outermost element; answers that are shown inside of it come again at their own place and
are no messages here. Its bytes are the source of its element. Classes are those of releases 1.0 to 3.x: ``sent`` or
``received``, ``timestamp``, ``sender``, ``bubble``, ``attachment``, ``edited``, ``tapback`` (before: ``reaction``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, BinaryIO, Final
from urllib.parse import unquote

from ingest.formats.chats.byte_lines import lines
from ingest.formats.chats.html_tree import elements
from ingest.formats.chats.imessage_export import (
    DATE,
    EFFECTS,
    OWNER,
    attached,
    is_unsent,
    moment,
    reaction,
    side,
    title_of,
)
from ingest.formats.chats.model import ChatMessage, Media, Reacted, Said, Stated, Thread, Version
from ingest.formats.container import ContainerBroken, MemberBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.html_tree import Element
    from ingest.formats.chats.model import Export

READER: Final = "imessage-html 1"
_HEAD: Final = 64 << 10
_LARGEST_MESSAGE: Final = 8 << 20
_MOST_NAMES: Final = 1000
_MARK: Final = re.compile(rb'<span class="timestamp">(?:<a [^>]{0,300}>)?' + DATE.encode())
_OWN: Final = re.compile(rb'class ?="(?:announcement|message)"')
_TOP: Final = re.compile(rb'<div class ?="(?:message|announcement)"')
_SENDER: Final = re.compile(rb'<span class="sender">([^<]{1,200})</span>')
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_GUID: Final = re.compile(r"sms://open\?message-guid=([\w-]{1,80})")
_OUTER: Final = frozenset({"message", "announcement"})
_ELSEWHERE: Final = frozenset({"replies"})
_REPLY: Final = frozenset({"reply_context", "reply_anchor"})
_PLAIN: Final = frozenset({"subject", "shareplay", "shared_location", "bubble", "app", "transcription", "app_error"})


def recognise(export: Export) -> bool:
    """See `ExportFormat`."""
    return next(_pages(export), None) is not None


def read(export: Export) -> Iterator[Said | Stated | Remark]:
    """See `ExportFormat`.

    Raises:
        ContainerBroken: there is no page of Messages in it.
    """
    none = True
    for name in _pages(export):
        none = False
        try:
            yield from _messages(export, name)
        except MemberBroken as problem:
            yield Remark(text=f"the page could not be read to its end: {problem}", path=name, lost=None)
    if none:
        raise ContainerBroken("no page of Messages is in it")


def aside(name: str) -> str | None:
    """See `ExportFormat`."""
    return "it holds no messages" if name.rpartition("/")[2] in {"style.css", ".DS_Store"} else None


def _pages(export: Export) -> Iterator[str]:
    names = export.names
    for name in names:
        if len(names) == 1 or name.lower().endswith((".html", ".htm")):
            head = export.head(name, _HEAD)
            if _OWN.search(head) and _MARK.search(head):
                yield name


def _wanted(tag: str, attributes: dict[str, str]) -> bool:
    return tag == "div" and not _OUTER.isdisjoint(attributes.get("class", "").split())


def _messages(export: Export, name: str) -> Iterator[Said | Stated | Remark]:
    title = title_of(name)
    senders: dict[str, None] = {}
    count = lost = 0
    with export.open(name) as stream:
        for line in lines(stream):
            count += line is not None and _TOP.match(line) is not None
            found = _SENDER.search(line) if line is not None and len(senders) < _MOST_NAMES else None
            if found:
                senders[_unescaped(found[1].decode("utf-8", "replace"))] = None
    thread = Thread(
        platform="imessage",
        key=f"chat:{title or ''}",
        title=title,
        participants=tuple(senders),
        owner=OWNER if OWNER in senders else None,
        path=name,
        media_type="text/html",
    )
    folder = name.rpartition("/")[0]
    with export.open(name) as stream:
        for source in _sources(stream):
            text = source.decode("utf-8", "surrogateescape") if source is not None else ""
            shown = _SURROGATE.sub("\ufffd", text)
            met = 0
            for element in elements(shown, _wanted):
                met += 1
                raw = text[element.start : element.end].encode("utf-8", "surrogateescape")
                yield Said(thread=thread, message=_message(export, folder, element, raw))
            lost += source is None or (met == 0 and _OWN.search(source) is not None)
    if lost:
        yield Remark(text="messages in it are damaged or too large and were not read", path=name, lost=lost)
    yield Stated(what="messages", count=count, path=name)


def _sources(stream: BinaryIO) -> Iterator[bytes | None]:
    """The page in pieces that begin with a message at the beginning of a line, as those in answers never do."""
    held: list[bytes] = []
    size = 0
    for line in lines(stream, whole=True):
        if line is not None and _TOP.match(line):
            yield b"".join(held) if size <= _LARGEST_MESSAGE else None
            held, size = [line], len(line)
        else:
            size += len(line) if line is not None else _LARGEST_MESSAGE + 1
            if line is not None and size <= _LARGEST_MESSAGE:
                held.append(line)
    yield b"".join(held) if size <= _LARGEST_MESSAGE else None


def _unescaped(text: str) -> str:
    for mark, plain in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#39;", "'"), ("&amp;", "&")):
        text = text.replace(mark, plain)
    return text.strip()


def _own(element: Element) -> Iterator[Element]:
    """All elements of the message that are not those of an answer shown in it."""
    stack = list(reversed(element.elements()))
    while stack:
        one = stack.pop()
        if _ELSEWHERE.isdisjoint(one.classes):
            yield one
            stack.extend(reversed(one.elements()))


def _message(export: Export, folder: str, element: Element, raw: bytes) -> ChatMessage:
    found = _Found(export, folder)
    stamp = ""
    sender = guid = None
    sent = False
    for one in _own(element):
        classes = one.classes
        if not stamp and "timestamp" in classes:
            stamp = one.text(spaced=True)
            link = _GUID.search(next((a.attributes.get("href", "") for a in one.find_all("a")), ""))
            guid = link[1] if link else None
        elif sender is None and "sender" in classes:
            sender = one.text() or None
        elif "sent" in classes:
            sent = True
        else:
            found.take(one, classes)
    at = moment(stamp)
    if "announcement" in element.classes:
        words = element.text().removeprefix(_collapsed(stamp)).strip()
        return ChatMessage(at=at, sender=None, text=words, raw=raw, side="center", system=True)
    text = "\n".join(found.words)
    unmapped = found.unmapped | ({"read"} if "(Read by" in stamp else set())
    return ChatMessage(
        at=at,
        sender=sender,
        text=text,
        raw=raw,
        id=guid,
        side="right" if sent else side(sender),
        attachments=tuple(found.media),
        edits=tuple(found.edits),
        edited=bool(found.edits),
        deleted=found.deleted or (found.unsent and not text and not found.media),
        reactions=tuple(found.reactions),
        unmapped=tuple(sorted(unmapped)),
    )


def _collapsed(text: str) -> str:
    return " ".join(text.split())


class _Found:
    """What the elements of one message say."""

    def __init__(self, export: Export, folder: str) -> None:
        self._export = export
        self._folder = folder
        self._done: set[int] = set()
        self.words: list[str] = []
        self.media: list[Media] = []
        self.reactions: list[Reacted] = []
        self.edits: list[Version] = []
        self.unmapped: set[str] = set()
        self.deleted = False
        self.unsent = False

    def take(self, one: Element, classes: list[str]) -> None:
        """One element; those below one that was taken whole are passed over."""
        if id(one) not in self._done and not self._is_mark(one, classes):
            self._words_of(one, classes)

    def _is_mark(self, one: Element, classes: list[str]) -> bool:
        if "deleted" in classes:
            self.deleted = True
        elif "unsent" in classes:
            self.unsent = is_unsent(one.text()) or self.unsent
            self._whole(one)
        elif one.tag == "span" and ("tapback" in classes or "reaction" in classes):
            found = reaction(_collapsed(one.text()))
            if found is not None:
                self.reactions.append(found)
            else:
                self.unmapped.add("tapback")
        elif not _REPLY.isdisjoint(classes):
            self.unmapped.add("reply")
        elif "expressive" in classes:
            self.unmapped.add("effect")
        else:
            return False
        return True

    def _words_of(self, one: Element, classes: list[str]) -> None:
        if "edited" in classes:
            self._edited(one)
        elif "attachment" in classes or "sticker" in classes:
            self._attached(one)
        elif "attachment_error" in classes:
            self.media.append(Media(name=one.text().rpartition(": ")[2] or None))
        elif not _PLAIN.isdisjoint(classes):
            words = one.text(spaced=True).strip("\n") if "bubble" in classes else _lines(one)
            if words and words not in EFFECTS:
                self.words.append(words)
            self._whole(one)

    def _whole(self, one: Element) -> None:
        self._done.update(id(below) for below in one.walk())

    def _edited(self, one: Element) -> None:
        rows = [list(row.find_all("td")) for row in one.find_all("tr")]
        versions = [cells[-1].text(spaced=True).strip() for cells in rows if cells]
        self.edits += [Version(text=words) for words in versions[:-1]]
        if versions:
            self.words.append(versions[-1])
        self._whole(one)

    def _attached(self, one: Element) -> None:
        paths: dict[str, None] = {}
        for below in one.walk():
            path = below.attributes.get("src") or (below.attributes.get("href") if below.tag == "a" else None)
            if path and "://" not in path[:12]:
                paths[path] = None
        for path in paths:
            media = attached(self._export, self._folder, path)
            self.media.append(media if media.present else attached(self._export, self._folder, unquote(path)))
        if not paths:
            self.words.append(one.text())
        transcript = one.find("span", "transcription")
        if transcript is not None:
            self.words.append(transcript.text())
        self._whole(one)


def _lines(one: Element) -> str:
    return "\n".join(line for line in one.text().split("\n") if line.strip())
