"""Archives filled with mails of random bytes, without mail programs, sandbox or index: the store alone."""

from __future__ import annotations

import os
from datetime import datetime
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
    from collections.abc import Callable

    from storage.archive import Archive
    from storage.catalogue import PreparedRecord
    from storage.submissions import PreparedSubmission

ACTOR = "operator:bench"
_TOGETHER = 100
_HEAD = Letterhead(sender=Party(address="parent@home.example"), subject="Bus route 7")


def add_custodian(archive: Archive) -> str:
    """The custodian whose the mails are; his id."""
    return archive.custodians.add("ada@district.example", name="Ada Ramos", actor=ACTOR).id


def fill(
    archive: Archive,
    custodian_id: str,
    count: int,
    size: int,
    *,
    received_at: datetime | None = None,
    heads: Callable[[int], Letterhead] | None = None,
) -> list[str]:
    """Deposit and describe `count` mails of `size` random bytes, as the upper floors do; the ids of their records.

    With `received_at` they say that they were received then; by the ledger it is now. `heads` gives the headers of the
    mail of a number, from 0 on; without it all have the same.
    """
    made = []
    for first in range(0, count, _TOGETHER):
        ready = [_prepare(archive, custodian_id, size, received_at) for _ in range(min(_TOGETHER, count - first))]
        archive.blobs.write([one.sealed for one in ready])
        with archive.store.write() as transaction:
            archive.submissions.add(transaction, ready)
        described = [
            _describe(archive, custodian_id, one, _HEAD if heads is None else heads(number))
            for number, one in enumerate(ready, first)
        ]
        with archive.store.write() as transaction:
            archive.catalogue.add(transaction, [archived for archived, _ in described])
            archive.submissions.conclude(transaction, [concluded for _, concluded in described])
        made += [archived.record.id for archived, _ in described]
    archive.ledger.publish_checkpoint()
    return made


def _prepare(archive: Archive, custodian_id: str, size: int, received_at: datetime | None) -> PreparedSubmission:
    return archive.submissions.prepare(
        channel=Channel.CLI,
        account="cli",
        custodian_id=custodian_id,
        envelope=Envelope(submitter="ada@district.example", source="one.eml"),
        kind="email",
        payload=os.urandom(size),
        epoch=1,
        received_at=received_at or archive.store.clock(),
        actor=ACTOR,
    )


def _describe(
    archive: Archive, custodian_id: str, ready: PreparedSubmission, head: Letterhead
) -> tuple[PreparedRecord, Conclusion]:
    submission = ready.submission
    original = Component(
        id=new_id(Prefix.COMPONENT),
        role=ComponentRole.ORIGINAL,
        media_type="message/rfc822",
        name="one.eml",
        size=submission.size,
        sha256=ready.sha256,
    )
    record = Record(
        id=new_id(Prefix.RECORD),
        kind=RecordKind.EMAIL,
        submission_id=submission.id,
        custodian_id=custodian_id,
        channel=Channel.CLI,
        captured_at=submission.received_at,
        sent_at=None if head.date is None else datetime.fromisoformat(head.date),
        series_id=None,
        state=RecordState.ACTIVE,
        grade=Grade.B,
        position=-1,
    )
    said = Description(
        kind=RecordKind.EMAIL,
        original=head,
        text="The bus of route 7 is late. " * 40,
        components=(original,),
    )
    key = archive.store.vault.unwrap(ready.key)
    stored = ((original, ready.sealed.blob_id),)
    prepared = archive.catalogue.prepare(record, said, key=key, stored=stored, epoch=1, actor=ACTOR)
    concluded = Conclusion(
        submission_id=submission.id, outcome=Outcome.ARCHIVED, reason=None, custodian_id=custodian_id
    )
    return prepared, concluded
