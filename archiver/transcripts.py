"""What people do with what was read in pictures: look at its versions, correct it, confirm it, and give a caption.

Rule: a correction is a version with its author, and changes none before it; the event for it holds no content. Whoever
corrects says which version he saw, and where another came meanwhile nothing is written. Who may see a record may look;
an employee corrects those of his own records, an officer all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from archiver.access import Act, authorize
from archiver.reading import open_described
from archiver.transcript_changes import difference_line, differences, refuse_same
from archiver.transcription_view import Readings, transcription_document
from storage.errors import Conflict, InvalidInput, NotFound
from storage.events import EventKind
from storage.transcription import TextSource, Transcript, Transcription

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from archiver.access import Principal
    from archiver.wiring import Installation

_MOST_VERSIONS: Final = 1_000
_MOST_OPENED: Final = 100


def show_transcript(
    installation: Installation,
    who: Principal,
    record_id: str,
    version: int | None = None,
    *,
    boxes: bool = False,
) -> dict[str, Any]:
    """One version, the newest by default, and every version with its author, time and what changed; it is an event.

    With `boxes` each page has its lines with their places.

    Raises:
        NotFound: no such record for this principal, or no such version.
        Conflict: the record was destroyed, or nothing was read in it yet.
        Denied: this role may not read records.
    """
    authorize(who, Act.READ_RECORD)
    open_described(installation, who, record_id)
    archive = installation.archive
    with archive.store.read() as connection:
        one = _version(installation, connection, record_id, version)
        lines = archive.transcriptions.versions(connection, record_id)
        opened = [archive.transcriptions.version(connection, record_id, each.number) for each in lines[-_MOST_OPENED:]]
    first = len(lines) - len(opened)
    before: Transcription | None = None
    listed = []
    for place, each in enumerate(opened):
        changes = differences(before, each)
        listed.append(
            {
                "version": each.number,
                "source": each.source.value,
                "author": each.author,
                "made_at": each.made_at.isoformat(),
                "position": lines[first + place].position,
                "changes": changes,
                "said": _said(each, before, [difference_line(change) for change in changes]),
            }
        )
        before = each
    with archive.store.write() as transaction:
        transaction.append(EventKind.RECORD_VIEWED, actor=who.actor, subjects=(record_id,))
    document = transcription_document(Readings(newest=one, versions=lines), boxes=boxes)
    assert document is not None
    return {"record": record_id, "newest": lines[-1].number, **document, "versions": listed}


def open_version(
    installation: Installation, who: Principal, record_id: str, version: int | None = None
) -> Transcription:
    """One version, the newest by default, for who acts on it.

    Raises:
        NotFound, Conflict: as `show_transcript`.
    """
    open_described(installation, who, record_id)
    with installation.archive.store.read() as connection:
        return _version(installation, connection, record_id, version)


def add_version(
    installation: Installation,
    who: Principal,
    record_id: str,
    change: Callable[[Transcription], Transcription],
    *,
    seen: int | None = None,
    confirms: bool = False,
) -> Transcription:
    """Add the version that a change makes of the newest one.

    Args:
        installation: the archive.
        who: its author.
        record_id: the record.
        change: makes the next version; who says it and when is filled in here.
        seen: the version that the author saw; None for whichever is the newest.
        confirms: whether a version that says the same may be added.

    Raises:
        NotFound: no such record for this principal.
        Conflict: it is not the newest version any more, nothing changed, or nothing was read in the record yet.
        InvalidInput: the change cannot be made, or the version would be too large to keep.
        Denied: this role may not.
    """
    authorize(who, Act.CORRECT)
    archive = installation.archive
    before = open_version(installation, who, record_id)
    if seen is not None and seen != before.number:
        raise Conflict(
            f"version {seen} is not the newest any more, {before.number} is; look at it and correct that one",
            record=record_id,
            newest=before.number,
        )
    if before.number >= _MOST_VERSIONS:
        raise Conflict(f"record {record_id} has {before.number:,} versions and takes no more", record=record_id)
    after = change(before)
    if not confirms:
        refuse_same(before, after)
    after = replace(
        after,
        number=before.number + 1,
        made_at=archive.store.clock(),
        source=TextSource.PERSON,
        author=who.name,
        transcript=after.transcript if after.transcript is None else _unlinked(after.transcript),
    )
    with archive.store.read() as connection:
        key = archive.transcriptions.key_of(connection, record_id)
    try:
        prepared = archive.transcriptions.prepare(after, key=key, epoch=archive.store.current_epoch(), actor=who.actor)
    except ValueError as error:
        raise InvalidInput("this is more than a transcript can hold; shorten it", record=record_id) from error
    with archive.store.write() as transaction:
        archive.transcriptions.add(transaction, prepared)
    return after


def _unlinked(transcript: Transcript) -> Transcript:
    """What a message matches is found anew for each version and never a part of it."""
    return replace(transcript, messages=tuple([replace(one, matched=None) for one in transcript.messages]))


def _version(installation: Installation, connection: Connection, record_id: str, version: int | None) -> Transcription:
    transcriptions = installation.archive.transcriptions
    if version is not None:
        return transcriptions.version(connection, record_id, version)
    found = transcriptions.latest(connection, [record_id]).get(record_id)
    if found is not None:
        return found.transcription
    if transcriptions.is_waiting(connection, [record_id]):
        raise Conflict(
            f"the pictures of record {record_id} wait to be read; have them read now with: archiver picture read",
            record=record_id,
        )
    raise NotFound(f"record {record_id} has no pictures in which something was read", record=record_id)


def _said(one: Transcription, before: Transcription | None, lines: list[str]) -> list[str]:
    """What a version is, in words."""
    if before is None:
        return []
    if lines:
        return lines
    return ["read again, with the same result" if one.source is TextSource.ENGINE else "confirmed as it was"]
