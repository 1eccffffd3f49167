"""Whether the facts of a branch or case hold: values, numbers in a span, days in a span.

Rule: pure; a fact that is not known does not hold, so whoever writes a rule puts the shorter fate under the
condition that needs proof.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from retention.facts import Facts
    from retention.rules import Condition, Span

_NUMBER = re.compile(r"-?[0-9]{1,18}")


def holds_for(condition: Condition, facts: Facts) -> bool:
    """Whether every fact of the condition is known and is as it asks."""
    return all(any(value in values for value in facts.values_of(name)) for name, values in condition.facts) and all(
        _within(span, facts) for span in condition.spans
    )


def _within(span: Span, facts: Facts) -> bool:
    if isinstance(span.low, int) or isinstance(span.high, int):
        known: list[int] | list[date] = [int(value) for value in facts.values_of(span.name) if _NUMBER.fullmatch(value)]
    else:
        day = facts.day_of(span.name)
        known = [] if day is None else [day]
    return any(
        (span.low is None or span.low <= value) and (span.high is None or value < span.high)  # type: ignore[operator]
        for value in known
    )


def is_known(name: str, facts: Facts) -> bool:
    """Whether a fact of this name is known, whatever it is."""
    return bool(facts.values_of(name)) or facts.day_of(name) is not None
