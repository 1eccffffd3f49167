"""Messages gathered into days: what was said at the same moment stays in the order in which it was said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from ingest.formats.chats.days import Days, day_of
from ingest.formats.chats.model import ChatMessage, Said, Thread
from tests.every_case import every_case

NOON = datetime(2024, 1, 5, 18, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


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


ZONES = (
    "America/Chicago",
    "America/St_Johns",  # until 2011 clocks were set back a minute past midnight, into the day before
    "America/Havana",  # clocks are set forward at midnight
    "America/Sao_Paulo",  # clocks were set back at midnight
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Pacific/Apia",  # has no 30 December 2011
    "UTC",
)


@every_case("name", ZONES)
def test_every_moment_is_of_its_own_day_whatever_came_before_it(name: str) -> None:
    zone = ZoneInfo(name)
    first = datetime(2010, 1, 1, tzinfo=UTC)
    # every eleven minutes around each change of clocks of some years, from either side, and single days far apart
    hours = (first + timedelta(hours=one) for one in range(24 * 365 * 3))
    changes = [one for one in hours if one.astimezone(zone).utcoffset() != (one + HOUR).astimezone(zone).utcoffset()]
    moments = [one + timedelta(minutes=step) for one in changes for step in range(-2_880, 2_880, 11)]
    moments += [first + timedelta(days=one * 37, seconds=one) for one in range(60)]
    for some in (moments, moments[::-1]):
        days = Days("test 1", zone)
        out = [record for one in some for record in days.add(said(one.isoformat(), one))]
        out += days.rest()
        found = {(record.day, message.text) for record in out for message in record.reading.messages}
        assert found == {(day_of(one, zone), one.isoformat()) for one in some}


def test_the_last_day_that_there_is_and_moments_with_other_offsets_have_their_days() -> None:
    last = datetime(9999, 12, 31, 12, tzinfo=UTC)
    moscow = datetime(2024, 1, 6, 1, tzinfo=timezone(3 * HOUR))
    assert set(shown([said("z", last), said("y", last), said("m", moscow), said("n", NOON)])) == {
        ("one", "9999-12-31"),
        ("one", "2024-01-05"),
    }
