"""Text exports of Signal Desktop as the program signal-export writes them: a folder a chat, chat.md and data.json.

Rule kept: ``data.json`` (JSON Lines, despite its name) and ``chat.md`` say the same, so one of them is read:
data.json, which keeps quotes, stickers and reactions apart; chat.md, or index.md of older releases, where it is
missing. Times are local times of the computer that exported, and stay without a zone. In chat.md only a date in
brackets at the beginning of a line begins a message; whatever else a line looks like, it is part of the last one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, BinaryIO, Final
from urllib.parse import unquote

from ingest.formats.chats.byte_lines import lines
from ingest.formats.chats.fields import unmapped
from ingest.formats.chats.json_lines import object_of
from ingest.formats.chats.model import ChatMessage, Media, Reacted, Said, Stated, Thread
from ingest.formats.chats.moments import iso
from ingest.formats.container import ContainerBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.model import Export

READER: Final = "signal-text 1"
_OWNER: Final = "Me"
_NOBODY: Final = "No-Sender"
_MARKDOWN: Final = ("chat.md", "index.md")
_HEAD: Final = 4096
_MOST_NAMES: Final = 1000
_LARGEST_MESSAGE: Final = 16 << 20
_FIRST: Final = re.compile(rb"\[(\d{4}-\d\d-\d\d),? (\d\d:\d\d(?::\d\d)?)\] ([^\r\n]*)")
_OLD_FIRST: Final = re.compile(rb"\[\d{4}-\d\d-\d\d, \d\d:\d\d\] [^:\r\n]+:")
_MARKS: Final = re.compile(rb"  \r?\n|\n\(- [^\n]{1,400} -\)\r?\n|\]\(\./media/")
_KEYS: Final = frozenset({"date", "sender", "body", "quote", "sticker", "reactions", "attachments", "deleted", "call"})
_DISTINCT: Final = ("date", "sender", "body", "quote", "reactions", "attachments")
_ATTACHMENT: Final = re.compile(r"!?\[([^\]\n]{0,300})\]\(\./(media/[^\n]{1,300}?)\)(?:  |(?=\n|$))")
_REACTIONS: Final = re.compile(r"\n?\(- ([^\n]{1,4000}) -\)(?=\n|$|!?\[)")
_STICKER: Final = re.compile(r"\n?\(\( ([^\n]{1,100}) \)\)(?=\n|$)")
_DELETED: Final = "(This message was deleted)"
_BREAK: Final = "  "  # a line break of Markdown, which the program adds to every body


def recognise(export: Export) -> bool:
    """See `ExportFormat`."""
    return next(_chats(export), None) is not None


def read(export: Export) -> Iterator[Said | Stated | Remark]:
    """See `ExportFormat`.

    Raises:
        ContainerBroken: there is no chat in it.
    """
    none = True
    for name in _chats(export):
        none = False
        yield from _from_json(export, name) if _is_data(export, name) else _from_markdown(export, name)
    if none:
        raise ContainerBroken("no chat of Signal is in it")


def aside(name: str) -> str | None:
    """See `ExportFormat`."""
    last = name.rsplit("/", 1)[-1]
    if last in {*_MARKDOWN, "index.html", "data.json"}:
        return "it says the same as another file of the chat, which was read"
    return "it holds no messages" if last in {"style.css", "chat.js", "main.js"} else None


def _chats(export: Export) -> Iterator[str]:
    """One file a chat, in the order of the export."""
    names = export.names
    if len(names) == 1:
        if _is_data(export, names[0]) or _is_markdown(export.head(names[0], _HEAD), names[0]):
            yield names[0]
        return
    present = set(names)
    for name in names:
        folder, slash, last = name.rpartition("/")
        data = f"{folder}{slash}data.json"
        if last == "data.json":
            wanted = _is_data(export, name)
        else:
            newest = last == "chat.md" or (last == "index.md" and f"{folder}{slash}chat.md" not in present)
            twin = newest and data in present and _is_data(export, data)
            wanted = newest and not twin and _is_markdown(export.head(name, _HEAD), name)
        if wanted:
            yield name


def _is_data(export: Export, name: str) -> bool:
    head = export.head(name, _HEAD).removeprefix(b"\xef\xbb\xbf")
    if not head.startswith(b"{") or b'"sender"' not in head:
        return False
    first, ended, _ = head.partition(b"\n")
    if not ended and len(head) == _HEAD:
        return all(f'"{key}": '.encode() in head for key in ("date", "sender", "body"))
    value = object_of(first)
    return value is not None and all(key in value for key in _DISTINCT)


def _is_markdown(head: bytes, name: str) -> bool:
    head = head.removeprefix(b"\xef\xbb\xbf")
    if _FIRST.match(head) is None:
        return False
    return name.endswith(_MARKDOWN) or _OLD_FIRST.match(head) is not None or _MARKS.search(head) is not None


def _thread(name: str, senders: dict[str, None]) -> Thread:
    folder, _, last = name.rpartition("/")
    chat = folder.rpartition("/")[2]
    if not chat and last not in {*_MARKDOWN, "data.json"}:
        chat = last.rpartition(".")[0] or last
    return Thread(
        platform="signal",
        key=f"chat:{chat}",
        title=chat or None,
        participants=tuple(senders),
        owner=_OWNER if _OWNER in senders else None,
        path=name,
        media_type="application/json" if last == "data.json" else "text/plain",
    )


def _from_json(export: Export, name: str) -> Iterator[Said | Stated | Remark]:
    folder = name.rpartition("/")[0]
    senders: dict[str, None] = {}
    count = 0
    with export.open(name) as stream:
        for line in lines(stream):
            count += line is None or bool(line.strip())
            value = object_of(line) if line is not None else None
            sender = value.get("sender") if value else None
            if isinstance(sender, str) and sender != _NOBODY and len(senders) < _MOST_NAMES:
                senders[sender] = None
    thread, lost = _thread(name, senders), 0
    with export.open(name) as stream:
        for line in lines(stream):
            value = object_of(line) if line is not None else None
            if value is not None and line is not None:
                yield Said(thread=thread, message=_from_object(export, folder, value, line))
            elif line is None or line.strip():
                lost += 1
    if lost:
        yield Remark(text="lines in it are damaged or too long and were not read", path=name, lost=lost)
    yield Stated(what="messages", count=count, path=name)


def _from_object(export: Export, folder: str, value: dict[str, Any], line: bytes) -> ChatMessage:
    sender, body, quote = value.get("sender"), value.get("body"), value.get("quote")
    sticker = value.get("sticker")
    text = body.removesuffix(_BREAK) if isinstance(body, str) else ""
    if isinstance(sticker, dict) and isinstance(sticker.get("emoji"), str):
        text = f"{text}\n{sticker['emoji']}" if text else sticker["emoji"]
    elif isinstance(sticker, str) and sticker:
        text = f"{text}\n{sticker}" if text else sticker
    attachments, reactions = value.get("attachments"), value.get("reactions")
    name = sender if isinstance(sender, str) and sender and sender != _NOBODY else None
    is_call = value.get("call") is True
    return ChatMessage(
        at=iso(value.get("date")),
        sender=name,
        text=text,
        raw=line,
        side=_side(name),
        attachments=tuple(_attached(export, folder, attachments)) if isinstance(attachments, list) else (),
        reply_to=_quoted(quote) if isinstance(quote, str) else None,
        deleted=value.get("deleted") is True,
        system=is_call,
        reactions=tuple(_reacted(reactions)) if isinstance(reactions, list) else (),
        unmapped=unmapped(value, _KEYS),
    )


def _attached(export: Export, folder: str, attachments: list[Any]) -> Iterator[Media]:
    for one in attachments:
        if isinstance(one, dict):
            name, path = one.get("name"), one.get("path")
            yield _media(export, folder, name if isinstance(name, str) else "", path if isinstance(path, str) else "")


def _media(export: Export, folder: str, name: str, path: str) -> Media:
    entry = None
    for written in (path, path.replace("%20", " "), unquote(path)):
        full = f"{folder}/{written}" if folder else written
        if export.has(full):
            entry = full
            break
    return Media(name=name or path.rpartition("/")[2] or None, entry=entry)


def _reacted(reactions: list[Any]) -> Iterator[Reacted]:
    for one in reactions:
        if isinstance(one, list) and len(one) == 2 and isinstance(one[1], str):  # noqa: PLR2004 - name and emoji
            yield Reacted(emoji=one[1], by=one[0] if isinstance(one[0], str) else None)
        elif isinstance(one, dict) and isinstance(one.get("emoji"), str):
            yield Reacted(emoji=one["emoji"], by=one.get("name") if isinstance(one.get("name"), str) else None)


def _from_markdown(export: Export, name: str) -> Iterator[Said | Stated | Remark]:
    folder = name.rpartition("/")[0]
    senders: dict[str, None] = {}
    count = 0
    with export.open(name) as stream:
        for line in lines(stream):
            found = _FIRST.match(line) if line is not None else None
            if found:
                count += 1
                sender = _parted(found[3].decode("utf-8", "replace"))[0]
                if sender and sender != _NOBODY and len(senders) < _MOST_NAMES:
                    senders[sender] = None
    thread = _thread(name, senders)
    with export.open(name) as stream:
        for held in _blocks(stream):
            if held and held[0] is not None and _FIRST.match(held[0]):
                kept = [line for line in held if line is not None]
                if len(kept) < len(held):
                    yield Remark(text="lines of a message are too long and were left out", path=name)
                yield Said(thread=thread, message=_from_lines(export, folder, kept))
            elif any(line is None or line.strip() for line in held):
                yield Remark(text="lines before the first message belong to none", path=name)
    yield Stated(what="messages", count=count, path=name)


def _blocks(stream: BinaryIO) -> Iterator[list[bytes | None]]:
    """The lines of each message; first those that stand before all messages."""
    held: list[bytes | None] = []
    size = 0
    for line in lines(stream, whole=True):
        if line is not None and _FIRST.match(line):
            yield held
            held, size = [line], len(line)
        elif line is None or size > _LARGEST_MESSAGE:
            held.append(None)
        else:
            held.append(line)
            size += len(line)
    yield held


def _from_lines(export: Export, folder: str, held: list[bytes]) -> ChatMessage:
    first = _FIRST.match(held[0])
    assert first is not None
    at = iso(f"{first[1].decode()}T{first[2].decode()}")
    sender, rest = _parted(first[3].decode("utf-8", "replace"))
    text = "\n".join((rest, *(line.rstrip(b"\r\n").decode("utf-8", "replace") for line in held[1:])))
    deleted = text.strip() == _DELETED
    text, attachments = _taken(_ATTACHMENT, text)
    text, reactions = _taken(_REACTIONS, text)
    text, stickers = _taken(_STICKER, text)
    quote = None
    if not rest.strip():
        text, quote = _without_quote(text)
    words = "\n".join(part for part in (text.strip("\n").removesuffix(_BREAK), *(one[1] for one in stickers)) if part)
    name = None if sender in {"", _NOBODY} else sender
    return ChatMessage(
        at=at,
        sender=name,
        text="" if deleted else words,
        raw=b"".join(held).rstrip(b"\r\n"),
        side=_side(name),
        attachments=tuple(_media(export, folder, one[1], one[2]) for one in attachments),
        reply_to=quote,
        deleted=deleted,
        reactions=tuple(reacted for one in reactions for reacted in _listed(one[1])),
    )


def _taken(pattern: re.Pattern[str], text: str) -> tuple[str, list[re.Match[str]]]:
    found = list(pattern.finditer(text))
    return (pattern.sub("", text) if found else text), found


def _without_quote(text: str) -> tuple[str, str | None]:
    """Lines that begin with ``> ``, where they come before any words."""
    rows = text.split("\n")
    start = next((place for place, row in enumerate(rows) if row.strip()), len(rows))
    end = start
    while end < len(rows) and rows[end].startswith(">"):
        end += 1
    quoted = "\n".join(row[1:].removeprefix(" ") for row in rows[start:end]).strip()
    return "\n".join(rows[end:]), quoted or None


def _listed(text: str) -> Iterator[Reacted]:
    name = ""
    for part in text.split(", "):
        by, found, emoji = part.rpartition(": ")
        if found:
            yield Reacted(emoji=emoji, by=f"{name}{by}" or None)
            name = ""
        else:
            name += f"{part}, "


def _parted(text: str) -> tuple[str, str]:
    """The sender and the beginning of the words; a name ends at the first colon that a space follows."""
    sender, found, rest = text.partition(": ")
    if not found:
        sender, _, rest = text.partition(":")
    return sender, rest


def _quoted(quote: str) -> str | None:
    rows = (row.removeprefix("> ").removeprefix(">") for row in quote.strip().split("\n"))
    return "\n".join(rows).strip() or None


def _side(name: str | None) -> str | None:
    if name is None:
        return None
    return "right" if name == _OWNER else "left"
