"""Messages gathered into days: what was said at the same moment stays in the order in which it was said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ingest.formats.chats.days import Days
from ingest.formats.chats.model import ChatMessage, Said, Thread

NOON = datetime(2024, 1, 5, 18, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def said(text: str, at: datetime, key: str = "one") -> Said:
    thread = Thread(platform="messenger", key=key, title=None)
    return Said(thread=thread, message=ChatMessage(at=at, sender="Ana", text=text, raw=text.encode()))


def shown(messages: list[Said]) -> dict[tuple[str, str], str]:
    """The texts of each record, in the order in which it shows them."""
    days = Days("test 1", ZoneInfo("America/Chicago"))
    out = [record for one in messages for record in days.add(one)]
    out += days.rest()
    return {(one.thread.key, one.day): "".join(each.text for each in one.reading.messages) for one in out}


@pytest.mark.parametrize("newest_first", [False, True])
def test_messages_of_one_minute_stay_in_order_whichever_end_the_export_begins_at(newest_first: bool) -> None:  # noqa: FBT001
    messages = [
        said("a", NOON - 2 * MINUTE),
        said("b", NOON - MINUTE),
        said("c", NOON - MINUTE),
        said("d", NOON),
        said("e", NOON),
    ]
    assert shown(messages[::-1] if newest_first else messages) == {("one", "2024-01-05"): "abcde"}


def test_a_day_whose_messages_are_all_of_one_moment_follows_the_other_days() -> None:
    newest_first = [said("d", NOON), said("c", NOON), said("b", NOON - 1440 * MINUTE), said("a", NOON - 1440 * MINUTE)]
    assert shown(newest_first) == {("one", "2024-01-05"): "cd", ("one", "2024-01-04"): "ab"}


def test_each_thread_has_a_direction_of_its_own() -> None:
    newest_first = [said("c", NOON), said("b", NOON), said("a", NOON - MINUTE)]
    oldest_first = [said("a", NOON - MINUTE, "two"), said("b", NOON, "two"), said("c", NOON, "two")]
    assert shown([*newest_first, *oldest_first]) == {("one", "2024-01-05"): "abc", ("two", "2024-01-05"): "abc"}


def test_one_message_out_of_order_does_not_turn_the_others_round() -> None:
    messages = [
        said("a", NOON - 2 * MINUTE),
        said("d", NOON),
        said("b", NOON - MINUTE),
        said("c", NOON - MINUTE),
        said("e", NOON + MINUTE),
    ]
    assert shown(messages) == {("one", "2024-01-05"): "abcde"}


def test_the_source_keeps_the_order_of_the_export() -> None:
    days = Days("test 1", ZoneInfo("America/Chicago"))
    for one in (said("b", NOON), said("a", NOON - MINUTE)):
        days.add(one)
    assert [one.source for one in days.rest()] == [b"b\na"]
