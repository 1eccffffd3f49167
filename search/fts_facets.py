"""Counts of hits by value, from the facts of all documents in memory (`search.fts_facts`)."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from search.fts_facts import NO_VALUE
from search.fts_schema import microseconds
from search.index import Facet, FacetName, Groups

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import tzinfo

    from numpy.typing import NDArray

    from search.fts_facts import Facts

_AT_ONCE: Final = 1 << 17
"""Hits that are counted together, so that what it takes of memory does not grow with them."""
_FIRST_YEAR: Final = 1
_LAST_YEAR: Final = 9999


def count_facets(
    connection: Any, facts: Facts, places: NDArray[np.int64], names: Sequence[FacetName], zone: tzinfo, most: int
) -> tuple[Facet, ...]:
    """The hits at these places of `facts` by each of these names."""
    return tuple(_facet(connection, facts, places, name, zone, most) for name in names)


def months_of(moments: NDArray[np.int64], zone: tzinfo) -> dict[str, int]:
    """How many of these moments, in microseconds since 1970, are in each month of a zone, as ``2025-03``."""
    if not len(moments):
        return {}
    nearly = np.unique(moments.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64))
    months = sorted({month for one in nearly.tolist() for month in (one - 1, one, one + 1)})
    starts = [_start_of(month, zone) for month in months]
    chosen, counts = np.unique(np.searchsorted(starts, moments, side="right") - 1, return_counts=True)
    found: dict[str, int] = {}
    for place, count in zip(chosen.tolist(), counts.tolist(), strict=True):
        year, month = _year_and_month(months[place])
        found[f"{year:04}-{month:02}"] = count
    return found


def read_groups(connection: Any, record_ids: Sequence[str]) -> dict[str, Groups]:
    """The groups of these records; unknown ids are left out."""
    rows = connection.execute(
        "SELECT record_id, thread, equal, likeness FROM json_each(?) CROSS JOIN docs ON record_id = value"
        " LEFT JOIN alike USING (doc)",
        (json.dumps(list(record_ids)),),
    )
    return {row[0]: Groups(row[1] or b"", row[2] or b"", row[3] or b"") for row in rows.fetchall()}


def _facet(connection: Any, facts: Facts, places: NDArray[np.int64], name: FacetName, zone: tzinfo, most: int) -> Facet:
    pieces = [places[start : start + _AT_ONCE] for start in range(0, len(places), _AT_ONCE)]
    if name is FacetName.MONTH:
        months: Counter[str] = Counter()
        for some in pieces:
            months.update(months_of(facts.happened[some], zone))
        return _most(name, months.items(), most, without=0)
    tally, without = np.zeros(0, np.int64), 0
    for some in pieces:
        codes, lacking = _values_of(facts, some, name)
        without += lacking
        tally = _added(tally, np.bincount(codes))
    present = np.flatnonzero(tally)
    shown = present
    if len(present) > most > 0:  # the values are needed only of those that may be shown
        least = np.partition(tally[present], -most)[-most]
        shown = present[tally[present] >= least]
    values = dict(
        connection.execute(
            "SELECT code, value FROM fact_values WHERE code IN (SELECT value FROM json_each(?))",
            (json.dumps(shown.tolist()),),
        ).fetchall()
    )
    counted = [(values[code], int(tally[code])) for code in shown.tolist()]
    return _most(name, counted, most, without=without, values=len(present))


def _values_of(facts: Facts, places: NDArray[np.int64], name: FacetName) -> tuple[NDArray[Any], int]:
    """The codes of the values that these documents have, one after the other, and how many of them have none."""
    if name is FacetName.CORRESPONDENT:
        starts = facts.starts[places]
        lengths = facts.starts[places + 1] - starts
        return facts.people[_runs(starts, lengths)].astype(np.int64), int(np.count_nonzero(lengths == 0))
    codes = facts.codes[name.value][places]
    present = codes != NO_VALUE
    return codes[present], len(codes) - int(np.count_nonzero(present))


def _added(one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    """The sums of counts, of which the shorter has no more."""
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    found = longer.copy()
    found[: len(shorter)] += shorter
    return found


def _most(
    name: FacetName, counts: Iterable[tuple[str, int]], most: int, *, without: int, values: int | None = None
) -> Facet:
    ordered = sorted(counts, key=lambda pair: (-pair[1], pair[0]))
    shown = tuple(ordered[:most])
    return Facet(
        name=name, counts=shown, others=(len(ordered) if values is None else values) - len(shown), without=without
    )


def _runs(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """All places of runs that begin at `starts` and are so long."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) - np.repeat(ends - lengths, lengths) + np.repeat(starts, lengths)


def _year_and_month(month: int) -> tuple[int, int]:
    """Year and month of a number of months since January 1970."""
    return 1970 + month // 12, month % 12 + 1


def _start_of(month: int, zone: tzinfo) -> int:
    year, number = _year_and_month(month)
    if year < _FIRST_YEAR:
        return np.iinfo(np.int64).min
    if year > _LAST_YEAR:
        return np.iinfo(np.int64).max
    try:
        return microseconds(datetime(year, number, 1, tzinfo=zone))
    except OverflowError:  # the first hours of the calendar, where the zone is ahead of UTC
        return np.iinfo(np.int64).min
