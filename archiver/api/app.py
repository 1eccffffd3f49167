"""The web application: every address in one place, each with an entry in the table of permissions.

Rule: an application with an address that has no entry is not made. Functions are plain ones and run in the
thread pool; only what reads a body, touches nothing, or looks whether somebody still waits is a coroutine.
"""

from collections.abc import Callable, Iterator
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from archiver.api import health, notices, quarantine, records, search, statements
from archiver.api.forms import FormFields
from archiver.api.hand_in import add_hand_in
from archiver.api.nonrecords import add_nonrecords
from archiver.api.policy import missing_entries
from archiver.api.problems import answer_fault, answer_problems, json_answer, status_of
from archiver.api.request_routes import add_requests
from archiver.api.schemas import (
    NoticeDocument,
    NoticesDocument,
    ProblemDocument,
    QuarantineActDocument,
    QuarantinedDocument,
    QuarantineDocument,
    ReceiptDocument,
    RecordDocument,
    StatementDocument,
)
from archiver.api.search_schemas import Coverage, SearchDocument
from archiver.api.search_work import add_search_work
from archiver.api.security import FailureLimit, Gate, SignedIn, TooManyAttempts, permitted
from archiver.api.shield import Shield, paper_policy
from archiver.api.transcriptions import add_transcriptions
from archiver.handed_in import render
from archiver.receipts import ReceiptForm
from archiver.showing import ShownPictures
from archiver.watch_facts import Watch
from archiver.web.pages import Pages
from archiver.web.search_page import asked_from
from archiver.wiring import Installation
from storage.errors import Denied, InvalidInput, NotFound


def _pages(request: Request) -> Pages:
    pages: Pages = request.app.state.pages
    return pages


def home(request: Request, principal: SignedIn) -> Response:
    """The home page of a role."""
    return _pages(request).home(principal)


async def sign_in_page(request: Request, next: str = "/") -> Response:  # noqa: A002 - the name of the parameter
    """The form to sign in with."""
    return _pages(request).sign_in(next)


async def sign_in(request: Request, fields: FormFields) -> Response:
    """Check the token and open a session."""
    gate: Gate = request.app.state.gate
    target = fields.get("next", "/")
    try:
        secret = await run_in_threadpool(gate.sign_in, request, fields.get("token", "").strip())
    except Denied as error:
        return _pages(request).sign_in(target, problem=error.message, status=HTTPStatus.FORBIDDEN)
    except TooManyAttempts as error:
        answer = _pages(request).sign_in(target, problem=error.message, status=HTTPStatus.TOO_MANY_REQUESTS)
        answer.headers["Retry-After"] = "60"
        return answer
    answer = _pages(request).after_sign_in(target)
    gate.give_cookie(answer, secret)
    return answer


def sign_out(request: Request) -> Response:
    """End the session."""
    gate: Gate = request.app.state.gate
    gate.sign_out(request)
    answer = RedirectResponse("/sign-in", status_code=HTTPStatus.SEE_OTHER)
    gate.take_cookie(answer)
    return answer


async def search_page(request: Request, principal: SignedIn) -> Response:
    """The search page."""
    asked = asked_from(request.query_params.multi_items())
    return await search.while_waited_for(request, lambda stop: _pages(request).search(principal, asked, stop))


def coverage_page(request: Request, principal: SignedIn, reason: str = "", page: str = "1") -> Response:
    """The list of what a search cannot wholly look into."""
    return _pages(request).coverage(principal, reason=reason, page=page)


def record_page(request: Request, principal: SignedIn, record_id: str) -> Response:
    """The page of a record."""
    return _pages(request).record(principal, record_id)


def send_notice_page(request: Request, principal: SignedIn, record_id: str, fields: FormFields) -> Response:
    """Send a notice by the button on a record's page, and show the record again."""
    notices.queue(request, principal, record_id, fields)
    return RedirectResponse(f"/records/{record_id}#notices", status_code=HTTPStatus.SEE_OTHER)


def receipt_page(request: Request, principal: SignedIn, submission_id: str) -> Response:
    """The page of a receipt, for printing."""
    return _pages(request).receipt(principal, submission_id)


def statement_page(
    request: Request,
    principal: SignedIn,
    custodian: str | None = None,
    first: Annotated[date | None, Query(alias="from")] = None,
    until: date | None = None,
) -> Response:
    """The page of a statement, for printing; an employee's own."""
    document = statements.document_of(request, principal, custodian, first, until)
    content = render(document, ReceiptForm.HTML)
    policy = paper_policy(content)
    headers = {"Referrer-Policy": "same-origin", "Content-Security-Policy": policy}
    return Response(content, media_type="text/html; charset=utf-8", headers=headers)


def quarantine_page(request: Request, principal: SignedIn, page: str = "1", rejected: str = "") -> Response:
    """The page of what lies in quarantine."""
    return _pages(request).quarantine(principal, page=page, rejected=rejected == "yes")


def quarantined_page(request: Request, principal: SignedIn, submission_id: str) -> Response:
    """The page of one submission in quarantine."""
    return _pages(request).quarantined(principal, submission_id)


def assign_page(request: Request, principal: SignedIn, submission_id: str, fields: FormFields) -> Response:
    """Assign by the form on a submission's page, and show what becomes of it."""

    def act() -> str:
        quarantine.act_assign(request, principal, submission_id, fields)
        return f"/receipts/{submission_id}"

    return _decided(request, principal, submission_id, act)


def retry_page(request: Request, principal: SignedIn, submission_id: str, fields: FormFields) -> Response:
    """Have it examined again by the button on a submission's page, and show what becomes of it."""

    def act() -> str:
        quarantine.act_retry(request, principal, submission_id, fields)
        return f"/receipts/{submission_id}"

    return _decided(request, principal, submission_id, act)


def release_page(request: Request, principal: SignedIn, submission_id: str, fields: FormFields) -> Response:
    """Release by the form on a submission's page, and show the record."""

    def act() -> str:
        return f"/records/{quarantine.act_release(request, principal, submission_id, fields)}"

    return _decided(request, principal, submission_id, act)


def reject_page(request: Request, principal: SignedIn, submission_id: str, fields: FormFields) -> Response:
    """Reject by the form on a submission's page, and show what else lies there."""

    def act() -> str:
        quarantine.act_reject(request, principal, submission_id, fields)
        return "/quarantine"

    return _decided(request, principal, submission_id, act)


def _decided(request: Request, principal: SignedIn, submission_id: str, act: Callable[[], str]) -> Response:
    """Do what a form asks for and lead on; where the form is wrong, show it again with what is wrong."""
    try:
        target = act()
    except (InvalidInput, NotFound) as error:
        status, _ = status_of(error)
        return _pages(request).quarantined(principal, submission_id, problem=error.message, status=status)
    return RedirectResponse(target, status_code=HTTPStatus.SEE_OTHER)


async def static(request: Request, name: str) -> Response:
    """Our own style sheet."""
    return _pages(request).static(name)


def openapi(request: Request, principal: SignedIn) -> Response:
    """This description."""
    del principal  # asked for only so that somebody has signed in
    return json_answer(request.app.openapi())


def routes_of(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Every address of an application: method and path. A mount has no method and is listed as ``*``."""
    for route in app.routes:
        path = getattr(route, "path", None) or repr(route)
        for method in getattr(route, "methods", None) or ("*",):
            yield method, path


def create_app(installation: Installation, *, limit: FailureLimit | None = None) -> FastAPI:
    """The application over one archive; `limit` counts failed attempts, a fresh one by default.

    Raises:
        RuntimeError: an address has no entry in the table of permissions.
    """
    section = installation.settings.web
    app = FastAPI(
        title="Public-records archive",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(permitted)],
    )
    app.state.installation = installation
    app.state.watch = Watch(installation)
    app.state.pages = Pages(installation, app.state.watch)
    app.state.shown = ShownPictures(installation)
    app.state.gate = Gate(
        users=installation.users,
        hours=section.session_hours,
        secure=section.secure_cookies,
        limit=limit or FailureLimit(),
    )
    _add_pages(app)
    _add_api(app)
    add_hand_in(app)
    add_transcriptions(app)
    add_nonrecords(app)
    add_search_work(app)
    add_requests(app)
    answer_problems(app)
    app.add_middleware(Shield, fault=answer_fault)
    if missing := missing_entries(routes_of(app)):
        names = ", ".join(f"{method} {path}" for method, path in missing)
        raise RuntimeError(f"without an entry in the table of permissions: {names}")
    return app


def _add_pages(app: FastAPI) -> None:
    def page(path: str, function: Callable[..., Any], *methods: str) -> None:
        app.add_api_route(
            path, function, methods=list(methods) or ["GET"], include_in_schema=False, response_model=None
        )

    page("/", home)
    page("/sign-in", sign_in_page)
    page("/sign-in", sign_in, "POST")
    page("/sign-out", sign_out, "POST")
    page("/search", search_page)
    page("/search/coverage", coverage_page)
    page("/records/{record_id}", record_page)
    page("/records/{record_id}/components/{component_id}", records.component)
    page("/records/{record_id}/notices", send_notice_page, "POST")
    page("/receipts/{submission_id}", receipt_page)
    page("/statement", statement_page)
    page("/quarantine", quarantine_page)
    page("/quarantine/{submission_id}", quarantined_page)
    page("/quarantine/{submission_id}/assign", assign_page, "POST")
    page("/quarantine/{submission_id}/retry", retry_page, "POST")
    page("/quarantine/{submission_id}/release", release_page, "POST")
    page("/quarantine/{submission_id}/reject", reject_page, "POST")
    page("/static/{name}", static)
    page("/healthz", health.healthz, "GET", "HEAD")
    page("/readyz", health.readyz, "GET", "HEAD")


def _add_api(app: FastAPI) -> None:
    problems: dict[int | str, dict[str, Any]] = {
        status: {"model": ProblemDocument} for status in (401, 403, 404, 422, 429, 503)
    }

    def document(path: str, function: Callable[..., Any], model: type | None) -> None:
        answers = problems if model is None else {200: {"model": model}, **problems}
        app.add_api_route(f"/api/v1{path}", function, methods=["GET"], response_model=None, responses=answers)

    document("/search", search.search, SearchDocument)
    document("/search/ids", search.every_id, None)
    document("/search/coverage", search.coverage, Coverage)
    document("/records/{record_id}", records.record, RecordDocument)

    def act(path: str, function: Callable[..., Any], status: HTTPStatus, model: type) -> None:
        answers: dict[int | str, dict[str, Any]] = {status.value: {"model": model}, 409: {"model": ProblemDocument}}
        app.add_api_route(
            f"/api/v1{path}",
            function,
            methods=["POST"],
            response_model=None,
            status_code=status,
            responses={**answers, **problems},
        )

    document("/records/{record_id}/notices", notices.notices, NoticesDocument)
    act("/records/{record_id}/notices", notices.send, HTTPStatus.CREATED, NoticeDocument)
    document("/submissions/{submission_id}/receipt", records.submission_receipt, ReceiptDocument)
    document("/statement", statements.statement_of, StatementDocument)
    document("/quarantine", quarantine.lying, QuarantineDocument)
    one = "/quarantine/{submission_id}"
    document(one, quarantine.one_lying, QuarantinedDocument)
    act(f"{one}/assign", quarantine.assign, HTTPStatus.ACCEPTED, QuarantineActDocument)
    act(f"{one}/retry", quarantine.retry, HTTPStatus.ACCEPTED, QuarantineActDocument)
    act(f"{one}/release", quarantine.release_one, HTTPStatus.CREATED, QuarantineActDocument)
    act(f"{one}/reject", quarantine.reject_one, HTTPStatus.OK, QuarantineActDocument)
    document("/openapi.json", openapi, None)
