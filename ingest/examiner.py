"""Examination: a submission that is durable becomes records, or an outcome with a reason.

Rule: bytes are opened here and read only in the sandboxed child (slices without files are no more than its answers,
see `bare_slices`); whatever the child does (crash, lie, never answer) ends in an outcome, the submission stays, and the
rest of the batch goes on. A custodian's submissions are never read by a child that read another's.

While a batch is concluded and written, the reader works on the next one already, if that is a full one of the same
custodian. Nothing of it is written before its turn: where anything fails in between, it waits as before.

What is larger than the reader may take is kept as a record of kind document that says so and that no search
finds by its text; its content is not even opened, but for the first bytes that tell what it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Protocol

from ingest.authenticity_rounds import complete
from ingest.bare_slices import is_bare, read_bare
from ingest.concluding import Concluder, Waiting, clean_name
from ingest.containers import Containers, ContainerState, container_kind_of
from ingest.envelopes import arrival_of
from ingest.formats.chats.slices import FOOTER_BYTES, HEADER_BYTES, front_length, index_length, read_index
from ingest.formats.container import MemberKind
from ingest.formats.container_kinds import ContainerKind
from ingest.formats.detect import HEAD_BYTES, is_output
from ingest.picture_sets import SET, set_reading
from ingest.sandbox import document_reading, email_reading, journal_reading, serialised_reading, slice_reading
from ingest.submission import JOURNAL
from storage.errors import ArchiveError, TemporarilyUnavailable
from storage.records import Channel, Description, Outcome, RecordKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from ingest.concluding import SeriesAssigner
    from ingest.dns_asking import Asker
    from ingest.reading_codec import ReadingAnswer, ReadingRequest
    from storage.archive import Archive
    from storage.contents import SubmissionContent
    from storage.records import Submission
    from storage.submissions import SealedEnvelope

BATCH = 256
EMAIL = "email"
DOCUMENT = "document"
LARGEST_READ = 64 << 20
_LARGEST_BATCH = 64 << 20  # bytes opened at a time, so that memory does not follow the size of what is sent
_SMALL_SLICE = 64 << 10  # bytes; to open four chunks costs less than to look where files begin
_LARGEST_AHEAD = 16 << 20  # the same for a batch that is opened beside another
_DAMAGED = "the stored bytes could not be opened; run: archiver verify"
_MAIL_CHANNELS = frozenset({Channel.SMTP, Channel.LMTP, Channel.IMAP})

_Row = tuple["Submission", str]  # with the id of its object


class Reader(Protocol):
    """Reads hostile bytes elsewhere; `ingest.sandbox.SandboxedReader` in the product."""

    def read_many(self, requests: Sequence[ReadingRequest]) -> list[ReadingAnswer]:
        """One answer a request, in order; never raises for what a request holds."""
        ...

    def begin(self, requests: Sequence[ReadingRequest]) -> None:
        """Go to work on what `read_many` is asked next, without waiting for answers."""
        ...

    def renew(self) -> None:
        """Throw the present child away."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """Submissions that are examined together: those that were opened, those that are damaged, and the containers."""

    ids: frozenset[str]
    opened: list[Waiting] = field(default_factory=list)
    damaged: list[Submission] = field(default_factory=list)
    containers: dict[str, ContainerKind] = field(default_factory=dict)


class Examiner:
    """Examines what waits. One examiner at a time works on an archive (`archiver/services.py` holds the lock)."""

    def __init__(
        self,
        archive: Archive,
        reader: Reader,
        assigner: SeriesAssigner,
        *,
        actor: str,
        asker: Asker | None = None,
        batch: int = BATCH,
        largest: int = LARGEST_READ,
    ) -> None:
        self._archive = archive
        self._reader = reader
        self._asker = asker  # asks the DNS; without one nothing is asked, and that is recorded
        self._concluder = Concluder(archive, assigner, actor=actor)
        self._batch = batch
        self._largest = largest  # bytes of a submission above which it is kept without being read
        self._last_custodian: str | None = None
        self._containers = Containers(archive, actor=actor)
        self._conversations = self._concluder.conversations
        self._ahead: tuple[_Batch, list[ReadingRequest]] | None = None  # the reader has begun with these requests

    def examine_waiting(self) -> int:
        """Examine one batch of what waits, oldest first; returns how many, 0 if nothing waits."""
        begun, self._ahead = self._ahead, None
        batch = self._next_batch() if begun is None else begun[0]
        if batch is None:
            return 0
        try:
            return self._examine(batch, None if begun is None else begun[1])
        except BaseException:
            self._ahead = None  # this batch comes first again
            raise

    def _examine(self, batch: _Batch, begun: list[ReadingRequest] | None) -> int:
        archive = self._archive
        epoch = archive.store.current_epoch()
        self._conversations.begin()
        self._concluder.pages.begin()
        examined = [self._concluder.without_record(one, Outcome.FAILED, _DAMAGED, epoch) for one in batch.damaged]
        custodians = list(dict.fromkeys(one.submission.custodian_id for one in batch.opened))
        for custodian_id in custodians:
            group = [one for one in batch.opened if one.submission.custodian_id == custodian_id]
            if custodian_id is None or custodian_id != self._last_custodian:
                self._reader.renew()
            self._last_custodian = custodian_id
            requests = begun if begun is not None else _requests(group)
            answers = iter(self._read(requests))
            if custodian_id is not None and custodian_id == custodians[-1]:
                self._look_ahead(batch)
            for waiting in group:
                answer = self._answer_of(waiting.request, answers)
                examined.append(self._concluder.conclude(waiting, answer, epoch))
        with archive.store.write() as transaction:
            archive.catalogue.add(transaction, [one.record for one in examined if one.record is not None])
            self._conversations.write(transaction, [one.part for one in examined if one.part is not None])
            queued = [
                (one.record.record.id, one.reading)
                for one in examined
                if one.record is not None and one.reading is not None
            ]
            archive.transcriptions.queue(transaction, queued)
            for one in examined:
                if one.event is not None:
                    transaction.append_prepared(one.event)
            archive.submissions.conclude(transaction, [one.conclusion for one in examined])
            carriers = {one.conclusion.submission_id: ContainerKind.MAIL for one in examined if one.may_hold}
            for container_id, kind in (batch.containers | carriers).items():
                self._containers.admit(transaction, container_id, kind)
        return len(examined) + len(batch.containers)

    def _look_ahead(self, present: _Batch) -> None:
        """Open the batch behind the present one and let the reader begin with it."""
        try:
            ahead = self._next_batch(behind=present.ids)
        except ArchiveError:
            return  # told when its turn comes
        if ahead is not None:
            requests = _requests(ahead.opened)
            self._ahead = ahead, requests
            self._reader.begin(requests)

    def _next_batch(self, *, behind: frozenset[str] = frozenset()) -> _Batch | None:
        """What waits, oldest first, opened; None where nothing does.

        Args:
            behind: these are examined at present, and what is not worth opening beside them is left.
        """
        archive = self._archive
        with archive.store.read() as connection:
            waiting = archive.submissions.awaiting(connection, limit=self._batch + len(behind))
            ids = [one for one in waiting if one not in behind]
            if not ids or (behind and len(ids) < self._batch):  # what comes singly is left to gather
                return None
            rows = archive.submissions.get_many(connection, ids)
        so_far = list(accumulate(self._opened_bytes(one.size) for one, _ in rows))
        if behind and (so_far[-1] > _LARGEST_AHEAD or {one.custodian_id for one, _ in rows} != {self._last_custodian}):
            return None
        rows = [one for number, one in enumerate(rows) if number == 0 or so_far[number] <= _LARGEST_BATCH]
        batch = _Batch(ids=frozenset(one.id for one, _ in rows))
        self._open_all(rows, batch)
        return batch

    def _read(self, requests: list[ReadingRequest]) -> list[ReadingAnswer]:
        read = self._reader.read_many(requests)
        return complete(self._reader, self._asker, requests, read, self._archive.store.clock())

    def _answer_of(self, request: ReadingRequest | None, answers: Iterator[ReadingAnswer]) -> ReadingAnswer:
        if request is None:
            return self._too_large()
        return read_bare(request) if is_bare(request) else next(answers)

    def _opened_bytes(self, size: int) -> int:
        return size if size <= self._largest else HEAD_BYTES

    def _open_all(self, rows: Sequence[_Row], batch: _Batch) -> None:
        """Open a batch; where one of it is damaged, each alone, so that only that one fails."""
        try:
            batch.opened.extend(self._open(rows, batch))
        except TemporarilyUnavailable:
            raise  # says nothing about the bytes: all of the batch goes on waiting
        except (ArchiveError, KeyError, ValueError):
            pass
        else:
            return
        for one in rows:
            try:
                batch.opened.extend(self._open([one], batch))
            except TemporarilyUnavailable:
                raise
            except (ArchiveError, KeyError, ValueError):
                batch.damaged.append(one[0])

    def _open(self, rows: Sequence[_Row], batch: _Batch) -> list[Waiting]:
        archive = self._archive
        opened: list[Waiting] = []
        ids = [submission.id for submission, _ in rows]
        with archive.store.read() as connection:
            keys = archive.store.holder_keys(connection, ids)
            envelopes = archive.submissions.envelopes(connection, ids, keys)
            plain = self._plain(connection, envelopes)
        for submission, blob_id in rows:
            content = archive.submissions.content_of(keys[submission.id], blob_id, submission.size)
            about = envelopes[submission.id]
            container = container_kind_of(about.kind)
            if submission.id in plain:
                about, container = replace(about, kind=plain[submission.id]), None
            if container is not None:  # it is unpacked elsewhere, and its members come here one by one
                batch.containers[submission.id] = container
                continue
            head, request = self._request(content, about, submission)
            opened.append(
                Waiting(
                    submission=submission,
                    envelope=about,
                    key=keys[submission.id],
                    blob_id=blob_id,
                    head=head,
                    request=request,
                    unrecognised=about.kind == MemberKind.UNRECOGNISED or (submission.id in plain and is_output(head)),
                )
            )
        return opened

    def _plain(self, connection: Connection, envelopes: Mapping[str, SealedEnvelope]) -> dict[str, str]:
        """Those that came as containers and turned out to be one file, and what to read them as."""
        ids = [one for one, about in envelopes.items() if container_kind_of(about.kind) is not None]
        known = self._containers.among(connection, ids) if ids else {}
        return {one.id: DOCUMENT for one in known.values() if one.state is ContainerState.NONE}

    def _request(
        self, content: SubmissionContent, about: SealedEnvelope, submission: Submission
    ) -> tuple[bytes, ReadingRequest | None]:
        if about.kind == MemberKind.SLICE:
            return b"", self._slice_request(content, submission.size)
        if about.kind == SET:
            return b"", set_reading(content, about.envelope, largest=self._largest)
        if submission.size > self._largest:
            with content.ranges() as ranges:
                return ranges.read(0, HEAD_BYTES), None
        whole = content.read()
        kind = about.kind or (EMAIL if submission.channel in _MAIL_CHANNELS else DOCUMENT)
        if kind == MemberKind.SERIALISED_EMAIL:
            return whole[:HEAD_BYTES], serialised_reading(whole)
        if kind not in (EMAIL, JOURNAL):
            return whole[:HEAD_BYTES], document_reading(whole, clean_name(about.envelope.source) or "")
        arrival = arrival_of(submission, about.envelope).options()
        reading = journal_reading(whole, arrival) if kind == JOURNAL else email_reading(whole, arrival)
        return whole[:HEAD_BYTES], reading

    def _slice_request(self, content: SubmissionContent, size: int) -> ReadingRequest | None:
        """A slice without its files where these hold no text, or are large; else all of it."""
        if size <= _SMALL_SLICE:
            return slice_reading(content.read(), size)
        with content.ranges() as ranges:
            try:
                front = front_length(ranges.read(0, HEADER_BYTES))
                back = index_length(ranges.read(size - FOOTER_BYTES, FOOTER_BYTES))
                if front + back > min(size, self._largest):
                    return None if size > self._largest else slice_reading(content.read(), size)
                index = ranges.read(size - back, back)
                wordless = all(one.is_wordless for one in read_index(index[:-FOOTER_BYTES]))
            except ValueError:  # whoever wrote it parsed hostile bytes: the reader refuses it in its turn
                return slice_reading(b"", size)
            if wordless or size > self._largest:
                return slice_reading(ranges.read(0, front) + index, size)
        return slice_reading(content.read(), size)

    def _too_large(self) -> Description:
        unread = f"the document: not read: larger than {self._largest >> 20} MB"
        return Description(kind=RecordKind.DOCUMENT, unsearchable=(unread,))


def _requests(group: Sequence[Waiting]) -> list[ReadingRequest]:
    return [one.request for one in group if one.request is not None and not is_bare(one.request)]
