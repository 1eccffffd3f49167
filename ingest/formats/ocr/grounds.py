"""The ground that a line stands on: what reaches in from beside it is taken off, and what is another line is parted.

Rule: an engine is shown letters on one ground, as high as they are. A place that the detector found may reach past the
edge of a bubble, hold a line and the small time behind it, or a tick of the app beside the time. Nothing is taken off
that has the line's letters: a piece goes only where it touches the edge of the place, or is a tick by its form.

A page without flat colours (a photograph of a screen, a shaded bubble) is left as the detector cut it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from ingest.formats.ocr.strips import Strip, lifted, part_of, strip_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ingest.formats.ocr.strips import Numbers, Pixels

    Mask = NDArray[np.bool_]

_NEAR: Final = 28  # of 255 in each channel: the same ground
_LEAST_GROUND: Final = 0.45  # of the place has to be ground, or nothing is known of it
_OUTSIDE: Final = 0.3  # a row or column with less ground lies outside
_MOST_ROWS: Final = 0.4  # of the height that may lie outside above or below
_MOST_COLUMNS: Final = 1.2  # heights that may lie outside left or right
_RIM: Final = 0.25  # of the height: how far a neighbour reaches in
_CORNER: Final = 0.8
_SPECK: Final = 0.06  # of the height: a smaller piece is dirt
_WORD: Final = 0.16  # of the letters' height: a blank between words
_WIDER: Final = 1.5  # times the usual blank of the line
_BLANK: Final = 0.5  # of the letters' height, between parts that differ in size or colour
_WIDE_BLANK: Final = 2.2  # between parts that do not
_SMALLER: Final = 0.84
_PALER: Final = 0.8
_FEW: Final = 3  # pieces that tell a size
_FULL: Final = 0.66  # of the height taken by letters: it is not cut closer
_PAPER: Final = 0.24  # of the letters' height, kept above and below
_TICK_HIGH: Final = (0.25, 0.95)  # of the letters' height
_TICK_INK: Final = 0.5
_LEVEL: Final = 1.2  # rows that a rising stroke may fall from column to column
_CLOSE: Final = 0.2  # of the letters' height: between two ticks
_APART: Final = 0.2  # between a tick and the letters
_TICK_WIDE: Final = 2.2  # times as wide as high, at most (two ticks lie over one another)


def lines_between(page: Pixels, corners: NDArray[Any]) -> list[Strip]:
    """The lines between four corners: one as a rule, none where there is nothing, several beside one another."""
    found = lifted(page, corners)
    if found is None:
        return []
    piece, quad = found
    ground = _ground(piece)
    if ground is None:
        return [strip_of(piece, quad)]
    top, bottom, left, right = _inside(ground[0])
    if not (0 <= top < bottom and 0 <= left < right):
        return [strip_of(piece, quad)]
    near, colour = ground[0][top:bottom, left:right], ground[1]
    inner = piece[top:bottom, left:right]
    reaching = _reaching(~near)
    if reaching.any():
        inner = inner.copy()
        inner[cv2.dilate(reaching.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)] = colour
        near = near | reaching
    quad = part_of(
        quad,
        (left / piece.shape[1], right / piece.shape[1]),
        (top / piece.shape[0], bottom / piece.shape[0]),
    )
    return list(_parts(inner, quad, ~near, colour))


def _ground(piece: Pixels) -> tuple[Mask, Numbers] | None:
    """Where a piece has the colour that most of its middle has, and that colour; None where no colour does."""
    rows = piece.shape[0]
    middle = piece[rows // 5 : max(rows - rows // 5, rows // 5 + 1)].reshape(-1, 3)
    coarse = (middle >> 4).astype(np.int32) @ np.array([256, 16, 1], dtype=np.int32)
    most = np.bincount(coarse).argmax()
    colour = np.median(middle[coarse == most], axis=0)
    near = (np.abs(piece.astype(np.int16) - colour.astype(np.int16)) <= _NEAR).all(axis=2)
    return (near, colour) if near.mean() >= _LEAST_GROUND else None


def _inside(near: Mask) -> tuple[int, int, int, int]:
    """Rows and columns of the ground: top, bottom, left, right; all of it where too much would go."""
    height, width = near.shape
    rows, columns = np.flatnonzero(near.mean(axis=1) >= _OUTSIDE), np.flatnonzero(near.mean(axis=0) >= _OUTSIDE)
    if not len(rows) or not len(columns):
        return 0, height, 0, width
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    if max(top, height - bottom) > _MOST_ROWS * height:
        top, bottom = 0, height
    if max(left, width - right) > _MOST_COLUMNS * height:
        left, right = 0, width
    return top, bottom, left, right


def _reaching(ink: Mask) -> Mask:
    """What reaches in from outside: corners of a bubble, the feet of the line above, a sign on the bubble's edge."""
    height, width = ink.shape
    count, labels, about, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    taken = np.zeros(count, dtype=np.bool_)
    for number in range(1, count):
        left, top, wide, high, _ = (int(one) for one in about[number])
        at_top, at_bottom = top == 0, top + high == height
        at_side = left == 0 or left + wide == width
        is_corner = (at_top or at_bottom) and at_side and wide <= _CORNER * height
        is_rim = (at_top or at_bottom) and high <= _RIM * height
        taken[number] = is_corner or is_rim
    return np.asarray(taken[labels], dtype=np.bool_)


def _parts(inner: Pixels, quad: Numbers, ink: Mask, colour: Numbers) -> list[Strip]:
    height, width = ink.shape
    count, labels, about, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    pieces = [about[one] for one in range(1, count) if max(about[one][2:4]) > _SPECK * height]
    if not pieces:
        return [strip_of(inner, quad)]
    letters = int(max(one[1] + one[3] for one in pieces) - min(one[1] for one in pieces))
    pieces, ticks = _without_ticks(pieces, labels > 0, letters)
    strength = np.abs(inner.astype(np.int16) - colour.astype(np.int16)).max(axis=2)
    groups = _groups(pieces, strength, letters)
    found = []
    for place, group in enumerate(groups):
        start = max((_right(groups[place - 1]) + _left(group)) // 2 if place else 0, _left(group) - letters)
        end = width if place == len(groups) - 1 else (_right(group) + _left(groups[place + 1])) // 2
        end = min(end, _right(group) + letters)
        if ticks is not None:
            start, end = max(start, ticks[0]), min(end, ticks[1])
        upper, lower = min(one[1] for one in group), max(one[1] + one[3] for one in group)
        top, bottom = 0, height
        if lower - upper < _FULL * height and len(group) >= _FEW:
            spare = max(round(_PAPER * (lower - upper)), 2)
            top, bottom = max(int(upper) - spare, 0), min(int(lower) + spare, height)
        if end - start < 2 or bottom - top < 2:  # noqa: PLR2004 - nothing to see
            continue
        corners = part_of(quad, (start / width, end / width), (top / height, bottom / height))
        found.append(strip_of(inner[top:bottom, start:end], corners))
    return found


def _without_ticks(pieces: list[Any], ink: Mask, letters: int) -> tuple[list[Any], tuple[int, int] | None]:
    """The pieces without one or two ticks at an end, and the columns that are left then."""
    for ends in (sorted(pieces, key=lambda one: -int(one[0] + one[2])), sorted(pieces, key=lambda one: int(one[0]))):
        sign = [ends[0]]
        for one in ends[1:_FEW]:
            if _between(sign, [one]) < _CLOSE * letters:
                sign.append(one)
        rest = [one for one in pieces if not any(one is other for other in sign)]
        if not rest or _between(sign, rest) < _APART * letters or not _is_tick(sign, ink, letters):
            continue
        if _left(sign) > _left(rest):
            return rest, (0, (_right(rest) + _left(sign)) // 2)
        return rest, ((_right(sign) + _left(rest)) // 2, ink.shape[1])
    return pieces, None


def _is_tick(sign: list[Any], ink: Mask, letters: int) -> bool:
    """A thin stroke that falls a little and then rises to its upper right, alone or with a second behind it."""
    left, right = _left(sign), _right(sign)
    top, bottom = int(min(one[1] for one in sign)), int(max(one[1] + one[3] for one in sign))
    wide, high = right - left, bottom - top
    if not (_TICK_HIGH[0] * letters <= high <= _TICK_HIGH[1] * letters and high <= wide <= _TICK_WIDE * high):
        return False
    form = ink[top:bottom, left:right]
    counts = form.sum(axis=0)
    if not counts.all() or form.mean() > _TICK_INK:
        return False
    middles = (form * np.arange(high)[:, None]).sum(axis=0) / counts / high
    rising, falling = middles[-max(wide // 3, 2) :], middles[: max(wide // 5, 2)]
    tops = form.argmax(axis=0) / high
    return bool(
        (np.diff(rising) * high <= _LEVEL).all()
        and rising[0] - rising[-1] > 0.25  # noqa: PLR2004 - of its height
        and falling[-1] > falling[0]
        and tops[: max(wide // 6, 1)].min() > 0.3  # noqa: PLR2004 - a v begins at its top
        and tops.argmin() > wide // 3
    )


def _between(one: list[Any], other: list[Any]) -> int:
    return max(_left(one), _left(other)) - min(_right(one), _right(other))


def _groups(pieces: list[Any], strength: NDArray[Any], letters: int) -> list[list[Any]]:
    """Pieces of ink by line: parted at wide blanks, and at narrower ones where size or colour changes."""
    runs: list[list[Any]] = []
    least, end = _least_blank(pieces, letters), 0
    for one in sorted(pieces, key=lambda one: int(one[0])):
        if runs and one[0] - end < least:
            runs[-1].append(one)
        else:
            runs.append([one])
        end = max(end, int(one[0] + one[2]))
    groups = [runs[0]]
    for run in runs[1:]:
        is_far = _left(run) - _right(groups[-1]) >= _WIDE_BLANK * letters
        if is_far or _differ(groups[-1], run, strength):
            groups.append(run)
        else:
            groups[-1] = groups[-1] + run
    return groups


def _least_blank(pieces: list[Any], letters: int) -> float:
    """The columns between two lines: clearly more than between the words of either."""
    blanks, end = [], None
    for one in sorted(pieces, key=lambda one: int(one[0])):
        if end is not None and one[0] - end > _WORD * letters:
            blanks.append(int(one[0]) - end)
        end = max(end or 0, int(one[0] + one[2]))
    usual = float(np.median(blanks)) if len(blanks) > 1 else 0.0
    return max(_BLANK * letters, _WIDER * usual)


def _differ(one: list[Any], other: list[Any], strength: NDArray[Any]) -> bool:
    """Whether two runs of ink are of another size or colour; what has few pieces tells neither."""
    if min(len(one), len(other)) < _FEW:
        return False
    sizes = sorted(float(np.percentile([piece[3] for piece in run], 90)) for run in (one, other))
    inks = sorted(float(np.percentile(_ink_of(run, strength), 98)) for run in (one, other))
    return sizes[0] < _SMALLER * sizes[1] or inks[0] < _PALER * inks[1]


def _ink_of(run: list[Any], strength: NDArray[Any]) -> NDArray[Any]:
    return strength[:, _left(run) : _right(run)]


def _left(run: list[Any]) -> int:
    return int(min(one[0] for one in run))


def _right(run: list[Any]) -> int:
    return int(max(one[0] + one[2] for one in run))
