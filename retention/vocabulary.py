"""The words of records schedules: triggers, the events that start them, disposition steps, kinds of case.

Rule: these words stand in schedule files and in stored decisions, so they are added to and never renamed. The order
of triggers and steps is that of their codes (T0 to T27, D1 to D15).
"""

from __future__ import annotations

from enum import StrEnum

from retention.calendars import Unit


class Trigger(StrEnum):
    """What starts a clock (27 kinds) or that none ever does; the order is that of `TRIGGER_CODES`."""

    NONE = "none"
    CREATED = "created"
    RECEIVED = "received"
    RECEIVED_OR_PROVIDED = "received_or_provided"
    UNPUBLISHED = "unpublished"
    LAST_ENTRY = "last_entry"
    CALENDAR_YEAR_END = "calendar_year_end"
    FISCAL_YEAR_END = "fiscal_year_end"
    SCHOOL_YEAR_END = "school_year_end"
    FIXED_DAY = "fixed_day"
    CLASSIFIED = "classified"
    CLOSED = "closed"
    APPEAL_ENDED = "appeal_ended"
    REQUEST_ANSWERED = "request_answered"
    SUPERSEDED = "superseded"
    SEPARATED = "separated"
    AUTHORISATION_ENDED = "authorisation_ended"
    LEFT_SCHOOL = "left_school"
    PROJECTED_GRADUATION = "projected_graduation"
    AGE_REACHED = "age_reached"
    TERM_ENDED = "term_ended"
    AUDITS_RELEASED = "audits_released"
    PUBLISHED_RESULT = "published_result"
    VALUE_ENDED = "value_ended"
    PARENT_DISPOSED = "parent_disposed"
    INCIDENT = "incident"
    IMMEDIATE = "immediate"
    SUBJECT_REQUEST = "subject_request"


TRIGGER_CODES: dict[str, Trigger] = {f"T{number}": trigger for number, trigger in enumerate(Trigger)}

# Dates that the record itself carries or that the archive measured: they are weighed against the capture.
MOMENT_TRIGGERS = frozenset(
    {Trigger.CREATED, Trigger.RECEIVED, Trigger.RECEIVED_OR_PROVIDED, Trigger.LAST_ENTRY, Trigger.IMMEDIATE}
)
YEAR_END_UNITS = {
    Trigger.CALENDAR_YEAR_END: Unit.CALENDAR_YEAR,
    Trigger.FISCAL_YEAR_END: Unit.FISCAL_YEAR,
    Trigger.SCHOOL_YEAR_END: Unit.SCHOOL_YEAR,
}
# Triggers that move another date: that of an event, or of a moment (`of`).
MOVING_TRIGGERS = frozenset({*YEAR_END_UNITS, Trigger.FIXED_DAY})

DEFAULT_EVENTS: dict[Trigger, tuple[str, ...]] = {
    Trigger.UNPUBLISHED: ("unpublished",),
    Trigger.LAST_ENTRY: ("last_entry", "last_contact", "last_activity"),
    Trigger.CLASSIFIED: ("classified",),
    Trigger.CLOSED: ("closed", "final_action", "resolved"),
    Trigger.APPEAL_ENDED: ("appeal_decided", "appeal_expired"),
    Trigger.REQUEST_ANSWERED: ("request_fulfilled", "request_denied", "access_provided"),
    Trigger.SUPERSEDED: ("superseded", "obsolete", "rescinded"),
    Trigger.SEPARATED: ("separated", "account_closed", "rights_terminated"),
    Trigger.AUTHORISATION_ENDED: ("authorisation_ended", "consent_withdrawn", "consent_expired"),
    Trigger.LEFT_SCHOOL: ("graduated", "transferred", "withdrawn", "enrolment_ended"),
    Trigger.PROJECTED_GRADUATION: ("projected_graduation",),
    Trigger.TERM_ENDED: ("programme_ended", "term_ended", "contract_ended", "asset_retired"),
    Trigger.AUDITS_RELEASED: ("audits_released",),
    Trigger.PUBLISHED_RESULT: ("minutes_adopted", "report_issued", "results_posted"),
    Trigger.VALUE_ENDED: ("value_ended",),
    Trigger.PARENT_DISPOSED: ("parent_disposed",),
    Trigger.INCIDENT: ("incident", "arrest", "accident"),
    Trigger.SUBJECT_REQUEST: ("subject_request",),
}


class Disposition(StrEnum):
    """The steps that may follow (15 kinds); the order is that of `DISPOSITION_CODES`."""

    DESTROY = "destroy"
    DESTROY_SECURELY = "destroy_securely"
    TRANSFER_PERMANENTLY = "transfer_permanently"
    TRANSFER_FOR_APPRAISAL = "transfer_for_appraisal"
    KEEP_PERMANENTLY = "keep_permanently"
    ARCHIVAL_REVIEW = "archival_review"
    NOTIFY_HISTORICAL_SOCIETY = "notify_historical_society"
    APPLY_FOR_APPROVAL = "apply_for_approval"
    NOTIFY_SUBJECT = "notify_subject"
    OFFER_TO_OFFICE = "offer_to_office"
    TRANSFER_TO_AGENCY = "transfer_to_agency"
    DEIDENTIFY = "deidentify"
    RETURN_TO_SENDER = "return_to_sender"
    REVIEW = "review"
    POST_THEN_DESTROY = "post_then_destroy"


DISPOSITION_CODES: dict[str, Disposition] = {f"D{number}": step for number, step in enumerate(Disposition, start=1)}
PREPARING = frozenset(
    {
        Disposition.ARCHIVAL_REVIEW,
        Disposition.NOTIFY_HISTORICAL_SOCIETY,
        Disposition.APPLY_FOR_APPROVAL,
        Disposition.NOTIFY_SUBJECT,
        Disposition.OFFER_TO_OFFICE,
    }
)
DESTROYING = frozenset({Disposition.DESTROY, Disposition.DESTROY_SECURELY, Disposition.POST_THEN_DESTROY})


class Pick(StrEnum):
    """Which date counts where several of a term's events happened."""

    EARLIEST = "earliest"
    LATEST = "latest"


class CaseKind(StrEnum):
    """Why one series has several fates."""

    SPLIT = "split"
    COPY_TYPE = "copy_type"
    ROLE = "role"
    APPLIES = "applies"
