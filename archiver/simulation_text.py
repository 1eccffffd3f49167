"""A simulation as tables for people: the lines of all, the groups, and the years or months of each group. Pure.

Rule: every number of a table is one of the document; what is zero on both sides is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from retention.simulating import FATES, MONTHLY, Line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LABELS: Final = {
    Line.ELIGIBLE_NOW: "eligible already",
    Line.ELIGIBLE: "become eligible",
    Line.ELIGIBLE_LATER: "eligible later",
    Line.HELD_NOW: "eligible already, but held",
    Line.HELD: "become eligible, but held",
    Line.HELD_LATER: "eligible later, and held",
    Line.NEEDS_EVENT: "wait for an event",
    Line.UNDATED: "kept with another record",
    Line.PERMANENT: "permanent",
    Line.UNSCHEDULED: "unscheduled",
    Line.CONFLICT: "conflict, for an officer",
    Line.UNDER_HOLD: "under a hold, in all",
    Line.UNTOLD: "of these not told yet whether",
    Line.EXPECTED_NOW: "expected already, if confirmed",
    Line.EXPECTED: "expected, if confirmed",
    Line.PAST_MAXIMUM_NOW: "past their maximum already",
    Line.PAST_MAXIMUM: "pass their maximum",
    Line.NOT_IN_FORCE: "eligible, schedule not in force",
}
_SHORT: Final = {
    Line.ELIGIBLE: "eligible",
    Line.HELD: "held",
    Line.EXPECTED: "expected",
    Line.PAST_MAXIMUM: "past maximum",
}
_GROUPED: Final = (*FATES, Line.PAST_MAXIMUM_NOW, Line.PAST_MAXIMUM)
_UNITS: Final = ("B", "kB", "MB", "GB", "TB", "PB")
_STEP: Final = 1_000
_NAME: Final = 40
_CUSTODIAN: Final = "custodian"


def simulation_text(document: dict[str, Any], *, by_month: bool = False) -> str:
    """The document of `archiver.simulation.simulate` as tables; `by_month` every month, not the years only."""
    shown = f"From {document['today']} to {document['until']}, by {document['by']}"
    if document["proposed"] is None:
        shown += "; nothing is proposed, so this is the present alone"
    told = [shown, "", *_table(_heads(document, "", size=True), _totals(document))]
    dates = document["dates"]
    if dates is not None:
        told += ["", f"First days on which records may go: {_dates(dates)}"]
    told += ["", *_table(_heads(document, document["by"], "what"), _groups(document))]
    name = "month" if by_month else "year"
    rows = list(_periods(document, 7 if by_month else 4))  # 2026-11, or 2026
    if rows:
        told += ["", *_table(_heads(document, document["by"], name, "what"), rows)]
    else:
        told += ["", "Nothing becomes eligible or passes its maximum in these years."]
    return "\n".join(told)


def _dates(dates: dict[str, int]) -> str:
    return (
        f"{dates['earlier']:,} earlier, {dates['later']:,} later, {dates['dated']:,} known now,"
        f" {dates['undated']:,} known no more, {dates['same']:,} as they are"
    )


def _heads(document: dict[str, Any], *named: str, size: bool = False) -> list[str]:
    if document["proposed"] is None:
        return [*named, "records", *(["bytes"] if size else [])]
    return [*named, "present", *(["bytes"] if size else []), "proposal", *(["bytes"] if size else []), "difference"]


def _totals(document: dict[str, Any]) -> Iterator[list[str]]:
    sides = _sides(document)
    for line in ("all", *Line):
        pairs = [side["totals"][str(line)] for side in sides]
        if not any(pair["records"] for pair in pairs):
            continue
        label = "records" if line == "all" else LABELS[Line(line)]
        cells = [cell for pair in pairs for cell in (f"{pair['records']:,}", size_text(pair["bytes"]))]
        yield [label, *cells, *_signed(pairs)]


def _groups(document: dict[str, Any]) -> Iterator[list[str]]:
    sides = [{one["id"]: one for one in side["groups"]} for side in _sides(document)]
    for group in sorted({name for side in sides for name in side}):
        label = group_label(next(side[group] for side in sides if group in side), document["by"])
        for line in _GROUPED:
            pairs = [_pair(side.get(group), line) for side in sides]
            if any(pair["records"] for pair in pairs):
                yield [label, LABELS[line], *(f"{pair['records']:,}" for pair in pairs), *_signed(pairs)]
                label = ""


def _pair(group: dict[str, Any] | None, line: Line) -> dict[str, int]:
    found: dict[str, int] = {"records": 0, "bytes": 0} if group is None else group["totals"][line.value]
    return found


def _periods(document: dict[str, Any], letters: int) -> Iterator[list[str]]:
    """Rows by group, period and line; a period is so many letters of a month."""
    sides = [{one["id"]: one for one in side["groups"]} for side in _sides(document)]
    for group in sorted({name for side in sides for name in side}):
        label = group_label(next(side[group] for side in sides if group in side), document["by"])
        sums = [_by_period(side.get(group), letters) for side in sides]
        for period in sorted({one for side in sums for one, _ in side}):
            shown = period
            for line in MONTHLY:
                pairs = [{"records": side.get((period, line), 0)} for side in sums]
                if any(pair["records"] for pair in pairs):
                    yield [label, shown, _SHORT[line], *(f"{pair['records']:,}" for pair in pairs), *_signed(pairs)]
                    label = shown = ""


def _by_period(group: dict[str, Any] | None, letters: int) -> dict[tuple[str, Line], int]:
    sums: dict[tuple[str, Line], int] = {}
    for row in [] if group is None else group["months"]:
        for line in MONTHLY:
            key = (row["month"][:letters], line)
            sums[key] = sums.get(key, 0) + row[line.value]["records"]
    return sums


def _sides(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [side for side in (document["present"], document["proposed"]) if side is not None]


def _signed(pairs: Sequence[dict[str, int]]) -> list[str]:
    if len(pairs) == 1:
        return []
    less = pairs[1]["records"] - pairs[0]["records"]
    return [f"{less:+,}" if less else "="]


def group_label(group: dict[str, Any], by: str) -> str:
    """A group as people know it: a series by its identifier and title, a custodian by his address."""
    name = (group["name"] or "")[:_NAME]
    return name if name and by == _CUSTODIAN else " ".join(part for part in (group["id"], name) if part)


def size_text(size: int) -> str:
    """So many bytes in the largest unit that leaves a whole number (decimal prefixes, SI)."""
    amount, unit = float(size), 0
    while abs(amount) >= _STEP and unit < len(_UNITS) - 1:
        amount, unit = amount / _STEP, unit + 1
    return f"{amount:,.0f} {_UNITS[unit]}" if unit == 0 else f"{amount:,.1f} {_UNITS[unit]}"


def _table(heads: list[str], rows: Iterator[list[str]] | list[list[str]]) -> Iterator[str]:
    """Columns under their heads; those of numbers to the right."""
    every = [heads, *rows]
    widths = [max(len(row[column]) for row in every) for column in range(len(heads))]
    texts = {column for column, head in enumerate(heads) if head in {"", "what", "month", "year"} or column == 0}
    for row in every:
        cells = [
            cell.ljust(width) if column in texts else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()
