"""Several decisions about one record as one: by several series, or by several persons whom it is about. Pure.

Rules (of the agency's records law, not of a schedule): every minimum counts, so the latest keeps it; every maximum
counts, so the earliest limits it; a maximum that ends before a minimum of another is a conflict for an officer and
nothing happens by itself. What one of them cannot decide keeps the record. A hold comes before all of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from retention.evaluation import Decision, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

# what keeps a record most surely, first
_ORDER = (
    Verdict.CONFLICT,
    Verdict.UNSCHEDULED,
    Verdict.PERMANENT,
    Verdict.NEEDS_EVENT,
    Verdict.RETAIN,
    Verdict.ELIGIBLE,
)


def combine(decisions: Sequence[Decision], today: date) -> Decision:
    """One decision that is no earlier than any of these, which were made for the same day, without holds."""
    distinct = list(dict.fromkeys(decisions))
    if len(distinct) == 1:
        return distinct[0]
    leading = min(distinct, key=lambda one: _ORDER.index(one.decision))
    minima = [one.eligible_on for one in distinct if one.eligible_on is not None]
    maxima = [one.latest_on for one in distinct if one.latest_on is not None]
    latest_on = min(maxima, default=None)
    open_ended = any(one.eligible_on is None for one in distinct)
    eligible_on = None if open_ended else max(minima)
    verdict, why = leading.decision, f"{len(distinct)} rules or readings apply: the latest minimum counts"
    permanent = any(one.decision is Verdict.PERMANENT for one in distinct)
    # a record is eligible on the day after its minimum, so a maximum on the day before that still meets it
    crossed = latest_on is not None and any(latest_on < one and (one - latest_on).days > 1 for one in minima)
    if latest_on is not None and (crossed or permanent or (open_ended and today > latest_on)):
        verdict = Verdict.CONFLICT
        why = f"the maximum of one ends on {latest_on}, before the minimum of another: an officer has to decide"
    projections = [one.projected_on or one.eligible_on for one in distinct]
    known = [one for one in projections if one is not None]
    all_known = len(known) == len(projections) and any(one.projected_on for one in distinct)
    return replace(
        leading,
        decision=verdict,
        eligible_on=eligible_on,
        latest_on=latest_on,
        projected_on=max(known) if all_known else None,
        waits_for=tuple(dict.fromkeys(name for one in distinct for name in one.waits_for)),
        over_maximum=any(one.over_maximum for one in distinct),
        steps=tuple(dict.fromkeys(step for one in distinct for step in one.steps)),
        reasons=(*leading.reasons[:1], why, *dict.fromkeys(_rest(distinct, leading))),
    )


def _rest(distinct: Sequence[Decision], leading: Decision) -> list[str]:
    """The reasons of each, the one that leads first."""
    ordered = [leading, *(one for one in distinct if one is not leading)]
    return [reason for number, one in enumerate(ordered) for reason in one.reasons[1 if number == 0 else 0 :]]
