"""Saved searches, frozen results, reports of hits and alerts over HTTP.

Rule: each act is the one of the command line, with the same rights and the same event. Ids are a stream without a
limit; the signed documents are those that `archiver verify bundle` checks.
"""

from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import FastAPI, Query, Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from archiver.api.json_body import JsonBody, members_of, needed
from archiver.api.problems import json_answer
from archiver.api.schemas import ProblemDocument
from archiver.api.security import SignedIn
from archiver.frozen_sets import freeze, frozen_ids, list_frozen, show_frozen
from archiver.frozen_writing import frozen_statement
from archiver.hit_report_forms import report_statement
from archiver.hit_reports import MOST_TERMS, report_hits
from archiver.saved_searches import change_saved, list_saved, remove_saved, save_search, show_saved
from archiver.search_alerts import PERIODS, add_alert, list_alerts, own_alert, show_alert, switch_alert
from archiver.wiring import Installation
from search.alerts import AlertState
from search.frozen_ids import chunks
from search.hit_report_terms import Term
from storage.errors import InvalidInput
from storage.records import RecordState

_LINES = 5_000


def _of(request: Request) -> Installation:
    installation: Installation = request.app.state.installation
    return installation


def saved_searches(request: Request, principal: SignedIn) -> Response:
    """What one saved, and what others share."""
    return json_answer({"saved": list_saved(_of(request), principal)})


def save(request: Request, principal: SignedIn, body: JsonBody) -> Response:
    """Save a query: `name`, `query`, `note`, `shared`."""
    given = members_of(body, name=str, query=str, note=str, shared=bool)
    name, query = needed(given["name"], "name"), needed(given["query"], "query")
    shared = bool(given["shared"])
    document = save_search(_of(request), principal, name, query, note=given["note"], shared=shared)
    return json_answer(document, status=HTTPStatus.CREATED)


def one_saved(request: Request, principal: SignedIn, name: str) -> Response:
    """A saved search, by its name or id."""
    return json_answer(show_saved(_of(request), principal, name))


def change(request: Request, principal: SignedIn, name: str, body: JsonBody) -> Response:
    """Change what is given: `name`, `query`, `note`, `shared`."""
    given = members_of(body, name=str, query=str, note=str, shared=bool)
    document = change_saved(
        _of(request),
        principal,
        name,
        rename=given["name"],
        query=given["query"],
        note=given["note"],
        shared=given["shared"],
    )
    return json_answer(document)


def remove(request: Request, principal: SignedIn, name: str) -> Response:
    """Remove one's own search."""
    return json_answer(remove_saved(_of(request), principal, name))


def frozen_sets(request: Request, principal: SignedIn) -> Response:
    """The frozen results that one may see."""
    return json_answer({"frozen": list_frozen(_of(request), principal)})


def make_frozen(request: Request, principal: SignedIn, body: JsonBody) -> Response:
    """Freeze what a query finds: `query` or `saved`, and `title`."""
    given = members_of(body, query=str, saved=str, title=str)
    document = freeze(_of(request), principal, given["query"], saved=given["saved"], title=given["title"])
    return json_answer(document, status=HTTPStatus.CREATED)


def one_frozen(request: Request, principal: SignedIn, set_id: str) -> Response:
    """A frozen result, with what its records are now."""
    return json_answer(show_frozen(_of(request), principal, set_id))


def ids_of_frozen(
    request: Request, principal: SignedIn, set_id: str, state: Annotated[RecordState | None, Query()] = None
) -> Response:
    """Every id of a frozen result, one a line; of one `state` where that is given."""
    found = frozen_ids(_of(request), principal, set_id, None if state is None else state.value)

    def lines() -> Iterator[bytes]:
        for some in chunks((record_id for record_id, _ in found), _LINES):
            yield "".join(f"{one}\n" for one in some).encode()

    return StreamingResponse(lines(), media_type="text/plain; charset=us-ascii")


def statement_of_frozen(request: Request, principal: SignedIn, set_id: str) -> Response:
    """The signed document of a frozen result."""
    return json_answer(frozen_statement(_of(request), principal, set_id))


def hit_report(request: Request, principal: SignedIn, body: JsonBody) -> Response:
    """A signed report of hits: `terms` (queries, or objects with `name` and `query`), `title`, `families`."""
    given = members_of(body, terms=list, title=str, families=bool)
    terms = _terms(given["terms"] or [])
    report = report_hits(_of(request), principal, terms, families=bool(given["families"]), title=given["title"])
    return json_answer(report_statement(_of(request), report), status=HTTPStatus.CREATED)


def _terms(given: list[Any]) -> tuple[Term, ...]:
    if not given or len(given) > MOST_TERMS:
        raise InvalidInput(f"terms has 1 to {MOST_TERMS:,} queries", parameter="terms")
    found = []
    for number, one in enumerate(given, 1):
        term = {"query": one} if isinstance(one, str) else one
        if not isinstance(term, dict):
            raise InvalidInput("a term is a query, or an object with name and query", parameter="terms")
        members = members_of(term, name=str, query=str)
        query = needed(members["query"], "query")
        found.append(Term(line=number, name=members["name"] or query, query=query))
    return tuple(found)


def alerts(request: Request, principal: SignedIn) -> Response:
    """One's alerts."""
    return json_answer({"alerts": list_alerts(_of(request), principal)})


def set_alert(request: Request, principal: SignedIn, body: JsonBody) -> Response:
    """Set an alert: `name`, `query` or `saved`, `to` or `officers`, `every` (hour, day, week)."""
    given = members_of(body, name=str, query=str, saved=str, to=str, officers=bool, every=str)
    every = given["every"] or "day"
    if every not in PERIODS:
        raise InvalidInput(f"every is one of {', '.join(PERIODS)}", parameter="every")
    document = add_alert(
        _of(request),
        principal,
        needed(given["name"], "name"),
        given["query"],
        saved=given["saved"],
        to=given["to"],
        officers=bool(given["officers"]),
        every_hours=PERIODS[every],
    )
    return json_answer(document, status=HTTPStatus.CREATED)


def one_alert(request: Request, principal: SignedIn, alert_id: str) -> Response:
    """An alert and the ids of the records that it found."""
    return json_answer(show_alert(_of(request), principal, alert_id))


def switch(request: Request, principal: SignedIn, alert_id: str, body: JsonBody) -> Response:
    """Pause an alert, let it go on, or remove it: `state` (paused, active, removed)."""
    state = needed(members_of(body, state=str)["state"], "state")
    if state not in tuple(AlertState):
        raise InvalidInput(f"state is one of {', '.join(AlertState)}", parameter="state")
    return json_answer(switch_alert(_of(request), principal, alert_id, AlertState(state)))


def alert_page(request: Request, principal: SignedIn, alert_id: str) -> Response:
    """Where the link of a letter leads: the search of an alert, for its owner."""
    query = own_alert(_of(request), principal, alert_id).query
    return RedirectResponse(f"/search?q={quote(query, safe='')}", status_code=HTTPStatus.SEE_OTHER)


def add_search_work(app: FastAPI) -> None:
    """Register the addresses."""
    app.add_api_route("/alerts/{alert_id}", alert_page, methods=["GET"], include_in_schema=False, response_model=None)
    problems: dict[int | str, dict[str, Any]] = {
        status: {"model": ProblemDocument} for status in (401, 403, 404, 409, 413, 422, 429, 503)
    }

    def act(method: str, path: str, function: Callable[..., Any], status: HTTPStatus = HTTPStatus.OK) -> None:
        app.add_api_route(
            f"/api/v1{path}",
            function,
            methods=[method],
            response_model=None,
            status_code=status,
            responses=problems,
        )

    act("GET", "/saved-searches", saved_searches)
    act("POST", "/saved-searches", save, HTTPStatus.CREATED)
    act("GET", "/saved-searches/{name}", one_saved)
    act("PATCH", "/saved-searches/{name}", change)
    act("DELETE", "/saved-searches/{name}", remove)
    act("GET", "/frozen-sets", frozen_sets)
    act("POST", "/frozen-sets", make_frozen, HTTPStatus.CREATED)
    act("GET", "/frozen-sets/{set_id}", one_frozen)
    act("GET", "/frozen-sets/{set_id}/ids", ids_of_frozen)
    act("GET", "/frozen-sets/{set_id}/statement", statement_of_frozen)
    act("POST", "/hit-reports", hit_report, HTTPStatus.CREATED)
    act("GET", "/alerts", alerts)
    act("POST", "/alerts", set_alert, HTTPStatus.CREATED)
    act("GET", "/alerts/{alert_id}", one_alert)
    act("PATCH", "/alerts/{alert_id}", switch)
