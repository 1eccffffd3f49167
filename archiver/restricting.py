"""Restricted classes: what is put into one, and who is granted to see it. Every act is an event.

Rules:

- A class is set on records, on a series or on a custodian. Of the latter two it holds for what is theirs at any time.
- Who may not see a class can put something into it, but not take it out, nor learn what is in it.
- A grant is given by who runs the archive, to a person, for as long as is said; nobody gives one to himself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, insert, select, update

from archiver.access import Act, Principal, RestrictedClass, Role, authorize
from archiver.seeing import hidden_records, no_such_record
from storage.access_tables import class_grants, restricted_subjects
from storage.errors import Conflict, Denied, InvalidInput, NotFound
from storage.events import EventKind
from storage.tables import records

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from archiver.wiring import Installation

_CHUNK: Final = 500
_GRANTED: Final = (Role.OFFICER, Role.REVIEWER, Role.APPROVER)
SCOPES: Final = ("record", "series", "custodian")


def restrict(
    installation: Installation, who: Principal, scope: str, subjects: Sequence[str], into: RestrictedClass
) -> int:
    """Put records, a series or a custodian into a class; how many were not in it before.

    Args:
        installation: the archive.
        who: an officer, or the operator.
        scope: one of `SCOPES`.
        subjects: ids of records, of a series, or of a custodian.
        into: the class.

    Raises:
        NotFound: there is no such record, series or custodian.
        Denied: this role may not.
    """
    authorize(who, Act.RESTRICT)
    archive = installation.archive
    wanted = list(dict.fromkeys(subjects))
    with archive.store.read() as connection:
        _refuse_unknown(installation, connection, who, scope, wanted)
    added = 0
    for start in range(0, len(wanted), _CHUNK):
        some = wanted[start : start + _CHUNK]
        with archive.store.write() as transaction:
            there = set(transaction.connection.execute(_of(scope, some, into)).scalars())
            fresh = [one for one in some if one not in there]
            if not fresh:
                continue
            about = {"scope": scope, "class": into.value, "since": transaction.at}
            transaction.connection.execute(insert(restricted_subjects), [{**about, "subject_id": one} for one in fresh])
            payload = {"scope": scope, "class": into.value}
            transaction.append(EventKind.RESTRICTION_SET, actor=who.actor, subjects=tuple(fresh), payload=payload)
            added += len(fresh)
    return added


def lift(
    installation: Installation, who: Principal, scope: str, subjects: Sequence[str], out_of: RestrictedClass
) -> int:
    """Take records, a series or a custodian out of a class again; how many were in it.

    Raises:
        Denied: this role may not, or has no grant for the class.
    """
    authorize(who, Act.RESTRICT)
    if out_of in who.classes_hidden:
        raise Denied(f"only who has a grant for the class {out_of.value} takes something out of it")
    wanted = list(dict.fromkeys(subjects))
    taken = 0
    for start in range(0, len(wanted), _CHUNK):
        with installation.archive.store.write() as transaction:
            query = _of(scope, wanted[start : start + _CHUNK], out_of)
            there = list(transaction.connection.execute(query).scalars())
            if not there:
                continue
            about = restricted_subjects.c
            gone = (about.scope == scope, about["class"] == out_of.value, about.subject_id.in_(there))
            transaction.connection.execute(delete(restricted_subjects).where(*gone))
            payload = {"scope": scope, "class": out_of.value}
            transaction.append(EventKind.RESTRICTION_LIFTED, actor=who.actor, subjects=tuple(there), payload=payload)
            taken += len(there)
    return taken


def list_restricted(installation: Installation, who: Principal) -> list[dict[str, Any]]:
    """Whatever is of a class that this principal may see, by class and scope, then in the order of ids.

    Raises:
        Denied: this role may not.
    """
    authorize(who, Act.RESTRICT)
    about = restricted_subjects.c
    query = select(restricted_subjects).order_by(about["class"], about.scope, about.subject_id)
    hidden = {one.value for one in who.classes_hidden}
    with installation.archive.store.read() as connection:
        unseen = hidden_records(connection, who)
        return [
            {"class": row[2], "scope": row.scope, "id": row.subject_id, "since": row.since.isoformat()}
            for row in connection.execute(query)
            if row[2] not in hidden and row.subject_id not in unseen
        ]


def grant(
    installation: Installation, who: Principal, name: str, of: RestrictedClass, until: datetime | None = None
) -> dict[str, Any]:
    """Let a user see a class, until a moment or until it is taken back; a later grant takes an earlier one's place.

    Raises:
        NotFound: there is no such user.
        InvalidInput: his role reads nothing or only his own, he is closed, or the moment is past.
        Denied: this role may not, or it is himself.
    """
    authorize(who, Act.GRANT)
    archive = installation.archive
    user = installation.users.find(name)
    if user.actor == who.actor:
        raise Denied("nobody grants a class to himself; ask another administrator")
    if user.is_closed:
        raise InvalidInput(f"{user.name} is closed and can see nothing any more; see: archiver user list")
    if user.role not in _GRANTED:
        raise InvalidInput(f"a user with the role {user.role.value} needs no grant, or reads no records at all")
    with archive.store.write() as transaction:
        if until is not None and until <= transaction.at:
            raise InvalidInput("the end of a grant must lie ahead")
        about = class_grants.c
        mine = (about.user_id == user.actor, about["class"] == of.value)
        there = transaction.connection.execute(select(about.user_id).where(*mine)).first()
        if there is None:
            row = {"user_id": user.actor, "class": of.value, "since": transaction.at, "until": until}
            transaction.connection.execute(insert(class_grants), [row])
        else:
            transaction.connection.execute(update(class_grants).where(*mine).values(since=transaction.at, until=until))
        payload = {"class": of.value, "until": None if until is None else until.isoformat()}
        transaction.append(EventKind.GRANT_GIVEN, actor=who.actor, subjects=(user.actor,), payload=payload)
    return {"user": user.name, "id": user.actor, **payload}


def take_back(installation: Installation, who: Principal, name: str, of: RestrictedClass) -> dict[str, Any]:
    """End a grant at once.

    Raises:
        NotFound: there is no such user.
        Conflict: he has no such grant.
        Denied: this role may not.
    """
    authorize(who, Act.GRANT)
    user = installation.users.find(name)
    with installation.archive.store.write() as transaction:
        about = class_grants.c
        mine = (about.user_id == user.actor, about["class"] == of.value)
        if transaction.connection.execute(select(about.user_id).where(*mine)).first() is None:
            raise Conflict(f"{user.name} has no grant for the class {of.value}")
        transaction.connection.execute(delete(class_grants).where(*mine))
        payload = {"class": of.value}
        transaction.append(EventKind.GRANT_TAKEN, actor=who.actor, subjects=(user.actor,), payload=payload)
    return {"user": user.name, "id": user.actor, **payload}


def _of(scope: str, subjects: Sequence[str], of: RestrictedClass) -> Any:
    about = restricted_subjects.c
    return select(about.subject_id).where(
        about.scope == scope, about.subject_id.in_(subjects), about["class"] == of.value
    )


def _refuse_unknown(
    installation: Installation, connection: Connection, who: Principal, scope: str, subjects: Sequence[str]
) -> None:
    """Refuse what there is not, and records that this principal may not see."""
    archive = installation.archive
    match scope:
        case "record":
            hidden = hidden_records(connection, who)
            for start in range(0, len(subjects), _CHUNK):
                some = subjects[start : start + _CHUNK]
                there = set(connection.execute(select(records.c.id).where(records.c.id.in_(some))).scalars())
                missing = next((one for one in some if one not in there or one in hidden), None)
                if missing is not None:
                    raise no_such_record(missing)
        case "series":
            book = installation.library.book(connection)
            if any(book.schedule_id(one) is None for one in subjects):
                raise NotFound("no current schedule has this series; see: archiver schedule list")
        case _:
            known = {one.id for one in archive.custodians.list(connection)}
            if not known.issuperset(subjects):
                raise NotFound("there is no such custodian; see: archiver custodian list")
