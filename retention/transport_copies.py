"""Which containers may be destroyed as transport copies, on which day, and what keeps the others.

Rules:

- A container is transport: what came out of it are the records, and it is kept as a secondary copy under one series
  that a schedule marks with `transport_copies = true`. While no such series is in force it stays.
- Its clock starts when its account is closed (`retention.transport_accounts`), as the event `accounting_closed`; an
  open account starts none.
- A hold on any active record out of it, at any depth, keeps it, and so does one that was not compared with such a
  record, or cannot be told. A hold that names its custodian keeps it whatever else that hold says; where nobody knows
  whose it is, or what a hold says, every hold does.
- A container in another one goes after it, or with it: until then its bytes are in there.
- The same answer for views, proposals and the destroying transaction, which asks it under the write lock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from retention.disposition_rechecking import ground_of
from retention.disposition_steps import why_not
from retention.disposition_types import BatchAction
from retention.evaluation import Decision, Verdict, barriers, evaluate
from retention.facts import FactEvent, Facts, Moment, local_day
from retention.holds import open_holds
from retention.transport_accounts import accounts_of, records_out_of
from storage.destruction_refusals import outer_containers
from storage.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from retention.disposition_types import Ground
    from retention.hold_standing import HoldStanding
    from retention.holds import Holds
    from retention.library import RuleBook
    from retention.transport_accounts import CopyAccount

ACCOUNTING_CLOSED: Final = "accounting_closed"
NO_SERIES: Final = "no schedule in force has a series of transport copies"
_CHUNK: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyStanding:
    """How a container stands on a day.

    Attributes:
        account: what it brought.
        decision: what its rule says, without holds; None where no series is that of transport copies.
        ground: what a batch would freeze; None where its rule gives no day.
        kept_by: clauses without content, one for each reason for which it stays; empty: it may be proposed.
        outer: containers that still hold it.
    """

    account: CopyAccount
    decision: Decision | None
    ground: Ground | None
    kept_by: tuple[str, ...]
    outer: tuple[str, ...]

    @property
    def aside_sentence(self) -> str | None:
        """What a batch freezes of its files that make no record; None where it has none."""
        if not self.account.aside:
            return None
        return f"{self.account.aside:,} files in it make no record and are destroyed with it"


class TransportCopies:
    """Judges the containers of one archive.

    Args:
        holds: its holds, opened for the custodians that they name.
        standing: how records stand to them.
        zone: the archive's zone, in which its days begin.
    """

    def __init__(self, holds: Holds, standing: HoldStanding, zone: ZoneInfo) -> None:
        self._holds = holds
        self._standing = standing
        self._zone = zone

    def standings(
        self, connection: Connection, book: RuleBook, container_ids: Sequence[str], day: date
    ) -> dict[str, CopyStanding]:
        """How each of these containers stands on a day; one that is destroyed, or no container, is absent."""
        accounts = accounts_of(connection, container_ids)
        series_id, refusal = series_of_copies(book, day)
        outer: dict[str, set[str]] = {}
        for start in range(0, len(container_ids), _CHUNK):
            outer |= outer_containers(connection, container_ids[start : start + _CHUNK])
        found = {}
        for container_id, account in accounts.items():
            decision = None if series_id is None else self._decide(book, series_id, account, day)
            kept = [] if account.open_because is None else [account.open_because]
            held = self.held(connection, account)
            kept += [] if held is None else [held]
            by_rule = refusal if decision is None else why_not(decision, day)
            if by_rule is not None and (account.open_because is None or decision is None):
                kept.append(by_rule)
            found[container_id] = CopyStanding(
                account=account,
                decision=decision,
                ground=None if decision is None else ground_of(decision, book, BatchAction.DESTROY_COPIES),
                kept_by=tuple(kept),
                outer=tuple(sorted(outer.get(container_id, ()))),
            )
        return found

    def held(self, connection: Connection, account: CopyAccount) -> str | None:
        """Which hold keeps a container, as a clause; None where none does."""
        standing = open_holds(connection)
        for hold in standing:
            try:
                named = self._holds.terms(connection, hold).rule.custodian_ids
            except ArchiveError:
                return f"hold {hold.id} cannot be read"
            if account.custodian_id is None:
                return f"nobody knows whose it is, and there is hold {hold.id}"
            if account.custodian_id in named:
                return f"hold {hold.id} names its custodian"
        if not standing:
            return None
        ids = records_out_of(connection, account.within)
        for start in range(0, len(ids), _CHUNK):
            for under in self._standing.held_alone(connection, ids[start : start + _CHUNK]).values():
                return f"of what came out of it, one record: {under[0].sentence()}"
        return None

    def _decide(self, book: RuleBook, series_id: str, account: CopyAccount, day: date) -> Decision:
        closed = None if account.closed_at is None else local_day(account.closed_at, self._zone)
        facts = Facts(
            captured=Moment(day=local_day(account.received_at, self._zone)),
            events=() if closed is None else (FactEvent(kind=ACCOUNTING_CLOSED, day=closed),),
            attributes=(("copy", "secondary"),),
        )
        return evaluate(facts, book.rule_for(series_id, facts), (), day)


def series_of_copies(book: RuleBook, day: date) -> tuple[str | None, str]:
    """The series of transport copies on a day, and why there is none in force.

    Of several that schedules mark, the one in force counts; where several are, none does, since nobody could say by
    which rule a container went.
    """
    marked = [
        (one.schedule, series.id) for one in book.loaded for series in one.schedule.series if series.transport_copies
    ]
    standing = [series_id for schedule, series_id in marked if not barriers(schedule.authority, day)]
    if len(standing) == 1 or (not standing and len(marked) == 1):
        return (standing or [marked[0][1]])[0], NO_SERIES
    if standing:
        return None, "several series in force are marked as that of transport copies; mark one"
    return None, NO_SERIES


def choose_copies(
    standings: Mapping[str, CopyStanding], *, with_aside: bool
) -> tuple[list[CopyStanding], dict[str, str]]:
    """Of containers those that may go, the outer ones before the inner, and why the others may not.

    Args:
        standings: how all of them stand.
        with_aside: also those with files that make no record and are nowhere else.
    """
    refused = {container_id: one.kept_by[0] for container_id, one in standings.items() if one.kept_by}
    for container_id, one in standings.items():
        if container_id in refused or with_aside or not one.account.aside:
            continue
        refused[container_id] = "files in it make no record and are nowhere else; they go only if --with-aside says so"
    refused |= still_within({key: one.outer for key, one in standings.items()}, refused)
    chosen = _outer_first({key: one for key, one in standings.items() if key not in refused})
    return [_with_aside_told(one) for one in chosen], refused


def still_within(outer: Mapping[str, Sequence[str]], refused: Mapping[str, str]) -> dict[str, str]:
    """Which others of the containers stay because one stays in which they are; `outer` has all that are meant to go."""
    inner: dict[str, list[str]] = {}
    for container_id, around in outer.items():
        for one in around:
            inner.setdefault(one, []).append(container_id)
    found: dict[str, str] = {}
    waiting = [one for one in inner if one in refused or one not in outer]
    while waiting:
        one = waiting.pop()
        for container_id in inner.get(one, ()):
            if container_id not in refused and container_id not in found:
                found[container_id] = f"it stands in {one}, which is not destroyed"
                waiting.append(container_id)
    return found


def _outer_first(standings: Mapping[str, CopyStanding]) -> list[CopyStanding]:
    """In such an order that what a container stands in comes before it; the rest is a ring, which goes at once."""
    left = dict.fromkeys(standings)
    around = {key: sum(1 for one in standing.outer if one in standings) for key, standing in standings.items()}
    inner: dict[str, list[str]] = {}
    for key, standing in standings.items():
        for one in standing.outer:
            inner.setdefault(one, []).append(key)
    ready, ordered = [key for key in standings if not around[key]], []
    for key in ready:  # grows while it is read
        ordered.append(key)
        del left[key]
        for one in inner.get(key, ()):
            if one in around:
                around[one] -= 1
                if around[one] == 0:
                    ready.append(one)
    return [standings[key] for key in (*ordered, *left)]


def _with_aside_told(one: CopyStanding) -> CopyStanding:
    said = one.aside_sentence
    if said is None or one.ground is None:
        return one
    return replace(one, ground=replace(one.ground, reasons=(*one.ground.reasons, said)))


def is_due(one: CopyStanding) -> bool:
    """Whether nothing but a container around it, or its files that make no record, would keep it."""
    return not one.kept_by and one.decision is not None and one.decision.decision is Verdict.ELIGIBLE
