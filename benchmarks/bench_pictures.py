"""Reading of pictures: seconds a screenshot on one core, and a queue of them drained beside the examination of mail.

The screenshots are those of `benchmarks.screenshots`, read by the confined child of a new archive. For the queue whole
programs run: `archiver serve` reads pictures that were handed in, while `archiver ingest` takes mails in.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from benchmarks.memory import family
from benchmarks.picture_seen import highest_memory, seeing
from benchmarks.report import conditions, table, write_section
from benchmarks.scratch import CUSTODIAN, ROOT, SENDER, make_archive, scratch_folder
from benchmarks.screenshots.plan import all_scenes
from benchmarks.screenshots.rendering import NoBrowser, drawn, set_folder
from benchmarks.screenshots.texts import TALKS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.picture_seen import Seeing
    from benchmarks.scratch import Scratch
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
_POLL_SECONDS: Final = 2.0


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


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRun:
    """A queue of pictures: mails a second alone and beside it, pictures read meanwhile, and pictures a second alone."""

    images: int
    mails: int
    mails_alone: float
    mails_beside: float
    read_beside: int
    seconds_beside: float
    drained: int
    drain_seconds: float
    memory: int


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


def write_images(truths: list[Truth], folder: Path, target: Path, count: int) -> None:
    """So many files with different bytes, from a few screenshots."""
    target.mkdir()
    for number in range(count):
        source = folder / truths[number % len(truths)].pages[0].file
        note = PngInfo()
        note.add_text("Comment", f"copy {number}")
        with Image.open(source) as picture:
            picture.save(target / f"{number:05}.png", pnginfo=note)


def write_mails(target: Path, count: int) -> None:
    """An mbox of short mails with different texts."""
    picked = random.Random(7)  # noqa: S311 - texts, not secrets
    texts = [one.text for talk in TALKS["en"] for one in talk.said if one.text]
    with target.open("w", encoding="utf-8") as mbox:
        for number in range(count):
            body = "\n\n".join(picked.choices(texts, k=6))
            mbox.write(
                f"From {SENDER} Mon Mar  2 08:00:00 2026\nFrom: {SENDER}\nTo: office@agency.example\n"
                f"Date: Mon, 2 Mar 2026 08:{number // 60 % 60:02}:{number % 60:02} +0000\n"
                f"Message-ID: <{number}@bench.example>\nSubject: Note {number}\n\n{body}\n\n"
            )


def _waiting(scratch: Scratch) -> int:
    return int(scratch.run("picture", "waiting").document["waiting"])


def _ingest_mails(scratch: Scratch, mails: Path, count: int) -> float:
    """Seconds until all mails can be found."""
    run = scratch.run("ingest", str(mails), "--custodian", CUSTODIAN)
    if run.document["archived"] != count:
        sys.exit(f"of {count:,} mails {run.document['archived']:,} were archived")
    return run.seconds


def _child_memory() -> int:
    """The highest resident size of the child that reads pictures."""
    found = 0
    for one in family(os.getpid())[1:]:
        try:
            arguments = Path(f"/proc/{one}/cmdline").read_bytes()
        except OSError:
            continue
        if b"ingest.picture_tasks" in arguments:
            found = max(found, highest_memory(one))
    return found


def _begun(scratch: Scratch, count: int) -> int:
    """How many wait once all are examined and the first are read, so that engines are loaded."""
    were_examined = False
    while True:
        held = scratch.run("index", "coverage").document["records"]
        waiting = _waiting(scratch)
        were_examined = were_examined or held >= count
        if were_examined and waiting < count:
            return waiting
        time.sleep(_POLL_SECONDS)


def queue(place: Path, images: Path, mails: Path, count: int, mail_count: int) -> QueueRun:
    """The whole product, with and without a queue of pictures."""
    quiet = make_archive(place / "quiet")
    with quiet.serving():
        alone = _ingest_mails(quiet, mails, mail_count)
    busy = make_archive(place / "busy")
    busy.run("ingest", str(images), "--custodian", CUSTODIAN, "--no-wait")
    with busy.serving():
        before = _begun(busy, count)
        beside = _ingest_mails(busy, mails, mail_count)
        after = _waiting(busy)
        began, memory = time.perf_counter(), 0
        while (left := _waiting(busy)) > 0:
            memory = max(memory, _child_memory())
            print(f"{left:,} pictures wait", file=sys.stderr, flush=True)
            time.sleep(_POLL_SECONDS)
        drained = time.perf_counter() - began
    return QueueRun(
        images=count,
        mails=mail_count,
        mails_alone=mail_count / alone,
        mails_beside=mail_count / beside,
        read_beside=before - after,
        seconds_beside=beside,
        drained=after,
        drain_seconds=drained,
        memory=memory,
    )


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


def _queue_lines(run: QueueRun) -> list[str]:
    drained = f"{run.drained / run.drain_seconds:.2f}" if run.drained else "-"
    rows = [
        ["mails/s, no pictures waiting", f"{run.mails_alone:,.0f}"],
        ["mails/s while pictures are read", f"{run.mails_beside:,.0f}"],
        ["share of the rate kept", f"{run.mails_beside / run.mails_alone:.0%}"],
        ["pictures/s meanwhile", f"{run.read_beside / run.seconds_beside:.2f}"],
        ["pictures/s afterwards, nothing else to do", drained],
        ["resident memory of the child, at most", f"{run.memory / 1e6:,.0f} MB"],
    ]
    said = f"{run.images:,} pictures handed in, then {run.mails:,} mails, by `archiver serve` and `archiver ingest`:"
    return [said, "", *table(["what", "figure"], rows)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=100, help="of the queue (default: 100); 0 leaves the queue out")
    parser.add_argument("--mails", type=int, default=5000, help="taken in beside it (default: 5,000)")
    parser.add_argument("--runs", type=int, default=5, help="the median of so many (default: 5)")
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
            write_mails(scratch / "mails.mbox", chosen.mails)
            lines += _queue_lines(
                queue(scratch, scratch / "images", scratch / "mails.mbox", chosen.images, chosen.mails)
            )
    write_section("pictures", "Reading of pictures", lines)


if __name__ == "__main__":
    main()
