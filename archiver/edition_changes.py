"""Before and after of an edition: which rules of a schedule change, and how many records get another day by it.

Rules:

- Counted are days that are still to come. What was executed keeps the edition under which it was decided, in the
  disposition and its certificate; nothing here touches that.
- Both sides are read of what is known today, since an edition of last year is no excuse for facts of last year.
- Counting names no record and writes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from retention.comparing import Change, DateChange, date_change
from retention.deciding import decided
from retention.evaluation import Verdict
from retention.facts import local_day
from retention.two_books import TwoBooks
from storage.errors import Conflict
from storage.records import RecordState

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from sqlalchemy import Connection

    from archiver.wiring import Installation
    from retention.comparing import ScheduleChanges
    from retention.evaluation import Decision
    from retention.library import LoadedSchedule, RuleBook
    from storage.records import Record

_MOST_EDITIONS: Final = 8
_AT_ONCE: Final = "eligible_at_once"
_NO_MORE: Final = "eligible_no_more"
_COUNTED: Final = ("records", *(change.value for change in DateChange), _AT_ONCE, _NO_MORE)


def count_dates(
    installation: Installation,
    before: RuleBook,
    after: RuleBook,
    *,
    today: date,
    progress: Callable[[int, int | None], None] = lambda _done, _total: None,
) -> dict[str, Any]:
    """How many records get an earlier, a later or no first day by other schedules, in all and by series.

    `eligible_at_once` and `eligible_no_more` are those that are eligible on the day by one of both only. Left out are
    series in which every date stays.
    """
    archive = installation.archive
    books = TwoBooks(
        archive.store,
        archive.catalogue,
        installation.retention.known,
        installation.rule_judging(),
        before=before,
        after=after,
        today=today,
    )
    with archive.store.read() as connection:
        total = archive.catalogue.count(connection, RecordState.ACTIVE)
    totals = dict.fromkeys(_COUNTED, 0)
    series: dict[str | None, dict[str, int]] = {}
    done = 0
    for seen, page in books.pages():
        for one in page:
            row = series.setdefault(one.before.series_id or one.after.series_id, dict.fromkeys(_COUNTED, 0))
            for sums in (totals, row):
                for name in _names(one.before.decision, one.after.decision):
                    sums[name] += 1
        done += seen
        progress(done, max(done, total))
    rows = [{"id": name, **row} for name, row in sorted(series.items(), key=lambda pair: pair[0] or "") if _moved(row)]
    return {"today": today.isoformat(), "totals": totals, "series": rows}


def _names(before: Decision, after: Decision) -> list[str]:
    names = ["records", date_change(before, after).value]
    due = (before.decision is Verdict.ELIGIBLE, after.decision is Verdict.ELIGIBLE)
    if due == (False, True):
        names.append(_AT_ONCE)
    elif due == (True, False):
        names.append(_NO_MORE)
    return names


def _moved(row: dict[str, int]) -> bool:
    return row["records"] != row[DateChange.SAME.value] or bool(row[_AT_ONCE] or row[_NO_MORE])


def changes_text(changes: ScheduleChanges, dates: dict[str, Any] | None) -> str:
    """Both for people: the head, each series with its rule before and after, then the records."""
    counts = changes.counts()
    lines = [f"series: {', '.join(f'{number:,} {name}' for name, number in counts.items())}"]
    lines += [f"{what}: {before or '-'} -> {after or '-'}" for what, before, after in changes.head]
    for one in changes.series:
        parts = f" ({', '.join(one.parts)})" if one.parts else ""
        lines += ["", f"{one.change.value}  {one.id}{parts}"]
        if one.change is Change.CHANGED and one.before == one.after:
            lines += [f"    {line}" for line in one.after]
            continue
        lines += [f"  - {line}" for line in one.before]
        lines += [f"  + {line}" for line in one.after]
    if dates is not None:
        lines += ["", *_dates_lines(dates)]
    return "\n".join(lines)


def _dates_lines(dates: dict[str, Any]) -> list[str]:
    totals = dates["totals"]
    lines = [f"{totals['records']:,} records, by what is known on {dates['today']}: {_told(totals)}"]
    return [*lines, *(f"  {row['id'] or 'without a series'}: {_told(row)}" for row in dates["series"])]


def _told(row: dict[str, int]) -> str:
    words = {
        "earlier": "may go earlier",
        "later": "later",
        "dated": "get a first day",
        "undated": "lose theirs",
        "same": "stay",
        _AT_ONCE: "eligible at once",
        _NO_MORE: "eligible no more",
    }
    return ", ".join(f"{row[name]:,} {text}" for name, text in words.items() if row[name]) or "none"


def earlier_editions(
    installation: Installation, connection: Connection, record: Record, decision: Decision, day: date
) -> list[dict[str, Any]]:
    """What superseded editions of its schedule would say of a record, newest first, where a day is another.

    Each has `edition`, until when it was the current one (`until`, in the archive's zone), its `eligible_on` and
    `latest_on`; they rest on what is known now.
    """
    library = installation.library
    book = library.book(connection)
    current = [one for one in book.loaded if record.series_id is not None and one.schedule.find(record.series_id)]
    names = {one.schedule.name for one in current}
    known = installation.retention.known.of(connection, [record])[record.id]
    found: list[dict[str, Any]] = []
    told = (decision.eligible_on, decision.latest_on)
    for edition, until in library.superseded(connection, names, limit=_MOST_EDITIONS):
        if record.series_id is None or edition.schedule.find(record.series_id) is None:
            continue
        past = _decided(book, edition, lambda one: decided(one, known, (), day))
        if past is None or (past.eligible_on, past.latest_on) == told:
            continue
        told = (past.eligible_on, past.latest_on)
        found.append(
            {
                "schedule": edition.schedule.name,
                "edition": edition.schedule.edition,
                "until": local_day(until, installation.archive.zone).isoformat(),
                "eligible_on": None if past.eligible_on is None else past.eligible_on.isoformat(),
                "latest_on": None if past.latest_on is None else past.latest_on.isoformat(),
            }
        )
    return found


def _decided(book: RuleBook, edition: LoadedSchedule, decide: Callable[[RuleBook], Decision]) -> Decision | None:
    try:
        return decide(book.revised(edition.schedule))
    except Conflict:  # a series of that edition belongs to another schedule by now
        return None
