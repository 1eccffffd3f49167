"""What is current in a Whoosh index, said by one small sealed file, and who may replace it.

Rules:

- `head` says by which engine, projection and analyser the index was built, its ledger position, its segments, and what
  was removed from each. It is replaced whole, after everything that it names is durable: documents and position move in
  one step, and a crash leaves the old state or the new one.
- Whoosh's own table of contents is a pickle; this is JSON.
- One writer at a time, of all programs (`flock`). Who writes removes what no head names any more.
"""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from search.whoosh_segments import Segment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from search.sealed_files import FileLock, SealedFiles

HEAD: Final = "head"
_LOCK: Final = "write.lock"


@dataclass(frozen=True, slots=True)
class Head:
    """One state of an index."""

    version: str
    position: int
    segments: tuple[Segment, ...] = ()


def encode_head(head: Head) -> bytes:
    """A head as the content of its file."""
    segments = [[one.name, one.documents, sorted(one.removed)] for one in head.segments]
    return json.dumps({"version": head.version, "position": head.position, "segments": segments}).encode()


def decode_head(content: bytes) -> Head:
    """A head again; the content is authenticated, so it is what `encode_head` made."""
    found = json.loads(content)
    segments = (Segment(name, documents, frozenset(removed)) for name, documents, removed in found["segments"])
    return Head(found["version"], found["position"], tuple(segments))


class HeadFile:
    """The head of one index, and the right to replace it."""

    def __init__(self, files: SealedFiles) -> None:
        self._files = files
        self._writers = threading.Lock()

    def sealed(self) -> bytes:
        """The head as it lies on the disk: equal bytes are the same state.

        Raises:
            Corrupt: there is none.
        """
        return self._files.sealed(HEAD)

    def read(self, sealed: bytes | None = None) -> Head:
        """What is current.

        Raises:
            Corrupt: it is missing, damaged, or of another key.
        """
        return decode_head(self._files.unsealed(HEAD, self.sealed() if sealed is None else sealed))

    def version(self) -> str:
        """By what the index was built, whatever else its head says.

        Raises:
            Corrupt: it is missing, damaged, or of another key.
        """
        return str(json.loads(self._files.unsealed(HEAD, self.sealed()))["version"])

    def replace(self, head: Head) -> None:
        """Make another state the current one; only while `writing`."""
        self._files.sync()
        self._files.put(HEAD, encode_head(head))
        self._sweep(head)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """The right to replace the head; waits for whoever has it."""
        with self._writers:
            if not self._files.folder.is_dir():
                self.read()  # says that it is missing
            lock: FileLock = self._files.lock(_LOCK)
            lock.acquire(blocking=True)
            try:
                self._files.sweep_scratch()  # of killed writers
                yield
            finally:
                self._files.sweep_scratch()  # Whoosh leaves one behind
                lock.release()

    def _sweep(self, head: Head) -> None:
        kept = tuple(segment.files for segment in head.segments)
        for name in self._files.list():
            if name not in {HEAD, _LOCK} and not name.startswith(kept):
                # another that sweeps may have been quicker
                with suppress(FileNotFoundError):
                    self._files.delete_file(name)
