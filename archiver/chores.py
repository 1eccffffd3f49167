"""Work that comes round: anchors, fixity slices, backups, letters; done one after the other by the clock worker.

Rule: what is due is asked of the archive, never remembered by a timer, so a restart neither skips nor repeats it;
a chore that fails is told and tried again at its next turn, and the others go on.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from storage.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from archiver.wiring import Installation

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """Something to do every so often. `step` looks for itself whether anything is due, and does one piece of it."""

    name: str
    every_seconds: float
    step: Callable[[], None]


class Chores:
    """Runs chores when their time has come; `monotonic` is the clock that counts the seconds between turns."""

    def __init__(self, chores: Sequence[Chore], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._chores = tuple(chores)
        self._monotonic = monotonic
        self._next = dict.fromkeys((chore.name for chore in self._chores), float("-inf"))

    def run_due(self) -> None:
        """Run every chore whose turn it is, once."""
        for chore in self._chores:
            if self._monotonic() < self._next[chore.name]:
                continue
            try:
                chore.step()
            except ArchiveError as error:
                log.error("chore.fault", chore=chore.name, kind=error.kind)  # noqa: TRY400 - may quote content
            except OSError as error:
                log.error("chore.fault", chore=chore.name, kind="os", code=error.errno)  # noqa: TRY400 - the same
            self._next[chore.name] = self._monotonic() + chore.every_seconds


def chores_of(installation: Installation) -> tuple[Chore, ...]:
    """The chores that an archive's settings ask for."""
    del installation
    return ()
