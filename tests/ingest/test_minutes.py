"""Minutes of a zone: the same as the library finds, at every turn of its clocks and for what is no moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.minutes import Minutes

ZONES = ("America/Chicago", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Monrovia", "UTC", "Pacific/Apia")


@given(
    zone=st.sampled_from(ZONES),
    moments=st.lists(
        st.tuples(
            st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2100, 1, 1)),  # noqa: DTZ001 - a zone follows
            st.integers(min_value=-14 * 60, max_value=14 * 60),
        ),
        min_size=1,
        max_size=20,
    ),
)
def test_the_minute_is_that_of_the_library(zone, moments):
    minutes = Minutes(ZoneInfo(zone))
    for naive, offset in moments:
        at = naive.replace(tzinfo=timezone(timedelta(minutes=offset)))
        expected = at.astimezone(ZoneInfo(zone)).isoformat()[:16]
        assert minutes.of(at.isoformat()) == expected
        assert minutes.of(at.isoformat()) == expected


@pytest.mark.parametrize("zone", ZONES)
def test_every_minute_around_the_turns_of_a_year_is_that_of_the_library(zone):
    minutes = Minutes(ZoneInfo(zone))
    for day in (
        datetime(2024, 3, 10, tzinfo=UTC),
        datetime(2024, 4, 6, tzinfo=UTC),
        datetime(2011, 12, 30, tzinfo=UTC),
    ):
        for minute in range(0, 2 * 24 * 60, 7):
            at = day + timedelta(minutes=minute)
            assert minutes.of(at.isoformat()) == at.astimezone(ZoneInfo(zone)).isoformat()[:16]


@pytest.mark.parametrize(
    ("at", "minute"),
    [
        (None, ""),
        ("2024-01-05T18:07:33", "2024-01-05T18:07"),
        ("2024-01-05", "2024-01-05"),
        ("2024-99-05T18:07:33+01:00", "2024-99-05T18:07"),
        ("2024-01-05T18:77:33+01:00", "2024-01-05T18:77"),
        ("no moment at all +01:00", "no moment at all"),
        ("", ""),
    ],
)
def test_what_is_no_moment_stays_as_it_is_printed(at, minute):
    assert Minutes(ZoneInfo("America/Chicago")).of(at) == minute
