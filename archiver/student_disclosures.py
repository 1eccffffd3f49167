"""Students in requests as acts of people: whom a record is about, on which ground it leaves, and who got what.

Rules:

- A student is one of the register of persons, by his reference or, where only one has it, his name. Who stands in the
  roster of disclosure with a number alone is taken into the register when he is first named.
- Suggestions link nobody: a person takes them. What is written of a disclosure is written by the production itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from archiver.access import Act, authorize
from archiver.redaction_records import RequestRecords
from archiver.seeing import hidden_records, no_such_record
from retention.subjects import Subject, SubjectClass, SubjectFacts
from search.disclosure.other_students import register_roster
from search.disclosure.production_types import page_number
from search.disclosure.redaction_folding import folded
from search.disclosure.release_types import Leaves
from search.disclosure.requests import Requests
from search.disclosure.review_rows import Decision, read_records
from search.disclosure.review_tables import review_records
from search.disclosure.rosters import RosterRole, Rosters
from search.disclosure.students import ALL_OTHERS, KIND, NO_RECORD, Students
from storage.errors import InvalidInput, NotFound
from storage.events import EventKind
from storage.identifiers import Prefix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from archiver.access import Principal
    from archiver.wiring import Installation
    from search.disclosure.production_types import NumberedDocument, Production
    from storage.transaction import Transaction

GIVEN: Final = (Decision.RELEASE, Decision.REDACT)


def link_student(
    installation: Installation, who: Principal, name: str, record_id: str | None, student: str, *, linked: bool = True
) -> dict[str, Any]:
    """Say that a record of a request is about a student, or that it is not; then as `list_students`.

    Without a record it is said of the request itself, which asks for his records, whether or not there are any.

    Raises:
        NotFound: there is no such request, record or student.
        Conflict: the request is closed, or this was said before.
        InvalidInput: several students have this name.
        Denied: this role may not.
    """
    authorize(who, Act.REVIEW)
    store = installation.archive.store
    with store.read() as connection:
        found = Requests(store).get_open(connection, name)
        if record_id is not None:
            there = next(read_records(connection, found.id, [record_id]), None)
            if there is None or record_id in hidden_records(connection, who):
                raise no_such_record(record_id)
    one, students = find_student(installation, who, student), Students(store)
    if linked:
        students.link(found.id, record_id or NO_RECORD, one.id, suggested=False, actor=who.actor)
    else:
        students.unlink(found.id, record_id or NO_RECORD, one.id, actor=who.actor)
    return list_students(installation, who, found.id, seen=False)


def suggest_students(
    installation: Installation, who: Principal, name: str, record_ids: Sequence[str], *, add: bool = False
) -> dict[str, Any]:
    """Students whose names or numbers stand in records of a request and who are not linked; with `add` link them.

    A name that several students share is told and never linked.

    Raises:
        NotFound: there is no such request, or a record is not in it for this principal.
        Denied: this role may not.
    """
    store = installation.archive.store
    students = Students(store)
    register = student_subjects(installation)
    roster = register_roster(register)
    by_name: dict[str, list[Subject]] = {}
    for one in register:
        by_name.setdefault(one.stated.name or "", []).append(one)
    told: list[dict[str, Any]] = []
    with RequestRecords(installation, who, name, Act.REVIEW) as records:
        ids = list(record_ids) or records.ids()
        records.known(ids)
        with store.read() as connection:
            there = students.linked(connection, records.request.id, ids)
        for opened in records.each(ids):
            texts = [part.text for part in opened.parts.texts]
            texts += [" ".join(line.text for line in part.lines) for part in opened.parts.pages]
            for said in roster.names_in(texts):
                same = [one for one in by_name[said] if one.id not in there.get(opened.record_id, ())]
                alone = len(by_name[said]) == 1
                for one in same:
                    told.append(_suggestion(opened.record_id, one, alone=alone))
                    if add and alone:
                        told[-1]["linked"] = True
                        students.link(records.request.id, opened.record_id, one.id, suggested=True, actor=who.actor)
        if ids:
            records.note_read(ids)
    return {"request": records.request.number, "looked_through": len(ids), "suggested": told}


def state_ground(
    installation: Installation,
    who: Principal,
    name: str,
    ground: str,
    *,
    student: str | None,
    party: str | None,
    interest: str | None,
) -> dict[str, Any]:
    """State on which ground a request gets records of a student, or of all others; then as `list_students`.

    Raises:
        NotFound: there is no such request or student.
        Conflict: it is closed.
        InvalidInput: the ground is none, or lacks who gets it and why.
        Denied: this role may not.
    """
    authorize(who, Act.REVIEW)
    one = ALL_OTHERS if student is None else find_student(installation, who, student).id
    students = Students(installation.archive.store)
    students.state_ground(name, one, ground, party=party, interest=interest, actor=who.actor)
    return list_students(installation, who, name, seen=False)


def list_students(installation: Installation, who: Principal, name: str, *, seen: bool = True) -> dict[str, Any]:
    """The students linked to records of a request, the grounds that were stated, and who has none. An event.

    Raises:
        NotFound: there is no such request.
        Denied: this role may not.
    """
    authorize(who, Act.SEE_REQUESTS)
    archive = installation.archive
    students = Students(archive.store)
    with archive.store.read() as connection:
        found = Requests(archive.store).get(connection, name)
        hidden = hidden_records(connection, who)
        links = [one for one in students.links_of(connection, found.id) if one[0] not in hidden]
        stated = students.grounds(connection, found.id)
        missing = students.without_ground(connection, found.id, given_records(connection, found.id))
        named = [*(one for _, one in links), *filter(None, stated), *missing]
        known = installation.retention.known.subjects.open(connection, named)
    if seen:
        with archive.store.write() as transaction:
            transaction.append(EventKind.STUDENTS_VIEWED, actor=who.actor, subjects=(found.id,))
    return {
        "request": found.number,
        "links": [{"record": record or None, "student": known[one].stated.ref} for record, one in links],
        "grounds": [
            {
                "student": known[one].stated.ref if one else None,
                "ground": ground.ground.id,
                "title": ground.ground.title,
                "row": ground.ground.row,
                "party": ground.party,
                "interest": ground.interest,
                "citation": ground.ground.citation,
            }
            for one, ground in stated.items()
        ],
        "without_ground": [{"student": known[one].stated.ref, "records": count} for one, count in missing.items()],
    }


def disclosure_blocks(installation: Installation, connection: Connection, request_id: str) -> list[str]:
    """Why nothing may be given yet: students of whom no ground is stated; none where nothing is missing.

    Args:
        installation: the archive.
        connection: the transaction's, or a reading one.
        request_id: the request's id or number.
    """
    store = installation.archive.store
    found = Requests(store).get(connection, request_id)
    missing = Students(store).without_ground(connection, found.id, given_records(connection, found.id))
    if not missing:
        return []
    some = "a student" if len(missing) == 1 else f"{len(missing):,} students"
    where = f"see: archiver request student list {found.number}"
    return [f"records are about {some} of whom no ground of 34 CFR 99.31 is stated; {where}"]


def record_disclosures(
    installation: Installation,
    transaction: Transaction,
    production: Production,
    documents: Sequence[NumberedDocument],
    actor: str,
) -> int:
    """Write the rows of 34 CFR 99.32 in a production's own transaction; how many.

    Raises:
        Conflict: of a student no ground is stated.
    """
    pages: dict[str, tuple[int, int]] = {}
    for one in documents:
        if one.leaves is Leaves.SLIP_SHEET:
            continue  # nothing of it is given
        first, last = pages.get(one.record_id, (one.first_page, one.last_page))
        pages[one.record_id] = (min(first, one.first_page), max(last, one.last_page))
    what = {
        record_id: f"{page_number(production.prefix, first)} to {page_number(production.prefix, last)}"
        for record_id, (first, last) in pages.items()
    }
    return Students(installation.archive.store).record_disclosures(
        transaction, production.request_id, str(production.number), list(pages), what=what, actor=actor
    )


def find_student(installation: Installation, who: Principal, text: str) -> Subject:
    """The student of a reference, an id or a name; one of the roster with a number is taken into the register.

    Raises:
        NotFound: there is none.
        InvalidInput: several have this name, or the person is no student.
        Denied: he stands in the roster only, and this role may not keep facts.
    """
    archive = installation.archive
    known = installation.retention.known.subjects
    with archive.store.read() as connection:
        if known.has(connection, SubjectClass.PERSON, text):
            one = known.find(connection, SubjectClass.PERSON, text)
            if one.stated.kind != KIND:
                raise InvalidInput("this person is no student; see: archiver person list")
            return one
        roster = Rosters(archive.store, archive.ledger).current(connection)
    wanted = folded(text)
    register = student_subjects(installation)
    by_id = next((one for one in register if one.id == text and text.startswith(f"{Prefix.SUBJECT}_")), None)
    if by_id is not None:
        return by_id
    same = [one for one in register if one.stated.name and folded(one.stated.name) == wanted]
    listed = [one for one in roster.entries if one.role is RosterRole.STUDENT and one.number is not None]
    listed = [one for one in listed if wanted in {folded(one.number or ""), *map(folded, one.names)}]
    refs = {folded(one.stated.ref) for one in same} | {folded(one.number or "") for one in listed}
    if len(refs) > 1:
        raise InvalidInput("several students have this name; name the one by his reference")
    if same:
        return same[0]
    if not listed:
        raise NotFound("no student has this reference or name; add him with: archiver person add REF --kind student")
    authorize(who, Act.KEEP_FACTS)
    new = SubjectFacts(about=SubjectClass.PERSON, kind=KIND, ref=listed[0].number or "", name=listed[0].name)
    ((subject_id, _),) = known.keep([new], actor=who.actor)
    with archive.store.read() as connection:
        return known.open(connection, [subject_id])[subject_id]


def student_subjects(installation: Installation) -> list[Subject]:
    """The students of the register."""
    with installation.archive.store.read() as connection:
        persons = installation.retention.known.subjects.list(connection, SubjectClass.PERSON)
    return [one for one in persons if one.stated.kind == KIND]


def given_records(connection: Connection, request_id: str) -> list[str]:
    """The records of a request that are to be given, whole or in part, in the order of their ids."""
    about = review_records.c
    query = select(about.record_id).where(about.request_id == request_id, about.decision.in_(GIVEN))
    return list(connection.execute(query.order_by(about.record_id)).scalars())


def _suggestion(record_id: str, one: Subject, *, alone: bool) -> dict[str, Any]:
    why = "the name stands in the record; people share names"
    told = {"record": record_id, "student": one.stated.ref, "name": one.stated.name, "linked": False}
    return {**told, "why": why if alone else f"{why}, and several students of the register have this one"}
