"""Which services an archive's settings ask for, and the sockets that they inherit.

Rule: sockets are bound once, by the supervisor, before anything is started, so that a port that is taken is
told in one sentence, and a service that dies leaves its callers waiting in the queue instead of refused.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archiver.supervisor import Service
from archiver.worker import WorkerRole
from storage.errors import Conflict

if TYPE_CHECKING:
    from archiver.config import Settings

_BACKLOG = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePlan:
    """Services to run, and where they listen; the sockets are kept open as long as the services run."""

    services: tuple[Service, ...]
    sockets: tuple[socket.socket, ...]
    smtp_address: tuple[str, int] | None
    web_address: tuple[str, int] | None

    def close(self) -> None:
        """Close the sockets."""
        for one in self.sockets:
            one.close()


def _listen(host: str, port: int, what: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        reason = error.strerror or type(error).__name__
        raise Conflict(
            f"{what} cannot listen on {host} port {port}: {reason}; choose another port in archiver.toml"
        ) from error
    return listener


def plan_services(settings: Settings) -> ServicePlan:
    """Bind the sockets and list the services.

    Raises:
        Conflict: a port cannot be had.
    """
    sockets: list[socket.socket] = []
    services: list[Service] = []
    smtp_address = web_address = None
    try:
        if settings.smtp.enabled:
            listener = _listen(settings.smtp.listen, settings.smtp.port, "the mail receiver")
            sockets.append(listener)
            smtp_address = listener.getsockname()[:2]
            services += [
                _with_socket(f"smtp-{number}", WorkerRole.SMTP, listener)
                for number in range(1, settings.smtp.acceptors + 1)
            ]
        services += [
            Service(name=role.value, role=role.value)
            for role in (WorkerRole.EXAMINER, WorkerRole.FOLLOWER, WorkerRole.CLOCK)
        ]
        if settings.imap:
            services.append(Service(name="imap", role=WorkerRole.IMAP.value))
        if settings.web.enabled:
            listener = _listen(settings.web.listen, settings.web.port, "the web page")
            sockets.append(listener)
            web_address = listener.getsockname()[:2]
            services.append(_with_socket("web", WorkerRole.WEB, listener))
    except Conflict:
        for one in sockets:
            one.close()
        raise
    return ServicePlan(
        services=tuple(services), sockets=tuple(sockets), smtp_address=smtp_address, web_address=web_address
    )


def _with_socket(name: str, role: WorkerRole, listener: socket.socket) -> Service:
    descriptor = listener.fileno()
    return Service(name=name, role=role.value, arguments=("--fd", str(descriptor)), descriptors=(descriptor,))
