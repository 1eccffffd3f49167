"""What puts documents together as sorted arrays in memory, for the records that share it with some.

Rules:

- An array has eight bytes of each mark (`search.shared_marks`), another the number of its document. About 60 bytes a
  document, read when they are first asked for.
- They are of one edit of the index, as the facts are (`search.fts_facts`): what was changed since is read from `edits`;
  where that does not go back far enough, all is read again. What was given out is never changed.
- Digests that agree in eight bytes and differ in the others are told apart by who compares them (`search.grouping`).
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from search.fts_facets import read_groups
from search.fts_writing import meta
from search.message_links import ANSWER, ANSWERED, LINK_BYTES
from search.shared_marks import marks_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_CHUNK: Final = 20_000
_FIRST_BYTE: Final = np.uint64(8 * (LINK_BYTES - 1))
_REST: Final = np.uint64((1 << 8 * (LINK_BYTES - 1)) - 1)
_ANSWER: Final = np.uint64(ANSWER[0] << 8 * (LINK_BYTES - 1))
_ALL: Final = "SELECT doc, thread, equal FROM alike"
_SOME: Final = f"{_ALL} WHERE doc IN (SELECT value FROM json_each(?))"  # noqa: S608 - a constant


@dataclass(frozen=True, slots=True)
class _Marks:
    """Marks in order, and beside each its document."""

    keys: NDArray[np.uint64]
    numbers: NDArray[np.int64]

    def numbers_with(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        """The documents that have one of these marks, ascending."""
        first, end = np.searchsorted(self.keys, keys, side="left"), np.searchsorted(self.keys, keys, side="right")
        runs = [self.numbers[start:stop] for start, stop in zip(first.tolist(), end.tolist(), strict=True)]
        return np.unique(np.concatenate([np.zeros(0, np.int64), *runs]))

    def changed(self, touched: NDArray[np.int64], new: _Marks) -> _Marks:
        """With those of the touched documents as they are now."""
        kept = np.isin(self.numbers, touched, invert=True)
        return _sorted(np.concatenate([self.keys[kept], new.keys]), np.concatenate([self.numbers[kept], new.numbers]))


class MarksInMemory:
    """The marks of one index file."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest: tuple[int, dict[bool, _Marks]] | None = None

    def sharing(self, connection: Any, record_ids: Sequence[str], *, threads: bool) -> frozenset[str]:
        """The records that share a mark with one of these, as this connection's transaction sees it."""
        asked = read_groups(connection, record_ids)
        wanted = {mark[:LINK_BYTES] for groups in asked.values() for mark in marks_of(groups, threads=threads)}
        keys = np.frombuffer(b"".join(sorted(wanted)), dtype=">u8").astype(np.uint64)
        found = self._of(connection)[threads].numbers_with(keys) if wanted else np.zeros(0, np.int64)
        rows = connection.execute(
            "SELECT record_id FROM json_each(?) CROSS JOIN docs ON doc = value", (json.dumps(found.tolist()),)
        )
        return frozenset(asked) | {row[0] for row in rows.fetchall()}

    def _of(self, connection: Any) -> dict[bool, _Marks]:
        edit: int = meta(connection)["edit"]
        with self._lock:
            latest = self._latest
            if latest is not None and latest[0] == edit:
                return latest[1]
            found = None if latest is None or latest[0] > edit else _brought_forward(connection, *latest, edit)
            if found is None:
                found = _read(connection, None)
            if latest is None or latest[0] < edit:
                self._latest = (edit, found)
            return found


def _brought_forward(connection: Any, since: int, marks: dict[bool, _Marks], edit: int) -> dict[bool, _Marks] | None:
    """These marks with what was changed since; None where that is not known any more."""
    rows = connection.execute("SELECT added, gone FROM edits WHERE edit > ?", (since,)).fetchall()
    if len(rows) != edit - since:
        return None
    touched = np.unique(np.concatenate([np.frombuffer(blob, dtype="<i8") for row in rows for blob in row]))
    new = _read(connection, touched)
    return {threads: one.changed(touched, new[threads]) for threads, one in marks.items()}


def _read(connection: Any, numbers: NDArray[np.int64] | None) -> dict[bool, _Marks]:
    """The marks of these documents, or of all: under True of threads, under False of those that say the same."""
    chosen = (_ALL, ()) if numbers is None else (_SOME, (json.dumps(numbers.tolist()),))
    cursor = connection.execute(*chosen)
    parts: dict[bool, list[tuple[NDArray[np.uint64], NDArray[np.int64]]]] = {True: [], False: []}
    while rows := cursor.fetchmany(_CHUNK):
        documents = np.array([row[0] for row in rows], dtype=np.int64)
        parts[True].append(_keys_of([row[1] for row in rows], documents))
        parts[False].append(_keys_of([row[2][:LINK_BYTES] for row in rows], documents))
    return {threads: _joined(some, answers=threads) for threads, some in parts.items()}


def _keys_of(marks: Sequence[bytes], documents: NDArray[np.int64]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    lengths = np.fromiter(map(len, marks), np.int64, len(marks)) // LINK_BYTES
    whole = (one[: length * LINK_BYTES] for one, length in zip(marks, lengths.tolist(), strict=True))
    keys = np.frombuffer(b"".join(whole), dtype=">u8").astype(np.uint64)
    return keys, np.repeat(documents, lengths)


def _joined(parts: Sequence[tuple[NDArray[np.uint64], NDArray[np.int64]]], *, answers: bool) -> _Marks:
    keys = np.concatenate([np.zeros(0, np.uint64), *(one for one, _ in parts)])
    if answers:
        keys = np.where(keys >> _FIRST_BYTE == ANSWERED[0], keys & _REST | _ANSWER, keys)
    return _sorted(keys, np.concatenate([np.zeros(0, np.int64), *(numbers for _, numbers in parts)]))


def _sorted(keys: NDArray[np.uint64], numbers: NDArray[np.int64]) -> _Marks:
    order = np.argsort(keys, kind="stable")
    return _Marks(keys[order], numbers[order])
