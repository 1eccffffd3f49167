"""Where a table has what: cells by the name of their column, whatever the order and the case of the names.

Rule kept: a column that nobody asks for is named where a row has something in it; of two columns of one name the
first is meant, and the other is named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from ingest.formats.chats.csv_rows import Row

_LONGEST: Final = 100
_MOST: Final = 50


class Columns:
    """The first row of a table."""

    def __init__(self, cells: Sequence[str]) -> None:
        self._names = [one.strip() for one in cells]
        self._places: dict[str, int] = {}
        self._unknown: dict[frozenset[str], tuple[tuple[int, str], ...]] = {}
        for place, name in enumerate(self._names):
            self._places.setdefault(name.lower(), place)

    @property
    def names(self) -> AbstractSet[str]:
        """All names, in lower case."""
        return self._places.keys()

    def place(self, name: str) -> int | None:
        """Where the column of this name (lower case) stands, from 0; None where there is none."""
        return self._places.get(name)

    def name_at(self, place: int) -> str:
        """What the column there is called, in lower case; "" where there is none."""
        return self._names[place].lower() if place < len(self._names) else ""

    def cell(self, row: Row, name: str) -> str:
        """What the row has in the column of this name (lower case), "" where there is no such column or cell."""
        place = self._places.get(name)
        return row.cells[place] if place is not None and place < len(row.cells) else ""

    def rest(self, row: Row, known: frozenset[str]) -> tuple[str, ...]:
        """The names of columns that this row fills and that are not known (lower case)."""
        unknown = self._unknown.get(known)
        if unknown is None:
            unknown = self._unknown[known] = tuple(
                (place, name[:_LONGEST] or f"column {place + 1}")
                for place, name in enumerate(self._names)
                if name.lower() not in known or self._places[name.lower()] != place
            )
        cells = row.cells
        width = len(cells)
        found = {name for place, name in unknown if place < width and cells[place]}
        if width > len(self._names):
            found.update(f"column {place + 1}" for place in range(len(self._names), width) if cells[place])
        return tuple(sorted(found)[:_MOST]) if found else ()
