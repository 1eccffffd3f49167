"""Which records somebody may see: his own, or all but those of restricted classes for which he has no grant.

Rule: one meaning, asked by everything that finds, opens, lists or exports. What one may not see does not exist for
him: the refusal is that for an unknown id, and no count or suggestion knows of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from archiver.access import RestrictedClass
from storage.access_tables import restricted_subjects
from storage.errors import NotFound
from storage.events import EventKind
from storage.tables import records

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from archiver.access import Principal
    from storage.records import Record, Submission
    from storage.transaction import Store

_CLASS = restricted_subjects.c["class"]


def no_such_record(record_id: str) -> NotFound:
    """The refusal for an id that is none, and for one that this principal may not see."""
    return NotFound(f"there is no record {record_id}; find its id with: archiver search", record=record_id)


def hidden_records(connection: Connection, who: Principal) -> frozenset[str]:
    """The records of classes that are hidden from this principal; what is not his own is another matter."""
    hidden = [one.value for one in who.classes_hidden]
    if not hidden or connection.execute(select(_CLASS).where(_CLASS.in_(hidden)).limit(1)).first() is None:
        return frozenset()
    of_class = select(restricted_subjects.c.subject_id).where(_CLASS.in_(hidden))
    found = set(connection.execute(of_class.where(restricted_subjects.c.scope == "record")).scalars())
    for scope, column in (("series", records.c.series_id), ("custodian", records.c.custodian_id)):
        subjects = list(connection.execute(of_class.where(restricted_subjects.c.scope == scope)).scalars())
        for one in subjects:
            found.update(connection.execute(select(records.c.id).where(column == one)).scalars())
    return frozenset(found)


def classes_of(connection: Connection, record: Record) -> frozenset[RestrictedClass]:
    """The restricted classes of a record: its own, and those of its series and custodian."""
    about = restricted_subjects.c
    subjects = [("record", record.id), ("custodian", record.custodian_id), ("series", record.series_id)]
    found: set[RestrictedClass] = set()
    for scope, subject in subjects:
        if subject is not None:
            of_subject = select(_CLASS).where(about.scope == scope, about.subject_id == subject)
            found.update(RestrictedClass(one) for one in connection.execute(of_subject).scalars())
    return frozenset(found)


def may_see(connection: Connection, who: Principal, record: Record) -> bool:
    """Whether this record exists for him."""
    if who.sees_only is not None:
        return record.custodian_id == who.sees_only
    return not who.classes_hidden or not classes_of(connection, record) & who.classes_hidden


def may_see_submission(connection: Connection, who: Principal, submission: Submission) -> bool:
    """Whether a submission exists for him: none of what was made of it, and its custodian, is hidden from him."""
    if who.sees_only is not None:
        return submission.custodian_id == who.sees_only
    hidden = who.classes_hidden
    if not hidden:
        return True
    about = restricted_subjects.c
    made = select(records.c.id, records.c.series_id).where(records.c.submission_id == submission.id)
    subjects = [("custodian", submission.custodian_id)]
    for row in connection.execute(made):
        subjects += [("record", row.id), ("series", row.series_id)]
    for scope, subject in dict.fromkeys(subjects):
        of_subject = select(_CLASS).where(about.scope == scope, about.subject_id == subject)
        if subject is not None and hidden.intersection(connection.execute(of_subject).scalars()):
            return False
    return True


def refuse_unseen(connection: Connection, who: Principal, record: Record) -> None:
    """Refuse a record that this principal may not see.

    Raises:
        NotFound: he may not; the sentence is that for an unknown id.
    """
    if not may_see(connection, who, record):
        raise no_such_record(record.id)


def note_viewed(store: Store, who: Principal, request_id: str) -> None:
    """Leave the event of having looked at a disclosure request."""
    with store.write() as transaction:
        transaction.append(EventKind.REQUESTS_VIEWED, actor=who.actor, subjects=(request_id,))
