"""Waiting until the pictures that one run handed in are read.

Rule: whoever hands in pictures finds their text when the command returns, unless nobody reads: that is said after half
a minute, and the pictures wait on. Pictures that mails or exports only carry are read later, and not waited for.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from archiver.reading_turns import is_being_read
from storage.events import EventKind
from storage.tables import ledger_leaves, records, submissions
from storage.transcription_tables import awaiting_reading
from storage.transcriptions import ReadingPriority

if TYPE_CHECKING:
    from collections.abc import Callable

    from archiver.wiring import Installation

_POLL_SECONDS = 0.2
_NOBODY_SECONDS = 30.0


class PictureWait:
    """The pictures of submissions from a ledger position on.

    Args:
        installation: the archive.
        since: the position of the first event of this run.
        progress: told how many records are read, and of how many.
        say: told where nobody reads them.
        monotonic, wait: the clock, and sleeping.
    """

    def __init__(
        self,
        installation: Installation,
        since: int,
        progress: Callable[[int, int | None], None],
        say: Callable[[str], None],
        *,
        monotonic: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._installation = installation
        self._since = since
        self._progress = progress
        self._say = say
        self._monotonic = monotonic
        self._wait = wait
        self._given_up = False

    def waiting(self, until: int) -> int:
        """How many records wait that were made of submissions up to and with this position."""
        joined = awaiting_reading.join(records, records.c.id == awaiting_reading.c.record_id).join(
            submissions, submissions.c.id == records.c.submission_id
        )
        query = select(func.count()).select_from(joined)
        query = query.where(awaiting_reading.c.priority == int(ReadingPriority.HANDED_IN))
        query = query.where(submissions.c.position.between(self._since, until))
        with self._installation.archive.store.read() as connection:
            counted: int = connection.execute(query).scalar_one()
        return counted

    def wait_until_read(self, until: int, indexed: int, keep_up: Callable[[], None]) -> bool:
        """Wait until none waits, or nobody reads; whether anything was read that the index does not have.

        Args:
            until: the position of the last submission.
            indexed: the position that the index has reached.
            keep_up: called again and again, so that somebody reads.
        """
        if self._given_up or not self._installation.settings.pictures.enabled:
            return False
        total = left = self.waiting(until)
        moved_at = self._monotonic()
        while left:
            self._progress(total - left, total)
            keep_up()
            self._wait(_POLL_SECONDS)
            before, left = left, self.waiting(until)
            total = max(total, left)
            if left != before or is_being_read(self._installation.archive.folder):
                moved_at = self._monotonic()
            elif self._monotonic() - moved_at > _NOBODY_SECONDS:
                self._given_up = True
                self._say(f"Nobody reads pictures, and {left:,} records wait for it; see: archiver doctor")
                break
        return total > 0 or self._is_read_behind(indexed)

    def _is_read_behind(self, position: int) -> bool:
        kind, at = ledger_leaves.c.kind, ledger_leaves.c.position
        query = select(at).where(kind == EventKind.RECORD_TRANSCRIBED.value, at > position).limit(1)
        with self._installation.archive.store.read() as connection:
            return connection.execute(query).first() is not None
