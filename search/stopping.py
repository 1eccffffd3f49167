"""Ending a search before it is done: because nobody waits for it any more, or because its time is over.

Rules:

- Whoever searches passes a `Stop` along; engines look at it between their steps, and hang on it what ends a step that
  is running (sqlite.org/c3ref/interrupt.html). A search that was stopped says so, and gives no part as the whole.
- What a search may take of a processor is one allowance for all its steps. What it may be answered without has the
  rest of it (`Stop.part`), and ends alone. What is read once and kept for all searches is none of it (`Stop.spared`):
  else a search after a start could be refused each time that it is asked.
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
    """Tells one search to end. Safe from every thread.

    `processor_seconds` is what is left of what all its steps may take of a processor; a busy machine refuses nothing by
    it. None is no bound.
    """

    def __init__(self, *, processor_seconds: float | None = None) -> None:
        self.processor_seconds = processor_seconds
        self._lock = threading.Lock()
        self._at_work: set[int] = set()
        self._spared = 0.0
        self._sparing = False
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
        """Ask to end if the block takes this thread more of a processor than is left; a block within one is part of it.

        Raises:
            SearchStopped: nothing is left.
        """
        thread = threading.get_ident()
        left = self.processor_seconds
        if left is None or thread in self._at_work:
            yield
            return
        if left <= 0:
            self.ask(TOO_MUCH)
            self.check()
        clock = time.pthread_getcpuclockid(thread)
        began = time.clock_gettime(clock)
        most = began + left - self._spared
        done = threading.Event()

        def watch() -> None:
            while not done.wait(_LOOK_SECONDS):
                if not self._sparing and time.clock_gettime(clock) >= most + self._spared:
                    self.ask(TOO_MUCH)
                    return

        watching = threading.Thread(target=watch, daemon=True)
        watching.start()
        self._at_work.add(thread)
        try:
            yield
        finally:
            self._at_work.discard(thread)
            done.set()
            watching.join()  # it reads the clock of this thread, which must not end before
            self.processor_seconds = most + self._spared - time.clock_gettime(clock)

    @contextmanager
    def spared(self) -> Iterator[None]:
        """Count nothing of the block; it can be ended as any other."""
        began = time.thread_time()
        self._sparing = True
        try:
            yield
        finally:
            self._spared += time.thread_time() - began
            self._sparing = False

    @contextmanager
    def part(self) -> Iterator[Stop]:
        """A stop for what the search may be answered without: it has what is left, and when that is over ends alone.

        Not inside `working`, whose time is over with that of its part.
        """
        inner = Stop(processor_seconds=self.processor_seconds)
        try:
            with self.ending(lambda: inner.ask(self._sentence or NOBODY_WAITS)), inner.working():
                yield inner
        finally:
            self.processor_seconds = inner.processor_seconds

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
