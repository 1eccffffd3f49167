"""A drill: the backup restored into a scratch folder, verified, compared, and the scratch folder removed.

Rule: a backup that was never restored is a hope. A drill does what a restore does, with the same code, and compares the
root that comes out with the manifest's and, where the live archive is at hand, with the live ledger.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage.backup.ledger_part import root_at
from storage.backup.restoring import RestoreReport, restore
from storage.backup.scratch import scratch_folder
from storage.errors import ArchiveError
from storage.events import EventKind
from storage.transaction import now

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from storage.archive import Archive
    from storage.fixity_report import SealedColumn
    from storage.keys import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillReport:
    """What a drill found; `faults` are sentences, none where all is well."""

    restored: RestoreReport
    live_compared: bool
    faults: tuple[str, ...]


def drill(
    root: Path,
    secret: Secret,
    *,
    beside: Path,
    actor: str,
    live: Archive | None = None,
    sample: int | None = None,
    ledgers: Sequence[Path] = (),
    clock: Callable[[], datetime] = now,
    progress: Callable[[int, int | None], None] | None = None,
    further: Sequence[SealedColumn] = (),
) -> DrillReport:
    """Restore into a new folder below `beside` (mode 0700), verify and compare, and remove the folder.

    Args:
        root: the backup place.
        secret: opens one of the slots in the backup.
        beside: where the scratch folder is made.
        actor: who drills.
        live: the archive that the backup is of, if it is at hand: it is compared, and gets the event.
        sample: verify only so many submissions, drawn at random.
        ledgers: further copies of the ledger.
        clock: the time.
        progress: told how many objects were copied, and of how many.
        further: sealed columns of the floors above, for the verification.

    Raises:
        NotFound, Denied: there is no backup, or no slot opens.
        StorageFull: no space for the scratch folder.
    """
    with scratch_folder(beside) as folder:
        report = restore(
            root,
            folder,
            secret,
            actor=actor,
            ledgers=ledgers,
            clock=clock,
            progress=progress,
            sample=sample,
            further=further,
        )
    faults = list(report.findings)
    assert report.fixity is not None
    faults += [f"{one.kind} {one.id}: {one.detail}" for one in report.fixity.faults]
    faults += [f"object {blob_id}: {reason}" for blob_id, reason in report.object_faults.items()]
    if live is not None:
        faults += _compare(live, report)
    result = DrillReport(restored=report, live_compared=live is not None, faults=tuple(faults))
    if live is not None:
        _tell(live, root, result, actor)
    return result


def _compare(live: Archive, report: RestoreReport) -> list[str]:
    """Whether the live ledger begins with the one in the backup."""
    manifest = report.manifest
    with live.store.read() as connection:
        try:
            same = root_at(connection, manifest.size).hex() == manifest.root
        except ArchiveError as error:
            return [f"ledger: {error.message}"]
    return [] if same else [f"ledger: the live ledger does not begin with the {manifest.size} leaves of the backup"]


def _tell(live: Archive, root: Path, result: DrillReport, actor: str) -> None:
    facts = {
        "place": str(root),
        "number": result.restored.manifest.number,
        "leaves": result.restored.manifest.size,
        "root": result.restored.manifest.root,
        "faults": len(result.faults),
    }
    with live.store.write() as transaction:
        transaction.append(EventKind.BACKUP_DRILLED, actor=actor, subjects=(live.id,), payload=facts)
