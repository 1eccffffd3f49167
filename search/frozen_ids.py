"""The ids of a frozen result: sorted, packed, named by one digest, and compared. Pure.

Rules:

- A list of ids is sorted and has none twice. Its digest is SHA-256 over the ids, each with a line feed behind it, so
  that `sha256sum` over the exported file gives it.
- A record's id is ``rec_`` and 128 bits in Crockford's base 32 (`storage.identifiers`); a packed id is these 16 bytes,
  big-endian, so packed ids sort as ids do.
- A piece holds at most `PIECE` ids, so that a million of them is some hundred rows and not a million.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from heapq import merge
from itertools import groupby
from typing import TYPE_CHECKING, Final, TypeVar

from storage.errors import Corrupt
from storage.identifiers import Prefix

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

T = TypeVar("T")
PIECE: Final = 4_096
_PACKED: Final = 16
_DIGITS: Final = 26
_CODED: Final = 32  # digits of 20 bytes
_PREFIX: Final = f"{Prefix.RECORD}_"
_CROCKFORD: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_RFC_4648: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_TO_DIGITS: Final = str.maketrans(_CROCKFORD, "0123456789abcdefghijklmnopqrstuv")
_ID: Final = re.compile(rf"{_PREFIX}[0-7][{_CROCKFORD}]{{25}}")  # 26 digits are 130 bits, of which two are zero
_FROM_RFC: Final = str.maketrans(_RFC_4648, _CROCKFORD)
_ZEROS: Final = bytes(4)  # 20 bytes are 32 digits, of which the last 26 are the id's


def packed(record_id: str) -> bytes:
    """The 16 bytes of an id.

    Raises:
        ValueError: it is no id of a record.
    """
    if _ID.fullmatch(record_id) is None:
        msg = "not the id of a record"
        raise ValueError(msg)
    return int(record_id[len(_PREFIX) :].translate(_TO_DIGITS), 32).to_bytes(_PACKED, "big")


def unpacked(sixteen: bytes) -> str:
    """The id of 16 bytes."""
    return _all_unpacked(sixteen)[0]


def _all_unpacked(packed_ids: bytes) -> list[str]:
    """The ids of as many times 16 bytes: all at once is twice as fast as one by one."""
    padded = b"".join(
        [_ZEROS + packed_ids[at : at + _PACKED] for at in range(0, len(packed_ids), _PACKED)],
    )
    digits = base64.b32encode(padded).decode().translate(_FROM_RFC)
    return [_PREFIX + digits[end - _DIGITS : end] for end in range(_CODED, len(digits) + 1, _CODED)]


@dataclass(frozen=True, slots=True, kw_only=True)
class IdList:
    """Ids as they are frozen: packed and sorted, in pieces, with their number and digest."""

    total: int
    sha256: str
    pieces: tuple[bytes, ...]


def listed(record_ids: Iterable[str]) -> IdList:
    """Sort and pack ids; memory is some 90 bytes for each.

    Raises:
        ValueError: one is no id of a record.
    """
    digest, total = hashlib.sha256(), 0
    pieces = []
    for some in chunks((one for one, _ in groupby(sorted(record_ids))), PIECE):
        digest.update("".join(f"{one}\n" for one in some).encode())
        total += len(some)
        pieces.append(b"".join(map(packed, some)))
    return IdList(total=total, sha256=digest.hexdigest(), pieces=tuple(pieces))


def ids_in(piece: bytes) -> list[str]:
    """The ids of a piece, in order.

    Raises:
        Corrupt: it is none.
    """
    if len(piece) % _PACKED or len(piece) > PIECE * _PACKED:
        raise Corrupt("a piece of a frozen result is not in its form; run: archiver verify")
    return _all_unpacked(piece)


def digest_of(record_ids: Iterable[str]) -> tuple[int, str]:
    """How many ids there are, and their digest in the order given."""
    digest, total = hashlib.sha256(), 0
    for one in record_ids:
        digest.update(f"{one}\n".encode())
        total += 1
    return total, digest.hexdigest()


def compared(first: Iterable[str], second: Iterable[str]) -> Iterator[tuple[str, bool, bool]]:
    """Every id of two sorted lists once, in order, with whether the first and the second have it; nothing is kept."""
    marked = merge(((one, True) for one in first), ((one, False) for one in second))
    for record_id, found in groupby(marked, key=lambda pair: pair[0]):
        sides = {is_first for _, is_first in found}
        yield record_id, True in sides, False in sides


def chunks(record_ids: Iterable[T], size: int) -> Iterator[Sequence[T]]:
    """Ids in portions of `size`, as they come."""
    some: list[T] = []
    for one in record_ids:
        some.append(one)
        if len(some) == size:
            yield some
            some = []
    if some:
        yield some
