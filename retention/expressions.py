"""TOML tables to rule trees: the words that a schedule file has for clocks, combinators and steps.

Rule: pure, and complete for `retention.rules`: every tree can be written and nothing is written that the
evaluation does not carry. A table is one of: a clock (`trigger`), `permanent = true`, or exactly one combinator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from retention.calendars import MonthDay, Unit
from retention.condition_tables import read_condition
from retention.reading import Place, Table
from retention.rules import (
    MAX_DEPTH,
    MAX_NODES,
    MAX_PERIOD,
    After,
    AllOf,
    Branch,
    EarlierOf,
    Expression,
    ExtendedByConsent,
    LaterOf,
    LongerAuthorised,
    Permanent,
    Step,
    Term,
    Terms,
    WhicheverApplies,
)
from retention.vocabulary import (
    DEFAULT_EVENTS,
    DISPOSITION_CODES,
    MOVING_TRIGGERS,
    TRIGGER_CODES,
    Disposition,
    Pick,
    Trigger,
)

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_AGE = 150
MAX_NTH = 100
MAX_WAIT_DAYS = 3_660
MAX_STEPS = 15
MAX_OCCURRENCE = 1_000
TERM_KEYS = frozenset(
    {"trigger", "period", "unit", "events", "pick", "occurrence", "following", "of", "day", "nth", "age", "year_end"}
    | {"if_any"}
)
_LISTS: dict[str, Callable[..., Expression]] = {"later_of": LaterOf, "earlier_of": EarlierOf, "all_of": AllOf}
_WRAPPERS: dict[str, Callable[..., Expression]] = {
    "longer_authorised": LongerAuthorised,
    "extended_by_consent": ExtendedByConsent,
}
COMBINATORS = (*_LISTS, *_WRAPPERS, "after", "whichever_applies", "permanent")


class _Budget:
    """Counts the nodes of one tree, so that a file cannot ask for an endless evaluation."""

    def __init__(self, place: Place) -> None:
        self._left = MAX_NODES
        self._place = place

    def take(self, depth: int) -> None:
        self._left -= 1
        if self._left < 0:
            raise self._place.refusal(f"a rule has at most {MAX_NODES} clocks and combinators")
        if depth > MAX_DEPTH:
            raise self._place.refusal(f"combinators nest at most {MAX_DEPTH} deep")


def read_terms(table: Table) -> Terms | None:
    """Minimum, maximum and steps of a rule or case; None where the table prescribes none of them.

    Raises:
        InvalidInput: the terms cannot be understood or contradict themselves.
    """
    permanent = table.flag("permanent")
    minimum = _optional(table, "minimum")
    maximum = _optional(table, "maximum")
    steps = _steps(table)
    if permanent:
        if minimum is not None or maximum is not None:
            raise table.place.refusal(f"{table.name} is permanent and so has neither minimum nor maximum")
        minimum = Permanent()
    if minimum is None and maximum is None:
        if steps:
            raise table.place.refusal(f"{table.name} has steps, but no minimum, no maximum and no permanent = true")
        return None
    try:
        return Terms(minimum=minimum, maximum=maximum, steps=steps)
    except ValueError as error:
        raise table.place.refusal(f"{table.name}: {error}") from error


def read_expression(value: Any, place: Place, name: str) -> Expression:
    """A rule tree from its TOML table.

    Raises:
        InvalidInput: the table is no tree, or too large a one.
    """
    return _expression(value, place, name, _Budget(place), depth=1)


def _optional(table: Table, key: str) -> Expression | None:
    value = table.raw(key)
    return None if value is None else read_expression(value, table.place.of_key(key), f"{key} of {table.name}")


def _expression(value: Any, place: Place, name: str, budget: _Budget, *, depth: int) -> Expression:
    budget.take(depth)
    table = Table.of(value, place, name)
    used = [key for key in COMBINATORS if table.has(key)]
    if "trigger" in table.members and not used:
        return _term(table)
    if len(used) != 1 or "trigger" in table.members:
        raise place.refusal(f"{name} must have a trigger, or exactly one of {', '.join(COMBINATORS)}")
    key = used[0]
    tree: Expression
    if key == "permanent":
        if not table.flag("permanent"):
            raise place.refusal(f"permanent of {name} can only be true")
        tree = Permanent()
    elif key in _LISTS:
        tree = _LISTS[key](branches=_branches(table, key, budget, depth))
    elif key == "whichever_applies":
        tree = WhicheverApplies(branches=_applicable(table, budget, depth))
    elif key == "after":
        tree = _after(table, budget, depth)
    else:
        then = _expression(table.raw(key), place, f"{key} of {name}", budget, depth=depth + 1)
        tree = _WRAPPERS[key](then=then, event=table.word("event")) if table.has("event") else _WRAPPERS[key](then=then)
    table.done()
    return tree


def _branches(table: Table, key: str, budget: _Budget, depth: int) -> tuple[Expression, ...]:
    entries = table.tables(key, MAX_NODES)
    if len(entries) < 2:  # noqa: PLR2004 - one branch combines nothing
        raise table.place.refusal(f"{key} of {table.name} needs at least two branches")
    if key == "earlier_of" and any(isinstance(entry, dict) and "if_any" in entry for entry in entries):
        # an unknown event already leaves the other branches standing; a rumour must not end the whole
        raise table.place.refusal(f"if_any does not go with a branch of earlier_of in {table.name}")
    names = [f"branch {number} of {key}" for number in range(1, len(entries) + 1)]
    return tuple(
        _expression(entry, table.place, name, budget, depth=depth + 1)
        for entry, name in zip(entries, names, strict=True)
    )


def _after(table: Table, budget: _Budget, depth: int) -> After:
    then = _expression(table.raw("after"), table.place, f"after of {table.name}", budget, depth=depth + 1)
    if not (table.has("period") or table.has("day")):
        raise table.place.refusal(f"{table.name} needs a period and a unit, or a day, to run after the other clock")
    if table.has("nth") and not table.has("day"):
        raise table.place.refusal(f"nth of {table.name} needs a day")
    period, unit = _period(table)
    return After(
        then=then,
        period=period,
        unit=unit,
        day=table.month_day("day"),
        nth=table.number("nth", 1, low=1, high=MAX_NTH) or 1,
        year_end=_year_end(table, Trigger.NONE, unit),
    )


def _period(table: Table) -> tuple[int, Unit]:
    if table.has("unit") and not table.has("period"):
        raise table.place.refusal(f"{table.name} has a unit but no period")
    period = table.number("period", 0, low=0, high=MAX_PERIOD) or 0
    if period and not table.has("unit"):
        raise table.place.refusal(f"{table.name} has a period but no unit")
    return period, table.choice("unit", Unit, Unit.YEAR)


def _year_end(table: Table, trigger: Trigger, unit: Unit) -> MonthDay | None:
    counted = unit in {Unit.FISCAL_YEAR, Unit.SCHOOL_YEAR}
    if table.has("year_end") and not counted and trigger not in {Trigger.FISCAL_YEAR_END, Trigger.SCHOOL_YEAR_END}:
        raise table.place.refusal(f"year_end of {table.name} goes with fiscal or school years only")
    return table.month_day("year_end")


def _applicable(table: Table, budget: _Budget, depth: int) -> tuple[Branch, ...]:
    branches = []
    for number, entry in enumerate(table.tables("whichever_applies", MAX_NODES), start=1):
        branch = Table.of(entry, table.place, f"branch {number} of whichever_applies")
        when = read_condition(branch)
        otherwise = branch.flag("otherwise")
        if otherwise and when.names:
            raise table.place.refusal(f"{branch.name} has when or otherwise, not both")
        # `when` and `otherwise` stand beside the branch's own keys, or beside a tree under `then`
        inner = {key: member for key, member in branch.members.items() if key not in {"when", "otherwise"}}
        inner = inner["then"] if set(inner) == {"then"} else inner
        then = _expression(inner, table.place, branch.name, budget, depth=depth + 1)
        branches.append(Branch(when=when, then=then, otherwise=otherwise))
    if not branches:
        raise table.place.refusal(f"whichever_applies of {table.name} needs at least one branch")
    return tuple(branches)


def _term(table: Table) -> Term:
    unknown = sorted(set(table.members) - TERM_KEYS)
    if unknown:
        raise table.place.refusal(f"{table.name} has no {unknown[0][:40]!r}; known are {', '.join(sorted(TERM_KEYS))}")
    trigger = _trigger(table, "trigger")
    if trigger is Trigger.NONE:
        raise table.place.refusal(f"{table.name} has no trigger; say permanent = true instead")
    period, unit = _period(table)
    _check_belonging(table, trigger)
    try:
        return Term(
            trigger=trigger,
            period=period,
            unit=unit,
            events=table.words("events"),
            pick=table.choice("pick", Pick) if table.has("pick") else None,
            occurrence=table.number("occurrence", None, low=1, high=MAX_OCCURRENCE),
            following=table.words("following"),
            of=_trigger(table, "of") if table.has("of") else Trigger.CREATED,
            day=table.month_day("day"),
            nth=table.number("nth", 1, low=1, high=MAX_NTH) or 1,
            age=table.number("age", None, low=0, high=MAX_AGE),
            year_end=_year_end(table, trigger, unit),
            if_any=table.word("if_any") if table.has("if_any") else None,
        )
    except ValueError as error:
        raise table.place.refusal(f"{table.name}: {error}") from error


def _check_belonging(table: Table, trigger: Trigger) -> None:
    """Refuse keys that the trigger would not read: they would be a rule that nobody follows."""
    allowed = {
        "of": MOVING_TRIGGERS,
        "day": {Trigger.FIXED_DAY},
        "nth": {Trigger.FIXED_DAY},
        "age": {Trigger.AGE_REACHED},
    }
    for key, triggers in allowed.items():
        if table.has(key) and trigger not in triggers:
            raise table.place.refusal(f"{key} of {table.name} does not go with the trigger {trigger.value}")
    if table.has("of") and table.has("events"):
        raise table.place.refusal(f"{table.name} counts from events or of a moment, not both")
    if table.has("events") and trigger is Trigger.AGE_REACHED:
        raise table.place.refusal(f"events of {table.name} do not go with the trigger age_reached")
    for key in ("pick", "occurrence", "following"):
        if table.has(key) and not table.has("events") and trigger not in DEFAULT_EVENTS:
            raise table.place.refusal(f"{key} of {table.name} chooses among events, and this clock has none")


def _trigger(table: Table, key: str) -> Trigger:
    value = table.raw(key)
    if isinstance(value, str) and value in TRIGGER_CODES:
        return TRIGGER_CODES[value]
    return table.choice(key, Trigger)


def _steps(table: Table) -> tuple[Step, ...]:
    steps = []
    for number, entry in enumerate(table.tables("steps", MAX_STEPS), start=1):
        name = f"step {number} of {table.name}"
        step = table.nested("steps", name, {"do": entry} if isinstance(entry, str) else entry)
        code = step.raw("do")
        disposition = (
            DISPOSITION_CODES[code]
            if isinstance(code, str) and code in DISPOSITION_CODES
            else step.choice("do", Disposition)
        )
        wait = step.number("wait_days", 0, low=0, high=MAX_WAIT_DAYS)
        steps.append(Step(disposition=disposition, wait_days=wait or 0, party=step.text("party", "")))
        step.done()
    return tuple(steps)
