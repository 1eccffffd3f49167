"""Directories of tags: the structure of TIFF files (TIFF 6.0 §2) and of EXIF (CIPA DC-008 §4.6), read within bounds.

Rule kept: an offset is followed only inside the given bytes, a directory is read once, and what a tag holds is read up
to a fixed number of values. Nothing is followed but what the caller asks for, so that no loop of offsets can hold it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ingest.formats.pictures.surveyed import per_inch

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_ENTRIES: Final = 500
MOST_VALUES: Final = 64
MOST_BYTES: Final = 8_192

# by type number (TIFF 6.0 §2): how long one value is, and how struct calls it
_BYTES: Final = frozenset({1, 2, 6, 7})
_NUMBERS: Final = {3: "H", 4: "I", 8: "h", 9: "i", 11: "f", 12: "d"}
_ACROSS, _DOWN, _UNIT = 282, 283, 296
_PAIRS: Final = {5: "I", 10: "i"}

Value = bytes | tuple[int | float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """Tags with their values, and where the next directory stands (0 for none).

    A value is bytes (types BYTE, ASCII and UNDEFINED) or numbers; a rational is a numerator and a denominator.
    """

    tags: dict[int, Value]
    next: int

    def number(self, tag: int) -> int | None:
        """The first number that a tag holds, if it is a whole one."""
        value = self.tags.get(tag)
        if isinstance(value, tuple) and value and isinstance(value[0], int):
            return value[0]
        return None

    def text(self, tag: int) -> str:
        """What a tag says as text (ASCII; writers use UTF-8 and Latin-1, too), up to its first NUL."""
        value = self.tags.get(tag)
        return decoded(value) if isinstance(value, bytes) else ""


def decoded(raw: bytes) -> str:
    """Text of a tag: up to the first NUL, as UTF-8 or else Latin-1."""
    raw = raw.partition(b"\0")[0].strip()
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


class TagReader:
    """Reads directories of one byte string; `begins` is false where it has not the mark of this structure."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._order = {b"II": "<", b"MM": ">"}.get(raw[:2], "")
        self.begins = bool(self._order) and len(raw) >= 8 and self._unpack("H", 2) == (42,)  # noqa: PLR2004 - its mark

    def first(self) -> Directory | None:
        """The directory that the header names."""
        return self.at(self._unpack("I", 4)[0]) if self.begins else None

    def all(self, most: int) -> Iterator[Directory]:
        """The chain of directories from the first, each once, at most so many."""
        seen: set[int] = set()
        at = self._unpack("I", 4)[0] if self.begins else 0
        while at and at not in seen and len(seen) < most:
            seen.add(at)
            directory = self.at(at)
            if directory is None:
                return
            yield directory
            at = directory.next

    def at(self, offset: int) -> Directory | None:
        """The directory at an offset; None where none can stand there."""
        if not 8 <= offset <= len(self._raw) - 2:  # noqa: PLR2004 - after the header, and with a count
            return None
        count = self._unpack("H", offset)[0]
        tags: dict[int, Value] = {}
        for number in range(min(count, MOST_ENTRIES)):
            entry = offset + 2 + 12 * number
            if entry + 12 > len(self._raw):
                return Directory(tags=tags, next=0)
            tag, kind, values = self._unpack("HHI", entry)
            if tag not in tags and (value := self._value(kind, values, entry + 8)) is not None:
                tags[tag] = value
        after = offset + 2 + 12 * count
        following = self._unpack("I", after)[0] if after + 4 <= len(self._raw) else 0
        return Directory(tags=tags, next=following)

    def _value(self, kind: int, count: int, field: int) -> Value | None:
        if kind in _BYTES:
            at = field if count <= 4 else self._unpack("I", field)[0]  # noqa: PLR2004 - what fits stands in the field
            return self._raw[at : at + min(count, MOST_BYTES)]
        letter = _NUMBERS.get(kind) or _PAIRS.get(kind)
        if letter is None:
            return None
        each = 2 if kind in _PAIRS else 1
        size = struct.calcsize(letter) * each
        at = field if size * count <= 4 else self._unpack("I", field)[0]  # noqa: PLR2004 - as above
        count = min(count, MOST_VALUES)
        if at + size * count > len(self._raw):
            return None
        return self._unpack(f"{count * each}{letter}", at)

    def _unpack(self, form: str, at: int) -> tuple[int, ...]:
        return struct.unpack_from(self._order + form, self._raw, at)


def resolution(tags: Directory) -> tuple[float, float] | None:
    """The dots per inch that a directory states."""
    across, down = tags.tags.get(_ACROSS), tags.tags.get(_DOWN)
    if not (isinstance(across, tuple) and isinstance(down, tuple) and len(across) == len(down) == 2):  # noqa: PLR2004
        return None
    if not (across[1] and down[1]):
        return None
    return per_inch(across[0] / across[1], down[0] / down[1], tags.number(_UNIT) or 2)
