"""Registers the addresses of disclosure requests, each with the types of what is sent and answered.

Rule: what is sent is told from the function itself (the type of its member `body`), so that the description cannot say
something else than is read. What an address needs stands in `archiver.api.policy`.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final, get_type_hints

from fastapi import FastAPI

from archiver.api.request_bodies import described
from archiver.api.schemas import ProblemDocument

_PROBLEMS: Final = (401, 403, 404, 409, 413, 422, 429, 503)


class Addresses:
    """The addresses of one application below `/api/v1`."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def look(self, path: str, function: Callable[..., Any], document: type | str) -> None:
        """An address that answers a `document`, or bytes of a media type."""
        self._add("GET", path, function, document, HTTPStatus.OK)

    def make(self, path: str, function: Callable[..., Any], document: type) -> None:
        """An address where something is added (201)."""
        self._add("POST", path, function, document, HTTPStatus.CREATED)

    def act(self, path: str, function: Callable[..., Any], document: type, *, method: str = "POST") -> None:
        """An address where something is changed (200)."""
        self._add(method, path, function, document, HTTPStatus.OK)

    def _add(
        self, method: str, path: str, function: Callable[..., Any], document: type | str, status: HTTPStatus
    ) -> None:
        answer: dict[str, Any] = {"model": document} if isinstance(document, type) else {"content": {document: {}}}
        responses: dict[int | str, dict[str, Any]] = {
            status.value: answer,
            **{one: {"model": ProblemDocument} for one in _PROBLEMS},
        }
        body = get_type_hints(function).get("body")
        self._app.add_api_route(
            f"/api/v1{path}",
            function,
            methods=[method],
            response_model=None,
            status_code=status,
            responses=responses,
            openapi_extra=None if body is None else described(body),
        )
