"""A time of day as a picture prints it, with a day that somebody gives, as a moment in ISO 8601. Pure.

Rule: nothing is invented: a time is of 24 hours where nothing stands beside it, of 12 where the half of the day does
(names of the halves: Unicode CLDR dayPeriods), and where something else stands there it is no moment.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date

_LONGEST: Final = 80
_CLOCK: Final = re.compile(r"(?<!\d)(\d{1,2})[:.h](\d{2})(?!\d)")
_BEFORE: Final = frozenset({"am", "上午", "早上", "凌晨", "清晨", "午前", "오전", "ص", "صباحا", "sa", "дп"})
_AFTER: Final = frozenset({"pm", "下午", "晚上", "傍晚", "午後", "오후", "م", "مساء", "ch", "пп"})
_HALF: Final = 12
_HOURS, _MINUTES = 24, 60


def moment_on(day: date, printed: str | None) -> str | None:
    """Local moment of a printed time on a day, without offset; None where the time cannot be told."""
    text = unicodedata.normalize("NFKC", (printed or "")[:_LONGEST]).casefold()
    match = _CLOCK.search(text)
    if match is None:
        return None
    hour, minute = int(match[1]), int(match[2])
    beside = "".join(filter(str.isalnum, text[: match.start()] + text[match.end() :]))
    if beside:
        if not 1 <= hour <= _HALF or beside not in _BEFORE | _AFTER:
            return None
        hour = hour % _HALF + (_HALF if beside in _AFTER else 0)
    return f"{day.isoformat()}T{hour:02}:{minute:02}" if hour < _HOURS and minute < _MINUTES else None
