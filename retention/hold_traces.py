"""The verdicts on a record go with it: that a query of a hold found it, or did not, says something of what it said.

Rule: rows go at the decision, and absence is what the rows say. What officers decided about a record stays, as ids:
it is why the record could be destroyed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select

from retention.ports import Absence
from retention.tables import hold_verdicts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from storage.transaction import Store

_CHUNK: Final = 500


class HoldTraces:
    """What holds keep of records; a `Traces`."""

    owner = "holds"

    def __init__(self, store: Store) -> None:
        self._store = store

    def forget(self, record_ids: Sequence[str]) -> None:
        """Delete the verdicts on these records; nothing is written where there are none."""
        for chunk in _chunks(record_ids):
            there = self._there(chunk)
            if there:
                with self._store.write() as transaction:
                    gone = delete(hold_verdicts).where(hold_verdicts.c.record_id.in_(list(there)))
                    transaction.connection.execute(gone)

    def erase(self, record_ids: Sequence[str], *, actor: str) -> None:
        """Nothing is left to erase: the database overwrites what it deletes, and its log is cut before the roll."""
        del actor
        self.forget(record_ids)

    def confirm(self, record_ids: Sequence[str]) -> tuple[Absence, ...]:
        """Look for verdicts on these records."""
        left = {one for chunk in _chunks(record_ids) for one in self._there(chunk)}
        return tuple(
            Absence(
                owner=self.owner,
                record_id=one,
                absent=one not in left,
                detail="a verdict of a hold is left" if one in left else "no verdict of any hold is left",
            )
            for one in record_ids
        )

    def _there(self, chunk: Sequence[str]) -> set[str]:
        query = select(hold_verdicts.c.record_id).where(hold_verdicts.c.record_id.in_(chunk)).distinct()
        with self._store.read() as connection:
            return set(connection.execute(query).scalars())


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))
