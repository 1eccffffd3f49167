"""Transfers: the package that goes out, what its recipient answers, and nothing removed before he accepted it.

Rules:

- Only what two persons approved goes out. Each record that leaves is an event, and the package is one: its payload
  manifest's SHA-256 and a digest of every record's sealed objects stand in the leaf.
- An answer is about the last package. Whoever records it says where it is written; where the recipient states the
  digest of the manifest that he received, it is compared, and of a receipt the SHA-256 is kept.
- One answer a batch. Whatever is wrong with it is set right by withdrawing the batch, as long as nothing was removed.
- A package that was interrupted goes on in its folder. Until it is written down it is no bag.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from archiver.access import Act, authorize
from archiver.bagging import Shipment, export_bag
from archiver.disposing import choosing, document_of, effective_day, in_state, said_text
from archiver.disposition_evidence import refuse_altered
from archiver.signatories import signatory
from archiver.transfer_packages import tag_files
from retention.clock_watch import refuse_frozen
from retention.disposition_reading import left, listed, read_acts
from retention.disposition_types import ActKind, Answer, BatchAction, State
from retention.dispositions import act, drop
from retention.transfers import (
    answers_digest,
    contents_digest,
    contents_of,
    sent_of,
    write_answers,
    write_package,
)
from storage.bundle_folders import digest_of
from storage.errors import Conflict, InvalidInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sqlalchemy import Connection

    from archiver.access import Principal
    from archiver.exporting import ExportReport
    from archiver.wiring import Installation
    from retention.disposition_types import DispositionBatch
    from storage.transaction import Transaction

PAGE: Final = 1_000
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


def _quietly(_done: int, _total: int | None) -> None:
    """Tell nobody."""


def package_batch(
    installation: Installation,
    who: Principal,
    batch_id: str,
    folder: Path,
    *,
    progress: Callable[[int, int | None], None] = _quietly,
) -> dict[str, Any]:
    """Write the package of an approved transfer into a new or empty folder, or go on with one interrupted there.

    What no longer qualifies is dropped first. Returns the account of the export with the batch and the digest of the
    package's manifest.

    Raises:
        NotFound: there is no such batch, or nothing of it is left.
        Conflict: it is no approved transfer, it was answered already, or the folder holds something else.
        Denied: this role may not; it is an act of a person.
        TemporarilyUnavailable: the disk is full, or busy; the same command goes on later.
    """
    authorize(who, Act.PROPOSE_DISPOSITION)
    authorize(who, Act.EXPORT)
    archive = installation.archive
    installation.retention.watch.look()
    with archive.store.read() as connection:
        batch = _awaiting_package(connection, batch_id)
        signatory(installation, connection, who)
        refuse_altered(installation, connection, batch)
    _drop_unfit(installation, who, batch)
    contents: dict[str, bytes] = {}
    after = 0
    while True:
        with archive.store.read() as connection:
            page = left(connection, batch_id, after, PAGE)
            # before the bytes are read: what comes later makes another digest, and is not removed
            contents |= contents_of(connection, [one.record_id for _, one in page])
        if not page:
            break
        after = page[-1][0]
    if not contents:
        raise NotFound(f"no record of batch {batch_id} may go any more; withdraw it and propose anew")

    def note(report: ExportReport) -> None:
        failed = {one["record"] for one in report.failed}
        sent = {record_id: digest for record_id, digest in contents.items() if record_id not in failed}
        with archive.store.write() as transaction:
            _awaiting_package(transaction.connection, batch_id)
            write_package(transaction, batch_id, report.manifest_sha256, sent)
            payload = {
                "manifest_sha256": report.manifest_sha256,
                "records": report.exported,
                "files": report.files,
                "bytes": report.bytes,
                "failed": len(report.failed),
                "contents_sha256": contents_digest(sent.items()),
            }
            person = signatory(installation, transaction.connection, who)
            act(transaction, batch_id, ActKind.PACKAGE, person, payload=payload)

    shipment = Shipment(
        batch=batch_id,
        about=f"for {', '.join(sorted(_recipients(installation, batch_id)))}, batch {batch_id}",
        tag_files=lambda report: tag_files(installation, batch, report, archive.store.clock()),
        note=note,
    )
    total = len(contents)
    report = export_bag(
        installation, who, list(contents), folder, lambda done: progress(done, total), shipment=shipment
    )
    return {"disposition": batch_id, "manifest_sha256": report.manifest_sha256, **report.to_json()}


def _recipients(installation: Installation, batch_id: str) -> set[str]:
    return {one["action"].replace("_", " ") for one in document_of(installation, batch_id)["computation"]}


def _awaiting_package(connection: Connection, batch_id: str) -> DispositionBatch:
    batch = _approved_transfer(connection, batch_id)
    if any(one.kind is ActKind.ANSWER for one in read_acts(connection, batch_id)):
        raise Conflict(f"transfer {batch_id} was answered already; execute it, or withdraw it and propose anew")
    return batch


def _approved_transfer(connection: Connection, batch_id: str) -> DispositionBatch:
    batch = in_state(connection, batch_id, State.APPROVED)
    if batch.action is not BatchAction.TRANSFER:
        raise Conflict(f"batch {batch_id} is no transfer; propose one with --action transfer", batch=batch_id)
    return batch


def _drop_unfit(installation: Installation, who: Principal, batch: DispositionBatch) -> None:
    """Drop what is held or no longer qualifies, so that nothing goes out that may not be removed later."""
    archive = installation.archive
    installation.judging().catch_up()
    recheck = choosing(installation).recheck(
        batch.id,
        effective_day(installation, batch),
        expected=State.APPROVED,
        approvals=installation.settings.retention.approvals,
        doing=BatchAction.TRANSFER,
    )
    after = 0
    while True:
        with archive.store.read() as connection:
            whole = recheck.refusal(connection)
            page = left(connection, batch.id, after, PAGE)
            refused = dict(recheck.objections(connection, [one.record_id for _, one in page]))
        if whole is not None:
            raise Conflict(f"nothing of batch {batch.id} may go: {whole}", batch=batch.id)
        if not page:
            return
        after = page[-1][0]
        if refused:
            with archive.store.write() as transaction:
                refuse_frozen(transaction.connection)
                in_state(transaction.connection, batch.id, State.APPROVED)
                drop(transaction, batch.id, refused, actor=who.actor)


def accept_batch(
    installation: Installation,
    who: Principal,
    batch_id: str,
    *,
    reference: str,
    manifest: str | None = None,
    receipt: Path | None = None,
    declined: Sequence[str] = (),
) -> dict[str, Any]:
    """Record that the recipient accepted the last package, but for the records that he declined; then as `show`.

    Args:
        installation: the archive.
        who: the person who records it.
        batch_id: the transfer.
        reference: where the acceptance is written.
        manifest: the SHA-256 of the payload manifest, as the recipient states it.
        receipt: a file that the recipient gave; its SHA-256 is kept.
        declined: records that he does not take.

    Raises:
        NotFound: there is no such batch, or no such file.
        Conflict: there is no package, it was answered already, or the recipient names another manifest.
        InvalidInput: no reference, or a record that is not in the package.
        Denied: this role may not; it is an act of a person.
    """
    authorize(who, Act.PROPOSE_DISPOSITION)
    said = said_text(reference, "--reference says where the acceptance is written")
    kept = {} if receipt is None else _of_receipt(receipt)
    if manifest is not None and not _SHA256.fullmatch(manifest.casefold()):
        raise InvalidInput("--manifest is the SHA-256 of manifest-sha256.txt: 64 hexadecimal digits")
    with installation.archive.store.read() as connection:
        refuse_altered(installation, connection, _awaiting_package(connection, batch_id))
    with installation.archive.store.write() as transaction:
        connection = transaction.connection
        _awaiting_package(connection, batch_id)
        packages = [one for one in read_acts(connection, batch_id) if one.kind is ActKind.PACKAGE]
        if not packages:
            raise Conflict(
                f"transfer {batch_id} has no package to accept; write one with: archiver disposition package"
            )
        payload = installation.archive.ledger.payload(connection, packages[-1].position) or {}
        packed = str(payload["manifest_sha256"])
        if manifest is not None and manifest.casefold() != packed:
            raise Conflict(
                f"the recipient names another manifest than that of the last package of {batch_id}, {packed}; "
                "nothing was recorded"
            )
        sent = sent_of(connection, batch_id)
        unknown = [one for one in declined if one not in sent]
        if unknown:
            raise InvalidInput(f"{unknown[0][:64]!r} is not in the package of {batch_id}")
        answers = {one: Answer.DECLINED if one in set(declined) else Answer.ACCEPTED for one in sent}
        stated = {"manifest_sha256": packed, "manifest_stated": manifest is not None, **kept}
        _answer(installation, transaction, who, batch_id, said, answers, stated)
    return document_of(installation, batch_id)


def _of_receipt(path: Path) -> dict[str, Any]:
    try:
        found = digest_of(path)
    except ValueError:
        raise InvalidInput("--receipt is a plain file that can be read") from None
    return {"receipt_sha256": found.sha256, "receipt_size": found.size}


def decline_batch(installation: Installation, who: Principal, batch_id: str, *, reference: str) -> dict[str, Any]:
    """Record that the recipient takes nothing of a transfer, with or without a package; then as `show`.

    Raises:
        NotFound: there is no such batch.
        Conflict: it is no approved transfer, or was answered already.
        InvalidInput: no reference.
        Denied: this role may not; it is an act of a person.
    """
    authorize(who, Act.PROPOSE_DISPOSITION)
    said = said_text(reference, "--reference says where the answer is written")
    with installation.archive.store.read() as connection:
        refuse_altered(installation, connection, _awaiting_package(connection, batch_id))
    with installation.archive.store.write() as transaction:
        connection = transaction.connection
        _awaiting_package(connection, batch_id)
        open_ones = (one for one in listed(connection, batch_id) if one.dropped is None and one.destruction_id is None)
        answers = {one.record_id: Answer.DECLINED for one in open_ones}
        answers |= dict.fromkeys(sent_of(connection, batch_id), Answer.DECLINED)
        _answer(installation, transaction, who, batch_id, said, answers, {})
    return document_of(installation, batch_id)


def _answer(
    installation: Installation,
    transaction: Transaction,
    who: Principal,
    batch_id: str,
    reference: str,
    answers: dict[str, Answer],
    stated: dict[str, Any],
) -> None:
    accepted = sum(one is Answer.ACCEPTED for one in answers.values())
    payload = {
        "reference": reference,
        **stated,
        "accepted": accepted,
        "declined": len(answers) - accepted,
        "answers_sha256": answers_digest(answers.items()),
    }
    person = signatory(installation, transaction.connection, who)
    write_answers(transaction, batch_id, answers)
    act(transaction, batch_id, ActKind.ANSWER, person, payload=payload)
