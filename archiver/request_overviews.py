"""All requests at once, for whoever plans the work of the office: what is due, the whole log, the laws that are known.

Rule: as in `archiver.requesting`: who may not see requests is told of none, and looking is an event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from archiver.access import Act, authorize
from archiver.own_exemptions import law_in_force
from archiver.requesting import list_requests, show_request
from search.disclosure.jurisdictions import profile_ids

if TYPE_CHECKING:
    from archiver.access import Principal
    from archiver.wiring import Installation
    from search.disclosure.jurisdictions import Profile

_PRESSING: Final = ("running", "late", "tolled", "waiting")


def every_request(installation: Installation, who: Principal) -> list[dict[str, Any]]:
    """The documents of all requests, closed ones too, in the order in which they were received. An event.

    Raises:
        Denied: this role may not.
    """
    lines = list_requests(installation, who, closed=True)
    return [show_request(installation, who, one["id"], seen=False) for one in lines]


def due_clocks(installation: Installation, who: Principal, name: str | None = None) -> list[dict[str, Any]]:
    """The clocks of one request, or those that run of all open ones, the most pressing first. An event.

    Raises:
        NotFound: there is no such request.
        Denied: this role may not.
    """
    names = [name] if name else [one["id"] for one in list_requests(installation, who)]
    found = [show_request(installation, who, one, seen=bool(name)) for one in names]
    rows = [
        {**clock, "number": one["number"], "request": one["title"]}
        for one in found
        for clock in one["clocks"]
        if name or clock["state"] in _PRESSING
    ]
    rows.sort(key=lambda one: (one["due"] is None, one["due"] or "", one["number"]))
    return rows


def known_profiles(installation: Installation, who: Principal, name: str | None = None) -> list[dict[str, Any]]:
    """The laws that are known, or one of them, with the grounds that the agency offers beside them.

    Raises:
        NotFound: there is no such profile.
        Denied: this role may not see requests.
    """
    authorize(who, Act.SEE_REQUESTS)
    return [profile_document(law_in_force(installation, one)) for one in ([name] if name else profile_ids())]


def profile_document(profile: Profile) -> dict[str, Any]:
    """A law's clocks with their extensions, and its grounds to withhold, each with its citation. Pure."""
    return {
        "id": profile.id,
        "name": profile.name,
        "statute": profile.statute,
        "hold_days": profile.hold_days,
        "exemptions": [
            {
                "code": ground.code,
                "title": ground.title,
                "citation": ground.citation,
                "confidence": ground.confidence,
                "source": ground.source,
            }
            for ground in profile.exemptions
        ],
        "clocks": [
            {
                "clock": rule.id,
                "days": rule.period.days,
                "unit": rule.period.unit.value,
                "only_when": rule.only_when,
                "reasons": [] if rule.extension is None else list(rule.extension.reasons),
                "citation": rule.citation,
                "confidence": rule.confidence.value,
            }
            for rule in profile.clocks
        ],
    }
