"""The peers: installed from the distribution where that is possible, used as they come, left out with a word where not.

`notmuch` and `mu` index mail that lies in a Maildir already; they neither copy nor encrypt nor sync it, and parse
in their own process. So they do less than we do for each message, and the ratio says what the rest costs.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.memory import MemoryWatch
from benchmarks.report import peer_version

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PACKAGES = {"notmuch": "notmuch", "mu": "maildir-utils", "postfix": "postfix"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerRun:
    """One run of a peer: seconds, highest resident memory in bytes, and how many messages it says it has."""

    seconds: float
    resident: int
    messages: int


def install_peers(programs: Sequence[str]) -> None:
    """Install what is missing with apt-get, where we are root and there is one; says so, and what stays missing."""
    missing = [PACKAGES[one] for one in programs if shutil.which(one) is None]
    if not missing:
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"installing {' '.join(missing)} ...", file=sys.stderr)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for step in (["update"], ["install", "-y", "--no-install-recommends", *missing]):
            subprocess.run(["apt-get", "-qq", *step], env=quiet, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                           check=False)  # fmt: skip
    for one in programs:
        if shutil.which(one) is None:
            print(f"SKIPPED: {one} is not installed (package {PACKAGES[one]})", file=sys.stderr)


def index_versions() -> str:
    """The indexing peers that take part, with their versions."""
    said = [peer_version(one, "--version") for one in ("notmuch", "mu")]
    return ", ".join(one for one in said if one) or "no peers"


def _timed(program: Sequence[str], environment: dict[str, str]) -> tuple[float, int]:
    os.sync()  # what was written before must not be paid for here
    began = time.perf_counter()
    started = subprocess.Popen(program, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with MemoryWatch(started.pid) as memory:
        status = started.wait()
    seconds = time.perf_counter() - began
    if status:
        sys.exit(f"{program[0]} ended with status {status}")
    return seconds, memory.resident


def run_notmuch(maildir: Path, folder: Path) -> PeerRun | None:
    """`notmuch new` over a Maildir, with a database of its own; None where it is not installed."""
    if shutil.which("notmuch") is None:
        return None
    (folder / "database").mkdir(parents=True)
    settings = folder / "config"
    settings.write_text(
        f"[database]\npath={folder / 'database'}\nmail_root={maildir}\n[user]\nname=Bench\n"
        "primary_email=bench@agency.example\n[new]\ntags=new\nignore=\n[search]\nexclude_tags=\n"
        "[maildir]\nsynchronize_flags=false\n",
        "utf-8",
    )
    environment = {**os.environ, "NOTMUCH_CONFIG": str(settings), "HOME": str(folder)}
    seconds, resident = _timed(["notmuch", "new", "--quiet", "--no-hooks"], environment)
    counted = subprocess.run(
        ["notmuch", "count", "--output=files", "*"], env=environment, capture_output=True, text=True, check=True
    )
    return PeerRun(seconds=seconds, resident=resident, messages=int(counted.stdout))


def run_mu(maildir: Path, folder: Path) -> PeerRun | None:
    """`mu index` over a Maildir, with a store of its own; None where it is not installed."""
    if shutil.which("mu") is None:
        return None
    folder.mkdir(parents=True)
    environment = {**os.environ, "HOME": str(folder)}
    home = f"--muhome={folder / 'mu'}"
    subprocess.run(["mu", "init", "--quiet", home, f"--maildir={maildir}"], env=environment, check=True,
                   stdout=subprocess.DEVNULL)  # fmt: skip
    seconds, resident = _timed(["mu", "index", "--quiet", home], environment)
    said = subprocess.run(["mu", "info", home], env=environment, capture_output=True, text=True, check=True).stdout
    found = re.search(r"messages in store[^0-9]*(\d+)", said)
    return PeerRun(seconds=seconds, resident=resident, messages=int(found[1]) if found else -1)
