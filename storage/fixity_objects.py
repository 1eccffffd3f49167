"""The first part of a fixity check: submissions with their objects, and the records that were made of them.

Of each submission: (1) the object's SHA-256 is its name, and the row of the object says its size, kind and holder;
(2) its key unwraps; (3) object and envelope open as those of this submission; (4) the plain bytes have the digest
and size that were taken down at receipt; (5) the leaf of the deposit names the object. Of each record: (6) its
description opens; (7) its leaf names the sealed description and every component, and no other, and the description
has their ids; (8) its captured facts, in plain columns, are those that its leaf names; (9) its series is the one
that it was last put into; (10) components that are objects of their own are checked like (1) to (3). A record marked
as destroyed needs the leaf that says so.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from storage.catalogue import has_facts_of
from storage.database import DatabaseError
from storage.errors import ArchiveError, Corrupt, NotFound
from storage.events import SALT_BYTES, Event
from storage.fixity_bundles import Bundle, next_chosen, read_bundles, read_events
from storage.fixity_opening import ObjectFault, check_object
from storage.fixity_report import Page, Tally
from storage.records import ComponentRole, RecordState
from storage.sealing import SealKind
from storage.submissions import SealedEnvelope
from storage.tables import submissions
from storage.vault import HolderKey, WrappedKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from concurrent.futures import Executor

    from storage.archive import Archive

_SERIES = "series:"
_ROLES = frozenset(one.value for one in ComponentRole)
_LONGEST_TASK = 64  # submissions that one thread takes at a time, at most
_TASK_BYTES = 2 << 20


class SubmissionPhase:
    """Pages over all submissions, or over chosen ones."""

    name = "submissions"
    limit = 128

    def __init__(self, archive: Archive, threads: Executor | None = None, chosen: Sequence[str] | None = None) -> None:
        self._archive = archive
        self._threads = threads
        self._chosen = None if chosen is None else sorted(chosen)

    def page(self, after: str, limit: int) -> Page:
        """Check the next `limit` submissions behind an id."""
        tally = Tally()
        with self._archive.store.read() as connection:
            bundles = read_bundles(connection, after, limit, self._chosen)
        self._read_events(bundles, after, tally)
        tasks = list(_shared_out(bundles))
        if self._threads is None or len(tasks) < 2:  # noqa: PLR2004 - a single task needs no second thread
            found: Iterable[Tally] = map(self._check_task, tasks)
        else:
            found = self._threads.map(self._check_task, tasks)
        for one in found:
            tally.add(one)
        if self._chosen is None:
            return Page(bundles[-1].row.id if bundles else None, tally)
        behind = next_chosen(self._chosen, after, limit)
        return Page(behind[-1] if behind else None, tally)

    def skip(self, after: str) -> str | None:
        """The next id, where nothing else of its submission can be read; None at the end."""
        query = select(submissions.c.id).where(submissions.c.id > after).order_by(submissions.c.id).limit(1)
        with self._archive.store.read() as connection:
            found: str | None = connection.execute(query).scalar()
        return found

    def _read_events(self, bundles: list[Bundle], after: str, tally: Tally) -> None:
        """What the ledger says of the records; where it cannot be read, objects are checked all the same."""
        by_record = {row.id: bundle for bundle in bundles for row in bundle.made}
        try:
            with self._archive.store.read() as connection:
                read_events(connection, by_record)
        except (ArchiveError, DatabaseError) as error:
            for bundle in bundles:
                bundle.unheard = True
            tally.fault("database", "archive.db", f"the events about records behind {after!r} cannot be read: {error}")

    def _check_task(self, task: list[Bundle]) -> Tally:
        tally = Tally()
        for bundle in task:
            self._check_bundle(bundle, tally)
            tally.done += 1
        return tally

    def _check_bundle(self, bundle: Bundle, tally: Tally) -> None:
        keys: dict[str, HolderKey] = {}
        wanted = set() if bundle.destroyed else {bundle.row.id}
        wanted |= {row.holder for row in bundle.made if row.state == RecordState.ACTIVE.value}
        for holder in sorted(wanted):
            try:
                keys[holder] = self._archive.store.vault.unwrap(bundle.wrapped[holder])  # (2)
            except KeyError:
                tally.fault("key", bundle.name, f"the key of {holder} is missing", record=bundle.record)
            except (Corrupt, NotFound) as error:
                tally.fault("key", bundle.name, f"{error.message} ({holder})", record=bundle.record)
        if not bundle.destroyed:
            self._check_submission(bundle, keys.get(bundle.row.id), tally)
        for row in bundle.made:
            if row.state != RecordState.ACTIVE.value:
                tally.destroyed += 1
                if row.id not in bundle.witnessed and not bundle.unheard:
                    detail = f"it is marked as {row.state} and no ledger leaf says so"
                    tally.fault("destroyed", row.id, detail, record=row.id)
            else:
                tally.records += 1
                self._check_record(bundle, row, keys.get(row.holder), tally)

    def _check_submission(self, bundle: Bundle, key: HolderKey | None, tally: Tally) -> None:
        row, archive = bundle.row, self._archive

        def fault(kind: str, detail: str) -> None:
            tally.fault(kind, bundle.name, detail, blob_id=row.blob_id, record=bundle.record)

        if row.plain_size is None:
            fault("object", f"no row names the object {row.blob_id}")
            return
        if (row.holder, row.object_id, row.kind) != (row.id, row.id, SealKind.SUBMISSION):
            fault("object", f"the row of the object {row.blob_id} says that it is another's")
        try:
            opened = check_object(archive.blobs, archive.store.vault, key, SealKind.SUBMISSION, row.id, row)  # (1) (3)
        except ObjectFault as error:
            tally.objects += 1 if error.there else 0
            fault("object", f"{error} ({row.blob_id})")
            return
        tally.objects += 1
        if opened is None or key is None:
            return
        tally.bytes += opened.size
        try:
            plain = archive.store.vault.unseal(key, SealKind.ENVELOPE, row.id, row.sealed_envelope)
            about = SealedEnvelope.decode(plain)
        except (Corrupt, ValueError, KeyError, TypeError) as error:
            fault("object", f"the envelope cannot be read: {_sentence(error)}")
            return
        if opened.sha256 != about.sha256 or not opened.size == row.size == row.plain_size:  # (4)
            fault("object", f"the object {row.blob_id} does not hold the bytes that were received")
        _check_leaf(row.leaf, (row.blob_id,), row.id, bundle.name, tally)  # (5)

    def _check_record(self, bundle: Bundle, row: Any, key: HolderKey | None, tally: Tally) -> None:
        if row.sealed_description is None:
            tally.fault("description", row.id, "the description is missing", record=row.id)
            return
        said: bytes | None = None
        if key is not None:
            try:
                said = self._archive.store.vault.unseal(
                    key, SealKind.DESCRIPTION, row.id, row.sealed_description
                )  # (6)
            except Corrupt as error:
                tally.fault("description", row.id, error.message, record=row.id)
        parts = bundle.parts.get(row.id, [])
        for part in parts:
            if part.blob_id != bundle.row.blob_id:
                self._check_component(row, part, key, tally)
        named = (hashlib.sha256(row.sealed_description).hexdigest(), *(one.blob_id for one in parts))
        event = _check_leaf(row.leaf, named, row.id, row.id, tally)  # (7)
        if event is None:
            return
        if set(event.blobs) != set(named) or not all(_is_described(one, said) for one in parts):
            tally.fault("component", row.id, "its components are not those that were taken down", record=row.id)
        if not has_facts_of(row, event):  # (8)
            detail = "custodian, channel, kind, grade or times are not those that were captured"
            tally.fault("facts", row.id, detail, record=row.id)
        if not bundle.unheard and row.series_id != self._series(bundle, row.id, event):  # (9)
            tally.fault("series", row.id, "it is not in the series that it was put into", record=row.id)

    def _series(self, bundle: Bundle, record_id: str, archived: Event) -> str | None:
        """The series that the newest event names: the assignment in its payload, or else the archiving."""
        placed = bundle.placed.get(record_id)
        if placed is not None and placed.wrapped is not None:
            vault = self._archive.store.vault
            try:
                key = vault.unwrap(WrappedKey(placed.event_id, placed.epoch, placed.wrapped))
                plain = vault.unseal(key, SealKind.EVENT_PAYLOAD, placed.event_id, placed.sealed_payload)
                return str(json.loads(plain[SALT_BYTES:])["series"])
            except (Corrupt, NotFound, ValueError, KeyError, TypeError):
                pass  # the walk over the ledger names it
        named = (one.removeprefix(_SERIES) for one in archived.subjects if one.startswith(_SERIES))
        return next(named, None)

    def _check_component(self, row: Any, part: Any, key: HolderKey | None, tally: Tally) -> None:
        """(10) A component that is no longer or never was the submission's own bytes."""
        archive = self._archive
        if (part.holder, part.object_id, part.kind) != (row.holder, part.id, SealKind.COMPONENT):
            detail = f"the row of the object {part.blob_id} says that it is another's"
            tally.fault("component", row.id, detail, blob_id=part.blob_id, record=row.id)
        try:
            opened = check_object(archive.blobs, archive.store.vault, key, SealKind.COMPONENT, part.id, part)
        except ObjectFault as error:
            tally.objects += 1 if error.there else 0
            tally.fault("component", row.id, f"{error} ({part.blob_id})", blob_id=part.blob_id, record=row.id)
            return
        tally.objects += 1
        if opened is None:
            return
        tally.bytes += opened.size
        if opened.size != part.plain_size:
            detail = f"the object {part.blob_id} has another size inside than was taken down"
            tally.fault("component", row.id, detail, blob_id=part.blob_id, record=row.id)


def _check_leaf(leaf: bytes | None, blobs: Sequence[str], subject: str, name: str, tally: Tally) -> Event | None:
    record = name if name.startswith("rec_") else None
    try:
        event = Event.decode(leaf or b"")
    except ValueError:
        tally.fault("ledger", name, "the ledger leaf that should witness it cannot be read", record=record)
        return None
    if not set(blobs) <= set(event.blobs) or subject not in event.subjects:
        tally.fault("ledger", name, "the ledger leaf names other bytes", blob_id=blobs[0], record=record)
        return None
    return event


def _is_described(part: Any, said: bytes | None) -> bool:
    """Whether a component has a known role, and its id stands in the description, which is JSON (looked for only)."""
    return part.role in _ROLES and (said is None or f'"{part.id}"'.encode() in said)


def _shared_out(bundles: list[Bundle]) -> Iterable[list[Bundle]]:
    """Tasks for threads: a few megabytes each, so that neither the small ones nor the large ones wait in line."""
    task: list[Bundle] = []
    size = 0
    for bundle in bundles:
        task.append(bundle)
        size += bundle.row.sealed_size or 0
        if len(task) >= _LONGEST_TASK or size >= _TASK_BYTES:
            yield task
            task, size = [], 0
    if task:
        yield task


def _sentence(error: Exception) -> str:
    return error.message if isinstance(error, Corrupt) else "it has another form"
