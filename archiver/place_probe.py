"""Whether the place of backups answers: asked often, and of disks that may be away.

Rule: whoever asks never waits long. A disk of another host that went away can hold a program for as long as it likes,
so the question is asked beside it, by one thread at a time, and no answer is an answer.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_PATIENCE_SECONDS: Final = 2.0
_SLOTS: Final = ("archive", "slots.json")  # what every backup place has; see `storage.backup.place`


class PlaceProbe:
    """Asks a place whether it is there; one for the life of a program.

    Args:
        look: says of a place whether it is there, in whatever time.
        patience: seconds that whoever asks waits.
    """

    def __init__(self, look: Callable[[Path], bool] | None = None, *, patience: float = _PATIENCE_SECONDS) -> None:
        self._look = look or is_there
        self._patience = patience
        self._asking: threading.Thread | None = None
        self._answer = False

    def answers(self, place: Path) -> bool:
        """Whether backups of before lie there and more can be written, as far as that is told in time."""
        if self._asking is not None and self._asking.is_alive():
            return False  # it still waits for the disk that did not answer before
        self._answer = False
        self._asking = threading.Thread(target=self._ask, args=(place,), daemon=True, name="place-probe")
        self._asking.start()
        self._asking.join(self._patience)
        return self._answer

    def _ask(self, place: Path) -> None:
        self._answer = self._look(place)


def is_there(place: Path) -> bool:
    """Whether a backup lies at a place and this program may write beside it: an empty mount point is no place."""
    return place.joinpath(*_SLOTS).is_file() and os.access(place, os.R_OK | os.W_OK | os.X_OK)
