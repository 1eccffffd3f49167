"""The quarantine for people: what lies there, what it says, and the decisions on it.

Rules: who only runs the archive sees that something lies there, and not from whom or what it says; bytes are read in
the sandbox alone; looking at one is an event, and so is every decision, with who decided. Release and rejection are
acts of a person.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from archiver.access import Act, Principal, authorize, permits
from archiver.record_view import letterhead
from archiver.wiring import ScheduleAssigner
from ingest import quarantine
from ingest.concluding import Concluder, Waiting
from ingest.formats.detect import HEAD_BYTES
from ingest.picture_sets import SET, unread_components
from ingest.sandbox import document_reading, email_reading
from storage.errors import Corrupt, InvalidInput, NotFound
from storage.events import EventKind
from storage.records import Channel, Description, RecordKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archiver.wiring import Installation
    from ingest.quarantine import Lying
    from ingest.sandbox import ReadingAnswer, SandboxedReader
    from storage.submissions import SealedEnvelope

_PAGE = 200
_LONGEST_REASON = 500
_UNREAD = "the document: not read: released from quarantine as it is"
_TOLD = frozenset({Channel.SMTP, Channel.LMTP})
_MAIL = _TOLD | {Channel.IMAP}


def list_lying(
    installation: Installation, principal: Principal, *, sender: str | None = None, rejected: bool = False
) -> Iterator[dict[str, Any]]:
    """What lies in quarantine, oldest first; the sender only for who may read, and null where nobody is named.

    Raises:
        Denied: this role may not see it, or not by its sender.
    """
    authorize(principal, Act.SEE_QUARANTINE)
    reads = permits(principal, Act.READ_QUARANTINED)
    if sender is not None:
        authorize(principal, Act.READ_QUARANTINED)
    archive = installation.archive
    after = -1
    while True:
        with archive.store.read() as connection:
            page = quarantine.page_of(connection, after=after, limit=_PAGE, rejected=rejected)
            envelopes = archive.submissions.envelopes(connection, [one.id for one in page])
        if not page:
            return
        after = page[-1].position
        senders = _senders(installation, page, envelopes) if reads else {}
        for one in page:
            if sender is None or (senders.get(one.id) or "").casefold() == sender.strip().casefold():
                yield {**_facts(installation, one), "sender": senders.get(one.id)}


def lying_page(
    installation: Installation, principal: Principal, *, limit: int, offset: int, rejected: bool = False
) -> dict[str, Any]:
    """Some of what lies in quarantine, oldest first, and how much lies there; opens nothing.

    The sender is the one that the mail server was told, and null where a mail would have to be read for it.

    Raises:
        Denied: this role may not see it.
    """
    authorize(principal, Act.SEE_QUARANTINE)
    archive = installation.archive
    with archive.store.read() as connection:
        total, _ = quarantine.count_of(connection, rejected=rejected)
        page = quarantine.page_of(connection, offset=offset, limit=limit, rejected=rejected)
        told = [one.id for one in page if one.channel in _TOLD] if permits(principal, Act.READ_QUARANTINED) else []
        senders = archive.submissions.envelopes(connection, told)
    return {
        "total": total,
        "submissions": [
            {**_facts(installation, one), "sender": senders[one.id].envelope.submitter if one.id in senders else None}
            for one in page
        ],
    }


def _facts(installation: Installation, one: Lying) -> dict[str, Any]:
    return {
        "submission": one.id,
        "state": one.state,
        "reason": one.reason,
        "channel": one.channel.value,
        "received_at": one.received_at.astimezone(installation.archive.zone).isoformat(),
        "size": one.size,
    }


def _senders(
    installation: Installation, page: Sequence[Lying], envelopes: dict[str, SealedEnvelope]
) -> dict[str, str | None]:
    """From whom each is: the sender that SMTP was told, else what the mail itself says, else who handed it in."""
    found = {one: about.envelope.submitter for one, about in envelopes.items()}
    silent = [one for one in page if one.id in found and (one.channel not in _TOLD or not found[one.id])]
    if silent:
        with installation.reader() as reader:
            owner = silent[0].custodian_id
            for one in sorted(silent, key=lambda each: each.custodian_id or ""):
                if one.custodian_id != owner:  # a child never reads mail of two custodians
                    reader.renew()
                owner = one.custodian_id
                try:
                    answer = _read(installation, reader, one, envelopes[one.id])
                except Corrupt:  # its own view says so; the list is of all the others, too
                    continue
                said = answer.carrier.sender if isinstance(answer, Description) and answer.carrier else None
                found[one.id] = found[one.id] if said is None else said.address
    return found


def _read(
    installation: Installation, reader: SandboxedReader, one: Lying, about: SealedEnvelope
) -> ReadingAnswer | None:
    """What the reader makes of a submission; None where it is too large to be read."""
    if one.size > installation.settings.sandbox.largest_mb << 20:
        return None
    with installation.archive.store.read() as connection:
        content = installation.archive.submissions.locate(connection, one.id)
    whole = content.read()
    is_mail = about.kind == "email" or (about.kind is None and one.channel in _MAIL)
    return reader.read_many([email_reading(whole) if is_mail else document_reading(whole)])[0]


def show_lying(installation: Installation, principal: Principal, submission_id: str) -> dict[str, Any]:
    """One submission in quarantine with its headers and text, as far as they can be read; the view is an event.

    Raises:
        NotFound, Conflict: it is not in quarantine.
        Denied: this role may not read.
    """
    authorize(principal, Act.READ_QUARANTINED)
    archive = installation.archive
    with archive.store.read() as connection:
        one = quarantine.one_of(connection, submission_id)
        envelopes = archive.submissions.envelopes(connection, [submission_id])
        owners = archive.custodians.open(connection, [one.custodian_id] if one.custodian_id else [])
    if submission_id not in envelopes:
        raise NotFound(f"submission {submission_id} is destroyed", submission=submission_id)
    about = envelopes[submission_id]
    with installation.reader() as reader:
        answer = _read(installation, reader, one, about)
    description = answer if isinstance(answer, Description) else None
    with archive.store.write() as transaction:
        transaction.append(EventKind.SUBMISSION_VIEWED, actor=principal.actor, subjects=(submission_id,))
    return {
        **_facts(installation, one),
        "sender": about.envelope.submitter,
        "recipient": about.envelope.recipient,
        "source": about.envelope.source,
        "custodian": owners[one.custodian_id].addresses[0] if one.custodian_id else None,
        "sha256": about.sha256,
        "readable": description is not None,
        "headers": None if description is None or description.carrier is None else letterhead(description.carrier),
        "text": "" if description is None else description.text,
        "attachments": []
        if description is None
        else [{"name": each.name, "media_type": each.media_type, "size": each.size} for each in description.components],
    }


def examine_again(
    installation: Installation, principal: Principal, ids: Sequence[str], *, custodian: str | None = None
) -> None:
    """Put submissions back to be examined, as this custodian's where one is named; all of them or none.

    Raises:
        NotFound: no such submission, or no such custodian.
        Conflict: one is not in quarantine.
        Denied: this role may not.
    """
    authorize(principal, Act.ASSIGN_QUARANTINED)
    owner = None if custodian is None else _custodian(installation, custodian)
    with installation.archive.store.write() as transaction:
        for one in ids:
            quarantine.requeue(transaction, one, custodian_id=owner, actor=principal.actor)


def _custodian(installation: Installation, address: str) -> str:
    archive = installation.archive
    with archive.store.read() as connection:
        found = archive.custodians.find(connection, address)
    if found is None:
        raise NotFound("no custodian has this address; add it with: archiver custodian add")
    return found


def reject(installation: Installation, principal: Principal, ids: Sequence[str], *, reason: str) -> None:
    """Reject submissions, all of them or none; the bytes stay.

    Raises:
        InvalidInput: no reason.
        NotFound, Conflict: one is not in quarantine, or rejected already.
        Denied: this is an act of a person, who may.
    """
    authorize(principal, Act.DECIDE_QUARANTINED)
    said = _reason(reason)
    with installation.archive.store.write() as transaction:
        for one in ids:
            quarantine.reject(transaction, one, reason=said, actor=principal.actor)


def release(
    installation: Installation, principal: Principal, submission_id: str, *, custodian: str | None, reason: str
) -> str:
    """Archive a submission as it is, unread, as a document; returns the record's id.

    Raises:
        InvalidInput: no reason, or nobody is known whose record it is.
        NotFound, Conflict: it is not in quarantine, or no such custodian.
        Denied: this is an act of a person, who may.
    """
    authorize(principal, Act.DECIDE_QUARANTINED)
    said = _reason(reason)
    archive = installation.archive
    owner = None if custodian is None else _custodian(installation, custodian)
    with archive.store.read() as connection:
        one = quarantine.one_of(connection, submission_id)
        ((submission, blob_id),) = archive.submissions.get_many(connection, [submission_id])
        about = archive.submissions.envelopes(connection, [submission_id])[submission_id]
        key = archive.store.holder_keys(connection, [submission_id])[submission_id]
    if owner is None and one.custodian_id is None:
        raise InvalidInput("nobody is known whose record it is; name the custodian by his address (--custodian)")
    content = archive.submissions.content_of(key, blob_id, submission.size)
    pictures = unread_components(content, about.envelope) if about.kind == SET else ()
    with content.ranges() as ranges:
        head = ranges.read(0, min(HEAD_BYTES, submission.size))
    waiting = Waiting(
        submission=replace(submission, custodian_id=owner or one.custodian_id),
        envelope=about,
        key=key,
        blob_id=blob_id,
        head=head,
        request=None,
    )
    concluder = Concluder(archive, ScheduleAssigner(archive, installation.library), actor=principal.actor)
    unread = Description(kind=RecordKind.DOCUMENT, components=pictures, unsearchable=(_UNREAD,))
    examined = concluder.conclude(waiting, unread, archive.store.current_epoch())
    assert examined.record is not None  # a description of ours breaks no bound
    with archive.store.write() as transaction:
        quarantine.note_release(transaction, submission_id, reason=said, actor=principal.actor)
        archive.catalogue.add(transaction, [examined.record])
        archive.submissions.conclude(transaction, [examined.conclusion])
    return examined.record.record.id


def _reason(reason: str) -> str:
    said = reason.strip()
    if not said or len(said) > _LONGEST_REASON or not said.isprintable():
        raise InvalidInput(f"give a reason of one line, at most {_LONGEST_REASON} characters (--reason)")
    return said
