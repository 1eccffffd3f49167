"""What is said of the writing that nobody here reads."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from ingest.formats.ocr import tesseract
from ingest.formats.ocr.choosing import COULD_NOT, NO_LETTERS, Line
from ingest.formats.ocr.naming import (
    PERHAPS_NOT_RUSSIAN,
    UNKNOWN_LETTERS,
    UNKNOWN_READING,
    language_remark,
    named,
)
from ingest.formats.ocr.outlook import Outlook, OutlookEngine, has_outlook
from ingest.formats.ocr.pages import read_page
from ingest.formats.ocr.strips import Strip
from storage.transcription import Box, Page, TextLine
from tests.ingest.formats.ocr.drawing import DARK, LIGHT, bubbles, needs_language
from tests.tiers import few

HEBREW = ["מחר בשעה שלוש יש אסיפת הורים", "האוטובוס מאחר והילדים עדיין מחכים", "תודה רבה, שלחתי את הטפסים"]
THAI = ["พรุ่งนี้มีประชุมผู้ปกครองเวลาบ่ายสามโมง", "รถโรงเรียนมาสาย เด็กๆ ยังรออยู่", "การบ้านคณิตศาสตร์อยู่หน้าไหน"]
HINDI = ["कल दोपहर तीन बजे अभिभावक बैठक है", "बस बीस मिनट देर से आ रही है", "बहुत धन्यवाद, मैंने फॉर्म भेज दिया"]
GREEK = ["Αύριο στις τρεις έχουμε συνάντηση", "Το λεωφορείο άργησε είκοσι λεπτά"]
RUSSIAN = ["Завтра в три часа собрание", "Автобус опаздывает сегодня", "Спасибо большое"]
ARABIC = ["في أي صفحة واجب الرياضيات", "الحافلة متأخرة والأطفال ينتظرون", "شكرا جزيلا، لقد أرسلت الأوراق"]
AMHARIC = ["ነገ ከሰዓት በኋላ የወላጆች ስብሰባ አለ", "አውቶቡሱ ሃያ ደቂቃ ዘግይቷል"]
GURMUKHI = ["ਕੱਲ੍ਹ ਦੁਪਹਿਰ ਤਿੰਨ ਵਜੇ ਮਾਪਿਆਂ ਦੀ ਮੀਟਿੰਗ ਹੈ", "ਬੱਸ ਵੀਹ ਮਿੰਟ ਲੇਟ ਹੈ", "ਬਹੁਤ ਧੰਨਵਾਦ"]
UKRAINIAN = [
    "Завтра о третій годині батьківські збори.",
    "Автобус запізнюється, діти ще чекають",
    "Дякую, я вже надіслала документи",
]
UNREAD = {"hebrew": (HEBREW, "Hebr"), "thai": (THAI, "Thai"), "hindi": (HINDI, "Deva"), "greek": (GREEK, "Grek")}
LOOKS = {"light": LIGHT, "dark": DARK}


class Said:
    """Says one thing of all lines."""

    def __init__(self, script) -> None:
        self.script = script
        self.shown = []

    def look(self, strips):
        self.shown += strips
        return Outlook(script=self.script)


@pytest.fixture(scope="session")
def outlook():
    folder = tesseract.data_folder()
    if folder is None or not has_outlook(folder):
        pytest.skip("TESSERACT HAS NO osd.traineddata: scripts were NOT named")
    return OutlookEngine(folder)


def strip() -> Strip:
    corners = np.array([[0, 0], [99, 0], [99, 48], [0, 48]], dtype=np.float32)
    return Strip(np.zeros((48, 99, 3), dtype=np.uint8), corners)


def line(unread: str | None, script: str | None = None) -> Line:
    return Line(strip=strip(), unread=unread, script=script)


@pytest.mark.parametrize(
    ("name", "look"),
    few(product(UNREAD, LOOKS), quick=[("hebrew", "dark"), ("thai", "light")]),
)
def test_the_script_of_unread_lines_is_named(engines, outlook, name, look):
    drawn, script = UNREAD[name]
    assert outlook
    page = read_page(bubbles(drawn, script, LOOKS[look])[0], engines, component="c", number=1)
    assert {(one.script, one.reason) for one in page.unread} == {(script, NO_LETTERS)}


@pytest.mark.parametrize(("drawn", "script"), [(RUSSIAN, "Cyrl"), (ARABIC, "Arab")], ids=["russian", "arabic"])
def test_the_script_is_named_where_no_second_engine_is_loaded(first_only, outlook, drawn, script):
    alone = type(first_only)(first=first_only.first, seconds={}, outlook=outlook)
    page = read_page(bubbles(drawn, script)[0], alone, component="c", number=1)
    assert page.lines == ()
    assert {one.script for one in page.unread} == {script}


@pytest.mark.parametrize(("drawn", "script"), [(AMHARIC, "Ethi"), (GURMUKHI, "Guru")], ids=["amharic", "gurmukhi"])
def test_a_script_that_cannot_be_told_gets_no_name(engines, outlook, drawn, script):
    assert outlook
    page = read_page(bubbles(drawn, script)[0], engines, component="c", number=1)
    assert page.unread
    assert {one.script for one in page.unread} == {None}
    assert all("script is not known" in one.reason for one in page.unread)


@pytest.mark.parametrize(
    ("drawn", "script"),
    [
        (["Can you cover 3rd period?", "The bus was late again"], "Latn"),
        (["明天下午三点开家长会", "校车今天晚点"], "Hani"),
    ],
)
def test_scripts_of_the_first_engine_are_never_named_by_outlines(outlook, drawn, script):
    from ingest.formats.ocr.grounds import lines_between  # noqa: PLC0415 - here only

    pixels, places = bubbles(drawn, script)
    corners = [np.array([[a, b], [c, b], [c, d], [a, d]], dtype=np.float32) for a, b, c, d in places]
    assert outlook.look([one for place in corners for one in lines_between(pixels, place)]).script is None


def test_nothing_is_said_of_no_lines(outlook):
    assert outlook.look([]) == Outlook()


def test_a_script_that_an_engine_has_was_only_too_unclear():
    told = named([line(COULD_NOT)], Said("Cyrl"), {"Latn", "Cyrl"})
    assert [(one.script, one.unread) for one in told] == [("Cyrl", COULD_NOT)]


def test_a_script_that_no_engine_has_is_a_lack_of_letters():
    told = named([line(COULD_NOT)], Said("Thai"), {"Latn", "Cyrl"})
    assert [(one.script, one.unread) for one in told] == [("Thai", NO_LETTERS)]


def test_what_is_not_known_is_said_to_be_not_known():
    told = named([line(COULD_NOT), line(NO_LETTERS, "Grek")], Said(None), {"Latn"})
    assert [(one.script, one.unread) for one in told] == [(None, UNKNOWN_READING), (None, UNKNOWN_LETTERS)]


def test_without_the_detector_a_script_that_was_seen_stays():
    told = named([line(NO_LETTERS, "Grek"), line(NO_LETTERS)], None, {"Latn"})
    assert [(one.script, one.unread) for one in told] == [("Grek", NO_LETTERS), (None, UNKNOWN_LETTERS)]


def test_lines_that_were_read_or_are_latin_are_left_alone():
    before, said = [line(None), line("no marks", "Latn")], Said("Thai")
    assert named(before, said, {"Latn"}) == before
    assert said.shown == []


def page_of(*lines: tuple[str, int]) -> Page:
    box = Box(left=0, top=0, right=9, bottom=9)
    read = tuple(TextLine(text=text, box=box, confidence=sure, script="Cyrl") for text, sure in lines)
    return Page(component="c", number=1, width=9, height=9, lines=read)


def test_ukrainian_by_a_russian_model_is_said_to_be_perhaps_another_language():
    page = page_of(("Завтра о третй годин! батьювськ! збори.", 900), ("Автобус запзнюеться, дти ще чекають", 840))
    assert language_remark(page, ["eng", "rus"]) == PERHAPS_NOT_RUSSIAN
    assert language_remark(page, ["eng", "rus", "ukr"]) is None
    assert language_remark(page, ["eng"]) is None


def test_russian_by_a_russian_model_is_russian():
    sure = page_of(("Завтра в три часа дня родительское собрание", 960), ("Хорошо до встречи у входа в школу", 950))
    unsure = page_of(("Автобус опаздывает на 20 минут, дети ещё ждут", 700), ("На какой странице задание?", 800))
    short = page_of(("Да", 600), ("Нет!", 600))
    assert [language_remark(one, ["rus"]) for one in (sure, unsure, short)] == [None, None, None]


def test_ukrainian_is_read_with_its_own_letters_beside_russian(engines):
    needs_language("rus", "ukr")
    drawn = [*UKRAINIAN, "Автобус опаздывает, дети ещё ждут"]
    page = read_page(bubbles(drawn, "Cyrl")[0], engines, component="c", number=1)
    assert [one.text for one in page.lines] == drawn
    assert [one.engine for one in page.lines] == ["tesseract ukr"] * 3 + ["tesseract rus"]
