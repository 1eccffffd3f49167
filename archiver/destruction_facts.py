"""What a destruction proves and what it does not, as one JSON value: what a certificate is made of.

Rule: every statement is one that was checked (the ledger positions say where its proof is), and the limits are
stated with it: a certificate that claims more than keys can do would be false.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from storage.backup.expiry import cleared_at, key_places
from storage.destructions import BatchState, destroyed_records, read_batch
from storage.errors import Conflict

if TYPE_CHECKING:
    from datetime import date, datetime

    from storage.archive import Archive
    from storage.destructions import DestroyedRecord, DestructionBatch

PROOF: Final = (
    "The keys of these records are destroyed. Their objects, descriptions, digests and index entries were looked for "
    "in the running archive and not found. Copies of the database, its write-ahead log, the index or the objects "
    "taken before cannot be opened with any key that the archive still has."
)
LIMITS: Final = (
    (
        "A copy of the folder keys/ taken before the destruction, together with a copy of the database of that time, "
        "still opens these records. {places} Copies made otherwise (snapshots, images of the machine, copies of a "
        "backup place, restored archives, a first backup that never ended) are not known to the archive."
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


NO_PLACE: Final = "The archive knows of no backup place."
CLEARED: Final = (
    "None of the backup places that the archive knows ({known}) holds such a copy: each was backed up to after the "
    "destruction, the last of them by {gone_by} (UTC), and the older key parts there were overwritten and removed."
)
PENDING: Final = (
    "Such a copy may still lie in backup places ({pending} of the {known} that the archive knows), and no date can be "
    "given for it. Each of these must be backed up to again, or destroyed: {named}."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceFacts:
    """A backup place by its tag (hex): when its last backup began, and when it was cleared of the keys of before."""

    tag: str
    last_backup: datetime
    cleared_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DestructionFacts:
    """One confirmed batch. `epoch` is the newest epoch that was destroyed, `index` the generation that followed.

    Positions are those of ledger leaves: of the decision, of each record's destruction, of the confirmation.
    `places` are the backup places that the archive knows now; ask again after a backup.
    """

    batch: DestructionBatch
    records: tuple[DestroyedRecord, ...]
    epoch: int
    index: int
    confirmed_at: datetime
    confirmed_position: int
    places: tuple[PlaceFacts, ...]

    @property
    def keys_gone_by(self) -> date | None:
        """The day (UTC) when the last backup place was cleared of the keys; None while one of them is pending."""
        moments = [self.confirmed_at]
        for one in self.places:
            if one.cleared_at is None:
                return None
            moments.append(one.cleared_at)
        return max(moments).astimezone(UTC).date()

    def _of_places(self) -> str:
        gone_by = self.keys_gone_by
        if not self.places:
            return NO_PLACE
        if gone_by is not None:
            return CLEARED.format(known=len(self.places), gone_by=gone_by.isoformat())
        pending = [one for one in self.places if one.cleared_at is None]
        named = ", ".join(
            f"{one.tag} (last backup {one.last_backup.astimezone(UTC).date().isoformat()})" for one in pending
        )
        return PENDING.format(pending=len(pending), known=len(self.places), named=named)

    def to_json(self) -> dict[str, Any]:
        """As a certificate and the API print it."""
        gone_by = self.keys_gone_by
        return {
            "batch": self.batch.id,
            "decided": {"at": self.batch.decided_at.isoformat(), "position": self.batch.position},
            "confirmed": {"at": self.confirmed_at.isoformat(), "position": self.confirmed_position},
            "epoch_destroyed": self.epoch,
            "index_generation": self.index,
            "keys_gone_by": None if gone_by is None else gone_by.isoformat(),
            "backup_places": [
                {
                    "tag": one.tag,
                    "last_backup": one.last_backup.isoformat(),
                    "cleared_at": None if one.cleared_at is None else one.cleared_at.isoformat(),
                }
                for one in self.places
            ],
            "records": [
                {"id": one.record_id, "submission": one.submission_id, "position": one.position} for one in self.records
            ],
            "proof": PROOF,
            "limits": [one.format(places=self._of_places()) for one in LIMITS],
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
        places = tuple(
            PlaceFacts(
                tag=one.tag.hex(),
                last_backup=one.made_at,
                cleared_at=cleared_at(archive, connection, one, batch.confirmed_at, batch.confirmed_position),
            )
            for one in key_places(connection)
        )
    return DestructionFacts(
        batch=batch,
        records=gone,
        epoch=int(stated.get("epoch", batch.epoch)),
        index=int(stated.get("index", 0)),
        confirmed_at=batch.confirmed_at,
        confirmed_position=batch.confirmed_position,
        places=places,
    )
