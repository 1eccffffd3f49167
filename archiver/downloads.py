"""Handing out one component of a record, byte for byte, to somebody who may export.

Rule: a record that may not be seen is answered like one that does not exist; the export is an event, written
before the bytes leave. A component of any size leaves in pieces; whoever sends them breaks off where one raises,
so that nobody takes a part for the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from archiver.access import Act, Principal, authorize
from archiver.destroyed_view import is_destroyed
from archiver.reading import component_pieces, file_name
from archiver.seeing import may_see
from storage.errors import NotFound
from storage.events import EventKind
from storage.records import RecordState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.wiring import Installation


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A component's bytes in pieces, how many there are, and a harmless name for them."""

    name: str
    size: int
    pieces: Iterator[bytes]


def open_component(installation: Installation, principal: Principal, record_id: str, component_id: str) -> Download:
    """The bytes of one component.

    Raises:
        NotFound: no such record or component, or not for this principal.
        Conflict: the record is no longer active.
        Denied: this role may not export.
        Corrupt: the bytes are not what was described.
    """
    authorize(principal, Act.EXPORT)
    archive = installation.archive
    with archive.store.read() as connection:
        record = archive.catalogue.get(connection, record_id)
        hidden = not may_see(connection, principal, record)
        found = [] if hidden else archive.catalogue.describe(connection, [record_id])
    if record.state is not RecordState.ACTIVE and not hidden:
        raise is_destroyed(record)
    if not found:
        raise NotFound(f"there is no record {record_id}; find its id by a search", record=record_id)
    numbered = enumerate(found[0].description.components, start=1)
    number, component = next(((at, one) for at, one in numbered if one.id == component_id), (0, None))
    if component is None:
        raise NotFound(f"record {record_id} has no component {component_id}", record=record_id, component=component_id)
    pieces = component_pieces(installation, found[0], component)
    first = next(pieces, b"")  # before the event: what cannot be opened at all was not exported
    with archive.store.write() as transaction:
        transaction.append(EventKind.RECORD_EXPORTED, actor=principal.actor, subjects=(record_id, component_id))
    return Download(name=file_name(component, number), size=component.size, pieces=chain((first,), pieces))
