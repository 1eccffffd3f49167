"""Reading pictures in the programs of an archive: who may do it now, with what, and how much waits.

Rule: one program at a time reads pictures in an archive, by a lock on a file that the kernel gives back however a
program dies. Its child is ended once nothing has waited for a while: engines and models take much memory.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, Self

from archiver.reading import ComponentSource
from archiver.turns import turn
from ingest.picture_reading import PictureReader
from ingest.picture_rounds import RoundsLimits
from ingest.sandbox import SandboxedReader
from ingest.sandbox_process import Limits
from storage.transcriptions import ReadingPriority

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from archiver.wiring import Installation

READER_MODULE: Final = "ingest.picture_tasks"
_IDLE_SECONDS: Final = 30.0
_INPUTS: Final = 500  # requests after which a child is replaced, whatever the engines have gathered by then
_CPU_SECONDS: Final = 7 * 86_400
_START_SECONDS: Final = 600.0  # it goes second, and loads much; a machine with other work takes its time


def reading_turn(folder: Path) -> AbstractContextManager[bool]:
    """Hold the right to read pictures in the archive of this folder; False where another program has it."""
    return turn(folder, "pictures")


def is_being_read(folder: Path) -> bool:
    """Whether some program reads pictures at this moment."""
    with reading_turn(folder) as free:
        return not free


def pictures_child(installation: Installation) -> SandboxedReader:
    """The confined child that reads pictures, with the limits of the settings.

    Raises:
        SandboxUnavailable: it cannot be started, or not confined.
    """
    section, sandbox = installation.settings.pictures, installation.settings.sandbox
    rounds = rounds_limits(installation)
    limits = Limits(
        memory=section.memory_mb << 20,
        seconds=rounds.round_seconds + section.page_seconds,
        seconds_per_mebibyte=0.1,
        cpu_seconds=_CPU_SECONDS,
        input_bytes=rounds.together + rounds.largest,
        inputs=_INPUTS,
        start_seconds=_START_SECONDS,
        threads=True,  # the decoder of HEIC starts one
    )
    return SandboxedReader(
        limits=limits,
        reader_module=f"{READER_MODULE}:{','.join(section.languages)}",
        allow_unconfined=sandbox.allow_unconfined,
        keeps_spare=False,
    )


def rounds_limits(installation: Installation) -> RoundsLimits:
    """What one record may cost by the settings."""
    own = RoundsLimits()
    largest = installation.settings.sandbox.largest_mb << 20
    return RoundsLimits(
        largest=largest, together=max(own.together, largest), pages=installation.settings.pictures.pages
    )


class PictureTurns:
    """Reads what waits, turn by turn, for one program. Use it as a context: at its end the child is ended."""

    def __init__(
        self,
        installation: Installation,
        actor: str,
        stop: Callable[[], bool] = lambda: False,
        *,
        up_to: ReadingPriority = ReadingPriority.CONVERSATION,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._installation = installation
        self._up_to = up_to
        self._sources = ComponentSource(installation)
        self._monotonic = monotonic
        self._idle_since: float | None = None
        self.reader = PictureReader(
            installation.archive,
            self._sources,
            lambda: pictures_child(installation),
            actor=actor,
            limits=rounds_limits(installation),
            stop=stop,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the children."""
        self.reader.close()
        self._sources.close()

    def read_in_turn(self) -> bool:
        """Read the record that comes next, if pictures are read here at all and it is our turn; whether it did."""
        if not self._installation.settings.pictures.enabled:
            return False
        with reading_turn(self._installation.archive.folder) as mine:
            taken = self.reader.read_waiting(up_to=self._up_to) if mine else None
        if taken is not None:
            self._idle_since = None
        elif self._idle_since is None:
            self._idle_since = self._monotonic()
        elif self._monotonic() - self._idle_since > _IDLE_SECONDS:
            self.close()
        return taken is not None
