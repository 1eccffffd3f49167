"""What a destruction proves and what it does not, as one JSON value: what a certificate is made of.

Rule: every statement is one that was checked (the ledger positions say where its proof is), and the limits are
stated with it: a certificate that claims more than keys can do would be false.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from storage.destructions import BatchState, destroyed_records, read_batch
from storage.errors import Conflict

if TYPE_CHECKING:
    from datetime import date, datetime

    from storage.archive import Archive
    from storage.destructions import DestroyedRecord, DestructionBatch

KEY_COPIES_LIVE: Final = timedelta(days=30)
"""How long a backup keeps record keys and epoch keys; after it no copy of the service's own can open the records."""

PROOF: Final = (
    "The keys of these records are destroyed. Their objects, descriptions, digests and index entries were looked for "
    "in the running archive and not found. Copies of the database, its write-ahead log, the index or the objects "
    "taken before cannot be opened with any key that the archive still has."
)
LIMITS: Final = (
    (
        "A copy of the folder keys/ taken before the destruction, together with a copy of the database of that time, "
        "still opens these records. The service's own key backups hold such a copy until {gone_by} at the latest; "
        "copies made by others (snapshots, images of the machine) are not known to the service."
    ),
    (
        "The ledger keeps for ever that these records were captured, when, over which channel, who looked at them and "
        "that they were destroyed, by ids and by digests of sealed bytes; none of this says what they held."
    ),
    (
        "Whoever has a copy of the database of before and the keys of now can test whether bytes that he already has "
        "were among those that a certain custodian handed in, by their keyed digest; he learns no bytes by it."
    ),
    (
        "What was exported, printed, sent or remembered before is outside the archive. Copies that other custodians "
        "or other channels handed in are records of their own and were not destroyed with these."
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DestructionFacts:
    """One confirmed batch. `epoch` is the newest epoch that was destroyed, `index` the generation that followed.

    Positions are those of ledger leaves: of the decision, of each record's destruction, of the confirmation.
    `keys_gone_by` is the day (UTC) after which no key backup of the service can open the records.
    """

    batch: DestructionBatch
    records: tuple[DestroyedRecord, ...]
    epoch: int
    index: int
    confirmed_at: datetime
    confirmed_position: int
    keys_gone_by: date

    def to_json(self) -> dict[str, Any]:
        """As a certificate and the API print it."""
        return {
            "batch": self.batch.id,
            "decided": {"at": self.batch.decided_at.isoformat(), "position": self.batch.position},
            "confirmed": {"at": self.confirmed_at.isoformat(), "position": self.confirmed_position},
            "epoch_destroyed": self.epoch,
            "index_generation": self.index,
            "keys_gone_by": self.keys_gone_by.isoformat(),
            "records": [
                {"id": one.record_id, "submission": one.submission_id, "position": one.position} for one in self.records
            ],
            "proof": PROOF,
            "limits": [one.format(gone_by=self.keys_gone_by.isoformat()) for one in LIMITS],
        }


def destruction_facts(archive: Archive, batch_id: str) -> DestructionFacts:
    """The facts of a confirmed batch.

    Raises:
        NotFound: there is no such batch.
        Conflict: it is not confirmed yet, so nothing may be stated of it.
    """
    with archive.store.read() as connection:
        batch = read_batch(connection, batch_id)
        if batch.state is not BatchState.CONFIRMED or batch.confirmed_at is None or batch.confirmed_position is None:
            raise Conflict(
                f"destruction {batch_id} is only {batch.state.value}; it proves nothing before it is confirmed",
                batch=batch_id,
            )
        gone = tuple(destroyed_records(connection, batch_id))
        stated = archive.ledger.payload(connection, batch.confirmed_position) or {}
    return DestructionFacts(
        batch=batch,
        records=gone,
        epoch=int(stated.get("epoch", batch.epoch)),
        index=int(stated.get("index", 0)),
        confirmed_at=batch.confirmed_at,
        confirmed_position=batch.confirmed_position,
        keys_gone_by=(batch.confirmed_at + KEY_COPIES_LIVE).date() + timedelta(days=1),
    )
