"""What waits for its day is bounded, nothing is lost by that, and days are those of the archive's zone."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.formats.chats.days import MOST_MESSAGES, Days
from ingest.formats.chats.model import ChatMessage, Media, Said, Thread, ThreadKind

if TYPE_CHECKING:
    from ingest.formats.chats.days import Gathered

STEADY = settings(deadline=None, derandomize=True, max_examples=60)
ZONE = ZoneInfo("America/Chicago")
AT = datetime(2024, 1, 5, 18, 7, tzinfo=UTC)
THREADS = tuple(Thread(platform="sms", key=key, title=key) for key in "abc")
POST = Thread(platform="x", key="7", title=None, kind=ThreadKind.POST)


def said(text: str, at: datetime | None = AT, thread: Thread = THREADS[0], **named: object) -> Said:
    message = ChatMessage(at=at, sender="Ann", text=text, raw=text.encode(), **named)  # type: ignore[arg-type]
    return Said(thread=thread, message=message)


def gathered(*messages: Said, most_waiting: int = 48 << 20) -> list[Gathered]:
    days = Days("test 1", ZONE, most_waiting=most_waiting)
    out = [one for message in messages for one in days.add(message)]
    return [*out, *days.rest()]


def texts(found: list[Gathered]) -> list[list[str]]:
    return [[message.text for message in one.reading.messages] for one in found]


@STEADY
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(-3, 3), st.integers(0, 86_000)), max_size=60),
    st.integers(1, 30_000),
)
def test_every_message_is_in_one_record_of_its_day_whatever_may_wait(places, most_waiting):
    messages = [
        said(f"message {number}", AT + timedelta(days=day, seconds=second), THREADS[thread])
        for number, (thread, day, second) in enumerate(places)
    ]
    found = gathered(*messages, most_waiting=most_waiting)
    assert Counter(text for one in texts(found) for text in one) == Counter(one.message.text for one in messages)
    day_of = {one.message.text: one.message.at.astimezone(ZONE).date().isoformat() for one in messages}
    for one in found:
        assert {day_of[message.text] for message in one.reading.messages} == {one.day}
        moments = [message.at for message in one.reading.messages]
        assert moments == sorted(moments)


def test_a_moment_with_an_offset_belongs_to_its_day_in_the_archives_zone():
    late = datetime(2024, 1, 6, 3, 0, tzinfo=UTC)
    assert [one.day for one in gathered(said("late", late))] == ["2024-01-05"]


def test_a_printed_moment_belongs_to_the_day_that_is_printed_and_that_is_said():
    (one,) = gathered(said("late", datetime(2024, 1, 6, 3, 0)))  # noqa: DTZ001 - the export prints no zone
    assert one.day == "2024-01-06"
    assert any("without a zone" in text for text in one.reading.asserted)
    assert one.reading.sent_at == datetime(2024, 1, 6, 9, 0, tzinfo=UTC)


def test_messages_without_a_moment_are_a_record_without_a_day():
    dated, undated = gathered(said("dated"), said("undated", None))
    assert (dated.day, undated.day, undated.reading.sent_at) == ("2024-01-05", "", None)


def test_a_post_and_its_comments_are_one_record_over_all_days():
    messages = [said(f"{number}", AT + timedelta(days=number), POST) for number in range(3)]
    (one,) = gathered(*messages)
    assert texts([one]) == [["0", "1", "2"]]
    assert one.day == "2024-01-05"


def test_a_day_of_too_many_messages_goes_out_in_parts():
    found = gathered(*(said(str(number)) for number in range(MOST_MESSAGES + 1)))
    assert [len(one.reading.messages) for one in found] == [MOST_MESSAGES, 1]


def test_what_was_touched_longest_ago_goes_out_first():
    days = Days("test 1", ZONE, most_waiting=2_500)
    out = [*days.add(said("a1", thread=THREADS[0])), *days.add(said("b1", thread=THREADS[1]))]
    out += [*days.add(said("a2", thread=THREADS[0])), *days.add(said("c1", thread=THREADS[2]))]
    assert texts(out) == [["b1"]]
    assert texts(list(days.rest())) == [["a1", "a2"], ["c1"]]


def test_bytes_that_stand_in_messages_count_as_waiting():
    photo = (Media(name="a", inline=b"x" * 5_000),)
    days = Days("test 1", ZONE, most_waiting=4_000)
    assert texts(list(days.add(said("with a photo", attachments=photo)))) == [["with a photo"]]


def test_who_spoke_takes_part_beside_whom_the_export_names():
    thread = Thread(platform="sms", key="k", title=None, participants=("Ben", "Ann"))
    (one,) = gathered(said("hello", thread=thread), said("ok", thread=thread))
    assert one.reading.conversation is not None
    assert one.reading.conversation.participants == ("Ben", "Ann")


@pytest.mark.parametrize("edited", [{"edited_at": AT}, {"edited": True}])
def test_an_edit_is_told_with_and_without_its_moment(edited):
    (one,) = gathered(said("now", **edited))
    assert one.reading.messages[0].edited
