"""Documents with a word of their own each, and all that lies behind the cipher of an engine's files."""

from __future__ import annotations

import random
import re
import string
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from search.sealed_files import SealedFiles
from storage.errors import ArchiveError
from storage.records import Party
from tests.faults.destruction_archives import deciphered
from tests.search.building import document, mail
from tests.search.test_fts_renewal import everything_in

if TYPE_CHECKING:
    from pathlib import Path

# in a segment a word stands without what it shares with the one before it, and without what a stemmer takes off
OWN_LETTERS = slice(4, 12)
_START = datetime(2024, 1, 1, tzinfo=UTC)


def secret_words(seed: int, count: int) -> list[str]:
    """A word of its own for each record."""
    chance = random.Random(seed)
    return ["".join(chance.choices(string.ascii_lowercase, k=18)) for _ in range(count)]


def made(number: int, word: str):
    """A document that has its word in every kind of column."""
    return document(
        number,
        text=f"the heron {word} flies over the roof",
        original=mail(
            f"heron {word}", Party(name=word, address=f"{word}@z.example"), [Party(address=f"x@{word}.example")]
        ),
        names=(f"{word}.pdf",),
        sent_at=_START + timedelta(hours=number),
    )


def content(engine: str, path: Path, key: bytes) -> bytes:
    """All that lies at a generation behind its cipher: each page and each segment, live or not; or each sealed file."""
    if engine == "fts":
        return deciphered(path, key) + everything_in(path, key).encode("utf-8", "replace")
    files = SealedFiles(path, key)
    return b"".join(_opened(files, one.name) for one in sorted(path.iterdir()))


def _opened(files: SealedFiles, name: str) -> bytes:
    try:
        return files.unsealed(name, files.sealed(name))
    except ArchiveError:
        return b""  # a lock file


def held(where: bytes, words: list[str]) -> list[int]:
    """Whose words stand there; looked through once, however many there are."""
    wanted = {word[OWN_LETTERS].encode(): number for number, word in enumerate(words)}
    size = OWN_LETTERS.stop - OWN_LETTERS.start
    found: set[int] = set()
    for run in re.findall(rb"[a-z]{%d,}" % size, where):
        for at in range(len(run) - size + 1):
            number = wanted.get(run[at : at + size])
            if number is not None:
                found.add(number)
    return sorted(found)
