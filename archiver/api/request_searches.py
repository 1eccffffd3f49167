"""Searches of employees' own accounts over HTTP: asked for, declared, accepted, and the signed copy.

Rule: an employee sees and declares what he himself is asked for; another's search does not exist for him.
"""

import hashlib
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Path, Request
from pydantic import Field
from starlette.responses import Response

from archiver.api.problems import json_answer
from archiver.api.request_bodies import Body, Day, Line, Text, body_of
from archiver.api.request_keeping import RequestName, archive_of
from archiver.api.security import SignedIn
from archiver.custodian_asking import (
    accept_declaration,
    ask_custodian,
    declare_search,
    list_searches,
    signed_declaration,
)
from archiver.declaration_pdf import declaration_pdf
from archiver.signing import as_json
from search.disclosure.asking import SearchResult

SearchNumber = Annotated[int, Path(ge=1, le=1_000_000_000)]


class AskBody(Body):
    """Who is to search which of his accounts for what."""

    custodian: Line = Field(description="the employee's address")
    accounts: Annotated[list[Line], Field(max_length=100)] = Field(description="what to search: accounts, telephones")
    about: Text = Field(description="what to look for, in plain words")
    due: Day | None = None


class DeclarationBody(Body):
    """What was found, and what was searched, how, with which words, what was left out and why."""

    result: SearchResult
    facts: Text
    on_paper: bool = Field(default=False, description="an officer writes down a signed paper of the employee")


def own_searches(request: Request, principal: SignedIn) -> Response:
    """What an employee is asked for; for an officer the searches of all open requests."""
    return json_answer({"searches": list_searches(archive_of(request), principal, None)})


def searches(request: Request, principal: SignedIn, request_id: RequestName) -> Response:
    """The searches that employees were asked for because of a request."""
    return json_answer({"searches": list_searches(archive_of(request), principal, request_id)})


def ask(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    body: Annotated[AskBody, Depends(body_of(AskBody))],
) -> Response:
    """Ask an employee to search accounts of his own; where letters are sent, he gets one."""
    document = ask_custodian(
        archive_of(request), principal, request_id, body.custodian, body.accounts, body.about, body.due
    )
    return json_answer(document, status=HTTPStatus.CREATED)


def declare(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    number: SearchNumber,
    body: Annotated[DeclarationBody, Depends(body_of(DeclarationBody))],
) -> Response:
    """Declare a search."""
    document = declare_search(
        archive_of(request), principal, request_id, number, body.result, body.facts, on_paper=body.on_paper
    )
    return json_answer(document, status=HTTPStatus.CREATED)


def declaration(request: Request, principal: SignedIn, request_id: RequestName, number: SearchNumber) -> Response:
    """The signed declaration, for `archiver verify bundle`."""
    content = as_json(signed_declaration(archive_of(request), principal, request_id, number))
    return Response(content, media_type="application/json")


def declaration_paper(request: Request, principal: SignedIn, request_id: RequestName, number: SearchNumber) -> Response:
    """The same as a PDF to print and sign."""
    document = signed_declaration(archive_of(request), principal, request_id, number)
    content = declaration_pdf(document, hashlib.sha256(as_json(document)).hexdigest())
    headers = {"Content-Disposition": 'attachment; filename="declaration.pdf"'}
    return Response(content, media_type="application/pdf", headers=headers)


def accept(request: Request, principal: SignedIn, request_id: RequestName, number: SearchNumber) -> Response:
    """Say that a declaration satisfies."""
    return json_answer(accept_declaration(archive_of(request), principal, request_id, number))
