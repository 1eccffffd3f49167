"""What examination makes of one answer of the reader: a record, or an outcome with a reason; sealed, not yet written.

Rule: an answer is believed only as far as it describes its own bytes. Whose record it is, when it was captured and how
good the evidence is are decided here, from what the channel and the archive know.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from ingest.captions import caption_lines, caption_of, caption_text
from ingest.conversations import Conversations
from ingest.formats.chats.registry import NAMES
from ingest.formats.container import MemberKind
from ingest.formats.detect import MediaKind, detect
from ingest.formats.journal_envelope import addresses_of
from ingest.page_captures import PageCaptures
from ingest.picture_reading import priority_of
from ingest.picture_sets import SET
from ingest.reading_codec import FailureReason, ReadingAnswer, ReadingFailed, ReadingRequest
from ingest.submission import JOURNAL, SELECTED
from storage.events import EventKind
from storage.identifiers import Prefix, new_id
from storage.provenance import passed_signature
from storage.records import (
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
from storage.transcribed import waits_to_be_read

if TYPE_CHECKING:
    from ingest.conversations import PartRow
    from storage.archive import Archive
    from storage.catalogue import PreparedRecord
    from storage.transcriptions import ReadingPriority
    from storage.vault import HolderKey

_LONGEST_NAME = 1_000
_UNRECOGNISED = (
    f"none of the {len(NAMES)} formats of exports is that of this file; keep it as a document: archiver quarantine "
    "release, or describe its columns: archiver ingest --mapping"
)
_UNKNOWN_SENDER = "the sender is no custodian; add the address with: archiver custodian add"
_NO_SENDER = "it names no sender; say whose it is with: archiver quarantine assign"
_MAIL_TYPE = "message/rfc822"
_OUTLOOK_TYPE = "application/vnd.ms-outlook"
_PICTURED = frozenset({RecordKind.SCREENSHOT, RecordKind.DOCUMENT})
_OLDEST = datetime(1970, 1, 1, tzinfo=UTC)
_TOLERANCE = timedelta(days=1)
_IMPLAUSIBLE = "the date that the message states is not plausible; it is shown, and used neither to sort nor to keep"
_SELECTED = "selected {} out of an upload: what he left out was not kept, and is counted in the ledger by its reason"
_FAILED = {
    FailureReason.CRASH: "the reader crashed on it",
    FailureReason.MEMORY: "reading it took more memory than is allowed",
    FailureReason.TIME: "reading it took longer than is allowed",
    FailureReason.PROTOCOL: "the reader's answer was not acceptable",
    FailureReason.REFUSED: "the reader refused it",
}


class SeriesAssigner(Protocol):
    """Which series a new record belongs to."""

    def series_for(self, record: Record, description: Description) -> str | None:
        """The id of the series, or None for an unscheduled record."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A submission that waits, opened; `request` is None where it is too large to be read, then `head` begins it.

    One that is `unrecognised` is an export by its looks that no reader knows: a person decides what becomes of it.
    """

    submission: Submission
    envelope: SealedEnvelope
    key: HolderKey
    blob_id: str
    head: bytes
    request: ReadingRequest | None
    unrecognised: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What examination made of one submission, sealed and ready to be written.

    `may_hold` is a mail to which something is attached that may be the export of conversations. `reading` is how
    urgently its pictures wait to be read, None where it has none.
    """

    conclusion: Conclusion
    record: PreparedRecord | None = None
    event: PreparedEvent | None = None
    part: PartRow | None = None
    may_hold: bool = False
    reading: ReadingPriority | None = None


class Concluder:
    """Turns answers into what is written; `actor` is who examines."""

    def __init__(self, archive: Archive, assigner: SeriesAssigner, *, actor: str) -> None:
        self._archive = archive
        self._assigner = assigner
        self._actor = actor
        self.conversations = Conversations(archive, actor=actor)
        self.pages = PageCaptures(archive)

    def conclude(self, waiting: Waiting, answer: ReadingAnswer, epoch: int) -> Examined:
        """The record that the answer describes, or why there is none."""
        submission = waiting.submission
        if waiting.unrecognised:
            return self.without_record(submission, Outcome.QUARANTINED, _UNRECOGNISED, epoch)
        if isinstance(answer, ReadingFailed):
            reason = f"{_FAILED[answer.reason]}; the bytes are kept"
            return self.without_record(submission, Outcome.FAILED, reason, epoch)
        if not isinstance(answer, Description):
            reason = f"{_FAILED[FailureReason.PROTOCOL]}; the bytes are kept"
            return self.without_record(submission, Outcome.FAILED, reason, epoch)
        custodian_id = submission.custodian_id or self._custodian_of(answer, waiting.envelope.kind)
        if custodian_id is None:
            carrier = answer.carrier
            named = waiting.envelope.kind == JOURNAL or (carrier and carrier.sender and carrier.sender.address)
            reason = _UNKNOWN_SENDER if named else _NO_SENDER
            return self.without_record(submission, Outcome.QUARANTINED, reason, epoch)
        part = None
        if waiting.envelope.kind == MemberKind.SLICE and answer.conversation is not None:
            record, description, original, part = self._slice_record(waiting, answer, custodian_id)
        elif waiting.envelope.kind == SET and answer.components:
            record, description, original = self._set_record(waiting, answer, custodian_id)
        else:
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
            return self.without_record(submission, Outcome.FAILED, reason, epoch)
        conclusion = Conclusion(
            submission_id=submission.id, outcome=Outcome.ARCHIVED, reason=None, custodian_id=custodian_id
        )
        may_hold = description.kind is RecordKind.EMAIL and any(one.may_hold for one in description.components)
        reading = priority_of(description)
        return Examined(conclusion=conclusion, record=prepared, part=part, may_hold=may_hold, reading=reading)

    def _custodian_of(self, description: Description, kind: str | None) -> str | None:
        """Whose mail it is where the channel could not tell: the forwarder's, if he is a custodian.

        Of a journal report it is the sender's of its envelope, else that of the first recipient who is a custodian.
        """
        if kind == JOURNAL:
            with self._archive.store.read() as connection:
                find = self._archive.custodians.find
                found = (find(connection, one) for one in addresses_of(description.asserted))
                return next((one for one in found if one is not None), None)
        sender = description.carrier.sender if description.carrier is not None else None
        if sender is None or sender.address is None:
            return None
        with self._archive.store.read() as connection:
            return self._archive.custodians.find(connection, sender.address)

    def _record(self, waiting: Waiting, read: Description, custodian_id: str) -> tuple[Record, Description, Component]:
        submission = waiting.submission
        original = Component(
            id=new_id(Prefix.COMPONENT),
            role=ComponentRole.ORIGINAL,
            media_type=_media_type(read, waiting.head),
            name=clean_name(waiting.envelope.envelope.source),
            size=submission.size,
            sha256=waiting.envelope.sha256,
            pictured=read.kind in _PICTURED and waits_to_be_read(read),
        )
        attachments = [replace(one, id=new_id(Prefix.COMPONENT)) for one in read.components]
        plausible = _captioned(_plausible(read, submission.received_at), waiting)
        description = replace(plausible, components=(original, *attachments))
        return self._facts(waiting, description, custodian_id, new_id(Prefix.RECORD)), description, original

    def _set_record(
        self, waiting: Waiting, read: Description, custodian_id: str
    ) -> tuple[Record, Description, Component]:
        """A record of pictures that were handed in together: each is an original of its own."""
        ready = tuple([replace(one, id=new_id(Prefix.COMPONENT)) for one in read.components])
        description = replace(_captioned(read, waiting), components=ready)
        return self._facts(waiting, description, custodian_id, new_id(Prefix.RECORD)), description, ready[0]

    def _slice_record(
        self, waiting: Waiting, read: Description, custodian_id: str
    ) -> tuple[Record, Description, Component, PartRow]:
        """A record of an export; what an earlier record of the same day has is left out of it."""
        way = dict(waiting.envelope.envelope.transport)
        if SELECTED in way:
            read = replace(read, asserted=(*read.asserted, _SELECTED.format(way[SELECTED])))
        container = way.get("container")
        record_id = new_id(Prefix.RECORD)
        if read.kind is RecordKind.PAGE:
            read = _plausible(read, waiting.submission.received_at)
            notes, part = self.pages.settle(read, custodian_id, record_id, container)
            read = replace(read, notes=(*read.notes, *notes))
        else:
            read, part = self.conversations.settle(read, custodian_id, record_id, container)
        ready = tuple([replace(one, id=new_id(Prefix.COMPONENT)) for one in read.components])
        description = replace(_plausible(read, waiting.submission.received_at), components=ready)
        record = self._facts(waiting, description, custodian_id, record_id)
        return record, description, ready[0], part

    def _facts(self, waiting: Waiting, description: Description, custodian_id: str, record_id: str) -> Record:
        """The record of a description, with the series that it belongs to."""
        submission = waiting.submission
        record = Record(
            id=record_id,
            kind=description.kind,
            submission_id=submission.id,
            custodian_id=custodian_id,
            channel=submission.channel,
            captured_at=submission.received_at,
            sent_at=description.sent_at,
            series_id=None,
            state=RecordState.ACTIVE,
            grade=grade_of(description),
            position=-1,
        )
        series_id = self._assigner.series_for(record, description)
        return record if series_id is None else replace(record, series_id=series_id)

    def without_record(self, submission: Submission, outcome: Outcome, reason: str, epoch: int) -> Examined:
        """An outcome with its reason, and the event that says so."""
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
        return Examined(conclusion=conclusion, event=event)


def _media_type(read: Description, head: bytes) -> str:
    """What the bytes of a record are: of a mail they may be a file of Outlook's, which is no message/rfc822."""
    found = detect(head)
    if found.kind is MediaKind.OLE and read.reader:
        return _OUTLOOK_TYPE  # a compound file that was read is a message: no other is
    if found.kind in (MediaKind.EML, MediaKind.SERIALISED, MediaKind.TNEF):
        return found.media_type
    return _MAIL_TYPE if read.kind is RecordKind.EMAIL else found.media_type


def _captioned(description: Description, waiting: Waiting) -> Description:
    """With what whoever handed in pictures says of them, which search finds and provenance names as said."""
    caption = caption_of(waiting.envelope.envelope) if description.kind in _PICTURED else None
    if caption is None:
        return description
    texts = [one for one in (description.text, caption_text(caption)) if one]
    return replace(description, text="\n".join(texts), asserted=(*description.asserted, *caption_lines(caption)))


def _plausible(description: Description, received_at: datetime) -> Description:
    """Leave out a moment that no clock may trust; what the message prints stays in its letterhead.

    Mail of before 1970 was not sent then (readpst writes the year 0002), and none was sent after it was received;
    a day is granted to wrong clocks.
    """
    sent_at = description.sent_at
    if sent_at is None or _OLDEST <= sent_at <= received_at + _TOLERANCE:
        return description
    return replace(description, sent_at=None, notes=(*description.notes, _IMPLAUSIBLE))


def clean_name(name: str | None) -> str | None:
    """A name as a channel gave it, made into text that UTF-8 can say, and not longer than a name is."""
    return None if name is None else name[:_LONGEST_NAME].encode("utf-8", "replace").decode()


def grade_of(description: Description) -> Grade:
    """The grade of the evidence for the original (design page, Provenance).

    A needs a DKIM signature on the original's own bytes, by the domain of its From address, that passed with a DNS
    answer on record; without it a native or attached message is B. What stands inside another mail's text is C,
    however well that mail itself is signed. A picture is D, of a screen and of paper alike.
    """
    if description.kind is RecordKind.SCREENSHOT or _is_picture(description):
        return Grade.D
    if description.forward.method is ForwardMethod.INLINE:
        return Grade.C
    if description.kind is RecordKind.EMAIL and passed_signature(description.authenticity) is not None:
        return Grade.A
    return Grade.B


def _is_picture(description: Description) -> bool:
    originals = (one for one in description.components if one.role is ComponentRole.ORIGINAL)
    return any(one.media_type.startswith("image/") for one in originals)
