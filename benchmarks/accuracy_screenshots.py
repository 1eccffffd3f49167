"""How well screenshots are read: drawn scenes through the product's confined child, into `docs/accuracy.md`.

The section is written between two marks, so that the report on mails and exports and this one are run apart: this one
needs a browser and takes minutes (`--lines` keeps what engines read, for work on transcripts alone). Cells are apps,
scripts, damage and so on; goals that are missed are said.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.picture_kept import KeptLines
from benchmarks.picture_report import section
from benchmarks.picture_scoring import Score, score
from benchmarks.picture_seen import seeing
from benchmarks.report import conditions, write_section
from benchmarks.scratch import ROOT, scratch_folder
from benchmarks.screenshots.plan import all_scenes
from benchmarks.screenshots.rendering import NoBrowser, drawn, set_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from benchmarks.picture_seen import Seeing
    from benchmarks.screenshots.truth import Truth

REPORT: Final = ROOT / "docs" / "accuracy.md"
_KEPT: Final = "What engines read was kept from an earlier run, with its seconds; transcripts were made in this one."


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One scene: its truth, how it scored, wall-clock seconds, pictures and lines read, and the engines."""

    truth: Truth
    score: Score
    seconds: float
    lines: int
    author: str
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """All scenes, and the most memory of the child in bytes."""

    each: tuple[Result, ...]
    memory: int

    def totals(self, key: Callable[[Truth], str | None]) -> dict[str, Counter[str]]:
        """Counts summed by a key of the truth; scenes for which it is None are left out."""
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for one in self.each:
            name = key(one.truth)
            if name is None:
                continue
            found[name].update(one.score.counts)
            found[name].update({"scenes": 1, "pictures": len(one.truth.pages), "lines read": one.lines})
            found[name]["milliseconds"] += round(one.seconds * 1000)
        return found


def read_scenes(truths: Iterable[Truth], folder: Path, sight: Seeing | KeptLines, *, show: bool) -> Results:
    """Read and score every scene."""
    results = []
    for truth in truths:
        seen = sight.see_scene(truth, folder)
        scored = score(truth, seen.found.pages, seen.found.transcript, seen.numbers)
        found = seen.found
        results.append(
            Result(
                truth=truth,
                score=scored,
                seconds=seen.seconds,
                lines=seen.lines,
                author=found.author,
                problems=found.problems,
            )
        )
        print(f"{truth.name}: {seen.seconds:.1f} s, {seen.lines} lines", file=sys.stderr, flush=True)
        if show:
            for fault in (*scored.faults, *found.problems, *found.notes):
                print(f"    {fault}", file=sys.stderr)
    return Results(each=tuple(results), memory=sight.most_memory())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="only scenes whose name holds this; nothing is written")
    parser.add_argument("--show", action="store_true", help="name each fault, on stderr")
    parser.add_argument("--lines", type=Path, help="folder that keeps what engines read; transcripts are made anew")
    parser.add_argument("--set", type=Path, help="folder of a set that was drawn (default: that of the cache)")
    parser.add_argument("--place", type=Path, default=ROOT / ".work", help="folder for scratch files (default: .work)")
    parser.add_argument("--dry-run", action="store_true", help="print only")
    chosen = parser.parse_args()
    scenes = [one for one in all_scenes() if chosen.only in one.name]
    try:
        folder = chosen.set or set_folder()
        truths = list(drawn(scenes, folder))
    except NoBrowser:
        sys.exit("There is no Chromium to draw screenshots with; install the package chromium.")
    with scratch_folder(chosen.place) as scratch:
        about = conditions(scratch)
        if chosen.lines:
            about = [*about, _KEPT, ""]
        began = time.perf_counter()
        with seeing(scratch / "archive") as sight:
            reader = KeptLines(chosen.lines, sight) if chosen.lines else sight
            results = read_scenes(truths, folder, reader, show=chosen.show)
        print(f"{time.perf_counter() - began:,.0f} s in all", file=sys.stderr)
    lines = section(results, about)
    if chosen.dry_run or chosen.only:
        print("\n".join(lines))
    else:
        write_section("screenshots", "Screenshots", lines, REPORT)


if __name__ == "__main__":
    main()
