"""Certificates of release: what was destroyed as not a record, for which reason, by whose agreement, and how.

Rules:

- None before the destruction is confirmed. It may be issued again: what it says of backups is what is known at its
  issue. Each issue is an event that has its digest.
- It says the reason of the list and never content: a record is named by its id and by the salted digest that the ledger
  has of its deposit. What a person wrote with the claim went with the records.
- The ledger proves the decision, with reason and persons, and the confirmation; the signature proves the rest.
  `archiver verify bundle` checks it offline.
"""

from __future__ import annotations

import hashlib
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from archiver.access import Act, authorize
from archiver.certificate_pdf import pdf_of
from archiver.certificates import DIGESTS, METHOD, SYSTEMS, TEST_ARCHIVE, confirmation_of, salted_digests
from archiver.destruction_facts import PROOF, destruction_facts
from archiver.receipts import make_folder
from archiver.signing import as_json, heading, present_key, sign_statement
from retention.nonrecord_reasons import SENTENCES
from retention.nonrecords import ClaimState, read_claim
from storage.errors import Conflict
from storage.events import EventKind
from storage.files import sync_folder, write_pieces
from storage.statements import plain_text
from storage.tables import submissions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sqlalchemy import Connection

    from archiver.access import Principal
    from archiver.destruction_facts import DestructionFacts
    from archiver.wiring import Installation
    from retention.nonrecords import DoneAct

STATEMENT: Final = "Released as not a record, and destroyed."
_SHOWN: Final = 100


def release_certificate(installation: Installation, who: Principal, claim_id: str) -> dict[str, Any]:
    """The signed certificate of a claim that was agreed to.

    Raises:
        NotFound: there is no such claim.
        Conflict: nobody agreed to it, or absence is not confirmed yet; or a restore lost what the ledger said of it.
        Denied: this role may not.
    """
    authorize(who, Act.CERTIFY_DISPOSITION)
    archive = installation.archive
    with archive.store.read() as connection:
        claim = read_claim(connection, claim_id)
    if claim.state is not ClaimState.AGREED or claim.destruction_id is None or claim.ended is None:
        raise Conflict(f"claim {claim_id} is {claim.state.value}; only what was released is certified", claim=claim_id)
    facts = destruction_facts(archive, claim.destruction_id)
    told = facts.to_json()
    names = {one.actor: plain_text(one.name) for one in installation.users.list()}
    with archive.store.read() as connection:
        key = present_key(installation, connection)
        digests = salted_digests(connection, {one.submission_id for one in facts.records})
        captured = select(submissions.c.id, submissions.c.received_at)
        captured = captured.where(submissions.c.id.in_([one.submission_id for one in facts.records]))
        captured_at = {row.id: row.received_at for row in connection.execute(captured)}
        decision = _decision(installation, connection, facts)
        confirmation = confirmation_of(installation, connection, facts)
    whole = {
        **heading(installation, "release"),
        "issued_at": archive.store.clock().astimezone(UTC).isoformat(),
        "nonrecord": claim_id,
        "statement": STATEMENT,
        "test_archive": archive.test_clock,
        "remark": TEST_ARCHIVE if archive.test_clock else None,
        "reason": {"code": claim.reason.value, "text": SENTENCES[claim.reason]},
        "asked": _person(claim.asked, names),
        "agreed": _person(claim.ended, names),
        "released_at": facts.batch.decided_at.isoformat(),
        "confirmed_at": facts.confirmed_at.isoformat(),
        "holds_checked_at": [facts.batch.decided_at.isoformat()],
        "method": METHOD,
        "systems": list(SYSTEMS),
        "keys_gone_by": told["keys_gone_by"],
        "backup_places": told["backup_places"],
        "proof": PROOF,
        "limits": told["limits"],
        "count": len(facts.records),
        "bytes": sum(claim.sizes.values()),
        "digests": DIGESTS,
        "records": [
            {
                "id": one.record_id,
                "captured_at": captured_at[one.submission_id].isoformat(),
                "destroyed": one.position,
                "digest": digests.get(one.submission_id),
            }
            for one in facts.records
        ],
        "decision": decision,
        "destructions": [confirmation],
    }
    return sign_statement(installation, whole, key)


def _person(one: DoneAct, names: Mapping[str, str]) -> dict[str, Any]:
    actor = one.signatory.actor
    return {"by": actor, "name": names.get(actor), "at": one.at.isoformat(), "position": one.position}


def _decision(installation: Installation, connection: Connection, facts: DestructionFacts) -> dict[str, Any]:
    ledger = installation.archive.ledger
    salted = ledger.salted_payload(connection, facts.batch.position)
    if salted is None:
        raise Conflict(
            f"what the ledger said of destruction {facts.batch.id} was lost in a restore, so it cannot be certified",
            batch=facts.batch.id,
        )
    return {
        "position": facts.batch.position,
        "salt": salted[0].hex(),
        "payload": salted[1].decode(),
        "proof": ledger.prove(connection, facts.batch.position).to_json(),
    }


def write_release_certificate(
    installation: Installation, who: Principal, claim_id: str, folder: Path
) -> dict[str, Any]:
    """Write the certificate into a folder, as `CLAIM.json` (signed) and `CLAIM.pdf`; the issue is an event.

    Raises:
        NotFound, Conflict, Denied: as `release_certificate`; or the folder is a file.
        StorageFull, TemporarilyUnavailable: the disk is full, or busy.
    """
    document = release_certificate(installation, who, claim_id)
    make_folder(folder)
    content = as_json(document)
    sha256 = hashlib.sha256(content).hexdigest()
    with installation.archive.store.write() as transaction:
        transaction.append(
            EventKind.NONRECORD_CERTIFIED, actor=who.actor, subjects=(claim_id,), payload={"sha256": sha256}
        )
    files = [folder / f"{claim_id}.json", folder / f"{claim_id}.pdf"]
    write_pieces(files[0], [content], durable=False)
    title = f"Certificate of release {claim_id}"
    write_pieces(files[1], [pdf_of(_lines(document, sha256), title=title, author=document["agency"])], durable=False)
    sync_folder(folder)
    return {
        "nonrecord": claim_id,
        "records": document["count"],
        "sha256": sha256,
        "fingerprint": document["fingerprint"],
        "test_archive": document["test_archive"],
        "files": [str(one) for one in files],
    }


def _lines(document: Mapping[str, Any], sha256: str) -> list[tuple[str, str]]:
    """What the paper says: headings (without a name) and facts, in order."""
    product, method, claim_id = document["product"], document["method"], document["nonrecord"]
    lines = [
        ("", "Certificate of release as not a record"),
        ("Agency", document["agency"]),
        ("Claim", claim_id),
        ("Statement", document["statement"]),
        ("Reason", f"{document['reason']['code']}: {document['reason']['text']}"),
        ("Records", f"{document['count']:,} ({document['bytes']:,} bytes)"),
        ("Issued", f"{document['issued_at']} by {product['name']} {product['version']}"),
        ("Archive", document["archive"]),
    ]
    if document["remark"]:
        lines.append(("Remark", document["remark"]))
    lines.append(("", "Persons"))
    for act in ("asked", "agreed"):
        one = document[act]
        lines.append(
            (act.capitalize(), f"{one['name'] or one['by']} ({one['by']}), {one['at']}, leaf {one['position']}")
        )
    keys_gone_by = f"gone by {document['keys_gone_by']}" if document["keys_gone_by"] else "see the limits"
    lines += [
        ("", "Destruction"),
        ("Released", f"{document['released_at']}, leaf {document['decision']['position']}"),
        ("Confirmed", document["confirmed_at"]),
        ("Holds checked", ", ".join(document["holds_checked_at"])),
        ("Standard", f"{method['standard']}: {method['category']}, {method['technique']}"),
        ("How", method["detail"]),
        ("Systems", ", ".join(document["systems"])),
        ("Keys in backups", keys_gone_by),
        ("Proof", document["proof"]),
        *(("Limit", one) for one in document["limits"]),
        ("", "Records"),
        ("Digests", document["digests"]),
        *(
            (one["id"], f"captured {one['captured_at']}, leaf {one['destroyed']}, {one['digest'] or '-'}")
            for one in document["records"][:_SHOWN]
        ),
        ("", "Signature"),
        ("Signed file", f"{claim_id}.json, SHA-256 {sha256}"),
        ("Key", document["fingerprint"]),
        ("To check it", f"archiver verify bundle {claim_id}.json --key FILE"),
    ]
    return lines
