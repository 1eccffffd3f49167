"""Times and days of a scene, counted from its seed and printed in its language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from benchmarks.screenshots.model import Words

_STEPS: Final = (1, 0, 3, 1, 6, 2, 0, 4)
_NOON: Final = 12


class Clock:
    """Minutes since midnight, moved by the talk."""

    def __init__(self, words: Words, seed: int) -> None:
        self._words = words
        self._minute = 7 * 60 + 31 + seed % 290
        self._steps = seed % len(_STEPS)
        self._first_day = (words.yesterday, words.weekday, words.date, words.today)[seed // 7 % 4]
        self._day = self._first_day

    def tick(self) -> None:
        """Some minutes go by."""
        self._minute += _STEPS[self._steps % len(_STEPS)]
        self._steps += 1

    def next_day(self, *, is_last: bool) -> None:
        """A separator comes: the first of a talk, or the one before its last day."""
        if is_last:
            self._day = self._words.today if self._first_day != self._words.today else self._words.date
            self._minute = max(7 * 60 + 2, self._minute - 95)

    def day(self) -> str:
        """The day as a separator prints it."""
        return self._day

    def now(self) -> str:
        """The time as it is printed."""
        return self._printed(self._minute)

    def upcoming(self) -> str:
        """The time of the message that comes next."""
        return self._printed(self._minute + _STEPS[self._steps % len(_STEPS)])

    def status(self) -> str:
        """The clock of the status bar, which never has a half of the day."""
        minute = self._minute + 77
        return f"{minute // 60 % 24}:{minute % 60:02}"

    def _printed(self, minute: int) -> str:
        hour = minute // 60 % 24
        return self._words.clock.format(
            hour=hour,
            hour12=(hour - 1) % _NOON + 1,
            minute=f"{minute % 60:02}",
            half=self._words.halves[hour >= _NOON],
        )
