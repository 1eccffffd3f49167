"""Fixity: every stored byte is still what was written, and the ledger witnesses it.

Rule: the walk reads in pages, never stops at a fault, and names the record that a fault is about. What is checked
stands, numbered, in `fixity_objects` (1-10), `fixity_ledger` (11-15), `fixity_sealed_columns` (16), `fixity_holdings`
(17-19), `fixity_rows` (21-24) and `fixity_transcriptions` (25-26); (20) the tiles beside the database hold the same
leaves.

The service goes on meanwhile: keys are rotated, records destroyed, outcomes written between two reads. So a fault
is believed only when a second look, in a fresh snapshot, finds it again. Of what a damaged page of the database
hides, submissions are skipped one by one as far as their ids can be had; else it ends the phase that met it, and the
other phases go on.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import func, select

from storage.checkpoints import verify
from storage.database import DatabaseError
from storage.errors import ArchiveError
from storage.fixity_holdings import (
    DestroyedPhase,
    KeyPhase,
    ObjectRowPhase,
    QueuePhase,
    unnamed_objects,
)
from storage.fixity_ledger import LeafPhase, SubjectPhase
from storage.fixity_objects import SubmissionPhase
from storage.fixity_report import FixityFault, FixityReport, Page, SealedColumn, Tally
from storage.fixity_rows import AddressPhase, DestructionRowPhase, SettingsPhase, TablePhase
from storage.fixity_sealed_columns import SealedColumnPhase
from storage.fixity_transcriptions import TranscriptionPhase, TranscriptionRowPhase
from storage.identifiers import Prefix
from storage.participant_tables import participant_links
from storage.sealing import SealKind
from storage.tables import custodians, ledger_head, losses, outbox, submissions
from storage.tiles import check_tiles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from storage.archive import Archive

__all__ = ["FixityCheck", "FixityFault", "FixityReport", "SealedColumn"]

_OWN_COLUMNS = (
    SealedColumn(
        name="custodian",
        prefix=Prefix.CUSTODIAN.value,
        holder=custodians.c.id,
        sealed=custodians.c.sealed_identity,
        kind=SealKind.CUSTODIAN,
    ),
    SealedColumn(
        name="letter",
        prefix=Prefix.LETTER.value,
        holder=outbox.c.id,
        sealed=outbox.c.sealed_letter,
        kind=SealKind.LETTER,
    ),
    SealedColumn(
        name="link of a participant",
        prefix=Prefix.LINK.value,
        holder=participant_links.c.id,
        sealed=participant_links.c.sealed_person,
        kind=SealKind.PARTICIPANT,
    ),
)
_THREADS = min(4, (os.cpu_count() or 1) + 1)  # one more than cores, for the one that waits for the disk
_ORPHAN_PAGE = 500
_MOST_SKIPPED = 50
END = "end"


class Phase(Protocol):
    """One kind of thing that a walk goes through, in pages of at most `limit` rows."""

    @property
    def name(self) -> str:
        """Names the phase in a cursor."""
        ...

    @property
    def limit(self) -> int:
        """How many rows a page has."""
        ...

    def page(self, after: str, limit: int) -> Page:
        """Check what comes behind `after` ("" is the beginning)."""
        ...


class TreePhase:
    """All leaves hashed again, against both heads, every stored hash and the tiles (15, 20)."""

    name = "tree"
    limit = 1

    def __init__(self, archive: Archive, report: FixityReport) -> None:
        self._archive = archive
        self._report = report

    def page(self, after: str, limit: int) -> Page:
        """The whole tree at once; it costs a hash a leaf."""
        del after, limit
        tally, report = Tally(), self._report
        frontier, faults = self._archive.ledger.check()
        for fault in faults:
            tally.fault("ledger", f"leaf {fault.position}", fault.detail)
        report.ledger_size, report.ledger_root = frontier.size, frontier.root().hex()
        note = self._archive.ledger.published_checkpoint()
        report.checkpoint = "" if note is None else note.decode(errors="replace")
        if note is not None and not faults:  # a checkpoint that is damaged or another's says nothing about tiles
            checkpoint = verify(note, self._archive.ledger.public_key())
            for one in check_tiles(self._archive.ledger.folder, checkpoint):
                tally.fault("tile", one.path, one.detail)
        return Page(None, tally)


class FixityCheck:
    """One walk over an archive.

    Args:
        archive: what is checked.
        progress: told how many submissions and leaves are done, and of how many.
        further: sealed columns of the floors above.
        phases: what the floors above go through, each under a name of its own.
    """

    def __init__(
        self,
        archive: Archive,
        progress: Callable[[int, int], None] | None = None,
        *,
        further: Sequence[SealedColumn] = (),
        phases: Sequence[Phase] = (),
    ) -> None:
        self._archive = archive
        self._progress = progress
        self._phases = tuple(phases)
        self._columns = (*_OWN_COLUMNS, *further)
        self._report = FixityReport()
        self._skipped = 0

    def run(self, sample: int | None = None) -> FixityReport:
        """Walk everything, or a random sample of `sample` submissions with their records; the ledger always whole."""
        report = self._report
        total = 0
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="fixity") as threads:
            try:
                total = self.extent(sample)
                chosen = None if sample is None else self._draw(sample)
            except (ArchiveError, DatabaseError) as error:
                report.faults.append(_database_fault("submissions", "", error))
                chosen = []
            for _, tally in self._walk("", SubmissionPhase(self._archive, threads, chosen)):
                report.add(tally)
                if self._progress is not None and tally.done:
                    self._progress(report.done, max(total, report.done))
        if sample is None:
            self._count_orphans()
        return report

    def walk(self, cursor: str = "") -> Iterator[tuple[str, Tally]]:
        """The same walk in steps, without threads: after each the cursor with which it may go on another time.

        The last cursor is `END`.

        Raises:
            ValueError: no walk of this version gave this cursor.
        """
        return self._walk(cursor, SubmissionPhase(self._archive))

    @property
    def report(self) -> FixityReport:
        """Where the tree's head stands once `walk` has been through it."""
        return self._report

    def extent(self, sample: int | None = None) -> int:
        """How many submissions and leaves there are to go through."""
        with self._archive.store.read() as connection:
            counted: int = connection.execute(select(func.count()).select_from(submissions)).scalar_one()
            leaves: int = connection.execute(select(ledger_head.c.size)).scalar_one()
        return leaves + (counted if sample is None else min(sample, counted))

    def _draw(self, sample: int) -> list[str]:
        drawn = select(submissions.c.id).order_by(func.random()).limit(sample)
        with self._archive.store.read() as connection:
            return list(connection.execute(drawn).scalars())

    def _walk(self, cursor: str, first: SubmissionPhase) -> Iterator[tuple[str, Tally]]:
        archive = self._archive
        phases: list[Phase] = [
            first,
            LeafPhase(archive),
            SubjectPhase(archive),
            *(SealedColumnPhase(archive, one) for one in self._columns),
            KeyPhase(archive, self._columns),
            ObjectRowPhase(archive),
            DestroyedPhase(archive),
            QueuePhase(archive),
            TranscriptionPhase(archive),
            TranscriptionRowPhase(archive),
            AddressPhase(archive),
            DestructionRowPhase(archive),
            *self._phases,
            SettingsPhase(archive),
            TablePhase(archive),
            TreePhase(archive, self._report),
        ]
        name, _, after = cursor.partition(":")
        names = [phase.name for phase in phases]
        at = names.index(name) if cursor else 0
        while at < len(phases):
            page = self._believed(phases[at], after)
            at, after = (at, page.cursor) if page.cursor is not None else (at + 1, "")
            yield (f"{names[at]}:{after}" if at < len(phases) else END), page.tally

    def _believed(self, phase: Phase, after: str) -> Page:
        """A page whose faults were seen twice, without those that a restore declared."""
        limit = phase.limit
        while True:
            try:
                page = phase.page(after, limit)
                if page.tally.faults:
                    again = {(one.kind, one.id, one.object) for one in phase.page(after, limit).tally.faults}
                    seen = page.tally.faults
                    page.tally.faults = [one for one in seen if (one.kind, one.id, one.object) in again]
                    self._set_apart_losses(page.tally)
            except (ArchiveError, DatabaseError) as error:
                if limit == 1:
                    return Page(self._skip(phase, after), Tally(faults=[_database_fault(phase.name, after, error)]))
                limit = max(1, limit // 8)  # what lies before the damage is still to be had
            else:
                return page

    def _skip(self, phase: Phase, after: str) -> str | None:
        """Past a submission that cannot be read, a few times; then the phase is given up."""
        self._skipped += 1
        if not isinstance(phase, SubmissionPhase) or self._skipped > _MOST_SKIPPED:
            return None
        try:
            return phase.skip(after)
        except (ArchiveError, DatabaseError):
            return None

    def _set_apart_losses(self, tally: Tally) -> None:
        if not tally.faults:
            return
        about = {name for one in tally.faults for name in (one.id, one.record, one.object) if name is not None}
        with self._archive.store.read() as connection:
            known = set(connection.execute(select(losses.c.subject).where(losses.c.subject.in_(about))).scalars())
        left = [one for one in tally.faults if known.isdisjoint((one.id, one.record, one.object))]
        tally.declared += len(tally.faults) - len(left)
        tally.faults = left

    def _count_orphans(self) -> None:
        pending: list[str] = []
        try:
            for blob_id in self._archive.blobs.ids():
                pending.append(blob_id)
                if len(pending) == _ORPHAN_PAGE:
                    self._report.orphans += unnamed_objects(self._archive, pending)
                    pending.clear()
            if pending:
                self._report.orphans += unnamed_objects(self._archive, pending)
        except (ArchiveError, DatabaseError):
            return  # the walk has named what is wrong with the database


def _database_fault(phase: str, after: str, error: Exception) -> FixityFault:
    behind = f" behind {after}" if after else ""
    return FixityFault(kind="database", id="archive.db", detail=f"the {phase}{behind} cannot be checked: {error}")
