"""One SMTP session (RFC 5321) as the archive needs it, over aiosmtpd's command loop.

Rules beyond those of aiosmtpd:

- DATA is read in blocks, ends only at ``CRLF.CRLF``, and its bytes are handed on as the client had them: no
  Received line, no other line ends, long lines as they are (RFC 5321 §4.4 asks a relay or a mailbox for trace
  lines; an archive keeps its evidence beside the mail instead of inside it);
- no fault of ours is ever a permanent answer: 451 or 452, never the text of an exception;
- a mail whose end was not read is never followed by a command on the same connection;
- AUTH is neither offered nor done (the allow-list of recipients is what keeps this from being a relay), and
  VRFY answers 252 as RFC 5321 §7.3 demands of a server that does not verify.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Protocol, cast

from aiosmtpd.smtp import SMTP, Envelope, syntax

from ingest.channels.smtp_data import DataCollector, Excess

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from aiosmtpd.smtp import Session

    from ingest.channels.smtp_settings import Allowance, SmtpSettings

log = logging.getLogger(__name__)

NULL_PATH = "<>"
_BLOCK = 65_536
_COMMAND_LIMIT = 2_048  # RFC 5321 §4.5.3.1.4 says at least 512, extensions add to it
_DEPOSIT_SECONDS = 600.0  # RFC 5321 §4.5.3.2.6: clients wait ten minutes for the answer to the final dot
_LINGER_SECONDS = 5.0
_DRAIN_FACTOR = 4  # a client that goes on this many times beyond the size limit is cut off

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

TRY_LATER = "451 4.3.0 Not taken now, please try again later"
_REFUSALS = {
    Excess.SIZE: "552 5.3.4 Error: message size exceeds the limit announced as SIZE",
    Excess.LINE: "500 5.6.0 Line too long",
    Excess.MEMORY: "452 4.3.1 Too much mail at once, please try again later",
}


class ArchiveEnvelope(Envelope):
    """An envelope that remembers what each accepted recipient meant: (address, custodian id or None)."""

    def __init__(self) -> None:
        super().__init__()
        self.accepted: list[tuple[str, str | None]] = []


class Receiver(Protocol):
    """What the session asks for decisions; implemented by the channel."""

    async def handle_DATA(self, server: Any, session: Session, envelope: ArchiveEnvelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Deposit the mail and return the reply."""
        ...

    async def handle_exception(self, error: Exception) -> str:
        """The reply to an unexpected error."""
        ...


class ArchiveProtocol(SMTP):
    """One connection. `busy` is true from DATA until its reply is written."""

    # also the limit of the stream's buffer, which pauses the client at twice this
    line_length_limit = _BLOCK

    def __init__(
        self,
        receiver: Receiver,
        *,
        settings: SmtpSettings,
        allowance: Allowance,
        tls_context: ssl.SSLContext | None,
        loop: asyncio.AbstractEventLoop,
        on_lost: Callable[[ArchiveProtocol], None],
    ) -> None:
        # aiosmtpd keeps this on the class, so that each EHLO of one client would move the limit of all
        self.command_size_limits = defaultdict(lambda: _COMMAND_LIMIT)
        super().__init__(
            receiver,
            data_size_limit=settings.max_size,
            enable_SMTPUTF8=True,
            decode_data=False,
            hostname=settings.hostname,
            ident="ESMTP",
            tls_context=tls_context,
            timeout=settings.timeout,
            loop=loop,
        )
        self._smtp_methods.pop("AUTH", None)
        self._settings = settings
        self._allowance = allowance
        self._on_lost = on_lost
        self._lost = False
        self._timer_set_at = 0.0
        self.busy = False
        self.leaving = False
        self.refused_recipients = 0

    def _create_envelope(self) -> ArchiveEnvelope:
        return ArchiveEnvelope()

    def connection_lost(self, error: Exception | None) -> None:
        """Count the connection out, once: a failed TLS handshake reports its end twice."""
        super().connection_lost(error)
        if not self._lost:
            self._lost = True
            self._on_lost(self)

    def leave(self) -> None:
        """Say goodbye (RFC 5321 §3.8) as soon as no mail is under way."""
        self.leaving = True
        if not self.busy:
            self._say_goodbye("421 4.3.2 Service is stopping, please try again later")

    def hang_up(self) -> None:
        """Close once the reply being made is written."""
        if self.transport is not None:
            self.loop.call_soon(self.transport.close)

    def abort(self) -> None:
        """Cut the connection now."""
        transport = cast("asyncio.WriteTransport | None", self.transport)
        if transport is not None:
            transport.abort()

    def _say_goodbye(self, reply: str) -> None:
        # not asked by isinstance: uvloop's transports are none of asyncio's classes
        transport = cast("asyncio.WriteTransport | None", self.transport)
        if transport is None or transport.is_closing():
            return
        transport.write(reply.encode() + b"\r\n")
        transport.close()
        # a client that reads nothing must not hold its place for ever
        self.loop.call_later(_LINGER_SECONDS, transport.abort)

    def _timeout_cb(self) -> None:
        self._say_goodbye("421 4.4.2 Timeout, closing the connection")

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        return parse_path(arg)

    def __dir__(self) -> list[str]:
        """The commands: all that aiosmtpd looks for, by walking every attribute of each new session, twice."""
        return _COMMANDS

    @syntax("EHLO hostname")
    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802 - aiosmtpd finds commands by this name
        """Say what is offered, which is no AUTH, in one packet."""
        if not hostname:
            await self.push("501 5.5.4 Syntax: EHLO hostname")
            return
        self.envelope = self._create_envelope()
        assert self.session is not None
        self.session.extended_smtp = True
        self.session.host_name = hostname
        offers = [self.hostname, f"SIZE {self._settings.max_size}", "8BITMIME", "SMTPUTF8"]
        if self.tls_context and not self._tls_protocol:
            offers.append("STARTTLS")
        lines = [f"250-{offer}" for offer in offers] + ["250 HELP"]
        await self.push("\r\n".join(lines))

    @syntax("VRFY <address>")
    async def smtp_VRFY(self, arg: str) -> None:  # noqa: N802 - aiosmtpd finds commands by this name
        """Answer without looking (RFC 5321 §7.3)."""
        del arg
        await self.push("252 2.5.2 Not verified here; send the mail and see")

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd finds commands by this name
        """Receive one mail, hand it over, and answer with what became of it."""
        if await self.check_helo_needed():
            return
        if not (self.envelope and self.envelope.rcpt_tos):
            await self.push("503 5.5.1 Error: need RCPT command")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        self.busy = True
        try:
            await self._receive()
        finally:
            self.busy = False
            self.envelope = self._create_envelope()
        if self.leaving:
            self.leave()

    async def _receive(self) -> None:
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        collector = DataCollector(max_size=self._settings.max_size, max_line=self._settings.max_line)
        reservation = _Reservation(self._allowance)
        try:
            complete = await self._collect(collector, reservation)
            if not complete:
                return
            if collector.excess is not None:
                await self.push(_REFUSALS[collector.excess])
                return
            envelope = self.envelope
            assert isinstance(envelope, ArchiveEnvelope)
            envelope.original_content = envelope.content = collector.body()
            self._reset_timeout(_DEPOSIT_SECONDS)
            # a client that leaves now has still sent a whole mail: the deposit is finished, and keeps its memory
            deposit = self.loop.create_task(self.event_handler.handle_DATA(self, self.session, envelope))
            deposit.add_done_callback(reservation.give_back)
            reservation.lent = True
            reply = await asyncio.shield(deposit)
        finally:
            if not reservation.lent:
                reservation.give_back()
        self._reset_timeout()
        await self.push(reply)

    async def _collect(self, collector: DataCollector, reservation: _Reservation) -> bool:
        """Read until the end of the mail; False where the connection was closed instead."""
        deadline = self.loop.time() + self._settings.data_deadline
        endless = self._settings.max_size * _DRAIN_FACTOR + _BLOCK
        rest = b""
        try:
            while not collector.finished:
                block = await self._reader.read(_BLOCK)
                if not block:
                    return False
                rest = collector.feed(block)
                if not reservation.cover(collector.kept):
                    collector.discard(Excess.MEMORY)
                    reservation.cover(0)
                if not self._keep_waiting(deadline) or collector.seen > endless:
                    self._say_goodbye("421 4.4.2 Too slow or without end, closing the connection")
                    return False
        except Exception as error:  # noqa: BLE001 - whatever it is, the rest of the mail must not be read as commands
            log.warning("DATA could not be read: %s", type(error).__name__)
            self._say_goodbye(TRY_LATER)
            return False
        if rest:
            # commands that were sent along with the mail; aiosmtpd itself reaches into this buffer at STARTTLS
            self._reader._buffer[:0] = rest  # type: ignore[attr-defined]  # noqa: SLF001 - no public way to give back
        return True

    def _keep_waiting(self, deadline: float) -> bool:
        """Move the timer on with progress, but not beyond the deadline; at most once a second, timers cost."""
        now = self.loop.time()
        if now >= deadline:
            return False
        if now - self._timer_set_at >= 1.0:
            self._timer_set_at = now
            self._reset_timeout(min(self._settings.timeout, deadline - now))
        return True


_COMMANDS = sorted(name for name in set(dir(SMTP)) | set(vars(ArchiveProtocol)) if name.startswith("smtp_"))


class _Reservation:
    """The memory that one mail holds, until its deposit is done."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._size = 0
        self.lent = False

    def cover(self, size: int) -> bool:
        """Hold `size` bytes from now on, or say that there is no room for more."""
        if size > self._size:
            if not self._allowance.reserve(size - self._size):
                return False
        else:
            self._allowance.release(self._size - size)
        self._size = size
        return True

    def give_back(self, deposit: asyncio.Task[str] | None = None) -> None:
        """Release everything; also what runs when the deposit is done."""
        if deposit is not None and not deposit.cancelled():
            deposit.exception()  # retrieved: where the client left, nobody else asks for it
        self._allowance.release(self._size)
        self._size = 0


def parse_path(arg: str) -> tuple[str | None, str | None]:
    """Split ``<path> parameters`` (RFC 5321 §4.1.2) in one pass; linear where aiosmtpd's own parser recurses.

    Returns:
        the address without source route, `NULL_PATH` for ``<>``, and the parameters; ("", "") where there is
        nothing, (None, None) where it is malformed.
    """
    text = arg.strip()
    if not text:
        return "", ""
    if _CONTROL.search(text) is not None:
        return None, None
    if not text.startswith("<"):
        address, _, rest = text.partition(" ")
        return (address, rest) if "<" not in address and ">" not in address else (None, None)
    close = _closing_bracket(text)
    path, rest = text[1:close], text[close + 1 :]
    if close < 0 or (rest and not rest.startswith(" ")) or (path.startswith("@") and ":" not in path):
        return None, None
    if path.startswith("@"):
        path = path.partition(":")[2]  # RFC 5321 §4.1.1.3: a source route is accepted and ignored
    return path.strip() or NULL_PATH, rest.strip()


def _closing_bracket(text: str) -> int:
    """The place of the ``>`` that is not inside a quoted local part, or -1."""
    quoted = escaped = False
    for place, character in enumerate(text):
        if escaped:
            escaped = False
        elif character == "\\" and quoted:
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif character == ">" and not quoted:
            return place
    return -1
