"""Long-running programs forget keys that another program destroyed, also while they have nothing to do.

Rule: an opened key lives in memory for at most a minute longer than on the disk. Whoever reads or writes looks by
itself which epochs live and which index is current; this look is for a program that waits.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.wiring import Installation

log = structlog.get_logger()

_LOOK_SECONDS = 60.0


@contextmanager
def forgetting(installation: Installation, *, every_seconds: float = _LOOK_SECONDS) -> Iterator[None]:
    """Look every so often, in a thread beside the block, which keys are destroyed, and forget them.

    A look that fails is told, and the next one is made at its time.
    """
    left = threading.Event()

    def look() -> None:
        while not left.wait(every_seconds):
            try:
                installation.archive.store.current_epoch()
                installation.indexes.close_retired()
            except Exception as error:  # noqa: BLE001 - whatever it is, the next look must come; told without its text
                log.warning("keys.not_looked_at", error=type(error).__name__)

    thread = threading.Thread(target=look, name="forgetting", daemon=True)
    thread.start()
    try:
        yield
    finally:
        left.set()
        thread.join()
