"""Times of day beside letters of another script, and signs of the app behind them."""

from __future__ import annotations

import pytest

from ingest.formats.ocr.readings import Glyph, Reading, Span
from ingest.formats.ocr.times import is_time, with_time


def digits(text: str, start: float, confidence: int = 999) -> Reading:
    glyphs = tuple(Glyph(text=one, at=start + 20 * place, confidence=confidence) for place, one in enumerate(text))
    return Reading(text=text, confidence=confidence, engine="first", glyphs=glyphs)


def arabic(*words: tuple[str, float, float]) -> Reading:
    spans = tuple(Span(text=text, left=left, right=right) for text, left, right in words)
    return Reading(text=" ".join(one.text for one in spans), confidence=880, engine="second", spans=spans)


def test_a_time_keeps_all_digits_of_the_first_engine_and_the_letter_of_the_second():
    found = with_time(arabic(("0", 130, 145), ("ص", 20, 50)), digits("9:20", 80))
    assert found.text == "9:20 ص"
    assert [one.text for one in found.spans] == ["9:20", "ص"]


def test_a_word_that_holds_a_digit_and_a_letter_gives_its_letter():
    assert with_time(arabic(("8ص", 17, 150)), digits("7:58", 80)).text == "7:58 ص"


def test_words_on_both_sides_of_a_time_stay_in_the_order_of_reading():
    found = with_time(arabic(("اليوم", 200, 260), ("4", 120, 140), ("ص", 20, 50)), digits("7:04", 80))
    assert found.text == "اليوم 7:04 ص"


def test_digits_in_doubt_change_nothing():
    reading = arabic(("0", 130, 145), ("ص", 20, 50))
    assert with_time(reading, digits("9:20", 80, confidence=600)) is reading


def test_a_time_that_both_engines_read_changes_nothing():
    reading = arabic(("9:20", 80, 150), ("ص", 20, 50))
    assert with_time(reading, digits("9:20", 80)) is reading


@pytest.mark.parametrize("text", ["9:41", "10:27 AM", "上午8:57", "11.05", "7:39pm"])
def test_a_time_of_day_is_told(text):
    assert is_time(text)


@pytest.mark.parametrize("text", ["Room 9:41", "AM", "9:4", "See you at 8:15"])
def test_other_text_is_no_time(text):
    assert not is_time(text)
