"""Who the participants of a record are, as far as the archive learned it from elsewhere: a port of the floors above.

Rule: a handle stands in a record as the export has it, and the record never changes; who it is may be learned later,
by a link or by an address of a custodian. An index and the verdicts of holds follow from both, so whatever changes who
somebody is has to name the records in which he is, and whoever follows the ledger reads these again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from storage.events import EventKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from storage.ledger import LedgerEvent
    from storage.records import DescribedRecord, Party

LEARNED: Final = (
    EventKind.PARTICIPANT_LINKED,
    EventKind.PARTICIPANT_UNLINKED,
    EventKind.CUSTODIAN_ADDED,
    EventKind.CUSTODIAN_CHANGED,
)
"""Events that may change who somebody is."""


class People(Protocol):
    """Whom the archive knows by the handles of its records."""

    def known(
        self, connection: Connection, described: Sequence[DescribedRecord]
    ) -> Mapping[str, Mapping[str, tuple[Party, ...]]]:
        """By record and by handle, under which names and addresses else somebody is known; who is not is absent."""
        ...

    def touched_by(self, connection: Connection, events: Sequence[LedgerEvent]) -> Iterable[str]:
        """The active records in which somebody is of whom one of these events may have changed who he is."""
        ...


class NobodyKnown:
    """For records whose handles are all that there is."""

    def known(
        self, connection: Connection, described: Sequence[DescribedRecord]
    ) -> Mapping[str, Mapping[str, tuple[Party, ...]]]:
        """Nobody."""
        del connection, described
        return {}

    def touched_by(self, connection: Connection, events: Sequence[LedgerEvent]) -> Iterable[str]:
        """No record."""
        del connection, events
        return ()
