"""What stands around every answer: security headers, and a fault told without what caused it.

Rule: every answer carries the same headers unless it sets its own - nothing is loaded but our own style sheet,
nothing is framed, guessed, kept in a cache, or told to other sites. An unforeseen error is logged by its type
and place only, because exception texts quote records; the caller learns that it happened.

Plain ASGI, since wrapping each answer in a task of its own would cost more than a search.
"""

from __future__ import annotations

import base64
import hashlib
import traceback
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger()

CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def paper_policy(content: bytes) -> str:
    """The policy of a page that is a paper of its own, to be kept and printed: the one style in it, by its digest."""
    style = content.partition(b"<style>")[2].partition(b"</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style).digest()).decode()
    return CONTENT_POLICY.replace("style-src 'self'", f"style-src 'sha256-{digest}'")


HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", CONTENT_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"cache-control", b"no-store"),
)


class Shield:
    """ASGI middleware: adds the headers, and answers an unforeseen error with `fault(scope)`."""

    def __init__(self, app: ASGIApp, *, fault: Callable[[Scope], Response]) -> None:
        self._app = app
        self._fault = fault

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def shielded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                given = message["headers"]
                own = {name for name, _ in given}
                message["headers"] = [*given, *(pair for pair in HEADERS if pair[0] not in own)]
            await send(message)

        try:
            await self._app(scope, receive, shielded)
        except Exception as error:  # noqa: BLE001 - the last place that can keep a quoted record out of the log
            log.error("web.fault", error=type(error).__name__, place=_place(error))  # noqa: TRY400 - no exception text
            if not started:
                await self._fault(scope)(scope, receive, shielded)


def _place(error: Exception) -> str:
    """File and line where it was raised; a line of a program is no content."""
    frames = traceback.extract_tb(error.__traceback__, limit=-1)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "unknown"
