"""Letters about a request over HTTP, and the log of what is kept back of it.

Rule: what the archive notes of a letter is the SHA-256 of the very bytes that are answered; a draft is answered the
same way and noted as looked at only.
"""

import base64
import hashlib
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import Depends, Query, Request
from pydantic import Field
from starlette.responses import Response

from archiver.api.problems import json_answer
from archiver.api.request_bodies import Body, Line, Text, body_of
from archiver.api.request_keeping import RequestName, archive_of
from archiver.api.security import SignedIn
from archiver.exemption_log_pdf import exemption_log_pdf
from archiver.exemption_logging import log_of_request
from archiver.request_letters import looked_at, make_letter, note_letter
from search.disclosure.exemption_log import log_csv
from search.disclosure.letter_templates import LetterKind
from storage.errors import InvalidInput

Parties = Annotated[bool, Query(description="say sender and recipients, too")]
LogForm = Annotated[Literal["json", "csv", "pdf"], Query(description="a document, a table or a paper")]


class LetterBody(Body):
    """What a letter is for; `fills` are texts by field, `final` refuses one with blanks, `draft` notes nothing."""

    kind: LetterKind
    form: Literal["text", "pdf"] = Field("text", description="a document with the text, or the bytes of a PDF")
    fills: Annotated[dict[Line, Text], Field(max_length=100)] = Field({})
    final: bool = False
    draft: bool = False


def write(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    body: Annotated[LetterBody, Depends(body_of(LetterBody))],
) -> Response:
    """Write a letter from its template: a document with its blanks, or the PDF that is sent."""
    if body.final and body.draft:
        raise InvalidInput("a letter is final or a draft; leave one of final and draft out")
    installation = archive_of(request)
    made = make_letter(
        installation,
        principal,
        request_id,
        body.kind,
        fills=body.fills,
        as_pdf=body.form == "pdf",
        final=body.final,
        draft=body.draft,
    )
    (looked_at if body.draft else note_letter)(installation, principal, made)
    if body.form == "text":
        return json_answer(made.document(noted=not body.draft), status=HTTPStatus.CREATED)
    return _paper(made.content, f"{made.kind.value}.pdf", HTTPStatus.CREATED)


def exemptions(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    form: LogForm = "json",
    parties: Parties = False,  # noqa: FBT002 - the framework passes by name
) -> Response:
    """What is withheld or released in part: ground, law, factual basis, and who decided."""
    installation = archive_of(request)
    found, log = log_of_request(installation, principal, request_id, with_parties=parties)
    made_on = installation.archive.store.clock().astimezone(installation.archive.zone).date().isoformat()
    if form == "csv":
        headers = _saved_as("exemptions.csv")
        return Response(log_csv(log), media_type="text/csv; charset=utf-8; header=present", headers=headers)
    if form == "pdf":
        agency = installation.settings.agency.name
        paper = exemption_log_pdf(log, agency=agency, request=found.number, made_on=made_on)
        return _paper(paper, "exemptions.pdf", HTTPStatus.OK)
    document: dict[str, Any] = {"request": found.number, "made_on": made_on, **log.document()}
    return json_answer(document)


def _paper(content: bytes, name: str, status: HTTPStatus) -> Response:
    """A PDF with its digest (RFC 9530 §3), so that it can be held against what was noted."""
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    headers = {**_saved_as(name), "Repr-Digest": f"sha-256=:{digest}:"}
    return Response(content, status_code=status, media_type="application/pdf", headers=headers)


def _saved_as(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
