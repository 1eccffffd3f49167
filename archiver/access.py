"""Who may do what: principals, roles and one table of permissions; pure.

Rule: what is not in the table is denied. The administrator runs the archive and cannot read content; a system
account without a user (`operator:<name>`) may run, ingest, search, show, export and verify, but none of the
acts that need a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from storage.errors import Denied


class Role(StrEnum):
    """What a user is to the archive."""

    EMPLOYEE = "employee"
    OFFICER = "officer"
    REVIEWER = "reviewer"
    APPROVER = "approver"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    OPERATOR = "operator"


class RestrictedClass(StrEnum):
    """What needs a grant of its own: education records, personnel files, health, records of a law-enforcement unit.

    Sources: 34 CFR 99.3 and 99.8, and the state laws in the agency's schedule.
    """

    STUDENT = "student"
    PERSONNEL = "personnel"
    MEDICAL = "medical"
    LAW_ENFORCEMENT = "law_enforcement"


class Act(StrEnum):
    """What may be permitted."""

    SEARCH = "search"
    READ_RECORD = "read a record"
    EXPORT = "export"
    SUBMIT = "submit"
    VERIFY = "verify"
    RUN = "run the archive"
    ADD_USERS = "add users and custodians"
    CHANGE_KEYS = "change keys"
    LOAD_SCHEDULE = "load a schedule"
    EVALUATE = "evaluate retention"
    ACCEPT_LOSS = "accept a loss"
    NOTIFY = "send a notice to a correspondent"
    LINK_PARTICIPANT = "say who a participant is"
    CORRECT = "correct a transcript"
    SEE_QUARANTINE = "see what lies in quarantine"
    READ_QUARANTINED = "read what lies in quarantine"
    ASSIGN_QUARANTINED = "assign what lies in quarantine"
    DECIDE_QUARANTINED = "release or reject what lies in quarantine"
    SEE_HOLDS = "see holds"
    PLACE_HOLD = "place a hold"
    RELEASE_HOLD = "release a hold or decide what it holds"
    SEE_DISPOSITIONS = "see dispositions"
    PROPOSE_DISPOSITION = "propose, prepare or withdraw a disposition"
    APPROVE_DISPOSITION = "approve a disposition"
    EXECUTE_DISPOSITION = "execute a disposition"
    CERTIFY_DISPOSITION = "issue a certificate of destruction"
    ASK_NONRECORD = "ask for the release of what is no record"
    SEE_NONRECORDS = "see what was said to be no record"
    DECIDE_NONRECORD = "agree to the release of what is no record, or refuse it"
    KEEP_FACTS = "record persons, events and series"
    ACCEPT_CLOCK = "accept the clock"
    WORK_SEARCHES = "share, freeze, report or watch a search"
    RESTRICT = "restrict records to who has a grant"
    GRANT = "grant somebody a restricted class"
    SEE_REQUESTS = "see disclosure requests"
    KEEP_REQUESTS = "open, follow or close disclosure requests"
    REVIEW = "decide what is released of a request"
    DECLARE = "declare a search of one's own accounts"
    PRODUCE = "produce records for a disclosure request"
    KEEP_EXEMPTIONS = "keep the agency's own exemptions"


_OF_PERSONS = frozenset(
    {
        Act.ACCEPT_LOSS,
        Act.NOTIFY,
        Act.DECIDE_QUARANTINED,
        Act.RELEASE_HOLD,
        Act.ACCEPT_CLOCK,
        Act.GRANT,
        Act.REVIEW,
        Act.DECLARE,
        Act.PRODUCE,
        Act.KEEP_EXEMPTIONS,
        Act.PROPOSE_DISPOSITION,
        Act.APPROVE_DISPOSITION,
        Act.EXECUTE_DISPOSITION,
        Act.ASK_NONRECORD,
        Act.DECIDE_NONRECORD,
    }
)
_DISPOSITION = frozenset(
    {Act.SEE_DISPOSITIONS, Act.APPROVE_DISPOSITION, Act.EXECUTE_DISPOSITION, Act.CERTIFY_DISPOSITION}
)
_NONRECORDS = frozenset({Act.SEE_NONRECORDS, Act.DECIDE_NONRECORD})
_QUARANTINE = frozenset({Act.SEE_QUARANTINE, Act.READ_QUARANTINED, Act.ASSIGN_QUARANTINED, Act.DECIDE_QUARANTINED})
_ALL_READING = frozenset({Act.SEARCH, Act.READ_RECORD, Act.EXPORT})
_PERMITTED: dict[Role, frozenset[Act]] = {
    Role.EMPLOYEE: frozenset(
        {
            Act.SEARCH,
            Act.READ_RECORD,
            Act.SUBMIT,
            Act.NOTIFY,
            Act.CORRECT,
            Act.ASK_NONRECORD,
            Act.SEE_NONRECORDS,
            Act.DECLARE,
        }
    ),
    Role.OFFICER: _ALL_READING
    | _QUARANTINE
    | _DISPOSITION
    | _NONRECORDS
    | {
        Act.ASK_NONRECORD,
        Act.SUBMIT,
        Act.VERIFY,
        Act.LOAD_SCHEDULE,
        Act.EVALUATE,
        Act.ACCEPT_LOSS,
        Act.NOTIFY,
        Act.LINK_PARTICIPANT,
        Act.CORRECT,
        Act.SEE_HOLDS,
        Act.PLACE_HOLD,
        Act.RELEASE_HOLD,
        Act.KEEP_FACTS,
        Act.ACCEPT_CLOCK,
        Act.PROPOSE_DISPOSITION,
        Act.WORK_SEARCHES,
        Act.RESTRICT,
        Act.SEE_REQUESTS,
        Act.KEEP_REQUESTS,
        Act.DECLARE,
        Act.REVIEW,
        Act.PRODUCE,
        Act.KEEP_EXEMPTIONS,
    },
    Role.REVIEWER: frozenset({Act.SEARCH, Act.READ_RECORD, Act.WORK_SEARCHES, Act.SEE_REQUESTS, Act.REVIEW}),
    Role.APPROVER: _DISPOSITION | _NONRECORDS | {Act.SEARCH, Act.READ_RECORD, Act.EVALUATE, Act.SEE_HOLDS},
    Role.AUDITOR: frozenset({Act.VERIFY, Act.SEE_DISPOSITIONS, Act.SEE_NONRECORDS, Act.CERTIFY_DISPOSITION}),
    Role.ADMINISTRATOR: frozenset(
        {Act.RUN, Act.ADD_USERS, Act.CHANGE_KEYS, Act.VERIFY, Act.ACCEPT_LOSS, Act.SEE_QUARANTINE, Act.GRANT}
    ),
    Role.OPERATOR: frozenset(Act) - _OF_PERSONS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who acts. `actor` is what the ledger names; an employee is bound to his custodian's records."""

    actor: str
    name: str
    role: Role
    custodian_id: str | None = None
    grants: frozenset[RestrictedClass] = frozenset()
    is_closed: bool = False  # has no token any more

    @property
    def classes_hidden(self) -> frozenset[RestrictedClass]:
        """The restricted classes that he may not see; an employee sees all of what is his own.

        Who runs commands without `--as` has the passphrase, and with it everything.
        """
        if self.role in (Role.EMPLOYEE, Role.OPERATOR):
            return frozenset()
        return frozenset(RestrictedClass) - self.grants

    @property
    def sees_only(self) -> str | None:
        """The custodian to whose records this principal is bound; None for no bound."""
        return self.custodian_id or "" if self.role is Role.EMPLOYEE else None


def operator(system_user: str) -> Principal:
    """The principal of a command without `--as`."""
    return Principal(actor=f"operator:{system_user}", name=system_user, role=Role.OPERATOR)


def permits(principal: Principal, act: Act) -> bool:
    """Whether this principal may."""
    return act in _PERMITTED[principal.role]


def authorize(principal: Principal, act: Act) -> None:
    """Refuse what is not permitted.

    Raises:
        Denied: with who, what, and which roles may.
    """
    if not permits(principal, act):
        may = ", ".join(role.value for role in Role if role is not Role.OPERATOR and act in _PERMITTED[role])
        acting = "; act as one with --as USER" if principal.role is Role.OPERATOR else ""
        raise Denied(f"{principal.name} ({principal.role.value}) may not {act.value}; who may: {may}{acting}")
