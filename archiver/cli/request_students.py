"""`archiver request student`: whom records of a request are about, on which ground they leave, and who got them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archiver.access import Act
from archiver.cli.session import command
from archiver.cli.words_from_files import private_words
from archiver.student_access import check_access, check_text, own_student, own_text
from archiver.student_disclosures import (
    link_student,
    list_students,
    state_ground,
    suggest_students,
)
from archiver.student_inspection import disclosure_record
from archiver.student_record import record_csv, record_pdf, record_text
from search.disclosure.student_grounds import OWN, disclosure_grounds
from storage.errors import Conflict, InvalidInput
from storage.files import write_pieces

if TYPE_CHECKING:
    from archiver.cli.session import Session

_STUDENT = private_words("--student", "His reference in your register, or name.", metavar="STUDENT", required=True)


@click.group("student")
def student() -> None:
    """Students in a request (FERPA). In this order:

    \b
    1. suggest, link   which record is about whom
    2. own             a parent asks: the child's own is shown, others are marked to go
       ground          anybody else asks: the ground of 34 CFR 99.31, who gets it and why
    3. check           whether another student can still be told in what a parent gets
    disclosures        a student's record of 34 CFR 99.32, which a parent may inspect
    """  # noqa: D301, D415 - \b is click's mark for text that keeps its lines


@student.command("link")
@click.argument("request")
@click.argument("record", required=False)
@_STUDENT
@command
def student_link(session: Session, request: str, record: str | None, student: str) -> None:
    """Say that a record of a request is about a student; without a RECORD, that the request asks for his records."""
    document = link_student(session.installation, session.principal(Act.REVIEW), request, record, student)
    session.show(document, _list_text(document))


@student.command("unlink")
@click.argument("request")
@click.argument("record", required=False)
@_STUDENT
@command
def student_unlink(session: Session, request: str, record: str | None, student: str) -> None:
    """Say that a record, or without a RECORD the request itself, is not about a student."""
    who = session.principal(Act.REVIEW)
    document = link_student(session.installation, who, request, record, student, linked=False)
    session.show(document, _list_text(document))


@student.command("suggest")
@click.argument("request")
@click.argument("records", nargs=-1)
@click.option("--add", is_flag=True, help="Link those whose name only one student has.")
@command
def student_suggest(session: Session, request: str, records: tuple[str, ...], *, add: bool) -> None:
    """Name the students of the register whose names stand in records of a request, all where none is named."""
    who = session.principal(Act.REVIEW)
    document = suggest_students(session.installation, who, request, records, add=add)
    lines = [
        f"{one['record']}  {one['student']}  {one['name']}{'  linked' if one['linked'] else ''}: {one['why']}"
        for one in document["suggested"]
    ]
    none = f"{document['looked_through']:,} records looked through; nobody is suggested."
    session.show(document, "\n".join(lines) or none)


@student.command("ground")
@click.argument("request")
@click.argument("ground", type=click.Choice([one for one in disclosure_grounds() if one != OWN]), metavar="GROUND")
@private_words("--student", "Of whom; of everybody of whom nothing is stated otherwise.", metavar="STUDENT")
@private_words("--party", "Who gets it; who asks otherwise.", metavar="NAME")
@private_words("--interest", "His legitimate interest; needed where a row is written.")
@command
def student_ground(
    session: Session, request: str, ground: str, student: str | None, party: str | None, interest: str | None
) -> None:
    """State on which ground of 34 CFR 99.30 or 99.31 records about students leave.

    No row is written for: school_official, consent, directory, secret_subpoena, deidentified. A row is for:
    other_school, audit, financial_aid, juvenile, studies, accrediting, dependent, court, emergency.
    """
    document = state_ground(
        session.installation,
        session.principal(Act.REVIEW),
        request,
        ground,
        student=student,
        party=party,
        interest=interest,
    )
    session.show(document, _list_text(document))


@student.command("own")
@click.argument("request")
@_STUDENT
@click.option("--exemption", "code", metavar="CODE", help="The ground of the drafts; OTHERS under FERPA.")
@command
def student_own(session: Session, request: str, student: str, code: str | None) -> None:
    """Say that a parent or eligible student asks for his own records; names of others become draft redactions."""
    document = own_student(session.installation, session.principal(Act.REVIEW), request, student, code=code)
    session.show(document, own_text(document))


@student.command("check")
@click.argument("request")
@command
def student_check(session: Session, request: str) -> None:
    """Say where names of other students would stand in what a parent gets, and what cannot be looked through."""
    document = check_access(session.installation, session.principal(Act.REVIEW), request)
    session.show(document, check_text(document))


@student.command("list")
@click.argument("request")
@command
def student_list(session: Session, request: str) -> None:
    """List the students of a request, the grounds that were stated, and of whom none is."""
    document = list_students(session.installation, session.principal(Act.SEE_REQUESTS), request)
    session.show(document, _list_text(document))


@student.command("disclosures")
@click.argument("student")
@click.option("--to", "path", type=click.Path(path_type=Path), help="New file, .pdf or .csv; otherwise it is printed.")
@command
def student_disclosures(session: Session, student: str, path: Path | None) -> None:
    """Print a student's record of requests and disclosures (34 CFR 99.32), as his parent may inspect it."""
    document = disclosure_record(session.installation, session.principal(Act.KEEP_FACTS), student)
    if path is None:
        session.show(document, record_text(document))
        return
    if path.suffix.casefold() not in (".pdf", ".csv"):
        raise InvalidInput("name a file that ends in .pdf or .csv")
    if path.exists():
        raise Conflict(f"{path} exists; name a file that does not")
    agency = session.installation.settings.agency.name
    content = record_csv(document) if path.suffix.casefold() == ".csv" else record_pdf(document, agency)
    written = write_pieces(path, [content])
    session.show({"file": str(path), "bytes": written}, f"{path}: {written:,} bytes")


def _list_text(document: dict[str, Any]) -> str:
    lines = [f"{one['record'] or 'the request itself'}  {one['student']}" for one in document["links"]]
    for one in document["grounds"]:
        row = "a row is written" if one["row"] else "no row is written"
        lines.append(f"{one['student'] or 'all others'}: {one['title']} ({one['citation']}); {row}")
    lines += [
        f"{one['student']}: no ground is stated, {one['records']:,} records of him would be given"
        for one in document["without_ground"]
    ]
    return "\n".join(lines) or "No student is linked to a record of this request."


STUDENTS = (student,)
