"""Participants: every handle that was met in exports, in how many records, and who it is.

Rule kept: who a handle is follows from what somebody said of it, from the address or number that the platform gives
with it, or from its being the owner of an export that was handed in for a custodian; never from a name. It is asked
when a record is looked at, so what is learned later shows in old records, and changes none of them.
Full names of senders and addressees must be kept with records that name them by codes (36 CFR 1236.22(a)).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, func, insert, select, update

from ingest.participant_handles import NO_ADDRESS, Handles, handle_id, no_such
from storage.errors import Conflict, Corrupt
from storage.events import EventKind
from storage.identifiers import Prefix, new_id
from storage.participant_tables import TAG_BYTES, participant_links, record_participants
from storage.records import RecordState
from storage.sealing import SealKind
from storage.tables import records

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from storage.archive import Archive
    from storage.records import Custodian

_PAGE: Final = 100  # rows at a time; one of a group of ten thousand has 320 kB
_CHOSEN: Final = 500


class How(StrEnum):
    """How it is known who a participant is."""

    LINK = "by a link"
    ADDRESS = "by the address"
    OWNER = "by the export's owner"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """Who a participant is: a custodian, or a person of this name and perhaps address."""

    how: How
    name: str
    address: str | None
    custodian: Custodian | None = None


@dataclass(slots=True, kw_only=True)
class Met:
    """A handle as all records together have it; `sample` is the last of them, days are empty where none is told."""

    tag: bytes
    custodian_id: str
    sample: str
    address: bytes = NO_ADDRESS
    records: int = 0
    first_day: str = ""
    last_day: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """A record in which a handle is."""

    record_id: str
    custodian_id: str
    day: str
    place: int
    address: bytes = field(repr=False)


class Participants:
    """The participants of one archive."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.handles = Handles(archive)

    def met(
        self, connection: Connection, custodian_id: str | None = None, *, without: frozenset[str] = frozenset()
    ) -> dict[bytes, Met]:
        """All handles by their tags, or those of one custodian's exports; of these records none."""
        found: dict[bytes, Met] = {}
        for row in _rows(connection, custodian_id):
            if row.record_id in without:
                continue
            for tag, address in _pairs(row.tags, row.addresses):
                one = found.get(tag)
                if one is None:
                    one = found[tag] = Met(tag=tag, custodian_id=row.custodian_id, sample=row.record_id)
                one.sample, one.address = row.record_id, address
                one.records += 1
                if row.day:
                    one.first_day = min(one.first_day or row.day, row.day)
                    one.last_day = max(one.last_day, row.day)
        return found

    def unresolved(self, connection: Connection) -> tuple[int, int]:
        """How many handles nobody knows, and how many there are."""
        addresses: dict[bytes, bytes] = {}
        same = b""
        for row in _rows(connection, None):
            if row.tags != same:  # mostly the days of one conversation follow each other
                addresses.update(_pairs(row.tags, row.addresses))
                same = row.tags
        linked = select(participant_links.c.tag).where(participant_links.c.ended.is_(None))
        owners = select(record_participants.c.owner).where(record_participants.c.owner.is_not(None)).distinct()
        known = set(connection.execute(linked).scalars()) | set(connection.execute(owners).scalars())
        custodians = self._archive.custodians.prefixes(connection, TAG_BYTES)
        open_ones = sum(tag not in known and address not in custodians for tag, address in addresses.items())
        return open_ones, len(addresses)

    def appearances(self, connection: Connection, tag: bytes, custodian_id: str | None = None) -> list[Appearance]:
        """The active records in which a handle is, oldest first, or those of them that are this custodian's."""
        parts = record_participants.c
        place = func.instr(parts.tags, tag)
        address = func.substr(parts.addresses, place, TAG_BYTES)
        columns = (parts.record_id, records.c.custodian_id, parts.day, place.label("place"), address.label("address"))
        query = select(*columns)
        query = query.join(records).where(place > 0, records.c.state == RecordState.ACTIVE.value)
        if custodian_id is not None:
            query = query.where(records.c.custodian_id == custodian_id)
        return [
            Appearance(
                record_id=row.record_id,
                custodian_id=row.custodian_id,
                day=row.day,
                place=(row.place - 1) // TAG_BYTES,
                address=row.address or NO_ADDRESS,
            )
            for row in connection.execute(query.order_by(records.c.position))
        ]

    def resolve(self, connection: Connection, wanted: Mapping[bytes, tuple[bytes, str]]) -> dict[bytes, Resolved]:
        """Who these are, by tag; of each is given the tag of its address and the custodian of its exports.

        Raises:
            Corrupt: what was said of one does not open.
        """
        tags = list(wanted)
        resolved = self._linked(connection, tags)
        found: dict[bytes, tuple[How, str]] = {}
        if any(address != NO_ADDRESS for address, _ in wanted.values()):
            custodians = self._archive.custodians.prefixes(connection, TAG_BYTES)
            for tag, (address, _) in wanted.items():
                if address in custodians:
                    found[tag] = (How.ADDRESS, custodians[address])
        for some in _chunks(tags):
            owners = select(record_participants.c.owner).where(record_participants.c.owner.in_(some)).distinct()
            for tag in connection.execute(owners).scalars():
                found.setdefault(tag, (How.OWNER, wanted[tag][1]))
        people = self._archive.custodians.open(connection, list(dict.fromkeys(one for _, one in found.values())))
        for tag, (how, custodian_id) in found.items():
            resolved.setdefault(tag, _as_custodian(how, people[custodian_id]))
        return resolved

    def _linked(self, connection: Connection, tags: Sequence[bytes]) -> dict[bytes, Resolved]:
        links = participant_links.c
        rows: list[Any] = []
        for some in _chunks(tags):
            query = select(participant_links).where(links.tag.in_(some), links.ended.is_(None))
            rows += connection.execute(query).all()
        ids = list(dict.fromkeys(row.custodian_id for row in rows if row.custodian_id is not None))
        people = self._archive.custodians.open(connection, ids)
        keys = self._archive.store.holder_keys(connection, [row.id for row in rows if row.custodian_id is None])
        resolved = {}
        for row in rows:
            if row.custodian_id is not None:
                resolved[row.tag] = _as_custodian(How.LINK, people[row.custodian_id])
                continue
            if row.id not in keys:
                raise Corrupt("the key of a participant's link is missing; run: archiver verify", link=row.id)
            plain = self._archive.store.vault.unseal(keys[row.id], SealKind.PARTICIPANT, row.id, row.sealed_person)
            person = json.loads(plain)
            resolved[row.tag] = Resolved(how=How.LINK, name=person["name"], address=person["address"])
        return resolved

    def link(
        self,
        tag: bytes,
        of: str,
        *,
        platform: str,
        handle: str,
        custodian_id: str | None = None,
        name: str | None = None,
        address: str | None = None,
        actor: str,
    ) -> str:
        """Say who a handle in the exports of the custodian `of` is, a custodian or a person; gives the link's id.

        Raises:
            NotFound: no record has this handle any more.
            Conflict: it is linked already.
        """
        store, link_id = self._archive.store, new_id(Prefix.LINK)
        key = store.vault.fresh(link_id)
        plain = json.dumps({"platform": platform, "handle": handle, "name": name, "address": address}).encode()
        sealed = store.vault.seal(key, SealKind.PARTICIPANT, link_id, plain)
        wrapped = store.vault.wrap(key, store.current_epoch())
        subjects = (link_id,) if custodian_id is None else (link_id, custodian_id)
        payload = {"kind": "custodian" if custodian_id else "person", "sealed": hashlib.sha256(sealed).hexdigest()}
        with store.write() as transaction:
            if not self.appearances(transaction.connection, tag, of):
                raise no_such(handle_id(tag))
            if _active_link(transaction.connection, tag) is not None:
                raise Conflict("it is linked already; take that off first with: archiver participant unlink ID")
            transaction.keep_key(wrapped)
            kind = EventKind.PARTICIPANT_LINKED
            position = transaction.append(kind, actor=actor, subjects=subjects, payload=payload)
            row = {"id": link_id, "tag": tag, "custodian_id": custodian_id, "position": position, "ended": None}
            transaction.connection.execute(insert(participant_links), [row | {"sealed_person": sealed}])
        return link_id

    def unlink(self, tag: bytes, *, actor: str) -> str:
        """Take back what was said of a handle; returns the id of the link that held.

        Raises:
            Conflict: nothing was said of it.
        """
        with self._archive.store.write() as transaction:
            link_id = _active_link(transaction.connection, tag)
            if link_id is None:
                raise Conflict("it has no link to take off; what follows from an address or an owner is no link")
            ended = transaction.append(EventKind.PARTICIPANT_UNLINKED, actor=actor, subjects=(link_id,))
            change = update(participant_links).where(participant_links.c.id == link_id).values(ended=ended)
            transaction.connection.execute(change)
        return link_id


def _as_custodian(how: How, one: Custodian) -> Resolved:
    return Resolved(how=how, name=one.name, address=one.addresses[0], custodian=one)


def _active_link(connection: Connection, tag: bytes) -> str | None:
    links = participant_links.c
    found: str | None = connection.execute(select(links.id).where(links.tag == tag, links.ended.is_(None))).scalar()
    return found


def _rows(connection: Connection, custodian_id: str | None) -> Iterator[Any]:
    """The rows of active records with whose they are, oldest first, one after the other."""
    query = select(record_participants, records.c.custodian_id).join(records)
    query = query.where(records.c.state == RecordState.ACTIVE.value).order_by(record_participants.c.record_id)
    if custodian_id is not None:
        query = query.where(records.c.custodian_id == custodian_id)
    yield from connection.execute(query.execution_options(yield_per=_PAGE))


def _pairs(tags: bytes, addresses: bytes) -> Iterator[tuple[bytes, bytes]]:
    for place in range(0, len(tags), TAG_BYTES):
        yield tags[place : place + TAG_BYTES], addresses[place : place + TAG_BYTES] or NO_ADDRESS


def _chunks(tags: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    return (tags[start : start + _CHOSEN] for start in range(0, len(tags), _CHOSEN))
