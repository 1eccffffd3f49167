"""Where all of a record was read, the answer is a search's; where not, what is absent may be there: no is not said."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from search.naive_matcher import matches
from search.projection import project
from search.three_valued import weigh
from storage.records import Message, RecordKind
from tests.every_case import every_case
from tests.search.building import ASKED, document, generated_records, mail, parse

UNREAD = ("attachment 1 could not be read: it is encrypted",)


def told(query: str, **changes: object) -> bool | None:
    return weigh(parse(query), document(**changes), (), dated=changes.get("sent_at") is not None)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_of_records_read_whole_and_dated_the_answer_is_that_of_a_search(seed):
    chance = random.Random(seed)
    whole = [one for one in generated_records(seed, 60) if not one.description.unsearchable]
    records = [project(one) for one in whole if one.record.sent_at is not None]
    for _ in range(150):
        parts = chance.choices(ASKED, k=chance.randint(1, 4))
        text = chance.choice((" ", " OR ", " NOT ", " AND NOT ")).join(parts)
        query = parse(text)
        for one in records:
            assert weigh(query, one, (), dated=True) is matches(query, one), text


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_answer_that_is_told_does_not_change_when_the_rest_is_read(seed):
    chance = random.Random(seed)
    at = datetime(2025, 3, 5, 12, tzinfo=UTC)
    for _ in range(200):
        query = parse(chance.choice((" ", " OR ", " NOT ")).join(chance.choices(ASKED, k=3)))
        before = weigh(query, document(text="board", sent_at=at, unsearchable=UNREAD), (), dated=True)
        more = " ".join(["board", *chance.choices(["budget", "school", "roof", "run", "café", "#budget"], k=3)])
        after = weigh(query, document(text=more, sent_at=at), (), dated=True)
        if before is not None:
            assert after is before


@every_case(
    ("query", "answer"),
    [
        ("board", True),
        ("budget", None),
        ("NOT budget", None),
        ("NOT board", False),
        ("board budget", None),
        ("nothing kind:post", False),
        ("budget OR board", True),
        ("budget OR kind:post", None),
        ("kind:email NOT budget", None),
        ("custodian:nobody budget", False),
        ("subject:budget", False),
        ("from:ana", False),
        ("filename:plan", None),
        ("lang:en", None),
        ("b*d", True),
        ("bu*et", None),
        ("budgt~", None),
        ("/bu.*/", None),
        ("NOT /bo.*/", False),
        ('"board roof"~9', None),
        ("subject:b*t", False),
        ("has:attachment", False),
        ("has:link", None),
        ("size:>5MB", False),
        ("is:held", None),
        ("NOT series:GS1", None),
        ("board OR is:held", True),
        ("#budget", None),
        ('"school board"', None),
    ],
)
def test_what_could_not_be_read_may_hold_the_word(query, answer):
    assert told(query, text="board", original=mail("Roof"), unsearchable=UNREAD) is answer


def test_an_unread_picture_may_show_anybody_on_any_platform():
    unread = {"kind": RecordKind.SCREENSHOT, "unsearchable": UNREAD}
    assert told("from:ana", **unread) is None
    assert told("subject:budget", **unread) is None
    assert told("platform:signal", **unread) is None
    assert told("platform:signal", **unread, platform="whatsapp") is False
    assert told("kind:email", **unread) is False


@every_case(
    ("query", "answer"),
    [
        ("captured:2025-04", True),
        ("captured:2025-03", False),
        ("on:2025-04-01", True),
        ("before:2025-03-01", None),
        ("after:2025-04-02", False),
        ("sent:2025-03", None),
        ("sent:2025-05", False),
        ("NOT before:2025-03-01", None),
    ],
)
def test_a_record_without_a_date_happened_at_some_time_up_to_its_capture(query, answer):
    assert told(query, text="board") is answer


def test_days_that_are_printed_are_days_on_which_it_happened():
    days = ((datetime(2025, 2, 3, 8, tzinfo=UTC), datetime(2025, 2, 4, 8, tzinfo=UTC)),)
    one = document(messages=(Message(at="2025-02-03", sender="Ana", text="board"),))
    assert weigh(parse("on:2025-02-03"), one, days, dated=False) is True
    assert weigh(parse("before:2025-02-01"), one, days, dated=False) is False
    assert weigh(parse("on:2025-04-01"), one, days, dated=False) is True  # as a search has it
    assert weigh(parse("sent:2025-04-01"), one, days, dated=False) is False


def test_a_moment_that_cannot_be_used_tells_nothing():
    one = document(sent_at=datetime(2031, 1, 1, tzinfo=UTC))
    assert weigh(parse("before:2025-03-01"), one, (), dated=False) is None
