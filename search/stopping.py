"""Ending a search before it is done: because nobody waits for it any more, or because its time is over.

Rule: whoever searches passes a `Stop` along; engines look at it between their steps, and hang on it what ends a step
that is running (sqlite.org/c3ref/interrupt.html). A search that was stopped says so, and gives no part as the whole.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from storage.errors import TemporarilyUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TOO_LONG: Final = "the search took longer than it may; ask for less: fewer words, a shorter time, or no patterns"
TOO_MUCH: Final = (
    "the search would take more work than it may; ask for less: fewer words that stand everywhere, longer beginnings, "
    "a shorter time (processor_seconds in [search] allows more)"
)
_LOOK_SECONDS: Final = 0.05
NOBODY_WAITS: Final = "the search was given up, because nobody waits for its answer"


class SearchStopped(TemporarilyUnavailable):
    """The search was ended before it was done."""


class Stop:
    """Tells one search, or several of one request, to end. Safe from every thread.

    `processor_seconds` is what each step of an engine may take of a processor; a busy machine refuses nothing by it.
    """

    def __init__(self, *, processor_seconds: float | None = None) -> None:
        self.processor_seconds = processor_seconds
        self._lock = threading.Lock()
        self._sentence: str | None = None
        self._ends: list[Callable[[], None]] = []

    def ask(self, sentence: str = NOBODY_WAITS) -> None:
        """End what is running and what would begin; the first sentence is kept."""
        with self._lock:
            if self._sentence is None:
                self._sentence = sentence
            for end in self._ends:
                end()

    @property
    def asked(self) -> bool:
        """Whether it was asked to end."""
        return self._sentence is not None

    def check(self) -> None:
        """Go on, or not.

        Raises:
            SearchStopped: it was asked to end.
        """
        if self._sentence is not None:
            raise SearchStopped(self._sentence)

    @contextmanager
    def ending(self, end: Callable[[], None]) -> Iterator[None]:
        """Call `end` if this is asked while the block runs, never after it."""
        with self._lock:
            self._ends.append(end)
        try:
            self.check()
            yield
        finally:
            with self._lock:
                self._ends.remove(end)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Ask to end if the block takes this thread more of a processor than it may."""
        if self.processor_seconds is None:
            yield
            return
        clock = time.pthread_getcpuclockid(threading.get_ident())
        most = time.clock_gettime(clock) + self.processor_seconds
        done = threading.Event()

        def watch() -> None:
            while not done.wait(_LOOK_SECONDS):
                if time.clock_gettime(clock) >= most:
                    self.ask(TOO_MUCH)
                    return

        watching = threading.Thread(target=watch, daemon=True)
        watching.start()
        try:
            yield
        finally:
            done.set()
            watching.join()  # it reads the clock of this thread, which must not end before

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Ask to end if the block takes longer than this."""
        timer = threading.Timer(seconds, self.ask, (TOO_LONG,))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
