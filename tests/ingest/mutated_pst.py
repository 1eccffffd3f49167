"""A program that reads mutations of one Outlook data file by their numbers; libpff may end it at any of them.

Run as ``python -m tests.ingest.mutated_pst FILE FIRST LAST``. Prints each number before it is read, and "done".
"""

from __future__ import annotations

import io
import random
import resource
import sys
from pathlib import Path

from ingest.formats import pst
from ingest.formats.container import ContainerBroken, Member, MemberBroken
from ingest.formats.serialised_reading import read_serialised


def mutated(content: bytes, seed: int) -> bytes:
    """The file cut off, or with some bytes changed, most of them where there are any."""
    chance = random.Random(seed)
    changed = bytearray(content if seed % 4 else content[: chance.randrange(len(content))])
    busy = [place for place in range(0, len(changed), 64) if any(changed[place : place + 64])]
    for _ in range(chance.choice([0, 1, 4, 16, 64]) if busy else 0):
        place = min(chance.choice(busy) + chance.randrange(64), len(changed) - 1)
        changed[place] = chance.choice([0, 1, 0x7F, 0xFF, chance.randrange(256)])
    return bytes(changed)


def read(content: bytes) -> None:
    """Take everything out that comes."""
    try:
        for one in pst.members(io.BytesIO(content), "x.pst"):
            if isinstance(one, Member) and one.problem is None:
                try:
                    raw = b"".join(one.pieces)
                except MemberBroken:
                    continue
                read_serialised(raw)
    except ContainerBroken:
        return


def main(file: str, first: str, last: str) -> None:
    """Read the mutations of these numbers, the last included."""
    resource.setrlimit(resource.RLIMIT_DATA, (1 << 30, 1 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    content = Path(file).read_bytes()
    for seed in range(int(first), int(last) + 1):
        print(seed, flush=True)  # noqa: T201 - the parent reads where it ended
        read(mutated(content, seed))
    print("done", flush=True)  # noqa: T201 - as above


if __name__ == "__main__":
    main(*sys.argv[1:])
