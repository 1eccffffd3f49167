"""What a law lets be charged, as people and programs see it. Pure.

Rule: beside every amount stands the law that sets it, with how sure that reading is. The agency's own rate stands apart
from the law's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from search.disclosure.fees import money

if TYPE_CHECKING:
    from collections.abc import Mapping

    from search.disclosure.fee_rules import FeeItem, FeeSchedule


def schedule_document(schedule: FeeSchedule, own: Mapping[str, int] | None = None) -> dict[str, Any]:
    """The fees of a profile, with the agency's own rates by unit; amounts in cents."""
    deposit, late, waiver = schedule.deposit, schedule.late, schedule.waiver
    return {
        "profile": schedule.profile,
        "items": [_item(one) | {"own_cents": (own or {}).get(one.id)} for one in schedule.items],
        "deposit": None
        if deposit is None
        else {
            "percent": deposit.percent,
            "over_cents": deposit.over_cents,
            "citation": deposit.citation,
            "confidence": deposit.confidence.value,
        },
        "late": None
        if late is None
        else {
            "clock": late.clock,
            "kinds": list(late.kinds),
            "citation": late.citation,
            "confidence": late.confidence.value,
        },
        "waiver": None
        if waiver is None
        else {"grounds": list(waiver.grounds), "citation": waiver.citation, "confidence": waiver.confidence.value},
        "smallest_cents": schedule.smallest_cents,
        "circumstances": sorted(schedule.circumstances),
        "notes": list(schedule.notes),
    }


def schedule_text(document: Mapping[str, Any]) -> str:
    """`fee rules` for people."""
    lines = [f"{document['profile']}: what may be charged"]
    lines += [f"  {one['unit']}: {_told(one)}; {_law(one)}" for one in document["items"]]
    if rule := document["deposit"]:
        over = f" above {money(rule['over_cents'])}" if rule["over_cents"] else ""
        lines.append(f"Deposit: up to {rule['percent']} % of an estimate{over}; {_law(rule)}")
    if rule := document["late"]:
        lines.append(f"When {rule['clock']} came late, nothing of the kinds {', '.join(rule['kinds'])}; {_law(rule)}")
    if rule := document["waiver"]:
        lines.append(f"Waived on the grounds {', '.join(rule['grounds'])}; {_law(rule)}")
    if document["smallest_cents"]:
        lines.append(f"Below {money(document['smallest_cents'])} nothing is charged.")
    return "\n".join([*lines, *document["notes"]])


def _item(one: FeeItem) -> dict[str, Any]:
    return {
        "unit": one.id,
        "title": one.title,
        "kind": one.kind,
        "cents": one.cents,
        "per": one.per,
        "free": one.free,
        "free_for": {requester.value: count for requester, count in one.free_for.items()},
        "free_when": dict(one.free_when),
        "forbidden": one.forbidden,
        "only_for": [requester.value for requester in one.only_for],
        "not_for": [requester.value for requester in one.not_for],
        "only_when": one.only_when,
        "citation": one.citation,
        "confidence": one.confidence.value,
    }


def _told(one: Mapping[str, Any]) -> str:
    if one["forbidden"]:
        return "nothing"
    said = [one["title"]]
    if one["kind"] == "cost":
        said.append("what it cost the agency")
    elif one["cents"] is None:
        said.append("what the agency sets (--rate, or fees of its settings)")
    else:
        said.append(f"up to {money(one['cents'])}" + (f" for each {one['per']}" if one["per"] > 1 else ""))
    said += [f"the agency's own rate is {money(one['own_cents'])}"] if one["own_cents"] is not None else []
    said += [f"the first {one['free']} free"] if one["free"] else []
    said += [f"for {who} the first {count} free" for who, count in one["free_for"].items()]
    said += [f"with --when {name} the first {count} free" for name, count in one["free_when"].items()]
    said += [f"only for {', '.join(one['only_for'])}"] if one["only_for"] else []
    said += [f"not for {', '.join(one['not_for'])}"] if one["not_for"] else []
    said += [f"only with --when {one['only_when']}"] if one["only_when"] else []
    return ", ".join(said)


def _law(rule: Mapping[str, Any]) -> str:
    return f"{rule['citation']} ({rule['confidence']})"
