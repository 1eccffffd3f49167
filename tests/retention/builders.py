"""Short ways to say facts and rules in tests."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from retention.calendars import Calendars
from retention.evaluation import Decision, evaluate
from retention.expressions import read_expression
from retention.facts import Facts, facts_from
from retention.reading import Place
from retention.rules import Authority, Case, RetentionRule, Terms

UTC = ZoneInfo("UTC")
AUTHORITY = Authority(edition="1", adopted_on=date(2000, 1, 1))


def facts(**members: Any) -> Facts:
    return facts_from(members, UTC)


def happened(kind: str, day: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "date": day, **more}


def rule(
    minimum: dict[str, Any] | None = None,
    maximum: dict[str, Any] | None = None,
    *,
    cases: tuple[Case, ...] = (),
    authority: Authority = AUTHORITY,
    calendars: Calendars | None = None,
) -> RetentionRule:
    place = Place(file="test")
    terms = Terms(
        minimum=None if minimum is None else read_expression(minimum, place, "minimum"),
        maximum=None if maximum is None else read_expression(maximum, place, "maximum"),
    )
    return RetentionRule(
        series_id="S-1",
        citation="Act 1",
        terms=terms,
        authority=authority,
        cases=cases,
        calendars=calendars or Calendars(),
    )


def decide(known: Facts, applied: RetentionRule | None, today: str, *holds: str) -> Decision:
    return evaluate(known, applied, holds, date.fromisoformat(today))


def clock(trigger: str, period: int = 0, unit: str = "year", **more: Any) -> dict[str, Any]:
    return {"trigger": trigger, "period": period, "unit": unit, **more}
