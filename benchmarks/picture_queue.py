"""A queue of pictures drained by the whole product, and mails handed in beside it.

Rule: whole programs run. `archiver serve` reads the pictures, `archiver ingest` takes in the mails, and a mail counts
when it is found by search, which is when that command ends. The queue is watched from here through the database, so
that watching costs little of what is measured.
"""

from __future__ import annotations

import os
import random
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
from benchmarks.picture_seen import highest_memory
from benchmarks.report import table
from benchmarks.scratch import CUSTODIAN, SENDER, make_archive
from benchmarks.screenshots.texts import TALKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archiver.wiring import Installation
    from benchmarks.scratch import Scratch
    from benchmarks.screenshots.truth import Truth

_POLL_SECONDS: Final = 0.25
_SAY_SECONDS: Final = 10.0
_EXAMINED_SECONDS: Final = 600.0
_SINGLE_MAILS: Final = 5
_READER: Final = b"ingest.picture_tasks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mails:
    """Mails taken in: how many a second of many at once, and the seconds until each of some single ones is found."""

    rate: float
    single: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRun:
    """A queue of pictures: mails without and beside it, and how many were read in how many seconds.

    `beside` are the pictures read while mails came in, `alone` those read afterwards, with nothing else to do;
    `memory` is the most of the child that reads, in bytes.
    """

    images: int
    mails: int
    quiet: Mails
    busy: Mails
    beside: tuple[int, float]
    alone: tuple[int, float]
    memory: int


def write_images(truths: list[Truth], folder: Path, target: Path, count: int) -> None:
    """So many files with different bytes, from a few screenshots."""
    target.mkdir()
    for number in range(count):
        source = folder / truths[number % len(truths)].pages[0].file
        note = PngInfo()
        note.add_text("Comment", f"copy {number}")
        with Image.open(source) as picture:
            picture.save(target / f"{number:05}.png", pnginfo=note, compress_level=1)


def write_mails(target: Path, count: int, *, first: int = 0) -> None:
    """An mbox of short mails with different texts."""
    picked = random.Random(7 + first)  # noqa: S311 - texts, not secrets
    texts = [one.text for talk in TALKS["en"] for one in talk.said if one.text]
    with target.open("w", encoding="utf-8") as mbox:
        for number in range(first, first + count):
            body = "\n\n".join(picked.choices(texts, k=6))
            mbox.write(
                f"From {SENDER} Mon Mar  2 08:00:00 2026\nFrom: {SENDER}\nTo: office@agency.example\n"
                f"Date: Mon, 2 Mar 2026 08:{number // 60 % 60:02}:{number % 60:02} +0000\n"
                f"Message-ID: <{number}@bench.example>\nSubject: Note {number}\n\n{body}\n\n"
            )


def queue(place: Path, images: Path, image_count: int, mail_count: int) -> QueueRun:
    """The whole product, with and without a queue of pictures.

    Raises:
        SystemExit: something was not archived, or the queue does not move.
    """
    quiet = make_archive(place / "quiet")
    with quiet.serving():
        without = _mails(quiet, mail_count)
    busy = make_archive(place / "busy")
    busy.run("ingest", str(images), "--custodian", CUSTODIAN, "--no-wait")
    with busy.serving(), _watched(busy) as waiting:
        first = _begun(waiting, image_count)
        began = time.perf_counter()
        beside = _mails(busy, mail_count)
        second, middle = waiting(), time.perf_counter()
        memory = _drain(waiting)
        ended = time.perf_counter()
    return QueueRun(
        images=image_count,
        mails=mail_count,
        quiet=without,
        busy=beside,
        beside=(first - second, middle - began),
        alone=(second, ended - middle),
        memory=memory,
    )


def queue_lines(run: QueueRun) -> list[str]:
    """What is said of it."""

    def rate(counted: tuple[int, float]) -> str:
        return f"{counted[0] / counted[1]:.2f} ({counted[0]:,} in {counted[1]:,.0f} s)" if counted[0] else "none"

    def single(mails: Mails) -> str:
        return f"{statistics.median(mails.single):.1f} ({max(mails.single):.1f})"

    rows = [
        ["mails/s, no pictures waiting", f"{run.quiet.rate:,.0f}"],
        ["mails/s while pictures are read", f"{run.busy.rate:,.0f}"],
        ["share of the rate kept", f"{run.busy.rate / run.quiet.rate:.0%}"],
        ["seconds until a single mail is found, no pictures waiting: median (most)", single(run.quiet)],
        ["the same while pictures are read", single(run.busy)],
        ["pictures/s while mails come in", rate(run.beside)],
        ["pictures/s, nothing else to do", rate(run.alone)],
        ["resident memory of the child, at most", f"{run.memory / 1e6:,.0f} MB"],
    ]
    said = (
        f"{run.images:,} pictures handed in, then {run.mails:,} mails and {_SINGLE_MAILS} single ones, "
        "by `archiver serve` and `archiver ingest`. A single mail counts from the start of its command:"
    )
    return [said, "", *table(["what", "figure"], rows)]


def _mails(scratch: Scratch, count: int) -> Mails:
    """Mails handed in all at once, and then some one by one; each until it can be found."""
    beside = scratch.folder.parent / f"{scratch.folder.name}-mails"
    beside.mkdir()
    warm = beside / "warm.mbox"
    write_mails(warm, 1, first=count + _SINGLE_MAILS)
    _ingested(scratch, warm, 1)  # the services have begun, and what they load is loaded
    many = beside / "mails.mbox"
    write_mails(many, count)
    rate = count / _ingested(scratch, many, count)
    single = []
    for number in range(_SINGLE_MAILS):
        one = beside / f"single{number}.mbox"
        write_mails(one, 1, first=count + number)
        single.append(_ingested(scratch, one, 1))
    return Mails(rate=rate, single=tuple(single))


def _ingested(scratch: Scratch, mails: Path, count: int) -> float:
    run = scratch.run("ingest", str(mails), "--custodian", CUSTODIAN)
    if run.document["archived"] != count:
        sys.exit(f"of {count:,} mails {run.document['archived']:,} were archived")
    return run.seconds


@contextmanager
def _watched(scratch: Scratch) -> Iterator[Callable[[], int]]:
    """How many pictures wait, asked of the database."""
    installation = scratch.open()
    try:
        yield lambda: _waiting(installation)
    finally:
        installation.close()


def _waiting(installation: Installation) -> int:
    archive = installation.archive
    with archive.store.read() as connection:
        return sum(archive.transcriptions.backlog(connection).values())


def _begun(waiting: Callable[[], int], count: int) -> int:
    """How many wait once all are examined and the first are read, so that engines are loaded."""
    most, until = 0, time.monotonic() + _EXAMINED_SECONDS
    while time.monotonic() < until:
        left = waiting()
        # reading begins while others are examined: the number has stopped to grow
        if left < most and most * 10 >= count * 9:
            return left
        most = max(most, left)
        time.sleep(_POLL_SECONDS)
    sys.exit(f"of {count:,} pictures {most:,} were examined, and none was read")


def _drain(waiting: Callable[[], int]) -> int:
    """Wait until none waits, and say how it goes; the most memory of the child until then."""
    memory = _child_memory()
    began, whole = time.monotonic(), waiting()
    said = began
    while (left := waiting()) > 0:
        if time.monotonic() - said >= _SAY_SECONDS:
            said = time.monotonic()
            memory = max(memory, _child_memory())
            rate = (whole - left) / (said - began)
            print(f"{left:,} pictures wait, {rate:.2f} a second", file=sys.stderr, flush=True)
        time.sleep(_POLL_SECONDS)
    return max(memory, _child_memory())


def _child_memory() -> int:
    """The highest resident size of the child that reads pictures."""
    found = 0
    for one in family(os.getpid())[1:]:
        try:
            arguments = Path(f"/proc/{one}/cmdline").read_bytes()
        except OSError:
            continue
        if _READER in arguments:
            found = max(found, highest_memory(one))
    return found
