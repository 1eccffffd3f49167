"""Hostile queries on a large index: seconds of the slowest and the memory of a program that asks nothing else.

Goal of the default engine: an answer or a refusal within 2 s and 300 MB, whatever is asked.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, Any

from benchmarks.report import table
from benchmarks.scratch import ROOT

if TYPE_CHECKING:
    from pathlib import Path

_GIVEN_UP = 10.0
SECONDS, MEMORY = 2.0, 300e6


def ask_hostile(engine: str, path: Path, key: bytes) -> dict[str, Any]:
    """Ask every hostile query in a program of its own; the key goes in by its standard input."""
    with tempfile.TemporaryDirectory() as empty:
        done = subprocess.run(
            [sys.executable, "-m", "tests.search.hostile", engine, str(path), str(_GIVEN_UP)],
            cwd=ROOT, input=key.hex(), capture_output=True, text=True, check=False, env={"HOME": empty},
        )  # fmt: skip
    if done.returncode:
        sys.exit(f"hostile queries ended with status {done.returncode}: {done.stderr[-2_000:]}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def hostile_lines(found: dict[str, Any], records: int) -> list[str]:
    """What is said of it."""
    slowest = sorted(found["asked"], key=lambda one: -one["seconds"])[:6]
    rows = [[one["name"], one["outcome"], f"{one['seconds']:.2f}", f"{one['processor']:.2f}"] for one in slowest]
    crashed = [one["name"] for one in found["asked"] if one["outcome"] not in ("answered", "refused", "stopped")]
    stopped = sum(one["outcome"] == "stopped" for one in found["asked"])
    memory = found["peak"] / 1e6
    met = slowest[0]["seconds"] <= SECONDS and memory <= MEMORY / 1e6 and not crashed
    refused = sum(one["outcome"] == "refused" for one in found["asked"])
    verdict = "goal met" if met else "**goal missed**"
    said = (
        f"Hostile queries at {records:,} records: {len(found['asked'])} asked by date with facets, by relevance and "
        f"counted, {refused} refused, {stopped} ended by the bound of work, {len(crashed)} crashed; "
        f"the program had {memory:,.0f} MB at most, {found['before'] / 1e6:,.0f} before the first "
        f"({verdict}: 2 s for the slowest of the three, 300 MB)."
    )
    return [
        said,
        "",
        *table(["slowest", "", "s", "of a processor"], rows),
    ]
