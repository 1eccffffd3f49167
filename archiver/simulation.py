"""What another schedule or hold would do over the coming years: the present beside a proposal, and nothing changed.

Rules:

- Nothing is loaded, placed, released, assigned or judged: no row is written. A hold that is only thought of is compared
  with the records themselves, as a real one is; what it cannot read counts as held, and is told apart as `untold`.
- So does what was not compared with an open hold yet: comparing would write.
- A simulation tells numbers and names no record, so it leaves no event; with a hold that is thought of it does, since
  how many records a query finds says something of what they say (`retention.holds`, trying a hold).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from archiver.access import Act, authorize
from retention.comparing import DateChange, date_change
from retention.hold_rules import HoldTerms, check_terms
from retention.hold_standing import Ground, HoldStanding, contained_in
from retention.holds import refuse_released
from retention.ports import MatchOutcome
from retention.record_sizes import sizes_of
from retention.simulating import FREE, Foresight, Horizon, Kept, difference
from retention.two_books import TwoBooks, TwoWays
from storage.events import EventKind
from storage.records import RecordState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from archiver.access import Principal
    from archiver.wiring import Installation
    from retention.hold_standing import Held
    from retention.ports import ContentRule
    from retention.schedule import Schedule
    from storage.records import Record

NO_SERIES: Final = "-"  # no identifier of a series begins so
_UNTOLD: Final = frozenset({Ground.PENDING, Ground.CANNOT_TELL})
_REASON: Final = "simulation"


class GroupBy(StrEnum):
    """What the numbers are told by."""

    SERIES = "series"
    CHANNEL = "channel"
    CUSTODIAN = "custodian"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What would be: schedules that were loaded, a hold that was placed, and ids of open holds that were released."""

    schedules: tuple[Schedule, ...] = ()
    hold: ContentRule | None = None
    without_holds: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing is proposed, so that only the present is told."""
        return not self.schedules and self.hold is None and not self.without_holds


def simulate(
    installation: Installation,
    who: Principal,
    proposal: Proposal,
    *,
    horizon: Horizon,
    by: GroupBy = GroupBy.SERIES,
    progress: Callable[[int, int | None], None] = lambda _done, _total: None,
) -> dict[str, Any]:
    """The present state and what the proposal would make of it, by group and month.

    Raises:
        Denied: this role may not.
        NotFound: there is no such hold.
        Conflict: a hold was released already, or two schedules have the same series.
        InvalidInput: the proposed hold is none.
    """
    authorize(who, Act.EVALUATE)
    if proposal.hold is not None:
        authorize(who, Act.PLACE_HOLD)
        rule: ContentRule | None = check_terms(HoldTerms(reason=_REASON, rule=proposal.hold)).rule
    else:
        rule = None
    archive, retention = installation.archive, installation.retention
    with archive.store.read() as connection:
        for hold_id in proposal.without_holds:
            refuse_released(installation.holds.get(connection, hold_id))
        before = installation.library.book(connection)
        total = archive.catalogue.count(connection, RecordState.ACTIVE)
    after = before.revised(*proposal.schedules) if proposal.schedules else before
    books = TwoBooks(
        archive.store,
        archive.catalogue,
        retention.known,
        installation.rule_judging(),
        before=before,
        after=after,
        today=horizon.today,
    )
    counting = _Counting(installation, proposal, rule, horizon=horizon, by=by)
    done = 0
    for seen, page in books.pages():
        counting.take(page)
        done += seen
        progress(done, max(done, total))
    if rule is not None:
        with archive.store.write() as transaction:
            payload = {"simulated": True, "found": counting.found}
            transaction.append(EventKind.HOLDS_VIEWED, actor=who.actor, payload=payload)
    titles = {series.id: series.title for one in (*before.loaded, *after.loaded) for series in one.schedule.series}
    return {
        "today": horizon.today.isoformat(),
        "until": horizon.until.isoformat(),
        "years": horizon.years,
        "by": by.value,
        "schedules": before.editions(),
        "proposal": None if proposal.empty else _told(proposal, before.editions()),
        **counting.document(titles if by is GroupBy.SERIES else {}),
    }


class _Counting:
    """Counts pages of records twice: as things are, and as they would be."""

    def __init__(
        self,
        installation: Installation,
        proposal: Proposal,
        rule: ContentRule | None,
        *,
        horizon: Horizon,
        by: GroupBy,
    ) -> None:
        self._archive = installation.archive
        self._judging = installation.judging()
        self._proposal = proposal
        self._rule = rule
        self._by = by
        self._present = Foresight(horizon)
        self._proposed = Foresight(horizon)
        self._changes = dict.fromkeys(DateChange, 0)
        self.found = 0

    def take(self, page: Sequence[TwoWays]) -> None:
        """Count a page."""
        ids = [one.record.id for one in page]
        with self._archive.store.read() as connection:
            sizes = sizes_of(connection, ids)
            held = HoldStanding().held(connection, ids)
        thought = {} if self._rule is None else self._thought(self._rule, ids)
        self.found += len(thought)
        for one in page:
            record_id, size = one.record.id, sizes.get(one.record.id, 0)
            under = held.get(record_id, ())
            self._present.take(self._group(one.record, one.before.series_id), one.before.decision, _kept(under), size)
            if self._proposal.empty:
                continue
            left = tuple(each for each in under if each.hold not in self._proposal.without_holds)
            kept = _with(_kept(left), thought.get(record_id))
            self._proposed.take(self._group(one.record, one.after.series_id), one.after.decision, kept, size)
            self._changes[date_change(one.before.decision, one.after.decision)] += 1

    def _thought(self, rule: ContentRule, ids: Sequence[str]) -> dict[str, MatchOutcome]:
        """What the proposed hold would hold of these: what it matches, cannot tell, or finds inside of one."""
        with self._archive.store.read() as connection:
            inside = contained_in(connection, ids)
        others = sorted({one for some in inside.values() for one in some} - set(ids))
        outcomes = self._judging.outcomes(rule, [*ids, *others])
        found = {
            one: outcomes[one] for one in ids if outcomes.get(one, MatchOutcome.NO_MATCH) is not MatchOutcome.NO_MATCH
        }
        for record_id, contained in inside.items():
            if any(outcomes.get(other, MatchOutcome.NO_MATCH) is not MatchOutcome.NO_MATCH for other in contained):
                found.setdefault(record_id, MatchOutcome.MATCH)
        return found

    def _group(self, record: Record, series_id: str | None) -> str:
        if self._by is GroupBy.CHANNEL:
            return record.channel.value
        return record.custodian_id if self._by is GroupBy.CUSTODIAN else series_id or NO_SERIES

    def document(self, titles: Mapping[str, str]) -> dict[str, Any]:
        """`present`, and with a proposal `proposed`, `difference` and `dates`; custodians by their addresses."""
        present = self._present.to_json()
        if self._proposal.empty:
            return {"present": self._named(present, titles), "proposed": None, "difference": None, "dates": None}
        proposed = self._proposed.to_json()
        less = difference(present, proposed)
        sides = {"present": present, "proposed": proposed, "difference": less}
        changes = {change.value: number for change, number in self._changes.items()}
        return {**{name: self._named(side, titles) for name, side in sides.items()}, "dates": changes}

    def _named(self, side: dict[str, Any], titles: Mapping[str, str]) -> dict[str, Any]:
        """The same with its groups as a list, each under the name that people know it by."""
        named = {NO_SERIES: "without a series", **titles}
        if self._by is GroupBy.CUSTODIAN:
            with self._archive.store.read() as connection:
                owners = self._archive.custodians.open(connection, list(side["groups"]))
            named = {one: owner.addresses[0] for one, owner in owners.items()}
        groups = [{"id": group, "name": named.get(group), **told} for group, told in side["groups"].items()]
        return {**side, "groups": groups}


def _kept(under: Sequence[Held]) -> Kept:
    if not under:
        return FREE
    return Kept(held=True, untold=all(one.ground in _UNTOLD for one in under))


def _with(kept: Kept, thought: MatchOutcome | None) -> Kept:
    """Also under the proposed hold."""
    if thought is None:
        return kept
    untold = thought is MatchOutcome.CANNOT_TELL and (not kept.held or kept.untold)
    return Kept(held=True, untold=untold)


def _told(proposal: Proposal, present: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """What is proposed, without what a hold is about."""
    editions = {one["name"]: one["edition"] for one in present}
    return {
        "schedules": [
            {"name": one.name, "edition": one.edition, "sha256": one.sha256, "supersedes": editions.get(one.name)}
            for one in proposal.schedules
        ],
        "hold": proposal.hold is not None,
        "without_holds": list(proposal.without_holds),
    }
