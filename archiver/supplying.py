"""What people supply for retention: events, links of records to whom they are about, and series.

Rule: every act has somebody who did it, and a leaf; what is looked up (a reference, an address) is looked up before
anything is written. An event of a kind that no schedule asks for is kept, and whoever records it is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archiver.access import Act, authorize
from retention.asking import asked_by
from retention.fact_log import LINKED_SERIES, MOMENTS, Fact, FactAbout, Standing, StatedFact, Target
from retention.linking import How
from retention.subjects import Subject, SubjectClass, SubjectFacts
from retention.vocabulary import DEFAULT_EVENTS, Trigger
from storage.errors import InvalidInput, NotFound
from storage.events import EventKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy import Connection

    from archiver.access import Principal
    from archiver.wiring import Installation

_PROJECTIONS = frozenset(DEFAULT_EVENTS[Trigger.PROJECTED_GRADUATION])
_UNSAID = "as stated by who recorded it"


def add_event(
    installation: Installation,
    who: Principal,
    *,
    about: str,
    ref: str,
    kind: str,
    day: date | None,
    until: date | None = None,
    source: str | None = None,
    projected: bool = False,
    value: str | None = None,
) -> dict[str, Any]:
    """Record an event, or with no day that it cannot happen, or a fact; its document with `asked_for` and `later`.

    Args:
        installation: the archive.
        who: who says so.
        about: `record`, `series`, `person`, `case` or `account`.
        ref: its id, identifier or reference; of a person also the address of a custodian.
        kind: of the event.
        day: on which it happened; None where it cannot happen.
        until: the end of what it extends.
        source: where that was learned.
        projected: it is only expected.
        value: of a fact, which has no day: `kind` is its name.

    Raises:
        Denied: this role may not.
        InvalidInput: kind, day, value or source cannot be one.
        NotFound: what it is about is not there.
        Conflict: the same is recorded already.
    """
    authorize(who, Act.KEEP_FACTS)
    if projected and day is None:
        raise InvalidInput("what is expected has a day; give --date")
    standing = Standing.HAPPENED
    if value is not None:
        standing = Standing.STATED
    elif day is None:
        standing = Standing.IMPOSSIBLE
    elif projected or kind in _PROJECTIONS:
        standing = Standing.PROJECTED
    target = _target(installation, who, about, ref)
    stated = StatedFact(
        target=target,
        kind=kind,
        day=day,
        until=until,
        source=_UNSAID if source is None else source,
        standing=standing,
        value=value,
    )
    fact = installation.retention.known.log.add(stated, actor=who.actor)
    with installation.archive.store.read() as connection:
        (document,) = documents_of(installation, connection, [fact])
        asked = kind in MOMENTS or kind in _asked(installation, connection, facts=value is not None)
    later = day is not None and standing is Standing.HAPPENED and day > installation.retention.today()
    return document | {"asked_for": asked, "later": later}


def withdraw_event(installation: Installation, who: Principal, fact_id: str, *, why: str) -> dict[str, Any]:
    """Take an event back; its document.

    Raises:
        Denied: this role may not.
        NotFound: there is no such event.
        Conflict: it was withdrawn already.
    """
    authorize(who, Act.KEEP_FACTS)
    fact = installation.retention.known.log.withdraw(fact_id, why=why, actor=who.actor)
    with installation.archive.store.read() as connection:
        (document,) = documents_of(installation, connection, [fact])
    return document


def list_events(
    installation: Installation, who: Principal, *, about: str | None = None, ref: str = "", withdrawn: bool = False
) -> list[dict[str, Any]]:
    """Events in the order in which they were recorded, all or those about one thing. Looking at them is an event.

    Raises:
        Denied: this role may not.
        NotFound: what they are about is not there.
    """
    authorize(who, Act.KEEP_FACTS)
    log = installation.retention.known.log
    target = None if about is None else _target(installation, who, about, ref, adding=False)
    with installation.archive.store.read() as connection:
        if target is None:
            facts = log.all(connection, withdrawn=withdrawn)
        else:
            facts = log.of(connection, [target], withdrawn=withdrawn).get(target, [])
        found = documents_of(installation, connection, facts)
    with installation.archive.store.write() as transaction:
        transaction.append(EventKind.SUBJECTS_VIEWED, actor=who.actor, payload={"shown": len(found)})
    return found


def link_record(
    installation: Installation,
    who: Principal,
    record_id: str,
    *,
    about: str,
    ref: str,
    role: str,
    suggested: bool = False,
) -> dict[str, Any]:
    """Say whom a record is about, and in which role; `new` is false where that was said already.

    Raises:
        Denied: this role may not.
        NotFound: there is no such record or person.
        InvalidInput: the role is not one word.
    """
    authorize(who, Act.KEEP_FACTS)
    known = installation.retention.known
    with installation.archive.store.read() as connection:
        installation.archive.catalogue.get(connection, record_id)  # before a case is made for it
    subject = _subject(installation, who, SubjectClass(about), ref, adding=True)
    how = How.SUGGESTION if suggested else How.PERSON
    new = known.links.link(record_id, subject.id, role, how=how, actor=who.actor)
    return {"record": record_id, "about": about, "ref": subject.stated.ref, "role": role, "how": how.value, "new": new}


def unlink_record(
    installation: Installation, who: Principal, record_id: str, *, about: str, ref: str
) -> dict[str, Any]:
    """Take back that a record is about somebody.

    Raises:
        Denied: this role may not.
        NotFound: there is no such record or person.
        Conflict: they are not linked.
    """
    authorize(who, Act.KEEP_FACTS)
    subject = _subject(installation, who, SubjectClass(about), ref, adding=False)
    ended = installation.retention.known.links.unlink(record_id, subject.id, actor=who.actor)
    return {"record": record_id, "about": about, "ref": subject.stated.ref, "ended": ended}


def depend_record(installation: Installation, who: Principal, record_id: str, parent_id: str) -> dict[str, Any]:
    """Say that a record depends on another; `new` is false where that was said already.

    Raises:
        Denied: this role may not.
        NotFound: one of them is not there, or no more.
        InvalidInput, Conflict: see `retention.families.Parents.add`.
    """
    authorize(who, Act.KEEP_FACTS)
    new = installation.retention.known.parents.add(record_id, parent_id, actor=who.actor)
    return {"record": record_id, "parent": parent_id, "new": new}


def free_record(installation: Installation, who: Principal, record_id: str, parent_id: str) -> dict[str, Any]:
    """Take back that a record depends on another.

    Raises:
        Denied: this role may not.
        NotFound: there is no such active record, or that was not said.
    """
    authorize(who, Act.KEEP_FACTS)
    installation.retention.known.parents.take_back(record_id, parent_id, actor=who.actor)
    return {"record": record_id, "parent": parent_id}


def documents_of(installation: Installation, connection: Connection, facts: Sequence[Fact]) -> list[dict[str, Any]]:
    """Events as commands print them; references and addresses in place of ids, the source where it is kept."""
    archive = installation.archive
    of = {kind: [one.target.id for one in facts if one.target.about is kind] for kind in FactAbout}
    subjects = installation.retention.known.subjects.open(connection, of[FactAbout.SUBJECT])
    custodians = archive.custodians.open(connection, of[FactAbout.CUSTODIAN])
    found = []
    for one in facts:
        about, ref = one.target.about.value, one.target.id
        if one.target.id in subjects:
            about, ref = subjects[one.target.id].stated.about.value, subjects[one.target.id].stated.ref
        elif one.target.id in custodians:
            ref = custodians[one.target.id].addresses[0]
        payload = archive.ledger.payload(connection, one.position) or {}
        found.append(
            {
                "id": one.id,
                "about": about,
                "ref": ref,
                "kind": one.kind,
                "standing": one.standing.value,
                "value": one.value,
                "date": None if one.day is None else one.day.isoformat(),
                "until": None if one.until is None else one.until.isoformat(),
                "source": payload.get("source"),
                "by": one.actor,
                "at": one.at.isoformat(),
                "withdrawn": one.withdrawn is not None,
            }
        )
    return found


def event_text(one: dict[str, Any]) -> str:
    """An event as one line."""
    until = f" until {one['until']}" if one["until"] else ""
    marks = {"projected": " (expected)", "impossible": " cannot happen"}
    day = one["date"] or ""
    withdrawn = "  WITHDRAWN" if one["withdrawn"] else ""
    source = f"  source: {one['source']}" if one["source"] else ""
    value = "" if one["value"] is None else f" = {one['value']}"
    words = f"{one['kind']}{value}{marks.get(one['standing'], '')} {day}{until}".rstrip()
    return f"{one['id']}  {one['about']} {one['ref']}  {words}{source}  by {one['by']}{withdrawn}"


def _target(installation: Installation, who: Principal, about: str, ref: str, *, adding: bool = True) -> Target:
    archive = installation.archive
    if about == FactAbout.RECORD.value:
        with archive.store.read() as connection:
            return Target(about=FactAbout.RECORD, id=archive.catalogue.get(connection, ref).id)
    if about == FactAbout.SERIES.value:
        with archive.store.read() as connection:
            if installation.library.book(connection).schedule_id(ref) is None:
                raise NotFound(f"no current schedule has a series {ref[:64]!r}; see: archiver schedule list")
        return Target(about=FactAbout.SERIES, id=ref)
    if about == SubjectClass.PERSON.value:
        with archive.store.read() as connection:
            tag_known = installation.retention.known.subjects.has(connection, SubjectClass.PERSON, ref)
            custodian_id = None if tag_known else archive.custodians.find(connection, ref)
        if custodian_id is not None:
            return Target(about=FactAbout.CUSTODIAN, id=custodian_id)
    return Target(about=FactAbout.SUBJECT, id=_subject(installation, who, SubjectClass(about), ref, adding=adding).id)


def _subject(installation: Installation, who: Principal, about: SubjectClass, ref: str, *, adding: bool) -> Subject:
    """The subject of a reference; a case or an account is there as soon as somebody names it."""
    subjects = installation.retention.known.subjects
    if adding and about is not SubjectClass.PERSON:
        subjects.keep([SubjectFacts(about=about, kind=about.value, ref=ref)], actor=who.actor)
    with installation.archive.store.read() as connection:
        return subjects.find(connection, about, ref)


def _asked(installation: Installation, connection: Connection, *, facts: bool) -> set[str]:
    """Kinds of event, or names of `facts`, that some series of a current schedule asks for."""
    series = [one for loaded in installation.library.book(connection).loaded for one in loaded.schedule.series]
    asked = [asked_by(one.rule) for one in series if one.rule is not None]
    if not facts:
        return {kind for one in asked for kind in one.events}
    linked = {LINKED_SERIES} if any(one.linked_by_fact for one in series) else set()
    return linked.union(*(one.facts for one in asked))
