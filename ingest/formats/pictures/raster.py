"""Pictures decoded by Pillow: PNG, JPEG, WebP, AVIF, GIF, TIFF and BMP, and no other of its formats.

Rule kept: a decoder is called by its class, never asked to guess, so that no other can be reached; the size is
checked once more as the decoder understands it, before it decodes. This file alone knows Pillow in the product.
What a decoder raises becomes a phrase: its own words may repeat what stands in the file.
"""

from __future__ import annotations

import io
import struct
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import AvifImagePlugin, Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from ingest.formats.pictures.exif import read_exif
from ingest.formats.pictures.limits import PictureLimits, PictureRefused
from ingest.formats.pictures.pixels import PagePixels, differs, over_white, reduction, upright
from ingest.formats.pictures.png_chunks import pixels_only

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from PIL.ImageFile import ImageFile

    from ingest.formats.pictures.pixels import Pixels
    from ingest.formats.pictures.surveyed import Survey

DAMAGED: Final = "the picture is damaged or cut off"
_TOO_MUCH: Final = "the picture takes more memory than is allowed"
_DECODERS: Final[dict[str, type[ImageFile]]] = {
    "image/png": PngImageFile,
    "image/jpeg": JpegImageFile,
    "image/webp": WebPImageFile,
    "image/avif": AvifImagePlugin.AvifImageFile,
    "image/gif": GifImageFile,
    "image/tiff": TiffImageFile,
    "image/bmp": BmpImageFile,
}
_RAISED: Final = (OSError, ValueError, SyntaxError, EOFError, RuntimeError, TypeError, LookupError, ArithmeticError,
                  AttributeError, struct.error, Image.DecompressionBombError)  # fmt: skip
_DRAFTED: Final = 16  # a JPEG may have so many times the pixels of a page, since it is made smaller while it is decoded
_COEFFICIENT_BYTES: Final = 6  # of a progressive JPEG, for each pixel
_TRANSPARENT: Final = frozenset({"RGBA", "LA", "La", "PA", "RGBa"})
AvifImagePlugin.DEFAULT_MAX_THREADS = 1


def decoded_frames(raw: bytes, survey: Survey, limits: PictureLimits, first: int = 1) -> Iterator[PagePixels]:
    """The pages or frames of a picture in order; frames that look like the one before are left out.

    With `first` the pages of a TIFF begin with that one.

    Never raises for any bytes: what cannot be decoded is a page with a problem.
    """
    shown, left = 0, min(limits.all_pixels, 4 * limits.page_pixels)
    is_tiff = survey.media_type == "image/tiff"
    number = first if is_tiff else 1
    most_seen = limits.pages if is_tiff else limits.frames_seen
    last: Pixels | None = None
    try:
        picture = _opened(raw, survey, limits)
        while number <= most_seen and left > 0 and (number == 1 or _turn(picture, survey, number)):
            page = _page(picture, survey, limits, number)
            left -= page.width * page.height
            if is_tiff or last is None or page.pixels is None or differs(page.pixels, last):
                yield page
                last, shown = page.pixels, shown + 1
            if not is_tiff and shown == limits.frames:
                return
            number += 1
    except PictureRefused as refused:
        yield PagePixels(number=number, width=0, height=0, problem=str(refused))
    except MemoryError:
        yield PagePixels(number=number, width=0, height=0, problem=_TOO_MUCH)
    except _RAISED:
        yield PagePixels(number=number, width=0, height=0, problem=DAMAGED)


def inside_avif(raw: bytes) -> tuple[bytes, bytes, int]:
    """EXIF, XMP and the number of frames of an AVIF, in items that its decoder finds; its rotation is in the EXIF."""
    try:
        picture = AvifImagePlugin.AvifImageFile(io.BytesIO(raw))
    except _RAISED:
        return b"", b"", 1
    exif, xmp = picture.info.get("exif"), picture.info.get("xmp")
    frames = picture.n_frames
    return (exif if isinstance(exif, bytes) else b""), (xmp if isinstance(xmp, bytes) else b""), frames


def as_jpeg(pixels: Pixels, quality: int = 90) -> bytes:
    """Pixels as a JPEG that holds nothing beside them; letters keep their colours (no subsampling)."""
    written = io.BytesIO()
    Image.fromarray(pixels).save(written, "JPEG", quality=quality, subsampling=0)
    return written.getvalue()


def thumbnail_pixels(raw: bytes) -> Pixels | None:
    """The pixels of a small JPEG inside the metadata; None where they are none, or not small."""
    try:
        picture = JpegImageFile(io.BytesIO(raw))
        if picture.size[0] * picture.size[1] > 1 << 20:
            return None
        return np.asarray(picture.convert("RGB"))
    except _RAISED:
        return None


@contextmanager
def _quietly() -> Iterator[None]:
    """A file that is odd is no news: what a decoder warns of is not said."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _opened(raw: bytes, survey: Survey, limits: PictureLimits) -> ImageFile:
    if survey.media_type == "image/png":
        raw = pixels_only(raw)
    with _quietly():
        picture = _DECODERS[survey.media_type](io.BytesIO(raw))
    if isinstance(picture, JpegImageFile):
        _drafted(picture, survey, limits)
    return picture


def _drafted(picture: JpegImageFile, survey: Survey, limits: PictureLimits) -> None:
    """Have a large JPEG made smaller while it is decoded (by 2, 4 or 8)."""
    width, height = picture.size
    if survey.scans > limits.scans:
        raise PictureRefused(f"{survey.scans} scans are more than the {limits.scans} that are read")
    if survey.scans > 1 and width * height * _COEFFICIENT_BYTES > limits.decoding_bytes:
        raise PictureRefused(f"{width} by {height} pixels are too many for a progressive JPEG")
    if width * height > _DRAFTED * limits.page_pixels:
        raise PictureRefused(f"{width} by {height} pixels are more than can be read")
    smaller = reduction(width, height, limits.given_pixels)
    if smaller > 1:
        picture.draft(None, (width // smaller, height // smaller))


def _turn(picture: ImageFile, survey: Survey, number: int) -> bool:
    """Go to another page; False where there is none."""
    if survey.media_type in ("image/jpeg", "image/bmp"):
        return False
    try:
        with _quietly():
            picture.seek(number - 1)
    except EOFError:
        return False
    return True


def _page(picture: ImageFile, survey: Survey, limits: PictureLimits, number: int) -> PagePixels:
    limits.check(survey.media_type, *picture.size)
    across = picture.size[0]
    with _quietly():
        pixels = _rgb(picture, limits)
    reduced = round(max(survey.width if number == 1 else across, across) / max(1, pixels.shape[1]))
    if survey.media_type == "image/avif":  # the decoder says it, and does not apply it
        pixels = upright(pixels, read_exif(picture.info.get("exif") or b"").orientation)
    elif survey.media_type != "image/tiff":  # Pillow has applied it
        pixels = upright(pixels, read_exif(survey.exif).orientation)
    height, width = pixels.shape[:2]
    return PagePixels(number=number, width=width, height=height, pixels=pixels, reduced=max(1, reduced))


def _rgb(picture: ImageFile, limits: PictureLimits) -> Pixels:
    """Decode, make small enough, and bring any mode of Pillow to RGB of eight bits."""
    picture.load()
    image: Image.Image = picture
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    elif image.mode in ("I", "F"):
        image = Image.fromarray(_eight_bits(np.asarray(image)))
    is_transparent = image.mode in _TRANSPARENT or "transparency" in image.info
    if is_transparent and image.mode != "RGBA":
        image = image.convert("RGBA")
    elif image.mode not in ("L", "RGB", "RGBA"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    smaller = reduction(*image.size, limits.given_pixels)
    if smaller > 1:
        image = image.reduce(smaller)
    if image.mode == "RGBA":
        return over_white(np.asarray(image))
    return np.asarray(image if image.mode == "RGB" else image.convert("RGB"))


def _eight_bits(values: NDArray[Any]) -> Pixels:
    """Numbers of any range as 256 levels: of whole numbers the upper eight of their bits, else from least to most."""
    if values.dtype == np.int32:
        shift = max(0, int(values.max(initial=0)).bit_length() - 8)
        shifted: Pixels = np.right_shift(np.clip(values, 0, None), shift).astype(np.uint8)
        return shifted
    finite = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(finite.min()), float(finite.max())
    return ((finite - low) * (255 / ((high - low) or 1))).astype(np.uint8)
