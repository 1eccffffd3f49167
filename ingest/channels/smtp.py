"""The SMTP and LMTP channels: one acceptor process on a listening socket that it may share with others.

Rule: the event loop never waits for a disk; deposits run in threads, so that many sessions can share one
commit. On SIGTERM the acceptor takes no more connections, lets every DATA that has begun end with its answer
(RFC 5321 §3.8), and leaves.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import signal
import ssl
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol

import uvloop

from ingest.channel_health import Health, HealthLog
from ingest.channels.smtp_limits import Allowance
from ingest.channels.smtp_lmtp import LmtpProtocol
from ingest.channels.smtp_protocol import ArchiveProtocol
from ingest.channels.smtp_receiver import SmtpReceiver
from ingest.channels.smtp_settings import LOCAL_PEER, SmtpSettings
from storage.errors import InvalidInput
from storage.records import Channel

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from datetime import datetime

    from ingest.submission import CustodianDirectory, Deposited, Depositor

log = logging.getLogger(__name__)

_NO_DESCRIPTORS = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_ACCEPT_PAUSE = 0.5
_PULSE_SECONDS = 60.0


class Stop(Protocol):
    """Something that can be awaited until it is time to stop; an `asyncio.Event` is one."""

    async def wait(self) -> Any:
        """Return when it is time."""
        ...


class Pulse:
    """Says once a minute that the acceptor is up, and when it last brought something; not for every mail."""

    def __init__(
        self, health: HealthLog, clock: Callable[[], datetime], pool: ThreadPoolExecutor, channel: Channel
    ) -> None:
        self._health = health
        self._channel = channel
        self._clock = clock
        self._pool = pool
        self._last_item: datetime | None = None

    def deposited(self, deposited: Deposited) -> None:
        """Remember the moment; called on the event loop."""
        self._last_item = deposited.received_at

    async def beat(self) -> None:
        """Write what is remembered."""
        moment = self._clock()
        health = Health(
            channel=self._channel,
            account=self._channel.value,
            last_tried=moment,
            last_worked=moment,
            last_item=self._last_item,
        )
        try:
            await asyncio.get_running_loop().run_in_executor(self._pool, self._health.note, health)
        except Exception as error:  # noqa: BLE001 - mail goes on where its health cannot be written
            log.warning("SMTP health not written: %s", type(error).__name__)

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            await self.beat()
            await asyncio.sleep(_PULSE_SECONDS)


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
        self._protocol = LmtpProtocol if settings.channel is Channel.LMTP else ArchiveProtocol
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
        peer = str(address[0]) if isinstance(address, tuple) else LOCAL_PEER
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

        session: ArchiveProtocol | None = None
        try:
            session = self._protocol(
                self._receiver,
                settings=self._settings,
                allowance=self.allowance,
                tls_context=self._tls,
                loop=self._loop,
                on_lost=lost,
                peer=peer,
            )
            self._sessions.add(session)
            made = session
            await self._loop.connect_accepted_socket(lambda: made, connection)
        except Exception as error:  # noqa: BLE001 - a session that cannot start must not keep its place
            log.warning("SMTP session not started: %s", type(error).__name__)
            connection.close()
            if session is not None:
                lost(session)
            else:
                self.allowance.leave(peer)


async def serve_smtp(
    listener: socket.socket,
    settings: SmtpSettings,
    depositor: Depositor,
    directory: CustodianDirectory,
    stop: Stop,
    *,
    health: HealthLog,
    clock: Callable[[], datetime],
) -> None:
    """Receive mail on a listening socket until `stop`, then drain.

    Args:
        listener: bound and listening, perhaps shared with other processes; it is not closed here.
        settings: limits and addresses.
        depositor: the way in; called from `settings.deposit_threads` threads.
        directory: custodians by address; called from the same threads.
        stop: awaited.
        health: told once a minute that this channel is up; called from the same threads.
        clock: the time, aware.

    Raises:
        InvalidInput: addresses or certificate of the settings are no good.
    """
    quiet_library()
    asyncio.get_running_loop().set_exception_handler(_log_kind_only)
    pool = ThreadPoolExecutor(settings.deposit_threads, thread_name_prefix="deposit")
    pulse = Pulse(health, clock, pool, settings.channel)
    beating: asyncio.Task[None] | None = None
    try:
        receiver = SmtpReceiver(settings, depositor, directory, pool, on_deposit=pulse.deposited)
        acceptor = Acceptor(listener, settings, receiver)
        acceptor.open()
        beating = asyncio.create_task(pulse.run())
        await stop.wait()
        await acceptor.drain()
    finally:
        if beating is not None:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
            await pulse.beat()
        # a deposit that has begun is finished even where its client is gone
        await asyncio.to_thread(pool.shutdown, wait=True)


def run_acceptor(
    listener: socket.socket,
    settings: SmtpSettings,
    depositor: Depositor,
    directory: CustodianDirectory,
    *,
    health: HealthLog,
    clock: Callable[[], datetime],
) -> None:
    """The whole of an acceptor process: receives until SIGTERM or SIGINT, drains, returns. Main thread only."""

    async def until_signalled() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await serve_smtp(listener, settings, depositor, directory, stop, health=health, clock=clock)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(until_signalled())


def quiet_library() -> None:
    """Silence aiosmtpd's log: it writes addresses, and at its lowest level whole mails."""
    logging.getLogger("mail").setLevel(logging.CRITICAL + 1)


def _log_kind_only(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    del loop
    error = context.get("exception")
    # a client that hung up is not news
    if not isinstance(error, (ConnectionError, ssl.SSLError, TimeoutError)):
        log.error("SMTP session failed: %s", type(error).__name__ if error else "unknown")
