"""Printed times of Meta's pages: every layout and language, and never a wrong half of the day."""

from __future__ import annotations

from datetime import datetime

from ingest.formats.chats.meta_times import PrintedTimes
from tests.every_case import every_case


def printed(*parts: int) -> datetime:
    return datetime(*parts)  # noqa: DTZ001 - pages print no zone


@every_case(
    ("text", "expected"),
    [
        ("Sep 13, 2020, 12:26 PM", (2020, 9, 13, 12, 26)),
        ("Sep 13, 2020, 12:26\u202fAM", (2020, 9, 13, 0, 26)),
        ("Apr 23, 2022 10:03 am", (2022, 4, 23, 10, 3)),
        ("Jan 05, 2018 9:52pm", (2018, 1, 5, 21, 52)),
        ("Jan 5, 2024 6:07:33 pm", (2024, 1, 5, 18, 7, 33)),
        ("Oct 19, 2019 at 2:37 PM", (2019, 10, 19, 14, 37)),
        ("19 Oct 2019, 14:37", (2019, 10, 19, 14, 37)),
        ("5. Jan. 2024, 18:07", (2024, 1, 5, 18, 7)),
        ("5 de enero de 2024, 18:07", (2024, 1, 5, 18, 7)),
        ("ago 10, 2026 4:38 da manhã", (2026, 8, 10, 4, 38)),
        ("ago 07, 2026 8:17 da tarde/noite", (2026, 8, 7, 20, 17)),
        ("8월 05, 2024 3:21 오후", (2024, 8, 5, 15, 21)),
        ("05.01.2024, 18:07", (2024, 1, 5, 18, 7)),
        ("2020年9月13日 12:26", (2020, 9, 13, 12, 26)),
        ("15/01/2024, 18:07", (2024, 1, 15, 18, 7)),
    ],
)
def test_a_printed_time_is_read_as_local_time(text, expected):
    assert PrintedTimes("").read(text) == printed(*expected)


@every_case(
    "text",
    [
        "hello",
        "",
        "12:26",
        "Sep 13, 2020",
        "Sep 31, 2020 1:00 PM",
        "Jan 5, 2024 6:07 of the clock",
        "Jan 5, 2024 13:07 PM",
        "See you on Sep 13, 2020, 12:26 PM",
        "05/01/2024, 18:07",
        "Foo 13, 2020, 12:26 PM",
        "Sep 13, 2020, 12:26 PM" + " " * 200 + "x",
    ],
)
def test_what_is_no_time_or_could_be_two_is_none(text):
    assert PrintedTimes("").read(text) is None


def test_the_submitter_decides_the_order_of_digits():
    assert PrintedTimes("", day_first=True).read("05/01/2024, 18:07") == printed(2024, 1, 5, 18, 7)
    assert PrintedTimes("", day_first=False).read("05/01/2024, 18:07") == printed(2024, 5, 1, 18, 7)


def test_a_month_that_two_languages_name_alike_is_told_by_the_other_months():
    assert PrintedTimes("").read("lip 14, 2023 8:17 po południu") is None
    page = "<div>sie 14, 2023 8:17 po południu</div><div>lip 14, 2023 8:17 po południu</div>"
    assert PrintedTimes(page).read("lip 14, 2023 8:17 po południu") == printed(2023, 7, 14, 20, 17)
