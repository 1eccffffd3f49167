"""The words of a record around its text: headers of mails and conversations, and each message as lines. Pure.

Rules kept: headers are those of the message that the record is, with blind copies and where to answer; of several
addresses one follows the other after a semicolon. A message is its sender, its moment in the archive's zone, and then
what it says; what became of it (changed, deleted, reactions) stands below. A file that a message carries is named by
its number, since its name is a part of its own.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Final

from search.disclosure.kept_text import normal_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from archiver.release_answers import ReadMail
    from storage.records import Attachment, Description, Message, Party

NO_TIME: Final = "no time is stated"
NO_SENDER: Final = "no sender is stated"


def headers_of(description: Description, read: ReadMail) -> tuple[tuple[str, str], ...]:
    """Name and text of each header of a mail; none is empty."""
    head = description.original
    said = (
        ("from", "" if head.sender is None else party(head.sender)),
        ("to", parties(head.to)),
        ("cc", parties(head.cc)),
        ("bcc", read.bcc),
        ("reply-to", read.reply_to),
        ("date", moment(head.date)),
        ("subject", head.subject or ""),
    )
    return _normal(said)


def conversation_headers(description: Description) -> tuple[tuple[str, str], ...]:
    """Name and text of each header of a conversation, a post or a page; none is empty."""
    bound = description.conversation
    if bound is None:
        return _normal((("platform", description.platform or ""),))
    said = (
        ("title", bound.title or ""),
        ("participants", "; ".join(bound.participants)),
        ("platform", description.platform or ""),
        ("day", bound.day),
        ("url", bound.url or ""),
    )
    return _normal(said)


def party(one: Party) -> str:
    """A sender or recipient on one line."""
    return f"{one.name} <{one.address}>" if one.name and one.address else one.name or one.address or ""


def parties(several: Sequence[Party]) -> str:
    """Recipients on one line."""
    return "; ".join(shown for shown in map(party, several) if shown)


def moment(stated: str | None) -> str:
    """A date as a message states it (ISO 8601), with spaces between its parts."""
    if stated is None:
        return ""
    with suppress(ValueError):
        found = datetime.fromisoformat(stated)
        offset = found.strftime("%z")
        return f"{found:%Y-%m-%d %H:%M:%S}{' ' + offset if offset else ''}"
    return stated


def message_texts(messages: Sequence[Message], zone: ZoneInfo, numbers: Mapping[str, int]) -> Iterator[str]:
    """Each message as one text of lines.

    Args:
        messages: in the order of the record.
        zone: that of the archive.
        numbers: the number of each attached file by its SHA-256.
    """
    places = {one.id: number for number, one in enumerate(messages, start=1) if one.id is not None}
    for one in messages:
        yield normal_text("\n".join(_lines(one, zone, numbers, places)))


def _lines(one: Message, zone: ZoneInfo, numbers: Mapping[str, int], places: Mapping[str, int]) -> Iterator[str]:
    yield _line(one.sender or ("system" if one.system else one.side or NO_SENDER))
    yield _local(one.at, zone)
    if one.reply_to is not None and one.reply_to in places:
        yield f"(in answer to message {places[one.reply_to]})"
    if one.forwarded_from:
        yield f"(forwarded from {_line(one.forwarded_from)})"
    if one.text:
        yield one.text
    for each in one.attachments:
        yield _attached(each, numbers)
    if one.deleted:
        yield "(deleted)"
    if one.edited or one.edited_at is not None:
        yield f"(changed {_local(one.edited_at, zone)})" if one.edited_at else "(changed)"
    for each_text in one.edits:
        yield f"(before: {each_text.text})"
    for reaction in one.reactions:
        yield f"({_line(reaction.emoji)} {_line(reaction.by or '')})".replace(" )", ")")


def _attached(one: Attachment, numbers: Mapping[str, int]) -> str:
    number = numbers.get(one.sha256 or "")
    if number is not None:
        return f"(attachment {number})"
    called = _line(one.name or one.media_type or "a file")
    return f"(attachment {called}{'' if one.present else ', not in the export'})"


def _local(at: str | None, zone: ZoneInfo) -> str:
    if at is None:
        return NO_TIME
    with suppress(ValueError, OverflowError):
        found = datetime.fromisoformat(at)
        return moment((found if found.tzinfo is None else found.astimezone(zone)).isoformat())
    return at


def _line(text: str) -> str:
    return " ".join(text.split())


def _normal(said: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    found = ((name, " ".join(normal_text(text).split())) for name, text in said)
    return tuple((name, text) for name, text in found if text)
