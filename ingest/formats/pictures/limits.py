"""What a picture may cost, and the refusal where it would cost more.

Rule kept: sizes and counts are compared with these limits as the header states them, before a pixel is decoded; what
a decoder then finds is compared again. Time and memory are limited once more from outside, by whoever runs the
process (`ingest.sandbox_process`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from storage.errors import ArchiveError

# bytes that a decoder holds for each pixel at its worst moment, all copies together (docs/formats/pictures.md)
_WEIGHT: Final = {"image/webp": 16, "image/avif": 10, "image/heic": 5}
_USUAL_WEIGHT: Final = 7


class PictureRefused(ArchiveError):
    """This picture is not opened; the message is the reason, a phrase without content."""

    kind = "picture_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureLimits:
    """Limits of one component; all are counts, pixels or bytes.

    `page_pixels` is what one page may have when it is decoded, `given_pixels` what a page has at most when it is given
    out (larger ones are reduced by a whole number), `all_pixels` what all pages given out have together. `pages` is how
    many pages of a PDF or a TIFF are opened, `frames` how many frames of an animation are given out, and
    `frames_seen` how many of them are looked at. `decoding_bytes` is what a decoder may hold, `scans` those of one
    progressive JPEG. `dpi` is the resolution at which a page of a PDF is drawn.
    """

    page_pixels: int = 100_000_000
    given_pixels: int = 25_000_000
    all_pixels: int = 2_500_000_000
    pages: int = 500
    frames: int = 10
    frames_seen: int = 200
    decoding_bytes: int = 450 << 20
    scans: int = 100
    dpi: int = 200

    def __post_init__(self) -> None:
        """A limit of nothing would refuse everything, and not say so."""
        if min(self.page_pixels, self.given_pixels, self.all_pixels, self.pages, self.frames, self.dpi) <= 0:
            msg = "the limits of a picture must be positive"
            raise ValueError(msg)

    def check(self, media_type: str, width: int, height: int) -> None:
        """Let a size pass that may be decoded whole.

        Raises:
            PictureRefused: it has no area, or more pixels than may be decoded.
        """
        if width < 1 or height < 1:
            raise PictureRefused("a picture without pixels")
        most = min(self.page_pixels, self.decoding_bytes // _WEIGHT.get(media_type, _USUAL_WEIGHT))
        if width * height > most:
            raise PictureRefused(
                f"{width} by {height} pixels are more than the {most // 1_000_000} million that are read"
            )
