"""Exports of chats and posts beside the project: what was once read of them is read today."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import pytest

from benchmarks.accuracy import outcome
from benchmarks.accuracy_cases import Fact
from benchmarks.accuracy_chats import ReadCase, read_cases
from benchmarks.disputed_chats import reason_for, reasons

if TYPE_CHECKING:
    from pathlib import Path

# of each format, the messages found and the facts read as stated; they may only rise
_REACHED: Final = {
    "bluesky": (10, 37),
    "discord": (17, 25),
    "facebook": (23, 55),
    "googlechat": (3, 12),
    "groupme": (2, 2),
    "hangouts": (4, 16),
    "imessage-db": (15, 21),
    "imessage-html": (10, 45),
    "imessage-text": (15, 44),
    "instagram": (12, 41),
    "line": (7, 12),
    "linkedin": (2, 5),
    "mastodon": (21, 36),
    "reddit": (3, 6),
    "signal-backup": (99, 432),
    "signal-jsonl": (3, 11),
    "signal-text": (14, 26),
    "skype": (3, 9),
    "slack": (158, 2),
    "sms": (5, 9),
    "snapchat": (6, 5),
    "telegram": (5_509, 102),
    "tiktok": (6, 4),
    "voice": (11, 25),
    "whatsapp": (3_153, 135),
    "x": (144, 22),
}


@pytest.fixture(scope="module")
def cases(shared_dir: Path) -> list[ReadCase]:
    found = list(read_cases(shared_dir / "fixtures"))
    if not found:
        pytest.skip("0 exports: the groups of chats are absent")
    return found


@pytest.mark.shared
def test_every_stated_message_is_found_in_a_record(cases: list[ReadCase]) -> None:
    counts = [(one.format, one.name, one.messages, len(one.seen.messages)) for one in cases]
    assert [one for one in counts if one[2] is not None and one[2] != one[3]] == []
    assert sum(one.seen.lost for one in cases) == 0


@pytest.mark.shared
def test_no_format_reads_less_than_it_did(cases: list[ReadCase]) -> None:
    found: Counter[str] = Counter()
    right: Counter[str] = Counter()
    wrong: list[tuple[str, str, str]] = []
    for one in cases:
        found[one.format] += len(one.seen.messages) if one.messages is not None else 0
        for fact in one.facts:
            right[one.format] += outcome(fact) == "right"
            if outcome(fact) not in ("right", "disputed"):
                wrong.append((one.format, one.name, fact.name))
    present = {name: reached for name, reached in _REACHED.items() if found[name] or right[name]}
    print(f"{len(cases)} exports, {found.total()} messages, {right.total()} facts")  # noqa: T201 - the figure is the point of the run
    assert {name: (found[name], right[name]) for name in present if (found[name], right[name]) < present[name]} == {}
    assert wrong == []


@pytest.mark.shared
def test_no_dispute_is_idle(cases: list[ReadCase]) -> None:
    used = {fact.disputed for one in cases for fact in one.facts if outcome(fact) == "disputed"}
    assert used == set(reasons())


def test_a_dispute_excuses_its_own_difference_and_no_other() -> None:
    about = ("whatsapp", "joweich__chat-miner/test_x.txt", "text", "one two")
    assert reason_for(*about, "one\ntwo")
    assert not reason_for(*about, "one\nthree")
    assert not reason_for(*about, "one  two")
    assert not reason_for("telegram", *about[1:], "one\ntwo")


def test_a_message_that_was_not_read_is_no_right_fact() -> None:
    assert outcome(Fact(name="text", stated=None, read="no message")) == "invented"
