"""The web server on a socket that the supervisor bound: answers until told to stop, then drains.

Rule: no access log, because addresses hold queries; a caller who does not finish his request's head in time is
let go; on the signal nothing new is taken, what is being answered is finished.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING, Any, Protocol

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from archiver.api.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.wiring import Installation

_HEAD_SECONDS = 15.0
_KEEP_ALIVE_SECONDS = 15
_DRAIN_SECONDS = 30
_MOST_CONNECTIONS = 500
_LARGEST_HEAD = 65_536


class Stopping(Protocol):
    """Tells when it is time to stop."""

    def is_set(self) -> bool:
        """Whether it is time."""
        ...


class PatientProtocol(H11Protocol):
    """HTTP/1.1 whose patience for a request's head ends: dribbling callers cannot hold every connection."""

    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Expect a first request."""
        super().connection_made(transport)
        self._expect()

    def data_received(self, data: bytes) -> None:
        """Take bytes, and expect the rest of a head that is not whole."""
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._expect()
        else:
            self._forget()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more is expected."""
        self._forget()
        super().connection_lost(exc)

    def _expect(self) -> None:
        if self._waiting is None:
            self._waiting = self.loop.call_later(_HEAD_SECONDS, self.transport.close)

    def _forget(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None


class _Server(uvicorn.Server):
    """A server that asks `stop` ten times a second and leaves signals to the worker."""

    def __init__(self, config: uvicorn.Config, stop: Stopping) -> None:
        super().__init__(config)
        self._stop = stop

    async def on_tick(self, counter: int) -> bool:
        """Whether to end."""
        return await super().on_tick(counter) or self._stop.is_set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield


def run_web(installation: Installation, sock: socket.socket, stop: Stopping) -> None:
    """Serve the page and the API on a listening socket until `stop` is set; returns when all is answered."""
    options: dict[str, Any] = {
        "http": PatientProtocol,
        "ws": "none",
        "loop": "asyncio",
        "lifespan": "off",
        "interface": "asgi3",
        "access_log": False,
        "log_config": None,
        "server_header": False,
        # only a proxy on this machine may say who the caller is, and only where one is configured
        "proxy_headers": installation.settings.web.secure_cookies,
        "limit_concurrency": _MOST_CONNECTIONS,
        "h11_max_incomplete_event_size": _LARGEST_HEAD,
        "timeout_keep_alive": _KEEP_ALIVE_SECONDS,
        "timeout_graceful_shutdown": _DRAIN_SECONDS,
    }
    # head and body of an answer are two writes; asyncio sets this only on sockets that name their protocol
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    app = create_app(installation)
    server = _Server(uvicorn.Config(app, **options), stop)
    try:
        asyncio.run(server.serve(sockets=[sock]))
    finally:
        app.state.shown.close()
