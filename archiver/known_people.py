"""Participants of exports who are known, for the index and for holds: by what else they are found.

Rule: what a search finds, and what a hold reaches, is what `participant list` says: a handle that was linked, or whose
platform gives an address that is a custodian's. A suggestion is nothing that is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from ingest.participants import Participants
from storage.events import EventKind
from storage.participant_tables import TAG_BYTES, participant_links, record_participants
from storage.records import Party, RecordState
from storage.tables import custodian_addresses, records

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from ingest.participants import Resolved
    from storage.archive import Archive
    from storage.ledger import LedgerEvent
    from storage.records import DescribedRecord

_PAGE = 500
_OF_CUSTODIANS = (EventKind.CUSTODIAN_ADDED, EventKind.CUSTODIAN_CHANGED)


class KnownPeople:
    """Implements `storage.people.People` for one archive."""

    def __init__(self, archive: Archive) -> None:
        self._participants = Participants(archive)

    def known(
        self, connection: Connection, described: Sequence[DescribedRecord]
    ) -> Mapping[str, Mapping[str, tuple[Party, ...]]]:
        """See `People.known`."""
        of: dict[str, dict[str, bytes]] = {}
        wanted: dict[bytes, tuple[bytes, str]] = {}
        for one in described:
            conversation, platform = one.description.conversation, one.description.platform or ""
            for handle in () if conversation is None else conversation.participants:
                tag, address = self._participants.handles.tags(one.record.custodian_id, platform, handle)
                of.setdefault(one.record.id, {})[handle] = tag
                wanted.setdefault(tag, (address, one.record.custodian_id))
        if not wanted:
            return {}
        parties = {tag: _parties(one) for tag, one in self._participants.resolve(connection, wanted).items()}
        return {
            record_id: {handle: parties[tag] for handle, tag in handles.items() if tag in parties}
            for record_id, handles in of.items()
        }

    def touched_by(self, connection: Connection, events: Sequence[LedgerEvent]) -> Iterator[str]:
        """See `People.touched_by`."""
        links = [one.event.subjects[0] for one in events if one.event.kind not in _OF_CUSTODIANS]
        changed = [one.event.subjects[0] for one in events if one.event.kind is EventKind.CUSTODIAN_CHANGED]
        added = [one.event.subjects[0] for one in events if one.event.kind is EventKind.CUSTODIAN_ADDED]
        rows = participant_links.c
        for start in range(0, len(links), _PAGE):
            tags = select(rows.tag).where(rows.id.in_(links[start : start + _PAGE])).distinct()
            for tag in connection.execute(tags).scalars().all():
                yield from (one.record_id for one in self._participants.appearances(connection, tag))
        for start in range(0, len(changed), _PAGE):
            whose = records.c.custodian_id.in_(changed[start : start + _PAGE])
            query = select(records.c.id).where(whose, records.c.state == RecordState.ACTIVE.value)
            yield from connection.execute(query.execution_options(yield_per=_PAGE)).scalars()
        addresses: set[bytes] = set()
        for start in range(0, len(added), _PAGE):
            found = select(custodian_addresses.c.tag).where(
                custodian_addresses.c.custodian_id.in_(added[start : start + _PAGE])
            )
            addresses.update(tag[:TAG_BYTES] for tag in connection.execute(found).scalars())
        if addresses:
            yield from _that_give(connection, addresses)


def _that_give(connection: Connection, addresses: Collection[bytes]) -> Iterator[str]:
    """The active records of whose participants one gives one of these addresses."""
    parts = record_participants.c
    query = select(parts.record_id, parts.addresses).join(records)
    query = query.where(parts.addresses != b"", records.c.state == RecordState.ACTIVE.value)
    same, is_among = b"", False
    for row in connection.execute(query.execution_options(yield_per=_PAGE)):
        if row.addresses != same:  # mostly the days of one conversation follow each other
            same = row.addresses
            places = range(0, len(same), TAG_BYTES)
            is_among = any(same[place : place + TAG_BYTES] in addresses for place in places)
        if is_among:
            yield row.record_id


def _parties(one: Resolved) -> tuple[Party, ...]:
    """Name and address of somebody, of a custodian all of his addresses."""
    if one.custodian is None:
        return (Party(name=one.name, address=one.address),)
    first, *others = one.custodian.addresses
    return (Party(name=one.custodian.name, address=first), *(Party(address=address) for address in others))
