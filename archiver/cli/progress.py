"""Progress on stderr for whatever takes longer than two seconds; nothing where nobody watches."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import TaskID

    from archiver.cli.session import Session

_PATIENCE = 2.0


@contextmanager
def counting(session: Session, what: str) -> Iterator[Callable[[int, int | None], None]]:
    """Give a function `(done, total)`; a bar is drawn once two seconds have passed. `total` None is unknown."""
    began = time.monotonic()
    bar: Progress | None = None
    task: TaskID | None = None

    def show(done: int, total: int | None) -> None:
        nonlocal bar, task
        if session.quiet or not session.notes.is_terminal or time.monotonic() - began < _PATIENCE:
            return
        if bar is None or task is None:
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            bar = Progress(*columns, console=session.notes, transient=True)
            bar.start()
            task = bar.add_task(what, total=total)
        bar.update(task, completed=done, total=total)

    try:
        yield show
    finally:
        if bar is not None:
            bar.stop()
