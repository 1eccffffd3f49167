"""What is listed of an upload, the numbers by which it is chosen from, and what is counted."""

from __future__ import annotations

from typing import Any

import pytest

from ingest import draft_outline
from ingest.draft_outline import (
    Chooser,
    GroupKind,
    LeftOut,
    Outline,
    Outliner,
    decode_choice,
    encode_choice,
    in_words,
    parse_numbers,
    tallies,
    tally,
)
from ingest.formats.container import MemberKind, SliceFacts
from ingest.unpacking_codec import ToldMember
from storage.errors import InvalidInput


def told(thread="t", day="2024-03-05", messages=2, path="Pat", **other: Any):
    holds = SliceFacts(platform="whatsapp", thread=thread, day=day, messages=messages)
    told = {"problem": None, "remark": None, "aside": False, "content": b"", "holds": holds, "name": day}
    return ToldMember(**{"path": path, "kind": MemberKind.SLICE, **told, **other})


def a_file(name="a.jpg", **other: Any):
    return told(path="media", name=name, kind=MemberKind.DOCUMENT, **{"holds": None, **other})


def outlined(*members: ToldMember):
    outliner = Outliner()
    for one in members:
        outliner.add(one)
    return outliner.outline("zip 2")


@pytest.fixture
def outline():
    return outlined(
        a_file(),
        told("", "2024-01-01", 3, path="posts"),
        told("ann", "2024-03-06", 4, path="Ann"),
        told("ann", "2024-03-05", 2, path="Ann"),
        told("bob", "", 1, path="Bob"),
        told("bob", "2024-03-05", 5, path="Bob"),
        a_file("b.jpg"),
    )


def test_conversations_come_first_then_posts_then_files_and_days_are_in_order(outline):
    assert [(one.kind, one.title) for one in outline.groups] == [
        (GroupKind.CONVERSATION, "Ann"),
        (GroupKind.CONVERSATION, "Bob"),
        (GroupKind.POSTS, "posts"),
        (GroupKind.FILES, "other files"),
    ]
    assert [one.name for one in outline.groups[0].entries] == ["2024-03-05", "2024-03-06"]
    assert [one.name for one in outline.groups[1].entries] == ["2024-03-05", ""]
    assert [one.name for one in outline.groups[3].entries] == ["media/a.jpg", "media/b.jpg"]


def test_a_day_that_is_cut_into_slices_is_one_day():
    (group,) = outlined(told(messages=5000), told(messages=10)).groups
    assert [(one.messages, one.members) for one in group.entries] == [(5010, 2)]


def test_two_conversations_of_one_name_stay_two():
    assert len(outlined(told("one"), told("two")).groups) == 2


def test_files_aside_are_counted_and_what_is_broken_is_said():
    found = outlined(told(), a_file(problem="it holds no messages", aside=True), a_file(problem="it is encrypted"))
    assert (found.aside, found.unread) == (1, ("a file could not be read: it is encrypted",))


def test_an_upload_of_files_alone_has_no_conversations():
    assert not outlined(a_file()).conversations
    assert outlined(told("", path="posts")).conversations


def test_more_days_than_anybody_could_choose_from_are_refused(monkeypatch):
    monkeypatch.setattr(draft_outline, "MOST_ENTRIES", 2)
    with pytest.raises(InvalidInput, match="archiver ingest"):
        outlined(*[told(day=f"2024-03-0{number}") for number in (1, 2, 3)])


def test_an_outline_is_read_back_as_it_was(outline):
    assert Outline.decode(outline.encode()) == outline


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("1", {(0, 0), (0, 1)}),
        ("1.2", {(0, 1)}),
        ("1.2, 3", {(0, 1), (2, 0)}),
        ("1-2", {(0, 0), (0, 1), (1, 0), (1, 1)}),
        ("1.2-2.1", {(0, 1), (1, 0)}),
        ("4.1-4.2", {(3, 0), (3, 1)}),
        ("all", {(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (3, 0), (3, 1)}),
    ],
)
def test_numbers_name_conversations_and_days(outline, text, places):
    assert parse_numbers(text, outline) == places


@pytest.mark.parametrize(
    "text", ["", "0", "5", "1.3", "1.0", "x", "1,", "-1", "1-", "2-1", "1.2-1.1", "1-2.1", "1.2.3", "\u0663", "1" * 99]
)
def test_what_is_no_number_of_the_list_is_refused(outline, text):
    with pytest.raises(InvalidInput):
        parse_numbers(text, outline)


def test_what_is_left_out_is_counted_by_reason(outline):
    choice = {(0, 0): LeftOut.PERSONAL, (0, 1): LeftOut.PERSONAL, (1, 0): LeftOut.MEDICAL, (3, 1): LeftOut.PERSONAL}
    assert tallies(outline, choice) == {
        "personal": {"conversations": 1, "days": 2, "messages": 6, "files": 1},
        "medical": {"conversations": 1, "days": 1, "messages": 5, "files": 0},
    }
    assert decode_choice(encode_choice(choice)) == choice


def test_counts_in_words():
    assert in_words({"conversations": 1, "days": 2, "messages": 1200, "files": 0}) == (
        "1 conversation, 2 days, 1,200 messages"
    )


def test_a_chooser_keeps_what_is_not_left_out_and_knows_when_all_came(outline):
    chooser = Chooser(outline, {(0, 0): LeftOut.PERSONAL})
    assert chooser.reason(told("ann", "2024-03-05")) is LeftOut.PERSONAL
    assert chooser.reason(told("ann", "2024-03-06")) is None
    assert not chooser.is_complete()
    for one in (told("bob", ""), told("bob"), told("", "2024-01-01"), a_file(), a_file("b.jpg")):
        chooser.reason(one)
    assert chooser.is_complete()
    chooser.reason(told("bob"))
    assert not chooser.is_complete()


def test_a_chooser_refuses_what_was_not_listed(outline):
    with pytest.raises(KeyError):
        Chooser(outline, {}).reason(told("carl"))


def test_the_count_of_everything_is_that_of_its_parts(outline):
    assert tally(outline, parse_numbers("all", outline)) == {
        "conversations": 2,
        "days": 5,
        "messages": 15,
        "files": 2,
    }
