"""Captures of one page compared: each is a record of its own, and says what of the last one is gone."""

from __future__ import annotations

from datetime import datetime

import pytest

from ingest.examiner import Examiner
from ingest.formats.chats.slices import read_slice, source_component, written
from ingest.formats.container import MemberKind
from storage.records import Conversation, Description, Letterhead, Message, RecordKind
from tests.ingest.test_examiner import ACTOR, NoSeries, PlantedReader, deposit, records_of
from tests.storage.archives import make_archive

URL = "https://www.facebook.com/district/posts/1"


@pytest.fixture
def archive(tmp_path):
    opened = make_archive(tmp_path / "archive")
    yield opened
    opened.close()


@pytest.fixture
def ada(archive):
    return archive.custodians.add("ada@district.example", name="Ada", actor=ACTOR).id


@pytest.fixture
def bo(archive):
    return archive.custodians.add("bo@district.example", name="Bo", actor=ACTOR).id


def captured(text="a\nb", at: str | None = "2024-03-01T20:00:00+00:00", url=URL, said=()):
    source = f"{text}{at}{url}".encode()
    reading = Description(
        kind=RecordKind.PAGE,
        original=Letterhead(date=at),
        conversation=Conversation(title=None, participants=(), day="", zone="UTC", key=url, url=url),
        messages=tuple(Message(at=None, sender=sender, text=words) for sender, words in said),
        text=text,
        sent_at=None if at is None else datetime.fromisoformat(at),
        components=(source_component(source, "application/warc"),),
        reader="warc 2",
    )
    return b"".join(written(reading, source, (), lambda _: ()))


def take_in(archive, slices, custodian):
    """Examined as one batch; the records in order."""
    ids = [deposit(archive, one, custodian, kind=MemberKind.SLICE.value) for one in slices]
    while Examiner(archive, PlantedReader(read_slice), NoSeries(), actor=ACTOR).examine_waiting():
        pass
    return [one for each in ids for one in records_of(archive, each)]


def test_a_later_capture_says_what_is_gone_and_what_is_new(archive, ada):
    (first,) = take_in(archive, [captured("title\nbad comment\nkept")], ada)
    (later,) = take_in(archive, [captured("title\nkept\nnew\nnewer", "2024-03-05T20:00:00+00:00")], ada)
    assert first.description.notes == ()
    assert later.description.notes == (
        f"of the 3 lines of text of the capture before it, record {first.record.id}, 1 are no longer there; 2 are new",
    )
    assert later.description.text == "title\nkept\nnew\nnewer"


def test_posts_and_comments_that_are_gone_are_told_apart(archive, ada):
    said = (("Bo", "Shame"), ("Cy", "Thanks"))
    (first,) = take_in(archive, [captured(said=said)], ada)
    (later,) = take_in(archive, [captured(at="2024-03-02T00:00:00+00:00", said=said[1:])], ada)
    assert later.description.notes == (
        (
            f"of the 2 posts and comments of the capture before it, record {first.record.id}, 1 are no longer there; "
            "0 are new"
        ),
    )


def test_captures_of_one_batch_see_each_other_and_the_last_before_counts(archive, ada):
    days = [f"2024-03-0{day}T20:00:00+00:00" for day in (1, 3, 2)]
    first, third, second = take_in(
        archive, [captured("a", days[0]), captured("c", days[1]), captured("b", days[2])], ada
    )
    assert first.record.id in third.description.notes[0]
    assert first.record.id in second.description.notes[0]


def test_a_capture_that_comes_after_a_later_one_is_held_against_that(archive, ada):
    (later,) = take_in(archive, [captured("a", "2024-03-05T20:00:00+00:00")], ada)
    (first,) = take_in(archive, [captured("a\nb")], ada)
    assert first.description.notes == (
        (
            f"a later capture of this page is there already, record {later.record.id}: of the 2 lines of text of "
            "this one 1 are not in it; 0 are new in it"
        ),
    )


def test_a_capture_that_says_the_same_says_so(archive, ada):
    (first,) = take_in(archive, [captured("a  b")], ada)
    (later,) = take_in(archive, [captured("a b\n\n", "2024-03-05T20:00:00+00:00")], ada)
    assert later.description.notes == (f"it says the same as the capture before it, record {first.record.id}",)


def test_other_pages_and_other_custodians_are_not_compared(archive, ada, bo):
    take_in(archive, [captured("a")], ada)
    (page,) = take_in(archive, [captured("b", url="https://a.example/")], ada)
    (theirs,) = take_in(archive, [captured("b")], bo)
    assert page.description.notes == theirs.description.notes == ()


def test_captures_without_a_time_are_compared_in_the_order_in_which_they_came(archive, ada):
    (first,) = take_in(archive, [captured("a", None)], ada)
    (later,) = take_in(archive, [captured("b", None)], ada)
    assert first.record.id in later.description.notes[0]
