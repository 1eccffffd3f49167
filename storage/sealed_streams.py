"""Sealed containers in pieces: objects of any size are sealed and opened with a few hundred kilobytes of memory.

Rule: the container is the one of `storage.sealing`, byte for byte; a stream only cuts the work. No plain byte of
a chunk is given out before the chunk's tag was checked, and a stream that ends without an error was complete:
C2SP chunked-encryption makes the last chunk always the short one, so a missing, full or cut last chunk is an
error. What was given out before such an error is authentic but not the whole, so whoever acts on a whole (a file,
a download) may not finish before the stream did.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import constant_time

from storage.errors import Corrupt
from storage.sealing import CHUNK_BYTES, header, refused_header

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from storage.sealing import SealKind

PIECE_BYTES = 16 * CHUNK_BYTES  # large enough that calls cost nothing, small enough to stay in a processor's cache


class SealingStream:
    """One container, made as what is inside becomes known: `head`, what each `write` gives, what `finish` gives."""

    def __init__(self, key: bytes, *, archive_id: str, kind: SealKind, object_id: str) -> None:
        self.head = header(kind, object_id)
        self._encryptor = Cobblestone256Encryptor(key, self.head + archive_id.encode("ascii"))

    def write(self, plain: bytes | bytearray | memoryview) -> bytes:
        """What of the container is complete with these bytes; may be nothing."""
        return bytes(self._encryptor.update(plain))

    def finish(self) -> bytes:
        """The end of the container; nothing can be written after it."""
        return bytes(self._encryptor.finalize())


def seal_pieces(
    key: bytes, *, archive_id: str, kind: SealKind, object_id: str, pieces: Iterable[bytes | memoryview]
) -> Iterator[bytes]:
    """The container of what the pieces say together, in pieces of no particular size.

    Memory follows the largest piece that is handed in. What `pieces` raises passes through.
    """
    stream = SealingStream(key, archive_id=archive_id, kind=kind, object_id=object_id)
    yield stream.head
    for piece in pieces:
        if sealed := stream.write(piece):
            yield sealed
    yield stream.finish()


def open_pieces(
    key: bytes, *, archive_id: str, kind: SealKind, object_id: str, sealed: Iterable[bytes]
) -> Iterator[bytes]:
    """The plain bytes of a container that comes in pieces of any size, each authenticated when it is given out.

    Raises:
        Corrupt: another object, kind, archive or key, or a byte changed, cut or added. What the iterator gave
            before is authentic; that it is all is known only where it ends without this.
    """
    head = header(kind, object_id)
    decryptor = Cobblestone256Decryptor(key, head + archive_id.encode("ascii"))

    def opened(step: Callable[[], bytes]) -> bytes:
        try:
            return step()
        except (InvalidTag, ValueError) as error:
            raise Corrupt("a sealed container does not authenticate", object=object_id) from error

    for piece in _behind(head, sealed, object_id):
        if plain := opened(partial(decryptor.update, piece)):
            yield plain
    if last := opened(decryptor.finalize):
        yield last


def _behind(head: bytes, sealed: Iterable[bytes], object_id: str) -> Iterator[bytes | memoryview]:
    """What follows the header, once that is seen to be the one of the object."""
    begun = b""
    rest = iter(sealed)
    while len(begun) < len(head):
        piece = next(rest, None)
        if piece is None:
            raise refused_header(begun, object_id)
        begun += piece
    if not constant_time.bytes_eq(begun[: len(head)], head):
        raise refused_header(begun, object_id)
    yield memoryview(begun)[len(head) :]
    yield from rest
