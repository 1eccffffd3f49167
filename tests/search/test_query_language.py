from __future__ import annotations

from datetime import UTC, datetime

import pytest

from search.queries import And, Between, Clock, Fact, Is, Not, Or, Sized, Words
from search.queries import Field as In
from storage.errors import InvalidInput
from tests.every_case import every_case
from tests.search.building import parse


def word(*these: str, where: In = In.ANY, exact: bool = False, prefix: bool = False) -> Words:
    return Words(where, these, exact=exact, prefix=prefix)


A, B, C = word("a"), word("b"), word("c")


@every_case(
    ("text", "tree"),
    [
        ("a", A),
        ("a b", And((A, B))),
        ("a AND b", And((A, B))),
        ("a OR b c", Or((A, And((B, C))))),
        ("a b OR c", Or((And((A, B)), C))),
        ("NOT a OR b", Or((Not(A), B))),
        ("NOT a b", And((Not(A), B))),
        ("NOT NOT a", A),
        ("-a b", And((Not(A), B))),
        ("a -(b c)", And((A, Not(And((B, C)))))),
        ("(a OR b) c", And((Or((A, B)), C))),
        ("((((a))))", A),
        ("a AND b AND c", And((A, B, C))),
        ("a OR (b OR c)", Or((A, B, C))),
        ('"a b"', word("a", "b")),
        ("\u201ca b\u201d", word("a", "b")),
        ('"a AND"', word("a", "and")),
        ("CORRIDOR", word("corridor")),
        ("and", word("and")),
        ("sand OR or", Or((word("sand"), word("or")))),
        ("c++", word("c")),
        ("a & b", And((A, B))),
        ("a -- b", And((A, B))),
        ("a - b", And((A, B))),
        ("well-known", word("well", "known")),
        ("clk_get(NULL)", word("clk", "get", "null")),
        ("(clk_get(NULL))", word("clk", "get", "null")),
        ("https://x.example/a?b", word("https", "x", "example", "a", "b")),
        ("12:30", word("12", "30")),
        ("Re:roof", word("re", "roof")),
        ("bud*", word("bud", prefix=True)),
        ("e-ma*", word("e", "ma", prefix=True)),
        ("日本", word("日", "本")),
        ("#Budget", word("#budget", where=In.MARK)),
        ("@Dana", word("@dana", where=In.MARK)),
        ("#Bud*", word("#bud", where=In.MARK, prefix=True)),
        ("subject:#Budget", word("budget", where=In.SUBJECT)),
        ("exact:schools", word("schools", exact=True)),
        ('exact:"two schools"', word("two", "schools", exact=True)),
        ("subject:exact:a", word("a", where=In.SUBJECT, exact=True)),
        ("exact:subject:a", word("a", where=In.SUBJECT, exact=True)),
        ("from:a@b", word("a", "b", where=In.FROM)),
        ("FROM:a", word("a", where=In.FROM)),
        ("subject:(a OR to:b)", Or((word("a", where=In.SUBJECT), word("b", where=In.TO)))),
        ("from:a b", And((word("a", where=In.FROM), B))),
        ("-from:a", Not(word("a", where=In.FROM))),
        ("kind:email", Is(Fact.KIND, "email")),
        ("kind:(email OR post)", Or((Is(Fact.KIND, "email"), Is(Fact.KIND, "post")))),
        ("channel:SMTP", Is(Fact.CHANNEL, "smtp")),
        ("platform:Signal", Is(Fact.PLATFORM, "signal")),
        ("has:attachment", word("attachment", where=In.HAS)),
        ("lang:de", Is(Fact.LANGUAGE, "de")),
        ("id:rec_1", Is(Fact.ID, "rec_1")),
        ("is:held", Is(Fact.STATE, "held")),
        ("series:GS50-06", Is(Fact.SERIES, "GS50-06")),
        ('series:"GS 50 06"', Is(Fact.SERIES, "GS 50 06")),
        ("hold:any", Is(Fact.HOLD, "any")),
        ("request:req_1", Is(Fact.REQUEST, "req_1")),
        ("series:(a OR b)", Or((Is(Fact.SERIES, "a"), Is(Fact.SERIES, "b")))),
        ("account:coach_kim", word("coach", "kim", where=In.ACCOUNT)),
        ("school:north", word("north", where=In.SCHOOL)),
        ("size:>10MB -a", And((Sized(10_000_001, None), Not(A)))),
        ("has:(image OR video)", Or((word("image", where=In.HAS), word("video", where=In.HAS)))),
    ],
)
def test_a_query_is_read_as(text, tree):
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "clock", "start", "end"),
    [
        ("on:2025-01-15", Clock.HAPPENED, datetime(2025, 1, 15, 8, tzinfo=UTC), datetime(2025, 1, 16, 8, tzinfo=UTC)),
        ("before:2025-01-15", Clock.HAPPENED, None, datetime(2025, 1, 15, 8, tzinfo=UTC)),
        ("after:2025-01-15", Clock.HAPPENED, datetime(2025, 1, 16, 8, tzinfo=UTC), None),
        ("after:2025-03", Clock.HAPPENED, datetime(2025, 4, 1, 7, tzinfo=UTC), None),
        (
            "sent:[2025-03-01 to 2025-03-31]",
            Clock.SENT,
            datetime(2025, 3, 1, 8, tzinfo=UTC),
            datetime(2025, 4, 1, 7, tzinfo=UTC),
        ),
        (
            "sent:2025-03-01..2025-03-31",
            Clock.SENT,
            datetime(2025, 3, 1, 8, tzinfo=UTC),
            datetime(2025, 4, 1, 7, tzinfo=UTC),
        ),
        (
            'captured:"March 2025"',
            Clock.CAPTURED,
            datetime(2025, 3, 1, 8, tzinfo=UTC),
            datetime(2025, 4, 1, 7, tzinfo=UTC),
        ),
    ],
)
def test_days_are_those_of_the_archives_zone(text, clock, start, end):
    assert parse(text) == Between(clock, start, end)


@every_case(
    ("text", "position"),
    [
        ("", 0),
        ("   ", 0),
        ("++", 0),
        ("a AND", 2),
        ("AND a", 0),
        ("OR", 0),
        ("a OR OR b", 5),
        ("a AND OR b", 6),
        ("a NOT", 2),
        ("(a", 0),
        ("a)", 1),
        ("a ()", 2),
        ('a "b', 2),
        ('""', 0),
        ("*", 0),
        ('"a b"~', 5),
        ('"a"~5', 3),
        ("ab~", 2),
        ("/a(/", 0),
        ("/a b/", 0),
        ("size:big", 5),
        ("is:lost", 3),
        ("series:a*", 7),
        ("has:imag*", 4),
        ("on:/a/", 3),
        ("from:", 0),
        ("a subject: b", 2),
        ("form:x", 0),
        ("date:2025", 0),
        ("kind:mail", 5),
        ("has:nothing", 4),
        ("on:2025-02-30", 3),
        ("on:soon", 3),
        ("sent:[2025-03-01 to", 5),
        ("sent:[2025-03-31 to 2025-03-01]", 5),
        ("sent:[* to *]", 5),
        ("subject:&", 8),
    ],
)
def test_what_cannot_be_understood_is_refused_with_its_place(text, position):
    with pytest.raises(InvalidInput) as refused:
        parse(text)
    assert refused.value.fields["position"] == position


def test_too_long_a_phrase_and_too_many_words_are_refused():
    parse('"' + "the " * 200 + '"')
    with pytest.raises(InvalidInput, match="phrase"):
        parse('"' + "the " * 201 + '"')
    parse("w " * 1_000)
    with pytest.raises(InvalidInput, match="1000 words"):
        parse("w " * 1_001)


def test_more_prefixes_than_can_be_read_in_time_are_refused():
    parse(" OR ".join(f"ab{number}*" for number in range(60)))
    with pytest.raises(InvalidInput, match="prefixes"):
        parse(" OR ".join(f"ab{number}*" for number in range(61)))
    with pytest.raises(InvalidInput, match="prefixes"):
        parse("a* b* c* d* e* f* g*")


def test_equal_parts_are_asked_for_once():
    assert parse("roof roof roof") == parse("roof")
    assert parse("roof OR (bus OR roof)") == parse("roof OR bus")
    assert parse("-roof -roof bus") == parse("-roof bus")
