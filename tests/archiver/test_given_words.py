"""Days, moments and amounts as people and programs write them; what is refused is not repeated."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from archiver.given_words import read_cents, read_instant, read_moment, read_near_day
from storage.errors import InvalidInput
from tests.every_case import every_case

ZONE = ZoneInfo("America/Chicago")


@pytest.mark.parametrize(
    ("text", "hour", "micro"),
    [
        ("2026-03-09T10:00:00-05:00", 15, 0),
        ("2026-03-09T15:00:00Z", 15, 0),
        ("2026-03-09t15:00:00z", 15, 0),
        ("2026-03-09 15:00:00.25Z", 15, 250_000),
        ("2026-03-09T15:00:00.123456789Z", 15, 123_456),
    ],
)
def test_an_instant_is_written_with_its_offset(text: str, hour: int, micro: int) -> None:
    assert read_instant(text) == datetime(2026, 3, 9, hour, 0, 0, micro, UTC)


@every_case(
    "text",
    [
        "",
        "2026-03-09",
        "2026-03-09T10:00:00",
        "2026-03-09T10:00Z",
        "2026-02-30T10:00:00Z",
        "2026-03-09T24:30:00Z",
        "20260309T100000Z",
        "2026-W11-1T10:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "\N{ARABIC-INDIC DIGIT TWO}026-03-09T10:00:00Z",
        "2026-03-09T10:00:00Z\n",
    ],
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_instant(text)
    assert not text or text not in refused.value.message


def test_a_moment_without_an_offset_is_the_zones() -> None:
    assert read_moment("2026-03-09T10:00", ZONE) == datetime(2026, 3, 9, 15, tzinfo=UTC)
    assert read_moment("2026-03-09T10:00Z", ZONE) == datetime(2026, 3, 9, 10, tzinfo=UTC)
    with pytest.raises(InvalidInput, match="write it like"):
        read_moment("secretvalue", ZONE)


@pytest.mark.parametrize("text", ["2026-02-30", "20260309", "2026-W11-1", "9999-12-31", "1969-12-31", "soon", ""])
def test_a_day_of_work_is_one_that_a_calendar_has(text: str) -> None:
    assert read_near_day("2026-03-09") == date(2026, 3, 9)
    with pytest.raises(InvalidInput):
        read_near_day(text)


@pytest.mark.parametrize(("text", "cents"), [("0", 0), ("12", 1200), ("12.5", 1250), (" 12.05 ", 1205)])
def test_an_amount_is_read_in_cents(text: str, cents: int) -> None:
    assert read_cents(text) == cents


@every_case("text", ["", "-1", "+1", "1e3", "1,000", "12.505", "$5", "1" * 10, "\N{FULLWIDTH DIGIT ONE}"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_cents(text)
