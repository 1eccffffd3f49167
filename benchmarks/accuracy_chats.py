"""The part of `docs/accuracy.md` on exports of chats and posts: messages expected and found, and facts by format.

Facts are how many messages and conversations an export has, who spoke, and of single messages when, who and what.
A message that is stated without its place is the one among those left that agrees in most; each stands for one only.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import benchmarks.chat_cases
from benchmarks.accuracy_cases import Fact
from benchmarks.chat_seen import Seen, seen
from benchmarks.disputed_chats import reason_for
from benchmarks.report import table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from benchmarks.chat_cases import Case, ExpectedMessage
    from ingest.formats.chats.model import ChatMessage

NONE: Final[Any] = None
_TEXT = """\
Exports of accounts and chats from the test data of public programs, with what their own tests state, and exports that
were written from a description of the format (`spec-derived`). Each is read as the product reads it, from recognising
it to the record that is read back from its sealed form: a message counts as found when a record has it. *Stated* are
the messages of the exports that say how many they have; *found* are those of the same exports. A fact is *disputed*
where it is not read as stated and its source is wrong about the export, or this archive reads it otherwise on purpose.
Where a source counts without notices or without messages that were taken back, they are added to its count: here they
are kept, and marked.
"""
_COLUMNS = ("right", "wrong", "missing", "invented", "disputed")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCase:
    """One export as it was read: its facts, and its counts where they are stated."""

    format: str
    name: str
    seen: Seen = field(repr=False)
    messages: int | None
    conversations: int | None
    facts: tuple[Fact, ...] = field(repr=False)


def chat_cases(fixtures: Path) -> Iterator[Case]:
    """The cases of every format whose exports are in the folder."""
    for module in pkgutil.iter_modules(benchmarks.chat_cases.__path__):
        yield from importlib.import_module(f"benchmarks.chat_cases.{module.name}").cases(fixtures.parent)


def read_cases(fixtures: Path) -> Iterator[ReadCase]:
    """Each of them, read."""
    for case in chat_cases(fixtures):
        found = seen(case)
        yield ReadCase(
            format=case.format,
            name=case.name,
            seen=found,
            messages=case.facts.messages,
            conversations=case.facts.conversations,
            facts=tuple(_disputed(case, fact) for fact in _facts(case, found)),
        )


def chat_report(cases: Iterable[ReadCase], outcome: Callable[[Fact], str]) -> list[str]:
    """The section, as lines; empty where no export is there."""
    by_format: dict[str, Counter[str]] = {}
    by_fact: dict[str, Counter[str]] = {}
    reasons: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for one in cases:
        counts = _counts(one)
        counts.update(outcome(fact) for fact in one.facts)
        total += counts
        by_format[one.format] = by_format.get(one.format, Counter()) + counts
        for fact in one.facts:
            by_fact.setdefault(fact.name, Counter()).update((outcome(fact),))
            if outcome(fact) == "disputed":
                reasons[fact.disputed] += 1
    if not total:
        return []
    held = sum(total[name] for name in _COLUMNS) - total["disputed"]
    told = (
        f"**{total['found']:,} of {total['stated']:,} stated messages found, "
        f"{total['right']:,} of {held:,} facts right ({total['right'] / held:.1%})**, {total['wrong']} wrong, "
        f"{total['missing']} missing, {total['invented']} invented, disputed: {total['disputed']}, "
        f"in {total['exports']:,} exports; {total['lost']} messages lost on the way to their record."
    )
    lines = ["## Exports of chats and posts", "", *_TEXT.splitlines(), "", told, ""]
    head = ["format", "exports", "messages stated", "found", "conversations stated", "found", "facts"]
    lines += table([*head, *_COLUMNS, "share right"], [_row(name, by_format[name]) for name in sorted(by_format)])
    facts = [[name, *_outcomes(by_fact[name])] for name in sorted(by_fact)]
    lines += table(["fact", "facts", *_COLUMNS, "share right"], facts)
    if not reasons:
        return lines
    lines += ["### Disputed in exports", ""]
    return lines + table(["reason", "facts"], [[reason, str(count)] for reason, count in reasons.most_common()])


def _counts(one: ReadCase) -> Counter[str]:
    counts = Counter(exports=1, lost=one.seen.lost)
    if one.messages is not None:
        counts.update(stated=one.messages, found=len(one.seen.messages))
    if one.conversations is not None:
        counts.update({"conversations stated": one.conversations, "conversations found": len(one.seen.threads)})
    return counts


def _row(name: str, row: Counter[str]) -> list[str]:
    counts = ("exports", "stated", "found", "conversations stated", "conversations found")
    return [name, *(f"{row[one]:,}" for one in counts), *_outcomes(row)]


def _outcomes(row: Counter[str]) -> list[str]:
    every = sum(row[one] for one in _COLUMNS)
    held = every - row["disputed"]
    return [f"{every:,}", *(f"{row[one]:,}" for one in _COLUMNS), f"{row['right'] / held:.1%}" if held else "-"]


def _disputed(case: Case, fact: Fact) -> Fact:
    reason = reason_for(case.format, case.name, fact.name, fact.stated, fact.read)
    return Fact(name=fact.name, stated=fact.stated, read=fact.read, disputed=reason) if reason else fact


def _facts(case: Case, found: Seen) -> Iterator[Fact]:
    stated = case.facts
    # a count of none is a statement like any other; as a word it is not taken for an absent one
    if stated.messages is not None:
        yield Fact(name="messages", stated=str(stated.messages), read=str(len(found.messages)))
    if stated.conversations is not None:
        yield Fact(name="conversations", stated=str(stated.conversations), read=str(len(found.threads)))
    if stated.senders is not None:
        yield Fact(name="senders", stated=sorted(set(stated.senders)), read=list(found.senders))
    left = dict(enumerate(found.messages))
    for told in stated.told:
        if told.index is not None:
            yield from _told(told, left.get(told.index))
    waiting = [told for told in stated.told if told.index is None]
    # whole matches first, so that none of them is taken by one that agrees in part
    for least in (0, 1, 2, 3):
        still: list[ExpectedMessage] = []
        for told in waiting:
            place = next((number for number, one in left.items() if _wrong(told, one) <= least), None)
            if place is None:
                still.append(told)
            else:
                yield from _told(told, left.pop(place))
        waiting = still
    for told in waiting:
        yield from _told(told, None)


def _wrong(told: ExpectedMessage, message: ChatMessage) -> int:
    return sum(fact.stated != fact.read for fact in _told(told, message))


def _told(told: ExpectedMessage, message: ChatMessage | None) -> Iterator[Fact]:
    """When, who and what of one message, as far as it is stated."""
    if told.at is not None:
        stated = datetime.fromisoformat(told.at)
        yield Fact(name="time", stated=stated, read=_clock(message.at if message else None, stated))
    if told.sender is not None:
        yield Fact(name="sender", stated=told.sender, read=message.sender if message else None)
    if told.text is not None:
        yield Fact(name="text", stated=told.text or NONE, read=(message.text or NONE) if message else "no message")


def _clock(at: datetime | None, stated: datetime) -> datetime | None:
    """A moment told as the fact tells it: an instant where that is one, the printed time where it is not."""
    if at is None:
        return None
    if stated.tzinfo is None:
        at = at.replace(tzinfo=None)
    return at if stated.microsecond else at.replace(microsecond=0)
