"""Search through the HTTP API, as an officer's program would: the first 20 of each query in `queries.txt`.

By date, by relevance, and by date with every facet; and how long after its deposit a mail is found.

Every answer is the whole document: exact total, coverage, opened and marked hits, and an event in the ledger for the
search. Beside it the engine alone, in this program, on the same index.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from benchmarks.report import conditions, percentile, table, write_section
from benchmarks.scratch import CUSTODIAN, Scratch, add_common, make_archive, scratch_folder, unpack
from benchmarks.search_lag import lag_lines
from search.query_language import parse_query

if TYPE_CHECKING:
    from archiver.wiring import Installation

QUERIES = Path(__file__).with_name("queries.txt")
_LIMIT = 20
_WAYS = {"date": "&sort=date", "relevance": "&sort=relevance", "facets": "&sort=date&facets=all"}
_FEWER = 4
_BEGIN_SECONDS = 60.0
_WHAT_IT_DOES = (
    "Over HTTP: sign-in by token, rights, exact total, coverage, the first 20 records opened and marked, and a "
    "durable event for the search. Engine alone: parse, exact total, the first 20 ids."
)


@dataclass(slots=True, kw_only=True)
class Asked:
    """One query of a class, what it found, and the seconds of each time that it was asked."""

    kind: str
    text: str
    total: int = -1
    over_http: dict[str, list[float]] = field(default_factory=lambda: {way: [] for way in _WAYS})
    engine: list[float] = field(default_factory=list)


def read_queries(path: Path = QUERIES) -> list[Asked]:
    """The queries of the file, in order."""
    lines = [line for line in path.read_text("utf-8").splitlines() if line.strip() and not line.startswith("#")]
    return [Asked(kind=kind, text=text) for kind, text in (line.split("\t", 1) for line in lines)]


class Client:
    """One connection to the API, kept open."""

    def __init__(self, address: str, token: str) -> None:
        split = urlsplit(address)
        assert split.hostname is not None
        self._connection = http.client.HTTPConnection(split.hostname, split.port, timeout=120)
        self._headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str) -> tuple[int, Any]:
        """Status and JSON document."""
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        return answer.status, json.loads(body)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def wait_until_ready(client: Client) -> None:
    """Wait until the services say that they are ready; ends the program where they never are."""
    until = time.monotonic() + _BEGIN_SECONDS
    while True:
        try:
            if client.get("/readyz")[0] == 200:
                return
        except OSError:
            client.close()
        if time.monotonic() > until:
            sys.exit("the services did not get ready")
        time.sleep(0.1)


def ask_over_http(scratch: Scratch, queries: list[Asked], rounds: int) -> None:
    """Ask every query so many times; the first time of each is not counted, since caches are empty then."""
    token = scratch.run("user", "add", f"officer-{time.time_ns()}", "--role", "officer").document["token"]
    with scratch.serving() as addresses:
        client = Client(addresses["web"], token)
        wait_until_ready(client)
        for way, asked in _WAYS.items():
            for number in range((rounds if way == "date" else rounds // _FEWER) + 1):
                for query in queries:
                    began = time.perf_counter()
                    status, document = client.get(f"/api/v1/search?limit={_LIMIT}{asked}&q={quote(query.text)}")
                    took = time.perf_counter() - began
                    if status != 200:
                        sys.exit(f"{query.text!r} was answered with {status}: {document}")
                    query.total = document["total"]
                    if number:
                        query.over_http[way].append(took)
        client.close()


def ask_engine(installation: Installation, queries: list[Asked], rounds: int) -> None:
    """Ask the engine alone: parse, count, first 20 by date; no record is opened and no event written."""
    zone = installation.archive.zone
    today = installation.archive.store.clock().astimezone(zone).date()
    for number in range(rounds + 1):
        for query in queries:
            began = time.perf_counter()
            page = installation.index.search(parse_query(query.text, today=today, zone=zone), limit=_LIMIT)
            took = time.perf_counter() - began
            if page.total != query.total:
                sys.exit(f"{query.text!r}: the engine counts {page.total}, the API {query.total}")
            if number:
                query.engine.append(took)


def _row(name: str, queries: list[Asked]) -> list[str]:
    over_http = {way: [value for query in queries for value in query.over_http[way]] for way in _WAYS}
    engine = [value for query in queries for value in query.engine]
    dated = over_http["date"]
    milliseconds = [percentile(dated, 0.5), percentile(dated, 0.95), max(dated)]
    milliseconds += [percentile(over_http[way], share) for way in ("relevance", "facets") for share in (0.5, 0.95)]
    milliseconds += [percentile(engine, 0.5), percentile(engine, 0.95)]
    totals = [query.total for query in queries]
    found = f"{min(totals):,} to {max(totals):,}" if len(totals) > 1 else f"{totals[0]:,}"
    return [name, str(len(queries)), found, *(f"{1000 * value:,.1f}" for value in milliseconds)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common(parser)
    parser.add_argument("--archive", type=Path, help="an archive that bench_ingest kept; else one is made")
    parser.add_argument("--rounds", type=int, default=20, help="times that each query is asked (default: 20)")
    chosen = parser.parse_args()
    if chosen.corpus is None and chosen.archive is None:
        parser.error("--corpus or --archive is needed")
    with scratch_folder(chosen.place) as folder:
        if chosen.archive is not None:
            scratch = Scratch(chosen.archive.resolve())
        else:
            scratch = make_archive(folder / "archive")
            scratch.run("ingest", str(unpack(chosen.corpus, folder, chosen.messages)), "--custodian", CUSTODIAN)
        about = conditions(folder)
        queries = read_queries()
        ask_over_http(scratch, queries, chosen.rounds)
        installation = scratch.open()
        try:
            ask_engine(installation, queries, chosen.rounds)
            records = installation.follower().coverage().indexed
        finally:
            installation.close()
        lag = lag_lines(scratch)
    by_kind: dict[str, list[Asked]] = defaultdict(list)
    for query in queries:
        by_kind[query.kind].append(query)
    rows = [_row(kind, members) for kind, members in by_kind.items()]
    rows.append(_row("**all**", queries))
    middle = statistics.median(value for query in queries for value in query.over_http["date"])
    head = ["queries", "number", "records found", "HTTP by date p50", "p95", "worst", "by relevance p50", "p95"]
    head += ["with facets p50", "p95", "engine alone p50", "p95"]
    what = (
        f"{records:,} records; each of {len(queries)} queries {chosen.rounds} times, one caller, after one time that "
        "is not counted. By relevance and with facets a quarter as often. "
        f"Times in ms; median of all by date {1000 * middle:.1f}."
    )
    lines = [
        *about,
        what,
        "",
        *table(head, rows),
        _WHAT_IT_DOES,
        "",
        *lag,
    ]
    write_section("search", "Search, first 20 by date", lines)


if __name__ == "__main__":
    main()
