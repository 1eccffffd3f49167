"""Faults planted on purpose in what guards dispositions: each must be found by the interleavings of the other campaign.

A fault is found where a round names a broken promise. One that is not found in so many rounds is a failure: either a
promise is not asked for any more, or the rounds no longer come to it.
"""

from __future__ import annotations

import random
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final
from unittest import mock

from retention.disposition_types import ActKind, State
from retention.dispositions import act, set_state
from retention.hold_standing import HoldStanding
from storage.shredding import Shredder
from tests.faults.campaign import Campaign, Counts
from tests.faults.disposition_campaign import of_one_archive

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from archiver.destroying import Destroying
    from retention.disposition_rechecking import Recheck
    from retention.disposition_types import PersonalAct, Signatory

_MOST: Final = 3_000
_STEP: Final = 5
_SELDOM: Final = 3


def _nothing(*_arguments: object, **_named: object) -> dict[str, str]:
    return {}


def _asked_before(
    self: Destroying, record_ids: Sequence[str], *, actor: str, payload: Any = None, guard: Any = None, **_more: object
) -> str:
    """Ask in one transaction, and destroy in the next."""
    archive = self._archive
    with archive.store.read() as connection:
        others = {} if guard is None else guard.objections(connection, record_ids)
        objections = {**others, **HoldStanding().objections(connection, record_ids)}
    believed = mock.Mock(objections=lambda *_: dict(objections))
    with archive.store.write() as transaction:
        destruction = Shredder(archive).decide(transaction, record_ids, actor, payload, guard=believed)
    self._erase(destruction)
    return destruction


def _one_user(one: Signatory, other: Signatory) -> bool:
    return one.actor == other.actor


def _never(*_arguments: object) -> bool:
    return False


def _all_approvals(acts: Sequence[PersonalAct]) -> tuple[PersonalAct, ...]:
    return tuple(one for one in acts if one.kind is ActKind.APPROVE)


def _only_the_whole(self: Recheck, connection: Any, record_ids: Sequence[str]) -> dict[str, str]:
    """Whether the batch stands is asked, and nothing of its records."""
    whole = self.refusal(connection)
    return {} if whole is None else dict.fromkeys(record_ids, whole)


def _closed_blindly(installation: Any, hand: Any, batch_id: str) -> None:
    """Say that a batch is executed, whatever is left of it."""
    with installation.archive.store.write() as transaction:
        act(transaction, batch_id, ActKind.EXECUTE, hand.signatory, payload={})
        set_state(transaction, batch_id, State.EXECUTED)


MUTANTS: Final[dict[str, tuple[tuple[str, Callable[..., object]], ...]]] = {
    "holds are not asked": (
        ("retention.hold_standing.HoldStanding.objections", _nothing),
        ("retention.hold_standing.HoldStanding.on", _nothing),
    ),
    "a person is a user": (
        ("archiver.disposing.is_same_person", _one_user),
        ("retention.disposition_reading.is_same_person", _one_user),
    ),
    "every approval counts": (
        ("archiver.disposing.is_same_person", _never),
        ("archiver.disposing.approvers", _all_approvals),
        ("retention.disposition_rechecking.approvers", _all_approvals),
    ),
    "a frozen clock is believed": (
        ("archiver.disposing.refuse_frozen", _nothing),
        ("retention.disposition_rechecking.refuse_frozen", _nothing),
    ),
    "open batches are not looked at": (("retention.dispositions.in_open_batches", lambda *_: set()),),
    "a batch stands for ever": (("retention.disposition_rechecking.Recheck.refusal", lambda *_: None),),
    "records are not looked at again": (("retention.disposition_rechecking.Recheck.objections", _only_the_whole),),
    "a batch is closed blindly": (("archiver.disposition_executing._close", _closed_blindly),),
    "asked in a transaction of its own": (("archiver.destroying.Destroying.destroy", _asked_before),),
}
"""Names of attributes and what stands there instead. The last ones need some hundred rounds; not in the quick tier."""


def run(seed: int, count: int) -> Counts:
    """Plant so many of the faults, one at a time."""
    names = list(MUTANTS)
    if count < len(names):
        names = random.Random(seed).sample(names[:-_SELDOM], count)
    needed = {name: _rounds_until_found(name, seed) for name in names}
    failures = tuple(f"not found in {_MOST} rounds: {name}" for name, rounds in needed.items() if rounds is None)
    return Counts(run=len(names), failures=failures, notes={name: rounds or "-" for name, rounds in needed.items()})


def _rounds_until_found(name: str, seed: int) -> int | None:
    with ExitStack() as stack:
        for place, instead in MUTANTS[name]:
            stack.enter_context(mock.patch(place, instead))
        for start in range(0, _MOST, _STEP):
            _, failures, _ = of_one_archive((seed, start, start + _STEP))
            if failures:
                return start + _STEP
    return None


CAMPAIGN = Campaign(name="faults planted in dispositions", requires=len(MUTANTS), quick=1, run=run)
