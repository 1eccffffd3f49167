"""What a query means, said by examples: every engine is compared with this."""

from __future__ import annotations

from dataclasses import replace

import pytest

from search.documents import COLUMN_NUMBER, Column
from search.naive_matcher import matches
from search.queries import Among, Fact, Is, Not
from storage.records import Party
from tests.every_case import every_case
from tests.search.building import document, mail, parse

ANA = Party(name="Ana Ortiz", address="ana@far.example")
BEN = Party(name="Ben", address="ben@district.example")


def finds(query: str, **said: object) -> bool:
    return matches(parse(query), document(**said))


@every_case(
    ("query", "answer"),
    [
        ('"bus late"~0', False),
        ('"bus late"~2', True),
        ('"late bus"~2', True),
        ('"bus late"~1', False),
        ('"bus late today"~3', True),
        ('"bus late today"~2', False),
        ('"numbers late"~1', True),
        ('exact:"numbers late"~1', False),
        ('"bus tomorrow"~50', False),
        ("b*s", True),
        ("*umbe*", True),
        ("umbe*", False),
        ("?us", True),
        ("nmuber~", True),
        ("nmubre~", False),
        ("nmubre~2", True),
        ("/[a-z]{5}/", True),
        ("/[a-z]{9}/", False),
        ("subject:b*s", False),
        ("NOT b*s", False),
    ],
)
def test_words_stand_near_or_are_like_what_is_asked(query, answer):
    assert finds(query, text="The bus number twelve late today") is answer


def test_what_separates_two_people_is_like_no_word():
    assert finds("to:/./", original=mail("Roof", None, [ANA, BEN])) is False
    assert finds("to:/../", original=mail("Roof", None, [ANA, BEN])) is False


def test_words_near_each_other_stand_in_one_column():
    assert finds('"roof board"~50', text="board", original=mail("Roof")) is False


def test_a_size_is_compared_with_that_of_the_original():
    one = replace(document(), size=1_000)
    answers = {query: matches(parse(query), one) for query in ("size:>1kB", "size:>=1kB", "size:<1kB", "size:1kB..2kB")}
    assert answers == {"size:>1kB": False, "size:>=1kB": True, "size:<1kB": False, "size:1kB..2kB": True}


def test_flags_are_words_of_a_column_of_their_own():
    plain = document(text="image")
    columns = list(plain.columns)
    columns[COLUMN_NUMBER[Column.FLAGS]] = "attachment image unsearchable_damaged"
    flagged = replace(plain, columns=tuple(columns))
    assert not matches(parse("has:image"), plain)
    assert matches(parse("has:image is:unsearchable"), flagged)
    assert not matches(parse("has:video"), flagged)


def test_a_telephone_number_is_found_as_it_is_printed():
    assert finds("206.555.0142", text="call 206-555-0142")
    assert not finds("206.555.0143", text="call 206-555-0142")


def test_a_record_is_among_those_that_are_named():
    assert matches(Among(frozenset({"rec_000001"})), document(1))
    assert matches(Not(Among(frozenset())), document(1))
    assert not matches(Among(frozenset({"rec_000002"})), document(1))


def test_what_only_the_catalogue_knows_is_not_guessed():
    with pytest.raises(ValueError, match="catalogue"):
        matches(Is(Fact.STATE, "held"), document())
