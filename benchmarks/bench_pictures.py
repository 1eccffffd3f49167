"""Reading of pictures: seconds a screenshot on one core, and a queue of them drained beside the examination of mail.

The screenshots are those of `benchmarks.screenshots`, read by the confined child of a new archive. The queue is that of
`benchmarks.picture_queue`. On an idle machine of two cores all of it takes some eight minutes.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.memory import family
from benchmarks.picture_queue import queue, queue_lines, write_images
from benchmarks.picture_seen import seeing
from benchmarks.report import conditions, table, write_section
from benchmarks.scratch import ROOT, scratch_folder
from benchmarks.screenshots.plan import all_scenes
from benchmarks.screenshots.rendering import NoBrowser, drawn, set_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.picture_seen import Seeing
    from benchmarks.screenshots.truth import Truth

_MEASURED: Final = (
    "whatsapp-light",
    "imessage-dark",
    "telegram-light",
    "android_messages-dark",
    "imessage-zh-light",
    "messenger-vi-light",
    "whatsapp-ar-light",
    "signal-ru-dark",
)
_GOAL_SECONDS: Final = 2.5
_GOAL_LINES: Final = 20
_ONLY_FIRST: Final = '[pictures]\nlanguages = ["none"]'
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureRun:
    """One screenshot read again and again: medians in seconds, and how many lines it has."""

    name: str
    size: str
    lines: int
    seconds: float
    cpu_seconds: float

    @property
    def twenty(self) -> float:
        """Seconds for so many lines as the goal has."""
        return self.seconds / max(1, self.lines) * _GOAL_LINES


@contextmanager
def _one_core() -> Iterator[None]:
    """Everything that is started inside runs on one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _cpu_seconds() -> float:
    """User and system time of everything that this program started and that runs."""
    total = 0
    for one in family(os.getpid())[1:]:
        try:
            fields = Path(f"/proc/{one}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / _TICKS


def _measure(sight: Seeing, truth: Truth, folder: Path, runs: int) -> PictureRun:
    lines = sight.see_scene(truth, folder).lines  # warm
    walls, costs = [], []
    for _ in range(runs):
        before = _cpu_seconds()
        walls.append(sight.see_scene(truth, folder).seconds)
        costs.append(_cpu_seconds() - before)
    page = truth.pages[0]
    return PictureRun(
        name=truth.name,
        size=f"{page.width} x {page.height}",
        lines=lines,
        seconds=statistics.median(walls),
        cpu_seconds=statistics.median(costs),
    )


def screenshots(place: Path, truths: list[Truth], folder: Path, runs: int, settings: str = "") -> list[PictureRun]:
    """Every screenshot on one core, the child warm."""
    with _one_core(), seeing(place, settings) as sight:
        found = [_measure(sight, one, folder, runs) for one in truths]
    shutil.rmtree(place)
    return found


def _screenshot_lines(both: list[PictureRun], first: list[PictureRun]) -> list[str]:
    head = ["screenshot", "pixels", "lines", "seconds", "CPU s", "ms a line", "s for 20 lines", "first engine alone, s"]
    rows = [
        [
            one.name,
            one.size,
            str(one.lines),
            f"{one.seconds:.2f}",
            f"{one.cpu_seconds:.2f}",
            f"{1000 * one.seconds / max(1, one.lines):.0f}",
            f"{one.twenty:.2f}",
            f"{other.seconds:.2f}",
        ]
        for one, other in zip(both, first, strict=True)
    ]
    reached = sum(one.twenty <= _GOAL_SECONDS for one in both)
    told = (
        "One core, the child warm, medians; both engines unless said. Goal: a screenshot of "
        f"{_GOAL_LINES} lines in {_GOAL_SECONDS} s; {reached} of {len(both)} reach it by their seconds a line."
    )
    return [*table(head, rows), told, ""]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=200, help="of the queue (default: 200); 0 leaves the queue out")
    parser.add_argument("--mails", type=int, default=2000, help="taken in beside it (default: 2,000)")
    parser.add_argument("--runs", type=int, default=3, help="the median of so many (default: 3)")
    parser.add_argument("--only", nargs="+", default=_MEASURED, metavar="SCENE", help="screenshots to be measured")
    parser.add_argument("--place", type=Path, default=ROOT / ".work", help="folder for scratch files (default: .work)")
    chosen = parser.parse_args()
    try:
        folder = set_folder()
        truths = list(drawn([one for one in all_scenes() if one.name in chosen.only], folder))
    except NoBrowser:
        sys.exit("There is no Chromium to draw screenshots with; install the package chromium.")
    with scratch_folder(chosen.place) as scratch:
        lines = conditions(scratch)
        both = screenshots(scratch / "both", truths, folder, chosen.runs)
        first = screenshots(scratch / "first", truths, folder, chosen.runs, _ONLY_FIRST)
        lines += _screenshot_lines(both, first)
        if chosen.images:
            write_images(truths, folder, scratch / "images", chosen.images)
            lines += queue_lines(queue(scratch, scratch / "images", chosen.images, chosen.mails))
    write_section("pictures", "Reading of pictures", lines)


if __name__ == "__main__":
    main()
