"""Reading the pictures that wait until none is left, in the foreground.

Rule: one program at a time reads; where another has the turn, its work is waited for and counts as done.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archiver.reading_turns import PictureTurns, reading_turn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from archiver.wiring import Installation
    from ingest.picture_reading import ReadingTaken
    from storage.transcriptions import ReadingPriority

_POLL_SECONDS = 0.2


@dataclass(slots=True)
class Drained:
    """How many records were read by us, and of these how many have something that could not be read."""

    read: int = 0
    unread: int = 0

    def count(self, installation: Installation, taken: ReadingTaken | None) -> None:
        """Count a record that was read."""
        if taken is None or taken.number is None:
            return
        self.read += 1
        archive = installation.archive
        with archive.store.read() as connection:
            found = archive.transcriptions.latest(connection, [taken.record_id]).get(taken.record_id)
        self.unread += found is not None and bool(found.transcription.unsearchable)


def drain(
    installation: Installation, actor: str, most: ReadingPriority, progress: Callable[[int, int | None], None]
) -> Drained:
    """Read everything that waits up to a priority.

    Raises:
        SandboxUnavailable: no child can be started.
        StorageFull, TemporarilyUnavailable: it stopped on its way; the same again goes on.
    """
    archive, done = installation.archive, Drained()
    total = left = _left(installation, most)
    with PictureTurns(installation, actor) as turns:
        while left:
            progress(total - left, total)
            with reading_turn(archive.folder) as mine:
                if mine:
                    done.count(installation, turns.reader.read_waiting(up_to=most))
            if not mine:
                time.sleep(_POLL_SECONDS)
            left = _left(installation, most)
            total = max(total, left)
    return done


def read_again(
    installation: Installation, actor: str, record_ids: Sequence[str], progress: Callable[[int], None]
) -> Drained:
    """Read the pictures of these records once more, each as a further version.

    Raises:
        NotFound: there is no such record.
        Conflict: one has no pictures, or a person said what they say; those before it were read.
    """
    archive, done = installation.archive, Drained()
    with PictureTurns(installation, actor) as turns:
        for number, record_id in enumerate(record_ids):
            progress(number)
            while True:
                with reading_turn(archive.folder) as mine:
                    if mine:
                        done.count(installation, turns.reader.read_again(record_id))
                        break
                time.sleep(_POLL_SECONDS)
    return done


def _left(installation: Installation, most: ReadingPriority) -> int:
    archive = installation.archive
    with archive.store.read() as connection:
        waiting = archive.transcriptions.backlog(connection)
    return sum(count for one, count in waiting.items() if one <= most)
