"""`GET /api/v1/search`: the `search --json` document of the command contract over HTTP."""

from typing import Annotated, Literal

from fastapi import Query, Request
from starlette.responses import Response

from archiver.api.problems import json_answer
from archiver.api.security import SignedIn
from archiver.searching import MOST_AT_ONCE, search_records

_FURTHEST = 1_000_000_000

Text = Annotated[str, Query(description="query in the archive's query language")]
Limit = Annotated[int, Query(ge=0, le=MOST_AT_ONCE, description="most hits in this answer")]
Offset = Annotated[int, Query(ge=0, le=_FURTHEST, description="hits to leave out before the first")]
Sort = Annotated[Literal["date", "relevance"], Query(description="newest first, or best first")]


def search(
    request: Request, principal: SignedIn, q: Text, limit: Limit = 20, offset: Offset = 0, sort: Sort = "date"
) -> Response:
    """Find records; the total is exact and every hit can be reached by `offset`."""
    installation = request.app.state.installation
    return json_answer(search_records(installation, principal, q, limit=limit, offset=offset, sort=sort))
