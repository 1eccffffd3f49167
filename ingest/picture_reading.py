"""Pictures of records are read after the record is there: the queue is drained, each reading is added as a version.

Rule: bytes are opened here and decoded only in the confined child; whatever the child does (crash, lie, never answer)
ends in a version that says what is not read, and the record stays as it is. A child that read one custodian's pictures
never reads another's. A version and the record's leaving the queue are one transaction, so that a program that is
killed anywhere leaves a record that is read again, and never two versions of one reading.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

from ingest.captions import caption_of
from ingest.confinement import SandboxUnavailable
from ingest.picture_rounds import Interrupted, Rounds, RoundsLimits
from ingest.picture_text import text_of, unread_of
from storage.errors import ArchiveError, Conflict, Corrupt, NotFound, TemporarilyUnavailable
from storage.records import ComponentRole, RecordKind
from storage.transcription import TextSource, Transcription
from storage.transcriptions import ReadingPriority

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from ingest.picture_rounds import Reader
    from storage.archive import Archive
    from storage.records import Component, DescribedRecord, Description
    from storage.transcription import Caption
    from storage.transcriptions import AwaitingReading

MOST_ATTEMPTS: Final = 3
_GIVEN_UP: Final = "its pictures were not read: reading them ended the program again and again"
_UNOPENED: Final = "its bytes could not be opened; run: archiver verify"
_NOBODY: Final = "nobody"
_TOO_LONG: Final = "the places of single words were left out: there are too many"
_MUCH_TOO_LONG: Final = "the lines were left out, and their text is kept: there are too many"
_SAME_CUSTODIAN: Final = 100  # records read in a row before another custodian's turn comes


class ComponentBytes(Protocol):
    """Gives the bytes of a record's components."""

    def read(self, described: DescribedRecord, component: Component) -> bytes:
        """The bytes of a component, checked against their digest.

        Raises:
            ArchiveError: they cannot be had, or are not what was described.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingTaken:
    """A record that was read, or was found to need no reading; `number` is the version that was added, if any."""

    record_id: str
    number: int | None = None


def priority_of(description: Description) -> ReadingPriority | None:
    """How urgently the pictures of a record wait to be read; None where it has none."""
    pictured = [one for one in description.components if one.pictured]
    if not pictured:
        return None
    if description.kind is RecordKind.EMAIL:
        return ReadingPriority.MAIL
    if any(one.role is ComponentRole.ORIGINAL for one in pictured):
        return ReadingPriority.HANDED_IN
    return ReadingPriority.CONVERSATION


class PictureReader:
    """Reads the pictures of records that wait. One at a time works on an archive (`archiver.reading_turns`).

    Args:
        archive: the archive.
        sources: gives components' bytes.
        start: makes the reader of pictures, when it is first needed; it takes a while to load.
        actor: who reads, for the ledger.
        limits: what one record may cost.
        stop: asked between requests; True breaks off what is being read, which then waits on.
    """

    def __init__(
        self,
        archive: Archive,
        sources: ComponentBytes,
        start: Callable[[], Reader],
        *,
        actor: str,
        limits: RoundsLimits | None = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self._archive = archive
        self._sources = sources
        self._start = start
        self._actor = actor
        self._limits = limits or RoundsLimits()
        self._stop = stop
        self._reader: Reader | None = None
        self._last_custodian: str | None = None
        self._in_a_row = 0

    def close(self) -> None:
        """End the child; the next record starts another."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        self._last_custodian = None

    def read_waiting(self, *, up_to: ReadingPriority = ReadingPriority.CONVERSATION) -> ReadingTaken | None:
        """Read the record that comes next; None where none waits, or it was time to stop.

        Raises:
            TemporarilyUnavailable: the disk or the database is busy; the record waits on.
            SandboxUnavailable: no child can be started; the record waits on.
        """
        archive = self._archive
        with archive.store.read() as connection:
            mine = self._last_custodian if self._in_a_row < _SAME_CUSTODIAN else None
            waiting = archive.transcriptions.next_waiting(connection, up_to=up_to, custodian_id=mine)
        if waiting is None:
            return None
        try:
            return self._take(waiting)
        except Interrupted:
            return None
        except Corrupt:  # a check of everything names it; it must not hold up the others for ever
            if waiting.attempts < MOST_ATTEMPTS:
                raise
            return self._let_go(waiting.record_id)

    def read_again(self, record_id: str) -> ReadingTaken | None:
        """Read the pictures of one record now, whether it waits or not; None where it was time to stop.

        Raises:
            NotFound: there is no such record.
            Conflict: a person said what its pictures say, or it has none.
        """
        archive = self._archive
        with archive.store.read() as connection:
            archive.catalogue.get(connection, record_id)
            described = archive.catalogue.describe(connection, [record_id])
        if not described:
            raise NotFound(f"there is no record {record_id}; find its id with: archiver search", record=record_id)
        if not any(one.pictured for one in described[0].description.components):
            raise Conflict(f"record {record_id} has no pictures to be read", record=record_id)
        try:
            return self._write(self._read(described[0], self._reader_for(described[0].record.custodian_id)))
        except Interrupted:
            return None

    def _take(self, waiting: AwaitingReading) -> ReadingTaken:
        archive, record_id = self._archive, waiting.record_id
        described = self._described(record_id)
        with archive.store.read() as connection:
            versions = archive.transcriptions.versions(connection, record_id)
        pictured = described and any(one.pictured for one in described[0].description.components)
        if not pictured or (versions and versions[-1].source is TextSource.PERSON):
            return self._let_go(record_id)
        if waiting.attempts >= MOST_ATTEMPTS:
            given_up = self._version(record_id, _NOBODY)
            return self._write(replace(given_up, unsearchable=(_GIVEN_UP,)))
        reader = self._reader_for(described[0].record.custodian_id)  # which takes a while, and harms nobody
        with archive.store.write() as transaction:
            archive.transcriptions.count_attempt(transaction, record_id)
        try:
            return self._write(self._read(described[0], reader))
        except (NotFound, Conflict):  # destroyed, or corrected by a person, while it was read
            return self._let_go(record_id)
        except (Interrupted, TemporarilyUnavailable, SandboxUnavailable, KeyboardInterrupt):
            with archive.store.write() as transaction:
                archive.transcriptions.count_attempt(transaction, record_id, -1)
            raise

    def _described(self, record_id: str) -> list[DescribedRecord]:
        """The record, opened; none where it is damaged, which a check of everything names."""
        try:
            with self._archive.store.read() as connection:
                return self._archive.catalogue.describe(connection, [record_id])
        except Corrupt:
            return []

    def _let_go(self, record_id: str) -> ReadingTaken:
        with self._archive.store.write() as transaction:
            self._archive.transcriptions.unqueue(transaction, record_id)
        return ReadingTaken(record_id=record_id)

    def _version(self, record_id: str, author: str) -> Transcription:
        """The next version of a record, with nothing in it."""
        archive = self._archive
        with archive.store.read() as connection:
            versions = archive.transcriptions.versions(connection, record_id)
            caption = self._caption(connection, record_id)
        number = versions[-1].number + 1 if versions else 1
        return Transcription(
            record_id=record_id,
            number=number,
            made_at=archive.store.clock(),
            source=TextSource.ENGINE,
            author=author,
            caption=caption,
        )

    def _caption(self, connection: Connection, record_id: str) -> Caption | None:
        """That of the newest version; of the first, what the pictures were handed in with."""
        archive = self._archive
        newest = archive.transcriptions.latest(connection, [record_id]).get(record_id)
        if newest is not None:
            return newest.transcription.caption
        submission_id = archive.catalogue.get(connection, record_id).submission_id
        about = archive.submissions.envelopes(connection, [submission_id]).get(submission_id)
        return None if about is None else caption_of(about.envelope)

    def _read(self, described: DescribedRecord, reader: Reader) -> Transcription:
        """Everything that the pictures of a record say."""
        pictured = [one for one in described.description.components if one.pictured]
        record = described.record
        rounds = Rounds(reader, self._limits, self._stop, received_at=record.captured_at)
        numbers = {one.id: number for number, one in enumerate(pictured, start=1)}
        for component in pictured:
            refusal = self._limits.refusal(component.size)
            if refusal is None:
                try:
                    rounds.add(numbers[component.id], component, self._sources.read(described, component))
                except TemporarilyUnavailable:
                    raise
                except ArchiveError:
                    refusal = _UNOPENED
            if refusal is not None:
                rounds.refuse(numbers[component.id], refusal)
        found = rounds.finish()
        text, cut = text_of(found.pages, found.transcript)
        return replace(
            self._version(record.id, found.author or _NOBODY),
            pages=found.pages,
            pictures=found.pictures,
            transcript=found.transcript,
            text=text,
            unsearchable=(*found.problems, *unread_of(found.pages, numbers), *cut),
            notes=found.notes,
        )

    def _reader_for(self, custodian_id: str) -> Reader:
        if self._reader is None:
            self._reader = self._start()
        elif custodian_id != self._last_custodian:
            self._reader.renew()
        self._reader.warm_up()
        self._in_a_row = self._in_a_row + 1 if custodian_id == self._last_custodian else 0
        self._last_custodian = custodian_id
        return self._reader

    def _write(self, transcription: Transcription) -> ReadingTaken:
        archive = self._archive
        with archive.store.read() as connection:
            key = archive.transcriptions.key_of(connection, transcription.record_id)
        epoch = archive.store.current_epoch()
        for fitting in _fitting(transcription):
            try:
                prepared = archive.transcriptions.prepare(fitting, key=key, epoch=epoch, actor=self._actor)
            except ValueError:
                continue
            with archive.store.write() as transaction:
                archive.transcriptions.add(transaction, prepared)
            return ReadingTaken(record_id=transcription.record_id, number=transcription.number)
        msg = "a version without pages breaks a bound"
        raise AssertionError(msg)


def _fitting(one: Transcription) -> Sequence[Transcription]:
    """A version, and what is left of it where it breaks the bounds of its encoding."""
    pages = tuple(replace(page, lines=tuple([replace(line, words=()) for line in page.lines])) for page in one.pages)
    bare = replace(one, pages=pages, notes=(*one.notes, _TOO_LONG))
    barest = replace(one, pages=(), pictures=(), transcript=None, notes=(_MUCH_TOO_LONG,))
    nothing = replace(barest, text="", unsearchable=("its pictures: what was read is not acceptable",))
    return one, bare, barest, nothing
