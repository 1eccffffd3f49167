"""Counts of all hits by custodian, correspondent, month and the like, each with the clause that narrows a search to it.

Rules: the index counts what never changes, the catalogue counts by series. Counts are within what the asker may find.
An employee is not told of series (`archiver.employee_view`).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from search.index import FacetName
from search.leaf_text import quoted
from storage.errors import InvalidInput
from storage.tables import records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from archiver.access import Principal
    from archiver.search_asking import Asked
    from archiver.wiring import Installation
    from search.index import Facet

SERIES: Final = "series"
FACETS: Final = (*(name.value for name in FacetName), SERIES)
MOST_VALUES: Final = 1_000
USUAL_VALUES: Final = 20
_PAGE: Final = 5_000
_FEW: Final = 8


def check_facets(names: Sequence[str]) -> tuple[str, ...]:
    """The names of facets, each once.

    Raises:
        InvalidInput: one of them is none.
    """
    for name in names:
        if name not in FACETS:
            raise InvalidInput(f"there is no facet {name!r}; there are: {', '.join(FACETS)}")
    return tuple(dict.fromkeys(names))


def facet_documents(
    installation: Installation,
    principal: Principal,
    asked: Asked,
    names: Sequence[str],
    *,
    most: int = USUAL_VALUES,
) -> dict[str, Any]:
    """The counts by name: `values` most first, how many `others` there are, and how many hits are `without` any."""
    plain = [FacetName(name) for name in names if name != SERIES]
    zone = installation.archive.zone
    found: dict[str, Any] = {}
    if plain:
        allowed = asked.scope.allowed
        for one in asked.index.facets(asked.bound, plain, zone=zone, most=most, allowed=allowed, stop=asked.stop):
            found[one.name.value] = _document(installation, one)
    if SERIES in names and principal.sees_only is None:
        found[SERIES] = _by_series(installation, asked, most)
    return {name: found[name] for name in names if name in found}


def _document(installation: Installation, facet: Facet) -> dict[str, Any]:
    owners = {}
    if facet.name is FacetName.CUSTODIAN:
        archive = installation.archive
        with archive.store.read() as connection:
            owners = archive.custodians.open(connection, [value for value, _ in facet.counts])
    values = []
    for value, count in facet.counts:
        label, sought = value, value
        if value in owners:
            label, sought = owners[value].name, owners[value].addresses[0]
        field = "on" if facet.name is FacetName.MONTH else facet.name.value
        values.append({"value": sought, "label": label, "count": count, "clause": f"{field}:{quoted(sought)}"})
    return {"values": values, "others": facet.others, "without": facet.without}


def _by_series(installation: Installation, asked: Asked, most: int) -> dict[str, Any]:
    ids = asked.ids()
    counted: Counter[str | None] = Counter()
    with installation.archive.store.read() as connection:
        active = installation.archive.catalogue.count_active(connection)
        if len(ids) * _FEW > active:
            series_of = _all_series(connection)
            counted.update(map(series_of.get, ids))
        else:
            for start in range(0, len(ids), _PAGE):
                counted += _series_among(connection, ids[start : start + _PAGE])
        titles = _titles(installation, connection)
    without = counted.pop(None, 0)
    ranked = sorted(counted.items(), key=lambda one: (-one[1], one[0] or ""))
    values = [
        {"value": one, "label": titles.get(one or "", one), "count": count, "clause": f"series:{quoted(one or '')}"}
        for one, count in ranked[:most]
    ]
    return {"values": values, "others": max(0, len(ranked) - most), "without": without}


def _all_series(connection: Connection) -> dict[str, str]:
    rows = connection.execute(select(records.c.id, records.c.series_id).where(records.c.series_id.is_not(None)))
    return {row.id: row.series_id for row in rows}


def _series_among(connection: Connection, ids: Sequence[str]) -> Counter[str | None]:
    query = select(records.c.series_id, func.count()).where(records.c.id.in_(ids)).group_by(records.c.series_id)
    return Counter({row[0]: row[1] for row in connection.execute(query)})


def _titles(installation: Installation, connection: Connection) -> dict[str, str]:
    """What the loaded schedules call their series."""
    book = installation.library.book(connection)
    return {one.id: one.title for loaded in book.loaded for one in loaded.schedule.series}
