"""The web application: every address in one place, each with an entry in the table of permissions.

Rule: an application with an address that has no entry is not made. Functions are plain ones and run in the
thread pool; only what reads a body or touches nothing is a coroutine.
"""

import asyncio
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import Depends, FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from archiver.api import health, records, search
from archiver.api.policy import missing_entries
from archiver.api.problems import TooLarge, answer_fault, answer_problems, json_answer
from archiver.api.schemas import ProblemDocument, ReceiptDocument, RecordDocument, SearchDocument
from archiver.api.security import FailureLimit, Gate, SignedIn, TooManyAttempts, permitted
from archiver.api.shield import Shield
from archiver.web.pages import Pages
from archiver.wiring import Installation
from storage.errors import Denied, InvalidInput

_LARGEST_FORM = 16_384
_MOST_FIELDS = 10
_FORM_SECONDS = 10.0


async def form_fields(request: Request) -> dict[str, str]:
    """The fields of a small urlencoded form; of repeated ones the first.

    Raises:
        TooLarge: more than a sign-in form has.
        InvalidInput: another type, not readable, or too slow.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise InvalidInput("send this form as application/x-www-form-urlencoded")
    body = b""
    try:
        async with asyncio.timeout(_FORM_SECONDS):
            async for piece in request.stream():
                body += piece
                if len(body) > _LARGEST_FORM:
                    raise TooLarge("this form is too large")
        fields = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except (TimeoutError, ValueError) as error:
        raise InvalidInput("this form cannot be read; open the page and try again") from error
    return {name: values[0] for name, values in fields.items()}


FormFields = Annotated[dict[str, str], Depends(form_fields)]


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


def search_page(request: Request, principal: SignedIn, q: str = "", page: str = "1", sort: str = "date") -> Response:
    """The search page."""
    return _pages(request).search(principal, q, page=page, sort=sort)


def record_page(request: Request, principal: SignedIn, record_id: str) -> Response:
    """The page of a record."""
    return _pages(request).record(principal, record_id)


def receipt_page(request: Request, principal: SignedIn, submission_id: str) -> Response:
    """The page of a receipt, for printing."""
    return _pages(request).receipt(principal, submission_id)


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
    app.state.pages = Pages(installation)
    app.state.gate = Gate(
        users=installation.users,
        hours=section.session_hours,
        secure=section.secure_cookies,
        limit=limit or FailureLimit(),
    )
    _add_pages(app)
    _add_api(app)
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
    page("/records/{record_id}", record_page)
    page("/records/{record_id}/components/{component_id}", records.component)
    page("/receipts/{submission_id}", receipt_page)
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
    document("/records/{record_id}", records.record, RecordDocument)
    document("/submissions/{submission_id}/receipt", records.submission_receipt, ReceiptDocument)
    document("/openapi.json", openapi, None)
