"""The index of a production as a table for spreadsheet programs: a row a document, every value as it is. Pure.

Rule: no cell becomes a formula (`search.inert_cells`); the fields are those of the load file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.disclosure.load_files import FIELDS, checked_fields, values_of
from search.inert_cells import csv_pieces

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from search.disclosure.release_types import ProducedDocument


def index_pieces(documents: Iterable[ProducedDocument], *, fields: Sequence[str] = FIELDS) -> Iterator[bytes]:
    """The table, row by row, after RFC 4180.

    Raises:
        InvalidInput: a field is none of those that are known.
    """
    names = checked_fields(fields)
    return csv_pieces(_rows(documents, names))


def _rows(documents: Iterable[ProducedDocument], names: Sequence[str]) -> Iterator[Sequence[object]]:
    yield names
    counted = names.index("PAGECOUNT") if "PAGECOUNT" in names else None
    for one in documents:
        row: list[object] = list(values_of(one, names))
        if counted is not None:
            row[counted] = one.document.page_count
        yield row
