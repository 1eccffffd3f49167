"""Certificates of destruction: what was destroyed under whose authority, by whom, how, and how absence was found.

Rules:

- None before every destruction of the batch is confirmed. It may be issued again: what it says of backups is what is
  known at the moment of its issue. Each issue is an event that has its digest.
- The six facts of Fla. Admin. Code R. 1B-24.003(9)(d) for each series: schedule number, item number, title, inclusive
  dates, volume, and disposition with its date. The method is told in the terms of NIST SP 800-88 Rev. 1.
- Never content: a record is named by its id and by the salted digest that the ledger has of its deposit. The salt was
  destroyed with it; whoever kept the receipt has the salt, and can show what it was that was destroyed.
- The ledger proves each confirmation, the signature the rest; `archiver verify bundle` checks both offline.
"""

from __future__ import annotations

import hashlib
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from archiver.access import Act, authorize
from archiver.certificate_pdf import as_pdf
from archiver.copy_certificates import said_of_copies
from archiver.destruction_facts import PROOF, destruction_facts
from archiver.disposition_evidence import refuse_altered
from archiver.disposition_view import batch_document, destructions_of, fate_of
from archiver.receipts import make_folder
from archiver.signing import as_json, heading, present_key, sign_statement
from archiver.transfer_packages import said_of_transfer
from retention.disposition_families import chunks
from retention.disposition_reading import listed, read_grounds
from retention.disposition_types import OPEN
from retention.dispositions import read_batch
from retention.facts import local_day
from storage.errors import Conflict
from storage.events import Event, EventKind
from storage.files import sync_folder, write_pieces
from storage.statements import plain_text
from storage.tables import ledger_leaves, submissions

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date
    from pathlib import Path

    from sqlalchemy import Connection

    from archiver.access import Principal
    from archiver.destruction_facts import DestructionFacts
    from archiver.wiring import Installation
    from retention.disposition_reading import Listed
    from retention.disposition_types import Ground
    from retention.schedule import Schedule

METHOD: Final = {
    "standard": "NIST SP 800-88 Rev. 1",
    "category": "purge",
    "technique": "cryptographic erase",
    "detail": (
        "Each record was encrypted under a key of its own (AES-256). That key was deleted, and so were all keys under "
        "which it had ever been stored wrapped; the encrypted objects were removed, and the search index was written "
        "anew under a new key. Then absence was looked for."
    ),
}
SYSTEMS: Final = ("database", "sealed objects", "search index", "verdicts of holds", "backup places of the archive")
TEST_ARCHIVE: Final = "This archive was made for tests; in it destruction can be approved before its day has come."
DIGESTS: Final = (
    "SHA-256 over a random salt and a text that has the SHA-256 and the size of what was handed in, as it stands in "
    "the ledger since the deposit. The salt was destroyed with the record; a receipt of the deposit still has it."
)


def certificate(installation: Installation, who: Principal, batch_id: str) -> dict[str, Any]:
    """The signed certificate of a batch.

    Raises:
        NotFound: there is no such batch.
        Conflict: something of it is not destroyed or not confirmed yet, or nothing of it was destroyed.
        Denied: this role may not.
    """
    authorize(who, Act.CERTIFY_DISPOSITION)
    archive = installation.archive
    with archive.store.read() as connection:
        batch = read_batch(connection, batch_id)
        if batch.state in OPEN:
            raise Conflict(f"batch {batch_id} is {batch.state.value}; execute it first", batch=batch_id)
        refuse_altered(installation, connection, batch)
        document = batch_document(installation, connection, batch, with_list=True)
        members = list(listed(connection, batch_id))
        gone_by = {one.destruction_id for one in members if one.destruction_id is not None}
        mine = destructions_of(installation, connection, gone_by, batch_id)
        grounds = read_grounds(connection, batch_id)
    gone = [one for one in members if fate_of(one, mine) == "destroyed"]
    if not gone:
        raise Conflict(f"nothing of batch {batch_id} was destroyed, so there is nothing to certify", batch=batch_id)
    facts = [destruction_facts(archive, one) for one in sorted(mine)]
    schedules = {one.id: one.schedule for one in installation.library.all()}
    names = {one.actor: plain_text(one.name) for one in installation.users.list()}
    with archive.store.read() as connection:
        key = present_key(installation, connection)
        digests = salted_digests(connection, {one.submission_id for one in gone})
        proofs = [confirmation_of(installation, connection, one) for one in facts]
    whole = {
        **heading(installation, "certificate"),
        "issued_at": archive.store.clock().astimezone(UTC).isoformat(),
        "disposition": batch_id,
        "test_archive": archive.test_clock,
        "remark": TEST_ARCHIVE if archive.test_clock else None,
        "forecast": batch.forecast,
        "proposed_for": batch.today.isoformat(),
        "persons": [
            {**one, "name": names.get(one["by"]), "user": one["by"]} for one in document["acts"] if one["act"] != "step"
        ],
        "approvals": [{**one, "name": names.get(one["by"])} for one in document["approvals"]["given"]],
        "steps": document["steps"],
        "list_sha256": batch.list_sha256,
        "series": _six_facts(installation, gone, grounds, schedules, facts),
        "computation": [
            {
                "number": number,
                "series": one.series_id,
                "eligible_on": one.eligible_on.isoformat(),
                "latest_on": None if one.latest_on is None else one.latest_on.isoformat(),
                "reasons": list(one.reasons),
            }
            for number, one in grounds.items()
        ],
        "holds_checked_at": [
            *(one["at"] for one in document["acts"] if one["act"] == "approve"),
            *(one.batch.decided_at.isoformat() for one in facts),
        ],
        "method": METHOD,
        **said_of_transfer(document),
        "systems": list(SYSTEMS),
        "keys_gone_by": keys_gone_by(facts),
        "backup_places": facts[0].to_json()["backup_places"],
        "proof": PROOF,
        "limits": facts[0].to_json()["limits"],
        "count": len(gone),
        "bytes": sum(one.size for one in gone),
        "dropped": document["dropped"],
        "digests": DIGESTS,
        "records": [
            {
                "id": one.record_id,
                "computation": one.ground,
                "destroyed": one.position,
                "digest": digests.get(one.submission_id),
            }
            for one in gone
        ],
        "destructions": proofs,
        **said_of_copies(batch),
    }
    return sign_statement(installation, whole, key)


def _six_facts(
    installation: Installation,
    gone: Sequence[Listed],
    grounds: dict[int, Ground],
    schedules: dict[str, Schedule],
    facts: Sequence[DestructionFacts],
) -> list[dict[str, Any]]:
    """For each series of each edition the six facts, with the authority that they rest on."""
    zone = installation.archive.zone
    on = max(local_day(one.batch.decided_at, zone) for one in facts).isoformat()
    found: dict[tuple[str, str, str], list[Listed]] = {}
    for one in gone:
        ground = grounds[one.ground]
        found.setdefault((ground.schedule_id, ground.series_id, ground.citation), []).append(one)
    told = []
    for (schedule_id, series_id, citation), members in sorted(found.items()):
        schedule = schedules[schedule_id]
        series = schedule.find(series_id)
        adopted = schedule.authority.adopted_on
        days: list[date] = [local_day(one.sent_at or one.captured_at, zone) for one in members]
        told.append(
            {
                "schedule": schedule.name,
                "item": series_id,
                "title": "" if series is None else series.title,
                "inclusive_dates": {"first": min(days).isoformat(), "last": max(days).isoformat()},
                "volume": {"records": len(members), "bytes": sum(one.size for one in members)},
                "disposition": {"action": grounds[members[0].ground].action, "date": on},
                "authority": {
                    "issuer": schedule.issuer,
                    "jurisdiction": schedule.jurisdiction,
                    "schedule_title": schedule.title,
                    "edition": schedule.edition,
                    "adopted_on": None if adopted is None else adopted.isoformat(),
                    "citation": citation,
                    "file_sha256": schedule.sha256,
                },
            }
        )
    return told


def keys_gone_by(facts: Sequence[DestructionFacts]) -> str | None:
    """The day when the last backup place was cleared of all their keys; None while one is pending."""
    days = [one.keys_gone_by for one in facts]
    known = [one for one in days if one is not None]
    return max(known).isoformat() if len(known) == len(days) else None


def confirmation_of(installation: Installation, connection: Connection, facts: DestructionFacts) -> dict[str, Any]:
    """The confirmation of one destruction with its proof."""
    ledger = installation.archive.ledger
    salted = ledger.salted_payload(connection, facts.confirmed_position)
    assert salted is not None
    return {
        "id": facts.batch.id,
        "decided_at": facts.batch.decided_at.isoformat(),
        "decided_position": facts.batch.position,
        "confirmed_at": facts.confirmed_at.isoformat(),
        "epoch_destroyed": facts.epoch,
        "index_generation": facts.index,
        "salt": salted[0].hex(),
        "payload": salted[1].decode(),
        "proof": ledger.prove(connection, facts.confirmed_position).to_json(),
    }


def salted_digests(connection: Connection, submission_ids: Collection[str]) -> dict[str, str | None]:
    """The digest in the leaf of each submission's deposit."""
    found: dict[str, str | None] = {}
    joined = submissions.join(ledger_leaves, ledger_leaves.c.position == submissions.c.position)
    for chunk in chunks(sorted(submission_ids)):
        query = select(submissions.c.id, ledger_leaves.c.leaf).select_from(joined).where(submissions.c.id.in_(chunk))
        for row in connection.execute(query):
            found[row.id] = Event.decode(bytes(row.leaf)).digest
    return found


def write_certificate(installation: Installation, who: Principal, batch_id: str, folder: Path) -> dict[str, Any]:
    """Write the certificate into a folder, as `BATCH.json` (signed) and `BATCH.pdf`; the issue is an event.

    Raises:
        NotFound, Conflict, Denied: as `certificate`; or the folder is a file.
        StorageFull, TemporarilyUnavailable: the disk is full, or busy.
    """
    document = certificate(installation, who, batch_id)
    make_folder(folder)
    content = as_json(document)
    sha256 = hashlib.sha256(content).hexdigest()
    with installation.archive.store.write() as transaction:
        transaction.append(
            EventKind.DISPOSITION_CERTIFIED, actor=who.actor, subjects=(batch_id,), payload={"sha256": sha256}
        )
    files = [folder / f"{batch_id}.json", folder / f"{batch_id}.pdf"]
    write_pieces(files[0], [content], durable=False)
    write_pieces(files[1], [as_pdf(document, sha256)], durable=False)
    sync_folder(folder)
    return {
        "disposition": batch_id,
        "records": document["count"],
        "sha256": sha256,
        "fingerprint": document["fingerprint"],
        "test_archive": document["test_archive"],
        "files": [str(one) for one in files],
    }
