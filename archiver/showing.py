"""Pictures of records for a person's eyes: decoded in a confined child, handed out as pixels that it encoded anew.

Rule: who may see a record may look at its pictures, and nothing of the stored file reaches a browser. A look is an
event, written before the picture leaves. One child at a time serves a program; it reads nothing of two custodians, and
is ended once nobody has looked for a while.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from archiver.access import Act, Principal, authorize
from archiver.reading import ComponentSource, open_described
from ingest.picture_codec import showing_request
from ingest.reading_codec import FailureReason, ReadingFailed
from ingest.sandbox import SandboxedReader
from ingest.sandbox_process import Limits
from storage.errors import Conflict, NotFound
from storage.events import EventKind

if TYPE_CHECKING:
    from archiver.wiring import Installation
    from storage.records import Component, DescribedRecord

MODULE: Final = "ingest.showing_tasks"
_JPEG: Final = b"\xff\xd8\xff"
_LARGEST_ANSWER: Final = 32 << 20
_SECONDS: Final = 20.0
_INPUTS: Final = 200
_IDLE_SECONDS: Final = 60.0


class ShownPictures:
    """Shows pages of the pictures of one archive. Safe for threads: they take turns."""

    def __init__(self, installation: Installation, *, idle_seconds: float = _IDLE_SECONDS) -> None:
        self._installation = installation
        self._idle_seconds = idle_seconds
        self._turn = threading.Lock()
        self._source = ComponentSource(installation)
        self._child: SandboxedReader | None = None
        self._last_custodian: str | None = None
        self._ending: threading.Timer | None = None

    def page(self, principal: Principal, record_id: str, component_id: str, number: int) -> bytes:
        """One page or frame of a picture as a JPEG, upright and of bounded size.

        Raises:
            NotFound: no such record for this principal, or it has no such picture or page.
            Conflict: the record was destroyed, or the picture cannot be shown.
            Denied: this role may not read records.
            Corrupt: the stored bytes are not what was described.
            SandboxUnavailable: no child can be started.
        """
        authorize(principal, Act.READ_RECORD)
        described = open_described(self._installation, principal, record_id)
        component = next((one for one in described.description.components if one.id == component_id), None)
        if component is None or not component.pictured:
            raise NotFound(f"record {record_id} has no picture {component_id}", record=record_id)
        largest = self._installation.settings.sandbox.largest_mb << 20
        if component.size > largest:
            raise Conflict(f"this picture is larger than {largest >> 20} MB and is not shown", record=record_id)
        with self._turn:
            shown = self._show(described, component, number)
        archive = self._installation.archive
        with archive.store.write() as transaction:
            transaction.append(EventKind.RECORD_VIEWED, actor=principal.actor, subjects=(record_id, component_id))
        return shown

    def close(self) -> None:
        """End the children; the next picture starts others."""
        with self._turn:
            if self._ending is not None:
                self._ending.cancel()
                self._ending = None
            self._end()

    def _show(self, described: DescribedRecord, component: Component, number: int) -> bytes:
        pages = self._installation.settings.pictures.pages
        try:
            content = self._source.read(described, component)
            child = self._child_for(described.record.custodian_id)
            answer = child.read(showing_request(content, component.media_type, number, pages=pages))
        finally:
            self._end_later()
        if isinstance(answer, bytes) and answer.startswith(_JPEG):
            return answer
        refused = isinstance(answer, ReadingFailed) and answer.reason is FailureReason.REFUSED
        why = "has no such page, or it cannot be decoded" if refused else "did harm to its reader"
        raise Conflict(f"this picture {why}; it is not shown", component=component.id)

    def _child_for(self, custodian_id: str) -> SandboxedReader:
        if self._child is None:
            sandbox = self._installation.settings.sandbox
            self._child = SandboxedReader(
                limits=Limits(
                    memory=self._installation.settings.pictures.memory_mb << 20,
                    seconds=_SECONDS,
                    answer_bytes=_LARGEST_ANSWER,
                    inputs=_INPUTS,
                    threads=True,  # the decoder of HEIC starts one
                ),
                reader_module=MODULE,
                allow_unconfined=sandbox.allow_unconfined,
                keeps_spare=False,
            )
        elif custodian_id != self._last_custodian:
            self._child.renew()
        self._last_custodian = custodian_id
        return self._child

    def _end_later(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
        self._ending = threading.Timer(self._idle_seconds, self.close)
        self._ending.daemon = True
        self._ending.start()

    def _end(self) -> None:
        if self._child is not None:
            self._child.close()
        self._child = None
        self._source.close()
