"""One SMTP session (RFC 5321) as the archive needs it, over aiosmtpd's command loop.

Rules beyond those of aiosmtpd:

- DATA is read in blocks, ends only at ``CRLF.CRLF``, and its bytes are handed on as the client had them: no
  Received line, no other line ends, long lines as they are (RFC 5321 §4.4 asks a relay or a mailbox for trace
  lines; an archive keeps its evidence beside the mail instead of inside it);
- no fault of ours is ever a permanent answer: 451 or 452, never the text of an exception;
- a mail whose end was not read is never followed by a command on the same connection;
- AUTH (RFC 4954) is offered over TLS only, and only where users are configured; the allow-list of recipients, not
  AUTH, is what keeps this from being a relay; VRFY answers 252 as RFC 5321 §7.3 demands of one that does not verify;
- a connection ends with 421 after too many permanent refusals, after too many commands without a mail, and after
  too long without one.
"""

from __future__ import annotations

import asyncio
import binascii
import logging
from collections import defaultdict
from typing import TYPE_CHECKING, Any, ClassVar, cast

from aiosmtpd.smtp import SMTP, Envelope, syntax

from ingest.channels.smtp_accounts import MECHANISMS
from ingest.channels.smtp_data import DataCollector, Excess
from ingest.channels.smtp_limits import Reservation
from ingest.channels.smtp_paths import parse_path
from ingest.channels.smtp_settings import Oddity
from ingest.channels.smtp_sign_in import SignIn

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence

    from ingest.channels.smtp_decisions import Accepted, Receiver
    from ingest.channels.smtp_limits import Allowance
    from ingest.channels.smtp_settings import SmtpSettings

log = logging.getLogger(__name__)

_BLOCK = 65_536
_COMMAND_LIMIT = 2_048  # RFC 5321 §4.5.3.1.4 says at least 512, extensions add to it
_LONGEST_AUTH_LINE = 12_288  # RFC 4954 §4
_DEPOSIT_SECONDS = 600.0  # RFC 5321 §4.5.3.2.6: clients wait ten minutes for the answer to the final dot
_LINGER_SECONDS = 5.0
_MOST_COMMANDS = 5_000  # between two mails
_DRAIN_FACTOR = 4  # a client that goes on this many times beyond the size limit is cut off

TRY_LATER = "451 4.3.0 Not taken now, please try again later"
_REFUSALS = {
    Excess.SIZE: "552 5.3.4 Error: message size exceeds the limit announced as SIZE",
    Excess.LINE: "500 5.6.0 Line too long",
    Excess.BARE: "554 5.6.0 A mail with a bare CR or LF is not taken here (RFC 5321 section 2.3.8)",
    Excess.NUL: "554 5.6.0 A mail with a zero byte is not taken here",
    Excess.MEMORY: "452 4.3.1 Too much mail at once, please try again later",
}


class ArchiveEnvelope(Envelope):
    """An envelope that remembers what each recipient meant, in the order of RCPT."""

    def __init__(self) -> None:
        super().__init__()
        self.accepted: list[Accepted] = []


class ArchiveProtocol(SMTP):
    """One connection. `busy` is true from DATA until its reply is written."""

    # also the limit of the stream's buffer, which pauses the client at twice this
    line_length_limit = _BLOCK
    commands: ClassVar[list[str]]

    def __init__(
        self,
        receiver: Receiver,
        *,
        settings: SmtpSettings,
        allowance: Allowance,
        tls_context: ssl.SSLContext | None,
        loop: asyncio.AbstractEventLoop,
        on_lost: Callable[[ArchiveProtocol], None],
        peer: str = "local",
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
            auth_required=settings.auth_required,
        )
        if settings.users_file is None:
            self._smtp_methods.pop("AUTH", None)
        self._settings = settings
        self._allowance = allowance
        self._on_lost = on_lost
        self._lost = False
        self._timer_set_at = 0.0
        self.busy = False
        self.leaving = False
        self.peer = peer
        self.refused_recipients = 0
        self._errors = 0
        self._sign_in = SignIn(allowance, peer, receiver.authenticate)
        self._answers = 0
        self._last_mail = loop.time()

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

    async def push(self, status: Any) -> None:
        """Send a reply, and the last one where this client has cost enough."""
        await super().push(status)
        self._answers += 1
        if status[:1] in ("5", b"5"):
            self._errors += 1
        if self._errors >= self._settings.max_errors or self._answers >= _MOST_COMMANDS:
            self.end("421 4.7.0 Too many errors or commands, closing the connection")
        elif self.loop.time() - self._last_mail >= self._settings.idle_deadline:
            self.end("421 4.4.2 Too long without a mail, closing the connection")

    def end(self, reply: str) -> None:
        """Say goodbye, and take nothing more of what was sent already."""
        self._say_goodbye(reply)
        assert self._handler_coroutine is not None
        self._handler_coroutine.cancel()

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

    def _getparams(self, params: Sequence[str]) -> dict[str, str | bool] | None:
        # the library takes digits of any script for a number, and then cannot read it
        found: dict[str, str | bool] | None = super()._getparams(params) if all(map(str.isascii, params)) else None
        return found

    def __dir__(self) -> list[str]:
        """The commands: all that aiosmtpd looks for, by walking every attribute of each new session, twice."""
        return self.commands

    @syntax("EHLO hostname")
    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802 - aiosmtpd finds commands by this name
        """Say what is offered, in one packet."""
        if not hostname:
            await self.push("501 5.5.4 Syntax: EHLO hostname")
            return
        await self.greet(hostname)

    async def greet(self, hostname: str) -> None:
        """Begin anew with a client of this name."""
        self.envelope = self._create_envelope()
        assert self.session is not None
        self.session.extended_smtp = True
        self.session.host_name = hostname
        offers = [self.hostname, f"SIZE {self._settings.max_size}", "8BITMIME", "SMTPUTF8"]
        if self.tls_context and not self._tls_protocol:
            offers.append("STARTTLS")
        if self._tls_protocol and "AUTH" in self._smtp_methods and not self.session.authenticated:
            offers.append("AUTH " + " ".join(MECHANISMS))
        lines = [f"250-{offer}" for offer in offers] + ["250 HELP"]
        await self.push("\r\n".join(lines))

    @syntax("STARTTLS", when="tls_context")
    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802 - aiosmtpd finds commands by this name
        """Begin TLS, once (RFC 3207 §4)."""
        if self._tls_protocol:
            await self.push("503 5.5.1 TLS is already in use")
            return
        await super().smtp_STARTTLS(arg)

    @syntax("AUTH mechanism [initial-response]", when="_tls_protocol")
    async def smtp_AUTH(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd finds commands by this name
        """Let a user sign in (RFC 4954): over TLS, after a greeting, outside of a mail."""
        session, envelope = self.session, self.envelope
        assert session is not None
        begun = envelope is not None and bool(envelope.mail_from)
        out_of_turn = begun or session.authenticated or not session.extended_smtp
        name = await self._sign_in.attempt(self, arg or "", secured=bool(self._tls_protocol), out_of_turn=out_of_turn)
        if name is not None:
            session.authenticated, session.login_data = True, name

    async def challenge(self, text: str) -> bytes | None:
        """Ask (RFC 4954 §4), and read the line that answers; None where it is too long."""
        await self.push("334 " + binascii.b2a_base64(text.encode(), newline=False).decode())
        try:
            line: bytes = await self._reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            self.end("421 4.7.0 The line is too long, closing the connection")
            return None
        return line.rstrip(b"\r\n") if len(line) <= _LONGEST_AUTH_LINE else None

    @syntax("MAIL FROM: <address>", extended=" [SP <mail-parameters>]")
    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd finds commands by this name
        """Begin a mail, unless this peer or all together have begun too many."""
        if not self._allowance.admit_mail(self.peer):
            self.end("421 4.7.0 Too many mails a minute, please try again later")
            return
        await super().smtp_MAIL(arg)

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
        collector = DataCollector(
            max_size=self._settings.max_size,
            max_line=self._settings.max_line,
            refuse_bare=self._settings.bare_line_ends is Oddity.REFUSE,
            refuse_nul=self._settings.nul_bytes is Oddity.REFUSE,
        )
        reservation = Reservation(self._allowance)
        try:
            complete = await self._collect(collector, reservation)
            if not complete:
                return
            if collector.excess is not None:
                await self.push(self.refusal(_REFUSALS[collector.excess]))
                return
            envelope = self.envelope
            assert isinstance(envelope, ArchiveEnvelope)
            envelope.original_content = envelope.content = collector.body()
            self._reset_timeout(_DEPOSIT_SECONDS)
            # a client that leaves now has still sent a whole mail: the deposit is finished, and keeps its memory
            deposit = self.loop.create_task(self.event_handler.handle_DATA(self, self.session, envelope))
            deposit.add_done_callback(reservation.give_back)
            reservation.lent = True
            try:
                reply = await asyncio.shield(deposit)
            except Exception as error:  # noqa: BLE001 - LMTP must answer each recipient, whatever the reason
                reply = self.refusal(await self.event_handler.handle_exception(error))
        finally:
            if not reservation.lent:
                reservation.give_back()
        self._reset_timeout()
        self._answers, self._last_mail = 0, self.loop.time()
        await self.push(reply)

    def refusal(self, reply: str) -> str:
        """The answer where the whole mail is refused."""
        return reply

    async def _collect(self, collector: DataCollector, reservation: Reservation) -> bool:
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


ArchiveProtocol.commands = sorted(
    name for name in set(dir(SMTP)) | set(vars(ArchiveProtocol)) if name.startswith("smtp_")
)
