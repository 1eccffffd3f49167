"""Which documents are those of a set of records: large sets are looked up once and then follow what changes.

Rules:

- What an archive has destroyed, and what a series or a hold has, is asked for again with each search, and is the same
  for long. A few sets are kept with their numbers, as of an edit of the index; what changed since is read from `edits`.
  Together they have at most `_MOST_IDS` ids, so that memory is bounded.
- What was given out is never changed.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from search.fts_writing import meta

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from search.stopping import Stop

_MOST_IDS: Final = 500_000
_WORTH_KEEPING: Final = 200
_CHUNK: Final = 50_000


class NumbersInMemory:
    """The numbers of some sets of records of one index file."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[frozenset[str], tuple[int, NDArray[np.int64]]] = OrderedDict()

    def of(self, connection: Any, record_ids: frozenset[str], stop: Stop | None = None) -> NDArray[np.int64]:
        """The numbers of those of these records that are there, ascending, as this connection's transaction sees it."""
        if len(record_ids) < _WORTH_KEEPING:
            return _look_up(connection, record_ids, stop)
        edit: int = meta(connection)["edit"]
        with self._lock:
            kept = self._kept.get(record_ids)
        found = None
        if kept is not None and kept[0] <= edit:
            found = kept[1] if kept[0] == edit else _brought_forward(connection, record_ids, *kept, edit)
        if found is None:
            found = _look_up(connection, record_ids, stop)
        with self._lock:
            self._kept[record_ids] = (edit, found)
            self._kept.move_to_end(record_ids)
            while sum(map(len, self._kept)) > _MOST_IDS:
                self._kept.popitem(last=False)
        return found


def _look_up(connection: Any, record_ids: frozenset[str], stop: Stop | None) -> NDArray[np.int64]:
    ids = sorted(record_ids)
    found: list[int] = []
    for start in range(0, len(ids), _CHUNK):
        if stop is not None:
            stop.check()
        rows = connection.execute(
            "SELECT doc FROM json_each(?) CROSS JOIN docs ON record_id = value",
            (json.dumps(ids[start : start + _CHUNK]),),
        )
        found += [row[0] for row in rows.fetchall()]
    return np.unique(np.array(found, dtype=np.int64))


def _brought_forward(
    connection: Any, record_ids: frozenset[str], since: int, numbers: NDArray[np.int64], edit: int
) -> NDArray[np.int64] | None:
    """These numbers with what was changed since; None where that is not known any more."""
    rows = connection.execute("SELECT added, gone FROM edits WHERE edit > ?", (since,)).fetchall()
    if len(rows) != edit - since:
        return None
    touched = np.unique(np.concatenate([np.frombuffer(blob, dtype="<i8") for row in rows for blob in row]))
    there = connection.execute(
        "SELECT doc, record_id FROM docs WHERE doc IN (SELECT value FROM json_each(?))",
        (json.dumps(touched.tolist()),),
    ).fetchall()
    new = np.array([number for number, record_id in there if record_id in record_ids], dtype=np.int64)
    return np.union1d(np.setdiff1d(numbers, touched, assume_unique=True), new)
