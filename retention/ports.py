"""What retention needs of the floors above it, and of the catalogue below, as protocols of few methods.

Rule: whether a record matches is decided by opening the record, never by an index, and "cannot tell" counts as a
match for holds. Whoever keeps anything derived from a record can erase it and testify that it is gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from storage.records import DescribedRecord, Party, Record
    from storage.transaction import Transaction
    from storage.transcriptions import StoredTranscription


class MatchOutcome(StrEnum):
    """The three answers to "does this record match this rule"."""

    MATCH = "match"
    NO_MATCH = "no_match"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """An answer with its reason; the reason names the rule's part, never what the record says."""

    outcome: MatchOutcome
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentRule:
    """A rule over records: every part that is given must match; of several values of a part one is enough.

    Attributes:
        id: what the rule belongs to.
        version: goes up where every record is to be judged anew.
        records: ids of records; where they are given, nothing else is.
        custodian_ids: whose record it is.
        accounts: where it happened, as ``coach_kim``, an address, a number, or ``instagram:coach_kim``.
        correspondents: names, addresses, numbers, or ``@domain.example``.
        since: first day, inclusive, in the archive's zone.
        until: last day, inclusive.
        query: in the language of searches.
        asked_on: the day from which the query's ``last month`` is told; None: it tells no days so.
    """

    id: str
    version: int = 1
    records: tuple[str, ...] = ()
    custodian_ids: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    correspondents: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    query: str | None = None
    asked_on: date | None = None


class RecordMatcher(Protocol):
    """Tells whether a record matches a rule, by what the record itself says."""

    def refuse(self, rule: ContentRule) -> None:
        """Say what of a rule cannot be understood, before it is one.

        Raises:
            InvalidInput: which part, and why.
        """
        ...

    def match(
        self,
        record: DescribedRecord,
        read: StoredTranscription | None,
        rule: ContentRule,
        known: Mapping[str, tuple[Party, ...]],
    ) -> Match:
        """Compare; `read` is the newest of what its pictures say, `known` by handle who a participant is.

        What cannot be read is `CANNOT_TELL`, never an exception and never `NO_MATCH`.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Testimony of one owner of derived bytes about one record; `detail` says how it looked, without content."""

    owner: str
    record_id: str
    absent: bool
    detail: str


class Traces(Protocol):
    """An owner of bytes derived from records: an index, renditions, drafts, exports.

    Every method is safe to repeat, and ids of which it has nothing are none of its business.
    """

    @property
    def owner(self) -> str:
        """Its name in a testimony."""
        ...

    def forget(self, record_ids: Sequence[str]) -> None:
        """Show and find nothing of these records from now on; cheap, called right after the decision."""
        ...

    def erase(self, record_ids: Sequence[str], *, actor: str) -> None:
        """Make all that was derived from these records unrecoverable, in the files themselves and in old copies.

        May be costly; called once for all batches that go together.

        Raises:
            StorageFull, TemporarilyUnavailable: not now; called again later.
        """
        ...

    def confirm(self, record_ids: Sequence[str]) -> tuple[Absence, ...]:
        """Look again and testify, one answer for each id."""
        ...


class HoldLookup(Protocol):
    """Which holds records are under."""

    def on(self, connection: Connection, record_ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """Ids of the active holds by record id; a record under none may be absent."""
        ...


class WholeHoldLookup(HoldLookup, Protocol):
    """The same, and all at once."""

    def all(self, connection: Connection) -> frozenset[str]:
        """Ids of all active records that are under a hold; those for which `on` names one."""
        ...


class RecordCatalogue(Protocol):
    """What retention asks of `storage.catalogue.Catalogue`."""

    def page_records(self, connection: Connection, after: str | None, limit: int) -> Sequence[Record]:
        """Records in order of their id, those after `after`, at most `limit`."""
        ...

    def assign_series(self, transaction: Transaction, record_id: str, series_id: str, *, actor: str, why: str) -> None:
        """Put a record into a series, with a ledger leaf."""
        ...
