"""Records with pictures for tests of their reading: each picture is a script for `tests.ingest.planted_pictures`."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ingest.picture_reading import PictureReader, priority_of
from ingest.picture_rounds import RoundsLimits
from ingest.sandbox import SandboxedReader
from ingest.sandbox_process import Limits
from storage.errors import Corrupt
from storage.identifiers import Prefix, new_id
from storage.records import (
    Channel,
    Component,
    ComponentRole,
    Description,
    Envelope,
    Grade,
    Outcome,
    Record,
    RecordKind,
    RecordState,
)
from storage.submissions import Conclusion
from storage.transcription import NOT_READ_YET
from tests.storage.archives import ACTOR, NOON

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage.archive import Archive
    from storage.records import DescribedRecord
    from storage.transcription import Transcription

PLANTED = "tests.ingest.planted_pictures"
PAGED = "application/pdf"
PICTURE = "image/png"


@dataclass
class Sources:
    """The bytes of components by their id; opening one can be made to fail, and is counted."""

    contents: dict[str, bytes] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    opened: list[str] = field(default_factory=list)

    def read(self, _described: DescribedRecord, component: Component) -> bytes:
        self.opened.append(component.id)
        if component.id in self.broken:
            raise Corrupt("planted")
        return self.contents[component.id]


def picture(sources: Sources, *pages: Any, media_type: str = PICTURE, role=ComponentRole.ORIGINAL) -> Component:
    """A component whose pages are scripts."""
    content = json.dumps(pages).encode()
    component = Component(
        id=new_id(Prefix.COMPONENT),
        role=role,
        media_type=media_type,
        name=None,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        pictured=True,
    )
    sources.contents[component.id] = content
    return component


def file_pictures(
    archive: Archive, custodian_id: str, *components: Component, kind: RecordKind = RecordKind.SCREENSHOT
) -> str:
    """A record with these components that waits to be read; its id."""
    epoch = archive.store.current_epoch()
    prepared = archive.submissions.prepare(
        channel=Channel.CLI,
        account="cli",
        custodian_id=custodian_id,
        envelope=Envelope(source="one.png"),
        kind=None,
        payload=new_id(Prefix.EVENT).encode(),
        epoch=epoch,
        received_at=NOON,
        actor=ACTOR,
    )
    archive.blobs.write([prepared.sealed])
    with archive.store.write() as transaction:
        (submission,) = archive.submissions.add(transaction, [prepared])
    record = Record(
        id=new_id(Prefix.RECORD),
        kind=kind,
        submission_id=submission.id,
        custodian_id=custodian_id,
        channel=Channel.CLI,
        captured_at=NOON,
        sent_at=None,
        series_id=None,
        state=RecordState.ACTIVE,
        grade=Grade.D,
        position=-1,
    )
    described = Description(kind=kind, components=components, unsearchable=(f"the picture: {NOT_READ_YET}",))
    ready = archive.catalogue.prepare(
        record,
        described,
        key=archive.store.vault.unwrap(prepared.key),
        stored=((components[0], prepared.sealed.blob_id),),
        epoch=epoch,
        actor=ACTOR,
    )
    done = Conclusion(submission_id=submission.id, outcome=Outcome.ARCHIVED, reason=None, custodian_id=custodian_id)
    with archive.store.write() as transaction:
        archive.catalogue.add(transaction, [ready])
        archive.submissions.conclude(transaction, [done])
        priority = priority_of(described)
        assert priority is not None
        archive.transcriptions.queue(transaction, [(record.id, priority)])
    return record.id


def start_reader(**limits: Any) -> SandboxedReader:
    """The planted reader of pictures, confined as the product's."""
    chosen = Limits(**{"memory": 256 << 20, "seconds": 5.0, **limits})
    return SandboxedReader(limits=chosen, reader_module=PLANTED, keeps_spare=False)


def reader_of(
    archive: Archive,
    sources: Sources,
    *,
    start: Callable[[], Any] = start_reader,
    stop: Callable[[], bool] = lambda: False,
    **limits: Any,
) -> PictureReader:
    """A reader of what waits."""
    own = replace(RoundsLimits(), **limits)
    return PictureReader(archive, sources, start, actor="service:pictures", limits=own, stop=stop)


def transcription_of(archive: Archive, record_id: str) -> Transcription:
    """The newest version of a record."""
    with archive.store.read() as connection:
        return archive.transcriptions.latest(connection, [record_id])[record_id].transcription


def versions_of(archive: Archive, record_id: str) -> list[int]:
    """The numbers of a record's versions."""
    with archive.store.read() as connection:
        return [one.number for one in archive.transcriptions.versions(connection, record_id)]


def is_waiting(archive: Archive, record_id: str) -> bool:
    """Whether a record waits to be read."""
    with archive.store.read() as connection:
        return record_id in archive.transcriptions.is_waiting(connection, [record_id])
