"""The messages of a transcript, and those of better evidence, as they are compared with each other. Pure.

Rule: the zone of a picture nobody knows, so times are compared as clocks show them: that of the picture as printed,
that of an export in the zone that made its day. A time on a picture counts without the half of the day.
"""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from search.message_digests import plain
from search.message_matching import Said
from storage.records import Grade, RecordKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.records import DescribedRecord, Message
    from storage.transcription import TranscribedMessage, Transcription

_CLOCK: Final = re.compile(r"(?<!\d)(\d{1,2})[:.h時时]\s?(\d{2})(?!\d)")
_DAY: Final = len("2026-03-02")
_MINUTE: Final = len("2026-03-02T09:41")
_HOURS, _MINUTES = 24, 60
_LONGEST_STAMP: Final = 80
_LONGEST_TEXT: Final = 200_000


def shown_messages(read: Transcription | None) -> tuple[Said, ...]:
    """The messages that pictures show, in their order; none where they show no conversation."""
    if read is None or read.transcript is None:
        return ()
    return tuple([_shown(one) for one in read.transcript.messages])


def held_messages(described: DescribedRecord) -> tuple[Said, ...]:
    """The messages that a record itself holds, in their order."""
    conversation = described.description.conversation
    zone = _zone(conversation.zone) if conversation is not None else None
    return tuple([_held(one, zone) for one in described.description.messages])


def held_text(described: DescribedRecord) -> str:
    """The plain text of a record that is no conversation."""
    description = described.description
    return "" if description.messages else _long_plain(description.text)


def is_better(described: DescribedRecord) -> bool:
    """Whether a record can be better evidence of what a picture shows: mails and exports of a better grade."""
    about = described.record
    return about.grade is not Grade.D and about.kind not in (RecordKind.SCREENSHOT, RecordKind.DOCUMENT)


def texts_of(said: Sequence[Said]) -> list[str]:
    """Everything that messages say, each text once."""
    return list(dict.fromkeys(text for one in said for text in one.texts if text))


def minute_of(printed: str | None) -> int | None:
    """The minute of the day of a printed time; None where it is none."""
    match = _CLOCK.search(unicodedata.normalize("NFKC", (printed or "")[:_LONGEST_STAMP]))
    if match is None:
        return None
    hour, minute = int(match[1]), int(match[2])
    return hour * _MINUTES + minute if hour <= _HOURS and minute < _MINUTES else None


def _shown(one: TranscribedMessage) -> Said:
    message = one.message
    at = message.at
    side = message.side if message.side in ("left", "right") else None
    printed = one.time or (at[_DAY:] if at else None)
    return Said(
        texts=(plain(message.text),),
        speaker=None if message.system else message.sender or side,
        side=side,
        day=at[:_DAY] if at else None,
        minute=minute_of(printed),
    )


def _held(one: Message, zone: ZoneInfo | None) -> Said:
    local = _local(one.at, zone)
    before = [plain(version.text) for version in one.edits]
    return Said(
        texts=tuple(dict.fromkeys([plain(one.text), *before])),
        speaker=None if one.system else one.sender,
        day=local[:_DAY] if local else None,
        minute=minute_of(local[_DAY:]) if local and len(local) >= _MINUTE else None,
    )


def _local(at: str | None, zone: ZoneInfo | None) -> str | None:
    """A stated moment as a clock of the zone shows it; one without an offset stays."""
    if at is None or len(at) < _MINUTE:
        return at
    with suppress(ValueError, OverflowError):
        moment = datetime.fromisoformat(at)
        return at if moment.tzinfo is None or zone is None else moment.astimezone(zone).isoformat()
    return None


def _zone(name: str) -> ZoneInfo | None:
    with suppress(ValueError, KeyError, OSError):
        return ZoneInfo(name) if name else None
    return None


def _long_plain(text: str) -> str:
    """A long text, line by line, since lines were broken where no message ends."""
    return "".join([plain(line) for line in text[:_LONGEST_TEXT].splitlines()])
