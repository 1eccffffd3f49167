"""Records with descriptions of one's own, for tests of holds: filed as the upper floors do, with nothing read."""

from __future__ import annotations

import hashlib
import itertools
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from storage.identifiers import Prefix, new_id
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
    from storage.archive import Archive

ACTOR = "operator:test"
CAPTURED = datetime(2026, 3, 10, 20, tzinfo=UTC)
_numbers = itertools.count()


def mail(text: str = "text", *, unread: bool = False, sender: str = "pat@far.example") -> Description:
    """A mail's description; `unread` where an attachment could not be read."""
    return Description(
        kind=RecordKind.EMAIL,
        original=Letterhead(sender=Party(address=sender), subject="Bus route"),
        text=text,
        unsearchable=("attachment 1 could not be read: it is encrypted",) if unread else (),
    )


def keep(
    archive: Archive,
    custodian_id: str,
    description: Description | None = None,
    *,
    captured_at: datetime = CAPTURED,
    sent_at: datetime | None = None,
) -> str:
    """Deposit a mail and give its record this description; the record's id."""
    epoch = archive.store.current_epoch()
    payload = b"mail %d" % next(_numbers)
    prepared = archive.submissions.prepare(
        channel=Channel.CLI,
        account="cli",
        custodian_id=custodian_id,
        envelope=Envelope(source="one.eml"),
        kind="email",
        payload=payload,
        epoch=epoch,
        received_at=captured_at,
        actor=ACTOR,
    )
    archive.blobs.write([prepared.sealed])
    with archive.store.write() as transaction:
        (submission,) = archive.submissions.add(transaction, [prepared])
    original = Component(
        id=new_id(Prefix.COMPONENT),
        role=ComponentRole.ORIGINAL,
        media_type="message/rfc822",
        name=None,
        size=len(payload),
        sha256=hashlib.sha256(payload).hexdigest(),
    )
    record = Record(
        id=new_id(Prefix.RECORD),
        kind=RecordKind.EMAIL,
        submission_id=submission.id,
        custodian_id=custodian_id,
        channel=Channel.CLI,
        captured_at=captured_at,
        sent_at=sent_at,
        series_id=None,
        state=RecordState.ACTIVE,
        grade=Grade.B,
        position=-1,
    )
    key = archive.store.vault.unwrap(prepared.key)
    stored = ((original, prepared.sealed.blob_id),)
    ready = archive.catalogue.prepare(record, description or mail(), key=key, stored=stored, epoch=epoch, actor=ACTOR)
    concluded = Conclusion(
        submission_id=submission.id, outcome=Outcome.ARCHIVED, reason=None, custodian_id=custodian_id
    )
    with archive.store.write() as transaction:
        archive.catalogue.add(transaction, [ready])
        archive.submissions.conclude(transaction, [concluded])
    return record.id
