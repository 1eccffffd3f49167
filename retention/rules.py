"""Retention rules as trees: what starts a clock, how long it runs, how clocks combine, what follows.

Rule: a tree says everything that a schedule's sentence says, and nothing is code. Terms are those of records
schedules: *trigger*, *cutoff*, *minimum* (not less than), *maximum* (not later than), *disposition*. A tree is
immutable and bounded (`MAX_DEPTH`, `MAX_NODES`), so that walking it by recursion is safe.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from retention.calendars import Calendars, MonthDay, Unit

if TYPE_CHECKING:
    from datetime import date

DEFAULT_CALENDARS = Calendars()
MAX_DEPTH = 8
MAX_NODES = 64
MAX_PERIOD = 366_000
"""Longest period in any unit: a thousand years of days."""


class Trigger(StrEnum):
    """What starts a clock (27 kinds) or that none ever does; the order is that of `TRIGGER_CODES`."""

    NONE = "none"
    CREATED = "created"
    RECEIVED = "received"
    RECEIVED_OR_PROVIDED = "received_or_provided"
    UNPUBLISHED = "unpublished"
    LAST_ENTRY = "last_entry"
    CALENDAR_YEAR_END = "calendar_year_end"
    FISCAL_YEAR_END = "fiscal_year_end"
    SCHOOL_YEAR_END = "school_year_end"
    FIXED_DAY = "fixed_day"
    CLASSIFIED = "classified"
    CLOSED = "closed"
    APPEAL_ENDED = "appeal_ended"
    REQUEST_ANSWERED = "request_answered"
    SUPERSEDED = "superseded"
    SEPARATED = "separated"
    AUTHORISATION_ENDED = "authorisation_ended"
    LEFT_SCHOOL = "left_school"
    PROJECTED_GRADUATION = "projected_graduation"
    AGE_REACHED = "age_reached"
    TERM_ENDED = "term_ended"
    AUDITS_RELEASED = "audits_released"
    PUBLISHED_RESULT = "published_result"
    VALUE_ENDED = "value_ended"
    PARENT_DISPOSED = "parent_disposed"
    INCIDENT = "incident"
    IMMEDIATE = "immediate"
    SUBJECT_REQUEST = "subject_request"


TRIGGER_CODES: dict[str, Trigger] = {f"T{number}": trigger for number, trigger in enumerate(Trigger)}

# Dates that the record itself carries or that the archive measured: they are weighed against the capture.
MOMENT_TRIGGERS = frozenset(
    {Trigger.CREATED, Trigger.RECEIVED, Trigger.RECEIVED_OR_PROVIDED, Trigger.LAST_ENTRY, Trigger.IMMEDIATE}
)
YEAR_END_UNITS = {
    Trigger.CALENDAR_YEAR_END: Unit.CALENDAR_YEAR,
    Trigger.FISCAL_YEAR_END: Unit.FISCAL_YEAR,
    Trigger.SCHOOL_YEAR_END: Unit.SCHOOL_YEAR,
}
# Triggers that move another date: that of an event, or of a moment (`of`).
MOVING_TRIGGERS = frozenset({*YEAR_END_UNITS, Trigger.FIXED_DAY})

DEFAULT_EVENTS: dict[Trigger, tuple[str, ...]] = {
    Trigger.UNPUBLISHED: ("unpublished",),
    Trigger.LAST_ENTRY: ("last_entry", "last_contact", "last_activity"),
    Trigger.CLASSIFIED: ("classified",),
    Trigger.CLOSED: ("closed", "final_action", "resolved"),
    Trigger.APPEAL_ENDED: ("appeal_decided", "appeal_expired"),
    Trigger.REQUEST_ANSWERED: ("request_fulfilled", "request_denied", "access_provided"),
    Trigger.SUPERSEDED: ("superseded", "obsolete", "rescinded"),
    Trigger.SEPARATED: ("separated", "account_closed", "rights_terminated"),
    Trigger.AUTHORISATION_ENDED: ("authorisation_ended", "consent_withdrawn", "consent_expired"),
    Trigger.LEFT_SCHOOL: ("graduated", "transferred", "withdrawn", "enrolment_ended"),
    Trigger.PROJECTED_GRADUATION: ("projected_graduation",),
    Trigger.TERM_ENDED: ("programme_ended", "term_ended", "contract_ended", "asset_retired"),
    Trigger.AUDITS_RELEASED: ("audits_released",),
    Trigger.PUBLISHED_RESULT: ("minutes_adopted", "report_issued", "results_posted"),
    Trigger.VALUE_ENDED: ("value_ended",),
    Trigger.PARENT_DISPOSED: ("parent_disposed",),
    Trigger.INCIDENT: ("incident", "arrest", "accident"),
    Trigger.SUBJECT_REQUEST: ("subject_request",),
}


class Disposition(StrEnum):
    """The steps that may follow (15 kinds); the order is that of `DISPOSITION_CODES`."""

    DESTROY = "destroy"
    DESTROY_SECURELY = "destroy_securely"
    TRANSFER_PERMANENTLY = "transfer_permanently"
    TRANSFER_FOR_APPRAISAL = "transfer_for_appraisal"
    KEEP_PERMANENTLY = "keep_permanently"
    ARCHIVAL_REVIEW = "archival_review"
    NOTIFY_HISTORICAL_SOCIETY = "notify_historical_society"
    APPLY_FOR_APPROVAL = "apply_for_approval"
    NOTIFY_SUBJECT = "notify_subject"
    OFFER_TO_OFFICE = "offer_to_office"
    TRANSFER_TO_AGENCY = "transfer_to_agency"
    DEIDENTIFY = "deidentify"
    RETURN_TO_SENDER = "return_to_sender"
    REVIEW = "review"
    POST_THEN_DESTROY = "post_then_destroy"


DISPOSITION_CODES: dict[str, Disposition] = {f"D{number}": step for number, step in enumerate(Disposition, start=1)}
PREPARING = frozenset(
    {
        Disposition.ARCHIVAL_REVIEW,
        Disposition.NOTIFY_HISTORICAL_SOCIETY,
        Disposition.APPLY_FOR_APPROVAL,
        Disposition.NOTIFY_SUBJECT,
        Disposition.OFFER_TO_OFFICE,
    }
)
DESTROYING = frozenset({Disposition.DESTROY, Disposition.DESTROY_SECURELY, Disposition.POST_THEN_DESTROY})


class Pick(StrEnum):
    """Which date counts where several of a term's events happened."""

    EARLIEST = "earliest"
    LATEST = "latest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One clock: from a trigger, so many units.

    Attributes:
        events: kinds of event any of which starts the clock; empty for moments and ages.
        pick: which of several; None takes the latest for a minimum and the earliest for a maximum.
        of: for triggers that move a date, the moment that they move where no `events` are given.
        day: the fixed day (T9).
        nth: which fixed day after the date.
        age: years of age (T19).
        if_any: the term counts only if an event or a true fact of this name is known ("any litigation").
    """

    trigger: Trigger
    period: int = 0
    unit: Unit = Unit.YEAR
    events: tuple[str, ...] = ()
    pick: Pick | None = None
    of: Trigger = Trigger.CREATED
    day: MonthDay | None = None
    nth: int = 1
    age: int | None = None
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
class Condition:
    """Facts that must hold: for each name, one of the values. Without any it always holds."""

    facts: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One branch of `WhicheverApplies`, with the facts by which it applies (none: by its event being known)."""

    when: Condition
    then: Expression


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


Expression = Term | Permanent | LaterOf | EarlierOf | AllOf | WhicheverApplies | LongerAuthorised | ExtendedByConsent


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


class CaseKind(StrEnum):
    """Why one series has several fates."""

    SPLIT = "split"
    COPY_TYPE = "copy_type"
    ROLE = "role"
    APPLIES = "applies"


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
    """Terms for records of which certain facts hold (part, copy type, role); the first case that holds is taken."""

    kind: CaseKind
    when: Condition
    terms: Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Whether the schedule is in force for this agency; without it there are dates but no disposal."""

    edition: str
    effective: date | None = None
    expires: date | None = None
    adopted_on: date | None = None
    superseded: bool = False
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
