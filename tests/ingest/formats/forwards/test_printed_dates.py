"""Dates as clients print them, language by language."""

from __future__ import annotations

from ingest.formats.forward_languages.lexicon import LEXICON
from ingest.formats.printed_dates import read_date
from tests.every_case import every_case

ANY = frozenset(LEXICON.languages)

READ = [
    ("fr", "mer. 6 avr. 2022 à 10:23", "2022-04-06T10:23:00"),
    ("fr", "mardi 8 mars 2022 à 14 h 25", "2022-03-08T14:25:00"),
    ("fr", "mar. 8 mars 2022 à 10:23", "2022-03-08T10:23:00"),
    ("es", "mar, 8 mar 2022 a las 10:23", "2022-03-08T10:23:00"),
    ("es", "miércoles, 6 de abril de 2022 2:05 p. m.", "2022-04-06T14:05:00"),
    ("it", "mar 8 mar 2022 10:23", "2022-03-08T10:23:00"),
    ("pt", "quarta, 03/04/2024 à(s) 09:31", "2024-04-03T09:31:00"),
    ("de", "Am 03.02.2016 3:35 nachm.", "2016-02-03T15:35:00"),
    ("de", "Don 11 Februar 2016 11:23", "2016-02-11T11:23:00"),
    ("de", "28/10/2021, 12:46", "2021-10-28T12:46:00"),
    ("da", "tirsdag den 2. november 2021 09.26.50 CET", "2021-11-02T09:26:50+01:00"),
    ("fi", "ke 6. huhtik. 2022 klo 9.31", "2022-04-06T09:31:00"),
    ("cs", "st 27. 10. 2021 v 9:31", "2021-10-27T09:31:00"),
    ("cs", "5. listopadu 2021 14:25:08 SELČ", "2021-11-05T14:25:08+02:00"),
    ("pl", "5 listopada 2021 o 14:25", "2021-11-05T14:25:00"),
    ("hr", "5. listopada 2021. u 14:25", "2021-10-05T14:25:00"),
    ("hu", "2022. ápr. 6., Sze, 10:23", "2022-04-06T10:23:00"),
    ("hu", "2022. 04. 06. de. 10:23", "2022-04-06T10:23:00"),
    ("tr", "6 Nis 2022 Çar, 10:23", "2022-04-06T10:23:00"),
    ("ja", "2022年4月6日(水) 10:23", "2022-04-06T10:23:00"),
    ("ja", "2022/04/06 10:23", "2022-04-06T10:23:00"),
    ("zh-hans", "2022年4月6日周三下午2:05", "2022-04-06T14:05:00"),
    ("zh-hans", "2022年4月6日 GMT+8 14:05:09", "2022-04-06T14:05:09+08:00"),
    ("ko", "2022. 4. 6. 오후 2:05:10", "2022-04-06T14:05:10"),
    ("ko", "2022년 4월 6일 오전 10시 23분", "2022-04-06T10:23:00"),
    ("ar", "٦ أبريل ٢٠٢٢ في ١٠:٢٣ م", "2022-04-06T22:23:00"),
    ("el", "Τετ 6 Απρ 2022 στις 10:23 μ.μ.", "2022-04-06T22:23:00"),
    ("en", "Wed, Apr 6, 2022 at 2:05\u202fPM", "2022-04-06T14:05:00"),
    ("en", "On Wednesday, April 6th, 2022 at 10:23 AM", "2022-04-06T10:23:00"),
    ("en", "4/6/22 10:23 AM (GMT-08:00)", "2022-04-06T10:23:00-08:00"),
    ("en", "02/10/2023 4:52 PM EST", "2023-02-10T16:52:00-05:00"),
    ("en", "Wednesday, 03/04/2024 10:23", "2024-04-03T10:23:00"),
    ("en", "2016-01-27", "2016-01-27"),
    ("en", "6 April 2022 12:05 AM", "2022-04-06T00:05:00"),
]


@every_case(("language", "printed", "expected"), READ)
def test_a_date_is_read_in_its_language(language: str, printed: str, expected: str):
    assert read_date(printed, {language}) == expected


@every_case(
    "printed",
    [
        "03/04/2024 10:23",
        "03/04/2024 10:23 CET",
        "03-04-24 10:23 AM",
        "Saturday, 03/04/2024 10:23",
        "Wed, Apr 6 at 2:05 PM",
        "yesterday at 10:23",
        "6 foo 2022 10:23",
        "31 February 2022 10:23",
        "6 April 2022 25:99",
        "at 10:23",
        "",
    ],
)
def test_what_does_not_say_a_day_is_no_date(printed: str):
    assert read_date(printed, {"en"}) is None


def test_languages_that_disagree_give_no_date():
    assert read_date("5. listopada 2021 14:25", {"pl", "hr"}) is None


def test_a_language_that_knows_not_every_word_does_not_read_the_date():
    assert read_date("mar. 6 avr. 2022 à 10:23", {"es"}) == read_date("mar. 6 avr. 2022 à 10:23", {"fr"})


def test_digits_alone_are_no_evidence_for_a_language():
    assert read_date("03/04/2024 10:23", frozenset()) is None


@every_case("language", sorted(ANY))
def test_every_month_of_a_language_is_read(language: str):
    table = LEXICON.languages[language]
    for word, month in table.months.items():
        if month and word not in table.weekdays:
            assert read_date(f"17 {word} 2022 10:23", {language}) == f"2022-{month:02d}-17T10:23:00", word
