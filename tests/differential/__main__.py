"""Generated queries on every engine beside the naive matcher: ``python -m tests.differential``.

Two rounds: many queries on some messages, on every engine; fewer on all messages, on the default engine. Without the
corpus, records are drawn in its place. The seed is printed and repeats a run, on any number of cores. Each difference
is printed with the smallest query that shows it. The exit status is 1 where there is one.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from search.engines import DEFAULT
from tests.differential.comparing import Comparison, Tally, run
from tests.differential.engines import build, opened, present_engines
from tests.differential.questions import Catalogue, questions
from tests.differential.records import cached, drawn_documents

if TYPE_CHECKING:
    from search.documents import IndexDocument
    from search.engines import Engine
    from tests.differential.comparing import Difference

_SHARDS = 16  # of the same queries whatever the number of processes
_DRAWN_BESIDE = 200


def _told(difference: Difference) -> None:
    print(difference.told(), flush=True)  # noqa: T201 - a program


class _Round:
    """Documents, engines that hold them, and a seed; inherited by the processes that compare."""

    def __init__(self, documents: list[IndexDocument], engines: dict[str, Engine], folder: Path, seed: int) -> None:
        self.documents = documents
        self.engines = engines
        self.folder = folder
        self.seed = seed

    def shard(self, number: int, count: int) -> Tally:
        """Compare one part of the queries."""
        asked = islice(questions(self.seed, self.documents), number, None, _SHARDS)
        with opened(self.engines, self.folder) as indexes:
            comparison = Comparison(self.documents, Catalogue(self.documents), dict(indexes), shrink=100)
            return run(comparison, asked, count, _told)


_round: _Round | None = None


def _shard(work: tuple[int, int]) -> Tally:
    assert _round is not None
    return _round.shard(*work)


def _compare(name: str, chosen: _Round, count: int, jobs: int) -> Tally:
    """All shards of a round, and what is said of it."""
    global _round  # noqa: PLW0603 - inherited by fork: a million words need not be sent to each process
    began = time.monotonic()
    for engine in chosen.engines.values():
        build(engine, chosen.documents, chosen.folder, chosen.seed)
    built = time.monotonic() - began
    _round = chosen
    work = [(number, count // _SHARDS + (number < count % _SHARDS)) for number in range(_SHARDS)]
    total = Tally()
    with multiprocessing.get_context("fork").Pool(jobs) as pool:
        for done, tally in enumerate(pool.imap_unordered(_shard, work), start=1):
            total.add(tally)
            print(f"  {done} of {_SHARDS} parts, {total.compared:,} queries", file=sys.stderr, flush=True)  # noqa: T201
    _say(name, chosen, total, built, time.monotonic() - began)
    return total


def _say(name: str, chosen: _Round, total: Tally, built: float, seconds: float) -> None:
    lines = [
        f"{name}: {total.compared:,} queries on {len(chosen.documents):,} documents, seed {chosen.seed}",
        f"  {', '.join(chosen.engines)}: each as written and as renewed, beside the naive matcher",
        f"  differences {len(total.differences)}; queries with hits {total.with_hits / max(1, total.compared):.0%}",
        f"  {seconds:,.0f} s, of which building {built:,.0f}",
        f"  refused by the language and drawn anew {total.refused}, by an engine {sum(total.unanswered.values())}",
    ]
    lines += [f"    {count} × {sentence}" for sentence, count in (total.refusals + total.unanswered).most_common(12)]
    lines.append("  queries, and those with hits, by what they use:")
    lines += [
        f"    {total.by_construct[one]:5} {total.hits_by_construct[one]:5}  {one}" for one in sorted(total.by_construct)
    ]
    print("\n".join(lines), flush=True)  # noqa: T201 - a program


def main(arguments: list[str] | None = None) -> int:
    """Run what the command line asks for; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.differential", description=__doc__)
    parser.add_argument("--corpus", type=Path, help="mbox, or mbox.xz; without it records are drawn")
    parser.add_argument("--messages", type=int, default=2_000, help="of the first round (default: 2,000)")
    parser.add_argument("--queries", type=int, default=2_000, help="of the first round (default: 2,000)")
    parser.add_argument("--all-messages", type=int, default=20_000, help="of the second round (default: 20,000)")
    parser.add_argument("--all-queries", type=int, default=300, help="of the second round (default: 300)")
    parser.add_argument("--seed", type=int, help="repeat a run")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--engine", action="append", help="only this one; may be given twice")
    parser.add_argument("--documents", type=Path, help="folder where documents read are kept for the next run")
    chosen = parser.parse_args(arguments)
    seed = random.SystemRandom().randrange(10**6) if chosen.seed is None else chosen.seed
    engines, absent = present_engines()
    for name, why in absent.items():
        print(f"SKIPPED: 1 engine of {len(engines) + len(absent)}, {name}: {why}")  # noqa: T201 - a program
    engines = {name: one for name, one in engines.items() if not chosen.engine or name in chosen.engine}
    with tempfile.TemporaryDirectory(prefix="differential-") as made:
        folder = Path(made)
        most = max(chosen.messages, chosen.all_messages if chosen.all_queries else 0)
        if chosen.corpus is not None and chosen.corpus.is_file():
            documents = cached(chosen.corpus, most, chosen.documents or folder)
        else:
            print("SKIPPED: the corpus; records are drawn in its place")  # noqa: T201 - a program
            documents = drawn_documents(seed + 1, most, first=10_000_000)
        drawn = drawn_documents(seed, _DRAWN_BESIDE)
        rounds = [("every engine", documents[: chosen.messages] + drawn, engines, chosen.queries)]
        if chosen.all_queries and DEFAULT in engines:
            alone = {DEFAULT: engines[DEFAULT]}
            rounds.append(("default engine", documents[: chosen.all_messages] + drawn, alone, chosen.all_queries))
        differences = 0
        for number, (name, held, those, count) in enumerate(rounds):
            (folder / str(number)).mkdir()
            total = _compare(name, _Round(held, those, folder / str(number), seed), count, chosen.jobs)
            differences += len(total.differences)
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
