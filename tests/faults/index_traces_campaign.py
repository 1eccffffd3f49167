"""Words of destroyed records are looked for in every byte that an index written anew has behind its cipher.

For each share of the records (1, 10, 1 % and 50 %) a generation is written in several pieces, then anew without them.
Each destroyed record of each engine is one attempt. The scan itself is tried first: it must see every word where it is.
"""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from search.engines import engine_named, engine_names
from tests.faults.campaign import Campaign, Counts
from tests.search.trace_scene import content, held, made, secret_words

if TYPE_CHECKING:
    from search.engines import Engine

KEY, NEXT_KEY = b"k" * 32, b"n" * 32
_PIECES = 4
_SHARED = 0.5


def renewed(place: Path, engine: Engine, chance: random.Random, records: int, share: int) -> list[str]:
    """Renew an index of so many records without `share` of them; what went wrong."""
    words = secret_words(chance.randrange(1 << 30), records)
    gone = sorted(chance.sample(range(records), share))
    source, target = (place / f"gen-{number}.{engine.ending}" for number in (1, 2))
    index = engine.open(source, KEY, create=True)
    piece = -(-records // _PIECES)
    for start in range(0, records, piece):
        index.add([made(number, words[number]) for number in range(start, min(start + piece, records))], start + piece)
    index.remove([f"rec_{number:06}" for number in gone], records)
    index.close()
    if len(held(content(engine.name, source, KEY), words)) < records:
        return [f"{engine.name}: the search for words does not find them where they are"]
    engine.renew(source, KEY, target, NEXT_KEY, [f"rec_{number:06}" for number in gone])
    found = set(held(content(engine.name, target, NEXT_KEY), words))
    failures = [f"{engine.name}, {share} of {records}: a word of record {one} is left" for one in gone if one in found]
    failures += [f"{engine.name}, {share} of {records}: {records - len(gone)} should stay"] * (
        len(found) != records - len(gone)
    )
    return failures


def run(seed: int, count: int) -> Counts:
    """Look for the words of at least `count` destroyed records."""
    chance = random.Random(seed)
    records = max(40, int(count / len(engine_names()) / _SHARED))
    tried, failures = 0, []
    for name in engine_names():
        for share in sorted({1, 10, max(1, records // 100), records // 2}):
            with tempfile.TemporaryDirectory() as place:
                failures += renewed(Path(place), engine_named(name), chance, records, share)
            tried += share
    notes = {"records of each index": records, "engines": ", ".join(engine_names())}
    return Counts(run=tried, failures=tuple(failures), notes=notes)


CAMPAIGN = Campaign(name="index traces", requires=4_000, quick=20, run=run)
