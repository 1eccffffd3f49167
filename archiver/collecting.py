"""How often Python looks for garbage in the programs of an archive.

Rule: memory stays bounded, and no time goes into looking again and again at what stays. Modules make some two hundred
thousand objects that live as long as the program, and a batch of records as many that die by themselves; with Python's
own settings a tenth of an ingest went into looking at them.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_YOUNG = 20_000  # objects between two looks; an opened description has some hundreds


@contextmanager
def loading() -> Iterator[None]:
    """No look while modules are loaded: what they make stays."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def collect_seldom() -> None:
    """Leave alone what is loaded by now, and look less often; for a program's start, once its modules are there."""
    gc.freeze()
    gc.set_threshold(_YOUNG, 10, 10)
