"""Pixels in the form in which they are read: RGB, eight bits, upright; and whether two pictures differ.

Rule kept: what a reader is given is what a person sees: transparent pixels lie over white, and the orientation that
EXIF states (CIPA DC-008 §4.6.5, tag 0x0112) is applied.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from storage.transcription import TextLine

    Pixels = NDArray[np.uint8]

_SIDEWAYS: Final = 5  # from this orientation on width and height change places
_COMPARED_EACH: Final = 4
_SEEN: Final = 24  # levels of 256
_DIFFERING: Final = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePixels:
    """One page or frame, as it is handed to who reads it.

    `number` counts pages and frames of the component from 1; frames that look like the one before are left out.
    `pixels` is an array of shape (height, width, 3), or None where there is text already or a `problem` (a phrase
    without content). `text_lines` is the text layer of a page of a PDF, with boxes in pixels of a page of `width` and
    `height`. `reduced` is by what whole number the page was made smaller.
    """

    number: int
    width: int
    height: int
    pixels: Pixels | None = None
    text_lines: tuple[TextLine, ...] = ()
    problem: str | None = None
    reduced: int = 1


def reduction(width: int, height: int, most: int) -> int:
    """By what whole number a picture is made smaller, so that it has at most so many pixels."""
    return max(1, ceil(sqrt(width * height / most)))


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """The pixels as a person sees them; `orientation` is 1 to 8 as EXIF numbers them."""
    if orientation >= _SIDEWAYS:
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def over_white(pixels: Pixels) -> Pixels:
    """RGBA over white, as RGB."""
    alpha = pixels[:, :, 3:]
    if alpha.min() == 255:  # noqa: PLR2004 - nothing shines through
        return np.ascontiguousarray(pixels[:, :, :3])
    shown = np.empty((*pixels.shape[:2], 3), np.uint8)
    for top in range(0, pixels.shape[0], 256):  # in strips, since the product needs twice the room
        strip = slice(top, top + 256)
        share = alpha[strip].astype(np.uint16)
        product = pixels[strip, :, :3] * share + 255 * (255 - share) + 127
        shown[strip] = product // 255
    return shown


def differs(one: Pixels, other: Pixels) -> bool:
    """Whether two frames look different: in one of 200 of the pixels that are compared, by a visible step."""
    if one.shape != other.shape:
        return True
    first = one[::_COMPARED_EACH, ::_COMPARED_EACH].astype(np.int16)
    steps = np.abs(first - other[::_COMPARED_EACH, ::_COMPARED_EACH]).max(axis=2)
    return bool((steps > _SEEN).mean() > _DIFFERING)
