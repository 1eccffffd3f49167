"""What is sealed of disclosure requests, for the check that opens everything: words, marks, decisions, papers.

Rule: every sealed column of `search.disclosure` stands here once; a test compares. Most are under the key of their
request and some have many rows for one; a disclosure of 34 CFR 99.32 is under its student's key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from search.disclosure.accepted_tables import accepted_occurrences
from search.disclosure.asking_tables import custodian_searches
from search.disclosure.follow_tables import release_notices, request_appeals, request_instalments
from search.disclosure.production_tables import production_clawbacks, productions
from search.disclosure.redaction_tables import record_redactions, redaction_changes
from search.disclosure.review_tables import review_steps
from search.disclosure.student_tables import student_disclosures, student_grounds
from search.disclosure.tables import disclosure_requests, request_tasks
from search.disclosure.tag_tables import review_tags
from storage.fixity_report import SealedColumn
from storage.identifiers import Prefix
from storage.sealing import SealKind

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import Column


def _of_request(name: str, sealed: Column[Any], bound_to: str = "") -> SealedColumn:
    holder = sealed.table.c.request_id
    return SealedColumn(name=name, prefix="", holder=holder, sealed=sealed, kind=SealKind.REQUEST, bound_to=bound_to)


REQUEST_COLUMNS: Final = (
    SealedColumn(
        name="request",
        prefix=Prefix.REQUEST.value,
        holder=disclosure_requests.c.id,
        sealed=disclosure_requests.c.sealed_terms,
        kind=SealKind.REQUEST,
    ),
    _of_request("task of a request", request_tasks.c.sealed_text),
    _of_request("search asked of an employee", custodian_searches.c.sealed_asked),
    _of_request("declaration of an employee", custodian_searches.c.sealed_answer),
    _of_request("note of a review", review_steps.c.sealed_note),
    _of_request("tag of a review", review_tags.c.sealed_name, "/tag"),
    _of_request("redactions of a record", record_redactions.c.sealed_redactions),
    _of_request("redactions before a step", redaction_changes.c.sealed_before),
    _of_request("accepted occurrence", accepted_occurrences.c.sealed_reason),
    _of_request("production", productions.c.sealed_about),
    _of_request("papers of a production", productions.c.sealed_papers),
    _of_request("clawback", production_clawbacks.c.sealed_reason),
    _of_request("instalment", request_instalments.c.sealed_text, "/instalment"),
    _of_request("appeal", request_appeals.c.sealed_appeal, "/appeal"),
    _of_request("decision of an appeal", request_appeals.c.sealed_decision, "/appeal decision"),
    _of_request("notice before a release", release_notices.c.sealed_notice, "/notice"),
    _of_request("ground of a student", student_grounds.c.sealed_party, "/student ground"),
    SealedColumn(
        name="disclosure of a student",
        prefix="",
        holder=student_disclosures.c.student_id,
        sealed=student_disclosures.c.sealed_row,
        kind=SealKind.REQUEST,
        bound_to="/disclosure",
    ),
)
