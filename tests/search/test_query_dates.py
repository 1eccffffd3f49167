from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from search.query_dates import Days, end_of, read_days, start_of
from storage.errors import InvalidInput

TODAY = date(2025, 4, 9)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2025-03-31", date(2025, 3, 31), date(2025, 3, 31)),
        ("2025-02", date(2025, 2, 1), date(2025, 2, 28)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2025", date(2025, 1, 1), date(2025, 12, 31)),
        ("March 2025", date(2025, 3, 1), date(2025, 3, 31)),
        ("sept 2025", date(2025, 9, 1), date(2025, 9, 30)),
        ("31 March 2025", date(2025, 3, 31), date(2025, 3, 31)),
        ("March 31, 2025", date(2025, 3, 31), date(2025, 3, 31)),
        ("today", TODAY, TODAY),
        ("Yesterday", date(2025, 4, 8), date(2025, 4, 8)),
        ("this week", date(2025, 4, 7), date(2025, 4, 13)),
        ("last week", date(2025, 3, 31), date(2025, 4, 6)),
        ("this month", date(2025, 4, 1), date(2025, 4, 30)),
        ("last month", date(2025, 3, 1), date(2025, 3, 31)),
        ("this year", date(2025, 1, 1), date(2025, 12, 31)),
        ("last year", date(2024, 1, 1), date(2024, 12, 31)),
        ("2025-01-15..2025-02", date(2025, 1, 15), date(2025, 2, 28)),
        ("2025-01-15 to March 2025", date(2025, 1, 15), date(2025, 3, 31)),
        ("2025..", date(2025, 1, 1), None),
        ("* to 2025-02", None, date(2025, 2, 28)),
    ],
)
def test_a_phrase_means_these_days(text, first, last):
    assert read_days(text, TODAY, 0) == Days(first, last)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2025-13",
        "2025-02-29",
        "0000",
        "25-01-01",
        "2025-1-1",
        "31 Foo 2025",
        "..",
        "2026..2025",
        "9" * 5000,
    ],
)
def test_what_is_no_date_is_refused_with_its_place(text):
    with pytest.raises(InvalidInput) as refused:
        read_days(text, TODAY, 7)
    assert refused.value.fields["position"] == 7


def test_days_begin_and_end_at_local_midnight_also_when_clocks_change():
    zone = ZoneInfo("America/Los_Angeles")
    assert start_of(date(2025, 3, 9), zone) == datetime(2025, 3, 9, 8, tzinfo=UTC)
    assert end_of(date(2025, 3, 9), zone) == datetime(2025, 3, 10, 7, tzinfo=UTC)


def test_days_at_the_ends_of_the_calendar_are_its_first_and_last_moment():
    assert start_of(date.min, ZoneInfo("Asia/Tokyo")) == datetime.min.replace(tzinfo=UTC)
    assert end_of(date.max, UTC) == datetime.max.replace(tzinfo=UTC)
