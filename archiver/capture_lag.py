"""How long messages were outside of the archive: captured less sent, by custodian, against a limit of days.

Rule: the limit is the agency's (44 U.S.C. 2911 gives federal employees 20 days to forward a complete copy); days are
those of the archive's zone, counted as the statute does, or as working days where that is asked for. The sent date is
what the message says. One that is printed without a zone, as most forwards print it, counts by its day and is counted
as such too; a message without a date that can be used is counted apart, and never as in time.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from archiver.access import Act, Principal, authorize
from storage.errors import NotFound
from storage.records import RecordKind, RecordState

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sqlalchemy import Connection

    from archiver.wiring import Installation
    from storage.archive import Archive
    from storage.records import Record

LIMIT_DAYS = 20
_PAGE = 500
_MOST_LISTED = 1_000
_WEEK = 7
_WEEKEND = 5
_OLDEST = date(1970, 1, 1)
_TOLERANCE = timedelta(days=1)


def calendar_days(sent: date, captured: date) -> int:
    """Days from one to the other; 0 on the same day and where the sender's clock was ahead."""
    return max(0, (captured - sent).days)


def working_days(sent: date, captured: date, holidays: Collection[date] = ()) -> int:
    """Working days after `sent` up to and with `captured`: Monday to Friday without holidays."""
    span = calendar_days(sent, captured)
    weeks, rest = divmod(span, _WEEK)
    days = weeks * _WEEKEND
    days += sum((sent + timedelta(days=weeks * _WEEK + one)).weekday() < _WEEKEND for one in range(1, rest + 1))
    return days - sum(sent < one <= captured and one.weekday() < _WEEKEND for one in set(holidays))


@dataclass(slots=True)
class _Lags:
    """The lags of one custodian, in days, and those whose message says no date."""

    days: list[int] = field(default_factory=list)
    unknown: int = 0
    by_day: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LagQuestion:
    """What is asked: the limit, how days are counted, and whose records, None for all."""

    limit: int = LIMIT_DAYS
    working: bool = False
    custodian_id: str | None = None


def capture_lag(
    installation: Installation, principal: Principal, question: LagQuestion, progress: Callable[[int], None]
) -> dict[str, Any]:
    """The document of `report capture-lag`; `progress` is told of records as they are looked at.

    Raises:
        Denied: this role may not read records.
        NotFound: an employee asks for another custodian.
    """
    authorize(principal, Act.READ_RECORD)
    bound = principal.sees_only
    if bound is not None and question.custodian_id not in (None, bound):
        raise NotFound("there is no such custodian; see: archiver custodian list")
    wanted = bound if bound is not None else question.custodian_id
    archive = installation.archive
    zone, holidays = archive.zone, frozenset(installation.settings.agency.holidays)
    by_custodian: dict[str, _Lags] = defaultdict(_Lags)
    late: list[tuple[int, date, Record]] = []
    after: str | None = None
    while True:
        with archive.store.read() as connection:
            page = archive.catalogue.page_records(connection, after, _PAGE)
            chosen = [one for one in page if one.state is RecordState.ACTIVE and wanted in (None, one.custodian_id)]
            printed = _printed_days(archive, connection, [one for one in chosen if one.sent_at is None])
        if not page:
            break
        after = page[-1].id
        for one in chosen:
            lags = by_custodian[one.custodian_id]
            captured = one.captured_at.astimezone(zone).date()
            sent = printed.get(one.id) if one.sent_at is None else one.sent_at.astimezone(zone).date()
            if sent is None or not _OLDEST <= sent <= captured + _TOLERANCE:
                lags.unknown += 1
                continue
            lags.by_day += one.sent_at is None
            days = working_days(sent, captured, holidays) if question.working else calendar_days(sent, captured)
            lags.days.append(days)
            if days > question.limit:
                late.append((days, sent, one))
        progress(len(page))
    return _document(installation, question, by_custodian, late)


def _printed_days(archive: Archive, connection: Connection, undated: list[Record]) -> dict[str, date]:
    """The days that messages print without saying in which zone, by record."""
    found: dict[str, date] = {}
    mails = [one.id for one in undated if one.kind is RecordKind.EMAIL]
    for one in archive.catalogue.describe(connection, mails):
        with suppress(ValueError):
            found[one.record.id] = date.fromisoformat((one.description.original.date or "")[:10])
    return found


def _document(
    installation: Installation,
    question: LagQuestion,
    by_custodian: dict[str, _Lags],
    late: list[tuple[int, date, Record]],
) -> dict[str, Any]:
    archive = installation.archive
    with archive.store.read() as connection:
        owners = archive.custodians.open(connection, sorted(by_custodian))
    late.sort(key=lambda one: (-one[0], one[2].id))
    rows = [_row(owners[one].addresses[0], owners[one].name, by_custodian[one], question) for one in owners]
    rows.sort(key=lambda row: (-row["late"], row["custodian"]))
    return {
        "limit_days": question.limit,
        "counted": "working" if question.working else "calendar",
        "zone": archive.zone.key,
        "records": sum(row["records"] for row in rows),
        "late": sum(row["late"] for row in rows),
        "unknown": sum(row["unknown"] for row in rows),
        "by_day": sum(one.by_day for one in by_custodian.values()),
        "custodians": rows,
        "late_records": [
            {
                "id": one.id,
                "custodian": owners[one.custodian_id].addresses[0],
                "sent_at": sent.isoformat() if one.sent_at is None else one.sent_at.isoformat(),
                "captured_at": one.captured_at.isoformat(),
                "days": days,
            }
            for days, sent, one in late[:_MOST_LISTED]
        ],
    }


def _row(address: str, name: str, lags: _Lags, question: LagQuestion) -> dict[str, Any]:
    ordered = sorted(lags.days)
    over = sum(one > question.limit for one in ordered)
    return {
        "custodian": address,
        "name": name,
        "records": len(ordered) + lags.unknown,
        "in_time": len(ordered) - over,
        "late": over,
        "unknown": lags.unknown,
        "median_days": ordered[len(ordered) // 2] if ordered else None,
        "longest_days": ordered[-1] if ordered else None,
    }


def as_text(document: dict[str, Any]) -> str:
    """The report for people, on a terminal."""
    if not document["custodians"]:
        return "No records yet."
    days = "working days" if document["counted"] == "working" else "days"
    lines = [f"{'custodian':<40} {'records':>9} {'in time':>9} {'late':>7} {'no date':>8} {'median':>7} {'longest':>8}"]
    for one in document["custodians"]:
        median, longest = ("-" if one[name] is None else f"{one[name]:,}" for name in ("median_days", "longest_days"))
        counts = f"{one['records']:>9,} {one['in_time']:>9,} {one['late']:>7,} {one['unknown']:>8,}"
        lines.append(f"{one['custodian']:<40} {counts} {median:>7} {longest:>8}")
    lines += ["", f"Late is captured more than {document['limit_days']:,} {days} after the message says it was sent."]
    if document["unknown"]:
        lines.append(f"{document['unknown']:,} say no date that can be used, and are counted neither in time nor late.")
    if document["by_day"]:
        lines.append(f"{document['by_day']:,} say no time zone, and count by the day that they print.")
    return "\n".join(lines)
