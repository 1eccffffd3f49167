"""What was read in a record's pictures, as people and programs see it: versions, transcript, facts, what stays unread.

Rule: who says that the pictures say this stands beside it, an engine or a person; what was concluded and not read is
named. Observations on a picture are shown as what was seen, and metadata as what the file says of itself.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from archiver.conversation_view import message_document
from storage.transcribed import transcribed, waits_to_be_read
from storage.transcription import NOT_READ_YET, TextSource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from archiver.wiring import Installation
    from storage.records import DescribedRecord, Description
    from storage.transcription import (
        Box,
        Page,
        PictureFacts,
        TextLine,
        TranscribedMessage,
        Transcript,
        Transcription,
        UnreadRegion,
    )
    from storage.transcriptions import VersionLine


class ReadingState(StrEnum):
    """How far the reading of a record's pictures is."""

    WAITING = "waiting"
    READ = "read"
    OFF = "off"


STATES = {
    ReadingState.WAITING: "the text of its pictures is being read",
    ReadingState.OFF: "the text of its pictures is not read: the settings say so ([pictures] enabled)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """What there is of readings of one record; `state` is None where it has no pictures."""

    newest: Transcription | None = None
    versions: tuple[VersionLine, ...] = ()
    state: ReadingState | None = None


def pictures_sentence(waiting: int) -> str:
    """That pictures wait to be read, for who searches."""
    if waiting == 1:
        return "1 record has pictures that wait to be read, and is not found by their words yet"
    return f"{waiting:,} records have pictures that wait to be read, and are not found by their words yet"


def unread_parts(
    installation: Installation, connection: Connection, described: Sequence[DescribedRecord]
) -> tuple[str, ...]:
    """What of these records is not found by its words, for whoever handed them in, each said once.

    Raises:
        Corrupt: a transcription is not what was sealed.
    """
    ids = [one.record.id for one in described if any(part.pictured for part in one.description.components)]
    read = installation.archive.transcriptions.latest(connection, ids) if ids else {}
    found: list[str] = []
    for one in described:
        newest = read.get(one.record.id)
        shown = transcribed(one.description, None if newest is None else newest.transcription)
        found += [part for part in shown.unsearchable if not part.endswith(NOT_READ_YET)]
        if waits_to_be_read(shown):
            enabled = installation.settings.pictures.enabled
            found.append(STATES[ReadingState.WAITING if enabled else ReadingState.OFF])
    return tuple(dict.fromkeys(found))


def readings_of(
    installation: Installation, connection: Connection, record_id: str, description: Description
) -> Readings:
    """The readings of a record, the newest opened.

    Raises:
        Corrupt: it is not what was sealed.
    """
    transcriptions = installation.archive.transcriptions
    if not any(one.pictured for one in description.components):
        return Readings()
    found = transcriptions.latest(connection, [record_id]).get(record_id)
    waits = bool(transcriptions.is_waiting(connection, [record_id]))
    state = None if found is None else ReadingState.READ
    if waits:
        state = ReadingState.WAITING if installation.settings.pictures.enabled else (state or ReadingState.OFF)
    if found is None:
        return Readings(state=state)
    return Readings(newest=found.transcription, versions=transcriptions.versions(connection, record_id), state=state)


def transcription_document(readings: Readings, *, boxes: bool) -> dict[str, Any] | None:
    """The member `transcription` of a record's document; `boxes` adds every line with its place."""
    one = readings.newest
    if one is None:
        return None
    caption = one.caption
    return {
        "version": one.number,
        "source": one.source.value,
        "author": one.author,
        "made_at": one.made_at.isoformat(),
        "versions": [
            {
                "version": each.number,
                "source": each.source.value,
                "made_at": each.made_at.isoformat(),
                "position": each.position,
            }
            for each in readings.versions
        ],
        "transcript": None if one.transcript is None else _transcript(one.transcript),
        "caption": None
        if caption is None
        else {name: getattr(caption, name) or None for name in ("who", "what", "when", "where", "why")},
        "pictures": [_picture(each) for each in one.pictures],
        "pages": [_page(each, boxes=boxes) for each in one.pages],
        "unread": _unread(one.pages),
        "text": one.text,
        "unsearchable": list(one.unsearchable),
        "notes": list(one.notes),
    }


def transcribed_message(one: TranscribedMessage, zone: str | None = None) -> dict[str, Any]:
    """A message of a pictured conversation: as any message, with what the picture prints for its time and day."""
    return message_document(one.message, zone) | {
        "time": one.time,
        "day": one.day,
        "component": one.component,
        "page": one.page,
        "box": None if one.box is None else _box(one.box),
        "inferred": list(one.inferred),
        "matched": one.matched,
    }


def asserted_of(one: Transcription) -> list[str]:
    """Sentences on what the pictures only say, and on what was concluded from them."""
    how = f"as {one.author} read them" if one.source is TextSource.ENGINE else f"as {one.author} wrote them down"
    said = [f"senders, times and texts are what the pictures show, {how}; a picture can be made to show anything"]
    transcript = one.transcript
    if transcript is None:
        return said
    if transcript.app is not None:
        because = "; ".join(transcript.app_reasons) or "no reason is given"
        said.append(f"inferred: the pictures look like {transcript.app} ({because})")
    inferred = Counter(name for each in transcript.messages for name in each.inferred)
    if inferred:
        counted = ", ".join(f"the {name} of {count:,}" for name, count in inferred.items())
        said.append(f"inferred, not read, among {len(transcript.messages):,} messages: {counted}")
    return said


def transcription_lines(document: dict[str, Any]) -> list[str]:
    """What a terminal shows of it, below the record's text."""
    one = document["transcription"]
    state = document["reading"]
    lines = [f"note: {STATES[ReadingState(state)]}"] if state in tuple(STATES) else []
    if one is None:
        return lines
    who = "read by" if one["source"] == TextSource.ENGINE.value else "written down by"
    lines.append(f"version    {one['version']} of what its pictures say, {who} {one['author']}, {one['made_at']}")
    transcript = one["transcript"]
    if transcript is not None:
        lines += [f"inferred   looks like {transcript['app']}"] if transcript["app"] else []
        lines += [f"clock      {transcript['status_time']}"] if transcript["status_time"] else []
        lines += ["draft      text that was not sent stood in the entry field"] if transcript["draft"] else []
    if one["caption"] is not None:
        lines += [f"{name:<11}{said}" for name, said in one["caption"].items() if said]
    for number, each in enumerate(one["pictures"], start=1):
        lines.append(
            f"picture {number:<3}{each['media_type']}  {each['width']} x {each['height']}, {each['pages']} pages"
        )
        lines += [f"           says of itself: {fact['name']}: {fact['value']}" for fact in each["metadata"]]
        lines += [f"           seen: {seen}" for seen in each["observations"]]
    return lines


def _transcript(one: Transcript) -> dict[str, Any]:
    return {
        "app": one.app,
        "app_reasons": list(one.app_reasons),
        "title": one.title,
        "status_time": one.status_time,
        "group": one.group,
        "draft": one.draft,
        "notes": list(one.notes),
        "messages": [transcribed_message(each) for each in one.messages],
    }


def _picture(one: PictureFacts) -> dict[str, Any]:
    return {
        "component": one.component,
        "media_type": one.media_type,
        "width": one.width,
        "height": one.height,
        "pages": one.pages,
        "metadata": [{"name": name, "value": value} for name, value in one.metadata],
        "perceptual": one.perceptual,
        "observations": list(one.observations),
    }


def _page(one: Page, *, boxes: bool) -> dict[str, Any]:
    document = {
        "component": one.component,
        "number": one.number,
        "width": one.width,
        "height": one.height,
        "layer": one.layer,
        "turn": one.turn,
        "line_count": len(one.lines),
        "unread_count": len(one.unread),
    }
    if not boxes:
        return document
    return document | {"lines": [_line(each) for each in one.lines], "unread": [_region(each) for each in one.unread]}


def _line(one: TextLine) -> dict[str, Any]:
    return {
        "text": one.text,
        "box": _box(one.box),
        "words": [{"text": each.text, "box": _box(each.box)} for each in one.words],
        "engine": one.engine,
        "confidence": one.confidence,
        "script": one.script,
        "other": None if one.other is None else {"engine": one.other[0], "text": one.other[1]},
    }


def _region(one: UnreadRegion) -> dict[str, Any]:
    return {"box": _box(one.box), "script": one.script, "reason": one.reason}


def _box(one: Box) -> list[int]:
    return [one.left, one.top, one.right, one.bottom]


def _unread(pages: Sequence[Page]) -> list[dict[str, Any]]:
    counted = Counter((one.script, one.reason) for page in pages for one in page.unread)
    return [{"script": script, "reason": reason, "places": count} for (script, reason), count in counted.items()]
