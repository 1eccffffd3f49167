"""The tags of a review over HTTP: listed with counts, put on records, taken off.

Rule: words of tags stand in bodies only, never in an address; a page of records is asked for by a tag's number.
"""

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request
from pydantic import Field
from starlette.responses import Response

from archiver.api.problems import json_answer
from archiver.api.request_bodies import Body, Line, Records, body_of
from archiver.api.request_keeping import RequestName, archive_of
from archiver.api.security import SignedIn
from archiver.review_tags import list_tags, tag_records
from search.disclosure.review_tags import MOST_AT_ONCE
from search.grouping import Grouping

_Names = Annotated[list[Line], Field(max_length=MOST_AT_ONCE)]


class TagBody(Body):
    """Tags that are put on records and taken off them, and what belongs to the records and is tagged with them."""

    records: Records
    add: _Names = Field([])
    remove: _Names = Field([])
    together: Grouping | None = Field(None, alias="with")


def tags(request: Request, principal: SignedIn, request_id: RequestName) -> Response:
    """The tags of a request, each with its number and how many records have it."""
    return json_answer(list_tags(archive_of(request), principal, request_id))


def put(
    request: Request,
    principal: SignedIn,
    request_id: RequestName,
    body: Annotated[TagBody, Depends(body_of(TagBody))],
) -> Response:
    """Put tags on records and take others off; a tag that the request does not have yet is made."""
    document = tag_records(
        archive_of(request),
        principal,
        request_id,
        body.records,
        add=body.add,
        remove=body.remove,
        with_groups=body.together,
    )
    return json_answer(document, status=HTTPStatus.CREATED)
