"""Receipts: what the archive states, signed and proved, about bytes that were handed in; one, or a folder of many.

Rule: whoever may see the submission may have its receipt, again and again; each states what is known at the moment of
its issue. What the ledger binds (digest, size, channel, time) is proved by the leaf's path to a signed head; the rest
(names, outcome, records) by the signature over the whole receipt. `storage/bundle_check.py` checks it with the public
key alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from archiver.access import Act, Principal, authorize
from archiver.container_outcome import outcome_with, reason_with
from archiver.container_view import taken_out_of
from archiver.receipt_forms import as_html, as_text
from archiver.seeing import may_see_submission, refuse_unseen
from archiver.signing import as_json, heading, present_key, sign_statement
from archiver.transcription_view import unread_parts
from ingest.containers import Containers
from storage.errors import ArchiveError, Conflict, InvalidInput, NotFound, TemporarilyUnavailable
from storage.files import sync_folder, write_pieces
from storage.identifiers import Prefix
from storage.statements import plain_text
from storage.tables import submissions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection

    from archiver.wiring import Installation
    from ingest.containers import Container
    from storage.records import Submission

_PAGE = 500
_MOST_OPENED = 20  # records of one submission that are opened for what could not be read in them
_MOST_UNREAD = 50


class ReceiptForm(StrEnum):
    """How a receipt is written; the value is also the ending of its file."""

    JSON = "json"
    TEXT = "text"
    HTML = "html"

    @property
    def ending(self) -> str:
        """The ending of a file of this form."""
        return ".txt" if self is ReceiptForm.TEXT else f".{self.value}"


@dataclass(slots=True, kw_only=True)
class ReceiptsReport:
    """The account of many receipts written into a folder."""

    folder: str
    written: int = 0
    failed: list[dict[str, str]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The document of `receipt --json` for several."""
        return {"folder": self.folder, "written": self.written, "failed": self.failed}


def receipt(installation: Installation, principal: Principal, name: str) -> dict[str, Any]:
    """The receipt of a submission, or of the one that a record was made of; `name` is the id of either.

    Raises:
        NotFound: no such submission or record, or not for this principal.
        Conflict: it was destroyed, so that nothing is known of it but its leaf.
        Denied: this role may not read records.
    """
    authorize(principal, Act.READ_RECORD)
    archive = installation.archive
    with archive.store.read() as connection:
        submission = _submission(installation, connection, principal, name)
        submission_id = submission.id
        envelope = archive.submissions.envelopes(connection, [submission_id]).get(submission_id)
        if envelope is None:
            raise Conflict(f"{submission_id} was destroyed; no receipt can be made", submission=submission_id)
        made = archive.catalogue.of_submission(connection, submission_id)
        salted = archive.ledger.salted_payload(connection, submission.position)
        proof = archive.ledger.prove(connection, submission.position).to_json()
        key = present_key(installation, connection)
        owners = archive.custodians.open(connection, [submission.custodian_id] if submission.custodian_id else [])
        inside = taken_out_of(connection, submission_id)
        containers = Containers(archive, actor=principal.actor)
        box = containers.find(connection, submission_id)
        counts = None if box is None else containers.counts(connection, box)
        described = archive.catalogue.describe(connection, [one.id for one in made[:_MOST_OPENED]])
        unread = unread_parts(installation, connection, described)
    owner = owners.get(submission.custodian_id or "")
    document = {
        **heading(installation, "receipt"),
        "issued_at": archive.store.clock().astimezone(UTC).isoformat(),
        "submission": submission_id,
        "received_at": submission.received_at.isoformat(),
        "received_at_local": submission.received_at.astimezone(archive.zone).isoformat(),
        "channel": submission.channel.value,
        "submitter": _plain(envelope.envelope.submitter),
        "recipient": _plain(envelope.envelope.recipient),
        "custodian": None if owner is None else {"name": plain_text(owner.name), "address": owner.addresses[0]},
        "source": _plain(envelope.envelope.source),
        "container": None if inside is None else {"id": inside.container, "number": inside.number},
        "size": submission.size,
        "sha256": envelope.sha256,
        **_became(submission, [one.id for one in made], box, counts),
        "unread": [plain_text(one) for one in unread[:_MOST_UNREAD]],
        "position": submission.position,
        "salt": None if salted is None else salted[0].hex(),
        "payload": None if salted is None else salted[1].decode(),
        "proof": proof,
    }
    return sign_statement(installation, document, key)


def _submission(installation: Installation, connection: Connection, principal: Principal, name: str) -> Submission:
    """The submission that an id names, directly or by a record; what may not be seen is as if it were not there."""
    archive = installation.archive
    submission_id = name
    if name.startswith(Prefix.RECORD):
        record = archive.catalogue.get(connection, name)
        refuse_unseen(connection, principal, record)
        submission_id = record.submission_id
    submission = archive.submissions.get(connection, submission_id)
    if not may_see_submission(connection, principal, submission):
        raise NotFound(f"there is no submission {name}", submission=name)
    return submission


def _became(
    submission: Submission, records: list[str], box: Container | None, counts: dict[str, int] | None
) -> dict[str, Any]:
    outcome = outcome_with(submission.outcome, box)
    reason = _plain(reason_with(submission.reason, box, counts))
    return {"outcome": None if outcome is None else outcome.value, "reason": reason, "records": records}


def _plain(text: str | None) -> str | None:
    return None if text is None else plain_text(text)


def render(document: dict[str, Any], form: ReceiptForm) -> bytes:
    """A receipt in one of its forms."""
    if form is ReceiptForm.JSON:
        return as_json(document)
    text = as_html(document) if form is ReceiptForm.HTML else as_text(document) + "\n"
    return text.encode("utf-8", "replace")


def write_receipts(
    installation: Installation,
    principal: Principal,
    names: Iterable[str],
    folder: Path,
    form: ReceiptForm,
    progress: Callable[[int], None],
) -> ReceiptsReport:
    """Write a receipt for each submission or record into a folder, replacing earlier ones of the same submission.

    Raises:
        Conflict: the folder is a file.
        Denied: this role may not read records.
        StorageFull, TemporarilyUnavailable: the disk is full, or busy; what is there is whole.
    """
    authorize(principal, Act.READ_RECORD)
    make_folder(folder)
    report = ReceiptsReport(folder=str(folder))
    for name in names:
        try:
            document = receipt(installation, principal, name)
        except TemporarilyUnavailable:
            raise
        except ArchiveError as error:
            report.failed.append({"submission": name, "reason": error.message})
        else:
            file = f"{document['submission']}{form.ending}"
            write_pieces(folder / file, [render(document, form)], durable=False)
            report.written += 1
        progress(report.written + len(report.failed))
    sync_folder(folder)
    return report


def make_folder(folder: Path) -> None:
    """A folder for receipts, made if it is not there.

    Raises:
        Conflict: something else has the name.
        InvalidInput: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise Conflict(f"{folder} is a file; give the name of a folder") from error
    except OSError as error:
        raise InvalidInput(f"{folder} cannot be made: {error.strerror}") from error


def chosen_submissions(installation: Installation, custodian_id: str | None, since: datetime | None) -> Iterator[str]:
    """Ids of submissions of a custodian (or all), received at `since` or later, oldest first, read in pages."""
    after = -1
    query = select(submissions.c.id, submissions.c.position).order_by(submissions.c.position).limit(_PAGE)
    if custodian_id is not None:
        query = query.where(submissions.c.custodian_id == custodian_id)
    if since is not None:
        query = query.where(submissions.c.received_at >= since)
    while True:
        with installation.archive.store.read() as connection:
            page = list(connection.execute(query.where(submissions.c.position > after)))
        if not page:
            return
        after = page[-1].position
        yield from (row.id for row in page)
