"""A schedule and its series as documents and as text, for `schedule show` and `schedule list`.

Rule: a schedule is public; nothing here names a person (its assignment rules name custodians by id only).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from retention.asking import asked_by
from retention.series import FamilyOf
from retention.wording import calendars_in_words, rule_in_words

if TYPE_CHECKING:
    from datetime import date

    from retention.assignment import AssignmentRule
    from retention.schedule import Schedule
    from retention.series import Series


def schedule_document(schedule: Schedule) -> dict[str, Any]:
    """All that is known about a schedule, with each series (`series_document`)."""
    authority = schedule.authority
    return {
        "name": schedule.name,
        "title": schedule.title,
        "issuer": schedule.issuer,
        "jurisdiction": schedule.jurisdiction,
        "edition": authority.edition,
        "source": schedule.source,
        "effective": _iso(authority.effective),
        "expires": _iso(authority.expires),
        "adopted_on": _iso(authority.adopted_on),
        "adoption_evidence": schedule.adoption_evidence,
        "superseded": authority.superseded,
        "inactive": authority.inactive,
        "permission_required": authority.permission_required,
        "permission_from": authority.permission_from,
        "calendars": {
            "fiscal_year_end": str(schedule.calendars.fiscal_year_end),
            "school_year_end": str(schedule.calendars.school_year_end),
            "leap_day": schedule.calendars.leap_rule.value,
        },
        "default_series": schedule.default_series,
        "assign": [assignment_document(rule) for rule in schedule.assignments],
        "sha256": schedule.sha256,
        "series": [series_document(series) for series in schedule.series],
    }


def assignment_document(rule: AssignmentRule) -> dict[str, Any]:
    """An assignment rule: its series, and the facts that it names."""
    asked: dict[str, Any] = {
        "kind": sorted(rule.kinds),
        "channel": sorted(rule.channels),
        "custodian": sorted(rule.custodians),
        "role": sorted(rule.roles),
        "account": list(rule.accounts),
        "correspondent": list(rule.correspondents),
        "query": rule.query,
    }
    return {"series": rule.series_id, **{name: value for name, value in asked.items() if value}}


def _assignment_lines(schedule: Schedule) -> list[str]:
    lines = []
    for number, rule in enumerate(schedule.assignments, start=1):
        one = assignment_document(rule)
        series = one.pop("series")
        asked = [f"{name} {value if isinstance(value, str) else ' or '.join(value)}" for name, value in one.items()]
        lines.append(f"rule {number}: {', '.join(asked)}: {series}")
    if schedule.default_series is not None:
        lines.append(f"all others: {schedule.default_series}")
    return lines


def series_document(series: Series) -> dict[str, Any]:
    """All that is known about a series.

    `rule` is its rule in words, one line for each case; `events` and `facts` are the names that it asks for.
    """
    asked = None if series.rule is None else asked_by(series.rule)
    return {
        "id": series.id,
        "title": series.title,
        "citation": series.citation,
        "scope": series.scope,
        "exclusions": series.exclusions,
        "designation": series.designation,
        "words": series.words,
        "source": series.source,
        "confidence": series.confidence.value,
        "general": series.general,
        "family": series.family.value,
        "linked": series.linked or None,
        "linked_by_fact": series.linked_by_fact,
        "unwritten": series.unwritten,
        "rule": [] if series.rule is None else list(rule_in_words(series.rule)),
        "events": [] if asked is None else list(asked.events),
        "facts": [] if asked is None else list(asked.facts),
        "permission_required": None if series.rule is None else series.rule.authority.permission_required,
        "examples": len(series.examples),
        "line": series.line,
    }


def schedule_text(schedule: Schedule, state: str) -> str:
    """A schedule for people: its head, then each series with its rule."""
    authority = schedule.authority
    lines = [
        f"{schedule.title}",
        f"{schedule.issuer}, {schedule.jurisdiction}; edition {authority.edition}; {state}",
        f"in force: {_force(schedule)}",
        calendars_in_words(schedule.calendars),
    ]
    if authority.permission_required:
        lines.append(f"disposal needs the permission of {authority.permission_from or 'the supervising authority'}")
    if schedule.source:
        lines.append(f"source: {schedule.source}")
    lines += _assignment_lines(schedule)
    for series in schedule.series:
        lines += ["", f"{series.id}  {series.title}", *(f"  {line}" for line in _rule_lines(series))]
    return "\n".join(lines)


def series_text(series: Series) -> str:
    """A series for people, with all that is known about it."""
    named = [
        ("citation", series.citation),
        ("scope", series.scope),
        ("exclusions", series.exclusions),
        ("designation", series.designation),
        ("words", series.words),
        ("source", series.source),
        ("confidence", series.confidence.value),
        ("general", "yes, a more specific series wins" if series.general else ""),
        ("family", "the days of a conversation" if series.family is FamilyOf.CONVERSATION else ""),
    ]
    lines = [f"{series.id}  {series.title}", *(f"{name}: {value}" for name, value in named if value)]
    lines += [f"rule: {line}" for line in _rule_lines(series)]
    if series.rule is not None:
        asked = asked_by(series.rule)
        lines += [f"events: {', '.join(asked.events) or 'none'}", f"facts: {', '.join(asked.facts) or 'none'}"]
    return "\n".join([*lines, f"examples: {len(series.examples)}"])


def _rule_lines(series: Series) -> tuple[str, ...]:
    if series.unwritten:
        return ("its rule is not written yet: records in it are kept",)
    if series.rule is None:
        return (f"takes the rule of series {series.linked}",)
    lines = rule_in_words(series.rule)
    return ("takes the rule of the series that its facts name, else:", *lines) if series.linked_by_fact else lines


def _force(schedule: Schedule) -> str:
    authority = schedule.authority
    if authority.inactive:
        return f"no, an inactive example{' of a superseded edition' if authority.superseded else ''}"
    if authority.superseded:
        return "no, superseded"
    if authority.adopted_on is None:
        return "no, not adopted"
    words = f"adopted on {authority.adopted_on}"
    if authority.effective is not None:
        words += f", effective {authority.effective}"
    return words if authority.expires is None else f"{words}, until {authority.expires}"


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
