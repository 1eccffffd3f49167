"""Sealed objects as files: ``objects/ab/<sha256>``, written once, never changed.

Rule: fsync before acknowledgement, files and folders both. A few objects are fsynced one by one; a batch is
written out and made durable by one `syncfs`, which since Linux 5.8 reports write-back errors of the time since
its descriptor was opened (measured: 1,863 objects/s one by one, 6,898 in batches of 64; docs/adr/0002). After
any failed sync the store refuses further writes: the kernel may have marked the lost pages clean.

An object that comes in pieces has no name before its end, so it is written to ``objects/<32 hex digits>.part``,
which its writer holds with `flock`, and renamed when it is durable. A part that nobody holds is what a killed
writer left: `sweep_parts` removes it. Parts hold sealed bytes only.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import hashlib
import os
import re
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from storage.blobs import StoredObject
from storage.errors import Corrupt, NotFound, StorageFull, TemporarilyUnavailable
from storage.files import sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from storage.blobs import SealedObject

_BLOB_ID = re.compile(r"[0-9a-f]{64}")
_ONE_BY_ONE = 3
PART_SUFFIX = ".part"
# A large object goes to the disk as it comes: left to its end, its pages would make the syncs of others wait.
_SYNCED_EVERY = 64 << 20
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_PASSING = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN)  # said of this program, not of the disk


def _find_syncfs() -> ctypes._NamedFuncPointer | None:
    library = ctypes.CDLL(None, use_errno=True)
    return getattr(library, "syncfs", None)


class LocalBlobs:
    """A `BlobStore` on a local file system."""

    def __init__(self, root: Path, *, on_failure: Callable[[], None] | None = None) -> None:
        self._root = root
        self._on_failure = on_failure
        self._syncfs = _find_syncfs()
        self._failed = False
        self._durable: set[Path] = set()  # folders whose own names this program has made durable; 256 at most

    def _path(self, blob_id: str) -> Path:
        return Path(self._place(blob_id))

    def _place(self, blob_id: str) -> str:
        if not _BLOB_ID.fullmatch(blob_id):
            raise NotFound("that is not the name of an object", object=blob_id[:64])
        return f"{self._root}/{blob_id[:2]}/{blob_id}"

    def _refuse_after_failure(self) -> None:
        if self._failed:
            raise TemporarilyUnavailable("the object store is read-only after a disk error; check the disk and restart")

    def write(self, batch: Sequence[SealedObject]) -> None:
        """See `BlobStore.write`."""
        self._refuse_after_failure()
        created: list[str] = []
        with self._judging(lambda: self._take_back(created)):
            if len(batch) > _ONE_BY_ONE and self._syncfs is not None:
                self._write_together(batch, created)
            else:
                for one in batch:
                    self._write_alone(one, created)

    @contextmanager
    def _judging(self, take_back: Callable[[], None]) -> Iterator[None]:
        """What an error of the disk means: full and short of descriptors pass, all else ends writing for good."""
        try:
            yield
        except OSError as error:
            if error.errno in _NO_SPACE:
                take_back()
                raise StorageFull("the disk is full: nothing was taken; free some space and try again") from error
            if error.errno in _PASSING:
                take_back()
                raise TemporarilyUnavailable("too many open files, or memory is short: nothing was taken") from error
            self._failed = True
            if self._on_failure is not None:
                self._on_failure()
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
        self._sync_name(folder)

    def _sync_name(self, folder: Path) -> None:
        """Make durable what stands in a folder of objects, and the folder itself."""
        sync_folder(folder)
        # Another writer, or one that was killed, may have made a folder whose name is not durable yet: that it
        # exists proves nothing until this program has synced what holds it.
        if folder not in self._durable:
            sync_folder(self._root)
            self._durable.add(folder)

    def _create(self, one: SealedObject, created: list[str]) -> int:
        """Write the file in place: its name is its digest, and no row names it before it is durable."""
        path = self._place(one.blob_id)
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
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb", closefd=False) as there:
            if there.read(len(sealed) + 1) == sealed:
                return descriptor
        os.lseek(descriptor, 0, os.SEEK_SET)
        self._fill(descriptor, sealed)  # over what is there and never cut first: equal bytes do no harm to each other
        os.ftruncate(descriptor, len(sealed))
        return descriptor

    @staticmethod
    def _fill(descriptor: int, sealed: bytes) -> int:
        try:
            _write_all(descriptor, sealed)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def write_pieces(self, pieces: Iterable[bytes]) -> StoredObject:
        """See `BlobStore.write_pieces`."""
        self._refuse_after_failure()
        with self._judging(lambda: None):
            part, descriptor = self._begin_part()

        def discard() -> None:
            with suppress(OSError):
                part.unlink(missing_ok=True)

        try:
            digest, size, behind = hashlib.sha256(), 0, 0
            for piece in pieces:  # outside of our judgement: an error of the source says nothing about this disk
                with self._judging(discard):
                    _write_all(descriptor, piece)
                    digest.update(piece)
                    size, behind = size + len(piece), behind + len(piece)
                    if behind >= _SYNCED_EVERY:
                        os.fdatasync(descriptor)
                        behind = 0
            with self._judging(discard):
                return self._name_part(part, descriptor, StoredObject(digest.hexdigest(), size))
        except BaseException:
            discard()  # also where it was interrupted
            raise
        finally:
            os.close(descriptor)

    def _begin_part(self) -> tuple[Path, int]:
        """A new part, held by us."""
        while True:
            part = self._root / f"{os.urandom(16).hex()}{PART_SUFFIX}"
            descriptor = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                is_ours = os.fstat(descriptor).st_nlink > 0
            except OSError:
                part.unlink(missing_ok=True)
                os.close(descriptor)
                raise
            if is_ours:
                return part, descriptor
            os.close(descriptor)  # swept before it was held

    def _name_part(self, part: Path, descriptor: int, stored: StoredObject) -> StoredObject:
        path = self._path(stored.blob_id)
        os.fsync(descriptor)  # the bytes before the name: a rename may become durable without what it names
        path.parent.mkdir(mode=0o700, exist_ok=True)
        part.rename(path)
        try:
            self._sync_name(path.parent)
        except OSError:
            self._take_back([stored.blob_id])
            raise
        return stored

    def read(self, blob_id: str) -> bytes:
        """See `BlobStore.read`."""
        with _reading(blob_id), open(self._place(blob_id), "rb", buffering=0) as file:  # noqa: PTH123 - the hot path
            return file.readall()

    def open(self, blob_id: str) -> LocalReader:
        """See `BlobStore.open`."""
        with _reading(blob_id):
            return LocalReader(os.open(self._path(blob_id), os.O_RDONLY | os.O_CLOEXEC), blob_id)

    def contains(self, blob_id: str) -> bool:
        """See `BlobStore.contains`."""
        return self._path(blob_id).exists()

    def delete(self, *blob_ids: str) -> None:
        """See `BlobStore.delete`; each folder is synced once."""
        touched: set[Path] = set()
        for blob_id in blob_ids:
            path = self._path(blob_id)
            with suppress(FileNotFoundError):
                path.unlink()
                touched.add(path.parent)
        for folder in sorted(touched):
            sync_folder(folder)

    def ids(self) -> Iterator[str]:
        """See `BlobStore.ids`."""
        for folder in sorted(one for one in self._root.iterdir() if one.is_dir()):
            for path in folder.iterdir():
                if _BLOB_ID.fullmatch(path.name):
                    yield path.name


class LocalReader:
    """An `ObjectReader` of one file."""

    def __init__(self, descriptor: int, blob_id: str) -> None:
        self._descriptor = descriptor
        self._blob_id = blob_id
        self.size = os.fstat(descriptor).st_size

    def read_at(self, offset: int, length: int) -> bytes:
        """See `ObjectReader.read_at`."""
        with _reading(self._blob_id):
            parts: list[bytes] = []
            while length > 0 and (part := os.pread(self._descriptor, length, offset)):  # a read may give less
                parts.append(part)
                offset, length = offset + len(part), length - len(part)
            return parts[0] if len(parts) == 1 else b"".join(parts)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)


def sweep_parts(root: Path) -> int:
    """Remove what killed writers left of objects in pieces; a part that is being written is held, and stays.

    Returns how many there were.
    """
    swept = 0
    for part in root.glob(f"*{PART_SUFFIX}"):
        try:
            descriptor = os.open(part, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            continue  # finished or discarded meanwhile
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            part.unlink(missing_ok=True)
            swept += 1
        except BlockingIOError:
            pass
        finally:
            os.close(descriptor)
    return swept


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


@contextmanager
def _reading(blob_id: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound("the object is not in the store", object=blob_id) from error
    except OSError as error:
        if error.errno in _PASSING:
            raise TemporarilyUnavailable("too many files are open, or memory is short; try again") from error
        raise Corrupt("the disk cannot read an object", object=blob_id) from error
