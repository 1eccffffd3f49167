"""Handing in over HTTP: an upload begun, sent in any number of requests, and committed in one acknowledgement.

Rules: who may hand in, for whom, and how much is asked before a byte is taken; an employee hands in for himself alone.
A commit takes all items of an upload or none: the deposit, its ledger leaves and the answer are one transaction.
Nothing waits here for examination. An export may become a draft instead, from which its submitter chooses.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from archiver.access import Act, authorize
from archiver.drafting import Drafting
from ingest.captions import caption_pairs
from ingest.channels.files import kind_of_file
from ingest.containers import container_kind_of
from ingest.draft import Upload
from ingest.formats.detect import HEAD_BYTES
from ingest.picture_sets import SET, PictureSet, name_pairs, refuse_no_set, source_of
from ingest.submission import DOCUMENT, Deposited, Handover
from ingest.told import Told
from ingest.upload import read_asked
from ingest.uploads import Uploads
from storage.errors import Conflict, InvalidInput, NotFound, StorageFull, TemporarilyUnavailable
from storage.records import Channel, Envelope

if TYPE_CHECKING:
    from archiver.access import Principal
    from archiver.wiring import Installation
    from ingest.submission import ContentSource
    from ingest.upload import UploadAbout, UploadState
    from ingest.upload_pieces import UploadPieces
    from storage.transaction import Transaction

_ACCOUNT = "upload"
_SPARE_BYTES = 256 << 20
_LONGEST_REQUEST = 200
_CAPTIONED = frozenset({DOCUMENT, SET})
_NO_CHOICE = "choosing is for one export at a time: hand in the other files by themselves"


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploading:
    """The uploads of one person, who is allowed to hand in.

    Raises:
        Denied: at making: this role may not.
    """

    installation: Installation
    who: Principal
    uploads: Uploads = field(init=False)

    def __post_init__(self) -> None:
        """Refuse who may not hand in."""
        authorize(self.who, Act.SUBMIT)
        object.__setattr__(self, "uploads", Uploads(self.installation.archive))

    def begin(self, document: Any, *, request: str | None = None) -> UploadState:
        """Begin an upload of the files that a document lists; `request` is the client's Idempotency-Key.

        Raises:
            InvalidInput: the document, the key or the sizes are impossible.
            NotFound: nobody has the custodian's address, or it is not this employee's.
            Conflict: too many uploads are under way.
            StorageFull: there is no room for it.
        """
        section = self.installation.settings.uploads
        about, address = read_asked(document, submitter=self.who.name, most=section.files)
        if request is not None and not 0 < len(request) <= _LONGEST_REQUEST:
            raise InvalidInput(f"Idempotency-Key has 1 to {_LONGEST_REQUEST} characters")
        custodian_id = self.owner(address)
        if about.choose and len(about.files) != 1:
            raise InvalidInput(_NO_CHOICE)
        again = self.uploads.begun(about, actor=self.who.actor, request=request)
        if again is not None:
            return again
        largest = section.largest_mb << 20
        with self.installation.archive.store.read() as connection:
            under_way = self.uploads.open_bytes(connection, self.who.actor)
        if under_way + about.size > largest:
            raise InvalidInput(f"one person may have {section.largest_mb:,} MiB under way; hand in less at a time")
        self.refuse_without_room(about.size)
        return self.uploads.begin(
            about,
            custodian_id=custodian_id,
            actor=self.who.actor,
            lasts=timedelta(hours=section.hours),
            most=section.open,
            request=request,
        )

    def owner(self, address: str | None) -> str:
        """Whose records they will be: the custodian of that address, else one's own.

        Raises:
            InvalidInput: nobody is named.
            NotFound: nobody has this address, or it is not this employee's.
        """
        if not address and not self.who.custodian_id:
            raise InvalidInput("say whose records these are: give the custodian's address", member="custodian")
        return Drafting(installation=self.installation, who=self.who).owner(address or None)

    def get(self, upload_id: str) -> UploadState:
        """One's own upload.

        Raises:
            NotFound: there is none, or it has expired.
        """
        with self.installation.archive.store.read() as connection:
            return self.uploads.get(connection, upload_id, self.who.actor)

    def file(self, upload_id: str, number: int) -> tuple[UploadState, int]:
        """An upload, and how many bytes of its file `number` (from 1) are there.

        Raises:
            NotFound: there is no such file.
        """
        upload = self.get(upload_id)
        if not 0 < number <= len(upload.about.files):
            raise NotFound("this upload has no such file", upload=upload_id)
        return upload, self._offset(upload, number - 1)

    def append(self, upload: UploadState, number: int, offset: int, content: bytes) -> int:
        """Append to file `number` (from 1); returns the offset behind it, durable.

        Raises:
            Conflict, InvalidInput: as `Uploads.append`.
        """
        return self.uploads.append(upload, number - 1, offset, content)

    def give_up(self, upload_id: str) -> None:
        """End an upload; nothing of it stays.

        Raises:
            NotFound: there is none.
            Conflict: it was handed in already.
        """
        self.uploads.give_up(self.get(upload_id))

    def commit(self, upload_id: str) -> dict[str, Any]:
        """Hand in all of it; the answer says what each item became. Asked again, the same answer.

        Raises:
            InvalidInput: a file is not whole, is another than was said, or a set holds what is no picture.
            Conflict: it was given up meanwhile.
            StorageFull, TemporarilyUnavailable: nothing was taken; the same again later will do.
        """
        upload = self.get(upload_id)
        if upload.answer is not None:
            return upload.answer
        self._refuse_unfinished(upload)
        answer = self._draft(upload) if upload.about.choose else self._deposit(upload)
        self.uploads.finish(upload.id)
        return answer

    def document(self, upload: UploadState) -> dict[str, Any]:
        """An upload as JSON: its files with what is there of each."""
        zone = self.installation.archive.zone
        whole = upload.answer is not None
        files = [
            {
                "number": number,
                "name": one.name,
                "size": one.size,
                "offset": one.size if whole else self._offset(upload, number - 1),
                "group": one.group,
                "location": f"/api/v1/uploads/{upload.id}/files/{number}",
            }
            for number, one in enumerate(upload.about.files, start=1)
        ]
        return {
            "upload": upload.id,
            "state": "committed" if whole else "open",
            "custodian": upload.custodian_id,
            "received_at": upload.received_at.astimezone(zone).isoformat(timespec="seconds"),
            "expires_at": upload.expires_at.astimezone(zone).isoformat(timespec="seconds"),
            "files": files,
            "answer": upload.answer,
        }

    def _offset(self, upload: UploadState, number: int) -> int:
        if upload.answer is not None:
            return upload.about.files[number].size
        return self.uploads.pieces(upload.key).offset(number)

    def refuse_without_room(self, size: int) -> None:
        """Refuse what the disk has no room for: while it is committed it lies there twice.

        Raises:
            StorageFull: it has none.
        """
        free = shutil.disk_usage(self.installation.archive.folder).free
        if free < 2 * size + _SPARE_BYTES:
            raise StorageFull("the archive's disk has no room for this upload; tell the administrator")

    def _refuse_unfinished(self, upload: UploadState) -> None:
        pieces = self.uploads.pieces(upload.key)
        for number, one in enumerate(upload.about.files):
            there = pieces.offset(number)
            if there != one.size:
                raise InvalidInput(
                    f"file {number + 1} is not whole: {there} of {one.size} bytes are there", number=number + 1
                )

    def _deposit(self, upload: UploadState) -> dict[str, Any]:
        pieces = self.uploads.pieces(upload.key)
        items = upload.about.items()
        handovers = [self._handover(upload, pieces, numbers) for numbers in items]
        answer: dict[str, Any] = {}

        def settle(transaction: Transaction, answers: list[Deposited | Exception]) -> None:
            taken = [one for one in answers if isinstance(one, Deposited)]
            if len(taken) != len(handovers):  # all of it or nothing
                raise TemporarilyUnavailable("not all files could be taken, so none was; try again")
            answer.update(_answer(upload, items, handovers, taken))
            self.uploads.settle(transaction, upload, answer)

        answers = self.installation.depositor(self.who.actor).deposit_many(handovers, beside=settle)
        for one in answers:
            if isinstance(one, Exception):
                raise one
        return answer

    def _handover(self, upload: UploadState, pieces: UploadPieces, numbers: tuple[int, ...]) -> Handover:
        """One item of an upload as it is handed over: a set where several files belong together."""
        about = upload.about
        files = [about.files[number] for number in numbers]
        heads = [(one.name, pieces.head(number, HEAD_BYTES)) for number, one in zip(numbers, files, strict=True)]
        contents = [self._content(about, pieces, number) for number in numbers]
        transport: tuple[tuple[str, str], ...] = ()
        told = Told()
        payload: bytes | ContentSource = contents[0]
        if len(files) > 1:
            refuse_no_set(heads)
            kind, names = SET, [one.name for one in files]
            transport, source = name_pairs(names), source_of(names)
            payload = PictureSet(pictures=tuple(contents))
        else:
            name, head = heads[0]
            kind, source = kind_of_file(head, name), name
            if container_kind_of(kind) is not None:
                told = Told(day_first=about.day_first)
        if kind in _CAPTIONED:
            transport = (*transport, *caption_pairs(about.caption_of(numbers)))
        return Handover(
            channel=Channel.UPLOAD,
            account=told.account(_ACCOUNT),
            custodian_id=upload.custodian_id,
            envelope=Envelope(submitter=about.submitter, source=source, transport=(*told.transport(), *transport)),
            payload=payload,
            kind=kind,
        )

    def _content(self, about: UploadAbout, pieces: UploadPieces, number: int) -> ContentSource:
        one = about.files[number]
        return pieces.content(number, one.size, one.sha256)

    def _draft(self, upload: UploadState) -> dict[str, Any]:
        """Make a draft of it; a program that is killed between the two leaves a draft that its owner discards."""
        drafting = Drafting(installation=self.installation, who=self.who)
        one = upload.about.files[0]
        pieces = self.uploads.pieces(upload.key)
        kind = container_kind_of(kind_of_file(pieces.head(0, HEAD_BYTES), one.name))
        if kind is None:
            raise InvalidInput("this is no export of conversations, so there is nothing to choose; hand it in whole")
        draft = drafting.drafts.add(
            Upload(
                source=one.name,
                kind=kind.value,
                payload=self._content(upload.about, pieces, 0),
                custodian_id=upload.custodian_id,
                submitter=upload.about.submitter,
                actor=self.who.actor,
                expires_after=timedelta(days=self.installation.settings.drafts.days),
                day_first=upload.about.day_first,
            )
        )
        answer = {"upload": upload.id, "draft": draft, "submissions": []}
        try:
            with self.installation.archive.store.write() as transaction:
                self.uploads.settle(transaction, upload, answer)
        except Conflict:
            with self.installation.archive.store.read() as connection:
                added = drafting.drafts.get(connection, draft, self.who.actor)
            drafting.drafts.discard(added, self.who.actor, "the same upload was committed twice", {})
            raise
        return answer


def _answer(
    upload: UploadState, items: tuple[tuple[int, ...], ...], handovers: list[Handover], taken: list[Deposited]
) -> dict[str, Any]:
    return {
        "upload": upload.id,
        "draft": None,
        "submissions": [
            {
                "submission": one.submission_id,
                "duplicate_of": one.duplicate_of,
                "received_at": one.received_at.isoformat(),
                "sha256": one.sha256,
                "source": handover.envelope.source,
                "files": [number + 1 for number in numbers],
                "receipt": f"/receipts/{one.submission_id}",
            }
            for one, handover, numbers in zip(taken, handovers, items, strict=True)
        ],
    }
