"""What `search.index` promises of nearness, likeness, size and sets, of facets, words and groups, for every engine."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from search.analysis import words
from search.documents import COLUMNS, Column
from search.index import Facet, FacetName, Groups, IdScope, Order
from search.message_links import ANSWER, ANSWERED
from search.naive_matcher import matches
from search.projection import project
from search.queries import (
    Among,
    And,
    Between,
    Clock,
    Fact,
    Is,
    Like,
    Likeness,
    Not,
    Or,
    Sized,
    Words,
    conjunction,
    disjunction,
    negation,
)
from search.queries import Field as In
from search.stopping import SearchStopped, Stop
from storage.errors import InvalidInput
from storage.records import Channel, Party, RecordKind
from tests.search.building import CAPTURED, document, generated_records, mail

SEED = 20251122
ZONE = ZoneInfo("America/Los_Angeles")
ANY = Between(Clock.CAPTURED, None, None)


def found(index, query, **options: object):
    page = index.search(query, limit=1000, **options)
    assert page.total == len(page.ids)
    assert list(index.ids(query, **options)) == list(page.ids)
    return sorted(int(one.removeprefix("rec_")) for one in page.ids)


def near(line, within, where=In.TEXT, *, exact=True):
    return Words(where, tuple(line.split(" ")), exact=exact, within=within)


@pytest.mark.parametrize(
    ("line", "within", "expected"),
    [
        ("roof leaks", 0, [1, 2]),
        ("leaks roof", 0, [1, 2]),
        ("roof leaks", 1, [1, 2, 3]),
        ("roof leaks", 3, [1, 2, 3, 4]),
        ("the roof leaks", 0, []),
        ("the roof leaks", 1, [1]),
        ("the roof leaks", 2, [1, 3]),
        ("roof roof", 0, [1, 2, 3, 4, 5]),
        ("roof", 0, [1, 2, 3, 4, 5]),
        ("roof nowhere", 9, []),
    ],
)
def test_words_stand_near_each_other_in_any_order_with_so_many_between(index, line, within, expected):
    texts = ("the roof leaks", "leaks roof", "the roof still leaks", "leaks a b c roof", "roof roof a b c d e leaks")
    index.add([document(number, text=text) for number, text in enumerate(texts, start=1)], 5)
    assert found(index, near(line, within)) == expected
    assert found(index, Not(near(line, within))) == [number for number in range(1, 6) if number not in expected]


def test_words_near_each_other_are_stemmed_unless_exact_and_stand_in_one_column(index):
    index.add([document(1, text="meetings of the boards"), document(2, text="board", original=mail("meeting"))], 2)
    assert found(index, near("meeting board", 2, exact=False)) == [1]
    assert found(index, near("meeting board", 2)) == []
    assert found(index, near("meeting board", 9, In.ANY, exact=False)) == [1]


LIKE_CASES = [
    (Like(In.ANY, Likeness.GLOB, "*oof"), [1, 2]),
    (Like(In.ANY, Likeness.GLOB, "*oof*"), [1, 2, 3]),
    (Like(In.ANY, Likeness.GLOB, "r?of"), [1]),
    (Like(In.ANY, Likeness.GLOB, "r*f*"), [1, 3]),
    (Like(In.ANY, Likeness.GLOB, "*"), [1, 2, 3, 4]),
    (Like(In.ANY, Likeness.GLOB, "roo"), []),
    (Like(In.SUBJECT, Likeness.GLOB, "*oof*"), [3]),
    (Like(In.FROM, Likeness.GLOB, "*oof*"), []),
    (Like(In.FROM, Likeness.GLOB, "a?a"), [1]),
    (Like(In.ANY, Likeness.FUZZY, "rof", 1), [1, 4]),
    (Like(In.ANY, Likeness.FUZZY, "orof", 1), [1]),
    (Like(In.ANY, Likeness.FUZZY, "rof", 2), [1, 2, 4]),
    (Like(In.ANY, Likeness.REGEX, "[rp]ro?of"), [2]),
    (Like(In.ANY, Likeness.REGEX, "roof(s|ing)?"), [1, 3]),
    (Like(In.ANY, Likeness.REGEX, ""), []),
    (Like(In.ANY, Likeness.REGEX, "(a+)+b"), []),
]


@pytest.mark.parametrize(("query", "expected"), LIKE_CASES, ids=str)
def test_a_whole_word_of_the_field_is_like_what_was_asked(index, query, expected):
    ana = Party(name="Ana", address=None)
    records = [
        document(1, text="the roof", original=mail("x", ana)),
        document(2, text="a proof"),
        document(3, original=mail("roofing")),
        document(4, text="of"),
    ]
    index.add(records, 4)
    assert expected == [number for number, one in enumerate(records, start=1) if matches(query, one)]
    assert found(index, query) == expected
    assert found(index, Not(query)) == [number for number in range(1, 5) if number not in expected]


def test_a_pattern_for_more_than_ten_thousand_words_is_refused_and_never_cut(index):
    line = " ".join(f"w{number:05}x" for number in range(10_001))
    columns = tuple(line if column is Column.TEXT_EXACT else "" for column in COLUMNS)
    index.add([replace(document(1), columns=columns)], 1)
    index.add([document(2, text="w1y w2y")], 2)
    with pytest.raises(InvalidInput, match="10,000 words"):
        index.search(Like(In.TEXT, Likeness.GLOB, "w*x"), limit=1)
    assert found(index, Like(In.TEXT, Likeness.GLOB, "w0?x")) == []
    assert found(index, Like(In.TEXT, Likeness.GLOB, "w*y")) == [2]
    assert found(index, Like(In.TEXT, Likeness.GLOB, "w0*x")) == [1]


def test_words_of_the_index_are_told_sorted_and_one_more_than_asked(index):
    index.add([document(1, text="roof roofing roofs proof other"), document(2, text="roof")], 2)
    like = Like(In.TEXT, Likeness.GLOB, "*roof*")
    assert index.expand(like, 10) == ("proof", "roof", "roofing", "roofs")
    assert len(index.expand(like, 2)) == 3
    assert index.expand(Like(In.TEXT, Likeness.GLOB, "zz*"), 2) == ()


def test_sizes_are_compared_by_the_byte(index):
    index.add([replace(document(number), size=number * 10) for number in (0, 1, 2)], 2)
    assert found(index, Sized(10, None)) == [1, 2]
    assert found(index, Sized(11, 20)) == []
    assert found(index, Sized(10, 21)) == [1, 2]
    assert found(index, Sized(None, 10)) == [0]
    assert found(index, Not(Sized(10, None))) == [0]


@pytest.mark.parametrize("further", [0, 20_000])
def test_what_the_catalogue_names_is_found_among_everything_else(index, further):
    index.add([document(number, text="roof" if number % 2 else "x") for number in range(1, 9)], 8)
    named = frozenset(f"rec_{number:06}" for number in [1, 2, 3, *range(100, 100 + further)])
    assert found(index, Among(named)) == [1, 2, 3]
    assert found(index, Not(Among(named))) == [4, 5, 6, 7, 8]
    assert found(index, And((Among(named), Words(In.ANY, ("roof",))))) == [1, 3]
    assert found(index, Or((Among(named), Words(In.ANY, ("roof",))))) == [1, 2, 3, 5, 7]
    assert found(index, Among(frozenset())) == []


def counted(index, query, name, **options: object) -> Facet:
    (facet,) = index.facets(query, [name], **{"zone": ZONE, "most": 10, **options})
    assert facet.name is name
    return facet


def test_hits_are_counted_by_each_value_most_first_then_by_value(index):
    index.add(
        [
            document(1, text="x", platform="Signal"),
            document(2, text="x", platform="Signal", kind=RecordKind.POST),
            document(3, text="x", platform="WhatsApp", channel=Channel.SMTP),
            document(4, text="x", platform="Facebook"),
            document(5, text="x"),
            document(6, text="y", platform="Signal"),
        ],
        6,
    )
    query = Words(In.TEXT, ("x",))
    platforms = counted(index, query, FacetName.PLATFORM)
    assert platforms.counts == (("signal", 2), ("facebook", 1), ("whatsapp", 1))
    assert (platforms.others, platforms.without) == (0, 1)
    assert counted(index, query, FacetName.KIND).counts == (("email", 4), ("post", 1))
    assert counted(index, query, FacetName.CHANNEL).counts == (("cli", 4), ("smtp", 1))
    assert counted(index, query, FacetName.CUSTODIAN).counts == (("cus_1", 5),)
    shortened = counted(index, query, FacetName.PLATFORM, most=1)
    assert (shortened.counts, shortened.others) == ((("signal", 2),), 2)


def test_facets_come_in_the_order_asked_and_of_nothing_is_nothing(index):
    index.add([document(1, text="x")], 1)
    names = (FacetName.MONTH, FacetName.KIND, FacetName.LANGUAGE)
    nothing = index.facets(Words(In.TEXT, ("nowhere",)), names, zone=ZONE, most=5)
    assert [(one.name, one.counts, one.others, one.without) for one in nothing] == [(name, (), 0, 0) for name in names]


def test_facets_never_count_beyond_the_scope_or_what_was_removed(index):
    index.add([document(number, text="x", platform="Signal") for number in range(1, 6)], 5)
    index.remove(["rec_000005"], 6)
    scope = IdScope(only=frozenset({"rec_000001", "rec_000002", "rec_000005"}), without=frozenset({"rec_000002"}))
    assert counted(index, ANY, FacetName.PLATFORM, allowed=scope).counts == (("signal", 1),)
    assert counted(index, ANY, FacetName.PLATFORM).counts == (("signal", 4),)


def test_months_are_those_of_the_zone(index):
    index.add(
        [
            document(1, sent_at=datetime(2025, 3, 1, 7, 59, tzinfo=UTC)),
            document(2, sent_at=datetime(2025, 3, 1, 8, 0, tzinfo=UTC)),
            document(3, sent_at=datetime(2025, 4, 1, 6, 59, tzinfo=UTC)),
            document(4, sent_at=datetime(1899, 12, 31, 12, tzinfo=UTC)),
            document(5),
        ],
        5,
    )
    expected = (("2025-03", 2), ("1899-12", 1), ("2025-02", 1), (f"{CAPTURED.astimezone(ZONE):%Y-%m}", 1))
    assert counted(index, ANY, FacetName.MONTH).counts == expected


def test_a_record_counts_once_under_each_of_its_correspondents(index):
    several = [("ana@z.example", "ben@z.example"), ("ana@z.example",), (), ("ana@z.example", "ana@z.example")]
    index.add([replace(document(number), correspondents=names) for number, names in enumerate(several)], 3)
    facet = counted(index, ANY, FacetName.CORRESPONDENT)
    assert facet.counts == (("ana@z.example", 3), ("ben@z.example", 1))
    assert facet.without == 1


def test_the_groups_of_records_are_told_and_unknown_ones_left_out(index):
    first = Groups(b"t" * 32, b"e" * 32, b"l" * 64)
    index.add([replace(document(1), thread=first.thread, equal=first.equal, likeness=first.likeness)], 1)
    index.add([replace(document(2), thread=b"", equal=b"", likeness=b""), document(3)], 3)
    index.remove(["rec_000003"], 4)
    assert index.groups(["rec_000002", "rec_000003", "rec_000009", "rec_000001"]) == {
        "rec_000001": first,
        "rec_000002": Groups(b"", b"", b""),
    }
    assert index.groups([]) == {}


def test_who_shares_a_link_or_says_the_same_is_told_one_step_further(index):
    first, second, third = b"i" * 8, b"j" * 8, b"k" * 8
    question, answer = ANSWERED + b"people.", ANSWER + b"people."
    threads = (first, first + second, second + third, third, b"", question, answer)
    same = (b"a" * 16, b"", b"a" * 16, b"a" * 8 + b"b" * 8, b"", b"", b"c" * 16)
    index.add(
        [
            replace(document(number), thread=thread, equal=equal, likeness=b"")
            for number, (thread, equal) in enumerate(zip(threads, same, strict=True))
        ],
        7,
    )

    def sharing(*numbers: int, threads: bool) -> set[int]:
        asked = [f"rec_{number:06}" for number in numbers]
        return {int(one.removeprefix("rec_")) for one in index.sharing(asked, threads=threads)}

    assert sharing(0, threads=True) == {0, 1}
    assert sharing(1, threads=True) == {0, 1, 2}
    assert sharing(5, threads=True) == sharing(6, threads=True) == {5, 6}
    assert sharing(4, 9, threads=True) == {4}
    assert sharing(threads=True) == sharing(9, threads=False) == set()
    assert {0, 2} <= sharing(0, threads=False) <= {0, 2, 3}
    assert sharing(1, threads=False) == {1}
    index.remove(["rec_000001"], 8)
    assert sharing(0, threads=True) == {0}
    assert sharing(1, threads=True) == set()


def test_a_search_that_was_asked_to_end_gives_no_part(index):
    index.add([document(1, text="roof")], 1)
    stop = Stop()
    assert found(index, Words(In.ANY, ("roof",)), stop=stop) == [1]
    stop.ask()
    for act in (
        lambda: index.search(Words(In.ANY, ("roof",)), limit=1, stop=stop),
        lambda: index.ids(Words(In.ANY, ("roof",)), stop=stop),
        lambda: index.facets(ANY, [FacetName.KIND], zone=ZONE, most=1, stop=stop),
    ):
        with pytest.raises(SearchStopped):
            act()


def made_leaf(chance, vocabulary, ids):
    """A leaf of any kind over words that stand in some records."""
    one, other = chance.sample(vocabulary, 2)
    where = chance.choice(list(In))
    cut = chance.randint(0, len(one) - 1)
    makers = (
        lambda: near(f"{one} {other}", chance.randint(0, 4), where, exact=chance.random() < 0.5),
        lambda: Like(where, Likeness.GLOB, f"*{one[cut:]}"),
        lambda: Like(where, Likeness.GLOB, f"{one[:cut]}?{one[cut + 1 :]}*"),
        lambda: Like(where, Likeness.FUZZY, one[:cut] + one[cut + 1 :] or one, chance.randint(1, 2)),
        lambda: Like(where, Likeness.REGEX, f"({one[:1]}|{other[:1]}).*"),
        lambda: Sized(chance.choice((None, chance.randint(0, 40))), chance.choice((None, chance.randint(0, 40)))),
        lambda: Among(frozenset(chance.sample(ids, chance.randint(0, 30)))),
        lambda: chance.choice((Is(Fact.KIND, "post"), Is(Fact.PLATFORM, "signal"), Is(Fact.LANGUAGE, "en"))),
        lambda: Words(where, (one, other)[: chance.randint(1, 2)], prefix=chance.random() < 0.3),
    )
    return chance.choice(makers)()


def made_tree(chance, leaf, depth):
    if depth == 0 or chance.random() < 0.4:
        return leaf()
    parts = [made_tree(chance, leaf, depth - 1) for _ in range(chance.randint(2, 3))]
    return chance.choice((conjunction, disjunction, lambda several: negation(disjunction(several))))(parts)


def test_generated_trees_of_every_leaf_find_what_the_plain_meaning_finds(index):
    chance = random.Random(SEED)
    records = [
        replace(project(one), size=chance.randint(0, 40), correspondents=("a@z.example",))
        for one in generated_records(SEED, 90)
    ]
    for start in range(0, len(records), 30):
        index.add(records[start : start + 30], start)
    vocabulary = sorted({word for one in records for line in one.columns for word in words(line) if word.isascii()})
    leaf = lambda: made_leaf(chance, vocabulary, [one.record_id for one in records])  # noqa: E731 - one line says it
    share = 0
    for number in range(150):
        query = made_tree(chance, leaf, chance.randint(0, 2))
        expected = [one for one in records if matches(query, one)]
        share += bool(expected)
        page = index.search(query, limit=1000)
        assert sorted(page.ids) == sorted(one.record_id for one in expected), (SEED, number, query)
        moments = {one.record_id: (-one.happened_at.timestamp(), one.record_id) for one in expected}
        assert all(moments[first] < moments[second] for first, second in pairwise(page.ids)), (SEED, number)
        assert index.search(query, limit=2, order=Order.RELEVANCE).total == page.total
    assert share > 60
