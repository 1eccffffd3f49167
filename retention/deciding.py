"""What the rules say about one record: of all its series, for everybody whom it is about, and for its whole family.

Rules:

- Of several series, and of several persons, every one is read, and what is combined is never earlier than any of them
  (`retention.conflicts`).
- What depends on a record that is still kept is not eligible, unless the rule itself says how long it depends on it
  ("until the record is disposed of, or the request is withdrawn").
- What is a family (the parts of one record always, a conversation where its series says so) goes when its latest member
  may; otherwise each runs its own clock. A conflict of one is a conflict of all, and of those that wait for an event
  the earliest maximum limits all. A member that is gone already counts with its date only.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Final

from retention.asking import asked_by
from retention.conflicts import combine
from retention.evaluation import Decision, Verdict, evaluate, under_holds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retention.known import Known, KnownFamily
    from retention.library import RuleBook

PARENT_DISPOSED: Final = "parent_disposed"


def decided(book: RuleBook, known: Known, holds: Sequence[str], today: date) -> Decision:
    """What the rules of all series of a record and of its family say, then under these holds."""
    own = _alone(book, known, today)
    if known.family is None:
        return under_holds(_behind_parent(own, book, known), holds)
    latest = _latest(book, known.family, today)
    said = f"it is one of a family of {len(known.family.members):,}, {known.family.words}, and goes with the latest"
    if _lateness(own) >= _lateness(latest):
        latest = _limited(own, [own, latest])
    else:
        said += ", which is another"
    decision = replace(latest, reasons=(*latest.reasons, said))
    return under_holds(_behind_parent(decision, book, known), holds)


def _latest(book: RuleBook, family: KnownFamily, today: date) -> Decision:
    """The latest decision about its members, made once for all of them."""
    key = (id(book), today)
    if key not in family.latest:
        every = [(member.active, _alone(book, member, today)) for member in family.members]
        there = [one for active, one in every if active]
        gone = [_by_date(one, today) for active, one in every if not active and one.eligible_on is not None]
        counted = there + gone or [one for _, one in every]
        family.latest[key] = (book, _limited(max(counted, key=_lateness), counted))
    return family.latest[key][1]


def _by_date(decision: Decision, today: date) -> Decision:
    """Of what was decided about a member that is gone only the day on which it could go."""
    assert decision.eligible_on is not None
    verdict = Verdict.ELIGIBLE if decision.eligible_on <= today else Verdict.RETAIN
    return replace(decision, decision=verdict, latest_on=None, over_maximum=False)


def _limited(latest: Decision, counted: Sequence[Decision]) -> Decision:
    """The latest decision; where it has no day, under the earliest maximum of all that have none."""
    waiting = [one for one in counted if one.eligible_on is None and one.latest_on is not None]
    if latest.eligible_on is not None or not waiting:
        return latest
    first = min(waiting, key=lambda one: one.latest_on or date.max)
    return replace(latest, latest_on=first.latest_on, over_maximum=any(one.over_maximum for one in waiting))


def _alone(book: RuleBook, known: Known, today: date) -> Decision:
    decisions = []
    for series_id in known.series or (None,):
        rule = book.rule_for(series_id, known.whole(series_id))
        decisions += [evaluate(facts, rule, (), today) for facts in known.readings(series_id, rule)]
    return combine(decisions, today)


def _behind_parent(decision: Decision, book: RuleBook, known: Known) -> Decision:
    if decision.decision is not Verdict.ELIGIBLE or not known.plain.parent_kept:
        return decision
    rules = [book.rule_for(series_id, known.whole(series_id)) for series_id in known.series]
    if all(rule is not None and PARENT_DISPOSED in asked_by(rule).events for rule in rules):
        return decision
    why = "it depends on a record that is still kept, and does not go before that"
    return replace(decision, decision=Verdict.RETAIN, reasons=(*decision.reasons, why))


def _lateness(decision: Decision) -> tuple[bool, bool, date]:
    """What has no date is later than any date, and what an officer has to decide comes before both."""
    conflict = decision.decision is Verdict.CONFLICT
    return conflict, decision.eligible_on is None, decision.eligible_on or date.max
