"""Bubbles whose edges a camera or compression blurred, and bubbles in which nothing was read."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from ingest.formats.transcripts.canvases import canvas_plane, freed
from ingest.formats.transcripts.transcribe import UNREAD, transcribe
from tests.ingest.formats.transcripts.sketch import DIM, GREY, WHITE, Sketch

PALE = (246, 246, 250)
TALK = [("left", "Is the bus leaving at eight?"), ("right", "At half past, from the gym"), ("left", "Thank you")]


def said(transcript):
    return [(one.message.side, one.message.text) for one in transcript.messages]


def soft_talk():
    """Pale bubbles whose edges run into the canvas, and letters that do not."""
    sketch = Sketch(canvas=(236, 236, 236))
    places = []
    for side, text in TALK:
        wide = len(text) * 10 + 40
        left = 16 if side == "left" else 374 - wide
        sketch.draw.rectangle((left, sketch.y, left + wide, sketch.y + 50), fill=PALE)
        places.append((text, left + 20, sketch.y + 15))
        sketch.y += 76
    sketch.image = sketch.image.filter(ImageFilter.GaussianBlur(3))
    sketch.draw = ImageDraw.Draw(sketch.image)
    for text, left, top in places:
        sketch.write(text, left, top)
    return sketch.entry("Message")


def seen(sketch, change):
    """The page with its pixels changed."""
    page, pixels = sketch.page()
    return page, np.asarray(change(Image.fromarray(pixels)), dtype=np.uint8)


def compressed(image):
    kept = io.BytesIO()
    image.filter(ImageFilter.GaussianBlur(0.6)).save(kept, "JPEG", quality=40)
    return Image.open(kept).convert("RGB")


def lit_from_one_side(image):
    """As a camera sees a screen: soft, with noise, and darker from corner to corner."""
    pixels = np.asarray(image.filter(ImageFilter.GaussianBlur(0.8)), dtype=np.float64)
    height, width = pixels.shape[:2]
    down, across = np.mgrid[0:height, 0:width]
    light = 1.0 - 0.22 * (across / width) - 0.1 * (down / height) ** 2
    noise = np.random.default_rng(7).normal(0, 1.5, pixels.shape)
    return Image.fromarray(np.clip(pixels * light[:, :, None] + noise, 0, 255).astype(np.uint8))


@pytest.mark.parametrize("change", [compressed, lit_from_one_side])
def test_a_pale_bubble_whose_edge_is_blurred_keeps_its_side(change):
    assert said(transcribe([seen(soft_talk(), change)])) == TALK


def test_what_ran_into_the_canvas_comes_back_as_one_part():
    small = np.full((200, 160, 3), 200, np.uint8)
    small[60:100, 20:120] = 208
    labels = np.ones((200, 160), np.int32)
    plane = canvas_plane(small, labels, 1)
    assert plane is not None
    parts = freed(small, labels, 1, *plane, 15)
    assert parts.max() == 1
    assert (parts[65:95, 25:115] == 1).all()
    assert not parts[:55].any()


def test_two_bubbles_with_a_blurred_gap_between_them_come_back_as_two():
    small = np.full((200, 160, 3), 200, np.uint8)
    small[40:80, 20:120] = 212
    small[80:84, 20:120] = 204
    small[84:124, 20:120] = 212
    labels = np.ones((200, 160), np.int32)
    plane = canvas_plane(small, labels, 1)
    assert plane is not None
    assert freed(small, labels, 1, *plane, 15).max() == 2


def test_a_canvas_noisier_than_a_bubble_is_pale_is_left_as_it_is():
    small = np.random.default_rng(3).integers(60, 200, (200, 160, 3)).astype(np.uint8)
    assert canvas_plane(small, np.ones((200, 160), np.int32), 1) is None


def test_a_bubble_that_an_engine_passed_over_stays_a_message_and_is_said_to_be_unread():
    sketch = Sketch().status().title()
    for side, text in TALK:
        sketch.bubble(text, right=side == "right")
    sketch.lines.pop()  # "Thank you"
    transcript = transcribe([sketch.entry().page()])
    assert said(transcript) == [*TALK[:2], ("left", "")]
    assert "text" in transcript.messages[-1].inferred
    assert transcript.messages[-1].message.sender == "Ana Ruiz"
    assert UNREAD in transcript.notes


def test_a_bubble_with_a_sign_that_no_engine_has_is_a_message_of_its_side():
    sketch = Sketch().status().title().bubble(TALK[0][1])
    sketch.draw.rounded_rectangle((318, sketch.y, 378, sketch.y + 44), 12, fill=(11, 132, 255))
    sketch.y += 54
    sketch.bubble(TALK[1][1], right=True).bubble(TALK[2][1])
    assert said(transcribe([sketch.entry().page()])) == [TALK[0], ("right", ""), *TALK[1:]]


def test_dots_of_somebody_typing_are_no_message():
    sketch = Sketch().status().title()
    for side, text in TALK:
        sketch.bubble(text, right=side == "right")
    sketch.draw.rounded_rectangle((12, sketch.y, 76, sketch.y + 40), 12, fill=GREY)
    for x in (26, 42, 58):
        sketch.draw.ellipse((x, sketch.y + 16, x + 8, sketch.y + 24), fill=DIM)
    assert said(transcribe([sketch.entry().page()])) == TALK


def test_a_picture_between_bubbles_is_a_message_with_an_attachment():
    sketch = Sketch().status().title().bubble(TALK[0][1])
    for row in range(130):
        sketch.draw.line((12, sketch.y + row, 190, sketch.y + row), fill=(row, 90 + row // 2, 200 - row))
    sketch.y += 140
    sketch.bubble(TALK[1][1], right=True)
    messages = transcribe([sketch.entry().page()]).messages
    assert [(one.message.side, len(one.message.attachments)) for one in messages] == [
        ("left", 0),
        ("left", 1),
        ("right", 0),
    ]


def test_a_reaction_over_the_edges_of_two_bubbles_does_not_make_one_of_them():
    sketch = Sketch().status().title()
    sketch.bubble("Does anyone know if", "the concert is still on?")
    low = sketch.y
    sketch.bubble("My calendar says Friday")
    sketch.draw.rounded_rectangle((230, low - 24, 262, low + 12), 12, fill=(120, 60, 90))
    sketch.bubble("Thursday at half past six", right=True)
    assert said(transcribe([sketch.entry().page()])) == [
        ("left", "Does anyone know if the concert is still on?"),
        ("left", "My calendar says Friday"),
        ("right", "Thursday at half past six"),
    ]


def test_a_bubble_in_a_photograph_is_white_where_the_canvas_around_is_dimmer():
    sketch = Sketch(width=430, canvas=(120, 84, 60))
    sketch.draw.rectangle((20, 20, 410, 820), fill=(236, 236, 236))
    for place, (side, text) in enumerate(TALK):
        wide = len(text) * 10 + 24
        left, top = (32 if side == "left" else 398 - wide), 120 + place * 70
        sketch.draw.rounded_rectangle((left, top, left + wide, top + 42), 10, fill=WHITE)
        sketch.write(text, left + 12, top + 10)
    sketch.write("9:52", 44, 32)
    sketch.write("Ana Ruiz", 110, 66)
    sketch.draw.rounded_rectangle((60, 760, 360, 800), 18, fill=PALE, outline=(120, 120, 120))
    sketch.write("iMessage", 76, 770, ink=DIM)
    assert said(transcribe([seen(sketch, lit_from_one_side)])) == TALK
