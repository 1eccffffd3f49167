from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search import fast_scans
from search.phone_words import locate_phones, phone_key, phone_words
from tests.every_case import every_case


@every_case(
    ("text", "expected"),
    [
        ("(206) 555-0142", ["12065550142", "5550142"]),
        ("+1\u00a0(206)\u00a0555\u20110142", ["12065550142", "5550142"]),
        ("tel:+12065550142", ["12065550142", "5550142"]),
        ("206.555.0142 or 425-555-0143.", ["12065550142", "5550142", "14255550143", "5550143"]),
        ("+49 30 1234567", ["49301234567"]),
        ("0049 30 1234567", ["49301234567"]),
        ("+31(0)851119172", ["31851119172"]),
        ("030/1234567", ["0301234567"]),
        ("01 23 45 67 89", ["0123456789"]),
        ("555-0142", ["5550142"]),
        ("\ud800 206-555-0142 \ud800", ["12065550142", "5550142"]),
    ],
)
def test_a_number_in_a_text_is_a_word(text, expected):
    assert phone_words(text) == expected


@every_case(
    "text",
    [
        "2025-03-14 10:22",
        "01.08.2019 20:11",
        "03/07/2019 01",
        "06 2017 -0800",
        "192.168.1.10",
        "x2065550142",
        "206-555-01423",
        "1234567890123456",
        "0x12345678",
        "@@ -206,55 +206,50 @@",
        "",
    ],
)
def test_what_is_no_number_is_no_word(text):
    assert phone_words(text) == []


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (" (206) 555-0142 ", "12065550142"),
        ("5550142", "5550142"),
        ("030 1234567", "0301234567"),
        ("1. 8. 2019", None),
        ("01.08.2019", None),
        ("call 206-555-0142", None),
        ("2" * 1000, None),
    ],
)
def test_what_is_asked_for_is_a_number_only_as_a_whole(text, key):
    assert phone_key(text) == key


@settings(max_examples=50)
@given(st.text())
def test_numbers_are_located_where_they_are_found(text):
    text = f"{text} (206) 555-0142 {text}"
    located = list(locate_phones(text))
    assert list(dict.fromkeys(word for _, _, several in located for word in several)) == phone_words(text)
    assert all(phone_key(text[start:end]) == words[0] for start, end, words in located)


def test_of_a_list_without_end_the_first_numbers_are_words(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fast_scans, "MOST_NUMBERS", 30)
    lines = "\n".join(f"206-555-{number:04}" for number in range(50))
    assert len([one for one in phone_words(lines) if len(one) == 11]) == 30
    assert len(list(locate_phones(lines))) == 30


def test_a_long_run_of_digits_is_read_once():
    assert phone_words("0" * 5_000_000 + " 206-555-0142") == ["12065550142", "5550142"]
