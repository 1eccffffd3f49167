"""Pages that were drawn, read by the engines that are installed here."""

from __future__ import annotations

from itertools import cycle, product

import numpy as np
import pytest

from ingest.formats.ocr.engines import Engines
from ingest.formats.ocr.pages import read_page
from tests.ingest.formats.ocr.drawing import DARK, LIGHT, bubbles, needs_language
from tests.tiers import few

ENGLISH = ["Can you cover 3rd period?", "The bus was 25 minutes late", "Room B-17 at 9:41 AM"]
SPANISH = ["¡Qué alegría, señora Núñez!", "¿Puede venir el miércoles?", "Mañana avisaré más temprano"]
VIETNAMESE = ["Cuộc họp phụ huynh bắt đầu", "Xin vui lòng gửi lại mẫu đơn", "Cảm ơn thầy rất nhiều!"]
CHINESE = ["明天下午三点开家长会", "校车今天晚点二十分钟", "请问数学作业是哪一页"]
RUSSIAN = ["Завтра в три часа собрание", "Автобус опаздывает", "Спасибо большое", "Нет"]
KOREAN = ["내일 학부모 회의가 있습니다", "버스가 늦어서 기다려요", "습니다"]
ARABIC = ["في أي صفحة واجب الرياضيات", "الحافلة متأخرة والأطفال ينتظرون"]
HEBREW = ["מחר בשעה שלוש יש אסיפת הורים", "תודה רבה, שלחתי את הטפסים"]
THAI = ["พรุ่งนี้มีประชุมผู้ปกครอง", "การบ้านคณิตศาสตร์อยู่หน้าไหน"]
HINDI = ["कल दोपहर तीन बजे अभिभावक बैठक है", "बस बीस मिनट देर से आ रही है"]
GREEK = ["Αύριο στις τρεις έχουμε συνάντηση", "Το λεωφορείο άργησε"]


def read(pixels, engines):
    return read_page(pixels, engines, component="p1", number=1)


def texts(page):
    return [line.text for line in page.lines]


def wrong(said: list[str], drawn: list[str]) -> float:
    """The share of characters that are wrong, blanks left out."""
    errors = total = 0
    for one, other in zip(said + [""] * (len(drawn) - len(said)), drawn, strict=False):
        theirs, ours = "".join(one.split()), "".join(other.split())
        row = list(range(len(theirs) + 1))
        for number, letter in enumerate(ours, 1):
            before, row = row, [number]
            for place, there in enumerate(theirs, 1):
                row.append(min(before[place] + 1, row[-1] + 1, before[place - 1] + (letter != there)))
        errors += row[-1]
        total += len(ours)
    return errors / total


SCRIPTS = {
    "english": (ENGLISH, "Latn", ["eng"], 0.01),
    "spanish": (SPANISH, "Latn", ["spa"], 0.01),
    "chinese": (CHINESE, "Hani", [], 0.01),
    "vietnamese": (VIETNAMESE, "Latn", ["vie"], 0.08),
    "russian": (RUSSIAN, "Cyrl", ["rus"], 0.08),
    "korean": (KOREAN, "Hang", ["kor"], 0.08),
    "arabic": (ARABIC, "Arab", ["ara"], 0.08),
}
LOOKS = {"light": LIGHT, "dark": DARK}
UNREAD = {"hebrew": (HEBREW, "Hebr"), "thai": (THAI, "Thai"), "hindi": (HINDI, "Deva"), "greek": (GREEK, "Grek")}
OF_OTHERS = {"russian": (RUSSIAN, "Cyrl"), "korean": (KOREAN, "Hang"), "arabic": (ARABIC, "Arab"), **UNREAD}
OF_OTHERS["vietnamese"] = (VIETNAMESE, "Latn")


@pytest.mark.parametrize(
    ("name", "look"), few(product(SCRIPTS, LOOKS), quick=list(zip(SCRIPTS, cycle(LOOKS), strict=False)))
)
def test_a_script_of_an_installed_engine_is_read_on_light_and_on_dark(engines, name, look):
    drawn, script, codes, most = SCRIPTS[name]
    needs_language(*codes)
    page = read(bubbles(drawn, script, LOOKS[look])[0], engines)
    assert not page.unread
    assert wrong(texts(page), drawn) <= most


@pytest.mark.parametrize("name", few([(one,) for one in UNREAD], quick=[("hebrew",), ("greek",)]))
def test_a_script_without_an_engine_stays_unread_beside_others_that_have_one(engines, name):
    drawn, script = UNREAD[name]
    page = read(bubbles(drawn, script)[0], engines)
    assert texts(page) == []
    assert len(page.unread) >= len(drawn)


@pytest.mark.parametrize("name", few([(one,) for one in OF_OTHERS], quick=[("arabic",), ("vietnamese",)]))
def test_without_a_second_engine_no_letters_of_another_script_are_made_up(first_only, name):
    drawn, script = OF_OTHERS[name]
    page = read(bubbles(drawn, script, DARK)[0], first_only)
    assert texts(page) == []
    assert len(page.unread) >= len(drawn)


def test_without_a_second_engine_latin_and_chinese_are_read(first_only):
    assert wrong(texts(read(bubbles(ENGLISH, "Latn", DARK)[0], first_only)), ENGLISH) <= 0.01
    assert wrong(texts(read(bubbles(CHINESE, "Hani", DARK)[0], first_only)), CHINESE) <= 0.01


def test_without_any_engine_the_whole_page_is_unread_and_says_why():
    page = read(np.full((100, 200, 3), 255, dtype=np.uint8), Engines(first=None, seconds={}))
    assert page.lines == ()
    assert [(one.box.right, one.box.bottom) for one in page.unread] == [(200, 100)]
    assert "no engine" in page.unread[0].reason


def test_the_place_of_a_line_and_of_each_word_is_on_its_ink(engines):
    pixels, places = bubbles(ENGLISH, "Latn")
    page = read(pixels, engines)
    for line, (left, top, right, bottom) in zip(page.lines, places, strict=True):
        assert abs(line.box.left - left) < 30
        assert abs(line.box.right - right) < 30
        assert top - 20 < line.box.top < line.box.bottom < bottom + 30
        assert "".join(word.text for word in line.words) == "".join(line.text.split())
        assert all(one.box.right <= other.box.left + 4 for one, other in zip(line.words, line.words[1:], strict=False))
    first = page.lines[0].words[0].box
    assert (pixels[first.top : first.bottom, first.left : first.right].min(axis=2) < 80).any()


def test_blanks_stand_where_the_paper_is_and_nowhere_else(engines):
    needs_language("rus")
    drawn = ["родительское собрание.", "отправила документы", "Хорошо, до встречи!"]
    assert texts(read(bubbles(drawn, "Cyrl", DARK, size=32)[0], engines)) == drawn


def test_a_page_without_writing_has_no_lines(engines):
    page = read(np.full((600, 400, 3), 240, dtype=np.uint8), engines)
    assert page.lines == ()
    assert page.unread == ()


def test_noise_gives_no_text(engines):
    noise = np.random.default_rng(7).integers(0, 256, (400, 400, 3)).astype(np.uint8)  # seed 7
    assert texts(read(noise, engines)) == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1), (9, 4000), (4000, 9), (33, 33)])
def test_pages_of_extreme_shapes_are_read_without_a_fault(first_only, shape):
    page = read(np.full((*shape, 3), 200, dtype=np.uint8), first_only)
    assert (page.height, page.width) == shape


def test_an_endless_scroll_is_read_in_pieces_and_each_line_once(first_only):
    drawn = [f"Message number {one} of the day" for one in range(101, 121)]
    page = read(bubbles(drawn, "Latn")[0], first_only)
    assert texts(page) == drawn


def test_small_writing_on_a_wide_scan_is_found(first_only):
    drawn = ["This letter was typed on paper", "and scanned by the front office"]
    page = read(bubbles(drawn, "Latn", size=26, width=1700)[0], first_only)
    assert sorted(texts(page)) == sorted(drawn)


def test_pixels_of_another_shape_are_refused(first_only):
    with pytest.raises(ValueError, match="uint8"):
        read(np.zeros((10, 10), dtype=np.uint8), first_only)


def test_the_author_names_every_engine_and_its_version(engines):
    assert engines.describe().startswith("rapidocr 3.")
    assert "PP-OCRv6" in engines.describe()


def test_nothing_is_told_over_the_network(engines):
    import os  # noqa: PLC0415

    assert os.environ["ORT_DISABLE_TELEMETRY"] == "1"


def test_each_word_of_arabic_has_its_letters_in_the_order_of_reading(engines):
    needs_language("ara")
    page = read(bubbles(ARABIC, "Arab")[0], engines)
    for line in page.lines:
        assert " ".join(word.text for word in line.words) == line.text
    assert {word.text for line in page.lines for word in line.words} >= {"الرياضيات", "الحافلة"}
