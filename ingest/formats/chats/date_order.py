"""What the order of day and month in an export's dates rests on, and what a day would be in the other order. Pure.

Rule kept: where the dates of a file leave open which number is the day, a record says what was taken for it and why:
a guess is called one in the record itself, and the submitter's word is named as his. Whether another reading of the
same lines stands in its place is decided with this (`ingest.superseding`).
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from storage.records import Description

GUESSED_NOTE: Final = (
    "which number of its dates is the day and which the month is a guess; if the day shown is not the right one, "
    "hand the export in again with --day-first or --month-first"
)
SAID_NOTE: Final = "which number of its dates is the day and which the month is what the submitter said"


class DateOrder(StrEnum):
    """What the order of day and month rests on; the weakest first is `GUESSED`, and `SAID` is the strongest."""

    PRINTED = ""
    """The file itself decides it, or names the month."""
    GUESSED = "guessed"
    SAID = "said"


_STRENGTH: Final = {DateOrder.GUESSED: 0, DateOrder.PRINTED: 1, DateOrder.SAID: 2}


def order_of(description: Description) -> DateOrder:
    """What the order of a record's dates rests on, as its reader said it."""
    if GUESSED_NOTE in description.notes:
        return DateOrder.GUESSED
    return DateOrder.SAID if SAID_NOTE in description.asserted else DateOrder.PRINTED


def is_stronger(one: DateOrder, other: DateOrder) -> bool:
    """Whether one is better founded than the other."""
    return _STRENGTH[one] > _STRENGTH[other]


def turned(day: str) -> str | None:
    """A day as YYYY-MM-DD with the day and the month in each other's place; None where that is no other day."""
    year, dash, rest = day.partition("-")
    month, _, number = rest.partition("-")
    other = f"{year}{dash}{number}-{month}"
    if other == day:
        return None
    try:
        date.fromisoformat(other)
    except ValueError:
        return None
    return other
