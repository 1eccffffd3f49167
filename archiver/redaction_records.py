"""The records of a request opened for who marks them: their parts, what is marked in them, and the roster.

Rule: a record that somebody may not see does not exist for him, and whoever reads a record leaves an event. Records are
opened some at a time, so that a request of any size is gone through in the same memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Self

from sqlalchemy import select

from archiver.access import authorize
from archiver.own_exemptions import law_in_force
from archiver.release_parts import PartReader
from archiver.seeing import hidden_records, no_such_record, note_viewed
from search.disclosure.redactions import Redactions
from search.disclosure.requests import Requests
from search.disclosure.review_rows import chunks, read_records
from search.disclosure.review_tables import review_records
from search.disclosure.rosters import Rosters
from storage.errors import Conflict
from storage.events import EventKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archiver.access import Act, Principal
    from archiver.wiring import Installation
    from search.disclosure.jurisdictions import Profile
    from search.disclosure.redaction_rows import Marks
    from search.disclosure.release_types import RecordParts
    from search.disclosure.request_types import DisclosureRequest
    from search.disclosure.review_rows import ReviewedRecord
    from search.disclosure.rosters import Roster

_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRecord:
    """A record of a request with its parts and what is marked in it."""

    parts: RecordParts
    marks: Marks

    @property
    def record_id(self) -> str:
        """Its id."""
        return self.parts.record_id


class RequestRecords:
    """The records of one request, for one person. Use it as a context; it may hold a confined child.

    Raises:
        NotFound: there is no such request.
        Denied: this role may not do the act.
    """

    def __init__(self, installation: Installation, who: Principal, name: str, act: Act) -> None:
        authorize(who, act)
        self.who = who
        self._installation = installation
        store = installation.archive.store
        self.redactions = Redactions(store)
        with store.read() as connection:
            self.request: DisclosureRequest = Requests(store).get(connection, name)
            self.hidden = hidden_records(connection, who)
        self._reader: PartReader | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._reader is not None:
            self._reader.close()
        self._reader = None

    @property
    def profile(self) -> Profile:
        """The law of the request, with the grounds that the agency offers beside it."""
        return law_in_force(self._installation, self.request.profile)

    @cached_property
    def roster(self) -> Roster:
        """The people of the roster that holds."""
        archive = self._installation.archive
        with archive.store.read() as connection:
            return Rosters(archive.store, archive.ledger).current(connection)

    def ids(self) -> list[str]:
        """Every record of the request that this person may see, in the order of their ids."""
        about = review_records.c
        query = select(about.record_id).where(about.request_id == self.request.id).order_by(about.record_id)
        with self._installation.archive.store.read() as connection:
            return [one for one in connection.execute(query).scalars() if one not in self.hidden]

    def known(self, record_ids: Sequence[str]) -> dict[str, ReviewedRecord]:
        """How these records stand.

        Raises:
            NotFound: one is not of the request, or not for this person.
        """
        with self._installation.archive.store.read() as connection:
            found = {one.record_id: one for one in read_records(connection, self.request.id, record_ids)}
        missing = next((one for one in record_ids if one not in found or one in self.hidden), None)
        if missing is not None:
            raise no_such_record(missing)
        return found

    def open(self, record_id: str, *, seen: bool = True) -> OpenRecord:
        """One record; with `seen` the event of having read it.

        Raises:
            NotFound: it is not of the request, or not for this person.
            Conflict: it was destroyed.
        """
        self.known([record_id])
        found = next(self.each([record_id]), None)
        if found is None:
            raise Conflict(f"record {record_id} is no longer there to be read", record=record_id)
        if seen:
            self.note_read([record_id])
        return found

    def each(self, record_ids: Sequence[str]) -> Iterator[OpenRecord]:
        """These records, one after another; what was destroyed meanwhile is left out."""
        archive = self._installation.archive
        if self._reader is None:
            self._reader = PartReader(self._installation)
        for start in range(0, len(record_ids), _AT_ONCE):
            some = record_ids[start : start + _AT_ONCE]
            with archive.store.read() as connection:
                described = archive.catalogue.describe(connection, some)
                marks = self.redactions.of(connection, self.request.id, some)
            for one in described:
                yield OpenRecord(parts=self._reader.record_parts(one), marks=marks.get(one.record.id, ()))

    def note_read(self, record_ids: Sequence[str]) -> None:
        """Leave the event of having read records of the request."""
        with self._installation.archive.store.write() as transaction:
            for some in chunks(record_ids):
                subjects = (*some, self.request.id)
                transaction.append(EventKind.RECORD_VIEWED, actor=self.who.actor, subjects=subjects)

    def note_viewed(self) -> None:
        """Leave the event of having looked at the request."""
        note_viewed(self._installation.archive.store, self.who, self.request.id)
