"""What happens to a picture between the screen and the archive, and where each box of it went."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image, ImageFilter

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Points = NDArray[np.float64]

DAMAGES: Final = ("clean", "jpeg", "webp", "scaled", "forwarded", "photo", "angle", "palette")
# how far the corners of a photographed screen move, of its width and height
_TILT: Final = ((0.012, 0.012), (-0.02, 0.002), (0.012, -0.01), (-0.006, 0.008))
_STEEP: Final = 2.2
_PHOTO_LONG_SIDE: Final = 2000
_PLAIN: Final[dict[str, tuple[str, dict[str, int]]]] = {
    "clean": ("png", {}),
    "jpeg": ("jpg", {"quality": 36, "subsampling": 2}),
    "webp": ("webp", {"quality": 38}),
}


@dataclass(frozen=True, slots=True)
class Damaged:
    """The file as it is handed in, its ending and size, and where points of the screen lie in it (rows of x, y)."""

    content: bytes
    ending: str
    size: tuple[int, int]
    moved: Callable[[Points], Points]


def damaged(picture: Image.Image, kind: str, seed: int) -> Damaged:
    """The picture after `kind` of `DAMAGES`; the same for the same seed."""
    if kind in {"photo", "angle"}:
        return _photographed(picture, seed, steep=_STEEP if kind == "angle" else 1.0)
    if kind == "scaled":
        factor = 0.5 if picture.width > 900 else 0.72
        return _saved(_resized(picture, factor), "png", factor)
    if kind == "forwarded":
        factor = 640 / picture.width if picture.width > 640 else 0.85
        once = Image.open(io.BytesIO(_bytes(_resized(picture, factor), "jpg", quality=45, subsampling=2)))
        return _saved(_resized(once.convert("RGB"), 1.3), "jpg", factor * 1.3, quality=60)
    if kind == "palette":
        few = picture.quantize(96, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        return _saved(few, "png", 1.0)
    ending, options = _PLAIN[kind]
    return _saved(picture, ending, 1.0, **options)


def _resized(picture: Image.Image, factor: float) -> Image.Image:
    size = (max(1, round(picture.width * factor)), max(1, round(picture.height * factor)))
    return picture.resize(size, Image.Resampling.BICUBIC)


def _bytes(picture: Image.Image, ending: str, **options: int) -> bytes:
    target = io.BytesIO()
    form = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}[ending]
    picture.save(target, form, optimize=True, **options)
    return target.getvalue()


def _saved(picture: Image.Image, ending: str, factor: float, **options: int) -> Damaged:
    def moved(points: Points) -> Points:
        return points * factor

    return Damaged(_bytes(picture, ending, **options), ending, picture.size, moved)


def _homography(source: list[tuple[float, float]], target: list[tuple[float, float]]) -> NDArray[np.float64]:
    """The 3 by 3 matrix that takes the four corners of `source` to those of `target`."""
    rows, right = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    solved = np.linalg.solve(np.array(rows), np.array(right))
    return np.append(solved, 1.0).reshape(3, 3)


def _photographed(picture: Image.Image, seed: int, *, steep: float) -> Damaged:
    """Held at an angle before a desk: perspective, light from one side, a little blur, noise, JPEG."""
    random = np.random.default_rng(seed)
    scale = min(1.0, _PHOTO_LONG_SIDE / picture.height)
    width, height = round(picture.width * scale), round(picture.height * scale)
    edge = round(width * 0.09)
    flip = -steep if seed % 2 else steep
    corners: list[tuple[float, float]] = [(0, 0), (width, 0), (width, height), (0, height)]
    placed = [
        (edge + x + flip * dx * width, edge + y + flip * dy * height)
        for (x, y), (dx, dy) in zip(corners, _TILT, strict=True)
    ]
    forth = _homography(corners, placed)
    back = np.linalg.inv(forth)
    size = (width + 2 * edge, height + 2 * edge)
    coefficients = tuple((back / back[2, 2]).ravel()[:8])
    small = picture.resize((width, height), Image.Resampling.LANCZOS)
    method, sampling = Image.Transform.PERSPECTIVE, Image.Resampling.BICUBIC
    warped = small.transform(size, method, coefficients, sampling)
    mask = Image.new("L", (width, height), 255).transform(size, method, coefficients, sampling)
    grain = random.normal(0, 9, (size[1], 1, 1)) + np.array([118.0, 92.0, 70.0])
    desk = Image.fromarray(np.broadcast_to(grain, (size[1], size[0], 3)).clip(0, 255).astype(np.uint8))
    desk.paste(warped, (0, 0), mask)
    soft = np.asarray(desk.filter(ImageFilter.GaussianBlur(0.7 * width / 700)), dtype=np.float64)
    light = np.linspace(1.06, 0.74, size[0])[None, :, None] * np.linspace(1.0, 0.9, size[1])[:, None, None]
    noisy = soft * light + random.normal(0, 4.5, soft.shape)
    shot = Image.fromarray(noisy.clip(0, 255).astype(np.uint8))

    def moved(points: Points) -> Points:
        flat = np.hstack([points * (width / picture.width), np.ones((len(points), 1))]) @ forth.T
        return flat[:, :2] / flat[:, 2:]

    return Damaged(_bytes(shot, "jpg", quality=72), "jpg", shot.size, moved)
