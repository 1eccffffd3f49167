"""The canvas alone, where a camera or compression blurred the edges of what stands on it.

Rule kept: a soft edge lets a pale bubble run into the canvas, and lamps make both change slowly, so that no single
colour tells them apart. The canvas itself changes as light does, smoothly: a polynomial of the third degree is fitted
to its pixels, those that fit badly counting less with each round (iteratively reweighted least squares). What then
differs from it by more than its noise, is solid and as large as a bubble, is an area of its own. A canvas that is
noisier than a bubble is pale (a wallpaper) is left as it is.

Bounded: the fit looks at `_MOST_SAMPLES` pixels, and `_MOST_FREED` areas come back at most.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]
    Labels = NDArray[np.int32]
    Plane = NDArray[np.float32]

_LEAST_SAMPLES, _MOST_SAMPLES = 1_000, 6_000
_MOST_FREED: Final = 200
_ROUNDS: Final = 12
_EVEN: Final = 0.4  # of the canvas that has one colour where no light falls on it
_LEAST_APART, _MOST_APART = 3.0, 9.0
_NOISES: Final = 3.0  # times the noise of the canvas that something differs from it at least
_GAP: Final = 0.6  # of what a bubble differs from the canvas
_HIGH: Final = 1.0  # line heights of a bubble at least: what is around blurred letters is lower
_SOLID: Final = 0.4  # of its rectangle that an area covers
_FIRST_SCALE, _LAST_SCALE = 12.0, 2.0
_DEGREES: Final = tuple((i, j) for i in range(4) for j in range(4 - i))


def canvas_plane(small: Pixels, labels: Labels, number: int) -> tuple[Plane, float] | None:
    """What the canvas would look like everywhere, and its noise; None where there is too little of it.

    Returns:
        Colours as height x width x 3, and the difference of colour that is no noise any more.
    """
    rows, columns = np.nonzero(labels == number)
    if rows.size < _LEAST_SAMPLES:
        return None
    step = max(1, rows.size // _MOST_SAMPLES)
    rows, columns = rows[::step], columns[::step]
    height, width = labels.shape
    colours = cv2.blur(small, (3, 3))[rows, columns].astype(np.float64)
    usual = _most_frequent(colours)
    apart = np.abs(colours - usual).max(axis=1)
    even = float(np.mean(apart <= _LEAST_APART)) >= _EVEN
    plane: Plane = np.broadcast_to(usual.astype(np.float32), (height, width, 3))
    if not even:
        terms = _terms(columns / width, rows / height)
        fitted = _fitted(terms, colours)
        apart = np.abs(colours - terms @ fitted).max(axis=1)
        plane = _plane(fitted, height, width)
    near = apart[apart < _MOST_APART]
    limit = max(_LEAST_APART, _NOISES * float(np.median(near))) if near.size else _MOST_APART
    if limit >= _MOST_APART or (not even and near.size * 2 < apart.size):
        return None
    return plane, limit


def _most_frequent(colours: NDArray[np.float64]) -> NDArray[np.float64]:
    """The colour that most of some have, give or take a step of four."""
    codes = (colours.astype(np.int64) // 4) @ np.array([4096, 64, 1])
    values, counts = np.unique(codes, return_counts=True)
    return np.asarray(np.median(colours[codes == values[counts.argmax()]], axis=0), dtype=np.float64)


def _fitted(terms: NDArray[np.float64], colours: NDArray[np.float64]) -> NDArray[Any]:
    """The factors of the terms; what is far off counts for nothing (weights of Geman and McClure)."""
    weights: NDArray[Any] = np.ones(terms.shape[0])
    fitted: NDArray[Any] = np.zeros((terms.shape[1], 3))
    small = np.eye(terms.shape[1]) * 1e-6
    for turn in range(_ROUNDS):
        weighted = terms * weights[:, None]
        fitted = np.linalg.solve(weighted.T @ terms + small, weighted.T @ colours)
        apart = np.abs(colours - terms @ fitted).max(axis=1)
        scale = _FIRST_SCALE * (_LAST_SCALE / _FIRST_SCALE) ** (turn / (_ROUNDS - 1))
        weights = 1 / (1 + (apart / scale) ** 2) ** 2
    return fitted


def freed(small: Pixels, labels: Labels, number: int, plane: Plane, limit: float, unit: float) -> Labels:
    """What ran into the canvas, numbered from 1 on; 0 elsewhere. `unit` is a line's height on the working page."""
    apart = np.abs(cv2.blur(small, (3, 3)).astype(np.float32) - plane).max(axis=2)
    off = ((labels == number) & (apart > limit)).astype(np.uint8)
    off = cv2.morphologyEx(off, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, first = cv2.connectedComponents(off, connectivity=4, ltype=cv2.CV_32S)
    # a gap between two bubbles that was blurred is still nearer to the canvas than they are
    sizes = np.maximum(1, np.bincount(first.ravel(), minlength=count))
    means = np.bincount(first.ravel(), weights=apart.ravel(), minlength=count) / sizes
    off = np.where(apart > _GAP * means[first], off, 0).astype(np.uint8)
    count, parts, stats, _ = cv2.connectedComponentsWithStats(off, connectivity=4, ltype=cv2.CV_32S)
    wide, high = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    solid = stats[:, cv2.CC_STAT_AREA] > _SOLID * wide * high
    fitting = (wide > 1.5 * unit) & (high > _HIGH * unit) & (wide < 0.9 * labels.shape[1]) & solid
    fitting[0] = False
    largest = sorted(np.flatnonzero(fitting).tolist(), key=lambda one: -int(stats[one, cv2.CC_STAT_AREA]))
    numbers = np.zeros(count, np.int32)
    for place, one in enumerate(largest[:_MOST_FREED], 1):
        numbers[one] = place
    return np.asarray(numbers[np.asarray(parts)], dtype=np.int32)


def _terms(across: NDArray[Any], down: NDArray[Any]) -> NDArray[np.float64]:
    """The powers of two places from 0 to 1 whose degrees sum up to three at most."""
    x, y = across * 2 - 1, down * 2 - 1
    return np.stack([x**i * y**j for i, j in _DEGREES], axis=-1).astype(np.float64)


def _plane(fitted: NDArray[np.float64], height: int, width: int) -> Plane:
    factors = np.zeros((4, 4, 3))
    for one, (i, j) in zip(fitted, _DEGREES, strict=True):
        factors[i, j] = one
    x = np.vander(np.arange(width) / width * 2 - 1, 4, increasing=True)
    y = np.vander(np.arange(height) / height * 2 - 1, 4, increasing=True)
    found = np.empty((height, width, 3), np.float32)
    for channel in range(3):
        found[:, :, channel] = y @ factors[:, :, channel].T @ x.T
    return found
