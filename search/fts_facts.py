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
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from search.fts_writing import FACT_NAMES, meta
from storage.errors import Corrupt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from search.stopping import Stop

_CHUNK: Final = 20_000
NO_VALUE: Final = 0
"""The code of a fact that a document does not have."""
_COUNT: Final = "correspondents"
_NAMES: Final = ("doc", "happened_at", "captured_at", "size", *FACT_NAMES, _COUNT)
_TYPES: Final = dict.fromkeys((*FACT_NAMES, _COUNT), np.int32)
_WIDTH: Final = len(_NAMES)
_COLUMNS: Final = (
    "doc, happened_at, captured_at, size, custodian, kind, channel,"
    f" coalesce(platform, {NO_VALUE}), language, length(correspondents) / 4"
)
_CHOSEN: Final = "doc IN (SELECT value FROM json_each(?)) ORDER BY doc"
_AFTER: Final = "doc > ? ORDER BY doc LIMIT ?"
_AS_TEXT: Final = (
    "SELECT group_concat(line, ' '), group_concat(people, ''), max(doc)"  # noqa: S608 - constants
    " FROM (SELECT doc, hex(correspondents) AS people,"
    f" format('{' '.join(['%d'] * _WIDTH)}', {_COLUMNS}) AS line FROM docs WHERE {{}})"
)


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
                with nullcontext() if stop is None else stop.spared():
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
    places = np.searchsorted(facts.numbers, touched)
    there = places < len(facts.numbers)
    there[there] = facts.numbers[places[there]] == touched[there]
    kept = np.ones(len(facts.numbers), dtype=np.bool_)
    kept[places[there]] = False
    # what was added and taken out again since is not there any more, and is not found
    new = _read(connection, edit, touched, None)
    before = np.searchsorted(facts.numbers[kept], new.numbers)

    def joined(old: NDArray[Any], added: NDArray[Any]) -> NDArray[Any]:
        return np.insert(old[kept], before, added)

    counts, added = np.diff(facts.starts), np.diff(new.starts)
    people_before = np.repeat(_starts(counts[kept])[before], added)
    return Facts(
        edit=edit,
        numbers=joined(facts.numbers, new.numbers),
        happened=joined(facts.happened, new.happened),
        captured=joined(facts.captured, new.captured),
        sizes=joined(facts.sizes, new.sizes),
        codes={name: joined(facts.codes[name], new.codes[name]) for name in facts.codes},
        people=np.insert(facts.people[np.repeat(kept, counts)], people_before, new.people),
        starts=_starts(joined(counts, added)),
    )


def _starts(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    starts = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=starts[1:])
    return starts


def _read(connection: Any, edit: int, numbers: NDArray[np.int64] | None, stop: Stop | None) -> Facts:
    """The facts of these documents, or of all.

    Raises:
        Corrupt: they are not as many as the index says.
    """
    count = meta(connection)["indexed"] if numbers is None else len(numbers)
    table = {name: np.zeros(count, _TYPES.get(name, np.int64)) for name in _NAMES}
    people = [np.zeros(0, np.uint32)]
    start = 0
    for lines, codes in _pieces(connection, numbers):
        if stop is not None:
            stop.check()
        rows = np.fromstring(lines, np.int64, sep=" ").reshape(-1, _WIDTH)
        end = start + len(rows)
        if end > count:
            raise unknown_record()
        for name, column in zip(_NAMES, rows.T, strict=True):
            table[name][start:end] = column
        people.append(np.frombuffer(bytes.fromhex(codes), dtype="<u4"))
        start = end
    if start < count and numbers is None:
        raise unknown_record()
    table = {name: column[:start] for name, column in table.items()}
    return Facts(
        edit=edit,
        numbers=table["doc"],
        happened=table["happened_at"],
        captured=table["captured_at"],
        sizes=table["size"],
        codes={name: table[name] for name in FACT_NAMES},
        people=np.concatenate(people),
        starts=_starts(table[_COUNT]),
    )


def _pieces(connection: Any, numbers: NDArray[np.int64] | None) -> Iterator[tuple[str, str]]:
    """Lines of numbers and their correspondents in hexadecimal, of some documents each, in the order of numbers.

    SQLite writes them as text and numpy reads it, which takes a third of the time of rows in Python.
    """
    if numbers is not None:
        for start in range(0, len(numbers), _CHUNK):
            chosen = json.dumps(numbers[start : start + _CHUNK].tolist())
            lines, people, _ = connection.execute(_AS_TEXT.format(_CHOSEN), (chosen,)).fetchone()
            yield lines or "", people or ""
        return
    last = -1
    while last is not None:
        lines, people, last = connection.execute(_AS_TEXT.format(_AFTER), (last, _CHUNK)).fetchone()
        if lines:
            yield lines, people
