"""Records whose clock waits for an event that nobody supplied, oldest first: what else would be kept for ever.

Rule: as evaluation reads the rules, without holds: a hold does not supply an event. Nothing is assumed to have
happened because it is late.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from retention.due_days import PAGE
from retention.evaluation import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from retention.service import RetentionService
    from storage.transaction import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRecord:
    """A record that waits for any of these events or facts; since its capture."""

    id: str
    since: datetime
    series_id: str | None
    waits_for: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """One row of `retention waiting`."""
        return {
            "id": self.id,
            "since": self.since.isoformat(),
            "series": self.series_id,
            "waits_for": list(self.waits_for),
        }


def waiting_records(
    store: Store,
    service: RetentionService,
    today: date,
    progress: Callable[[int], None] = lambda _records: None,
) -> list[WaitingRecord]:
    """Every active record that needs an event on a day, oldest capture first.

    The table of due days says which may; each is decided about anew.
    """
    found: list[WaitingRecord] = []
    ids = service.waiting(today, progress)
    for start in range(0, len(ids), PAGE):
        with store.read() as connection:
            page = service.active(connection, ids[start : start + PAGE])
            decisions = service.without_holds(connection, page, today)
        for record, decision in zip(page, decisions, strict=True):
            if decision.decision is Verdict.NEEDS_EVENT:
                found.append(
                    WaitingRecord(
                        id=record.id,
                        since=record.captured_at,
                        series_id=record.series_id,
                        waits_for=decision.waits_for,
                    )
                )
        progress(len(page))
    return sorted(found, key=lambda one: (one.since, one.id))


def by_event(found: list[WaitingRecord]) -> list[dict[str, Any]]:
    """How many records wait for each kind of event, and since when the oldest; the most awaited first."""
    counts: dict[str, int] = {}
    oldest: dict[str, datetime] = {}
    for one in found:
        for kind in one.waits_for:
            counts[kind] = counts.get(kind, 0) + 1
            oldest[kind] = min(one.since, oldest.get(kind, one.since))
    names = sorted(counts, key=lambda kind: (-counts[kind], kind))
    return [{"kind": kind, "records": counts[kind], "oldest": oldest[kind].isoformat()} for kind in names]
