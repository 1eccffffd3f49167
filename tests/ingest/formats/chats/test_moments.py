"""Moments as exports state them: what no clock of a service can have shown is no moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.formats.chats.moments import from_apple, from_micros, from_millis, from_seconds, iso, utc_text
from tests.every_case import every_case

STEADY = settings(deadline=None, derandomize=True, max_examples=200)
AT = datetime(2024, 1, 5, 18, 7, 33, tzinfo=UTC)
SECONDS = int(AT.timestamp())
anything = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=60) | st.lists(st.integers(), max_size=2)
)


@pytest.mark.parametrize("value", [SECONDS, str(SECONDS), float(SECONDS), f"{SECONDS}.0"])
def test_seconds_are_read_as_numbers_and_as_digits(value):
    assert from_seconds(value) == AT


def test_parts_of_a_second_are_kept():
    assert from_millis(SECONDS * 1_000 + 402) == AT + timedelta(milliseconds=402)
    assert from_micros(str(SECONDS * 1_000_000 + 7)) == AT + timedelta(microseconds=7)


def test_apples_clock_begins_in_2001_and_counts_seconds_or_nanoseconds():
    since = SECONDS - 978_307_200
    assert from_apple(since) == from_apple(since * 1_000_000_000) == AT


@every_case("read", [from_seconds, from_millis, from_micros, from_apple])
@every_case(
    "value",
    [0, -1, "0", "", None, True, [], {}, "soon", "9" * 30, 10**400, float("nan"), float("inf"), 1e300, "١٢"],
    ids=range(15),
)
def test_what_is_no_plausible_moment_is_none(read, value):
    assert read(value) is None


def test_milliseconds_read_as_seconds_are_no_moment():
    assert from_seconds(SECONDS * 1_000) is None
    assert from_millis(SECONDS) is None


def test_iso_is_aware_with_an_offset_and_naive_without():
    assert iso("2024-01-05T18:07:33Z") == AT
    assert iso(" 2024-01-05T19:07:33+01:00 ") == AT
    assert iso("2024-01-05 18:07:33") == AT.replace(tzinfo=None)


@pytest.mark.parametrize("text", ["", "2024", "2024-13-01", "0001-01-01T00:00:00Z", "2024-01-05T18:07:33" * 9, None, 5])
def test_what_is_no_iso_moment_is_none(text):
    assert iso(text) is None


@pytest.mark.parametrize("text", ["2024-01-05 18:07:33 UTC", "2024-01-05 18:07:33", "2024-01-05T18:07:33Z"])
def test_a_text_in_utc_is_read_with_and_without_the_zones_name(text):
    assert utc_text(text) == AT


@STEADY
@given(anything)
def test_no_value_raises_and_what_comes_lies_between_1990_and_2100(value):
    for read in (from_seconds, from_millis, from_micros, from_apple, iso, utc_text):
        found = read(value)
        assert found is None or 1990 <= found.year <= 2100
