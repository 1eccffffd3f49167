"""How many stated facts of real mails and exports come out right: `docs/accuracy.md`.

A fact is *right* when it is read exactly as stated; *missing* when it is stated and nothing was read; *invented*
when nothing is stated and something was read; *wrong* otherwise. Beside the real mails stand generated ones, a grid
of clients, languages, dates and recipients, for what no real case exists; they are counted apart.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.accuracy_cases import all_cases, generated_cases
from benchmarks.accuracy_chats import chat_report, read_cases
from benchmarks.accuracy_held_out import held_out_cases, held_out_section
from benchmarks.reading_cases import readings
from benchmarks.reading_report import reading_report
from benchmarks.report import kept_section, table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.accuracy_cases import Case, Fact

OUTCOMES = ("right", "wrong", "missing", "invented")
TARGET = 0.98
_REPORT = Path(__file__).parent.parent / "docs" / "accuracy.md"
_HEAD = """\
# Accuracy of reading

First the original inside a forwarded mail, then [whole mails](#reading-mail), then
[exports of chats and posts](#exports-of-chats-and-posts), then [screenshots](#screenshots).

Written by `make accuracy`. Real mails from the test data of public parsers, with the facts that their own tests
state; they are not part of this project. A fact is *right* when it is read exactly as stated, *missing* when it is
stated and nothing was read, *invented* when nothing is stated and something was read, and *wrong* otherwise.
"""


def outcome(fact: Fact) -> str:
    """Which of the four a fact is, or ``disputed`` where it is not right and not held against the reader."""
    if fact.read == fact.stated or (not fact.read and not fact.stated):
        return "right"
    if fact.disputed:
        return "disputed"
    if not fact.stated:
        return "invented"
    return "wrong" if fact.read else "missing"


def counted(cases: Iterable[Case], key: str) -> dict[str, Counter[str]]:
    """Outcomes by one attribute of the case; ``cases`` beside them."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for case in cases:
        row = counts[getattr(case, key)]
        row["cases"] += 1
        row.update(outcome(fact) for fact in case.facts)
    return counts


def _rows(counts: dict[str, Counter[str]]) -> list[list[str]]:
    rows = []
    for name in sorted(counts):
        row = counts[name]
        stated = sum(row[one] for one in OUTCOMES)
        share = f"{row['right'] / stated:.1%}" if stated else "-"
        rows.append([name, str(row["cases"]), str(stated), *(str(row[one]) for one in OUTCOMES), share])
    return rows


def _summary(cases: list[Case]) -> list[str]:
    total = Counter(outcome(fact) for case in cases for fact in case.facts)
    stated = sum(total.values())
    right = f"**{total['right']:,} of {stated:,} facts right ({total['right'] / stated:.1%})**"
    others = f"{total['wrong']} wrong, {total['missing']} missing, {total['invented']} invented"
    return [f"{right}, {others}, in {len(cases):,} mails.", ""]


def _table(key: str, cases: Iterable[Case]) -> list[str]:
    return table([key, "cases", "facts", *OUTCOMES, "share right"], _rows(counted(cases, key)))


def report(cases: list[Case]) -> list[str]:
    """The real mails: by source, client, language, both together, and by fact."""
    by_fact: dict[str, Counter[str]] = defaultdict(Counter)
    for case in cases:
        for fact in case.facts:
            by_fact[fact.name].update((outcome(fact), "cases"))
    lines = [f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {platform.machine()}.", ""]
    lines += _summary(cases)
    for key in ("source", "client", "language", "client_and_language"):
        lines += [f"## By {key.replace('_', ' ')}", "", *_table(key, cases)]
    return [*lines, "## By fact", "", *table(["fact", "cases", "facts", *OUTCOMES, "share right"], _rows(by_fact))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fixtures", type=Path, required=True, help="folder of the groups of real mails")
    parser.add_argument("--show", action="store_true", help="name each fact that is not right, on stderr")
    parser.add_argument("--dry-run", action="store_true", help="print only")
    chosen = parser.parse_args()
    cases = list(all_cases(chosen.fixtures))
    if not cases:
        sys.exit("There are no cases in that folder; give the folder that holds the groups of real mails.")
    made = list(generated_cases())
    lines = [*report(cases), "## Generated forwards", "", *_summary(made), *_table("language", made)]
    lines += _table("client", made)
    unseen = list(held_out_cases())
    lines += held_out_section(unseen, outcome)
    whole = list(readings(chosen.fixtures))
    lines += reading_report(whole, outcome)
    exports = list(read_cases(chosen.fixtures))
    lines += chat_report(exports, outcome)
    print("\n".join(lines))
    if chosen.show:
        for case in (*cases, *made, *unseen, *whole, *exports):
            for fact in case.facts:
                if outcome(fact) not in ("right", "disputed"):
                    print(case.name, fact.name, outcome(fact), repr(fact.stated), repr(fact.read), file=sys.stderr)
    if not chosen.dry_run:
        pictures = kept_section("screenshots", _REPORT)  # written by `benchmarks.accuracy_screenshots`
        _REPORT.write_text("\n".join([_HEAD, *lines, pictures]).rstrip() + "\n")


if __name__ == "__main__":
    main()
