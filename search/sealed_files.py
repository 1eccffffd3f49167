"""Whoosh's files, every one of them sealed: a `whoosh.filedb.filestore.Storage` that never writes a plain byte.

Rules:

- A file is one sealed container (`storage.sealing`) under the key of its index, bound to its name. Nothing that it
  says reaches Whoosh, which unpickles what it reads, before the bytes in question were authenticated: header,
  commitment and end when it is opened, each chunk when it is read (`storage.sealed_ranges`).
- What Whoosh spills while it writes (runs of postings, columns) goes to a folder inside this one, sealed under a
  random key that is stored nowhere. Whoosh's own stores spill plain text, one of them to the temporary folder.
- A file is written from front to back. Closed, it is durable; its name is made so by `sync`, before anything names it.
- A file of another key or of damaged bytes is `Corrupt`, and so is one that is missing.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from typing import TYPE_CHECKING, Final

from whoosh.filedb.filestore import Storage
from whoosh.filedb.structfile import StructFile

from search.sealed_access import ARCHIVE, OpenFiles, Reading, SealedStruct, Writing, damage_named, explained, unreadable
from storage.files import sync_folder, write_whole
from storage.sealing import SealKind, new_key, seal, unseal

if TYPE_CHECKING:
    import builtins
    from pathlib import Path

SCRATCH: Final = "scratch-"
_PIECE_BYTES: Final = 256 * 1024


class SealedFiles(Storage):  # type: ignore[misc]
    """The files of one index in one folder, under one key. Safe from several threads; a file of it is one thread's."""

    supports_mmap = False
    folder: Path

    def __init__(self, folder: Path, key: bytes, *, durable: bool = True) -> None:
        self.folder = folder
        self._key = key
        self._durable = durable
        self._open = OpenFiles(folder, key)

    def create_file(self, name: str, **_: object) -> StructFile:
        """A new file, in place of one of this name; seeking in it ends its writing."""
        self._open.forget(name)
        return StructFile(Writing(self._open, name, durable=self._durable), name=name)

    def open_file(self, name: str, **_: object) -> StructFile:
        """A file to be read.

        Raises:
            Corrupt: it is missing, of another key or name, or its beginning or end is damaged.
        """
        return SealedStruct(Reading(self._open, name), name=name)

    def put(self, name: str, plain: bytes) -> None:
        """Replace a small file; a crash leaves the old one or the new one. Durable with its name.

        Raises:
            StorageFull, TemporarilyUnavailable: the disk says no; the old one stands.
        """
        sealed = seal(self._key, archive_id=ARCHIVE, kind=SealKind.INDEX_FILE, object_id=name, plain=plain)
        write_whole(self.folder / name, sealed)

    def sealed(self, name: str) -> bytes:
        """A small file as it lies on the disk.

        Raises:
            Corrupt: it is missing.
        """
        with damage_named(self.folder):
            try:
                return (self.folder / name).read_bytes()
            except OSError as error:
                raise unreadable(error) from error

    def unsealed(self, name: str, sealed: bytes) -> bytes:
        """What such a file says.

        Raises:
            Corrupt: it is not one of this name under this key.
        """
        with damage_named(self.folder):
            return unseal(self._key, archive_id=ARCHIVE, kind=SealKind.INDEX_FILE, object_id=name, sealed=sealed)

    def list(self) -> builtins.list[str]:
        """The names of all files; not of folders for what is spilt."""
        return [entry.name for entry in os.scandir(self.folder) if entry.is_file(follow_symlinks=False)]

    def file_exists(self, name: str) -> bool:
        """Whether there is a file of this name."""
        return (self.folder / name).is_file()

    def file_modified(self, name: str) -> float:
        """When it was written, in seconds since 1970."""
        return (self.folder / name).stat().st_mtime

    def file_length(self, name: str) -> int:
        """How many bytes it holds, sealing not counted."""
        opened = self._open.take(name)
        try:
            return opened.ranges.size
        finally:
            self._open.give_back(opened)

    def delete_file(self, name: str) -> None:
        """Remove a file; who has it open reads on."""
        (self.folder / name).unlink()
        self._open.forget(name)

    def rename_file(self, frm: str, to: str, safe: bool = False) -> None:  # noqa: FBT001, FBT002 - Whoosh's signature
        """Seal a small file anew under another name, because the name is part of the seal."""
        if safe and self.file_exists(to):
            raise NameError("there is a file of that name already")
        with self.open_file(frm) as file:
            self.put(to, file.read())
        self.delete_file(frm)

    def lock(self, name: str) -> FileLock:
        """A lock that holds between programs; not acquired yet."""
        return FileLock(self.folder / name)

    def temp_storage(self, name: str | None = None) -> SealedFiles:  # noqa: ARG002 - the name would be shared
        """A folder for what is spilt, under a key that dies with this object."""
        folder = self.folder / f"{SCRATCH}{os.urandom(8).hex()}"
        with explained():
            folder.mkdir(mode=0o700)
        return SealedFiles(folder, new_key(), durable=False)

    def create(self) -> SealedFiles:
        """Make the folder, which must not be there.

        Raises:
            StorageFull, TemporarilyUnavailable: the disk says no.
        """
        with explained():
            self.folder.mkdir(mode=0o700)
        return self

    def destroy(self) -> None:
        """Remove the folder with everything in it."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def sweep_scratch(self) -> None:
        """Remove what killed writers left of such folders; nobody else may be writing."""
        for entry in os.scandir(self.folder):
            if entry.name.startswith(SCRATCH) and entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)

    def read_through(self, name: str) -> None:
        """Read a file to its end.

        Raises:
            Corrupt: it is missing, or any byte of it is damaged.
        """
        with self.open_file(name) as file:
            while file.read(_PIECE_BYTES):
                pass

    def copy(self, name: str, target: SealedFiles) -> None:
        """Seal a file anew in another folder, under its key.

        Raises:
            Corrupt: it is missing or damaged.
            StorageFull, TemporarilyUnavailable: the disk says no.
        """
        with self.open_file(name) as file, target.create_file(name) as copy:
            while piece := file.read(_PIECE_BYTES):
                copy.write(piece)

    def sync(self) -> None:
        """Make the names of all files durable."""
        sync_folder(self.folder)


class FileLock:
    """An advisory lock on a file without content (`flock`), as Whoosh asks for it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self, blocking: bool = False) -> bool:  # noqa: FBT001, FBT002 - Whoosh's signature
        """Whether it is ours now."""
        with explained():
            descriptor = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if blocking else fcntl.LOCK_NB))
        except BlockingIOError:
            os.close(descriptor)
            return False
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Let go of it; harmless when repeated."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)
