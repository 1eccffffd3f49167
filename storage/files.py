"""Small files that must be whole or absent: written aside, fsynced, renamed, the folder fsynced.

Rule: a link is never written through and never erased through. Some of these folders (backup places, anchors) can be
written by others, who must not be able to aim us at a file of the archive.
"""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from storage.errors import StorageFull, TemporarilyUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def open_new(path: Path, mode: int = 0o600) -> int:
    """A descriptor of an empty file for writing, whatever plain file was there; raises `OSError`, also for a link."""
    return os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, mode)


def write_whole(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Replace (or create) a file so that a crash leaves the old content or the new, never half.

    Raises:
        StorageFull: no space; the old content stands.
        TemporarilyUnavailable: the disk, or a right on it, refused.
    """
    with _explained(path):
        _rename_into_place(path, content, mode)
        sync_folder(path.parent)


def write_together(files: Mapping[Path, bytes], *, mode: int = 0o600) -> None:
    """Replace (or create) files, and the folders they need; all durable on return, each whole or absent before.

    Raises:
        StorageFull: no space; some of the files may be there.
        TemporarilyUnavailable: the disk, or a right on it, refused.
    """
    changed: dict[Path, None] = {}
    for path, content in files.items():
        with _explained(path):
            for missing in _missing(path.parent):
                missing.mkdir(mode=0o700, exist_ok=True)
                changed[missing.parent] = None
            _rename_into_place(path, content, mode)
            changed[path.parent] = None
    for folder in changed:
        with _explained(folder):
            sync_folder(folder)


def sync_names(paths: Iterable[Path], top: Path) -> None:
    """Make durable the names of files below `top`, and of their folders: whoever made them may have been killed before.

    Raises:
        StorageFull, TemporarilyUnavailable: the disk says no.
    """
    folders = {above for path in paths for above in path.parents if above == top or top in above.parents}
    for folder in sorted(folders):
        with _explained(folder):
            sync_folder(folder)


def write_pieces(path: Path, pieces: Iterable[bytes], *, durable: bool = True, mode: int = 0o600) -> int:
    """Make a new file of pieces, under its name only when it is whole; returns its size.

    What `pieces` raises passes through, and then there is no such file. Without `durable` it is the caller who
    makes many files durable at once.

    Raises:
        StorageFull: no space; there is no such file.
        TemporarilyUnavailable: the disk, or a right on it, refused.
    """
    aside = path.with_name(path.name + ".new")
    written = 0
    with _explained(path):
        try:
            with os.fdopen(open_new(aside, mode), "wb") as file:
                for piece in pieces:
                    file.write(piece)
                    written += len(piece)
                file.flush()
                if durable:
                    os.fsync(file.fileno())
            aside.rename(path)
            if durable:
                sync_folder(path.parent)
        except BaseException:
            with suppress(OSError):
                aside.unlink()
            raise
    return written


def _missing(folder: Path) -> list[Path]:
    """This folder and those above it that are not there, the uppermost first."""
    found: list[Path] = []
    while not folder.is_dir() and folder != folder.parent:
        found.append(folder)
        folder = folder.parent
    return found[::-1]


def _rename_into_place(path: Path, content: bytes, mode: int) -> None:
    aside = path.with_name(path.name + ".new")
    try:
        descriptor = open_new(aside, mode)
        try:
            view = memoryview(content)
            while view:
                view = view[os.write(descriptor, view) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        aside.rename(path)
    except OSError:
        with suppress(OSError):
            aside.unlink()
        raise


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StorageFull(f"{path.name} cannot be written: the disk is full; free some space") from error
        raise TemporarilyUnavailable(f"{path.name} cannot be written: {os.strerror(error.errno or 0)}") from error


def erase(path: Path) -> None:
    """Overwrite, fsync, unlink and fsync the folder: what can be done to a small key file on a live disk.

    Of a link only the link goes.
    """
    if path.is_symlink():
        path.unlink()
        sync_folder(path.parent)
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.write(descriptor, os.urandom(os.fstat(descriptor).st_size))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    path.unlink()
    sync_folder(path.parent)
