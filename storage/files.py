"""Small files that must be whole or absent: written aside, fsynced, renamed, the folder fsynced."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from storage.errors import StorageFull, TemporarilyUnavailable

if TYPE_CHECKING:
    from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_whole(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Replace (or create) a file so that a crash leaves the old content or the new, never half.

    Raises:
        StorageFull: no space; the old content stands.
        TemporarilyUnavailable: the disk, or a right on it, refused.
    """
    aside = path.with_name(path.name + ".new")
    try:
        descriptor = os.open(aside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, mode)
        try:
            view = memoryview(content)
            while view:
                view = view[os.write(descriptor, view) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        aside.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            aside.unlink()
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StorageFull(f"{path.name} cannot be written: the disk is full; free some space") from error
        raise TemporarilyUnavailable(f"{path.name} cannot be written: {os.strerror(error.errno or 0)}") from error


def erase(path: Path) -> None:
    """Overwrite, fsync, unlink and fsync the folder: what can be done to a small key file on a live disk."""
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, os.urandom(os.fstat(descriptor).st_size))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    path.unlink()
    sync_folder(path.parent)
