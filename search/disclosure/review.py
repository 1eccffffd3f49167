"""Review: which records a request reaches, and what is decided of each; every step an event that can be taken back.

Rules:

- A record is decided by its last step; how it stood before is kept with each step, so that a step can be taken back
  while nothing later has touched its records. Nothing is ever rewritten: taking back is a step of its own.
- What is withheld or redacted names the ground, from the list of the request's law. What is released names none.
- A second review is a second person's: who decided a record does not confirm it.
- A step is one transaction, whatever number of records it touches, in leaves of some hundred ids each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, func, insert, select, update

from search.disclosure.requests import Requests
from search.disclosure.review_progress import progress_of
from search.disclosure.review_rows import (
    Decision,
    ReviewedRecord,
    Standing,
    change_records,
    chunks,
    read_records,
    reviewed,
    standing_before,
    standing_of,
    with_tag,
)
from search.disclosure.review_tables import request_sets, review_changes, review_records, review_steps
from storage.errors import Conflict, Denied, InvalidInput, NotFound
from storage.events import EventKind
from storage.sealing import SealKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager

    from search.disclosure.jurisdictions import Profile
    from storage.transaction import Store, Transaction

_LONGEST_CODES: Final = 800
_LONGEST_NOTE: Final = 10_000


_NEEDS_GROUND: Final = (Decision.REDACT, Decision.WITHHOLD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step that was made; `records` is how many it touched."""

    number: int
    position: int
    records: int


class Review:
    """The review of one archive's requests."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._requests = Requests(store)

    def add(
        self,
        request_id: str,
        record_ids: Sequence[str],
        *,
        actor: str,
        batch: int | None = None,
        frozen: str | None = None,
    ) -> Step:
        """Put records before the reviewers; those that are there already stay as they are.

        `frozen` is the set that they were found by, which is noted with the step.

        Raises:
            NotFound: there is no such request.
            Conflict: it is closed.
        """
        wanted = list(dict.fromkeys(record_ids))
        with self._step(request_id, wanted) as transaction:
            self._requests.get_open(transaction.connection, request_id)
            there = standing_of(transaction.connection, request_id, wanted)
            fresh = [one for one in wanted if one not in there]
            told = None if frozen is None else {"set": frozen}
            step = self.begin(transaction, request_id, "add", EventKind.REVIEW_ADDED, fresh, actor, payload=told)
            rows = [
                {"request_id": request_id, "record_id": one, "added": step.number, "batch": batch, "codes": ""}
                for one in fresh
            ]
            if rows:
                transaction.connection.execute(insert(review_records), rows)
            if frozen is not None:
                row = {"request_id": request_id, "set_id": frozen, "step": step.number}
                transaction.connection.execute(insert(request_sets), [row])
        return step

    def decide(
        self,
        request_id: str,
        record_ids: Sequence[str],
        decision: Decision,
        *,
        profile: Profile,
        actor: str,
        codes: Sequence[str] = (),
        note: str | None = None,
    ) -> Step:
        """Decide records, all in the same way.

        Raises:
            NotFound: there is no such request, or a record is not before its reviewers.
            Conflict: the request is closed.
            InvalidInput: a ground is missing, is none of the law's, or stands where nothing is kept back.
        """
        grounds = _checked_codes(decision, codes, profile)
        sealed = self._sealed(request_id, note)
        wanted = list(dict.fromkeys(record_ids))
        with self._step(request_id, wanted) as transaction:
            connection = transaction.connection
            self._requests.get_open(connection, request_id)
            before = standing_of(connection, request_id, wanted)
            missing = next((one for one in wanted if one not in before), None)
            if missing is not None:
                raise NotFound(f"record {missing[:64]} is not before the reviewers of this request", record=missing)
            payload = {"decision": decision.value, "codes": list(codes)}
            step = self.begin(
                transaction, request_id, "decide", EventKind.REVIEW_DECIDED, wanted, actor, payload=payload, note=sealed
            )
            stands = Standing(decision=decision, codes=grounds, step=step.number, by=actor)
            change_records(connection, request_id, step.number, before, dict.fromkeys(wanted, stands))
        return step

    def confirm(self, request_id: str, record_ids: Sequence[str], *, actor: str) -> Step:
        """Say, as a second person, that decisions are right.

        Raises:
            NotFound: there is no such request, or a record is not before its reviewers.
            Denied: one was decided by the same person.
            Conflict: one is undecided, or the request is closed.
        """
        wanted = list(dict.fromkeys(record_ids))
        with self._step(request_id, wanted) as transaction:
            connection = transaction.connection
            self._requests.get_open(connection, request_id)
            standing = {one.record_id: one for one in read_records(connection, request_id, wanted)}
            for one in wanted:
                if one not in standing:
                    raise NotFound(f"record {one[:64]} is not before the reviewers of this request", record=one)
                if standing[one].decision is None:
                    raise Conflict(f"record {one} is not decided yet", record=one)
                if standing[one].decided_by == actor:
                    raise Denied("a decision is confirmed by another person than the one who made it", record=one)
            step = self.begin(transaction, request_id, "confirm", EventKind.REVIEW_CONFIRMED, wanted, actor)
            for some in chunks(wanted):
                mine = (review_records.c.request_id == request_id, review_records.c.record_id.in_(some))
                connection.execute(update(review_records).where(*mine).values(confirmed_by=actor))
        return step

    def give(self, request_id: str, record_ids: Sequence[str], batch: int | None, *, actor: str) -> Step:
        """Put records into a reviewer's batch, or out of every one.

        Raises:
            NotFound: there is no such request.
            Conflict: it is closed.
        """
        wanted = list(dict.fromkeys(record_ids))
        with self._step(request_id, ()) as transaction:
            self._requests.get_open(transaction.connection, request_id)
            step = self.begin(
                transaction, request_id, "batch", EventKind.REVIEW_BATCHED, wanted, actor, payload={"batch": batch}
            )
            for some in chunks(wanted):
                mine = (review_records.c.request_id == request_id, review_records.c.record_id.in_(some))
                transaction.connection.execute(update(review_records).where(*mine).values(batch=batch))
        return step

    def undo(self, request_id: str, number: int, *, actor: str) -> Step:
        """Take a decision back: its records stand as before it.

        Raises:
            NotFound: there is no such step of decisions.
            Conflict: a later step touched one of its records, or it was taken back already.
        """
        about = review_changes.c
        query = select(review_changes).where(about.request_id == request_id, about.step == number)
        with self._store.read() as connection:  # what a step changed is never written again
            self._requests.get_open(connection, request_id)
            changed = list(connection.execute(query))
        if not changed:
            raise NotFound(f"step {number} of this review decided nothing; see: archiver request review --steps")
        wanted = [row.record_id for row in changed]
        with self._step(request_id, wanted) as transaction:
            connection = transaction.connection
            self._requests.get_open(connection, request_id)
            before = standing_of(connection, request_id, wanted)
            if any(before[one].step != number for one in wanted):
                raise Conflict(f"a later step decided records of step {number} anew, or it was taken back already")
            after = {row.record_id: standing_before(row) for row in changed}
            step = self.begin(
                transaction, request_id, "undo", EventKind.REVIEW_UNDONE, wanted, actor, takes_back=number
            )
            change_records(connection, request_id, step.number, before, after)
        return step

    def progress(self, connection: Connection, request_id: str) -> dict[str, int]:
        """How many records stand how: by decision, ``undecided``, and ``confirmed``."""
        return progress_of(self._store).told(connection, request_id)

    def page(
        self,
        connection: Connection,
        request_id: str,
        *,
        after: str = "",
        limit: int = 100,
        decision: Decision | None = None,
        undecided: bool = False,
        batch: int | None = None,
        tag: int | None = None,
    ) -> list[ReviewedRecord]:
        """Records of a request in the order of their ids, from the one behind `after` on; `tag` is a number of one."""
        about = review_records.c
        query = select(review_records).where(about.request_id == request_id, about.record_id > after)
        if undecided:
            query = query.where(about.decision.is_(None))
        elif decision is not None:
            query = query.where(about.decision == decision.value)
        if batch is not None:
            query = query.where(about.batch == batch)
        if tag is not None:
            most = limit if decision is None and not undecided and batch is None else None
            query = query.where(with_tag(connection, request_id, tag, after, most))
        return [reviewed(row) for row in connection.execute(query.order_by(about.record_id).limit(limit))]

    def requests_of(self, connection: Connection, record_id: str) -> list[str]:
        """The requests before whose reviewers a record is."""
        query = select(review_records.c.request_id).where(review_records.c.record_id == record_id)
        return list(connection.execute(query.order_by(review_records.c.request_id)).scalars())

    def sets(self, connection: Connection, request_id: str) -> list[tuple[str, int]]:
        """The frozen sets that a request was searched by, each with its step."""
        query = select(request_sets).where(request_sets.c.request_id == request_id).order_by(request_sets.c.step)
        return [(row.set_id, row.step) for row in connection.execute(query)]

    def steps(self, connection: Connection, request_id: str) -> list[Mapping[str, Any]]:
        """Every step with what was written with it, in order."""
        query = select(review_steps).where(review_steps.c.request_id == request_id).order_by(review_steps.c.number)
        rows = list(connection.execute(query))
        key = self._requests.key(connection, request_id) if any(row.sealed_note for row in rows) else None
        told: list[Mapping[str, Any]] = []
        for row in rows:
            note = None
            if row.sealed_note is not None and key is not None:
                plain = self._store.vault.unseal(key, SealKind.REQUEST, request_id, row.sealed_note)
                note = plain.decode("utf-8", "surrogatepass")
            told.append(
                {
                    "step": row.number,
                    "kind": row.kind,
                    "by": row.actor,
                    "at": row.at.isoformat(),
                    "position": row.position,
                    "takes_back": row.takes_back,
                    "note": note,
                }
            )
        return told

    def _step(self, request_id: str, record_ids: Sequence[str]) -> AbstractContextManager[Transaction]:
        """A transaction in which how these records stand changes, and of no others."""
        return progress_of(self._store).carried(self._store, request_id, record_ids)

    def _sealed(self, request_id: str, note: str | None) -> bytes | None:
        if note is None or not note.strip():
            return None
        if len(note) > _LONGEST_NOTE:
            raise InvalidInput(f"a note has at most {_LONGEST_NOTE:,} characters")
        with self._store.read() as connection:
            self._requests.get(connection, request_id)
            key = self._requests.key(connection, request_id)
        return self._store.vault.seal(key, SealKind.REQUEST, request_id, note.strip().encode("utf-8", "surrogatepass"))

    def begin(
        self,
        transaction: Transaction,
        request_id: str,
        kind: str,
        event: EventKind,
        record_ids: Sequence[str],
        actor: str,
        *,
        payload: Mapping[str, Any] | None = None,
        note: bytes | None = None,
        takes_back: int | None = None,
    ) -> Step:
        """Begin a step in a transaction: its row and its leaves, each of which names the request and some records."""
        last = select(func.max(review_steps.c.number)).where(review_steps.c.request_id == request_id)
        number = (transaction.connection.execute(last).scalar() or 0) + 1
        told = {"step": number, **(payload or {})}
        position = 0
        for some in chunks(record_ids) if record_ids else [[]]:
            position = transaction.append(event, actor=actor, subjects=(request_id, *some), payload=told)
        row = {
            "request_id": request_id,
            "number": number,
            "kind": kind,
            "actor": actor,
            "at": transaction.at,
            "position": position,
            "takes_back": takes_back,
            "sealed_note": note,
        }
        transaction.connection.execute(insert(review_steps), [row])
        return Step(number=number, position=position, records=len(record_ids))


def _checked_codes(decision: Decision, codes: Sequence[str], profile: Profile) -> str:
    known = {one.code for one in profile.exemptions}
    unknown = next((one for one in codes if one not in known), None)
    if unknown is not None:
        raise InvalidInput(
            f"{profile.id} has no exemption {unknown[:40]!r}; see: archiver request profiles {profile.id}"
        )
    if decision in _NEEDS_GROUND and not codes:
        raise InvalidInput(f"what is to {decision.value} needs its ground: --exemption CODE")
    if decision not in _NEEDS_GROUND and codes:
        raise InvalidInput("an exemption is a ground to redact or withhold; leave it out")
    joined = "\n".join(dict.fromkeys(codes))
    if len(joined) > _LONGEST_CODES:
        raise InvalidInput("these are too many grounds for one decision")
    return joined
