"""When what is due: the clocks of a request, from its events, a profile and the agency's calendar. Pure.

Rules:

- Every date is computed anew from events and calendar, so a changed calendar changes every clock that still runs.
- The day that starts a clock is not counted. What was tolled is not counted, either: the days from the one after the
  question to that of the answer, as often as the law allows it.
- An extension counts only if it was given inside the first period, and only for a reason that the law lists; an
  agreement counts for the day that it names. What does not count is said, never silently dropped.
- Every date is explained in words, with the days that were passed over.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from search.disclosure.calendars import WEEKDAYS, count_business_days
from search.disclosure.jurisdictions import DayUnit, RequesterClass

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from search.disclosure.calendars import AgencyCalendar
    from search.disclosure.jurisdictions import ClockRule, Period, Profile

_DAY: Final = timedelta(days=1)


class ClockEventKind(StrEnum):
    """What starts, meets, tolls or changes a clock."""

    RECEIVED = "received"
    REACHED_OFFICER = "reached_officer"
    ACKNOWLEDGED = "acknowledged"
    ESTIMATED = "estimated"
    CLARIFICATION_ASKED = "clarification_asked"
    CLARIFIED = "clarified"
    FEE_ASKED = "fee_asked"
    FEE_ANSWERED = "fee_answered"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    EXTENDED = "extended"
    AGREED = "agreed"
    DETERMINED = "determined"
    DENIED = "denied"
    PRODUCED = "produced"
    COMPLETED = "completed"
    RELEASE_DECIDED = "release_decided"
    SUBJECT_NOTIFIED = "subject_notified"
    RULING_ASKED = "ruling_asked"
    RULING_ARGUED = "ruling_argued"
    PETITIONED = "petitioned"
    APPEALED = "appealed"
    APPEAL_DECIDED = "appeal_decided"


TOLLING: Final = {
    "clarification": (ClockEventKind.CLARIFICATION_ASKED, ClockEventKind.CLARIFIED, "the requester's clarification"),
    "fees": (ClockEventKind.FEE_ASKED, ClockEventKind.FEE_ANSWERED, "the requester's answer about fees"),
    "emergency": (ClockEventKind.SUSPENDED, ClockEventKind.RESUMED, "the end of a declared emergency"),
}
"""What a clock can be tolled by: the event that stops it, the one that lets it go on, and what is waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockEvent:
    """Something that happened to a request. `clock` names the clock that an extension is of, None for each.

    `reason` is that of an extension, as the profile lists it; `until` the day that an agreement names.
    """

    kind: ClockEventKind
    at: datetime
    clock: str | None = None
    reason: str | None = None
    until: date | None = None


class ClockState(StrEnum):
    """How a clock stands. `OPEN_ENDED` has no number of days; `WAITING` forbids release until it has run."""

    NOT_STARTED = "not_started"
    RUNNING = "running"
    TOLLED = "tolled"
    MET = "met"
    MET_LATE = "met_late"
    LATE = "late"
    OPEN_ENDED = "open_ended"
    WAITING = "waiting"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """One clock of one request on one day, with how its date came about, a sentence each."""

    clock: str
    title: str
    duty: str
    state: ClockState
    started: date | None
    first_due: date | None
    due: date | None
    met_on: date | None
    late: tuple[str, ...]
    explanation: tuple[str, ...]
    citation: str
    confidence: str


def deadlines(
    profile: Profile,
    calendar: AgencyCalendar,
    events: Sequence[ClockEvent],
    today: date,
    *,
    requester: RequesterClass = RequesterClass.GENERAL,
    circumstances: frozenset[str] = frozenset(),
) -> tuple[Deadline, ...]:
    """Every clock of a request as it stands on a day.

    Args:
        profile: the law's rules.
        calendar: the agency's days.
        events: what happened, in any order.
        today: the day in the agency's zone.
        requester: whose request it is.
        circumstances: those of a profile's clocks that apply, by the names in `ClockRule.only_when`.
    """
    happened = sorted(events, key=lambda one: one.at)
    return tuple(
        _Clock(profile, rule, calendar, happened, today).deadline(rule.period_for(requester))
        for rule in profile.clocks
        if rule.only_when is None or rule.only_when in circumstances
    )


class _Clock:
    """One rule, read against what happened."""

    def __init__(
        self, profile: Profile, rule: ClockRule, calendar: AgencyCalendar, events: Sequence[ClockEvent], today: date
    ) -> None:
        self._profile = profile
        self._rule = rule
        self._calendar = calendar
        self._events = events
        self._today = today
        self._said: list[str] = []

    def deadline(self, period: Period) -> Deadline:
        start = self._start()
        if start is None:
            return self._told(ClockState.NOT_STARTED)
        met_on = next((self._day(one) for one in self._events if one.kind in self._rule.met_by), None)
        if period.days is None:
            self._said.append("The law names no number of days here: it asks for no delay.")
            return self._told(ClockState.OPEN_ENDED if met_on is None else ClockState.MET, start, met_on=met_on)
        pauses, open_pause = self._pauses(start)
        first_due = self._count(start, period, pauses)
        due = self._extended(first_due, pauses)
        if self._rule.waits_at_least:
            state = ClockState.WAITING if self._today <= due else ClockState.OVER
            return self._told(state, start, first_due, due)
        if met_on is not None:
            state = ClockState.MET if met_on <= due else ClockState.MET_LATE
        elif open_pause:
            state = ClockState.TOLLED
        else:
            state = ClockState.RUNNING if self._today <= due else ClockState.LATE
        if state in (ClockState.LATE, ClockState.MET_LATE):
            self._said.append(f"The last day was {_day(due)}.")
        return self._told(state, start, first_due, due, met_on=met_on)

    def _told(
        self,
        state: ClockState,
        started: date | None = None,
        first_due: date | None = None,
        due: date | None = None,
        *,
        met_on: date | None = None,
    ) -> Deadline:
        rule = self._rule
        return Deadline(
            clock=rule.id,
            title=rule.title,
            duty=rule.duty,
            state=state,
            started=started,
            first_due=first_due,
            due=due,
            met_on=met_on,
            late=rule.late if state in (ClockState.LATE, ClockState.MET_LATE) else (),
            explanation=tuple(self._said),
            citation=rule.citation,
            confidence=rule.confidence.value,
        )

    def _day(self, event: ClockEvent) -> date:
        return event.at.astimezone(self._calendar.zone).date()

    def _start(self) -> date | None:
        """The day that starts the clock, which is not counted."""
        kind = ClockEventKind(self._rule.starts)
        if kind is ClockEventKind.RECEIVED and self._profile.receipt_by_officer:
            kind = ClockEventKind.REACHED_OFFICER
        event = next((one for one in self._events if one.kind is kind), None)
        if event is None:
            self._said.append(f"It starts once the request is {_WORDS.get(kind, kind.value.replace('_', ' '))}.")
            return None
        if kind not in (ClockEventKind.RECEIVED, ClockEventKind.REACHED_OFFICER):
            day = self._day(event)
            self._said.append(f"It starts with {_day(day)}, which is not counted.")
            return day
        day, why = self._calendar.day_of_receipt(event.at, any_day=self._profile.receipt_on_any_day)
        came = self._day(event)
        counts = "" if why is None else f"; {why}, so it counts as received on {_day(day)}"
        self._said.append(f"Received on {_day(came)}{counts}. The day of receipt is not counted.")
        return day

    def _pauses(self, start: date) -> tuple[list[tuple[date, date, str]], bool]:
        """The days that are not counted because somebody else was awaited, and whether that still goes on."""
        pauses: list[tuple[date, date, str]] = []
        is_open = False
        for name, most in self._rule.tolled_by.items():
            asked, answered, awaited = TOLLING[name]
            times = 0
            since: date | None = None
            for event in self._events:
                if event.kind is asked and since is None:
                    times += 1
                    if most is not None and times > most:
                        self._said.append(
                            f"{_day(self._day(event))}: waiting for {awaited} stops this clock {most} time(s) only; "
                            "this time it goes on."
                        )
                        continue
                    since = max(self._day(event), start)
                elif event.kind is answered and since is not None:
                    pauses.append((since, self._day(event), awaited))
                    since = None
            if since is not None:
                pauses.append((since, self._today, awaited))
                is_open = True
                self._said.append(f"It stands still since {_day(since)}, for {awaited}.")
        for since, until, awaited in pauses[: len(pauses) - is_open]:
            self._said.append(f"Not counted: from {_day(since + _DAY)} to {_day(until)}, for {awaited}.")
        return pauses, is_open

    def _count(self, start: date, period: Period, pauses: Iterable[tuple[date, date, str]]) -> date:
        """The day on which a period ends that begins after `start`."""
        assert period.days is not None
        tolled = {since + ahead * _DAY for since, until, _ in pauses for ahead in range(1, (until - since).days + 1)}
        day, left, skipped = start, period.days, []
        while left > 0:
            if period.unit is DayUnit.BUSINESS:
                counted = count_business_days(self._calendar, day, 1)
                skipped += [one for one in counted.skipped if one[0] not in tolled]
                day = counted.day
            else:
                day += _DAY
            if day not in tolled:
                left -= 1
        unit = "business day" if period.unit is DayUnit.BUSINESS else "calendar day"
        self._said.append(
            f"{period.days} {unit}{'' if period.days == 1 else 's'} end on {_day(day)}{_passed(skipped)}."
        )
        return day

    def _extended(self, first_due: date, pauses: Sequence[tuple[date, date, str]]) -> date:
        """The day to which the clock was made longer, if it was."""
        due, rule = first_due, self._rule.extension
        taken = False
        for event in self._events:
            if event.kind not in (ClockEventKind.EXTENDED, ClockEventKind.AGREED):
                continue
            if event.clock not in (None, self._rule.id):
                continue
            given = self._day(event)
            if event.kind is ClockEventKind.AGREED and event.until is not None and rule is not None:
                if rule.by_agreement:
                    due = max(due, event.until)
                    self._said.append(f"Agreed in writing on {_day(given)}: until {_day(event.until)}.")
                else:
                    self._said.append(f"The agreement of {_day(given)} does not move this clock; the law has none.")
            elif rule is None or rule.period.days is None:
                self._said.append(f"The extension of {_day(given)} does not count: this clock has none.")
            elif given > first_due:
                self._said.append(f"The extension of {_day(given)} does not count: it came after {_day(first_due)}.")
            elif rule.reasons and event.reason not in rule.reasons:
                self._said.append(f"The extension of {_day(given)} does not count: its reason is none of the law's.")
            elif taken:
                self._said.append(f"The extension of {_day(given)} does not count: there was one before.")
            else:
                taken = True
                self._said.append(f"Extended on {_day(given)}, inside the first period ({rule.citation}):")
                due = max(due, self._count(first_due, rule.period, pauses))
        return due


_WORDS: Final = {
    ClockEventKind.REACHED_OFFICER: "received by the open-records officer",
    ClockEventKind.DENIED: "denied",
    ClockEventKind.RELEASE_DECIDED: "decided to be released",
    ClockEventKind.SUBJECT_NOTIFIED: "followed by the notice to who it is about",
    ClockEventKind.APPEALED: "appealed",
}


def _passed(skipped: Sequence[tuple[date, str]]) -> str:
    """The days that were passed over: holidays and closures by name, those on which it never opens by their number."""
    named = [f"{_day(one)} ({why})" for one, why in skipped if why != WEEKDAYS[one.weekday()]]
    usual = len(skipped) - len(named)
    if usual:
        named.append(f"{usual} day{'' if usual == 1 else 's'} of weekends")
    return f"; not counted: {', '.join(named)}" if named else ""


def _day(day: date) -> str:
    return f"{day:%a} {day.isoformat()}"
