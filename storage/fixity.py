"""Fixity: every stored byte is still what was written, and the ledger witnesses it.

Rule: the walk reads in pages, never stops at a fault, and names the record that a fault is about. It checks,
for each submission: (1) the object's SHA-256 is its name; (2) its key unwraps; (3) it opens as that object;
(4) the plain bytes have the digest and size that were taken down at receipt; (5) the ledger leaf of the deposit
names the object. For each record: (6) its description opens; (7) its leaf names the sealed description. For
the ledger: (8) the recomputed tree is the head, and the published checkpoint is a prefix of it. Payloads: (9)
each opens and is the one that its leaf binds. Custodians: (10) each identity opens. And the other way round:
(11) every submission and record that the ledger witnesses has its row, and (12) every submission has an outcome
or waits for one. (13) the captured facts of a record, in plain columns, are those that its leaf names.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from storage.catalogue import facts_digest, record_of
from storage.database import DatabaseError
from storage.errors import ArchiveError, Corrupt, NotFound
from storage.events import Event, EventKind
from storage.records import RecordState
from storage.sealing import SealKind
from storage.submissions import SealedEnvelope
from storage.tables import (
    awaiting_examination,
    custodians,
    descriptions,
    ledger_leaves,
    ledger_payloads,
    objects,
    records,
    submissions,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Select

    from storage.archive import Archive
    from storage.vault import HolderKey

_PAGE = 200
_WITNESSED = {EventKind.SUBMISSION_DEPOSITED: submissions.c.id, EventKind.RECORD_ARCHIVED: records.c.id}


@dataclass(frozen=True, slots=True, kw_only=True)
class FixityFault:
    """One thing that is not as it was written. `id` is the record where one is known, else the submission or object."""

    kind: str
    id: str
    detail: str


@dataclass(slots=True, kw_only=True)
class FixityReport:
    """What a walk found; `bytes` counts the plain bytes that were checked."""

    records: int = 0
    objects: int = 0
    bytes: int = 0
    faults: list[FixityFault] = field(default_factory=list)
    ledger_size: int = 0
    ledger_root: str = ""
    checkpoint: str = ""
    orphans: int = 0

    def to_json(self) -> dict[str, Any]:
        """As `verify --json` prints it."""
        return {
            "records": self.records,
            "objects": self.objects,
            "bytes": self.bytes,
            "faults": [{"kind": one.kind, "id": one.id, "detail": one.detail} for one in self.faults],
            "orphans": self.orphans,
            "ledger": {"size": self.ledger_size, "root": self.ledger_root, "checkpoint": self.checkpoint},
        }


class FixityCheck:
    """One walk over an archive."""

    def __init__(self, archive: Archive, progress: Callable[[int, int], None] | None = None) -> None:
        self._archive = archive
        self._progress = progress
        self._report = FixityReport()
        self._done = 0
        self._total = 0

    def run(self, sample: int | None = None) -> FixityReport:
        """Walk everything, or a random sample of `sample` submissions with their records; the ledger always whole."""
        report = self._report
        try:
            with self._archive.store.read() as connection:
                counted = connection.execute(select(func.count()).select_from(submissions)).scalar_one()
                self._total = counted if sample is None else min(sample, counted)
            for page in self._submission_pages(sample):
                self._check_submissions(page)
            self._check_payloads()
            self._check_custodians()
            self._check_witnessed()
            self._check_queue()
            frontier, faults = self._archive.ledger.check()
            report.faults += [
                FixityFault(kind="ledger", id=f"leaf {one.position}", detail=one.detail) for one in faults
            ]
            report.ledger_size, report.ledger_root = frontier.size, frontier.root().hex()
            note = self._archive.ledger.published_checkpoint()
            report.checkpoint = "" if note is None else note.decode(errors="replace")
        except (ArchiveError, DatabaseError) as error:
            # a damaged database page ends the walk, since nothing behind it can be named; it is a fault like another
            report.faults.append(FixityFault(kind="database", id="archive.db", detail=str(error)))
        if sample is None:
            self._count_orphans()
        return report

    def _submission_pages(self, sample: int | None) -> Iterator[list[Any]]:
        joined = submissions.outerjoin(objects, objects.c.blob_id == submissions.c.blob_id).join(
            ledger_leaves, ledger_leaves.c.position == submissions.c.position, isouter=True
        )
        query = select(submissions, objects.c.plain_size, objects.c.sealed_size, ledger_leaves.c.leaf)
        query = query.select_from(joined)
        if sample is not None:
            chosen: Select[Any] = select(submissions.c.id).order_by(func.random()).limit(sample)
            with self._archive.store.read() as connection:
                yield list(connection.execute(query.where(submissions.c.id.in_(chosen))))
            return
        after = ""
        while True:
            with self._archive.store.read() as connection:
                where = query.where(submissions.c.id > after).order_by(submissions.c.id).limit(_PAGE)
                page = list(connection.execute(where))
            if not page:
                return
            after = page[-1].id
            yield page

    def _check_submissions(self, page: list[Any]) -> None:
        with self._archive.store.read() as connection:
            about = (
                select(records, descriptions.c.sealed_description, ledger_leaves.c.leaf)
                .join(descriptions, descriptions.c.record_id == records.c.id, isouter=True)
                .join(ledger_leaves, ledger_leaves.c.position == records.c.position, isouter=True)
            )
            of_page = list(connection.execute(about.where(records.c.submission_id.in_([row.id for row in page]))))
            keys: dict[str, HolderKey] = {}
            for holder in {row.id for row in page} | {row.holder for row in of_page}:
                try:
                    keys.update(self._archive.store.holder_keys(connection, [holder]))
                except (Corrupt, NotFound) as error:
                    self._fault("key", self._name(of_page, holder), error.message)
        for row in page:
            self._check_submission(row, keys.get(row.id), self._name(of_page, row.id))
        for row in of_page:
            self._check_record(row, keys.get(row.holder))
        self._done += len(page)
        if self._progress is not None:
            self._progress(self._done, self._total)

    @staticmethod
    def _name(rows: list[Any], submission_id: str) -> str:
        """The record that a submission became, or the submission itself."""
        return next((row.id for row in rows if row.submission_id == submission_id), submission_id)

    def _fault(self, kind: str, name: str, detail: str) -> None:
        self._report.faults.append(FixityFault(kind=kind, id=name, detail=detail))

    def _check_submission(self, row: Any, key: HolderKey | None, name: str) -> None:
        archive, report = self._archive, self._report
        if row.plain_size is None:
            self._fault("object", name, f"no row names the object {row.blob_id}")
            return
        try:
            sealed = archive.blobs.read(row.blob_id)
        except NotFound:
            self._fault("object", name, f"the object {row.blob_id} is missing")
            return
        except Corrupt as error:
            self._fault("object", name, f"{error.message}: {row.blob_id}")
            return
        report.objects += 1
        if hashlib.sha256(sealed).hexdigest() != row.blob_id:  # (1)
            self._fault("object", name, f"the object {row.blob_id} is not what was written")
            return
        if key is None:
            self._fault("key", name, "the key of the submission is missing")  # (2)
            return
        try:
            plain = archive.store.vault.unseal(key, SealKind.SUBMISSION, row.id, sealed)  # (3)
            opened = archive.store.vault.unseal(key, SealKind.ENVELOPE, row.id, row.sealed_envelope)
            about = SealedEnvelope.decode(opened)
        except (Corrupt, ValueError) as error:
            self._fault("object", name, f"{error} ({row.blob_id})")
            return
        report.bytes += len(plain)
        if hashlib.sha256(plain).hexdigest() != about.sha256 or len(plain) != row.size:  # (4)
            self._fault("object", name, f"the object {row.blob_id} does not hold the bytes that were received")
        self._check_leaf(row.leaf, row.blob_id, row.id, name)  # (5)

    def _check_record(self, row: Any, key: HolderKey | None) -> None:
        if row.state != RecordState.ACTIVE.value:
            return
        self._report.records += 1
        if key is None:
            self._fault("key", row.id, "the key of the record is missing")
            return
        if row.sealed_description is None:
            self._fault("description", row.id, "the description is missing")
            return
        try:
            self._archive.store.vault.unseal(key, SealKind.DESCRIPTION, row.id, row.sealed_description)  # (6)
        except Corrupt as error:
            self._fault("description", row.id, error.message)
        digest = hashlib.sha256(row.sealed_description).hexdigest()
        event = self._check_leaf(row.leaf, digest, row.id, row.id)  # (7)
        try:
            changed = event is not None and event.facts != facts_digest(record_of(row))  # (13)
        except ValueError:
            changed = True
        if changed:
            self._fault("facts", row.id, "custodian, channel, kind, grade or times are not those that were captured")

    def _check_leaf(self, leaf: bytes | None, blob: str, subject: str, name: str) -> Event | None:
        try:
            event = Event.decode(leaf or b"")
        except ValueError:
            self._fault("ledger", name, "the ledger leaf that should witness it cannot be read")
            return None
        if blob not in event.blobs or subject not in event.subjects:
            self._fault("ledger", name, "the ledger leaf names other bytes")
            return None
        return event

    def _check_payloads(self) -> None:
        position = -1
        archive = self._archive
        while True:
            with archive.store.read() as connection:
                query = select(ledger_payloads.c.position).where(ledger_payloads.c.position > position)
                page = list(connection.execute(query.order_by(ledger_payloads.c.position).limit(_PAGE)).scalars())
                for place in page:
                    try:
                        archive.ledger.salted_payload(connection, place)  # (9)
                    except (ArchiveError, ValueError) as error:
                        self._fault("payload", f"leaf {place}", str(error))
            if not page:
                return
            position = page[-1]

    def _check_custodians(self) -> None:
        archive = self._archive
        with archive.store.read() as connection:
            rows = list(connection.execute(select(custodians.c.id, custodians.c.sealed_identity)))
        for row in rows:
            try:
                with archive.store.read() as connection:
                    key = archive.store.holder_keys(connection, [row.id])[row.id]
                archive.store.vault.unseal(key, SealKind.CUSTODIAN, row.id, row.sealed_identity)  # (10)
            except KeyError:
                self._fault("key", row.id, "the key of the custodian is missing")
            except (Corrupt, NotFound) as error:
                self._fault("custodian", row.id, error.message)

    def _check_witnessed(self) -> None:
        """(11) What the ledger says was taken is there; a row that is gone leaves no trace but its leaf."""
        position = -1
        while True:
            with self._archive.store.read() as connection:
                query = select(ledger_leaves.c.position, ledger_leaves.c.kind, ledger_leaves.c.leaf)
                query = query.where(ledger_leaves.c.position > position).order_by(ledger_leaves.c.position)
                page = list(connection.execute(query.limit(_PAGE)))
                named: dict[EventKind, list[str]] = {kind: [] for kind in _WITNESSED}
                for row in page:
                    try:
                        event = Event.decode(row.leaf)
                    except ValueError:
                        self._fault("ledger", f"leaf {row.position}", "it cannot be read")
                        continue
                    if event.kind.value != row.kind:
                        self._fault("ledger", f"leaf {row.position}", "it is listed as another kind than it is")
                    if event.kind in named and event.subjects:
                        named[event.kind].append(event.subjects[0])
                for kind, ids in named.items():
                    column = _WITNESSED[kind]
                    there = set(connection.execute(select(column).where(column.in_(ids))).scalars())
                    for one in ids:
                        if one not in there:
                            self._fault("missing", one, "the ledger witnesses it and the catalogue has no row of it")
            if not page:
                return
            position = page[-1].position

    def _check_queue(self) -> None:
        """(12) A submission without an outcome that nobody will examine would wait for ever."""
        waits = awaiting_examination.c.submission_id
        joined = submissions.outerjoin(awaiting_examination, waits == submissions.c.id)
        query = select(submissions.c.id).select_from(joined).where(submissions.c.outcome.is_(None), waits.is_(None))
        with self._archive.store.read() as connection:
            for one in connection.execute(query).scalars():
                self._fault("queue", one, "it has no outcome and does not wait for examination")

    def _count_orphans(self) -> None:
        """Objects that no row names: left by an interrupted deposit, never acknowledged, no fault."""
        pending: list[str] = []
        for blob_id in self._archive.blobs.ids():
            pending.append(blob_id)
            if len(pending) == _PAGE:
                self._report.orphans += self._unnamed(pending)
                pending.clear()
        if pending:
            self._report.orphans += self._unnamed(pending)

    def _unnamed(self, blob_ids: list[str]) -> int:
        try:
            with self._archive.store.read() as connection:
                query = select(func.count()).select_from(objects).where(objects.c.blob_id.in_(blob_ids))
                return len(blob_ids) - int(connection.execute(query).scalar_one())
        except (ArchiveError, DatabaseError):
            return 0
