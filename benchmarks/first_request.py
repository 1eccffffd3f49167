"""The first request: a disclosure request from its letter to packages that somebody else verifies, all by commands.

Rule: what leaves is judged by code that shares nothing with the product; of real mails nothing is printed but figures.
The pages that are drawn (`--pages FOLDER`) are for eyes, and stay on this machine.

Run it with ``python -m benchmarks.first_request --corpus FILE.mbox.xz --write docs/first-request.md``; ``--mails N``
makes a trial.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.first_request_desk import Desk, Outcome, Report
from benchmarks.first_request_material import make_mails
from benchmarks.first_request_steps import Case, Size, take_in
from benchmarks.first_request_way import go
from benchmarks.first_request_words import HEAD
from benchmarks.memory import MemoryWatch
from benchmarks.report import conditions
from benchmarks.scratch import CUSTODIAN, ROOT, Scratch, make_archive, scratch_folder, unpack

if TYPE_CHECKING:
    from collections.abc import Sequence

_MADE: Final = 100
_CHAT_RECORDS: Final = 60
_CHATS: Final = ("whatsapp", "telegram", "signal-text", "sms-backup-restore", "google-chat", "discord-chat-exporter")
_SETTINGS: Final = (
    '[agency]\nname = "Lake District"\n[disclosure]\nread_regions = "never"\n[pictures]\nenabled = false\n'
)
_FIRST_DAY: Final = date(2019, 4, 1)  # of the corpus
_LAST_DAY: Final = date(2021, 6, 1)


@dataclass(frozen=True, slots=True)
class Programs:
    """Commands as programs of their own, as a shell starts them."""

    scratch: Scratch

    def archive(self, *arguments: str, token: str | None = None) -> Outcome:
        """A command on the archive."""
        environment = {**self.scratch.environment(), **({"ARCHIVER_TOKEN": token} if token is not None else {})}
        return _run([*arguments, "--json", "--quiet"], environment, ROOT)

    def alone(self, *arguments: str) -> Outcome:
        """A command in an empty folder, without anything of the archive."""
        cleared = {name: value for name, value in os.environ.items() if not name.startswith("ARCHIVER_")}
        with tempfile.TemporaryDirectory() as empty:
            return _run([*arguments, "--json", "--quiet"], {**cleared, "PYTHONPATH": str(ROOT)}, Path(empty))


def _run(arguments: Sequence[str], environment: dict[str, str], folder: Path) -> Outcome:
    program = [sys.executable, "-m", "archiver.start", *arguments]
    started = subprocess.Popen(
        program, env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    with MemoryWatch(started.pid) as memory:
        out, errors = started.communicate()
    said = out.decode() or errors.decode()
    return Outcome(status=started.returncode, out=said, resident=memory.resident)


def window(desk: Desk, wanted: int) -> str:
    """A span of days of the corpus that has about so many mails, as a query."""
    first = _FIRST_DAY + timedelta(days=60)
    short, long = 1, (_LAST_DAY - first).days
    while short < long:  # the fewest days that have so many
        middle = (short + long) // 2
        if _count(desk, _span(first, middle)) < wanted:
            short = middle + 1
        else:
            long = middle
    return _span(first, short) if _count(desk, _span(first, short)) >= wanted else _span(_FIRST_DAY, 900)


def _span(first: date, days: int) -> str:
    return f"after:{first.isoformat()} before:{(first + timedelta(days=days)).isoformat()} kind:email"


def _count(desk: Desk, query: str) -> int:
    return int(desk.act(None, "search", query, "--limit", "0")["total"])


def some_chats(desk: Desk) -> str:
    """Platforms of the exports, as a query, until they have some sixty records together."""
    found = desk.act(None, "search", "kind:conversation", "--facets=platform", "--limit", "0")
    chosen: list[str] = []
    count = 0
    for one in sorted(found["facets"]["platform"]["values"], key=lambda one: (one["count"], one["clause"])):
        if count + one["count"] <= _CHAT_RECORDS:
            chosen, count = [*chosen, one["clause"]], count + one["count"]
    return " OR ".join(chosen) or "kind:conversation"


def chats(report: Report, fixtures: Path) -> list[tuple[Path, str]]:
    """The exports of chats that are there; what is not is told."""
    there = [(fixtures / name, CUSTODIAN) for name in _CHATS if (fixtures / name).is_dir()]
    missing = len(_CHATS) - len(there)
    if missing:
        report.say(
            f"**SKIPPED: {missing} of {len(_CHATS)} kinds of chat exports are not in the folder of fixtures.**", ""
        )
    return there


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, help="mbox, or mbox.xz")
    parser.add_argument("--fixtures", type=Path, default=ROOT.parent / "shared" / "fixtures", help="exports of chats")
    parser.add_argument("--mails", type=int, help="only so many of the corpus")
    parser.add_argument("--records", type=int, default=500, help="records that are reviewed, about")
    parser.add_argument("--place", type=Path, default=ROOT / ".work", help="folder for scratch files (default: .work)")
    parser.add_argument("--pages", type=Path, help="folder for drawn pages, to be looked at")
    parser.add_argument("--write", type=Path, help="file for the report; left alone in a trial")
    options = parser.parse_args()
    report = Report()
    with scratch_folder(options.place) as place:
        report.say("# First request", "", HEAD, *conditions(place))
        others = chats(report, options.fixtures)
        mbox = unpack(options.corpus, place, options.mails)
        began = time.perf_counter()
        scratch = make_archive(place / "archive", settings=_SETTINGS)
        desk = Desk(Programs(scratch), report)
        case = Case(place=place / "case", mails=make_mails(_MADE, CUSTODIAN), size=Size(threads=20, people=6, places=8))
        case.place.mkdir()
        take_in(desk, case, CUSTODIAN, [(mbox, CUSTODIAN), *others])
        talks = some_chats(desk)
        days = window(desk, max(50, options.records - _count(desk, f"stadium OR {talks}")))
        queries = (f"({days}) clk", f"stadium OR {talks}", f"({days}) OR stadium")
        go(desk, case, queries, _key(scratch), pages=options.pages)
        seconds = time.perf_counter() - began
        report.say(
            "",
            f"{desk.commands:,} commands in {seconds:,.0f} s; peak memory of all programs of one command "
            f"{desk.resident / (1 << 20):,.0f} MiB (sum of resident sizes).",
        )
    report.say("", f"**{'Everything was as it must be.' if not report.wrong else 'NOT as it must be: see above.'}**")
    if options.write is not None:
        options.write.write_text(re.sub(r"\n{3,}", "\n\n", "\n".join(report.lines)) + "\n", "utf-8")
    sys.exit(1 if report.wrong else 0)


def _key(scratch: Scratch) -> str:
    program = [sys.executable, "-m", "archiver.start", "ledger", "key", "--quiet"]
    said = subprocess.run(program, env=scratch.environment(), cwd=ROOT, capture_output=True, text=True, check=True)
    return said.stdout.strip().splitlines()[0]


if __name__ == "__main__":
    main()
