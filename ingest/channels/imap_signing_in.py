"""Connecting to an IMAP server and signing in, so that nobody in between can listen, speak, or learn a secret.

Rules: certificate and host name are checked, by the configured authority or the system's; what a server said before
STARTTLS is forgotten (RFC 9051 §11.1), and a greeting that skips signing in is refused; no secret is sent before the
connection is protected, and none stands in an error. A server that has no room says so with a response code (RFC 5530)
and is tried again later; only a plain refusal is `Denied`.
"""

from __future__ import annotations

import contextlib
import logging
import re
import socket
import ssl
from typing import TYPE_CHECKING, Any

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from ingest.channels.imap import ConnectionLost, ImapConnection
from ingest.channels.imap_secrets import TokenSource
from ingest.channels.imap_settings import TlsMode
from storage.errors import ArchiveError, Denied, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.channels.imap_settings import ImapAccount

# RFC 5530 §3 and RFC 9051 §7.1: these say nothing about the secret
_BUSY = re.compile(r"\[(UNAVAILABLE|INUSE|LIMIT|SERVERBUG|CONTACTADMIN|OVERQUOTA)\b", re.IGNORECASE)
_WHY: tuple[tuple[type[Exception], str], ...] = (
    (ssl.SSLError, "TLS could not be agreed on; check port and tls"),
    (socket.gaierror, "its name is not known"),
    (TimeoutError, "it does not answer in time"),
)
_SENT_AWAY = re.compile(r"(?:b')?\* BYE\b", re.IGNORECASE)  # imaplib gives its greeting as bytes
_BUSY_WORDS = re.compile(r"too many simultaneous|maximum number of connections|temporar", re.IGNORECASE)
_KEEPALIVE = (("TCP_KEEPIDLE", 120), ("TCP_KEEPINTVL", 30), ("TCP_KEEPCNT", 4))


class Connector:
    """Connects one account again and again; keeps its access token while that is good."""

    def __init__(self, account: ImapAccount) -> None:
        self._tokens: TokenSource | None = None
        if account.uses_token:
            self._tokens = TokenSource(account.name, file=account.token_file, command=account.token_command)

    def __call__(self, account: ImapAccount) -> ImapConnection:
        """Connect and sign in; a token that was kept and is refused is got anew, once.

        Raises:
            ConnectionLost: no server, no TLS, the certificate is not good, or the server has no room.
            Denied: the server does not accept user and secret.
            InvalidInput: the secret or the certificate authority cannot be read.
            TemporarilyUnavailable: the token command failed.
        """
        if self._tokens is None:
            return _connect(account, _by_password(account, account.password()))
        try:
            return _connect(account, _by_token(account, self._tokens.token()))
        except Denied:
            if not self._tokens.forget():
                raise
            return _connect(account, _by_token(account, self._tokens.token()))


def connect(account: ImapAccount) -> ImapConnection:
    """Connect once; see `Connector`."""
    return Connector(account)(account)


def _connect(account: ImapAccount, sign_in: Callable[[IMAPClient], None]) -> ImapConnection:
    logging.getLogger("imapclient").setLevel(logging.WARNING)
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
        _keep_alive(client)
        imap: Any = client._imap  # noqa: SLF001 - imapclient has no other place for what follows
        # a password and a folder's name may have letters beyond ASCII; servers that take any take UTF-8
        imap._encoding = "utf-8"  # noqa: SLF001 - the same
        _refuse_preauth(imap)
        if account.tls is TlsMode.STARTTLS:
            client.starttls(context)
            imap.untagged_responses.clear()
        connection = ImapConnection(client, account)
        _forget_secrets(imap)
        sign_in(client)
        connection.can("IMAP4REV1")  # what it can do may differ once one is signed in; asked for now, kept
    except ArchiveError:
        _shut(client)
        raise
    except LoginError as error:
        _shut(client)
        raise _refusal(error, account) from None  # its text and context may quote what was sent
    except Exception as error:
        _shut(client)
        raise ConnectionLost(f"the IMAP server cannot be reached: {_why(error)}", account=account.name) from error
    return connection


def _why(error: Exception) -> str:
    """Why a connection failed, in words that never quote what the server said."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not good ({error.verify_message.partition(',')[0]})"
    for kind, said in _WHY:
        if isinstance(error, kind):
            return said
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    if isinstance(error, IMAPClientAbortError) and str(error).startswith("socket error"):
        return "it hung up before anybody was signed in; check port and tls"
    if isinstance(error, IMAPClientError) and _SENT_AWAY.match(str(error)):
        return "it takes no connection now (BYE, RFC 9051 section 7.1.5); it is asked again later"
    return "it does not answer as an IMAP server does, or cannot do STARTTLS"


def _refusal(error: LoginError, account: ImapAccount) -> ArchiveError:
    """What a failed sign-in is: a lost connection, a server without room, or a secret that is not accepted."""
    if isinstance(error.__context__, (IMAPClientAbortError, OSError)):
        return ConnectionLost("the IMAP connection was lost while signing in", account=account.name)
    said = str(error)
    if _BUSY.search(said) or _BUSY_WORDS.search(said):
        return ConnectionLost("the IMAP server takes no further connection now", account=account.name)
    what = "access token" if account.uses_token else "password"
    return Denied(
        f"the IMAP server does not accept this user and {what} (account {account.name})", account=account.name
    )


def _refuse_preauth(imap: Any) -> None:
    """A greeting that signs in by itself (PREAUTH) leaves no state in which STARTTLS may be asked for."""
    if imap.state != "NONAUTH":
        raise ConnectionLost(
            "the IMAP server let us in before we signed in (PREAUTH), so nobody can tell whose mailbox that is; "
            "have its administrator ask for a sign-in"
        )


def _by_password(account: ImapAccount, password: str) -> Callable[[IMAPClient], None]:
    def sign_in(client: IMAPClient) -> None:
        client.login(account.username, password)

    return sign_in


def _by_token(account: ImapAccount, token: str) -> Callable[[IMAPClient], None]:
    """SASL XOAUTH2, or OAUTHBEARER (RFC 7628) where only that is offered.

    A server that refuses the token sends its reasons as a challenge first, which is answered with nothing
    (OAUTHBEARER: with 0x01), and never with the token again.
    """

    def sign_in(client: IMAPClient) -> None:
        bearer = not client.has_capability("AUTH=XOAUTH2") and client.has_capability("AUTH=OAUTHBEARER")
        if bearer:
            name = account.username.replace("=", "=3D").replace(",", "=2C")
            answers = [f"n,a={name},\1auth=Bearer {token}\1\1".encode(), b"\1"]
        else:
            answers = [f"user={account.username}\1auth=Bearer {token}\1\1".encode()]
        client.sasl_login("OAUTHBEARER" if bearer else "XOAUTH2", lambda _: answers.pop(0) if answers else b"")

    return sign_in


def _context_for(account: ImapAccount) -> ssl.SSLContext:
    """A context that checks certificate and host name, by the configured authority or the system's."""
    authority = account.certificate_authority
    try:
        return ssl.create_default_context(cafile=None if authority is None else str(authority))
    except OSError as error:
        raise InvalidInput("the IMAP account's certificate authority cannot be read", account=account.name) from error


def _keep_alive(client: IMAPClient) -> None:
    """Let the kernel ask whether the other side is still there: a router that forgot us is noticed within minutes."""
    sock = client.socket()
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEPALIVE:
            if hasattr(socket, name):
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _forget_secrets(imap: Any) -> None:
    """Keep imaplib from remembering its last ten commands, the one with the password among them."""
    imap._log = lambda *_: None  # noqa: SLF001 - imaplib offers no place for this


def _shut(client: IMAPClient | None) -> None:
    if client is not None:
        with contextlib.suppress(Exception):
            client.shutdown()
