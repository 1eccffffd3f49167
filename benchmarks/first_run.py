"""The first run: a whole corpus in and out again byte for byte, read as a mail reader reads it, and SIGKILL on the way.

Rule: what is compared is compared completely, by code that shares nothing with the product; nothing of a message
is printed or written but counts, digests and whether two things are equal.

Run it with ``python -m benchmarks.first_run --corpus FILE.mbox.xz --write docs/first-run.md``; ``--messages N``
and ``--mails N`` make a trial.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.first_run_parts import (
    Senders,
    digest,
    exported_originals,
    kill_family,
    split_mboxrd,
    synthetic_mail,
    what_email_says,
    what_record_says,
)
from benchmarks.report import conditions, table
from benchmarks.scratch import CUSTODIAN, INTAKE, SENDER, Scratch, add_common, make_archive, scratch_folder, unpack

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

OUTCOMES = ("archived", "duplicate", "quarantined", "failed", "waiting")
FACTS = ("from", "to", "cc", "subject", "date", "message_id")
SHOWN = 10
SESSIONS = 20
KILLS = 3
MAIL_SIZE = 8_000
PATIENCE = 600.0


@dataclass(slots=True)
class Report:
    """What is printed and written, and whether all of it was as it must be."""

    lines: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def say(self, *lines: str) -> None:
        """Print and keep."""
        print("\n".join(lines), flush=True)
        self.lines += lines

    def must(self, condition: bool, what: str) -> None:  # noqa: FBT001 - reads as an assertion
        """Note what is not as it must be."""
        if not condition:
            self.wrong.append(what)
        self.say(f"- {'OK' if condition else 'WRONG'}: {what}")


def step(text: str) -> None:
    print(f"... {text}", file=sys.stderr, flush=True)


def mebibytes(count: int) -> str:
    return f"{count / (1 << 20):,.0f} MiB"


def read_items(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def ingest_corpus(report: Report, scratch: Scratch, mbox: Path, account: Path) -> list[dict[str, Any]]:
    """(a) everything in; the account of every item."""
    step("ingest of the corpus")
    run = scratch.run("ingest", str(mbox), "--custodian", CUSTODIAN, "--items", str(account))
    said = run.document
    items = read_items(account)
    expected = sum(1 for _ in split_mboxrd(mbox))
    report.say("## Everything in", "")
    report.say(*table(["", "items"], [["seen", f"{said['seen']:,}"], *([one, f"{said[one]:,}"] for one in OUTCOMES)]))
    rate = said["seen"] / run.seconds
    report.say(
        f"{mbox.stat().st_size:,} bytes of mbox in {run.seconds:.1f} s ({rate:,.0f} messages a second, until all of it "
        f"can be found by search). Peak memory of all programs together: {mebibytes(run.resident)} as the sum of "
        f"resident sizes, {mebibytes(run.proportional)} as the proportional sum.",
        "",
    )
    report.must(said["seen"] == expected, f"an independent splitter counts as many messages ({expected:,})")
    report.must(said["seen"] == sum(said[one] for one in OUTCOMES), "the sum of the outcomes is what was seen")
    report.must(said["failed"] + said["quarantined"] + said["waiting"] == 0, "nothing failed, nothing was left over")
    found = scratch.run("search", f"custodian:{CUSTODIAN}", "--limit", "0").document
    report.must(found["total"] == said["records"], f"a search finds every record ({found['total']:,})")
    return items


def export_and_compare(report: Report, scratch: Scratch, mbox: Path, items: list[dict[str, Any]], folder: Path) -> None:
    """(b) everything out, and every original compared with the input."""
    step("export of every record")
    run = scratch.run("record", "export", "--all", "--to", str(folder))
    done = run.document
    step("comparison, byte for byte")
    originals = exported_originals(folder)
    by_number = {int(one["source"].rpartition("#")[2]): one for one in items}
    counts: Counter[str] = Counter()
    equal: Counter[str] = Counter()
    for number, expected in enumerate(split_mboxrd(mbox), start=1):
        one = by_number.get(number)
        path = originals.get(one["records"][0]) if one is not None and one["records"] else None
        if path is None:
            counts["missing"] += 1
        else:
            counts["identical" if path.read_bytes() == expected else "different"] += 1
            ours = what_record_says(json.loads(path.with_name("metadata.json").read_bytes()))
            theirs = what_email_says(expected)
            equal.update(fact for fact in FACTS if ours[fact] == theirs[fact])
    report.say("", "## Everything out again", "")
    report.say(
        f"{done['exported']:,} records, {done['files']:,} files, {done['bytes']:,} bytes exported in "
        f"{run.seconds:.1f} s; peak memory {mebibytes(run.resident)}. Each message of the input, as an independent "
        "splitter cuts it, against the exported original of its record:",
        "",
    )
    report.say(*table(["", "originals"], [[one, f"{counts[one]:,}"] for one in ("identical", "different", "missing")]))
    report.must(counts["identical"] == len(items) and not counts["different"], "every original is byte-identical")
    report.must(done["failed"] == [], "every record could be exported")
    report.say(
        "",
        "Facts in the exported `metadata.json` that are what the standard library's reader (`compat32`) says of the "
        "same message; where they differ, either may be right:",
        "",
        *table(["fact", "equal", "other"], [[one, f"{equal[one]:,}", f"{len(items) - equal[one]:,}"] for one in FACTS]),
    )


def show_and_compare(report: Report, scratch: Scratch, mbox: Path, items: list[dict[str, Any]], seed: int) -> None:
    """(c) ten records against what the standard library's mail reader says of the same messages."""
    step("record show of ten messages")
    taken = [one for one in items if one["outcome"] == "archived"]
    chosen = random.Random(seed).sample(taken, min(SHOWN, len(taken)))  # noqa: S311 - a repeatable choice
    wanted = {int(one["source"].rpartition("#")[2]): one for one in chosen}
    raw = {number: content for number, content in enumerate(split_mboxrd(mbox), start=1) if number in wanted}
    rows = []
    equal = True
    for number in sorted(wanted):
        shown = scratch.run("record", "show", wanted[number]["records"][0]).document
        ours, theirs = what_record_says(shown), what_email_says(raw[number])
        same = [ours[fact] == theirs[fact] for fact in FACTS] + [shown["captured"]["sha256"] == digest(raw[number])]
        equal = equal and all(same)
        rows.append([f"#{number} `{digest(raw[number])[:12]}`", *("OK" if one else "DIFFERENT" for one in same)])
    report.say("", f"## Ten records against the standard library's reader (`compat32`), seed {seed}", "")
    report.say(*table(["message", *FACTS, "sha256"], rows))
    report.must(equal, "all facts of all ten are equal")


class KilledService:
    """`archiver serve` that is killed and started again."""

    def __init__(self, scratch: Scratch) -> None:
        self._scratch = scratch
        self._process: subprocess.Popen[bytes] | None = None
        self._address = ("127.0.0.1", 0)

    def address(self) -> tuple[str, int]:
        """Where it listens now."""
        return self._address

    def start(self) -> None:
        """Start it and wait until it listens."""
        self._process = self._scratch.start("serve")
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            sys.exit("archiver serve did not start again")
        host, port = json.loads(line)["smtp"].rsplit(":", 1)
        self._address = (host, int(port))

    def kill(self) -> int:
        """SIGKILL it with all its workers; how many programs."""
        assert self._process is not None
        count = kill_family(self._process.pid)
        self._process.wait()
        return count

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(PATIENCE)


def _until(reached: Iterator[bool], what: str) -> None:
    until = time.monotonic() + PATIENCE
    for done in reached:
        if done:
            return
        if time.monotonic() > until:
            sys.exit(f"{what} did not happen within {PATIENCE:.0f} s")
        time.sleep(0.02)


def kill_on_the_way(report: Report, scratch: Scratch, mbox: Path, mails: int, seed: int, place: Path) -> None:
    """(d) mails over SMTP and a mailbox beside them, SIGKILL three times; then what is there is compared."""
    step(f"{mails:,} mails over SMTP in {SESSIONS} sessions, {KILLS} times SIGKILL, ingest beside")
    numbers = random.Random(seed)  # noqa: S311 - a repeatable choice
    service = KilledService(scratch)
    service.start()
    made = [synthetic_mail(number, MAIL_SIZE, SENDER, INTAKE) for number in range(mails)]
    senders = Senders(made, service.address, SENDER, INTAKE)
    began = time.perf_counter()
    threads = senders.run(SESSIONS)
    account = place / "beside.jsonl"
    beside = scratch.start("ingest", str(mbox), "--custodian", CUSTODIAN, "--items", str(account))
    killed_at = []
    for kill in range(1, KILLS + 1):
        share = mails * kill // (KILLS + 1) + numbers.randrange(max(1, mails // 20))
        _until((len(senders.accepted) >= share for _ in iter(int, 1)), f"the {share}th mail")
        senders.pause()
        killed_at.append(len(senders.accepted))
        service.kill()
        service.start()
        senders.go_on()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    said = json.loads(beside.communicate()[0])
    status = beside.returncode
    _until(_examined(scratch), "the examination of everything")
    stopped = service.stop()
    step("comparison of what was answered with what is there")
    scratch.run("record", "export", "--all", "--to", str(place / "killed"))
    there = Counter(digest(path.read_bytes()) for path in exported_originals(place / "killed").values())
    given = [digest(one) for one in split_mboxrd(mbox)]
    counts = [
        ["mails answered with 250", f"{len(senders.accepted):,}"],
        ["of them there once", f"{sum(there[one] == 1 for one in senders.accepted):,}"],
        ["of them missing", f"{sum(there[one] == 0 for one in senders.accepted):,}"],
        ["of them there more than once", f"{sum(there[one] > 1 for one in senders.accepted):,}"],
        ["messages of the mailbox beside (distinct)", f"{len(given):,} ({len(set(given)):,})"],
        ["of these there once", f"{sum(there[one] == 1 for one in set(given)):,}"],
        ["attempts without an answer, sent again", f"{senders.unanswered:,}"],
        ["records there that nobody sent", f"{len(set(there) - set(given) - set(senders.accepted)):,}"],
    ]
    report.say("", f"## {mails:,} mails in {SESSIONS} sessions, SIGKILL {KILLS} times, seed {seed}", "")
    report.say(
        f"Supervisor and all workers were killed after {', '.join(f'{one:,}' for one in killed_at)} answers and "
        f"started again; `archiver ingest` ran beside and was not restarted. Sending took {seconds:.1f} s.",
        "",
    )
    report.say(*table(["", "count"], counts))
    once = all(there[one] == 1 for one in [*senders.accepted, *set(given)])
    report.must(
        len(senders.accepted) == mails and once, "every mail answered with 250, and every one beside, is there once"
    )
    report.must(set(there) == {*given, *senders.accepted}, "nothing else is there")
    report.must((status, said["seen"]) == (0, len(given)), "ingest beside ended with status 0 and saw every message")
    report.must(stopped == 0, "the service then stopped with status 0")
    verify(report, scratch)


def _examined(scratch: Scratch) -> Iterator[bool]:
    installation = scratch.open()
    try:
        while True:
            with installation.archive.store.read() as connection:
                yield installation.archive.submissions.waiting_until(connection, 1 << 62) == 0
    finally:
        installation.close()


def verify(report: Report, scratch: Scratch) -> None:
    run = scratch.run("verify")
    said = run.document
    text = f"verify finds no fault in {said['objects']:,} objects of {said['records']:,} records ({run.seconds:.1f} s)"
    report.must(said["faults"] == [], text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common(parser)
    parser.add_argument("--mails", type=int, default=2_000, help="mails over SMTP")
    parser.add_argument("--beside", type=int, default=2_000, help="messages of the mailbox taken in beside them")
    parser.add_argument("--seed", type=int, default=20_261_121)
    parser.add_argument("--write", type=Path, help="file for the report; left alone in a trial")
    options = parser.parse_args()
    if options.corpus is None:
        parser.error("--corpus FILE is needed")
    report = Report()
    with scratch_folder(options.place) as place:
        report.say("# First run", "", "Written by `make first-run`. Counts, digests and verdicts only.", "")
        report.say(*conditions(place))
        mbox = unpack(options.corpus, place, options.messages)
        scratch = make_archive(place / "archive")
        items = ingest_corpus(report, scratch, mbox, place / "items.jsonl")
        verify(report, scratch)
        export_and_compare(report, scratch, mbox, items, place / "exported")
        show_and_compare(report, scratch, mbox, items, options.seed)
        (place / "short").mkdir()
        short = unpack(options.corpus, place / "short", min(options.beside, options.messages or options.beside))
        settings = "max_per_peer = 200\n"
        second = make_archive(place / "second", settings=settings)
        kill_on_the_way(report, second, short, options.mails, options.seed, place)
    report.say("", f"**{'Everything was as it must be.' if not report.wrong else 'NOT as it must be: see above.'}**")
    if options.write is not None:
        options.write.write_text("\n".join(report.lines) + "\n", "utf-8")
    sys.exit(1 if report.wrong else 0)


if __name__ == "__main__":
    main()
