"""A conversation's day that comes again: what is new of it is a part, and nothing is doubled or lost."""

from __future__ import annotations

import pytest

from ingest.conversations import Conversations
from storage.records import Attachment, Conversation, Description, Message, Reaction, RecordKind

DAY = "2024-01-05"
ROOT = ("rec_1", "sub_1")


def said(text: str, at: str = "18:07", **named: object) -> Message:
    return Message(**{"at": f"{DAY}T{at}:00", "sender": "Ann", "text": text, **named})  # type: ignore[arg-type]


def day(*messages: Message, key: str = "ann", kind: RecordKind = RecordKind.CONVERSATION) -> Description:
    conversation = Conversation(title="Ann", participants=("Ann",), day=DAY, zone="America/Chicago", key=key)
    text = "\n".join(f"{one.sender}: {one.text}" for one in messages)
    return Description(kind=kind, platform="sms", conversation=conversation, messages=messages, text=text)


@pytest.fixture
def conversations(archive):
    found = Conversations(archive)
    found.begin()
    return found


def again(conversations: Conversations, first: Description, second: Description, container: str = "sub_2"):
    conversations.settle(first, "cus_1", *ROOT)
    return conversations.settle(second, "cus_1", "rec_2", container)


def test_a_first_day_is_a_record_of_its_own_and_stays_as_it_is(conversations):
    first = day(said("one"), said("two"))
    described, row = conversations.settle(first, "cus_1", *ROOT)
    assert described == first
    assert (row.is_part, row.messages, row.known, row.changed, row.lacking) == (False, 2, 0, 0, 0)
    assert len(row.digests) == 2 * 32


def test_a_later_export_adds_what_is_new_and_nothing_else(conversations):
    described, row = again(conversations, day(said("one")), day(said("one"), said("two")))
    assert [one.text for one in described.messages] == ["two"]
    assert described.text == "Ann: two"
    assert (row.root_id, row.is_part, row.known, row.lacking) == ("rec_1", True, 1, 0)
    assert len(row.digests) == 32


def test_a_day_that_came_before_brings_nothing(conversations):
    described, row = again(conversations, day(said("one"), said("two")), day(said("two"), said("one")))
    assert (described.messages, described.text, row.known, row.digests) == ((), "", 2, b"")


def test_a_person_whom_the_phone_calls_otherwise_says_nothing_new(conversations):
    names = ("+15550001", "Pat <+15550001>", "Patricia <+15550001>")
    for number, name in enumerate(names):
        described, row = conversations.settle(day(said("one", sender=name)), "cus_1", f"rec_{number}", f"sub_{number}")
    assert (described.messages, row.known, row.lacking) == ((), 1, 0)
    _, other = conversations.settle(day(said("one", sender="Pat <+15550002>")), "cus_1", "rec_9", "sub_9")
    assert other.known == 0


def test_two_identical_messages_in_one_minute_are_two(conversations):
    described, row = again(conversations, day(said("ok"), said("ok")), day(said("ok"), said("ok"), said("ok")))
    assert (len(described.messages), row.known) == (1, 2)


@pytest.mark.parametrize(
    "changes",
    [
        {"deleted": True},
        {"edited_at": f"{DAY}T19:00:00"},
        {"reactions": (Reaction(by="Ben", emoji="👍"),)},
        {"text": "another"},
    ],
)
def test_a_message_with_an_id_that_changed_is_shown_again_and_counted(conversations, changes):
    before = said("one", id="7")
    described, row = again(conversations, day(before), day(before._replace(**changes)))
    assert (len(described.messages), row.changed, row.known, row.lacking) == (1, 1, 0, 0)
    assert any("changed" in note for note in described.notes)


@pytest.mark.parametrize("changes", [{"deleted": True}, {"reactions": (Reaction(by=None, emoji="👍"),)}])
def test_a_message_without_an_id_that_changed_is_shown_again_and_counted(conversations, changes):
    described, row = again(conversations, day(said("one")), day(said("one", **changes)))
    assert (len(described.messages), row.changed) == (1, 1)


def test_a_file_that_was_missing_and_is_there_now_is_a_change(conversations):
    gone = said("", attachments=(Attachment(name="a.jpg", media_type=None, present=False),))
    there = said("", attachments=(Attachment(name="a.jpg", media_type=None, sha256="0" * 64),))
    assert again(conversations, day(gone), day(there))[1].changed == 1


def test_what_an_earlier_export_has_and_this_one_not_is_counted(conversations):
    described, row = again(conversations, day(said("one"), said("two"), said("three")), day(said("two")))
    assert (row.known, row.lacking) == (1, 2)
    assert any("not in this one" in note for note in described.notes)


def test_slices_of_one_export_lack_nothing_of_each_other(conversations):
    assert again(conversations, day(said("one")), day(said("two")), container="sub_1")[1].lacking == 0


@pytest.mark.parametrize(
    "other", [{"key": "ben"}, {"kind": RecordKind.POST}], ids=["another conversation", "another kind"]
)
def test_another_conversation_is_another_record(conversations, other):
    described, row = again(conversations, day(said("one")), day(said("one"), **other))
    assert (len(described.messages), row.is_part) == (1, False)


def test_another_custodians_conversation_is_another_record(conversations):
    conversations.settle(day(said("one")), "cus_1", *ROOT)
    assert not conversations.settle(day(said("one")), "cus_2", "rec_2", "sub_2")[1].is_part


def test_words_cannot_be_moved_from_one_field_to_the_next_and_stay_the_same_message(conversations):
    one = Message(at=f"{DAY}T18:07:00", sender="Ann1:", text="x")
    other = Message(at=f"{DAY}T18:07:00", sender="Ann", text="1:x")
    assert again(conversations, day(one), day(other))[1].known == 0


def test_digests_are_of_this_archive_alone(archive, conversations):
    row = conversations.settle(day(said("one")), "cus_1", *ROOT)[1]
    assert archive.store.keyring.digest_key not in row.digests
    assert b"one" not in row.digests


def test_the_same_words_on_both_sides_of_a_cut_day_are_two_messages(conversations):
    first = day(*(said(f"one {number}") for number in range(5)), said("ok"))
    second = day(said("ok"), *(said(f"two {number}") for number in range(5)))
    _, row = again(conversations, first, second, container="sub_1")
    assert (row.known, row.messages) == (0, 6)


def test_a_slice_that_is_read_once_more_by_another_reader_is_known(conversations):
    first = day(*(said(f"one {number}") for number in range(5)))
    _, row = again(conversations, first, first, container="sub_1")
    assert row.known == 5
