"""Production: many records to numbered, redacted PDF pages with load files, the gate included.

Rule: what is measured is the command that a person gives, as a program of its own, with all that it starts. One mail in
twenty has a number that is left out, so that one page in twenty is burned. Nothing here has pictures: reading covered
regions by engines is not in these figures.
"""

from __future__ import annotations

import argparse
import json
import mailbox
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.memory import MemoryWatch
from benchmarks.report import conditions, table, write_section
from benchmarks.scratch import CUSTODIAN, ROOT, CommandRun, make_archive, scratch_folder

if TYPE_CHECKING:
    from benchmarks.scratch import Scratch

_GOAL = "Goal: at least 50 records a second, and less than 1 GB, with 5 of 100 pages redacted, on two cores."
_REDACTED_EACH = 20
_LINES = (
    "The offer of the second firm is lower than that of the first one, as the table of the office shows.",
    "Please bring the plan of the works to the meeting on Thursday, and the drawing of the roof with it.",
    "The board wants to know by when the work can be done, and what it costs if it is done in winter.",
)


def _write_mails(path: Path, count: int) -> None:
    box = mailbox.mbox(path)
    for number in range(count):
        lines = [*_LINES * 4, f"This is note {number}."]
        if number % _REDACTED_EACH == 0:
            lines.insert(
                5, f"SSN {100 + number % 500:03d}-{10 + number % 80:02d}-{1000 + number % 9000:04d} is on the form."
            )
        head = (
            f"From: Jane Doe <{CUSTODIAN}>\nTo: Pat Roe <pat.roe@other.example>\nSubject: Works {number}\n"
            f"Date: Mon, 2 Mar 2026 10:{number // 60 % 60:02d}:{number % 60:02d} -0800\n"
            f"Message-ID: <works-{number}@agency.example>\n\n"
        )
        box.add((head + "\n".join(lines) + "\n").encode())
    box.flush()
    box.close()


def _act(scratch: Scratch, token: str, *arguments: str) -> CommandRun:
    """A command of the officer, measured."""
    began = time.perf_counter()
    started = scratch.start(*arguments, "--as", "olive", "--token-file", token)
    with MemoryWatch(started.pid) as memory:
        said = started.communicate()[0]
    if started.returncode:
        raise SystemExit(f"archiver {' '.join(arguments[:3])} ended with {started.returncode}: {said.decode()[:2000]}")
    return CommandRun(
        document=json.loads(said),
        seconds=time.perf_counter() - began,
        resident=memory.resident,
        proportional=memory.proportional,
    )


def measure(folder: Path, count: int) -> list[list[str]]:
    """The rows of the table."""
    scratch = make_archive(folder / "archive", settings='[disclosure]\nread_regions = "never"\n')
    token = folder / "token"
    token.write_text(scratch.run("user", "add", "olive", "--role", "officer").document["token"], "utf-8")
    token.chmod(0o600)
    _write_mails(folder / "works.mbox", count)
    scratch.run("ingest", str(folder / "works.mbox"), "--custodian", CUSTODIAN)
    proof = str(token)
    asked = _act(scratch, proof, "request", "open", "--how", "form", "--text", "The works", "--profile", "IL")
    number = asked.document["number"]
    _act(scratch, proof, "request", "set", "add", number, "--query", "note")
    ids: list[str] = []
    while True:
        after = ("--after", ids[-1]) if ids else ()
        page = _act(scratch, proof, "request", "review", number, "--limit", "10000", *after).document
        ids += [one["record"] for one in page["records"]]
        if not page["next"]:
            break
    for start in range(0, len(ids), 500):
        _act(scratch, proof, "request", "code", number, *ids[start : start + 500], "--decision", "release")
    everywhere = ("--everywhere", "--find", "ssn", "--code", "7(1)(b)", "--final")
    marked = _act(scratch, proof, "request", "redact", "add", number, *everywhere)
    checked = _act(scratch, proof, "request", "produce", number, str(folder / "none"), "--check")
    made = _act(scratch, proof, "request", "produce", number, str(folder / "package"))
    size = sum(one.stat().st_size for one in (folder / "package").rglob("*") if one.is_file())
    runs = {
        f"marked by kind in all records ({marked.document['found']:,} places)": marked,
        "`produce --check`: laid out and through the gate": checked,
        f"`produce`: {made.document['pages']:,} pages, {size / (1 << 20):,.0f} MiB, PDF, text and load files": made,
    }
    return [
        [name, f"{one.seconds:,.1f}", f"{count / one.seconds:,.0f}", *(f"{each / (1 << 20):,.0f}" for each in both)]
        for name, one in runs.items()
        for both in [(one.resident, one.proportional)]
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=10_000, help="records of the request")
    parser.add_argument("--place", type=Path, default=ROOT / ".work", help="folder for scratch files (default: .work)")
    chosen = parser.parse_args()
    with scratch_folder(chosen.place) as folder:
        lines = [*conditions(folder), f"{chosen.records:,} records of one page each. {_GOAL}", ""]
        head = ["act", "seconds", "records/s", "MiB resident, summed", "MiB proportional"]
        lines += table(head, measure(folder, chosen.records))
        lines += ["Reading covered regions by engines (OCR) is apart from this: these records have no pictures."]
        write_section("production", "Production: numbered, redacted pages with load files", lines)


if __name__ == "__main__":
    main()
