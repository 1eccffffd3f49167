"""Examination: a submission that is durable becomes records, or an outcome with a reason.

Rule: bytes are opened here and read only in the sandboxed child; whatever the child does (crash, lie, never
answer) ends in an outcome, the submission stays, and the rest of the batch goes on. A custodian's submissions
are never read by a child that read another's.

What is larger than the reader may take is kept as a record of kind document that says so and that no search
finds by its text; its content is not even opened, but for the first bytes that tell what it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING, Protocol

from ingest.formats.detect import HEAD_BYTES, detect
from ingest.reading_codec import FailureReason, ReadingAnswer, ReadingFailed, ReadingRequest
from ingest.sandbox import document_reading, email_reading
from storage.errors import ArchiveError, TemporarilyUnavailable
from storage.events import EventKind
from storage.identifiers import Prefix, new_id
from storage.records import (
    Channel,
    Component,
    ComponentRole,
    Description,
    ForwardMethod,
    Grade,
    Outcome,
    Record,
    RecordKind,
    RecordState,
    Submission,
)
from storage.submissions import Conclusion, SealedEnvelope
from storage.transaction import PreparedEvent, prepare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.archive import Archive
    from storage.catalogue import PreparedRecord
    from storage.contents import SubmissionContent
    from storage.vault import HolderKey

BATCH = 128
EMAIL = "email"
DOCUMENT = "document"
_LONGEST_NAME = 1_000
LARGEST_READ = 64 << 20
_LARGEST_BATCH = 64 << 20  # bytes opened at a time, so that memory does not follow the size of what is sent
_MAIL_CHANNELS = frozenset({Channel.SMTP, Channel.LMTP, Channel.IMAP})
_UNKNOWN_SENDER = "the sender is no custodian; add the address with: archiver custodian add"
_MAIL_TYPE = "message/rfc822"
_OLDEST = datetime(1970, 1, 1, tzinfo=UTC)
_TOLERANCE = timedelta(days=1)
_IMPLAUSIBLE = "the date that the message states is not plausible; it is shown, and used neither to sort nor to keep"
_FAILED = {
    FailureReason.CRASH: "the reader crashed on it",
    FailureReason.MEMORY: "reading it took more memory than is allowed",
    FailureReason.TIME: "reading it took longer than is allowed",
    FailureReason.PROTOCOL: "the reader's answer was not acceptable",
    FailureReason.REFUSED: "the reader refused it",
}


class Reader(Protocol):
    """Reads hostile bytes elsewhere; `ingest.sandbox.SandboxedReader` in the product."""

    def read_many(self, requests: Sequence[ReadingRequest]) -> list[ReadingAnswer]:
        """One answer a request, in order; never raises for what a request holds."""
        ...

    def renew(self) -> None:
        """Throw the present child away."""
        ...


class SeriesAssigner(Protocol):
    """Which series a new record belongs to."""

    def series_for(self, record: Record, description: Description) -> str | None:
        """The id of the series, or None for an unscheduled record."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    """A submission that waits, opened; `request` is None where it is too large to be read, then `head` begins it."""

    submission: Submission
    envelope: SealedEnvelope
    key: HolderKey
    blob_id: str
    head: bytes
    request: ReadingRequest | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Examined:
    """What examination made of one submission, sealed and ready to be written."""

    conclusion: Conclusion
    record: PreparedRecord | None = None
    event: PreparedEvent | None = None


class Examiner:
    """Examines what waits. One examiner at a time works on an archive (`archiver/services.py` holds the lock)."""

    def __init__(
        self,
        archive: Archive,
        reader: Reader,
        assigner: SeriesAssigner,
        *,
        actor: str,
        batch: int = BATCH,
        largest: int = LARGEST_READ,
    ) -> None:
        self._archive = archive
        self._reader = reader
        self._assigner = assigner
        self._actor = actor
        self._batch = batch
        self._largest = largest  # bytes of a submission above which it is kept without being read
        self._last_custodian: str | None = None

    def examine_waiting(self) -> int:
        """Examine one batch of what waits, oldest first; returns how many, 0 if nothing waits."""
        archive = self._archive
        with archive.store.read() as connection:
            ids = archive.submissions.awaiting(connection, limit=self._batch)
            sizes = {one.id: one.size for one, _ in archive.submissions.get_many(connection, ids)}
        if not ids:
            return 0
        so_far = list(accumulate(self._opened_bytes(sizes.get(one, 0)) for one in ids))
        ids = [one for number, one in enumerate(ids) if number == 0 or so_far[number] <= _LARGEST_BATCH]
        epoch = archive.store.current_epoch()
        opened, examined = self._open_all(ids, epoch)
        custodians = list(dict.fromkeys(one.submission.custodian_id for one in opened))
        for custodian_id in custodians:
            group = [one for one in opened if one.submission.custodian_id == custodian_id]
            if custodian_id is None or custodian_id != self._last_custodian:
                self._reader.renew()
            self._last_custodian = custodian_id
            answers = iter(self._reader.read_many([one.request for one in group if one.request is not None]))
            for waiting in group:
                answer = self._too_large() if waiting.request is None else next(answers)
                examined.append(self._conclude(waiting, answer, epoch))
        with archive.store.write() as transaction:
            archive.catalogue.add(transaction, [one.record for one in examined if one.record is not None])
            for one in examined:
                if one.event is not None:
                    transaction.append_prepared(one.event)
            archive.submissions.conclude(transaction, [one.conclusion for one in examined])
        return len(examined)

    def _opened_bytes(self, size: int) -> int:
        return size if size <= self._largest else HEAD_BYTES

    def _open_all(self, ids: Sequence[str], epoch: int) -> tuple[list[_Waiting], list[_Examined]]:
        """Open a batch; where one of it is damaged, each alone, so that only that one fails."""
        try:
            return self._open(ids), []
        except TemporarilyUnavailable:
            raise  # says nothing about the bytes: all of the batch goes on waiting
        except (ArchiveError, KeyError):
            pass
        opened: list[_Waiting] = []
        damaged: list[_Examined] = []
        for one in ids:
            try:
                opened += self._open([one])
            except TemporarilyUnavailable:
                raise
            except (ArchiveError, KeyError):
                with self._archive.store.read() as connection:
                    submission = self._archive.submissions.get(connection, one)
                reason = "the stored bytes could not be opened; run: archiver verify"
                damaged.append(self._without_record(submission, Outcome.FAILED, reason, epoch))
        return opened, damaged

    def _open(self, ids: Sequence[str]) -> list[_Waiting]:
        archive = self._archive
        opened: list[_Waiting] = []
        with archive.store.read() as connection:
            envelopes = archive.submissions.envelopes(connection, ids)
            keys = archive.store.holder_keys(connection, ids)
            rows = archive.submissions.get_many(connection, ids)
        for submission, blob_id in rows:
            content = archive.submissions.content_of(keys[submission.id], blob_id, submission.size)
            about = envelopes[submission.id]
            head, request = self._request(content, about, submission)
            opened.append(
                _Waiting(
                    submission=submission,
                    envelope=about,
                    key=keys[submission.id],
                    blob_id=blob_id,
                    head=head,
                    request=request,
                )
            )
        return opened

    def _request(
        self, content: SubmissionContent, about: SealedEnvelope, submission: Submission
    ) -> tuple[bytes, ReadingRequest | None]:
        if submission.size > self._largest:
            with content.ranges() as ranges:
                return ranges.read(0, HEAD_BYTES), None
        whole = content.read()
        kind = about.kind or (EMAIL if submission.channel in _MAIL_CHANNELS else DOCUMENT)
        name = _clean_name(about.envelope.source) or ""
        return whole[:HEAD_BYTES], email_reading(whole) if kind == EMAIL else document_reading(whole, name)

    def _too_large(self) -> Description:
        unread = f"the document: not read: larger than {self._largest >> 20} MB"
        return Description(kind=RecordKind.DOCUMENT, unsearchable=(unread,))

    def _conclude(self, waiting: _Waiting, answer: ReadingAnswer, epoch: int) -> _Examined:
        submission = waiting.submission
        if isinstance(answer, ReadingFailed):
            reason = f"{_FAILED[answer.reason]}; the bytes are kept"
            return self._without_record(submission, Outcome.FAILED, reason, epoch)
        if not isinstance(answer, Description):
            reason = f"{_FAILED[FailureReason.PROTOCOL]}; the bytes are kept"
            return self._without_record(submission, Outcome.FAILED, reason, epoch)
        custodian_id = submission.custodian_id or self._custodian_of(answer)
        if custodian_id is None:
            return self._without_record(submission, Outcome.QUARANTINED, _UNKNOWN_SENDER, epoch)
        record, description, original = self._record(waiting, answer, custodian_id)
        try:
            prepared = self._archive.catalogue.prepare(
                record,
                description,
                key=waiting.key,
                stored=((original, waiting.blob_id),),
                epoch=epoch,
                actor=self._actor,
            )
        except ValueError:  # with what is added here it breaks a bound, or its name is no text
            reason = f"{_FAILED[FailureReason.PROTOCOL]}; the bytes are kept"
            return self._without_record(submission, Outcome.FAILED, reason, epoch)
        conclusion = Conclusion(
            submission_id=submission.id, outcome=Outcome.ARCHIVED, reason=None, custodian_id=custodian_id
        )
        return _Examined(conclusion=conclusion, record=prepared)

    def _custodian_of(self, description: Description) -> str | None:
        """Whose mail it is where the channel could not tell: the forwarder's, if he is a custodian."""
        sender = description.carrier.sender if description.carrier is not None else None
        if sender is None or sender.address is None:
            return None
        with self._archive.store.read() as connection:
            return self._archive.custodians.find(connection, sender.address)

    def _record(self, waiting: _Waiting, read: Description, custodian_id: str) -> tuple[Record, Description, Component]:
        submission = waiting.submission
        original = Component(
            id=new_id(Prefix.COMPONENT),
            role=ComponentRole.ORIGINAL,
            media_type=_MAIL_TYPE if read.kind is RecordKind.EMAIL else detect(waiting.head).media_type,
            name=_clean_name(waiting.envelope.envelope.source),
            size=submission.size,
            sha256=waiting.envelope.sha256,
        )
        attachments = [replace(one, id=new_id(Prefix.COMPONENT)) for one in read.components]
        description = replace(_plausible(read, submission.received_at), components=(original, *attachments))
        record = Record(
            id=new_id(Prefix.RECORD),
            kind=read.kind,
            submission_id=submission.id,
            custodian_id=custodian_id,
            channel=submission.channel,
            captured_at=submission.received_at,
            sent_at=description.sent_at,
            series_id=None,
            state=RecordState.ACTIVE,
            grade=grade_of(read),
            position=-1,
        )
        return replace(record, series_id=self._assigner.series_for(record, description)), description, original

    def _without_record(self, submission: Submission, outcome: Outcome, reason: str, epoch: int) -> _Examined:
        event = prepare(
            self._archive.store.vault,
            epoch,
            EventKind.SUBMISSION_EXAMINED,
            self._archive.store.clock(),
            self._actor,
            (submission.id,),
            {"outcome": outcome.value, "reason": reason},
        )
        conclusion = Conclusion(
            submission_id=submission.id, outcome=outcome, reason=reason, custodian_id=submission.custodian_id
        )
        return _Examined(conclusion=conclusion, event=event)


def _plausible(description: Description, received_at: datetime) -> Description:
    """Leave out a moment that no clock may trust; what the message prints stays in its letterhead.

    Mail of before 1970 was not sent then (readpst writes the year 0002), and none was sent after it was received;
    a day is granted to wrong clocks.
    """
    sent_at = description.sent_at
    if sent_at is None or _OLDEST <= sent_at <= received_at + _TOLERANCE:
        return description
    return replace(description, sent_at=None, notes=(*description.notes, _IMPLAUSIBLE))


def _clean_name(name: str | None) -> str | None:
    """A name as a channel gave it, made into text that UTF-8 can say, and not longer than a name is."""
    return None if name is None else name[:_LONGEST_NAME].encode("utf-8", "replace").decode()


def grade_of(description: Description) -> Grade:
    """The grade of the evidence for the original (design page, Provenance).

    A needs a verified DKIM signature of the original, which is not checked yet, so a native or attached message
    is B; what stands inside another mail's text is C, however well that mail itself is signed.
    """
    if description.kind is RecordKind.SCREENSHOT:
        return Grade.D
    if description.forward.method is ForwardMethod.INLINE:
        return Grade.C
    return Grade.B
