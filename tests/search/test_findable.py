from __future__ import annotations

import pytest

from search.naive_matcher import matches
from storage.records import Party
from tests.every_case import every_case
from tests.search.building import document, mail, parse

GERMAN = (
    "Liebe Eltern, die Schulen sind am Montag geschlossen. Die Überweisungen für den Ausflug sind nicht eingegangen."
)
SPANISH = "Estimados padres: las reuniones del consejo están canceladas. Gracias por sus inscripciones."
FRENCH = "Les activités et les réunions sont annulées pour les élèves cette année."
ENGLISH = "The board will be meeting with all of the parents about the budgets for the schools."
LETTER = f"{SPANISH}\n\n{ENGLISH}"


@every_case(
    ("text", "query"),
    [
        (GERMAN, "Schule"),
        (GERMAN, "überweisung"),
        (GERMAN, "Uberweisung"),
        (GERMAN, '"schule sind am montag"'),
        ("Herr Mueller ist nicht mit dem Plan da", "Müller"),
        (SPANISH, "reunión"),
        (SPANISH, "inscripcion"),
        (SPANISH, "consejos"),
        (FRENCH, "activité"),
        (FRENCH, "reunion"),
        (FRENCH, "annulée"),
        (LETTER, "reunión"),
        (LETTER, "budget"),
        (LETTER, '"reunion del consejo"'),
        (LETTER, '"budget for the school"'),
        ("日本語の学校です", "学校"),
        ("日本語の学校です", "日本語の学校"),
        ("ｶﾞｯｺｳ", "ガッコウ"),
        ("学校で会う", '"会う"'),
        ("내일 학교에서 만나요", "학교"),
        ("내일 학교에서 만나요", "학교에서"),
        ("โรงเรียนปิดวันจันทร์", "โรงเรียน"),
        ("اجتماع في المدرسة غدا", "مدرسة"),
        ("اجتماع في المدرسة غدا", "المدرسه"),
        ("والمدرسة مغلقة", "المدرسة"),
        ("إجتماعات أحمد", "اجتماع احمد"),
        ("على الميزانيّة", "علي ميزانية"),
        ("בית הספר סגור", '"בית הספר"'),
        ("שָׁלוֹם", "שלום"),
        ("школьный совет и учителей", "школьная"),
        ("school board said учителей", "учитель"),
        ("της σχολείου", "σχολείο"),
        ("great 👩‍🚀 day", "👩‍🚀"),
        ("ok 👍🏿", "👍"),
        ("❤️", "❤"),
        ("come #BackToSchool now", "#backtoschool"),
        ("come #BackToSchool now", "backtoschool"),
        ("ask @coach_kim", "@Coach_Kim"),
        ("ask @coach_kim", '"coach kim"'),
        ("ask @jane.doe", "@jane.doe"),
        ("see https://www.district.example/board/2025-minutes.pdf?page=2#top", "district.example"),
        ("see https://www.district.example/board/2025-minutes.pdf?page=2#top", "minutes"),
        (
            "see https://www.district.example/board/2025-minutes.pdf",
            "https://www.district.example/board/2025-minutes.pdf",
        ),
        ("mail x.y+forms@mail.z.example", "x.y+forms@mail.z.example"),
        ("mail x.y+forms@mail.z.example", "z.example"),
        ("mail x.y+forms@mail.z.example", "x.y"),
        ("mail x.y+forms@mail.z.example", "forms"),
    ],
)
def test_a_text_is_found_by(text, query):
    assert matches(parse(query), document(1, text=text))


@every_case(
    ("text", "query"),
    [
        (GERMAN, "exact:schule"),
        (SPANISH, "exact:reunion"),
        ("내일 학교에서 만나요", "교학"),
        ("日本語", "語日"),
        ("والمدرسة مغلقة", "exact:مدرسة"),
        ("й", "и"),
        ("great 👩‍🚀 day", "👨‍🚀"),
        ("mail a@z.example", "#a"),
        ("the district.example", "example.district"),
    ],
)
def test_a_text_is_not_found_by(text, query):
    assert not matches(parse(query), document(1, text=text))


NOTATIONS = ("(206) 555-0142", "+1 206.555.0142", "2065550142", "1-206-555-0142", "206 555 0142", "+12065550142")


@every_case("written", NOTATIONS)
@every_case("asked", NOTATIONS)
def test_a_number_is_found_in_any_notation(written, asked):
    assert matches(parse(f'"{asked}"'), document(1, text=f"call {written}, please"))


@pytest.mark.parametrize("asked", ["555-0142", "5550142", '"206 555 0142"', "206-555-0142"])
def test_a_number_is_found_by_its_last_seven_digits_and_as_it_is_printed(asked):
    assert matches(parse(asked), document(1, text="call (206) 555-0142"))


def test_a_number_stands_in_people_subjects_and_file_names_too():
    one = document(
        1,
        original=mail("call +1 206 555 0142", Party(name="(206) 555-0143")),
        names=("chat with 206.555.0144.txt",),
    )
    for asked in ("subject:2065550142", 'from:"206-555-0143"', "participant:2065550143", "filename:206-555-0144"):
        assert matches(parse(asked), one)
    for asked in ("from:2065550142", "text:2065550142", "subject:2065550143"):
        assert not matches(parse(asked), one)


def test_a_word_in_the_one_language_of_a_letter_is_no_neighbour_of_one_in_the_other():
    assert not matches(parse('"inscripciones board"'), document(1, text=f"{SPANISH} x {ENGLISH}"))


def test_a_number_among_words_does_not_part_a_phrase():
    assert matches(parse('"call 206 555 0142 please"'), document(1, text="call (206) 555-0142, please"))
