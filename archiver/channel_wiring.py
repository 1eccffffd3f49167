"""Settings of the channels turned into what the channels take, and the directory that they ask for custodians."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.channels.folder_settings import FolderSettings
from ingest.channels.imap_settings import ImapAccount
from ingest.channels.smtp_accounts import Accounts
from ingest.channels.smtp_settings import SmtpSettings
from storage.errors import InvalidInput, NotFound
from storage.records import Channel

if TYPE_CHECKING:
    from archiver.config import Settings
    from archiver.settings_sections import FolderSection, ImapSection, LmtpSection, SmtpSection
    from storage.archive import Archive

_LARGEST_BUFFER = 256 << 20
_REMEMBERED_SECONDS = 10.0
_MOST_REMEMBERED = 10_000


class ArchiveDirectory:
    """A `CustodianDirectory` over the archive's custodians; who was found is remembered for a few seconds."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._found: dict[str, tuple[float, str]] = {}

    def find(self, address: str) -> str | None:
        """The custodian with this address, if any."""
        at, custodian_id = self._found.get(address, (float("-inf"), ""))
        if time.monotonic() - at < _REMEMBERED_SECONDS:
            return custodian_id
        with self._archive.store.read() as connection:
            found = self._archive.custodians.find(connection, address)
        if found is not None:
            if len(self._found) >= _MOST_REMEMBERED:
                self._found.clear()
            self._found[address] = (time.monotonic(), found)
        return found


def smtp_settings(section: SmtpSection, channel: Channel = Channel.SMTP) -> SmtpSettings:
    """The receiver's settings."""
    return SmtpSettings(
        hostname=section.hostname,
        intake_addresses=section.intake,
        intake_domains=section.intake_domains,
        aliases=tuple(section.aliases.items()),
        channel=channel,
        max_size=section.max_size,
        max_line=section.max_line,
        bare_line_ends=section.bare_line_ends,
        nul_bytes=section.nul_bytes,
        max_connections=section.max_connections,
        max_connections_per_peer=section.max_per_peer,
        max_buffered=max(_LARGEST_BUFFER, section.max_size),
        max_recipients=section.max_recipients,
        max_errors=section.max_errors,
        mails_per_minute=section.per_minute,
        mails_per_minute_per_peer=section.per_minute_of_peer,
        timeout=section.timeout,
        certificate=section.tls_certificate,
        certificate_key=section.tls_key,
        users_file=section.users,
        auth_required=section.auth_required,
        journal_recipients=section.journal_recipients,
        journal_peers=section.journal_peers,
    )


def check_channels(settings: Settings, archive: Archive) -> None:
    """Refuse settings of receivers and folders that cannot work, before any program is started.

    Raises:
        InvalidInput, NotFound: says which setting.
    """
    if settings.smtp.enabled:
        chosen = smtp_settings(settings.smtp)
        if chosen.users_file is not None:
            Accounts.read(chosen.users_file)
    if settings.lmtp.enabled:
        lmtp_settings(settings.smtp, settings.lmtp)
    for name, section in settings.folders.items():
        folder_settings(name, section, archive)
    for name, mailbox in settings.imap.items():
        imap_account(name, mailbox, archive)


def lmtp_settings(smtp: SmtpSection, section: LmtpSection) -> SmtpSettings:
    """The LMTP receiver's settings: those of SMTP, without what is for strangers."""
    chosen = smtp_settings(smtp, Channel.LMTP)
    return replace(
        chosen,
        max_connections=section.max_connections,
        max_connections_per_peer=section.max_connections,
        mails_per_minute=0,
        mails_per_minute_per_peer=0,
        certificate=None,
        certificate_key=None,
        users_file=None,
        auth_required=False,
    )


def folder_settings(name: str, section: FolderSection, archive: Archive) -> FolderSettings:
    """One watched folder.

    Raises:
        NotFound: the custodian that it is said to be of does not exist.
        InvalidInput: its path is no path, or the archive's own folder, or around it.
    """
    custodian_id = None
    if section.custodian is not None:
        custodian_id = ArchiveDirectory(archive).find(section.custodian)
        if custodian_id is None:
            raise NotFound(f"[folders.{name}] names the custodian {section.custodian}, who does not exist")
    place, own = section.path.resolve(), archive.folder.resolve()
    if place == own or own in place.parents or place in own.parents:
        raise InvalidInput(f"[folders.{name}] is the archive's own folder, in it, or around it; choose another")
    return FolderSettings(
        name=name,
        path=section.path,
        custodian_id=custodian_id,
        settle=section.settle,
        every=section.every,
        delete=section.delete,
    )


def imap_account(name: str, section: ImapSection, archive: Archive) -> ImapAccount:
    """One polled mailbox.

    Raises:
        NotFound: the custodian that it is said to be of does not exist.
        InvalidInput: its settings cannot work, or it seems to be somebody's own mailbox.
    """
    custodian_id = None
    if section.custodian is not None:
        custodian_id = ArchiveDirectory(archive).find(section.custodian)
        if custodian_id is None:
            raise NotFound(f"[imap.{name}] names the custodian {section.custodian}, who does not exist")
    return ImapAccount(
        name=name,
        host=section.host,
        port=section.port,
        tls=section.tls,
        certificate_authority=section.certificate_authority,
        username=section.username,
        password_file=section.password_file,
        token_file=section.token_file,
        token_command=section.token_command,
        agency_owned=section.agency_owned,
        agency_owned_reason=section.agency_owned_reason,
        folders=section.folders,
        exclude=section.exclude,
        mark=section.mark or None,
        move_to=section.move_to or None,
        custodian_id=custodian_id,
        interval=section.every,
        idle_seconds=section.idle_minutes * 60,
        max_size=section.max_size,
        timeout=section.timeout,
    )
