"""Load for an SMTP port: so many sessions, so many mails of one size, and how fast they were answered with 250.

Like Postfix's ``smtp-source``, whose place it takes where that is not installed: by default a new connection
for each mail, with ``--keep`` one connection for a session's share. Run it against a server that is up
(``--port``), or with ``--self`` against acceptor processes of our own whose depositor only writes and fsyncs,
which shows what the channel itself costs.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import signal
import socket
import statistics
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingest.channel_health import Health

HELLO = b"EHLO load.example\r\n"
ENVELOPE = (b"MAIL FROM:<jane.doe@mail.example>\r\n", b"RCPT TO:<archive@agency.example>\r\n", b"DATA\r\n")


def a_mail(number: int, size: int) -> bytes:
    """A mail of about `size` bytes that no other number has."""
    head = (
        f"From: jane.doe@mail.example\r\nSubject: load {number}\r\nMessage-ID: <{number}.{time.time_ns()}@load>\r\n\r\n"
    )
    line = b"The quick brown fox jumps over the lazy dog, and then over it again.\r\n"
    return head.encode() + line * max(0, (size - len(head)) // len(line))


class Session:
    """One blocking SMTP client over a raw socket: cheaper than smtplib, so that the server is what is measured."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._expect(b"220")
        self._say(HELLO, b"250")

    def _expect(self, code: bytes) -> None:
        answer = b""
        while not (answer.endswith(b"\r\n") and answer.rsplit(b"\r\n", 2)[-2][3:4] == b" "):
            block = self._socket.recv(4096)
            if not block:
                sys.exit("the server hung up")
            answer += block
        if not answer.startswith(code):
            sys.exit(f"unexpected answer: {answer!r}")

    def _say(self, line: bytes, code: bytes) -> None:
        self._socket.sendall(line)
        self._expect(code)

    def send(self, mail: bytes) -> None:
        """One mail, answered with 250."""
        for line, code in zip(ENVELOPE, (b"250", b"250", b"354"), strict=True):
            self._say(line, code)
        self._say(mail + b".\r\n", b"250")

    def quit(self) -> None:
        """End the session."""
        self._say(b"QUIT\r\n", b"221")
        self._socket.close()


def run_load(host: str, port: int, *, sessions: int, mails: int, size: int, keep: bool) -> tuple[float, list[float]]:
    """Send everything; returns seconds, and the seconds that each mail took."""
    numbers = iter(range(mails))
    lock = threading.Lock()
    waits: list[float] = []

    def one_session() -> None:
        session: Session | None = None
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                break
            mail = a_mail(number, size)
            began = time.perf_counter()
            session = session or Session(host, port)
            session.send(mail)
            if not keep:
                session.quit()
                session = None
            waits.append(time.perf_counter() - began)
        if session is not None:
            session.quit()

    threads = [threading.Thread(target=one_session) for _ in range(sessions)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began, waits


def start_acceptors(folder: Path, processes: int) -> tuple[int, list[int]]:
    """Acceptor processes of our own on one socket; their depositor writes and fsyncs a file and its folder."""
    from ingest.channels.smtp import run_acceptor  # noqa: PLC0415 - only this mode needs the project
    from ingest.channels.smtp_settings import SmtpSettings  # noqa: PLC0415 - the same
    from ingest.submission import Deposited, Handover  # noqa: PLC0415 - the same

    class WriteAndSync:
        def deposit(self, handover: Handover) -> Deposited:
            digest = hashlib.sha256(handover.payload).hexdigest()
            place = os.open(folder / f"{digest}.{time.time_ns()}", os.O_CREAT | os.O_EXCL | os.O_WRONLY)
            os.write(place, handover.payload)
            os.fsync(place)
            os.close(place)
            directory = os.open(folder, os.O_RDONLY)
            os.fsync(directory)
            os.close(directory)
            return Deposited(
                submission_id=digest[:30], duplicate_of=None, position=0, received_at=datetime.now(UTC), sha256=digest
            )

    class NoHealth:
        def note(self, health: Health) -> None:
            del health

    class OneCustodian:
        def find(self, address: str) -> str | None:
            return "cus_1" if address else None

    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    settings = SmtpSettings(hostname="bench.example", intake_addresses=("archive@agency.example",))
    children = []
    for _ in range(processes):
        child = os.fork()
        if child == 0:
            run_acceptor(
                listener, settings, WriteAndSync(), OneCustodian(), health=NoHealth(), clock=lambda: datetime.now(UTC)
            )
            os._exit(0)
        children.append(child)
    port = listener.getsockname()[1]
    listener.close()
    return port, children


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=2525)
    parser.add_argument("--self", dest="own", action="store_true", help="start acceptors with a depositor that fsyncs")
    parser.add_argument("--processes", type=int, default=1, help="acceptors, with --self")
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--mails", type=int, default=2000)
    parser.add_argument("--size", type=int, default=8192)
    parser.add_argument("--keep", action="store_true", help="one connection for many mails")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="smtp-load-", dir=Path.cwd()) as folder:
        port, children = start_acceptors(Path(folder), chosen.processes) if chosen.own else (chosen.port, [])
        try:
            load = {"sessions": chosen.sessions, "size": chosen.size, "keep": chosen.keep}
            seconds, waits = run_load(chosen.host, port, mails=chosen.mails, **load)
        finally:
            for child in children:
                os.kill(child, signal.SIGTERM)
                os.waitpid(child, 0)
    ordered = sorted(waits)
    print(
        f"{chosen.mails / seconds:.0f} mails/s, {seconds:.2f} s, median {statistics.median(ordered) * 1000:.1f} ms, "
        f"p99 {ordered[int(len(ordered) * 0.99) - 1] * 1000:.1f} ms, worst {ordered[-1] * 1000:.1f} ms"
    )


if __name__ == "__main__":
    main()
