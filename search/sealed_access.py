"""One sealed file being read or written, piece by piece, as a file of Python's.

Rules: what is read was authenticated, chunk by chunk (`storage.sealed_ranges`), before any of it is given out; what is
written is sealed, from front to back, before any of it reaches the disk. Neither has a descriptor to be read past the
seal. All who read a file share one descriptor and the pages read last.
"""

from __future__ import annotations

import errno
import io
import os
import threading
from collections import OrderedDict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from whoosh.filedb.structfile import StructFile

from storage.errors import Corrupt, StorageFull, TemporarilyUnavailable
from storage.files import open_new
from storage.sealed_ranges import SealedRanges
from storage.sealed_streams import SealingStream
from storage.sealing import SealKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Self

ARCHIVE: Final = ""  # nothing is bound to an archive's id: the key is one index's own
_PAGE_BYTES: Final = 64 * 1024
_MOST_PAGES: Final = 2_048  # 128 MiB
_PIECE_BYTES: Final = 256 * 1024
_PEEKED: Final = 128


class OpenFiles:
    """The files of one folder that are open for reading, each once, under one key. Safe from several threads."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self.folder = folder
        self.key = key
        self._opened: dict[str, Opened] = {}
        self._pages: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, name: str) -> Opened:
        """A file opened for reading, to be given back.

        Raises:
            Corrupt: it is missing, of another key or name, or its beginning or end is damaged.
        """
        with self._lock:
            opened = self._opened.get(name)
            if opened is None:
                with damage_named(self.folder):
                    opened = self._opened[name] = Opened(self.folder / name, self.key)
            opened.users += 1
            return opened

    def give_back(self, opened: Opened) -> None:
        """Close it if nobody else reads it."""
        with self._lock:
            opened.users -= 1
            if opened.users == 0:
                if self._opened.get(opened.name) is opened:
                    del self._opened[opened.name]
                opened.close()

    def page(self, opened: Opened, number: int) -> bytes:
        """So many-th 64 KiB of a file; less where it ends.

        Raises:
            Corrupt: a chunk of it is damaged.
        """
        place = opened.name, number
        with self._lock:
            page = self._pages.get(place)
            if page is not None:
                self._pages.move_to_end(place)
                return page
        with damage_named(self.folder):
            page = opened.ranges.read(number * _PAGE_BYTES, _PAGE_BYTES)
        with self._lock:
            self._pages[place] = page
            while len(self._pages) > _MOST_PAGES:
                self._pages.popitem(last=False)
        return page

    def forget(self, name: str) -> None:
        """Let go of what was read of a file that is written anew or removed."""
        with self._lock:
            self._opened.pop(name, None)
            for place in [one for one in self._pages if one[0] == name]:
                del self._pages[place]


class Opened:
    """A sealed file and its descriptor: an `ObjectReader` of itself."""

    def __init__(self, path: Path, key: bytes) -> None:
        self.name = path.name
        self.users = 0
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError as error:
            raise unreadable(error) from error
        try:
            self.size = os.fstat(self._descriptor).st_size
            self.ranges = SealedRanges(
                key, archive_id=ARCHIVE, kind=SealKind.INDEX_FILE, object_id=self.name, sealed=self
            )
        except BaseException:
            os.close(self._descriptor)
            raise

    def read_at(self, offset: int, length: int) -> bytes:
        """See `ObjectReader.read_at`."""
        parts: list[bytes] = []
        try:
            while length > 0 and (part := os.pread(self._descriptor, length, offset)):
                parts.append(part)
                offset, length = offset + len(part), length - len(part)
        except OSError as error:
            raise unreadable(error) from error
        return b"".join(parts)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self._descriptor)


class Reading(io.RawIOBase):
    """A file being read, with a place of its own."""

    def __init__(self, files: OpenFiles, name: str) -> None:
        super().__init__()
        self._files = files
        self._opened = files.take(name)
        self._place = 0
        self._start = 0  # where the page read last begins
        self._page = b""

    def at(self, offset: int, length: int) -> bytes:
        """These bytes; fewer only where the file ends."""
        skipped = offset - self._start
        if skipped >= 0 and skipped + length <= len(self._page):
            return self._page[skipped : skipped + length]
        parts: list[bytes] = []
        while length > 0:
            number, skipped = divmod(offset, _PAGE_BYTES)
            self._page, self._start = self._files.page(self._opened, number), offset - skipped
            part = self._page[skipped : skipped + length]
            if not part:
                break
            parts.append(part)
            offset, length = offset + len(part), length - len(part)
        return b"".join(parts)

    def peek(self, _: int = 0) -> bytes:
        """Some of the bytes that come next: unpickling asks for few at a time, and is told of more at once."""
        return self.at(self._place, _PEEKED)

    def read(self, size: int = -1) -> bytes:
        """So many bytes from the place on, or all."""
        if size < 0:
            size = max(self._opened.ranges.size - self._place, 0)
        found = self.at(self._place, size)
        self._place += len(found)
        return found

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer as far as there is something."""
        found = self.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, place: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._opened.ranges.size}[whence]
        self._place = start + place
        return self._place

    def tell(self) -> int:
        """The place."""
        return self._place

    def close(self) -> None:
        """Close it; harmless when repeated."""
        if not self.closed:
            self._files.give_back(self._opened)
        super().close()


class SealedStruct(StructFile):  # type: ignore[misc]
    """A file being read, as Whoosh asks for its parts; it has no descriptor to be read past the seal."""

    def __init__(self, file: Reading, name: str) -> None:
        self.file, self._name, self.onclose = file, name, None
        self.is_closed = self.is_real = False

    def get(self, position: int, length: int) -> bytes:
        """These bytes, wherever the place is."""
        return self.file.at(position, length)


class Writing:
    """A file being written; with the first `seek` what was written can be read, and nothing more written."""

    def __init__(self, files: OpenFiles, name: str, *, durable: bool) -> None:
        self._files, self._name, self._durable = files, name, durable
        self._stream = SealingStream(files.key, archive_id=ARCHIVE, kind=SealKind.INDEX_FILE, object_id=name)
        self._size = 0
        self._pending = bytearray()
        self._reading: Reading | None = None
        self._descriptor: int | None = None
        with explained():
            self._descriptor = open_new(files.folder / name)
            self._store(self._stream.head)

    def __del__(self) -> None:
        # Whoosh lets go of its files without closing them where writing one of them failed
        if self._descriptor is not None:
            os.close(self._descriptor)

    def write(self, plain: bytes) -> int:
        """Add to the end."""
        self._pending += plain
        self._size += len(plain)
        if len(self._pending) >= _PIECE_BYTES:
            self._drain()
        return len(plain)

    def tell(self) -> int:
        """How much was written, or the place where it is read."""
        return self._size if self._reading is None else self._reading.tell()

    def flush(self) -> None:
        """What is pending is sealed when it is much, or all."""

    def seek(self, place: int, whence: int = os.SEEK_SET) -> int:
        """End the writing and go to a place, to read."""
        if self._reading is None:
            self._finish()
            self._reading = Reading(self._files, self._name)
        return self._reading.seek(place, whence)

    def read(self, size: int = -1) -> bytes:
        """So many bytes from the place on, after `seek`."""
        if self._reading is None:
            raise io.UnsupportedOperation("a file being written is read after seeking in it")
        return self._reading.read(size)

    def close(self) -> None:
        """End the writing; what is closed is whole, and durable if asked for. Harmless when repeated."""
        self._finish()
        if self._reading is not None:
            self._reading.close()

    def _drain(self) -> None:
        self._store(self._stream.write(self._pending))
        self._pending = bytearray()

    def _finish(self) -> None:
        if self._descriptor is None:
            return
        try:
            self._drain()
            self._store(self._stream.finish())
            if self._durable:
                with explained():
                    os.fsync(self._descriptor)
        finally:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)

    def _store(self, sealed: bytes) -> None:
        if self._descriptor is None:
            raise io.UnsupportedOperation("this file is written already")
        view = memoryview(sealed)
        with explained():
            while view:
                view = view[os.write(self._descriptor, view) :]


@contextmanager
def explained() -> Iterator[None]:
    """The disk's refusals as ours."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StorageFull("the search index cannot be written: the disk is full; free some space") from error
        raise TemporarilyUnavailable(
            f"the search index cannot be written: {os.strerror(error.errno or 0)}; try again"
        ) from error


@contextmanager
def damage_named(folder: Path) -> Iterator[None]:
    """What does not authenticate as the damage of an index, with what to do."""
    try:
        yield
    except Corrupt as error:
        raise Corrupt(
            f"the search index {folder.name} is missing, damaged, or not under this key; run: archiver index rebuild"
        ) from error


def unreadable(error: OSError) -> Exception:
    """What a file that cannot be opened or read means."""
    if error.errno in {errno.EMFILE, errno.ENFILE, errno.ENOMEM}:
        return TemporarilyUnavailable("too many files are open, or memory is short; try again")
    return Corrupt("a file of the search index is missing or cannot be read")
