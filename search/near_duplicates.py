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

from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

LEAST_WORDS: Final = 24
MOST_BYTES: Final = 32_768
PERMUTATIONS: Final = 64
NEAR: Final = 0.8
"""From this share on two texts are called nearly the same."""
_SEED: Final = 20_250_401
_RUN: Final = 3
_BY_CHANCE: Final = 1 / 256
_ALGORITHM: Final = 2
SIGNATURE_VERSION: Final = f"minhash{_ALGORITHM}/{PERMUTATIONS}x8/{_RUN}"
_SPACE: Final = 0x20
_BASE: Final = 0x9E3779B97F4A7C15  # odd, so that it has an inverse
_MIX: Final = 0xD6E8FEB86659FD93
_HALF: Final = 32


@cache
def _powers() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The powers of the base modulo 2^64, and those of its inverse, for each place of a text.

    Raises:
        RuntimeError: the library has another algorithm than the signatures that are kept.
    """
    import numpy as np  # noqa: PLC0415 - see likeness_of
    import rensa  # noqa: PLC0415

    if rensa.RMinHash.ALGORITHM_VERSION != _ALGORITHM:
        raise RuntimeError("rensa makes other signatures than those that are kept; set _ALGORITHM to its version")
    powers: NDArray[np.uint64] = np.multiply.accumulate(np.full(MOST_BYTES, _BASE, dtype=np.uint64))
    inverses: NDArray[np.uint64] = np.multiply.accumulate(np.full(MOST_BYTES, pow(_BASE, -1, 1 << 64), dtype=np.uint64))
    return powers, inverses


def likeness_of(line: str) -> bytes:
    """The signature of a text from the line of its folded words; empty where it has too few."""
    import numpy as np  # noqa: PLC0415 - a tenth of a command's start, and few commands make signatures
    import rensa  # noqa: PLC0415 - the same

    letters = np.frombuffer(line.encode("utf-8", "replace")[:MOST_BYTES], dtype=np.uint8)
    spaces = np.flatnonzero(letters == _SPACE)
    if len(spaces) + 1 < LEAST_WORDS:
        return b""
    powers, inverses = _powers()
    sums = np.zeros(len(letters) + 1, dtype=np.uint64)
    np.cumsum(letters * powers[: len(letters)], out=sums[1:])
    ends = np.append(spaces[_RUN - 1 :], len(letters))
    starts = np.zeros(len(ends), dtype=np.intp)
    starts[1:] = spaces[: len(ends) - 1] + 1
    hashes = (sums[ends] - sums[starts]) * inverses[starts]
    half = np.uint64(_HALF)
    hashes ^= hashes >> half
    hashes *= np.uint64(_MIX)
    hashes ^= hashes >> half
    sketch = rensa.RMinHash.digest_matrix_from_flat_token_hashes(hashes, [0, len(hashes)], PERMUTATIONS, _SEED)
    return bytes([value & 0xFF for value in sketch.to_rows()[0]])


def near(one: bytes, other: bytes) -> float:
    """The share of runs that two texts have in common, from 0 to 1, estimated from their signatures; 0 without one."""
    return nearest(one, [other])[1] if len(other) == PERMUTATIONS else 0.0


def nearest(signature: bytes, others: Sequence[bytes]) -> tuple[int, float]:
    """Which of some signatures is nearest to one, the first of equals, and how near; (-1, 0) without any."""
    if len(signature) != PERMUTATIONS or not others:
        return -1, 0.0
    import numpy as np  # noqa: PLC0415 - see likeness_of

    signatures = np.frombuffer(b"".join(others), dtype=np.uint8).reshape(-1, PERMUTATIONS)
    same = np.count_nonzero(signatures == np.frombuffer(signature, dtype=np.uint8), axis=1)
    place = int(same.argmax())
    return place, max(0.0, (int(same[place]) / PERMUTATIONS - _BY_CHANCE) / (1 - _BY_CHANCE))
