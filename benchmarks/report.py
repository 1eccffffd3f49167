"""Where the figures go: `RESULTS.md`, one section a benchmark, each with its own date, machine, load and commit.

Rule: a section says what it was measured on, so that a later run of one benchmark never makes the others look
as if they had been measured with it. Nothing of a corpus but counts and sizes is written.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import sqlcipher3.dbapi2 as sqlcipher

if TYPE_CHECKING:
    from collections.abc import Sequence

RESULTS = Path(__file__).with_name("RESULTS.md")
DRY_RUN = "ARCHIVER_BENCH_DRY"
_LIBRARIES = ("aiosmtpd", "cryptography", "sqlalchemy", "sqlcipher3", "pystemmer", "uvicorn", "fastapi")
_HEAD = """\
# Figures

Written by `make bench`. Ratios count, not single figures: everything in a section was measured in one run on the
machine named there, the peers beside ours. Run it on a machine that does nothing else; the load before the run is
given, since it says whether that was so.
"""


def _processor() -> str:
    with Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def _file_system(folder: Path) -> str:
    found = subprocess.run(["stat", "-f", "-c", "%T", str(folder)], capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


def _commit() -> str:
    root = str(RESULTS.parent.parent)
    git = ["git", "-C", root]
    head = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    if head.returncode:
        return "no repository"
    changed = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True, check=False)
    # the results themselves are changed by writing them
    dirty = [line for line in changed.stdout.splitlines() if not line.endswith(RESULTS.name)]
    return head.stdout.strip() + (" and uncommitted changes" if dirty else "")


def conditions(folder: Path) -> list[str]:
    """What the figures were measured on; call it before the measurement, for the load. `folder` is on the disk used."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    libraries = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in _LIBRARIES)
    load = os.getloadavg()[0]
    where = (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {_commit()}. "
        f"{_processor()}, {len(os.sched_getaffinity(0))} cores, {memory / (1 << 30):.0f} GiB, "
        f"{_file_system(folder)}, Linux {platform.release()}; load before the run {load:.2f}."
    )
    software = f"Python {platform.python_version()}, {libraries}, SQLite {sqlcipher.sqlite_version} in SQLCipher."
    return [f"{where} {software}", ""]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table: first column to the left, figures to the right."""
    lines = ["| " + " | ".join(head) + " |", "|" + "|".join(["---", *["---:"] * (len(head) - 1)]) + "|"]
    return lines + ["| " + " | ".join(row) + " |" for row in rows] + [""]


def write_section(name: str, title: str, lines: Sequence[str], target: Path = RESULTS) -> None:
    """Print a section, and put it in the place of the former one of this name (not in a trial run)."""
    body = "\n".join(lines).strip()
    print(f"\n## {title}\n\n{body}\n", flush=True)
    if os.environ.get(DRY_RUN):
        return
    section = f"<!-- {name} -->\n## {title}\n\n{body}\n<!-- /{name} -->"
    text = target.read_text("utf-8") if target.exists() else _HEAD
    marked = re.compile(rf"<!-- {name} -->.*?<!-- /{name} -->", re.DOTALL)
    text = marked.sub(lambda _: section, text) if marked.search(text) else f"{text.rstrip()}\n\n{section}\n"
    target.write_text(text, "utf-8")


def kept_section(name: str, target: Path) -> str:
    """A section as it stands in a file, with its marks; empty where there is none."""
    text = target.read_text("utf-8") if target.exists() else ""
    found = re.search(rf"<!-- {name} -->.*?<!-- /{name} -->", text, re.DOTALL)
    return found[0] if found else ""


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the values lies (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered)) - 1))]


def peer_version(program: str, *arguments: str) -> str | None:
    """The first line of what a peer says about its version; None where it is not installed."""
    if shutil.which(program) is None:
        return None
    said = subprocess.run([program, *arguments], capture_output=True, text=True, check=False).stdout
    return said.strip().splitlines()[0].strip() if said.strip() else program
