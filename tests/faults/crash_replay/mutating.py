"""The means of breaking a rule in the recorded program: what a mutant is, and patches that several of them share."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

Promise = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Mutant:
    """How one rule is broken, and the workload that depends on that rule."""

    workload: str
    break_it: Callable[[Promise], None]


def patch(owner: Any, name: str, value: Any) -> None:
    mock.patch.object(owner, name, value).start()


def unsynced(matches: Callable[[Path], bool]) -> Callable[[Promise], None]:
    """Leave out every fsync of a path that matches."""

    def break_it(_: Promise) -> None:
        real = os.fsync

        def fsync(descriptor: int) -> None:
            if not matches(Path(f"/proc/self/fd/{descriptor}").readlink()):
                real(descriptor)

        patch(os, "fsync", fsync)

    return break_it


def is_object(path: Path) -> bool:
    return "objects" in path.parts and path.is_file()


def is_object_folder(path: Path) -> bool:
    return path.parent.name == "objects" and path.is_dir()
