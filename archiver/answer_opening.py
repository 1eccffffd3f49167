"""A mail that asks for an answer, opened as far as that depends on it: envelope, owner, headers, what was made of it.

Rule: headers are hostile, so they are read in the sandboxed child and believed only in the form of `CarrierFacts`; a
child never reads mail of two custodians. What cannot be opened is told as such and stops no other.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from archiver.answer_letters import AnsweredMail
from archiver.transcription_view import unread_parts
from ingest.carrier_facts import HEAD_BYTES, CarrierFacts
from ingest.sandbox import carrier_reading
from storage.errors import ArchiveError, TemporarilyUnavailable
from storage.records import ComponentRole, ForwardMethod

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archiver.answer_rows import AnswerRow
    from archiver.wiring import Installation
    from ingest.sandbox import SandboxedReader
    from storage.archive import Archive
    from storage.records import Submission
    from storage.submissions import SealedEnvelope

_MOST_OPENED = 20  # records of one mail that are opened for what could not be read in them


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedMail:
    """A mail whose answer is to be decided; `owner` are the addresses of its custodian, `head` its first bytes."""

    row: AnswerRow
    submission: Submission
    envelope: SealedEnvelope
    owner: tuple[str, ...]
    head: bytes


def open_mail(archive: Archive, row: AnswerRow) -> OpenedMail | None:
    """A mail, or None where it was destroyed meanwhile or is damaged.

    Raises:
        TemporarilyUnavailable: says nothing about the mail; it goes on waiting.
    """
    try:
        with archive.store.read() as connection:
            submission = archive.submissions.get(connection, row.submission_id)
            envelope = archive.submissions.envelopes(connection, [row.submission_id])[row.submission_id]
            content = archive.submissions.locate(connection, row.submission_id)
            owner_id = submission.custodian_id
            owners = archive.custodians.open(connection, [owner_id] if owner_id is not None else [])
        with content.ranges() as ranges:
            head = ranges.read(0, min(HEAD_BYTES, submission.size))
    except TemporarilyUnavailable:
        raise
    except (ArchiveError, KeyError):
        return None
    owner = owners[owner_id].addresses if owner_id is not None else ()
    return OpenedMail(row=row, submission=submission, envelope=envelope, owner=owner, head=head)


def read_carriers(
    installation: Installation, opened: Sequence[OpenedMail]
) -> list[tuple[OpenedMail, CarrierFacts | None]]:
    """The facts of each mail's headers, None where the child gave none.

    Raises:
        SandboxUnavailable: no child can be confined.
    """
    if not opened:
        return []
    read: list[tuple[OpenedMail, CarrierFacts | None]] = []
    owners = list(dict.fromkeys(one.submission.custodian_id for one in opened))
    with installation.reader() as reader:
        for number, owner in enumerate(owners):
            if number:
                reader.renew()
            group = [one for one in opened if one.submission.custodian_id == owner]
            read += zip(group, _facts_of(reader, group), strict=True)
    return read


def _facts_of(reader: SandboxedReader, group: Sequence[OpenedMail]) -> list[CarrierFacts | None]:
    facts: list[CarrierFacts | None] = []
    for answer in reader.read_many([carrier_reading(one.head) for one in group]):
        try:
            facts.append(CarrierFacts.decode(answer) if isinstance(answer, bytes) else None)
        except ValueError:  # whoever parsed hostile headers may say anything
            facts.append(None)
    return facts


def in_short(submission: Submission, envelope: SealedEnvelope) -> AnsweredMail:
    """What is known of a mail without opening what was made of it."""
    assert submission.outcome is not None
    return AnsweredMail(
        submission=submission.id,
        received_at=submission.received_at,
        size=submission.size,
        sha256=envelope.sha256,
        outcome=submission.outcome,
    )


def in_full(installation: Installation, mail: OpenedMail, carrier: CarrierFacts, *, show_subject: bool) -> AnsweredMail:
    """What a letter may say of a mail: what was made of it, and what could not be read.

    Raises:
        Corrupt: a description cannot be opened.
    """
    archive, submission = installation.archive, mail.submission
    with archive.store.read() as connection:
        made = archive.catalogue.of_submission(connection, submission.id)
        described = archive.catalogue.describe(connection, [one.id for one in made[:_MOST_OPENED]])
        unread = unread_parts(installation, connection, described)
    descriptions = [one.description for one in described]
    methods = [one.forward.method for one in descriptions]
    return replace(
        in_short(submission, mail.envelope),
        message_id=carrier.message_id,
        subject=carrier.subject if show_subject else None,
        kinds=tuple(sorted(Counter(one.kind.value for one in made).items())),
        attachments=sum(part.role is ComponentRole.ATTACHMENT for one in descriptions for part in one.components),
        method=methods[0] if len(methods) == 1 else ForwardMethod.NONE,
        unread=unread,
    )
