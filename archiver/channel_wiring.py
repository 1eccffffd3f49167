"""Settings of the channels turned into what the channels take, and the directory that they ask for custodians."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ingest.channels.imap_settings import ImapAccount
from ingest.channels.smtp_settings import SmtpSettings
from storage.errors import NotFound

if TYPE_CHECKING:
    from archiver.settings_sections import ImapSection, SmtpSection
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


def smtp_settings(section: SmtpSection) -> SmtpSettings:
    """The receiver's settings."""
    return SmtpSettings(
        hostname=section.hostname,
        intake_addresses=section.intake,
        intake_domains=section.intake_domains,
        aliases=tuple(section.aliases.items()),
        max_size=section.max_size,
        max_connections=section.max_connections,
        max_connections_per_peer=section.max_per_peer,
        max_buffered=max(_LARGEST_BUFFER, section.max_size),
        timeout=section.timeout,
        certificate=section.tls_certificate,
        certificate_key=section.tls_key,
    )


def imap_account(name: str, section: ImapSection, archive: Archive) -> ImapAccount:
    """One polled mailbox.

    Raises:
        NotFound: the custodian that it is said to be of does not exist.
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
        username=section.username,
        password_file=section.password_file,
        folders=section.folders,
        mark=section.mark or None,
        custodian_id=custodian_id,
        interval=section.every,
    )
