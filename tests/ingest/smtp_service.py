"""An SMTP service in a thread, with a depositor that remembers, and a client that says exactly what it is told."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from ingest.channels.smtp import serve_smtp
from ingest.channels.smtp_settings import SmtpSettings
from ingest.submission import Deposited, Handover
from storage.records import Channel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest.channel_health import Health

INTAKE = "archive@agency.example"
JANE = "jane.doe@mail.example"
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class RememberingDepositor:
    """Keeps what it is given; can be told to fail, or to wait until it is released."""

    def __init__(self) -> None:
        self.handovers: list[Handover] = []
        self.failure: Exception | None = None
        self.gate: threading.Event | None = None
        self.entered = threading.Semaphore(0)
        self._lock = threading.Lock()

    @property
    def payloads(self) -> list[bytes]:
        return [handover.payload for handover in self.handovers]

    def deposit(self, handover: Handover) -> Deposited:
        self.entered.release()
        if self.gate is not None:
            assert self.gate.wait(120)
        if self.failure is not None:
            raise self.failure
        with self._lock:
            self.handovers.append(handover)
            position = len(self.handovers) - 1
        return Deposited(
            submission_id=f"sub_{position:04}",
            duplicate_of=None,
            position=position,
            received_at=NOW,
            sha256=hashlib.sha256(handover.payload).hexdigest(),
        )


class Directory:
    """Custodians by address."""

    def __init__(self, custodians: dict[str, str]) -> None:
        self.custodians = custodians
        self.failure: Exception | None = None

    def find(self, address: str) -> str | None:
        if self.failure is not None:
            raise self.failure
        return self.custodians.get(address.casefold())


class RememberingHealth:
    def __init__(self) -> None:
        self.notes: list[Health] = []

    def note(self, health: Health) -> None:
        self.notes.append(health)


class Service:
    """`serve_smtp` on its own loop in a thread."""

    def __init__(self, *, place: Path | None = None, **settings: Any) -> None:
        self.depositor = RememberingDepositor()
        self.directory = Directory({JANE: "cus_jane", "omar@mail.example": "cus_omar"})
        self.health = RememberingHealth()
        chosen = {"hostname": "archive.agency.example", "intake_addresses": (INTAKE,), **settings}
        self._settings = SmtpSettings(**chosen)
        if place is None:
            self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
            self.port: int = self._listener.getsockname()[1]
        else:
            self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._listener.bind(str(place))
            self._listener.listen(128)
        self._place = place
        self._word = "LHLO" if self._settings.channel is Channel.LMTP else "EHLO"
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self._ready.set()
        await serve_smtp(
            self._listener,
            self._settings,
            self.depositor,
            self.directory,
            self._stop,
            health=self.health,
            clock=lambda: NOW,
        )

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(120)

    def begin_stopping(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)

    def join(self) -> None:
        self._thread.join(120)
        assert not self._thread.is_alive(), "the service did not drain"
        self._listener.close()

    def client(self) -> Client:
        return Client(self.port if self._place is None else self._place, self._word)


@contextmanager
def running(**settings: Any) -> Iterator[Service]:
    service = Service(**settings)
    service.start()
    try:
        yield service
    finally:
        if service.depositor.gate is not None:
            service.depositor.gate.set()
        if service._thread.is_alive():
            service.begin_stopping()
        service.join()


class Client:
    """A raw client: sends bytes, reads whole replies."""

    def __init__(self, place: int | Path, word: str = "EHLO") -> None:
        if isinstance(place, int):
            self.socket = socket.create_connection(("127.0.0.1", place), timeout=120)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        else:
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.socket.settimeout(120)
            self.socket.connect(str(place))
        self._word = word
        self._pending = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, wire: bytes) -> None:
        self.socket.sendall(wire)

    def reply(self) -> str:
        """The next whole reply; empty where the server has closed."""
        while True:
            lines = self._pending.split(b"\r\n")
            for count, line in enumerate(lines[:-1], start=1):
                if line[3:4] != b"-":
                    whole = b"\r\n".join(lines[:count])
                    self._pending = self._pending[len(whole) + 2 :]
                    return whole.decode()
            try:
                block = self.socket.recv(65536)
            except ConnectionError:
                return ""
            if not block:
                return ""
            self._pending += block

    def ask(self, line: str) -> str:
        self.send(line.encode() + b"\r\n")
        return self.reply()

    def greet(self) -> str:
        assert self.reply().startswith("220")
        return self.ask(f"{self._word} client.example")

    def open_data(self, sender: str = JANE, *recipients: str) -> None:
        assert self.ask(f"MAIL FROM:<{sender}>").startswith("250")
        for recipient in recipients or (INTAKE,):
            assert self.ask(f"RCPT TO:<{recipient}>").startswith("250")
        assert self.ask("DATA").startswith("354")

    def deliver(self, body: bytes, sender: str = JANE, *recipients: str) -> str:
        """One mail in an open session: dot-stuffed, and with its end."""
        self.open_data(sender, *recipients)
        self.send(stuffed(body) + b".\r\n")
        return self.reply()


def stuffed(body: bytes) -> bytes:
    """What a correct client sends for a body that ends with CRLF (RFC 5321 §4.5.2)."""
    lines = body.split(b"\r\n")
    return b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines)
