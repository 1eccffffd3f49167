"""Pictures of a conversation that lie on a side or upside down, through the tasks of the child that reads pictures."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from ingest import picture_tasks
from ingest.formats.ocr import rapid
from ingest.picture_codec import Part, PictureTask, Place, answered_of, blank, reading_request, transcribing_request

CORPUS = Path(__file__).parent.parent / "corpus" / "screenshots" / "imessage-en.png"
RECEIVED = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def tasks():
    if rapid.version() is None:
        pytest.skip("NO ENGINE IS INSTALLED: pictures were NOT read")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(picture_tasks.os, "nice", lambda _: 0)  # the tests go on in this process
        yield picture_tasks.load("eng")


def turned(turn: int) -> Part:
    """The screenshot, turned so that it takes a turn clockwise to be read."""
    content = io.BytesIO()
    with Image.open(CORPUS) as picture:
        picture.convert("RGB").rotate(turn, expand=True).save(content, "PNG")
    return Part(id="c", number=1, media_type="image/png", content=content.getvalue())


def asked(tasks, request):
    return answered_of(tasks[request.task](request.payload, request.options), PARTS)


PARTS = [turned(0)]


def read(tasks, part):
    request = reading_request([part], Place(), seconds=60, pages=9, received_at=RECEIVED)
    return asked(tasks, request).read


@pytest.fixture(scope="module")
def upright(tasks):
    return read(tasks, turned(0))


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_turned_conversation_is_read_as_the_upright_one(tasks, upright, turn):
    found = read(tasks, turned(turn))
    assert [one.message.text for one in found.transcript.messages] == [
        one.message.text for one in upright.transcript.messages
    ]
    assert [one.message.side for one in found.transcript.messages] == [
        one.message.side for one in upright.transcript.messages
    ]
    (page,) = found.pages
    assert page.turn == turn
    for message in found.transcript.messages:
        box = message.box
        assert box.right <= page.width
        assert box.bottom <= page.height
        inside = [
            line
            for line in page.lines
            if box.left - 9 <= line.box.left
            and line.box.right <= box.right + 9
            and box.top - 9 <= line.box.top
            and line.box.bottom <= box.bottom + 9
        ]
        assert inside


def test_the_turn_is_said_and_of_an_upright_picture_nothing(tasks, upright):
    assert upright.pages[0].turn == 0
    assert not any("upright" in one for one in upright.notes)
    said = [one for one in read(tasks, turned(90)).notes if "upright" in one]
    assert said == ["picture 1, page 1: it does not stand upright, and was read after a turn of 90 degrees clockwise"]


def test_the_conversation_is_found_again_in_pages_that_were_turned_before(tasks):
    part = turned(90)
    whole = read(tasks, part)
    known = replace(blank(whole.author), pages=whole.pages)
    again = asked(tasks, transcribing_request([part], known, pages=9))
    assert transcribing_request([part], known, pages=9).task is PictureTask.TRANSCRIBE
    assert again.read.transcript == whole.transcript
