"""The SMTP channel: one acceptor process on a listening socket that it may share with others.

Rule: 250 is said after the deposit returned, never before (DESIGN: the only acknowledgement point); whatever
goes wrong before it is a temporary answer. A recipient that is not ours is refused at RCPT; an unknown sender
is not: the mail is deposited without a custodian.

Deposits run in threads, so the event loop never waits for a disk and many sessions can share one commit.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import signal
import ssl
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ingest.channels.recipients import Recipients
from ingest.channels.smtp_protocol import NULL_PATH, TRY_LATER, ArchiveEnvelope, ArchiveProtocol
from ingest.channels.smtp_settings import Allowance, SmtpSettings
from ingest.submission import CustodianDirectory, Deposited, Depositor, Handover
from storage.errors import InvalidInput, StorageFull
from storage.records import Channel, Envelope

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from aiosmtpd.smtp import Session

log = logging.getLogger(__name__)

ACCOUNT = "smtp"
NO_SPACE = "452 4.3.1 No space for this mail now, please try again later"
_NAMED_IN_REPLY = 8
_MAX_REFUSED = 50
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.ENOMEM}
_NO_DESCRIPTORS = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_ACCEPT_PAUSE = 0.5


class Stop(Protocol):
    """Something that can be awaited until it is time to stop; an `asyncio.Event` is one."""

    async def wait(self) -> Any:
        """Return when it is time."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mail:
    sender: str | None
    accepted: tuple[tuple[str, str | None], ...]
    transport: tuple[tuple[str, str], ...]
    payload: bytes


class SmtpReceiver:
    """The decisions of a session: which recipients are ours, and the deposit of what came.

    The methods named `handle_...` are aiosmtpd's hooks.
    """

    def __init__(
        self,
        settings: SmtpSettings,
        depositor: Depositor,
        directory: CustodianDirectory,
        pool: ThreadPoolExecutor,
        *,
        on_deposit: Callable[[Deposited], None] | None = None,
    ) -> None:
        self._settings = settings
        self._recipients = Recipients.of(settings.intake_addresses, settings.intake_domains, dict(settings.aliases))
        self._depositor = depositor
        self._directory = directory
        self._pool = pool
        self._on_deposit = on_deposit

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Session, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        """Offer what the session does, which is no AUTH."""
        del server, envelope
        session.host_name = hostname
        return [line for line in responses if not line[4:].upper().startswith("AUTH")]

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: ArchiveProtocol, session: Session, envelope: ArchiveEnvelope, address: str, options: list[str]
    ) -> str:
        """Take the recipients of the allow-list and nobody else."""
        del session
        if len(envelope.rcpt_tos) >= self._settings.max_recipients:
            return "452 4.5.3 Too many recipients"
        route = self._recipients.route(address)
        custodian_id: str | None = None
        if route is not None and route.names_custodian is not None:
            loop = asyncio.get_running_loop()
            custodian_id = await loop.run_in_executor(self._pool, self._directory.find, route.names_custodian)
            if custodian_id is None:
                route = None
        if route is None:
            server.refused_recipients += 1
            if server.refused_recipients > _MAX_REFUSED:
                server.hang_up()
                return "421 4.7.0 Too many unknown recipients, closing the connection"
            return "550 5.1.1 This address takes no mail here"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        envelope.accepted.append((address, custodian_id))
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: ArchiveEnvelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Deposit, and only then say 250; every error is a temporary one."""
        del server
        assert envelope.original_content is not None
        sender = envelope.mail_from
        mail = _Mail(
            sender=None if sender in (None, "", NULL_PATH) else _speakable(sender or ""),
            accepted=tuple(envelope.accepted),
            transport=testimony(session, envelope),
            payload=envelope.original_content,
        )
        try:
            loop = asyncio.get_running_loop()
            deposits = await loop.run_in_executor(self._pool, self._deposit, mail)
        except Exception as error:  # noqa: BLE001 - a mail that we could not take must be sent again, whatever the reason
            return reply_for(error)
        if self._on_deposit is not None:
            for deposited in deposits:
                self._on_deposit(deposited)
        return accepted_reply(deposits)

    async def handle_exception(self, error: Exception) -> str:
        """The reply where anything else failed; never the error's text."""
        return reply_for(error)

    def _deposit(self, mail: _Mail) -> list[Deposited]:
        """One deposit for each custodian concerned; runs in a thread of the pool."""
        by_custodian: dict[str | None, list[str]] = {}
        from_sender: str | None = None
        looked_up = False
        for address, named in mail.accepted:
            custodian_id = named
            if custodian_id is None:
                if not looked_up and mail.sender is not None:
                    from_sender = self._directory.find(mail.sender)
                looked_up = True
                custodian_id = from_sender
            by_custodian.setdefault(custodian_id, []).append(address)
        deposits = []
        for custodian_id, addresses in by_custodian.items():
            others = tuple(("recipient", _speakable(address)) for address in addresses[1:])
            envelope = Envelope(
                submitter=mail.sender, recipient=_speakable(addresses[0]), transport=mail.transport + others
            )
            handover = Handover(
                channel=Channel.SMTP,
                account=ACCOUNT,
                custodian_id=custodian_id,
                envelope=envelope,
                payload=mail.payload,
            )
            deposits.append(self._depositor.deposit(handover))
        return deposits


def reply_for(error: Exception) -> str:
    """The temporary reply to an error, by its kind; logs the kind, never the text, which may quote the mail."""
    cause: BaseException | None = error
    log.warning("mail not taken: %s", type(error).__name__)
    for _ in range(8):
        if isinstance(cause, (StorageFull, MemoryError)) or (isinstance(cause, OSError) and cause.errno in _NO_SPACE):
            return NO_SPACE
        if cause is None:
            break
        cause = cause.__cause__
    return TRY_LATER


def accepted_reply(deposits: list[Deposited]) -> str:
    """250 with the submission ids, as many as a reply line holds (RFC 5321 §4.5.3.1.5)."""
    named = " ".join(deposited.submission_id for deposited in deposits[:_NAMED_IN_REPLY])
    more = len(deposits) - _NAMED_IN_REPLY
    return f"250 2.0.0 Deposited as {named}" + (f" and {more} more" if more > 0 else "")


def testimony(session: Session, envelope: ArchiveEnvelope) -> tuple[tuple[str, str], ...]:
    """What the session can testify about the way of a mail: peer, greeting, protocol (RFC 3848), TLS, parameters."""
    peer = session.peer
    place = f"{peer[0]}:{peer[1]}" if isinstance(peer, tuple) and len(peer) > 1 else str(peer or "local")
    protocol = "UTF8SMTP" if envelope.smtp_utf8 else "ESMTP" if session.extended_smtp else "SMTP"
    pairs = [("peer", place), ("helo", _speakable(session.host_name or ""))]
    if session.ssl is not None:
        protocol += "S"
        cipher = session.ssl.get("cipher")
        if cipher:
            pairs.append(("tls", f"{cipher[1]} {cipher[0]}"))
    pairs.append(("protocol", protocol))
    pairs.extend(("parameter", _speakable(option)) for option in envelope.mail_options[:8])
    return tuple(pairs)


def _speakable(text: str) -> str:
    """Text from a command, whose undecodable bytes aiosmtpd keeps as lone surrogates, as proper Unicode."""
    if text.isascii():
        return text
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def tls_context_for(settings: SmtpSettings) -> ssl.SSLContext | None:
    """The context for STARTTLS (RFC 3207), or None where no certificate is configured.

    Raises:
        InvalidInput: certificate or key cannot be read, or do not belong together.
    """
    if settings.certificate is None or settings.certificate_key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.certificate, settings.certificate_key)
    except (OSError, ssl.SSLError) as error:
        raise InvalidInput("the SMTP certificate or its key cannot be read; check both files") from error
    return context


class Acceptor:
    """Takes connections from a listening socket, one at a time, so that processes sharing it share the load."""

    def __init__(self, listener: socket.socket, settings: SmtpSettings, receiver: SmtpReceiver) -> None:
        self._listener = listener
        self._settings = settings
        self._receiver = receiver
        self._tls = tls_context_for(settings)
        self._loop = asyncio.get_running_loop()
        self._sessions: set[ArchiveProtocol] = set()
        self._starting: set[asyncio.Task[None]] = set()
        self._quiet = asyncio.Event()
        self._open = False
        self.allowance = Allowance(settings)

    def open(self) -> None:
        """Begin to accept."""
        self._listener.setblocking(False)
        self._open = True
        self._loop.add_reader(self._listener, self._accept)

    async def drain(self) -> None:
        """Accept no more, let running DATA commands end within the deadline, then close everything."""
        self._open = False
        self._loop.remove_reader(self._listener)
        await asyncio.gather(*self._starting, return_exceptions=True)
        for session in tuple(self._sessions):
            session.leave()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._settings.drain_deadline):
                while self._sessions:
                    self._quiet.clear()
                    await self._quiet.wait()
        for session in tuple(self._sessions):
            session.abort()

    def _accept(self) -> None:
        """Take one connection. asyncio's own server takes a hundred at once, which starves its siblings."""
        try:
            connection, address = self._listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError as error:
            if error.errno not in _NO_DESCRIPTORS:
                raise
            # level-triggered: without a pause this would spin until a descriptor is free
            self._loop.remove_reader(self._listener)
            self._loop.call_later(_ACCEPT_PAUSE, self._resume)
            return
        connection.setblocking(False)
        peer = str(address[0]) if isinstance(address, tuple) else "local"
        if not self.allowance.admit(peer):
            with contextlib.suppress(OSError):
                connection.send(b"421 4.7.0 Too many connections, please try again later\r\n")
            connection.close()
            return
        task = self._loop.create_task(self._start(connection, peer))
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    def _resume(self) -> None:
        if self._open:
            self._loop.add_reader(self._listener, self._accept)

    async def _start(self, connection: socket.socket, peer: str) -> None:
        def lost(session: ArchiveProtocol) -> None:
            self._sessions.discard(session)
            self.allowance.leave(peer)
            self._quiet.set()

        session = ArchiveProtocol(
            self._receiver,
            settings=self._settings,
            allowance=self.allowance,
            tls_context=self._tls,
            loop=self._loop,
            on_lost=lost,
        )
        self._sessions.add(session)
        try:
            await self._loop.connect_accepted_socket(lambda: session, connection)
        except OSError:
            connection.close()
            lost(session)


async def serve(
    listener: socket.socket,
    settings: SmtpSettings,
    depositor: Depositor,
    directory: CustodianDirectory,
    stop: Stop,
    *,
    on_deposit: Callable[[Deposited], None] | None = None,
) -> None:
    """Receive mail on a listening socket until `stop`, then drain.

    Args:
        listener: bound and listening, perhaps shared with other processes; it is not closed here.
        settings: limits and addresses.
        depositor: the way in; called from `settings.deposit_threads` threads.
        directory: custodians by address; called from the same threads.
        stop: awaited.
        on_deposit: told of every deposit, on the event loop; must not block.
    """
    quiet_library()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_log_kind_only)
    pool = ThreadPoolExecutor(settings.deposit_threads, thread_name_prefix="deposit")
    try:
        acceptor = Acceptor(
            listener, settings, SmtpReceiver(settings, depositor, directory, pool, on_deposit=on_deposit)
        )
        acceptor.open()
        await stop.wait()
        await acceptor.drain()
    finally:
        # a deposit that has begun is finished even where its client is gone
        await asyncio.to_thread(pool.shutdown, wait=True)


def run_acceptor(
    listener: socket.socket,
    settings: SmtpSettings,
    depositor: Depositor,
    directory: CustodianDirectory,
    *,
    on_deposit: Callable[[Deposited], None] | None = None,
) -> None:
    """The whole of an acceptor process: receives until SIGTERM or SIGINT, drains, returns. Main thread only."""

    async def until_signalled() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await serve(listener, settings, depositor, directory, stop, on_deposit=on_deposit)

    asyncio.run(until_signalled())


def quiet_library() -> None:
    """Silence aiosmtpd's log: it writes addresses, and at its lowest level whole mails."""
    logging.getLogger("mail").setLevel(logging.CRITICAL + 1)


def _log_kind_only(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    del loop
    error = context.get("exception")
    # a client that hung up is not news
    if not isinstance(error, (ConnectionError, ssl.SSLError, TimeoutError)):
        log.error("SMTP session failed: %s", type(error).__name__ if error else "unknown")
