"""Ingest of exported chats: messages a second and peak memory of each format, on the same generated talk.

Each is `archiver ingest` as a whole program in a fresh archive, from its start until everything can be found by
search. A run counts only if the account of the export says that all messages were taken and all records are indexed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from benchmarks import chat_exports_accounts, chat_exports_binary, chat_exports_json, chat_exports_text
from benchmarks.report import conditions, table, write_section
from benchmarks.scratch import CUSTODIAN, ROOT, Scratch, make_archive, scratch_folder

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.chat_exports import Layout

LAYOUTS: Final = (
    *chat_exports_text.LAYOUTS,
    *chat_exports_json.LAYOUTS,
    *chat_exports_accounts.LAYOUTS,
    *chat_exports_binary.LAYOUTS,
)
_GOAL: Final = 20_000
_TEXT: Final = (
    "Each is the whole program in a fresh archive, its start included, until all of it can be found by search: stored, "
    "read in the sandbox, each day of a conversation sealed as a record and examined, in the ledger, in the index. "
    "A record costs some hundred times what a message in it does, so a row says how many records its messages made; "
    "*dense* is the same number of messages on fewer days. CPU is user and system time of all programs of a run, "
    "memory the sum over them at its highest, shared pages counted once."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRun:
    """One export that was taken in: wall-clock and CPU seconds, peak memory and size of the export in bytes."""

    name: str
    is_goal: bool
    messages: int
    records: int
    seconds: float
    cpu_seconds: float
    memory: int
    size: int

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.messages / self.seconds


def ingest_export(layout: Layout, export: Path, folder: Path, messages: int, name: str) -> ChatRun:
    """Take one export in.

    Raises:
        SystemExit: something of it is missing.
    """
    scratch = make_archive(folder)
    before = os.times()
    run = scratch.run("ingest", str(export), "--custodian", CUSTODIAN)
    after = os.times()
    _check(scratch, layout, messages, run.document["records"])
    return ChatRun(
        name=name,
        is_goal=layout.is_goal,
        messages=messages,
        records=run.document["records"],
        seconds=run.seconds,
        cpu_seconds=after.children_user + after.children_system - before.children_user - before.children_system,
        memory=run.proportional,
        size=export.stat().st_size,
    )


def _check(scratch: Scratch, layout: Layout, messages: int, records: int) -> None:
    (held,) = scratch.run("container", "list").document["containers"]
    account = scratch.run("container", "show", held["id"]).document
    taken = {one["what"]: one["taken"] for one in account["tallies"]}
    if taken.get("messages") != messages or account["failed"] or account["unexplained"]:
        sys.exit(f"{layout.name}: of {messages:,} messages the account has {taken}, failed {account['failed']}")
    coverage = scratch.run("index", "coverage").document
    if not coverage["complete"] or coverage["indexed"] != records:
        sys.exit(f"{layout.name}: ingest returned before everything was searchable: {coverage}")


def _row(runs: list[ChatRun]) -> list[str]:
    one = runs[0]
    rate = _rate(runs)
    cpu = statistics.median(run.cpu_seconds for run in runs)
    memory = max(run.memory for run in runs)
    name = f"**{one.name}**" if one.is_goal else one.name
    figures = (rate, one.records, one.records * rate / one.messages, 1e6 * cpu / one.messages)
    return [
        name,
        *(f"{figure:,.0f}" for figure in figures),
        f"{memory / (1 << 20):,.0f} MiB",
        f"{one.size / 1e6:,.1f} MB",
    ]


def _shapes(layout: Layout, chosen: argparse.Namespace) -> list[tuple[str, int]]:
    """How it is printed, and on how many days each conversation has messages."""
    if layout.is_goal and not layout.one_chat and chosen.dense < chosen.days:
        return [(layout.name, chosen.days), (f"{layout.name}, dense", chosen.dense)]
    return [(layout.name, chosen.days)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=100_000, help="of each export (default: 100,000)")
    parser.add_argument("--conversations", type=int, default=100, help="where a format holds several (default: 100)")
    parser.add_argument("--days", type=int, default=250, help="of each conversation (default: 250)")
    parser.add_argument("--dense", type=int, default=10, help="the same on so few days, for the goal (default: 10)")
    parser.add_argument("--formats", nargs="+", metavar="READER", help="only those that these readers read")
    parser.add_argument("--runs", type=int, default=1, help="the median of so many (default: 1)")
    parser.add_argument("--place", type=type(ROOT), default=ROOT / ".work", help="folder for scratch files")
    chosen = parser.parse_args()
    layouts = [one for one in LAYOUTS if chosen.formats is None or one.reader in chosen.formats]
    if not layouts:
        parser.error("none of these readers has a generated export")
    found: list[list[ChatRun]] = []
    with scratch_folder(chosen.place) as folder:
        about = conditions(folder)
        for layout in layouts:
            for name, days in _shapes(layout, chosen):
                plan = layout.plan(chosen.messages, chosen.conversations, days)
                export = folder / layout.file
                layout.write(plan, export)
                runs = []
                for _ in range(chosen.runs):
                    runs.append(ingest_export(layout, export, folder / "archive", plan.messages, name))
                    shutil.rmtree(folder / "archive")
                export.unlink()
                found.append(runs)
                print(f"{name}: {runs[-1].rate:,.0f} messages/s", file=sys.stderr, flush=True)
    goals = [runs for runs in found if runs[0].is_goal]
    reached = sum(_rate(runs) >= _GOAL for runs in goals)
    head = ["format", "messages/s", "records", "records/s", "CPU µs a message", "peak memory", "export"]
    said = (
        f"{chosen.messages:,} messages in {chosen.conversations} conversations, each on {chosen.days} days, *dense* on "
        f"{chosen.dense}; where a file holds one conversation, {chosen.days} days of it. Words from a list, no media."
    )
    lines = [
        *about,
        said,
        "",
        *table(head, [_row(runs) for runs in found]),
        f"Bold: formats with the goal of {_GOAL:,} messages/s; {reached} of {len(goals)} rows reach it.",
        "",
        _TEXT,
    ]
    write_section("chats", "Ingest of exported chats", lines)


def _rate(runs: list[ChatRun]) -> float:
    return runs[0].messages / statistics.median(run.seconds for run in runs)


if __name__ == "__main__":
    main()
