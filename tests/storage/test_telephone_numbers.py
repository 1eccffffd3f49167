"""Telephone numbers are the same however they are written, and never by a guess of the country."""

from __future__ import annotations

from storage.telephone_numbers import normal_number
from tests.every_case import every_case


@every_case(
    "written",
    [
        "+15035550123",
        "+1 (503) 555-0123",
        "(503) 555-0123",
        "503.555.0123",
        "5035550123",
        "1-503-555-0123",
        "001 503 555 0123",
        "\u202a+1\u00a0503\u2011555\u20110123\u202c",
    ],
)
def test_one_number_in_many_ways_of_writing_is_one(written: str):
    assert normal_number(written) == "+15035550123"


def test_a_number_of_another_country_needs_its_code():
    assert normal_number("+49 (0)170 1234567") == normal_number("0049 170 1234567") == "+491701234567"
    assert normal_number("0170 1234567") is None


@every_case(
    "text",
    ["", "Jane", "12345", "+1234", "503 555 0123 ext", "117312345678901234567", "+" + "1" * 16, "1/5/26", "0" * 5_000],
)
def test_what_is_no_whole_number_is_none(text: str):
    assert normal_number(text) is None
