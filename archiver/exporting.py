"""Exports: a record's components byte for byte, its metadata and its inclusion proof, for one record or for all.

Rule: the export is an event, written before the bytes leave; what is written is checked against its digest; a
record that cannot be exported is named with its reason, and the others go on. A file has its name only when it is
whole, however large it is.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from archiver.access import Act, Principal, authorize
from archiver.reading import ComponentSource, open_record
from archiver.record_writing import write_record
from storage.errors import ArchiveError, Conflict, Corrupt, TemporarilyUnavailable
from storage.events import EventKind
from storage.files import sync_folder
from storage.records import RecordState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from archiver.record_writing import WrittenFile
    from archiver.wiring import Installation
    from storage.records import DescribedRecord

_PAGE = 1_000
_TOGETHER = 64


@dataclass(slots=True, kw_only=True)
class ExportReport:
    """The account of an export of many: how many records, files and bytes, and what could not be exported.

    `manifest_sha256` is that of the payload manifest, where the export is a bag.
    """

    folder: str
    exported: int = 0
    files: int = 0
    bytes: int = 0
    failed: list[dict[str, str]] = field(default_factory=list)
    manifest_sha256: str = ""

    def add(self, written: tuple[WrittenFile, ...]) -> None:
        """Count one record that was written: its components and their bytes."""
        components = [one for one in written if one.component is not None]
        self.exported += 1
        self.files += len(components)
        self.bytes += sum(one.size for one in components)

    def to_json(self) -> dict[str, Any]:
        """The document of `record export --json` for several records."""
        return {
            "folder": self.folder,
            "exported": self.exported,
            "files": self.files,
            "bytes": self.bytes,
            "failed": self.failed,
        }


def export_record(installation: Installation, principal: Principal, record_id: str, folder: Path) -> dict[str, Any]:
    """Write a record's components byte-exact, `metadata.json` and `proof.json` to a new or empty folder.

    Raises:
        Conflict: the folder holds something, or the record is no longer active.
        NotFound: no such record, or not for this principal.
        Corrupt: the bytes are not what was described.
    """
    authorize(principal, Act.EXPORT)
    refuse_full(folder)
    described, document = _exportable(installation, principal, record_id)
    _note(installation, principal, [record_id])
    with ComponentSource(installation) as source:
        written = write_record(installation, source, described, document, folder, durable=True)
    sync_folder(folder)
    files = [
        {"file": one.name, "component": one.component, "sha256": one.sha256}
        for one in written
        if one.component is not None
    ]
    return {"record": record_id, "folder": os.fspath(folder), "files": files}


def export_records(
    installation: Installation,
    principal: Principal,
    ids: Iterable[str],
    folder: Path,
    progress: Callable[[int], None],
) -> ExportReport:
    """Write each of these records into a folder of its own, named by its id, below a new or empty one.

    Args:
        installation: the archive.
        principal: who exports.
        ids: the records; read as it goes.
        folder: where to.
        progress: told how many are done.

    Raises:
        Conflict: the folder holds something.
        Denied: this role may not export.
        TemporarilyUnavailable: the disk is full, or busy; what is there is whole but not all.
    """
    authorize(principal, Act.EXPORT)
    refuse_full(folder)
    folder.mkdir(parents=True, exist_ok=True)
    report = ExportReport(folder=os.fspath(folder))
    with ComponentSource(installation) as source:

        def write(described: DescribedRecord, document: dict[str, Any]) -> tuple[WrittenFile, ...]:
            place = folder / described.record.id
            try:
                return write_record(installation, source, described, document, place, durable=False)
            except Corrupt:
                shutil.rmtree(place)  # what is half there could be taken for the whole
                raise

        export_each(installation, principal, ids, report, write, progress)
    os.sync()  # once for all of them: one by one would be three waits for the disk a record
    return report


def export_each(
    installation: Installation,
    principal: Principal,
    ids: Iterable[str],
    report: ExportReport,
    write: Callable[[DescribedRecord, dict[str, Any]], tuple[WrittenFile, ...]],
    progress: Callable[[int], None],
) -> None:
    """Open these records in turn, note that they are exported, and have each written; the report gets the account.

    Raises:
        TemporarilyUnavailable: the disk is full, or busy; the records after that were not written.
    """
    rest = iter(ids)
    while chosen := list(islice(rest, _TOGETHER)):
        opened: list[tuple[DescribedRecord, dict[str, Any]]] = []
        for record_id in chosen:
            with _accounted(report, record_id):
                opened.append(_exportable(installation, principal, record_id))
        _note(installation, principal, [described.record.id for described, _ in opened])
        for described, document in opened:
            with _accounted(report, described.record.id):
                report.add(write(described, document))
            progress(report.exported + len(report.failed))


def all_record_ids(installation: Installation) -> Iterator[str]:
    """The id of every active record, oldest first, in pages, so that no reader stays open."""
    archive = installation.archive
    after: str | None = None
    while True:
        with archive.store.read() as connection:
            page = archive.catalogue.page_records(connection, after, _PAGE)
        if not page:
            return
        after = page[-1].id
        yield from (one.id for one in page if one.state is RecordState.ACTIVE)


@contextmanager
def _accounted(report: ExportReport, record_id: str) -> Iterator[None]:
    """Note an error that concerns one record only; a full or busy disk concerns all of them and is raised."""
    try:
        yield
    except TemporarilyUnavailable:
        raise
    except ArchiveError as error:
        report.failed.append({"record": record_id, "reason": error.message})


def refuse_full(folder: Path) -> None:
    """Refuse a folder that holds something.

    Raises:
        Conflict: it does, or it is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise Conflict(f"{folder} is a file; choose a new folder with --to")
    if folder.exists() and any(folder.iterdir()):
        raise Conflict(f"{folder} is not empty; choose a new folder with --to")


def _exportable(
    installation: Installation, principal: Principal, record_id: str
) -> tuple[DescribedRecord, dict[str, Any]]:
    described, document = open_record(installation, principal, record_id, boxes=True)
    if described.record.state is not RecordState.ACTIVE:
        raise Conflict(f"record {record_id} is {described.record.state.value}", record=record_id)
    return described, document


def _note(installation: Installation, principal: Principal, ids: Iterable[str]) -> None:
    with installation.archive.store.write() as transaction:
        for record_id in ids:
            transaction.append(EventKind.RECORD_EXPORTED, actor=principal.actor, subjects=(record_id,))
