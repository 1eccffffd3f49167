"""What the archive knows for the letters of a request: its days, decisions, productions and rights, as texts by field.

Rules:

- Law comes from the request's profile, with its citation; what the profile does not know is left out, and the letter
  has a blank there. Which of the citations nobody verified is told beside it.
- Nothing of a record stands in a letter: it has counts, numbers of pages and grounds, and what officers wrote for the
  requester.
- What is said of a production is said of the last one that was made.
- The agency's own standing texts (its address, who hears appeals) are in ``fields.toml`` of its folder of letters.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any, Final

from archiver.own_exemptions import law_in_force
from archiver.requesting import clocks_of
from search.disclosure.deadlines import ClockEventKind, ClockState
from search.disclosure.fee_rules import shipped_fees
from search.disclosure.jurisdictions import Confidence, DayUnit, RequesterClass
from search.disclosure.letter_templates import check_fields, read_own_file
from search.disclosure.production_types import page_number
from search.disclosure.productions import Productions
from search.disclosure.release_types import Leaves
from search.disclosure.requests import Requests
from search.disclosure.review_rows import Decision
from storage.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from archiver.access import Principal
    from archiver.wiring import Installation
    from search.disclosure.jurisdictions import Period, Profile
    from search.disclosure.request_types import DisclosureRequest, RequestEvent
    from search.disclosure.review_rows import ReviewedRecord

FIELDS_FILE: Final = "fields.toml"
_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_OPEN: Final = (ClockState.RUNNING, ClockState.LATE, ClockState.TOLLED)
_NAMED: Final = "responsible_persons"
_NOT_OURS: Final = "appeal"


def letter_values(
    installation: Installation,
    connection: Connection,
    found: DisclosureRequest,
    members: Sequence[ReviewedRecord],
    who: Principal,
) -> tuple[dict[str, str], dict[str, str]]:
    """Texts by field, and the citations among them that nobody verified, by field."""
    archive, profile = installation.archive, law_in_force(installation, found.profile, connection, retired=True)
    events = Requests(archive.store).events(connection, found.id)
    today = archive.store.clock().astimezone(archive.zone).date()
    terms = Requests(archive.store).terms(connection, found.id)
    values = {
        "agency": installation.settings.agency.name,
        "date": in_words(today),
        "number": found.number,
        "title": terms.title,
        "received": in_words(found.received_at.astimezone(archive.zone).date()),
        "requester": terms.name or "Requester",
        "organisation": terms.organisation or "",
        "contact": terms.contact or "",
        "statute": profile.statute,
        "officer": who.name,
        "officer_title": f"records {who.role.value}",
        "outcome": "" if found.closing is None else found.closing.value.replace("_", " "),
    }
    unsure: dict[str, str] = {}
    jailed = found.requester is RequesterClass.INCARCERATED
    values["hold_days"] = str(profile.hold_days_incarcerated if jailed else profile.hold_days)
    values["hold_citation"] = profile.hold_citation
    values |= _clock_values(installation, found, events, profile, unsure)
    values |= _event_values(installation, connection, events)
    values |= _fee_values(found.profile, unsure)
    values |= _decision_values(installation, members, profile, unsure)
    values |= _production_values(installation, connection, found)
    values |= _rights(profile, unsure)
    return {name: text for name, text in values.items() if text}, unsure


def standing_values(installation: Installation) -> dict[str, str]:
    """The agency's own texts by field.

    Raises:
        InvalidInput: its file cannot be read, or has what is no field.
    """
    folder = installation.settings.disclosure.letters
    if folder is None or not (folder / FIELDS_FILE).is_file():
        return {}
    try:
        stated = tomllib.loads(read_own_file(folder / FIELDS_FILE))
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"{FIELDS_FILE} in the folder of letters is no TOML: {error}") from error
    check_fields(stated)
    if not all(isinstance(one, str) for one in stated.values()):
        raise InvalidInput(f'{FIELDS_FILE} in the folder of letters has texts only, as appeal_address = "..."')
    return dict(stated)


def in_words(day: date) -> str:
    """A day as it stands in a letter, such as ``March 2, 2026``."""
    return f"{_MONTHS[day.month - 1]} {day.day}, {day.year}"


def _clock_values(
    installation: Installation,
    found: DisclosureRequest,
    events: Sequence[RequestEvent],
    profile: Profile,
    unsure: dict[str, str],
) -> dict[str, str]:
    clocks = clocks_of(installation, found, events)
    values: dict[str, str] = {}
    running = [one for one in clocks if one.state in _OPEN and one.due is not None and one.clock != _NOT_OURS]
    if running:
        nearest = min(running, key=lambda one: (one.due, one.clock))
        assert nearest.due is not None
        values |= {"due": in_words(nearest.due), "due_citation": nearest.citation}
        _note(unsure, "due_citation", nearest.citation, nearest.confidence)
    more = (ClockEventKind.EXTENDED.value, ClockEventKind.AGREED.value)
    last = next((one for one in reversed(events) if one.kind in more), None)
    if last is None:
        return values
    moved = [one for one in clocks if one.due != one.first_due and last.clock in (None, one.clock)]
    day = last.until or next((one.due for one in moved), None)
    rule = next((one for one in profile.clocks if one.extension and last.clock in (None, one.id)), None)
    if rule is not None and rule.extension is not None:
        values["extension_citation"] = rule.extension.citation
        _note(unsure, "extension_citation", rule.extension.citation, rule.extension.confidence)
    agreed = "we agreed on it with you" if last.kind == ClockEventKind.AGREED.value else ""
    values["extension_reason"] = (last.reason or "").replace("_", " ") or agreed
    values["extended_to"] = "" if day is None else in_words(day)
    return values


def _event_values(installation: Installation, connection: Connection, events: Sequence[RequestEvent]) -> dict[str, str]:
    """What officers wrote down for the requester, and amounts."""

    def last(kind: str) -> RequestEvent | None:
        return next((one for one in reversed(events) if one.kind == kind), None)

    def text(one: RequestEvent | None) -> str:
        payload: Mapping[str, Any] = {}
        if one is not None:
            payload = installation.archive.ledger.payload(connection, one.position) or {}
        return payload.get("text") or ""

    estimate, deposit = last("fee_estimated"), last("deposit_asked")
    return {
        "question": text(last(ClockEventKind.CLARIFICATION_ASKED.value)),
        "amount": _money(estimate),
        "fee_basis": text(estimate),
        "deposit": _money(deposit),
    }


def _fee_values(profile_id: str, unsure: dict[str, str]) -> dict[str, str]:
    items = shipped_fees(profile_id).items
    citation = "; ".join(dict.fromkeys(one.citation for one in items))
    if any(one.confidence is Confidence.UNVERIFIED for one in items):
        unsure["fee_citation"] = citation
    return {"fee_citation": citation}


def _decision_values(
    installation: Installation, members: Sequence[ReviewedRecord], profile: Profile, unsure: dict[str, str]
) -> dict[str, str]:
    counts = {one: sum(member.decision is one for member in members) for one in Decision}
    given, part, kept = counts[Decision.RELEASE], counts[Decision.REDACT], counts[Decision.WITHHOLD]
    used = {code for one in members if one.decision in (Decision.REDACT, Decision.WITHHOLD) for code in one.codes}
    grounds = [one for one in profile.exemptions if one.code in used]
    for one in grounds:
        _note(unsure, f"exemption {one.code}", one.citation, one.confidence)
    if part or kept:
        _note(unsure, "log_citation", profile.log_citation, profile.log_confidence)
    return {
        "in_full": "yes" if given and not part and not kept else "",
        "in_part": "yes" if part or (given and kept) else "",
        "denied": "yes" if kept and not given and not part else "",
        "kept_back": "yes" if part or kept else "",
        "left_out": "yes" if part else "",
        "withheld": "yes" if kept else "",
        "released": counted(given, "record"),
        "redacted": counted(part, "record"),
        "withheld_count": counted(kept, "record"),
        "exemptions": "\n".join(f"{one.code}: {one.title} ({one.citation})" for one in grounds),
        "log_citation": profile.log_citation,
        "responsible": _responsible(installation, members) if _NAMED in profile.log else "",
    }


def _responsible(installation: Installation, members: Sequence[ReviewedRecord]) -> str:
    """Names and titles of who decided that something is kept back."""
    people = {one.actor: f"{one.name}, {one.role.value}" for one in installation.users.list()}
    kept_back = (Decision.REDACT, Decision.WITHHOLD)
    decided = {one.decided_by for one in members if one.decision in kept_back and one.decided_by}
    return "\n".join(sorted({people[one] for one in decided if one in people}))


def _production_values(installation: Installation, connection: Connection, found: DisclosureRequest) -> dict[str, str]:
    given = Productions(installation.archive.store)
    all_of = given.all_of(connection, found.id)
    if not all_of:
        return {}
    last = all_of[-1]
    redacted = any(one.leaves is Leaves.REDACTED for one in given.documents(connection, found.id, last.number))
    values = {
        "left_out": "yes" if redacted else "",
        "production": str(last.number),
        "documents": counted(last.documents, "document"),
        "pages": counted(last.last_page - last.first_page + 1, "page"),
        "first_page": last.first,
        "last_page": last.last,
        "productions": counted(len(all_of), "production"),
        "all_pages": counted(sum(one.last_page - one.first_page + 1 for one in all_of), "page"),
    }
    clawbacks = given.clawbacks(connection, found.id)
    if clawbacks:
        asked = clawbacks[-1]
        pages = [
            (one, document)
            for one in all_of
            for document in given.documents(connection, found.id, one.number)
            if document.clawback == asked.number
        ]
        # why is not told from the archive: what officers note of it may say what should not have been given
        values["clawback_production"] = ", ".join(dict.fromkeys(str(one.number) for one, _ in pages))
        values["clawback_pages"] = "\n".join(
            _range(page_number(one.prefix, document.first_page), page_number(one.prefix, document.last_page))
            for one, document in pages
        )
    return values


def _range(first: str, last: str) -> str:
    return first if first == last else f"{first} to {last}"


def _rights(profile: Profile, unsure: dict[str, str]) -> dict[str, str]:
    about = profile.appeal
    if about is None:
        return {}
    _note(unsure, "appeal_citation", about.citation, about.confidence)
    _note(unsure, "court_citation", about.court_citation, about.court_confidence)
    return {
        "remedy": "yes",
        "appeal_to": about.to,
        "appeal_within": _days(about.period),
        "appeal_decided": _days(about.decided),
        "appeal_copy": about.copy_to,
        "appeal_citation": about.citation,
        "court": about.court,
        "court_citation": about.court_citation,
    }


def _days(period: Period) -> str:
    if period.days is None:
        return ""
    unit = "business day" if period.unit is DayUnit.BUSINESS else "day"
    return counted(period.days, unit)


def counted(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{f'{number:,}' if number else 'no'} {noun}{'' if number == 1 else 's'}"


def _money(event: RequestEvent | None) -> str:
    return "" if event is None or event.cents is None else f"${event.cents / 100:,.2f}"


def _note(unsure: dict[str, str], field: str, citation: str, confidence: str) -> None:
    if citation and confidence == Confidence.UNVERIFIED:
        unsure[field] = citation
