"""What may be done with a record, and what must have happened before, read from the rule that made it eligible. Pure.

Rules:

- Nothing is done that the rule does not say, and nothing in another order: the schedule is adopted and in effect, and
  only what its steps end in is done. A rule that says how long to keep and nothing of what follows lets the record go:
  a minimum is how long it *must* be kept. Whoever means otherwise writes the step.
- A transfer is done with a package that the recipient accepts. After it our copy is removed, but where the rule goes on
  with a step that keeps the record. What the archives decline after an appraisal may be destroyed (D4, then D1).
- Steps that this program cannot do (D12), that contradict each other, or more than one transfer: the record stays.
- Every step before that (review by the archives, notice, an outside approval, an offer) is recorded with its day, in
  the order of the rule, and the days to wait after it have passed.
- Where the schedule asks for the permission of an authority, that is recorded with the authority's own reference; an
  application for approval among the steps is that permission.
- Posting to the permanent record comes before the destruction that follows it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from retention.disposition_types import Answer, BatchAction, Requirement
from retention.evaluation import Verdict, barriers
from retention.vocabulary import DESTROYING, Disposition

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from retention.evaluation import Basis, Decision
    from retention.rules import Step

PERMISSION: Final = "permission"
TRANSFERRING: Final = frozenset(
    {
        Disposition.TRANSFER_PERMANENTLY,
        Disposition.TRANSFER_FOR_APPRAISAL,
        Disposition.TRANSFER_TO_AGENCY,
        Disposition.RETURN_TO_SENDER,
    }
)
_KEEPING: Final = frozenset({Disposition.KEEP_PERMANENTLY, Disposition.REVIEW})


def action_of(basis: Basis, doing: BatchAction = BatchAction.DESTROY) -> str:
    """What the rule prescribes, in the words of a batch: its transfer with the recipient, or what comes last."""
    if doing is BatchAction.TRANSFER and (step := _transfer(basis)) is not None:
        return _named(step.disposition.value, step.party)
    return _last(basis).value


def _last(basis: Basis) -> Disposition:
    """The last step; destruction where the rule has none."""
    return basis.steps[-1].disposition if basis.steps else Disposition.DESTROY


def _transfer(basis: Basis) -> Step | None:
    return next((step for step in basis.steps if step.disposition in TRANSFERRING), None)


def keeps_a_copy(basis: Basis) -> bool:
    """Whether the rule keeps the record here after its transfer."""
    return _last(basis) in _KEEPING


def is_review(basis: Basis) -> bool:
    """Whether the rule ends in a review by an officer, who puts the record into a series anew."""
    return _last(basis) is Disposition.REVIEW


def why_not(
    decision: Decision, day: date, doing: BatchAction = BatchAction.DESTROY, answer: Answer | None = None
) -> str | None:
    """Why this may not be done with a record on a day, whatever persons agree to, as a clause; None if it may.

    Args:
        decision: what its rule says.
        day: the day.
        doing: what a batch would do.
        answer: what the recipient of an earlier transfer under the same series answered of it.
    """
    if decision.decision is Verdict.HELD:
        return decision.reasons[0]
    basis = decision.basis
    if decision.decision is not Verdict.ELIGIBLE or basis is None or decision.eligible_on is None:
        return f"by its schedule it is {decision.decision.value.replace('_', ' ')}"
    standing = barriers(basis.authority, day)
    if standing:
        return standing[0]
    return _unfit(basis) or (
        _no_transfer(basis, answer) if doing is BatchAction.TRANSFER else _no_destruction(basis, answer)
    )


def _unfit(basis: Basis) -> str | None:
    """Steps that this program does not do, or that contradict each other."""
    kinds = [step.disposition for step in basis.steps]
    if Disposition.DEIDENTIFY in kinds:
        return "its schedule prescribes to de-identify it, which this program does not do; the record stays"
    if sum(one in TRANSFERRING for one in kinds) > 1:
        return "its schedule prescribes several transfers, and this program does one only; the record stays"
    if any(one in DESTROYING or one is Disposition.KEEP_PERMANENTLY for one in kinds[:-1]):
        return "its schedule prescribes something after what ends a record's disposition; the record stays"
    return None


def _no_transfer(basis: Basis, answer: Answer | None) -> str | None:
    transfer = _transfer(basis)
    if transfer is None:
        return f"its schedule prescribes {_last(basis).value.replace('_', ' ')} and no transfer"
    if answer is Answer.DECLINED and transfer.disposition is Disposition.TRANSFER_FOR_APPRAISAL:
        return "the archives have declined it; propose its destruction"
    if answer is Answer.ACCEPTED and keeps_a_copy(basis):
        return "it was transferred already, and its schedule keeps it here"
    return None


def _no_destruction(basis: Basis, answer: Answer | None) -> str | None:
    last, transfer = _last(basis), _transfer(basis)
    if transfer is not None and not (answer is Answer.ACCEPTED and keeps_a_copy(basis)):
        named = _named(transfer.disposition.value, transfer.party).replace("_", " ")
        if transfer.disposition is not Disposition.TRANSFER_FOR_APPRAISAL or answer is not Answer.DECLINED:
            return f"its schedule prescribes {named} first; propose it with --action transfer"
        if last is Disposition.TRANSFER_FOR_APPRAISAL:  # what the archives do not select is destroyed
            return None
    if last is Disposition.KEEP_PERMANENTLY:
        return "its schedule keeps it permanently"
    if last is Disposition.REVIEW:
        return "its schedule prescribes a review by an officer; see: archiver disposition reviews"
    return None if last in DESTROYING else f"its schedule prescribes {last.value.replace('_', ' ')} and no destruction"


def requirements(basis: Basis, doing: BatchAction = BatchAction.DESTROY) -> tuple[Requirement, ...]:
    """What must be recorded before approval, in the order of the rule.

    Before a transfer these are the steps before it; before the destruction of what was declined, those after it.
    """
    steps = basis.steps
    at = next((place for place, step in enumerate(steps) if step.disposition in TRANSFERRING), None)
    if at is None:
        wanted = steps[:-1]
    elif doing is BatchAction.TRANSFER:
        wanted = steps[:at]
    else:
        wanted = steps[at + 1 : -1]
    found = [Requirement(name=_named(step.disposition.value, step.party), wait_days=step.wait_days) for step in wanted]
    if doing is not BatchAction.TRANSFER and steps and steps[-1].disposition is Disposition.POST_THEN_DESTROY:
        found.append(Requirement(name=Disposition.POST_THEN_DESTROY.value))
    applied = any(step.disposition is Disposition.APPLY_FOR_APPROVAL for step in steps)
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
