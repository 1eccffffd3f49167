"""How nearly two texts say the same: signatures that estimate how many runs of words they share. Pure.

Rules:

- A text is its set of runs of three words (shingles; Broder 1997, "On the resemblance and containment of documents").
  What two sets share of what they have together is estimated by MinHash of 64 permutations with a fixed seed, of each
  of which one byte is kept (b-bit minwise hashing, Li and König 2010): 64 bytes a record, off by 0.05 in one of three
  cases.
- A run is known by a polynomial hash of its letters modulo 2^64, made for all runs at once; Python strings of them
  would take three times as long.
- Of a text with fewer than `LEAST_WORDS` words nothing is said: greetings and notes are alike by chance.
- Of a long text the first `MOST_BYTES` count.
- The library is known here alone, and its algorithm's version is part of `SIGNATURE_VERSION`: a signature of another
  one says nothing beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import rensa

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAST_WORDS: Final = 24
MOST_BYTES: Final = 32_768
PERMUTATIONS: Final = 64
NEAR: Final = 0.8
"""From this share on two texts are called nearly the same."""
_SEED: Final = 20_250_401
_RUN: Final = 3
_BY_CHANCE: Final = 1 / 256
SIGNATURE_VERSION: Final = f"minhash{rensa.RMinHash.ALGORITHM_VERSION}/{PERMUTATIONS}x8/{_RUN}"
_SPACE: Final = 0x20
_BASE: Final = 0x9E3779B97F4A7C15  # odd, so that it has an inverse
_POWERS: Final = np.cumprod(np.full(MOST_BYTES, _BASE, dtype=np.uint64))
_INVERSES: Final = np.cumprod(np.full(MOST_BYTES, pow(_BASE, -1, 1 << 64), dtype=np.uint64))
_MIX: Final = np.uint64(0xD6E8FEB86659FD93)
_HALF: Final = np.uint64(32)


def likeness_of(line: str) -> bytes:
    """The signature of a text from the line of its folded words; empty where it has too few."""
    letters = np.frombuffer(line.encode("utf-8", "replace")[:MOST_BYTES], dtype=np.uint8)
    spaces = np.flatnonzero(letters == _SPACE)
    if len(spaces) + 1 < LEAST_WORDS:
        return b""
    sums = np.zeros(len(letters) + 1, dtype=np.uint64)
    np.cumsum(letters * _POWERS[: len(letters)], out=sums[1:])
    ends = np.append(spaces[_RUN - 1 :], len(letters))
    starts = np.zeros(len(ends), dtype=np.intp)
    starts[1:] = spaces[: len(ends) - 1] + 1
    hashes = (sums[ends] - sums[starts]) * _INVERSES[starts]
    hashes ^= hashes >> _HALF
    hashes *= _MIX
    hashes ^= hashes >> _HALF
    sketch = rensa.RMinHash.digest_matrix_from_flat_token_hashes(hashes, [0, len(hashes)], PERMUTATIONS, _SEED)
    return bytes([value & 0xFF for value in sketch.to_rows()[0]])


def near(one: bytes, other: bytes) -> float:
    """The share of runs that two texts have in common, from 0 to 1, estimated from their signatures; 0 without one."""
    return nearest(one, [other])[1] if len(other) == PERMUTATIONS else 0.0


def nearest(signature: bytes, others: Sequence[bytes]) -> tuple[int, float]:
    """Which of some signatures is nearest to one, the first of equals, and how near; (-1, 0) without any."""
    if len(signature) != PERMUTATIONS or not others:
        return -1, 0.0
    signatures = np.frombuffer(b"".join(others), dtype=np.uint8).reshape(-1, PERMUTATIONS)
    same = np.count_nonzero(signatures == np.frombuffer(signature, dtype=np.uint8), axis=1)
    place = int(same.argmax())
    return place, max(0.0, (int(same[place]) / PERMUTATIONS - _BY_CHANCE) / (1 - _BY_CHANCE))
