"""What the ledger says of one round of dispositions, and which promise it shows to be broken.

Only leaves, the lists whose digest stands in a leaf, and the records themselves are asked: no state of a batch, no row
of a hold. That a record was put elsewhere, or that a fact keeps it, is told by the leaves of the one who did so.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from retention.disposition_reading import listed, read_grounds
from retention.dispositions import list_digest
from retention.hold_listing import destroyed_before
from storage.events import EventKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from storage.ledger import LedgerEvent
    from tests.faults.disposition_programs import House, Round

_NEVER: Final = 1 << 60
_ACTS: Final = (EventKind.DISPOSITION_PROPOSED, EventKind.DISPOSITION_APPROVED, EventKind.DESTRUCTION_DECIDED)


@dataclass(slots=True, kw_only=True)
class _Batch:
    """A batch by its leaves: positions, and who acted. `dropped` are those of the leaves that dropped records."""

    proposed: int
    proposer: str
    said: dict[str, Any]
    members: tuple[str, ...] = ()
    left_out: frozenset[str] = frozenset()
    approvals: list[tuple[int, str]] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    closed: int = _NEVER
    executed: bool = False


class History:
    """The leaves of a round, put in order."""

    def __init__(self, house: House, turn: Round, connection: Connection) -> None:
        self._house, self._turn = house, turn
        ledger = house.looker.archive.ledger
        events = ledger.events_after(connection, turn.before)
        self.batches: dict[str, _Batch] = {}
        self.destroyed: dict[str, tuple[int, str, str]] = {}
        self.confirmed: dict[str, int] = {}
        self.faults: list[str] = []
        self._decided: dict[str, tuple[int, dict[str, Any]]] = {}
        self._at: defaultdict[EventKind, list[LedgerEvent]] = defaultdict(list)
        for one in events:
            self._at[one.event.kind].append(one)
            said = ledger.payload(connection, one.position) or {}
            self._take(one, said)
        for batch_id, batch in self.batches.items():
            self._read_list(connection, batch_id, batch)

    def _take(self, one: LedgerEvent, said: dict[str, Any]) -> None:
        kind, position, subjects = one.event.kind, one.position, one.event.subjects
        if kind is EventKind.DISPOSITION_PROPOSED:
            self.batches[subjects[0]] = _Batch(proposed=position, proposer=one.event.actor, said=said)
        elif kind is EventKind.DISPOSITION_APPROVED:
            self.batches[subjects[0]].approvals.append((position, one.event.actor))
        elif kind is EventKind.DISPOSITION_DROPPED:
            self.batches[subjects[0]].dropped.append(position)
        elif kind in (EventKind.DISPOSITION_WITHDRAWN, EventKind.DISPOSITION_EXECUTED):
            batch = self.batches[subjects[0]]
            if batch.closed != _NEVER:
                self.faults.append("a batch was closed twice")
            batch.closed, batch.executed = position, kind is EventKind.DISPOSITION_EXECUTED
        elif kind is EventKind.DESTRUCTION_DECIDED:
            self._decided[subjects[0]] = (position, said)
        elif kind is EventKind.DESTRUCTION_CONFIRMED:
            self.confirmed[subjects[0]] = position
        elif kind is EventKind.RECORD_DESTROYED:
            if subjects[0] in self.destroyed:
                self.faults.append("a record was destroyed twice")
            self.destroyed[subjects[0]] = (position, subjects[2], one.event.actor)

    def _read_list(self, connection: Connection, batch_id: str, batch: _Batch) -> None:
        members = list(listed(connection, batch_id))
        digest = list_digest([(one.record_id, one.ground) for one in members], read_grounds(connection, batch_id))
        if digest != batch.said["list_sha256"]:
            self.faults.append("the list of a batch is not the one that was proposed")
        batch.members = tuple(one.record_id for one in members)
        batch.left_out = frozenset(one.record_id for one in members if one.dropped is not None)

    def broken(self, connection: Connection, notes: Counter[str]) -> Iterator[str]:
        """Every promise that was broken."""
        yield from self.faults
        for record_id, (position, destruction, _) in self.destroyed.items():
            yield from self._destroyed(connection, record_id, position, destruction)
        for batch_id, batch in self.batches.items():
            yield from self._approved(batch, notes)
            if batch.executed and any(
                one not in batch.left_out and self.destroyed.get(one, (_NEVER,))[0] > batch.closed
                for one in batch.members
            ):
                yield f"batch {batch_id} was executed, and a record of it is neither destroyed nor dropped"
        yield from self._in_two_batches()
        yield from self._frozen()
        yield from self._certified()
        yield from self._told_by_holds(connection)

    def _destroyed(self, connection: Connection, record_id: str, position: int, destruction: str) -> Iterator[str]:
        decided, said = self._decided.get(destruction, (_NEVER, {}))
        batch = self.batches.get(str(said.get("disposition")))
        if batch is None or decided > position:
            yield "a record was destroyed by no batch"
            return
        if record_id not in batch.members or record_id in batch.left_out:
            yield "a record was destroyed that its batch does not list, or had dropped"
        if position > batch.closed:
            yield "a record was destroyed after its batch was withdrawn or executed"
        if len(self._persons(batch, position)) < self._house.approvals:
            yield "a record was destroyed without the approval of enough other persons"
        if record_id == self._turn.records[2]:
            yield "a record was destroyed before its day"
        if record_id == self._turn.records[1] and self._kept(position):
            yield "a record was destroyed that was in another series by then, or that a fact kept"
        if self._held(connection, record_id, position):
            yield "a record was destroyed under a hold"

    def _persons(self, batch: _Batch, before: int) -> set[str]:
        """The persons other than its proposer who approved a batch before a position."""
        given_at = self._turn.token_given_at
        olga, ilsa, theo = (self._house.people[name].actor for name in ("olga", "ilsa", "theo"))
        acts = [(batch.proposed, batch.proposer), *((at, who) for at, who in batch.approvals if at < before)]
        had_token = given_at is not None and any(who == olga and at <= given_at for at, who in acts)
        same = {ilsa: olga, **({theo: olga} if had_token else {})}
        return {same.get(who, who) for _, who in acts[1:]} - {same.get(batch.proposer, batch.proposer)}

    def _kept(self, position: int) -> bool:
        """Whether the second record was put into another series, or was said to be of today, and that stood then."""
        second, kate = self._turn.records[1], self._house.people["kate"].actor
        moves = sum(
            one.position < position and one.event.actor == kate and second in one.event.subjects
            for one in self._at[EventKind.RECORD_ASSIGNED]
        )
        added = sum(one.position < position for one in self._at[EventKind.FACT_ADDED])
        withdrawn = sum(one.position < position for one in self._at[EventKind.FACT_WITHDRAWN])
        return moves % 2 == 1 or added > withdrawn

    def _held(self, connection: Connection, record_id: str, position: int) -> bool:
        holds = self._house.looker.holds
        released = {one.event.subjects[0]: one.position for one in self._at[EventKind.HOLD_RELEASED]}
        for one in self._at[EventKind.HOLD_PLACED]:
            hold_id = one.event.subjects[0]
            rule = holds.terms(connection, holds.get(connection, hold_id)).rule
            reaches = record_id in rule.records or bool(rule.custodian_ids)
            if reaches and one.position < position < released.get(hold_id, _NEVER):
                return True
        return False

    def _approved(self, batch: _Batch, notes: Counter[str]) -> Iterator[str]:
        today = (self._house.clock() - self._house.clock.offset).astimezone(self._house.looker.archive.zone).date()
        ahead = str(batch.said["today"]) > (today + timedelta(days=1)).isoformat()  # midnight may come meanwhile
        notes["proposed too early"] += ahead or bool(batch.said["forecast"])
        if batch.approvals and (ahead or batch.said["forecast"]):
            yield "a batch for a day that is still to come was approved"
        if len(self._persons(batch, _NEVER)) < len(batch.approvals):
            yield "somebody approved what he proposed, or approved twice"
        if any(at > batch.closed for at, _ in batch.approvals):
            yield "a batch was approved after it was withdrawn or executed"

    def _in_two_batches(self) -> Iterator[str]:
        in_order = sorted(self.batches.values(), key=lambda one: one.proposed)
        for number, later in enumerate(in_order):
            for earlier in in_order[:number]:
                if earlier.closed < later.proposed:
                    continue
                both = set(earlier.members) & set(later.members)
                was_dropped = any(at < later.proposed for at in earlier.dropped)
                if both - (earlier.left_out if was_dropped else frozenset()):
                    yield "a record was in two open batches"

    def _frozen(self) -> Iterator[str]:
        accepted = [one.position for one in self._at[EventKind.CLOCK_ACCEPTED]]
        for one in self._at[EventKind.CLOCK_FROZEN]:
            until = min((at for at in accepted if at > one.position), default=_NEVER)
            if any(one.position < act.position < until for kind in _ACTS for act in self._at[kind]):
                yield "something was proposed, approved or destroyed while the clock was not believed"

    def _certified(self) -> Iterator[str]:
        for document, issued in self._turn.certificates:
            ids = [one["id"] for one in document["destructions"]]
            if any(self.confirmed.get(one, _NEVER) > issued for one in ids):
                yield "a certificate was issued before absence was confirmed"
            mine = {record_id for record_id, (_, destruction, _) in self.destroyed.items() if destruction in ids}
            if {one["id"] for one in document["records"]} != mine or document["count"] != len(mine):
                yield "a certificate does not name what was destroyed"

    def _told_by_holds(self, connection: Connection) -> Iterator[str]:
        holds = self._house.looker.holds
        for one in self._at[EventKind.HOLD_PLACED]:
            hold = holds.get(connection, one.event.subjects[0])
            rule = holds.terms(connection, hold).rule
            before, _ = destroyed_before(connection, hold, rule)
            gone = {record_id for record_id, (at, _, _) in self.destroyed.items() if at < one.position}
            if {told.record_id for told in before} != (gone if rule.custodian_ids else gone & set(rule.records)):
                yield "a hold does not say what was destroyed before it"
