"""A table of very many rows on paper, with its heads on each page; reportlab draws it.

Rule: the time grows with the number of rows. The library's own table is cut anew at each page, which copies all rows
that are left, so that a table of four thousand rows takes most of its time for copying. Here each row is measured once,
and each page is a table of its own that has the rows which fit.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

from reportlab.lib import colors
from reportlab.platypus import Flowable, Table, TableStyle

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from reportlab.platypus import Paragraph

_ASIDE: Final = 3.0  # points beside what a cell says
_ABOVE: Final = 3.0  # points above it, and as much below
_FAR: Final = 1e6


class LongTable(Flowable):  # type: ignore[misc]
    """A table whose rows are read from page to page; a row is never broken over pages.

    Args:
        rows: the rows, measured.
        first: the first of them that is not on paper yet.
    """

    def __init__(self, rows: MeasuredRows, first: int = 0) -> None:
        super().__init__()
        self.hAlign = "LEFT"
        self._rows = rows
        self._first = first

    def wrap(self, _across: float, _down: float) -> tuple[float, float]:
        """How wide and tall what is left would be, in points."""
        return self._rows.across, self._rows.height(self._first, self._rows.count)

    def split(self, _across: float, down: float) -> list[Any]:
        """A table of the rows that fit, and the rest; nothing where no row fits."""
        rows, end = self._rows, self._first
        while end < rows.count and rows.height(self._first, end + 1) <= down:
            end += 1
        if end == self._first:
            return []
        rest = [LongTable(rows, end)] if end < rows.count else []
        return [rows.table(self._first, end), *rest]

    def draw(self) -> None:
        """Draw what is left, which fits."""
        part = self._rows.table(self._first, self._rows.count)
        part.wrapOn(self.canv, *self.wrap(0, 0))
        part.drawOn(self.canv, 0, 0)


class MeasuredRows:
    """Rows of a table with how tall each is.

    Args:
        heads: what stands at the top of each page's part, a paragraph for each column.
        rows: as many paragraphs each.
        widths: of the columns, in points.
        ends: places of rows (from 0) that have a line below.
    """

    def __init__(
        self,
        heads: Sequence[Paragraph],
        rows: Sequence[Sequence[Paragraph]],
        *,
        widths: Sequence[float],
        ends: Collection[int],
    ) -> None:
        self._heads, self._rows, self._widths, self._ends = heads, rows, widths, frozenset(ends)
        self._head = self._height_of(heads)
        self._tall = [self._height_of(one) for one in rows]
        self._down = list(accumulate(self._tall, initial=0.0))  # to the upper edge of each row
        self.count = len(rows)
        self.across = sum(widths)

    def height(self, first: int, end: int) -> float:
        """How tall a table of the rows from `first` to before `end` is, in points."""
        return self._head + self._down[end] - self._down[first]

    def table(self, first: int, end: int) -> Table:
        """A table of these rows."""
        lines = [
            ("LINEBELOW", (0, at - first + 1), (-1, at - first + 1), 0.25, colors.grey)
            for at in range(first, end)
            if at in self._ends
        ]
        style = TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, 0), 0.8, colors.black),
                *lines,
                ("LEFTPADDING", (0, 0), (-1, -1), _ASIDE),
                ("RIGHTPADDING", (0, 0), (-1, -1), _ASIDE),
                ("TOPPADDING", (0, 0), (-1, -1), _ABOVE),
                ("BOTTOMPADDING", (0, 0), (-1, -1), _ABOVE),
            ]
        )
        return Table(
            [list(self._heads), *map(list, self._rows[first:end])],
            colWidths=list(self._widths),
            rowHeights=[self._head, *self._tall[first:end]],
            style=style,
            hAlign="LEFT",
        )

    def _height_of(self, row: Sequence[Paragraph]) -> float:
        tall = [one.wrap(width - 2 * _ASIDE, _FAR)[1] for one, width in zip(row, self._widths, strict=True)]
        return float(max(tall) + 2 * _ABOVE)
