"""Small archives for tests: made fast (one slot without Argon2id), filled without the ingest floor, opened again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from storage.archive import Archive, create_archive, open_archive
from storage.identifiers import Prefix, new_id
from storage.keys import Secret, SlotKind, unlock
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
from storage.submissions import Conclusion

if TYPE_CHECKING:
    from pathlib import Path

RECOVERY = Secret(kind=SlotKind.RECOVERY, content=bytes(range(32)))
ACTOR = "operator:test"
NOON = datetime(2024, 5, 6, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """One submission that became one record."""

    submission_id: str
    record_id: str
    blob_id: str
    position: int
    record_position: int


def make_archive(folder: Path) -> Archive:
    """A new archive that opens with `RECOVERY`."""
    return create_archive(folder, [RECOVERY], zone="America/Los_Angeles", actor=ACTOR)


def open_again(folder: Path) -> Archive:
    """The archive as another program would open it."""
    return open_archive(folder, unlock(folder / "keys", RECOVERY))


def custodian(archive: Archive, address: str = "ada@district.example") -> str:
    """A new custodian's id."""
    return archive.custodians.add(address, name="Ada Ramos", actor=ACTOR).id


def file_one(
    archive: Archive,
    custodian_id: str,
    payload: bytes,
    text: str = "text",
    *,
    channel: Channel = Channel.CLI,
    at: datetime = NOON,
) -> Filed:
    """Deposit and describe one mail, as the upper floors do."""
    epoch = archive.store.current_epoch()
    prepared = archive.submissions.prepare(
        channel=channel,
        account=channel.value,
        custodian_id=custodian_id,
        envelope=Envelope(submitter="ada@district.example", source="one.eml"),
        kind="email",
        payload=payload,
        epoch=epoch,
        received_at=at,
        actor=ACTOR,
    )
    archive.blobs.write([prepared.sealed])
    with archive.store.write() as transaction:
        (submission,) = archive.submissions.add(transaction, [prepared])
    original = Component(
        id=new_id(Prefix.COMPONENT),
        role=ComponentRole.ORIGINAL,
        media_type="message/rfc822",
        name="one.eml",
        size=len(payload),
        sha256=prepared.sha256,
    )
    record = Record(
        id=new_id(Prefix.RECORD),
        kind=RecordKind.EMAIL,
        submission_id=submission.id,
        custodian_id=custodian_id,
        channel=channel,
        captured_at=at,
        sent_at=None,
        series_id=None,
        state=RecordState.ACTIVE,
        grade=Grade.B,
        position=-1,
    )
    letterhead = Letterhead(sender=Party(address="parent@home.example"), subject="Bus route 7")
    described = Description(kind=RecordKind.EMAIL, original=letterhead, text=text, components=(original,))
    key = archive.store.vault.unwrap(prepared.key)
    stored = ((original, prepared.sealed.blob_id),)
    ready = archive.catalogue.prepare(record, described, key=key, stored=stored, epoch=epoch, actor=ACTOR)
    concluded = Conclusion(
        submission_id=submission.id, outcome=Outcome.ARCHIVED, reason=None, custodian_id=custodian_id
    )
    with archive.store.write() as transaction:
        (position,) = archive.catalogue.add(transaction, [ready])
        archive.submissions.conclude(transaction, [concluded])
    return Filed(
        submission_id=submission.id,
        record_id=record.id,
        blob_id=prepared.sealed.blob_id,
        position=submission.position,
        record_position=position,
    )


def flip(content: bytes, at: int = -1, bit: int = 1) -> bytes:
    """The same bytes with one bit changed."""
    changed = bytearray(content)
    changed[at] ^= bit
    return bytes(changed)
