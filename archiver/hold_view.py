"""A hold as people and programs see it. Pure.

Rule: the counts name what is known and what is not: pending and cannot-tell records are held, and are told apart from
those that match. What was destroyed before a hold was placed stands in its document, so that nobody takes it for lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retention.hold_listing import DestroyedBefore, HoldCounts
    from retention.hold_rules import HoldTerms
    from retention.holds import Hold

_SHOWN = 20


def _counts(counts: HoldCounts) -> dict[str, int]:
    return {
        "held": counts.held,
        "match": counts.match,
        "decided": counts.decided,
        "cannot_tell": counts.cannot_tell,
        "pending": counts.pending,
        "freed": counts.freed,
    }


def hold_line(hold: Hold, terms: HoldTerms, counts: HoldCounts) -> dict[str, Any]:
    """One row of `hold list`."""
    return {
        "id": hold.id,
        "state": "open" if hold.open else "released",
        "origin": hold.origin.value,
        "request": hold.origin_id,
        "matter": terms.matter,
        "reason": terms.reason,
        "placed_at": hold.placed_at.isoformat(),
        "records": _counts(counts),
    }


def hold_document(
    hold: Hold,
    terms: HoldTerms,
    *,
    counts: HoldCounts,
    placed_by: str,
    custodians: Sequence[str],
    released: dict[str, Any] | None,
    before: Sequence[DestroyedBefore],
    untold: int,
) -> dict[str, Any]:
    """The document of `hold show`; `custodians` are addresses."""
    rule = terms.rule
    return {
        **hold_line(hold, terms, counts),
        "placed_by": placed_by,
        "position": hold.position,
        "version": hold.version,
        "released": released,
        "rule": {
            "records": list(rule.records),
            "custodians": list(custodians),
            "accounts": list(rule.accounts),
            "correspondents": list(rule.correspondents),
            "since": None if rule.since is None else rule.since.isoformat(),
            "until": None if rule.until is None else rule.until.isoformat(),
            "query": rule.query,
            "asked_on": None if rule.asked_on is None else rule.asked_on.isoformat(),
        },
        "destroyed_before": [
            {
                "id": one.record_id,
                "destruction": one.batch_id,
                "position": one.position,
                "at": one.at.isoformat(),
            }
            for one in before
        ],
        "destroyed_before_untold": untold,
    }


def hold_text(document: dict[str, Any]) -> str:
    """The document for people, on a terminal."""
    rule, counts = document["rule"], document["records"]
    lines = [f"{document['id']}  {document['state']}  {document['matter'] or ''}".rstrip()]
    lines.append(f"Reason:        {document['reason']}")
    placed = f"for request {document['request']}" if document["request"] else f"by {document['placed_by']}"
    lines.append(f"Placed:        {document['placed_at']} {placed}, leaf {document['position']} of the ledger")
    for name, values in (
        ("Records:", rule["records"][:_SHOWN]),
        ("Custodians:", rule["custodians"]),
        ("Accounts:", rule["accounts"]),
        ("Correspondents:", rule["correspondents"]),
    ):
        if values:
            lines.append(f"{name:<15}{', '.join(values)}")
    if len(rule["records"]) > _SHOWN:
        lines.append(f"               ... and {len(rule['records']) - _SHOWN:,} more")
    if rule["since"] or rule["until"]:
        lines.append(f"Days:          {rule['since'] or '...'} to {rule['until'] or '...'}")
    if rule["query"] is not None:
        lines.append(f"Query:         {rule['query']}  (asked on {rule['asked_on']})")
    released = document["released"]
    if released is not None:
        lines.append(
            f"Released:      {released['at']} by {released['by']}: {released['reason'] or 'no reason was given'}"
        )
    else:
        lines.append(f"Holds:         {counts_text(counts)}")
    return "\n".join([*lines, *_before_lines(document)])


def _before_lines(document: dict[str, Any]) -> list[str]:
    before, untold = document["destroyed_before"], document["destroyed_before_untold"]
    lines = [
        f"Not held:      record {one['id']} was destroyed before, on {one['at']} ({one['destruction']}, leaf "
        f"{one['position']})"
        for one in before[:_SHOWN]
    ]
    if len(before) > _SHOWN:
        lines.append(f"               ... and {len(before) - _SHOWN:,} more were destroyed before; --json lists all")
    if untold:
        lines.append(f"Before it:     {untold:,} records were destroyed of which nobody can tell whether it held them")
    return lines


def counts_text(counts: dict[str, int]) -> str:
    """How many records a hold holds, and what is not known of them."""
    parts = [f"{counts['held']:,} records"]
    if counts["cannot_tell"]:
        parts.append(f"{counts['cannot_tell']:,} of them because the rule cannot read them")
    if counts["pending"]:
        parts.append(f"{counts['pending']:,} of them until they are compared")
    if counts["freed"]:
        parts.append(f"{counts['freed']:,} others were freed by an officer")
    return ", ".join(parts)
