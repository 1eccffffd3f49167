"""Sends a case to a server, whatever the server does, and gives every reply."""

from __future__ import annotations

import contextlib
import socket
import threading

from tests.ingest.channels.smtp_torture.cases import Case, cut

_PATIENCE = 30.0


def play(port: int, case: Case) -> list[str]:
    """All replies of a server on this port to a case, from the greeting to the close.

    The stream is sent while replies are read, so that neither side can wait for the other for ever; then the sending
    side is closed. Raises TimeoutError where the server goes on saying nothing.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reader = connection.makefile("rb")
        replies = [_reply(reader)]
        for line in ("EHLO torture.example", *case.before):
            connection.sendall(line.encode() + b"\r\n")
            replies.append(_reply(reader))
        sender = threading.Thread(target=_send, args=(connection, case))
        sender.start()
        with contextlib.suppress(ConnectionError):
            while reply := _reply(reader):
                replies.append(reply)
        sender.join(_PATIENCE)
        assert not sender.is_alive()
    return replies


def _send(connection: socket.socket, case: Case) -> None:
    with contextlib.suppress(OSError):  # the server may have closed, which is an answer
        for segment in cut(case.stream, case.way):
            connection.sendall(segment)
        connection.sendall(b"\r\nQUIT\r\n")


def _reply(reader) -> str:
    lines = []
    while True:
        line = reader.readline()
        if not line:
            return ""
        lines.append(line.decode("utf-8", "replace"))
        if line[3:4] != b"-":
            return "".join(lines)
