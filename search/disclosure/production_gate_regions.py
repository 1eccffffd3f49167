"""The regions of what is given as an engine would read them: cut out of the page with a fifth around them. Pure.

Rule kept: what is cut out are the pixels that will leave, not those that they were made of. The engine is a port; what
it reads is content and goes no further than the comparison.
"""

from __future__ import annotations

from math import ceil, floor
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from search.disclosure.production_gate_types import GivenKind
from search.disclosure.redaction_pdf_pictures import page_pictures
from search.disclosure.redaction_pixels import open_picture, write_png
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from search.disclosure.production_gate_types import GivenFile
    from search.disclosure.redaction_pixels import Burn

_AROUND: Final = 0.2  # of its width and height, to each side
_LEAST_AROUND: Final = 6  # pixels


class RegionReader(Protocol):
    """Reads small pictures, as a person would."""

    def reads(self, pictures: Sequence[bytes]) -> Sequence[str]:
        """What each of these pictures (PNG) says, as many texts as pictures.

        Raises:
            InvalidInput: they cannot be read now.
        """
        ...


def region_pictures(given: GivenFile) -> list[tuple[int, bytes]]:
    """Each region of a file with its page, as PNG.

    Raises:
        InvalidInput: a page with a region has no picture, or the file is of a kind without any.
    """
    pages = dict(_pages(given))
    found = []
    for one in given.burnt:
        pixels = pages.get(one.page)
        if pixels is None:
            raise InvalidInput("A page with a redaction has no picture that could be read.")
        found.append((one.page, write_png(_cut(pixels, one.burn))))
    return found


def _pages(given: GivenFile) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    if given.kind is GivenKind.PICTURE:
        yield 1, open_picture(given.content)
    elif given.kind is GivenKind.PDF:
        for number, one in page_pictures(given.content, sorted({each.page for each in given.burnt})):
            if one is not None:
                flat = np.frombuffer(one.content, dtype=np.uint8).reshape(one.height, one.width, one.parts)
                yield number, flat[:, :, 0] if one.parts == 1 else flat


def _cut(pixels: NDArray[np.uint8], burn: Burn) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    across = max(_LEAST_AROUND, _AROUND * (burn.right - burn.left))
    down = max(_LEAST_AROUND, _AROUND * (burn.bottom - burn.top))
    left, top = max(0, floor(burn.left - across)), max(0, floor(burn.top - down))
    cut = pixels[top : min(height, ceil(burn.bottom + down)), left : min(width, ceil(burn.right + across))]
    if not cut.size:
        raise InvalidInput("A redaction lies beside the picture that it is of.")
    return cut
