"""The log of requests as an export, the metrics that Washington asks for, and due days as a calendar feed. Pure.

Rules:

- The log has the facts that RCW 40.14.026(3) names, in its order; cells that a spreadsheet would take for a formula
  are made inert. Metrics are counted from events; what nobody noted is not guessed.
- The feed is RFC 5545: one all-day event a due day, with an id that stays the same while the clock is the same.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from search.inert_cells import as_csv

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_LINE: Final = 73
_COLUMNS: Final = (
    "number",
    "received",
    "requester",
    "class",
    "text",
    "clarified",
    "records produced",
    "exemptions or redactions",
    "closed",
    "outcome",
    "first answer (days)",
    "open (days)",
)
_ANSWERS: Final = ("acknowledged", "estimated", "determined", "denied", "produced", "completed")


def log_csv(documents: Iterable[Mapping[str, Any]]) -> bytes:
    """The log as a file of RFC 4180, one row a request, as `request show` has it."""
    rows: list[Sequence[object]] = [_COLUMNS]
    for one in documents:
        asks = one["from"]
        kinds = [event["kind"] for event in one["events"]]
        rows.append(
            (
                one["number"],
                one["received_at"][:10],
                ", ".join(part for part in (asks["name"], asks["organisation"]) if part) or "anonymous",
                one["requester"],
                one["text"],
                "yes" if "clarified" in kinds else "no",
                "yes" if "produced" in kinds else "no",
                {"released_in_part": "yes", "denied": "withheld"}.get(one["closing"] or "", "no"),
                (one["closed_at"] or "")[:10],
                one["closing"] or "open",
                _days_to(one, _ANSWERS),
                _days_to(one, ("completed",)),
            )
        )
    return as_csv(rows)


def metrics(documents: Sequence[Mapping[str, Any]], year: int) -> dict[str, Any]:
    """What RCW 40.14.026(5) asks of a year, as far as events tell it; None where none says."""
    received = [one for one in documents if one["received_at"][:4] == str(year)]
    closed = [one for one in documents if (one["closed_at"] or "")[:4] == str(year)]
    open_days = [int(days) for one in closed if (days := _days_to(one, ("completed",)))]
    answer_days = [int(days) for one in received if (days := _days_to(one, _ANSWERS))]
    kinds = [event["kind"] for one in received for event in one["events"]]
    by_class: dict[str, int] = {}
    for one in received:
        by_class[one["requester"]] = by_class.get(one["requester"], 0) + 1
    outcomes: dict[str, int] = {}
    for one in closed:
        outcomes[one["closing"]] = outcomes.get(one["closing"], 0) + 1
    paid = sum(_paid(event, year) for one in documents for event in one["events"])
    return {
        "year": year,
        "received": len(received),
        "closed": len(closed),
        "closed_within_5_days": sum(days <= 5 for days in open_days),  # noqa: PLR2004 - the law's own number
        "open_at_end": sum(one["closed_at"] is None or one["closed_at"][:4] > str(year) for one in received),
        "average_days_to_first_answer": _average(answer_days),
        "average_days_to_close": _average(open_days),
        "abandoned": outcomes.get("abandoned", 0),
        "clarification_asked": kinds.count("clarification_asked"),
        "denied": outcomes.get("denied", 0),
        "by_requester": dict(sorted(by_class.items())),
        "by_outcome": dict(sorted(outcomes.items())),
        "recovered_cents": paid,
        "appeals": kinds.count("appealed"),
    }


def calendar_feed(lines: Iterable[Mapping[str, Any]], *, stamp: datetime) -> str:
    """Due days as iCalendar; a title says the number and the clock, never what is asked for."""
    told = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Public records archiver//Requests//EN", "CALSCALE:GREGORIAN"]
    for one in lines:
        for clock in one["clocks"]:
            if clock["due"] is None or clock["state"] not in ("running", "late", "waiting", "tolled"):
                continue
            day = datetime.fromisoformat(clock["due"])
            told += [
                "BEGIN:VEVENT",
                f"UID:{one['id']}-{clock['clock']}@archiver.invalid",
                f"DTSTAMP:{stamp.astimezone(UTC):%Y%m%dT%H%M%SZ}",
                f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
                f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}",
                f"SUMMARY:{_escaped('Request ' + one['number'] + ': ' + clock['title'])}",
                f"DESCRIPTION:{_escaped(' '.join([clock['duty'], *clock['explanation'], clock['citation']]))}",
                "END:VEVENT",
            ]
    return "".join(f"{_folded(line)}\r\n" for line in [*told, "END:VCALENDAR"])


def _paid(event: Mapping[str, Any], year: int) -> int:
    """What an event of this year brought in, in cents; below zero for what was given back."""
    cents: int = event["cents"] or 0 if event["at"][:4] == str(year) else 0
    if event["kind"] == "fee_refunded":
        return -cents
    return cents if event["kind"] in ("fee_paid", "deposit_paid") else 0


def _days_to(one: Mapping[str, Any], kinds: Sequence[str]) -> str:
    at = next((event["at"] for event in one["events"] if event["kind"] in kinds), None)
    if at is None:
        return ""
    return str((datetime.fromisoformat(at) - datetime.fromisoformat(one["received_at"])).days)


def _average(days: Sequence[int]) -> float | None:
    return round(sum(days) / len(days), 1) if days else None


def _escaped(text: str) -> str:
    return re.sub(r"([\\;,])", r"\\\1", " ".join(text.split()))


def _folded(line: str) -> str:
    """Lines of at most 75 octets (RFC 5545 §3.1), never split inside a character."""
    pieces, piece = [], ""
    for letter in line:
        if len((piece + letter).encode()) > _LINE:
            pieces.append(piece)
            piece = ""
        piece += letter
    return "\r\n ".join([*pieces, piece])
