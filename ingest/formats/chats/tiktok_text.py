r"""TikTok data as text files: ``Direct Messages.txt`` and ``Comments.txt``, the form of "TXT" downloads.

Layout of messages: a line ``>>> Chat History with NAME::``, then a line for each message,
``2024-01-05 18:07:33 UTC NAME: text``; a line of another form goes on with the message before it. Layout of comments:
lines ``Label: value`` with an empty line between two comments, the first label a date. Labels are in the language of
the account; what a file is, is known by the labels that were seen (English, Dutch).

Rule kept: the file is read in lines and at most one message is in memory.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, BinaryIO, Final

from ingest.formats.charsets import decode
from ingest.formats.chats.file_by_file import base_name
from ingest.formats.chats.model import ChatMessage, Media, Said, Stated, Thread, ThreadKind
from ingest.formats.chats.moments import utc_text
from ingest.formats.container import ContainerBroken, MemberBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.chats.model import Export

PLATFORM: Final = "tiktok"
MESSAGES: Final = "messages"
COMMENTS: Final = "comments"
_BLOCK: Final = 1 << 18
_LONGEST: Final = 4 << 20  # bytes of a message; what is more goes on as the next one
_DATE: Final = r"([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2})(?: UTC)?"
_BEGINS: Final = re.compile(rb">>> [^\r\n]{1,300}::")
_HEADING: Final = re.compile(r">>> (?:Chat History with )?(.{1,300}?):{1,3}\s*")
_LINE: Final = re.compile(_DATE + r" ([^:\n]{1,200}): ?(.*)", re.DOTALL)
_DATED: Final = re.compile(_DATE)
_COMMENT_HEAD: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:Date|Datum): [0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}(?: UTC)?\r?\n(?:Comment|Reactie): "
)
_TEXT_LABELS: Final = frozenset({"comment", "reactie"})
_DATE_LABELS: Final = frozenset({"date", "datum"})
_MEDIA_LABELS: Final = frozenset({"photo", "sticker"})
_LABELS: Final = _TEXT_LABELS | _DATE_LABELS | _MEDIA_LABELS | {"url"}
_NOTHING: Final = frozenset({"", "N/A", "N.v.t.", "None"})
_OWNER: Final = re.compile(rb"(?:\xef\xbb\xbf)?(?:Username|Gebruikersnaam): ([^\r\n]{1,100})")
_MOST_FILES: Final = 500
_FIRST_BYTES: Final = 1 << 12
_LIKELY_FOLDERS: Final = re.compile(
    r"(?:^|/)(?:Your Activity|Activity|Likes and Favorites|Profile and Settings|Profile|App Settings|Ads and data"
    r"|Tiktok Live|TikTok Shop(?:ping)?|Income\+ Wallet Transactions)/[^/]+\.txt$",
    re.IGNORECASE,
)
_BEFORE: Final = "lines before the first conversation of the file, which belong to no message"


def files(export: Export) -> Iterator[tuple[str, str]]:
    """Text files that hold messages or comments, and which of the two."""
    names = export.names
    for name in names:
        if len(names) > 1 and not name.lower().endswith(".txt"):
            continue
        head = export.head(name, _FIRST_BYTES).removeprefix(b"\xef\xbb\xbf").lstrip()
        if _BEGINS.match(head) and re.search(rb"\n[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8} UTC ", head):
            yield name, MESSAGES
        elif _COMMENT_HEAD.match(head):
            yield name, COMMENTS


def aside(name: str) -> str | None:
    """Why a text file makes no record of its own."""
    if _LIKELY_FOLDERS.search(name):
        return "it holds no messages or posts, but what the account watched, liked or set, or what TikTok knows of it"
    return None


def owner(export: Export) -> str | None:
    """The account's name, from the file that describes it."""
    names = [name for name in export.names if name.lower().endswith(".txt")]
    for name in names[:_MOST_FILES]:
        match = _OWNER.match(export.head(name, _FIRST_BYTES))
        if match is not None:
            return decode(match[1]).strip() or None
    return None


def read(export: Export, name: str, kind: str, owner: str | None) -> Iterator[Said | Stated | Remark]:
    """All of one file.

    Raises:
        MemberBroken: the rest of it cannot be had.
    """
    found = _messages(export, name, owner) if kind == MESSAGES else _comments(export, name, owner)
    count = 0
    broken: ContainerBroken | MemberBroken | None = None
    try:
        for one in found:
            count += isinstance(one, Said)
            yield one
    except (ContainerBroken, MemberBroken) as problem:
        broken = problem
    yield Stated(what="messages", count=count, path=name)
    if broken is not None:
        raise broken


def _messages(export: Export, name: str, owner: str | None) -> Iterator[Said | Remark]:
    thread: Thread | None = None
    gathered: list[bytes] = []
    size = stray = 0
    for line in _lines(export.open(name)):
        text = decode(line)
        heading = _HEADING.fullmatch(text) if text.startswith(">>> ") else None
        starts = heading is None and thread is not None and _LINE.match(text) is not None
        if heading is not None or starts or size > _LONGEST:
            if gathered and thread is not None:
                yield _message(gathered, thread)
            gathered, size = [], 0
        if heading is not None:
            other = heading[1].strip()
            thread = Thread(
                platform=PLATFORM,
                key=other,
                title=other,
                participants=tuple(one for one in (owner, other) if one),
                owner=owner,
                path=name,
                media_type="text/plain",
            )
        elif starts or gathered:
            gathered.append(line)
            size += len(line)
        elif text.strip():
            if thread is None:
                stray += 1
            else:
                gathered, size = [line], len(line)
    if gathered and thread is not None:
        yield _message(gathered, thread)
    if stray:
        yield Remark(text=_BEFORE, path=name)


def _message(lines: list[bytes], thread: Thread) -> Said:
    while len(lines) > 1 and not lines[-1].strip():
        lines.pop()
    raw = b"\n".join(lines)
    text = decode(raw)
    match = _LINE.fullmatch(text)
    message = ChatMessage(
        at=utc_text(match[1]) if match else None,
        sender=match[2].strip() if match else None,
        text=match[3].replace("\r\n", "\n") if match else text,
        raw=raw,
        side=None if match is None else "left" if match[2].strip() == thread.key else "right",
    )
    return Said(thread=thread, message=message)


def _comments(export: Export, name: str, owner: str | None) -> Iterator[Said | Remark]:
    gathered: list[bytes] = []
    size = 0
    for line in _lines(export.open(name)):
        label, _, value = decode(line).partition(": ")
        begins = label.strip().lower() in _DATE_LABELS and _DATED.fullmatch(value.strip()) is not None
        if (begins or size > _LONGEST) and gathered:
            yield from _comment(gathered, name, owner)
            gathered, size = [], 0
        gathered.append(line)
        size += len(line)
    yield from _comment(gathered, name, owner)


def _comment(lines: list[bytes], path: str, owner: str | None) -> Iterator[Said]:
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        return
    told: dict[str, str] = {}
    last = ""
    for line in map(decode, lines):
        label, colon, value = line.partition(":")
        known = label.strip().lower()
        after_text = last in _TEXT_LABELS
        is_field = known in _LABELS or known.startswith("link") or not after_text
        if colon and is_field and known not in told:
            told[known], last = value.strip(), known
        elif last:
            told[last] += "\n" + line
    when = next((told[one] for one in _DATE_LABELS if one in told), "")
    text = next((told[one] for one in _TEXT_LABELS if one in told), "").strip()
    photos = [told[one] for one in _MEDIA_LABELS if told.get(one, "") not in _NOTHING]
    message = ChatMessage(
        at=utc_text(when),
        sender=owner,
        text=text,
        raw=b"\n".join(lines),
        side="right",
        attachments=tuple(Media(name=base_name(one)[-300:] or one[-300:]) for one in photos),
        unmapped=tuple(sorted(one[:100] for one in told if one not in _LABELS - {"url"} and told[one] not in _NOTHING)),
    )
    key = f"comment-{when}-{hashlib.sha256(text.encode('utf-8')).hexdigest()[:12]}"
    thread = Thread(
        platform=PLATFORM,
        key=key,
        title=None,
        participants=(owner,) if owner else (),
        owner=owner,
        kind=ThreadKind.POST,
        path=path,
        media_type="text/plain",
    )
    yield Said(thread=thread, message=message)


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Lines without their ends; one that is longer than a message may be is cut into several."""
    rest: list[bytes] = []
    size = 0
    first = True
    while block := stream.read(_BLOCK):
        if first:
            block, first = block.removeprefix(b"\xef\xbb\xbf"), False
        *whole, last = block.split(b"\n")
        for line in whole:
            yield b"".join((*rest, line)).removesuffix(b"\r")
            rest, size = [], 0
        rest.append(last)
        size += len(last)
        if size > _LONGEST:
            yield b"".join(rest)
            rest, size = [], 0
    if size:
        yield b"".join(rest).removesuffix(b"\r")
