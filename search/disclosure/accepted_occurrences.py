"""Occurrences that a person accepted: a string that was left out of one record may stand in another, there and why.

Rules:

- What is accepted is one string in one part of one record of one request, by a person who says why. It is undone by
  withdrawing it, which is an event of its own; nothing is taken away.
- The string itself is not kept. Its name is a keyed digest of its letters, made anew for each request.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, insert, select, update

from search.disclosure.accepted_tables import accepted_occurrences
from search.disclosure.production_gate_set import Accepted
from search.disclosure.requests import Requests
from search.disclosure.review_rows import chunks
from storage.errors import InvalidInput, NotFound
from storage.events import EventKind
from storage.sealing import SealKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from storage.transaction import Store

MOST_AT_ONCE: Final = 10_000
_LONGEST_REASON: Final = 2_000
_NAME: Final = 32  # hexadecimal digits of a string's name
_OCCURRENCE: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class OccurrencePlace:
    """A string, by its name, in a part of a record."""

    string: str
    record_id: str
    part: str

    @property
    def name(self) -> str:
        """What people type for it."""
        joined = f"{self.string}\x00{self.record_id}\x00{self.part}"
        return hashlib.sha256(joined.encode()).hexdigest()[:_OCCURRENCE]


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedPlace:
    """A place that was accepted: when, by whom and why; `withdrawn` is the position at which that ended."""

    place: OccurrencePlace
    at: datetime
    actor: str
    reason: str
    withdrawn: int | None


class AcceptedOccurrences:
    """The accepted occurrences of one archive's requests."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._requests = Requests(store)

    def name_of(self, request_id: str, letters: str) -> str:
        """The name of a folded string in a request."""
        message = b"\x00".join((b"redacted-string", request_id.encode(), letters.encode("utf-8", "surrogatepass")))
        return hmac.digest(self._store.keyring.digest_key, message, hashlib.sha256).hex()[:_NAME]

    def accept(self, request_id: str, places: Sequence[OccurrencePlace], reason: str, *, actor: str) -> int:
        """Say that strings may stand where they stand; those that were accepted before stay as they are. How many.

        Raises:
            NotFound: there is no such request.
            Conflict: it is closed.
            InvalidInput: no reason is given, or it is too long, or there are too many places.
        """
        given = reason.strip()
        if not given or len(given) > _LONGEST_REASON:
            raise InvalidInput(f"say why, in at most {_LONGEST_REASON:,} characters: --reason TEXT")
        if len(places) > MOST_AT_ONCE:
            raise InvalidInput(f"accept at most {MOST_AT_ONCE:,} occurrences at a time")
        with self._store.write() as transaction:
            connection = transaction.connection
            self._requests.get_open(connection, request_id)
            standing = {one.place for one in self._read(connection, request_id) if one.withdrawn is None}
            fresh = [one for one in dict.fromkeys(places) if one not in standing]
            key = self._requests.key(connection, request_id)
            sealed = self._store.vault.seal(key, SealKind.REQUEST, request_id, given.encode("utf-8", "surrogatepass"))
            for some in _by_record(fresh):
                subjects = (request_id, *dict.fromkeys(one.record_id for one in some))
                payload = {"occurrences": [one.name for one in some]}
                position = transaction.append(
                    EventKind.OCCURRENCE_ACCEPTED, actor=actor, subjects=subjects, payload=payload
                )
                rows = [
                    {
                        "request_id": request_id,
                        "string": one.string,
                        "record_id": one.record_id,
                        "part": one.part,
                        "position": position,
                        "at": transaction.at,
                        "actor": actor,
                        "sealed_reason": sealed,
                    }
                    for one in some
                ]
                connection.execute(insert(accepted_occurrences), rows)
        return len(fresh)

    def withdraw(self, request_id: str, names: Sequence[str], *, actor: str) -> int:
        """Accept no longer what was accepted, by its names. How many.

        Raises:
            NotFound: there is no such request, or one is not accepted.
            Conflict: the request is closed.
        """
        with self._store.write() as transaction:
            connection = transaction.connection
            self._requests.get_open(connection, request_id)
            standing = {one.place.name: one.place for one in self._read(connection, request_id) if not one.withdrawn}
            missing = next((one for one in names if one not in standing), None)
            if missing is not None:
                raise NotFound(f"there is no accepted occurrence {missing[:40]!r}; see: archiver request occurrences")
            places = [standing[one] for one in dict.fromkeys(names)]
            about = accepted_occurrences.c
            for some in _by_record(places):
                subjects = (request_id, *dict.fromkeys(one.record_id for one in some))
                payload = {"occurrences": [one.name for one in some]}
                position = transaction.append(
                    EventKind.OCCURRENCE_WITHDRAWN, actor=actor, subjects=subjects, payload=payload
                )
                for one in some:
                    change = update(accepted_occurrences).where(
                        about.request_id == request_id,
                        about.string == one.string,
                        about.record_id == one.record_id,
                        about.part == one.part,
                        about.withdrawn.is_(None),
                    )
                    connection.execute(change.values(withdrawn=position))
        return len(places)

    def all(self, connection: Connection, request_id: str) -> list[AcceptedPlace]:
        """What was accepted, in order, with what was withdrawn since.

        Raises:
            Corrupt: a reason is not what was sealed.
        """
        return self._read(connection, request_id, reasons=True)

    def accepted(self, connection: Connection, request_id: str) -> Accepted:
        """What stands accepted now, for the gate."""
        places = (one.place for one in self._read(connection, request_id) if one.withdrawn is None)
        return Accepted(
            name_of=lambda letters: self.name_of(request_id, letters),
            places=frozenset((one.string, one.record_id, one.part) for one in places),
        )

    def _read(self, connection: Connection, request_id: str, *, reasons: bool = False) -> list[AcceptedPlace]:
        about = accepted_occurrences.c
        query = select(accepted_occurrences).where(about.request_id == request_id)
        rows = list(connection.execute(query.order_by(about.position, about.record_id, about.part, about.string)))
        key = self._requests.key(connection, request_id) if reasons and rows else None
        opened: dict[bytes, str] = {}
        for row in rows if key is not None else ():
            if row.sealed_reason not in opened and key is not None:
                plain = self._store.vault.unseal(key, SealKind.REQUEST, request_id, row.sealed_reason)
                opened[row.sealed_reason] = plain.decode("utf-8", "surrogatepass")
        return [_place(row, opened) for row in rows]


def _place(row: Any, opened: Mapping[bytes, str]) -> AcceptedPlace:
    return AcceptedPlace(
        place=OccurrencePlace(string=row.string, record_id=row.record_id, part=row.part),
        at=row.at,
        actor=row.actor,
        reason=opened.get(row.sealed_reason, ""),
        withdrawn=row.withdrawn,
    )


def _by_record(places: Sequence[OccurrencePlace]) -> list[list[OccurrencePlace]]:
    """Places in portions of which each names so many records as one leaf does."""
    by_record: dict[str, list[OccurrencePlace]] = {}
    for one in places:
        by_record.setdefault(one.record_id, []).append(one)
    return [[one for record in some for one in by_record[record]] for some in chunks(list(by_record))]
