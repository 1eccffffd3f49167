"""SMS Backup & Restore (SyncTech) for Android: ``<smses>`` with ``<sms>`` and ``<mms>``, and ``<calls>``.

Rule kept: texts, multimedia messages and calls with one number are one conversation, a group is known by its numbers.
The owner has no name in these files and is "Me" here, with his number where a message gives it. The text "null" is how
the app writes that there is nothing. `readable_date` is in the phone's language and zone and is not read; the header's
count is often wrong and is compared, not believed.

Sources: the fields as SyncTech publishes them; numbers of address types: OMA MMS encapsulation (PduHeaders of Android).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ingest.formats.chats.file_by_file import base_name, one_by_one
from ingest.formats.chats.model import ChatMessage, Said, Stated, Thread
from ingest.formats.chats.moments import from_millis, from_seconds
from ingest.formats.chats.people import person
from ingest.formats.chats.sms_parts import Multimedia, multimedia_of
from ingest.formats.chats.xml_tags import resolved, tags
from ingest.formats.container import ContainerBroken, Remark

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ingest.formats.chats.model import Export
    from ingest.formats.chats.xml_tags import XmlTag

READER = "sms 1"
ME: Final = "Me"
_HEAD: Final = 1 << 14
_MOST_HEADS: Final = 2_000
_MOST_THREADS: Final = 50_000
_LARGEST_MESSAGE: Final = 80 << 20
_SECONDS_BELOW: Final = 100_000_000_000  # as milliseconds this is 1973: some versions write seconds in <mms>
_ROOT: Final = re.compile(rb"<(?:smses|calls)[\s>]")
_ITEM: Final = re.compile(rb'<(?:sms|mms|call)\s[^<>]{0,2000}?\b(?:address|number|date|m_id)\s{0,5}=\s{0,5}["\']')
_COUNT: Final = re.compile(rb'\scount\s{0,5}=\s{0,5}["\'](\d{1,9})["\']')
_ITEMS: Final = frozenset({"sms", "mms", "call"})
_NOT_DIGITS: Final = re.compile(r"[^\d]+", re.ASCII)
_DIALLED: Final = re.compile(r"[+(]?\d[\d ().+/-]{2,30}", re.ASCII)
_UNKNOWN: Final = frozenset({"", "null", "(Unknown)"})
_EMPTY: Final = frozenset({b"null", b"", b"0", b"-1"})
_KNOWN_SMS: Final = frozenset(
    {b"address", b"date", b"type", b"body", b"subject", b"contact_name", b"readable_date", b"read", b"seen"}
)
_KNOWN_CALL: Final = frozenset({b"number", b"date", b"type", b"duration", b"contact_name", b"readable_date"})
_SENT: Final = frozenset({b"2", b"3", b"4", b"5", b"6"})  # sent, draft, outbox, failed, queued: the owner's all of them
_PLAIN: Final = frozenset({b"1", b"2"})
_NOT_SENT: Final = {b"3": "draft", b"4": "outbox", b"5": "failed", b"6": "queued"}
_CALLS: Final = {
    b"1": "incoming call",
    b"2": "outgoing call",
    b"3": "missed call",
    b"4": "voicemail",
    b"5": "rejected call",
    b"6": "blocked call",
    b"7": "call answered on another device",
}
_AMERICAN: Final = 11


def recognise(export: Export) -> bool:
    """Whether there is a file of the app's, whatever it is called."""
    return next(_documents(export), None) is not None


def read(export: Export) -> Iterator[Said | Stated | Remark]:
    """See `model.ExportFormat`."""
    threads = _Threads()
    yield from one_by_one((name, _document(export, name, threads)) for name in _documents(export))
    yield from threads.counted()


def aside(name: str) -> str | None:
    """See `model.ExportFormat`."""
    return "it belongs to the look of the exported pages" if base_name(name).lower().endswith(".xsl") else None


def _documents(export: Export) -> Iterator[str]:
    names = export.names
    if len(names) > 1:
        names = [name for name in names if name.lower().endswith(".xml")][:_MOST_HEADS]
    return (name for name in names if _is_backup(export.head(name, _HEAD)))


def _is_backup(head: bytes) -> bool:
    """Whether a file begins as one of the app's: its root and, where there is room for one, an item of its own."""
    if not head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        return False
    root = _ROOT.search(head)
    if root is None:
        return False
    return _ITEM.search(head, root.end() - 1) is not None or _COUNT.search(head, root.end() - 1) is not None


def _document(export: Export, name: str, threads: _Threads) -> Iterator[Said | Stated | Remark]:
    met = files = 0
    stated: int | None = None
    broken: ContainerBroken | None = None
    stream = tags(export.open(name))
    try:
        for tag in stream:
            if tag.is_end or tag.name not in _ITEMS:
                if stated is None and _ROOT.match(tag.raw) and (count := _COUNT.search(tag.raw)) is not None:
                    stated = int(count[1])
                continue
            met += 1
            for found in _item(tag, stream, threads, name):
                files += len(found.message.attachments) if isinstance(found, Said) else 0
                yield found
    except ContainerBroken as problem:
        broken = problem
    yield Stated(what="messages", count=met if broken is None or stated is None else max(met, stated), path=name)
    if files:
        yield Stated(what="media", count=files, path=name)
    if broken is not None:
        raise broken
    if stated is not None and stated != met:
        text = f"the count in its header is {stated}, it holds {met}: the app's counts are often wrong"
        yield Remark(text=text, path=name)


def _item(tag: XmlTag, following: Iterator[XmlTag], threads: _Threads, path: str) -> Iterator[Said | Remark]:
    """A message or call with what is to be said of it."""
    if tag.name == "mms":
        held = multimedia_of(tag, following, _LARGEST_MESSAGE)
        yield from (Remark(text=text, path=path, lost=lost) for text, lost in held.remarks)
        if not held.lost:
            yield _multimedia(held, threads, path)
    elif tag.too_large:
        yield Remark(text="a message is larger than is read", path=path, lost=1)
    else:
        yield _text(tag, threads, path) if tag.name == "sms" else _call(tag, threads, path)


def _text(tag: XmlTag, threads: _Threads, path: str) -> Said:
    fields = tag.attributes()
    thread, other = threads.contact(fields.get(b"address"), fields.get(b"contact_name"), path)
    kind = fields.get(b"type", b"")
    sent = kind in _SENT
    message = ChatMessage(
        at=_moment(fields.get(b"date")),
        sender=ME if sent else other,
        text=_joined(_word(fields.get(b"subject")), _word(fields.get(b"body")) or ""),
        raw=tag.raw,
        side="right" if sent else "left",
        unmapped=_unmapped(fields, _KNOWN_SMS, _state("type", kind)),
    )
    return Said(thread=thread, message=message)


def _call(tag: XmlTag, threads: _Threads, path: str) -> Said:
    fields = tag.attributes()
    thread, other = threads.contact(fields.get(b"number"), fields.get(b"contact_name"), path)
    kind = fields.get(b"type", b"")
    duration = _word(fields.get(b"duration")) or "0"
    text = _CALLS.get(kind, "call")
    if duration != "0":
        text += f", {duration} seconds"
    message = ChatMessage(
        at=_moment(fields.get(b"date")),
        sender=ME if kind == b"2" else other,
        text=text,
        raw=tag.raw,
        side="center",
        system=True,
        unmapped=_unmapped(fields, _KNOWN_CALL, () if kind in _CALLS else ("type",)),
    )
    return Said(thread=thread, message=message)


def _multimedia(held: Multimedia, threads: _Threads, path: str) -> Said:
    fields = held.fields
    together = _word(fields.get(b"address")) or ""
    numbers = tuple(one for one in together.split("~") if one and one != "insert-address-token")
    # the list of addresses has the numbers in full where the joined ones may lack the country's
    full = {_key(one): one for one in (held.sender, *held.receivers) if one is not None}
    numbers = tuple(full.get(_key(one), one) for one in numbers)
    sent = fields.get(b"msg_box", b"") in _SENT or (b"msg_box" not in fields and fields.get(b"m_type") == b"128")
    own = held.sender if sent else None
    if not numbers:
        numbers = tuple(one for one in (*((held.sender,) if held.sender and not sent else ()), *held.receivers))[:1]
    names = _names(_word(fields.get(b"contact_name")), len(numbers))
    me = person(ME, own) or ME
    thread = threads.of(numbers or (None,), names or (None,), me, path)
    sender: str | None = me
    if not sent:
        called = {_key(number): name for number, name in zip(numbers, names, strict=True) if name is not None}
        writer = held.sender or (numbers[0] if len(numbers) == 1 else None)
        sender = person(called.get(_key(writer)), writer) if writer is not None else None
    message = ChatMessage(
        at=_moment(fields.get(b"date")),
        sender=sender,
        text=_joined(_subject(fields), held.text),
        raw=held.raw,
        id=_word(fields.get(b"m_id")),
        side="right" if sent else "left",
        attachments=held.media,
        unmapped=tuple(sorted((*held.unmapped, *_state("msg_box", fields.get(b"msg_box", b"1"))))),
    )
    return Said(thread=thread, message=message)


class _Threads:
    """The conversations of an export, the same object for the same numbers while it is remembered."""

    def __init__(self) -> None:
        self._threads: dict[str, Thread] = {}
        self._contacts: dict[tuple[bytes | None, bytes | None], tuple[Thread, str | None]] = {}

    def counted(self) -> Iterator[Stated]:
        """How many there are; nothing of the format states it, so this is the reader's own count."""
        if len(self._threads) < _MOST_THREADS:
            yield Stated(what="conversations", count=len(self._threads))

    def contact(self, address: bytes | None, name: bytes | None, path: str) -> tuple[Thread, str | None]:
        """The conversation with one number, and who that is, from attributes as they are written."""
        found = self._contacts.get((address, name))
        if found is None:
            number, called = _word(address), _name(name)
            found = self.of((number,), (called,), ME, path), person(called, number)
            if len(self._contacts) < _MOST_THREADS:
                self._contacts[address, name] = found
        return found

    def of(self, numbers: tuple[str | None, ...], names: tuple[str | None, ...], me: str, path: str) -> Thread:
        """The conversation with these numbers."""
        key = ",".join(sorted({_key(number) for number in numbers}))
        known = self._threads.get(key)
        if known is not None:
            return known
        others = tuple(zip(numbers, names, strict=True))
        thread = Thread(
            platform="sms",
            key=key,
            title=", ".join(name or number or "" for number, name in others) or None,
            participants=tuple(one for one in (*(person(name, number) for number, name in others), me) if one),
            owner=me,
            path=path,
            media_type="application/xml",
        )
        if len(self._threads) < _MOST_THREADS:
            self._threads[key] = thread
        return thread


def _key(number: str | None) -> str:
    """A number as it is compared: its digits, a North American one without its country's; a name in lower case."""
    if number is None:
        return "unknown"
    if not _DIALLED.fullmatch(number):
        return number.strip().lower()
    digits = _NOT_DIGITS.sub("", number)
    return digits[1:] if len(digits) == _AMERICAN and digits.startswith("1") else digits


def _names(together: str | None, count: int) -> tuple[str | None, ...]:
    """Who the numbers of a group are: the names beside them, where there are as many."""
    found = [] if together is None else [together] if count == 1 else together.split(", ")
    if len(found) != count:
        return (None,) * count
    return tuple(None if one in _UNKNOWN else one for one in found)


def _name(value: bytes | None) -> str | None:
    text = resolved(value).strip() if value is not None else ""
    return None if text in _UNKNOWN else text


def _word(value: bytes | None) -> str | None:
    return None if value is None or value in (b"null", b"") else resolved(value)


def _state(label: str, kind: bytes) -> tuple[str, ...]:
    """What is to be said of a message that was neither received nor sent: a draft is nobody's message yet."""
    if kind in _PLAIN:
        return ()
    return (f"{label} ({_NOT_SENT[kind]}, not known to be sent)" if kind in _NOT_SENT else label,)


def _subject(fields: dict[bytes, bytes]) -> str | None:
    """A subject that somebody wrote: RCS puts protocol data there."""
    found = _word(fields.get(b"sub"))
    return None if found is None or found == "NoSubject" or found.startswith("proto:") else found


def _joined(subject: str | None, text: str) -> str:
    return text if subject is None else f"{subject}\n{text}" if text else subject


def _moment(value: bytes | None) -> datetime | None:
    digits = value.decode("ascii", "replace") if value is not None and len(value) <= 20 else ""  # noqa: PLR2004 - 64 bits
    if not digits.isdigit() or not digits.isascii():
        return None
    return from_seconds(digits) if int(digits) < _SECONDS_BELOW else from_millis(digits)


def _unmapped(fields: dict[bytes, bytes], known: frozenset[bytes], more: tuple[str, ...] = ()) -> tuple[str, ...]:
    names = [name for name, value in fields.items() if name not in known and value not in _EMPTY]
    if not names and not more:
        return ()
    return tuple(sorted({*(name.decode("ascii", "replace")[:100] for name in names), *more}))
