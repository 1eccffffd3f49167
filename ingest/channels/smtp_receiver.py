"""The decisions of an SMTP session: whose recipients these are, the deposit, and the words of the reply.

Rule: 250 is said after the deposit returned, never before; whatever goes wrong before it is a temporary answer.
A recipient that is not ours is refused at RCPT; an unknown sender is not: the mail is deposited without a
custodian. Whose mail it is: the custodian that the recipient address names, else the one that sent it.

In LMTP (RFC 2033 §4.2) each recipient has a reply of its own, since each may belong to another custodian and so to
another deposit; in SMTP one failure makes all of it temporary, and what was taken already is a duplicate next time.
A journal address takes mail from the configured servers only, because anybody can write what a report says.
"""

from __future__ import annotations

import asyncio
import errno
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from ingest.channels.recipients import Recipients, spellings
from ingest.channels.smtp_accounts import Accounts, Credentials
from ingest.channels.smtp_decisions import Accepted
from ingest.channels.smtp_paths import NULL_PATH
from ingest.channels.smtp_protocol import TRY_LATER, ArchiveEnvelope, ArchiveProtocol
from ingest.channels.smtp_settings import LOCAL_PEER, is_among
from ingest.submission import JOURNAL, CustodianDirectory, Deposited, Depositor, Handover
from storage.errors import StorageFull, TemporarilyUnavailable
from storage.records import Channel, Envelope

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import ThreadPoolExecutor

    from ingest.channels.smtp_settings import SmtpSettings

log = logging.getLogger(__name__)

NO_SPACE = "452 4.3.1 No space for this mail now, please try again later"
_NAMED_IN_REPLY = 8
_MAX_REFUSED = 50
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.ENOMEM}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mail:
    sender: str | None
    accepted: tuple[Accepted, ...]
    transport: tuple[tuple[str, str], ...]
    payload: bytes


class _Group(NamedTuple):
    """The recipients that make one deposit."""

    custodian_id: str | None
    kind: str | None


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
        self._recipients = Recipients.of(
            settings.intake_addresses,
            settings.intake_domains,
            dict(settings.aliases),
            journals=settings.journal_recipients,
        )
        self._accounts = None if settings.users_file is None else Accounts.read(settings.users_file)
        self._depositor = depositor
        self._directory = directory
        self._pool = pool
        self._on_deposit = on_deposit
        self._checking = asyncio.Semaphore(1)

    def __dir__(self) -> list[str]:
        """The hooks: aiosmtpd walks every attribute of its handler for each new session."""
        return _HOOKS

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: ArchiveProtocol, session: Any, envelope: ArchiveEnvelope, address: str, options: list[str]
    ) -> str:
        """Take the recipients of the allow-list and nobody else."""
        del session
        if len(envelope.rcpt_tos) >= self._settings.max_recipients:
            return "452 4.5.3 Too many recipients"
        route = self._recipients.route(address)
        custodian_id: str | None = None
        if route is not None and route.names_custodian is not None:
            loop = asyncio.get_running_loop()
            custodian_id = await loop.run_in_executor(self._pool, self._look_up, route.names_custodian)
            if custodian_id is None:
                route = None
        if route is None:
            server.refused_recipients += 1
            if server.refused_recipients > _MAX_REFUSED:
                server.hang_up()
                return "421 4.7.0 Too many unknown recipients, closing the connection"
            return "550 5.1.1 This address takes no mail here"
        if route.is_journal and not is_among(server.peer, self._settings.journal_peers):
            return "550 5.7.1 This address takes mail from the journaling servers only"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        envelope.accepted.append(Accepted(address, custodian_id, JOURNAL if route.is_journal else None))
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: ArchiveEnvelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Deposit, and only then say 250; every error is a temporary one."""
        del server
        assert envelope.original_content is not None
        sender = envelope.mail_from
        mail = _Mail(
            sender=None if sender in (None, "", NULL_PATH) else _speakable(sender or ""),
            accepted=tuple(envelope.accepted),
            transport=testimony(session, envelope, self._settings.channel),
            payload=envelope.original_content,
        )
        reply, deposits = await asyncio.get_running_loop().run_in_executor(self._pool, self._answer, mail)
        if self._on_deposit is not None:
            for deposited in deposits:
                self._on_deposit(deposited)
        return reply

    async def handle_exception(self, error: Exception) -> str:
        """The reply where anything else failed; never the error's text."""
        return reply_for(error)

    async def authenticate(self, credentials: Credentials) -> bool:
        """Whether these are a user's; one at a time, for each costs a processor and 64 MB."""
        accounts = self._accounts
        if accounts is None:
            return False
        async with self._checking:
            return await asyncio.to_thread(accounts.admits, credentials)

    def _look_up(self, address: str) -> str | None:
        """The directory's answer; in a thread of the pool, for it may block."""
        try:
            return next(filter(None, map(self._directory.find, spellings(address))), None)
        except Exception as error:
            # some kinds (StopIteration) cannot travel out of a thread, and the session would wait for ever
            raise TemporarilyUnavailable("the custodians cannot be looked up now") from error

    def _answer(self, mail: _Mail) -> tuple[str, list[Deposited]]:
        """Deposit and find the reply; in a thread of the pool, out of which no error goes for the same reason."""
        try:
            groups = self._groups(mail)
        except Exception as error:  # noqa: BLE001 - a mail that we could not take must be sent again, whatever the reason
            return self._to_each(mail, {}, reply_for(error)), []
        deposits: list[Deposited] = []
        replies: dict[_Group, str] = {}
        for group, accepted in groups.items():
            try:
                deposited = self._depositor.deposit(self._handover(mail, group, accepted))
            except Exception as error:  # noqa: BLE001 - the same
                replies[group] = reply_for(error)
                if self._settings.channel is Channel.SMTP:
                    return replies[group], deposits
            else:
                deposits.append(deposited)
                replies[group] = accepted_reply([deposited])
        if self._settings.channel is Channel.SMTP:
            return accepted_reply(deposits), deposits
        by_recipient = {one: replies[group] for group, accepted in groups.items() for one in accepted}
        return self._to_each(mail, by_recipient, TRY_LATER), deposits

    def _to_each(self, mail: _Mail, replies: dict[Accepted, str], otherwise: str) -> str:
        """The reply of SMTP, or in LMTP a line for each recipient in the order of RCPT."""
        if self._settings.channel is Channel.SMTP:
            return otherwise
        return "\r\n".join(replies.get(one, otherwise) for one in mail.accepted)

    def _groups(self, mail: _Mail) -> dict[_Group, list[Accepted]]:
        """The recipients by whose mail it is and what kind they make of it: each group is one deposit."""
        groups: dict[_Group, list[Accepted]] = {}
        from_sender: str | None = None
        looked_up = False
        for one in mail.accepted:
            custodian_id = one.custodian_id
            if custodian_id is None and one.kind is None:
                if not looked_up and mail.sender is not None:
                    from_sender = self._look_up(mail.sender)
                looked_up = True
                custodian_id = from_sender
            groups.setdefault(_Group(custodian_id, one.kind), []).append(one)
        return groups

    def _handover(self, mail: _Mail, group: _Group, accepted: list[Accepted]) -> Handover:
        others = tuple(("recipient", _speakable(one.address)) for one in accepted[1:])
        channel = self._settings.channel
        return Handover(
            channel=channel,
            account=channel.value,
            custodian_id=group.custodian_id,
            envelope=Envelope(
                submitter=mail.sender, recipient=_speakable(accepted[0].address), transport=mail.transport + others
            ),
            payload=mail.payload,
            kind=group.kind,
        )


_HOOKS = sorted(name for name in vars(SmtpReceiver) if name.startswith("handle_"))


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


def testimony(session: Any, envelope: ArchiveEnvelope, channel: Channel) -> tuple[tuple[str, str], ...]:
    """What the session can testify about the way of a mail: peer, greeting, protocol (RFC 3848), TLS, parameters."""
    peer = session.peer
    place = f"{peer[0]}:{peer[1]}" if isinstance(peer, tuple) and len(peer) > 1 else str(peer or LOCAL_PEER)
    if channel is Channel.LMTP:
        protocol = "UTF8LMTP" if envelope.smtp_utf8 else "LMTP"
    else:
        protocol = "UTF8SMTP" if envelope.smtp_utf8 else "ESMTP" if session.extended_smtp else "SMTP"
    pairs = [("peer", place), ("helo", _speakable(session.host_name or ""))]
    if session.ssl is not None:
        protocol += "S"
        cipher = session.ssl.get("cipher")
        if cipher:
            pairs.append(("tls", f"{cipher[1]} {cipher[0]}"))
    if session.authenticated:
        protocol += "A"
        pairs.append(("signed in", _speakable(str(session.login_data))))
    pairs.append(("protocol", protocol))
    pairs.extend(("parameter", _speakable(option)) for option in envelope.mail_options[:8])
    return tuple(pairs)


def _speakable(text: str) -> str:
    """Text from a command, whose undecodable bytes aiosmtpd keeps as lone surrogates, as proper Unicode."""
    if text.isascii():
        return text
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
