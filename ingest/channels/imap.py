"""IMAP (RFC 9051, RFC 3501) as the poller needs it; the only file that knows imapclient.

Rules: mail is read with BODY.PEEK[], which changes nothing in the mailbox; certificates are checked; whatever
the server sends is bounded before it is kept; an error leaves here as `ConnectionLost` (connect again) or
`Refused` (this request will not do), never with the server's text.
"""

from __future__ import annotations

import contextlib
import logging
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from ingest.channels.imap_settings import ImapAccount, TlsMode
from storage.errors import Denied, InvalidInput, TemporarilyUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

MAX_UID = 2**32 - 1
_SEARCH_WINDOW = 50_000  # imaplib takes no line above 1,000,000 bytes; so many UIDs always fit
_OVERHEAD = 4 * 1024 * 1024


class ConnectionLost(TemporarilyUnavailable):
    """The server is not there, hung up, or does not speak IMAP; a new connection may do."""


class Refused(TemporarilyUnavailable):
    """The server said no, or what it said could not be read; the connection goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """A selected folder: its UIDVALIDITY, the next UID where announced, and how many messages are in it."""

    uidvalidity: int
    uidnext: int | None
    exists: int


class ImapConnection:
    """A signed-in connection; close it after use, also after an error."""

    def __init__(self, client: IMAPClient, account: ImapAccount) -> None:
        self._client = client
        self._account = account
        self._allowed = _OVERHEAD
        self._bound_reading()

    def select(self, folder: str) -> Selected:
        """Open a folder, read-only where nothing is to be marked."""
        with self._translated(), self._reading(_OVERHEAD):
            answer = self._client.select_folder(folder, readonly=self._account.mark is None)
            uidvalidity, uidnext, exists = answer.get(b"UIDVALIDITY"), answer.get(b"UIDNEXT"), answer.get(b"EXISTS")
        if not _is_uid(uidvalidity) or not isinstance(exists, int):
            raise Refused("the IMAP server gives no UIDVALIDITY, so its mail cannot be followed")
        return Selected(uidvalidity=uidvalidity, uidnext=uidnext if _is_uid(uidnext) else None, exists=exists)

    def uids_after(self, last: int, selected: Selected) -> list[int]:
        """The UIDs above `last`, ascending; asked for in portions whose answers fit a line."""
        found: set[int] = set()
        if selected.uidnext is not None and selected.uidnext - last <= _SEARCH_WINDOW:
            if selected.uidnext - last > 1:
                found.update(self._search(["UID", f"{last + 1}:*"]))
        else:
            for start in range(1, selected.exists + 1, _SEARCH_WINDOW):
                end = min(start + _SEARCH_WINDOW - 1, selected.exists)
                found.update(self._search([f"{start}:{end}"]))
        # "n:*" always names the last message, also where its UID is below n (RFC 9051 §9, seq-range)
        return sorted(uid for uid in found if uid > last)

    def _search(self, criteria: list[str]) -> list[int]:
        with self._translated(), self._reading(_OVERHEAD):
            return [uid for uid in self._client.search(criteria) if _is_uid(uid)]

    def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """What the server says of the sizes of these; those that it does not know are absent."""
        with self._translated(), self._reading(_OVERHEAD):
            answer = self._client.fetch(list(uids), ["RFC822.SIZE"])
            sizes = {uid: parts.get(b"RFC822.SIZE") for uid, parts in answer.items()}
        return {uid: size for uid, size in sizes.items() if isinstance(size, int) and size >= 0}

    def fetch(self, uids: Sequence[int]) -> dict[int, bytes | None]:
        """The raw mails of these UIDs: absent where the mail is gone, None where the server gives no body."""
        with self._translated(), self._reading(2 * max(self._account.batch_size, self._account.max_size) + _OVERHEAD):
            answer = self._client.fetch(list(uids), ["BODY.PEEK[]"])
            bodies = {uid: parts.get(b"BODY[]") for uid, parts in answer.items()}
        return {uid: body if isinstance(body, bytes) else None for uid, body in bodies.items()}

    def mark(self, uids: Sequence[int], flag: str) -> None:
        """Set a flag on these."""
        with self._translated(), self._reading(_OVERHEAD):
            self._client.add_flags(list(uids), [flag.encode()], silent=True)

    def close(self) -> None:
        """Sign out if the server still listens, and close in any case."""
        with contextlib.suppress(Exception):
            self._client.logout()
        with contextlib.suppress(Exception):
            self._client.shutdown()

    def _bound_reading(self) -> None:
        """Put a limit on what one answer may bring; imaplib reads literals of any size that the server names."""
        imap: Any = self._client._imap  # noqa: SLF001 - imapclient offers no place for this
        # imapclient makes imaplib format every line, contents included, for a log that nobody may keep
        imap.debug = 0
        read: Callable[[int], bytes] = imap.read
        readline: Callable[[], bytes] = imap.readline

        def bounded_read(size: int) -> bytes:
            self._spend(size)
            return read(size)

        def bounded_readline() -> bytes:
            line = readline()
            self._spend(len(line))
            return line

        imap.read, imap.readline = bounded_read, bounded_readline

    def _spend(self, size: int) -> None:
        self._allowed -= size
        if self._allowed < 0:
            raise IMAPClientAbortError("more than was asked for")

    @contextlib.contextmanager
    def _reading(self, allowed: int) -> Iterator[None]:
        self._allowed = allowed
        try:
            yield
        finally:
            self._allowed = _OVERHEAD

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (Refused, ConnectionLost):
            raise
        except Exception as error:  # noqa: BLE001 - a hostile answer can raise anything in the parser
            raise_translated(error)


def connect(account: ImapAccount) -> ImapConnection:
    """Connect and sign in.

    Raises:
        ConnectionLost: no server, no TLS, or the certificate is not good.
        Denied: the server does not accept user and password.
        InvalidInput: the password or the certificate authority cannot be read.
    """
    logging.getLogger("imapclient").setLevel(logging.WARNING)
    password = account.password()
    context = _context_for(account)
    client: IMAPClient | None = None
    try:
        implicit = account.tls is TlsMode.IMPLICIT
        client = IMAPClient(
            account.host,
            port=account.port,
            ssl=implicit,
            ssl_context=context if implicit else None,
            timeout=account.timeout,
        )
        if account.tls is TlsMode.STARTTLS:
            client.starttls(context)
        connection = ImapConnection(client, account)
        client.login(account.username, password)
    except LoginError as error:
        _shut(client)
        raise Denied("the IMAP server does not accept this user and password", account=account.name) from error
    except Exception as error:
        _shut(client)
        raise ConnectionLost("the IMAP server cannot be reached, or not safely", account=account.name) from error
    return connection


def _context_for(account: ImapAccount) -> ssl.SSLContext:
    """A context that checks certificate and host name, by the configured authority or the system's."""
    authority = account.certificate_authority
    try:
        return ssl.create_default_context(cafile=None if authority is None else str(authority))
    except OSError as error:
        raise InvalidInput("the IMAP account's certificate authority cannot be read", account=account.name) from error


def raise_translated(error: Exception) -> NoReturn:
    """Raise ours for the library's error; a parser's error is a refusal, for the answer was read to its end."""
    if isinstance(error, (IMAPClientAbortError, OSError, EOFError, ssl.SSLError)):
        raise ConnectionLost("the IMAP connection was lost") from error
    if isinstance(error, IMAPClientError):
        raise Refused("the IMAP server refused a request") from error
    raise Refused("the IMAP server's answer cannot be read") from error


def _shut(client: IMAPClient | None) -> None:
    if client is not None:
        with contextlib.suppress(Exception):
            client.shutdown()


def _is_uid(number: object) -> bool:
    return isinstance(number, int) and 0 < number <= MAX_UID
