"""Which series a record belongs to, by rule: the first matching rule of the schedule, else its default series.

Rule: pure. A rule that names more facts does not win by that; the order of the file decides, and a series marked
*general* gives way to a specific one. What no rule and no default reaches stays unscheduled: it is listed and
never destroyed. People override rules; that is an act of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.records import Channel, RecordKind


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentRule:
    """Records of these kinds, channels and custodians (ids; empty: any) belong to a series."""

    series_id: str
    kinds: frozenset[RecordKind] = frozenset()
    channels: frozenset[Channel] = frozenset()
    custodians: frozenset[str] = frozenset()

    def matches(self, kind: RecordKind, channel: Channel, custodian_id: str) -> bool:
        """Whether every fact that the rule names is the record's."""
        return (
            (not self.kinds or kind in self.kinds)
            and (not self.channels or channel in self.channels)
            and (not self.custodians or custodian_id in self.custodians)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The assignment rules of one schedule; `general` are the ids of its general series."""

    schedule: str
    rules: tuple[AssignmentRule, ...] = ()
    default_series: str | None = None
    general: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A series for a record, and why, as one sentence without content."""

    series_id: str
    why: str


def assign(kind: RecordKind, channel: Channel, custodian_id: str, policies: Sequence[Policy]) -> Assignment | None:
    """The series of a record, or None if it stays unscheduled.

    Args:
        kind: what it is.
        channel: how it came.
        custodian_id: whose it is.
        policies: of the schedules in force, in their order; a rule of any comes before a default of any.
    """
    fallback: Assignment | None = None
    for policy in policies:
        for number, rule in enumerate(policy.rules, start=1):
            if not rule.matches(kind, channel, custodian_id):
                continue
            found = Assignment(series_id=rule.series_id, why=f"rule {number} of schedule {policy.schedule}")
            if rule.series_id not in policy.general:
                return found
            fallback = fallback or found
    if fallback is not None:
        return fallback
    for policy in policies:
        if policy.default_series is not None:
            return Assignment(series_id=policy.default_series, why=f"default series of schedule {policy.schedule}")
    return None
