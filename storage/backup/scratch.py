"""The scratch folder of a drill: a whole archive with its keys, for as long as the drill lives and no longer.

Rule: what a killed drill leaves holds copies of keys, and would open what is destroyed later. So such a folder is held
with a lock while it is in use, and one that nobody holds is destroyed, keys first, by the next drill beside it and by
every recovery. Only what we made ourselves and nobody else can write into is touched.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from storage.files import erase

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX = ".drill-"
_HELD = "held"
_ARCHIVE = "archive"


@contextmanager
def scratch_folder(beside: Path) -> Iterator[Path]:
    """A path below `beside` for an archive, not made yet; what lies there afterwards is destroyed."""
    sweep_scratch(beside)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=beside))  # of mode 0700
    descriptor = os.open(folder / _HELD, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield folder / _ARCHIVE
    finally:
        try:
            _destroy(folder)
        finally:
            os.close(descriptor)


def sweep_scratch(beside: Path) -> int:
    """Destroy what killed drills left in a folder; how many there were. What cannot be removed stays for the next."""
    swept = 0
    for folder in beside.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            about = folder.lstat()
            ours = stat.S_ISDIR(about.st_mode) and about.st_uid == os.geteuid() and not about.st_mode & 0o077
            if not ours:
                continue
            descriptor = os.open(folder / _HELD, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _destroy(folder)
                swept += 1
            finally:
                os.close(descriptor)
    return swept


def _destroy(folder: Path) -> None:
    """Keys first: what a kill leaves of the rest opens nothing. The lock's file goes last, with the folder."""
    for path in (folder / _ARCHIVE / "keys").rglob("*"):
        if path.is_symlink() or path.is_file():
            erase(path)
    for path in folder.iterdir():
        if path.name != _HELD:
            shutil.rmtree(path)
    shutil.rmtree(folder)
