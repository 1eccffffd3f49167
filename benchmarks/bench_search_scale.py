"""Search as an archive grows: mails of a corpus, then 20,000, 300,000 and 1,000,000 made documents in one index.

The engine alone, in one program. Beside it, on the same texts and queries, programs that search what lies open on the
disk: `notmuch` and `mu` on the mails, Xapian and tantivy on the mails and on made documents.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from benchmarks.index_documents import documents
from benchmarks.report import conditions, percentile, table, write_section
from benchmarks.scratch import add_common, scratch_folder
from benchmarks.search_hostile import ask_hostile, hostile_lines
from benchmarks.search_measures import (
    MADE_TOGETHER,
    MANY_HITS,
    Timed,
    add,
    at,
    by_kind,
    made,
    measure,
    single_additions,
)
from benchmarks.search_peers import PeerTexts, peer_lines
from benchmarks.search_queries import WORST, asked, queries_of_made_documents, queries_of_mails
from search.engines import DEFAULT, engine_named
from storage.sealing import new_key
from tests.differential.records import corpus_documents

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.search_queries import AskedQuery
    from search.engines import EngineIndex

_SINGLES = 200
_DASH = "\u2013"
_WAYS = ("date", "relevance", "count", "facets")


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What was measured at one size of an index."""

    records: int
    added: int
    seconds: float
    size: int
    single: list[float]
    timed: list[Timed]
    worst: Timed

    @property
    def rate(self) -> float:
        """Documents added a second since the size before."""
        return self.added / self.seconds


def _bytes(path: Path) -> int:
    return sum(one.stat().st_size for one in path.parent.glob(f"{path.name}*") if one.is_file())


def _measured(
    index: EngineIndex, path: Path, queries: list[AskedQuery], rounds: int, added: tuple[int, float], records: int
) -> Size:
    size = _bytes(path)
    some = list(documents(_SINGLES))
    return Size(
        records=records,
        added=added[0],
        seconds=added[1],
        size=size,
        single=single_additions(index, some),
        timed=measure(index, queries, rounds),
        worst=measure(index, [asked("worst", WORST)], rounds)[0],
    )


def _ms(seconds: float) -> str:
    return _DASH if seconds != seconds else f"{1_000 * seconds:,.1f}"  # noqa: PLR0124 - not a number is not itself


def _row(name: str, several: list[Timed]) -> list[str]:
    totals = [one.total for one in several if not one.refusal] or [0]
    found = f"{min(totals):,} to {max(totals):,}" if len(totals) > 1 else f"{totals[0]:,}"
    cells = [_ms(at(share, several, way)) for way in _WAYS for share in (0.5, 0.95)]
    refused = sum(bool(one.refusal) for one in several)
    return [name, f"{len(several)}" + (f", {refused} refused" if refused else ""), found, *cells]


def _by_class(one: Size) -> list[str]:
    rows = [_row(kind, several) for kind, several in by_kind(one.timed).items()]
    rows.append(_row("**all**", one.timed))
    rows.append(_row(f"worst case: {WORST}", [one.worst]))
    head = ["queries", "number", "records found", *(f"{way} {share}" for way in _WAYS for share in ("p50", "p95"))]
    return [f"{one.records:,} records, times in ms:", "", *table(head, rows)]


def _facets(one: Size, *, many: bool) -> list[Timed]:
    return [timed for timed in (*one.timed, one.worst) if (timed.total > MANY_HITS) is many]


def _growth(sizes: list[Size]) -> list[str]:
    def row(name: str, *cells: str) -> list[str]:
        return [name, *cells]

    rows = [
        row("added, records/s", *(f"{one.rate:,.0f}" for one in sizes)),
        row("index, MB", *(f"{one.size / 1e6:,.0f}" for one in sizes)),
        row("index, bytes a record", *(f"{one.size / one.records:,.0f}" for one in sizes)),
        row("one durable addition p50, ms", *(_ms(percentile(one.single, 0.5)) for one in sizes)),
        row("one durable addition p95, ms", *(_ms(percentile(one.single, 0.95)) for one in sizes)),
        *(row(f"by {way} p95, ms", *(_ms(at(0.95, one.timed, way)) for one in sizes)) for way in _WAYS[:2]),
        row("exact count p95, ms", *(_ms(at(0.95, one.timed, "count")) for one in sizes)),
        row(
            "facets, up to 300,000 hits, worst, ms", *(_ms(at(1, _facets(one, many=False), "facets")) for one in sizes)
        ),
        row("facets, more hits, worst, ms", *(_ms(at(1, _facets(one, many=True), "facets")) for one in sizes)),
        *(row(f"worst case by {way} p95, ms", *(_ms(at(0.95, [one.worst], way)) for one in sizes)) for way in _WAYS),
    ]
    head = ["", *(f"{one.records:,}" for one in sizes)]
    return ["Growth, the same made documents and queries:", "", *table(head, rows)]


def _goals(last: Size) -> list[str]:
    goals = (
        ("by date p95", at(0.95, last.timed, "date"), 0.05),
        ("by relevance p95", at(0.95, last.timed, "relevance"), 0.5),
        ("exact count p95", at(0.95, last.timed, "count"), 0.1),
        ("facets up to 300,000 hits, worst", at(1, _facets(last, many=False), "facets"), 1.0),
    )
    rows = [[name, _ms(goal), _ms(found), "met" if found <= goal else "**missed**"] for name, found, goal in goals]
    rate = last.rate
    rows.append(["build, records/s", "5,000", f"{rate:,.0f}", "met" if rate >= 5_000 else "**missed**"])
    return [f"Goals at {last.records:,} records, ms:", "", *table(["", "goal", "found", ""], rows)]


def _slowest(one: Size) -> list[str]:
    """What to look at first."""
    lines = []
    for way in _WAYS:
        worst = max(one.timed, key=lambda timed: max(getattr(timed, way), default=0.0))
        lines.append(
            f"{way} {worst.asked.text} ({worst.total:,} hits, {_ms(max(getattr(worst, way), default=0.0))} ms)"
        )
    refusals = sorted({timed.asked.text for timed in one.timed if timed.refusal})
    said = f" Refused: {'; '.join(refusals)}." if refusals else ""
    return [f"Slowest at {one.records:,}: {'; '.join(lines)}.{said}", ""]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common(parser)
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[20_000, 300_000, 1_000_000], help=f"multiples of {MADE_TOGETHER}"
    )
    parser.add_argument("--rounds", type=int, default=5, help="times that each query is asked (default: 5)")
    parser.add_argument("--peers-at", type=int, default=300_000, help="made documents that the peers get, too")
    parser.add_argument("--no-peers", action="store_true", help="ours only")
    parser.add_argument("--engine", default=DEFAULT)
    chosen = parser.parse_args()
    engine, key = engine_named(chosen.engine), new_key()
    with scratch_folder(chosen.place) as folder:
        about = conditions(folder)
        lines = [*about, f"Engine {engine.name}; a page of 20 with the exact total; all seven facets at once.", ""]
        texts = PeerTexts(folder, keep=not chosen.no_peers)
        if chosen.corpus is not None:
            path = folder / f"mails.{engine.ending}"
            index = engine.open(path, key, create=True)
            mails = list(corpus_documents(chosen.corpus, chosen.messages or 20_000))
            seconds = add(index, [mails])
            texts.mails(mails)
            one = _measured(index, path, queries_of_mails(), chosen.rounds, (len(mails), seconds), len(mails))
            index.close()
            lines += [f"Mails of a mailing list, added at {one.rate:,.0f} a second; " + _by_class(one)[0]]
            lines += [*_by_class(one)[1:], *_slowest(one)]
            if not chosen.no_peers:
                lines += peer_lines(texts.of_mails, folder, queries_of_mails(), one.timed, chosen.corpus, chosen.rounds)
        path = folder / f"made.{engine.ending}"
        index = engine.open(path, key, create=True)
        sizes: list[Size] = []
        there = 0
        source = texts.made(made(max(chosen.sizes)), most=chosen.peers_at)
        for size in chosen.sizes:
            print(f"{size:,} made documents ...", file=sys.stderr, flush=True)
            began = time.monotonic()
            seconds = add(index, islice(source, (size - there) // MADE_TOGETHER))
            sizes.append(
                _measured(index, path, queries_of_made_documents(), chosen.rounds, (size - there, seconds), size)
            )
            there = size
            print("\n".join(_by_class(sizes[-1])), file=sys.stderr)
            print(f"{time.monotonic() - began:,.0f} s", file=sys.stderr, flush=True)
        lines += [*_by_class(sizes[-1]), *_slowest(sizes[-1]), *_growth(sizes), *_goals(sizes[-1])]
        lines += hostile_lines(ask_hostile(engine.name, path, key), sizes[-1].records)
        index.close()
        if not chosen.no_peers and texts.of_made.exists():
            at_peers = min(chosen.peers_at, sizes[-1].records)
            ours = next((one.timed for one in sizes if one.records == at_peers), sizes[-1].timed)
            lines += peer_lines(texts.of_made, folder, queries_of_made_documents(), ours, None, chosen.rounds)
    write_section("search-scale", "Search as an archive grows", lines)


if __name__ == "__main__":
    main()
