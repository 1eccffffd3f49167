"""Ingest of a corpus beside `notmuch new` and `mu index` over the same messages, and what each stage costs.

Ours is `archiver ingest` as a whole program, from its start until everything can be found by search: with seals,
syncs, sandbox, ledger and index. Nothing is left out for the figure.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
from pathlib import Path

from benchmarks.peers import PeerRun, index_versions, install_peers, run_mu, run_notmuch
from benchmarks.report import conditions, table, write_section
from benchmarks.scratch import (
    CUSTODIAN,
    CommandRun,
    add_common,
    make_archive,
    read_messages,
    scratch_folder,
    unpack,
    write_maildir,
)
from benchmarks.stages import Stage, measure_stages

_STAGE_MESSAGES = 4_000
_WHAT_IT_DOES = (
    "Ours is the whole program until all can be found: sealed, synced, read in the sandbox, in the ledger, in the "
    "index. The peers index mail that lies on the disk already."
)


def ingest_once(mbox: Path, folder: Path, count: int) -> CommandRun:
    """One run of ours on a fresh archive; everything must have been archived and be searchable."""
    scratch = make_archive(folder)
    run = scratch.run("ingest", str(mbox), "--custodian", CUSTODIAN)
    outcomes = {name: run.document[name] for name in ("archived", "duplicate", "quarantined", "failed", "waiting")}
    if run.document["seen"] != count or sum(outcomes.values()) != count or outcomes["waiting"]:
        sys.exit(f"ingest did not account for all of {count:,} messages: {outcomes}")
    coverage = scratch.run("index", "coverage").document
    if coverage["indexed"] != run.document["records"]:
        sys.exit(f"ingest returned before everything was searchable: {coverage}")
    return run


def _spread(values: list[float], count: int) -> str:
    if len(values) == 1:
        return "one run"
    return f"{count / max(values):,.0f} to {count / min(values):,.0f}"


def _mib(size: float) -> str:
    return f"{size / (1 << 20):,.0f} MiB"


def _peer_row(name: str, runs: list[PeerRun], count: int, ours: float) -> list[str]:
    seconds = [one.seconds for one in runs]
    rate = count / statistics.median(seconds)
    if any(one.messages != count for one in runs):
        name += f" ({runs[0].messages:,} counted)"
    return [name, f"{rate:,.0f}", _spread(seconds, count), f"{ours / rate:.2f}", _mib(max(r.resident for r in runs))]


def _stage_lines(stages: list[Stage]) -> list[str]:
    rows = [[one.name, f"{one.rate:,.0f}", f"{1e6 / one.rate:,.0f}"] for one in stages]
    return [
        f"Each stage alone, one after the other in one program, {stages[0].messages:,} messages:",
        "",
        *table(["stage", "messages/s", "µs a message"], rows),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common(parser)
    parser.add_argument("--runs", type=int, default=3, help="the median of so many (default: 3)")
    parser.add_argument("--no-peers", action="store_true", help="ours only")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the last archive there, for bench_search")
    chosen = parser.parse_args()
    if chosen.corpus is None:
        parser.error("--corpus is needed")
    if not chosen.no_peers:
        install_peers(("notmuch", "mu"))
    with scratch_folder(chosen.place) as folder:
        about = conditions(folder)
        mbox = unpack(chosen.corpus, folder, chosen.messages)
        count = write_maildir(mbox, folder / "maildir")
        size = mbox.stat().st_size
        ours: list[CommandRun] = []
        notmuch: list[PeerRun] = []
        mu: list[PeerRun] = []
        for number in range(chosen.runs):
            print(f"run {number + 1} of {chosen.runs}: {count:,} messages ...", file=sys.stderr)
            ours.append(ingest_once(mbox, folder / f"archive-{number}", count))
            if chosen.keep is not None and number == chosen.runs - 1:
                shutil.rmtree(chosen.keep, ignore_errors=True)
                shutil.move(folder / f"archive-{number}", chosen.keep)
            else:
                shutil.rmtree(folder / f"archive-{number}")
            if not chosen.no_peers:
                notmuch += filter(None, [run_notmuch(folder / "maildir", folder / f"notmuch-{number}")])
                mu += filter(None, [run_mu(folder / "maildir", folder / f"mu-{number}")])
        seconds = [one.seconds for one in ours]
        rate = count / statistics.median(seconds)
        resident = max(one.resident for one in ours)
        rows = [["**archiver ingest**", f"**{rate:,.0f}**", _spread(seconds, count), "1", _mib(resident)]]
        for name, runs in (("notmuch new", notmuch), ("mu index", mu)):
            rows.append(
                _peer_row(name, runs, count, rate) if runs else [f"{name}: not installed, skipped", "", "", "", ""]
            )
        scratch = make_archive(folder / "stages")
        sample = read_messages(mbox, min(count, _STAGE_MESSAGES))
        installation = scratch.open()
        try:
            stages = measure_stages(sample, installation, folder)
        finally:
            installation.close()
    problems = sum(ours[-1].document[name] for name in ("quarantined", "failed"))
    what = (
        f"{count:,} messages, {size / 1e6:,.1f} MB, median of {chosen.runs}; peers: {index_versions()}. "
        f"Of ours {ours[-1].document['archived']:,} archived, {ours[-1].document['duplicate']:,} duplicates, "
        f"{problems:,} quarantined or failed."
    )
    proportional = _mib(max(one.proportional for one in ours))
    lines = [
        *about,
        what,
        "",
        *table(["program", "messages/s", "of the runs", "ours to it", "peak memory"], rows),
        _WHAT_IT_DOES,
        "",
        f"Peak memory is the sum over all programs of a run. For ours, shared pages counted once: {proportional}.",
        "",
        *_stage_lines(stages),
    ]
    write_section("ingest", "Ingest of a mailbox", lines)


if __name__ == "__main__":
    main()
