"""What a query asks for is said in plain English, every leaf with its field."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from search.queries import Among, And, Between, Clock, Fact, Field, Is, Like, Likeness, Not, Or, Sized, Words
from search.query_in_words import in_words
from tests.every_case import every_case

ZONE = ZoneInfo("America/Los_Angeles")
BUS = Words(Field.TEXT, ("bus",))
START = datetime(2026, 3, 1, 8, tzinfo=UTC)


@every_case(
    ("query", "said"),
    [
        (BUS, 'the word "bus" in any form in the text'),
        (Words(Field.SUBJECT, ("field", "trip"), exact=True), 'the words side by side "field trip" exactly in the'),
        (Words(Field.TEXT, ("regist",), exact=True, prefix=True), 'a word that begins with "regist" in the text'),
        (Words(Field.TEXT, ("late", "bus"), within=5), 'the words "late", "bus" in any form, in any order, at most 5'),
        (Words(Field.HAS, ("attachment",)), '"attachment" among what the record has'),
        (Like(Field.TEXT, Likeness.GLOB, "l?ghts"), 'a word like "l?ghts" (* is any letters, ? is one) in the text'),
        (Like(Field.TEXT, Likeness.FUZZY, "lihgts", 1), 'differs from "lihgts" by at most 1 letter in the text'),
        (Like(Field.TEXT, Likeness.REGEX, "b[ua]s"), "the expression /b[ua]s/ describes in the text"),
        (Is(Fact.KIND, "email"), "the kind of the record is email"),
        (Is(Fact.HOLD, "any"), "it is under the hold any"),
        (Sized(1_000, None), "the original has at least 1,000 bytes"),
        (Sized(None, 5), "the original has less than 5 bytes"),
        (Between(Clock.SENT, START, None), "sent at or after 2026-03-01 00:00-08:00"),
        (Between(Clock.CAPTURED, None, START), "captured before 2026-03-01 00:00-08:00"),
        (Among(frozenset({"rec_1"})), "one of 1 records"),
        (Not(BUS), 'not the word "bus"'),
        (Not(Or((BUS, BUS))), 'not (the word "bus"'),
        (And((BUS, Or((BUS, BUS)))), 'in the text and (the word "bus" in any form in the text or the word'),
    ],
)
def test_every_construct_is_said(query, said):
    assert said in in_words(query, ZONE)


def test_the_first_and_the_last_moment_there_is_are_said():
    ends = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
    said = in_words(Between(Clock.SENT, *ends), ZoneInfo("Pacific/Kiritimati"))
    assert "0001-01-0" in said
    assert "9999-12-31" in said


@every_case("field", Field)
def test_every_field_has_its_place(field):
    assert in_words(Words(field, ("bus",)), ZONE)


@every_case("fact", Fact)
def test_every_fact_is_said(fact):
    assert in_words(Is(fact, "x"), ZONE).endswith(" x")
