"""Searching over HTTP: `GET /api/v1/search` as `search --json` answers, every id as a stream, and how complete it is.

Rule: a search ends when nobody waits for it any more: the connection is looked at while it runs. What streams says at
its end that it is whole, because a status was sent long before.
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Annotated, Any, Literal, TypeVar

from fastapi import Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from archiver.api.problems import json_answer
from archiver.api.security import SignedIn
from archiver.search_facets import FACETS, MOST_VALUES, USUAL_VALUES
from archiver.search_view import MOST_SNIPPETS
from archiver.searching import MOST_AT_ONCE, search_coverage, search_ids, search_records
from search.stopping import Stop
from storage.errors import InvalidInput

T = TypeVar("T")
_FURTHEST = 1_000_000_000
_LOOK_SECONDS = 0.25
_LINES_AT_ONCE = 5_000
_FIELDS = frozenset(
    {"sent_at", "captured_at", "from", "to", "subject", "custodian", "channel", "platform", "kind", "snippet"}
    | {"snippet_parts", "snippets", "subject_parts", "beside", "supersedes", "group", "why"}
)

Text = Annotated[
    str | None, Query(description="query in the archive's query language; without one facets are of all records")
]
Required = Annotated[str, Query(description="query in the archive's query language")]
Limit = Annotated[int, Query(ge=0, le=MOST_AT_ONCE, description="most hits in this answer")]
Offset = Annotated[int, Query(ge=0, le=_FURTHEST, description="hits (or groups) to leave out before the first")]
Sort = Annotated[Literal["date", "relevance"], Query(description="newest first, or best first")]
Facets = Annotated[str, Query(description=f"counts, separated by commas, or all: {', '.join(FACETS)}")]
Values = Annotated[int, Query(ge=1, le=MOST_VALUES, description="most values of each facet")]
Group = Annotated[Literal["none", "thread", "duplicate", "near"], Query(description="one hit for each group")]
Why = Annotated[bool, Query(description="say of each hit what of the query it matches")]
Snippets = Annotated[int, Query(ge=0, le=MOST_SNIPPETS, description="most pieces of text of each hit")]
Fields = Annotated[str, Query(description="fields of a hit beside its id, separated by commas; all without")]
Engine = Annotated[str | None, Query(description="search engine; the first of the settings without")]
Superseded = Annotated[bool, Query(description="also records in whose place others stand")]
Form = Annotated[Literal["text", "ndjson"], Query(description="one id a line, or one JSON object a line")]


async def search(
    request: Request,
    principal: SignedIn,
    q: Text = None,
    limit: Limit = 20,
    offset: Offset = 0,
    sort: Sort = "date",
    facets: Facets = "",
    values: Values = USUAL_VALUES,
    group: Group = "none",
    why: Why = False,  # noqa: FBT002 - the framework passes by name
    snippets: Snippets = 1,
    fields: Fields = "",
    engine: Engine = None,
    superseded: Superseded = False,  # noqa: FBT002
) -> Response:
    """Find records; the total is exact and every hit can be reached by `offset`."""
    names = FACETS if facets == "all" else _names(facets)
    if q is None and not names:
        raise InvalidInput("the parameter q is missing: what to search for; for counts, facets", parameter="q")
    chosen = _names(fields)
    if unknown := sorted(set(chosen) - _FIELDS - {"id"}):
        raise InvalidInput(f"a hit has no field {unknown[0]!r}; it has: id, {', '.join(sorted(_FIELDS))}")

    def find(stop: Stop) -> dict[str, Any]:
        return search_records(
            request.app.state.installation,
            principal,
            q,
            limit=limit,
            offset=offset,
            sort=sort,
            facets=names,
            values=values,
            group=group,
            why=why,
            snippets=snippets,
            engine=engine,
            superseded=superseded,
            stop=stop,
        )

    document = await while_waited_for(request, find)
    if chosen:
        kept = {"id", *chosen}
        document["hits"] = [{name: one[name] for name in one if name in kept} for one in document["hits"]]
    return json_answer(document)


async def every_id(
    request: Request,
    principal: SignedIn,
    q: Required,
    form: Form = "text",
    engine: Engine = None,
    superseded: Superseded = False,  # noqa: FBT002 - the framework passes by name
) -> Response:
    """Every matching id, with no limit; the last line of ndjson has total and coverage, and says that it is whole."""

    def find(stop: Stop) -> tuple[dict[str, Any], Iterator[str]]:
        installation = request.app.state.installation
        return search_ids(installation, principal, q, engine=engine, superseded=superseded, stop=stop)

    coverage, ids = await while_waited_for(request, find)
    if form == "text":
        return StreamingResponse(_plain(ids), media_type="text/plain; charset=utf-8")
    return StreamingResponse(_objects(ids, coverage), media_type="application/x-ndjson")


def coverage(request: Request, principal: SignedIn) -> Response:
    """How complete a search would be now."""
    return json_answer(search_coverage(request.app.state.installation, principal))


async def while_waited_for(request: Request, find: Callable[[Stop], T]) -> T:
    """Run a search in the thread pool, and end it when the other side hangs up.

    Raises:
        SearchStopped: it was ended.
    """
    stop = Stop()
    running = asyncio.ensure_future(run_in_threadpool(find, stop))
    try:
        while not (await asyncio.wait({running}, timeout=_LOOK_SECONDS))[0]:
            if await request.is_disconnected():
                stop.ask()
    except asyncio.CancelledError:
        stop.ask()
        raise
    return running.result()


def _names(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split(",") if one.strip())


def _plain(ids: Iterator[str]) -> Iterator[str]:
    while some := list(islice(ids, _LINES_AT_ONCE)):
        yield "\n".join(some) + "\n"


def _objects(ids: Iterator[str], covered: dict[str, Any]) -> Iterator[str]:
    total = 0
    while some := list(islice(ids, _LINES_AT_ONCE)):
        total += len(some)
        yield "".join(f'{{"id":{json.dumps(one)}}}\n' for one in some)
    yield json.dumps({"total": total, "coverage": covered}) + "\n"
