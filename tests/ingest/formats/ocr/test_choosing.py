"""Which engine is believed, with engines that say what a test wants."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ingest.formats.ocr.checking import check
from ingest.formats.ocr.choosing import Chooser
from ingest.formats.ocr.languages import LANGUAGES
from ingest.formats.ocr.readings import Glyph, Reading, Span, comparable
from ingest.formats.ocr.strips import HEIGHT, Strip

LETTER = 14  # columns of a letter of a drawn strip


@dataclass
class First:
    """Says the texts in turn, every character where a letter of the strip is, as sure as told."""

    said: list[tuple[str, int]]
    name: str = "first"
    version: str = "1"
    scripts: frozenset[str] = frozenset({"Latn", "Hani", "Hira", "Kana"})
    turn: int = field(default=0)

    def read(self, strip):
        assert strip.width
        text, sure = self.said[self.turn]
        self.turn += 1
        letters = [one for one in text if not one.isspace()]
        glyphs = tuple(
            Glyph(text=one, at=10 + LETTER * place + 4, confidence=sure) for place, one in enumerate(letters)
        )
        return Reading(text=text, confidence=sure if letters else 0, engine=self.name, glyphs=glyphs)


@dataclass
class Second:
    code: str
    said: dict[int, tuple[str, int]]
    version: str = "5"

    @property
    def name(self):
        return f"second {self.code}"

    @property
    def scripts(self):
        return frozenset({LANGUAGES[self.code].script})

    def read(self, strip):
        text, sure = self.said.get(strip.width, ("", 0))
        return Reading(
            text=text, confidence=sure, engine=self.name, spans=(Span(text=text, left=0, right=strip.width),)
        )


def strip(letters: int) -> Strip:
    """A line of upright strokes, one a letter; its width tells it from others."""
    width = 20 + letters * LETTER
    pixels = np.full((HEIGHT, width, 3), 255, dtype=np.uint8)
    for left in range(10, width - 10, LETTER):
        pixels[10:38, left : left + 8] = 0
        pixels[14:34, left + 2 : left + 6] = 255
    corners = np.array([[0, 0], [width, 0], [width, HEIGHT], [0, HEIGHT]], dtype=np.float32)
    return Strip(pixels, corners)


def chosen(first, seconds, *strips: Strip):
    return Chooser(first, {one.code: one for one in seconds}).choose(strips)


def test_a_line_that_both_engines_read_alike_has_no_other_reading():
    line = strip(10)
    [one] = chosen(First([("Room B-1712", 999)]), [Second("eng", {line.width: ("Room B–1712", 950)})], line)
    assert one.reading.text == "Room B-1712"
    assert one.other is None


def test_a_disagreement_keeps_both_readings():
    line = strip(9)
    [one] = chosen(First([("Room B-17", 999)]), [Second("eng", {line.width: ("Room B-11", 950)})], line)
    assert (one.reading.text, one.reading.engine) == ("Room B-17", "first")
    assert (one.other.text, one.other.engine) == ("Room B-11", "second eng")


def test_a_second_engine_that_is_lost_itself_says_nothing():
    line = strip(9)
    [one] = chosen(First([("Room B-17", 999)]), [Second("eng", {line.width: ("~~", 120)})], line)
    assert one.other is None


def test_a_letter_that_no_loaded_language_writes_gives_way_to_the_other_reading():
    line = strip(8)
    [one] = chosen(First([("Šegún él", 900)]), [Second("spa", {line.width: ("Según él", 950)})], line)
    assert one.reading.text == "Según él"
    assert one.other.text == "Šegún él"


def test_a_mark_left_out_is_taken_from_the_other_reading():
    line = strip(5)
    [one] = chosen(First([("Qué!", 999)]), [Second("spa", {line.width: ("¡Qué!", 950)})], line)
    assert one.reading.text == "¡Qué!"


def test_ink_without_letters_is_read_by_the_engine_that_has_them():
    line = strip(12)
    [one] = chosen(First([("", 0)]), [Second("rus", {line.width: ("Спасибо тебе", 950)})], line)
    assert one.reading.text == "Спасибо тебе"
    assert one.script == "Cyrl"


def test_the_surest_of_several_scripts_is_believed():
    line = strip(12)
    rus, kor = (
        Second("rus", {line.width: ("Спасибо тебе", 860)}),
        Second("kor", {line.width: ("감사합니다선생님감사", 960)}),
    )
    [one] = chosen(First([("", 0)]), [rus, kor], line)
    assert one.script == "Hang"


def test_an_engine_that_is_not_sure_enough_leaves_the_line_unread():
    line = strip(12)
    [one] = chosen(First([("", 0)]), [Second("rus", {line.width: ("Спасибо тебе", 820)})], line)
    assert one.reading is None
    assert "could read it" in one.unread


def test_a_few_sure_letters_in_a_long_line_are_no_reading_of_it():
    line = strip(40)
    [one] = chosen(First([("", 0)]), [Second("rus", {line.width: ("а", 960)})], line)
    assert one.reading is None
    assert one.unread


def test_two_letters_alone_need_to_be_surer_than_a_line():
    scrap = strip(3)
    [one] = chosen(First([("", 0)]), [Second("rus", {scrap.width: ("за:", 860)})], scrap)
    assert one.unread


def test_latin_letters_from_a_model_of_another_script_are_not_believed():
    line = strip(12)
    [one] = chosen(First([("", 0)]), [Second("kor", {line.width: ("Cnacu6o tede", 960)})], line)
    assert one.unread


def test_a_word_of_the_same_look_follows_the_script_of_its_page():
    line, word = strip(12), strip(3)
    rus = Second("rus", {line.width: ("Спасибо тебе", 950), word.width: ("Нет", 900)})
    first, second = chosen(First([("", 0), ("HeT", 990)]), [rus], line, word)
    assert (first.script, second.script) == ("Cyrl", "Cyrl")
    assert second.reading.text == "Нет"


def test_a_word_of_the_same_look_is_unread_beside_lines_that_nobody_reads():
    line, word = strip(12), strip(3)
    first, second = chosen(First([("", 0), ("HeT", 990)]), [], line, word)
    assert first.unread
    assert second.unread


def test_a_latin_word_on_a_page_of_another_script_stays():
    line, word = strip(12), strip(4)
    rus = Second("rus", {line.width: ("Спасибо тебе", 950), word.width: ("7оот", 400)})
    _, second = chosen(First([("", 0), ("Zoom", 999)]), [rus], line, word)
    assert second.reading.text == "Zoom"


def test_letters_left_out_are_read_as_vietnamese():
    line = strip(10)
    [one] = chosen(First([("Cm ơn thy", 999)]), [Second("vie", {line.width: ("Cảm ơn thầy", 960)})], line)
    assert one.reading.text == "Cảm ơn thầy"


def test_letters_left_out_without_vietnamese_leave_the_line_unread():
    line = strip(10)
    [one] = chosen(First([("Cm ơn th", 999)]), [], line)
    assert one.unread
    assert one.script == "Latn"


def test_english_is_not_read_as_vietnamese_because_of_one_mark():
    line = strip(9)
    vie = Second("vie", {line.width: ("Sĩ señor a", 940)})
    [one] = chosen(First([("Sí señor", 999)]), [vie, Second("spa", {line.width: ("Sí, señor", 950)})], line)
    assert one.reading.text == "Sí, señor"


def test_an_arrow_is_neither_text_nor_unread():
    [one] = chosen(First([("", 0)]), [], strip(1))
    assert one.reading is None
    assert one.unread is None


def test_readings_are_compared_without_blanks_and_with_plain_marks():
    assert comparable("“It’s 9–10”") == comparable('"It\'s 9-10"')
    assert comparable("９：４１") == comparable("9:41")
    assert comparable("ano") != comparable("año")


def test_a_few_foreign_letters_beside_many_latin_ones_are_mistaken_latin():
    rus = Second("rus", {strip(3).width: ("ок", 990)})
    lines = [strip(20), strip(22), strip(3)]
    first = First([("Can you cover period", 999), ("Room two is open today", 999), ("", 0)])
    found = chosen(first, [rus], *lines)
    assert [one.script for one in found] == ["Latn", "Latn", None]
    assert found[2].reading is None


def test_a_time_beside_lines_that_nobody_reads_is_a_time():
    line, time = strip(12), strip(7)
    _, second = chosen(First([("", 0), ("7:39 AM", 1000)]), [], line, time)
    assert second.reading.text == "7:39 AM"


def test_one_unread_line_among_many_does_not_make_short_words_doubtful():
    first = First([*[("Room B 1712", 999)] * 6, ("", 0), ("OK", 1000)])
    found = chosen(first, [], *[strip(9)] * 6, strip(20), strip(2))
    assert found[6].unread
    assert found[7].reading.text == "OK"


def test_a_letter_in_doubt_is_believed_where_the_second_engine_reads_the_same():
    line = strip(12)
    both = Second("eng", {line.width: ("Mr. Osei will", 950)})
    _, second = chosen(First([("", 0), ("Mr. Osei will", 840)]), [both], strip(14), line)
    assert second.reading is not None


def test_a_lone_han_sign_on_a_latin_page_is_an_icon():
    found = chosen(First([("Room B 1712", 999), ("只", 960)]), [], strip(9), strip(1))
    assert found[1].reading is None
    assert found[1].unread is None


def test_a_doubtful_full_stop_leaves_sure_letters_believed():
    glyphs = tuple(
        Glyph(text=one, at=14 + LETTER * place, confidence=sure)
        for place, (one, sure) in enumerate((("吗", 1000), ("好", 999), ("？", 500)))
    )
    reading = Reading(text="吗好？", confidence=833, engine="first", glyphs=glyphs)
    assert not check(reading, strip(3)).is_strange
