"""Records opened for a `RecordMatcher`: what they say, what their pictures say, and who their people are known to be.

Rule: what is answered says which state of the record was read. A record that cannot be opened is missing from the
answer, and does not keep others from being opened; one that is gone has no state either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import structlog

from retention.hold_standing import newest_positions
from storage.errors import Corrupt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from storage.archive import Archive
    from storage.people import People
    from storage.records import DescribedRecord, Party
    from storage.transcriptions import StoredTranscription

Opened: TypeAlias = "tuple[DescribedRecord, StoredTranscription | None, Mapping[str, tuple[Party, ...]]]"
"""A record, the newest of what its pictures say, and by handle who a participant is known to be."""
log = structlog.get_logger()


class RecordOpening:
    """Opens records of one archive; `people` is who their participants are known to be."""

    def __init__(self, archive: Archive, people: People) -> None:
        self._archive = archive
        self._people = people

    def open(self, ids: Sequence[str]) -> tuple[dict[str, Opened], dict[str, int]]:
        """These records as far as they open, and which state of each was read; destroyed ones are in neither."""
        archive = self._archive
        try:
            with archive.store.read() as connection:
                positions = newest_positions(connection, ids)
                described = archive.catalogue.describe(connection, ids)
                read = archive.transcriptions.latest(connection, ids)
                known = self._people.known(connection, described)
            by_id = [(one.record.id, one) for one in described]
            return {
                record_id: (one, read.get(record_id), known.get(record_id, {})) for record_id, one in by_id
            }, positions
        except Corrupt:
            if len(ids) == 1:
                log.warning("record.unreadable", record=ids[0])
                with archive.store.read() as connection:
                    return {}, newest_positions(connection, ids)
        opened: dict[str, Opened] = {}
        positions = {}
        for record_id in ids:  # one of them is damaged: find out which by opening each alone
            one, place = self.open([record_id])
            opened |= one
            positions |= place
        return opened, positions
