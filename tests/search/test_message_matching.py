"""Messages of pictures and of better evidence: found again although misread, and never taken for others."""

from __future__ import annotations

import random

import pytest

from search.compared_messages import minute_of
from search.message_digests import (
    better_digests,
    custodian_key,
    pictured_digests,
    plain,
    unpacked,
    weight,
)
from search.message_matching import Said, match_conversation, match_text
from search.near_texts import is_near
from search.settled_matches import settled
from tests.search.matching_pairs import a_picture, a_talk

KEY = custodian_key(bytes(32), "cus_1")
TEXTS = ("The bus to the museum leaves at seven", "Who brings the signed forms?", "ok", "The heronry opens on Friday")


def said(*texts: str, speaker: str | None = None, side: str | None = None, minute: int | None = None, day=None):
    return [Said(texts=(plain(one),), speaker=speaker, side=side, minute=minute, day=day) for one in texts]


def places(match) -> list[tuple[int, int | None]]:
    return [] if match is None else [(one.shown, one.held) for one in match.pairs]


def test_case_marks_spaces_punctuation_and_emoji_tell_nothing():
    assert plain("Café,  NOT  open! 🎉") == plain("cafe not open")
    assert plain("Ｆｕｌｌ ｗｉｄｔｈ") == "fullwidth"
    assert weight(plain("会议改到")) == 12


def test_a_misread_text_shares_digests_and_another_shares_none():
    mine = frozenset(unpacked(pictured_digests(KEY, [plain("The bus to the musewm Ieaves at seven")])))
    assert len(mine.intersection(unpacked(better_digests(KEY, [plain(TEXTS[0])])))) >= 2
    assert not mine.intersection(unpacked(better_digests(KEY, [plain("Is the gymnasium open?")])))


def test_the_same_words_of_two_custodians_have_nothing_in_common():
    other = custodian_key(bytes(32), "cus_2")
    assert not set(unpacked(pictured_digests(KEY, TEXTS))) & set(unpacked(pictured_digests(other, TEXTS)))


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("thebustothemuseum", "thebustothemusewm", True),
        ("seeyouat330tomorrow", "seeyouat430tomorrow", False),
        ("icancome", "icantcome", False),
        ("a" * 2_000, "a" * 2_000 + "b", True),
        ("a" * 2_000, "b" * 2_000, False),
        ("thebustothemuseum", "somethingelsethat", False),
    ],
)
def test_near_texts_differ_in_few_letters_and_in_no_number(one, other, near):
    assert is_near(one, other) is near


def test_messages_match_in_order_and_short_ones_beside_them():
    held = said("Good morning everybody", *TEXTS, "Fine, see you there")
    assert places(match_conversation(said(*TEXTS), held)) == [(0, 1), (1, 2), (2, 3), (3, 4)]


@pytest.mark.parametrize(
    "shown",
    [
        said("ok", "yes", "thanks"),
        said("The bus to the museum leaves at seven"),
        said("The bus to the museum leaves at seven", "This was never written", "Nor was this one", "ok"),
    ],
)
def test_too_little_proves_nothing(shown):
    match = match_conversation(shown, said(*TEXTS))
    assert match is None


def test_one_long_message_holds_only_while_nothing_else_says_it():
    text = "Please bring the signed forms for the trip to the museum on Friday"
    talks = {"one": said("Hello there", text)}
    assert set(settled(said(text), talks, {})) == {"one"}
    assert settled(said(text), talks | {"two": said(text, "Something else")}, {}) == {}


def test_another_time_or_another_day_is_another_message():
    shown = said(*TEXTS, minute=9 * 60, day="2026-03-02")
    assert match_conversation(shown, said(*TEXTS, minute=21 * 60 + 1, day="2026-03-02")) is not None
    assert match_conversation(shown, said(*TEXTS, minute=10 * 60, day="2026-03-02")) is None
    assert match_conversation(shown, said(*TEXTS, minute=9 * 60, day="2026-03-03")) is None


def test_who_stands_on_one_side_does_not_speak_on_the_other():
    shown = [*said(TEXTS[0], speaker="left", side="left"), *said(TEXTS[1], speaker="right", side="right")]
    assert places(match_conversation(shown, [*said(TEXTS[0], speaker="Ana"), *said(TEXTS[1], speaker="Ben")]))
    assert match_conversation(shown, said(*TEXTS[:2], speaker="Ana")) is None


def test_a_long_text_holds_what_stands_in_it_letter_for_letter():
    text = plain("On Monday she wrote: " + " ".join(TEXTS))
    assert places(match_text(said(*TEXTS), text)) == [(0, None), (1, None), (3, None)]
    assert match_text(said("Who brings the signed forms?"), text) is None


@pytest.mark.parametrize(
    ("printed", "minute"), [("9:41 AM", 581), ("21.05", 1265), ("下午9:41", 581), ("now", None), ("99:99", None)]
)
def test_printed_times_are_read_without_the_half_of_the_day(printed, minute):
    assert minute_of(printed) == minute


def test_ten_thousand_equal_messages_take_no_long_time():
    many = said(*["The bus to the museum leaves at seven"] * 2_000)
    assert match_conversation(many, many) is None or places(match_conversation(many, many))


@pytest.mark.parametrize("rate", [0, 0.03])
def test_of_many_alike_conversations_the_right_one_is_linked(rate):
    seed = 20260302
    print(f"seed {seed}")  # noqa: T201 - to repeat it
    chance = random.Random(seed)
    talks = [a_talk(chance) for _ in range(30)]
    held = {str(number): talk.held() for number, talk in enumerate(talks)}
    right = wrong = 0
    for number, talk in enumerate(talks):
        picture, first = a_picture(chance, talk, rate)
        for record_id, match in settled(picture, held, {}).items():
            good = record_id == str(number) and sum(one.held == first + one.shown for one in match.pairs)
            right += bool(good)
            wrong += not good
        absent = {one: rows for one, rows in held.items() if one != str(number)}
        wrong += len(settled(picture, absent, {}))
    assert wrong == 0
    assert right >= 20
