"""Progress on stderr for whatever takes longer than two seconds; nothing where nobody watches."""

from __future__ import annotations

import time
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import TaskID

    from archiver.cli.session import Session

_PATIENCE = 2.0


class Counting:
    """Shows how much is done, of how much; a bar is drawn once two seconds have passed. A total of None is unknown."""

    def __init__(self, session: Session, what: str) -> None:
        self._session = session
        self._what = what
        self._began = time.monotonic()
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __call__(self, done: int, total: int | None) -> None:
        """Say how far it has come."""
        self._show(self._what, done, total)

    def called(self, what: str) -> Callable[[int, int | None], None]:
        """The same bar under another name, for a later part of the same work."""
        return partial(self._show, what)

    def _show(self, what: str, done: int, total: int | None) -> None:
        session = self._session
        if session.quiet or not session.notes.is_terminal or time.monotonic() - self._began < _PATIENCE:
            return
        if self._bar is None or self._task is None:
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            self._bar = Progress(*columns, console=session.notes, transient=True)
            self._bar.start()
            self._task = self._bar.add_task(what, total=total)
        self._bar.update(self._task, description=what, completed=done, total=total)

    def stop(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()


@contextmanager
def counting(session: Session, what: str) -> Iterator[Counting]:
    """Give what is to be told `(done, total)` as work goes on."""
    shown = Counting(session, what)
    try:
        yield shown
    finally:
        shown.stop()
