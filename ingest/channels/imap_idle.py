"""Waiting for the server's word that a folder has changed (IDLE, RFC 2177).

Rules: nothing that arrives between looking and waiting is missed, because news is looked for once more after the
last look began; a line is read whole or not at all, so that a slow server is no broken one; IDLE is always ended with
DONE and its answer, which also shows whether the connection still lives.
"""

from __future__ import annotations

import select
import ssl
import time
from typing import TYPE_CHECKING, Any

from ingest.channels.imap import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.channels.imap import ImapConnection

_SLICE_SECONDS = 0.5
_NEWS = ("EXISTS", "RECENT")


def wait_for_news(connection: ImapConnection, last_uid: int, seconds: float, stopping: Callable[[], bool]) -> bool:
    """Wait until the selected folder has mail above `last_uid`, the time is over, or it is time to stop.

    Returns whether there is news.

    Raises:
        Refused: the server does not IDLE.
        ConnectionLost: it is gone.
    """
    imap: Any = connection.client._imap  # noqa: SLF001 - imapclient's own IDLE loses what comes before the "+"
    for word in _NEWS:
        imap.untagged_responses.pop(word, None)
    if connection.has_more(last_uid):
        return True
    with connection.translated(), connection.reading():
        tag = imap._command("IDLE")  # noqa: SLF001 - the same
        while imap._get_response() is not None:  # noqa: SLF001 - None is the continuation that starts IDLE
            if imap.tagged_commands.get(tag):
                imap.tagged_commands.pop(tag)
                raise Refused("the IMAP server does not wait for mail")
        until = time.monotonic() + seconds
        while not _told(imap) and not stopping():
            left = until - time.monotonic()
            if left <= 0:
                break
            if _has_input(connection, min(_SLICE_SECONDS, left)):
                imap._get_response()  # noqa: SLF001 - the same
                imap._check_bye()  # noqa: SLF001 - the same
        imap.send(b"DONE\r\n")
        imap._command_complete("IDLE", tag)  # noqa: SLF001 - the same
    return _told(imap)


def _told(imap: Any) -> bool:
    return any(word in imap.untagged_responses for word in _NEWS)


def _has_input(connection: ImapConnection, seconds: float) -> bool:
    """Whether a line begins to arrive within so many seconds, or the end of the connection."""
    if _peeks(connection, at_end=False):
        return True
    poller = select.poll()
    poller.register(connection.client.socket().fileno(), select.POLLIN)
    return bool(poller.poll(seconds * 1000)) and _peeks(connection, at_end=True)


def _peeks(connection: ImapConnection, *, at_end: bool) -> bool:
    """Whether bytes can be read at once; `at_end` is what none, without a word that more may come, means."""
    sock: Any = connection.client.socket()
    imap: Any = connection.client._imap  # noqa: SLF001 - the same
    before = sock.gettimeout()
    sock.settimeout(0.0)
    try:
        return bool(imap.file.peek(1)) or at_end
    except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
        return False  # a part of a TLS record, which holds no line yet
    finally:
        sock.settimeout(before)
