from __future__ import annotations

import random

from search.grouping import Grouping, grouped, thread_keys
from search.index import Groups
from search.message_links import ANSWER, ANSWERED
from search.near_duplicates import likeness_of
from tests.search.test_near_duplicates import text


def of(thread=b"", equal=b"", likeness=b""):
    return Groups(thread=thread, equal=equal, likeness=likeness)


def link(name: str, sort: bytes = b"i") -> bytes:
    return sort + name.encode().ljust(7, b".")


def changed(words, count, seed):
    chance = random.Random(seed)
    shown = list(words)
    for place in chance.sample(range(len(shown)), count):
        shown[place] = f"other{place}"
    return " ".join(shown)


def test_groups_and_their_members_keep_the_order_of_the_hits():
    known = {"d": of(link("y")), "c": of(link("x")), "b": of(), "a": of(link("x"))}
    assert grouped(list("dcba"), known, Grouping.THREAD) == (("d",), ("c", "a"), ("b",))


def test_records_of_which_nothing_is_known_are_alone():
    for by in Grouping:
        assert grouped(["a", "b"], {"b": of()}, by) == (("a",), ("b",))
        assert grouped([], {}, by) == ()


def test_threads_are_joined_over_any_number_of_links():
    links = [(f"m{number}", link(f"{number}") + link(f"{number + 1}")) for number in range(20_000)]
    random.Random(5).shuffle(links)
    assert len(set(thread_keys(links).values())) == 1


def test_a_link_of_an_answer_is_none_to_a_message_of_that_name():
    assert len(set(thread_keys([("a", link("x")), ("b", link("x", ANSWER))]).values())) == 2


def test_an_answer_joins_the_only_mail_that_it_can_answer():
    answers = [("b", link("x", ANSWER)), ("c", link("x", ANSWER))]
    one = thread_keys([("a", link("x", ANSWERED)), *answers])
    assert len(set(one.values())) == 1
    two = thread_keys([("a", link("x", ANSWERED)), *answers, ("d", link("x", ANSWERED))])
    assert two["b"] == two["c"]
    assert len(set(two.values())) == 3


def test_equal_digests_are_duplicates_and_empty_ones_are_not():
    known = {"a": of(equal=b"1"), "b": of(), "c": of(), "d": of(equal=b"1")}
    assert grouped(list("abcd"), known, Grouping.DUPLICATE) == (("a", "d"), ("b",), ("c",))


def test_nearly_equal_texts_are_grouped_under_the_first():
    words = text(1, 400)
    known = {
        "a": of(likeness=likeness_of(" ".join(words))),
        "b": of(likeness=likeness_of(" ".join(text(2, 400)))),
        "c": of(likeness=likeness_of(changed(words, 4, 1))),
        "d": of(likeness=likeness_of(changed(words, 100, 2))),
    }
    assert grouped(list("abcd"), known, Grouping.NEAR) == (("a", "c"), ("b",), ("d",))


def test_a_group_does_not_drift_from_like_to_like():
    words = text(1, 400)
    known = {}
    for step in range(40):
        for place in range(step * 8, step * 8 + 8):
            words[place] = f"step{place}"
        known[f"m{step:02}"] = of(likeness=likeness_of(" ".join(words)))
    groups = grouped(sorted(known), known, Grouping.NEAR)
    assert 3 < len(groups) < 40


def test_short_texts_are_near_only_where_they_are_equal():
    known = {"a": of(equal=b"1"), "b": of(equal=b"2"), "c": of(equal=b"1")}
    assert grouped(list("abc"), known, Grouping.NEAR) == (("a", "c"), ("b",))


def test_equal_records_are_near_whatever_their_signatures_are():
    one, other = (likeness_of(" ".join(text(seed))) for seed in (1, 2))
    known = {"a": of(equal=b"1", likeness=one), "b": of(equal=b"1", likeness=other)}
    assert grouped(["a", "b"], known, Grouping.NEAR) == (("a", "b"),)


def test_most_pairs_at_the_threshold_are_found():
    found = 0
    for seed in range(100):
        words = text(seed, 300)
        known = {"a": of(likeness=likeness_of(" ".join(words))), "b": of(likeness=likeness_of(changed(words, 5, seed)))}
        found += len(grouped(["a", "b"], known, Grouping.NEAR)) == 1
    assert found >= 95
