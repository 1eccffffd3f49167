from __future__ import annotations

import pytest

from ingest.formats.transcripts.stamps import Stamp, moment_of, read_stamp, split_time
from tests.every_case import every_case

DAYS = [
    "Yesterday",
    "Mon, Mar 2",
    "March 2, 2026",
    "2 de marzo",
    "3월 2일 월요일",
    "2026年3月2日",
    "Thứ hai, 2 tháng 3",
    "Lendi 2 mas",
    "2 марта",
    "اليوم",
    "hôm nay",
    "aujourd’hui",
    "2 de março de 2026",
]


@every_case("text", DAYS)
def test_days_are_read_in_the_languages_of_a_district(text):
    assert read_stamp(text) == Stamp(day=text)


@pytest.mark.parametrize(
    ("text", "day", "time"),
    [
        ("Today 9:41 AM", "Today", "9:41 AM"),
        ("Wed at 4:12 PM", "Wed", "4:12 PM"),
        ("昨天下午3:20", "昨天", "下午3:20"),
        ("오늘 오후 3:20", "오늘", "오후 3:20"),
        ("اليوم 7:04 ص", "اليوم", "7:04 ص"),
        ("9:41", None, "9:41"),
        ("2h", None, "2h"),
    ],
)
def test_day_and_time_are_kept_as_printed(text, day, time):
    assert read_stamp(text) == Stamp(day=day, time=time)


@every_case(
    "text", ["See you today", "May the fourth be with you", "8:30. Please", "8:30?", "12", "Tom", "ME", "N.", "", "..."]
)
def test_what_somebody_writes_is_no_stamp(text):
    assert read_stamp(text) is None


@pytest.mark.parametrize(
    ("text", "words", "time"),
    [
        ("See you all there 3:25 PM v ✓", "See you all there", "3:25 PM"),
        ("谢谢9:41", "谢谢", "9:41"),
        ("8:15 with his lunch", "8:15 with his lunch", None),
        ("no time here", "no time here", None),
    ],
)
def test_a_time_behind_a_text_is_split_off_with_its_marks(text, words, time):
    assert split_time(text) == (words, time)


def test_a_moment_needs_a_year_and_one_reading():
    assert moment_of("March 2, 2026", "9:41 PM") == "2026-03-02T21:41:00"
    assert moment_of("Today", "9:41 PM") is None
    assert moment_of("3/2/2026", "9:41 PM") is None
    assert moment_of("March 2", "9:41 PM") is None


def test_long_texts_are_no_stamps_and_cost_little():
    assert read_stamp("1:" * 100_000) is None
    assert split_time("1:1" * 50_000 + "x")[1] is None


@pytest.mark.parametrize(
    ("day", "time", "expected"),
    [
        ("March 2, 2026", "9:41 PM", "2026-03-02T21:41:00"),
        ("March 2, 2026", "\u0669:\u0664\u0661 م", "2026-03-02T21:41:00"),
        ("2026年3月2日", "下午9:41", "2026-03-02T21:41:00"),
        ("2 de marzo de 2026", "21:41", "2026-03-02T21:41:00"),
        ("March 2", "9:41 PM", None),
        ("March 2, 2026", "9:41 of something", None),
    ],
)
def test_a_day_and_a_time_make_a_moment_where_both_are_certain(day, time, expected):
    assert moment_of(day, time) == expected
