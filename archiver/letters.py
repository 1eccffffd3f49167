"""Sending the letters of the outbox through the agency's mail server (RFC 5321, RFC 5322).

Rule: a letter leaves the outbox only when the server has answered 250 to its last line. A letter says by itself that
a program wrote it (`Auto-Submitted`, RFC 3834 §5), so that nothing answers it; one that answers a mail has a null
return path besides (RFC 3834 §3.3). Its Message-ID is its id, so that a letter sent twice is known for one. What a
server answers may quote an address, so of a refusal only its code is kept.
"""

from __future__ import annotations

import fcntl
import os
import smtplib
import ssl
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING

from archiver.unlocking import read_secret_file
from ingest.channels.imap_settings import TlsMode
from storage.errors import InvalidInput, TemporarilyUnavailable
from storage.outbox import DamagedLetter, Outbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archiver.settings_sections import MailSection
    from storage.archive import Archive
    from storage.outbox import WaitingLetter

_SENT_TOGETHER = 20


@dataclass(frozen=True, slots=True)
class Sent:
    """How a round of sending came out. `damaged` are those of the failed ones that cannot be opened."""

    sent: int = 0
    failed: int = 0
    damaged: int = 0


class LetterSender:
    """Sends what is due. Two programs never send at a time."""

    def __init__(self, archive: Archive, settings: MailSection) -> None:
        self._archive = archive
        self._settings = settings
        self._outbox = Outbox(archive.store)

    def send_due(self, *, actor: str) -> Sent:
        """Send the letters whose next attempt is due, at most 20; nothing while another program is sending.

        Raises:
            InvalidInput, NotFound: the password would travel in the clear, or its file cannot be read.
        """
        about = self._settings
        if about.username and about.tls is TlsMode.NONE and not _is_here(about.host):
            raise InvalidInput("[mail] would send its password in the clear; set tls to starttls or implicit")
        with self._alone() as mine:
            if not mine:
                return Sent()
            with self._archive.store.read() as connection:
                now = self._archive.store.clock()
                due = self._outbox.waiting(connection, due_at=now, limit=_SENT_TOGETHER)
            if not due:
                return Sent()
            return self._send(due, actor)

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        path = self._archive.folder / "tmp" / "letters.lock"
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
        finally:
            os.close(descriptor)

    def _send(self, due: list[WaitingLetter | DamagedLetter], actor: str) -> Sent:
        sent = failed = damaged = 0
        session: smtplib.SMTP | None = None
        for broken in due:
            if isinstance(broken, DamagedLetter):
                self._outbox.failed(broken, problem=broken.problem)
                damaged += 1
        try:
            for letter in due:
                if isinstance(letter, DamagedLetter):
                    continue
                reached = session is not None
                try:
                    session = session or self._connect()
                    reached = True
                    path = "" if letter.letter.is_reply else self._settings.sender
                    session.send_message(self._message(letter), path, [letter.letter.to])
                except (smtplib.SMTPException, OSError, ValueError) as error:
                    self._outbox.failed(letter, problem=_code_of(error))
                    failed += 1
                    if not reached:
                        break  # the others would wait for the same server as long again
                    _close(session)
                    session = None
                    continue
                self._outbox.sent(letter, actor=actor)
                sent += 1
        finally:
            _close(session)
        return Sent(sent=sent, failed=failed + damaged, damaged=damaged)

    def _connect(self) -> smtplib.SMTP:
        about = self._settings
        context = ssl.create_default_context()
        session: smtplib.SMTP
        if about.tls is TlsMode.IMPLICIT:
            session = smtplib.SMTP_SSL(about.host, about.port, timeout=about.timeout, context=context)
        else:
            session = smtplib.SMTP(about.host, about.port, timeout=about.timeout)
        try:
            if about.tls is TlsMode.STARTTLS:
                session.starttls(context=context)
            if about.username and about.password_file is not None:
                password = read_secret_file(about.password_file, "password").decode("utf-8", "replace")
                session.login(about.username, password)
        except BaseException:
            session.close()
            raise
        return session

    def _message(self, waiting: WaitingLetter) -> EmailMessage:
        letter = waiting.letter
        message = EmailMessage(policy=SMTP_POLICY)
        message["From"] = self._settings.sender
        message["To"] = letter.to
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(waiting.created_at)
        message["Message-ID"] = f"<{waiting.id}@{self._archive.id}.invalid>"
        message["Auto-Submitted"] = "auto-replied" if letter.is_reply else "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"  # [MS-OXCMAIL]: Exchange looks at this one
        if letter.in_reply_to is not None:
            message["In-Reply-To"] = message["References"] = letter.in_reply_to
        if letter.reply_to is not None:
            message["Reply-To"] = letter.reply_to
        message.set_content(letter.text, cte="quoted-printable")
        if letter.attachment is not None:
            main, _, sub = letter.attachment.media_type.partition("/")
            message.add_attachment(
                letter.attachment.content, maintype=main, subtype=sub, filename=letter.attachment.name
            )
        return message


def _close(session: smtplib.SMTP | None) -> None:
    """End a session politely, or at least end it."""
    if session is not None:
        with suppress(smtplib.SMTPException, OSError):
            session.quit()
        session.close()


def _code_of(error: Exception) -> str:
    """The reason as a code; what a server or a library says may quote an address."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
        return f"refused {codes[0]}" if codes else "refused"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"refused {error.smtp_code}"
    if isinstance(error, ssl.SSLError):
        return "tls"
    if isinstance(error, OSError):
        return "unreachable"
    return "not sendable" if isinstance(error, ValueError) else "protocol"


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def sender_of(archive: Archive, settings: MailSection) -> LetterSender:
    """The sender of an archive whose settings say how.

    Raises:
        TemporarilyUnavailable: letters are not sent, as `[mail]` says.
    """
    if not settings.enabled:
        raise TemporarilyUnavailable("letters are not sent: set enabled in [mail] of archiver.toml")
    return LetterSender(archive, settings)
