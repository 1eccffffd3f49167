"""A scratch archive driven by its commands, as a person would, and messages of a corpus for it and for the peers.

Rule: everything lies in one folder that is removed afterwards. It is made below `.work/` of the project unless told
otherwise, because a folder for temporary files is often in memory, where a sync costs nothing and measures nothing.
"""

from __future__ import annotations

import json
import lzma
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archiver.unlocking import PASSPHRASE_VARIABLE, unlock_folder
from archiver.wiring import open_installation
from benchmarks.memory import MemoryWatch
from ingest.formats.mbox import split_mbox

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from archiver.wiring import Installation

ROOT = Path(__file__).resolve().parent.parent
PASSPHRASE = "a passphrase for benchmarks only"
CUSTODIAN = "j.doe@agency.example"
INTAKE = "archive@agency.example"
SENDER = "jane.doe@mail.example"
_STOP_SECONDS = 60


def add_common(parser: argparse.ArgumentParser) -> None:
    """The options that every benchmark of messages has."""
    parser.add_argument("--corpus", type=Path, help="mbox, or mbox.xz; needed unless an archive is given")
    parser.add_argument("--messages", type=int, help="only so many of them")
    parser.add_argument("--place", type=Path, default=ROOT / ".work", help="folder for scratch files (default: .work)")


@contextmanager
def scratch_folder(place: Path) -> Iterator[Path]:
    """A folder that is gone afterwards. Others may pass through it: Postfix delivers as another user."""
    place.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=place.resolve()))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRun:
    """One command that ended: its JSON, wall-clock seconds, and the highest memory of all its programs in bytes."""

    document: dict[str, Any]
    seconds: float
    resident: int
    proportional: int


@dataclass(frozen=True, slots=True)
class Scratch:
    """A scratch archive."""

    folder: Path

    def environment(self) -> dict[str, str]:
        """The environment of a command on it."""
        return {**os.environ, PASSPHRASE_VARIABLE: PASSPHRASE, "ARCHIVER_DATA": str(self.folder)}

    def start(self, *arguments: str, log: Path | None = None) -> subprocess.Popen[bytes]:
        """Start a command with `--json`; its standard output is a pipe."""
        program = [sys.executable, "-m", "archiver.start", *arguments, "--json", "--quiet"]
        with (log or Path(os.devnull)).open("wb") as errors:
            return subprocess.Popen(
                program, env=self.environment(), cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, start_new_session=True
            )

    def run(self, *arguments: str) -> CommandRun:
        """Run a command to its end.

        Raises:
            SystemExit: it failed.
        """
        began = time.perf_counter()
        started = self.start(*arguments)
        with MemoryWatch(started.pid) as memory:
            said = started.communicate()[0]
        seconds = time.perf_counter() - began
        if started.returncode not in (0, 6):
            sys.exit(f"archiver {' '.join(arguments[:2])} ended with status {started.returncode}: {said.decode()}")
        return CommandRun(
            document=json.loads(said), seconds=seconds, resident=memory.resident, proportional=memory.proportional
        )

    def open(self) -> Installation:
        """The archive, opened in this program."""
        return open_installation(self.folder, unlock_folder(self.folder, None, self.environment()))

    @contextmanager
    def serving(self) -> Iterator[dict[str, str]]:
        """`archiver serve` running; gives where it listens."""
        log = self.folder / "tmp" / "serve.log"
        services = self.start("serve", log=log)
        assert services.stdout is not None
        try:
            line = services.stdout.readline()
            if not line:
                sys.exit(f"archiver serve did not start:\n{log.read_text('utf-8', 'replace')[-2000:]}")
            yield json.loads(line)
        finally:
            services.send_signal(signal.SIGTERM)
            services.wait(_STOP_SECONDS)


def make_archive(folder: Path, *, settings: str = "") -> Scratch:
    """A new archive with one custodian, whose personal address is `SENDER`."""
    folder.mkdir(parents=True)
    (folder / "archiver.toml").write_text(
        f'[smtp]\nport = 0\nintake = ["{INTAKE}"]\n{settings}\n[web]\nport = 0\n', "utf-8"
    )
    scratch = Scratch(folder)
    scratch.run("init", "--zone", "America/Chicago")
    scratch.run("custodian", "add", CUSTODIAN, "--name", "Jane Doe", "--also", SENDER)
    return scratch


def unpack(corpus: Path, folder: Path, messages: int | None) -> Path:
    """The corpus as a plain mbox in `folder`, cut after so many messages.

    Raises:
        SystemExit: there is no such file.
    """
    if not corpus.is_file():
        sys.exit(f"{corpus} is not there; give --corpus the path of an mbox (or mbox.xz)")
    target = folder / "corpus.mbox"
    with (lzma.open if corpus.suffix == ".xz" else open)(corpus, "rb") as source, target.open("wb") as copy:
        shutil.copyfileobj(source, copy, 1 << 20)
    if messages is not None:
        end = None
        with target.open("rb") as source:
            for one in split_mbox(source):
                if one.number > messages:
                    end = one.offset
                    break
        if end is not None:
            os.truncate(target, end)
    return target


def read_messages(mbox: Path, limit: int | None = None) -> list[bytes]:
    """The messages of an mbox, at most `limit`."""
    found: list[bytes] = []
    with mbox.open("rb") as source:
        for one in split_mbox(source):
            if limit is not None and len(found) >= limit:
                break
            found.append(one.raw)
    return found


def write_maildir(mbox: Path, folder: Path) -> int:
    """The same messages as a Maildir, for peers that read those; how many there are."""
    for part in ("cur", "new", "tmp"):
        (folder / part).mkdir(parents=True)
    count = 0
    with mbox.open("rb") as source:
        for one in split_mbox(source):
            (folder / "cur" / f"{1_700_000_000 + one.number}.{one.number}.bench:2,S").write_bytes(one.raw)
            count += 1
    return count
