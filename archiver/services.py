"""Which services an archive's settings ask for, and the sockets that they inherit.

Rule: sockets are bound once, by the supervisor, before anything is started, so that a port that is taken is
told in one sentence, and a service that dies leaves its callers waiting in the queue instead of refused.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archiver.supervisor import Service
from archiver.worker import WorkerRole
from storage.errors import Conflict

if TYPE_CHECKING:
    from pathlib import Path

    from archiver.config import Settings
    from archiver.settings_sections import LmtpSection

_BACKLOG = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePlan:
    """Services to run, and where they listen; the sockets are kept open as long as the services run."""

    services: tuple[Service, ...]
    sockets: tuple[socket.socket, ...]
    smtp_address: tuple[str, int] | None
    web_address: tuple[str, int] | None
    lmtp_address: tuple[str, int] | None = None
    lmtp_socket: Path | None = None

    def close(self) -> None:
        """Close the sockets; a Unix socket's name goes with it."""
        for one in self.sockets:
            one.close()
        if self.lmtp_socket is not None:
            self.lmtp_socket.unlink(missing_ok=True)


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


def _listen_locally(path: Path, mode: str) -> socket.socket:
    """A Unix socket; one that nobody listens on any more is replaced.

    Raises:
        Conflict: somebody listens there, or something else has that name, or it cannot be made.
    """
    what = f"the LMTP receiver cannot listen on {path}"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path.is_socket():
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
                somebody = probe.connect_ex(str(path)) == 0
            if somebody:
                raise Conflict(f"{what}: another program does")  # noqa: TRY301 - closed below, as for all reasons
            path.unlink()
        before = os.umask(0o777)  # nobody gets in before the mode is set
        try:
            listener.bind(str(path))
        finally:
            os.umask(before)
        path.chmod(int(mode, 8))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        reason = error.strerror or type(error).__name__
        raise Conflict(f"{what}: {reason}; choose another path in archiver.toml") from error
    except Conflict:
        listener.close()
        raise
    return listener


def _plan_lmtp(section: LmtpSection, sockets: list[socket.socket]) -> tuple[list[Service], tuple[str, int] | None]:
    """The LMTP services, on a port, a Unix socket, or both."""
    services: list[Service] = []
    address = None
    if section.enabled and section.listen:
        listener = _listen(section.listen, section.port, "the LMTP receiver")
        sockets.append(listener)
        address = listener.getsockname()[:2]
        services.append(_with_socket("lmtp", WorkerRole.LMTP, listener))
    if section.enabled and section.socket is not None:
        listener = _listen_locally(section.socket, section.socket_mode)
        sockets.append(listener)
        services.append(_with_socket("lmtp-socket", WorkerRole.LMTP, listener))
    return services, address


def plan_services(settings: Settings) -> ServicePlan:
    """Bind the sockets and list the services.

    Raises:
        Conflict: a port cannot be had.
    """
    sockets: list[socket.socket] = []
    services: list[Service] = []
    smtp_address = web_address = lmtp_address = None
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
        lmtp, lmtp_address = _plan_lmtp(settings.lmtp, sockets)
        services += lmtp
        if settings.folders:
            services.append(Service(name="folders", role=WorkerRole.FOLDERS.value))
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
        services=tuple(services),
        sockets=tuple(sockets),
        smtp_address=smtp_address,
        web_address=web_address,
        lmtp_address=lmtp_address,
        lmtp_socket=settings.lmtp.socket if settings.lmtp.enabled else None,
    )


def _with_socket(name: str, role: WorkerRole, listener: socket.socket) -> Service:
    descriptor = listener.fileno()
    return Service(name=name, role=role.value, arguments=("--fd", str(descriptor)), descriptors=(descriptor,))
