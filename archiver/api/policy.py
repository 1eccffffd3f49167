"""Who may use which address: one table, from method and path to what it needs; pure.

Rule: deny by default. An address that does not stand here is refused to everybody, and the program does not
start with one (`check_complete`), so forgetting an entry cannot open anything.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from archiver.access import Act

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Entry(StrEnum):
    """What needs no particular permission: everybody, or everybody who has signed in."""

    PUBLIC = "public"
    SIGNED_IN = "signed in"


Access = Entry | Act

POLICY: Final[Mapping[tuple[str, str], Access]] = {
    ("GET", "/"): Entry.SIGNED_IN,
    ("GET", "/sign-in"): Entry.PUBLIC,
    ("POST", "/sign-in"): Entry.PUBLIC,
    ("POST", "/sign-out"): Entry.PUBLIC,  # ends the session that is presented, and nothing else
    ("GET", "/search"): Act.SEARCH,
    ("GET", "/search/coverage"): Act.SEARCH,
    ("GET", "/records/{record_id}"): Act.READ_RECORD,
    ("GET", "/records/{record_id}/components/{component_id}"): Act.EXPORT,
    ("POST", "/records/{record_id}/notices"): Act.NOTIFY,
    ("POST", "/records/{record_id}/nonrecord"): Act.ASK_NONRECORD,
    ("GET", "/records/{record_id}/pictures/{component_id}"): Act.READ_RECORD,
    ("GET", "/records/{record_id}/transcript"): Act.READ_RECORD,
    ("POST", "/records/{record_id}/transcript"): Act.CORRECT,
    ("GET", "/receipts/{submission_id}"): Act.READ_RECORD,
    ("GET", "/statement"): Act.READ_RECORD,
    ("GET", "/hand-in"): Act.SUBMIT,
    ("POST", "/hand-in"): Act.SUBMIT,
    ("GET", "/drafts"): Act.SUBMIT,
    ("GET", "/drafts/{draft_id}"): Act.SUBMIT,
    ("POST", "/drafts/{draft_id}"): Act.SUBMIT,
    ("GET", "/nonrecords"): Act.SEE_NONRECORDS,
    ("POST", "/nonrecords/{claim_id}/agree"): Act.DECIDE_NONRECORD,
    ("POST", "/nonrecords/{claim_id}/refuse"): Act.DECIDE_NONRECORD,
    ("POST", "/nonrecords/{claim_id}/withdraw"): Act.ASK_NONRECORD,
    ("GET", "/quarantine"): Act.SEE_QUARANTINE,
    ("GET", "/quarantine/{submission_id}"): Act.READ_QUARANTINED,
    ("POST", "/quarantine/{submission_id}/assign"): Act.ASSIGN_QUARANTINED,
    ("POST", "/quarantine/{submission_id}/retry"): Act.ASSIGN_QUARANTINED,
    ("POST", "/quarantine/{submission_id}/release"): Act.DECIDE_QUARANTINED,
    ("POST", "/quarantine/{submission_id}/reject"): Act.DECIDE_QUARANTINED,
    ("GET", "/static/{name}"): Entry.PUBLIC,
    ("GET", "/healthz"): Entry.PUBLIC,
    ("HEAD", "/healthz"): Entry.PUBLIC,
    ("GET", "/readyz"): Entry.PUBLIC,
    ("HEAD", "/readyz"): Entry.PUBLIC,
    ("GET", "/api/v1/search"): Act.SEARCH,
    ("GET", "/api/v1/search/ids"): Act.SEARCH,
    ("GET", "/api/v1/search/coverage"): Act.SEARCH,
    ("GET", "/api/v1/records/{record_id}"): Act.READ_RECORD,
    ("GET", "/api/v1/records/{record_id}/notices"): Act.READ_RECORD,
    ("POST", "/api/v1/records/{record_id}/notices"): Act.NOTIFY,
    ("GET", "/api/v1/records/{record_id}/transcriptions"): Act.READ_RECORD,
    ("POST", "/api/v1/records/{record_id}/transcriptions"): Act.CORRECT,
    ("GET", "/api/v1/submissions/{submission_id}/receipt"): Act.READ_RECORD,
    ("POST", "/api/v1/submissions"): Act.SUBMIT,
    ("GET", "/api/v1/uploads/{upload_id}"): Act.SUBMIT,
    ("DELETE", "/api/v1/uploads/{upload_id}"): Act.SUBMIT,
    ("POST", "/api/v1/uploads/{upload_id}/commit"): Act.SUBMIT,
    ("HEAD", "/api/v1/uploads/{upload_id}/files/{number}"): Act.SUBMIT,
    ("GET", "/api/v1/uploads/{upload_id}/files/{number}"): Act.SUBMIT,
    ("PATCH", "/api/v1/uploads/{upload_id}/files/{number}"): Act.SUBMIT,
    ("GET", "/api/v1/statement"): Act.READ_RECORD,
    ("GET", "/alerts/{alert_id}"): Act.WORK_SEARCHES,
    ("GET", "/api/v1/saved-searches"): Act.SEARCH,
    ("POST", "/api/v1/saved-searches"): Act.SEARCH,
    ("GET", "/api/v1/saved-searches/{name}"): Act.SEARCH,
    ("PATCH", "/api/v1/saved-searches/{name}"): Act.SEARCH,
    ("DELETE", "/api/v1/saved-searches/{name}"): Act.SEARCH,
    ("GET", "/api/v1/frozen-sets"): Act.WORK_SEARCHES,
    ("POST", "/api/v1/frozen-sets"): Act.WORK_SEARCHES,
    ("GET", "/api/v1/frozen-sets/{set_id}"): Act.WORK_SEARCHES,
    ("GET", "/api/v1/frozen-sets/{set_id}/ids"): Act.WORK_SEARCHES,
    ("GET", "/api/v1/frozen-sets/{set_id}/statement"): Act.WORK_SEARCHES,
    ("POST", "/api/v1/hit-reports"): Act.WORK_SEARCHES,
    ("GET", "/api/v1/alerts"): Act.WORK_SEARCHES,
    ("POST", "/api/v1/alerts"): Act.WORK_SEARCHES,
    ("GET", "/api/v1/alerts/{alert_id}"): Act.WORK_SEARCHES,
    ("PATCH", "/api/v1/alerts/{alert_id}"): Act.WORK_SEARCHES,
    ("GET", "/api/v1/quarantine"): Act.SEE_QUARANTINE,
    ("GET", "/api/v1/quarantine/{submission_id}"): Act.READ_QUARANTINED,
    ("POST", "/api/v1/quarantine/{submission_id}/assign"): Act.ASSIGN_QUARANTINED,
    ("POST", "/api/v1/quarantine/{submission_id}/retry"): Act.ASSIGN_QUARANTINED,
    ("POST", "/api/v1/quarantine/{submission_id}/release"): Act.DECIDE_QUARANTINED,
    ("POST", "/api/v1/quarantine/{submission_id}/reject"): Act.DECIDE_QUARANTINED,
    ("GET", "/api/v1/openapi.json"): Entry.SIGNED_IN,
}


def access_to(method: str, path: str) -> Access | None:
    """What this address needs; None for an address without an entry, which is refused."""
    return POLICY.get((method, path))


def missing_entries(addresses: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Those of the addresses (method, path) that have no entry."""
    return tuple(sorted(set(addresses) - set(POLICY)))
