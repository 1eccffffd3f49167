"""Lines of a text file with their exact bytes, in bounded memory, one by one.

Rule kept: a line ends at its line feed; the carriage return before it is part of the ending. A line that is longer
than `LONGEST` is passed over and given as None, so that it can be counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST: Final = 32 << 20
_BLOCK: Final = 1 << 18
_BOM: Final = b"\xef\xbb\xbf"


def lines(stream: BinaryIO, *, whole: bool = False) -> Iterator[bytes | None]:
    """Every line; the last one too where it has no ending and is not empty.

    Args:
        stream: read forward.
        whole: with its ending, else without it.
    """
    kept, first, skipping = b"", True, False
    while block := stream.read(_BLOCK):
        if first:
            block, first = block.removeprefix(_BOM), False
        found = (kept + block).split(b"\n")
        kept = found.pop()
        for number, line in enumerate(found):
            if skipping and number == 0:
                skipping = False
                yield None
            else:
                yield line + b"\n" if whole else line.removesuffix(b"\r")
        if len(kept) > LONGEST:
            kept, skipping = b"", True
    if skipping:
        yield None
    elif kept:
        yield kept if whole else kept.removesuffix(b"\r")
