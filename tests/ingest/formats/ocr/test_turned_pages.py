"""Pages that lie on a side or upside down are read, with their places as the picture is kept."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from ingest.formats.ocr.pages import read_page
from tests.ingest.formats.ocr.drawing import DARK, LIGHT, bubbles, needs_language
from tests.tiers import few

ENGLISH = ["Can you cover 3rd period?", "The bus was 25 minutes late", "Room B-17 at 9:41 AM"]
CHINESE = ["明天下午三点开家长会", "校车今天晚点二十分钟", "请问数学作业是哪一页"]
RUSSIAN = ["Завтра в три часа собрание", "Автобус опаздывает сегодня", "Спасибо большое"]
ARABIC = ["في أي صفحة واجب الرياضيات", "الحافلة متأخرة والأطفال ينتظرون"]
DRAWN = {
    "english": (ENGLISH, "Latn", []),
    "chinese": (CHINESE, "Hani", []),
    "russian": (RUSSIAN, "Cyrl", ["rus"]),
    "arabic": (ARABIC, "Arab", ["ara"]),
}
HEBREW = ["מחר בשעה שלוש יש אסיפת הורים", "תודה רבה, שלחתי את הטפסים"]


def read(pixels, engines):
    return read_page(np.ascontiguousarray(pixels), engines, component="p1", number=1)


@pytest.fixture(scope="module")
def upright(engines):
    """Pages as they stand, each read once: by what was drawn."""
    known = {}

    def page(pixels, script) -> Any:
        if script not in known:
            known[script] = read(pixels, engines)
        return known[script]

    return page


def texts(page):
    return [line.text for line in page.lines]


@pytest.mark.parametrize(
    ("name", "turn"), few(product(DRAWN, [90, 180, 270]), quick=[("english", 180), ("chinese", 90), ("russian", 270)])
)
def test_a_turned_page_is_read_as_if_it_stood_upright(engines, upright, name, turn):
    drawn, script, codes = DRAWN[name]
    needs_language(*codes)
    pixels = bubbles(drawn, script)[0]
    stands, page = upright(pixels, script), read(np.rot90(pixels, turn // 90), engines)
    assert stands.turn == 0
    assert page.turn == turn
    assert texts(page) == texts(stands)


@pytest.mark.parametrize("turn", few([(0,), (90,), (180,), (270,)], quick=[(90,), (180,)]))
def test_the_places_are_those_of_the_picture_as_it_is_kept(first_only, turn):
    pixels = np.rot90(bubbles(ENGLISH, "Latn", LIGHT)[0], turn // 90)
    page = read(pixels, first_only)
    assert (page.height, page.width) == pixels.shape[:2]
    ink = pixels.max(axis=2) < 80
    rest = ink.copy()
    for line in page.lines:
        box = line.box
        assert (box.bottom - box.top > box.right - box.left) == (turn in {90, 270})
        rest[box.top : box.bottom, box.left : box.right] = False
        for word in line.words:
            assert ink[word.box.top : word.box.bottom, word.box.left : word.box.right].any()
    assert rest.sum() < 0.01 * ink.sum()


def test_an_unread_region_of_a_turned_page_lies_where_the_writing_is(engines):
    drawn = [*ENGLISH, *ENGLISH]
    pixels = bubbles(drawn, "Latn", DARK)[0]
    hebrew = bubbles(HEBREW[:1], "Hebr", DARK)[0]
    page = read(np.rot90(np.concatenate([pixels, hebrew]), 2), engines)
    assert page.turn == 180
    assert len(page.unread) == 1
    assert page.unread[0].box.bottom <= hebrew.shape[0]


@pytest.mark.parametrize("turn", few([(90,), (180,), (270,)], quick=[(90,)]))
def test_writing_that_nobody_reads_stays_as_it_lies(engines, turn):
    page = read(np.rot90(bubbles(HEBREW, "Hebr")[0], turn // 90), engines)
    assert page.turn == 0
    assert texts(page) == []
    assert page.unread


@pytest.mark.parametrize("letters", [["OK"], ["NOON"], ["8:08"], ["SOS", "pod"]])
def test_short_words_that_read_the_same_both_ways_are_not_turned(engines, letters):
    assert read(bubbles(letters, "Latn")[0], engines).turn == 0


def test_noise_and_empty_pages_are_not_turned(engines):
    noise = np.random.default_rng(11).integers(0, 256, (400, 400, 3)).astype(np.uint8)  # seed 11
    assert read(noise, engines).turn == 0
    assert read(np.full((400, 300, 3), 90, dtype=np.uint8), engines).turn == 0
