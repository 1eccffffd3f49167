"""Which cells of a workbook are dates, and the date that their number is (ECMA-376 part 1, 18.8.30 and 18.17.4).

Rule kept: only what the format of a cell makes a date is given as one; any other number stands as the file writes it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from ingest.formats.office.xml_events import END, START

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.formats.office.xml_events import Event

# the numbers that need no description, in all languages of the program (18.8.30)
_DATES: Final = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_NOT_LETTERS: Final = re.compile(r"\"[^\"]{0,255}\"|\[[^\]]{0,255}\]|\\.|_.|\*.|General|E[+-]")
_MOST_FORMATS: Final = 100_000
_FIRST_DAY: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a day of a calendar without a zone
_FIRST_DAY_1904: Final = datetime(1904, 1, 1)  # noqa: DTZ001 - as above
_MARCH_1900: Final = 60  # the program of old has a 29 February 1900; before it all numbers are one day off
_LAST_DAY: Final = 2_958_466
_LONGEST: Final = 30


@dataclass(slots=True)
class CellFormats:
    """Whether the cells of a style are dates; styles are numbers in the order of the file."""

    dates: list[bool] = field(default_factory=list)
    since_1904: bool = False

    def shown(self, value: str, style: str) -> str:
        """The date and time that a number is, where its style makes it one; else the number as it stands."""
        place = int(style) if style.isascii() and style.isdigit() and len(style) < _LONGEST else -1
        if not (0 <= place < len(self.dates) and self.dates[place]) or len(value) > _LONGEST:
            return value
        try:
            days = float(value)
        except ValueError:
            return value
        if not 0 <= days < _LAST_DAY:
            return value
        return _date(days, since_1904=self.since_1904)


def read_formats(found: Iterable[Event], formats: CellFormats) -> None:
    """Read the part of styles.

    Raises:
        Spent: the record has no allowance left.
    """
    own: dict[str, bool] = {}
    in_cells = False
    for kind, name, attributes in found:
        if name == "x:cellXfs":
            in_cells = kind == START
        if kind == START and name == "x:numFmt" and len(own) < _MOST_FORMATS:
            own[attributes.get("numFmtId", "")] = is_date(attributes.get("formatCode", ""))
        elif kind == START and in_cells and name == "x:xf" and len(formats.dates) < _MOST_FORMATS:
            number = attributes.get("numFmtId", "")
            known = own.get(number)
            formats.dates.append(known if known is not None else number in _BUILT_IN)
        elif kind == END and name == "x:styleSheet":
            return


_BUILT_IN: Final = frozenset(map(str, _DATES))


def is_date(code: str) -> bool:
    """Whether a format code writes a date or a time: letters for them stand outside of quotes and brackets."""
    return any(letter in "dDmMyYhHsS" for letter in _NOT_LETTERS.sub("", code[:1_000].partition(";")[0]))


def _date(days: float, *, since_1904: bool) -> str:
    first = _FIRST_DAY_1904 if since_1904 else _FIRST_DAY
    if not since_1904 and days < _MARCH_1900:
        first += timedelta(days=1)
    try:
        moment = first + timedelta(days=int(days), seconds=round((days - int(days)) * 86_400))
    except OverflowError:
        return str(days)
    if days < 1:
        return f"{moment:%H:%M:%S}"
    return f"{moment:%Y-%m-%d}" if days == int(days) else f"{moment:%Y-%m-%d %H:%M:%S}"
