"""TOML tables to conditions: `when = { fact = value }`, with values, numbers and days.

Rule: pure; a condition compares a fact with a value, a list of values, or a table of bounds: `at_least` and
`less_than` for whole numbers, `on_or_after` and `before` for days.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from retention.facts import NAME, attribute_text
from retention.rules import Condition, Span

if TYPE_CHECKING:
    from datetime import date

    from retention.reading import Table

MAX_VALUES = 64
MAX_NUMBER = 10**18 - 1


def read_condition(table: Table) -> Condition:
    """The `when` of a branch or case.

    Raises:
        InvalidInput: it is no table of that kind.
    """
    value = table.raw("when")
    if value is None:
        return Condition()
    name = f"when of {table.name}"
    facts: list[tuple[str, tuple[str, ...]]] = []
    spans: list[Span] = []
    for fact, asked in table.nested("when", name).members.items():
        if not NAME.fullmatch(fact):
            raise table.place.of_key("when").refusal(
                f"{name} must name facts by words of a-z, 0-9 and _, at most 64 long"
            )
        if isinstance(asked, dict):
            spans.append(_span(table.nested("when", f"{fact} in {name}", asked), fact))
        else:
            facts.append((fact, _values(asked, table, name)))
    return Condition(facts=tuple(facts), spans=tuple(spans))


def _values(asked: Any, table: Table, name: str) -> tuple[str, ...]:
    values = asked if isinstance(asked, list) else [asked]
    if not values or len(values) > MAX_VALUES or not all(isinstance(entry, (str, bool, int)) for entry in values):
        raise table.place.of_key("when").refusal(
            f"{name} compares with texts, whole numbers, true or false, or a list of those"
        )
    return tuple(attribute_text(entry) for entry in values)


def _span(table: Table, fact: str) -> Span:
    numbers: list[int | None] = [
        table.number(key, None, low=-MAX_NUMBER, high=MAX_NUMBER) for key in ("at_least", "less_than")
    ]
    days: list[date | None] = [table.day("on_or_after"), table.day("before")]
    table.done()
    counted, dated = any(bound is not None for bound in numbers), any(bound is not None for bound in days)
    if counted == dated:
        raise table.place.refusal(
            f"{table.name} needs at_least or less_than for a number, or on_or_after or before for a day"
        )
    low, high = numbers if counted else days
    return Span(name=fact, low=low, high=high)
