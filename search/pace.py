"""How fast an index may be built, so that deposits and searches have the machine: records a second, share of time.

Rule: it holds back between two batches only, never inside one, and whoever waits to stop is not kept waiting.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST_WAIT: Final = 0.5


class Pace:
    """Waits after each batch until its records are within the rate, and as long as the batch took by its share.

    Args:
        per_second: records a second at most; None for no limit.
        share: of the time, above 0 up to 1, that may be spent on batches.
        stopping: whether to leave off waiting.
        monotonic: the clock that counts the seconds.
        wait: waits so many seconds.
    """

    def __init__(
        self,
        *,
        per_second: float | None = None,
        share: float = 1.0,
        stopping: Callable[[], bool] = lambda: False,
        monotonic: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        if not 0 < share <= 1 or (per_second is not None and per_second <= 0):
            raise ValueError("a pace is above 0 records a second, and above 0 up to all of the time")
        self._per_second = per_second
        self._share = share
        self._stopping = stopping
        self._monotonic = monotonic
        self._wait = wait

    def now(self) -> float:
        """The moment at which a batch begins."""
        return self._monotonic()

    def hold_back(self, began: float, records: int) -> None:
        """Wait as long as a batch of so many records, begun then, asks for."""
        spent = max(0.0, self._monotonic() - began)
        lasts = spent / self._share
        if self._per_second is not None:
            lasts = max(lasts, records / self._per_second)
        until = began + lasts
        while not self._stopping() and (left := until - self._monotonic()) > 0:
            self._wait(min(left, _LONGEST_WAIT))
