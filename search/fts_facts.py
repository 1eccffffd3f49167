"""The plain facts of all documents as arrays in memory, for counts by value and for what no list of words answers.

Rules:

- An array has one element for each document, in the order of numbers. About 50 bytes a document.
- They are of one edit of the index: a reader asks for them inside its read transaction and gets those of the state that
  it sees. What was changed since the last time is read from `edits`; where that does not go back far enough, all is
  read again.
- What was given out is never changed; a newer state is a new object.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from search.fts_writing import FACT_NAMES, meta
from storage.errors import Corrupt

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from search.stopping import Stop

_CHUNK: Final = 20_000
NO_VALUE: Final = 0
"""The code of a fact that a document does not have."""
_NAMES: Final = ("doc", "happened_at", "captured_at", "size", *FACT_NAMES)
_COLUMNS: Final = (
    f"doc, happened_at, captured_at, size, custodian, kind, channel, coalesce(platform, {NO_VALUE}), language"
)
_WIDTH: Final = len(_NAMES)
_CHOSEN: Final = "doc IN (SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is plain of each document: moments in microseconds since 1970, sizes in bytes, other facts as codes.

    `people` are the codes of all correspondents one after the other; those of document `n` are
    ``people[starts[n]:starts[n + 1]]``.
    """

    edit: int
    numbers: NDArray[np.int64]
    happened: NDArray[np.int64]
    captured: NDArray[np.int64]
    sizes: NDArray[np.int64]
    codes: dict[str, NDArray[np.int32]]
    people: NDArray[np.uint32]
    starts: NDArray[np.int64]

    def places(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where these documents stand in the arrays.

        Raises:
            Corrupt: one of them is not there.
        """
        found = np.searchsorted(self.numbers, numbers)
        if len(found) and (found[-1] >= len(self.numbers) or not np.array_equal(self.numbers[found], numbers)):
            raise unknown_record()
        return found


def unknown_record() -> Corrupt:
    """The refusal of an index whose tables do not fit each other."""
    return Corrupt("the search index has words of a record that it does not know; run: archiver index rebuild")


class FactsInMemory:
    """The facts of one index file, read when they are first asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest: Facts | None = None

    def of_some(self, connection: Any, numbers: NDArray[np.int64], stop: Stop | None = None) -> Facts:
        """Facts that have at least these documents, which are few: all where they are in memory already.

        Raises:
            Corrupt: one of them is not there.
        """
        edit: int = meta(connection)["edit"]
        present = self._latest
        if present is not None and present.edit == edit:
            return present
        return _read(connection, edit, numbers, stop)

    def of(self, connection: Any, stop: Stop | None = None) -> Facts:
        """The facts in the state that this connection's transaction sees."""
        edit: int = meta(connection)["edit"]
        with self._lock:
            present = self._latest
            if present is not None and present.edit == edit:
                return present
            found = None if present is None or present.edit > edit else _brought_forward(connection, present, edit)
            if found is None:
                found = _read(connection, edit, None, stop)
            if present is None or present.edit < edit:
                self._latest = found
            return found


def _brought_forward(connection: Any, facts: Facts, edit: int) -> Facts | None:
    """These facts with what was changed since; None where that is not known any more."""
    rows = connection.execute("SELECT added, gone FROM edits WHERE edit > ? ORDER BY edit", (facts.edit,)).fetchall()
    if len(rows) != edit - facts.edit:
        return None
    touched = np.unique(np.concatenate([np.frombuffer(blob, dtype="<i8") for row in rows for blob in row]))
    # what was added and taken out again since is not there any more, and is not found below
    kept = np.isin(facts.numbers, touched, assume_unique=True, invert=True)
    new = _read(connection, edit, touched, None)
    counts = np.diff(facts.starts)
    order = np.argsort(np.concatenate([facts.numbers[kept], new.numbers]), kind="stable")

    def joined(old: NDArray[Any], added: NDArray[Any]) -> NDArray[Any]:
        return np.concatenate([old[kept], added])[order]

    people = np.concatenate([facts.people[np.repeat(kept, counts)], new.people])
    lengths = np.concatenate([counts[kept], np.diff(new.starts)])
    return Facts(
        edit=edit,
        numbers=joined(facts.numbers, new.numbers),
        happened=joined(facts.happened, new.happened),
        captured=joined(facts.captured, new.captured),
        sizes=joined(facts.sizes, new.sizes),
        codes={name: joined(facts.codes[name], new.codes[name]) for name in facts.codes},
        people=_reordered(people, lengths, order),
        starts=_starts(lengths[order]),
    )


def _reordered(people: NDArray[np.uint32], lengths: NDArray[np.int64], order: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Runs of these lengths, in another order."""
    starts = _starts(lengths)[:-1][order]
    sorted_lengths = lengths[order]
    ends = np.cumsum(sorted_lengths)
    total = int(ends[-1]) if len(ends) else 0
    within = np.arange(total) - np.repeat(ends - sorted_lengths, sorted_lengths)
    found: NDArray[np.uint32] = people[np.repeat(starts, sorted_lengths) + within]
    return found


def _starts(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    starts = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=starts[1:])
    return starts


def _read(connection: Any, edit: int, numbers: NDArray[np.int64] | None, stop: Stop | None) -> Facts:
    """The facts of these documents, or of all."""
    condition, parameters = ("1", ()) if numbers is None else (_CHOSEN, (json.dumps(numbers.tolist()),))
    parts: list[NDArray[np.int64]] = [np.zeros((0, _WIDTH), np.int64)]
    cursor = connection.execute(f"SELECT {_COLUMNS} FROM docs WHERE {condition} ORDER BY doc", parameters)  # noqa: S608 - constants
    while rows := cursor.fetchmany(_CHUNK):
        if stop is not None:
            stop.check()
        values = np.fromiter(chain.from_iterable(rows), np.int64, len(rows) * _WIDTH)
        parts.append(values.reshape(len(rows), _WIDTH))
    table = np.concatenate(parts)
    blobs: list[bytes] = []
    cursor = connection.execute(f"SELECT correspondents FROM docs WHERE {condition} ORDER BY doc", parameters)  # noqa: S608 - constants
    lengths: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
    while rows := cursor.fetchmany(_CHUNK):
        if stop is not None:
            stop.check()
        several = [row[0] for row in rows]
        blobs.append(b"".join(several))
        lengths.append(np.fromiter(map(len, several), np.int64, len(several)) // 4)
    column = dict(zip(_NAMES, table.T, strict=True))
    return Facts(
        edit=edit,
        numbers=column["doc"].copy(),
        happened=column["happened_at"].copy(),
        captured=column["captured_at"].copy(),
        sizes=column["size"].copy(),
        codes={name: column[name].astype(np.int32) for name in FACT_NAMES},
        people=np.frombuffer(b"".join(blobs), dtype="<u4"),
        starts=_starts(np.concatenate(lengths)),
    )
