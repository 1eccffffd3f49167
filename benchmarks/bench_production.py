"""Production: many records to numbered, redacted PDF pages with load files, the gate included.

Rule: what is measured is the command that a person gives, as a program of its own, with all that it starts. One mail in
twenty has a number that is left out, so that one page in twenty is burned. Those records have no pictures: what engines
read of redacted regions is measured apart from them (`benchmarks.production_regions`).
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.production_desk import ProductionDesk
from benchmarks.production_regions import measure_regions
from benchmarks.report import conditions, table, write_section
from benchmarks.scratch import CUSTODIAN, ROOT, scratch_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

_GOAL = "Goal: at least 50 records a second, and less than 1 GB, with 5 of 100 pages redacted, on two cores."
_REDACTED_EACH = 20
_LINES = (
    "The offer of the second firm is lower than that of the first one, as the table of the office shows.",
    "Please bring the plan of the works to the meeting on Thursday, and the drawing of the roof with it.",
    "The board wants to know by when the work can be done, and what it costs if it is done in winter.",
)


def _mails(count: int) -> Iterator[bytes]:
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
        yield (head + "\n".join(lines) + "\n").encode()


def measure(folder: Path, count: int) -> list[list[str]]:
    """The rows of the table."""
    desk = ProductionDesk(folder / "mails", _mails(count), settings='[disclosure]\nread_regions = "never"\n')
    everywhere = ("--everywhere", "--find", "ssn", "--code", "7(1)(b)", "--final")
    marked = desk.act("request", "redact", "add", desk.number, *everywhere)
    checked = desk.act("request", "produce", desk.number, str(folder / "none"), "--check")
    made = desk.act("request", "produce", desk.number, str(folder / "package"))
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
    parser.add_argument("--regions", type=int, default=50, help="redacted regions that engines read; 0 leaves them out")
    parser.add_argument("--place", type=Path, default=ROOT / ".work", help="folder for scratch files (default: .work)")
    chosen = parser.parse_args()
    with scratch_folder(chosen.place) as folder:
        lines = [*conditions(folder), f"{chosen.records:,} records of one page each. {_GOAL}", ""]
        head = ["act", "seconds", "records/s", "MiB resident, summed", "MiB proportional"]
        lines += table(head, measure(folder, chosen.records))
        if chosen.regions:
            lines += [
                "",
                "Apart from that, redacted regions of scans read by the engines (OCR) before they are given:",
                "",
            ]
            head = [
                "`produce --check` of the scans",
                "seconds",
                "regions/s",
                "MiB resident, summed",
                "MiB proportional",
            ]
            lines += table(head, measure_regions(folder / "regions", chosen.regions))
            lines += ["Regions a second are of the time that reading takes more; the start of the engines is in it."]
        write_section("production", "Production: numbered, redacted pages with load files", lines)


if __name__ == "__main__":
    main()
