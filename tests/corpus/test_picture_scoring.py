"""The measure of screenshots itself: a perfect reading has no fault, and each kind of fault is counted as one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.picture_scoring import score
from benchmarks.picture_texts import distance, folded, foreign_letters, words_of
from benchmarks.screenshots.truth import read_truth
from storage.records import Message
from storage.transcription import Box, Page, TextLine, TranscribedMessage, Transcript, UnreadRegion, Word
from tests.every_case import every_case

if TYPE_CHECKING:
    from benchmarks.screenshots.truth import Corners, Truth

FROZEN = Path(__file__).with_name("screenshots")
SCENES = sorted(one.stem for one in FROZEN.glob("*.json"))


def box(corners: Corners) -> Box:
    left, top, right, bottom = (max(0, round(side)) for side in corners)
    return Box(left=left, top=top, right=max(right, left + 1), bottom=max(bottom, top + 1))


def pages_of(truth: Truth) -> tuple[Page, ...]:
    """What an engine without faults would read."""
    return tuple(
        Page(
            component=f"c{number}",
            number=1,
            width=page.width,
            height=page.height,
            lines=tuple(
                TextLine(text=one.text, box=box(one.box), words=(Word(text=one.text, box=box(one.box)),))
                for one in truth.lines
                if one.page == number and not one.cut and one.kind != "reaction"
            ),
        )
        for number, page in enumerate(truth.pages, 1)
    )


def transcript_of(truth: Truth) -> Transcript:
    """The transcript of somebody who reads everything that is shown, and nothing else."""
    messages = []
    for one in truth.messages:
        page = min(one.boxes)
        message = Message(
            at=None,
            sender=None if one.owner and not truth.rows else one.sender,
            text=one.text,
            side=one.side,
            deleted=one.deleted,
            system=one.notice,
        )
        messages.append(
            TranscribedMessage(
                message=message, time=one.time, day=one.day, component=f"c{page}", box=box(one.boxes[page])
            )
        )
    return Transcript(messages=tuple(messages), app=truth.app, title=truth.title, draft=truth.draft)


def numbers_of(truth: Truth) -> dict[str, int]:
    return {f"c{number}": number for number in range(1, len(truth.pages) + 1)}


@pytest.fixture
def whatsapp() -> Truth:
    return read_truth(FROZEN / "whatsapp-en.json")


@every_case("scene", SCENES)
def test_a_perfect_reading_has_no_fault(scene):
    truth = read_truth(FROZEN / f"{scene}.json")
    found = score(truth, pages_of(truth), transcript_of(truth), numbers_of(truth))
    counts = found.counts
    assert found.faults == []
    assert counts["letters"] > 50
    assert (counts["letter errors"], counts["message errors"], counts["wrong script"]) == (0, 0, 0)
    assert counts["messages found"] == counts["messages"] > 2
    for fact in ("sides", "senders", "order", "times", "days", "titles", "apps", "drafts", "overlaps", "deleted"):
        assert counts[f"{fact} right"] == counts[fact], fact


def test_no_transcript_loses_every_message_and_invents_none(whatsapp):
    counts = score(whatsapp, pages_of(whatsapp), None, numbers_of(whatsapp)).counts
    assert counts["messages found"] == 0
    assert counts["message errors"] == counts["message letters"] > 0
    assert counts["messages invented"] == 0


def test_messages_on_the_other_side_are_found_and_wrong(whatsapp):
    perfect = transcript_of(whatsapp)
    other = {"left": "right", "right": "left"}
    turned = tuple(
        replace(one, message=one.message._replace(side=other.get(one.message.side, "left"))) for one in perfect.messages
    )
    told = replace(perfect, messages=turned)
    counts = score(whatsapp, pages_of(whatsapp), told, numbers_of(whatsapp)).counts
    assert counts["messages found"] == counts["messages"]
    assert counts["sides right"] == 0


def test_messages_in_the_wrong_order_are_counted(whatsapp):
    perfect = transcript_of(whatsapp)
    told = replace(perfect, messages=tuple(reversed(perfect.messages)))
    counts = score(whatsapp, pages_of(whatsapp), told, numbers_of(whatsapp)).counts
    assert counts["order"] == counts["messages"] - 1
    assert counts["order right"] == 0


def test_a_key_row_taken_as_a_message_is_counted_as_such():
    truth = read_truth(FROZEN / "imessage-en.json")
    perfect = transcript_of(truth)
    key = next(one for one in truth.lines if one.kind == "key")
    taken = TranscribedMessage(
        message=Message(at=None, sender=None, text="qwertyuiop", side="left"), component="c1", box=box(key.box)
    )
    told = replace(perfect, messages=(*perfect.messages, taken))
    counts = score(truth, pages_of(truth), told, numbers_of(truth)).counts
    assert counts["keyboard taken"] == 1
    assert counts["messages invented"] == 0


def test_an_unsent_draft_taken_as_a_message_is_counted_wherever_it_is_said_to_stand():
    truth = read_truth(FROZEN / "imessage-en.json")
    perfect = transcript_of(truth)
    draft = " ".join(one.text for one in truth.lines if one.kind == "draft")
    taken = TranscribedMessage(message=Message(at=None, sender=None, text=draft, side="right"))
    told = replace(perfect, messages=(*perfect.messages, taken))
    assert score(truth, pages_of(truth), told, numbers_of(truth)).counts["keyboard taken"] == 1


def test_a_message_twice_is_one_that_nobody_sent(whatsapp):
    perfect = transcript_of(whatsapp)
    again = perfect.messages[-1]
    told = replace(perfect, messages=(*perfect.messages, again))
    counts = score(whatsapp, pages_of(whatsapp), told, numbers_of(whatsapp)).counts
    assert counts["messages invented"] == 1
    assert counts["message errors"] == len(folded(again.message.text))


def test_a_sender_for_an_own_message_is_invented(whatsapp):
    perfect = transcript_of(whatsapp)
    named = tuple(
        replace(one, message=one.message._replace(sender="Grade 4 team")) if one.message.side == "right" else one
        for one in perfect.messages
    )
    told = replace(perfect, messages=named)
    counts = score(whatsapp, pages_of(whatsapp), told, numbers_of(whatsapp)).counts
    assert counts["senders invented"] == sum(one.owner and not one.deleted for one in whatsapp.messages)


def test_latin_letters_read_for_thai_are_foreign_and_a_region_told_unread_is_not_lost():
    truth = read_truth(FROZEN / "messenger-th.json")
    (page,) = pages_of(truth)
    latin = replace(
        page, lines=tuple(replace(one, text="nSU", words=(Word(text="nSU", box=one.box),)) for one in page.lines)
    )
    assert score(truth, [latin], None, numbers_of(truth)).counts["wrong script"] > 10
    told = replace(page, lines=(), unread=tuple(UnreadRegion(box=one.box, reason="no engine") for one in page.lines))
    counts = score(truth, [told], None, numbers_of(truth)).counts
    assert counts["lines told unread"] == counts["lines with letters"] > 5
    assert (counts["lines lost"], counts["wrong script"]) == (0, 0)


def test_texts_are_folded_before_they_are_compared():
    assert folded("It’s  “ok” 👍\ufe0f – fine…") == 'It\'s "ok" - fine...'
    assert folded("王 丽华 ，好") == folded("王丽华,好")
    assert folded("e\u0301") == "\u00e9"


def test_the_distance_is_that_of_levenshtein():
    assert distance("kitten", "sitting") == 3
    assert distance("", "four") == distance("four", "") == 4
    assert distance("same", "same") == 0


def test_letters_are_foreign_where_the_line_has_none_of_their_script():
    assert foreign_letters("Mama", ["Мама"]) == 4
    assert foreign_letters("Мама", ["Мама"]) == 0
    assert foreign_letters("letters", ["9:41"]) == 0


def test_words_of_chinese_are_its_letters():
    assert words_of("好的 OK") == {"好": 1, "的": 1, "OK": 1}
