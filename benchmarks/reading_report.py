"""The part of `docs/accuracy.md` on reading mail as such: facts of whole messages by group, and what is disputed."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from benchmarks.report import table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from benchmarks.accuracy_cases import Fact
    from benchmarks.reading_seen import Reading

_TEXT = """\
Whole messages of the test data of public parsers, not only forwards: senders, recipients, dates, subjects, message
ids, texts, attachments (names, sizes, bytes) and messages inside of messages. A fact is *disputed* where it is not
read as stated and the source is wrong about the mail, or this archive reads it otherwise on purpose; each reason is
below. Addresses that a source calls invalid are not counted: an archive keeps what was printed and judges no address.
"""
_COLUMNS = ("right", "wrong", "missing", "invented", "disputed")
_HEAD = ["cases", "facts", *_COLUMNS, "share right", "share with disputed as wrong"]


def reading_report(readings: Iterable[Reading], outcome: Callable[[Fact], str]) -> list[str]:
    """The section, as lines; empty where no group is there."""
    by_source: dict[str, Counter[str]] = defaultdict(Counter)
    by_fact: dict[str, Counter[str]] = defaultdict(Counter)
    reasons: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for one in readings:
        by_source[one.source]["cases"] += 1
        total["cases"] += 1
        for fact in one.facts:
            found = outcome(fact)
            total[found] += 1
            by_source[one.source][found] += 1
            by_fact[fact.name].update((found, "cases"))
            if found == "disputed":
                reasons[fact.disputed] += 1
    if not total:
        return []
    held = sum(total[name] for name in _COLUMNS) - total["disputed"]
    told = (
        f"**{total['right']:,} of {held:,} facts right ({total['right'] / held:.1%})**, {total['wrong']} wrong, "
        f"{total['missing']} missing, {total['invented']} invented, disputed: {total['disputed']}, "
        f"in {total['cases']:,} cases."
    )
    lines = ["## Reading mail", "", *_TEXT.splitlines(), "", told, ""]
    lines += table(["source", *_HEAD], _rows(by_source))
    lines += table(["fact", *_HEAD], _rows(by_fact))
    lines += ["### Disputed", ""]
    return lines + table(["reason", "facts"], [[reason, str(count)] for reason, count in reasons.most_common()])


def _rows(counts: dict[str, Counter[str]]) -> list[list[str]]:
    rows = []
    for name in sorted(counts):
        row = counts[name]
        held = sum(row[one] for one in _COLUMNS) - row["disputed"]
        every = held + row["disputed"]
        shares = [f"{row['right'] / held:.1%}" if held else "-", f"{row['right'] / every:.1%}" if every else "-"]
        rows.append([name, str(row["cases"]), str(every), *(str(row[one]) for one in _COLUMNS), *shares])
    return rows
