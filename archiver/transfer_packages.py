"""What a package of a transfer says of itself: which records, under whose schedule, by whose approval. For recipients.

Rule: the account is signed, names each record by its id with the computation that it rests on, and says nothing of
content; content stands in the records beside it. `export.json` of the same bag binds it by its digest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from archiver.disposition_view import batch_document
from archiver.signing import as_json, heading, present_key, sign_statement
from retention.disposition_reading import listed
from retention.disposition_types import BatchAction
from storage.statements import plain_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from archiver.exporting import ExportReport
    from archiver.wiring import Installation
    from retention.disposition_types import DispositionBatch

REMARK: Final = (
    "These records were transferred and accepted. The recipient answered about the package whose manifest is named "
    "here; only after that, and only what it held byte for byte, was the copy in this archive destroyed."
)
ACCOUNT: Final = "transfer.json"
README: Final = "README.txt"
_README = """This folder is a bag (BagIt 1.0, RFC 8493): a transfer of public records.

data/            one folder for each record: its files byte for byte, metadata.json, premis.xml (PREMIS 3.0), and
                 proof.json, which shows that the record stood in the ledger of the archive that it comes from
transfer.json    which records, under which schedule, series and citation, and who approved the transfer; signed
export.json      the account of the export, signed; it binds every file of this folder
ledger-key.txt   the key that all proofs are checked with; compare its fingerprint with one that the sender told you
                 over another way

To check it: any BagIt tool (manifests by SHA-256 and SHA-512), and for the proofs
    archiver verify bundle FOLDER --key ledger-key.txt

To accept it, tell the sender in writing: that you accept batch {batch}, and the SHA-256 of manifest-sha256.txt as you
received it. The sender removes its own copy only after that.
"""


def tag_files(
    installation: Installation, batch: DispositionBatch, report: ExportReport, today: datetime
) -> Mapping[str, bytes]:
    """The further files of a package, by name."""
    failed = {one["record"] for one in report.failed}
    with installation.archive.store.read() as connection:
        document = batch_document(installation, connection, batch, with_list=False)
        key = present_key(installation, connection)
        records = [
            {"id": one.record_id, "computation": one.ground}
            for one in listed(connection, batch.id)
            if one.dropped is None and one.destruction_id is None and one.record_id not in failed
        ]
    names = {one.actor: plain_text(one.name) for one in installation.users.list()}
    account: dict[str, Any] = {
        **heading(installation, "transfer"),
        "made_at": today.isoformat(),
        "disposition": batch.id,
        "test_archive": installation.archive.test_clock,
        "list_sha256": batch.list_sha256,
        "proposed": {"by": names.get(document["proposed_by"]), "at": document["proposed_at"]},
        "approvals": [{"by": names.get(one["by"]), "at": one["at"]} for one in document["approvals"]["given"]],
        "steps": document["steps"],
        "computation": document["computation"],
        "count": len(records),
        "records": records,
    }
    readme = _README.format(batch=batch.id)
    return {ACCOUNT: as_json(sign_statement(installation, account, key)), README: readme.encode()}


def said_of_transfer(document: Mapping[str, Any]) -> dict[str, Any]:
    """What a certificate says of the transfer that came before the removal; nothing where there was none.

    Args:
        document: the batch, as `disposition show` has it.
    """
    package, answer = document["package"], document["answer"]
    if document["action"] != BatchAction.TRANSFER.value or package is None or answer is None:
        return {"transfer": None}
    return {
        "transfer": {
            "remark": REMARK,
            "to": sorted({one["action"] for one in document["computation"]}),
            "packaged_at": package["at"],
            "manifest_sha256": package["manifest_sha256"],
            "answered_at": answer["at"],
            "reference": answer["reference"],
            "manifest_stated": answer.get("manifest_stated", False),
            "receipt_sha256": answer.get("receipt_sha256"),
            "accepted": answer["accepted"],
            "declined": answer["declined"],
        }
    }
