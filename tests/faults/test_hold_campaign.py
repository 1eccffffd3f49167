"""The campaign of holds against destruction finds each fault that it is there to find."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from retention import hold_standing
from retention.hold_standing import Ground, HoldStanding
from retention.ports import Match, MatchOutcome
from storage.shredding import Shredder
from tests.faults.hold_campaign import run

if TYPE_CHECKING:
    from archiver.destroying import Destroying

_MOST = 400
_STEP = 6  # rounds of one archive
_stands = hold_standing.stands


def found(seed: int) -> str:
    """The first broken promises that the campaign names, in so many rounds as it takes."""
    for start in range(0, _MOST, _STEP):
        counts = run(seed + start, _STEP)
        if counts.failures:
            return counts.told()
    return ""


def asked_before(self: Destroying, record_ids, *, actor, payload=None, guard=None) -> str:
    """Destroy as one must not: look at the holds in one transaction, and destroy in the next."""
    del guard
    archive = self._archive
    with archive.store.read() as connection:
        objections = HoldStanding().objections(connection, record_ids)

    class Believed:
        def objections(self, _connection, _record_ids) -> dict[str, str]:
            return dict(objections)

    with archive.store.write() as transaction:
        return Shredder(archive).decide(transaction, record_ids, actor, payload, guard=Believed())


def nobody_objects(*_arguments: object) -> dict[str, str]:
    return {}


def missing_is_free(hold, position, verdict, decision):
    held = _stands(hold, position, verdict, decision)
    return None if held is not None and held.ground is Ground.PENDING else held


def stale_counts(hold, _position, verdict, decision):
    """A verdict is taken whatever was read since."""
    old = -1 if verdict is None else verdict.position
    return _stands(hold, old, verdict, decision)


def any_version_counts(hold, position, verdict, decision):
    seen = hold if verdict is None else replace(hold, version=verdict.version)
    return _stands(seen, position, verdict, decision)


def untold_is_free(hold, position, verdict, decision):
    held = _stands(hold, position, verdict, decision)
    return None if held is not None and held.ground is Ground.CANNOT_TELL else held


def unread_is_no(*_arguments: object) -> Match:
    return Match(outcome=MatchOutcome.NO_MATCH, reason="it does not stand there")


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("place", "fault", "seed"),  # of seeds, such as find it soon
    [
        ("retention.hold_standing.HoldStanding.objections", nobody_objects, 11),
        ("archiver.destroying.Destroying.destroy", asked_before, 47),
        ("retention.hold_standing.stands", missing_is_free, 11),
        ("retention.hold_standing.stands", stale_counts, 29),
        ("retention.hold_standing.stands", any_version_counts, 29),
        ("retention.hold_standing.stands", untold_is_free, 11),
        ("search.rule_matching.RuleMatcher.match", unread_is_no, 11),
    ],
    ids=lambda one: getattr(one, "__name__", "in"),
)
def test_a_fault_in_what_guards_destruction_is_found(place, fault, seed):
    with mock.patch(place, fault):
        assert "destroyed" in found(seed)
