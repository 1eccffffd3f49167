"""An archive with a row in nearly every table, made in memory where that is possible, and single bits of it flipped."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from sqlalchemy import insert

from archiver.access import Role
from archiver.users import Users
from storage.anchors import FileAnchor, FolderAnchor
from storage.archive import Archive, create_archive
from storage.blobs import SealedObject
from storage.checkpoints import verify
from storage.events import EventKind
from storage.fixity_passes import FixityPasses
from storage.identifiers import Prefix, new_id
from storage.keys import Secret, SlotKind
from storage.outbox import Letter, Outbox
from storage.records import (
    Channel,
    Component,
    ComponentRole,
    Description,
    Envelope,
    Grade,
    Letterhead,
    Outcome,
    Party,
    Record,
    RecordKind,
    RecordState,
)
from storage.sealing import SealKind
from storage.shredding import Shredder
from storage.submissions import Conclusion
from storage.tables import objects
from storage.transcriptions import ReadingPriority
from tests.faults.destruction_archives import in_memory
from tests.storage.archives import ACTOR, NOON, RECOVERY, custodian, file_one
from tests.storage.transcribing import add_version, version

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSPHRASE = Secret(kind=SlotKind.PASSPHRASE, content=b"nine green owls")
KEY_FILE = Secret(kind=SlotKind.KEY_FILE, content=bytes(range(100, 132)))
CANARY = "ibis-lantern-quartz"  # stands in every mail, description and letter
_CHEAP = {"time_cost": 1, "memory_cost": 8, "parallelism": 1}  # so that a passphrase may be tried for every bit
_LEAVES = 300  # more than one tile holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """An opened archive with two anchors beside it."""

    archive: Archive
    file_anchor: FileAnchor
    folder_anchor: FolderAnchor

    @property
    def folder(self) -> Path:
        """The archive's folder."""
        return self.archive.folder


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder that is gone afterwards, in memory where there is some."""
    folder = Path(tempfile.mkdtemp(prefix="stored-", dir=in_memory()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def bare_archive(folder: Path) -> Archive:
    """A new archive with one slot of each kind, its passphrase stretched as little as can be."""
    with patch.dict("storage.keys._ARGON2", _CHEAP):
        return create_archive(folder, [PASSPHRASE, RECOVERY, KEY_FILE], zone="UTC", actor=ACTOR)


@contextmanager
def scene() -> Iterator[Scene]:
    """A new scene."""
    with scratch_folder() as folder:
        archive = bare_archive(folder / "archive")
        (folder / "anchors").mkdir()
        built = Scene(
            archive=archive,
            file_anchor=FileAnchor(folder / "anchor"),
            folder_anchor=FolderAnchor(folder / "anchors"),
        )
        try:
            _fill(built)
            yield built
        finally:
            archive.close()


def _fill(built: Scene) -> None:
    archive = built.archive
    owner = custodian(archive)
    filed = [file_one(archive, owner, f"Subject: {CANARY} {one}\r\n\r\n{CANARY}".encode(), CANARY) for one in range(4)]
    _anchor(built)
    with archive.store.write() as transaction:
        archive.catalogue.assign_series(transaction, filed[0].record_id, "S-1", actor=ACTOR, why="by hand")
    _with_rendition(archive, owner)
    add_version(archive, version(filed[1].record_id, text=CANARY))
    with archive.store.write() as transaction:
        archive.transcriptions.queue(transaction, [(filed[2].record_id, ReadingPriority.MAIL)])
    _deposit(archive, owner, Outcome.FAILED)
    _deposit(archive, None, None)
    outbox = Outbox(archive.store)
    letter = outbox.prepare(Letter(kind="anchor", to="clerk@district.example", subject="Checkpoint", text=CANARY))
    with archive.store.write() as transaction:
        outbox.add(transaction, letter)
        batch = Shredder(archive).decide(transaction, [filed[3].record_id], ACTOR, {"why": "due"})
    Shredder(archive).erase(batch)
    Users(archive).add("Ada Ramos", Role.OFFICER, actor=ACTOR)
    FixityPasses(archive, days=1).step(ACTOR)
    with archive.store.read() as connection:
        size = archive.ledger.head(connection).size
    with archive.store.write() as transaction:
        for _ in range(size, _LEAVES):
            transaction.append(EventKind.RECORD_VIEWED, actor=ACTOR, subjects=(filed[0].record_id,))
    _anchor(built)


def _anchor(built: Scene) -> None:
    ledger = built.archive.ledger
    note = ledger.publish_checkpoint()
    for anchor in (built.file_anchor, built.folder_anchor):
        anchor.keep(note, verify(note, ledger.public_key()))


def _deposit(archive: Archive, owner: str | None, outcome: Outcome | None) -> None:
    """A submission that failed, or that waits for its examination."""
    prepared = archive.submissions.prepare(
        channel=Channel.SMTP,
        account="district",
        custodian_id=owner,
        envelope=Envelope(submitter="ada@district.example", source="one.eml"),
        kind="email",
        payload=f"Subject: {CANARY}\r\n\r\n".encode(),
        epoch=archive.store.current_epoch(),
        received_at=NOON,
        actor=ACTOR,
    )
    assert isinstance(prepared.sealed, SealedObject)
    archive.blobs.write([prepared.sealed])
    with archive.store.write() as transaction:
        (added,) = archive.submissions.add(transaction, [prepared])
        if outcome is not None:
            reason = "it cannot be read"
            concluded = Conclusion(submission_id=added.id, outcome=outcome, reason=reason, custodian_id=owner)
            archive.submissions.conclude(transaction, [concluded])


def _with_rendition(archive: Archive, owner: str) -> None:
    """A record that has, beside its original, an object of its own."""
    filed = file_one(archive, owner, f"Subject: {CANARY} host\r\n\r\n".encode(), CANARY)
    with archive.store.read() as connection:
        key = archive.store.holder_keys(connection, [filed.submission_id])[filed.submission_id]
        host = archive.catalogue.get(connection, filed.record_id)
    named = Component(
        id=new_id(Prefix.COMPONENT),
        role=ComponentRole.RENDITION,
        media_type="image/png",
        name="page.png",
        size=len(CANARY),
        sha256="0" * 64,
    )
    sealed = SealedObject.of(archive.store.vault.seal(key, SealKind.COMPONENT, named.id, CANARY.encode()))
    archive.blobs.write([sealed])
    row = {"blob_id": sealed.blob_id, "holder": filed.submission_id, "object_id": named.id}
    sizes: dict[str, Any] = {"sealed_size": len(sealed.sealed), "plain_size": len(CANARY)}
    record = Record(
        id=new_id(Prefix.RECORD),
        kind=RecordKind.EMAIL,
        submission_id=filed.submission_id,
        custodian_id=owner,
        channel=host.channel,
        captured_at=host.captured_at,
        sent_at=NOON,
        series_id="S-2",
        state=RecordState.ACTIVE,
        grade=Grade.B,
        position=-1,
    )
    head = Letterhead(sender=Party(address="parent@home.example"), subject=CANARY)
    described = Description(kind=RecordKind.EMAIL, original=head, text=CANARY, components=(named,))
    ready = archive.catalogue.prepare(
        record,
        described,
        key=key,
        stored=((named, sealed.blob_id),),
        epoch=archive.store.current_epoch(),
        actor=ACTOR,
    )
    with archive.store.write() as transaction:
        transaction.connection.execute(insert(objects), [{**row, "kind": SealKind.COMPONENT.value, **sizes}])
        archive.catalogue.add(transaction, [ready])


def flipped(content: bytes, bit: int) -> bytes:
    """The same bytes with one bit changed."""
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
