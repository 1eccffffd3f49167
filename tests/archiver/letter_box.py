"""A mail server that keeps what it is given, on a loop of its own in a thread."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING, Any

from aiosmtpd.smtp import SMTP

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage


class LetterBox:
    """What was received, and what is answered to a recipient: the answer for his address, else 250."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.answers: dict[str, str] = {}
        self.port = 0

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if address not in self.answers:
            envelope.rcpt_tos.append(address)
        return self.answers.get(address, "250 OK")

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.letters.append(message_from_bytes(envelope.original_content, policy=default))
        return "250 OK"


@contextmanager
def open_letter_box() -> Iterator[LetterBox]:
    box = LetterBox()
    listener = socket.create_server(("127.0.0.1", 0))
    box.port = listener.getsockname()[1]
    loop = asyncio.new_event_loop()
    stopped = asyncio.Event()

    async def run() -> None:
        server = await loop.create_server(lambda: SMTP(box, loop=loop), sock=listener)
        async with server:
            await stopped.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()), daemon=True)
    thread.start()
    try:
        yield box
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join(30)
        loop.close()
