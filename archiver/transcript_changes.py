"""A version of what pictures say → the next one, as a person corrects it; and what changed between two. Pure.

Rule: what stood in the version before stays there. Of a message that a person leaves as it is, place and attachments
stay; what he says of it was concluded by nobody. A version's text begins with its messages, so that search finds what
is right now, and what an engine read beside them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, Final

from ingest.captions import CAPTION_FIELDS
from ingest.formats.chats.transcript import transcript as text_of_messages
from ingest.formats.transcripts.printed_times import moment_on
from storage.errors import Conflict, InvalidInput
from storage.records import Message
from storage.transcription import Caption, TranscribedMessage, Transcript

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from storage.transcription import Transcription

FIELDS: Final = ("side", "sender", "text", "time", "day", "at")
_OF_MESSAGE: Final = frozenset({"side", "sender", "text", "at"})
_MOST_SAID: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenMessage:
    """A message as a person writes it; `number` is the one that it was in the version before, from 1, None if new."""

    number: int | None
    side: str | None
    sender: str | None
    text: str
    time: str | None
    day: str | None
    at: str | None


def with_messages(before: Transcription, written: Sequence[WrittenMessage], title: str | None) -> Transcription:
    """The next version with all messages as they were written.

    Raises:
        InvalidInput: one names a message that is not there, or that another names, too.
    """
    transcript = _transcript(before)
    numbers = [one.number for one in written if one.number is not None]
    if len(set(numbers)) < len(numbers):
        raise InvalidInput("two messages have the same number; leave it out where a message is new")
    if any(not 1 <= one <= len(transcript.messages) for one in numbers):
        raise InvalidInput(f"a message has a number that is not 1 to {len(transcript.messages):,}; leave it out if new")
    return _next(before, tuple([_written(transcript, one) for one in written]), title)


def with_changes(before: Transcription, number: int, changes: Mapping[str, str | None]) -> Transcription:
    """The next version with some members of one message changed.

    Raises:
        InvalidInput: there is no such message.
    """
    messages = list(_transcript(before).messages)
    messages[_place(messages, number)] = _changed(messages[_place(messages, number)], changes)
    return _next(before, tuple(messages), _transcript(before).title)


def without_message(before: Transcription, number: int) -> Transcription:
    """The next version without a message that is none.

    Raises:
        InvalidInput: there is no such message.
    """
    messages = list(_transcript(before).messages)
    del messages[_place(messages, number)]
    return _next(before, tuple(messages), _transcript(before).title)


def with_day(before: Transcription, day: date, number: int | None = None) -> Transcription:
    """The next version with a date for each time that had none, or for that of one message.

    Raises:
        InvalidInput: there is no such time, or the pictures print more than one day.
    """
    messages = list(_transcript(before).messages)
    places = range(len(messages)) if number is None else [_place(messages, number)]
    open_ones = [place for place in places if messages[place].time and messages[place].message.at is None]
    if number is None and len({messages[place].day for place in open_ones}) > 1:
        raise InvalidInput("the pictures print more than one day; give the day of each message with --message")
    told = 0
    for place in open_ones:
        at = moment_on(day, messages[place].time)
        if at is not None:
            messages[place] = _changed(messages[place], {"at": at})
            told += 1
    if not told:
        raise InvalidInput("no message has a time without a date that could be read; give the moment with --at")
    return _next(before, tuple(messages), _transcript(before).title)


def confirmed(before: Transcription) -> Transcription:
    """The next version as it is: a person says that the pictures say this."""
    messages = tuple([replace(one, inferred=()) for one in _transcript(before).messages])
    return _next(before, messages, _transcript(before).title)


def with_caption(before: Transcription, caption: Caption | None) -> Transcription:
    """The next version with another caption."""
    return replace(before, number=before.number + 1, caption=caption)


def differences(before: Transcription | None, after: Transcription) -> list[dict[str, Any]]:
    """What changed, member by member: of messages by their number in the later version, of removed ones in the earlier.

    Each is `what`, `message` (None where it is no message), `before` and `after`; at most 500, then one without more.
    """
    if before is None:
        return []
    found: list[dict[str, Any]] = []
    for one in _all_differences(before, after):
        if len(found) == _MOST_SAID:
            return [*found, _difference("and more", None, None, None)]
        found.append(one)
    return found


def difference_line(one: Mapping[str, Any]) -> str:
    """A difference in words."""
    where = "" if one["message"] is None else f"message {one['message']:,}: "
    if one["what"] == "added":
        return f"{where}added: {_quoted(one['after'])}"
    if one["what"] == "removed":
        return f"{where}removed, it was {_quoted(one['before'])}"
    if one["before"] is None and one["after"] is None:
        return str(one["what"])
    return f"{where}{one['what']} was {_quoted(one['before'])}, is {_quoted(one['after'])}"


def _quoted(text: str | None) -> str:
    return "nothing" if text is None else f"\N{LEFT DOUBLE QUOTATION MARK}{text}\N{RIGHT DOUBLE QUOTATION MARK}"


def _transcript(before: Transcription) -> Transcript:
    return before.transcript or Transcript()


def _place(messages: Sequence[TranscribedMessage], number: int) -> int:
    if not 1 <= number <= len(messages):
        raise InvalidInput(f"there is no message {number:,}; there are {len(messages):,}, counted from 1")
    return number - 1


def _changed(one: TranscribedMessage, changes: Mapping[str, str | None]) -> TranscribedMessage:
    of_message = {name: value for name, value in changes.items() if name in _OF_MESSAGE}
    beside: dict[str, Any] = {name: value for name, value in changes.items() if name not in _OF_MESSAGE}
    if "text" in of_message:
        of_message["text"] = of_message["text"] or ""
    settled = {*changes, *(["day"] if "at" in changes else [])}
    return replace(
        one,
        message=one.message._replace(**of_message),  # type: ignore[arg-type]  # the names are those of its members
        inferred=tuple(name for name in one.inferred if name not in settled),
        **beside,
    )


def _written(transcript: Transcript, one: WrittenMessage) -> TranscribedMessage:
    if one.number is None:
        message = Message(at=one.at, sender=one.sender, text=one.text, side=one.side)
        return TranscribedMessage(message=message, time=one.time, day=one.day)
    base = transcript.messages[one.number - 1]
    return replace(_changed(base, {name: getattr(one, name) for name in FIELDS}), inferred=())


def _next(before: Transcription, messages: tuple[TranscribedMessage, ...], title: str | None) -> Transcription:
    transcript = replace(_transcript(before), messages=messages, title=title)
    said_before = text_of_messages([one.message for one in _transcript(before).messages])
    rest = before.text.removeprefix(said_before).removeprefix("\n") if said_before else before.text
    said = text_of_messages([one.message for one in messages])
    text = "\n".join(part for part in (said, rest) if part)
    return replace(before, number=before.number + 1, transcript=transcript, text=text)


def refuse_same(before: Transcription, after: Transcription) -> None:
    """Refuse a correction that corrects nothing.

    Raises:
        Conflict: both say the same.
    """
    if replace(after, number=before.number) == before:
        raise Conflict(
            "this changes nothing; to say that it is right as it is, use: archiver transcript confirm",
            record=before.record_id,
        )


def _all_differences(before: Transcription, after: Transcription) -> Iterator[dict[str, Any]]:
    old, new = _transcript(before), _transcript(after)
    if old.title != new.title:
        yield _difference("title", None, old.title, new.title)
    for name in CAPTION_FIELDS:
        was, is_now = (getattr(one.caption, name) or None if one.caption else None for one in (before, after))
        if was != is_now:
            yield _difference(f"caption: {name}", None, was, is_now)
    keys = [[(one.message.sender, one.message.text) for one in each.messages] for each in (old, new)]
    for kind, start, end, first, last in SequenceMatcher(None, keys[0], keys[1]).get_opcodes():
        paired = min(end - start, last - first) if kind in ("equal", "replace") else 0
        for offset in range(paired):
            one, other = old.messages[start + offset], new.messages[first + offset]
            for name in FIELDS:
                was, is_now = _member(one, name), _member(other, name)
                if was != is_now:
                    yield _difference(name, first + offset + 1, was, is_now)
        for place in range(start + paired, end):
            yield _difference("removed", place + 1, old.messages[place].message.text, None)
        for place in range(first + paired, last):
            yield _difference("added", place + 1, None, new.messages[place].message.text)


def _member(one: TranscribedMessage, name: str) -> str | None:
    value = getattr(one.message if name in _OF_MESSAGE else one, name)
    return value or None


def _difference(what: str, message: int | None, before: str | None, after: str | None) -> dict[str, Any]:
    return {"what": what, "message": message, "before": before, "after": after}
