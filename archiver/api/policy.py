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
    ("GET", "/api/v1/requests"): Act.SEE_REQUESTS,
    ("POST", "/api/v1/requests"): Act.KEEP_REQUESTS,
    ("GET", "/api/v1/requests/{request_id}"): Act.SEE_REQUESTS,
    ("POST", "/api/v1/requests/{request_id}/events"): Act.KEEP_REQUESTS,
    ("POST", "/api/v1/requests/{request_id}/extensions"): Act.KEEP_REQUESTS,
    ("POST", "/api/v1/requests/{request_id}/assignment"): Act.KEEP_REQUESTS,
    ("POST", "/api/v1/requests/{request_id}/holds"): Act.KEEP_REQUESTS,
    ("POST", "/api/v1/requests/{request_id}/tasks"): Act.KEEP_REQUESTS,
    ("POST", "/api/v1/requests/{request_id}/tasks/{number}/done"): Act.KEEP_REQUESTS,
    ("POST", "/api/v1/requests/{request_id}/close"): Act.KEEP_REQUESTS,
    ("GET", "/api/v1/request-clocks"): Act.SEE_REQUESTS,
    ("GET", "/api/v1/request-log"): Act.SEE_REQUESTS,
    ("GET", "/api/v1/request-metrics/{year}"): Act.SEE_REQUESTS,
    ("GET", "/api/v1/request-feed"): Act.SEE_REQUESTS,
    ("GET", "/api/v1/disclosure-profiles"): Act.SEE_REQUESTS,
    ("GET", "/api/v1/disclosure-profiles/{profile_id}"): Act.SEE_REQUESTS,
    ("GET", "/api/v1/disclosure-profiles/{profile_id}/fees"): Act.SEE_REQUESTS,
    ("GET", "/api/v1/custodian-searches"): Act.DECLARE,
    ("GET", "/api/v1/requests/{request_id}/searches"): Act.SEE_REQUESTS,
    ("POST", "/api/v1/requests/{request_id}/searches"): Act.KEEP_REQUESTS,
    ("GET", "/api/v1/requests/{request_id}/searches/{number}/declaration"): Act.DECLARE,
    ("GET", "/api/v1/requests/{request_id}/searches/{number}/declaration.pdf"): Act.DECLARE,
    ("POST", "/api/v1/requests/{request_id}/searches/{number}/declaration"): Act.DECLARE,
    ("POST", "/api/v1/requests/{request_id}/searches/{number}/accept"): Act.KEEP_REQUESTS,
    ("GET", "/api/v1/requests/{request_id}/sets"): Act.SEE_REQUESTS,
    ("POST", "/api/v1/requests/{request_id}/sets"): Act.KEEP_REQUESTS,
    ("POST", "/api/v1/requests/{request_id}/samples"): Act.SEE_REQUESTS,
    ("GET", "/api/v1/requests/{request_id}/review"): Act.SEE_REQUESTS,
    ("GET", "/api/v1/requests/{request_id}/review/steps"): Act.SEE_REQUESTS,
    ("GET", "/api/v1/requests/{request_id}/review/disagreements"): Act.SEE_REQUESTS,
    ("POST", "/api/v1/requests/{request_id}/review/decisions"): Act.REVIEW,
    ("POST", "/api/v1/requests/{request_id}/review/confirmations"): Act.REVIEW,
    ("POST", "/api/v1/requests/{request_id}/review/batches"): Act.REVIEW,
    ("POST", "/api/v1/requests/{request_id}/review/steps/{step}/undo"): Act.REVIEW,
    ("GET", "/api/v1/requests/{request_id}/fees"): Act.SEE_REQUESTS,
    ("POST", "/api/v1/requests/{request_id}/fees/estimates"): Act.KEEP_REQUESTS,
    ("POST", "/api/v1/requests/{request_id}/fees/charges"): Act.KEEP_REQUESTS,
    ("POST", "/api/v1/requests/{request_id}/fees/deposits"): Act.KEEP_REQUESTS,
    ("POST", "/api/v1/requests/{request_id}/fees/payments"): Act.KEEP_REQUESTS,
    ("POST", "/api/v1/requests/{request_id}/fees/waivers"): Act.KEEP_REQUESTS,
    ("POST", "/api/v1/requests/{request_id}/fees/refunds"): Act.KEEP_REQUESTS,
    ("GET", "/api/v1/requests/{request_id}/instalments"): Act.SEE_REQUESTS,
    ("POST", "/api/v1/requests/{request_id}/instalments"): Act.KEEP_REQUESTS,
    ("POST", "/api/v1/requests/{request_id}/instalments/{number}/claim"): Act.KEEP_REQUESTS,
    ("GET", "/api/v1/requests/{request_id}/appeals"): Act.SEE_REQUESTS,
    ("POST", "/api/v1/requests/{request_id}/appeals"): Act.KEEP_REQUESTS,
    ("POST", "/api/v1/requests/{request_id}/appeals/{number}/decision"): Act.KEEP_REQUESTS,
    ("GET", "/api/v1/requests/{request_id}/notices"): Act.SEE_REQUESTS,
    ("POST", "/api/v1/requests/{request_id}/notices"): Act.KEEP_REQUESTS,
    ("POST", "/api/v1/requests/{request_id}/notices/{number}/action"): Act.KEEP_REQUESTS,
    ("POST", "/api/v1/requests/{request_id}/notices/{number}/end"): Act.KEEP_REQUESTS,
    ("POST", "/api/v1/requests/{request_id}/letters"): Act.KEEP_REQUESTS,
    ("GET", "/api/v1/requests/{request_id}/exemptions"): Act.SEE_REQUESTS,
    ("GET", "/api/v1/requests/{request_id}/productions"): Act.SEE_REQUESTS,
    ("GET", "/api/v1/requests/{request_id}/production-plan"): Act.PRODUCE,
    ("POST", "/api/v1/requests/{request_id}/productions"): Act.PRODUCE,
    ("POST", "/api/v1/requests/{request_id}/productions/{number}/again"): Act.PRODUCE,
    ("GET", "/api/v1/requests/{request_id}/productions/{number}/package"): Act.PRODUCE,
    ("GET", "/api/v1/requests/{request_id}/productions/{number}/documents"): Act.SEE_REQUESTS,
    ("GET", "/api/v1/produced"): Act.SEE_REQUESTS,
    ("POST", "/api/v1/requests/{request_id}/clawbacks"): Act.PRODUCE,
    ("GET", "/api/v1/requests/{request_id}/records/{record_id}/parts"): Act.SEE_REQUESTS,
    ("GET", "/api/v1/requests/{request_id}/records/{record_id}/marked"): Act.SEE_REQUESTS,
    ("POST", "/api/v1/requests/{request_id}/records/{record_id}/redactions"): Act.REVIEW,
    ("POST", "/api/v1/requests/{request_id}/records/{record_id}/redactions/change"): Act.REVIEW,
    ("POST", "/api/v1/requests/{request_id}/records/{record_id}/redactions/remove"): Act.REVIEW,
    ("POST", "/api/v1/requests/{request_id}/records/{record_id}/linked"): Act.SEE_REQUESTS,
    ("GET", "/api/v1/requests/{request_id}/redactions"): Act.SEE_REQUESTS,
    ("POST", "/api/v1/requests/{request_id}/redactions"): Act.REVIEW,
    ("POST", "/api/v1/requests/{request_id}/redactions/final"): Act.REVIEW,
    ("GET", "/api/v1/requests/{request_id}/redactions/steps"): Act.SEE_REQUESTS,
    ("POST", "/api/v1/requests/{request_id}/redactions/steps/{step}/undo"): Act.REVIEW,
    ("POST", "/api/v1/requests/{request_id}/suggestions"): Act.SEE_REQUESTS,
    ("GET", "/api/v1/roster"): Act.SEE_REQUESTS,
    ("POST", "/api/v1/roster"): Act.KEEP_REQUESTS,
    ("GET", "/api/v1/requests/{request_id}/occurrences"): Act.REVIEW,
    ("POST", "/api/v1/requests/{request_id}/occurrences/accept"): Act.REVIEW,
    ("POST", "/api/v1/requests/{request_id}/occurrences/withdraw"): Act.REVIEW,
    ("GET", "/api/v1/requests/{request_id}/students"): Act.SEE_REQUESTS,
    ("POST", "/api/v1/requests/{request_id}/students/links"): Act.REVIEW,
    ("POST", "/api/v1/requests/{request_id}/students/suggestions"): Act.REVIEW,
    ("POST", "/api/v1/requests/{request_id}/students/grounds"): Act.REVIEW,
    ("POST", "/api/v1/requests/{request_id}/students/own"): Act.REVIEW,
    ("GET", "/api/v1/requests/{request_id}/students/check"): Act.REVIEW,
    ("POST", "/api/v1/student-disclosures"): Act.KEEP_FACTS,
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
