from __future__ import annotations

import random
import sys
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.analysis import LONGEST_WORD, as_mark, fold, locate, marks, normalise, stem, stem_variants, words
from search.languages import guess_language
from tests.every_case import every_case


@every_case(
    ("text", "expected"),
    [
        ("renesas_clk", ["renesas", "clk"]),
        ("c++ is C", ["c", "is", "c"]),
        ("don't", ["don", "t"]),
        ("naïve NAÏVE nai\u0308ve", ["naive"] * 3),
        ("Straße STRASSE", ["strasse"] * 2),
        ("Łódź Ørsted İstanbul", ["lodz", "orsted", "istanbul"]),
        ("ﬁle ＡＢＣ", ["file", "abc"]),
        ("co\u00adoperate", ["cooperate"]),
        ("日本語", ["日", "本", "語"]),
        ("日本 abc", ["日", "本", "abc"]),
        ("ไทย", ["ไ", "ท", "ย"]),
        ("한국어", ["한", "국", "어"]),
        ("हिन्दी", ["हिन्दी"]),
        ("شُكْرًا", ["شكرا"]),
        ("٢٠٢٥ 2025", ["2025", "2025"]),
        ("🎉party", ["🎉", "party"]),
        ("👍🏽 👍", ["👍", "👍"]),
        ("👩‍🚀", ["👩‍🚀"]),
        ("🇩🇪🇫🇷", ["🇩🇪", "🇫🇷"]),
        ("#Budget @dana", ["budget", "dana"]),
        ("Ελλάδα", ["ελλαδα"]),
        ("a\x00b \ud800 c", ["a", "b", "c"]),
        ("", []),
    ],
)
def test_words_are_runs_of_letters_marks_and_digits_folded(text, expected):
    assert words(text) == expected


def test_lines_with_and_without_other_letters_keep_their_order():
    assert words("one\nzwölf\nthree\nfour\nfünf") == ["one", "zwolf", "three", "four", "funf"]


def test_of_a_long_word_the_beginning_counts():
    assert words("x" * 1000) == ["x" * LONGEST_WORD]
    assert words("é" + "x" * 1000) == ["e" + "x" * (LONGEST_WORD - 1)]


def test_a_word_of_ten_million_letters_is_read():
    assert words("y" * 10_000_000) == ["y" * LONGEST_WORD]


@settings(derandomize=True, deadline=None)
@given(st.text())
def test_folding_is_idempotent(text):
    once = words(text)
    assert [again for word in once for again in words(word)] == once


@settings(derandomize=True, deadline=None)
@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_the_fast_path_for_ascii_gives_what_the_general_one_gives(text):
    beside_other_letters = words(text.replace("\n", " ") + " é")
    assert [*words(text), "e"] == beside_other_letters


@settings(derandomize=True, deadline=None)
@given(st.text())
def test_located_words_are_the_words_in_their_places(text):
    shown = normalise(text)
    located = list(locate(shown))
    assert [one.word for one in located] == words(text)
    assert all(0 <= one.start < one.end <= len(shown) for one in located)
    assert all(first.end <= second.start for first, second in pairwise(located))


@settings(derandomize=True, deadline=None)
@given(st.lists(st.text(), max_size=4))
def test_a_text_is_normalised_as_its_lines_are(lines):
    assert normalise("\n".join(lines)) == "\n".join(normalise(line) for line in lines)
    composed = unicodedata.normalize("NFKC", normalise("\n".join(lines)))
    assert normalise("\n".join(lines)) == composed


@settings(derandomize=True, deadline=None)
@given(st.text())
def test_words_hold_no_space_no_quotation_mark_and_no_control_character(text):
    assert not [word for word in words(text) if not word or any(letter in ' "\x00\n¶' for letter in word)]


def test_every_character_of_unicode_is_either_in_a_word_or_between():
    everything = "".join(f" {chr(code)}" for code in range(sys.maxunicode + 1))
    for word in words(everything):
        assert words(word) == [word]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#Budget and @Dana", ["#budget", "@dana"]),
        ("#budget_2025", ["#budget_2025"]),
        ("mail a@b.example", []),
        ("##x @@ -1 +2 @@", []),
        ("#Café", ["#cafe"]),
        ("no", []),
    ],
)
def test_marks_are_tags_and_names_that_begin_a_word(text, expected):
    assert marks(text) == expected


def test_a_whole_text_may_be_a_mark():
    assert as_mark("#Budget_2025") == "#budget_2025"
    assert as_mark("#a b") is None
    assert as_mark("a#b") is None


def test_inflections_share_a_stem():
    assert stem("schools", "en") == stem("school", "en")
    assert stem("häuser", "de") != ""
    assert stem("oficinas", "es") == stem("oficina", "es")


def test_a_text_is_found_by_its_own_words_whatever_language_it_was_taken_for():
    chance = random.Random(7)
    for _ in range(200):
        phrase = ["".join(chance.choices("aeinrst", k=6)) for _ in range(3)]
        for language in ("en", "de", "es", "fr", "und", "ja"):
            assert " ".join(stem(word, language) for word in phrase) in stem_variants(phrase)


@every_case(
    ("text", "code"),
    [
        ("The board will meet and we have the budget for that", "en"),
        ("Der Rat ist nicht mit dem Plan und der Schule", "de"),
        ("El consejo no está de acuerdo con las oficinas para el año", "es"),
        ("Le conseil est dans une école avec les élèves et vous", "fr"),
        ("これは日本語の文章です", "ja"),
        ("Привет всем на собрании", "ru"),
        ("x1 y2", "und"),
        ("", "und"),
    ],
)
def test_the_language_is_guessed_or_left_open(text, code):
    assert guess_language(words(text)) == code


def test_folding_one_run_is_the_same_as_reading_it():
    assert fold("École") == "ecole"


@every_case("mark", list("\u0301\u093e\ua9bd\uabec\ufb1e\ufe20\U00011131\U0001e8d0\U000e0100"))
def test_a_mark_does_not_end_a_word(mark):
    assert unicodedata.category(mark)[0] == "M"
    assert len(words(f"a{mark}b")) == 1
