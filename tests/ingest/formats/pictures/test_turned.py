"""Places of a page that was turned to be read, given as the picture is kept."""

from __future__ import annotations

import numpy as np
import pytest

from ingest.formats.pictures.turned import (
    as_kept,
    transcript_as_kept,
    turned_box,
    turned_page,
    turned_pixels,
    upright_page,
)
from storage.records import Message
from storage.transcription import Box, Page, TextLine, TranscribedMessage, Transcript, UnreadRegion, Word

TURNS = [0, 90, 180, 270]
BOX = Box(left=5, top=10, right=25, bottom=14)


def upright() -> Page:
    line = TextLine(text="a b", box=BOX, words=(Word(text="a", box=Box(left=5, top=10, right=12, bottom=14)),))
    unread = UnreadRegion(box=Box(left=0, top=30, right=7, bottom=40), reason="no letters")
    return Page(component="c", number=1, width=60, height=40, lines=(line,), unread=(unread,))


@pytest.mark.parametrize("turn", TURNS)
def test_a_place_is_turned_as_its_pixels_are(turn):
    pixels = np.zeros((40, 60, 3), dtype=np.uint8)
    pixels[BOX.top : BOX.bottom, BOX.left : BOX.right] = 255
    box = turned_box(BOX, turn, 60, 40)
    rows, columns = np.nonzero(turned_pixels(pixels, turn)[:, :, 0])
    assert (columns.min(), rows.min()) == (box.left, box.top)
    assert (columns.max() + 1, rows.max() + 1) == (box.right, box.bottom)


@pytest.mark.parametrize("turn", TURNS)
def test_a_page_comes_back_from_its_kept_places(turn):
    kept = as_kept(upright(), turn)
    assert kept.turn == turn
    assert (kept.width, kept.height) == ((40, 60) if turn in {90, 270} else (60, 40))
    assert upright_page(kept) == upright()


def test_a_place_beyond_the_edge_stays_on_the_page():
    box = turned_box(Box(left=50, top=30, right=62, bottom=43), 180, 60, 40)
    assert (box.left, box.top) == (0, 0)


@pytest.mark.parametrize("turn", TURNS)
def test_messages_stand_where_the_kept_picture_has_them(turn):
    message = TranscribedMessage(message=Message(at=None, sender="Ana", text="a b"), component="c", box=BOX)
    kept = as_kept(upright(), turn)
    told = transcript_as_kept(Transcript(messages=(message,)), {("c", 1): kept})
    assert told.messages[0].box == kept.lines[0].box


def test_messages_of_other_pages_and_without_a_place_stay():
    nowhere = TranscribedMessage(message=Message(at=None, sender="Ana", text="a b"))
    other = TranscribedMessage(message=Message(at=None, sender="Ana", text="a b"), component="d", box=BOX)
    before = Transcript(messages=(nowhere, other))
    assert transcript_as_kept(before, {("c", 1): as_kept(upright(), 90)}) == before


def test_turns_add_up():
    page = turned_page(as_kept(upright(), 270), 180)
    assert page.turn == 90
    assert turned_page(page, 90) == upright()
