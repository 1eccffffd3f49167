"""Sealed objects as files: ``objects/ab/<sha256>``, written once, never changed.

Rule: fsync before acknowledgement, files and folders both. A few objects are fsynced one by one; a batch is
written out and made durable by one `syncfs`, which since Linux 5.8 reports write-back errors of the time since
its descriptor was opened (measured: 1,863 objects/s one by one, 6,898 in batches of 64; docs/adr/0002). After
any failed sync the store refuses further writes: the kernel may have marked the lost pages clean.
"""

from __future__ import annotations

import ctypes
import errno
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from storage.errors import Corrupt, NotFound, StorageFull, TemporarilyUnavailable
from storage.files import sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from storage.blobs import SealedObject

_BLOB_ID = re.compile(r"[0-9a-f]{64}")
_ONE_BY_ONE = 3
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_PASSING = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN)  # said of this program, not of the disk


def _find_syncfs() -> ctypes._NamedFuncPointer | None:
    library = ctypes.CDLL(None, use_errno=True)
    return getattr(library, "syncfs", None)


class LocalBlobs:
    """A `BlobStore` on a local file system."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._syncfs = _find_syncfs()
        self._failed = False
        self._durable: set[Path] = set()  # folders whose own names this program has made durable; 256 at most

    def _path(self, blob_id: str) -> Path:
        if not _BLOB_ID.fullmatch(blob_id):
            raise NotFound("that is not the name of an object", object=blob_id[:64])
        return self._root / blob_id[:2] / blob_id

    def write(self, batch: Sequence[SealedObject]) -> None:
        """See `BlobStore.write`."""
        if self._failed:
            raise TemporarilyUnavailable("the object store is read-only after a disk error; check the disk and restart")
        created: list[str] = []
        try:
            if len(batch) > _ONE_BY_ONE and self._syncfs is not None:
                self._write_together(batch, created)
            else:
                for one in batch:
                    self._write_alone(one, created)
        except OSError as error:
            if error.errno in _NO_SPACE:
                self._take_back(created)
                raise StorageFull("the disk is full: nothing was taken; free some space and try again") from error
            if error.errno in _PASSING:
                self._take_back(created)
                raise TemporarilyUnavailable("too many open files, or memory is short: nothing was taken") from error
            self._failed = True
            raise TemporarilyUnavailable("the disk reports an error: nothing was taken") from error

    def _take_back(self, created: Sequence[str]) -> None:
        """Free what a full disk took of a batch that no row will ever name; never what was there before."""
        for blob_id in created:
            with suppress(OSError):
                self._path(blob_id).unlink(missing_ok=True)

    def _write_together(self, batch: Sequence[SealedObject], created: list[str]) -> None:
        # opened before the first write, so that the errors of exactly this batch are reported to it
        root = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for one in batch:
                os.close(self._create(one, created))
            assert self._syncfs is not None
            if self._syncfs(root) != 0:
                code = ctypes.get_errno()
                raise OSError(code, os.strerror(code))
        finally:
            os.close(root)

    def _write_alone(self, one: SealedObject, created: list[str]) -> None:
        folder = self._root / one.blob_id[:2]
        descriptor = self._create(one, created)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        sync_folder(folder)
        # Another writer, or one that was killed, may have made a folder whose name is not durable yet: that it
        # exists proves nothing until this program has synced what holds it.
        if folder not in self._durable:
            sync_folder(self._root)
            self._durable.add(folder)

    def _create(self, one: SealedObject, created: list[str]) -> int:
        """Write the file in place: its name is its digest, and no row names it before it is durable."""
        path = f"{self._root}/{one.blob_id[:2]}/{one.blob_id}"
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC
        try:
            try:
                descriptor = os.open(path, flags, 0o600)
            except FileNotFoundError:
                os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)  # noqa: PTH103, PTH120 - the hot path
                descriptor = os.open(path, flags, 0o600)
        except FileExistsError:
            return self._complete(Path(path), one.sealed)
        created.append(one.blob_id)
        return self._fill(descriptor, one.sealed)

    def _complete(self, path: Path, sealed: bytes) -> int:
        """Leave an object that is whole as it is, since a row may name it; finish what a killed writer began."""
        whole = path.read_bytes() == sealed
        descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        if whole:
            return descriptor
        self._fill(descriptor, sealed)  # over what is there and never cut first: equal bytes do no harm to each other
        os.ftruncate(descriptor, len(sealed))
        return descriptor

    @staticmethod
    def _fill(descriptor: int, sealed: bytes) -> int:
        try:
            view = memoryview(sealed)
            while view:
                view = view[os.write(descriptor, view) :]
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def read(self, blob_id: str) -> bytes:
        """See `BlobStore.read`."""
        try:
            return self._path(blob_id).read_bytes()
        except FileNotFoundError as error:
            raise NotFound("the object is not in the store", object=blob_id) from error
        except OSError as error:
            if error.errno in _PASSING:
                raise TemporarilyUnavailable("too many files are open, or memory is short; try again") from error
            raise Corrupt("the disk cannot read an object", object=blob_id) from error

    def contains(self, blob_id: str) -> bool:
        """See `BlobStore.contains`."""
        return self._path(blob_id).exists()

    def delete(self, blob_id: str) -> None:
        """See `BlobStore.delete`."""
        path = self._path(blob_id)
        try:
            path.unlink()
        except FileNotFoundError:
            return
        sync_folder(path.parent)

    def ids(self) -> Iterator[str]:
        """See `BlobStore.ids`."""
        for folder in sorted(one for one in self._root.iterdir() if one.is_dir()):
            for path in folder.iterdir():
                if _BLOB_ID.fullmatch(path.name):
                    yield path.name
