"""How a picture looks, in 64 bits: like pictures differ in few of them, whatever their size and compression.

The hash, exactly: luma of each pixel is (299 R + 587 G + 114 B) / 1000; the upright picture is cut into 32 by 32
fields (field i begins at i * size // 32 and has at least one pixel) and each takes the mean of its pixels; of these the
DCT-II without scaling; of its 8 by 8 lowest frequencies, row by row from the lowest, a bit is set where the value is
above the median of all 64, the first being the highest of the number; written as 16 hexadecimal digits. It is the
hash known as pHash, with this reduction.

Rule kept: it says how alike two pictures look and nothing more. Screens with large even areas are alike in
many bits: equal hashes do not make two pictures the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ingest.formats.pictures.pixels import Pixels

_FIELDS: Final = 32
_KEPT: Final = 8
_LUMA: Final = np.array([0.299, 0.587, 0.114])
_COSINES: Final = np.cos(np.pi / _FIELDS * (np.arange(_FIELDS) + 0.5)[None, :] * np.arange(_KEPT)[:, None])


def fields(pixels: Pixels, down: int = _FIELDS, across: int = _FIELDS) -> NDArray[np.float64]:
    """Mean luma (0 to 255) of each field of a grid laid over a picture; shape (down, across)."""
    height, width = pixels.shape[:2]
    tops = np.arange(down) * height // down
    lefts = np.arange(across) * width // across
    rights = np.maximum(lefts + 1, (np.arange(across) + 1) * width // across)
    means = np.empty((down, across))
    for number, top in enumerate(tops):  # row by row of fields, since the whole in floats would take much room
        bottom = max(top + 1, (number + 1) * height // down)
        luma = pixels[top:bottom].mean(axis=0) @ _LUMA
        means[number] = [luma[left:right].mean() for left, right in zip(lefts, rights, strict=True)]
    return means


def perceptual_hash(pixels: Pixels) -> str:
    """The hash of an upright RGB picture."""
    lowest = np.einsum("ij,jk,lk->il", _COSINES, fields(pixels), _COSINES)
    number = 0
    for bit in (lowest > np.median(lowest)).ravel():
        number = number << 1 | int(bit)
    return f"{number:016x}"


def distance(one: str, other: str) -> int:
    """In how many of 64 bits two hashes differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()
