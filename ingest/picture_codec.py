"""What is asked of the child that reads pictures, and what it answers.

A request carries the bytes of several components of one record, one behind the other; its options say which part is
which, where to begin, and how long to go on. The answer is a line of JSON that says where it stopped, null at the end,
and then a `Transcription` of the pages read (`storage.transcription_codec`) whose record, number and time mean nothing.

Rule: the child decoded hostile pixels, so what it answers is believed only about the components it was given; who made
the version, when, and of which record, its parent knows.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from ingest.reading_codec import ReadingRequest
from storage.errors import NewerFormat
from storage.strict_json import many, number, only, read_object, refuse, string, write_object
from storage.transcription import TextSource, Transcription
from storage.transcription_codec import MAX_PAGES, decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_MAX_PARTS: Final = 10_000
_MAX_SIZE: Final = 1 << 40
_PLACE_PARTS: Final = 2
_PART_MEMBERS: Final = 4
_NOWHEN: Final = datetime(1970, 1, 1, tzinfo=UTC)


class PictureTask(StrEnum):
    """What the children can do: `SHOW` is that of `ingest.showing_tasks`, the others of `ingest.picture_tasks`."""

    READ = "read"
    TRANSCRIBE = "transcribe"
    SHOW = "show"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A component to be read: its id, its media type, its bytes; `number` counts the pictures of the record from 1."""

    id: str
    number: int
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where reading goes on: the number of the part in its request, from 0, and of the page, from 1."""

    part: int = 0
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as the child takes it.

    `seconds` 0 is one page; `pages` is the most of one component; `received_at` is when the record came in.
    """

    parts: tuple[Part, ...]
    place: Place
    seconds: float
    pages: int
    received_at: datetime | None = None
    known: Transcription | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What was read, and where to go on; `next_place` None is the end."""

    read: Transcription
    next_place: Place | None = None


def blank(author: str = "") -> Transcription:
    """A transcription that says nothing yet, as the child makes it."""
    return Transcription(record_id="", number=1, made_at=_NOWHEN, source=TextSource.ENGINE, author=author)


def reading_request(
    parts: Sequence[Part], place: Place, *, seconds: float, pages: int, received_at: datetime
) -> ReadingRequest:
    """To read pages from a place on."""
    return ReadingRequest(
        task=PictureTask.READ,
        payload=b"".join([one.content for one in parts]),
        options={
            "parts": _listed(parts),
            "part": place.part,
            "page": place.page,
            "milliseconds": round(seconds * 1000),
            "pages": pages,
            "received_at": received_at.isoformat(),
        },
        wants_content=True,
    )


def transcribing_request(parts: Sequence[Part], known: Transcription, *, pages: int) -> ReadingRequest:
    """To find the conversation in pages that are read; their lines go before the parts."""
    reading = encode(known)
    return ReadingRequest(
        task=PictureTask.TRANSCRIBE,
        payload=b"".join([reading, *(one.content for one in parts)]),
        options={"parts": _listed(parts), "reading": len(reading), "pages": pages},
        wants_content=True,
    )


def showing_request(content: bytes, media_type: str, page: int, *, pages: int) -> ReadingRequest:
    """To encode one page anew, for a person to look at (`ingest.showing_tasks`)."""
    return ReadingRequest(
        task=PictureTask.SHOW,
        payload=content,
        options={"media_type": media_type, "page": page, "pages": pages},
        wants_content=True,
    )


def asked_of(payload: bytes, options: Mapping[str, Any]) -> Asked:
    """A request as its child takes it.

    Raises:
        ValueError: it contradicts itself.
    """
    reading = int(options.get("reading", 0))
    received_at = options.get("received_at")
    return Asked(
        parts=tuple(_cut(payload[reading:], json.loads(options["parts"]))),
        place=Place(part=int(options.get("part", 0)), page=int(options.get("page", 1))),
        seconds=int(options.get("milliseconds", 0)) / 1000,
        pages=int(options["pages"]),
        received_at=None if received_at is None else datetime.fromisoformat(received_at),
        known=decode(payload[:reading]) if reading else None,
    )


def answer(read: Transcription, next_place: Place | None = None) -> bytes:
    """An answer.

    Raises:
        ValueError: it is larger than its parent would take.
    """
    place = None if next_place is None else (next_place.part, next_place.page)
    return b"%b\n%b" % (write_object({"next": place}), encode(read))


def answered_of(content: bytes, parts: Sequence[Part]) -> Answered:
    """What the child answered about these parts.

    Raises:
        ValueError: it is no answer to that.
    """
    line, _, reading = content.partition(b"\n")
    members = only(read_object(line, brackets=_PLACE_PARTS), frozenset({"next"}))
    try:
        read = decode(reading)
    except NewerFormat:
        refuse("the version of the answer")
    known = {one.id for one in parts}
    places = [*(one.component for one in read.pages), *(one.component for one in read.pictures)]
    if read.transcript is not None:
        places += [one.component for one in read.transcript.messages if one.component is not None]
    if not known.issuperset(places):
        refuse("a component that was not asked for")
    return Answered(read=read, next_place=_place(members.get("next"), len(parts)))


def _listed(parts: Sequence[Part]) -> str:
    return json.dumps([(one.id, one.number, one.media_type, len(one.content)) for one in parts])


def _cut(content: bytes, listed: object) -> Iterator[Part]:
    start = 0
    for identifier, count, media_type, size in many({"parts": listed}, "parts", _part):
        yield Part(id=identifier, number=count, media_type=media_type, content=content[start : start + size])
        start += size
    if start != len(content):
        refuse("the sizes of the parts")


def _part(value: object) -> tuple[str, int, str, int]:
    if type(value) is not list or len(value) != _PART_MEMBERS:
        refuse("a part")
    members = dict(zip(("id", "number", "type", "size"), value, strict=True))
    count = number(members, "number", at_most=_MAX_PARTS)
    return string(members, "id"), count, string(members, "type"), number(members, "size", at_most=_MAX_SIZE)


def _place(value: object, parts: int) -> Place | None:
    if value is None:
        return None
    if type(value) is not list or len(value) != _PLACE_PARTS:
        refuse("a place")
    members = {"part": value[0], "page": value[1]}
    part, page = number(members, "part", at_most=_MAX_PARTS), number(members, "page", at_most=MAX_PAGES)
    if part >= parts or page < 1:
        refuse("a place")
    return Place(part=part, page=page)
