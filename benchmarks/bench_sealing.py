"""Sealed containers against what the machine's own AES-GCM and SHA-256 give, and the memory that a large object takes.

Rule: a rate is bytes a second of this program's processor time, so that it is one core's whatever else runs; the
best of several repeats, as for the primitives beside it. The ideal is what the primitives alone would take for the
same bytes. Memory is the peak of the largest program of a command, less that of the same command on a small file;
the archive is opened by its recovery key, because Argon2id takes more memory for a moment than all of the rest does.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from benchmarks.report import conditions, table, write_section
from benchmarks.scratch import CUSTODIAN, PASSPHRASE, ROOT, scratch_folder
from storage.memory_blobs import MemoryReader
from storage.sealed_ranges import SealedRanges
from storage.sealed_streams import PIECE_BYTES, open_pieces, seal_pieces
from storage.sealing import CHUNK_BYTES, SealKind, new_key, seal, unseal

if TYPE_CHECKING:
    from collections.abc import Callable

_MEGABYTE = 1_000_000
_REPEATS, _TIMES = 9, 20
_GOALS = {"seal, both digests": 350, "open": 600}


def _rate(act: Callable[[], object], size: int) -> float:
    """MB/s of processor time: the best of some repeats of many calls each."""
    act()
    best = float("inf")
    for _ in range(_REPEATS):
        began = time.process_time()
        for _ in range(_TIMES):
            act()
        best = min(best, (time.process_time() - began) / _TIMES)
    return size / best / _MEGABYTE


class _Object:
    """One object in memory, and the ways to seal and to open it."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._key, self._plain = new_key(), os.urandom(size)
        self._view = memoryview(self._plain)
        self._named: dict[str, Any] = {
            "archive_id": "arc_bench",
            "kind": SealKind.SUBMISSION,
            "object_id": "sub_bench",
        }
        self._sealed = seal(self._key, **self._named, plain=self._plain)
        self._cipher = AESGCM(self._key)

    def encrypt(self) -> None:
        """AES-GCM alone."""
        for at in range(0, self.size, CHUNK_BYTES):
            self._cipher.encrypt(at.to_bytes(12), self._view[at : at + CHUNK_BYTES], None)

    def digest(self) -> None:
        """SHA-256 alone."""
        hashlib.sha256(self._plain).digest()

    def close(self) -> None:
        """Seal whole, with the digests of the plain and of the sealed bytes."""
        self.digest()
        hashlib.sha256(seal(self._key, **self._named, plain=self._plain)).digest()

    def close_in_pieces(self) -> None:
        """The same in pieces."""
        of_plain, of_sealed = hashlib.sha256(), hashlib.sha256()
        pieces = [self._view[at : at + PIECE_BYTES] for at in range(0, self.size, PIECE_BYTES)]
        for piece in pieces:
            of_plain.update(piece)
        for one in seal_pieces(self._key, **self._named, pieces=pieces):
            of_sealed.update(one)

    def open(self) -> None:
        """Open whole."""
        unseal(self._key, **self._named, sealed=self._sealed)

    def open_in_pieces(self) -> None:
        """Open as a stream."""
        pieces = (self._sealed[at : at + PIECE_BYTES] for at in range(0, len(self._sealed), PIECE_BYTES))
        for _ in open_pieces(self._key, **self._named, sealed=pieces):
            pass

    def open_by_ranges(self) -> None:
        """Open by random access."""
        SealedRanges(self._key, **self._named, sealed=MemoryReader(self._sealed)).read(0, self.size)


def measure_rates() -> list[list[str]]:
    """Rates of the primitives and of our containers, and the share of the ideal that ours reach."""
    one = _Object(_MEGABYTE)
    cipher, digest = _rate(one.encrypt, one.size), _rate(one.digest, one.size)
    closing, opening = 1 / (1 / cipher + 2 / digest), cipher
    rows = [
        ["AES-256-GCM alone, chunks of 16 KiB", f"{cipher:,.0f}", "", ""],
        ["SHA-256 alone", f"{digest:,.0f}", "", ""],
    ]
    for title, act, ideal in (
        ("seal, both digests", one.close, closing),
        ("seal in pieces, both digests", one.close_in_pieces, closing),
        ("open", one.open, opening),
        ("open in pieces", one.open_in_pieces, opening),
        ("open by ranges", one.open_by_ranges, opening),
    ):
        reached = _rate(act, one.size)
        goal = _GOALS.get(title)
        rows.append([title, f"{reached:,.0f}", f"{reached / ideal:.2f}", "" if goal is None else f"{goal:,}"])
    return rows


@dataclass(frozen=True, slots=True)
class _Used:
    """What a command used: seconds, processor seconds, and the peak in bytes of its largest program."""

    seconds: float
    processor: float
    peak: int
    said: bytes


def _command(folder: Path, secret: str, *arguments: str) -> _Used:
    """Run `archiver ARGUMENTS`."""
    began = time.monotonic()
    environment = {**os.environ, "ARCHIVER_PASSPHRASE": secret, "ARCHIVER_DATA": str(folder)}
    command = [sys.executable, "-m", "archiver.cli.main", *arguments]
    child = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE)
    assert child.stdout is not None
    said = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"archiver {arguments[0]} ended with {child.returncode}")
    return _Used(time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss << 10, said)


def _fill(path: Path, size: int) -> None:
    block = os.urandom(1 << 20)
    with path.open("wb") as stream:
        for number in range(0, size, len(block)):
            stream.write((number.to_bytes(8) + block[8:])[: size - number])


def measure_memory(place: Path, size: int) -> list[list[str]]:
    """Each command on an archive of one large file beside one of a small file."""
    seen: list[list[_Used]] = []
    for number, of_file in enumerate((100_000, size)):
        folder = place / f"archive-{number}"
        secret = json.loads(_command(folder, PASSPHRASE, "init", "--json").said)["recovery_key"]
        _command(folder, secret, "custodian", "add", CUSTODIAN, "--name", "J. Doe")
        given = place / "given.bin"
        _fill(given, of_file)
        digest = hashlib.file_digest(given.open("rb"), "sha256").hexdigest()
        to = place / f"out-{number}"
        seen.append(
            [
                _command(folder, secret, "ingest", str(given), "--custodian", CUSTODIAN, "--json"),
                _command(folder, secret, "record", "export", "--all", "--to", str(to), "--json"),
                _command(folder, secret, "verify", "--all", "--json"),
            ]
        )
        (document,) = to.rglob("metadata.json")
        (exported,) = to.rglob("001-original.bin")
        if json.loads(document.read_bytes())["captured"]["sha256"] != digest or exported.stat().st_size != of_file:
            sys.exit("what came out is not what went in")
        exported.unlink()
        given.unlink()
    commands = zip(("ingest", "record export", "verify --all"), *seen, strict=True)
    return [
        [
            name,
            f"{large.seconds:.1f}",
            f"{size / large.processor / _MEGABYTE:,.0f}",
            f"{small.peak / (1 << 20):.1f}",
            f"{(large.peak - small.peak) / (1 << 20):+.1f}",
        ]
        for name, small, large in commands
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--large", type=int, default=2 << 30, help="bytes of the large file (default: 2 GiB)")
    parser.add_argument("--place", type=Path, default=ROOT / ".work", help="folder for scratch files (default: .work)")
    chosen = parser.parse_args()
    with scratch_folder(chosen.place) as folder:
        about = conditions(folder)
        rates = measure_rates()
        memory = measure_memory(folder, chosen.large)
    lines = [
        *about,
        "Objects of 1 MB in memory, on one core; the ideal is the primitives' own time for the same bytes:",
        "",
        *table(["", "MB/s", "of the ideal", "goal"], rates),
        f"One file of {chosen.large:,} bytes by the command line; memory above the same command on a small file:",
        "",
        *table(["command", "seconds", "MB/s of processor time", "MiB for a small file", "MiB above that"], memory),
    ]
    write_section("sealing", "Sealed containers", lines)


if __name__ == "__main__":
    main()
