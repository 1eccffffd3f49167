"""Reading records: opened for somebody who may, with an event for it; their components' bytes.

Rule: who may see what is asked before anything is opened, and a record that may not be seen is answered like
one that does not exist.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from archiver.access import Act, Principal, authorize
from archiver.container_view import taken_out_of
from archiver.conversation_view import with_parts, with_standing
from archiver.destroyed_view import destroyed_document, is_destroyed
from archiver.evidence_view import with_evidence
from archiver.participants import people_of
from archiver.record_view import record_document
from archiver.seeing import classes_of, hidden_records, no_such_record, refuse_unseen
from archiver.transcription_view import readings_of
from ingest.conversations import part_row, parts_of
from ingest.formats.chats.slices import range_of
from ingest.formats.serialised_message import MEDIA_TYPE as SERIALISED
from ingest.reading_codec import ReadingFailed
from ingest.sandbox import part_reading
from ingest.submission import STREAMED_FROM
from ingest.superseding import superseded_by, supersedes
from retention.assigning import history_of
from retention.hold_standing import HoldStanding
from search.evidence import evidence_of, shown_by
from storage.destructions import destruction_of, read_batch
from storage.errors import Corrupt
from storage.events import EventKind
from storage.records import ComponentRole, RecordState
from storage.transcribed import transcribed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from archiver.wiring import Installation
    from ingest.sandbox import SandboxedReader
    from storage.archive import Archive
    from storage.records import Component, DescribedRecord, Record

_LONGEST_NAME = 120
_PIECE = 1 << 18
_CATCH_UP_SECONDS = 1.0
_SUFFIXES = {
    "text/plain": ".txt",
    "text/html": ".html",
    "text/csv": ".csv",
    "application/json": ".json",
    "application/xml": ".xml",
    "message/rfc822": ".eml",
    "application/vnd.ms-outlook": ".msg",
    "application/ms-tnef": ".tnef",
    "application/pdf": ".pdf",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/heic": ".heic",
    "image/heif": ".heif",
    "image/avif": ".avif",
    "image/gif": ".gif",
    "image/tiff": ".tif",
    "image/bmp": ".bmp",
}


def open_record(
    installation: Installation, principal: Principal, record_id: str, *, boxes: bool = False
) -> tuple[DescribedRecord, dict[str, Any]]:
    """A record and its `record show` document. Whoever shows or hands it out writes the event for it.

    With `boxes` the document has every line that was read in pictures, with its place.

    Raises:
        NotFound: no such record, or not for this principal.
        Conflict: the record was destroyed.
    """
    archive = installation.archive
    with archive.store.read() as connection:
        record = _seen(archive, connection, principal, record_id)
        if record.state is not RecordState.ACTIVE:
            raise is_destroyed(record)
        described = archive.catalogue.describe(connection, [record_id])
        if not described:
            raise no_such_record(record_id)
        envelope = archive.submissions.envelopes(connection, [record.submission_id])[record.submission_id]
        size = archive.submissions.get(connection, record.submission_id).size
        decision = installation.retention.decide(connection, record, installation.retention.today())
        holds = HoldStanding().on(connection, [record_id]).get(record_id, ())
        membership = taken_out_of(connection, record.submission_id)
        row = part_row(connection, record_id)
        hidden = hidden_records(connection, principal) if row is not None else frozenset()
        others = [one for one in parts_of(connection, record_id) if one not in hidden] if row is not None else []
        parts = archive.catalogue.describe(connection, others)
        classes = classes_of(connection, record)
        standing = superseded_by(connection, record_id), supersedes(connection, record_id)
        people = people_of(archive, connection, [described[0], *parts])
        readings = readings_of(installation, connection, record_id, described[0].description)
        read = archive.transcriptions.latest(connection, [one.record.id for one in parts])
        links = evidence_of(connection, record_id), shown_by(connection, record_id)
    document = record_document(
        described[0],
        envelope,
        size=size,
        decision=decision,
        holds=holds,
        membership=membership,
        readings=readings,
        boxes=boxes,
    )
    parts = [
        replace(one, description=transcribed(one.description, read[one.record.id].transcription))
        if one.record.id in read
        else one
        for one in parts
    ]
    if row is not None:
        document = with_parts(document, parts, row.root_id if row.is_part else None)
        document = with_standing(document, *standing)
    if document["conversation"] is not None:
        document["conversation"]["people"] = people
    document["restricted"] = sorted(classes)
    return described[0], with_evidence(document, *links)


def open_described(installation: Installation, principal: Principal, record_id: str) -> DescribedRecord:
    """A record opened, for who acts on it. Whoever does writes the event for it.

    Raises:
        NotFound: no such record, or not for this principal.
        Conflict: the record was destroyed.
    """
    archive = installation.archive
    with archive.store.read() as connection:
        record = _seen(archive, connection, principal, record_id)
        if record.state is not RecordState.ACTIVE:
            raise is_destroyed(record)
        described = archive.catalogue.describe(connection, [record_id])
    if not described:
        raise no_such_record(record_id)
    return described[0]


def _seen(archive: Archive, connection: Connection, principal: Principal, record_id: str) -> Record:
    """The facts of a record that this principal may see."""
    record = archive.catalogue.get(connection, record_id)
    refuse_unseen(connection, principal, record)
    return record


def show_record(
    installation: Installation, principal: Principal, record_id: str, *, boxes: bool = False
) -> dict[str, Any]:
    """The `record show` document, of a destroyed record what is left of it; the view is an event.

    With `boxes` it has every line that was read in pictures, with its place.

    Raises:
        NotFound: no such record, or not for this principal.
        Denied: this role may not read records.
    """
    authorize(principal, Act.READ_RECORD)
    archive = installation.archive
    installation.matcher().catch_up(_CATCH_UP_SECONDS)
    with archive.store.read() as connection:
        record = _seen(archive, connection, principal, record_id)
        gone = record.state is not RecordState.ACTIVE
        document = destroyed_document(archive, connection, record) if gone else {}
        # why somebody put it there is told to who decides, and goes into no export
        told = (
            []
            if gone or principal.sees_only is not None
            else history_of(connection, archive.ledger, record_id, installation.library)
        )
    if not gone:
        document = open_record(installation, principal, record_id, boxes=boxes)[1] | {"assignments": told}
    with installation.archive.store.write() as transaction:
        transaction.append(EventKind.RECORD_VIEWED, actor=principal.actor, subjects=(record_id,))
    return document


class ComponentSource:
    """Gives components' bytes for as many records as one likes, with one sandboxed reader for what is inside mails.

    The reader starts when it is first needed, and afresh between custodians. Use it as a context.
    """

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._reader: SandboxedReader | None = None
        self._last_custodian: str | None = None
        self._opened: tuple[str, bytes] = ("", b"")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the reader and forget what was opened; the next component starts another."""
        if self._reader is not None:
            self._reader.close()
        self._reader, self._opened = None, ("", b"")

    def read(self, described: DescribedRecord, component: Component) -> bytes:
        """The bytes of a component, checked against their digest.

        Raises:
            Corrupt: they are not what was described.
        """
        place = range_of(component.path)
        content = b"" if place is not None else self._original(described.record.submission_id)
        if place is not None:
            content = b"".join(self._pieces_at(described.record.submission_id, place))
        elif component.path:
            answer = self._reader_for(described.record.custodian_id).read(part_reading(content, component.path))
            if isinstance(answer, ReadingFailed) or not isinstance(answer, bytes):
                raise Corrupt("the attachment could not be taken out of its mail", component=component.id)
            content = answer
        if hashlib.sha256(content).hexdigest() != component.sha256:
            raise Corrupt("a component is not what was described", component=component.id)
        return content

    def pieces(self, described: DescribedRecord, component: Component) -> Iterator[bytes]:
        """The same in pieces, the last of which comes only when all of it was checked; for components of any size.

        Raises:
            Corrupt: they are not what was described.
        """
        if not _is_streamed(component):
            yield self.read(described, component)
            return
        place = range_of(component.path)
        submission_id = described.record.submission_id
        pieces = self._all_pieces(submission_id) if place is None else self._pieces_at(submission_id, place)
        digest, held = hashlib.sha256(), b""
        for piece in pieces:
            digest.update(piece)
            if held:
                yield held
            held = piece
        if digest.hexdigest() != component.sha256:
            raise Corrupt("a component is not what was described", component=component.id)
        yield held

    def _all_pieces(self, submission_id: str) -> Iterator[bytes]:
        archive = self._installation.archive
        with archive.store.read() as connection:
            content = archive.submissions.locate(connection, submission_id)
        return content.pieces()

    def _pieces_at(self, submission_id: str, place: tuple[int, int]) -> Iterator[bytes]:
        """The bytes at a place of the submission, for a component that stands there as it is."""
        archive = self._installation.archive
        with archive.store.read() as connection:
            content = archive.submissions.locate(connection, submission_id)
        at, end = place[0], sum(place)
        with content.ranges() as ranges:
            while at < end:
                piece = ranges.read(at, min(_PIECE, end - at))
                if not piece:
                    raise Corrupt("a component lies beyond the end of what was handed in")
                at += len(piece)
                yield piece

    def _original(self, submission_id: str) -> bytes:
        """The submission's bytes; the last one is kept, for a record's components mostly lie in it."""
        if self._opened[0] != submission_id:
            archive = self._installation.archive
            with archive.store.read() as connection:
                self._opened = (submission_id, archive.submissions.content(connection, submission_id))
        return self._opened[1]

    def _reader_for(self, custodian_id: str) -> SandboxedReader:
        if self._reader is None:
            self._reader = self._installation.reader()
        elif custodian_id != self._last_custodian:
            self._reader.renew()
        self._last_custodian = custodian_id
        return self._reader


def component_pieces(installation: Installation, described: DescribedRecord, component: Component) -> Iterator[bytes]:
    """The bytes of one component in pieces; see `ComponentSource.pieces`."""
    if _is_streamed(component):
        yield from ComponentSource(installation).pieces(described, component)
        return
    with ComponentSource(installation) as source:  # a reader must not wait for whoever takes the bytes
        content = source.read(described, component)
    yield content


def _is_streamed(component: Component) -> bool:
    """What lies inside a mail is taken out whole by the reader, whose limits bound it."""
    return (not component.path or range_of(component.path) is not None) and component.size >= STREAMED_FROM


def file_name(component: Component, number: int) -> str:
    """A harmless name for an exported component: its number, then what is left of the name it came with."""
    given = (component.name or "").replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(one if one.isalnum() or one in "._- " else "_" for one in given).strip(" .")[-_LONGEST_NAME:]
    if component.role is ComponentRole.ORIGINAL and component.media_type == SERIALISED:
        return f"{number:03d}-serialised-message.json"  # an unpacker wrote it, so it is nobody's original
    if component.role is ComponentRole.ORIGINAL:
        suffix = _SUFFIXES.get(component.media_type, ".bin")
        return f"{number:03d}-original{suffix}"
    return f"{number:03d}-{kept or 'attachment'}"


def custody(installation: Installation, principal: Principal, record_id: str) -> list[dict[str, Any]]:
    """Every event of a record, its submission and its destruction, in order.

    Where it was taken out of a container, also that container's deposit, and the leaf that names the member; these two
    say its id as `container`.
    """
    authorize(principal, Act.READ_RECORD)
    archive = installation.archive
    with archive.store.read() as connection:
        record = _seen(archive, connection, principal, record_id)
        events = archive.ledger.events_about(connection, [record_id, record.submission_id])
        gone = destruction_of(connection, record_id)
        if gone is not None:
            batch = read_batch(connection, gone.batch_id)
            of_batch = {batch.position, batch.confirmed_position} - {None}
            events += [archive.ledger.event_at(connection, one) for one in of_batch if one is not None]
        inside = taken_out_of(connection, record.submission_id)
        of_container: set[int] = set()
        if inside is not None:
            of_container = {archive.submissions.get(connection, inside.container).position, inside.position}
            whole = destruction_of(connection, inside.container)
            of_container |= set() if whole is None else {whole.position}
            events += [archive.ledger.event_at(connection, one) for one in of_container]
    events.sort(key=lambda one: one.position)
    return [
        {
            "position": one.position,
            "at": one.event.at.isoformat(),
            "kind": one.event.kind.value,
            "actor": one.event.actor,
            "container": None if inside is None or one.position not in of_container else inside.container,
        }
        for one in events
    ]
