"""Retention: what a daily run costs by what is due and by what is kept, and how long it takes to destroy.

The first part measures evaluations over rows (`benchmarks/retention_rows.py`): the first run, a day on which some
become due, a day on which nothing does, and the first run after a new edition, which decides about every record.
The second destroys mails that were really deposited, sealed and indexed, by the whole way of a disposition: proposed,
approved by another, executed, each slice asked everything again. The epoch's roll and the new index are timed apart.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from archiver.disposing import approve_batch, propose_batch
from archiver.disposition_executing import execute_batch
from benchmarks.filling import ACTOR, add_custodian, fill
from benchmarks.report import conditions, table, write_section
from benchmarks.retention_rows import Plan, add_rows, schedule
from benchmarks.scratch import ROOT, make_archive, scratch_folder
from retention.disposition_choosing import Wanted
from retention.hold_sets import HeldRecords
from retention.library import ScheduleLibrary
from retention.service import RetentionService
from storage.archive import create_archive
from storage.keys import Secret, SlotKind
from storage.rotation import Rotation

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from archiver.access import Principal
    from archiver.wiring import Installation
    from retention.service import Evaluation

_MEGABYTE = 1_000_000
_MONDAY = datetime(2024, 6, 3, 18, tzinfo=UTC)
_GOALS = "Goals: a daily run of 1,000,000 with 1,000 due 5 s, all of them anew 120 s, 10,000 destroyed of 300,000 60 s."


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.moment = _MONDAY

    def __call__(self) -> datetime:
        """What it shows."""
        return self.moment


def _peak() -> float:
    """The most memory that this program ever had, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / _MEGABYTE


def _timed(work: Callable[[], Evaluation]) -> tuple[Evaluation, float, float]:
    began, used = time.perf_counter(), time.process_time()
    found = work()
    return found, time.perf_counter() - began, time.process_time() - used


def evaluations(folder: Path, count: int, due: int) -> list[list[str]]:
    """The rows of the table of one size."""
    secret = Secret(kind=SlotKind.RECOVERY, content=os.urandom(32))
    archive = create_archive(folder / f"rows-{count}", [secret], zone="America/Chicago", actor=ACTOR)
    clock = archive.store.clock = Hands()
    library = ScheduleLibrary(archive.store)
    library.load(schedule("1", years=6), "bench.toml", actor=ACTOR)
    today = clock.moment.date()
    # six years before the Monday, so that they are eligible on the Tuesday
    add_rows(archive, Plan(count=count, due=due, due_day=date(2018, 6, 3), before=today))
    service = RetentionService(archive.store, archive.catalogue, library, archive.zone, HeldRecords())
    lines = []

    def run(name: str) -> Evaluation:
        found, wall, cpu = _timed(lambda: service.evaluate(service.today(), actor=ACTOR, listed=False))
        eligible = found.counts()["eligible"]
        lines.append([f"{count:,}: {name}", f"{eligible:,}", f"{wall:.2f}", f"{cpu:.2f}", f"{_peak():,.0f}"])
        return found

    run("first run, every record")
    clock.moment += timedelta(days=1)
    if run(f"a day on which {due:,} become due").counts()["eligible"] != due:
        raise SystemExit("what is due was not found")
    clock.moment += timedelta(days=1)
    run("a day on which nothing does")
    clock.moment += timedelta(seconds=1)
    library.load(schedule("2", years=7), "bench.toml", actor=ACTOR)
    if run("after a new edition, every record").counts()["eligible"]:
        raise SystemExit("a longer minimum was not applied")
    archive.close()
    return lines


class _TimedOwner:
    """An owner of derived bytes, or what rolls the epoch, whose costly step is timed."""

    def __init__(self, inner: object, step: str) -> None:
        self._inner = inner
        self._step = step
        self.seconds = 0.0

    def __getattr__(self, name: str) -> object:
        found = getattr(self._inner, name)
        if name != self._step:
            return found

        def timed(*given: object, **named: object) -> object:
            began = time.perf_counter()
            try:
                return found(*given, **named)
            finally:
                self.seconds += time.perf_counter() - began

        return timed


def destroy(house: Installation, people: Sequence[Principal], ids: Sequence[str], total: int) -> list[list[str]]:
    """Propose, approve and execute a batch of these records; the rows of the table."""
    proposer, approver = people
    name = f"{len(ids):,} of {total:,}"
    lines = []

    def step(what: str, seconds: float) -> None:
        lines.append([f"{name}: {what}", f"{seconds:.1f}", f"{len(ids) / seconds:,.0f}" if seconds else "-"])

    began = time.perf_counter()
    wanted = Wanted(record_ids=frozenset(ids))
    batch = propose_batch(house, proposer, house.retention.today(), wanted=wanted)
    if batch["records"] != len(ids):
        raise SystemExit(f"{batch['records']} of {len(ids)} records were proposed")
    step("proposed", time.perf_counter() - began)
    began = time.perf_counter()
    approve_batch(house, approver, batch["id"])
    step("approved", time.perf_counter() - began)
    began = time.perf_counter()
    done = execute_batch(house, proposer, batch["id"])
    executed = time.perf_counter() - began
    if done["destroyed"] != len(ids):
        raise SystemExit(f"{done['destroyed']} of {len(ids)} records were destroyed")
    step("executed: keys, rows, objects, index rows gone", executed)
    destroying = house.destroying()
    owners = [_TimedOwner(owner, "erase") for owner in destroying._traces]  # noqa: SLF001 - its steps are timed apart
    roller = _TimedOwner(Rotation(house.archive), "roll")
    destroying._traces, destroying._roller = tuple(owners), roller  # type: ignore[assignment]  # noqa: SLF001
    began = time.perf_counter()
    destroying.advance(actor=ACTOR, at_once=True)
    whole = time.perf_counter() - began
    index = sum(owner.seconds for owner in owners)
    rest = whole - index - roller.seconds
    step("log cut, absence confirmed everywhere", rest)
    step("**up to the last erased trace (executed, cut, confirmed)**", executed + rest)
    step("index written anew", index)
    step("epoch rolled", roller.seconds)
    return lines


def destructions(folder: Path, total: int, sizes: Sequence[int], size: int) -> tuple[list[list[str]], float]:
    """An archive of `total` mails, of which some are old enough; the rows of the table, and the peak of memory."""
    scratch = make_archive(folder / "sealed")
    tokens = {
        name: scratch.run("user", "add", name, "--role", role).document["token"]
        for name, role in (("olga", "officer"), ("anna", "approver"))
    }
    house = scratch.open()
    people = [house.users.by_token(token) for token in tokens.values()]
    custodian = add_custodian(house.archive)
    long_ago = house.archive.store.clock() - timedelta(days=8 * 366)
    batches = [fill(house.archive, custodian, count, size, received_at=long_ago) for count in sizes]
    fill(house.archive, custodian, total - sum(sizes), size)
    text = schedule("1", years=6).replace(b'edition = "1"', b'edition = "1"\ndefault_series = "MAIL"')
    house.library.load(text, "bench.toml", actor=ACTOR)
    house.retention.assign_pending(actor=ACTOR)
    house.generations.rebuild(actor=ACTOR)
    lines = []
    for ids in batches:
        lines += destroy(house, people, ids, total)
        total -= len(ids)
    house.close()
    return lines, _peak()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, nargs="+", default=[100_000, 1_000_000], help="rows to evaluate")
    parser.add_argument("--due", type=int, default=1_000, help="of them due on one day")
    parser.add_argument("--sealed", type=int, default=300_000, help="mails, of which some are destroyed; 0: none")
    parser.add_argument("--destroy", type=int, nargs="+", default=[10_000, 100_000], help="records of each batch")
    parser.add_argument("--size", type=int, default=3_000, help="bytes of a mail")
    parser.add_argument("--place", type=Path, default=ROOT / ".work", help="folder for scratch files (default: .work)")
    chosen = parser.parse_args()
    with scratch_folder(chosen.place) as folder:
        about = conditions(folder)
        rows = [line for count in chosen.records for line in evaluations(folder, count, chosen.due)]
        gone, peak = destructions(folder, chosen.sealed, chosen.destroy, chosen.size) if chosen.sealed else ([], 0.0)
    lines = [
        *about,
        _GOALS,
        "Evaluations are over rows of records without bytes; a run ends with its event in the ledger. The memory is",
        "the most that this program had until then.",
        "",
        *table(["records", "eligible", "s", "CPU, s", "MB"], rows),
    ]
    if gone:
        lines += [
            f"Mails of {chosen.size:,} random bytes, deposited, sealed, indexed; batches by a disposition of two",
            f"persons, one after the other in one archive. At most {peak:,.0f} MB.",
            "",
            *table(["destroyed", "s", "records/s"], gone),
        ]
    write_section("retention", "Retention: due days and destruction", lines)


if __name__ == "__main__":
    main()
