"""What must have happened before a record may be destroyed, read from the rule that made it eligible. Pure.

Rules:

- Only what a rule in force destroys is destroyed: the schedule is adopted and in effect, and the last step that it
  prescribes destroys. A rule that says how long to keep and nothing of what follows lets the record go.
- Every step before the last one (review by the archives, notice, an outside approval, an offer, a transfer for
  appraisal) is recorded with its day, in the order of the rule, and the days to wait after it have passed.
- Where the schedule asks for the permission of an authority, that is recorded with the authority's own reference; an
  application for approval among the steps is that permission.
- Posting to the permanent record comes before the destruction that follows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from retention.evaluation import Verdict, barriers
from retention.vocabulary import DESTROYING, Disposition

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from retention.evaluation import Basis, Decision

PERMISSION: Final = "permission"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """A step to record before approval; `wait_days` pass after it. `ordered`: it follows the one before it."""

    name: str
    wait_days: int = 0
    ordered: bool = True


def action_of(basis: Basis) -> Disposition:
    """What the rule prescribes in the end; destruction where it prescribes nothing."""
    return basis.steps[-1].disposition if basis.steps else Disposition.DESTROY


def why_not(decision: Decision, day: date) -> str | None:
    """Why a record may not be destroyed on a day, whatever persons agree to, as a clause; None if it may."""
    if decision.decision is Verdict.HELD:
        return decision.reasons[0]
    basis = decision.basis
    if decision.decision is not Verdict.ELIGIBLE or basis is None or decision.eligible_on is None:
        return f"by its schedule it is {decision.decision.value.replace('_', ' ')}"
    standing = barriers(basis.authority, day)
    if standing:
        return standing[0]
    action = action_of(basis)
    if action not in DESTROYING:
        return f"its schedule prescribes {action.value.replace('_', ' ')} and no destruction"
    return None


def requirements(basis: Basis) -> tuple[Requirement, ...]:
    """What must be recorded before approval, in the order of the rule."""
    found = [
        Requirement(name=_named(step.disposition.value, step.party), wait_days=step.wait_days)
        for step in basis.steps[:-1]
    ]
    if basis.steps and basis.steps[-1].disposition is Disposition.POST_THEN_DESTROY:
        found.append(Requirement(name=Disposition.POST_THEN_DESTROY.value))
    applied = any(step.disposition is Disposition.APPLY_FOR_APPROVAL for step in basis.steps)
    if basis.authority.permission_required and not applied:
        found.append(Requirement(name=_named(PERMISSION, basis.authority.permission_from), ordered=False))
    return tuple(found)


def _named(what: str, party: str) -> str:
    return f"{what} ({party})" if party else what


def unmet(wanted: Sequence[Requirement], done: Mapping[str, date], day: date) -> str | None:
    """What is missing before a destruction on a day, as a clause; None if nothing is.

    Args:
        wanted: what must be recorded.
        done: the day of each step that was recorded, by its name.
        day: the day of the destruction, or of its approval.
    """
    earliest: date | None = None
    for one in wanted:
        on = done.get(one.name)
        if on is None:
            return f"the step {one.name} is not recorded"
        if not one.ordered:
            continue
        if earliest is not None and on < earliest:
            return f"the step {one.name} was on {on}, and by its schedule it could not be before {earliest}"
        # the days of waiting are whole days: the next step is on the day after the last of them
        earliest = on + timedelta(days=one.wait_days + 1) if one.wait_days else on
    if earliest is not None and day < earliest:
        return f"its schedule asks to wait until {earliest}"
    return None
