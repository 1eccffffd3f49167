"""The list of exemptions over HTTP: what can be named, and what the agency adds, words otherwise or retires.

Rule: an exemption of the agency is addressed by its number, since codes of law have slashes in them.
"""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request
from pydantic import Field
from starlette.responses import Response

from archiver.api.problems import json_answer
from archiver.api.request_bodies import Body, Line, body_of
from archiver.api.request_keeping import archive_of
from archiver.api.security import SignedIn
from archiver.own_exemptions import add_exemption, change_exemption, list_exemptions, retire_exemption
from search.disclosure.own_exemptions import NewExemption

ExemptionNumber = Annotated[int, Path(ge=1, le=1_000_000_000)]
ProfileQuery = Annotated[str | None, Query(alias="profile", max_length=20, description="only under this law")]


class NewExemptionBody(Body):
    """A ground that the agency names itself."""

    code: Line
    title: Line
    citation: Line
    profile: Line | None = Field(None, description="whose law it stands beside; null for every law")


class ExemptionChange(Body):
    """What is said of it from now on; what is null stays."""

    title: Line | None = None
    citation: Line | None = None
    offer: bool = Field(False, description="offer it again, after it was retired")


def exemptions(request: Request, principal: SignedIn, profile_id: ProfileQuery = None) -> Response:
    """Every exemption, with where it comes from and how often it is used."""
    return json_answer(list_exemptions(archive_of(request), principal, profile_id))


def add(
    request: Request, principal: SignedIn, body: Annotated[NewExemptionBody, Depends(body_of(NewExemptionBody))]
) -> Response:
    """Offer a ground of the agency's own from now on."""
    new = NewExemption(code=body.code, title=body.title, citation=body.citation, profile=body.profile)
    return _answer(add_exemption(archive_of(request), principal, new), HTTPStatus.CREATED)


def change(
    request: Request,
    principal: SignedIn,
    number: ExemptionNumber,
    body: Annotated[ExemptionChange, Depends(body_of(ExemptionChange))],
) -> Response:
    """Word a ground of the agency's own otherwise, or offer it again."""
    told = change_exemption(
        archive_of(request), principal, number, title=body.title, citation=body.citation, offered=body.offer
    )
    return _answer(told, HTTPStatus.OK)


def retire(request: Request, principal: SignedIn, number: ExemptionNumber) -> Response:
    """Offer a ground of the agency's own no more."""
    return _answer(retire_exemption(archive_of(request), principal, number), HTTPStatus.OK)


def _answer(document: dict[str, Any], status: HTTPStatus) -> Response:
    return json_answer(document, status=status)
