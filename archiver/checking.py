"""Fixity as this program runs it: the checks of the storage floor, and what the floors above it add.

These are their sealed columns, and that holds and batches are what the ledger says of them.

Rule: every check leaves an event with its counts and the faults that it names. Where none can be written (a full
disk, a damaged database) the check is made and told all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from archiver.checking_acts import further_phases
from archiver.checking_requests import REQUEST_COLUMNS
from archiver.tables import users
from retention.tables import holds, subjects
from search.saved_tables import alerts, frozen_sets, saved_searches
from storage.errors import ArchiveError
from storage.events import EventKind
from storage.fixity import FixityCheck
from storage.fixity_history import Scope, facts_of
from storage.fixity_passes import FixityPasses
from storage.fixity_report import SealedColumn
from storage.identifiers import Prefix
from storage.sealing import SealKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage.archive import Archive
    from storage.fixity import FixityReport

log = structlog.get_logger()

FURTHER = (
    SealedColumn(
        name="user", prefix=Prefix.USER.value, holder=users.c.id, sealed=users.c.sealed_name, kind=SealKind.USER
    ),
    SealedColumn(
        name="hold", prefix=Prefix.HOLD.value, holder=holds.c.id, sealed=holds.c.sealed_rule, kind=SealKind.HOLD
    ),
    SealedColumn(
        name="subject",
        prefix=Prefix.SUBJECT.value,
        holder=subjects.c.id,
        sealed=subjects.c.sealed_subject,
        kind=SealKind.SUBJECT,
    ),
    SealedColumn(
        name="saved search",
        prefix=Prefix.SAVED_SEARCH.value,
        holder=saved_searches.c.id,
        sealed=saved_searches.c.sealed_search,
        kind=SealKind.SEARCH,
    ),
    SealedColumn(
        name="frozen result",
        prefix=Prefix.FROZEN_SET.value,
        holder=frozen_sets.c.id,
        sealed=frozen_sets.c.sealed_about,
        kind=SealKind.SEARCH,
    ),
    SealedColumn(
        name="alert",
        prefix=Prefix.ALERT.value,
        holder=alerts.c.id,
        sealed=alerts.c.sealed_alert,
        kind=SealKind.SEARCH,
    ),
    *REQUEST_COLUMNS,
)
_MOST_LINES = 20


def check_now(
    archive: Archive,
    *,
    actor: str,
    sample: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[FixityReport, str | None]:
    """Check everything, or a random sample of so many submissions; the report, and why no event could be left."""
    report = FixityCheck(archive, progress, further=FURTHER, phases=further_phases(archive)).run(sample)
    unread = next((fault for fault in report.faults if fault.kind == "database"), None)
    if unread is not None:
        return report, unread.detail
    scope = Scope.ALL if sample is None else Scope.SAMPLE
    try:
        with archive.store.write() as transaction:
            transaction.append(EventKind.FIXITY_CHECKED, actor=actor, payload=facts_of(scope, report, report.faults))
    except ArchiveError as error:
        return report, error.message
    return report, None


class ScheduledFixity:
    """The chore of the clock worker: a slice of the running pass, and a line in the log for what it found."""

    def __init__(self, archive: Archive, *, days: float, actor: str) -> None:
        self._passes = FixityPasses(archive, days=days, further=FURTHER, phases=further_phases(archive))
        self._actor = actor

    def step(self) -> None:
        """Check what is due."""
        report = self._passes.step(self._actor)
        if report is None:
            return
        for fault in report.faults[:_MOST_LINES]:
            log.error("fixity.fault", fault=fault.kind, id=fault.id, object=fault.object)
        if report.faults:
            log.error("fixity.faults", number=report.number, faults=len(report.faults))
        if report.finished:
            log.info("fixity.pass_finished", number=report.number)
