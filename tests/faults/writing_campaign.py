"""Many threads of several programs write to one archive: nobody crashes, nobody starves, no position is missing."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

from sqlalchemy import select

from ingest.depositor import GroupDepositor
from storage.events import EventKind
from storage.tables import ledger_leaves
from tests.faults.campaign import Campaign, Counts
from tests.faults.crash_replay.replay import scratch
from tests.faults.crash_replay.workloads import handover, payload
from tests.storage.archives import ACTOR, make_archive, open_again

PROGRAMS = 4
THREADS = 8
_PROJECT = Path(__file__).parents[2]
_DEPOSIT_EACH = 50  # most transactions are one leaf; some are whole deposits, sealed before


def run(seed: int, count: int) -> Counts:
    """`count` transactions, in `PROGRAMS` programs of `THREADS` threads each."""
    each = -(-count // (PROGRAMS * THREADS))
    with scratch() as place:
        folder = Path(place) / "archive"
        make_archive(folder).close()
        began = time.monotonic()
        programs = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.faults.writing_campaign", str(folder), str(each), str(seed + number)],
                cwd=_PROJECT,
                env=os.environ,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            for number in range(PROGRAMS)
        ]
        said = [program.communicate() for program in programs]
        seconds = time.monotonic() - began
        ended = list(zip(programs, said, strict=True))
        failures = [
            f"a program ended with {one.returncode}: {err.decode(errors='replace')[-500:]}"
            for one, (_, err) in ended
            if one.returncode
        ]
        reports = [json.loads(out) for one, (out, _) in ended if not one.returncode]
        written = sum(report["written"] for report in reports)
        archive = open_again(folder)
        with archive.store.read() as connection:
            positions = list(connection.execute(select(ledger_leaves.c.position).order_by(ledger_leaves.c.position)))
        failures += [f"leaf {fault.position}: {fault.detail}" for fault in archive.ledger.check()[1]]
        archive.close()
    if [row.position for row in positions] != list(range(len(positions))):
        failures.append("the positions of the ledger are not dense")
    if len(positions) < written:
        failures.append(f"{written} transactions were committed and the ledger has {len(positions)} leaves")
    counted = PROGRAMS * THREADS * each
    if written != counted:
        failures.append(f"only {written} of {counted} transactions were committed")
    waits = [report["worst_wait"] for report in reports]
    slowest = [report["slowest_thread_seconds"] for report in reports]
    fastest = [report["fastest_thread_seconds"] for report in reports]
    notes = {
        "programs x threads": f"{PROGRAMS} x {THREADS}",
        "worst wait (s)": round(max(waits, default=0.0), 3),
        "first and last thread done (s)": f"{min(fastest, default=0):.1f}, {max(slowest, default=0):.1f}",
        "transactions/s": round(written / seconds),
    }
    return Counts(run=written, failures=tuple(failures), notes=notes)


def main() -> None:
    """One program: `FOLDER TRANSACTIONS SEED`."""
    folder, each, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    archive = open_again(folder)
    depositor = GroupDepositor(archive, actor=ACTOR)
    failed: list[str] = []
    finished: list[float] = []
    began = time.monotonic()

    def work(number: int) -> None:
        chance = random.Random(seed * THREADS + number)
        try:
            for turn in range(each):
                if turn % _DEPOSIT_EACH == _DEPOSIT_EACH - 1:
                    depositor.deposit(handover(payload(chance)))
                else:
                    with archive.store.write() as transaction:
                        transaction.append(EventKind.SEARCH_MADE, actor=ACTOR, payload={"query": str(turn)})
            finished.append(time.monotonic() - began)
        except Exception as error:  # noqa: BLE001 - told to the campaign, which fails
            failed.append(f"{type(error).__name__}: {error}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    worst = archive.store.longest_wait
    archive.close()
    if failed:
        raise SystemExit("; ".join(failed[:3]))
    report = {
        "written": each * THREADS,
        "worst_wait": worst,
        "slowest_thread_seconds": max(finished),
        "fastest_thread_seconds": min(finished),
    }
    print(json.dumps(report))  # noqa: T201 - for the campaign


CAMPAIGN = Campaign(name="writers", requires=32_000, quick=160, run=run)

if __name__ == "__main__":
    main()
