"""Transcriptions made for tests, small and full, and the steps that write them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from storage.records import Message, Reaction
from storage.transcription import (
    Box,
    Caption,
    Page,
    PictureFacts,
    TextLine,
    TextSource,
    TranscribedMessage,
    Transcript,
    Transcription,
    UnreadRegion,
    Word,
)
from tests.storage.archives import ACTOR

if TYPE_CHECKING:
    from storage.archive import Archive

AT = datetime(2026, 3, 2, 17, 41, tzinfo=UTC)
BOX = Box(left=10, top=20, right=110, bottom=44)
PAGE = Page(
    component="cmp_1",
    number=2,
    width=1080,
    height=1920,
    lines=(
        TextLine(
            text="Bus 7 is late",
            box=BOX,
            words=(Word(text="Bus", box=BOX), Word(text="7", box=BOX)),
            engine="one",
            confidence=987,
            script="Latn",
            other=("two", "Bus ? is late"),
        ),
        TextLine(text="\u2028 line", box=BOX),
    ),
    unread=(UnreadRegion(box=BOX, reason="no engine has its letters", script="Thai"),),
    layer=True,
)
TRANSCRIPT = Transcript(
    messages=(
        TranscribedMessage(
            message=Message(
                at=None, sender="Ana", text="Bus 7 is late", side="left", reactions=(Reaction(by=None, emoji="👍"),)
            ),
            time="9:41 AM",
            day="Yesterday",
            component="cmp_1",
            page=2,
            box=BOX,
            inferred=("sender", "side"),
            matched="rec_9",
        ),
        TranscribedMessage(message=Message(at=None, sender=None, text="ok", side="right")),
    ),
    app="whatsapp",
    app_reasons=("ticks", "green bubbles"),
    title="Ana",
    status_time="9:43",
    group=False,
    draft=True,
    notes=("the pictures may not be contiguous",),
)
FULL = Transcription(
    record_id="rec_1",
    number=3,
    made_at=AT,
    source=TextSource.PERSON,
    author="Dana",
    pages=(PAGE, Page(component="cmp_2", number=1, width=0, height=0)),
    pictures=(
        PictureFacts(
            component="cmp_1",
            media_type="image/png",
            width=1080,
            height=1920,
            pages=1,
            metadata=(("Software", "Editor"), ("Comment", "")),
            perceptual="00ff00ff00ff00ff",
            observations=("blocks of it are repeated",),
        ),
    ),
    transcript=TRANSCRIPT,
    caption=Caption(who="Ana", when="in March"),
    text="Ana: Bus 7 is late\nok",
    unsearchable=("picture 1: 1 place in script Thai not read: no engine has its letters",),
    notes=("read twice",),
)


def version(record_id: str, number: int = 1, text: str = "read words", **changes: Any) -> Transcription:
    """A version of a record with some text, by an engine unless `changes` say otherwise."""
    facts: dict[str, Any] = {"made_at": AT, "source": TextSource.ENGINE, "author": "an engine", **changes}
    return Transcription(record_id=record_id, number=number, text=text, **facts)


def add_version(archive: Archive, one: Transcription) -> int:
    """Seal and write a version; the position of its leaf."""
    with archive.store.read() as connection:
        key = archive.transcriptions.key_of(connection, one.record_id)
    epoch = archive.store.current_epoch()
    prepared = archive.transcriptions.prepare(one, key=key, epoch=epoch, actor=ACTOR)
    with archive.store.write() as transaction:
        return archive.transcriptions.add(transaction, prepared)


def newest(archive: Archive, record_id: str) -> Transcription | None:
    """The newest version of a record, opened."""
    with archive.store.read() as connection:
        found = archive.transcriptions.latest(connection, [record_id]).get(record_id)
    return None if found is None else found.transcription
