"""A part file of a backup: JSON lines, cut into pieces, each a sealed container of its own.

Rule: a part is read piece by piece with bounded memory, each piece is bound to its backup, part and place in the
file, and the manifest's digest, size and count of pieces bind the whole, so nothing can be swapped, cut or moved.

Layout of a file, repeated: ``length of the container (4, big-endian) | container of kind BACKUP``, its object id
``<part>/<number of the manifest>/<number of the piece>``, sealed under the backup key.

Lines: ``{"whole": table}`` empties a table, ``{"replace": [id, ...]}`` removes what is known about these ids,
``{"forget": [position, ...]}`` removes payloads, ``{"table": ..., "columns": [...]}`` says what the arrays that
follow are, ``[...]`` is a row, and ``{"file": ..., "content": ...}`` a small file in base 64.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from storage.errors import Corrupt, NotFound
from storage.files import open_new, sync_folder
from storage.sealing import SealKind, seal, unseal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from storage.backup.rows import RowCodec
    from storage.keys import Keyring

_PIECE_BYTES = 1 << 20
_LARGEST_PIECE = 256 << 20  # one row may be long: a description is stored whole
_LENGTH = struct.Struct(">I")
_READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part file as the manifest names it: path within the place, digest and size of the file, pieces in it."""

    name: str
    sha256: str
    size: int
    pieces: int


class PartWriter:
    """Writes one part file; the caller makes it durable with `finish`, or drops it by leaving the block."""

    def __init__(self, keyring: Keyring, root: Path, part: str, number: int) -> None:
        self._keyring = keyring
        self._part = part
        self._number = number
        self.name = f"{part}/{number}"
        self._path = root / part / str(number)
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        self._file = os.fdopen(open_new(self._path), "wb")
        self._digest = hashlib.sha256()
        self._lines: list[bytes] = []
        self._waiting = 0
        self._pieces = 0
        self._size = 0
        self._table: str | None = None
        self._finished = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Close; what was not finished is removed."""
        self._file.close()
        if not self._finished:
            self._path.unlink(missing_ok=True)

    def _line(self, value: Any) -> None:
        line = json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"
        self._lines.append(line)
        self._waiting += len(line)
        if self._waiting >= _PIECE_BYTES:
            self._flush()

    def whole(self, codec: RowCodec, rows: Iterable[Sequence[Any]]) -> None:
        """All rows of a table, encoded; they take the place of what was there."""
        self._line({"whole": codec.table.name})
        self.rows(codec, rows)

    def replace(self, ids: Sequence[str]) -> None:
        """What follows about these ids is all that there is about them now."""
        if ids:
            self._line({"replace": list(ids)})

    def forget(self, positions: Sequence[int]) -> None:
        """The payloads at these places are gone, but for those that follow."""
        if positions:
            self._line({"forget": list(positions)})

    def rows(self, codec: RowCodec, rows: Iterable[Sequence[Any]]) -> None:
        """Rows of a table, encoded."""
        for row in rows:
            if self._table != codec.table.name:
                self._line({"table": codec.table.name, "columns": codec.names})
                self._table = codec.table.name
            self._line(row)

    def file(self, name: str, content: str) -> None:
        """A small file, its content in base 64."""
        self._line({"file": name, "content": content})

    def _flush(self) -> None:
        plain = b"".join(self._lines)
        self._lines.clear()
        self._waiting = 0
        container = seal(
            self._keyring.backup_key,
            archive_id=self._keyring.archive_id,
            kind=SealKind.BACKUP,
            object_id=f"{self.name}/{self._pieces}",
            plain=plain,
        )
        framed = _LENGTH.pack(len(container)) + container
        self._file.write(framed)
        self._digest.update(framed)
        self._size += len(framed)
        self._pieces += 1

    def finish(self) -> Part:
        """Make the file durable and name it."""
        self._flush()
        self._file.flush()
        os.fsync(self._file.fileno())
        sync_folder(self._path.parent)
        self._finished = True
        return Part(name=self.name, sha256=self._digest.hexdigest(), size=self._size, pieces=self._pieces)


def check_part(root: Path, part: Part) -> None:
    """Compare a part file with what the manifest says of it.

    Raises:
        NotFound: it is not there.
        Corrupt: it is another.
    """
    digest = hashlib.sha256()
    try:
        with (root / part.name).open("rb") as file:
            while block := file.read(_READ_BYTES):
                digest.update(block)
    except FileNotFoundError as error:
        raise NotFound(f"the backup lacks its file {part.name}; use another copy of it", part=part.name) from error
    if digest.hexdigest() != part.sha256:
        raise Corrupt(f"the backup's file {part.name} is damaged; use another copy of it", part=part.name)


def read_part(keyring: Keyring, root: Path, part: Part) -> Iterator[Any]:
    """The lines of a part, as JSON, in order.

    Raises:
        Corrupt: not what was written; what came before is authentic, and is not the whole.
    """
    with (root / part.name).open("rb") as file:
        for number in range(part.pieces):
            head = file.read(_LENGTH.size)
            length = _LENGTH.unpack(head)[0] if len(head) == _LENGTH.size else 0
            if not 0 < length <= _LARGEST_PIECE:
                raise Corrupt(f"the backup's file {part.name} is cut short or damaged", part=part.name)
            plain = unseal(
                keyring.backup_key,
                archive_id=keyring.archive_id,
                kind=SealKind.BACKUP,
                object_id=f"{part.name}/{number}",
                sealed=file.read(length),
            )
            for line in plain.splitlines():
                yield json.loads(line)
        if file.read(1):
            raise Corrupt(f"the backup's file {part.name} is longer than its manifest says", part=part.name)
