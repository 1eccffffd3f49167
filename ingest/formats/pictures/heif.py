"""HEIC pictures decoded by libheif (pi-heif); this file alone knows it.

Rule kept: libheif's own limits stay on, and the size is checked before it decodes. It applies rotation, mirroring and
cropping itself, so that the EXIF orientation is not applied again. Its decoder starts a thread even where none is
wanted, and ends the process where it may not: that is tried first.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import numpy as np
import pi_heif
import pi_heif.options

from ingest.formats.pictures.limits import PictureLimits, PictureRefused
from ingest.formats.pictures.pixels import PagePixels, differs, over_white, reduction, upright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.formats.pictures.pixels import Pixels

_DAMAGED: Final = "the picture is damaged or cut off"
_TOO_MUCH: Final = "the picture takes more memory than is allowed"
_NO_THREAD: Final = "HEIC is not read by a process that may not start threads"
_RAISED: Final = (OSError, ValueError, SyntaxError, EOFError, RuntimeError, TypeError, LookupError)
pi_heif.options.DECODE_THREADS = 1
pi_heif.options.DEPTH_IMAGES = False
pi_heif.options.AUX_IMAGES = False
pi_heif.options.THUMBNAILS = False


def decoded_heif(raw: bytes, limits: PictureLimits) -> Iterator[PagePixels]:
    """The primary picture of a HEIC, then others of the file that differ; never raises for any bytes."""
    number = 1
    try:
        _try_thread()
        file = _opened(raw)
        order = sorted(range(len(file)), key=lambda place: place != file.primary_index)
        last: Pixels | None = None
        for number, place in enumerate(order[: limits.frames], start=1):
            image = file[place]
            limits.check("image/heic", *image.size)
            pixels = _rgb(np.asarray(image), image.size, limits)
            if last is None or differs(pixels, last):
                height, width = pixels.shape[:2]
                reduced = max(1, round(image.size[0] / width))
                yield PagePixels(number=number, width=width, height=height, pixels=pixels, reduced=reduced)
            last = pixels
    except PictureRefused as refused:
        yield PagePixels(number=number, width=0, height=0, problem=str(refused))
    except MemoryError:
        yield PagePixels(number=number, width=0, height=0, problem=_TOO_MUCH)
    except _RAISED:
        yield PagePixels(number=number, width=0, height=0, problem=_DAMAGED)


def inside_heif(raw: bytes) -> tuple[bytes, bytes, int]:
    """EXIF and XMP of the primary picture, and how many pictures there are."""
    try:
        file = pi_heif.open_heif(raw)
        info = file[file.primary_index].info
    except _RAISED:
        return b"", b"", 1
    exif, xmp = info.get("exif"), info.get("xmp")
    return (exif if isinstance(exif, bytes) else b""), (xmp if isinstance(xmp, bytes) else b""), len(file)


def _opened(raw: bytes) -> pi_heif.HeifFile:
    file = pi_heif.open_heif(raw, convert_hdr_to_8bit=True)
    if len(file) == 0:
        raise PictureRefused(_DAMAGED)
    return file


def _try_thread() -> None:
    try:
        threading.Thread(target=int).start()
    except RuntimeError:
        raise PictureRefused(_NO_THREAD) from None


def _rgb(pixels: Pixels, size: tuple[int, int], limits: PictureLimits) -> Pixels:
    """Three channels of the size that is shown: a row may be longer than it."""
    if pixels.ndim == 2:  # noqa: PLR2004 - grey
        pixels = np.repeat(pixels[:, :, None], 3, axis=2)
    pixels = pixels[: size[1], : size[0]]
    smaller = reduction(*size, limits.given_pixels)
    if smaller > 1:
        pixels = pixels[::smaller, ::smaller]
    return over_white(pixels) if pixels.shape[2] == 4 else upright(pixels, 1)  # noqa: PLR2004 - with alpha
