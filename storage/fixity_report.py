"""What a fixity check found: faults that name object and record, counts, and how both add up.

Rule: a fault says what is wrong and with which id, never what a record says. What a restore declared lost is
counted apart, since it is known and settled; what no row names is counted and no fault.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Column

    from storage.sealing import SealKind


@dataclass(frozen=True, slots=True, kw_only=True)
class FixityFault:
    """One thing that is not as it was written.

    `id` is the record where one is known, else the submission, the custodian or the leaf; `object` is the SHA-256
    of the sealed bytes and `record` the record, each where it is known.
    """

    kind: str
    id: str
    detail: str
    object: str | None = None
    record: str | None = None

    def to_json(self) -> dict[str, str | None]:
        """As `verify --json` prints it and as the payload of an event keeps it."""
        return {"kind": self.kind, "id": self.id, "detail": self.detail, "object": self.object, "record": self.record}


@dataclass(slots=True, kw_only=True)
class Tally:
    """What one page of a check found; `bytes` counts plain bytes, `done` the rows by which progress is shown."""

    done: int = 0
    records: int = 0
    objects: int = 0
    bytes: int = 0
    destroyed: int = 0
    declared: int = 0
    faults: list[FixityFault] = field(default_factory=list)

    def fault(
        self, kind: str, name: str, detail: str, *, blob_id: str | None = None, record: str | None = None
    ) -> None:
        """Take down a fault."""
        self.faults.append(FixityFault(kind=kind, id=name, detail=detail, object=blob_id, record=record))

    def add(self, other: Tally) -> None:
        """Add what another page found."""
        self.done += other.done
        self.records += other.records
        self.objects += other.objects
        self.bytes += other.bytes
        self.destroyed += other.destroyed
        self.declared += other.declared
        self.faults += other.faults


@dataclass(slots=True, kw_only=True)
class FixityReport(Tally):
    """What a walk found. `orphans` are objects that no row names, `destroyed` the records that are lawfully gone."""

    ledger_size: int = 0
    ledger_root: str = ""
    checkpoint: str = ""
    orphans: int = 0

    def to_json(self) -> dict[str, Any]:
        """As `verify --json` prints it."""
        return {
            "records": self.records,
            "objects": self.objects,
            "bytes": self.bytes,
            "destroyed": self.destroyed,
            "declared_losses": self.declared,
            "faults": [one.to_json() for one in self.faults],
            "orphans": self.orphans,
            "ledger": {"size": self.ledger_size, "root": self.ledger_root, "checkpoint": self.checkpoint},
        }


@dataclass(frozen=True, slots=True)
class Page:
    """One step of a phase: what it found, and where the next one begins; `cursor` None is the end of the phase."""

    cursor: str | None
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedColumn:
    """A column of sealed containers that a check opens; each row's key belongs to the id that stands in `holder`.

    A floor above hands down those of its own tables. `prefix` is the type that its ids name (``usr``), by which a
    key without a holder is told; it is empty where the table has no row for each holder, or many for one. `bound_to`
    is what the containers are bound to behind the holder's id. A row without a container is passed over.
    """

    name: str
    prefix: str
    holder: Column[Any]
    sealed: Column[Any]
    kind: SealKind
    bound_to: str = ""
