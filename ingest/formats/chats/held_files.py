"""An export whose files are in memory: a single file that was handed in, and what readers are tried on."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO
from zoneinfo import ZoneInfo

from ingest.formats.container import MemberBroken

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldFiles:
    """See `model.Export`. `opened` collects the names that were marked as read."""

    files: Mapping[str, bytes] = field(repr=False)
    name: str = ""
    zone: ZoneInfo = _UTC
    day_first: bool | None = None
    opened: set[str] = field(default_factory=set)

    @classmethod
    def of_folder(cls, folder: Path, *, zone: ZoneInfo = _UTC, day_first: bool | None = None) -> HeldFiles:
        """All files below a folder."""
        found = (one for one in sorted(folder.rglob("*")) if one.is_file())
        files = {one.relative_to(folder).as_posix(): one.read_bytes() for one in found}
        return cls(files=files, name=folder.name, zone=zone, day_first=day_first)

    @property
    def names(self) -> Sequence[str]:
        """See `Export`."""
        return tuple(self.files)

    def has(self, name: str) -> bool:
        """See `Export`."""
        return name in self.files

    def size(self, name: str) -> int:
        """See `Export`."""
        return len(self.files.get(name, b""))

    def open(self, name: str) -> BinaryIO:
        """See `Export`."""
        self.opened.add(name)
        return io.BytesIO(self._content(name))

    def pieces(self, name: str) -> Iterator[bytes]:
        """The bytes of a file in one piece.

        Raises:
            MemberBroken: there is no such file.
        """
        return iter((self._content(name),))

    def head(self, name: str, size: int = 4096) -> bytes:
        """See `Export`."""
        return self.files.get(name, b"")[:size]

    def read(self, name: str, limit: int = 64 << 20) -> bytes:
        """See `Export`."""
        content = self._content(name)
        if len(content) > limit:
            raise MemberBroken("it is larger than can be read")
        self.opened.add(name)
        return content

    def _content(self, name: str) -> bytes:
        if name not in self.files:
            raise MemberBroken("it is not in the export")
        return self.files[name]
