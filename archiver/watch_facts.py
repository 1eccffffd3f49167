"""The facts that `archiver.watching` judges, read from an archive; opens no record and no letter."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from archiver.backing_up import has_changed, last_anywhere, last_backup
from archiver.index_checking import IndexFaults
from archiver.overview import service_states
from archiver.place_probe import PlaceProbe
from archiver.watching import BackupFacts, ChannelFacts, WatchFacts, WatchLimits, evaluate
from ingest.channel_health import Health, SqlHealthLog
from ingest.containers import ContainerState
from search.index import NOTHING_READ, IndexOutdated
from storage.container_tables import containers
from storage.errors import Corrupt
from storage.events import EventKind
from storage.fixity_history import read_history
from storage.outbox import Outbox
from storage.records import Channel
from storage.tables import awaiting_examination, ledger_leaves, submissions

if TYPE_CHECKING:
    from datetime import datetime

    from archiver.settings_sections import WatchSection
    from archiver.watching import Finding
    from archiver.wiring import Installation


class Watch:
    """Looks at one archive again and again; the history of checks, which is long, is read only when it grew."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._checked: tuple[int | None, int] = (-1, 0)
        self._probe = PlaceProbe()
        self._index = IndexFaults(installation)

    def findings(self) -> tuple[Finding, ...]:
        """All that is wrong at this moment.

        Raises:
            TemporarilyUnavailable, Corrupt: the database or the index cannot be read.
        """
        limits = limits_of(self._installation.settings.watch)
        facts = gather(
            self._installation,
            self._probe,
            fixity_faults=self._fixity_faults(),
            index_faults=self._index.sentences(),
        )
        return evaluate(facts, limits)

    def _fixity_faults(self) -> int:
        archive = self._installation.archive
        last = select(func.max(ledger_leaves.c.position)).where(ledger_leaves.c.kind == EventKind.FIXITY_CHECKED.value)
        with archive.store.read() as connection:
            position: int | None = connection.execute(last).scalar_one()
        known, faults = self._checked
        if position != known:
            faults = read_history(archive).fault_count if position is not None else 0
            self._checked = (position, faults)
        return faults


def limits_of(section: WatchSection) -> WatchLimits:
    """The limits of the settings."""
    return WatchLimits(
        failing=timedelta(minutes=section.failing_minutes),
        silence={name: timedelta(hours=hours) for name, hours in section.silent_hours.items()},
        examination=timedelta(minutes=section.examination_minutes),
        index=timedelta(minutes=section.index_minutes),
        letters=timedelta(hours=section.letter_hours),
        backup=timedelta(hours=section.backup_hours),
        free_bytes=section.free_mb << 20,
    )


def gather(
    installation: Installation, probe: PlaceProbe, *, fixity_faults: int, index_faults: tuple[str, ...] = ()
) -> WatchFacts:
    """The facts of this moment; `fixity_faults` and `index_faults` are those that are known of bytes and indexes."""
    archive, settings = installation.archive, installation.settings
    states = service_states(archive.folder)
    reached = _reached(installation)
    waiting = awaiting_examination.join(submissions, submissions.c.id == awaiting_examination.c.submission_id)
    oldest = select(submissions.c.received_at).select_from(waiting).order_by(awaiting_examination.c.position).limit(1)
    first_unread = select(func.min(ledger_leaves.c.position)).where(
        ledger_leaves.c.kind == EventKind.RECORD_ARCHIVED.value, ledger_leaves.c.position > reached
    )
    oldest_open = select(func.min(containers.c.opened_at)).where(containers.c.state == ContainerState.OPEN.value)
    with archive.store.read() as connection:
        letters = Outbox(archive.store).state(connection)
        unexamined: datetime | None = connection.execute(oldest).scalar()
        unread = connection.execute(first_unread).scalar_one()
        unpacking: datetime | None = connection.execute(oldest_open).scalar_one()
        unindexed = None if unread is None else archive.ledger.event_at(connection, unread).event.at
    return WatchFacts(
        now=archive.store.clock(),
        created_at=archive.created_at,
        channels=_channels(installation),
        stopped=None if states is None else tuple(one.name for one in states if not one.running),
        letters_stuck=letters.stuck,
        undelivered_since=letters.oldest if settings.mail.enabled else None,
        unexamined_since=unexamined,
        unindexed_since=unindexed,
        unpacking_since=unpacking,
        backup=_backup(installation, probe),
        fixity_faults=fixity_faults,
        index_faults=index_faults,
        free_bytes=shutil.disk_usage(archive.folder).free,
    )


def _reached(installation: Installation) -> int:
    """How far the index has come; to the beginning only, where it cannot be read, which is a fault of its own."""
    try:
        return installation.index.position()
    except (Corrupt, IndexOutdated):
        return NOTHING_READ


def _channels(installation: Installation) -> tuple[ChannelFacts, ...]:
    """The channels that the settings ask for; one that was taken out of them is not missed."""
    settings = installation.settings
    seen = {(one.channel, one.account): one for one in SqlHealthLog(installation.archive.store).all()}
    facts: list[ChannelFacts] = []
    for (channel, account), one in seen.items():
        if (channel is Channel.SMTP and settings.smtp.enabled) or (channel is Channel.LMTP and settings.lmtp.enabled):
            facts.append(_facts(one, None))
        elif channel is Channel.FOLDER and account in settings.folders:
            facts.append(_facts(one, account))
    never = Health(channel=Channel.IMAP, account="")
    facts += [_facts(seen.get((Channel.IMAP, account), never), account) for account in settings.imap]
    return tuple(facts)


def _facts(one: Health, account: str | None) -> ChannelFacts:
    return ChannelFacts(
        channel=one.channel.value,
        account=account,
        last_tried=one.last_tried,
        last_worked=one.last_worked,
        last_item=one.last_item,
    )


def _backup(installation: Installation, probe: PlaceProbe) -> BackupFacts | None:
    place, archive = installation.settings.backup.to, installation.archive
    last = last_anywhere(archive) if place is None else last_backup(archive, place)
    if last is None:
        return None if place is None else BackupFacts(made_at=None, changed=True)
    reachable = place is None or probe.answers(place)
    return BackupFacts(made_at=last.made_at, changed=has_changed(archive, last), reachable=reachable)
