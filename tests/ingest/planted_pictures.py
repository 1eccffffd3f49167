"""A reader of pictures for tests: each part is a script in JSON that says what its pages hold, and what harm they do.

A part is an array of pages, or a picture at whose end one stands behind `planted:`. A page is a string, which is read
as one line, or an object with `harm`: one of crash, sleep, refuse, stranger (it speaks of another component), back (it
goes back); with `text` the page is read all the same. A line that begins with `said:` makes a conversation.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ingest.picture_codec import Place, answer, asked_of, blank
from storage.records import Message
from storage.transcription import Box, Page, PictureFacts, TextLine, TranscribedMessage, Transcript, UnreadRegion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ingest.picture_codec import Asked
    from ingest.sandbox_child import Task

MARK = b"planted:"
BOX = Box(left=0, top=0, right=10, bottom=10)


def script_of(content: bytes) -> Any:
    """The script that a part is, or that stands at the end of a real picture."""
    return json.loads(content.rpartition(MARK)[2])


def _page(component: str, number: int, script: Any) -> Page:
    harm = script.get("harm") if isinstance(script, dict) else None
    if harm == "crash":
        os._exit(9)
    if harm == "sleep":
        time.sleep(60)
    if harm == "refuse":
        raise ValueError(script)
    text = script if isinstance(script, str) else script.get("text", "")
    unread = ()
    if isinstance(script, dict) and "unread" in script:
        unread = (UnreadRegion(box=BOX, reason="no engine has its letters", script=script["unread"]),)
    lines = (TextLine(text=text, box=BOX, engine="planted"),) if text else ()
    named = "cmp_stranger" if harm == "stranger" else component
    return Page(component=named, number=number, width=10, height=10, lines=lines, unread=unread)


def _conversation(pages: Sequence[Page]) -> Transcript | None:
    said = [line.text.removeprefix("said:") for page in pages for line in page.lines if line.text.startswith("said:")]
    if not said:
        return None
    messages = [TranscribedMessage(message=Message(at=None, sender="Ana", text=one), time="9:41") for one in said]
    return Transcript(messages=tuple(messages), app="signal", app_reasons=("planted",), title="Ana")


def _read(asked: Asked) -> bytes:
    place, pages, facts = asked.place, [], []
    parts = [script_of(one.content) for one in asked.parts]
    began = time.monotonic()
    while place is not None:
        script = parts[place.part]
        if place.page == 1:
            part = asked.parts[place.part]
            size = len(script)
            facts.append(PictureFacts(component=part.id, media_type=part.media_type, width=10, height=10, pages=size))
        if place.page <= len(script):
            one = script[place.page - 1]
            pages.append(_page(asked.parts[place.part].id, place.page, one))
            if isinstance(one, dict) and one.get("harm") == "back":
                return answer(replace(blank("planted 1"), pages=tuple(pages)), Place())
        if place.page < min(len(script), asked.pages):
            place = Place(part=place.part, page=place.page + 1)
        else:
            place = Place(part=place.part + 1) if place.part + 1 < len(parts) else None
        if place is not None and time.monotonic() - began >= asked.seconds:
            break
    whole = asked.place == Place() and place is None
    found = _conversation(pages) if whole else None
    read = replace(blank("planted 1"), pages=tuple(pages), pictures=tuple(facts), transcript=found)
    return answer(read, place)


def read(payload: bytes, options: Mapping[str, Any]) -> bytes:
    return _read(asked_of(payload, options))


def transcribe(payload: bytes, options: Mapping[str, Any]) -> bytes:
    asked = asked_of(payload, options)
    assert asked.known is not None
    if any("untranscribable" in one.content.decode() for one in asked.parts):
        os._exit(9)
    return answer(replace(blank(), transcript=_conversation(asked.known.pages)))


def load(about: str = "") -> dict[str, Task]:
    return {"read": read, "transcribe": transcribe}
