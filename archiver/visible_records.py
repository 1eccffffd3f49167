"""The records that no search may find: what is no longer active, and what stands behind another record.

Rule: records that are no longer active are many in an old archive, and all but a few are in no index any more. Which of
them still are is found out once the index has read the ledger beyond the last destruction: every step of a follower
that may have opened them has ended by then, and no later one can. Until then all of them are named.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from sqlalchemy import func, select

from ingest.superseding import out_of_sight
from search.queries import Among
from storage.errors import TemporarilyUnavailable
from storage.events import EventKind
from storage.records import RecordState
from storage.tables import ledger_leaves, records

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from search.index import SearchIndex
    from storage.transaction import Store

_TAKING: Final = (EventKind.RECORD_DESTROYED, EventKind.RECORD_SUPERSEDED)


class Visible:
    """The ids that no search of an archive may find, kept between searches."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken_at: int | None = None
        self._gone: frozenset[str] = frozenset()
        self._behind: frozenset[str] = frozenset()
        # by weak reference, so that the key of a retired index is forgotten with it
        self._left: WeakKeyDictionary[SearchIndex, frozenset[str]] = WeakKeyDictionary()

    def hidden(self, store: Store, index: SearchIndex, *, superseded: bool) -> frozenset[str]:
        """What is gone and may still be in this index, and what stands behind another unless that is asked for.

        Raises:
            Corrupt: the index cannot be read.
        """
        with store.read() as connection:
            taken_at = _taken_at(connection)
            if taken_at != self._taken_at:
                gone, behind = _gone(connection), frozenset(out_of_sight(connection))
                with self._lock:
                    self._taken_at, self._gone, self._behind = taken_at, gone, behind
                    self._left = WeakKeyDictionary()
        with self._lock:
            gone, behind, left = self._gone, self._behind, self._left
            there = left.get(index)
        if gone and there is None:
            # an index that was retired meanwhile does not say; its successor will, at the next search
            with suppress(TemporarilyUnavailable):
                if index.position() >= taken_at:
                    there = frozenset(index.ids(Among(gone)))
                    with self._lock:
                        left[index] = there
        gone = gone if there is None else there
        return gone if superseded or not behind else gone | behind


def _taken_at(connection: Connection) -> int:
    """Where the ledger last says that a record ceased to be active, or came to stand behind another; -1 for never."""
    newest = select(func.max(ledger_leaves.c.position))
    found = [connection.execute(newest.where(ledger_leaves.c.kind == kind.value)).scalar() for kind in _TAKING]
    return max((one for one in found if one is not None), default=-1)


def _gone(connection: Connection) -> frozenset[str]:
    # named one by one, so that the index on the state finds the few instead of passing over the many
    states = [one.value for one in RecordState if one is not RecordState.ACTIVE]
    return frozenset(connection.execute(select(records.c.id).where(records.c.state.in_(states))).scalars())
