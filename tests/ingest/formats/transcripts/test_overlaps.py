from __future__ import annotations

import io

import numpy as np
from PIL import Image

from ingest.formats.transcripts.overlaps import NOT_CONTIGUOUS, REORDERED
from ingest.formats.transcripts.transcribe import transcribe
from tests.ingest.formats.transcripts.sketch import DIM, Sketch

TALK = [
    ("left", "Is the bus leaving at eight?"),
    ("right", "At half past eight, from the gym"),
    ("left", "OK"),
    ("right", "Please bring his lunch and a coat"),
    ("left", "OK"),
    ("left", "Do I sign the slip again?"),
    ("right", "No, we have it already"),
]


def page(first, last, component, *, skip=0):
    """The messages from `first` to `last`, scrolled up by `skip` pixels."""
    sketch = Sketch(height=520, y=90 - skip).status().title()
    for side, text in TALK[first:last]:
        sketch.bubble(text, right=side == "right")
    sketch.draw.rectangle((0, 0, sketch.width, 80), fill=sketch.canvas)
    sketch.lines = [line for line in sketch.lines if line.box.top > 80]
    sketch.status().title().entry()
    return sketch.page(component)


def said(transcript):
    return [(one.message.side, one.message.text) for one in transcript.messages]


def rough(held):
    sheet, pixels = held
    kept = io.BytesIO()
    Image.fromarray(pixels).save(kept, "JPEG", quality=50)
    return sheet, np.asarray(Image.open(kept).convert("RGB"), dtype=np.uint8)


def test_what_two_pictures_both_show_stands_once_and_belongs_to_the_first():
    transcript = transcribe([page(0, 5, "p1"), page(3, 7, "p2")])
    assert said(transcript) == TALK
    assert [one.component for one in transcript.messages] == ["p1"] * 5 + ["p2"] * 2
    assert transcript.notes == ()


def test_overlaps_of_compressed_pictures_are_told_by_their_words():
    assert said(transcribe([rough(page(0, 5, "p1")), rough(page(3, 7, "p2"))])) == TALK


def test_pictures_in_another_order_are_put_in_the_order_of_their_overlaps_and_that_is_said():
    transcript = transcribe([page(3, 7, "p2"), page(0, 5, "p1")])
    assert said(transcript) == TALK
    assert REORDERED in transcript.notes


def test_pictures_that_share_nothing_follow_one_another_and_that_is_said():
    transcript = transcribe([page(0, 2, "p1"), page(5, 7, "p2")])
    assert said(transcript) == TALK[:2] + TALK[5:]
    assert NOT_CONTIGUOUS in transcript.notes


def test_one_short_word_that_both_say_is_no_overlap():
    transcript = transcribe([page(0, 3, "p1"), page(4, 7, "p2")])
    assert len(transcript.messages) == 6
    assert NOT_CONTIGUOUS in transcript.notes


def test_a_day_printed_on_the_first_picture_holds_on_the_next_and_is_said_to_be_concluded():
    first = Sketch(height=520).status().title()
    first.centre("March 2, 2026")
    for side, text in TALK[:4]:
        first.bubble(text, right=side == "right", time="3:05 PM")
    second = Sketch(height=520).status().title()
    for side, text in TALK[2:6]:
        second.bubble(text, right=side == "right", time="3:05 PM")
    transcript = transcribe([first.entry().page("p1"), second.entry().page("p2")])
    last = transcript.messages[-1]
    assert (last.day, "day" in last.inferred, last.message.at) == ("March 2, 2026", True, "2026-03-02T15:05:00")


def test_three_pictures_make_one_conversation():
    transcript = transcribe([page(0, 4, "p1"), page(2, 6, "p2"), page(4, 7, "p3")])
    assert said(transcript) == TALK


def test_small_words_between_pictures_do_not_hide_an_overlap():
    sketch = Sketch(height=520).status().title()
    for side, text in TALK[3:7]:
        sketch.bubble(text, right=side == "right")
    sketch.aside("Delivered", right=True)
    sketch.write("typing", 20, 470, ink=DIM, size=10)
    assert said(transcribe([page(0, 5, "p1"), sketch.entry().page("p2")])) == TALK
