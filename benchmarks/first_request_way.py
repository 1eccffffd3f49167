"""The way of the request, step by step, and what it is judged by; the same for the full run and the test.

Rule: each promise of a package is one line that says OK or WRONG.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.first_request_checks import coloured, draw_file, draw_pages, found_again, pages_of
from benchmarks.first_request_given import ask_back, close, gapless, give, papers, verify
from benchmarks.first_request_marks import marks, redact, settle
from benchmarks.first_request_steps import ask, review
from benchmarks.report import table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.first_request_desk import Desk
    from benchmarks.first_request_steps import Case

_KINDS: Final = 9
REDACTIONS: Final = 60


def go(desk: Desk, case: Case, queries: Sequence[str], key: str, *, pages: Path | None = None) -> None:
    """Everything from the letter of the requester to the closed request."""
    report = desk.report
    ask(desk, case, queries)
    review(desk, case)
    kinds = redact(desk, case)
    marked, accepted = settle(desk, case)
    final, redacted = marks(desk, case)
    report.must(final >= REDACTIONS, f"{final:,} final redactions in {redacted:,} records")
    told = give(desk, case)
    papers(desk, case)
    ask_back(desk, case)
    verify(desk, case, key)
    numbers = gapless(desk, case)
    close(desk, case)
    desk.end()
    report.say("", "## What was left out", "")
    report.say(*table(["kind", "marks"], [[one, f"{count:,}"] for one, count in kinds.most_common()]))
    report.say(f"{marked:,} more records were marked for what stands elsewhere, {accepted:,} occurrences accepted.", "")
    report.must(sum(count > 0 for count in kinds.values()) >= _KINDS, "redactions of all kinds were made")
    report.say("", "## What is in the packages, read by other code than the product's", "")
    gone = {words: records for words, records in case.hidden.items() if words not in case.accepted}
    for package in case.packages:
        there = found_again(package, gone)
        files = sum(map(len, there.values()))
        report.must(not there, f"{package.name}: none of {len(gone):,} strings stands anywhere ({files} files)")
        report.must(not coloured(package), f"{package.name}: no covered place of a picture can be seen")
    report.must(sum(map(pages_of, case.packages)) == numbers, "as many pages as numbers")
    if pages is not None:
        drawn = sum(draw_pages(package, pages) for package in case.packages)
        drawn += sum(draw_file(paper, pages, "paper") for paper in sorted(case.place.glob("*.pdf")))
        report.say(f"- {drawn} pages were drawn to be looked at")
    _totals(desk, case, told)


def _totals(desk: Desk, case: Case, told: Sequence[dict[str, object]]) -> None:
    desk.report.say("", "## What it took", "", *desk.totals())
    rows = [
        [package.name, *(f"{one.get(name, 0):,}" for name in ("documents", "pages"))]
        for package, one in zip(case.packages, told, strict=False)
    ]
    desk.report.say(*table(["package", "documents", "pages"], rows))
