"""Which series a record belongs to, by rule: the first matching rule of the schedule, else its default series.

Rules:

- Pure. A rule that names more facts does not win by that; the order of the file decides, and a series marked *general*
  gives way to a specific one. What no rule and no default reaches stays unscheduled: it is listed and never destroyed.
- Every fact that a rule names must be the record's; of several values of a fact one is enough.
- A rule that cannot be judged gives nothing, and what would come after it is not taken in its place unless it is the
  same series: it could be the wrong one, and a shorter one. Such a record stays unscheduled, with what was in doubt.
- People override rules; that is an act of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from retention.ports import ContentRule, Match, MatchOutcome

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from storage.records import Channel, RecordKind


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentRule:
    """Records of these facts (empty: any) belong to a series.

    Attributes:
        series_id: the series.
        kinds: what they are.
        channels: how they came.
        custodians: ids of those whose they are.
        roles: that the custodian held on the record's day.
        accounts: where they happened, as in `ContentRule`.
        correspondents: who takes part beside the custodian, as in `ContentRule`.
        query: what the record says, in the language of searches.
        line: of its header in the file, from 1; None where it cannot be told.
    """

    series_id: str
    kinds: frozenset[RecordKind] = frozenset()
    channels: frozenset[Channel] = frozenset()
    custodians: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    accounts: tuple[str, ...] = ()
    correspondents: tuple[str, ...] = ()
    query: str | None = None
    line: int | None = None

    def matches(self, kind: RecordKind, channel: Channel, custodian_id: str) -> bool:
        """Whether every fact of the plain columns that the rule names is the record's."""
        return (
            (not self.kinds or kind in self.kinds)
            and (not self.channels or channel in self.channels)
            and (not self.custodians or custodian_id in self.custodians)
        )

    @property
    def opens(self) -> bool:
        """Whether the record has to be opened to judge it."""
        return bool(self.accounts or self.correspondents) or self.query is not None

    @property
    def is_plain(self) -> bool:
        """Whether the plain columns of a record are all that it asks for."""
        return not self.roles and not self.opens

    def content(self) -> ContentRule:
        """What it asks of the opened record."""
        return ContentRule(
            id=self.series_id, accounts=self.accounts, correspondents=self.correspondents, query=self.query
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The assignment rules of one schedule; `general` are the ids of its general series."""

    schedule: str
    rules: tuple[AssignmentRule, ...] = ()
    default_series: str | None = None
    general: frozenset[str] = frozenset()
    edition: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A series for a record, and why, as one sentence without content."""

    series_id: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the rules come to: a series, or none; then `doubts` says which rules could not be judged, and why."""

    assignment: Assignment | None
    doubts: tuple[str, ...] = ()


Asked: TypeAlias = "Callable[[AssignmentRule], Match]"
"""Whether what a rule asks for beside the plain columns is so of the record at hand."""

_UNASKED: Final = Match(outcome=MatchOutcome.CANNOT_TELL, reason="it was not looked at")


def _unasked(_rule: AssignmentRule) -> Match:
    return _UNASKED


@dataclass(frozen=True, slots=True)
class _Doubt:
    series_id: str
    general: bool
    words: str


def judge(
    kind: RecordKind, channel: Channel, custodian_id: str, policies: Sequence[Policy], asked: Asked = _unasked
) -> Judgement:
    """The series of a record, or why it stays unscheduled.

    Args:
        kind: what it is.
        channel: how it came.
        custodian_id: whose it is.
        policies: of the schedules in force, in their order; a rule of any comes before a default of any.
        asked: judges what is not in the plain columns; without it such rules cannot be judged.
    """
    doubts: list[_Doubt] = []
    fallback: Assignment | None = None
    for policy in policies:
        for number, rule in enumerate(policy.rules, start=1):
            is_general = rule.series_id in policy.general
            if (is_general and fallback is not None) or not rule.matches(kind, channel, custodian_id):
                continue
            answer = None if rule.is_plain else asked(rule)
            if answer is not None and answer.outcome is MatchOutcome.NO_MATCH:
                continue
            place = f"rule {number} of schedule {policy.schedule}"
            if answer is not None and answer.outcome is MatchOutcome.CANNOT_TELL:
                doubts.append(_Doubt(rule.series_id, is_general, f"{place}: {answer.reason}"))
                continue
            found = Assignment(series_id=rule.series_id, why=_why(place, policy, answer))
            if not is_general:
                return _settled(found, [one for one in doubts if not one.general])
            fallback = found
    if fallback is not None:  # behind it no general rule was asked, so what is in doubt could win over it
        return _settled(fallback, doubts)
    for policy in policies:
        if policy.default_series is not None:
            place = f"default series of schedule {policy.schedule}"
            return _settled(Assignment(series_id=policy.default_series, why=_why(place, policy, None)), doubts)
    return Judgement(assignment=None, doubts=tuple(one.words for one in doubts))


def assign(
    kind: RecordKind, channel: Channel, custodian_id: str, policies: Sequence[Policy], asked: Asked = _unasked
) -> Assignment | None:
    """The series of a record, or None if it stays unscheduled; see `judge`."""
    return judge(kind, channel, custodian_id, policies, asked).assignment


def _settled(found: Assignment, doubts: Sequence[_Doubt]) -> Judgement:
    """A series, unless a rule that could not be judged leads to another."""
    others = tuple(one.words for one in doubts if one.series_id != found.series_id)
    return Judgement(assignment=None, doubts=others) if others else Judgement(assignment=found)


def _why(place: str, policy: Policy, answer: Match | None) -> str:
    edition = f", edition {policy.edition}" if policy.edition else ""
    return f"{place}{edition}" if answer is None else f"{place}{edition}: {answer.reason}"
