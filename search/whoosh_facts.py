"""What a segment of the Whoosh index knows of its documents beside their words: plain values, a file a segment.

Rules:

- A row has every member of `IndexDocument` but its words, in a fixed order; the order of the rows is that of Whoosh's
  document numbers. It is JSON, not one of Whoosh's columns: those are pickled, and its ranges over numbers go through
  terms of several precisions, which we do not need.
- Moments are whole microseconds since 1970, so that they compare as exactly as those they were made of.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from search.documents import COLUMNS, Column, IndexDocument
from search.queries import Clock
from storage.errors import Corrupt

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NAMES: Final = tuple(one.name for one in fields(IndexDocument) if one.name != "columns")
MEMBERS: Final = f"{zlib.crc32(' '.join((*_NAMES, '|', *COLUMNS)).encode()):08x}"
"""Changes with the members and columns of a document: it is part of the engine's version."""
_COUNTED: Final = (Column.SUBJECT_EXACT, Column.TEXT_EXACT, Column.FILENAME_EXACT)
_NEVER: Final = np.iinfo(np.int64).min
Row = list[Any]


def microseconds(moment: datetime) -> int:
    """A moment as whole microseconds since 1970, exact for every year of the calendar."""
    return (moment.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1)


def moment_of(micros: int) -> datetime:
    """The moment again, in UTC."""
    return _EPOCH + timedelta(microseconds=micros)


def row_of(document: IndexDocument) -> Row:
    """The row of a document; its last value is how many words it has."""
    return [_plain(getattr(document, name)) for name in _NAMES] + [
        sum(document.column(column).count(" ") + 1 for column in _COUNTED)
    ]


def encode_rows(rows: Iterable[Row]) -> bytes:
    """Rows as the content of a file."""
    return json.dumps({"names": _NAMES, "rows": list(rows)}, separators=(",", ":")).encode()


def decode_rows(content: bytes, documents: int) -> tuple[Row, ...]:
    """Rows again.

    Raises:
        Corrupt: another number of documents, or other members.
    """
    found = json.loads(content)
    rows: tuple[Row, ...] = tuple(found["rows"])
    if tuple(found["names"]) != _NAMES or len(rows) != documents:
        raise Corrupt("the search index is not whole; run: archiver index rebuild")
    return rows


def _plain(value: object) -> object:
    match value:
        case datetime():
            return microseconds(value)
        case bytes():
            return value.hex()
        case tuple():
            return [_plain(one) for one in value]
        case str():
            return str(value)
        case _:
            return value


@dataclass(frozen=True)
class Facts:
    """The rows of one segment, by column; a column is made when it is first asked for."""

    rows: Sequence[Row]

    def values(self, name: str) -> list[Any]:
        """One member of every document, in their order."""
        place = _NAMES.index(name)
        return [row[place] for row in self.rows]

    @cached_property
    def record_ids(self) -> list[str]:
        """Whose documents they are."""
        return self.values("record_id")

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The last document of each record."""
        return {record_id: number for number, record_id in enumerate(self.record_ids)}

    @cached_property
    def positions(self) -> list[int]:
        """Which ledger event made each."""
        return self.values("position")

    @cached_property
    def unsearchable(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which have parts that could not be read."""
        return np.array(self.values("unsearchable"), dtype=bool)

    @cached_property
    def sizes(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Bytes of each original."""
        return np.array(self.values("size"), dtype=np.int64)

    @cached_property
    def lengths(self) -> np.ndarray[Any, np.dtype[np.float32]]:
        """How many words each has."""
        return np.array([row[-1] for row in self.rows], dtype=np.float32)

    @cached_property
    def _moments(self) -> dict[Clock, np.ndarray[Any, np.dtype[np.int64]]]:
        sent = [_NEVER if one is None else one for one in self.values("sent_at")]
        captured = self.values("captured_at")
        happened = [other if one == _NEVER else one for one, other in zip(sent, captured, strict=True)]
        moments = {Clock.SENT: sent, Clock.CAPTURED: captured, Clock.HAPPENED: happened}
        return {clock: np.array(values, dtype=np.int64) for clock, values in moments.items()}

    @property
    def happened(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """What each is ordered by."""
        return self._moments[Clock.HAPPENED]

    def between(
        self, clock: Clock, start: datetime | None, end: datetime | None
    ) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which have a moment from `start` (included) to `end` (excluded)."""
        moments = self._moments[clock]
        found: np.ndarray[Any, np.dtype[np.bool_]] = moments != _NEVER
        if start is not None:
            found &= moments >= microseconds(start)
        if end is not None:
            found &= moments < microseconds(end)
        return found

    def among(self, name: str, wanted: frozenset[str]) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Of which this member is one of these."""
        column = self.record_ids if name == "record_id" else self.values(name)
        return np.fromiter((one in wanted for one in column), dtype=bool, count=len(column))
