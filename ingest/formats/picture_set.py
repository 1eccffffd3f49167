r"""A set: several pictures of one conversation, packed by the archive so that they are one record, in the order given.

Layout, version 1, all numbers decimal in ASCII:

    ``archiver set 1\n``
    the pictures          the exact bytes of each, one behind the other
    the index             one JSON object: where each picture is, and its SHA-256
    ``NNNNNNNNNNNN\n``    the length of the index

Rule kept: every picture can be had out of it byte for byte with a digest of its own, and the same pictures in the same
order make the same bytes, whatever they were called: names stand in the envelope. The index stands last because the
pictures stream through.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from storage.strict_json import many, number, only, read_object, refuse, sha256, write_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

SIGNATURE: Final = b"archiver set 1\n"
MOST_PICTURES: Final = 100
FOOTER_BYTES: Final = 13
_DIGITS: Final = FOOTER_BYTES - 1
_LARGEST: Final = 10**_DIGITS - 1
_LONGEST_INDEX: Final = MOST_PICTURES * 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPicture:
    """One picture of a set; `offset` counts from the set's first byte, sizes are in bytes."""

    offset: int
    size: int
    sha256: str


def written(pictures: Sequence[Iterable[bytes | memoryview]]) -> Iterator[bytes | memoryview]:
    """The bytes of a set, in pieces. What the pictures raise passes through."""
    yield SIGNATURE
    place = len(SIGNATURE)
    found: list[SetPicture] = []
    for pieces in pictures:
        digest, size = hashlib.sha256(), 0
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
            yield piece
        found.append(SetPicture(offset=place, size=size, sha256=digest.hexdigest()))
        place += size
    yield _end(found)


def written_size(sizes: Sequence[int]) -> int:
    """How many bytes a set of pictures of these sizes has."""
    place = len(SIGNATURE)
    found: list[SetPicture] = []
    for size in sizes:
        found.append(SetPicture(offset=place, size=size, sha256="0" * 64))
        place += size
    return place + len(_end(found))


def index_length(footer: bytes) -> int:
    """How many bytes the index takes together with the footer, from the footer.

    Raises:
        ValueError: this is no set.
    """
    if len(footer) != FOOTER_BYTES or not footer[:_DIGITS].isdigit() or int(footer[:_DIGITS]) > _LONGEST_INDEX:
        refuse("the end of a set")
    return int(footer[:_DIGITS]) + FOOTER_BYTES


def read_index(index: bytes, size: int) -> tuple[SetPicture, ...]:
    """The pictures of a set of `size` bytes, from its index and footer.

    Raises:
        ValueError: this is no index, or its pictures do not lie one behind the other between signature and index.
    """
    members = only(read_object(index[:-FOOTER_BYTES], brackets=MOST_PICTURES + 2), frozenset({"pictures"}))
    pictures = many(members, "pictures", _picture)
    place = len(SIGNATURE)
    for one in pictures:
        if one.offset != place:
            refuse("the place of a picture in a set")
        place += one.size
    if not 0 < len(pictures) <= MOST_PICTURES or place + len(index) != size:
        refuse("the length of a set")
    return pictures


def _end(pictures: Sequence[SetPicture]) -> bytes:
    index = write_object({"pictures": [{"at": one.offset, "size": one.size, "sha256": one.sha256} for one in pictures]})
    return b"%b%0*d\n" % (index, _DIGITS, len(index))


def _picture(value: object) -> SetPicture:
    members = only(value, frozenset({"at", "size", "sha256"}))
    return SetPicture(
        offset=number(members, "at", at_most=_LARGEST),
        size=number(members, "size", at_most=_LARGEST),
        sha256=sha256(members, "sha256"),
    )
