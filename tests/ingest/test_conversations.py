"""Which messages of a later export are new: what is said at the same moment is the same, however it is printed."""

from __future__ import annotations

import pytest

from ingest.conversations import Conversations
from storage.records import Conversation, Description, Message, RecordKind

ZONE = "America/Chicago"


def told(*moments: str) -> Description:
    conversation = Conversation(
        title="Ann", participants=("Ann",), day="2024-01-05", zone=ZONE, key="ann", owner=None, url=None
    )
    messages = tuple(Message(at=one, sender="Ann", text="ok") for one in moments)
    return Description(
        kind=RecordKind.CONVERSATION, platform="messenger", conversation=conversation, messages=messages, text="ok"
    )


@pytest.fixture
def known_of(archive):
    """How many messages of a second export are known, after a first one."""

    def known(first: Description, second: Description) -> int:
        conversations = Conversations(archive)
        conversations.begin()
        conversations.settle(first, "cus_1", "rec_1", "sub_1")
        return conversations.settle(second, "cus_1", "rec_2", "sub_2")[1].known

    return known


@pytest.mark.parametrize(
    "printed",
    [
        "2024-01-05T12:07:00",
        "2024-01-05T18:07:40.250000+00:00",
        "2024-01-05T19:07:33+01:00",
        "2024-01-05T12:07:59-06:00",
    ],
)
def test_the_same_minute_is_the_same_with_any_offset_and_without_one(known_of, printed):
    assert known_of(told("2024-01-05T18:07:33+00:00"), told(printed)) == 1


@pytest.mark.parametrize("printed", ["2024-01-05T18:07:33", "2024-01-05T18:07:33+01:00"])
def test_the_same_figures_on_the_clock_of_another_zone_are_another_message(known_of, printed):
    assert known_of(told("2024-01-05T18:07:33+00:00"), told(printed)) == 0


def test_what_is_said_twice_in_a_minute_is_known_only_as_often_as_it_was_said(known_of):
    assert known_of(told("2024-01-05T12:07:00"), told("2024-01-05T12:07:01", "2024-01-05T12:07:40")) == 1


def test_a_moment_that_cannot_be_turned_into_the_zone_is_taken_as_it_is_printed(known_of):
    odd = told("0001-01-01T00:00:00+00:00")
    assert known_of(odd, odd) == 1
