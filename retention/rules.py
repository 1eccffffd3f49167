"""Retention rules as trees: what starts a clock, how long it runs, how clocks combine, what follows.

Rule: a tree says everything that a schedule's sentence says, and nothing is code. Terms are those of records
schedules: *trigger*, *cutoff*, *minimum* (not less than), *maximum* (not later than), *disposition*. A tree is
immutable and bounded (`MAX_DEPTH`, `MAX_NODES`), so that walking it by recursion is safe.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from retention.calendars import Calendars, MonthDay, Unit
from retention.vocabulary import (
    DESTROYING,
    MOMENT_TRIGGERS,
    PREPARING,
    CaseKind,
    Disposition,
    Pick,
    Trigger,
)

if TYPE_CHECKING:
    from datetime import date

DEFAULT_CALENDARS = Calendars()
MAX_DEPTH = 8
MAX_NODES = 64
MAX_PERIOD = 366_000
"""Longest period in any unit: a thousand years of days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One clock: from a trigger, so many units.

    Attributes:
        events: kinds of event any of which starts the clock; empty for moments and ages.
        pick: which of several; None takes the latest for a minimum and the earliest for a maximum.
        occurrence: the how manieth of the events, by date, starts the clock ("the second audit"); None: see `pick`.
        following: only events on a later day than these count ("the next inventory after it was retired").
        of: for triggers that move a date, the moment that they move where no `events` are given.
        day: the fixed day (T9).
        nth: which fixed day after the date.
        age: years of age (T19).
        year_end: where this clock's fiscal or school years end, if not where the agency's do.
        if_any: the term counts only if an event or a true fact of this name is known ("any litigation").
    """

    trigger: Trigger
    period: int = 0
    unit: Unit = Unit.YEAR
    events: tuple[str, ...] = ()
    pick: Pick | None = None
    occurrence: int | None = None
    following: tuple[str, ...] = ()
    of: Trigger = Trigger.CREATED
    day: MonthDay | None = None
    nth: int = 1
    age: int | None = None
    year_end: MonthDay | None = None
    if_any: str | None = None

    def __post_init__(self) -> None:
        """Refuse a clock that could not be read."""
        if self.trigger is Trigger.NONE:
            raise ValueError("a clock needs a trigger; say permanent = true where there is none")
        if not 0 <= self.period <= MAX_PERIOD:
            raise ValueError(f"a period lies between 0 and {MAX_PERIOD}")
        if (self.trigger is Trigger.AGE_REACHED) != (self.age is not None):
            raise ValueError("age goes with the trigger age_reached, and that trigger needs it")
        if self.trigger is Trigger.FIXED_DAY and self.day is None:
            raise ValueError("the trigger fixed_day needs a day such as 07-01")
        if self.of not in MOMENT_TRIGGERS:
            raise ValueError("of names a moment: created, received, received_or_provided, last_entry or immediate")
        if self.pick is not None and self.occurrence is not None:
            raise ValueError("pick and occurrence both say which of several events counts; keep one")


@dataclass(frozen=True, slots=True, kw_only=True)
class Permanent:
    """No clock ever ends: permanent, or the life of the agency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterOf:
    """Whichever ends later; waits for every branch that applies."""

    branches: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierOf:
    """Whichever ends first; a branch whose event is not known leaves the others standing."""

    branches: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    """The first branch, *provided* every other is fulfilled as well."""

    branches: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A fact between two bounds: `low` itself is inside, `high` is not; both are numbers, or both are days."""

    name: str
    low: int | date | None = None
    high: int | date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Facts that must hold: for each name one of the values, or a number or day in a span. Without any it holds.

    A fact that is not known does not hold.
    """

    facts: tuple[tuple[str, tuple[str, ...]], ...] = ()
    spans: tuple[Span, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The facts that it asks for."""
        return (*(name for name, _ in self.facts), *(span.name for span in self.spans))


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One branch of `WhicheverApplies`, with the facts by which it applies (none: by its event being known).

    `otherwise`: it applies where the facts of no other branch hold.
    """

    when: Condition
    then: Expression
    otherwise: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WhicheverApplies:
    """The branches that the facts make applicable; of several, the latest (earliest for a maximum)."""

    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LongerAuthorised:
    """May be kept longer where somebody says so: an event of this kind with an `until` date."""

    then: Expression
    event: str = "longer_retention"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendedByConsent:
    """A maximum that the person concerned may extend in writing: an event with an `until` date."""

    then: Expression
    event: str = "consent_to_longer_retention"


@dataclass(frozen=True, slots=True, kw_only=True)
class After:
    """A clock that starts on the last day of another one: first moved to the `nth` fixed `day`, then `period` units."""

    then: Expression
    period: int = 0
    unit: Unit = Unit.YEAR
    day: MonthDay | None = None
    nth: int = 1
    year_end: MonthDay | None = None


Expression = (
    Term | Permanent | LaterOf | EarlierOf | AllOf | WhicheverApplies | LongerAuthorised | ExtendedByConsent | After
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One disposition step; `wait_days` pass after it before the next, `party` is who is told, asked or given."""

    disposition: Disposition
    wait_days: int = 0
    party: str = ""

    def __str__(self) -> str:
        words = self.disposition.value.replace("_", " ")
        if self.party:
            words += f" ({self.party})"
        return f"{words}, then wait {self.wait_days} days" if self.wait_days else words


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a rule or one of its cases prescribes: not less than `minimum`, not later than `maximum`, then steps."""

    minimum: Expression | None
    maximum: Expression | None = None
    steps: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        """Refuse terms that cannot be met."""
        if self.minimum is None and self.maximum is None:
            raise ValueError("a rule needs a minimum, a maximum, or permanent = true")
        if isinstance(self.maximum, Permanent):
            raise ValueError("a maximum cannot be permanent")  # noqa: TRY004 - the value is wrong, not its type
        if isinstance(self.minimum, Permanent) and self.maximum is not None:
            raise ValueError("what is permanent has no maximum")
        if isinstance(self.minimum, Permanent) and any(step.disposition in DESTROYING for step in self.steps):
            raise ValueError("what is permanent is not destroyed")
        if self.steps and self.steps[-1].disposition in PREPARING:
            raise ValueError(
                f"after {self.steps[-1].disposition.value} a last step must say what becomes of the record"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Terms for records of which certain facts hold (part, copy type, role); the first case that holds is taken.

    `permission_required` stands for the series' own where it is not None.
    """

    kind: CaseKind
    when: Condition
    terms: Terms
    permission_required: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Whether the schedule is in force for this agency; without it there are dates but no disposal.

    `inactive` marks an example that no records officer has checked and made the agency's own.
    """

    edition: str
    effective: date | None = None
    expires: date | None = None
    adopted_on: date | None = None
    superseded: bool = False
    inactive: bool = False
    permission_required: bool = False
    permission_from: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRule:
    """The rule of one series with all that evaluation needs: cases first, else `terms`."""

    series_id: str
    citation: str
    terms: Terms | None
    authority: Authority
    cases: tuple[Case, ...] = ()
    calendars: Calendars = DEFAULT_CALENDARS

    def __post_init__(self) -> None:
        """A rule that prescribes nothing would silently keep or destroy."""
        if self.terms is None and not self.cases:
            raise ValueError("a rule needs terms or cases")
