"""What reaches into a line's place from beside it, and lines that stand beside one another."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from ingest.formats.ocr.grounds import lines_between
from ingest.formats.ocr.strips import HEIGHT
from tests.ingest.formats.ocr.drawing import font

PAGE, BUBBLE = (150, 190, 150), (255, 255, 255)


def page(width: int = 900, height: int = 120) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (width, height), PAGE)
    drawn = ImageDraw.Draw(image)
    drawn.rounded_rectangle((20, 20, width - 20, height - 20), radius=24, fill=BUBBLE)
    return image, drawn


def strips(image: Image.Image, left: int, top: int, right: int, bottom: int):
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], dtype=np.float32)
    return lines_between(np.asarray(image), corners)


def inked_rows(strip) -> int:
    return int((strip.ink > 0.5).any(axis=1).sum())


def tick(drawn: ImageDraw.ImageDraw, left: int, top: int) -> None:
    for x in (left, left + 7):
        drawn.line((x, top + 8, x + 4, top + 12, x + 15, top), fill=(90, 90, 90), width=2)


def test_the_edge_of_a_bubble_is_taken_off_and_the_line_fills_the_strip():
    image, drawn = page()
    drawn.text((60, 40), "Sure. See you", font=font("Latn", 28), fill=(0, 0, 0))
    [strip] = strips(image, 10, 8, 300, 110)
    assert strip.pixels.min(axis=2)[:, :3].min() > 200
    assert inked_rows(strip) > HEIGHT // 3
    assert 20 <= strip.box.left <= 60
    assert strip.box.top >= 20


def test_a_small_time_behind_a_line_is_a_line_of_its_own():
    image, drawn = page()
    drawn.text((60, 40), "See you at the gate", font=font("Latn", 30), fill=(0, 0, 0))
    drawn.text((390, 56), "10:16 AM", font=font("Latn", 19), fill=(120, 120, 120))
    first, second = strips(image, 40, 30, 510, 92)
    assert abs(first.box.right - second.box.left) < 5
    assert 335 <= first.box.right <= 390
    assert inked_rows(second) > HEIGHT // 3


def test_words_of_one_line_stay_together():
    image, drawn = page()
    drawn.text((60, 40), "The bus was 25 minutes late", font=font("Latn", 30), fill=(0, 0, 0))
    assert len(strips(image, 40, 34, 520, 92)) == 1


def test_ticks_behind_a_time_are_no_part_of_it():
    image, drawn = page()
    drawn.text((60, 40), "10:27", font=font("Latn", 28), fill=(90, 90, 90))
    tick(drawn, 150, 50)
    [strip] = strips(image, 50, 34, 200, 88)
    assert strip.box.right <= 150


def test_ticks_before_a_time_are_no_part_of_it_where_lines_run_from_right_to_left():
    image, drawn = page()
    tick(drawn, 60, 50)
    drawn.text((110, 40), "10:27", font=font("Latn", 28), fill=(90, 90, 90))
    [strip] = strips(image, 50, 34, 200, 88)
    assert strip.box.left >= 88


def test_a_small_v_or_a_slash_at_the_end_of_a_line_is_no_tick():
    for text in ("Room 5 v", "trips /", "x y"):
        image, drawn = page()
        letters = font("Latn", 30)
        drawn.text((60, 40), text, font=letters, fill=(0, 0, 0))
        end = 60 + int(drawn.textlength(text, font=letters))
        [strip] = strips(image, 40, 34, end + 20, 92)
        assert strip.box.right >= end


def test_the_feet_of_the_line_above_are_taken_off():
    image, drawn = page()
    drawn.text((60, 44), "noon came", font=font("Latn", 30), fill=(0, 0, 0))
    drawn.rectangle((120, 30, 124, 42), fill=(0, 0, 0))
    [strip] = strips(image, 50, 36, 240, 92)
    assert strip.pixels[:4].min() > 200


def test_without_a_flat_ground_the_place_stays_as_it_is():
    noise = np.random.default_rng(7).integers(0, 255, (60, 300, 3), dtype=np.uint8)
    corners = np.array([[10, 5], [290, 5], [290, 55], [10, 55]], dtype=np.float32)
    [strip] = lines_between(noise, corners)
    assert (strip.box.left, strip.box.top, strip.box.right, strip.box.bottom) == (10, 5, 290, 55)


def test_a_place_without_ink_is_no_fault():
    assert len(strips(page()[0], 40, 30, 300, 80)) == 1
