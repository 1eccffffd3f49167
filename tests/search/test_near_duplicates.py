from __future__ import annotations

import random

import pytest

from search.near_duplicates import LEAST_WORDS, MOST_BYTES, NEAR, PERMUTATIONS, likeness_of, near, nearest


def text(seed: int, count: int = 200) -> list[str]:
    chance = random.Random(seed)
    return ["".join(chance.choices("aeinrst", k=chance.randint(1, 9))) for _ in range(count)]


def signature(words: list[str]) -> bytes:
    return likeness_of(" ".join(words))


def shared(one: list[str], other: list[str]) -> float:
    runs = [set(zip(some, some[1:], some[2:], strict=False)) for some in (one, other)]
    return len(runs[0] & runs[1]) / len(runs[0] | runs[1])


def test_a_text_is_as_near_to_itself_as_can_be():
    assert near(signature(text(1)), signature(text(1))) == 1.0


def test_texts_without_a_run_in_common_are_not_near():
    assert near(signature(text(1)), signature(text(2))) < 0.1


@pytest.mark.parametrize("replaced", [2, 5, 10, 20, 40])
def test_the_estimate_is_near_the_share_of_runs_in_common(replaced):
    errors = []
    for seed in range(40):
        one = text(seed)
        other = [*one[:-replaced], *text(1000 + seed, replaced)]
        errors.append(near(signature(one), signature(other)) - shared(one, other))
    assert abs(sum(errors) / len(errors)) < 0.03
    assert max(map(abs, errors)) < 0.25


def test_a_run_is_known_wherever_it_stands():
    assert near(signature([*text(3), *text(1)]), signature([*text(1), *text(3)])) > 0.9


def test_the_order_of_words_counts():
    assert near(signature(text(1)), signature(sorted(text(1)))) < 0.1


def test_of_few_words_nothing_is_said():
    assert signature(text(1, LEAST_WORDS - 1)) == b""
    assert len(signature(text(1, LEAST_WORDS))) == PERMUTATIONS
    assert near(b"", b"") == 0.0
    assert near(signature(text(1)), b"") == 0.0


def test_of_a_long_text_the_beginning_counts():
    words = text(1, 20_000)
    assert len(" ".join(words)) > MOST_BYTES
    assert signature(words) == signature([*words[:10_000], *text(2, 10_000)])


def test_a_signature_is_the_same_in_every_program():
    assert signature(text(1)).hex()[:16] == "00cf954a38d1ab3c"


def test_letters_of_other_scripts_and_lone_surrogates_are_read():
    words = ["学", "校", "\ud800", "über"] * 10
    assert near(signature(words), signature(words)) == 1.0


def test_of_several_the_nearest_is_told_and_of_equals_the_first():
    one = text(1)
    others = [signature(text(2)), signature(one), signature(one)]
    assert nearest(signature(one), others) == (1, 1.0)
    assert nearest(signature(one), []) == (-1, 0.0)
    assert nearest(signature(one), others[:1])[1] < NEAR
