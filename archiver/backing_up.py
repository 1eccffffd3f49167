"""Backups as this program makes them: on the settings' schedule, with every floor's tables, and how they stand.

Rule: what is due is read from the archive's own rows, so a restart neither skips nor repeats a backup; where nothing
happened since the last one, none is made, but keys are renewed in time all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import select

from archiver import tables as own_tables
from ingest import tables as ingest_tables
from retention import tables as retention_tables
from search import saved_tables
from search import tables as search_tables
from search.disclosure import (
    accepted_tables,
    asking_tables,
    exemption_tables,
    follow_tables,
    production_tables,
    redaction_tables,
    review_tables,
    student_tables,
    tag_tables,
)
from search.disclosure import tables as disclosure_tables
from storage import (
    access_tables,
    container_tables,
    conversation_tables,
    matching_tables,
    participant_tables,
    transcription_tables,
)
from storage.backup.account import place_tag
from storage.backup.creating import BackupReport, create_backup
from storage.errors import ArchiveError
from storage.tables import backups

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from archiver.settings_sections import BackupSection
    from storage.archive import Archive

log = structlog.get_logger()

# whoever carries rows must know every table: those of a floor that nobody imported would be left behind
CARRIED = tuple(
    some.metadata
    for some in (
        own_tables,
        ingest_tables,
        retention_tables,
        search_tables,
        disclosure_tables,
        production_tables,
        review_tables,
        redaction_tables,
        accepted_tables,
        asking_tables,
        follow_tables,
        student_tables,
        exemption_tables,
        tag_tables,
        saved_tables,
        access_tables,
        container_tables,
        conversation_tables,
        matching_tables,
        participant_tables,
        transcription_tables,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastBackup:
    """The last backup to a place: when, at which leaf it was witnessed, and the age of the oldest keys there."""

    made_at: datetime
    position: int
    oldest_keys_at: datetime


def last_backup(archive: Archive, place: Path) -> LastBackup | None:
    """The last backup that was made to a place, if any."""
    query = select(backups).where(backups.c.place_tag == place_tag(archive, place))
    with archive.store.read() as connection:
        row = connection.execute(query.order_by(backups.c.position.desc()).limit(1)).first()
    if row is None:
        return None
    return LastBackup(made_at=row.made_at, position=row.position, oldest_keys_at=row.oldest_keys_at)


def last_anywhere(archive: Archive) -> LastBackup | None:
    """The last backup that was made to any place, if any: where the settings name none, somebody else makes them."""
    with archive.store.read() as connection:
        row = connection.execute(select(backups).order_by(backups.c.position.desc()).limit(1)).first()
    if row is None:
        return None
    return LastBackup(made_at=row.made_at, position=row.position, oldest_keys_at=row.oldest_keys_at)


def has_changed(archive: Archive, last: LastBackup) -> bool:
    """Whether anything was written to the ledger since a backup, but the event of that backup."""
    with archive.store.read() as connection:
        return archive.ledger.head(connection).size > last.position + 1


def back_up(
    archive: Archive,
    place: Path,
    *,
    key_days: int,
    actor: str,
    progress: Callable[[int, int | None], None] | None = None,
) -> BackupReport:
    """Bring a backup place up to the present; see `storage.backup.creating.create_backup`."""
    return create_backup(archive, place, key_days=key_days, actor=actor, progress=progress)


class ScheduledBackup:
    """The chore of the clock worker: a backup when one is due."""

    def __init__(self, archive: Archive, section: BackupSection, *, actor: str) -> None:
        if section.to is None:
            raise ValueError("a scheduled backup needs a place")
        self._archive = archive
        self._place = section.to
        self._every = timedelta(minutes=section.every_minutes)
        self._key_days = section.key_days
        self._actor = actor
        self._tried_at: datetime | None = None

    def is_due(self) -> bool:
        """Whether the time has come and there is something to save, or keys there to renew."""
        now = self._archive.store.clock()
        if self._tried_at is not None and timedelta(0) <= now - self._tried_at < self._every:
            return False  # also after a failure: a place that is away is asked again at the next turn
        last = last_backup(self._archive, self._place)
        if last is None:
            return True
        if timedelta(0) <= now - last.made_at < self._every:
            return False
        return has_changed(self._archive, last) or now - last.oldest_keys_at >= timedelta(days=self._key_days) / 2

    def step(self) -> None:
        """Back up if it is due.

        Raises:
            ArchiveError: it could not be made; the one before stands.
        """
        if not self.is_due():
            return
        self._tried_at = self._archive.store.clock()
        try:
            report = back_up(self._archive, self._place, key_days=self._key_days, actor=self._actor)
        except ArchiveError as error:
            log.error("backup.failed", kind=error.kind)  # noqa: TRY400 - a traceback may quote content
            raise
        log.info("backup.made", number=report.manifest.number, objects=report.objects, bytes=report.bytes)
        if report.faults:
            log.error("backup.faults", faults=len(report.faults))
