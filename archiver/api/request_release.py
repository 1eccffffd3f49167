"""What is settled before a release, over HTTP: occurrences that may stand, and students whom records are about.

Rule: who a student is never stands in an address, since addresses stand in logs; it is sent in a body.
"""

from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import Depends, Query, Request
from pydantic import Field
from starlette.responses import Response

from archiver.accepting_occurrences import accept_occurrences, list_occurrences, withdraw_occurrences
from archiver.api.problems import json_answer
from archiver.api.request_bodies import MOST_RECORDS, Body, Id, Line, Text, body_of
from archiver.api.request_keeping import RequestName, archive_of
from archiver.api.request_redaction import MOST_READ, refuse_long
from archiver.api.security import SignedIn
from archiver.student_access import check_access, own_student
from archiver.student_disclosures import (
    link_student,
    list_students,
    state_ground,
    suggest_students,
)
from archiver.student_inspection import disclosure_record
from archiver.student_record import record_csv, record_pdf

OfRecord = Annotated[str | None, Query(alias="record", max_length=64, description="only what stands in this record")]
Names = Annotated[list[Id], Field(min_length=1, max_length=MOST_RECORDS, description="names of occurrences")]


class AcceptanceBody(Body):
    """Occurrences that may stand, and why; with `same_string` wherever else each of them stands now, too."""

    occurrences: Names
    reason: Text
    same_string: bool = False


class WithdrawalBody(Body):
    """Occurrences that are accepted no longer."""

    occurrences: Names


class LinkBody(Body):
    """Whether a record of the request, or without one the request itself, is about a student."""

    record: Id | None = None
    student: Line
    linked: bool = True


class StudentSuggestionBody(Body):
    """In which records names of students are looked for, in all where none is named; `add` links who is alone."""

    records: Annotated[list[Id], Field(max_length=MOST_READ)] = Field([])
    add: bool = False


class GroundBody(Body):
    """The ground of 34 CFR 99.30 or 99.31, of a student or of all of whom nothing else is stated."""

    ground: Line
    student: Line | None = None
    party: Line | None = None
    interest: Text | None = None


class OwnBody(Body):
    """Whose own records are asked for; the ground of the drafts that take others out."""

    student: Line
    exemption: Line | None = None


class StudentRecordBody(Body):
    """Whose record of 34 CFR 99.32 is asked for, and in which form."""

    student: Line
    form: Literal["json", "csv", "pdf"] = "json"


def occurrences(request: Request, principal: SignedIn, request_id: RequestName, record_id: OfRecord = None) -> Response:
    """Where strings that are left out of one record stand in others that are to be given, accepted or not."""
    installation = archive_of(request)
    refuse_long(installation, request_id)
    return json_answer(list_occurrences(installation, principal, request_id, record_id=record_id))


def accept(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    body: Annotated[AcceptanceBody, Depends(body_of(AcceptanceBody))],
) -> Response:
    """Say that strings may stand where they stand."""
    installation = archive_of(request)
    refuse_long(installation, request_id)
    document = accept_occurrences(
        installation, principal, request_id, body.occurrences, body.reason, same_string=body.same_string
    )
    return _made(document)


def withdraw(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    body: Annotated[WithdrawalBody, Depends(body_of(WithdrawalBody))],
) -> Response:
    """Accept no longer what was accepted."""
    return _made(withdraw_occurrences(archive_of(request), principal, request_id, body.occurrences))


def students(request: Request, principal: SignedIn, request_id: RequestName) -> Response:
    """The students of a request, the grounds that were stated, and of whom none is."""
    return json_answer(list_students(archive_of(request), principal, request_id))


def link(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    body: Annotated[LinkBody, Depends(body_of(LinkBody))],
) -> Response:
    """Say that a record is about a student, or that it is not."""
    document = link_student(archive_of(request), principal, request_id, body.record, body.student, linked=body.linked)
    return _made(document)


def suggest(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    body: Annotated[StudentSuggestionBody, Depends(body_of(StudentSuggestionBody))],
) -> Response:
    """Students whose names stand in records of the request and who are not linked."""
    installation = archive_of(request)
    if not body.records:
        refuse_long(installation, request_id)
    return json_answer(suggest_students(installation, principal, request_id, body.records, add=body.add))


def ground(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    body: Annotated[GroundBody, Depends(body_of(GroundBody))],
) -> Response:
    """State on which ground records about students leave."""
    document = state_ground(
        archive_of(request),
        principal,
        request_id,
        body.ground,
        student=body.student,
        party=body.party,
        interest=body.interest,
    )
    return _made(document)


def own(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    body: Annotated[OwnBody, Depends(body_of(OwnBody))],
) -> Response:
    """Say that a parent or eligible student asks for his own records; names of others become draft redactions."""
    installation = archive_of(request)
    refuse_long(installation, request_id)
    return _made(own_student(installation, principal, request_id, body.student, code=body.exemption))


def check(request: Request, principal: SignedIn, request_id: RequestName) -> Response:
    """Where names of other students would stand in what a parent gets, and what cannot be looked through."""
    installation = archive_of(request)
    refuse_long(installation, request_id)
    return json_answer(check_access(installation, principal, request_id))


def disclosures(
    request: Request,
    principal: SignedIn,
    body: Annotated[StudentRecordBody, Depends(body_of(StudentRecordBody))],
) -> Response:
    """A student's record of requests and disclosures, as his parent may inspect it."""
    installation = archive_of(request)
    document = disclosure_record(installation, principal, body.student)
    if body.form == "json":
        return json_answer(document)
    if body.form == "csv":
        content, kind = record_csv(document), "text/csv; charset=utf-8; header=present"
    else:
        content, kind = record_pdf(document, installation.settings.agency.name), "application/pdf"
    headers = {"Content-Disposition": f'attachment; filename="disclosures.{body.form}"'}
    return Response(content, media_type=kind, headers=headers)


def _made(document: dict[str, Any]) -> Response:
    return json_answer(document, status=HTTPStatus.CREATED)
